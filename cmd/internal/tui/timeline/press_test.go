package timeline_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/timeline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// madeLog has a call every minute from ten o'clock on, with four hours without one
// after the 60th, a failure each tenth, one that says a secret word, one without a
// time, and one far in the future.
func madeLog() string {
	var b strings.Builder
	start := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)
	for i := range 120 {
		at := start.Add(time.Duration(i) * time.Minute)
		if i >= 60 {
			at = at.Add(4 * time.Hour)
		}
		call := map[string]any{
			"timestamp": at.Format(time.RFC3339), "user": fmt.Sprintf("user-%d", i%3), "model": "model-a", "prompt": fmt.Sprintf("question %d", i),
			"request_id": fmt.Sprintf("r-%d", i), "status": 200,
		}
		switch i {
		case 20, 40, 70:
			call["status"] = 403
			call["error"] = "not allowed"
		case 33, 99:
			call["prompt"] = "where is the Xylophone kept"
		}
		line(&b, call)
	}
	line(&b, map[string]any{"user": "user-9", "model": "model-a", "prompt": "when", "request_id": "r-200"})
	line(&b, map[string]any{"timestamp": "2099-01-01T00:00:00Z", "user": "user-9", "model": "model-a", "prompt": "late", "request_id": "r-201"})
	return b.String()
}

func line(b *strings.Builder, call map[string]any) {
	text, _ := json.Marshal(call) // strings and numbers
	b.Write(append(text, '\n'))
}

