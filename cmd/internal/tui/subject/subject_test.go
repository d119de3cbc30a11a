package subject_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell/celltest"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/subject"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

func TestMain(m *testing.M) { os.Exit(tuitest.Run(m)) }

// key is the access key that somebody looked around with in the demo.
const key = "AKIAEXAMPLEBDXXNZBV4"

// drive shows a subject of the demo.
func drive(t *testing.T, theme string, plain bool, width, height int, target part.Target) *tuitest.Driver {
	t.Helper()
	dir, key := tuitest.Demo(t)
	return driveOn(t, tuitest.Source(t, dir, key), theme, plain, width, height, target)
}

func driveOn(t *testing.T, source data.Source, theme string, plain bool, width, height int, target part.Target) *tuitest.Driver {
	t.Helper()
	env := tuitest.Env(t, source, theme, plain)
	return tuitest.Drive(t, env, subject.New(env), width, height, target)
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

// follow does what the root model does with the last request to open a part.
func follow(t *testing.T, d *tuitest.Driver) part.Open {
	t.Helper()
	o := tuitest.Last[part.Open](d)
	if o.Part == part.Subject {
		d.Do(d.Part.Show(o.Target))
	}
	return o
}

// fake is a case with subjects of its own; what else is asked of it panics.
type fake struct {
	data.Source
	subject *data.Subject
	list    []data.SubjectValue
	shared  []data.SubjectOther
	found   *data.FindingList
	theirs  map[string]int
	kind    string
	row     []any
	err     error
}

func (f *fake) SubjectKind(context.Context, string) (string, error) { return f.kind, f.err }

func (f *fake) SubjectList(context.Context, string, int) ([]data.SubjectValue, error) {
	return f.list, f.err
}

func (f *fake) Subject(_ context.Context, _, _ string, progress func(int64, int64)) (*data.Subject, error) {
	progress(1, 2)
	return f.subject, f.err
}

func (f *fake) SubjectFindings(context.Context, string, string) (map[string]int, error) {
	return f.theirs, f.err
}

func (f *fake) SubjectShared(context.Context, *data.Subject) ([]data.SubjectOther, error) {
	return f.shared, f.err
}

func (f *fake) Findings(context.Context) (*data.FindingList, error) { return f.found, f.err }

func (f *fake) Rows(context.Context, []int64, []string, int) ([]casefile.EventRow, error) {
	return []casefile.EventRow{{Values: f.row}}, f.err
}

// hour is an hour of March 2026, which begins on a Sunday.
func hour(day, hour int) int64 { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC).UnixMicro() }

// fourWeeks is somebody who works from 9 to 11 on every day of four weeks from
// Monday the 2nd, and does other things in the last week: much on Tuesday at 9,
// nothing on Wednesday at 10, and something on Friday at 3.
func fourWeeks() *data.Subject {
	first, last := hour(2, 9), hour(29, 11)
	s := &data.Subject{
		Kind: "principal", Value: "ana", From: hour(2, 0), To: hour(30, 0) - 1, First: &first, Last: &last,
		Values: map[string][]data.SubjectValue{"src_ip": {{Value: "198.51.100.7", Units: 9, First: &last, Event: 77}}},
	}
	for day := 2; day < 30; day++ {
		if day == 27 {
			s.Hours = append(s.Hours, data.SubjectHour{Start: hour(day, 3), SubjectSums: data.SubjectSums{Calls: 1}})
		}
		for at := 9; at < 12; at++ {
			n := int64(2)
			if day == 24 && at == 9 {
				n = 50
			}
			if day != 25 || at != 10 {
				s.Hours = append(s.Hours, data.SubjectHour{Start: hour(day, at), SubjectSums: data.SubjectSums{Calls: n}})
				s.All.Calls += n
			}
		}
	}
	return s
}

func TestWeek(t *testing.T) {
	d := driveOn(t, &fake{subject: fourWeeks(), found: &data.FindingList{}}, style.Dark, false, 80, 60, part.Target{Kind: "principal", Value: "ana"})
	lines := map[string]string{}
	for _, l := range strings.Split(d.Text(), "\n") {
		if len(l) > 4 {
			lines[l[:4]] = l
		}
	}
	for day, want := range map[string]string{"Mon ": "", "Tue ": "█+", "Wed ": "·-", "Thu ": "", "Fri ": "░!", "Sat ": "", "Sun ": ""} {
		signs := strings.Map(func(r rune) rune {
			if strings.ContainsRune("+-!", r) {
				return r
			}
			return -1
		}, lines[day])
		if !strings.Contains(lines[day], want) || len(signs) != len(want)/2 && len(signs) > 1 || want == "" && signs != "" {
			t.Errorf("%s%q in %q", day, signs, lines[day])
		}
	}
	shows(t, d, "Week of Monday 2026-03-23", "the 3 other weeks", "most 54 on 2026-03-24; median of 28 days 6")
	d.Press("<")
	shows(t, d, "Week of Monday 2026-03-16")
	d.Press("<", "<")
	shows(t, d, "Week of Monday 2026-03-02")
	d.Press("<")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "no further week") {
		t.Errorf("notice %+v", n)
	}
	d.Press(">")
	shows(t, d, "Week of Monday 2026-03-09")
	d.Resize(40, 60)
	shows(t, d, "Mon ")

	d = driveOn(t, &fake{subject: fourWeeks(), found: &data.FindingList{}}, style.None, true, 80, 60, part.Target{Kind: "principal", Value: "ana"})
	shows(t, d, "Tue: 09 h 50 more than usual, 10 h 2", "Fri: 03 h 1 at an unusual time")
}

