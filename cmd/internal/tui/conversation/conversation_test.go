package conversation_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/conversation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

func drive(t *testing.T, source data.Source, event int64, width, height int, theme string, plain bool) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, source, theme, plain)
	return tuitest.Drive(t, env, conversation.New(env), width, height, part.Target{Event: event})
}

func TestGolden(t *testing.T) {
	source, event := tuitest.Purchase(t)
	for _, l := range tuitest.Looks() {
		t.Run(l.String(), func(t *testing.T) {
			d := drive(t, source, event, l.Width, l.Height, l.Theme, l.Plain)
			d.Press("n")
			d.Golden(t)
		})
	}
}

// last is the last line of the view, which says what was found.
func last(d *tuitest.Driver) string {
	lines := strings.Split(strings.TrimRight(d.Text(), "\n"), "\n")
	return lines[len(lines)-1]
}

func TestMatches(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	if got := last(d); got != "matched: 3 injection, 1 personal" {
		t.Errorf("the line of matches is %q", got)
	}
	d.Press("n", "n")
	if got := last(d); !strings.HasPrefix(got, "match 2 of 4: injection") {
		t.Errorf("n, n goes to %q", got)
	}
	d.Press("N")
	if got := last(d); !strings.HasPrefix(got, "match 1 of 4: injection, override") {
		t.Errorf("N goes to %q", got)
	}
	d.Press("N")
	if got := last(d); !strings.HasPrefix(got, "match 4 of 4") {
		t.Errorf("N from the first match goes to %q", got)
	}
	d.Press("m")
	choose := tuitest.Last[part.Choose](d)
	d.Do(choose.Then(2))
	if got := last(d); !strings.HasPrefix(got, "match 3 of 4: personal, email") {
		t.Errorf("the third of the list is %q", got)
	}
}

func TestSearch(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	d.Press("/")
	d.Do(tuitest.Last[part.Ask](d).Then("PAYROLL"))
	if got := last(d); got != "match 1 of 2: payroll" {
		t.Errorf("the line of the search is %q", got)
	}
	d.Press("n")
	if got := last(d); got != "match 2 of 2: payroll" {
		t.Errorf("n goes to %q", got)
	}
	d.Press("/")
	d.Do(tuitest.Last[part.Ask](d).Then("no such text"))
	if n := tuitest.Last[part.Notice](d); n.Text != "not found: no such text" {
		t.Errorf("a text that is not there: %q", n.Text)
	}
	d.Press("/")
	d.Do(tuitest.Last[part.Ask](d).Then(""))
	d.Press("g")
	if got := last(d); got != "matched: 3 injection, 1 personal" {
		t.Errorf("after the search the line is %q", got)
	}
}

func TestFold(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 40, style.None, false)
	const hidden, seen = "Prices are valid until the end of March.", "You are a purchasing assistant."
	whole := d.Text()
	if strings.Contains(whole, hidden) || !strings.Contains(whole, seen) {
		t.Fatalf("at first:\n%s", whole)
	}
	d.Press("z")
	if text := d.Text(); strings.Contains(text, seen) || !strings.Contains(text, "folded, 2 lines") {
		t.Errorf("z leaves\n%s", text)
	}
	d.Press("z")
	d.Press("g", "left")
	if text := d.Text(); strings.Contains(text, seen) {
		t.Errorf("left leaves\n%s", text)
	}
	d.Press("right")
	if text := d.Text(); !strings.Contains(text, seen) {
		t.Errorf("right leaves\n%s", text)
	}
	d.Press("enter")
	if text := d.Text(); strings.Contains(text, seen) {
		t.Errorf("enter leaves\n%s", text)
	}
	d.Press("enter", "n", "right")
	if text := d.Text(); !strings.Contains(text, hidden) {
		t.Errorf("right does not open a long part:\n%s", text)
	}
}