// made drives the view on a case of a log.
func made(t *testing.T, log string) *tuitest.Driver {
	t.Helper()
	dir := casetest.Load(t, casetest.Write(t, map[string]string{"a.jsonl": log}))
	env := tuitest.Env(t, tuitest.Source(t, dir, casetest.Key(t)), style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	return d
}

func wantPosition(t *testing.T, d *tuitest.Driver, want string) {
	t.Helper()
	if got := d.Part.State().Position; got != want {
		t.Errorf("position %q, want %q in\n%s", got, want, d.Text())
	}
}

func wantText(t *testing.T, d *tuitest.Driver, wants ...string) {
	t.Helper()
	text := d.Text()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// answer answers what the view asked last.
func answer(d *tuitest.Driver, t *testing.T, line string) {
	t.Helper()
	a := tuitest.Last[part.Ask](d)
	if a.Check != nil {
		if err := a.Check(line); err != nil {
			t.Fatal(err)
		}
	}
	d.Do(a.Then(line))
}

// apply makes the condition that the view asked for last the filter.
func apply(d *tuitest.Driver) {
	f := filter.Filter{}.With(tuitest.Last[part.AddFilter](d).Condition)
	d.Do(func() tea.Msg { return part.Filtered{Filter: f} })
}

func TestMoves(t *testing.T) {
	d := made(t, madeLog())
	wantPosition(t, d, "1 of 122")
	wantText(t, d, "1 bar = ", "1 long after (Z)", "03-04 10:00:00", "user-0", "question 0")
	for _, step := range []struct{ key, position string }{
		{"down", "2 of 122"},
		{"up", "1 of 122"},
		{"e", "21 of 122"},
		{"e", "41 of 122"},
		{"E", "21 of 122"},
		{"]", "61 of 122"}, // the gap stands before the 61st
		{"down", "61 of 122"},
		{"e", "71 of 122"},
		{"]", "121 of 122"}, // before the one that is far ahead
		{"]", "122 of 122"}, // before those without a time
		{"[", "121 of 122"},
		{"[", "61 of 122"},
		{"G", "122 of 122"},
		{"g", "1 of 122"},
	} {
		d.Press(step.key)
		if got := d.Part.State().Position; got != step.position {
			t.Fatalf("after %s at %q, want %q in\n%s", step.key, got, step.position, d.Text())
		}
	}
	d.Press("]")
	wantText(t, d, "4 h 1 min without an event", "nothing from 2026-03-04 10:59:00 to 2026-03-04 15:00:00")
	d.Press("G")
	wantText(t, d, "── 1 event without a time", "without a time")
	d.Press("e")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no further failure") {
		t.Errorf("told %q", n.Text)
	}
}

func TestToTime(t *testing.T) {
	d := made(t, madeLog())
	for _, x := range []struct{ typed, position string }{
		{"10:30", "31 of 122"},
		{"2026-03-04T15:05", "66 of 122"},
		{"-10m", "61 of 122"}, // 14:55 is in the gap
		{"+30m", "91 of 122"},
		{"0%", "1 of 122"},
		{"50%", "61 of 122"},
		{"2098-01-01", "121 of 122"},
		{"2099-06-01", "121 of 122"}, // after the last
	} {
		d.Press("t")
		answer(d, t, x.typed)
		if got := d.Part.State().Position; got != x.position {
			t.Errorf("to %s: at %q, want %q", x.typed, got, x.position)
		}
	}
	d.Press("t")
	for _, wrong := range []string{"tomorrow", "+2x", "101%", "25:00"} {
		if tuitest.Last[part.Ask](d).Check(wrong) == nil {
			t.Errorf("%q is taken for a time", wrong)
		}
	}
}

func TestFilterKeys(t *testing.T) {
	d := made(t, madeLog())
	d.Press("right", "=")
	if c := tuitest.Last[part.AddFilter](d).Condition; c.Column != "outcome" || c.Not || len(c.Values) != 1 {
		t.Errorf("asked for %+v", c)
	}
	d.Press("right", "-")
	c := tuitest.Last[part.AddFilter](d).Condition
	if c.Column != "principal" || !c.Not || c.Values[0] != "user-0" {
		t.Errorf("asked for %+v", c)
	}
	apply(d)
	wantPosition(t, d, "1 of 82")
	wantText(t, d, "user-1", "all ")
	d.Do(func() tea.Msg { return part.Filtered{} })
	wantPosition(t, d, "2 of 122") // where the cursor was
	d.Press("left", "left", "down", "=")
	if c := tuitest.Last[part.AddFilter](d).Condition; c.Kind != filter.Time || c.From.Format("15:04") != "10:02" || !c.To.IsZero() {
		t.Errorf("asked for %+v", c)
	}
	d.Press("-")
	if c := tuitest.Last[part.AddFilter](d).Condition; c.Kind != filter.Time || c.To.Format("15:04") != "10:02" {
		t.Errorf("asked for %+v", c)
	}
	d.Do(func() tea.Msg {
		return part.Filtered{Filter: filter.Filter{Conditions: []filter.Condition{{Kind: filter.Where, Text: "model = 'none'"}}}}
	})
	wantText(t, d, "no event passes the filter", "takes its last condition away")
	d.Do(func() tea.Msg {
		return part.Filtered{Filter: filter.Filter{Conditions: []filter.Condition{{Kind: filter.Where, Text: "nonsense ("}}}}
	})
	wantText(t, d, "the list does not follow the filter")
	if n := tuitest.Last[part.Notice](d); n.Level != part.Failure {
		t.Errorf("told %+v", n)
	}
}

func TestBrush(t *testing.T) {
	d := made(t, madeLog())
	d.Press("down", "down", "v", "pgdown")
	wantText(t, d, "brushed 2026-03-04 10:02:00", "z zooms, b filters")
	d.Press("v", "b")
	c := tuitest.Last[part.AddFilter](d).Condition
	if c.Kind != filter.Time || c.From.Format("15:04:05") != "10:02:00" || c.To.Before(c.From) {
		t.Errorf("asked for %+v", c)
	}
	d.Press("z")
	wantText(t, d, "1 bar = 10 s")
	d.Press("G", "up", "g") // the window follows the cursor
	wantText(t, d, "1 bar = 10 s", "▲")
	d.Press("Z")
	wantText(t, d, "1 bar = 5 min")
	d.Press("Z")
	wantText(t, d, "2099", "1 bar = 365 d")
	d.Press("Z")
	wantText(t, d, "1 bar = 5 min")
	d.Press("Z", "Z")
	wantText(t, d, "1 bar = 5 min")
	d.Press("pgdown", "z") // to what is seen
	wantText(t, d, "1 bar = 10 s")
}

func TestMouse(t *testing.T) {
	d := made(t, madeLog())
	at := func(x, y int) tea.Mouse { return tea.Mouse{X: x, Y: y, Button: tea.MouseLeft} }
	d.Do(d.Part.Mouse(tea.MouseClickMsg(at(62, 2))))
	d.Do(d.Part.Mouse(tea.MouseMotionMsg(at(70, 2))))
	wantText(t, d, "brushed 2026-03-04 15:0")
	d.Do(d.Part.Mouse(tea.MouseReleaseMsg(at(70, 2))))
	if got := d.Part.State().Position; got == "1 of 122" {
		t.Errorf("the cursor stays at %s", got)
	}
	d.Press("z")
	wantText(t, d, "1 bar = 30 s")
	d.Do(d.Part.Mouse(tea.MouseWheelMsg(tea.Mouse{X: 5, Y: 2, Button: tea.MouseWheelDown})))
	wantText(t, d, "1 bar = 5 min")
	d.Do(d.Part.Mouse(tea.MouseWheelMsg(tea.Mouse{X: 5, Y: 2, Button: tea.MouseWheelUp})))
	wantText(t, d, "1 bar = 2 min")
	d.Press("Z", "g")
	head := strings.Count(strings.SplitN(d.Text(), "[time", 2)[0], "\n")
	d.Do(d.Part.Mouse(tea.MouseClickMsg(at(8, head+4))))
	wantPosition(t, d, "4 of 122")
	d.Do(d.Part.Mouse(tea.MouseClickMsg(at(8, head+4))))
	if o := tuitest.Last[part.Open](d); o.Part != part.Conversation || o.Target.Event == 0 {
		t.Errorf("opened %+v", o)
	}
	d.Do(d.Part.Mouse(tea.MouseWheelMsg(tea.Mouse{X: 5, Y: head + 3, Button: tea.MouseWheelDown})))
	wantPosition(t, d, "7 of 122")
}

func TestSearch(t *testing.T) {
	d := made(t, madeLog())
	d.Press("/")
	answer(d, t, "xylophone")
	wantPosition(t, d, "hit 1 of 2, 34 of 122")
	d.Press("n")
	wantPosition(t, d, "hit 2 of 2, 100 of 122")
	d.Press("n")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no further hit") {
		t.Errorf("told %q", n.Text)
	}
	d.Press("N")
	wantPosition(t, d, "hit 1 of 2, 34 of 122")
	d.Press("up")
	wantPosition(t, d, "2 hits, 33 of 122")
	d.Do(func() tea.Msg {
		return part.Filtered{Filter: filter.Filter{Conditions: []filter.Condition{{Kind: filter.Field, Column: "principal", Values: []string{"user-1"}}}}}
	})
	wantPosition(t, d, "12 of 40") // none of them was found
	d.Do(func() tea.Msg { return part.Filtered{} })
	d.Press("/")
	answer(d, t, "/question 1[12]$/")
	wantPosition(t, d, "hit 1 of 2, 12 of 122")
	d.Press("/")
	if tuitest.Last[part.Ask](d).Check("/(/") == nil {
		t.Error("( is taken for an expression")
	}
	answer(d, t, "nobody said this")
	if n := tuitest.Last[part.Notice](d); n.Text != "no event holds nobody said this" {
		t.Errorf("told %q", n.Text)
	}
}

