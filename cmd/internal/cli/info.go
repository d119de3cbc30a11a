package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

type infoOptions struct {
	Case      caseOptions
	All       bool
	Quality   bool
	FailUnder percentValue
	Output    outputOptions
}

const infoLong = `info sums up a case: who made it, what was loaded, what it can tell, what the last
analysis found, and what was replayed.

Sources are the formats of the logs. Their events count with duplicates; planes and
calls are without. A call is one invocation of a model or tool, however many events
of however many sources show it: access+content are calls that an audit log and an
invocation log both show.

Coverage says in how many percent of a source's events a column has a value, rounded
down, but never down to 0. Columns that no source has are left out without --all; the
messages are counted by the texts in them.

A conversation repeats its earlier turns with every turn. Each text is kept once; --all
reads all texts and says how large they are, and would be were they kept for every use.

Times before the year 2000 or more than a day after the last load are implausible:
they are named, and a span such as --from 24h does not count from them.

--quality says instead what the logs can tell: how much of what forensics needs each
has, what is wrong with them, and which questions they cannot answer. The case has of a
call what any of its sources has. What is expected of core and of each is a gap where it
is missing; some calls just have no system prompt, documents or reasoning to log, and a
question about these counts as answered where the log shows them at all.

--fail-under N, with --quality, ends with 3 when less than N percent of the calls are
complete: some source of the call has each core need that applies to it, which are a
time with its zone, a principal, the outcome, an identifier that joins it with other
logs, the model, the input, and the output of calls that worked. A case without calls
fails.

`