func TestHandOver(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	d.Press("r")
	if o := tuitest.Last[part.Open](d); o != (part.Open{Part: part.Raw, Target: part.Target{Event: event}}) {
		t.Errorf("r opens %v", o)
	}
	d.Press("i")
	if c := tuitest.Last[part.Copy](d); c.Text != tuitest.Purchased {
		t.Errorf("i copies %q", c.Text)
	}
	d.Press("y")
	if c := tuitest.Last[part.Copy](d); !strings.HasPrefix(c.Text, "You are a purchasing assistant.") || c.What != "system prompt" {
		t.Errorf("y copies %v", c)
	}
	d.Press("]")
	next := tuitest.Last[part.Open](d)
	if next.Part != part.Conversation || next.Target.Event == event {
		t.Fatalf("] opens %v", next)
	}
	d.Do(d.Part.Show(next.Target))
	if text := d.Text(); !strings.Contains(text, "a07ebcdb-44") {
		t.Errorf("the next turn is\n%s", text)
	}
	d.Press("[")
	if o := tuitest.Last[part.Open](d); o.Target.Event != event {
		t.Errorf("[ opens %v", o)
	}
	d.Press("p")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "the case keeps no replay") {
		t.Errorf("p says %q", n.Text)
	}
}

func TestExport(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	d.Press("x")
	path := filepath.Join(t.TempDir(), "transcript.txt")
	ask := tuitest.Last[part.Ask](d)
	if ask.Value != "transcript-"+tuitest.Purchased+".txt" {
		t.Errorf("it offers the name %q", ask.Value)
	}
	d.Do(ask.Then(path))
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), "Prices are valid until the end of March.") || !strings.Contains(string(text), "SHA-256") {
		t.Errorf("exported: %v\n%s", err, text)
	}
	d.Do(ask.Then(path))
	if n := tuitest.Last[part.Notice](d); n.Level != part.Failure || !strings.Contains(n.Text, "there already") {
		t.Errorf("over a file that is there: %v", n)
	}
	if again, _ := os.ReadFile(path); string(again) != string(text) {
		t.Error("the file was written over")
	}
}

func TestMouse(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	d.Do(d.Part.Mouse(tea.MouseWheelMsg{Button: tea.MouseWheelDown}))
	if p := d.Part.State().Position; !strings.HasSuffix(p, "line 4 of 38") {
		t.Errorf("the wheel goes to %q", p)
	}
	click := tea.MouseClickMsg{Button: tea.MouseLeft, X: 10, Y: 4}
	d.Do(d.Part.Mouse(click))
	d.Do(d.Part.Mouse(click))
	if text := d.Text(); !strings.Contains(text, "▸ system prompt  folded, 2 lines") {
		t.Errorf("a click on the chosen title leaves\n%s", text)
	}
}

// TestKeysAreHelp presses every key that the view names.
func TestKeysAreHelp(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.Dark, false)
	for _, b := range d.Part.Keys() {
		for _, k := range b.Keys() {
			d.Press(k)
			d.Lines()
		}
	}
}

func TestReload(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	d.Press("pgdown", "j")
	want := d.Part.State().Position
	d.Do(d.Part.Take(part.Reloaded{}))
	if got := d.Part.State().Position; got != want {
		t.Errorf("after the case was opened anew the cursor is at %s, want %s", got, want)
	}
}

// fake answers with a conversation and its replays.
type fake struct {
	data.Source
	said    *data.Conversation
	replays []data.Replay
	err     error
}

func (f *fake) Info() data.Info { return data.Info{Head: "1:00"} }

func (f *fake) Conversation(context.Context, int64) (*data.Conversation, error) {
	return f.said, f.err
}

func (f *fake) NextTurn(context.Context, int64, bool) (int64, error) { return 0, data.ErrNoTurn }

func (f *fake) Replays(context.Context, int64) ([]data.Replay, error) { return f.replays, nil }