// TestOtherKeys presses the keys that change how things are shown.
func TestOtherKeys(t *testing.T) {
	dir, key := tuitest.Demo(t)
	env := tuitest.Env(t, tuitest.Source(t, dir, key), style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 120, 37, part.Target{})
	wantText(t, d, "B bedrock", "─── ")
	d.Press("L")
	if strings.Contains(d.Text(), "B bedrock") {
		t.Error("there are lanes still")
	}
	d.Press("L", "p")
	wantText(t, d, "B bedrock", "access ")
	d.Press("p")
	wantText(t, d, "cloudtrail ")
	d.Press("p")
	wantText(t, d, "d: denied")
	d.Press("x")
	wantText(t, d, "one event per call")
	calls := d.Part.State().Position
	d.Press("x")
	if all := d.Part.State().Position; all == calls {
		t.Errorf("%s, with and without one event per call", all)
	}
	d.Press("d")
	d.Press("d")
	if strings.Contains(d.Text(), "─── ") {
		t.Error("there are details still")
	}
	d.Press("d", "a")
	wantText(t, d, "─── ")
	if d.Part.Target().Finding == "" {
		t.Error("the event has no finding")
	}
	before := d.Part.State().Position
	d.Press("a", "A")
	wantPosition(t, d, before)
	d.Press("m")
	wantText(t, d, "*")
	d.Press("g", "M")
	wantPosition(t, d, before)
	other := timeline.New(env)
	d2 := tuitest.Drive(t, env, other, 120, 37, part.Target{Event: d.Part.Target().Event})
	wantPosition(t, d2, before)
	wantText(t, d2, "*") // the mark is in the case
	d.Press("m")
	d.Press("g", "M")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "nothing is marked") {
		t.Errorf("told %q", n.Text)
	}
	d.Press("enter")
	if o := tuitest.Last[part.Open](d); o.Part != part.Conversation || o.Target.Event == 0 {
		t.Errorf("opened %+v", o)
	}
	d.Press("right", "y")
	if c := tuitest.Last[part.Copy](d); c.Text != "success" || c.What != "outcome" {
		t.Errorf("copied %+v", c)
	}
	d.Press("s")
	c := tuitest.Last[part.Choose](d)
	if c.Options[0].Name != "critical" {
		t.Errorf("offered %+v", c.Options)
	}
	d.Do(c.Then(1))
	apply(d)
	if d.Part.Target().Finding == "" {
		t.Error("the event under the cursor has no finding")
	}
}

