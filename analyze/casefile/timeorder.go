package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
)

// EventOrder knows which events a case has, in the order in which lists show
// them: by time, those without one last, and then by evidence, record and part,
// which is the order of [Case.SelectEvents]. A place in it is called a position.
//
// It is held in memory, in about 16 bytes an event, so that to scroll, to jump,
// to brush and to count need neither the database nor the segments. It never
// changes and is safe for concurrent use; none of its methods uses the case.
type EventOrder struct {
	segments []orderSegment // by number
	place    map[int64]int  // of a segment among them, by number
	times    []int64        // by ordinal; noTime for none
	runs     []evidenceRun  // by ordinal
	ordinals []uint32       // by position
	dated    int
	facets   []Facet
	values   [][]uint8 // of each facet, by position

	index    *segmentIndexes
	evidence map[int64]knownEvidence // by number
	prefix   int                     // digits of its SHA-256 in the ids of events
}

// Events are counted through all segments: the ordinal of an event is the number
// of rows before it. It takes half the memory of an eid.
type orderSegment struct {
	number int64
	path   string
	first  uint32 // ordinal
	rows   uint32
}

// evidenceRun is a piece of evidence whose events stand together from an ordinal
// on.
type evidenceRun struct {
	first    uint32
	place    uint32 // of the evidence, by its SHA-256
	evidence int64
}

// noTime stands for the time of an event without one. It sorts last.
const noTime = math.MaxInt64

// Facet is a column with few different values.
type Facet struct {
	Name string
	// Values are sorted. "" is that the log does not say. There are 256 at most:
	// where a column has more, those that a segment brings late count as
	// OtherValues.
	Values []string
}

// OtherValues stands for values of a facet for which there is no number left.
const OtherValues = "(others)"

// OrderOptions say how to order events.
type OrderOptions struct {
	Clock      Clock // by which times are meant
	Duplicates bool  // also events that repeat another
	Threads    int   // 0 is one for each processor
	// Progress is told how many events were read, of how many, now and then. It
	// is called by one goroutine at a time, not always the same. It may be nil.
	Progress func(done, total int64)
}

// Len is how many events there are.
func (o *EventOrder) Len() int { return len(o.ordinals) }

// Dated is how many of them have a time; they come first.
func (o *EventOrder) Dated() int { return o.dated }

// Event returns the eid of the event at a position.
func (o *EventOrder) Event(pos int) int64 { return o.eid(o.ordinals[pos]) }

func (o *EventOrder) eid(ordinal uint32) int64 {
	s := &o.segments[sort.Search(len(o.segments), func(i int) bool { return o.segments[i].first > ordinal })-1]
	return s.number<<eidShift | int64(ordinal-s.first)
}

// Time returns the time of the event at a position, in microseconds since 1970
// began in UTC, by the clock of the order. Only the first [EventOrder.Dated]
// events have one.
func (o *EventOrder) Time(pos int) int64 { return o.times[o.ordinals[pos]] }

// At returns the first position with an event at a time or after it, in
// microseconds since 1970 began in UTC; [EventOrder.Dated] where there is none.
func (o *EventOrder) At(us int64) int {
	return sort.Search(o.dated, func(pos int) bool { return o.Time(pos) >= us })
}

// Position returns where an event stands, and whether it is there: the order may
// have been made without duplicates.
func (o *EventOrder) Position(eid int64) (int, bool) {
	ordinal, ok := o.ordinal(eid)
	if !ok {
		return 0, false
	}
	key := o.key(ordinal)
	pos := sort.Search(len(o.ordinals), func(pos int) bool { return !o.key(o.ordinals[pos]).before(key) })
	return pos, pos < len(o.ordinals) && o.ordinals[pos] == ordinal
}

// ordinal returns the ordinal of an event, and whether there is such a row.
func (o *EventOrder) ordinal(eid int64) (uint32, bool) {
	at, ok := o.place[eid>>eidShift]
	if !ok {
		return 0, false
	}
	row := eid & (1<<eidShift - 1)
	return o.segments[at].first + uint32(row), row < int64(o.segments[at].rows)
}

// orderKey is what events are sorted by. Records of an evidence stand in the
// segments in their order, and parts in that of their record, so that the ordinal
// stands for both.
type orderKey struct {
	time     int64
	evidence uint32
	ordinal  uint32
}

