package timeline

import (
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// chartLines draws the histogram and what stands above and beneath it.
func (v *View) chartLines() []string {
	s, l := v.env.Styles, &v.lay
	if s.Plain {
		return v.chartSentences()
	}
	out := []string{v.chartHead()}
	if l.bars == 0 {
		return out
	}
	c := &v.chart.now
	for i := range l.bars {
		out = append(out, v.framed("", v.barLine(l.bars-1-i, l.bars)))
	}
	if l.all >= 0 {
		out = append(out, v.framed("all", v.levels(c.all, func(int) style.Paint { return s.Dim })))
	}
	for i := range l.lanes {
		name, row := "", []uint32(nil)
		if i < len(c.sources) {
			name, row = laneLetters(c.sources)[i]+" "+c.sources[i], c.lanes[i]
		}
		out = append(out, v.framed(name, v.levels(row, func(int) style.Paint { return s.Series(i) })))
	}
	if l.flags >= 0 {
		out = append(out, v.framed("", v.flagLine()))
	}
	return append(out, v.framed("", v.axisLine()))
}

// framed puts a name before cells of the histogram.
func (v *View) framed(name, cells string) string {
	s := v.env.Styles
	return s.Fit(name, max(0, v.lay.margin-1), s.Dim) + " " + s.Pad(cells, v.width-max(1, v.lay.margin))
}

// pen draws cells one by one, and writes a look only where it changes.
type pen struct {
	out  strings.Builder
	run  strings.Builder
	look style.Paint
}

func (p *pen) put(text string, look style.Paint) {
	if look != p.look {
		p.flush()
		p.look = look
	}
	p.run.WriteString(text)
}

func (p *pen) flush() {
	p.out.WriteString(p.look.Text(p.run.String()))
	p.run.Reset()
}

func (p *pen) String() string {
	p.flush()
	return p.out.String()
}

// eighths are the fillings of a cell from below, in ASCII where blocks would be
// drawn two cells wide.
func (v *View) eighths() []string {
	if v.env.Styles.Screen.Width("█") != 1 {
		return []string{" ", ".", ".", ".", ":", ":", ":", "|", "#"}
	}
	return []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
}

// filled is how many of so many eighths a count fills: what is more than nothing
// is seen.
func filled(n, most uint32, eighths int) int {
	if n == 0 || most == 0 {
		return 0
	}
	return max(1, int((uint64(n)*uint64(eighths)+uint64(most)/2)/uint64(most)))
}

// under is what lies beneath a bar: the brush, or nothing.
func (v *View) under(bar int) style.Paint {
	a := &v.chart.now.axis
	b := v.chart.brush
	if at := a.of(bar, bar); !b.empty() && b.from < at.to && at.from < b.to {
		return v.env.Styles.Brush
	}
	return style.Paint{}
}

// barLine draws a line of the bars, the lowest of which is 0.
func (v *View) barLine(line, lines int) string {
	c := &v.chart.now
	blocks := v.eighths()
	var p pen
	for b := range c.axis.bars {
		high := filled(c.total[b], c.most, 8*lines)
		fill := max(0, min(8, high-8*line))
		look := v.under(b)
		if fill > 0 {
			look = v.paint(b, line, high).On(look)
		}
		p.put(strings.Repeat(blocks[fill], c.axis.cells), look)
	}
	return p.String()
}

// stack is how values stand in a bar from below: failures first, so that they are
// seen where there are few.
func (c *counts) stack() []int {
	order := make([]int, len(c.values))
	for i := range order {
		order[i] = i
	}
	grave := func(i int) int {
		at := slices.Index([]string{"denied", "error", "blocked", "throttled"}, c.values[i])
		if c.facet != "outcome" || at < 0 {
			return 4
		}
		return at
	}
	slices.SortStableFunc(order, func(a, b int) int { return grave(a) - grave(b) })
	return order
}

// paint is the look of a cell of a bar: that of the value in its middle; of the
// lowest cell, that of the gravest failure, however few there were.
func (v *View) paint(bar, line, high int) style.Paint {
	c := &v.chart.now
	s := v.env.Styles
	if line == 0 {
		if w := c.worst(bar); w != "" {
			return s.Outcome(w)
		}
	}
	middle := 8*line + min(8, high-8*line)/2
	sum := uint64(0)
	for _, i := range c.stack() {
		sum += uint64(c.passing[i][bar])
		if sum*uint64(high) > uint64(middle)*uint64(c.total[bar]) {
			return s.Facet(c.facet, c.values[i], i)
		}
	}
	return style.Paint{}
}

// levels draws counts in a single line, relative to the greatest of them.
func (v *View) levels(row []uint32, look func(bar int) style.Paint) string {
	a := &v.chart.now.axis
	most := uint32(0)
	for _, n := range row {
		most = max(most, n)
	}
	blocks := v.eighths()
	var p pen
	for b := range min(a.bars, len(row)) {
		p.put(strings.Repeat(blocks[min(8, filled(row[b], most, 8))], a.cells), look(b).On(v.under(b)))
	}
	return p.String()
}

// flagLine draws what each bar has of findings, by the letter of their severity,
// or else of failures, by that of the outcome.
func (v *View) flagLine() string {
	c, s := &v.chart.now, v.env.Styles
	var p pen
	for b := range c.axis.bars {
		text, look := " ", style.Paint{}
		if w := c.worst(b); w != "" {
			text, look = w[:1], s.Outcome(w)
		}
		if g := c.grave[b]; g > 0 {
			text, look = severityLetter(g), s.Severity(g.String())
		}
		p.put(text, look)
		p.put(style.Spaces(c.axis.cells-1), style.Paint{})
	}
	return p.String()
}

// labelCells is how far labels of the axis are apart at least.
const labelCells = 14

// axisLine draws times under the bars, and where the cursor is.
func (v *View) axisLine() string {
	s, a := v.env.Styles, &v.chart.now.axis
	width := max(0, v.width-max(1, v.lay.margin))
	line := []rune(strings.Repeat(" ", width))
	if a.bars > 0 {
		step := nice(a.width * int64((labelCells+a.cells-1)/a.cells))
		_, east := time.UnixMicro(a.from).In(v.zone()).Zone()
		offset, end, day := int64(east)*second, 0, ""
		for t := floor(a.from+offset+step-1, step) - offset; t < a.to; t += step {
			at := time.UnixMicro(t).In(v.zone())
			text, today := at.Format(labelLayout(step, a.to-a.from)), at.Format("01-02")
			if step < 24*hour && today != day {
				text = today + " " + text
			}
			x := a.bar(t) * a.cells
			if x < end || x+len(text)+1 > width {
				continue
			}
			day = today
			copy(line[x:], []rune("╵"+text))
			end = x + len(text) + 2
		}
	}
	r, ok := v.current()
	bar := -1
	if ok && r.gap == nil && r.dated {
		bar = a.bar(r.us)
	}
	if x := bar * a.cells; bar >= 0 && x < width {
		return s.Dim.Text(string(line[:x])) + s.Key.Text("▲") + s.Dim.Text(string(line[x+1:]))
	}
	return s.Dim.Text(string(line))
}

// labelLayout is how times are written that are so far apart, on an axis of so much.
func labelLayout(step, all int64) string {
	switch {
	case step >= day && all >= 300*day: // a day without a year would not say which
		return "2006-01-02"
	case step >= day:
		return "01-02"
	case step >= minute:
		return "15:04"
	case step >= second:
		return "15:04:05"
	case step >= millisecond:
		return "15:04:05.000"
	}
	return "15:04:05.000000"
}

// chartHead says what the histogram shows.
func (v *View) chartHead() string {
	s, c := v.env.Styles, &v.chart.now
	if c.axis.bars == 0 {
		text := "reading when there are events"
		if v.track != nil && v.order.Dated() == 0 {
			text = "no event has a time"
		}
		return s.Fit(" "+text, v.width, s.Dim)
	}
	var b strings.Builder
	room := v.width
	add := func(text string, look style.Paint) {
		line := s.Screen.Clean(text, 1<<10)
		if line.Width+2 > room {
			return
		}
		b.WriteString(" " + s.Line(line, look) + " ")
		room -= line.Width + 2
	}
	if !v.chart.brush.empty() {
		add("brushed "+v.spanText(v.chart.brush)+": "+events(int64(v.brushed()))+"; "+v.env.Keys.Timeline.Zoom.Help().Key+" zooms, "+v.env.Keys.Timeline.Brushed.Help().Key+" filters", s.Brush)
	}
	add("1 bar = "+long(c.axis.width), s.Strong)
	if v.chart.brush.empty() {
		add(v.spanText(span{c.axis.from, min(c.axis.to, max(c.axis.from+1, v.chart.window.to))}), style.Paint{})
	}
	for _, text := range v.outlierTexts() {
		add(text, s.Warn)
	}
	if v.calls {
		add("one event per call", s.Accent)
	}
	add("tallest "+list.Number(int64(c.most)), s.Dim)
	for _, i := range c.stack() {
		sum := uint64(0)
		for _, n := range c.passing[i] {
			sum += uint64(n)
		}
		if sum == 0 {
			continue
		}
		name := c.values[i]
		if name == "" {
			name = "not said"
		}
		if c.facet == "outcome" && failed(c.values[i]) {
			name = c.values[i][:1] + ": " + name
		}
		add(name+" "+list.Number(int64(sum)), s.Facet(c.facet, c.values[i], i))
	}
	return s.Pad(b.String(), v.width)
}

// outlierTexts say which events are not in the histogram.
func (v *View) outlierTexts() []string {
	if v.chart.window != v.whole {
		return nil
	}
	var out []string
	key := v.env.Keys.Timeline.Out.Help().Key
	if n := v.beyond.before; n > 0 {
		out = append(out, list.Number(n)+" long before ("+key+")")
	}
	if n := v.beyond.after; n > 0 {
		out = append(out, list.Number(n)+" long after ("+key+")")
	}
	return out
}

// brushed is how many events of the track are in the brush.
func (v *View) brushed() int {
	if v.track == nil {
		return 0
	}
	return v.track.memberAt(v.chart.brush.to) - v.track.memberAt(v.chart.brush.from)
}

// spanText writes a range of time, without what both ends share.
func (v *View) spanText(s span) string {
	from, to := time.UnixMicro(s.from).In(v.zone()), time.UnixMicro(s.to).In(v.zone())
	layout := "2006-01-02 15:04"
	switch length := s.to - s.from; {
	case length < 10*second:
		layout = "2006-01-02 15:04:05.000000"
	case length < 2*hour:
		layout = "2006-01-02 15:04:05"
	}
	a, b := from.Format(layout), to.Format(layout)
	if a[:10] == b[:10] {
		b = b[11:]
	}
	return a + " – " + b
}

// chartSentences say in words what the histogram shows.
func (v *View) chartSentences() []string {
	s, c := v.env.Styles, &v.chart.now
	first, second := "reading when there are events", ""
	if c.axis.bars > 0 {
		best := 0
		for b, n := range c.total {
			if n > c.total[best] {
				best = b
			}
		}
		first = v.spanText(v.chart.window)
		for _, t := range v.outlierTexts() {
			first += "; " + t
		}
		second = "busiest " + long(c.axis.width) + ": " + events(int64(c.total[best])) + " from " + v.spanText(c.axis.of(best, best))
		if !v.chart.brush.empty() {
			second = "brushed " + v.spanText(v.chart.brush) + ": " + events(int64(v.brushed()))
		}
	}
	return []string{s.Fit(first, v.width, style.Paint{}), s.Fit(second, v.width, style.Paint{})}
}