func TestColumns(t *testing.T) {
	d := made(t, madeLog())
	d.Press("c")
	c := tuitest.Last[part.Choose](d)
	for i, o := range c.Options {
		if o.Name == "request_id" {
			d.Do(c.Then(i))
		}
	}
	wantText(t, d, "request_id", "r-0")
	d.Press("c")
	c = tuitest.Last[part.Choose](d)
	d.Do(c.Then(0))
	if strings.Contains(d.Text(), "10:00:00") {
		t.Error("the time is still shown")
	}
	d.Press("c")
	c = tuitest.Last[part.Choose](d)
	d.Do(c.Then(len(c.Options) - 1))
	wantText(t, d, "10:00:00")
}

// TestKeysAreTrue checks that help names exactly what works: what Press does
// something with is in Keys, and no two keys are the same.
func TestKeysAreTrue(t *testing.T) {
	d := made(t, madeLog())
	seen := map[string]bool{}
	for _, b := range d.Part.Keys() {
		for _, k := range b.Keys() {
			if seen[k] {
				t.Errorf("%s is there twice", k)
			}
			seen[k] = true
		}
	}
	for _, k := range []string{"n", "N", "M", "a", "s", "b"} {
		if seen[k] {
			t.Errorf("%s is offered where it does nothing", k)
		}
	}
	for _, b := range d.Env.Keys.Global.Bindings() {
		for _, k := range b.Keys() {
			if seen[k] && !keys.Is(tea.KeyPressMsg{}, b) {
				t.Errorf("%s works everywhere, and so never here", k)
			}
		}
	}
}

