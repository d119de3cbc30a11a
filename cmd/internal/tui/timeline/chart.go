package timeline

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// chart is the histogram: a window of time, what is brushed of it, and the counts
// that were made for it last.
type chart struct {
	work   work
	facet  string // that colours it
	window span
	past   []span // windows that Z leads back to
	brush  span
	anchor int64 // where the brush began
	by     brushing
	asked  question
	now    counts
}

// brushing says what moves the end of the brush.
type brushing uint8

const (
	notBrushing brushing = iota
	byCursor
	byMouse
)

// question is what counts are made for.
type question struct {
	track *track
	axis  axis
	facet string
	hours int // of the roll-up, before there is a track
}

// counts are what the chart draws.
type counts struct {
	axis    axis
	facet   string
	values  []string
	passing [][]uint32 // by value and bar
	total   []uint32   // passing, by bar
	all     []uint32   // by bar, whatever the filter; nil where there is none
	sources []string
	lanes   [][]uint32 // by source and bar
	grave   []analyze.Severity
	most    uint32
}

// drawn brings counts.
type drawn struct {
	ticket int
	counts counts
	err    error
}

// draw asks for counts where others are needed than were asked for last.
func (v *View) draw() tea.Cmd {
	v.chase()
	q := v.question()
	if q == v.chart.asked || q.axis.bars == 0 {
		return nil
	}
	v.chart.asked = q
	ctx := v.chart.work.start(v.env.Context)
	ticket, source := v.chart.work.ticket, v.env.Source
	if q.track != nil {
		return func() tea.Msg { return drawn{ticket: ticket, counts: count(&q)} }
	}
	return func() tea.Msg {
		c, err := countMinutes(ctx, source, &q)
		return drawn{ticket, c, err}
	}
}

// question is what the chart needs to know now.
func (v *View) question() question {
	if v.track == nil && len(v.hours) == 0 {
		return question{}
	}
	q := question{track: v.track, facet: v.chart.facet, hours: len(v.hours)}
	least := microsecond
	if v.track == nil {
		least = minute
	}
	q.axis = fit(v.chart.window, v.lay.chartWidth, least, v.zone())
	return q
}

// zone is that of the times on the screen.
func (v *View) zone() *time.Location {
	if v.env.Zone == nil {
		return time.UTC
	}
	return v.env.Zone
}

// chase moves a window that was zoomed, so that the cursor is in it.
func (v *View) chase() {
	w := v.chart.window
	r, ok := v.current()
	if !ok || r.gap != nil || !r.dated || w.empty() || w == v.whole || w.within(r.us) || len(v.chart.past) == 0 || v.chart.by == byMouse {
		return
	}
	half := (w.to - w.from) / 2
	v.chart.window = span{r.us - half, r.us - half + w.to - w.from}
}

// takeChart draws counts.
func (v *View) takeChart(a drawn) tea.Cmd {
	if a.ticket != v.chart.work.ticket {
		return nil
	}
	v.chart.work.stop()
	if a.err != nil {
		if errors.Is(a.err, context.Canceled) {
			return nil
		}
		return part.Fail(a.err)
	}
	v.chart.now = a.counts
	v.arrange()
	return v.draw()
}

// count counts the events of a track.
func count(q *question) counts {
	t, a := q.track, &q.axis
	o := t.order
	c := counts{axis: *a, facet: q.facet}
	at := facetOf(o, q.facet)
	c.values = o.Facets()[at].Values
	c.passing = t.histogram(a, at)
	if t.set.Len() < o.Len() {
		c.all = o.Histogram(nil, a.from, a.to, a.bars, casefile.NoFacet)[0]
	}
	if from := facetOf(o, sourceFacet); from == at {
		c.sources, c.lanes = c.values, c.passing
	} else {
		c.sources, c.lanes = o.Facets()[from].Values, t.histogram(a, from)
	}
	c.grave = make([]analyze.Severity, a.bars)
	for s, of := range t.grave {
		if of == nil || of.Len() == 0 {
			continue
		}
		for b, n := range o.Histogram(of, a.from, a.to, a.bars, casefile.NoFacet)[0] {
			if n > 0 {
				c.grave[b] = analyze.Severity(s) //nolint:gosec // a severity
			}
		}
	}
	c.sum()
	return c
}

