package casefile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// FirstEvents returns the first events of the case in the order of time as logged,
// at most n, without duplicates: what a list shows before the order is made. It
// reads only row groups that can hold one of them. It uses the database of the
// case.
func (c *Case) FirstEvents(ctx context.Context, n int) ([]int64, error) {
	return c.FirstEventsBy(ctx, n, ClockLogged)
}

// FirstEventsBy is [Case.FirstEvents] with times by a clock.
func (c *Case) FirstEventsBy(ctx context.Context, n int, clock Clock) ([]int64, error) {
	eids, err := c.firstEvents(ctx, n, clock)
	if err != nil {
		return nil, fmt.Errorf("finding the first events: %w", err)
	}
	return eids, nil
}

func (c *Case) firstEvents(ctx context.Context, n int, clock Clock) ([]int64, error) {
	o, err := c.newEventOrder(false)
	if err != nil || n <= 0 {
		return nil, err
	}
	s := &firstSearch{c: c, o: o, chunks: newChunkReader()}
	if s.evidence, _, err = c.orderEvidence(ctx, clock); err != nil {
		return nil, err
	}
	if err := s.list(ctx); err != nil {
		return nil, err
	}
	// Some of the first may be duplicates: then more are looked at.
	for most := n; ; most *= 2 {
		if err := s.find(ctx, most); err != nil {
			return nil, err
		}
		eids := make([]int64, len(s.keys))
		for i, k := range s.keys {
			eids[i] = o.eid(k.ordinal)
		}
		repeats, err := c.Survivors(ctx, eids)
		if err != nil {
			return nil, err
		}
		eids = slices.DeleteFunc(eids, func(eid int64) bool { _, ok := repeats[eid]; return ok })
		if len(eids) >= n || len(s.keys) < most {
			return eids[:min(n, len(eids))], nil
		}
	}
}

// firstSearch looks for the first events.
type firstSearch struct {
	c        *Case
	o        *EventOrder // without events: it knows the segments
	chunks   *chunkReader
	evidence map[int64]orderEvidence
	groups   []firstGroup // by their earliest time
	done     int          // of groups that were read
	keys     []orderKey   // the first of these, sorted
	kept     []orderKey   // all events that were read
	times    []int64
	numbers  []int64
}

// firstGroup is a row group.
type firstGroup struct {
	earliest       int64 // no event has a time before it
	segment, group int
	row            int
}

// list lists the row groups. One whose events have no time comes last.
func (s *firstSearch) list(ctx context.Context) error {
	least := int64(math.MaxInt64)
	for _, e := range s.evidence {
		least = min(least, e.add)
	}
	indexes := make([]*segmentIndex, len(s.o.segments))
	readers := make([]*chunkReader, threadsOr(0))
	err := eachOf(ctx, len(s.o.segments), len(readers), func(worker, i int) error {
		if readers[worker] == nil {
			readers[worker] = newChunkReader()
		}
		f, err := s.c.index.open(s.o.segments[i].path, readers[worker])
		if err != nil {
			return err
		}
		indexes[i] = f.segmentIndex
		return f.close()
	})
	if err != nil {
		return err
	}
	ts := s.c.index.columns["ts"]
	for i, index := range indexes {
		row := 0
		for g := range index.groups {
			group := firstGroup{earliest: noTime, segment: i, group: g, row: row}
			if c := &index.groups[g].chunks[ts]; c.bounded {
				group.earliest = addTime(c.lo, least)
			}
			s.groups = append(s.groups, group)
			row += int(index.groups[g].rows)
		}
	}
	slices.SortStableFunc(s.groups, func(a, b firstGroup) int { return cmp.Compare(a.earliest, b.earliest) })
	return nil
}

// find finds the first events, at most n.
func (s *firstSearch) find(ctx context.Context, n int) error {
	for ; s.done < len(s.groups); s.done++ {
		g := &s.groups[s.done]
		if len(s.keys) >= n && s.keys[n-1].time < g.earliest {
			break
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
		if err := s.read(g); err != nil {
			return err
		}
		slices.SortFunc(s.kept, orderKey.compare)
		s.keys = s.kept[:min(n, len(s.kept))]
	}
	s.keys = s.kept[:min(n, len(s.kept))]
	return nil
}

// read reads the events of a row group.
func (s *firstSearch) read(g *firstGroup) error {
	segment := &s.o.segments[g.segment]
	f, err := s.c.index.open(segment.path, s.chunks)
	if err != nil {
		return err
	}
	n := int(f.groups[g.group].rows)
	if err = f.checkRows(g.group, g.row); err == nil {
		s.times = slices.Grow(s.times[:0], n)[:n]
		err = f.readInts(g.group, "ts", s.times, noTime)
	}
	if err == nil {
		s.numbers = slices.Grow(s.numbers[:0], n)[:n]
		err = f.readInts(g.group, "evidence", s.numbers, 0)
	}
	if err = errors.Join(err, f.close()); err != nil {
		return fmt.Errorf("reading segment %s: %w", segment.path, err)
	}
	for i, t := range s.times {
		e, ok := s.evidence[s.numbers[i]]
		if !ok {
			return fmt.Errorf("reading segment %s: an event is of evidence %d, which the case does not have; run exhibit verify", segment.path, s.numbers[i])
		}
		s.kept = append(s.kept, orderKey{addTime(t, e.add), e.place, segment.first + uint32(g.row+i)})
	}
	return nil
}
