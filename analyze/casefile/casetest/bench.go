package casetest

import (
	"os"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Timed opens the case that EXHIBIT_BENCH_CASE names, for a benchmark that takes
// times on it with the given number of threads. Without one the benchmark is
// skipped.
func Timed(b *testing.B, threads int) *casefile.Case {
	b.Helper()
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		b.Skip("NOT MEASURED: EXHIBIT_BENCH_CASE names no case to take times on")
	}
	c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{Threads: threads, Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return c
}
