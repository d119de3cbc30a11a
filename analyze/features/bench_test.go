package features

import (
	"os"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// TestTimes says how long each table takes on the case that EXHIBIT_BENCH_CASE
// names.
func TestTimes(t *testing.T) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		t.Skip("SKIPPED: EXHIBIT_BENCH_CASE names no case to take times on")
	}
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := NewSet(c)
	for _, name := range Names() {
		start := time.Now()
		if err := s.Need(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		var n int64
		if err := c.DB().QueryRow("select count(*) from " + name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-16s %9d rows %8.3f s", name, n, time.Since(start).Seconds())
	}
}
