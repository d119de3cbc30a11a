package casefile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
)

// orderCase is a case of several loads with everything that makes ordering hard:
// duplicates, the same time in several pieces of evidence and many times in one,
// records out of order, of several events each, without a time, with one long ago
// or far ahead, and records that cannot be read.
func orderCase(t *testing.T, key *ledger.Key) string {
	t.Helper()
	dir := smallCase(t, key)
	r := rand.New(rand.NewPCG(7, 7))
	for load := range 4 {
		var lines []string
		for i := range 60 {
			at := fmt.Sprintf(`"timestamp":"2026-03-04T05:%02d:%02dZ",`, r.IntN(3), r.IntN(4))
			switch {
			case i%17 == 3:
				at = ""
			case i == 20:
				at = `"timestamp":"2099-01-01T00:00:00Z",`
			case i == 21:
				at = `"timestamp":"1969-07-20T20:17:40Z",`
			}
			lines = append(lines, fmt.Sprintf(`{%s"user":"user-%d","model":"model-%d","request_id":"r-%d-%d","prompt":"question %d","status":%d}`, at, r.IntN(5), r.IntN(3), load, i, r.IntN(9), 200+r.IntN(3)*100))
		}
		mustLoad(t, dir, key, callLog(t, fmt.Sprintf("more-%d.jsonl", load), lines...))
	}
	return dir
}