// TestHostile draws hostile text in every field that there is, at several sizes.
func TestHostile(t *testing.T) {
	var b strings.Builder
	for i, h := range celltest.Texts() {
		line(&b, map[string]any{
			"timestamp": time.Date(2026, 3, 4, 10, i, 0, 0, time.UTC).Format(time.RFC3339), "user": h.Text, "model": h.Text, "prompt": h.Text,
			"response": h.Text, "request_id": h.Text, "session_id": h.Text, "error": h.Text, "ip": h.Text, "user_agent": h.Text,
		})
	}
	line(&b, map[string]any{"timestamp": "2026-03-04T09:00:00Z", "user": "u", "model": "m", "prompt": celltest.Long(1<<20, false)})
	d := made(t, b.String())
	for _, size := range [][2]int{{100, 30}, {40, 7}, {80, 21}, {220, 60}} {
		d.Resize(size[0], size[1])
		d.Press("g")
		for range len(celltest.Texts()) {
			d.Press("down")
			for _, l := range strings.Split(tuitest.Bare(d.Lines()), "\n") {
				if err := celltest.Check(l); err != nil {
					t.Error(err)
				}
			}
		}
	}
	d.Press("/")
	answer(d, t, "admin")
	d.Press("d")
	_ = d.Lines()
}

// TestReload loads more into the case while the view is open.
func TestReload(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	env := tuitest.Env(t, source, style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	d.Press("pgdown", "pgdown")
	event, before := d.Part.Target().Event, d.Part.State().Position
	d.Do(func() tea.Msg { return part.Reloaded{} })
	wantPosition(t, d, before)
	loadMore(t, dir, key, casetest.Write(t, map[string]string{"more.jsonl": madeLog()}))
	if err := source.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Do(func() tea.Msg { return part.Reloaded{} })
	if now := d.Part.Target().Event; now != event {
		t.Errorf("the cursor went from event %d to %d", event, now)
	}
	if now := d.Part.State().Position; now == before {
		t.Errorf("still %s", now)
	}
}

// TestFilterSays compares what filters of the view select with what SQL does.
func TestFilterSays(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	env := tuitest.Env(t, source, style.None, false)
	d := tuitest.Drive(t, env, timeline.New(env), 100, 30, part.Target{})
	o, err := source.Order(t.Context(), func(int64, int64) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []filter.Condition{
		{Kind: filter.Field, Column: "outcome", Values: []string{"denied", "error"}},
		{Kind: filter.Field, Column: "outcome", Values: []string{"success"}, Not: true},
		{Kind: filter.Field, Column: "format", Values: []string{"bedrock"}},
		{Kind: filter.Field, Column: "src_ip", Not: true},
		{Kind: filter.Field, Column: "src_ip"},
		{Kind: filter.Field, Column: "src_ip", Values: []string{"203.0.113.6"}, Not: true},
		{Kind: filter.Field, Column: "input_tokens"},
		{Kind: filter.Field, Column: "output_tokens", Values: []string{"27"}},
		{Kind: filter.Field, Column: "principal", Values: []string{"config.amazonaws.com"}},
		{Kind: filter.Field, Column: "plane"},
		{Kind: filter.Field, Column: "model", Values: []string{"*"}},
		{Kind: filter.Severity, Text: "high"},
		{Kind: filter.Time, From: time.Date(2026, 3, 3, 2, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 3, 4, 0, 0, 0, time.UTC)},
		{Kind: filter.Time, To: time.Date(2026, 3, 3, 4, 0, 0, 0, time.UTC)},
		{Kind: filter.Text, Text: "calls"},
	} {
		f := filter.Filter{Conditions: []filter.Condition{c}}
		want, err := source.Filter(t.Context(), o, f.Query())
		if err != nil {
			t.Fatal(err)
		}
		d.Do(func() tea.Msg { return part.Filtered{Filter: f} })
		_, got, _ := strings.Cut(d.Part.State().Position, " of ")
		if got == "" {
			got = "0"
		}
		if got != fmt.Sprint(want.Len()) {
			t.Errorf("%s: %s events, want %d", c.Chip(), got, want.Len())
		}
	}
}
