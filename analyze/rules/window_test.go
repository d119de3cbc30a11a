package rules

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// found is an alert without what only the sweep knows.
type found struct {
	Group       string
	First, Last int64
	Events      string
}

// sweepAll runs the sweep over events, which are in the order of time.
func sweepAll(t *testing.T, c *correlation, events []entry, groups []string) []found {
	t.Helper()
	s := &sweep{c: c, windows: map[string]*window{}}
	for i, e := range events {
		if err := s.add([]string{groups[i]}, e); err != nil {
			t.Fatal(err)
		}
		if i%7 == 0 {
			s.clean(e.ts) // at any time it must change nothing
		}
	}
	var out []found
	for _, a := range s.finish() {
		out = append(out, found{a.group[0], a.first, a.last, strings.Join(a.events, " ")})
	}
	return out
}

// naiveAlerts looks at the window behind each time of each group from the
// beginning, with nothing kept from one to the next.
func naiveAlerts(c *correlation, events []entry, groups []string) []found {
	var out []found
	names := slices.Clone(groups)
	slices.Sort(names)
	for _, g := range slices.Compact(names) {
		var mine []entry
		for i := range events {
			if groups[i] == g {
				mine = append(mine, events[i])
			}
		}
		type span struct {
			first, last int64
			events      map[string]bool
		}
		var spans []span
		for i, e := range mine {
			if i+1 < len(mine) && mine[i+1].ts == e.ts {
				continue
			}
			var in []entry
			for _, x := range mine {
				if x.ts <= e.ts && x.ts >= e.ts-c.timespan {
					in = append(in, x)
				}
			}
			shown, ok := naiveHolds(c, in, e.ts)
			if !ok {
				continue
			}
			s := span{shown[0].ts, e.ts, map[string]bool{}}
			for _, x := range shown {
				s.events[x.event] = true
			}
			if n := len(spans); n > 0 && s.first <= spans[n-1].last {
				spans[n-1].last, spans[n-1].first = s.last, min(spans[n-1].first, s.first)
				for id := range s.events {
					spans[n-1].events[id] = true
				}
				continue
			}
			spans = append(spans, s)
		}
		for _, s := range spans {
			var ids []string
			for _, x := range mine {
				if s.events[x.event] {
					ids = append(ids, x.event)
				}
			}
			out = append(out, found{g, s.first, s.last, strings.Join(ids, " ")})
		}
	}
	slices.SortFunc(out, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.First, b.First), cmp.Compare(a.Group, b.Group))
	})
	return out
}

// naiveHolds decides one window, and which of its events show it.
func naiveHolds(c *correlation, in []entry, now int64) (shown []entry, ok bool) {
	within := func(v float64) bool {
		for _, l := range c.limits {
			d := v - l.value
			good := map[string]bool{"gt": d > 0, "gte": d >= 0, "lt": d < 0, "lte": d <= 0, "eq": d == 0, "neq": d != 0}[l.op]
			if !good {
				return false
			}
		}
		return true
	}
	distinct := map[string]int{}
	sum := 0.0
	var numbers []float64
	for _, e := range in {
		distinct[e.value]++
		sum += e.num
		numbers = append(numbers, e.num)
	}
	slices.Sort(numbers)
	switch c.kind {
	case eventCount:
		return in, within(float64(len(in)))
	case valueCount:
		return in, within(float64(len(distinct)))
	case valueSum:
		return in, within(sum)
	case valueAvg:
		return in, within(sum / float64(len(in)))
	case valuePercentile:
		if c.percentile != 0 {
			below := 0 // the smallest number with at least so many per cent at or below it
			for i := range numbers {
				if float64(i+1)*100 >= c.percentile*float64(len(numbers)) {
					below = i
					break
				}
			}
			return in, within(numbers[below])
		}
		rare := map[string]bool{}
		for _, e := range in {
			if e.ts == now && within(100*float64(distinct[e.value])/float64(len(in))) {
				rare[e.value] = true
			}
		}
		for _, e := range in {
			if e.ts == now && rare[e.value] {
				shown = append(shown, e)
			}
		}
		return shown, len(rare) > 0
	case temporal:
		last := map[int]int64{}
		at := map[int]int{}
		for i, e := range in {
			last[e.rule], at[e.rule] = e.ts, i
		}
		from := len(in)
		for _, i := range at {
			from = min(from, i)
		}
		if len(c.limits) > 0 {
			return in[from:], within(float64(len(last)))
		}
		return in[from:], len(last) == len(c.rules)
	}
	// Every begin is tried, the last first.
	for i := len(in) - 1; i >= 0; i-- {
		if in[i].rule == 0 && firstOf(in, i) && naiveChain(c, in, in[i].ts, 1, now) {
			return in[i:], true
		}
	}
	return nil, false
}

