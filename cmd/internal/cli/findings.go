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
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
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

// unsettled leaves out the findings that are closed.
func unsettled(list []analyze.Finding, judged map[string]casefile.FindingState) []analyze.Finding {
	var out []analyze.Finding
	for i := range list {
		if judged[list[i].ID].State != casefile.StateClosed {
			out = append(out, list[i])
		}
	}
	return out
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
	// detail wants to know why what does not apply does not: --verbose.
	detail bool
	based  bool // a baseline was given

	// judged is what was said of findings, by id; nil where nothing can be said
	// of them.
	judged map[string]casefile.FindingState

	// policy says what to do about findings; nil where nothing does.
	policy *policy.Policy
}

// state is what was said last of a finding.
func (o *findingsOptions) state(id string) casefile.FindingState {
	if j, ok := o.judged[id]; ok {
		return j
	}
	return casefile.FindingState{State: casefile.StateOpen}
}

// writeFindings writes findings as a table, and what text leaves out as a note.
func writeFindings(r *render.Renderer, list []analyze.Finding, o findingsOptions) error {
	if !o.text {
		return writeFindingRows(r, list, &o)
	}
	list, aside := o.listed(list)
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
		{Name: "state"},
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
			known(o.stateLine(f.ID)), eventLine(f, o.all), f.ID + " (" + f.Detector + ")",
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
// story tells, suppressed ones and closed ones. aside counts them in words.
func (o *findingsOptions) listed(list []analyze.Finding) (shown []analyze.Finding, aside string) {
	if o.all {
		return list, ""
	}
	hidden := func(f *analyze.Finding) bool {
		return f.Suppressed != nil || o.state(f.ID).State == casefile.StateClosed
	}
	inStory := map[string]bool{}
	for i := range list {
		if !hidden(&list[i]) {
			for _, id := range list[i].Parts {
				inStory[id] = true
			}
		}
	}
	var parts, suppressed, closed int64
	for i := range list {
		switch f := &list[i]; {
		case f.Suppressed != nil:
			suppressed++
		case hidden(f):
			closed++
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
	if closed > 0 {
		words = append(words, fmt.Sprintf("%d closed", closed))
	}
	return shown, strings.Join(words, ", ")
}

// stateLine says what was said last of a finding, "" where nothing was.
func (o *findingsOptions) stateLine(id string) string {
	j, ok := o.judged[id]
	if !ok {
		return ""
	}
	words := []string{j.State}
	if j.Verdict != "" {
		words[0] += " (" + j.Verdict + ")"
	}
	if j.Notes > 0 {
		words = append(words, plural(int64(j.Notes), "note"))
	}
	if len(j.Tags) > 0 {
		words = append(words, "tags "+strings.Join(j.Tags, " "))
	}
	return strings.Join(words, ", ")
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
// CSV names only some events of each.
func writeFindingRows(r *render.Renderer, list []analyze.Finding, o *findingsOptions) error {
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
	if o.judged != nil {
		t.Columns = append(t.Columns, render.Column{Name: "state"}, render.Column{Name: "verdict"})
	}
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
		if o.csv && !o.all && len(events) > shownEvents {
			events = events[:shownEvents]
		}
		row := []any{
			f.ID, f.Severity.String(), f.Detector, f.Title, f.Subject, f.Bucket, findingTime(f.First), findingTime(f.Last),
			f.Explanation, facts, f.EventCount, listOf(events), known(f.Actor), f.Score, p, q, tests, listOf(f.Tags), listOf(f.Parts), known(suppressedLine(f)),
		}
		if o.judged != nil {
			j := o.state(f.ID)
			row = append(row, j.State, known(j.Verdict))
		}
		t.Rows = append(t.Rows, row)
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
