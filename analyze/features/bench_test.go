package features

import (
	"os"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// BenchmarkTimes says how long each table takes on the case that
// EXHIBIT_BENCH_CASE names: go test -v -run NONE -bench Times -benchtime 1x.
func BenchmarkTimes(b *testing.B) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		b.Skip("SKIPPED: EXHIBIT_BENCH_CASE names no case to take times on")
	}
	c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	s := NewSet(c)
	for _, name := range Names() {
		start := time.Now()
		if err := s.Need(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		var n int64
		if err := c.DB().QueryRow("select count(*) from " + name).Scan(&n); err != nil {
			b.Fatal(err)
		}
		b.Logf("%-16s %9d rows %8.3f s", name, n, time.Since(start).Seconds())
	}
}
