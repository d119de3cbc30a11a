package detectors

import (
	"os"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// TestTimes says how long each detector takes on the case that
// EXHIBIT_BENCH_CASE names.
func TestTimes(t *testing.T) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		t.Skip("SKIPPED: EXHIBIT_BENCH_CASE names no case to take times on")
	}
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	r, err := Run(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Detectors {
		t.Logf("%-30s %d findings, %d tests %s", d.About.ID, d.Findings, d.Tests, d.NotApplicable)
	}
	t.Logf("%d findings in %.3f s", len(r.Findings), time.Since(start).Seconds())
}
