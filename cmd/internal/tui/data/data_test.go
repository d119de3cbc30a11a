package data_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

var _ data.Source = (*data.Case)(nil)

// firstEvent is the first event of the first segment of any case.
const firstEvent = 1 << 28

// TestReload follows a case that another process writes to.
func TestReload(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	before := source.Info()
	if source.Changed() {
		t.Error("the case has changed before anybody wrote to it")
	}
	if _, err := casefile.Judge(&casefile.JudgeOptions{
		Dir: dir, Finding: "f-0123456789abcdef", Action: ledger.ActionNote, Text: "by another process", Key: key, Actor: "bo", Tool: "exhibit test", Now: casetest.Clock,
	}); err != nil {
		t.Fatal(err)
	}
	if !source.Changed() {
		t.Error("a note of another process is not seen")
	}
	if err := source.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := source.Info()
	if source.Changed() || after.Head == before.Head || after.Generation != before.Generation+1 {
		t.Errorf("after the reload: %+v, before: %+v", after, before)
	}
	if _, err := source.Rows(t.Context(), []int64{firstEvent}, []string{"plane"}, 0); err != nil {
		t.Error(err)
	}
}

// TestReloadBesideQuestions reloads while others ask.
func TestReloadBesideQuestions(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	var asking sync.WaitGroup
	for range 4 {
		asking.Go(func() {
			for range 10 {
				if d, err := source.Detail(t.Context(), firstEvent); err != nil || d.EventID == "" {
					t.Errorf("%v, %v", d, err)
				}
			}
		})
	}
	for range 3 {
		if err := source.Reload(t.Context()); err != nil {
			t.Error(err)
		}
	}
	asking.Wait()
	if n := source.Info().Generation; n != 3 {
		t.Errorf("generation %d", n)
	}
}

// TestBadReload keeps what is open when the case is gone.
func TestBadReload(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if !source.Changed() {
		t.Error("that the case is gone is not seen")
	}
	if err := source.Reload(t.Context()); err == nil {
		t.Error("a case that is gone was opened")
	}
	if err := os.Rename(dir+".away", dir); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Record(t.Context(), firstEvent); err != nil {
		t.Error(err)
	}
}

func TestEnds(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := source.Detail(ctx, firstEvent); !errors.Is(err, context.Canceled) {
		t.Errorf("a question that nobody wants any more: %v", err)
	}
	if _, err := source.Resolve(t.Context(), "nothing"); !errors.Is(err, casefile.ErrNotEventID) {
		t.Errorf("%v", err)
	}
	if err := source.Close(); err != nil {
		t.Error(err)
	}
	if _, err := source.Detail(t.Context(), firstEvent); err == nil {
		t.Error("a closed case answers")
	}
}
