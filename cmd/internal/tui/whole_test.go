package tui

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/teatest/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// whole is the explorer in Bubble Tea's own loop, on the case of the demo.
type whole struct {
	t   *testing.T
	tm  *teatest.TestModel
	dir string
	key *ledger.Key
}

func newWhole(t *testing.T, o Options) *whole {
	dir, key := tuitest.Demo(t)
	o.Source, o.Zone, o.Now, o.Filters = tuitest.Source(t, dir, key), time.UTC, casetest.Clock, filepath.Join(t.TempDir(), "filters.json")
	w := &whole{t: t, tm: teatest.NewTestModel(t, newModel(t.Context(), &o), teatest.WithInitialTermSize(100, 30)), dir: dir, key: key}
	t.Cleanup(func() {
		w.tm.Send(tea.QuitMsg{})
		w.tm.WaitFinished(t, teatest.WithFinalTimeout(time.Minute))
	})
	return w
}

// sees waits until the terminal was sent a text.
func (w *whole) sees(text string) {
	w.t.Helper()
	teatest.WaitFor(w.t, w.tm.Output(), func(out []byte) bool { return bytes.Contains(out, []byte(text)) },
		teatest.WithDuration(20*time.Second), teatest.WithCheckInterval(10*time.Millisecond))
}

func (w *whole) press(names ...string) {
	w.t.Helper()
	for _, name := range names {
		k, ok := keys.Parse(name)
		if !ok {
			w.t.Fatalf("no key %q", name)
		}
		w.tm.Send(k)
	}
}

// TestWholeTour goes through all views and quits.
func TestWholeTour(t *testing.T) {
	w := newWhole(t, Options{})
	w.sees("1 bar = ")
	w.press("4")
	w.sees("What was seen")
	w.press("6")
	w.sees("select")
	w.press("esc", "1")
	w.sees("1 bar = ")
	w.press("7")
	w.sees("SHA-256")
	w.press("3")
	w.sees("This event holds nothing that was said")
	w.press("2")
	w.sees("what was asked for")
	w.press("q")
	w.tm.WaitFinished(t, teatest.WithFinalTimeout(20*time.Second))
}

// TestWholeReload shows what another process writes while the explorer is open.
func TestWholeReload(t *testing.T) {
	w := newWhole(t, Options{})
	w.press("4")
	w.sees("What was seen")
	head, err := casefile.Judge(&casefile.JudgeOptions{
		Dir: w.dir, Finding: "f-0123456789abcdef", Action: ledger.ActionNote, Text: "by another process", Key: w.key, Actor: "bo", Tool: "exhibit test", Now: casetest.Clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.sees("the case has changed: head " + head.String()[:8])
}

// TestWholePlain is read by a screen reader: no looks, no frames.
func TestWholePlain(t *testing.T) {
	w := newWhole(t, Options{Plain: true})
	var seen bytes.Buffer
	teatest.WaitFor(t, w.tm.Output(), func(out []byte) bool {
		seen.Reset()
		seen.Write(out)
		return bytes.Contains(out, []byte("1 of 342"))
	}, teatest.WithDuration(20*time.Second))
	for _, frame := range []string{"│", "╭", "█", "▇", "\x1b[38;"} {
		if bytes.Contains(seen.Bytes(), []byte(frame)) {
			t.Errorf("the plain screen has %q", frame)
		}
	}
}
