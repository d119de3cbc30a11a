package rules

import (
	"os"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// BenchmarkTimes says how long the built-in rules take on the case that
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
	set, err := Builtin(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		start := time.Now()
		before, _ := casetest.Usage(b)
		report, err := set.Run(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		cpu, memory := casetest.Usage(b)
		b.Logf("%9d findings %8.3f s %8.3f s of processor %5d MiB", len(report.Findings), time.Since(start).Seconds(), (cpu - before).Seconds(), memory>>20)
	}
}
