package rules

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// TestPack tries every case of the built-in rules.
func TestPack(t *testing.T) {
	set, err := Builtin(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range set.Problems {
		t.Error(p)
	}
	results, err := set.Test(t.Context(), TestOptions{Temp: t.TempDir(), Tool: "exhibit test", Now: casetest.Clock, Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %s: %v", r.File, r.Name, r.Err)
		}
	}
	if len(results) < 7 {
		t.Errorf("only %d cases were tried", len(results))
	}
}
