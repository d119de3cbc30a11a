package features

import (
	"os"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
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
		before, _ := casetest.Usage(b)
		if err := s.Need(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		var n int64
		if err := c.DB().QueryRow("select count(*) from " + name).Scan(&n); err != nil {
			b.Fatal(err)
		}
		cpu, memory := casetest.Usage(b)
		b.Logf("%-18s %9d rows %8.3f s %8.3f s of processor %5d MiB", name, n, time.Since(start).Seconds(), (cpu - before).Seconds(), memory>>20)
	}
}
