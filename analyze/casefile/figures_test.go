package casefile_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the competitor

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// The benchmarks whose figures the README states. Each makes its logs with the
// generator, once, in $EXHIBIT_BENCH_DIR (else a temporary folder), and runs on
// two threads with a budget of 1 GiB:
//
//	EXHIBIT_BENCH_DIR=/tmp/bench go test -run NONE -bench Figure -benchtime 1x -timeout 1h ./analyze/casefile
//
// FigureLoad and FigureLoadTree run exhibit and DuckDB's own read_json in turn,
// five times, and report the median of each and the ratio of the medians.
// DuckDB keeps no raw records and no hashes.

// figureRounds is how often the two sides of a comparison run.
const figureRounds = 5

// figureLogs returns a folder of generated logs.
func figureLogs(b *testing.B, name string, c drill.Config) string {
	b.Helper()
	root := os.Getenv("EXHIBIT_BENCH_DIR")
	if root == "" {
		root = b.TempDir()
	}
	c.Dir = filepath.Join(root, name)
	if entries, err := os.ReadDir(c.Dir); err == nil && len(entries) > 0 {
		return c.Dir
	}
	if _, err := drill.Generate(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	return c.Dir
}

func figureKey(b *testing.B) *ledger.Key {
	b.Helper()
	key, err := ledger.CreateKey(filepath.Join(b.TempDir(), "key"), "examiner")
	if err != nil {
		b.Fatal(err)
	}
	return key
}

func figureLoad(b *testing.B, key *ledger.Key, dir string, paths ...string) *casefile.LoadReport {
	b.Helper()
	report, err := casefile.Load(b.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: paths, Key: key, Actor: "examiner", Tool: "exhibit benchmark",
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress), Now: time.Now,
	})
	if err != nil {
		b.Fatal(err)
	}
	return report
}

