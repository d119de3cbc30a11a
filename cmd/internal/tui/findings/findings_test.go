package findings_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/findings"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// drive shows the findings of the demo.
func drive(t *testing.T, theme string, plain bool, width, height int) *tuitest.Driver {
	t.Helper()
	dir, key := tuitest.Demo(t)
	return driveOn(t, tuitest.Source(t, dir, key), theme, plain, width, height)
}

func driveOn(t *testing.T, source data.Source, theme string, plain bool, width, height int) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, source, theme, plain)
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

func hides(t *testing.T, d *tuitest.Driver, texts ...string) {
	t.Helper()
	picture := d.Text()
	for _, text := range texts {
		if strings.Contains(picture, text) {
			t.Errorf("there is %q in\n%s", text, picture)
		}
	}
}

// fake is a case with findings of its own; what else is asked of it panics.
type fake struct {
	data.Source
	list   *data.FindingList
	rows   []casefile.EventRow
	failed error
	judged []casefile.JudgeOptions
}

func (f *fake) Info() data.Info { return data.Info{Dir: "x.case"} }

func (f *fake) Findings(context.Context) (*data.FindingList, error) { return f.list, f.failed }

func (f *fake) EventsOf(_ context.Context, ids []string) ([]int64, error) {
	eids := make([]int64, len(ids))
	for i := range eids {
		if i < len(f.rows) {
			eids[i] = f.rows[i].EID
		}
	}
	return eids, nil
}

func (f *fake) Rows(_ context.Context, eids []int64, _ []string, _ int) ([]casefile.EventRow, error) {
	return f.rows[:len(eids)], nil
}

func (f *fake) Judge(_ context.Context, o casefile.JudgeOptions) (string, error) {
	f.judged = append(f.judged, o)
	return "7:ab", f.failed
}

func TestLooks(t *testing.T) {
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}, {160, 40}} {
		for _, look := range []struct {
			name, theme string
			plain       bool
		}{{"dark", style.Dark, false}, {"none", style.None, false}, {"plain", style.None, true}} {
			t.Run(fmt.Sprintf("%dx%d %s", size.width, size.height, look.name), func(t *testing.T) {
				d := drive(t, look.theme, look.plain, size.width, size.height)
				d.Press("down")
				t.Run("list", d.Golden)
				d.Press("enter", "]", "]")
				t.Run("detail", d.Golden)
			})
		}
	}
}

// TestKeys presses every key that help names, and wants each to do something.
func TestKeys(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	for name, before := range map[string][]string{
		"list": {"z", "down"}, "detail": {"enter", "]", "]"}, "narrowed to nothing": {"/", "q", "q", "enter"},
	} {
		d := driveOn(t, source, style.Dark, false, 100, 24)
		d.Press("down")
		d.Press(before...)
		for _, b := range d.Part.Keys() {
			t.Run(name+" "+b.Help().Key, func(t *testing.T) {
				if name == "narrowed to nothing" && b.Help().Key == "a" {
					t.Skip("nothing is suppressed or closed in the demo; TestSay presses it")
				}
				d := driveOn(t, source, style.Dark, false, 100, 24)
				d.Press("down")
				d.Press(before...)
				pressed(t, d, b)
			})
		}
	}
}

// pressed wants a key to change the picture or to ask for something.
func pressed(t *testing.T, d *tuitest.Driver, b keys.Binding) {
	t.Helper()
	if b.Help().Key == "a" {
		t.Skip("nothing is suppressed or closed in the demo; TestSay presses it")
	}
	picture, typing, asked := strings.Join(d.Lines(), "\n"), d.Part.Typing(), len(d.Requests)
	d.Press(b.Keys()[0])
	if len(d.Requests) == asked && d.Part.Typing() == typing && strings.Join(d.Lines(), "\n") == picture {
		t.Errorf("%s (%s) does nothing", b.Help().Key, b.Help().Desc)
	}
}

