package reconcile

import (
	"cmp"
	"slices"
)

// accusation says that the clock of a source is off.
type accusation struct {
	subject, reference int // bits
	// known is false where as many sources, or more, have another clock than
	// the reference: then one of the two is wrong, and it cannot be said which.
	known bool
	with  []int // sources whose clocks agree with the reference's, itself among them
	// by compares the subject with a source that can be compared with it, and
	// through says how far that source itself is from the reference. It is
	// the reference itself where that shares calls with the subject.
	by      *comparison
	through level
}

// blame says whose clocks are off: sources that agree are taken for one clock,
// the clock that most sources have is the reference, and all others are off.
// No smaller set of sources explains all pairs that differ. Where two clocks
// have equally many sources, that of the provider's log of accesses is
// preferred, then that which more calls were compared with. Only sources that
// share calls, in one or several steps, are compared with each other.
func blame(sources []source, list []*comparison) []accusation {
	var out []accusation
	for _, together := range groups(len(sources), list, func(c *comparison) bool { return c.verdict == agreeing || c.verdict == differing }) {
		inside := slices.DeleteFunc(slices.Clone(list), func(c *comparison) bool { return !slices.Contains(together, c.reference) })
		var clocks [][]int
		for _, g := range groups(len(sources), inside, func(c *comparison) bool { return c.verdict == agreeing }) {
			if slices.Contains(together, g[0]) {
				clocks = append(clocks, g)
			}
		}
		if len(clocks) < 2 {
			continue
		}
		slices.SortStableFunc(clocks, func(a, b []int) int {
			return cmp.Or(
				cmp.Compare(len(b), len(a)), cmp.Compare(logsOfAccess(sources, b), logsOfAccess(sources, a)),
				cmp.Compare(comparedCalls(inside, b), comparedCalls(inside, a)),
			)
		})
		known := len(clocks[0]) > len(clocks[1])
		out = append(out, accuse(sources, inside, clocks, known)...)
	}
	return out
}

// groups returns the sources that the comparisons that count connect, each
// group in order and in order of the first of each.
func groups(n int, list []*comparison, counts func(*comparison) bool) [][]int {
	group := make([]int, n)
	for i := range group {
		group[i] = i
	}
	for _, c := range list {
		if !counts(c) {
			continue
		}
		from, to := max(group[c.reference], group[c.subject]), min(group[c.reference], group[c.subject])
		for i := range group {
			if group[i] == from {
				group[i] = to
			}
		}
	}
	var out [][]int
	for first := range n {
		var members []int
		for i, g := range group {
			if g == first {
				members = append(members, i)
			}
		}
		if members != nil {
			out = append(out, members)
		}
	}
	return out
}

func logsOfAccess(sources []source, bits []int) int {
	n := 0
	for _, b := range bits {
		if sources[b].plane == "access" {
			n++
		}
	}
	return n
}

func comparedCalls(list []*comparison, bits []int) int64 {
	var n int64
	for _, c := range list {
		if slices.Contains(bits, c.reference) || slices.Contains(bits, c.subject) {
			n += c.calls
		}
	}
	return n
}

// accuse finds for each source of the other clocks how far it is from the
// first: from the member of it with which it shares most calls or, where it
// shares none, over sources that do.
func accuse(sources []source, list []*comparison, clocks [][]int, known bool) []accusation {
	reach := map[int]accusation{}
	for _, b := range clocks[0] {
		reach[b] = accusation{reference: b}
	}
	var out []accusation
	for range sources { // each round reaches one source at least, or the last
		var next *comparison
		for _, c := range list {
			_, from := reach[c.reference]
			_, to := reach[c.subject]
			if from == to || c.verdict != agreeing && c.verdict != differing {
				continue
			}
			if to {
				c = c.reversed()
			}
			if next == nil || nearer(reach, c, next) {
				next = c
			}
		}
		if next == nil {
			break
		}
		before := reach[next.reference]
		a := accusation{subject: next.subject, reference: before.reference, known: known, with: clocks[0], by: next}
		if before.by != nil {
			at := before.by.worst().level
			a.through = level{center: before.through.center + at.center, err: before.through.err + at.err}
		}
		reach[next.subject] = a
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b accusation) int { return cmp.Compare(a.subject, b.subject) })
	return out
}

// nearer says whether a reaches its subject better than b: from the reference's
// clock rather than over others, then by more calls, then with a smaller error.
func nearer(reach map[int]accusation, a, b *comparison) bool {
	direct := func(c *comparison) int {
		if reach[c.reference].by == nil {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(direct(a), direct(b)), cmp.Compare(b.calls, a.calls), cmp.Compare(a.level.err, b.level.err),
		cmp.Compare(a.subject, b.subject), cmp.Compare(a.reference, b.reference),
	) < 0
}

// reversed exchanges reference and subject.
func (c *comparison) reversed() *comparison {
	out := *c
	out.reference, out.subject = c.subject, c.reference
	out.level.center, out.drift = -c.level.center, -c.drift
	out.stretches = slices.Clone(c.stretches)
	for i := range out.stretches {
		out.stretches[i].level.center *= -1
	}
	return &out
}
