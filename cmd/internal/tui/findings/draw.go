package findings

import (
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/formats"
)

// pane is a part of the screen.
type pane struct{ x, y, width, height int }

func (p pane) within(x, y int) (line int, ok bool) {
	return y - p.y, x >= p.x && x < p.x+p.width && y >= p.y && y < p.y+p.height
}

// panes are where the list and the detail are.
type panes struct{ list, detail pane }

// From these sizes on list and detail stand beside each other, or one above the
// other; on less only the one that has the keys is seen.
const (
	besideWidth = 150
	aboveHeight = 14
)

// panes divides the screen. The one that has the keys has more of it.
func (v *View) panes() panes {
	all := pane{0, 0, v.width, v.height}
	switch {
	case v.env.Styles.Plain || v.height < aboveHeight:
		if v.reading {
			return panes{detail: all}
		}
		return panes{list: all}
	case v.width >= besideWidth:
		left := v.width * 9 / 20
		return panes{pane{0, 0, left, v.height}, pane{left + 1, 0, v.width - left - 1, v.height}}
	}
	top := min(v.height*2/5, max(2, len(v.rows)+1))
	if v.reading {
		top = min(top, max(4, v.height/5))
	}
	return panes{pane{0, 0, v.width, top}, pane{0, top, v.width, v.height - top}}
}

// lay gives list and detail their sizes.
func (v *View) lay() {
	p := v.panes()
	v.order.Resize(p.list.height - 1)
	if width := p.detail.width; width > 0 && width != v.detail.width {
		v.detail.width = width
		v.build()
	}
	v.detail.order.Resize(p.detail.height - 1)
}

// Lines implements [part.Part].
func (v *View) Lines() []string {
	if v.found == nil || v.found.Analysis == nil {
		return v.fillUp(v.instead(), v.width, v.height)
	}
	p := v.panes()
	above := v.fillUp(v.listLines(p.list), p.list.width, p.list.height)
	below := v.fillUp(v.detailLines(p.detail), p.detail.width, p.detail.height)
	if p.detail.x == 0 || p.list.width == 0 {
		return append(above, below...)
	}
	for i := range above {
		above[i] += v.env.Styles.Dim.Text("│") + below[i]
	}
	return above
}

// fillUp makes lines exactly so many.
func (v *View) fillUp(lines []string, width, height int) []string {
	for len(lines) < height {
		lines = append(lines, style.Spaces(width))
	}
	return lines[:height]
}

// instead says why there are no findings.
func (v *View) instead() []string {
	s := v.env.Styles
	var out []string
	add := func(text string, look style.Paint) { out = append(out, s.Fit(text, v.width, look)) }
	switch {
	case v.err != nil:
		add("The findings cannot be read", s.Strong)
		add(v.err.Error(), style.Paint{})
	case v.found == nil:
		add("Reading the findings …", s.Dim)
	default:
		add("This case was not analyzed yet", s.Strong)
		for _, text := range []string{
			"", "    " + v.analyzeCommand(), "",
			"looks through all of the case with every detector and rule, and keeps what it finds", "with its evidence. Findings stand here as soon as it is done; this window stays open.", "",
			v.env.Keys.Global.Copy.Help().Key + " copies the command line.",
		} {
			add(text, style.Paint{})
		}
	}
	return out
}

func (v *View) analyzeCommand() string { return "exhibit analyze --case " + v.env.Source.Info().Dir }

// listLines draws the list with its summary.
func (v *View) listLines(p pane) []string {
	if p.width == 0 {
		return nil
	}
	s := v.env.Styles
	out := []string{v.heading(p.width)}
	from, to := v.order.Window()
	c := v.columnsFor(p.width)
	for i := from; i < to; i++ {
		out = append(out, v.rowLine(&v.rows[i], i == v.order.Cursor(), c, p.width))
	}
	if len(v.rows) == 0 {
		text := "Nothing was found by this analysis."
		if v.query != "" {
			text = "No finding fits: backspace takes a letter away, esc all of it."
		}
		out = append(out, s.Fit(text, p.width, s.Dim))
	}
	return out
}

