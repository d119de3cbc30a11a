package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/indicator"
	"github.com/exhibit-forensics/exhibit/analyze/match"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type matchOptions struct {
	Case   caseOptions
	File   string
	Raw    bool
	FailOn string
	All    bool
	Limit  int
	Output outputOptions
}

const matchLong = `match looks for indicators of compromise in everything a case holds: the columns of
events, identifiers, and what was said, each unique text once. The file may be
  plain text  a value a line, also defanged (hxxp://, [.], (at)); # begins a comment
  CSV         with a column value (or indicator, ioc), and perhaps type and comment
  STIX 2.1    a bundle of indicators; patterns with =, IN, LIKE, ISSUBSET, AND, OR, NOT
  MISP JSON   events and attributes; those not for detection (to_ids) only with --all
What a value is shows in its looks. Where it does not, say so before it, as in
"model: m-1"; the types are
  ` + "%s" + `
Without a type, what looks like nothing else is a text, which is found anywhere.
Upper and lower case are the same.

An address is found however it is written and not inside a longer one, a domain with
its subdomains, a URL with what follows behind a separator, a key also as its SHA-256
and shortened (sk-...a1b2), a hash in what it is the hash of: texts (MD5, SHA-1,
SHA-256), records and evidence (SHA-256). All others are found where they are no part
of a longer word. Identifiers of requests, traces, sessions and so on are compared as
wholes. --raw looks into the raw records as well, which takes longer.

Each indicator that is there is a finding: high for keys and hashes, else medium. What
cannot be matched is listed with the reason.

`

func newMatch(f *factory) *cobra.Command {
	var o matchOptions
	var types []string
	for _, t := range indicator.Types() {
		types = append(types, string(t))
	}
	cmd := &cobra.Command{
		Use:   "match IOC-FILE",
		Short: "Look for indicators of compromise",
		Long:  fmt.Sprintf(matchLong, strings.Join(types, ", ")) + exitStatus(exitFindings),
		Example: `  # Is anything of this list in the case
  $ exhibit match indicators.txt

  # In raw records too, from standard input
  $ grep -v internal feed.csv | exhibit match --raw -

  # In a CI job
  $ exhibit match bundle.json --fail-on medium -f json -o hits.json`,
		Args: oneArg("IOC-FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.File = args[0]
			return runMatch(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addRawFlag(cmd, &o.Raw)
	addFailOnFlag(cmd, &o.FailOn)
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, terminalRows)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runMatch(ctx context.Context, f *factory, o matchOptions) error {
	// A list of a million indicators takes hundreds of megabytes. What DuckDB does
	// not have of the budget is enough when the collector works harder.
	debug.SetMemoryLimit(o.Case.Resources.Memory * 6 / 10)
	data, err := f.readIndicators(o.File)
	if err != nil {
		return err
	}
	list, err := indicator.Parse(data, indicator.Options{All: o.All})
	if err != nil {
		return fmt.Errorf("reading %s: %w", o.File, err)
	}
	sum := sha256.Sum256(data)
	var report *match.Report
	err = f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		config := export.Config(c, map[string]any{
			"indicators": o.File, "indicators_sha256": hex.EncodeToString(sum[:]), "raw": o.Raw, "fail_on": o.FailOn, "all": o.All, "limit": o.Limit,
		})
		return f.emit(o.Output, config, func(r *render.Renderer) (err error) {
			if report, err = match.Run(ctx, c, list.Indicators, match.Options{Raw: o.Raw, Threads: o.Case.Resources.Threads}); err != nil {
				return err
			}
			return writeMatch(r, list, report, &o)
		})
	})
	if err != nil {
		return err
	}
	return failOn(report.Findings(), o.FailOn)
}

// readIndicators reads a list of bounded size; - is standard input.
func (f *factory) readIndicators(path string) (data []byte, err error) {
	in := f.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("opening the list of indicators: %w", err)
		}
		defer file.Close()
		in = file
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(in, indicator.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the list of indicators: %w", err)
	}
	if n > indicator.MaxSize {
		return nil, fmt.Errorf("reading %s: larger than %d bytes: split the list", path, indicator.MaxSize)
	}
	return b.Bytes(), nil
}

