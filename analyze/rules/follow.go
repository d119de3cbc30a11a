package rules

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// A rule that is only wanted behind another, as the last part of "logging off,
// then calls", can match every event of a case. Of its matches those matter that
// are near a match of the rule before it, and there are few of these. So it is
// looked for in a second pass, and only there.

// lead is a rule that must match before another does, at most span microseconds
// apart.
type lead struct {
	rule *Rule
	span int64
}

// followers finds the rules that are only wanted behind others, with these.
func (r *runner) followers() map[*Rule][]lead {
	out := map[*Rule][]lead{}
	free := map[*Rule]bool{} // wanted in another way
	for _, x := range r.set.Rules {
		if x.Kind != KindCorrelation || !r.needed[x] {
			continue
		}
		c := x.correlation
		var first []*Rule
		if c.kind == temporalOrdered {
			first = c.rules[0].base(nil)
		}
		for i, p := range c.rules {
			if i == 0 || first == nil || p.Kind != KindRule || slices.Contains(first, p) || !p.silent {
				for _, b := range p.base(nil) {
					free[b] = true
				}
				continue
			}
			for _, b := range first {
				out[p] = append(out[p], lead{b, c.timespan})
			}
		}
	}
	for x := range free {
		delete(out, x)
	}
	return out
}

// base lists the rules that a rule or a correlation is made of. Correlations are
// made of such that were settled before them, so that this ends.
func (r *Rule) base(list []*Rule) []*Rule {
	if r.Kind == KindRule {
		return append(list, r)
	}
	for _, p := range r.correlation.rules {
		list = p.base(list)
	}
	return list
}

// maxStretches bounds how many stretches of time a rule is looked for in; more
// are joined where they are nearest.
const maxStretches = 64

// stretch is a time from and to, in microseconds, both included.
type stretch struct{ from, to int64 }

// near says in SQL where a rule can be wanted, "" for nowhere.
func (r *runner) near(ctx context.Context, leads []lead) (string, error) {
	var list []stretch
	for _, l := range leads {
		err := r.query(ctx, "times", []any{sql.Named("rule", l.rule.index)}, func(rows *sql.Rows) error {
			var ts int64
			err := rows.Scan(&ts)
			list = append(list, stretch{ts - l.span, ts + l.span})
			return err
		})
		if err != nil {
			return "", err
		}
	}
	list = joinStretches(list, maxStretches)
	if len(list) == 0 {
		return "", nil
	}
	return "(" + within(list) + ")", nil
}

// within says in SQL that an event is in one of some stretches, which are in order and
// apart. They are halved until few are left: to ask for each of 64 for every event of a
// case took more than anything else that rules do.
func within(list []stretch) string {
	const few = 2
	if len(list) > few {
		at := len(list) / 2
		return fmt.Sprintf("case when epoch_us(e.ts_corrected) < %d then %s else %s end", list[at].from, within(list[:at]), within(list[at:]))
	}
	var parts []string
	for _, s := range list {
		parts = append(parts, fmt.Sprintf("epoch_us(e.ts_corrected) between %d and %d", s.from, s.to))
	}
	return strings.Join(parts, " or ")
}

// joinStretches joins what overlaps, and then what is nearest until there are no
// more than most.
func joinStretches(list []stretch, most int) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	join := func(gap int64) []stretch {
		var out []stretch
		for _, s := range list {
			if n := len(out); n > 0 && s.from-out[n-1].to <= gap {
				out[n-1].to = max(out[n-1].to, s.to)
				continue
			}
			out = append(out, s)
		}
		return out
	}
	list = join(0)
	if len(list) <= most {
		return list
	}
	var gaps []int64
	for i := range list[1:] {
		gaps = append(gaps, list[i+1].from-list[i].to)
	}
	slices.Sort(gaps)
	return join(gaps[len(list)-most-1]) // so many of the gaps are closed, and those that are as wide
}
