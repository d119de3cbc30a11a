package cli

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

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

// failOn is the error for findings at or above the level, "" for none. What is
// suppressed does not count.
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
		if list[i].Severity >= least && list[i].Suppressed == nil {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &FindingsError{Count: n, Level: level}
}

// Text and CSV name shownEvents of the events of a finding, and text shows
// shownFindings; JSON has all that there are.
const (
	shownEvents   = 5
	shownFindings = 50
)

// findingsOptions say how findings are written.
type findingsOptions struct {
	all  bool // every event that a finding lists, and every finding
	text bool // for people: only what says something, and numbers and events in words
	csv  bool // only some events of each
}

// writeFindings writes findings as a table, and what text leaves out as a note.
func writeFindings(r *render.Renderer, list []analyze.Finding, o findingsOptions) error {
	if !o.text {
		return writeFindingRows(r, list, o.all || !o.csv)
	}
	list, aside := listed(list, o.all)
	shown := list
	if !o.all && len(list) > shownFindings {
		shown = list[:shownFindings]
	}
	t := render.Table{Name: "findings", Title: "Findings", Stacked: true, Columns: []render.Column{
		{Name: "severity"},
		{Name: "claim", Kind: render.KindLong},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "meaning", Kind: render.KindLong},
		{Name: "facts", Kind: render.KindLong},
		{Name: "chance", Kind: render.KindLong},
		{Name: "suppressed", Kind: render.KindLong},
		{Name: "events", Kind: render.KindLong},
		{Name: "id"},
	}}
	for i := range shown {
		f := &shown[i]
		last := findingTime(f.Last)
		if f.Last.Equal(f.First) {
			last = nil
		}
		t.Rows = append(t.Rows, []any{
			f.Severity.String(), f.Title, findingTime(f.First), last, f.Explanation, factLine(f.Facts), known(testLine(f.Test)), known(suppressedLine(f)),
			eventLine(f, o.all), f.ID + " (" + f.Detector + ")",
		})
	}
	if err := r.Write(t); err != nil {
		return err
	}
	if n := len(list) - len(shown); n > 0 {
		return r.Write(render.Note{Level: render.LevelWarning, Text: fmt.Sprintf(
			"%d more findings are not shown, none of them severer: --all shows them, and -f json has them", n)})
	}
	if aside != "" {
		return r.Write(note("%s; --all shows them", aside))
	}
	return nil
}

// listed leaves out what a list for people need not repeat: findings that a
// story tells, and suppressed ones. aside counts them in words.
func listed(list []analyze.Finding, all bool) (shown []analyze.Finding, aside string) {
	if all {
		return list, ""
	}
	inStory := map[string]bool{}
	for i := range list {
		if list[i].Suppressed == nil {
			for _, id := range list[i].Parts {
				inStory[id] = true
			}
		}
	}
	var parts, suppressed int64
	for i := range list {
		switch f := &list[i]; {
		case f.Suppressed != nil:
			suppressed++
		case inStory[f.ID]:
			parts++
		default:
			shown = append(shown, *f)
		}
	}
	var words []string
	if parts > 0 {
		words = append(words, plural(parts, "finding")+" told by the stories above")
	}
	if suppressed > 0 {
		words = append(words, fmt.Sprintf("%d suppressed", suppressed))
	}
	return shown, strings.Join(words, ", ")
}

// testLine says how a statistical finding stands.
func testLine(t *analyze.Test) string {
	if t == nil {
		return ""
	}
	return fmt.Sprintf("p %.2g, q %.2g over %s", t.P, t.Q, plural(t.Tests, "test"))
}

// suppressedLine says by whose word nobody is to act on a finding.
func suppressedLine(f *analyze.Finding) string {
	if f.Suppressed == nil {
		return ""
	}
	return fmt.Sprintf("by %s until %s: %s", f.Suppressed.By, f.Suppressed.Until.Format(time.DateOnly), f.Suppressed.Reason)
}

// factLine writes facts as names and values. A value that is not a plain text is
// quoted, so that it cannot pass for another.
func factLine(facts []analyze.Fact) string {
	var parts []string
	for _, f := range facts {
		value := fmt.Sprint(f.Value)
		if strings.ContainsFunc(value, func(c rune) bool { return c == ';' || !unicode.IsPrint(c) }) {
			value = strconv.Quote(value)
		}
		parts = append(parts, strings.ReplaceAll(f.Name, "_", " ")+": "+value)
	}
	return strings.Join(parts, "; ")
}

// eventLine names events of a finding.
func eventLine(f *analyze.Finding, all bool) string {
	events := f.Events
	if !all && len(events) > shownEvents {
		events = events[:shownEvents]
	}
	line := strings.Join(events, " ")
	if n := f.EventCount - int64(len(events)); n > 0 {
		line += fmt.Sprintf(" and %d more", n)
	}
	return line
}

// writeFindingRows writes findings as a table with all that is known of them.
// Where all is false, it names only some events of each.
func writeFindingRows(r *render.Renderer, list []analyze.Finding, all bool) error {
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
		{Name: "actor"},
		{Name: "score", Kind: render.KindNumber},
		{Name: "p", Kind: render.KindNumber},
		{Name: "q", Kind: render.KindNumber},
		{Name: "tests", Kind: render.KindInt},
		{Name: "tags", Kind: render.KindJSON},
		{Name: "parts", Kind: render.KindJSON},
		{Name: "suppressed"},
	}}
	for i := range list {
		f := &list[i]
		var p, q, tests any
		if f.Test != nil {
			p, q, tests = f.Test.P, f.Test.Q, f.Test.Tests
		}
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
			f.Explanation, facts, f.EventCount, listOf(events), known(f.Actor), f.Score, p, q, tests, listOf(f.Tags), listOf(f.Parts), known(suppressedLine(f)),
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
