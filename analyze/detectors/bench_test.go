package detectors

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// BenchmarkTimes says how long each detector takes on the case that
// EXHIBIT_BENCH_CASE names, after the tables that most read, and what it finds: go
// test -v -run NONE -bench Times -benchtime 1x. EXHIBIT_BENCH_ONLY names
// detectors or families, with spaces between, and EXHIBIT_BENCH_POLICY a policy.
func BenchmarkTimes(b *testing.B) {
	c := casetest.Timed(b, 2)
	r := &run{c: c, features: features.NewSet(c), options: Options{Only: strings.Fields(os.Getenv("EXHIBIT_BENCH_ONLY")), Q: DefaultQ, Threads: 2}}
	if path := os.Getenv("EXHIBIT_BENCH_POLICY"); path != "" {
		text, err := os.ReadFile(path)
		if err == nil {
			r.options.Policy, err = policy.Parse(text)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	took := stopwatch(b)
	if err := r.need(b.Context(), "call", "act", "coverage_of_calls", "coverage_of_acts"); err != nil {
		b.Fatal(err)
	}
	b.Logf("%-32s %s", "features", took())
	list, err := detectors()
	if err != nil {
		b.Fatal(err)
	}
	var answers []answer
	var results []*result
	var times []string
	for _, d := range list {
		if !r.options.chosen(d.about().ID) {
			continue
		}
		took := stopwatch(b)
		res, err := r.ask(b.Context(), d)
		if err != nil {
			b.Fatal(err)
		}
		answers, results, times = append(answers, answer{d.about(), res}), append(results, res), append(times, took())
	}
	if err := judge(results); err != nil {
		b.Fatal(err)
	}
	for i, a := range answers {
		took := stopwatch(b)
		report, kept, err := r.settle(b.Context(), a)
		if err != nil {
			b.Fatal(err)
		}
		b.Logf("%-32s %s, and to settle %s %4d findings %8d tests %s", a.about.ID, times[i], took(), len(kept), report.Tests, report.NotApplicable)
		for i := range kept {
			b.Logf("    %s %s: %s", kept[i].Severity, kept[i].Title, kept[i].Explanation)
		}
	}
}

// stopwatch returns what says how long it is since then, by the clock and in
// processor time, and the most memory that the process held.
func stopwatch(b *testing.B) func() string {
	b.Helper()
	start := time.Now()
	before, _ := casetest.Usage(b)
	return func() string {
		cpu, memory := casetest.Usage(b)
		return fmt.Sprintf("%7.3f s %7.3f s of processor %5d MiB", time.Since(start).Seconds(), (cpu - before).Seconds(), memory>>20)
	}
}
