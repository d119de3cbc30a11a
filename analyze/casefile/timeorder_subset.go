package casefile

import (
	"math/bits"
	"sort"
)

// bitmap is a set of small numbers.
type bitmap []uint64

func newBitmap(n int) bitmap { return make(bitmap, (n+63)/64) }

func (b bitmap) has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b bitmap) set(i int) { b[i>>6] |= 1 << (i & 63) }

// each hands over the numbers, in their order.
func (b bitmap) each(member func(i int)) {
	for word, w := range b {
		for ; w != 0; w &= w - 1 {
			member(word<<6 + bits.TrailingZeros64(w))
		}
	}
}

// setRange adds the numbers from from on that are below to.
func (b bitmap) setRange(from, to int) {
	for from < to && from&63 != 0 {
		b.set(from)
		from++
	}
	for ; from+64 <= to; from += 64 {
		b[from>>6] = ^uint64(0)
	}
	for ; from < to; from++ {
		b.set(from)
	}
}

// EventSubset is some of the events of an [EventOrder], in its order. It takes a
// bit an event. It never changes and is safe for concurrent use.
type EventSubset struct {
	bits  bitmap   // by position; nil for all
	ranks []uint32 // members before each block of rankWords words
	order int      // events of the order
	n     int
}

// rankWords is how many words of a bitmap make a block whose members were counted:
// 64 bytes, a line of the processor's cache.
const rankWords = 8

// newSubset takes over a bitmap of positions.
func (o *EventOrder) newSubset(b bitmap) *EventSubset {
	s := &EventSubset{bits: b, order: o.Len()}
	for i, w := range b {
		if i%rankWords == 0 {
			s.ranks = append(s.ranks, uint32(s.n))
		}
		s.n += bits.OnesCount64(w)
	}
	return s
}

// All returns the subset of all events.
func (o *EventOrder) All() *EventSubset { return &EventSubset{order: o.Len(), n: o.Len()} }

// Len is how many members there are.
func (s *EventSubset) Len() int { return s.n }

// Has reports whether the event at a position is a member.
func (s *EventSubset) Has(pos int) bool { return s.bits == nil || s.bits.has(pos) }

// Rank returns how many members stand before a position, which may be the length
// of the order.
func (s *EventSubset) Rank(pos int) int {
	if s.bits == nil {
		return pos
	}
	if pos >= s.order {
		return s.n
	}
	word := pos >> 6
	block := word / rankWords
	n := int(s.ranks[block])
	for _, w := range s.bits[block*rankWords : word] {
		n += bits.OnesCount64(w)
	}
	return n + bits.OnesCount64(s.bits[word]&(1<<(pos&63)-1))
}

// At returns the position of a member by its number, from 0.
func (s *EventSubset) At(i int) int {
	if s.bits == nil {
		return i
	}
	block := sort.Search(len(s.ranks), func(b int) bool { return int(s.ranks[b]) > i }) - 1
	i -= int(s.ranks[block])
	for word := block * rankWords; ; word++ {
		w := s.bits[word]
		if n := bits.OnesCount64(w); i >= n {
			i -= n
			continue
		}
		for range i {
			w &= w - 1
		}
		return word<<6 + bits.TrailingZeros64(w)
	}
}

// Intersect returns the events that are members of all given subsets of the
// order, nil among which stands for all events.
func (o *EventOrder) Intersect(list ...*EventSubset) *EventSubset {
	var out bitmap
	for _, s := range list {
		switch {
		case s == nil || s.bits == nil:
		case out == nil:
			out = append(bitmap(nil), s.bits...)
		default:
			for i, w := range s.bits {
				out[i] &= w
			}
		}
	}
	if out == nil {
		return o.All()
	}
	return o.newSubset(out)
}

// Except returns the members of a subset, nil for all events, that are not
// members of another.
func (o *EventOrder) Except(s, other *EventSubset) *EventSubset {
	out := newBitmap(o.Len())
	if s == nil || s.bits == nil {
		out.setRange(0, o.Len())
	} else {
		copy(out, s.bits)
	}
	for i := range out {
		if other.bits == nil {
			out[i] = 0
		} else {
			out[i] &^= other.bits[i]
		}
	}
	return o.newSubset(out)
}

// Between returns the events from one time on and before another, in
// microseconds since 1970 began in UTC.
func (o *EventOrder) Between(from, to int64) *EventSubset {
	out := newBitmap(o.Len())
	out.setRange(o.At(from), o.At(to))
	return o.newSubset(out)
}

// WithValues returns the events that have one of some values, by their number, of
// a facet.
func (o *EventOrder) WithValues(facet int, values ...uint8) *EventSubset {
	var wanted [maxFacetValues]uint64
	for _, v := range values {
		wanted[v] = 1
	}
	out := newBitmap(o.Len())
	for pos, v := range o.values[facet] {
		out[pos>>6] |= wanted[v] << (pos & 63)
	}
	return o.newSubset(out)
}

// Marked returns those of the given events that the order has, such as the
// events of findings.
func (o *EventOrder) Marked(eids []int64) *EventSubset {
	out := newBitmap(o.Len())
	for _, eid := range eids {
		if pos, ok := o.Position(eid); ok {
			out.set(pos)
		}
	}
	return o.newSubset(out)
}
