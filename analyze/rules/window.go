package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// entry is a match inside a window.
type entry struct {
	ts    int64
	rule  int // its place among the rules of the correlation
	event string
	value string
	num   float64
	alert *alert // where the match is an alert of a correlation
}

// alert is a time in which a correlation holds: overlapping windows are one.
type alert struct {
	group       []string
	first, last int64
	windows     int64
	measure     float64  // what the condition is about, where it was furthest from 0
	events      []string // at most analyze.MaxFindingEvents
	count       int64    // of events
	through     int64    // number of the last entry that is in it
}

// window slides over the matches of one group.
type window struct {
	c       *correlation
	group   []string
	entries []entry
	dropped int64 // entries that the window has left behind
	now     int64
	pending int // entries of the time now, which were not judged yet
	values  map[string]int
	sum     slidingSum
	sorted  []float64
	seen    []int64 // by rule: number of the last entry, -1 for none
	chains  []chainStart
	open    *alert
}

// chainStart is the latest begin of a chain of the first rules in their order.
type chainStart struct {
	ok      bool
	ts, seq int64
}

func newWindow(c *correlation, group []string) *window {
	w := &window{c: c, group: group, values: map[string]int{}, seen: make([]int64, len(c.rules)), chains: make([]chainStart, len(c.rules))}
	for i := range w.seen {
		w.seen[i] = -1
	}
	return w
}

// add takes the next match; it must not be earlier than the last. What the time
// before it completed is returned.
func (w *window) add(e entry) (done *alert) {
	if e.ts != w.now {
		done = w.judge()
		w.now = e.ts
		w.trim()
	}
	seq := w.dropped + int64(len(w.entries))
	w.entries = append(w.entries, e)
	w.pending++
	w.seen[e.rule] = seq
	switch w.c.kind {
	case valueCount:
		w.values[e.value]++
	case valueSum, valueAvg:
		w.sum.push(e.num)
	case valuePercentile:
		if w.c.percentile == 0 {
			w.values[e.value]++
			break
		}
		i, _ := slices.BinarySearch(w.sorted, e.num)
		w.sorted = slices.Insert(w.sorted, i, e.num)
	}
	return done
}

// trim leaves behind what is more than the timespan before now.
func (w *window) trim() {
	n := 0
	for n < len(w.entries) && w.entries[n].ts < w.now-w.c.timespan {
		e := &w.entries[n]
		n++
		switch w.c.kind {
		case valueSum, valueAvg:
			w.sum.pop()
		case valueCount, valuePercentile:
			if w.c.percentile != 0 {
				i, _ := slices.BinarySearch(w.sorted, e.num)
				w.sorted = slices.Delete(w.sorted, i, i+1)
				break
			}
			if w.values[e.value]--; w.values[e.value] == 0 {
				delete(w.values, e.value)
			}
		}
	}
	w.dropped += int64(n)
	clear(w.entries[:n]) // what they point to can go; append moves the rest when it must
	w.entries = w.entries[n:]
}

// judge looks at the window that ends now, with all that happened now. It
// returns the alert before it, when that has come to its end.
func (w *window) judge() (done *alert) {
	if w.pending == 0 {
		return nil
	}
	from, measure, holds := w.holds()
	w.pending = 0
	if !holds {
		return nil
	}
	first := w.entries[from-w.dropped].ts
	if w.open != nil && first > w.open.last {
		done, w.open = w.open, nil
	}
	if w.open == nil {
		w.open = &alert{group: w.group, first: first, through: from - 1, measure: measure}
	}
	a := w.open
	a.windows++
	a.first = min(a.first, first)
	if math.Abs(measure) > math.Abs(a.measure) {
		a.measure = measure
	}
	for seq := max(from, a.through+1); seq < w.dropped+int64(len(w.entries)); seq++ {
		if e := &w.entries[seq-w.dropped]; w.shows(e) {
			a.take(e)
		}
	}
	a.through = w.dropped + int64(len(w.entries)) - 1
	a.last = w.now
	return done
}

// shows reports whether an entry is evidence. The share of a value is judged when
// the value is seen, and shows that event only.
func (w *window) shows(e *entry) bool {
	return w.c.kind != valuePercentile || w.c.percentile != 0 || w.c.within(w.share(e.value))
}

// take adds the events of an entry to an alert.
func (a *alert) take(e *entry) {
	if e.alert == nil {
		a.count++
		if len(a.events) < analyze.MaxFindingEvents {
			a.events = append(a.events, e.event)
		}
		return
	}
	a.count += e.alert.count
	room := analyze.MaxFindingEvents - len(a.events)
	a.events = append(a.events, e.alert.events[:min(room, len(e.alert.events))]...)
}

// share is how many of the values in the window are this one, in percent.
func (w *window) share(value string) float64 {
	return 100 * float64(w.values[value]) / float64(len(w.entries))
}

// holds says whether the condition holds now, for which number, and with which
// entry the window begins.
func (w *window) holds() (from int64, measure float64, ok bool) {
	from = w.dropped
	switch w.c.kind {
	case eventCount:
		measure = float64(len(w.entries))
	case valueCount:
		measure = float64(len(w.values))
	case valueSum:
		measure = w.sum.total()
	case valueAvg:
		measure = w.sum.total() / float64(len(w.entries))
	case valuePercentile:
		return w.percentile()
	case temporal:
		return w.together()
	case temporalOrdered:
		return w.inOrder()
	}
	return from, measure, w.c.within(measure)
}

