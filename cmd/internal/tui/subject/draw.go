package subject

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// kind says what a line is, for its look.
type kind uint8

const (
	plain kind = iota
	head
	title
	dim
	bad
	bars
	heat
)

// line is one line of what is known of a subject.
type line struct {
	kind  kind
	label string
	text  cell.Line
	cells []heatCell // of heat
	// What enter opens.
	event         int64
	finding       string
	column, value string
}

// labelWidth is how many cells the names in front of texts take.
const labelWidth = 14

// Lines implements [part.Part].
func (v *View) Lines() []string {
	s := v.env.Styles
	var out []string
	if v.target.Value == "" {
		out = v.choiceLines()
	} else {
		from, to := v.cursor.Window()
		for i := from; i < to; i++ {
			l := v.draw(&v.lines[i])
			if i == v.cursor.Cursor() {
				l = s.Row(l, s.Selected)
			}
			out = append(out, l)
		}
	}
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// draw draws a line.
func (v *View) draw(l *line) string {
	s := v.env.Styles
	look := style.Paint{}
	switch l.kind {
	case head, title:
		look = s.Strong
	case dim:
		look = s.Dim
	case bad:
		look = s.Bad
	case bars:
		look = s.Accent
	case heat:
		return v.drawHeat(l)
	}
	text := s.Line(l.text, look)
	if l.label != "" {
		text = s.Fit(l.label, labelWidth, s.Dim) + " " + text
	}
	return s.Pad(text, v.width)
}

// build makes the lines of what is known by now.
func (v *View) build() {
	if v.width < 1 || v.target.Value == "" {
		return
	}
	b := &builder{v: v, screen: v.env.Styles.Screen}
	name := singular(v.target.Kind)
	if name == "" {
		name = "subject"
	}
	b.wrap(title, name+" "+v.target.Value)
	switch s := v.subject; {
	case v.err != nil:
		b.wrap(bad, v.err.Error())
	case s == nil:
		b.wrap(dim, "adding up what it did: of many events this takes a while")
	case s.All.Calls+s.All.Others == 0:
		b.wrap(dim, "no event of this case has it as its "+name)
	default:
		b.numbers(s)
		b.findings()
		b.week(s)
		b.days(s)
		b.firsts(s)
		b.used(s)
		b.shared()
	}
	v.lines = b.lines
	v.cursor.Count(len(v.lines))
}

// builder makes lines.
type builder struct {
	v      *View
	screen cell.Screen
	lines  []line
}

func (b *builder) head(text string) {
	if !b.v.env.Styles.Plain {
		b.lines = append(b.lines, line{})
	}
	b.add(line{kind: head}, text)
}

// add adds a line with a text, as much of it as there is room for.
func (b *builder) add(l line, text string) {
	room := b.v.width
	if l.label != "" {
		room -= labelWidth + 1
	}
	l.text = b.screen.Clean(text, max(1, room))
	b.lines = append(b.lines, l)
}

// wrap adds a text in as many lines as it needs, within reason.
func (b *builder) wrap(k kind, text string) {
	const most = 20
	for _, l := range b.screen.Text(text).Lines(0, most, b.v.width) {
		b.lines = append(b.lines, line{kind: k, text: l})
	}
}

// numbers say how much it did.
func (b *builder) numbers(s *data.Subject) {
	v, sum := b.v, &s.All
	b.add(line{label: "seen"}, v.when(s.First)+" to "+v.when(s.Last))
	text := list.Number(sum.Calls) + " calls of models, " + list.Number(sum.Others) + " other events"
	if s.Timeless > 0 {
		text += ", " + list.Number(s.Timeless) + " of them without a time"
	}
	b.add(line{label: "did"}, text)
	var ends []string
	for _, x := range []struct {
		n    int64
		what string
	}{{sum.Denied, "denied"}, {sum.Errors, "failed"}, {sum.Throttled, "throttled"}, {sum.Blocked, "blocked"}, {sum.Unknown, "of unknown outcome"}} {
		if x.n > 0 {
			ends = append(ends, list.Number(x.n)+" "+x.what)
		}
	}
	if len(ends) == 0 {
		ends = []string{"all succeeded"}
	}
	b.add(line{label: "outcomes"}, strings.Join(ends, ", "))
	b.add(line{label: "tokens"}, amount(sum.InputTokens)+" in, "+amount(sum.OutputTokens)+" out")
	if sum.CostNano != nil {
		b.add(line{label: "cost"}, strconv.FormatFloat(float64(*sum.CostNano)/1e9, 'f', 2, 64)+" USD")
	}
	if s.Alone {
		b.wrap(dim, "only events that name it count here: there are too many to look for what other logs say of the same calls")
	}
}

// amount writes a number that may not be known.
func amount(n *int64) string {
	if n == nil {
		return "not logged"
	}
	return list.Number(*n)
}

// findings lists those about it.
func (b *builder) findings() {
	found := b.v.findings
	if found == nil {
		return
	}
	b.head("Findings")
	if found.Analysis == nil {
		b.add(line{kind: dim}, "the case was not analyzed yet: exhibit analyze does it")
		return
	}
	n := 0
	for i := range found.List {
		f := &found.List[i]
		events := b.v.theirs[f.ID]
		if events == 0 && !about(f, b.v.target.Value) {
			continue
		}
		n++
		at := "-"
		if !f.First.IsZero() {
			at = f.First.In(b.v.env.Zone).Format("2006-01-02 15:04:05")
		}
		state := found.State(f.ID).State
		b.add(line{finding: f.ID, label: f.Severity.String()}, at+"  "+state+"  "+its(events)+strings.ReplaceAll(f.Title, b.v.target.Value, "it"))
	}
	if n == 0 {
		none := "no finding names it or lists an event of it"
		if b.v.theirs == nil {
			none = "no finding names it"
		}
		b.add(line{kind: dim}, none)
	}
}

// its says how many events of the subject a finding lists, where it lists any.
func its(events int) string {
	switch events {
	case 0:
		return ""
	case 1:
		return "1 event of it: "
	}
	return list.Number(int64(events)) + " events of it: "
}

// about reports whether a finding is about a subject.
func about(f *analyze.Finding, subject string) bool {
	return f.Subject == subject || f.Actor == subject || slices.ContainsFunc(f.Facts, func(x analyze.Fact) bool { return x.Value == subject })
}

// fewDays are too few for a chart.
const fewDays = 4

// days shows how much it did by day.
func (b *builder) days(s *data.Subject) {
	if s.From > s.To || len(s.Hours) == 0 {
		return
	}
	const day = 24 * 3600 * 1e6
	first, last := s.From/day, s.Hours[len(s.Hours)-1].Start/day
	if s.To/day-first < int64(b.v.width) { // there is room for what came after it
		last = s.To / day
	}
	perDay := map[int64]float64{}
	for _, h := range s.Hours {
		perDay[h.Start/day] += float64(h.Calls + h.Others)
	}
	from := max(first, last-int64(b.v.width)+1)
	values := make([]float64, 0, last-from+1)
	for d := from; d <= last; d++ {
		values = append(values, perDay[d])
	}
	most, median := slices.Max(values), medianOf(values)
	busiest := from + int64(slices.Index(values, most))
	b.head("By day, UTC")
	date := func(d int64) string { return time.UnixMicro(d * day).UTC().Format(time.DateOnly) }
	if len(values) < fewDays {
		for d := from; d <= last; d++ {
			b.add(line{}, date(d)+"  "+list.Number(int64(perDay[d])))
		}
		return
	}
	if b.v.env.Styles.Plain {
		for d := max(from, last-13); d <= last; d++ {
			b.add(line{}, date(d)+": "+list.Number(int64(perDay[d])))
		}
	} else {
		for _, row := range b.screen.Bars(values, 0, 4) {
			b.lines = append(b.lines, line{kind: bars, text: b.screen.Clean(row, b.v.width)})
		}
		ends := date(from)
		if room := len(values) - 2*len(ends); room > 0 {
			ends += style.Spaces(room) + date(last)
		} else if last > from {
			ends += " to " + date(last)
		}
		b.add(line{kind: dim}, ends)
	}
	b.add(line{}, fmt.Sprintf("most %s on %s; median of %d days %s", list.Number(int64(most)), date(busiest), len(values), list.Number(int64(median))))
}

// medianOf is the lower middle of values.
func medianOf(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// learning is how long after its first event what a subject uses is not called
// new, in microseconds.
const learning = 24 * 3600 * 1e6

// maxFirsts bounds the values of a column that are listed as new.
const maxFirsts = 6

// firsts lists what it used later than in its first day, the newest first.
func (b *builder) firsts(s *data.Subject) {
	b.head("New after its first day, the newest first")
	none := true
	for _, column := range []string{"model", "src_ip", "src_country", "client", "region", "credential_id", "principal", "operation", "destination"} {
		var list []data.SubjectValue
		for _, v := range s.Values[column] {
			if column != s.Kind && v.First != nil && s.First != nil && *v.First >= *s.First+learning {
				list = append(list, v)
			}
		}
		slices.SortFunc(list, func(x, y data.SubjectValue) int {
			return cmp.Or(cmp.Compare(*y.First, *x.First), cmp.Compare(x.Value, y.Value))
		})
		label := singular(column)
		for i, f := range list {
			if none = false; i == maxFirsts {
				b.add(line{kind: dim, label: " "}, fmt.Sprintf("and %d more", len(list)-i))
				break
			}
			b.add(line{label: label, event: f.Event}, b.v.when(f.First)+"  "+f.Value+"  "+times(f.Units))
			label = " "
		}
	}
	if none {
		b.add(line{kind: dim}, "nothing: all that it used, it used on its first day already")
	}
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return list.Number(n) + " times"
}

// topUsed is how many values of a column are listed.
const topUsed = 5

// used lists what it used most.
func (b *builder) used(s *data.Subject) {
	b.head("What it used most")
	for _, column := range data.SubjectColumns() {
		values := s.Values[column]
		if column == s.Kind || len(values) == 0 {
			continue
		}
		label := singular(column)
		for i, v := range values {
			if i == topUsed {
				b.add(line{kind: dim, label: " "}, fmt.Sprintf("and %s more", list.Number(int64(len(values)-i))))
				break
			}
			b.add(line{label: label, column: column, value: v.Value, event: v.Event}, v.Value+"  "+list.Number(v.Units))
			label = " "
		}
	}
}

// shared lists who used the same credentials and addresses.
func (b *builder) shared() {
	v := b.v
	if v.sharedBy == nil && !v.sharing && len(v.subject.Values["credential_id"])+len(v.subject.Values["src_ip"]) == 0 {
		return
	}
	b.head("Who else used its credentials and addresses")
	switch {
	case v.sharedBy != nil:
		b.add(line{kind: dim}, "it was not looked up: "+v.sharedBy.Error())
	case v.sharing:
		b.add(line{kind: dim}, "looking")
	}
	none := v.sharedBy == nil && !v.sharing
	own := map[string]bool{}
	for _, p := range v.subject.Values["principal"] {
		own[p.Value] = true
	}
	for _, o := range v.shared {
		itself := v.subject.Kind == o.Kind && v.subject.Value == o.Value
		if !itself && own[o.Principal] {
			continue // it is they who are the subject
		}
		none = false
		if itself {
			b.add(line{label: "used by", column: "principal", value: o.Principal}, o.Principal+"  "+list.Number(o.Events)+" events, "+v.when(o.First)+" to "+v.when(o.Last))
			continue
		}
		b.add(line{label: singular(o.Kind), column: "principal", value: o.Principal}, o.Value+"  also "+o.Principal+"  "+list.Number(o.Events)+" events, "+v.when(o.First)+" to "+v.when(o.Last))
	}
	if none {
		b.add(line{kind: dim}, "nobody")
	}
}
