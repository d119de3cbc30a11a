package timeline

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// Lines implements [part.Part].
func (v *View) Lines() []string {
	s := v.env.Styles
	out := make([]string, 0, v.height)
	out = append(out, v.chartLines()...)
	out = append(out, v.heading())
	from, to := v.rows.Window()
	if v.rows.Len() == 0 {
		for _, l := range v.nothing() {
			out = append(out, s.Fit("  "+l, v.width, s.Dim))
		}
	} else {
		for i := from; i < to; i++ {
			out = append(out, v.line(i))
		}
	}
	for len(out) < v.height-v.lay.details {
		out = append(out, style.Spaces(v.width))
	}
	out = append(out[:max(0, min(len(out), v.height-v.lay.details))], v.detailLines()...)
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// nothing says why the list is empty.
func (v *View) nothing() []string {
	k := &v.env.Keys.Global
	switch {
	case v.err != nil:
		return []string{"the events cannot be put in order", v.err.Error(), k.Reload.Help().Key + " tries again"}
	case v.failed != nil && v.track == nil:
		return []string{"the filter could not be used", v.failed.Error(), k.Unfilter.Help().Key + " takes its last condition away"}
	case v.track == nil:
		return []string{"reading the first events"}
	case !v.filter.Empty():
		return []string{
			"no event passes the filter",
			k.Unfilter.Help().Key + " takes its last condition away, " + k.Filter.Help().Key + " shows all of them",
		}
	}
	return []string{"the case has no events"}
}

// heading draws the names of the columns.
func (v *View) heading() string {
	s := v.env.Styles
	if v.failed != nil {
		return s.Fit("the list does not follow the filter: "+v.failed.Error(), v.width, s.Bad)
	}
	if s.Plain {
		return s.Fit("column: "+short(v.chosen()), v.width, style.Paint{})
	}
	var b strings.Builder
	b.WriteString(style.Spaces(4))
	if v.laned() {
		for i := range min(len(v.chart.now.sources), maxLanes) {
			b.WriteString(s.Series(i).Text(laneLetters(v.chart.now.sources)[i]))
		}
		b.WriteByte(' ')
	}
	for i, c := range v.lay.columns {
		if i > 0 {
			b.WriteByte(' ')
		}
		name, look := short(c.name), s.Dim
		if c.name == timeColumn {
			name = v.timeHeading()
		}
		if i == min(v.column, len(v.lay.columns)-1) {
			name, look = "["+s.Screen.Clean(name, max(1, c.width-2)).String()+"]", s.Accent
		}
		if number(c.name) {
			name = style.Spaces(c.width-s.Screen.Width(name)) + name
		}
		b.WriteString(s.Fit(name, c.width, look))
	}
	return s.Pad(b.String(), v.width)
}

// timeHeading says of which zone and year the times are.
func (v *View) timeHeading() string {
	name := "time " + v.zone().String()
	if v.order != nil && v.order.Corrected {
		name += ", corrected"
	}
	if r, ok := v.current(); ok && r.dated && !strings.HasPrefix(v.timeLayout(), "2006") {
		name += " " + strconv.Itoa(time.UnixMicro(r.us).In(v.zone()).Year())
	}
	return name
}

// laneLetters are the letters that sources have in the list: their first where no
// other begins with it, else digits.
func laneLetters(sources []string) []string {
	out := make([]string, len(sources))
	for i, s := range sources {
		out[i] = strconv.Itoa((i + 1) % 10)
		first := strings.ToUpper(s[:min(len(s), 1)])
		same := func(t string) bool { return strings.ToUpper(t[:min(len(t), 1)]) == first }
		if first >= "A" && first <= "Z" && slices.IndexFunc(sources, same) == i && !slices.ContainsFunc(sources[i+1:], same) {
			out[i] = first
		}
	}
	return out
}

// line draws a row of the list.
func (v *View) line(i int) string {
	s := v.env.Styles
	r := v.row(i)
	at := i == v.rows.Cursor()
	under := style.Paint{}
	switch {
	case at:
		under = s.Selected
	case r.gap == nil && v.marks[r.eid]:
		under = s.Marked
	}
	if s.Plain {
		return s.Fit(map[bool]string{true: "> ", false: "  "}[at]+v.sentence(r), v.width, style.Paint{})
	}
	if r.gap != nil {
		return s.Row(s.Fit(v.gapText(r.gap, v.width), v.width, s.Dim.On(under)), under)
	}
	var b strings.Builder
	b.WriteString(v.gutterOf(r))
	have := v.pages.get(r.eid)
	for n, c := range v.lay.columns {
		if n > 0 {
			b.WriteByte(' ')
		}
		text, look := v.cell(r, have, c.name)
		if at && n == min(v.column, len(v.lay.columns)-1) {
			look = s.TabOn
		}
		if number(c.name) {
			text = style.Spaces(c.width-len(text)) + text
		}
		b.WriteString(v.marked(text, c.width, look))
	}
	return s.Row(s.Pad(b.String(), v.width), under)
}

// gutterOf draws what is known of a row before its columns: a mark, the gravest
// finding, whether it is a hit, and its source.
func (v *View) gutterOf(r row) string {
	s := v.env.Styles
	mark, finding, hit := " ", " ", " "
	if v.marks[r.eid] {
		mark = s.Strong.Text("*")
	}
	if g := v.gravest(r.eid); g != 0 {
		finding = s.Severity(g.String()).Text(severityLetter(g))
	}
	if v.find.has(r.pos) && v.track != nil {
		hit = s.Match.Text("/")
	}
	out := mark + finding + hit + " "
	if !v.laned() {
		return out
	}
	sources := v.chart.now.sources
	own := v.facet(r, sourceFacet)
	for i := range min(len(sources), maxLanes) {
		if sources[i] == own {
			out += s.Series(i).Text(laneLetters(sources)[i])
		} else {
			out += s.Dim.Text("·")
		}
	}
	return out + " "
}

// gravest is the severity of the gravest finding that lists an event, 0 for none.
func (v *View) gravest(eid int64) analyze.Severity {
	var out analyze.Severity
	for _, i := range v.suspects.Of(eid) {
		out = max(out, v.suspects.Findings[i].Severity)
	}
	return out
}

// severityLetter stands for a severity in a single cell.
func severityLetter(s analyze.Severity) string { return strings.ToUpper(s.String()[:1]) }

// facet is the value of a facet of a row, "" where it is not known.
func (v *View) facet(r row, name string) string {
	if v.track == nil {
		return ""
	}
	at := facetOf(v.track.order, name)
	if at < 0 {
		return ""
	}
	return v.track.order.Facets()[at].Values[v.track.order.Value(at, r.pos)]
}

// cell is what stands in a column of a row, and its look. What the order knows is
// there before the row is.
func (v *View) cell(r row, have *cells, name string) (string, style.Paint) {
	s := v.env.Styles
	var look style.Paint
	switch name {
	case timeColumn:
		return v.timeText(r, have), look
	case "outcome", "plane", "kind":
		value := v.facet(r, name)
		if have != nil {
			value = have.text(name)
		}
		if value == "" && have == nil {
			return "…", s.Dim
		}
		return value, s.Facet(name, value, 0)
	}
	switch {
	case have == nil:
		return "…", s.Dim
	case name == "principal" || name == "model":
		return tail(have.text(name)), look
	case name == textColumn:
		said := have.said()
		before := map[string]string{"error_message": "error: ", "response": "reply: ", "tool_calls": "tools: "}[said]
		return before + have.text(said), look
	}
	return have.text(name), look
}

// tail is what tells the names of a cloud apart: of arn:aws:sts::111122223333:
// assumed-role/app/session it is app/session. What stands before is the same in
// most rows; the details have all of it.
func tail(name string) string {
	if !strings.HasPrefix(name, "arn:") {
		return name
	}
	parts := strings.SplitN(name, ":", 6)
	if len(parts) < 6 {
		return name
	}
	kind, rest, ok := strings.Cut(parts[5], "/")
	if !ok || !slices.Contains([]string{"assumed-role", "user", "role", "foundation-model", "inference-profile"}, kind) {
		return parts[5]
	}
	return rest
}

// timeText writes the time of a row, with the digits that the log had.
func (v *View) timeText(r row, have *cells) string {
	if !r.dated {
		if v.track == nil && have == nil {
			return "…"
		}
		return "without a time"
	}
	text := time.UnixMicro(r.us).In(v.zone()).Format(v.timeLayout())
	precision := ""
	if have != nil {
		precision = have.text("ts_precision")
	}
	drop := 0
	switch {
	case precision == "s" || precision == "" && r.us%second == 0:
		drop = len(".000000")
	case precision == "ms" || precision == "" && r.us%millisecond == 0:
		drop = len("000")
	}
	if r.us%second != 0 && drop == len(".000000") || r.us%millisecond != 0 && drop == len("000") {
		drop = 0 // a corrected clock has more digits than the log
	}
	return text[:len(text)-drop]
}

// marked draws a text in exactly so many cells, with what was searched for marked.
func (v *View) marked(text string, width int, look style.Paint) string {
	s := v.env.Styles
	if v.find.mark == nil || !v.find.some() {
		return s.Fit(text, width, look)
	}
	head := text[:min(len(text), 4*width+64)]
	at := v.find.mark.FindStringIndex(head)
	if at == nil || at[0] == at[1] {
		return s.Fit(text, width, look)
	}
	before := s.Screen.Clean(text[:at[0]], width)
	if before.End < at[0] {
		return s.Fit(text, width, look)
	}
	hit := s.Screen.Clean(text[at[0]:at[1]], width-before.Width)
	rest := width - before.Width - hit.Width
	return s.Line(before, look) + s.Line(hit, s.Match.On(look)) + s.Line(s.Screen.Fit(text[at[1]:], rest), look)
}

// gapText says what is between two events.
func (v *View) gapText(g *gap, width int) string {
	text := long(g.to-g.from) + " without an event"
	if g.undated {
		text = events(int64(v.track.events()-g.before)) + " without a time"
	}
	if v.env.Styles.Plain {
		return text
	}
	return "──── " + text + " " + strings.Repeat("─", max(0, width-len(text)-6))
}

// events counts events.
func events(n int64) string {
	if n == 1 {
		return "1 event"
	}
	return list.Number(n) + " events"
}

// sentence is a row in words.
func (v *View) sentence(r row) string {
	if r.gap != nil {
		return v.gapText(r.gap, 0)
	}
	var words []string
	if v.marks[r.eid] {
		words = append(words, "marked")
	}
	if g := v.gravest(r.eid); g != 0 {
		words = append(words, g.String()+" finding")
	}
	if v.find.has(r.pos) && v.track != nil {
		words = append(words, "hit")
	}
	have := v.pages.get(r.eid)
	for _, c := range v.lay.columns {
		text, _ := v.cell(r, have, c.name)
		if text == "" {
			continue
		}
		if number(c.name) {
			text = short(c.name) + " " + text
		}
		words = append(words, v.env.Styles.Screen.Clean(text, max(c.width, 40)).String())
	}
	return strings.Join(words, "; ")
}

// detailLines say more of the event under the cursor.
func (v *View) detailLines() []string {
	s := v.env.Styles
	n := v.lay.details
	if n == 0 {
		return nil
	}
	var out []string
	r, ok := v.current()
	if ok && r.gap == nil {
		out = append(out, v.detailHead(r, n))
		if n > 1 {
			out = append(out, v.detailBody(r, n-1)...)
		}
	} else if ok {
		out = append(out, s.Fit(" "+v.gapAbout(r.gap), v.width, s.Dim))
	}
	for len(out) < n {
		out = append(out, style.Spaces(v.width))
	}
	return out[:n]
}

// gapAbout says from when to when there is nothing.
func (v *View) gapAbout(g *gap) string {
	if g.undated {
		return "the logs do not say when the events below were, or the time cannot be read"
	}
	format := "2006-01-02 15:04:05"
	return "nothing from " + time.UnixMicro(g.from).In(v.zone()).Format(format) + " to " + time.UnixMicro(g.to).In(v.zone()).Format(format) +
		"; a gap is " + long(v.track.quiet) + " or more"
}

// detailHead names the event and the findings that list it; where there is only
// this line, it has the whole of what stands in the chosen column.
func (v *View) detailHead(r row, lines int) string {
	s := v.env.Styles
	have := v.pages.get(r.eid)
	id := "…"
	if have != nil {
		id = have.id
	}
	text := " " + id
	look := s.Dim
	if words := wordsOf(v.words[r.eid]); words != "" {
		text += "  " + words
	}
	of := v.suspects.Of(r.eid)
	switch {
	case len(of) > 0:
		f := &v.suspects.Findings[of[0]]
		text += "  " + f.Severity.String() + ": " + f.Title
		if len(of) > 1 {
			text += " (and " + strconv.Itoa(len(of)-1) + " more)"
		}
		look = s.Severity(f.Severity.String())
	case lines == 1 && have != nil:
		value, _ := v.cell(r, have, v.chosen())
		text += "  " + short(v.chosen()) + ": " + value
	}
	if lines == 1 || s.Plain {
		return s.Fit(text, v.width, look)
	}
	line := s.Screen.Clean(text+" ", v.width-4)
	return s.Dim.Text("───") + s.Line(line, look) + s.Dim.Text(strings.Repeat("─", max(0, v.width-3-line.Width)))
}

// detailBody says what the log says of the event.
func (v *View) detailBody(r row, lines int) []string {
	s := v.env.Styles
	if v.detail.event != r.eid || v.detail.cells == nil {
		return []string{s.Fit(" …", v.width, s.Dim)}
	}
	c := v.detail.cells
	var out []string
	for _, names := range detailColumns() {
		var b strings.Builder
		room := v.width - 1
		b.WriteByte(' ')
		for _, name := range names {
			value := s.Screen.Clean(c.text(name), min(40, room))
			w := len(name) + 1 + value.Width + 2
			if value.Width == 0 || w > room {
				continue
			}
			b.WriteString(s.Dim.Text(name) + " " + s.Line(value, s.Facet(name, c.text(name), 0)) + "  ")
			room -= w
		}
		if room < v.width-1 {
			out = append(out, s.Pad(b.String(), v.width))
		}
	}
	for _, name := range detailTexts() {
		if text := c.text(name); text != "" {
			out = append(out, " "+s.Dim.Text(name)+" "+v.marked(text, max(1, v.width-len(name)-2), style.Paint{}))
		}
	}
	if len(out) > lines { // texts say most: the last fields give way to the first of them
		texts := len(out) - min(len(out), len(detailColumns()))
		keep := max(1, lines-min(texts, max(1, lines/3)))
		fields := len(out) - texts
		out = append(out[:min(keep, fields):min(keep, fields)], out[fields:]...)
	}
	return out
}
