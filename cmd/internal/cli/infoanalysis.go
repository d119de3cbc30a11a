package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// analysisMessages say what the last analysis found, by what, and what to type
// next.
func analysisMessages(ctx context.Context, c *casefile.Case) ([]render.Message, error) {
	a := c.Analysis()
	if a == nil {
		return []render.Message{note("no analysis is kept in this case: exhibit analyze finds what a responder should look at")}, nil
	}
	list, err := c.Findings(ctx)
	if err != nil {
		return nil, err
	}
	fields := render.Fields{Name: "analysis", Title: "Last analysis", Items: []render.Field{
		intField("entry", a.Run), analysisTime(a), field("by", a.Actor), field("with", a.Tool),
	}}
	fields.Items = append(fields.Items, runFields(a)...)
	open, counts := countFindings(list, c.Judged())
	fields.Items = append(fields.Items, counts...)
	messages := []render.Message{fields}
	if t := parameterTable(a); len(t.Rows) > 0 {
		messages = append(messages, t)
	}
	next := "nothing in it is left to look at: exhibit findings --all lists what was found"
	if open > 0 {
		next = "exhibit findings lists them, the severest first; exhibit finding show ID explains one"
	}
	if a.Stale {
		return append(messages, render.Note{Level: render.LevelWarning, Text: fmt.Sprintf(
			"the case was changed since this analysis (entry %d): exhibit analyze looks again", a.Run)}), nil
	}
	return append(messages, note("%s", next)), nil
}

// analysisTime is when the entry was made, as other times of the case are shown.
func analysisTime(a *casefile.Analysis) render.Field {
	at, err := time.Parse(time.RFC3339, a.Time)
	if err != nil {
		return field("at", a.Time) // as another version wrote it
	}
	return timeField("at", at)
}

// runFields say how much was looked for.
func runFields(a *casefile.Analysis) []render.Field {
	idle := int64(0)
	for _, d := range a.Detectors {
		if d.NotApplicable != "" {
			idle++
		}
	}
	items := []render.Field{intField("detectors", int64(len(a.Detectors))), intField("not_applicable", idle)}
	for _, name := range []string{"only", "except", "severity"} {
		if v, ok := a.Params[name]; ok {
			items = append(items, field(name, paramWords(v)))
		}
	}
	return items
}

// paramWords writes a parameter of a run: a text or a list of them.
func paramWords(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	var words []string
	for _, x := range list {
		words = append(words, fmt.Sprint(x))
	}
	return strings.Join(words, " ")
}

// countFindings counts stories, and other findings by severity, the severest
// first; open is how many of all are neither suppressed nor closed.
func countFindings(list []analyze.Finding, judged map[string]casefile.FindingState) (open int64, items []render.Field) {
	summary := summaryFields(list, nil)
	closed := int64(len(list) - len(unsettled(list, judged)))
	for i := range list {
		if list[i].Suppressed == nil && judged[list[i].ID].State != casefile.StateClosed {
			open++
		}
	}
	return open, append(summary.Items, intField("closed", closed))
}

// parameterTable names the files that shaped the analysis.
func parameterTable(a *casefile.Analysis) render.Table {
	t := render.Table{Name: "analysis_files", Title: "Files that shaped it, kept in the case", Columns: []render.Column{{Name: "kind"}, {Name: "name"}, {Name: "sha256"}}}
	for _, f := range a.Files {
		t.Rows = append(t.Rows, []any{f.Kind, f.Name, f.SHA256})
	}
	return t
}
