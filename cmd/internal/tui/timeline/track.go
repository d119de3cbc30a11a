package timeline

import (
	"sort"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
)

// track is what the list shows: events of the order, with lines between them
// where time passes without any. It never changes. The zero track has no rows.
//
// A row is a line of the list; a member is an event of the subset, by its number
// in it; a position is an event by its number in the order.
type track struct {
	order *data.Order
	set   *casefile.EventSubset
	gaps  []gap // by member
	quiet int64 // microseconds without events that are a gap
	// What of the set can be jumped to.
	wrong, suspect *casefile.EventSubset
	grave          [6]*casefile.EventSubset // events of findings, by severity
	// parts are the events of each value of some facets, by the facet.
	parts map[string][]*casefile.EventSubset
}

// gap is a line between events.
type gap struct {
	before   int   // member
	from, to int64 // microseconds: the event before it, and the one after it
	undated  bool  // the events after it have no time
}

// rows is how many lines the list has.
func (t *track) rows() int {
	if t == nil || t.set == nil {
		return 0
	}
	return t.set.Len() + len(t.gaps)
}

// events is how many events it has.
func (t *track) events() int {
	if t == nil || t.set == nil {
		return 0
	}
	return t.set.Len()
}

// dated is how many of them have a time.
func (t *track) dated() int {
	if t == nil || t.set == nil {
		return 0
	}
	return t.set.Rank(t.order.Dated())
}

// row is a line of the list: an event or a gap.
type row struct {
	gap    *gap
	member int
	pos    int
	eid    int64
	us     int64
	dated  bool
}

// at returns a line.
func (t *track) at(i int) row {
	before := sort.Search(len(t.gaps), func(g int) bool { return t.gaps[g].before+g >= i })
	if before < len(t.gaps) && t.gaps[before].before+before == i {
		return row{gap: &t.gaps[before], member: t.gaps[before].before}
	}
	return t.member(i - before)
}

// member returns the line of an event.
func (t *track) member(m int) row {
	pos := t.set.At(m)
	r := row{member: m, pos: pos, eid: t.order.Event(pos), dated: pos < t.order.Dated()}
	if r.dated {
		r.us = t.order.Time(pos)
	}
	return r
}

// lineOf is on which line an event stands.
func (t *track) lineOf(member int) int {
	return member + sort.Search(len(t.gaps), func(g int) bool { return t.gaps[g].before > member })
}

// memberAt is the first event at a time or after it; the number of dated ones
// where there is none.
func (t *track) memberAt(us int64) int { return t.set.Rank(t.order.At(us)) }

// near is the line of the event at a position of the order, or of the next one
// that is shown.
func (t *track) near(pos int) int { return t.lineOf(min(t.set.Rank(pos), max(0, t.set.Len()-1))) }

// next is the line of the first event of a subset behind a position, or before it,
// and whether there is one.
func (t *track) next(of *casefile.EventSubset, pos, direction int) (line int, ok bool) {
	if of == nil {
		return 0, false
	}
	i := of.Rank(max(0, pos)) - 1
	if direction > 0 {
		i = of.Rank(max(0, pos+1))
	}
	if i < 0 || i >= of.Len() {
		return 0, false
	}
	return t.lineOf(t.set.Rank(of.At(i))), true
}

// leastGap is the least time without events that can be a gap, gapFactor how many
// times the usual distance between events it has to be, gapShare what part of all
// of the time, and maxGaps how many are drawn at most: where there are more, a gap
// has to be longer.
const (
	leastGap  = time.Minute
	gapFactor = 30
	gapShare  = 4000
	maxGaps   = 200
)

// findGaps looks for the times without events, which are the longest ones, and
// says how long is long.
func findGaps(t *track, window span) {
	n := t.dated()
	t.gaps, t.quiet = nil, 0
	if n > 1 {
		usual := (window.to - window.from) / int64(n)
		for t.quiet = nice(max(leastGap.Microseconds(), gapFactor*usual, (window.to-window.from)/gapShare)); ; t.quiet = nice(t.quiet + 1) {
			if t.gaps = t.longer(n, t.quiet, maxGaps+1); len(t.gaps) <= maxGaps {
				break
			}
		}
	}
	if n < t.set.Len() {
		t.gaps = append(t.gaps, gap{before: n, undated: true})
	}
}

// longer finds the gaps of at least some time, at most so many. From an event it
// goes to the first that is too far away to follow it without a gap, so that it
// looks at few events where many are close together.
func (t *track) longer(dated int, quiet int64, most int) []gap {
	var out []gap
	for m, us := 0, t.member(0).us; len(out) < most; {
		next := t.memberAt(us + quiet)
		if next >= dated {
			break
		}
		r := t.member(next)
		if last := t.member(next - 1).us; next > m && r.us-last >= quiet {
			out = append(out, gap{before: next, from: last, to: r.us})
		}
		m, us = next, r.us
	}
	return out
}