// percentile is the nearest rank of the percentile, or the share of a value of
// now, with which the window then begins.
func (w *window) percentile() (from int64, measure float64, ok bool) {
	if w.c.percentile != 0 {
		rank := int(math.Ceil(w.c.percentile / 100 * float64(len(w.sorted))))
		measure = w.sorted[max(rank, 1)-1]
		return w.dropped, measure, w.c.within(measure)
	}
	for i := len(w.entries) - w.pending; i < len(w.entries); i++ {
		if share := w.share(w.entries[i].value); w.c.within(share) {
			return w.dropped + int64(i), share, true
		}
	}
	return 0, 0, false
}

// together counts the rules that match within the timespan.
func (w *window) together() (from int64, measure float64, ok bool) {
	from = math.MaxInt64
	for _, seq := range w.seen {
		if seq >= w.dropped {
			measure++
			from = min(from, seq)
		}
	}
	if len(w.c.limits) == 0 {
		return from, measure, int(measure) == len(w.c.rules)
	}
	return from, measure, w.c.within(measure)
}

// inOrder continues chains of the rules in their order by what happened now. Of
// all chains the one that began last is kept: it is within the timespan if any
// is. What has the same time may be in any order.
func (w *window) inOrder() (from int64, measure float64, ok bool) {
	at := len(w.entries) - w.pending
	completed := false
	for p := range w.c.rules {
		i := slices.IndexFunc(w.entries[at:], func(e entry) bool { return e.rule == p })
		switch {
		case i < 0:
		case p == 0:
			w.chains[0] = chainStart{true, w.now, w.dropped + int64(at+i)}
		case w.chains[p-1].ok && w.chains[p-1].ts >= w.now-w.c.timespan:
			w.chains[p] = w.chains[p-1]
		default:
			continue
		}
		completed = i >= 0 && p == len(w.c.rules)-1
	}
	last := w.chains[len(w.chains)-1]
	return last.seq, float64(len(w.c.rules)), completed
}

// slidingSum is the sum of a queue of numbers. Nothing is ever subtracted, so no
// error of rounding stays: the numbers before a turning point are kept as sums
// from each to it, those behind it as one sum.
type slidingSum struct {
	before []float64 // sums from each number to the turning point, the first number last
	behind []float64
	sum    float64 // of behind
}

func (s *slidingSum) push(v float64) {
	s.behind = append(s.behind, v)
	s.sum += v
}

// pop takes away the number that is there longest.
func (s *slidingSum) pop() {
	if len(s.before) == 0 {
		sum := 0.0
		for _, v := range slices.Backward(s.behind) {
			sum += v
			s.before = append(s.before, sum)
		}
		s.behind, s.sum = s.behind[:0], 0
	}
	s.before = s.before[:len(s.before)-1]
}

func (s *slidingSum) total() float64 {
	if len(s.before) == 0 {
		return s.sum
	}
	return s.before[len(s.before)-1] + s.sum
}

// sweep keeps the windows of a correlation while its matches pass.
type sweep struct {
	c       *correlation
	windows map[string]*window
	held    int64 // entries of all windows, at most
	passed  int64
	alerts  []alert
}

// maxHeld bounds the matches that the windows of a correlation hold at a time.
const maxHeld = 4_000_000

// cleaning is after how many matches windows that are over are put away.
const cleaning = 1 << 16

// add takes the next match of a group.
func (s *sweep) add(group []string, e entry) error {
	key := groupKey(group)
	w := s.windows[key]
	if w == nil {
		w = newWindow(s.c, slices.Clone(group))
		s.windows[key] = w
	}
	before := len(w.entries)
	if a := w.add(e); a != nil {
		s.alerts = append(s.alerts, *a)
	}
	s.held += int64(len(w.entries) - before)
	if s.held > maxHeld {
		return fmt.Errorf("more than %d matches are within one timespan of %s; shorten it, or let the rules match less", maxHeld, s.c.span())
	}
	if s.passed++; s.passed%cleaning == 0 {
		s.clean(e.ts)
	}
	return nil
}

// groupKey tells groups apart.
func groupKey(group []string) string {
	var key []byte
	for _, v := range group {
		key = append(strconv.AppendInt(key, int64(len(v)), 10), ':')
		key = append(key, v...)
	}
	return string(key)
}

// clean ends the windows in which nothing can happen any more.
func (s *sweep) clean(now int64) {
	for key, w := range s.windows {
		if w.now < now-s.c.timespan {
			s.end(w)
			s.held -= int64(len(w.entries))
			delete(s.windows, key)
		}
	}
}

// end judges what is left, and closes the alert.
func (s *sweep) end(w *window) {
	if a := w.judge(); a != nil {
		s.alerts = append(s.alerts, *a)
	}
	if w.open != nil {
		s.alerts = append(s.alerts, *w.open)
	}
}

// finish returns all alerts in the order of their end, begin and group.
func (s *sweep) finish() []alert {
	for _, w := range s.windows {
		s.end(w)
	}
	slices.SortFunc(s.alerts, func(a, b alert) int {
		return cmp.Or(cmp.Compare(a.last, b.last), cmp.Compare(a.first, b.first), slices.Compare(a.group, b.group))
	})
	return s.alerts
}