// TestRequests wants keys to ask for the right things.
func TestRequests(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 30)
	const injection, first = "f-3bd11d0c026c144a", "a07ebcdb-43"
	eids, err := d.Env.Source.Resolve(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Part.Target(); got.Finding != injection || got.Event != eids[0] || !strings.Contains(got.Value, "agent-purchasing") {
		t.Errorf("target %+v", got)
	}
	d.Press("y")
	if c := tuitest.Last[part.Copy](d); c.Text != injection {
		t.Errorf("copied %q", c.Text)
	}
	d.Press("c")
	if o := tuitest.Last[part.Open](d); o.Part != part.Conversation || o.Target.Event != eids[0] {
		t.Errorf("opened %+v", o)
	}
	d.Press("x")
	if f := tuitest.Last[part.AddFilter](d); f.Condition.Kind != filter.Finding || f.Condition.Values[0] != injection {
		t.Errorf("filtered %+v", f)
	}
	if o := tuitest.Last[part.Open](d); o.Part != part.Timeline {
		t.Errorf("opened %+v", o)
	}
	d.Press("enter", "]", "]", "]", "down")
	if c := func() part.Copy { d.Press("y"); return tuitest.Last[part.Copy](d) }(); c.Text != first {
		t.Errorf("copied %q, want the event", c.Text)
	}
	d.Press("down", "enter")
	if o := tuitest.Last[part.Open](d); o.Part != part.Timeline || o.Target.Event == eids[0] || o.Target.Event == 0 {
		t.Errorf("opened %+v, want the second event", o)
	}
}

// TestSay judges, notes and tags, and sees it in the list and the detail.
func TestSay(t *testing.T) {
	d := drive(t, style.Dark, false, 120, 60)
	d.Press("n")
	d.Do(tuitest.Last[part.Ask](d).Then("called the owner"))
	d.Press("t")
	d.Do(tuitest.Last[part.Ask](d).Then("incident-12"))
	shows(t, d, "ana  note: called the owner", "ana  tag: incident-12", "tags               incident-12")
	d.Press("t")
	ask := tuitest.Last[part.Ask](d)
	if !strings.Contains(ask.Hint, "incident-12") || len(ask.Complete("inc")) != 1 {
		t.Errorf("asked %+v", ask)
	}
	d.Do(ask.Then("incident-12"))
	shows(t, d, "ana  tag removed: incident-12")
	hides(t, d, "tags               incident-12")
	d.Press("s")
	d.Do(tuitest.Last[part.Choose](d).Then(3)) // closed
	d.Do(tuitest.Last[part.Choose](d).Then(2))
	d.Do(tuitest.Last[part.Ask](d).Then("a drill"))
	if n := tuitest.Last[part.Notice](d); n.Level != part.Info || !strings.Contains(n.Text, "closed (benign); ledger head ") {
		t.Errorf("notice %+v", n)
	}
	shows(t, d, "not shown: 1 closed (a shows them)")
	d.Press("a", "g")
	shows(t, d, "with 1 closed", "ana  closed (benign): a drill")
	d.Press("a")
	d.Do(d.Part.Show(part.Target{Finding: "f-3bd11d0c026c144a"})) // whoever asks for it gets it
	shows(t, d, "ana  closed (benign): a drill")
}

// TestSayFails wants no text to be lost when it cannot be entered.
func TestSayFails(t *testing.T) {
	source := &fake{list: oneFinding()}
	d := driveOn(t, source, style.Dark, false, 80, 24)
	source.failed = errors.New("the case is held by process 7")
	d.Press("n")
	d.Do(tuitest.Last[part.Ask](d).Then("long thought about"))
	if n := tuitest.Last[part.Notice](d); n.Level != part.Failure || !strings.Contains(n.Text, "process 7") {
		t.Errorf("notice %+v", n)
	}
	if a := tuitest.Last[part.Ask](d); a.Value != "long thought about" {
		t.Errorf("asked again with %q", a.Value)
	}
	d.Press("s")
	d.Do(tuitest.Last[part.Choose](d).Then(1))
	d.Do(tuitest.Last[part.Ask](d).Then("because"))
	if a := tuitest.Last[part.Ask](d); a.Value != "because" || !strings.Contains(a.Hint, "investigating") {
		t.Errorf("asked again %+v", a)
	}
	source.failed = nil
	d.Do(tuitest.Last[part.Ask](d).Then("because"))
	last := source.judged[len(source.judged)-1]
	if last.Action != ledger.ActionTriage || last.State != casefile.StateInvestigating || last.Text != "because" {
		t.Errorf("said %+v", last)
	}
	if err := tuitest.Last[part.Ask](d).Check("\xff"); err == nil {
		t.Error("a reason that is not UTF-8 is accepted")
	}
}