func TestCredential(t *testing.T) {
	d := drive(t, style.Dark, false, 120, 80, part.Target{Value: key})
	shows(t, d, "credential "+key, "3 calls of models, 7 other events", "2 denied", "A long-term key looked around", "2026-03-03", "also arn:aws:sts")
	if got := d.Part.Target(); got.Kind != "credential_id" || got.Value != key {
		t.Errorf("target %+v", got)
	}
	d.Press("x")
	if f := tuitest.Last[part.AddFilter](d); f.Condition.Kind != filter.Field || f.Condition.Column != "credential_id" || f.Condition.Values[0] != key {
		t.Errorf("filtered %+v", f)
	}
	d.Press("y")
	if c := tuitest.Last[part.Copy](d); c.Text != key {
		t.Errorf("copied %q", c.Text)
	}
	d.Press("]", "down", "enter")
	if o := follow(t, d); o.Part != part.Findings || o.Target.Finding != "f-864c89f788554467" {
		t.Errorf("opened %+v", o)
	}
	for d.Part.Target().Event == 0 {
		d.Press("down")
	}
	d.Press("enter")
	if o := follow(t, d); o.Part != part.Timeline || o.Target.Event != d.Part.Target().Event {
		t.Errorf("opened %+v", o)
	}
	d.Press("home", "enter")
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "enter opens") {
		t.Errorf("notice %+v", n)
	}
}

// TestNew opens what was used first in the timeline.
// TestFindingsOfIts lists a finding about a credential for the principal that used
// it: the finding names the key, and lists events of the principal.
func TestFindingsOfIts(t *testing.T) {
	d := drive(t, style.Dark, false, 120, 80, part.Target{Kind: "principal", Value: "arn:aws:iam::111122223333:user/dev-07"})
	shows(t, d, "5 events of it: A long-term key looked around")
}

func TestNew(t *testing.T) {
	d := driveOn(t, &fake{subject: fourWeeks(), found: &data.FindingList{}}, style.Dark, false, 80, 60, part.Target{Kind: "principal", Value: "ana"})
	shows(t, d, "2026-03-29 11:00:00  198.51.100.7  9 times")
	for d.Part.Target().Event == 0 {
		d.Press("down")
	}
	d.Press("enter")
	if o := follow(t, d); o.Part != part.Timeline || o.Target.Event != 77 {
		t.Errorf("opened %+v", o)
	}
}

// TestOf finds who caused an event that another view was at.
func TestOf(t *testing.T) {
	source := &fake{subject: fourWeeks(), found: &data.FindingList{}, row: []any{nil, "AKIA", nil, nil, nil}}
	d := driveOn(t, source, style.Dark, false, 80, 60, part.Target{Event: 5})
	if got := d.Part.Target(); got != (part.Target{Event: 5, Kind: "credential_id", Value: "AKIA"}) {
		t.Errorf("target %+v", got)
	}
	d.Do(d.Part.Show(part.Target{Event: 7, Value: "bedrock in us-east-1"})) // the subject of a finding
	if got := d.Part.Target(); got != (part.Target{Event: 7, Kind: "credential_id", Value: "AKIA"}) {
		t.Errorf("target %+v", got)
	}
	source.row = []any{nil, nil, nil, nil, nil}
	source.list = []data.SubjectValue{{Value: "x", Units: 3}}
	d.Do(d.Part.Show(part.Target{Event: 6}))
	if n := tuitest.Last[part.Notice](d); !strings.Contains(n.Text, "does not say who") {
		t.Errorf("notice %+v", n)
	}
	shows(t, d, "> x")
}

func TestChoose(t *testing.T) {
	d := drive(t, style.Dark, false, 100, 24, part.Target{})
	shows(t, d, "[principals]", "app-summarizer")
	d.Press("right", "right")
	shows(t, d, "[credentials]", key)
	d.Press("/")
	d.Type("akia")
	shows(t, d, "/akia", "> "+key)
	if !d.Part.Typing() {
		t.Error("it is not typed")
	}
	d.Press("enter")
	if o := follow(t, d); o.Target != (part.Target{Kind: "credential_id", Value: key}) {
		t.Errorf("opened %+v", o)
	}
	shows(t, d, "credential "+key)
	d.Press("o")
	follow(t, d)
	shows(t, d, "/akia")
	d.Press("/", "esc", "left")
	shows(t, d, "[people]", "no event says its person")
	d.Press("left", "down", "y")
	if c := tuitest.Last[part.Copy](d); !strings.Contains(c.Text, "arn:") {
		t.Errorf("copied %q", c.Text)
	}
}

