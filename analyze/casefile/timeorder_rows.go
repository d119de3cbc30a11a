package casefile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Rows returns some of the events, in the given order, with the named stored
// columns and texts cut to a number of characters, 0 for whole ones: what
// [Case.Excerpts] returns. It reads straight from the segments, and only the pages
// that it needs, so that it is quick wherever the events stand and may run beside
// anything that uses the case, and beside itself.
func (o *EventOrder) Rows(ctx context.Context, eids []int64, columns []string, chars int) ([]EventRow, error) {
	types, err := typesOf(columns)
	if err != nil {
		return nil, err
	}
	p := &rowPick{o: o, names: append([]string{"record", "part"}, columns...), types: append([]columnType{typeInt, typeInt}, types...), chars: chars}
	if err := p.place(eids); err != nil {
		return nil, err
	}
	if err := eachOf(ctx, len(p.groups)*len(p.names), threadsOr(0), p.column); err != nil {
		return nil, err
	}
	rows := make([]EventRow, len(eids))
	for i, eid := range eids {
		v := p.values[eid]
		run := o.run(o.mustOrdinal(eid))
		from := o.evidence[run.evidence]
		record, _ := v[0].(int64)
		part, _ := v[1].(int64)
		rows[i] = EventRow{EID: eid, EvidenceID: from.sum, Record: record, Part: part, Values: slices.Clone(v[2:]), correction: from.correction}
		rows[i].EventID = EventID(from.sum[:min(o.prefix, len(from.sum))], record, part)
	}
	return rows, nil
}

// mustOrdinal is ordinal of an event that is there.
func (o *EventOrder) mustOrdinal(eid int64) uint32 {
	ordinal, _ := o.ordinal(eid)
	return ordinal
}

// typesOf returns the types of stored columns.
func typesOf(columns []string) ([]columnType, error) {
	known := storedTypes()
	var out []columnType
	for _, name := range columns {
		typ, ok := known[name]
		if !ok {
			return nil, fmt.Errorf("looking up events: no stored column %q", name)
		}
		out = append(out, typ)
	}
	return out, nil
}

// rowPick picks columns of some events.
type rowPick struct {
	o      *EventOrder
	names  []string
	types  []columnType
	chars  int
	groups []pickedGroup
	values map[int64][]any // by event: a value for each column
}

// pickedGroup is a row group of which some rows are read.
type pickedGroup struct {
	segment, group int
	rows           []int // ascending, each once
	eids           []int64
}

// place finds out where the events are.
func (p *rowPick) place(eids []int64) error {
	p.values = map[int64][]any{}
	bySegment := map[int][]int64{}
	for _, eid := range eids {
		if _, ok := p.o.ordinal(eid); !ok {
			return fmt.Errorf("reading event %d of segment %d: %w", eid&(1<<eidShift-1), eid>>eidShift, ErrNoEvent)
		}
		if p.values[eid] == nil {
			p.values[eid] = make([]any, len(p.names))
			at := p.o.place[eid>>eidShift]
			bySegment[at] = append(bySegment[at], eid)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(bySegment)) {
		if err := p.group(at, bySegment[at]); err != nil {
			return err
		}
	}
	return nil
}

// group puts the events of a segment into its row groups.
func (p *rowPick) group(segment int, eids []int64) error {
	s := &p.o.segments[segment]
	slices.SortFunc(eids, cmp.Compare[int64])
	r := p.o.index.reader()
	defer p.o.index.release(r)
	f, err := p.o.index.open(s.path, r)
	if err != nil {
		return err
	}
	row := 0
	for g := range f.groups {
		group := pickedGroup{segment: segment, group: g}
		n := int(f.groups[g].rows)
		for ; len(eids) > 0 && int(eids[0]&(1<<eidShift-1)) < row+n; eids = eids[1:] {
			group.rows = append(group.rows, int(eids[0]&(1<<eidShift-1))-row)
			group.eids = append(group.eids, eids[0])
		}
		if len(group.rows) > 0 {
			p.groups = append(p.groups, group)
		}
		row += n
	}
	if len(eids) > 0 {
		err = fmt.Errorf("reading segment %s: it has no row %d; run exhibit verify", s.path, eids[0]&(1<<eidShift-1))
	}
	return errors.Join(err, f.close())
}

// column reads one column of one row group; the jobs are numbered through.
func (p *rowPick) column(_, job int) error {
	group, column := &p.groups[job/len(p.names)], job%len(p.names)
	path := p.o.segments[group.segment].path
	r := p.o.index.reader()
	defer p.o.index.release(r)
	f, err := p.o.index.open(path, r)
	if err != nil {
		return err
	}
	err = f.pick(group.group, p.names[column], &picker{
		typ: p.types[column], chars: p.chars, rows: group.rows,
		put: func(i int, v any) { p.values[group.eids[i]][column] = v },
	})
	if err != nil {
		err = fmt.Errorf("reading segment %s: %w", path, err)
	}
	return errors.Join(err, f.close())
}