// saying is a conversation with a text in every place that a log can fill.
func saying(text string) *fake {
	d := &casefile.Detail{Columns: []string{"operation", "outcome", "model", "principal", "session_id", "finish_reason", "error_message", "tool_definitions", "content_state"}}
	d.EventID = "a-1"
	for range d.Columns {
		d.Values = append(d.Values, text)
	}
	c := &data.Conversation{Detail: d, Documents: []string{text}, Replays: 1}
	for i, typ := range []string{"text", "tool_call", "tool_call_response", "reasoning", "blob"} {
		c.Turns = append(c.Turns, casefile.Turn{Side: "input", Message: i + 1, Role: "user", Type: typ, Name: text, ID: text, Text: text})
	}
	c.Turns = append(c.Turns, casefile.Turn{Side: "output", Message: 1, Role: text, Type: text, Text: text})
	return &fake{said: c, replays: []data.Replay{{
		Cassette: text, Server: text, Model: text, Variant: text, Sample: 2, End: "cut", Problem: text, Logged: text, Reply: text + "x", Changed: []string{text},
	}}}
}

func TestHostile(t *testing.T) {
	for _, text := range celltest.Texts() {
		t.Run(text.Name, func(t *testing.T) {
			d := drive(t, saying(text.Text), 1, 80, 24, style.Dark, false)
			for _, size := range [][2]int{{80, 24}, {200, 40}, {40, 10}} {
				d.Resize(size[0], size[1])
				d.Lines()
				for _, k := range []string{"n", "G", "right", "z", "z", "pgup", "p", "down", "p"} {
					d.Press(k)
					d.Lines()
				}
			}
		})
	}
}

// TestLong opens a text of 10 MB, and a hostile one, and goes through it: no frame
// lays out more than a screen of it.
func TestLong(t *testing.T) {
	for size, oneWord := range map[int]bool{10 << 20: true, 2 << 20: false} {
		f := saying("short")
		f.said.Turns = []casefile.Turn{{Side: "input", Message: 1, Role: "user", Type: "text", Text: celltest.Long(size, oneWord) + " needle"}}
		d := drive(t, f, 1, 80, 24, style.Dark, false)
		if text := d.Text(); !strings.Contains(text, "│ … ") {
			t.Errorf("a long part begins as\n%s", text)
		}
		d.Press("/")
		d.Do(tuitest.Last[part.Ask](d).Then("needle"))
		if text := d.Text(); !strings.Contains(text, "needle") || !strings.Contains(text, "match 1 of 1") {
			t.Errorf("a place at the end of a long text is shown as\n%s", text)
		}
		slowest := time.Duration(0)
		for _, k := range []string{"pgup", "up", "g", "pgdown", "G", "pgup", "down"} {
			d.Press(k)
			began := time.Now()
			d.Part.Lines()
			slowest = max(slowest, time.Since(began))
		}
		if slowest > 100*time.Millisecond {
			t.Errorf("a frame took %s", slowest)
		}
		t.Logf("the slowest frame took %s", slowest)
		d.Press("n")
		for _, width := range []int{61} {
			d.Resize(width, 24)
			if text := d.Text(); !strings.Contains(text, "needle\n") {
				t.Errorf("%d cells wide the view is elsewhere:\n%s", width, text)
			}
		}
	}
}

func TestReplays(t *testing.T) {
	f := saying("was said")
	f.replays = []data.Replay{
		{Cassette: "0123456789abcdef", Server: "http://127.0.0.1:1", Model: "m", Variant: "logged", Sample: 1, End: "complete", Logged: "The answer is 41.", Reply: "The answer is 42.", Shows: []string{"answered"}},
		{Cassette: "0123456789abcdef", Server: "http://127.0.0.1:1", Model: "m", Variant: "without context 1", Sample: 2, End: "failed", Problem: "status 400", Logged: "The answer is 41.", Changed: []string{"refused: yes, was no"}},
	}
	d := drive(t, f, 1, 80, 24, style.Dark, false)
	d.Press("p")
	if text := d.Text(); !strings.Contains(text, "replay 1 of 2") || !strings.Contains(text, "The answer is 41.") || !strings.Contains(text, "│ The answer is 42.") {
		t.Errorf("the first replay is shown as\n%s", text)
	}
	d.Golden(t)
	d.Press("y")
	if c := tuitest.Last[part.Copy](d); c.Text != "The answer is 42." {
		t.Errorf("y copies %q", c.Text)
	}
	d.Press("p")
	if text := d.Text(); !strings.Contains(text, "refused: yes, was no") || !strings.Contains(text, "status 400") {
		t.Errorf("the second replay is shown as\n%s", text)
	}
	d.Resize(60, 20)
	d.Lines()
	d.Press("p")
	if text := d.Text(); strings.Contains(text, "replay") || !strings.Contains(text, "was said") {
		t.Errorf("behind the last replay is\n%s", text)
	}
	d.Press("P")
	if text := d.Text(); !strings.Contains(text, "replay 2 of 2") {
		t.Errorf("P shows\n%s", text)
	}
}

