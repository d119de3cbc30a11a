package reconcile_test

import (
	"flag"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/reconcile"
)

var benchCase = flag.String("bench-case", "", "case that BenchmarkRun reconciles")

// BenchmarkRun times each check, with what all share, on the case that
// -bench-case names. One of 250,000 calls and a million events is made by
//
//	exhibit drill generate --seed 1 --days 30 --calls 250000 --words 20,60 --sources cloudtrail,bedrock,litellm,otlp -o logs
//	exhibit load logs --case four.case
//	go test ./analyze/reconcile -run - -bench Run -bench-case "$PWD/four.case"
//
// The whole process with all checks, exhibit reconcile --case four.case, took
// 3.2 s of user and 0.3 s of system time on two cores, at most 580 MiB.
func BenchmarkRun(b *testing.B) {
	if *benchCase == "" {
		b.Skip("no case to reconcile: give -bench-case DIR")
	}
	c, err := casefile.Open(b.Context(), *benchCase, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	for _, name := range reconcile.Checks() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := reconcile.Run(b.Context(), c, reconcile.Options{Only: []string{name}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
