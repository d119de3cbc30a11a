package clouddigest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/clouddigest/digesttest"
)

// BenchmarkFigure validates EXHIBIT_BENCH_DIGESTS digests (1,000) with a log
// each. With EXHIBIT_BENCH_DIR they are written there once and kept, for runs
// of the whole program.
func BenchmarkFigure(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("EXHIBIT_BENCH_DIGESTS"))
	if err != nil {
		n = 1000
	}
	dir := b.TempDir()
	if keep := os.Getenv("EXHIBIT_BENCH_DIR"); keep != "" {
		dir = filepath.Join(keep, "digests-"+strconv.Itoa(n))
	}
	if _, err := os.Stat(filepath.Join(dir, "keys.json")); err != nil {
		trail := digesttest.NewTrail(b, "us-east-1")
		trail.Key.From, trail.Key.To = digesttest.Start(), digesttest.Start().AddDate(20, 0, 0)
		for _, d := range trail.Chain(digesttest.Start(), n, 1) {
			files := digesttest.Files{}
			files.Add(d)
			files.Write(b, dir)
		}
		digesttest.Files{"keys.json": digesttest.PublicKeys(trail.Key)}.Write(b, dir)
	}
	for b.Loop() {
		r, err := Verify(b.Context(), Options{Paths: []string{dir}, Threads: 2})
		if err != nil {
			b.Fatal(err)
		}
		if !r.OK() || r.Signature != int64(n) {
			b.Fatalf("%+v", r.Counts)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "digests/s")
}
