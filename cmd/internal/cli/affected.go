package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/affected"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type affectedOptions struct {
	Case     caseOptions
	Value    string
	TextFile string
	By       []string
	Range    rangeOptions
	Window   time.Duration // 0 when not given
	All      bool
	Limit    int
	Output   outputOptions
}

const affectedLong = `affected finds everyone and everything that met the same thing: a text that was said, a
document or the result of a tool that a model was given, a system prompt, a credential,
an address, a session or any other identifier. It says who met it first, as what it was
seen (a document before it was a prompt?), who else met it, and what happened next.

VALUE is the id of a finding or of an event, which start from all that their calls hold;
or an identifier, a principal, an end user, an address, a session, a credential; or the
SHA-256 of a text, as events show it, or 8 digits or more of its beginning; or a text,
exactly as it was said. --text-file takes a longer text from a file. Texts are compared
byte by byte.

A call meets a thing when any event that shows the call holds it, and counts once,
however many sources show it. What is no call, such as a role that was assumed, counts
as an event. Next is what the same principal did, or what happened in the same session,
within --window after a meeting: that one led to the other is not said. New models and
addresses are those that the principal did not use up to its first meeting.

What more than half of the principals met distinguishes few or nobody: it is listed
last, and who met it is told only where nothing else was met.

--by narrows what is looked for to content, credential, session, address, principal or
identifier (any other); from an event or a finding, principals only when asked for.

Text shows the first principals and things; --all shows all, with their sessions,
credentials, addresses and models. json and jsonl hold everything, csv the principals.

`

