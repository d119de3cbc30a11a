package timeline

import (
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// firstPage is how many events are shown before the order is there.
const firstPage = 200

type (
	// opened brings the first events.
	opened struct {
		ticket int
		eids   []int64
		err    error
	}
	// rolled brings when there are events, by the roll-up.
	rolled struct {
		ticket int
		hours  []data.HourCount
		err    error
	}
	// ordered brings the order.
	ordered struct {
		ticket int
		order  *data.Order
		whole  span
		beyond outliers
		parts  map[string][]*casefile.EventSubset
		err    error
	}
	// suspected brings the events of findings.
	suspected struct {
		ticket   int
		suspects *data.Suspects
		err      error
	}
)

// open asks for what can be had at once. The order is asked for when that is
// seen, for it takes all processors for seconds.
func (v *View) open() tea.Cmd {
	if v.opening.going() || v.ordering.going() {
		return nil // it was asked already
	}
	ctx := v.opening.start(v.env.Context)
	ticket, source := v.opening.ticket, v.env.Source
	return tea.Batch(func() tea.Msg {
		hours, err := source.Hours(ctx)
		return rolled{ticket, hours, err}
	}, func() tea.Msg {
		eids, err := source.First(ctx, firstPage)
		return opened{ticket, eids, err}
	})
}

// maxFetches is how often the rest of the first events is asked for.
const maxFetches = 2

// begin puts the events in order and asks for those of findings, when the first
// ones are there.
func (v *View) begin() tea.Cmd {
	if v.order != nil || v.ordering.going() {
		return nil
	}
	if rest := v.missing(0, len(v.first)); len(rest) > 0 && v.track == nil && !v.pages.work.going() && v.fetches < maxFetches {
		v.fetches++
		return v.fetch(rest) // while nothing else goes on
	}
	return tea.Batch(v.makeOrder(), v.judge(), v.askWords())
}

// reload asks again when the case has changed. What is shown stays until the new
// order is there.
func (v *View) reload() tea.Cmd {
	if !v.opened {
		return nil // the view was not shown yet
	}
	if v.order != nil && !v.ordering.going() && v.order.Derived == v.env.Source.Info().Derived {
		return v.askWords() // nothing else can have changed
	}
	return tea.Batch(v.makeOrder(), v.judge(), v.askWords())
}

// judge asks which events findings list.
func (v *View) judge() tea.Cmd {
	ctx := v.judging.start(v.env.Context)
	ticket, source := v.judging.ticket, v.env.Source
	return func() tea.Msg {
		s, err := source.Suspects(ctx)
		return suspected{ticket, s, err}
	}
}

// makeOrder puts the events in order.
func (v *View) makeOrder() tea.Cmd {
	ctx := v.ordering.start(v.env.Context)
	ticket, source := v.ordering.ticket, v.env.Source
	v.ordered.tell(0, 0)
	told := v.ordered.tell
	return func() tea.Msg {
		o, err := source.Order(ctx, told)
		if err != nil {
			return ordered{ticket: ticket, err: err}
		}
		whole, beyond := usual(hoursOf(o))
		return ordered{ticket: ticket, order: o, whole: exact(o, whole), beyond: beyond, parts: partsOf(o)}
	}
}

// takeOpened shows the first events.
func (v *View) takeOpened(a opened) tea.Cmd {
	if a.ticket != v.opening.ticket {
		return nil
	}
	if v.opened = true; v.track != nil || a.err != nil || len(a.eids) == 0 {
		return v.begin() // which says what is wrong, if anything
	}
	v.first = a.eids
	v.rows.Count(len(v.first))
	return v.follow()
}

// takeRolled shows the histogram of the minutes.
func (v *View) takeRolled(a rolled) tea.Cmd {
	if a.ticket != v.opening.ticket || a.err != nil || v.track != nil || v.order != nil {
		return nil
	}
	v.hours, v.total = a.hours, 0
	for _, h := range a.hours {
		v.total += h.Events
	}
	v.whole, v.beyond = usual(a.hours)
	v.chart.window = v.whole
	return v.draw()
}

// takeOrdered makes the list one of all events.
func (v *View) takeOrdered(a ordered) tea.Cmd {
	if a.ticket != v.ordering.ticket {
		return nil
	}
	v.ordering.stop()
	v.opening.stop()
	if a.err != nil {
		if v.order == nil {
			v.err = a.err
		}
		return part.Fail(a.err)
	}
	if v.order != nil && v.order.Derived != a.order.Derived {
		v.known.forget()
		v.tracks.forget()
		v.pages.forget()
		v.find.forget()
	}
	zoomed := v.chart.window != v.whole && !v.chart.window.empty()
	v.err, v.order, v.whole, v.beyond, v.parts = nil, a.order, a.whole, a.beyond, a.parts
	if !zoomed {
		v.chart.window = a.whole
	}
	return tea.Batch(v.narrow(), v.warm())
}

// warm lets the case that filters are asked of be opened, so that the first filter
// does not wait for it.
func (v *View) warm() tea.Cmd {
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		_, _ = source.Columns(ctx) // who needs them is told what is wrong
		return nil
	}
}

// takeSuspects marks the events of findings.
func (v *View) takeSuspects(a suspected) tea.Cmd {
	if a.ticket != v.judging.ticket {
		return nil
	}
	v.judging.stop()
	if a.err != nil {
		return part.Fail(a.err)
	}
	if v.suspects != nil {
		v.known.forget() // of other findings
	}
	v.suspects = a.suspects
	v.tracks.forget()
	return v.narrow()
}

// show makes a track the list, with the cursor where it was.
func (v *View) show(t *track) {
	before, ok := v.current()
	below := v.rows.Cursor() - v.rows.Top()
	had := v.track
	v.track = t
	v.first = nil
	v.rows.Count(t.rows())
	v.find.on(t)
	if !ok || t.rows() == 0 {
		return
	}
	line, found := 0, false
	switch {
	case before.gap != nil && had != nil && had.order == t.order:
		line, found = t.near(had.set.At(min(before.member, had.set.Len()-1))), true
	case before.gap == nil:
		if pos, has := t.order.Position(before.eid); has {
			line, found = t.near(pos), true
		}
	}
	if found {
		v.rows.Place(line, below)
	}
}
