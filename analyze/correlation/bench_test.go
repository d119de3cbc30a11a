package correlation

import (
	"context"
	"os"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// BenchmarkTimeline opens a case and makes a timeline, as one run of the
// command does. EXHIBIT_BENCH_CASE names the folder of the case, for instance
// of 1 million events, and EXHIBIT_BENCH_ID where to start; without the latter
// it starts from the request in the middle of the case. The bar is 300 ms.
func BenchmarkTimeline(b *testing.B) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		b.Skip("NOT MEASURED: EXHIBIT_BENCH_CASE names no case")
	}
	o := Options{Start: []string{os.Getenv("EXHIBIT_BENCH_ID")}}
	if o.Start[0] == "" {
		o.Start[0] = middleRequest(b, dir)
	}
	for b.Loop() {
		c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30, Lookup: true})
		if err != nil {
			b.Fatal(err)
		}
		r, err := Timeline(b.Context(), c, o)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(r.Entries)), "entries")
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// middleRequest returns a request id from the middle of the case.
func middleRequest(b *testing.B, dir string) (id string) {
	c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	row := c.DB().QueryRowContext(context.WithoutCancel(b.Context()),
		"select request_id from events_all where request_id is not null order by ts limit 1 offset (select count(*) // 2 from events_all where request_id is not null)")
	if err := row.Scan(&id); err != nil {
		b.Fatal(err)
	}
	if err := c.Close(); err != nil {
		b.Fatal(err)
	}
	return id
}
