package rules

import (
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// BenchmarkTimes says how long the built-in rules take on the case that
// EXHIBIT_BENCH_CASE names: go test -v -run NONE -bench Times -benchtime 1x.
func BenchmarkTimes(b *testing.B) {
	c := casetest.Timed(b, 2)
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