// histogram counts the events of each value of a facet.
func (t *track) histogram(a *axis, facet int) [][]uint32 {
	parts := t.parts[t.order.Facets()[facet].Name]
	if parts == nil {
		return t.order.Histogram(t.set, a.from, a.to, a.bars, facet)
	}
	out := make([][]uint32, len(parts))
	for i, s := range parts {
		out[i] = t.order.Histogram(s, a.from, a.to, a.bars, casefile.NoFacet)[0]
	}
	return out
}

// countMinutes counts events by the roll-up.
func countMinutes(ctx context.Context, source data.Source, q *question) (counts, error) {
	c := counts{axis: q.axis, facet: q.facet, grave: make([]analyze.Severity, q.axis.bars)}
	var err error
	c.values, c.passing, err = source.Minutes(ctx, q.axis.from, q.axis.width, q.axis.bars, q.facet)
	c.sum()
	return c, err
}

// sum adds the values up.
func (c *counts) sum() {
	c.total = make([]uint32, c.axis.bars)
	for _, row := range c.passing {
		for b, n := range row {
			c.total[b] += n
		}
	}
	for _, n := range c.total {
		c.most = max(c.most, n)
	}
}

// worst is the value of a bar that a person should see first: a failure, the
// gravest first, where the facet is outcome; "" for none.
func (c *counts) worst(bar int) string {
	if c.facet != "outcome" {
		return ""
	}
	for _, w := range []string{"denied", "error", "blocked", "throttled"} {
		for i, v := range c.values {
			if v == w && c.passing[i][bar] > 0 {
				return w
			}
		}
	}
	return ""
}

// zoomIn makes the brush the window, or where nothing is brushed what the list
// shows.
func (v *View) zoomIn() tea.Cmd {
	to := v.chart.brush
	if to.empty() {
		to = v.seen()
	}
	if to.empty() || to == v.chart.window {
		return part.Say(part.Notice{Text: "there is nothing to zoom to: brush the histogram, or go to events with a time"})
	}
	v.chart.past = append(v.chart.past, v.chart.window)
	v.chart.window, v.chart.brush, v.chart.by = to, span{}, notBrushing
	return v.draw()
}

// seen is the time of what the list shows.
func (v *View) seen() span {
	var s span
	from, to := v.rows.Window()
	for i := from; i < to; i++ {
		r := v.row(i)
		if r.gap != nil || !r.dated {
			continue
		}
		if s.empty() {
			s.from = r.us
		}
		s.to = r.us + 1
	}
	return s
}

// zoomOut leads back to the window before; from the widest one on to all times, of
// outliers too, and back.
func (v *View) zoomOut() tea.Cmd {
	c := &v.chart
	c.brush, c.by = span{}, notBrushing
	if n := len(c.past); n > 0 {
		c.window, c.past = c.past[n-1], c.past[:n-1]
		return v.draw()
	}
	everything := v.everything()
	switch {
	case c.window != v.whole:
		c.window = v.whole
	case everything != v.whole:
		c.window = everything
	default:
		return part.Say(part.Notice{Text: "this is all of the time"})
	}
	return v.draw()
}

// everything is the time of all events.
func (v *View) everything() span {
	if v.order == nil || v.order.Dated() == 0 {
		return v.whole
	}
	return span{v.order.Time(0), v.order.Time(v.order.Dated()-1) + 1}
}

// startBrush begins to brush at the cursor, or ends it.
func (v *View) startBrush() tea.Cmd {
	c := &v.chart
	if c.by == byCursor {
		c.by = notBrushing
		return nil
	}
	r, ok := v.current()
	if !ok || !r.dated {
		return part.Say(part.Notice{Text: "this event has no time"})
	}
	c.by, c.anchor = byCursor, r.us
	v.stretch(r.us)
	return nil
}

// stretch moves the end of the brush to a time.
func (v *View) stretch(us int64) {
	c := &v.chart
	c.brush = span{min(c.anchor, us), max(c.anchor, us) + 1}
}

// stretchToCursor moves the end of the brush with the cursor.
func (v *View) stretchToCursor() {
	if r, ok := v.current(); ok && v.chart.by == byCursor && r.gap == nil && r.dated {
		v.stretch(r.us)
	}
}