func newAffected(f *factory) *cobra.Command {
	var o affectedOptions
	cmd := &cobra.Command{
		Use:   "affected [FINDING | EVENT | VALUE]",
		Short: "Find everyone who met the same text, credential, address or session",
		Long:  affectedLong + exitStatus(),
		Example: `  # Who else met what this call was given, and what did they do next
  $ exhibit affected 1f3a5c7e-12

  # Who used a credential, in the last week
  $ exhibit affected AKIAIOSFODNN7EXAMPLE --from 7d

  # Who was given a poisoned document
  $ exhibit affected --text-file poisoned.txt --window 24h -f json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one VALUE, and there are %d: put it in quotation marks", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: completeEvents(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Value = args[0]
			}
			return runAffected(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	flags := cmd.Flags()
	flags.StringVar(&o.TextFile, "text-file", "", "look for the text in this `FILE`")
	flags.Var(&alternatives{&o.By, affected.Groups()}, "by", byUsage)
	addWindowFlag(cmd, &o.Window)
	addRangeFlags(cmd, &o.Range)
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, 20)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(affected.Groups(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check refuses what cannot be meant, before any work.
func (o *affectedOptions) check() error {
	switch {
	case o.Value == "" && o.TextFile == "":
		return usagef("affected needs something to look for").
			hint("a finding, an event, an identifier, the hash of a text or a text; or --text-file")
	case o.Value != "" && o.TextFile != "":
		return usagef("a VALUE and --text-file are two things to look for: give one")
	}
	return o.Range.check(o.Output.Zone)
}

func runAffected(ctx context.Context, f *factory, o affectedOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	ao := affected.Options{Value: o.Value, By: o.By, Window: o.Window, Limit: o.Limit, Excerpt: excerptLength}
	if o.Limit == 0 {
		ao.Limit = math.MaxInt32
	}
	if o.TextFile != "" {
		var err error
		if ao.Text, err = readParameter("text", o.TextFile); err != nil {
			return err
		}
		if len(ao.Text) == 0 {
			return usagef("%s is empty", o.TextFile)
		}
	}
	// Findings and spans need the views of the case, which cost time.
	lookup := !affected.IsFinding(o.Value) && !o.Range.relative()
	return f.withCase(ctx, o.Case, lookup, func(c *casefile.Case) (err error) {
		if ao.From, ao.To, err = resolveRange(ctx, c, o.Range, o.Output.Zone); err != nil {
			return err
		}
		ao.Finding = func(ctx context.Context, id string) (*analyze.Finding, error) { return findFinding(ctx, c, id) }
		return f.emit(o.Output, export.Config(c, o.params()), func(r *render.Renderer) error {
			result, err := affected.Find(ctx, c, ao)
			if err != nil {
				return affectedProblem(err, &o)
			}
			if err := writeAffected(r, result, &o); err != nil || !affected.IsFinding(o.Value) {
				return err
			}
			return writeStale(r, c.Analysis())
		})
	})
}

// params are the parameters that shaped the result.
func (o *affectedOptions) params() map[string]any {
	return map[string]any{
		"value": o.Value, "text_file": o.TextFile, "by": o.By, "from": o.Range.From.text, "to": o.Range.To.text,
		"window": windowValue{&o.Window}.String(), "limit": (*limitValue)(&o.Limit).String(), "all": o.All,
	}
}

// findFinding returns one of the findings of the case, nil where there is none
// with the id.
func findFinding(ctx context.Context, c *casefile.Case, id string) (*analyze.Finding, error) {
	list, err := storedFindings(ctx, c)
	if err != nil {
		return nil, err
	}
	if i := findingNamed(list, id); i >= 0 {
		return &list[i], nil
	}
	return nil, nil
}

// affectedProblem says what to do about a search that found nothing.
func affectedProblem(err error, o *affectedOptions) error {
	var none *affected.NotFoundError
	var several *affected.AmbiguousError
	hinted := &HintError{Err: err}
	switch {
	case errors.As(err, &several):
		hinted.Hints = boundedLines(several.Hashes)
		return hinted
	case !errors.As(err, &none):
		return err
	}
	if len(o.By) > 0 || o.Range.From.Kind != boundOpen || o.Range.To.Kind != boundOpen {
		hinted.Hints = append(hinted.Hints, "--by, --from and --to narrow what is looked for: leave one out")
	}
	if affected.IsFinding(o.Value) {
		hinted.Hints = append(hinted.Hints, "exhibit findings lists the findings with their ids")
	}
	hinted.Hints = append(hinted.Hints, "texts and identifiers are compared whole, and upper and lower case differ",
		"exhibit events --contains TEXT looks for a part of a text")
	return hinted
}

// The parts of a result that text shows without --all.
const (
	shownThings   = 15
	shownSubjects = 5
)

// writeAffected writes who met what, and what happened next.
func writeAffected(r *render.Renderer, a *affected.Result, o *affectedOptions) error {
	v := affectedView{Result: a, text: o.Output.Format == render.FormatText, all: o.All, window: o.Window}
	if v.window == 0 {
		v.window = time.Hour
	}
	var messages []render.Message
	if o.Output.Format == render.FormatCSV {
		messages = append(messages, v.subjectTable())
	} else {
		messages = append(messages, v.startFields(), v.thingTable())
		messages = append(messages, v.thingNotes()...)
		messages = append(messages, v.roleTable(), v.subjectTable(), v.nextTable(), v.tellingTable())
		if !v.text || v.all {
			messages = append(messages, v.detailTable())
		}
	}
	messages = append(messages, v.notes()...)
	for _, m := range messages {
		if t, ok := m.(render.Table); ok && v.text && len(t.Rows) == 0 {
			continue
		}
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// affectedView is a result on its way to messages.
type affectedView struct {
	*affected.Result
	text, all bool
	window    time.Duration
}

// first is how many of n things of a list are shown.
func (v *affectedView) first(n, shown int) int {
	if !v.text || v.all {
		return n
	}
	return min(n, shown)
}

func (v *affectedView) startFields() render.Fields {
	items := []render.Field{field("looked_for", v.Start.Value), field("as", string(v.Start.Kind))}
	if v.Start.Title != "" {
		items = append(items, field("finding", v.Start.Title))
	}
	if len(v.Start.Events) > 0 {
		events := v.Start.Events[:v.first(len(v.Start.Events), shownSubjects)]
		items = append(items, render.Field{Column: render.Column{Name: "events", Kind: render.KindJSON}, Value: events})
	}
	if v.Start.Same != "" {
		items = append(items, field("repeats", v.Start.Same))
	}
	return render.Fields{Name: "start", Title: "Affected", Items: items}
}

// shownDigits is how many digits of the hash of a text people are shown;
// affected takes them.
const shownDigits = 12

func (v *affectedView) thingTable() render.Table {
	t := render.Table{Name: "things", Title: "What was met, and by how many", Columns: []render.Column{
		{Name: "no", Kind: render.KindInt},
		{Name: "kind"},
		{Name: "value"},
		{Name: "text"},
		{Name: "chars", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "principals", Kind: render.KindInt},
		{Name: "sessions", Kind: render.KindInt},
		{Name: "credentials", Kind: render.KindInt},
		{Name: "addresses", Kind: render.KindInt},
		{Name: "common", Kind: render.KindBool},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
	}}
	for _, x := range v.Things[:v.first(len(v.Things), shownThings)] {
		value, text, chars := x.Value, any(nil), any(nil)
		if x.Kind == "content" {
			text, chars = x.Text, x.Chars
			if v.text {
				value = value[:shownDigits]
			}
		}
		t.Rows = append(t.Rows, []any{
			x.No, x.Kind, value, text, chars, x.Calls, x.Events, x.Principals, x.Sessions, x.Credentials, x.Addresses, x.Common,
			instant(x.First), instant(x.Last),
		})
	}
	return t
}

// thingNotes say what the things do not show.
func (v *affectedView) thingNotes() []render.Message {
	var out []render.Message
	if more := len(v.Things) - v.first(len(v.Things), shownThings); more > 0 {
		out = append(out, note("%s; --all shows all", plural(int64(more), "more thing")))
	}
	if v.Alone > 0 {
		out = append(out, note("met nowhere else: %s of where the search starts", plural(int64(v.Alone), "text or identifier")))
	}
	if v.Left > 0 {
		out = append(out, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("not looked for: %s, because there are too many", plural(int64(v.Left), "text or identifier"))})
	}
	if v.Start.Cut > 0 {
		out = append(out, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("not looked at: %s of the finding, because there are too many", plural(v.Start.Cut, "event"))})
	}
	if v.Start.Trimmed {
		out = append(out, note("the text is in the case without the line feed at the end of the file"))
	}
	for _, x := range v.Things {
		if x.Common {
			out = append(out, note("%d was met by %s", x.No, v.share(x.Principals)))
		}
	}
	return out
}

// share says how many of the principals met a thing.
func (v *affectedView) share(n int64) string {
	if n >= v.Population {
		return fmt.Sprintf("all %d principals: it distinguishes nobody", n)
	}
	return fmt.Sprintf("%d of %d principals: it distinguishes few", n, v.Population)
}

// roleTable says as what each thing was seen, and where first.
func (v *affectedView) roleTable() render.Table {
	t := render.Table{Name: "first_seen", Title: "First seen", Columns: []render.Column{
		{Name: "no", Kind: render.KindInt},
		{Name: "as"},
		{Name: "first", Kind: render.KindTime},
		{Name: "event"},
		{Name: "principal"},
		{Name: "source"},
		{Name: "seen_in", Kind: render.KindInt},
	}}
	for _, x := range v.Things[:v.first(len(v.Things), shownThings)] {
		if v.text && !v.all && !x.Told {
			continue
		}
		for _, role := range x.Roles {
			t.Rows = append(t.Rows, []any{x.No, roleWord(x.Kind, role.Role), instant(role.First), role.Event, known(role.Principal), role.Format, role.Units})
		}
	}
	return t
}

// roleWord is the word for what a thing was seen as.
func roleWord(kind, role string) string {
	if kind != "content" {
		switch role {
		case "credential":
			return "used"
		case "issued_credential":
			return "issued"
		}
		return role
	}
	switch strings.ToLower(role) { // some providers shout
	case "system":
		return "system prompt"
	case "user":
		return "prompt"
	case "assistant":
		return "response"
	case "tool":
		return "tool result"
	}
	return role
}

// subjectTable ranks who met the things.
func (v *affectedView) subjectTable() render.Table {
	t := render.Table{Name: "affected", Title: "Who met it", Columns: []render.Column{
		{Name: "principal"},
		{Name: "person"},
		{Name: "calls", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "things", Kind: render.KindInt},
		{Name: "sessions", Kind: render.KindInt},
		{Name: "credentials", Kind: render.KindInt},
		{Name: "addresses", Kind: render.KindInt},
		{Name: "models", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "first_event"},
	}}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		t.Rows = append(t.Rows, []any{
			orNull(x.Principal), known(valuesOf(x.Persons)), x.Calls, x.Events, len(x.Things), len(x.Sessions), len(x.Credentials),
			len(x.Addresses), len(x.Models), instant(x.First), instant(x.Last), x.FirstEvent,
		})
	}
	return t
}

// valuesOf joins values.
func valuesOf(list []affected.Count) string {
	var names []string
	for _, n := range list {
		names = append(names, n.Value)
	}
	return strings.Join(names, ", ")
}

// nextTable says in numbers what happened next.
func (v *affectedView) nextTable() render.Table {
	t := render.Table{
		Name: "next", Title: "Next: within " + spanText(v.window) + " of a meeting, by the same principal or in the same session",
		Columns: []render.Column{
			{Name: "principal"},
			{Name: "calls", Kind: render.KindInt},
			{Name: "events", Kind: render.KindInt},
			{Name: "met_again", Kind: render.KindInt},
			{Name: "tools", Kind: render.KindInt},
			{Name: "blocked", Kind: render.KindInt},
			{Name: "denied", Kind: render.KindInt},
			{Name: "throttled", Kind: render.KindInt},
			{Name: "errors", Kind: render.KindInt},
			{Name: "new_models", Kind: render.KindInt},
			{Name: "new_addresses", Kind: render.KindInt},
			{Name: "issued", Kind: render.KindInt},
			{Name: "destinations", Kind: render.KindInt},
			{Name: "bytes_out", Kind: render.KindSize},
		},
	}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		n := &x.Next
		t.Rows = append(t.Rows, []any{
			orNull(x.Principal), n.Calls, n.Events, n.Again, n.Tools, n.Blocked, n.Denied, n.Throttled, n.Errors, len(n.Models),
			len(n.Addresses), len(n.Issued), len(n.Destinations), orNull(n.BytesOut),
		})
	}
	return t
}

// spanText writes a length of time without the units at its end that are 0.
func spanText(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}

// tellingTable names the events that tell most of what happened next.
func (v *affectedView) tellingTable() render.Table {
	t := render.Table{Name: "telling", Title: "Next, the first event of each kind", Columns: []render.Column{
		{Name: "principal"},
		{Name: "what"},
		{Name: "times", Kind: render.KindInt},
		{Name: "event"},
		{Name: "time", Kind: render.KindTime},
		{Name: "operation"},
		{Name: "detail"},
	}}
	for i := range v.Subjects[:v.first(len(v.Subjects), shownSubjects)] {
		x := &v.Subjects[i]
		for _, n := range x.Next.Telling {
			t.Rows = append(t.Rows, []any{orNull(x.Principal), n.Why, n.Units, n.EventID, instant(n.TS), known(n.Operation), known(detailOf(&n))})
		}
	}
	return t
}

// detailOf is what an event tells.
func detailOf(n *affected.Telling) string {
	switch n.Why {
	case "issued a credential":
		return n.IssuedCredential
	case "reached a destination":
		return n.Destination
	case "new address":
		return n.Address
	case "blocked", "denied", "failed":
		return n.ErrorCode
	}
	return n.Model
}

// detailTable says all about who met the things.
func (v *affectedView) detailTable() render.Table {
	t := render.Table{Name: "details", Title: "In detail", Stacked: true, Columns: []render.Column{
		{Name: "principal"}, {Name: "things", Kind: render.KindJSON},
	}}
	names := []string{
		"persons", "credentials", "addresses", "apps", "models", "sessions", "sources",
		"next_new_models", "next_new_addresses", "next_issued", "next_destinations",
	}
	for _, name := range names {
		t.Columns = append(t.Columns, render.Column{Name: name, Kind: render.KindTallies})
	}
	for i := range v.Subjects {
		x := &v.Subjects[i]
		things := slices.Sorted(slices.Values(x.Things))
		row := []any{orNull(x.Principal), things}
		for _, list := range [][]affected.Count{
			x.Persons, x.Credentials, x.Addresses, x.Apps, x.Models, x.Sessions, x.Sources,
			x.Next.Models, x.Next.Addresses, x.Next.Issued, x.Next.Destinations,
		} {
			row = append(row, tallyCounts(list))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func tallyCounts(list []affected.Count) render.Tallies {
	out := make(render.Tallies, len(list))
	for i := range list {
		out[i] = render.Tally{Value: &list[i].Value, Count: list[i].Units}
	}
	return out
}

// notes say what is left out, and what to do next.
func (v *affectedView) notes() []render.Message {
	var out []render.Message
	if v.MoreSubjects > 0 {
		out = append(out, note("%s with %s; --limit all shows all", plural(v.MoreSubjects, "more principal"), plural(v.MoreCalls, "call")))
	}
	if len(v.Things) == 0 {
		return append(out, note("nobody else met any of it"))
	}
	if !v.text {
		return out
	}
	out = append(out, note("exhibit timeline %s shows the first meeting and all around it", v.Things[0].FirstEvent))
	for i := range v.Subjects {
		if list := v.Subjects[i].Next.Telling; len(list) > 0 {
			return append(out, note("exhibit show %s is the most telling event of what came next", list[0].EventID))
		}
	}
	return out
}