// heading says what the list has, or what narrows it.
func (v *View) heading(width int) string {
	s := v.env.Styles
	text := v.summary()
	if v.found.Analysis.Stale {
		text = "the case was changed since: analyze it again; " + text
	}
	if !v.typing && v.query == "" {
		return s.Fit(text, width, s.Dim)
	}
	query := s.Screen.Clean("/"+v.query, max(1, width/2))
	hint := text
	if v.typing && v.query == "" {
		hint = "words, severity:high (and severer), state:open, tag:t1078"
	}
	gap := min(3, max(0, width-query.Width))
	return s.Line(query, s.Key) + style.Spaces(gap) + s.Fit(hint, width-query.Width-gap, s.Dim)
}

// columns are the widths of the columns of the list; 0 for none.
type columns struct{ severity, state, when, claim, subject, detector, id int }

func (v *View) columnsFor(width int) columns {
	c := columns{severity: 8}
	if width >= 60 {
		c.state, c.when = 7, 11
	}
	if width >= 100 {
		c.when = 19
	}
	if width >= 110 {
		c.subject = 24
	}
	if width >= 160 {
		c.detector = 24
	}
	if width >= 190 {
		c.id = 18
	}
	c.claim = width - 4
	for _, w := range []int{c.severity, c.state, c.when, c.subject, c.detector, c.id} {
		if w > 0 {
			c.claim -= w + 1
		}
	}
	c.claim = max(1, c.claim)
	return c
}

// rowLine draws a finding of the list.
func (v *View) rowLine(r *row, chosen bool, c columns, width int) string {
	s, f := v.env.Styles, r.finding
	sign := [2]string{" ", " "}
	if chosen {
		sign[0] = v.sign("›", ">")
	}
	switch {
	case r.within != "":
		sign[1] = v.sign("·", " ")
	case r.story() && v.open[f.ID]:
		sign[1] = v.sign("▾", "-")
	case r.story():
		sign[1] = v.sign("▸", "+")
	}
	state := v.found.State(f.ID)
	text := shortened(f)
	if r.story() {
		text = fmt.Sprintf("%s (%d parts)", strings.TrimPrefix(text, short(f.Subject)+": "), r.parts)
	}
	if f.Suppressed != nil {
		text = "suppressed: " + text
	}
	if r.within != "" {
		text = "  " + text
	}
	var b strings.Builder
	b.WriteString(sign[0] + sign[1] + " ")
	for _, x := range []struct {
		width int
		text  string
		look  style.Paint
	}{
		{c.severity, f.Severity.String(), s.Severity(f.Severity.String())},
		{c.state, stateWord(&state), s.Dim},
		{c.when, v.when(f.First, c.when > 11), style.Paint{}},
		{c.claim, text, style.Paint{}},
		{c.subject, short(f.Subject), s.Dim},
		{c.detector, f.Detector, s.Dim},
		{c.id, f.ID, s.Dim},
	} {
		if x.width > 0 {
			b.WriteString(s.Fit(x.text, x.width, x.look) + " ")
		}
	}
	line := s.Pad(b.String(), width)
	switch {
	case chosen && !v.reading:
		return s.Row(line, s.Selected)
	case chosen:
		return s.Row(line, s.Marked)
	}
	return line
}

func (v *View) sign(drawn, plain string) string {
	if v.env.Styles.Plain || v.env.Styles.Screen.Width(drawn) != 1 {
		return plain
	}
	return drawn
}

// stateWord is the state in seven cells.
func stateWord(s *casefile.FindingState) string {
	switch s.State {
	case casefile.StateInvestigating:
		return "looking"
	case casefile.StateContained:
		return "contain"
	}
	return s.State
}

// detailLines draws the finding under the cursor.
func (v *View) detailLines(p pane) []string {
	if p.width == 0 || v.detail.finding == nil {
		return nil
	}
	s, d := v.env.Styles, &v.detail
	title := " " + d.finding.ID
	if from, to := d.order.Window(); to-from < d.order.Len() {
		title += fmt.Sprintf("  lines %d to %d of %d", from+1, to, d.order.Len())
	}
	if !v.reading {
		title += "  " + v.env.Keys.Findings.Detail.Help().Key + " reads on"
	}
	out := []string{s.Fit(title, p.width, s.Bar)}
	from, to := d.order.Window()
	for i := from; i < to; i++ {
		l := v.detailLine(&d.lines[i], p.width)
		if v.reading && i == d.order.Cursor() {
			l = s.Row(l, s.Selected)
		}
		out = append(out, l)
	}
	return out
}