// TestHidden says how many characters cannot be seen, and draws them as marks.
func TestHidden(t *testing.T) {
	d := drive(t, saying("pass\u200bword \u202egnp.exe"), 1, 80, 40, style.None, false)
	if text := d.Text(); !strings.Contains(text, "18 hidden characters") || !strings.Contains(text, `pass\u{200b}word \u{202e}gnp.exe`) {
		t.Errorf("hidden characters are shown as\n%s", text)
	}
}

// TestHiddenInJSON counts what arguments of a tool hide behind escapes too.
func TestHiddenInJSON(t *testing.T) {
	f := saying("")
	f.said.Documents = nil
	f.said.Turns = []casefile.Turn{{Side: "output", Message: 1, Type: "tool_call", Name: "send", Text: `{"to":"a\u200bb","text":"line\nline \udb40\udc41"}`}}
	d := drive(t, f, 1, 80, 40, style.None, false)
	if text := d.Text(); !strings.Contains(text, "2 hidden characters") {
		t.Errorf("escapes of hidden characters are shown as\n%s", text)
	}
}

// TestMany lists the first of many places, and jumps to all of them.
func TestMany(t *testing.T) {
	d := drive(t, saying(strings.Repeat("needle ", 2000)), 1, 80, 24, style.None, false)
	d.Press("n", "m")
	if n := tuitest.Last[part.Notice](d); n.Text != "nothing was found here" {
		t.Errorf("n says %q", n.Text)
	}
	d.Press("/")
	d.Do(tuitest.Last[part.Ask](d).Then("needle"))
	if got := last(d); got != "match 1 of more than 10,000: needle" {
		t.Errorf("the line of the search is %q", got)
	}
	d.Press("N")
	if got := last(d); got != "match 10,000 of more than 10,000: needle" {
		t.Errorf("N goes to %q", got)
	}
	d.Press("m")
	if c := tuitest.Last[part.Choose](d); len(c.Options) != 1000 || c.Title != "the first 1,000 of 10,000 matches" {
		t.Errorf("m lists %d under %q", len(c.Options), c.Title)
	}
}

// TestStates says what is not there.
func TestStates(t *testing.T) {
	for state, want := range map[string]string{
		"partial": "one side only", "external": "kept elsewhere", "truncated": "cut the text", "not_logged": "not known", "encrypted": "nobody here can read it",
		"redacted": "was replaced", "": "holds nothing that was said",
	} {
		d := &casefile.Detail{EventRow: casefile.EventRow{Values: []any{state}}, Columns: []string{"content_state"}}
		v := drive(t, &fake{said: &data.Conversation{Detail: d}}, 1, 80, 24, style.None, false)
		if text := v.Text(); !strings.Contains(text, want) {
			t.Errorf("%s: %q is not in\n%s", state, want, text)
		}
	}
}

// TestLate ignores the answer about another event, and says what was stopped.
func TestLate(t *testing.T) {
	f := saying("first")
	env := tuitest.Env(t, f, style.None, false)
	v := conversation.New(env)
	v.Resize(80, 24)
	late := v.Show(part.Target{Event: 1})
	d := tuitest.Drive(t, env, v, 80, 24, part.Target{Event: 2})
	f.said = saying("second").said
	d.Do(late)
	if text := d.Text(); !strings.Contains(text, "first") {
		t.Errorf("a late answer is shown:\n%s", text)
	}
	f.err = context.Canceled
	d.Do(v.Show(part.Target{Event: 3}))
	if text := d.Text(); !strings.Contains(text, "it was stopped") {
		t.Errorf("what was stopped is shown as\n%s", text)
	}
}
