package correlation_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	links "github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

func drive(t *testing.T, source data.Source, event int64, width, height int, theme string, plain bool) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, source, theme, plain)
	return tuitest.Drive(t, env, correlation.New(env), width, height, part.Target{Event: event})
}

func TestGolden(t *testing.T) {
	source, event := tuitest.Purchase(t)
	for _, l := range tuitest.Looks() {
		t.Run(l.String(), func(t *testing.T) {
			d := drive(t, source, event, l.Width, l.Height, l.Theme, l.Plain)
			d.Golden(t)
		})
	}
}

func TestKeys(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	start := d.Part.Target()
	if start.Event != event {
		t.Fatalf("the cursor is on event %d, want %d", start.Event, event)
	}
	d.Press("O")
	other := d.Part.Target()
	if position := d.Part.State().Position; other == start || !strings.HasPrefix(position, "call 2: 1 of 2") {
		t.Errorf("O went to %v: %q", other, position)
	}
	d.Press("O")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no other event of this call before") {
		t.Errorf("O at the first event says %q", n.Text)
	}
	d.Press("o")
	if d.Part.Target() != start {
		t.Errorf("o did not go back to the event")
	}
	d.Press("enter")
	if o := tuitest.Last[part.Open](d); o != (part.Open{Part: part.Conversation, Target: start}) {
		t.Errorf("enter opens %v", o)
	}
	d.Press("r")
	if o := tuitest.Last[part.Open](d); o != (part.Open{Part: part.Raw, Target: start}) {
		t.Errorf("r opens %v", o)
	}
	d.Press("i")
	if c := tuitest.Last[part.Copy](d); c.Text != tuitest.Purchased {
		t.Errorf("i copies %q", c.Text)
	}
	d.Press("j", "y")
	if c := tuitest.Last[part.Copy](d); c.Text != "72f3e2ce-c303-439e-b3f7-1e8043525a11" || c.What != "the request that leads here" {
		t.Errorf("y copies %v", c)
	}
	d.Press("s")
	choose := tuitest.Last[part.Choose](d)
	d.Do(choose.Then(0))
	if o := tuitest.Last[part.Open](d); o.Part != part.Subject || o.Target.Kind != "principal" || !strings.Contains(o.Target.Value, "agent-purchasing") {
		t.Errorf("s opens %v", o)
	}
	d.Press("G")
	if r := d.Part.Target(); r.Event != event {
		t.Errorf("at the end of the rows the view is about %v", r)
	}
	d.Press("y")
	if c := tuitest.Last[part.Copy](d); !strings.HasPrefix(c.Text, "ASIA") {
		t.Errorf("y copies %v from the last row", c)
	}
	d.Press("g", "c")
	if text := d.Text(); d.Part.Target() == start || !strings.Contains(text, "* what was asked for; the others were reached from here") {
		t.Errorf("c at the first event follows from elsewhere:\n%s", text)
	}
}

func TestMouse(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.None, false)
	for range 9 {
		d.Do(d.Part.Mouse(tea.MouseWheelMsg{Button: tea.MouseWheelUp}))
	}
	if d.Part.Target().Event == event || d.Part.State().Position != "event 1 of 10" {
		t.Errorf("the wheel goes to %q", d.Part.State().Position)
	}
	click := tea.MouseClickMsg{Button: tea.MouseLeft, X: 40, Y: 7}
	d.Do(d.Part.Mouse(click))
	if d.Part.State().Position != "event 2 of 10" || len(d.Requests) > 0 {
		t.Errorf("a click goes to %q and asks for %v", d.Part.State().Position, d.Requests)
	}
	d.Do(d.Part.Mouse(click))
	if o := tuitest.Last[part.Open](d); o.Part != part.Conversation || o.Target != d.Part.Target() {
		t.Errorf("a click on the chosen event opens %v", o)
	}
}

// TestKeysAreHelp presses every key that the view names, on every row.
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
	d.Press("j")
	before, want := d.Part.Target(), d.Text()
	d.Do(d.Part.Take(part.Reloaded{}))
	if d.Part.Target() != before || d.Text() != want {
		t.Errorf("after the case was opened anew:\n%s\nwant\n%s", d.Text(), want)
	}
}

func TestResize(t *testing.T) {
	source, event := tuitest.Purchase(t)
	d := drive(t, source, event, 80, 24, style.Dark, false)
	for _, size := range [][2]int{{40, 10}, {200, 60}, {41, 11}, {79, 15}, {80, 16}, {132, 43}} {
		d.Resize(size[0], size[1])
		d.Lines()
		if d.Part.Target().Event != event {
			t.Errorf("at %v the cursor is on another event", size)
		}
	}
}

// fake answers with a timeline.
type fake struct {
	data.Source
	result *links.Result
	err    error
	logged bool // as it was asked last
	limit  int
}

func (f *fake) Correlation(_ context.Context, _ int64, logged bool, limit int) (*links.Result, error) {
	f.logged, f.limit = logged, limit
	return f.result, f.err
}

