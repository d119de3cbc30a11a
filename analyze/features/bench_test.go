package features

import (
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// BenchmarkTimes says how long each table takes on the case that
// EXHIBIT_BENCH_CASE names: go test -v -run NONE -bench Times -benchtime 1x.
func BenchmarkTimes(b *testing.B) {
	c := casetest.Timed(b, 2)
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
