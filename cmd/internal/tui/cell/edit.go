package cell

import (
	"slices"
	"sort"
)

// span is a stretch of both texts: a[a0:a1] and b[b0:b1].
type span struct{ a0, a1, b0, b1 int }

// match says that n tokens from a on and n tokens from b on are the same.
type match struct{ a, b, n int }

// differ finds what two lists of tokens have in common, in order.
type differ struct {
	a, b    []int32
	matches []match
}

func (d *differ) match(m match) {
	if m.n > 0 {
		d.matches = append(d.matches, m)
	}
}

// compare adds the matches of a stretch. One with too many edits is cut once at
// the tokens that occur once, if it may be.
func (d *differ) compare(s span, mayCut bool) {
	prefix := 0
	for s.a0+prefix < s.a1 && s.b0+prefix < s.b1 && d.a[s.a0+prefix] == d.b[s.b0+prefix] {
		prefix++
	}
	d.match(match{s.a0, s.b0, prefix})
	s.a0, s.b0 = s.a0+prefix, s.b0+prefix

	suffix := 0
	for s.a0 < s.a1-suffix && s.b0 < s.b1-suffix && d.a[s.a1-suffix-1] == d.b[s.b1-suffix-1] {
		suffix++
	}
	s.a1, s.b1 = s.a1-suffix, s.b1-suffix

	if s.a0 < s.a1 && s.b0 < s.b1 && !d.edit(s) && mayCut {
		d.cut(s)
	}
	d.match(match{s.a1, s.b1, suffix})
}

// cut compares what is between the tokens that occur once in both stretches.
func (d *differ) cut(s span) {
	for _, m := range d.anchors(s) {
		d.compare(span{s.a0, m.a, s.b0, m.b}, false)
		d.match(m)
		s.a0, s.b0 = m.a+1, m.b+1
	}
	d.compare(s, false)
}

// anchors are the longest list, in the order of both texts, of tokens that each
// has once.
func (d *differ) anchors(s span) []match {
	type place struct{ inA, inB, a, b int }
	places := map[int32]*place{}
	for i := s.a0; i < s.a1; i++ {
		p, ok := places[d.a[i]]
		if !ok {
			p = &place{}
			places[d.a[i]] = p
		}
		p.inA++
		p.a = i
	}
	for j := s.b0; j < s.b1; j++ {
		if p, ok := places[d.b[j]]; ok {
			p.inB++
			p.b = j
		}
	}
	var both []match
	for i := s.a0; i < s.a1; i++ {
		if p := places[d.a[i]]; p.inA == 1 && p.inB == 1 {
			both = append(both, match{p.a, p.b, 1})
		}
	}
	return increasing(both)
}

// increasing is the longest part of matches, which are in the order of a, that
// is in the order of b too.
func increasing(matches []match) []match {
	var ends []int // ends[n] ends the list of n+1 that ends first in b
	before := make([]int, len(matches))
	for i, m := range matches {
		n := sort.Search(len(ends), func(n int) bool { return matches[ends[n]].b > m.b })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	var list []match
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			list = append(list, matches[i])
		}
	}
	slices.Reverse(list)
	return list
}

// edit adds the matches of the shortest edit of a stretch, or reports that it
// has more than maxEdits. reach[k] is how far in a an edit of the length tried
// gets on the diagonal k, on which the place in a is that in b and k more.
func (d *differ) edit(s span) bool {
	n, m := s.a1-s.a0, s.b1-s.b0
	most := min(n+m, maxEdits)
	reach := make([]int32, 2*most+3)
	zero := most + 1 // the index of diagonal 0
	var trace [][]int32
	for edits := 0; edits <= most; edits++ {
		trace = append(trace, slices.Clone(reach[zero-edits-1:zero+edits+2]))
		for k := -edits; k <= edits; k += 2 {
			x := int(reach[zero+k-1]) + 1
			if down(reach[zero+k-1:], k, edits) {
				x = int(reach[zero+k+1])
			}
			for x < n && x-k < m && d.a[s.a0+x] == d.b[s.b0+x-k] {
				x++
			}
			reach[zero+k] = int32(x)
			if x >= n && x-k >= m {
				d.walkBack(s, trace)
				return true
			}
		}
	}
	return false
}

// down reports whether the edit that gets furthest on diagonal k adds a token
// of b last, and does not remove one of a. around begins at diagonal k-1.
func down(around []int32, k, edits int) bool {
	return k == -edits || k != edits && around[0] < around[2]
}

// walkBack adds the matches of the edit that trace, the reach before each
// length, leads to.
func (d *differ) walkBack(s span, trace [][]int32) {
	x, y := s.a1-s.a0, s.b1-s.b0
	var found []match
	for edits := len(trace) - 1; edits > 0; edits-- {
		reach, k := trace[edits], x-y
		at := k + edits // of diagonal k-1 in reach, which begins at -edits-1
		fromX, fromY := 0, 0
		if down(reach[at:], k, edits) {
			fromX = int(reach[at+2])
			fromY = fromX - k - 1
			found = append(found, match{s.a0 + fromX, s.b0 + fromY + 1, x - fromX})
		} else {
			fromX = int(reach[at])
			fromY = fromX - k + 1
			found = append(found, match{s.a0 + fromX + 1, s.b0 + fromY, x - fromX - 1})
		}
		x, y = fromX, fromY
	}
	found = append(found, match{s.a0, s.b0, x})
	for _, m := range slices.Backward(found) {
		d.match(m)
	}
}
