package detectors

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
)

// BenchmarkTexts says how long the pass over the texts of the case takes that
// EXHIBIT_BENCH_CASE names, and what it leaves, in EXHIBIT_BENCH_THREADS threads:
// go test -v -run NONE -bench Texts -benchtime 1x.
func BenchmarkTexts(b *testing.B) {
	dir := os.Getenv("EXHIBIT_BENCH_CASE")
	if dir == "" {
		b.Skip("SKIPPED: EXHIBIT_BENCH_CASE names no case to take times on")
	}
	threads, _ := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_THREADS")) // 0 is one thread
	c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	r := &run{c: c, features: features.NewSet(c), options: Options{Threads: threads, Q: DefaultQ}}
	for _, name := range []string{"call", "act", "said", "sign"} {
		start := time.Now()
		if err := r.need(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		b.Logf("%-32s %6.3f s", name, time.Since(start).Seconds())
	}
	for _, table := range []string{"said", "sign", "sketch", "stated", "answer_form", "echo", "document_prompt", "leaked_text", "said_sign", "read_again"} {
		var n int64
		if err := c.DB().QueryRowContext(b.Context(), "select count(*) from "+casefile.QuoteIdent(table)).Scan(&n); err != nil {
			b.Fatal(err)
		}
		b.Logf("%-32s %9d rows", table, n)
	}
}
