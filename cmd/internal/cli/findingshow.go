package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

type findingShowOptions struct {
	Case   caseOptions
	ID     string
	Limit  int
	Output outputOptions
}

func newFindingShow(f *factory) *cobra.Command {
	var o findingShowOptions
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Explain a finding",
		Long: `show explains a finding: what was seen and what was expected, the numbers behind it, the
events that show it, the parts of a story, what else looks like this, what to look at,
secure and contain, and what was said of it.

` + exitStatus(),
		Example: `  # The beginning of the id is enough
  $ exhibit finding show f-01234567

  # With all events, for another program
  $ exhibit finding show f-01234567 --limit all -f json`,
		Args:              oneArg("ID"),
		ValidArgsFunction: completeFindings(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID = args[0]
			return runFindingShow(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addLimitFlag(cmd, &o.Limit, 20)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

func runFindingShow(ctx context.Context, f *factory, o findingShowOptions) error {
	return f.lookUp(ctx, o.Case, func(c *casefile.Case) error {
		list, err := storedFindings(ctx, c)
		if err != nil {
			return err
		}
		found, err := nameFinding(c, list, o.ID)
		if err != nil {
			return err
		}
		return f.emit(o.Output, export.Config(c, map[string]any{"id": found.ID, "limit": o.Limit}), func(r *render.Renderer) error {
			messages, err := explainFinding(ctx, c, found, list, &o)
			if err != nil {
				return err
			}
			if o.Output.Format == render.FormatText {
				messages = inWords(messages, found)
			}
			for _, m := range messages {
				if err := r.Write(m); err != nil {
					return err
				}
			}
			return writeStale(r, c.Analysis())
		})
	})
}

// explainFinding says all that is known of a finding.
func explainFinding(ctx context.Context, c *casefile.Case, found *analyze.Finding, list []analyze.Finding, o *findingShowOptions) ([]render.Message, error) {
	options := findingsOptions{judged: c.Judged()}
	state := options.state(found.ID)
	messages := []render.Message{render.Fields{Name: "finding", Items: findingFields(found, state, c.Analysis().Run)}}
	if found.Explanation != "" {
		messages = append(messages, render.Fields{Name: "meaning", Title: "What was seen", Items: []render.Field{
			{Column: render.Column{Name: "explanation", Kind: render.KindLong}, Value: found.Explanation},
		}})
	}
	messages = append(messages, factTable(found), partTable(found, list, &options))
	events, err := findingEvents(ctx, c, found, o.Limit)
	if err != nil {
		return nil, err
	}
	messages = append(messages, events...)
	runbook, err := runbookTable(found, list)
	if err != nil {
		return nil, err
	}
	response, err := storedResponse(c, found.Severity)
	if err != nil {
		return nil, err
	}
	if response != nil {
		messages = append(messages, response)
	}
	messages = append(messages, runbook, historyTable(c.History(found.ID)))
	if len(found.Events) > 0 {
		messages = append(messages, note("exhibit show %s is the first of its events, exhibit timeline %s what happened around it", found.Events[0], found.Events[0]))
	}
	if len(found.Parts) > 0 {
		messages = append(messages, note("exhibit finding show %s explains the first of its parts", found.Parts[0]))
	}
	if state.State == casefile.StateOpen {
		messages = append(messages, note("exhibit finding triage %s --state investigating says that you look into it", found.ID))
	}
	return messages, nil
}

// findingFields say what a finding claims and how it stands.
func findingFields(found *analyze.Finding, state casefile.FindingState, run int64) []render.Field {
	items := []render.Field{field("id", found.ID), {Column: render.Column{Name: "claim", Kind: render.KindLong}, Value: found.Title}}
	if found.Detector == "" {
		return append(items, field("state", state.State), field("verdict", known(state.Verdict)))
	}
	items = append(items, field("severity", found.Severity.String()), field("state", state.State))
	add := func(name string, value any) {
		if value != nil {
			items = append(items, field(name, value))
		}
	}
	add("verdict", known(state.Verdict))
	add("detector", found.Detector)
	add("subject", found.Subject)
	if found.Actor != found.Subject {
		add("actor", known(found.Actor))
	}
	for _, x := range []struct {
		name string
		at   time.Time
	}{{"first", found.First}, {"last", found.Last}} {
		if !x.at.IsZero() {
			items = append(items, render.Field{Column: render.Column{Name: x.name, Kind: render.KindTime}, Value: findingTime(x.at)})
		}
	}
	items = append(items, render.Field{Column: render.Column{Name: "score", Kind: render.KindNumber}, Value: found.Score})
	add("chance", known(testLine(found.Test)))
	add("suppressed", known(suppressedLine(found)))
	add("techniques", known(strings.Join(found.Tags, " ")))
	add("tags", known(strings.Join(state.Tags, " ")))
	return append(items, intField("run", run))
}

func factTable(found *analyze.Finding) render.Table {
	t := render.Table{Name: "facts", Title: "Numbers", Columns: []render.Column{{Name: "fact"}, {Name: "value"}}}
	for _, fact := range found.Facts {
		t.Rows = append(t.Rows, []any{strings.ReplaceAll(fact.Name, "_", " "), fmt.Sprint(fact.Value)})
	}
	return t
}

// partTable lists the parts of a story, or the stories that a finding is part
// of.
func partTable(found *analyze.Finding, list []analyze.Finding, o *findingsOptions) render.Table {
	t := render.Table{Name: "parts", Title: "Parts, by time", Columns: []render.Column{
		{Name: "id"}, {Name: "severity"}, {Name: "state"}, {Name: "first", Kind: render.KindTime}, {Name: "claim"},
	}}
	add := func(f *analyze.Finding) {
		t.Rows = append(t.Rows, []any{f.ID, f.Severity.String(), o.state(f.ID).State, findingTime(f.First), f.Title})
	}
	if found.Parts == nil {
		t.Name, t.Title = "stories", "Part of the story"
	}
	for i := range list {
		if slices.Contains(list[i].Parts, found.ID) {
			add(&list[i])
		}
	}
	for _, id := range found.Parts {
		if i := slices.IndexFunc(list, func(f analyze.Finding) bool { return f.ID == id }); i >= 0 {
			add(&list[i])
		}
	}
	return t
}

// excerptChars is how much of a text the list of events shows.
const excerptChars = 160

// findingEvents lists the events of a finding with an excerpt of what was said.
func findingEvents(ctx context.Context, c *casefile.Case, found *analyze.Finding, limit int) ([]render.Message, error) {
	ids := found.Events
	if limit > 0 {
		ids = ids[:min(len(ids), limit)]
	}
	var eids []int64
	gone := int64(0)
	for _, id := range ids {
		at, err := c.ResolveEvent(ctx, id)
		if errors.Is(err, casefile.ErrNoEvent) {
			gone++ // decoded again since, into fewer
			continue
		}
		if err != nil {
			return nil, err
		}
		eids = append(eids, at[0])
	}
	columns := []string{"ts", "plane", "operation", "outcome", "principal", "model", "src_ip", "prompt", "response", "error_message", "ts_precision"}
	rows, err := c.Excerpts(ctx, eids, columns, excerptChars)
	if err != nil {
		return nil, err
	}
	t := render.Table{Name: "events", Title: "Events", Columns: []render.Column{{Name: "event_id", Whole: true}, {Name: "ts", Kind: render.KindTime}}}
	for _, name := range append(slices.Clone(columns[1:7]), "excerpt") {
		t.Columns = append(t.Columns, render.Column{Name: name})
	}
	for _, row := range rows {
		precision, _ := row.Values[10].(string)
		var ts any
		if at, ok := row.Values[0].(time.Time); ok {
			ts = render.Stamp{Micros: at.UnixMicro(), Precision: formats.Precision(precision)}
		}
		t.Rows = append(t.Rows, slices.Concat([]any{row.EventID, ts}, row.Values[1:7], []any{excerpt(row.Values[7:10])}))
	}
	messages := []render.Message{t}
	if more := found.EventCount - int64(len(ids)); more > 0 {
		messages = append(messages, note("%s; --limit all shows those that the finding lists", plural(more, "more event")))
	}
	if gone > 0 {
		messages = append(messages, note("%s of it is not in the case any more: records were decoded again", plural(gone, "event")))
	}
	return messages, nil
}

// excerpt is the first text that there is.
func excerpt(texts []any) any {
	for _, v := range texts {
		if s, ok := v.(string); ok && s != "" {
			return s
		}
	}
	return nil
}

// runbookTable says what to do about a finding; of a story, also what to do about
// its parts.
func runbookTable(found *analyze.Finding, list []analyze.Finding) (render.Table, error) {
	t := render.Table{Name: "runbook", Title: "What to do", Columns: []render.Column{{Name: "step"}, {Name: "what", Kind: render.KindLong}, {Name: "detector"}}}
	all, err := assessment.All()
	if err != nil {
		return t, err
	}
	for _, step := range assessment.Runbook(all, found, list) {
		t.Rows = append(t.Rows, []any{step.Name, step.What, step.Detector})
	}
	return t, nil
}

// historyTable lists what was said of a finding.
func historyTable(acts []casefile.FindingAct) render.Table {
	t := render.Table{Name: "history", Title: "What was said of it", Columns: []render.Column{
		{Name: "entry", Kind: render.KindInt}, {Name: "at"}, {Name: "by"}, {Name: "what"}, {Name: "state"}, {Name: "verdict"}, {Name: "text", Kind: render.KindLong},
	}}
	for _, a := range acts {
		t.Rows = append(t.Rows, []any{a.Seq, a.Time, a.Actor, actName(a.Action, a.Removed), known(a.State), known(a.Verdict), known(a.Text)})
	}
	return t
}
