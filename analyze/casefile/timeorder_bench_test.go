package casefile_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// BenchmarkTimeOrder says how long everything takes that lists of events are made
// of, on the case that EXHIBIT_BENCH_CASE names:
//
//	go test -v -run NONE -bench TimeOrder -benchtime 1x ./analyze/casefile
//
// The bars are those of issue 7, on 10 million events and two processors. Measured
// on 10.5 million events of two sources, in milliseconds of processor time, which
// two threads share but for the pages of one row group: first page 21, order 660,
// filters by words 22 to 165, by a condition in SQL 110 to 380, calls 550, histogram
// by a facet 28, page after a jump 4 where the database takes 15, search of 10.5
// million texts 1800, of a regular expression without a text that it needs 19,000.
// The order takes 170 MiB; with GOGC=20 the process has 290 MiB after it, and 480
// once conditions in SQL have made DuckDB read the footers of all segments.
func BenchmarkTimeOrder(b *testing.B) {
	c := casetest.Timed(b, 2)
	var o *casefile.EventOrder
	measure(b, "first page, bar 200 ms", 5, func() error {
		_, err := c.FirstEvents(b.Context(), 60)
		return err
	})
	measure(b, "order, bar 2 s", 1, func() (err error) {
		o, err = c.OrderEvents(b.Context(), casefile.OrderOptions{Threads: 2})
		return err
	})
	b.Logf("%d events", o.Len())
	for _, x := range []struct {
		name string
		q    casefile.EventQuery
	}{
		{"one principal", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"principal"}, Values: []string{valueOf(b, c, "principal")}}}}},
		{"one source address", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"src_ip"}, Values: []string{valueOf(b, c, "src_ip")}}}}},
		{"one request", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"request_id"}, Values: []string{valueOf(b, c, "request_id")}}}}},
		{"one session", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"session_id"}, Values: []string{valueOf(b, c, "session_id")}}}}},
		{"pattern of models", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"model"}, Values: []string{"*claude*"}}}}},
		{"denied", casefile.EventQuery{Matches: []casefile.Match{{Columns: []string{"outcome"}, Values: []string{"denied"}}}}},
		{"where outcome", casefile.EventQuery{Where: "outcome = 'denied'"}},
		{"where tokens", casefile.EventQuery{Where: "input_tokens > 1000"}},
		{"where principal like", casefile.EventQuery{Where: "principal like '%7%'"}},
	} {
		n := 0
		measure(b, "filter, "+x.name+", bar 250 ms", 5, func() error {
			s, err := c.FilterEvents(b.Context(), o, x.q)
			if err == nil {
				n = s.Len()
			}
			return err
		})
		b.Logf("%d selected", n)
	}
	measureMemory(b, c, o)
}

// measureMemory takes the times of what needs the order alone, and of pages.
func measureMemory(b *testing.B, c *casefile.Case, o *casefile.EventOrder) {
	b.Helper()
	var leads *casefile.EventSubset
	measure(b, "calls", 3, func() (err error) {
		leads, err = c.LeadEvents(b.Context(), o)
		return err
	})
	from, to := o.Time(0), o.Time(o.Dated()-1)+1
	for name, s := range map[string]*casefile.EventSubset{"all": nil, "calls": leads} {
		for _, facet := range []int{casefile.NoFacet, 0, 2} {
			measure(b, "histogram of "+name+", bar 250 ms", 20, func() error {
				o.Histogram(s, from, to, 200, facet)
				return nil
			})
		}
	}
	measure(b, "facet, bar 250 ms", 20, func() error {
		o.Intersect(o.WithValues(2, 0, 1), leads, o.Between(from+(to-from)/3, from+(to-from)/2))
		return nil
	})
	r := rand.New(rand.NewPCG(1, 1))
	columns := []string{
		"ts", "plane", "kind", "operation", "outcome", "error_code", "http_status", "principal", "credential_id", "src_ip", "user_agent", "model", "region",
		"input_tokens", "output_tokens", "prompt",
	}
	for name, rows := range map[string]func(eids []int64) ([]casefile.EventRow, error){
		"by the order": func(eids []int64) ([]casefile.EventRow, error) { return o.Rows(b.Context(), eids, columns, 200) },
		"by the case":  func(eids []int64) ([]casefile.EventRow, error) { return c.Excerpts(b.Context(), eids, columns, 200) },
	} {
		measure(b, "page after a jump "+name+", bar 50 ms", 300, func() error {
			var eids []int64
			at := o.At(from + r.Int64N(to-from))
			for pos := at; pos < min(at+60, o.Len()); pos++ {
				eids = append(eids, o.Event(pos))
			}
			_, err := rows(eids)
			return err
		})
	}
	for _, q := range []casefile.TextQuery{
		{Contains: "password"}, {Contains: "ignore previous"}, {Contains: "the"}, {Regex: `\b[A-Z]{4}[0-9]{6}\b`}, {Regex: "tok[e]n [0-9]+"},
	} {
		q.Threads = 2
		var last casefile.SearchProgress
		measure(b, "search "+q.Contains+q.Regex+", bar 3 s a million prompts", 1, func() error {
			return c.StreamSearch(b.Context(), q, func(p casefile.SearchProgress) { last = p })
		})
		b.Logf("%d events, %d texts", last.Found, last.Texts)
	}
}

// valueOf returns a value that events have in a column.
func valueOf(b *testing.B, c *casefile.Case, column string) string {
	b.Helper()
	var v string
	row := c.DB().QueryRowContext(b.Context(), "select coalesce(min("+column+"), '') from (select "+column+" from events_all where "+column+" is not null limit 1000)")
	if err := row.Scan(&v); err != nil {
		b.Fatal(err)
	}
	return v
}

// measure runs something some times and says how long it took, how much processor
// time on average, and how much memory the process has held.
func measure(b *testing.B, name string, times int, run func() error) {
	b.Helper()
	var took []time.Duration
	before, _ := casetest.Usage(b)
	for range times {
		start := time.Now()
		if err := run(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	after, memory := casetest.Usage(b)
	b.Logf("%-50s half of them %8.1f ms, the 99th of 100 %8.1f ms, %8.1f ms of processor, %4d MiB",
		name, ms(took[len(took)/2]), ms(took[(len(took)*99-1)/100]), ms((after-before)/time.Duration(times)), memory>>20)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
