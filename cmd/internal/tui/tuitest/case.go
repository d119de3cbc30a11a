// Package tuitest drives the views of the explorer in tests: on the case of the
// demo, without a terminal.
package tuitest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/testdata/demo"
)

// memory bounds what a case of a test is opened with.
const memory = 1 << 30

// demonstration is the analyzed case of the demo, which is made once for all
// tests of a package.
type demonstration struct {
	once sync.Once
	dir  string
	key  *ledger.Key
	err  error
}

var shared demonstration //nolint:gochecknoglobals // making it takes seconds

// Demo is an analyzed case of the incident of exhibit demo, which the test may
// write to, and the key that it is signed with.
func Demo(t testing.TB) (dir string, key *ledger.Key) {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.make() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	dir = filepath.Join(t.TempDir(), "demo.case")
	if err := os.CopyFS(dir, os.DirFS(shared.dir)); err != nil {
		t.Fatal(err)
	}
	return dir, shared.key
}

// Run runs the tests of a package and takes away what they shared.
func Run(m *testing.M) int {
	defer func() {
		if shared.dir != "" {
			_ = os.RemoveAll(filepath.Dir(shared.dir)) // a folder of the system's temporary ones
		}
	}()
	return m.Run()
}

// make loads and analyzes the incident.
func (d *demonstration) make() error {
	root, err := os.MkdirTemp("", "exhibit-tui-")
	if err != nil {
		return err
	}
	d.dir = filepath.Join(root, "demo.case")
	evidence := filepath.Join(root, "evidence")
	logs, _ := demo.Incident()
	if err := os.CopyFS(evidence, logs); err != nil {
		return err
	}
	if d.key, err = ledger.CreateKey(filepath.Join(root, "examiner.key"), "demo"); err != nil {
		return err
	}
	ctx, stop := testContext()
	defer stop()
	if _, err := casefile.Load(ctx, &casefile.LoadOptions{
		Dir: d.dir, Paths: []string{evidence}, Key: d.key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock, Label: "demo",
		Threads: 2, Memory: memory, Progress: new(casefile.Progress),
	}); err != nil {
		return err
	}
	c, err := casefile.Open(ctx, d.dir, casefile.OpenOptions{Threads: 2, Memory: memory})
	if err != nil {
		return err
	}
	report, err := assessment.Run(ctx, c, assessment.Options{})
	if err == nil {
		_, err = casefile.RecordAnalysis(ctx, &casefile.AnalysisOptions{
			Of: c, Findings: report.Findings, Detectors: report.Counts(), Key: d.key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
			Threads: 2, Memory: memory,
		})
	}
	if closed := c.Close(); err == nil {
		err = closed
	}
	return err
}

// Source opens a case as the explorer does.
func Source(t testing.TB, dir string, key *ledger.Key) *data.Case {
	t.Helper()
	source, err := data.Open(t.Context(), data.Options{
		Dir: dir, Threads: 2, Memory: memory, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Unlock: func() (*ledger.Key, error) { return key, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	return source
}

// patience is how long an answer may take before a test gives up.
const patience = time.Minute