// TestKeys presses every key that help names, and wants each to do something.
func TestKeys(t *testing.T) {
	source := &fake{subject: fourWeeks(), found: &data.FindingList{}}
	for i := range 100 {
		source.list = append(source.list, data.SubjectValue{Value: fmt.Sprint("p", i), Units: 100})
	}
	for name, target := range map[string]part.Target{"list": {}, "subject": {Kind: "principal", Value: "ana"}} {
		start := func() *tuitest.Driver {
			d := driveOn(t, source, style.Dark, false, 80, 20, target)
			d.Press("]", "]", "down")
			if name == "subject" {
				d.Press("<")
			}
			return d
		}
		for _, b := range start().Part.Keys() {
			t.Run(name+" "+b.Help().Key, func(t *testing.T) {
				d := start()
				picture, typing, asked := strings.Join(d.Lines(), "\n"), d.Part.Typing(), len(d.Requests)
				d.Press(b.Keys()[0])
				if len(d.Requests) == asked && d.Part.Typing() == typing && strings.Join(d.Lines(), "\n") == picture {
					t.Errorf("%s (%s) does nothing", b.Help().Key, b.Help().Desc)
				}
			})
		}
	}
}

// TestStates says what is going on, what went wrong, and what to do.
func TestStates(t *testing.T) {
	source := &fake{subject: fourWeeks(), found: &data.FindingList{}}
	env := tuitest.Env(t, source, style.Dark, false)
	v := subject.New(env)
	v.Resize(80, 24)
	cmd := v.Show(part.Target{Kind: "principal", Value: "ana"})
	s := v.State()
	if s.Busy != "adding up what it did" || s.Cancel == nil {
		t.Fatalf("state %+v", s)
	}
	for _, c := range cmd().(tea.BatchMsg) {
		msg := c()
		if s := v.State(); s.Busy == "adding up what it did" && s.Total != 2 {
			t.Errorf("state %+v", s)
		}
		v.Take(msg)
	}
	if s := v.State(); s.Busy != "looking who shares its credentials and addresses" {
		t.Errorf("state %+v", s)
	}
	for _, test := range []struct {
		err  error
		want string
	}{{context.Canceled, "it was stopped; ctrl+r asks again"}, {errors.New("disk full"), "disk full"}} {
		source.err = test.err
		d := driveOn(t, source, style.Dark, false, 80, 24, part.Target{Kind: "principal", Value: "ana"})
		shows(t, d, test.want)
		source.err = nil
		d.Do(d.Part.Take(part.Reloaded{}))
		shows(t, d, "Week of Monday 2026-03-23")
	}
	d := driveOn(t, source, style.Dark, false, 80, 24, part.Target{Value: "nothing"})
	shows(t, d, "no event has this value")
	source.subject = &data.Subject{Kind: "model", From: 1}
	d = driveOn(t, source, style.Dark, false, 80, 24, part.Target{Kind: "model", Value: "none"})
	shows(t, d, "no event of this case has it as its model")
}

func TestLooks(t *testing.T) {
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}} {
		for _, look := range []struct {
			name, theme string
			plain       bool
		}{{"dark", style.Dark, false}, {"none", style.None, false}, {"plain", style.None, true}} {
			t.Run(fmt.Sprintf("%dx%d %s", size.width, size.height, look.name), func(t *testing.T) {
				d := drive(t, look.theme, look.plain, size.width, size.height, part.Target{})
				t.Run("list", d.Golden)
				d.Do(d.Part.Show(part.Target{Kind: "credential_id", Value: key}))
				t.Run("credential", d.Golden)
				d.Press("end")
				t.Run("end", d.Golden)
			})
		}
	}
}

// TestHostile draws hostile text in every field that shows what was logged, at
// many sizes.
func TestHostile(t *testing.T) {
	for _, h := range celltest.Texts() {
		t.Run(h.Name, func(t *testing.T) {
			s := fourWeeks()
			late := hour(20, 0)
			for _, c := range data.SubjectColumns() {
				s.Values[c] = []data.SubjectValue{{Value: h.Text, Units: 3, First: &late, Last: &late, Event: 5}}
			}
			source := &fake{
				subject: s, list: []data.SubjectValue{{Value: h.Text, Units: 5}}, shared: []data.SubjectOther{{Kind: "src_ip", Value: h.Text, Principal: "x" + h.Text}},
				found: &data.FindingList{Analysis: &casefile.Analysis{}, List: []analyze.Finding{{ID: "f-00000000000000aa", Severity: analyze.SeverityHigh, Subject: "a" + h.Text, Title: h.Text}}},
			}
			for _, plain := range []bool{false, true} {
				for _, target := range []part.Target{{}, {Kind: "principal", Value: "a" + h.Text}} {
					d := driveOn(t, source, style.Dark, plain, 100, 100, target)
					for _, size := range [][2]int{{100, 100}, {80, 24}, {53, 17}, {40, 10}, {40, 3}} {
						d.Resize(size[0], size[1])
						d.Lines()
						d.Press("down")
					}
					d.Press("/")
					d.Type(h.Text[:min(len(h.Text), 40)])
					d.Lines()
				}
			}
		})
	}
}
