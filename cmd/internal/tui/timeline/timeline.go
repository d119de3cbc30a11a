// Package timeline is the view of all events in the order of time: a histogram
// on top, the list beneath it, and what is known of the event under the cursor.
//
// The list is made of a [data.Order], which is in memory, so that to scroll, to
// jump and to count wait for nothing; only what stands in the columns is fetched,
// for the rows that are seen and those that are about to be. Until the order is
// there the first events are shown, and the histogram of the minutes.
package timeline

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	// What all events are.
	order     *data.Order // nil until it is made
	ordering  work
	ordered   progress
	err       error // why there is no order
	first     []int64
	opening   work // the first page
	opened    bool
	fetches   int  // of the rest of the first events
	judging   work // which events findings list
	exporting work
	hours     []data.HourCount
	total     int64 // events by the roll-up, duplicates included
	whole     span  // where the events are
	beyond    outliers
	suspects  *data.Suspects

	// Which of them are seen.
	filter    filter.Filter
	calls     bool
	narrowing work
	failed    error // why the list does not follow the filter
	took      time.Duration
	known     kept[*casefile.EventSubset]
	tracks    kept[*track]
	parts     map[string][]*casefile.EventSubset
	track     *track

	// The list.
	rows      list.List
	lay       layout
	pages     pages
	direction int // of the last movement
	column    int // that is chosen, of those that are seen
	columns   []string
	lanes     bool
	details   detailSize

	chart  chart
	find   search
	marks  map[int64]bool
	words  map[int64]casefile.EventWords // what was said of events, marks among it
	unsaid map[int64]bool                // marks that could not be entered in the case
	goal   goal                          // where to go when the order is there
	detail detail
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View {
	return &View{
		env: env, marks: map[int64]bool{}, unsaid: map[int64]bool{}, lanes: true, chart: chart{facet: "outcome"},
		known: kept[*casefile.EventSubset]{most: maxKnown}, tracks: kept[*track]{most: maxTracks},
	}
}

// Name implements [part.Part].
func (v *View) Name() string { return part.Timeline }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.arrange()
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	if t.Event != 0 && t.Event != v.Target().Event {
		v.goal = goal{event: t.Event}
	}
	if t.Finding != "" && t.Event == 0 {
		v.goal = goal{finding: t.Finding}
	}
	if v.order == nil {
		return v.open()
	}
	return v.reach()
}

// goal is where the cursor is to go.
type goal struct {
	event   int64
	finding string
}

// reach goes where the cursor is to go.
func (v *View) reach() tea.Cmd {
	g := v.goal
	if v.track == nil || g == (goal{}) {
		return v.follow()
	}
	if g.finding != "" {
		if v.suspects == nil {
			return nil
		}
		for i := range v.suspects.Findings {
			if f := &v.suspects.Findings[i]; f.ID == g.finding && len(f.Events) > 0 {
				g.event = f.Events[0]
			}
		}
	}
	v.goal = goal{}
	pos, ok := v.order.Position(g.event)
	switch {
	case !ok:
		return tea.Batch(v.follow(), part.Say(part.Notice{Text: "the event repeats another one, which is shown in its place"}))
	case !v.track.set.Has(pos):
		v.rows.Center(v.track.near(pos))
		return tea.Batch(v.follow(), part.Say(part.Notice{Level: part.Warning, Text: "the filter hides this event; the cursor is at the next one"}))
	}
	v.rows.Center(v.track.near(pos))
	return v.follow()
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case opened:
		return v.takeOpened(msg)
	case rolled:
		return v.takeRolled(msg)
	case ordered:
		return v.takeOrdered(msg)
	case suspected:
		return v.takeSuspects(msg)
	case narrowed:
		return v.takeNarrowed(msg)
	case page:
		return v.takePage(msg)
	case detailed:
		return v.takeDetail(msg)
	case drawn:
		return v.takeChart(msg)
	case found:
		return v.takeFound(msg)
	case sought:
		return v.seek(string(msg))
	case exportTo:
		return v.export(msg)
	case exported:
		return v.takeExported(msg)
	case wordsKnown:
		return v.takeWords(msg)
	case sayThis:
		return v.say(msg)
	case said:
		return v.takeSaid(msg)
	case marked:
		return v.takeMarked(msg)
	case searchFor:
		return v.search(string(msg))
	case columnChosen:
		return v.takeColumn(msg)
	case columnsKnown:
		return v.chooseColumns(msg)
	case part.Filtered:
		v.filter = msg.Filter
		return v.narrow()
	case part.Reloaded:
		return v.reload()
	}
	return nil
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return false }

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	return 0, v.lay.list + v.rows.Cursor() - v.rows.Top(), v.rows.Len() > 0
}

// Target implements [part.Part].
func (v *View) Target() part.Target {
	r, ok := v.current()
	if !ok || r.gap != nil {
		return part.Target{}
	}
	t := part.Target{Event: r.eid}
	if of := v.suspects.Of(r.eid); len(of) > 0 {
		t.Finding = v.suspects.Findings[of[0]].ID
	}
	return t
}

// current is the row under the cursor, and whether there is one.
func (v *View) current() (row, bool) {
	if v.rows.Len() == 0 {
		return row{}, false
	}
	return v.row(v.rows.Cursor()), true
}

// row is a row of the list.
func (v *View) row(i int) row {
	if v.track != nil {
		return v.track.at(i)
	}
	r := row{eid: v.first[i], member: i, pos: i}
	if have := v.pages.get(r.eid); have != nil {
		r.us, r.dated = have.time(), have.dated()
	}
	return r
}

// State implements [part.Part].
func (v *View) State() part.State {
	s := part.State{Position: v.position()}
	switch {
	case v.find.work.going():
		s.Busy, s.Cancel = v.find.busy(), v.stopSearch
		s.Done, s.Total = v.find.done, v.find.total
	case v.exporting.going():
		s.Busy, s.Cancel = "exporting", v.exporting.stop
	case v.narrowing.going():
		s.Busy, s.Cancel = "filtering", v.stopNarrowing
	case v.ordering.going():
		s.Busy = "putting the events in order"
		s.Done, s.Total = v.ordered.done.Load(), v.ordered.total.Load()
	case v.opening.going() && !v.opened:
		s.Busy = "reading the first events"
	}
	return s
}

// position says where the cursor is.
func (v *View) position() string {
	r, ok := v.current()
	if !ok {
		return ""
	}
	total := int64(v.track.events())
	if v.track == nil {
		total = v.total
	}
	return v.find.position(v.track, r.pos) + list.Number(int64(r.member)+1) + " of " + list.Number(total)
}

// stopNarrowing leaves the list as it is.
func (v *View) stopNarrowing() {
	v.narrowing.stop()
	v.narrowing.ticket++
	v.failed = errStopped
}

var errStopped = errors.New("it was stopped")

// notNarrowed says why the list does not follow the filter.
func (v *View) notNarrowed(err error) tea.Cmd {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	v.failed = err
	return part.Fail(err)
}