// writeMatch writes what was found, then what was not, then what could not be
// looked for. CSV has what was found only.
func writeMatch(r *render.Renderer, list *indicator.List, report *match.Report, o *matchOptions) error {
	shown := report.Hits
	if o.Limit > 0 && len(shown) > o.Limit {
		shown = shown[:o.Limit]
	}
	hits := hitTable()
	for i := range shown {
		hits.Rows = append(hits.Rows, hitRow(&shown[i], o.All || o.Output.Format != render.FormatText && o.Output.Format != render.FormatCSV))
	}
	messages := []render.Message{matchFields(list, report), hits}
	if len(list.Problems) > 0 {
		messages = append(messages, unmatchedTable(list))
	}
	if o.All && len(report.Missed) > 0 {
		messages = append(messages, missedTable(report))
	}
	if o.Output.Format == render.FormatCSV {
		messages = []render.Message{hits}
	}
	for _, m := range append(messages, matchNotes(list, report, o)...) {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return writeMore(r, int64(len(report.Hits)-len(shown)), "indicator that is there")
}

func matchFields(list *indicator.List, report *match.Report) render.Fields {
	items := []render.Field{
		field("form", list.Form),
		intField("indicators", int64(len(list.Indicators))),
		intField("there", int64(len(report.Hits))),
		intField("not_there", int64(len(report.Missed))),
		intField("cannot_be_matched", int64(len(list.Problems))),
	}
	for _, n := range []struct {
		name  string
		count int
	}{
		{"repeated", list.Repeated},
		{"not_for_detection", list.NotForDetection},
		{"deleted_or_revoked", list.Deleted},
		{"other_objects", list.Other},
	} {
		if n.count > 0 {
			items = append(items, intField(n.name, int64(n.count)))
		}
	}
	return render.Fields{Name: "indicators", Title: "Indicators", Items: items}
}

func hitTable() render.Table {
	return render.Table{Name: "hits", Title: "In the case", Stacked: true, Columns: []render.Column{
		{Name: "indicator"},
		{Name: "type"},
		{Name: "severity"},
		{Name: "label", Kind: render.KindLong},
		{Name: "written"},
		{Name: "place"},
		{Name: "found_in", Kind: render.KindTallies},
		{Name: "values", Kind: render.KindJSON},
		{Name: "more_values", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "principals", Kind: render.KindTallies},
		{Name: "examples", Kind: render.KindJSON},
		{Name: "finding"},
	}}
}

// hitRow is a row of hitTable. Text and CSV name some events only.
func hitRow(h *match.Hit, everything bool) []any {
	in := &h.Indicator
	examples := h.Events
	if !everything && len(examples) > shownEvents {
		examples = examples[:shownEvents]
	}
	who := matchTallies(h.Who)
	if h.MoreWho > 0 {
		rest := h.EventCount
		for _, w := range h.Who {
			rest -= w.Events
		}
		who = append(who, render.Tally{Count: rest, Different: h.MoreWho})
	}
	var values, more any
	if len(h.Values) > 0 {
		values = h.Values
	}
	if h.MoreValue > 0 {
		more = h.MoreValue
	}
	return []any{
		in.Value, string(in.Type), h.Severity.String(), known(in.Label), known(in.Written), in.Place, matchTallies(h.Places), values, more,
		h.EventCount, h.Calls, findingTime(h.First), findingTime(h.Last), who, examples, h.ID,
	}
}

func matchTallies(list []match.Count) render.Tallies {
	out := make(render.Tallies, len(list))
	for i, c := range list {
		out[i] = render.Tally{Value: c.Value, Count: c.Events}
	}
	return out
}

func unmatchedTable(list *indicator.List) render.Table {
	t := render.Table{Name: "cannot_be_matched", Title: "Cannot be matched", Columns: []render.Column{
		{Name: "place"}, {Name: "entry"}, {Name: "reason"},
	}}
	for _, p := range list.Problems {
		t.Rows = append(t.Rows, []any{p.Place, p.What, p.Reason})
	}
	return t
}

func missedTable(report *match.Report) render.Table {
	t := render.Table{Name: "not_there", Title: "Not in the case", Columns: []render.Column{
		{Name: "place"}, {Name: "type"}, {Name: "indicator"}, {Name: "label"},
	}}
	for _, in := range report.Missed {
		t.Rows = append(t.Rows, []any{in.Place, string(in.Type), in.Value, known(in.Label)})
	}
	return t
}

// matchNotes say what was looked at, and what is next.
func matchNotes(list *indicator.List, report *match.Report, o *matchOptions) []render.Message {
	notes := []render.Message{note("looked through %s and %s", plural(report.Values, "value"), plural(report.Texts, "unique text"))}
	if !o.Raw {
		notes = append(notes, note("fields of the logs that no column has were not looked through; --raw does"))
	}
	if n := len(list.Problems); n > 0 && o.Output.Format == render.FormatCSV {
		notes = append(notes, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("cannot be matched: %s of the list; text and json name them", plural(int64(n), "line"))})
	}
	if list.NotForDetection > 0 {
		notes = append(notes, note("left out as not for detection: %s; --all takes them", plural(int64(list.NotForDetection), "attribute")))
	}
	if len(report.Hits) > 0 {
		notes = append(notes, note("exhibit timeline %[1]s shows what hangs together with the first example, exhibit affected %[1]s who else met what was said in it", report.Hits[0].Events[0]))
	}
	return notes
}
