package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FilterEvents returns the events of an order that a query selects: by its
// Matches, From, To, Contains, Regex, Raw and Where. From and To are by the clock
// of the order. It uses the database of the case, and so must not run beside
// another method of it.
func (c *Case) FilterEvents(ctx context.Context, o *EventOrder, q EventQuery) (*EventSubset, error) {
	inSQL := EventQuery{Where: q.Where, Matches: q.Matches}
	if q.Raw {
		inSQL.Contains, inSQL.Regex, inSQL.Raw = q.Contains, q.Regex, true
	}
	s, err := c.eventStatement(ctx, &inSQL) // checks all, too
	if err != nil {
		return nil, err
	}
	list := []*EventSubset{o.during(q.From, q.To)}
	inSQL.Matches = nil
	for _, m := range q.Matches {
		found, ok, err := c.matchEvents(ctx, o, m)
		switch {
		case err != nil:
			return nil, fmt.Errorf("filtering events: %w", err)
		case ok:
			list = append(list, found)
		default:
			inSQL.Matches = append(inSQL.Matches, m)
		}
	}
	if len(inSQL.Matches) < len(q.Matches) {
		if s, err = c.eventStatement(ctx, &inSQL); err != nil {
			return nil, err
		}
	}
	if len(s.conditions) > 0 {
		found, err := c.selectBits(ctx, o, s)
		if err != nil {
			return nil, fmt.Errorf("filtering events: %w", err)
		}
		list = append(list, found)
	}
	for _, text := range []TextQuery{{Contains: q.Contains}, {Regex: q.Regex}} {
		if q.Raw || text == (TextQuery{}) {
			continue
		}
		found, err := c.holdersOf(ctx, o, text)
		if err != nil {
			return nil, err
		}
		list = append(list, found)
	}
	return o.Intersect(list...), nil
}

// selectBits returns the events of an order that a statement selects.
func (c *Case) selectBits(ctx context.Context, o *EventOrder, s *eventStatement) (*EventSubset, error) {
	fill := map[string]string{"with": "", "conditions": strings.Join(s.conditions, "    ")}
	if len(s.with) > 0 {
		fill["with"] = "with " + strings.Join(s.with, ",\n")
	}
	found := newBitmap(len(o.times))
	if err := c.eventBits(ctx, o, found, "timeorder_filter", fill, s.args[2:]); err != nil {
		return nil, err
	}
	return o.subsetOf(found), nil
}

// during returns the events from one time on and before another; a zero time does
// not select.
func (o *EventOrder) during(from, to time.Time) *EventSubset {
	if from.IsZero() && to.IsZero() {
		return nil
	}
	first, end := 0, o.Dated()
	if !from.IsZero() {
		first = o.At(from.UnixMicro())
	}
	if !to.IsZero() {
		end = o.At(to.UnixMicro())
	}
	b := newBitmap(o.Len())
	b.setRange(first, end)
	return o.newSubset(b)
}

// holdersOf returns the events of an order that hold a text.
func (c *Case) holdersOf(ctx context.Context, o *EventOrder, q TextQuery) (*EventSubset, error) {
	found := newBitmap(len(o.times))
	err := c.StreamSearch(ctx, q, func(p SearchProgress) {
		for _, eid := range p.Events {
			if ordinal, ok := o.ordinal(eid); ok {
				found.set(int(ordinal))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return o.subsetOf(found), nil
}

// LeadEvents returns the events of an order that stand for a call or are no part
// of one: of the events that show the same call, the one by whose eid the view
// calls has it. That is the one that says most of what was said; of a call that
// was written in pieces, its first event. Events that repeat another are left
// out. It uses the database of the case.
func (c *Case) LeadEvents(ctx context.Context, o *EventOrder) (*EventSubset, error) {
	further, leads := newBitmap(len(o.times)), newBitmap(len(o.times))
	for _, step := range []struct {
		statement string
		into      bitmap
	}{{"timeorder_parts", further}, {"timeorder_leads", leads}, {"timeorder_duplicates", further}} {
		if err := c.eventBits(ctx, o, step.into, step.statement, nil, nil); err != nil {
			return nil, fmt.Errorf("finding the events that stand for calls: %w", err)
		}
	}
	for i := range further {
		further[i] = ^(further[i] &^ leads[i])
	}
	return o.subsetOf(further), nil
}

// eventBits runs an embedded statement that yields rows of segments as bits, and
// adds these events to a bitmap of ordinals. {{most}} stands in the statement for
// the highest row of a segment that a bit is for.
func (c *Case) eventBits(ctx context.Context, o *EventOrder, into bitmap, name string, fill map[string]string, args []any) error {
	most := uint32(7)
	for i := range o.segments {
		most = max(most, (o.segments[i].rows+7)/8*8-1)
	}
	all := map[string]string{"most": strconv.FormatUint(uint64(most), 10)}
	for k, v := range fill {
		all[k] = v
	}
	return c.query(ctx, name, all, args, func(r *sql.Rows) error {
		var segment int64
		var rows sql.RawBytes
		if err := r.Scan(&segment, &rows); err != nil {
			return err
		}
		at, ok := o.place[segment]
		if !ok {
			return fmt.Errorf("segment %d: %w", segment, ErrNoEvent)
		}
		return addRows(into, &o.segments[at], rows)
	})
}

// addRows adds rows of a segment, the first of which is the highest bit of the
// first byte.
func addRows(into bitmap, s *orderSegment, rows []byte) error {
	for i, b := range rows {
		for ; b != 0; b &= b - 1 {
			row := uint32(i*8 + 7 - bits.TrailingZeros8(b))
			if row >= s.rows {
				return errors.New("a row is asked for that its segment does not have; run exhibit verify")
			}
			into.set(int(s.first + row))
		}
	}
	return nil
}

// subsetStride is how many events a thread looks at at once: some words of a
// bitmap, so that threads do not share one.
const subsetStride = 1 << 20

// subsetOf returns the events of the order whose ordinal is in a bitmap.
func (o *EventOrder) subsetOf(ordinals bitmap) *EventSubset {
	out := newBitmap(o.Len())
	var running sync.WaitGroup
	for from := 0; from < o.Len(); from += subsetStride {
		running.Go(func() {
			words := out[from>>6:]
			for i, ordinal := range o.ordinals[from:min(from+subsetStride, o.Len())] {
				words[i>>6] |= (ordinals[ordinal>>6] >> (ordinal & 63) & 1) << (i & 63)
			}
		})
	}
	running.Wait()
	return o.newSubset(out)
}