// askOnce opens the case and asks it something.
func askOnce(b *testing.B, dir string) {
	b.Helper()
	c, err := casefile.Open(b.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	var n int64
	if err := c.DB().QueryRowContext(b.Context(), "select count(distinct principal) from events").Scan(&n); err != nil {
		b.Fatal(err)
	}
}

// readJSON is what exhibit is compared with: a table of the same files.
func readJSON(b *testing.B, path, source string) {
	b.Helper()
	db, err := sql.Open("duckdb", path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{"set threads = 2", "create table logs as select * from " + source, "select count(*) from logs", "checkpoint"} {
		if _, err := db.ExecContext(context.Background(), q); err != nil {
			b.Fatalf("%s: %v", q, err)
		}
	}
}

// compareLoads runs both sides in turn and reports medians and their ratio.
func compareLoads(b *testing.B, ours, theirs func(dir string)) {
	b.Helper()
	for range b.N {
		var a, d []float64
		for range figureRounds {
			dir, err := os.MkdirTemp(b.TempDir(), "round-*")
			if err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			ours(dir)
			a = append(a, time.Since(start).Seconds())
			start = time.Now()
			theirs(dir)
			d = append(d, time.Since(start).Seconds())
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(medianOf(a), "exhibit-s")
		b.ReportMetric(medianOf(d), "duckdb-s")
		b.ReportMetric(medianOf(a)/medianOf(d), "ratio")
	}
}

func medianOf(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

// BenchmarkFigureLoad loads 520 MB of Bedrock JSON lines, 200,000 records, with
// everything built and queried once. Bar: ratio at most 1.0.
func BenchmarkFigureLoad(b *testing.B) {
	logs := filepath.Join(figureLogs(b, "bedrock500", drill.Config{
		Seed: 1, Days: 7, Calls: 200_000, Sources: []string{"bedrock"}, Words: [2]int{30, 300}, MaxTurns: 1,
	}), "bedrock.jsonl")
	info, err := os.Stat(logs)
	if err != nil {
		b.Fatal(err)
	}
	key := figureKey(b)
	compareLoads(b,
		func(dir string) {
			c := filepath.Join(dir, "bench.case")
			figureLoad(b, key, c, logs)
			askOnce(b, c)
			b.ReportMetric(float64(folderSize(b, c))/float64(info.Size()), "case/input")
		},
		func(dir string) {
			readJSON(b, filepath.Join(dir, "duck.db"), fmt.Sprintf("read_json('%s')", logs))
		})
}

// BenchmarkFigureLoadTree loads 20,000 gzip CloudTrail files of 50 events.
// DuckDB needs maximum_depth to read them at all: the members of the records
// differ from file to file. Bar: ratio at most 1.5.
func BenchmarkFigureLoadTree(b *testing.B) {
	logs := figureLogs(b, "cloudtrail20k", drill.Config{
		Seed: 1, Days: 7, Calls: 905_000, Sources: []string{"cloudtrail"}, Layout: drill.LayoutS3, Gzip: true, FileRecords: 50,
	})
	key := figureKey(b)
	compareLoads(b,
		func(dir string) {
			c := filepath.Join(dir, "bench.case")
			figureLoad(b, key, c, logs)
			askOnce(b, c)
		},
		func(dir string) {
			readJSON(b, filepath.Join(dir, "duck.db"), fmt.Sprintf("read_json('%s/**/*.json.gz', maximum_depth = 2)", logs))
		})
}

func folderSize(b *testing.B, dir string) int64 {
	b.Helper()
	size := int64(0)
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return size
}

// BenchmarkFigureExtend adds 1 MB to a case of $EXHIBIT_BENCH_EVENTS events,
// one million without it. Bar: 5 s at ten million.
func BenchmarkFigureExtend(b *testing.B) {
	events := int64(1_000_000)
	if s := os.Getenv("EXHIBIT_BENCH_EVENTS"); s != "" {
		if _, err := fmt.Sscan(s, &events); err != nil {
			b.Fatal(err)
		}
	}
	small := drill.Config{Seed: 1, Days: 30, Calls: events / 2, Sources: []string{"bedrock", "cloudtrail"}, Words: [2]int{3, 12}, MaxTurns: 1}
	logs := figureLogs(b, fmt.Sprintf("both%d", events), small)
	small.Seed, small.Days, small.Calls = 2, 1, 500
	more := figureLogs(b, "more", small)
	key := figureKey(b)
	for range b.N {
		c := filepath.Join(b.TempDir(), "bench.case")
		start := time.Now()
		report := figureLoad(b, key, c, logs)
		b.ReportMetric(time.Since(start).Seconds(), "first-load-s")
		loaded := int64(0)
		for _, s := range report.Sources {
			loaded += s.Events
		}
		b.ReportMetric(float64(loaded), "events")
		start = time.Now()
		figureLoad(b, key, c, more)
		b.ReportMetric(time.Since(start).Seconds(), "extend-s")
	}
}

// BenchmarkFigureVerify verifies the case of BenchmarkFigureLoad in full. Bar:
// 200 MB of evidence a second.
func BenchmarkFigureVerify(b *testing.B) {
	logs := figureLogs(b, "bedrock500", drill.Config{
		Seed: 1, Days: 7, Calls: 200_000, Sources: []string{"bedrock"}, Words: [2]int{30, 300}, MaxTurns: 1,
	})
	c := filepath.Join(b.TempDir(), "bench.case")
	report := figureLoad(b, figureKey(b), c, logs)
	b.SetBytes(report.Sources[0].Bytes)
	for b.Loop() {
		r, err := casefile.Verify(b.Context(), c, casefile.VerifyOptions{Threads: 2, Memory: 1 << 30})
		if err != nil {
			b.Fatal(err)
		}
		if len(r.Problems) > 0 {
			b.Fatalf("%d problems, the first: %v", len(r.Problems), r.Problems[0])
		}
	}
}
