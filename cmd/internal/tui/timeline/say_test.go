package timeline_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// TestSay notes and tags an event: entries of the ledger, which the view shows, and
// which are there when the case is opened again.
func TestSay(t *testing.T) {
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	say := func(key, text string) {
		t.Helper()
		d.Press(key)
		d.Do(tuitest.Last[part.Ask](d).Then(text))
		if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "ledger head") {
			t.Fatalf("%s %q: %v", key, text, n)
		}
	}
	say("o", "called \x1b[2Jthe owner")
	say("T", "stolen-key")
	d.Press("down", "up")
	if text := d.Text(); !strings.Contains(text, `#stolen-key note: called \x1b[2Jthe owner`) {
		t.Errorf("what was said is not shown:\n%s", text)
	}
	d.Press("T")
	if a := tuitest.Last[part.Ask](d); !strings.Contains(a.Hint, "stolen-key") {
		t.Errorf("the tag that is there is not named: %q", a.Hint)
	}
	say("T", "stolen-key") // again takes it away
	say("o", "second")
	if text := d.Text(); strings.Contains(text, "#stolen-key") || !strings.Contains(text, "2 notes, the last: second") {
		t.Errorf("after a second note and without the tag:\n%s", text)
	}
	words, err := tuitest.Source(t, dir, key).AllWords(t.Context())
	if w := words[d.Part.Target().Event]; err != nil || len(words) != 1 || len(w.Acts) != 4 {
		t.Errorf("opened again: %v, %v", words, err)
	}
	before := len(d.Requests)
	d.Press("o")
	d.Do(tuitest.Last[part.Ask](d).Then("  "))
	if len(d.Requests) != before+1 {
		t.Error("a blank is taken for a note")
	}
}

// TestSayWithoutKey loses no text that could not be entered.
func TestSayWithoutKey(t *testing.T) {
	dir, _ := tuitest.Demo(t)
	source, err := data.Open(t.Context(), data.Options{Dir: dir, Memory: 1 << 30, Unlock: func() (*ledger.Key, error) { return nil, errors.New("no key here") }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := source.Close(); err != nil {
			t.Error(err)
		}
	})
	env := tuitest.Env(t, source, style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	d.Press("o")
	d.Do(tuitest.Last[part.Ask](d).Then("a long thought"))
	if a := tuitest.Last[part.Ask](d); a.Value != "a long thought" {
		t.Errorf("asked again with %q", a.Value)
	}
	if n := tuitest.Last[part.Notice](d); n.Level != part.Failure || !strings.Contains(n.Text, "no key here") {
		t.Errorf("%v", n)
	}
}
