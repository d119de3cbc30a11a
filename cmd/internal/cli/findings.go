package cli

import (
	"encoding/json"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// addFailOnFlag adds --fail-on, which makes a command that found something end
// with exit code 3. Without it, it ends as if it had found nothing.
func addFailOnFlag(cmd *cobra.Command, level *string) {
	cmd.Flags().Var(&choiceValue{level, analyze.Severities()}, "fail-on", "exit with 3 when a finding has this severity or a higher one")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(analyze.Severities(), cobra.ShellCompDirectiveNoFileComp))
}

// failOn is the error for findings at or above the level, "" for none.
func failOn(list []analyze.Finding, level string) error {
	if level == "" {
		return nil
	}
	least, err := analyze.ParseSeverity(level)
	if err != nil {
		return err
	}
	n := 0
	for i := range list {
		if list[i].Severity >= least {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &FindingsError{Count: n, Level: level}
}

// shownEvents is how many events of a finding text and CSV name; JSON has all
// that the finding lists.
const shownEvents = 5

// writeFindings writes findings as a table. Where all is false, text names only
// some events of each.
func writeFindings(r *render.Renderer, list []analyze.Finding, all bool) error {
	t := render.Table{Name: "findings", Title: "Findings", Stacked: true, Columns: []render.Column{
		{Name: "id"},
		{Name: "severity"},
		{Name: "detector"},
		{Name: "title", Kind: render.KindLong},
		{Name: "subject"},
		{Name: "bucket"},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "explanation", Kind: render.KindLong},
		{Name: "facts", Kind: render.KindJSON},
		{Name: "event_count", Kind: render.KindInt},
		{Name: "events", Kind: render.KindJSON},
	}}
	for i := range list {
		f := &list[i]
		facts, err := factsJSON(f.Facts)
		if err != nil {
			return err
		}
		events := f.Events
		if !all && len(events) > shownEvents {
			events = events[:shownEvents]
		}
		t.Rows = append(t.Rows, []any{
			f.ID, f.Severity.String(), f.Detector, f.Title, f.Subject, f.Bucket, findingTime(f.First), findingTime(f.Last),
			f.Explanation, facts, f.EventCount, events,
		})
	}
	return r.Write(t)
}

func findingTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	micros := t.UnixMicro()
	return instant(&micros)
}

// factsJSON writes facts as an object, in their order.
func factsJSON(facts []analyze.Fact) (json.RawMessage, error) {
	out := []byte{'{'}
	for i, f := range facts {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(f.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}