// TestChoices turns what is shown on and off.
func TestChoices(t *testing.T) {
	r := hostile("x")
	later := *r.Entries[2].At + 5_000_000
	r.Entries[2].At = &later
	r.Corrections = []enrich.Correction{{Source: "one", Add: 5 * time.Second}}
	r.Clock = casefile.ClockCorrected
	r.Cut = &links.Cut{Limit: 1000, Unread: 7}
	f := &fake{result: r}
	d := drive(t, f, 1, 120, 40, style.None, false)
	text := d.Text()
	for _, want := range []string{"times corrected: one +5s", "at least 7 more belong here (m)", "(logged ", "1 more that only time, principal and model join: p shows them"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	d.Press("p")
	if text := d.Text(); !strings.Contains(text, "○") || !strings.Contains(text, "≈ close to a-1") {
		t.Errorf("p shows\n%s", text)
	}
	d.Press("p")
	if text := d.Text(); strings.Contains(text, "○") {
		t.Errorf("p, p shows\n%s", text)
	}
	if f.logged || f.limit != 1000 {
		t.Errorf("it asks for times as logged: %t, for at most %d events", f.logged, f.limit)
	}
	d.Press("t", "m")
	if !f.logged || f.limit != 4000 {
		t.Errorf("after t and m it asks for times as logged: %t, for at most %d events", f.logged, f.limit)
	}
	r.Corrections, r.Cut = nil, nil
	d.Do(d.Part.Take(part.Reloaded{}))
	d.Press("t", "m")
	if !f.logged || f.limit != 4000 {
		t.Errorf("without corrections and a limit t and m do something")
	}
}

// TestSwim draws how events of several sources were reached, and what is missing.
func TestSwim(t *testing.T) {
	at := int64(1_772_500_000_000_000)
	entry := func(id, lane, from string) links.Entry {
		at += 1_000_000
		when := at
		e := links.Entry{EventID: id, TS: &when, At: &when, Lane: lane, Parent: -1, Values: make([]any, len(links.EntryColumns()))}
		if from != "" {
			e.Link = links.Link{Kind: "request", Value: "r-" + id, From: from, Relation: links.RelationShares}
		}
		return e
	}
	r := &links.Result{
		Entries: []links.Entry{entry("a-1", "one", "b-1"), entry("b-1", "two", ""), entry("c-1", "three", "a-1"), entry("b-2", "two", "b-1")},
		Lanes:   []string{"one", "two", "three"},
		Sources: []casefile.SourceSpan{{Format: "four", Plane: "content"}},
	}
	r.Entries[0].Link.Value, r.Entries[2].Link.Value = "r-1", "r-1"
	r.Entries[3].Missing = "content"
	d := drive(t, &fake{result: r}, 1, 80, 20, style.None, false)
	d.Golden(t)
	if text := d.Text(); !strings.Contains(text, "! four has no event of it") {
		t.Errorf("what is missing is not said in\n%s", text)
	}
}

// hostile is a timeline with a text in every place that a log can fill.
func hostile(text string) *links.Result {
	at := int64(1_772_500_000_000_000)
	columns := links.EntryColumns()
	entry := func(id, lane, from string) links.Entry {
		e := links.Entry{
			EventID: id, TS: &at, At: &at, Lane: lane, Call: "c", Parent: -1,
			Link: links.Link{Kind: "request", Value: text, From: from}, Missing: "access", Values: make([]any, len(columns)),
		}
		if from != "" {
			e.Link.Relation = links.RelationShares
		}
		for i := range e.Values {
			e.Values[i] = text
		}
		return e
	}
	near := entry("a-4", "four", "a-1")
	near.Link.Relation = links.RelationNear
	return &links.Result{
		Entries:  []links.Entry{entry("a-1", "one", ""), entry("a-2", text, "a-1"), entry("a-3", "three", "a-2")},
		Probable: []links.Entry{near},
		Lanes:    []string{"one", text, "three"},
		Weak:     []links.Weak{{Events: 2, Principals: -1, Reason: links.ReasonEvents}},
		Absences: []links.Absence{{Plane: text, Why: links.WhyMissing, Events: 1}},
	}
}

func TestHostile(t *testing.T) {
	texts := append(celltest.Texts(), celltest.Text{Name: "long", Text: celltest.Long(1<<20, false)})
	for _, text := range texts {
		t.Run(text.Name, func(t *testing.T) {
			r := hostile(text.Text)
			r.Weak[0].Value = text.Text
			d := drive(t, &fake{result: r}, 1, 80, 24, style.Dark, false)
			for _, size := range [][2]int{{80, 24}, {200, 40}, {40, 10}} {
				d.Resize(size[0], size[1])
				d.Lines()
				d.Press("p", "down", "down")
				d.Lines()
			}
		})
	}
}

func TestError(t *testing.T) {
	d := drive(t, &fake{err: fmt.Errorf("asking: %w", context.DeadlineExceeded)}, 1, 80, 24, style.Dark, false)
	if text := d.Text(); !strings.Contains(text, "cannot be shown") || !strings.Contains(text, "deadline") {
		t.Errorf("an error is shown as\n%s", text)
	}
	d.Press("o", "enter", "p")
}
