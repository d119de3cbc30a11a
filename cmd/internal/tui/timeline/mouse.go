package timeline

import (
	tea "charm.land/bubbletea/v2"
)

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	if v.chart.by == byMouse || at.Y < v.lay.head && v.lay.bars > 0 {
		return v.mouseChart(msg)
	}
	if click, ok := msg.(tea.MouseClickMsg); ok && at.Y == v.lay.head && click.Button == tea.MouseLeft {
		for i, c := range v.lay.columns {
			if at.X >= c.x && at.X <= c.x+c.width {
				v.column = i
			}
		}
		return nil
	}
	if at.Y < v.lay.list || at.Y >= v.lay.list+v.lay.rows {
		return nil
	}
	if click, ok := msg.(tea.MouseClickMsg); ok && click.Button == tea.MouseLeft {
		for i, c := range v.lay.columns {
			if at.X >= c.x && at.X <= c.x+c.width {
				v.column = i
			}
		}
	}
	before := v.rows.Cursor()
	if v.rows.Mouse(msg, at.Y-v.lay.list) {
		if r, ok := v.current(); ok && r.gap == nil {
			return v.openConversation()
		}
	}
	return v.moved(before)
}

// mouseChart brushes with the button held, and zooms with the wheel.
func (v *View) mouseChart(msg tea.MouseMsg) tea.Cmd {
	c, a := &v.chart, &v.chart.now.axis
	if v.track == nil || a.bars == 0 {
		return nil
	}
	bar := max(0, min(a.bars-1, (msg.Mouse().X-v.lay.margin)/a.cells))
	switch msg := msg.(type) {
	case tea.MouseClickMsg:
		if msg.Button != tea.MouseLeft {
			return nil
		}
		c.by, c.anchor = byMouse, a.of(bar, bar).from
		c.brush = a.of(bar, bar)
	case tea.MouseMotionMsg:
		if c.by != byMouse {
			return nil
		}
		from := a.bar(c.anchor)
		c.brush = a.of(min(from, bar), max(from, bar))
	case tea.MouseReleaseMsg:
		if c.by != byMouse {
			return nil
		}
		c.by = notBrushing
		from := c.brush.from
		if c.brush == a.of(bar, bar) {
			c.brush = span{} // a click goes to a time, and brushes nothing
		}
		return v.toTime(from)
	case tea.MouseWheelMsg:
		return v.wheel(msg, a.of(bar, bar))
	}
	return nil
}

// zoomStep is how many times narrower the window is after a turn of the wheel.
const zoomStep = 2

// wheel zooms at a bar.
func (v *View) wheel(msg tea.MouseWheelMsg, at span) tea.Cmd {
	c := &v.chart
	switch msg.Button {
	case tea.MouseWheelUp:
		length := (c.window.to - c.window.from) / zoomStep
		if length < int64(v.lay.chartWidth) {
			return nil
		}
		c.past = append(c.past, c.window)
		from := at.from - (at.from-c.window.from)/zoomStep
		c.window = span{from, from + length}
		return v.drawAt()
	case tea.MouseWheelDown:
		return v.zoomOut()
	}
	return nil
}

// drawAt draws a window that the cursor is not in: the cursor goes there.
func (v *View) drawAt() tea.Cmd {
	if r, ok := v.current(); ok && r.dated && !v.chart.window.within(r.us) {
		return v.toTime(v.chart.window.from)
	}
	return v.draw()
}