func newInfo(f *factory) *cobra.Command {
	o := infoOptions{FailUnder: -1}
	cmd := &cobra.Command{
		Use:   "info",
		Short: "Sum up a case",
		Long:  infoLong + exitStatus(exitFindings),
		Example: `  # What is in the case, and how good is it
  $ exhibit info

  # Everything, for a program
  $ exhibit info --case incident.case --all -f json

  # What can the logs not tell; in a CI job, at least 95 percent of the calls in full
  $ exhibit info --quality --fail-under 95`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runInfo(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	cmd.Flags().BoolVar(&o.Quality, "quality", false, "say what the logs can tell and what they cannot")
	cmd.Flags().Var(&o.FailUnder, "fail-under", "exit with 3 when fewer calls, in percent, are complete; with --quality")
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

// addAllFlag adds --all, which means the same for every command that shows
// only what matters most.
func addAllFlag(cmd *cobra.Command, all *bool) {
	cmd.Flags().BoolVar(all, "all", false, "leave nothing out: duplicates, columns without values, the rest of long texts and lists")
}

func runInfo(ctx context.Context, f *factory, o infoOptions) error {
	switch {
	case o.Quality:
		return runQuality(ctx, f, o)
	case o.FailUnder >= 0:
		return usagef("--fail-under is of the score of --quality").hint("exhibit info --quality --fail-under " + o.FailUnder.String())
	}
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		return f.emit(o.Output, export.Config(c, map[string]any{"all": o.All}), func(r *render.Renderer) error {
			overview, err := c.Overview(ctx)
			if err != nil {
				return err
			}
			enrichment, err := c.Enrichment(ctx)
			if err != nil {
				return err
			}
			var content *casefile.ContentSize
			if o.All {
				n, err := c.ContentSize(ctx)
				if err != nil {
					return err
				}
				content = &n
			}
			if err := writeInfo(r, c, overview, enrichment, content, o.All); err != nil {
				return err
			}
			analysis, err := analysisMessages(ctx, c)
			if err != nil {
				return err
			}
			for _, m := range append(analysis, replayMessages(c)...) {
				if err := r.Write(m); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// writeInfo writes an overview as messages.
func writeInfo(r *render.Renderer, c *casefile.Case, o *casefile.Overview, enrichment *casefile.EnrichOverview, content *casefile.ContentSize, all bool) error {
	messages := []render.Message{caseFields(c, o), sourceTable(o)}
	messages = append(messages, problemMessages(o)...)
	messages = append(messages, implausibleMessages(o)...)
	messages = append(messages, inputMessages(o, all)...)
	messages = append(messages, planeTable(o), callTable(o), joinFields(o), contentFields(o, content), coverageTable(o, all))
	messages = append(messages, enrichMessages(enrichment)...)
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

func caseFields(c *casefile.Case, o *casefile.Overview) render.Fields {
	info := c.Info()
	items := []render.Field{
		field("label", known(info.Label)), field("case_number", known(info.CaseNumber)), field("examiner", known(info.Examiner)),
		field("id", info.ID), field("key", info.Key),
		intField("loads", int64(o.Loads)),
		timeField("first_load", o.FirstLoad), timeField("last_load", o.LastLoad),
	}
	for _, n := range o.Inputs {
		items = append(items, intField("inputs_"+string(n.Status), n.Inputs))
	}
	return render.Fields{Name: "info", Title: "Case", Items: items}
}

func intField(name string, n int64) render.Field {
	return render.Field{Column: render.Column{Name: name, Kind: render.KindInt}, Value: n}
}

// timeField shows a time of this program's own, to the second.
func timeField(name string, t time.Time) render.Field {
	at := render.Stamp{Micros: t.UnixMicro(), Precision: formats.PrecisionS}
	return render.Field{Column: render.Column{Name: name, Kind: render.KindTime}, Value: at}
}

func sourceTable(o *casefile.Overview) render.Table {
	t := render.Table{Name: "sources", Title: "Sources", Stacked: true, Columns: []render.Column{
		{Name: "source"},
		{Name: "files", Kind: render.KindInt},
		{Name: "size", Kind: render.KindSize},
		{Name: "decompressed", Kind: render.KindSize},
		{Name: "records", Kind: render.KindInt},
		{Name: "frames", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "unparsed", Kind: render.KindInt},
		{Name: "duplicates", Kind: render.KindInt},
		{Name: "conflicts", Kind: render.KindInt},
		{Name: "without_time", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
	}}
	for _, s := range o.Sources {
		t.Rows = append(t.Rows, []any{
			s.Format, s.Files, s.Size, s.StreamSize, s.Records, s.Frames, s.Events, s.Unparsed, s.Duplicates, s.Conflicts,
			s.WithoutTime, export.StampOf(s.FirstTS), export.StampOf(s.LastTS),
		})
	}
	return t
}

// problemMessages names the first unparsed records; none where there are none.
func problemMessages(o *casefile.Overview) []render.Message {
	t := render.Table{Name: "unparsed", Title: "Unparsed records (the first of each source)", Columns: []render.Column{
		{Name: "source"},
		{Name: "event"},
		{Name: "path"},
		{Name: "record", Kind: render.KindInt},
		{Name: "offset", Kind: render.KindInt},
		{Name: "problem"},
	}}
	for _, s := range o.Sources {
		for _, p := range s.Problems {
			t.Rows = append(t.Rows, []any{s.Format, p.EventID, p.Path, p.Record, p.Offset, p.Problem})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []render.Message{t}
}

// implausibleMessages names events with impossible times; none where there are
// none.
func implausibleMessages(o *casefile.Overview) []render.Message {
	im := o.Implausible
	if im.Before+im.After == 0 {
		return nil
	}
	t := render.Table{Name: "implausible", Title: "Implausible times", Columns: []render.Column{
		{Name: "event"},
		{Name: "time", Kind: render.KindTime},
		{Name: "time_from"},
		{Name: "path"},
	}}
	for _, e := range im.Examples {
		at := render.Stamp{Micros: e.TS.UnixMicro(), Precision: formats.Precision(e.Precision)}
		t.Rows = append(t.Rows, []any{e.EventID, at, known(e.Source), e.Path})
	}
	second := func(t time.Time) string {
		return render.Stamp{Micros: t.UnixMicro(), Precision: formats.PrecisionS}.Format(nil)
	}
	text := fmt.Sprintf("%s before %s, %s from %s on: a clock was wrong, or somebody made it so",
		plural(im.Before, "event"), second(im.Earliest), plural(im.After, "event"), second(im.Latest))
	return []render.Message{t, render.Note{Level: render.LevelWarning, Text: text}}
}

// listedInputs is how many inputs that are not loaded are named without --all.
const listedInputs = 10

// inputMessages names the inputs that are not in the case, or not as a whole.
func inputMessages(o *casefile.Overview, all bool) []render.Message {
	if len(o.NotLoaded) == 0 {
		return nil
	}
	t := render.Table{Name: "not_loaded", Title: "Inputs that are not loaded, or in part", Columns: []render.Column{
		{Name: "status"},
		{Name: "path"},
		{Name: "note"},
	}}
	listed := o.NotLoaded
	if !all {
		listed = listed[:min(listedInputs, len(listed))]
	}
	for _, it := range listed {
		t.Rows = append(t.Rows, []any{string(it.Status), it.Path, known(it.Note)})
	}
	messages := []render.Message{t}
	if more := len(o.NotLoaded) - len(listed); more > 0 {
		messages = append(messages, render.Note{Level: render.LevelNote, Text: plural(int64(more), "more input") + " (--all names them)"})
	}
	return messages
}

func planeTable(o *casefile.Overview) render.Table {
	t := render.Table{Name: "planes", Title: "Events", Columns: []render.Column{
		{Name: "plane"},
		{Name: "kind"},
		{Name: "events", Kind: render.KindInt},
	}}
	for _, p := range o.Planes {
		t.Rows = append(t.Rows, []any{known(p.Plane), known(p.Kind), p.Events})
	}
	return t
}

func callTable(o *casefile.Overview) render.Table {
	t := render.Table{Name: "calls", Title: "Calls, by the planes of the events that show them", Columns: []render.Column{
		{Name: "planes"},
		{Name: "events_each", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
	}}
	for _, n := range o.Calls {
		t.Rows = append(t.Rows, []any{known(n.Planes), n.Events, n.Calls})
	}
	return t
}

// joinFields says how far access and content belong together.
func joinFields(o *casefile.Overview) render.Fields {
	var calls, access, content, both int64
	for _, n := range o.Calls {
		planes := strings.Split(n.Planes, "+")
		a, c := slices.Contains(planes, string(formats.PlaneAccess)), slices.Contains(planes, string(formats.PlaneContent))
		calls += n.Calls
		if a {
			access += n.Calls
		}
		if c {
			content += n.Calls
		}
		if a && c {
			both += n.Calls
		}
	}
	return render.Fields{Name: "joins", Title: "Joins", Items: []render.Field{
		intField("calls", calls),
		intField("with_access", access),
		intField("with_content", content),
		intField("with_both", both),
		percentField("percent_of_access_with_content", both, access),
		percentField("percent_of_content_with_access", both, content),
	}}
}

// contentFields say how many texts there are, and what keeping each once saves
// where that was measured.
func contentFields(o *casefile.Overview, n *casefile.ContentSize) render.Fields {
	items := []render.Field{intField("unique_texts", o.Texts)}
	if n != nil {
		size := func(name string, n int64) render.Field {
			return render.Field{Column: render.Column{Name: name, Kind: render.KindSize}, Value: n}
		}
		items = append(items, size("unique_size", n.Size), intField("uses", n.Uses), size("size_if_kept_per_use", n.UsesSize))
	}
	return render.Fields{Name: "content", Title: "Texts, each kept once", Items: items}
}

func percentField(name string, n, of int64) render.Field {
	return render.Field{Column: render.Column{Name: name, Kind: render.KindNumber}, Value: percentOf(n, of)}
}

// percentOf gives n of a whole in percent with two digits, rounded down, so
// that 100 means all, but not down to 0, so that 0 means none. Of nothing there
// is no percentage.
func percentOf(n, of int64) any {
	if of == 0 {
		return nil
	}
	hundredths := n * 10000 / of // a case of 2^49 events would overflow; there is none
	if n > 0 {
		hundredths = max(hundredths, 1)
	}
	return json.Number(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100))
}

// coverageTable has a column for each source.
func coverageTable(o *casefile.Overview, all bool) render.Table {
	t := render.Table{Name: "coverage", Title: "Coverage: percent of a source's events that have the column", Columns: []render.Column{{Name: "column"}}}
	for _, s := range o.Sources {
		t.Columns = append(t.Columns, render.Column{Name: s.Format, Kind: render.KindNumber})
	}
	for _, column := range o.Coverage {
		row, some := []any{column.Column}, false
		for _, s := range o.Sources {
			n := column.Events[s.Format]
			some = some || n > 0
			row = append(row, percentOf(n, s.Events))
		}
		if some || all {
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}
