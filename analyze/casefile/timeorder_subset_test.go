package casefile

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFilterEvents compares filters with queries.
func TestFilterEvents(t *testing.T) {
	withCase(t, orderCase(t, testKey(t)), func(c *Case) {
		from := time.Date(2026, 3, 4, 5, 1, 0, 0, time.UTC)
		for _, duplicates := range []bool{false, true} {
			o := mustOrder(t, c, OrderOptions{Duplicates: duplicates})
			for _, x := range []struct {
				name string
				q    EventQuery
			}{
				{"everything", EventQuery{}},
				{"match", EventQuery{Matches: []Match{{[]string{"principal"}, []string{"user-1", "user-3"}}}}},
				{"pattern", EventQuery{Matches: []Match{{[]string{"principal", "model"}, []string{"*-2", "x"}}}}},
				{"number as text", EventQuery{Matches: []Match{{[]string{"request_id"}, []string{"r-1-*"}}, {[]string{"kind"}, []string{"inference"}}}}},
				{"identifier", EventQuery{Matches: []Match{{[]string{"request_id", "native_id"}, []string{"r-1-7", "R-1-7", "r-3-30", "none", "\xff"}}}}},
				{"facets", EventQuery{Matches: []Match{{[]string{"kind", "outcome"}, []string{"unparsed", "error", ""}}}}},
				{"facet and column", EventQuery{Matches: []Match{{[]string{"plane", "principal"}, []string{"access", "user-2"}}}}},
				{"anything", EventQuery{Matches: []Match{{[]string{"plane"}, []string{"*"}}, {[]string{"model"}, []string{"*"}}}}},
				{"signs", EventQuery{Matches: []Match{{[]string{"model"}, []string{"model.1", "*[0-9]", "MODEL-*"}}}}},
				{"text", EventQuery{Matches: []Match{{[]string{"prompt", "problem"}, []string{"question 3", "t*"}}}}},
				{"computed", EventQuery{Matches: []Match{{[]string{"event_id", "model"}, []string{"*-9"}}, {[]string{"format"}, []string{"jsonl"}}}}},
				{"by hash", EventQuery{Matches: []Match{{[]string{"prompt_hash"}, []string{"*a*"}}}}},
				{"of messages", EventQuery{Matches: []Match{{[]string{"input_messages"}, []string{"*question 1*"}}}}},
				{"where", EventQuery{Where: "http_status >= 400 or principal is null"}},
				{"enriched", EventQuery{Where: "event_id like '%-7' and src_country is null"}},
				{"contains", EventQuery{Contains: "QUESTION 3"}},
				{"regex", EventQuery{Regex: "question [2-4]$"}},
				{"raw", EventQuery{Contains: "broken", Raw: true}},
				{"from", EventQuery{From: from}},
				{"to", EventQuery{To: from}},
				{"all of it", EventQuery{From: from, To: from.Add(time.Hour), Where: "principal = 'user-1'", Contains: "question"}},
				{"nothing", EventQuery{Where: "1 = 2"}},
			} {
				got, err := c.FilterEvents(t.Context(), o, x.q)
				if err != nil {
					t.Errorf("%s: %v", x.name, err)
					continue
				}
				x.q.Columns, x.q.Duplicates = []string{"eid"}, duplicates
				if d := cmp.Diff(selected(t, c, x.q), eventsOfSubset(o, got)); d != "" {
					t.Errorf("%s, duplicates %v (-want +got):\n%s", x.name, duplicates, d)
				}
			}
		}
		o := mustOrder(t, c, OrderOptions{})
		for _, q := range []EventQuery{{Where: "no_such = 1"}, {Matches: []Match{{[]string{"no_such"}, []string{"x"}}}}, {Regex: "("}, {Where: "1) or (1"}} {
			if _, err := c.FilterEvents(t.Context(), o, q); err == nil {
				t.Errorf("%+v is taken", q)
			}
		}
	})
}

