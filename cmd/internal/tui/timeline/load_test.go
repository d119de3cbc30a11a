package timeline_test

import (
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// loadMore loads a folder into a case.
func loadMore(t *testing.T, dir string, key *ledger.Key, path string) {
	t.Helper()
	_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: []string{path}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
}
