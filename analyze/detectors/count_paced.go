package detectors

import (
	"cmp"
	"math"
	"slices"
)

// spanned is a count that may be of several spans, with what is expected of them.
type spanned struct {
	used        // of the last of them
	n           int64
	spans       int
	fromUS      int64
	p, expected float64
	group       string
}

// worst returns the least likely of a count alone and with those right before it. Of
// two looks at the same count the milder is as if there were none: the smaller p is
// doubled (Bonferroni).
func (d *rareCount) worst(c tally, recent []tally, own, group *past) spanned {
	alone := spanned{used: c.used, n: c.n, spans: 1, fromUS: c.atUS}
	alone.p, alone.expected = chance(c.n, own, group)
	recent = d.near(recent, c.atUS)
	if len(recent) == 0 || c.n == 0 || own.seen-len(recent) < warmSpans {
		return alone
	}
	together, before := alone, *own
	for _, r := range recent {
		f := math.Exp2(-float64(c.atUS-r.atUS) / halfLife)
		before.sum, before.spans = max(before.sum-f*float64(r.n), 0), max(before.spans-f, 0)
		together.n += r.n
	}
	together.spans, together.fromUS = 1+len(recent), recent[0].atUS
	rate := (max(group.capped-own.capped, 0) + 0.5) / (max(group.spans-own.spans, 0) + 1)
	together.p, together.expected = chanceAt(together.n, together.spans, rate, &before)
	worst := alone
	if together.p < alone.p {
		worst = together
	}
	worst.p = min(1, 2*worst.p)
	return worst
}

// near returns those of a list that are tested together with a time.
func (d *rareCount) near(list []tally, at int64) []tally {
	return slices.DeleteFunc(slices.Clone(list), func(t tally) bool { return t.atUS <= at-d.paced*d.span })
}

// apart leaves out counts of several spans that overlap a less likely count of the
// same actor: they are of the same doing.
func apart(list []spanned) []spanned {
	order := slices.Clone(list)
	slices.SortStableFunc(order, func(a, b spanned) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.atUS, b.atUS), cmp.Compare(a.actor, b.actor))
	})
	kept := map[string][]spanned{}
	for _, x := range order {
		overlaps := func(y spanned) bool { return x.fromUS <= y.atUS && y.fromUS <= x.atUS }
		if x.spans == 1 || !slices.ContainsFunc(kept[x.actor], overlaps) {
			kept[x.actor] = append(kept[x.actor], x)
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(x spanned) bool {
		return !slices.ContainsFunc(kept[x.actor], func(y spanned) bool { return y.atUS == x.atUS })
	})
}