func oneFinding() *data.FindingList {
	return &data.FindingList{
		Analysis: &casefile.Analysis{Run: 3}, Judged: map[string]casefile.FindingState{}, Acts: map[string][]casefile.FindingAct{},
		List: []analyze.Finding{{ID: "f-00000000000000aa", Detector: "volume.calls", Severity: analyze.SeverityHigh, Subject: "ana", Title: "much"}},
	}
}

// TestStory unfolds a story, goes into a part and back.
func TestStory(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 40)
	const within = "· high     open    2026-03-03 02:05:12   Logging of Bedrock"
	hides(t, d, within)
	d.Press("down", "right")
	shows(t, d, "▾ critical", within)
	d.Press("down", "down", "left")
	shows(t, d, "›▸ critical")
	hides(t, d, within)
	d.Press("enter", "]", "down", "down", "enter")
	shows(t, d, "›· high", "Part of the story")
	d.Press("left", "left")
	hides(t, d, within)
	d.Press("down", "z")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no story") {
		t.Errorf("notice %+v", n)
	}
}

func TestNarrow(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 30)
	d.Press("/")
	d.Type("severity:high bedrock")
	if !d.Part.Typing() {
		t.Error("it is not typed")
	}
	shows(t, d, "/severity:high bedrock", "do not fit", "bedrock kept no record")
	hides(t, d, "A long-term key looked around")
	for range len(" bedrock") {
		d.Press("backspace")
	}
	d.Type(" tag:AML.T0054")
	shows(t, d, "bedrock was switched off")
	d.Press("enter", "down")
	if d.Part.Typing() || d.Part.Target().Finding == "" {
		t.Error("enter does not lead to the list")
	}
	d.Press("/", "esc")
	shows(t, d, "5 told by stories", "A long-term key looked around")
	d.Press("/")
	d.Type("nothing like this")
	shows(t, d, "No finding fits")
	d.Press("ctrl+u", "backspace")
	if d.Part.Typing() {
		t.Error("backspace on nothing does not end it")
	}
}

// TestEvent finds the finding of an event that another view was at.
func TestEvent(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 30)
	eids, err := d.Env.Source.Resolve(t.Context(), "c33fadcd-18")
	if err != nil {
		t.Fatal(err)
	}
	d.Do(d.Part.Show(part.Target{Event: eids[0]}))
	if got := d.Part.Target().Finding; got != "f-864c89f788554467" {
		t.Errorf("at %s", got)
	}
	d.Do(d.Part.Show(part.Target{Event: 1 << 28}))
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no finding has the event") {
		t.Errorf("notice %+v", n)
	}
}

// TestReload keeps the cursor where it was while another process writes.
func TestReload(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	d := driveOn(t, source, style.Dark, false, 120, 60)
	d.Press("down", "down")
	before := d.Part.Target()
	if _, err := casefile.Judge(&casefile.JudgeOptions{
		Dir: dir, Finding: before.Finding, Action: ledger.ActionNote, Text: "from elsewhere", Key: key, Actor: "bo", Tool: "exhibit test", Now: casetest.Clock,
	}); err != nil {
		t.Fatal(err)
	}
	if err := source.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.Do(d.Part.Take(part.Reloaded{}))
	shows(t, d, "bo  note: from elsewhere")
	if got := d.Part.Target(); got != before {
		t.Errorf("target %+v, was %+v", got, before)
	}
}

