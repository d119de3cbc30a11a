package findings_test

import (
	"os"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/findings"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// drive shows the findings of the demo.
func drive(t *testing.T, theme string, plain bool, width, height int) *tuitest.Driver {
	t.Helper()
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), theme, plain)
	return tuitest.Drive(t, env, findings.New(env), width, height, part.Target{})
}

// shows fails where the picture lacks a text.
func shows(t *testing.T, d *tuitest.Driver, texts ...string) {
	t.Helper()
	picture := d.Text()
	for _, text := range texts {
		if !strings.Contains(picture, text) {
			t.Errorf("no %q in\n%s", text, picture)
		}
	}
}

// TestSay judges, notes and tags, and sees it in the list and the detail.
func TestSay(t *testing.T) {
	d := drive(t, style.Dark, false, 120, 60)
	d.Press("s")
	choice := tuitest.Last[part.Choose](d)
	d.Do(choice.Then(3)) // closed
	d.Do(tuitest.Last[part.Choose](d).Then(2))
	d.Do(tuitest.Last[part.Ask](d).Then("a drill"))
	if n := tuitest.Last[part.Notice](d); n.Level != part.Info || !strings.Contains(n.Text, "closed (benign); ledger head ") {
		t.Errorf("notice %+v", n)
	}
	shows(t, d, "not shown: 1 closed (a shows them)")
	d.Press("a", "g")
	shows(t, d, "with 1 closed", "ana  closed (benign): a drill")
}