func (k orderKey) compare(other orderKey) int {
	switch {
	case k.before(other):
		return -1
	case other.before(k):
		return 1
	}
	return 0
}

func (k orderKey) before(other orderKey) bool {
	if k.time != other.time {
		return k.time < other.time
	}
	if k.evidence != other.evidence {
		return k.evidence < other.evidence
	}
	return k.ordinal < other.ordinal
}

func (o *EventOrder) key(ordinal uint32) orderKey {
	return orderKey{o.times[ordinal], o.run(ordinal).place, ordinal}
}

// run returns the evidence of an event.
func (o *EventOrder) run(ordinal uint32) *evidenceRun {
	return &o.runs[sort.Search(len(o.runs), func(i int) bool { return o.runs[i].first > ordinal })-1]
}

// Facets lists the facets: plane, kind, outcome and source, which is the format
// of the log and, where the examiner labelled evidence, the label.
func (o *EventOrder) Facets() []Facet { return o.facets }

// Value returns which of the values of a facet the event at a position has, both
// by their number.
func (o *EventOrder) Value(facet, pos int) uint8 { return o.values[facet][pos] }

// newEventOrder lists the segments, maybe with room for the times of their events.
func (c *Case) newEventOrder(times bool) (*EventOrder, error) {
	o := &EventOrder{place: map[int64]int{}, index: c.index, prefix: c.prefix}
	for i, ref := range c.state.events {
		if len(only([]string{ref.Path}, "events")) == 0 {
			continue
		}
		n, ok := segmentNumber(ref.Path)
		if !ok || ref.Rows < 0 || ref.Rows > 1<<eidShift || ref.Rows > maxGroupRows+rowRatio*ref.Size {
			return nil, fmt.Errorf("segment %s cannot have %d rows in %d bytes; run exhibit verify", ref.Path, ref.Rows, ref.Size)
		}
		o.segments = append(o.segments, orderSegment{number: n, path: c.events[i], rows: uint32(ref.Rows)})
	}
	slices.SortFunc(o.segments, func(a, b orderSegment) int { return int(a.number - b.number) })
	total := int64(0)
	for i := range o.segments {
		s := &o.segments[i]
		if _, twice := o.place[s.number]; twice {
			return nil, fmt.Errorf("there are two segments %d; run exhibit verify", s.number)
		}
		o.place[s.number] = i
		s.first = uint32(total)
		if total += int64(s.rows); total > math.MaxUint32 {
			return nil, errors.New("the case has more than 4,294,967,295 events, which cannot be listed at once; use exhibit sql")
		}
	}
	if times {
		o.times = make([]int64, total)
	}
	return o, nil
}

// orderEvidence is what the order needs to know of a piece of evidence.
type orderEvidence struct {
	knownEvidence
	place  uint32 // by its SHA-256
	add    int64  // what to add to its times by the clock, microseconds
	source uint8  // value of the facet
}

// orderEvidence returns the evidence by number, and the values of the facet
// source.
func (c *Case) orderEvidence(ctx context.Context, clock Clock) (map[int64]orderEvidence, []string, error) {
	type source struct{ format, label string }
	var list []source
	var numbers []int64
	out := map[int64]orderEvidence{}
	err := c.query(ctx, "timeorder_evidence", nil, nil, func(r *sql.Rows) error {
		var n int64
		var s source
		e := orderEvidence{place: uint32(len(list))}
		err := r.Scan(&n, &e.sum, &s.format, &s.label, &e.correction)
		if clock == ClockCorrected {
			e.add = e.correction
		}
		out[n] = e
		list, numbers = append(list, s), append(numbers, n)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	name := func(s source) string {
		if s.label == "" {
			return s.format
		}
		return s.format + " (" + s.label + ")"
	}
	values := distinctWords(list, name)
	if len(values) > maxFacetValues {
		name = func(s source) string { return s.format }
		values = distinctWords(list, name)
	}
	values = values[:min(len(values), maxFacetValues)]
	for i, n := range numbers {
		e := out[n]
		at, _ := slices.BinarySearch(values, name(list[i]))
		e.source = uint8(min(at, len(values)-1))
		out[n] = e
	}
	return out, values, nil
}

// maxFacetValues is how many values a facet can have: a byte tells them apart.
const maxFacetValues = 256

// distinctWords returns the different names of a list, sorted.
func distinctWords[T any](list []T, name func(T) string) []string {
	var out []string
	for _, x := range list {
		out = append(out, name(x))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