// TestStates says what is going on, and what to do.
func TestStates(t *testing.T) {
	source := &fake{list: &data.FindingList{}}
	d := driveOn(t, source, style.Dark, false, 80, 24)
	shows(t, d, "This case was not analyzed yet", "exhibit analyze --case x.case")
	d.Press("y", "s", "down")
	if c := tuitest.Last[part.Copy](d); c.Text != "exhibit analyze --case x.case" {
		t.Errorf("copied %q", c.Text)
	}
	source.list = &data.FindingList{Analysis: &casefile.Analysis{Stale: true}}
	d.Do(d.Part.Take(part.Reloaded{}))
	shows(t, d, "the case was changed since", "nothing to look at", "Nothing was found")
	source.failed = errors.New("the file was altered")
	d = driveOn(t, source, style.Dark, false, 80, 24)
	shows(t, d, "The findings cannot be read", "the file was altered")

	env := tuitest.Env(t, source, style.Dark, false)
	v := findings.New(env)
	v.Resize(80, 24)
	v.Show(part.Target{}) // the command is not run
	if s := v.State(); s.Busy != "reading the findings" || s.Cancel == nil {
		t.Errorf("state %+v", s)
	}
}

// TestHostile draws hostile text in every field that shows what was logged, at
// many sizes.
func TestHostile(t *testing.T) {
	at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
	for _, h := range celltest.Texts() {
		t.Run(h.Name, func(t *testing.T) {
			x := h.Text
			f := analyze.Finding{
				ID: "f-00000000000000aa", Detector: x, Severity: analyze.SeverityHigh, Subject: x, Bucket: x, Title: x, Explanation: x, First: at, Last: at,
				Facts:  []analyze.Fact{{Name: x, Value: x}, {Name: "calls", Value: int64(3)}, {Name: "calls_expected", Value: 0.5}},
				Events: []string{"00000000-1", "00000000-2"}, EventCount: 9, Actor: x, Tags: []string{x}, Suppressed: &analyze.Suppression{By: x, Reason: x},
				Test: &analyze.Test{P: 1e-9, Q: 1e-8, Tests: 1000},
			}
			story := analyze.Finding{ID: "f-00000000000000bb", Severity: analyze.SeverityCritical, Title: x + ": " + x, Subject: x, Parts: []string{f.ID}}
			source := &fake{
				list: &data.FindingList{
					Analysis: &casefile.Analysis{}, List: []analyze.Finding{story, f},
					Judged: map[string]casefile.FindingState{f.ID: {State: casefile.StateOpen, Tags: []string{x}}},
					Acts:   map[string][]casefile.FindingAct{f.ID: {{Time: x, Actor: x, Action: ledger.ActionNote, Text: x}}},
					About:  []*analyze.About{{ID: x, Triage: []string{x}}},
				},
				rows: []casefile.EventRow{{EID: 5, EventID: "00000000-1", Values: []any{at, "us", x, x, x, x, x, x, x, x}}},
			}
			for _, plain := range []bool{false, true} {
				d := driveOn(t, source, style.Dark, plain, 100, 100)
				d.Press("a", "z", "down", "enter")
				for _, size := range [][2]int{{100, 100}, {160, 50}, {80, 24}, {53, 17}, {40, 10}, {40, 6}} {
					d.Resize(size[0], size[1])
					d.Lines()
					d.Press("left")
					d.Lines()
					d.Press("enter")
				}
				d.Press("/")
				d.Type(x[:min(len(x), 40)])
				d.Lines()
			}
		})
	}
}

// TestManyEvents reads the events of a finding as they come into view.
func TestManyEvents(t *testing.T) {
	list := oneFinding()
	f := &list.List[0]
	source := &fake{list: list}
	for i := range 1000 {
		f.Events = append(f.Events, fmt.Sprintf("00000000-%d", i+1))
		source.rows = append(source.rows, casefile.EventRow{EID: int64(i + 1), Values: []any{time.Unix(int64(i), 0), "s", fmt.Sprintf("op%d", i)}})
	}
	f.EventCount = 1000
	d := driveOn(t, source, style.Dark, false, 80, 24)
	d.Press("enter", "]", "down")
	shows(t, d, "op0\n")
	for range 60 {
		d.Press("pgdown")
	}
	d.Press("pgup", "pgup")
	hides(t, d, "  00000000-")
}

func TestMouse(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 30)
	click(d, 10, 2)
	shows(t, d, "f-ac8a699209fd6e92", "enter reads on")
	before := d.Text()
	wheel(d, 10, 20)
	if d.Text() == before {
		t.Error("the wheel does not turn the detail")
	}
	click(d, 10, 2)
	hides(t, d, "enter reads on") // it is read
	click(d, 10, 1)
	shows(t, d, "enter reads on", "f-3bd11d0c026c144a")
}