// detailLine draws a line of the detail.
func (v *View) detailLine(l *line, width int) string {
	s := v.env.Styles
	look := style.Paint{}
	switch l.kind {
	case head, claim:
		look = s.Strong
	case dim, expected:
		look = s.Dim
	case seen:
		look = s.Warn
	case event:
		return v.eventLine(l, width)
	case other:
		look = s.Accent
	}
	text := s.Line(l.text, look)
	if l.label != "" {
		text = s.Fit(l.label, min(18, v.detail.width/3), s.Dim) + " " + text
	}
	return s.Pad(text, width)
}

// eventLine draws a row of an event.
func (v *View) eventLine(l *line, width int) string {
	s, d := v.env.Styles, &v.detail
	id := d.finding.Events[l.event-1]
	row, ok := d.events[l.event-1]
	switch {
	case !ok:
		return s.Fit("  "+id, width, s.Dim)
	case row.EID == 0:
		return s.Fit("  "+id+" is not in the case any more: records were decoded again", width, s.Dim)
	}
	text := func(name string) string { s, _ := value(&row, name).(string); return s }
	outcome := text("outcome")
	said := text("error_message")
	for _, name := range []string{"response", "prompt"} {
		if t := text(name); t != "" {
			said = t
		}
	}
	at, _ := value(&row, "ts").(time.Time)
	cells := []struct {
		width int
		text  string
		look  style.Paint
	}{
		{d.moment, v.moment(at, text("ts_precision")), style.Paint{}},
		{20, text("operation"), style.Paint{}},
		{9, outcome, s.Outcome(outcome)},
		{24, short(text("model")), s.Dim},
		{22, short(text("principal")), s.Dim},
	}
	if width < 120 {
		cells = cells[:4]
		cells[3].width = 16
	}
	if width < 70 {
		cells = cells[:3]
	}
	var b strings.Builder
	b.WriteString("  ")
	room := width - 2
	for _, c := range cells {
		if c.width+1 > room {
			break
		}
		b.WriteString(s.Fit(c.text, c.width, c.look) + " ")
		room -= c.width + 1
	}
	return b.String() + s.Fit(said, room, style.Paint{})
}

func value(row *casefile.EventRow, name string) any {
	for i, c := range eventColumns() {
		if c == name && i < len(row.Values) {
			return row.Values[i]
		}
	}
	return nil
}

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	if v.typing {
		return min(v.env.Styles.Screen.Clean("/"+v.query, max(1, v.width/2)).Width, v.width-1), 0, true
	}
	if v.found == nil || len(v.rows) == 0 {
		return 0, 0, false
	}
	p := v.panes()
	if v.reading {
		return p.detail.x, p.detail.y + 1 + v.detail.order.Cursor() - v.detail.order.Top(), true
	}
	return p.list.x, p.list.y + 1 + v.order.Cursor() - v.order.Top(), true
}

// when writes a time to the second, or to the minute without its year.
func (v *View) when(t time.Time, long bool) string {
	switch {
	case t.IsZero():
		return v.sign("–", "-")
	case long:
		return t.In(v.env.Zone).Format("2006-01-02 15:04:05")
	}
	return t.In(v.env.Zone).Format("01-02 15:04")
}

// moment writes a time as exactly as the log did.
func (v *View) moment(t time.Time, precision string) string {
	if t.IsZero() {
		return v.sign("–", "-")
	}
	layout := "2006-01-02 15:04:05.000000"
	switch formats.Precision(precision) {
	case formats.PrecisionS:
		layout = layout[:19]
	case formats.PrecisionMS:
		layout = layout[:23]
	}
	return t.In(v.env.Zone).Format(layout)
}

// span writes the time from the first to the last event.
func (v *View) span(from, to time.Time) string {
	switch {
	case from.IsZero():
		return ""
	case to.IsZero() || to.Equal(from):
		return v.when(from, true)
	}
	return v.when(from, true) + " to " + v.when(to, true) + ", " + to.Sub(from).Round(time.Second).String()
}

// shortened is the claim of a finding with its subject in short, which otherwise
// takes most of a line.
func shortened(f *analyze.Finding) string {
	text := f.Title
	for _, name := range []string{f.Subject, f.Actor} {
		if name != "" {
			text = strings.ReplaceAll(text, name, short(name))
		}
	}
	return text
}

// short is a name as the timeline writes it, without what nearly all have.
func short(name string) string { return strings.TrimPrefix(render.ShortName(name), "assumed-role/") }