// selected returns the eids that a query selects.
func selected(t *testing.T, c *Case, q EventQuery) []int64 {
	t.Helper()
	rows, err := c.SelectEvents(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []int64{}
	for rows.Next() {
		out = append(out, rows.Values()[0].(int64))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// eventsOfSubset returns the eids of a subset.
func eventsOfSubset(o *EventOrder, s *EventSubset) []int64 {
	out := []int64{}
	for i := range s.Len() {
		out = append(out, o.Event(s.At(i)))
	}
	return out
}

// TestLeadEvents checks that each call has one event, by which the view calls has
// it, and that what is no part of a call is there.
func TestLeadEvents(t *testing.T) {
	key := testKey(t)
	joined, _ := clockCase(t, key)
	for _, dir := range []string{joined, orderCase(t, key)} {
		withCase(t, dir, func(c *Case) {
			o := mustOrder(t, c, OrderOptions{Duplicates: true})
			leads, err := c.LeadEvents(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			want := numbers(t, c, "select eid from (select eid from calls union select e.eid from events e anti join call_event p on p.eid = e.eid) order by eid")
			got := eventsOfSubset(o, leads)
			slices.Sort(got)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// numbers returns the numbers that a query yields.
func numbers(t *testing.T, c *Case, query string) []int64 {
	t.Helper()
	rows, err := c.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := []int64{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// madeOrder is an order of random events.
func madeOrder(seed uint64, n, values int) *EventOrder {
	r := rand.New(rand.NewPCG(seed, 2))
	o := &EventOrder{
		segments: []orderSegment{{number: 1, rows: uint32(n)}}, place: map[int64]int{1: 0}, runs: []evidenceRun{{}},
		facets: []Facet{{Name: "kind", Values: make([]string, values)}}, values: [][]uint8{make([]uint8, n)},
	}
	for i := range n {
		o.times = append(o.times, r.Int64N(1000))
		o.ordinals = append(o.ordinals, uint32(i))
		o.values[0][i] = uint8(r.IntN(values))
	}
	slices.Sort(o.times)
	o.dated = n - r.IntN(1+n/3)
	for i := o.dated; i < n; i++ {
		o.times[i] = noTime
	}
	return o
}

// madeSubset is a random subset: sparse, dense, with long gaps.
func madeSubset(o *EventOrder, seed uint64) (*EventSubset, []int) {
	r := rand.New(rand.NewPCG(seed, 3))
	in, every := newBitmap(o.Len()), []int{1, 2, 70, 3000}[seed%4]
	members := []int{}
	for pos := range o.Len() {
		if r.IntN(every) == 0 && pos%1500 > 600 {
			in.set(pos)
			members = append(members, pos)
		}
	}
	return o.newSubset(in), members
}

// TestSubsets checks that members are found by their number, that their number is
// found by where they stand, and what subsets are made of subsets.
func TestSubsets(t *testing.T) {
	for seed := range uint64(16) {
		o := madeOrder(seed, []int{0, 1, 63, 64, 512, 513, 5000}[seed%7], 5)
		s, members := madeSubset(o, seed)
		if s.Len() != len(members) || s.Rank(o.Len()) != len(members) {
			t.Fatalf("seed %d: %d members, %d before the end; want %d", seed, s.Len(), s.Rank(o.Len()), len(members))
		}
		for i, pos := range members {
			if s.At(i) != pos || s.Rank(pos) != i || s.Rank(pos+1) != i+1 || !s.Has(pos) {
				t.Fatalf("seed %d: member %d at %d: At %d, Rank %d", seed, i, pos, s.At(i), s.Rank(pos))
			}
		}
		other, others := madeSubset(o, seed+1)
		both := slices.DeleteFunc(slices.Clone(members), func(pos int) bool { return !slices.Contains(others, pos) })
		less := slices.DeleteFunc(slices.Clone(members), func(pos int) bool { return slices.Contains(others, pos) })
		for name, x := range map[string]struct {
			got  *EventSubset
			want []int
		}{
			"both": {o.Intersect(s, nil, other, o.All()), both}, "less": {o.Except(s, other), less}, "none": {o.Except(s, o.All()), []int{}},
			"all": {o.Intersect(nil), positions(o.All())}, "all again": {o.Except(nil, o.Except(s, s)), positions(o.All())},
		} {
			if d := cmp.Diff(x.want, positions(x.got)); d != "" {
				t.Errorf("seed %d: %s (-want +got):\n%s", seed, name, d)
			}
		}
		of := []int{}
		for pos := range o.Len() {
			if v := o.Value(0, pos); v == 1 || v == 3 {
				of = append(of, pos)
			}
		}
		if d := cmp.Diff(of, positions(o.WithValues(0, 1, 3))); d != "" {
			t.Errorf("seed %d: by value (-want +got):\n%s", seed, d)
		}
		some := []int64{9 << eidShift, 1<<eidShift | 1<<20}
		for _, pos := range members {
			some = append(some, o.Event(pos))
		}
		if d := cmp.Diff(members, positions(o.Marked(some))); d != "" {
			t.Errorf("seed %d: marked (-want +got):\n%s", seed, d)
		}
	}
}

func positions(s *EventSubset) []int {
	out := []int{}
	for i := range s.Len() {
		out = append(out, s.At(i))
	}
	return out
}

// TestHistogram counts one by one what histograms count.
func TestHistogram(t *testing.T) {
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 4))
		o := madeOrder(seed, []int{0, 1, 700, 5000}[seed%4], 3)
		s, _ := madeSubset(o, seed)
		if seed%3 == 0 {
			s = nil
		}
		from, to, buckets := r.Int64N(900)-100, r.Int64N(1200), 1+r.IntN(90)
		switch seed {
		case 5:
			from, to = math.MinInt64, math.MaxInt64
		case 9:
			to = from
		}
		one, split := make([]uint32, buckets), [][]uint32{make([]uint32, buckets), make([]uint32, buckets), make([]uint32, buckets)}
		for pos := range o.Dated() {
			if ts := o.Time(pos); ts >= from && ts < to && (s == nil || s.Has(pos)) {
				b := 0
				for ts >= BucketStart(from, to, buckets, b+1) {
					b++
				}
				one[b]++
				split[o.Value(0, pos)][b]++
			}
		}
		if d := cmp.Diff([][]uint32{one}, o.Histogram(s, from, to, buckets, NoFacet)); d != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, d)
		}
		if d := cmp.Diff(split, o.Histogram(s, from, to, buckets, 0)); d != "" {
			t.Errorf("seed %d, split (-want +got):\n%s", seed, d)
		}
	}
}

// TestBucketStart checks that buckets are equal but for a microsecond, whatever
// the span of time.
func TestBucketStart(t *testing.T) {
	for _, x := range [][2]int64{{0, 10}, {0, 1}, {-5, 90}, {math.MinInt64, math.MaxInt64}, {math.MaxInt64 - 3, math.MaxInt64}} {
		for _, buckets := range []int{1, 3, 7, 1000} {
			last := x[0]
			for b := range buckets {
				next := BucketStart(x[0], x[1], buckets, b+1)
				span := (uint64(x[1]) - uint64(x[0])) / uint64(buckets)
				if got := uint64(next) - uint64(last); next < last || got < span || got-span > 1 {
					t.Errorf("%d in %d: bucket %d has %d, want %d", x, buckets, b, got, span)
				}
				last = next
			}
			if BucketStart(x[0], x[1], buckets, 0) != x[0] || last != x[1] {
				t.Errorf("%d in %d buckets: they end at %d", x, buckets, last)
			}
		}
	}
}

// TestTwoCases opens a case twice, as a program does that works in the background.
func TestTwoCases(t *testing.T) {
	dir := orderCase(t, testKey(t))
	a, b := mustOpen(t, dir), mustOpen(t, dir)
	o := mustOrder(t, a, OrderOptions{})
	wants := strings.Join(strings.Fields(listed(o)), " ")
	done := make(chan error)
	for _, c := range []*Case{a, b} {
		go func() {
			var err error
			for range 10 {
				if err == nil {
					_, err = c.FilterEvents(t.Context(), o, EventQuery{Where: "principal = 'user-1'"})
				}
				if err == nil {
					_, err = o.Rows(t.Context(), []int64{o.Event(0), o.Event(o.Len() - 1)}, []string{"ts", "prompt"}, 10)
				}
			}
			done <- err
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := strings.Join(strings.Fields(listed(mustOrder(t, b, OrderOptions{}))), " "); got != wants {
		t.Error("the second has another order")
	}
}