// firstOf reports whether no earlier entry has the same time and rule.
func firstOf(in []entry, i int) bool {
	return !slices.ContainsFunc(in[:i], func(e entry) bool { return e.ts == in[i].ts && e.rule == in[i].rule })
}

// naiveChain tries all ways to go on with a chain at a time.
func naiveChain(c *correlation, in []entry, at int64, next int, now int64) bool {
	if next == len(c.rules) {
		return at == now
	}
	for _, e := range in {
		if e.rule == next && e.ts >= at && naiveChain(c, in, e.ts, next+1, now) {
			return true
		}
	}
	return false
}

func TestSweep(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	conditions := map[string][][]limit{
		eventCount:      {{{"gte", 3}}, {{"gt", 2}, {"lt", 5}}, {{"eq", 2}}, {{"gte", 1}, {"neq", 3}}},
		valueCount:      {{{"gte", 2}}, {{"eq", 3}}, {{"gt", 1}, {"lte", 2}}},
		valueSum:        {{{"gt", 10}}, {{"gte", 7}, {"lte", 9}}},
		valueAvg:        {{{"lt", 3}}, {{"gte", 4}}},
		valuePercentile: {{{"lte", 34}}, {{"gte", 60}}, {{"gt", 3}}},
		temporal:        {nil, {{"gte", 2}}},
		temporalOrdered: {nil},
	}
	alerts := 0
	for trial := range 4000 {
		kinds := correlationTypes()
		c := &correlation{kind: kinds[trial%len(kinds)], timespan: int64(1 + r.IntN(6)), rules: make([]*Rule, 2+r.IntN(2))}
		c.limits = conditions[c.kind][r.IntN(len(conditions[c.kind]))]
		if c.kind == valuePercentile && r.IntN(2) == 0 {
			c.percentile = []float64{50, 90, 100, 33}[r.IntN(4)]
		}
		var events []entry
		var groups []string
		ts := int64(0)
		for i := range 3 + r.IntN(40) {
			ts += int64(r.IntN(4)) // many at once, many just at the edge
			v := r.IntN(6)
			events = append(events, entry{ts: ts, rule: r.IntN(len(c.rules)), event: fmt.Sprintf("e%d", i), value: fmt.Sprint(v), num: float64(v)})
			groups = append(groups, string(rune('a'+r.IntN(2))))
		}
		want, got := naiveAlerts(c, events, groups), sweepAll(t, c, events, groups)
		alerts += len(want)
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("%s %v percentile %g timespan %d\n%+v\n%v\n(-want +got)\n%s", c.kind, c.limits, c.percentile, c.timespan, events, groups, diff)
		}
	}
	if alerts < 4000 {
		t.Errorf("only %d alerts in all trials", alerts)
	}
}

// TestSlidingSum shows that what has left the window leaves no trace, which a sum
// from which it is subtracted does.
func TestSlidingSum(t *testing.T) {
	var s slidingSum
	for _, v := range []float64{1e300, 0.1, 0.2} {
		s.push(v)
	}
	s.pop()
	if got, want := s.total(), 0.1+0.2; math.Abs(got-want) > 1e-15 {
		t.Errorf("the sum is %g, want %g", got, want)
	}
}