// mustOrder orders the events of a case.
func mustOrder(t testing.TB, c *Case, opts OrderOptions) *EventOrder {
	t.Helper()
	o, err := c.OrderEvents(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// orderedEvents is what a query says of all events, in the order that an order
// must have: by the named time.
func orderedEvents(t testing.TB, c *Case, view, ts string) string {
	t.Helper()
	return queryText(t, c, "select eid, epoch_us("+ts+"), coalesce(plane, ''), coalesce(kind, ''), coalesce(outcome, ''), format from "+view+" order by "+ts+" nulls last, evidence_id, record, part")
}

// listed is the same from an order.
func listed(o *EventOrder) string {
	var b strings.Builder
	for pos := range o.Len() {
		ts := "<nil>"
		if pos < o.Dated() {
			ts = fmt.Sprint(o.Time(pos))
		}
		fmt.Fprint(&b, o.Event(pos), " ", ts)
		for i, f := range o.Facets() {
			fmt.Fprint(&b, " ", f.Values[o.Value(i, pos)])
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

func TestOrderEvents(t *testing.T) {
	key := testKey(t)
	dir := orderCase(t, key)
	withCase(t, dir, func(c *Case) {
		for _, threads := range []int{1, 3} {
			for _, duplicates := range []bool{false, true} {
				view := map[bool]string{false: "events", true: "events_all"}[duplicates]
				told := int64(0)
				o := mustOrder(t, c, OrderOptions{Threads: threads, Duplicates: duplicates, Progress: func(done, total int64) {
					if done <= told || done > total {
						t.Errorf("progress: %d of %d after %d", done, total, told)
					}
					told = done
				}})
				if d := cmp.Diff(orderedEvents(t, c, view, "ts"), listed(o)); d != "" {
					t.Errorf("%s, %d threads (-want +got):\n%s", view, threads, d)
				}
				if told != int64(len(o.times)) {
					t.Errorf("progress ends at %d of %d", told, len(o.times))
				}
			}
		}
		checkSelectOrder(t, c)
		o := mustOrder(t, c, OrderOptions{})
		checkFirst(t, c, o, ClockLogged)
		if o.Dated() == o.Len() || o.Len() == len(o.times) {
			t.Errorf("%d events, %d dated, %d with duplicates: the case lacks something", o.Len(), o.Dated(), len(o.times))
		}
	})
}

// checkFirst compares the first events, some and all, with an order.
func checkFirst(t *testing.T, c *Case, o *EventOrder, clock Clock) {
	t.Helper()
	for _, n := range []int{0, 1, 20, o.Len() / 2, o.Len(), o.Len() + 10} {
		want := []int64{}
		for pos := range min(n, o.Len()) {
			want = append(want, o.Event(pos))
		}
		got, err := c.FirstEventsBy(t.Context(), n, clock)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, append([]int64{}, got...)); d != "" {
			t.Errorf("the first %d (-want +got):\n%s", n, d)
		}
	}
}

// checkSelectOrder compares the order with that of lists.
func checkSelectOrder(t *testing.T, c *Case) {
	t.Helper()
	rows, err := c.SelectEvents(t.Context(), EventQuery{Columns: []string{"eid"}})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var want, got []int64
	for rows.Next() {
		want = append(want, rows.Values()[0].(int64))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	o := mustOrder(t, c, OrderOptions{})
	for pos := range o.Len() {
		got = append(got, o.Event(pos))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the order of lists (-want +got):\n%s", d)
	}
}

// TestOrderByClock checks that events are ordered by corrected times when these
// are asked for.
func TestOrderByClock(t *testing.T) {
	key := testKey(t)
	dir, evidence := clockCase(t, key)
	correct(t, dir, key,
		enrich.Correction{Source: "bedrock", Add: -9*time.Minute - 90*time.Second},
		enrich.Correction{Source: evidence[3], Add: -time.Hour})
	withCase(t, dir, func(c *Case) {
		for _, x := range []struct {
			clock Clock
			ts    string
		}{{ClockLogged, "ts"}, {ClockCorrected, "ts_corrected"}} {
			o := mustOrder(t, c, OrderOptions{Clock: x.clock})
			want := orderedEvents(t, c, "events", x.ts)
			if d := cmp.Diff(want, listed(o)); d != "" {
				t.Errorf("%s (-want +got):\n%s", x.ts, d)
			}
			checkFirst(t, c, o, x.clock)
		}
		if orderedEvents(t, c, "events", "ts") == orderedEvents(t, c, "events", "ts_corrected") {
			t.Error("the corrections change nothing")
		}
	})
}

// TestOrderLabels checks that sources are told apart by the label of their
// evidence.
func TestOrderLabels(t *testing.T) {
	key := testKey(t)
	dir := t.TempDir() + "/x.case"
	line := `{"timestamp":"2026-03-04T05:00:00Z","model":"m","prompt":"%s"}`
	o := loadOptions(dir, key, callLog(t, "a.jsonl", fmt.Sprintf(line, "a")))
	o.Received.Label = "exhibit 4"
	if _, err := Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, dir, key, callLog(t, "b.jsonl", fmt.Sprintf(line, "b")))
	withCase(t, dir, func(c *Case) {
		o := mustOrder(t, c, OrderOptions{})
		want := Facet{"source", []string{"jsonl", "jsonl (exhibit 4)"}}
		if d := cmp.Diff(want, o.Facets()[3]); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

// TestOrderEdges orders cases of one event, and of none that are dated.
func TestOrderEdges(t *testing.T) {
	for _, c := range []struct {
		name, line string
		dated      int
	}{
		{"one event", `{"timestamp":"2026-03-04T05:00:00Z","model":"m","prompt":"a"}`, 1},
		{"without a time", `{"model":"m","prompt":"a"}`, 0},
		{"unparsed", `{broken`, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := testKey(t)
			dir := t.TempDir() + "/x.case"
			lines := []string{c.line}
			if c.name == "unparsed" {
				lines = append(lines, `{"model":"m","prompt":"a"}`)
			}
			mustLoad(t, dir, key, callLog(t, "a.jsonl", lines...))
			withCase(t, dir, func(k *Case) {
				o := mustOrder(t, k, OrderOptions{})
				if o.Len() != len(lines) || o.Dated() != c.dated {
					t.Errorf("%d events, %d dated", o.Len(), o.Dated())
				}
				if d := cmp.Diff(orderedEvents(t, k, "events", "ts"), listed(o)); d != "" {
					t.Errorf("(-want +got):\n%s", d)
				}
				for _, us := range []int64{math.MinInt64, 0, math.MaxInt64} {
					if at := o.At(us); at != 0 && at != o.Dated() {
						t.Errorf("At(%d) is %d", us, at)
					}
				}
				sub, err := k.FilterEvents(t.Context(), o, EventQuery{Where: "false"})
				if err != nil || sub.Len() != 0 || sub.Rank(o.Len()) != 0 {
					t.Errorf("no event: %v, %v", sub, err)
				}
			})
		})
	}
}

// TestOrderCancel checks that ordering stops when it is told to.
func TestOrderCancel(t *testing.T) {
	withCase(t, orderCase(t, testKey(t)), func(c *Case) {
		ctx, stop := context.WithCancel(t.Context())
		_, err := c.OrderEvents(ctx, OrderOptions{Threads: 1, Progress: func(int64, int64) { stop() }})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if _, err := c.FilterEvents(ctx, mustOrder(t, c, OrderOptions{}), EventQuery{Where: "kind = 'inference'"}); err == nil {
			t.Error("a filter ran although it was called off")
		}
	})
}

// TestOrderMerge orders random times in random segments, merged in many slices.
func TestOrderMerge(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		spread := []int64{1, 3, 1000, math.MaxInt64}[seed%4]
		b := &orderBuilder{order: &EventOrder{place: map[int64]int{}}, threads: 1 + int(seed%3), slice: 1 + r.IntN(40)}
		o := b.order
		for number := range 1 + r.IntN(6) {
			o.segments = append(o.segments, orderSegment{number: int64(number + 1), first: uint32(len(o.times)), rows: uint32(r.IntN(200))})
			o.place[int64(number+1)] = number
			for range o.segments[number].rows {
				o.times = append(o.times, r.Int64N(spread))
			}
		}
		b.readings, b.absent = make([]readSegment, len(o.segments)), newBitmap(len(o.times))
		reader := orderReader{b: b}
		var want []uint32
		for i, s := range o.segments {
			for ordinal := s.first; ordinal < s.first+s.rows; ordinal++ {
				if ordinal == s.first || r.IntN(30) == 0 {
					b.readings[i].runs = append(b.readings[i].runs, evidenceRun{first: ordinal, place: r.Uint32N(4)})
				}
				if r.IntN(9) == 0 {
					b.absent.set(int(ordinal))
				} else {
					want = append(want, ordinal)
				}
			}
			reader.sort(i)
			o.runs = append(o.runs, b.readings[i].runs...)
		}
		slices.SortFunc(want, func(x, y uint32) int {
			if o.key(x).before(o.key(y)) {
				return -1
			}
			return 1
		})
		if err := b.merge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(want, o.ordinals) {
			t.Fatalf("seed %d: %d events in another order", seed, len(want))
		}
		for pos := range o.ordinals {
			if at, ok := o.Position(o.Event(pos)); !ok || at != pos {
				t.Fatalf("seed %d: the event at %d is found at %d, %v", seed, pos, at, ok)
			}
		}
	}
}
