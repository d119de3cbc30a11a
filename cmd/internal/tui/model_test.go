package tui

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
)

// fakeSource is a case that only says what it is.
type fakeSource struct {
	data.Source
	changed bool
	err     error
	reloads int
}

func (f *fakeSource) Info() data.Info { return data.Info{Dir: "/cases/acme.case", Head: "3:abcd"} }
func (f *fakeSource) Changed() bool   { return f.changed }
func (f *fakeSource) Reload(context.Context) error {
	f.reloads++
	return f.err
}

// fakePart writes down what the root model does with it.
type fakePart struct {
	name          string
	env           *part.Env
	width, height int
	shown         []part.Target
	pressed       []string
	taken         []tea.Msg
	mouse         []tea.Mouse
	typing        bool
	state         part.State
	target        part.Target
}

func (p *fakePart) Name() string      { return p.name }
func (p *fakePart) Resize(w, h int)   { p.width, p.height = w, h }
func (p *fakePart) Typing() bool      { return p.typing }
func (p *fakePart) State() part.State { return p.state }
func (p *fakePart) Target() part.Target {
	return p.target
}

func (p *fakePart) Show(t part.Target) tea.Cmd {
	p.shown = append(p.shown, t)
	return nil
}

func (p *fakePart) Press(k tea.KeyPressMsg) tea.Cmd {
	p.pressed = append(p.pressed, k.String())
	return nil
}

func (p *fakePart) Mouse(m tea.MouseMsg) tea.Cmd {
	p.mouse = append(p.mouse, m.Mouse())
	return nil
}

func (p *fakePart) Take(msg tea.Msg) tea.Cmd {
	p.taken = append(p.taken, msg)
	return nil
}

func (p *fakePart) Lines() []string {
	out := make([]string, p.height)
	for i := range out {
		out[i] = p.env.Styles.Fit(fmt.Sprintf("%s line %d", p.name, i), p.width, style.Paint{})
	}
	return out
}

func (p *fakePart) Keys() []keys.Binding        { return p.env.Keys.Move.Rows() }
func (p *fakePart) Cursor() (x, y int, ok bool) { return 3, 2, true }

// bench is a root model with two parts, and what came of its commands.
type bench struct {
	*model
	t      *testing.T
	a, b   *fakePart
	source *fakeSource
	quit   bool
	sent   []tea.Msg
}

func newBench(t *testing.T, o Options) *bench {
	source := &fakeSource{}
	o.Source, o.Zone, o.Now = source, time.UTC, func() time.Time { return time.Time{} }
	if o.Filters == "" {
		o.Filters = filepath.Join(t.TempDir(), "saved", "filters.json")
	}
	m := newModel(t.Context(), &o)
	b := &bench{model: m, t: t, source: source, a: &fakePart{name: part.Timeline, env: m.env}, b: &fakePart{name: part.Findings, env: m.env}}
	m.parts = []part.Part{b.a, b.b}
	b.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	return b
}

// send gives the model a message and all that follows but the clock's ticks.
func (b *bench) send(msg tea.Msg) {
	b.t.Helper()
	pending := []tea.Msg{msg}
	for len(pending) > 0 {
		msg, pending = pending[0], pending[1:]
		switch m := msg.(type) {
		case nil, tickMsg:
			continue
		case tea.QuitMsg:
			b.quit = true
			continue
		case tea.BatchMsg:
			for _, cmd := range m {
				pending = append(pending, b.result(cmd)...)
			}
			continue
		}
		b.sent = append(b.sent, msg)
		_, cmd := b.Update(msg)
		pending = append(pending, b.result(cmd)...)
		tuitest.Check(b.t, b.env.Styles, b.lines(), b.width, max(1, b.height))
	}
}

// result is what a command says at once; the clock says nothing.
func (b *bench) result(cmd tea.Cmd) []tea.Msg {
	if cmd == nil {
		return nil
	}
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		return []tea.Msg{msg}
	case <-time.After(50 * time.Millisecond): // a tick
		return nil
	}
}

func (b *bench) press(names ...string) {
	b.t.Helper()
	for _, name := range names {
		k, ok := keys.Parse(name)
		if !ok {
			b.t.Fatalf("no key %q", name)
		}
		b.send(k)
	}
}

func (b *bench) typed(text string) {
	b.t.Helper()
	for _, r := range text {
		b.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

func (b *bench) screen() string { return tuitest.Bare(b.lines()) }

func (b *bench) shows(text string) {
	b.t.Helper()
	if !strings.Contains(b.screen(), text) {
		b.t.Errorf("no %q on\n%s", text, b.screen())
	}
}

// TestGlobalKeys presses every key that works everywhere.
func TestGlobalKeys(t *testing.T) {
	for _, test := range []struct {
		name  string
		press []string
		check func(b *bench) bool
	}{
		{"4 opens findings", []string{"4"}, func(b *bench) bool { return b.at == 1 && len(b.b.shown) == 1 && b.b.shown[0] == b.a.target }},
		{"1 opens the timeline", []string{"4", "1"}, func(b *bench) bool { return b.at == 0 }},
		{"2 is no part here", []string{"2"}, func(b *bench) bool { return b.at == 0 && len(b.past) == 0 }},
		{"3 is no part here", []string{"3"}, func(b *bench) bool { return b.at == 0 }},
		{"5 is no part here", []string{"5"}, func(b *bench) bool { return b.at == 0 }},
		{"6 is no part here", []string{"6"}, func(b *bench) bool { return b.at == 0 }},
		{"7 is no part here", []string{"7"}, func(b *bench) bool { return b.at == 0 }},
		{"tab goes on", []string{"tab"}, func(b *bench) bool { return b.at == 1 }},
		{"tab goes round", []string{"tab", "tab"}, func(b *bench) bool { return b.at == 0 }},
		{"esc goes back", []string{"4", "esc"}, func(b *bench) bool { return b.at == 0 && b.a.shown[len(b.a.shown)-1] == b.a.target }},
		{"backspace goes back", []string{"4", "backspace"}, func(b *bench) bool { return b.at == 0 }},
		{"esc at the beginning says so", []string{"esc"}, func(b *bench) bool { return strings.Contains(b.notice.Text, "began") }},
		{": opens the palette", []string{":"}, func(b *bench) bool { _, ok := b.dialog.(*choosing); return ok }},
		{"ctrl+p opens the palette", []string{"ctrl+p"}, func(b *bench) bool { _, ok := b.dialog.(*choosing); return ok }},
		{"? opens help", []string{"?"}, func(b *bench) bool { _, ok := b.dialog.(*reading); return ok }},
		{"f1 opens help", []string{"f1"}, func(b *bench) bool { _, ok := b.dialog.(*reading); return ok }},
		{"f opens the menu of filters", []string{"f"}, func(b *bench) bool { return strings.Contains(b.screen(), "filter") && b.dialog != nil }},
		{"F without a filter says so", []string{"F"}, func(b *bench) bool { return strings.Contains(b.notice.Text, "no filter") }},
		{"w shows the command line", []string{"w"}, func(b *bench) bool { return strings.Contains(b.screen(), "exhibit events --case /cases/acme.case") }},
		{"ctrl+t changes the theme", []string{"ctrl+t"}, func(b *bench) bool { return b.env.Styles.Theme == style.Light }},
		{"ctrl+r opens the case anew", []string{"ctrl+r"}, func(b *bench) bool { return b.source.reloads == 1 }},
		{"y is the part's", []string{"y"}, func(b *bench) bool { return len(b.a.pressed) == 1 && b.a.pressed[0] == "y" }},
		{"x is the part's", []string{"x"}, func(b *bench) bool { return len(b.a.pressed) == 1 && b.a.pressed[0] == "x" }},
		{"q quits", []string{"q"}, func(b *bench) bool { return b.quit }},
		{"ctrl+c quits", []string{"ctrl+c"}, func(b *bench) bool { return b.quit }},
		{"ctrl+c closes a dialog first", []string{"?", "ctrl+c"}, func(b *bench) bool { return !b.quit && b.dialog == nil }},
		{"esc closes help", []string{"?", "esc"}, func(b *bench) bool { return b.dialog == nil }},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, Options{})
			b.a.target = part.Target{Event: 7}
			b.press(test.press...)
			if !test.check(b) {
				t.Errorf("not after %v:\n%s", test.press, b.screen())
			}
		})
	}
}

// TestTyping checks that letters are text while a part takes text, and that some
// keys work all the same.
func TestTyping(t *testing.T) {
	b := newBench(t, Options{})
	b.a.typing = true
	b.press("q", "4", "esc", "tab", "?")
	if b.quit || b.at != 0 || b.dialog != nil || len(b.a.pressed) != 5 {
		t.Errorf("the part got %v", b.a.pressed)
	}
	b.press("ctrl+t", "f1")
	if b.env.Styles.Theme != style.Light || b.dialog == nil {
		t.Error("ctrl+t or f1 does nothing while text is typed")
	}
	b.press("esc")
	b.send(tea.PasteMsg{Content: "select 1"})
	if _, ok := b.a.taken[len(b.a.taken)-1].(tea.PasteMsg); !ok {
		t.Error("the part did not get what was pasted")
	}
}

// TestCancel checks that ctrl+c stops what goes on before it quits.
func TestCancel(t *testing.T) {
	b := newBench(t, Options{})
	stopped := false
	b.a.state = part.State{Busy: "searching", Done: 1, Total: 4, Cancel: func() { stopped = true }}
	b.shows("searching 25 %; ctrl+c stops it")
	b.press("ctrl+c")
	if !stopped || b.quit {
		t.Errorf("stopped %v, quit %v", stopped, b.quit)
	}
}

// TestHelpIsTrue checks that help lists exactly the bindings of the part and the
// global ones.
func TestHelpIsTrue(t *testing.T) {
	b := newBench(t, Options{})
	b.send(tea.WindowSizeMsg{Width: 120, Height: 60})
	b.press("?")
	text := b.screen()
	for _, list := range [][]keys.Binding{b.a.Keys(), b.env.Keys.Global.Bindings()} {
		for _, k := range list {
			if !strings.Contains(text, k.Help().Desc) {
				t.Errorf("help does not say %q", k.Help().Desc)
			}
		}
	}
	if strings.Contains(text, b.env.Keys.Raw.CopyID.Help().Desc) {
		t.Error("help lists a key of another view")
	}
}

// TestPalette does by words what a key does.
func TestPalette(t *testing.T) {
	b := newBench(t, Options{})
	b.press(":")
	b.typed("next theme")
	b.press("enter")
	if b.env.Styles.Theme != style.Light || b.dialog != nil {
		t.Errorf("the theme is %s", b.env.Styles.Theme)
	}
	b.press(":")
	b.typed("no such command")
	b.shows("nothing fits")
	b.press("enter", "backspace", "down", "up", "esc")
	if b.dialog != nil {
		t.Error("the palette is still open")
	}
}

// TestFilters makes a filter, shows it, takes it away, saves and loads it.
func TestFilters(t *testing.T) {
	b := newBench(t, Options{})
	filtered := func() filter.Filter {
		t.Helper()
		for i := len(b.a.taken) - 1; i >= 0; i-- {
			if f, ok := b.a.taken[i].(part.Filtered); ok {
				return f.Filter
			}
		}
		return filter.Filter{}
	}
	height := b.a.height
	b.press("f")
	b.typed("said")
	b.press("enter")
	b.typed("api \u202ekey")
	b.press("enter")
	if f := filtered(); len(f.Conditions) != 1 || f.Conditions[0].Text != "api \u202ekey" {
		t.Fatalf("the filter is %v", f)
	}
	b.shows("says api")
	if b.a.height != height-1 {
		t.Errorf("the part has %d lines beside chips, had %d", b.a.height, height)
	}
	b.send(part.AddFilter{Condition: filter.Condition{Kind: filter.Field, Column: "plane", Values: []string{"access"}}})
	b.shows("plane=access")
	b.press("f")
	b.typed("save")
	b.press("enter")
	b.typed("mine")
	b.press("enter")
	b.press("F")
	if f := filtered(); len(f.Conditions) != 1 {
		t.Errorf("after F the filter is %v", f)
	}
	b.press("f")
	b.typed("nothing")
	b.press("enter")
	if f := filtered(); !f.Empty() {
		t.Errorf("after nothing the filter is %v", f)
	}
	b.press("f")
	b.typed("load")
	b.press("enter", "enter")
	if f := filtered(); len(f.Conditions) != 2 {
		t.Errorf("the loaded filter is %v", f)
	}
	b.press("f")
	b.typed("time")
	b.press("enter")
	b.typed("2026-03-05..2026-03-04")
	b.press("enter")
	b.shows("ends before it begins")
	b.press("esc")
	b.press("f")
	b.typed("findings")
	b.press("enter")
	b.typed("high")
	b.press("enter")
	b.shows("findings ≥ high")
	b.press("f")
	b.typed("fits")
	b.press("enter")
	b.typed("(")
	b.press("enter")
	b.shows("missing closing")
}

// TestAsk edits, completes and gives up.
func TestAsk(t *testing.T) {
	b := newBench(t, Options{})
	got := ""
	ask := part.Ask{Label: "jump to", Value: "2026", Hint: "a time", Complete: func(line string) []string {
		if strings.HasPrefix("2026-03-04", line) {
			return []string{"2026-03-04", "2026-03-05"}
		}
		return nil
	}, Then: func(line string) tea.Cmd {
		got = line
		return nil
	}}
	b.send(ask)
	b.shows("jump to: 2026")
	b.press("tab")
	b.shows("jump to: 2026-03-0")
	b.typed("7")
	b.send(tea.PasteMsg{Content: "T10:00"})
	b.press("enter")
	if got != "2026-03-07T10:00" {
		t.Errorf("got %q", got)
	}
	got = ""
	b.send(ask)
	b.press("esc")
	if got != "" || b.dialog != nil {
		t.Error("giving up gives an answer")
	}
	b.send(part.Ask{Label: "long", Value: strings.Repeat("\u202ex日", 400), Then: ask.Then})
	if x, y, ok := b.cursor(); !ok || x >= b.width || y != b.height-1 {
		t.Errorf("the cursor is at %d, %d", x, y)
	}
}

// TestReload looks at a case that another process changes.
func TestReload(t *testing.T) {
	b := newBench(t, Options{})
	b.send(watchMsg{changed: true})
	if _, ok := b.a.taken[len(b.a.taken)-1].(part.Reloaded); !ok || b.source.reloads != 1 {
		t.Errorf("parts were not told: %v", b.a.taken)
	}
	b.shows("the case has changed")
	b.source.err = errors.New("opening the case: gone\x1b[2J")
	b.send(watchMsg{changed: true})
	b.shows(`error: opening the case: gone\x1b[2J`)
}

// TestMouse clicks on tabs, into the part, and beside a dialog.
func TestMouse(t *testing.T) {
	b := newBench(t, Options{})
	tabs := b.tabs()
	b.send(tea.MouseClickMsg{X: tabs[1].from, Y: 0, Button: tea.MouseLeft})
	if b.at != 1 {
		t.Error("a click on a tab does not open it")
	}
	b.send(tea.MouseClickMsg{X: 5, Y: 3, Button: tea.MouseLeft})
	b.send(tea.MouseWheelMsg{X: 5, Y: 1, Button: tea.MouseWheelDown})
	b.send(tea.MouseMotionMsg{X: 6, Y: 4})
	b.send(tea.MouseReleaseMsg{X: 7, Y: 5})
	b.send(tea.MouseClickMsg{X: 5, Y: b.height - 1, Button: tea.MouseLeft})
	if len(b.b.mouse) != 4 || b.b.mouse[0].Y != 2 || b.b.mouse[1].Y != 0 {
		t.Errorf("the part got %v", b.b.mouse)
	}
	b.press("?")
	b.send(tea.MouseClickMsg{X: 5, Y: 3, Button: tea.MouseLeft})
	if b.dialog != nil || len(b.b.mouse) != 4 {
		t.Error("a click beside a dialog does not only close it")
	}
}

// TestSizes draws at many sizes, with a dialog and without.
func TestSizes(t *testing.T) {
	b := newBench(t, Options{})
	b.send(part.AddFilter{Condition: filter.Condition{Kind: filter.Where, Text: strings.Repeat("long 日本 ", 40)}})
	for _, open := range []string{"", "?", ":", "f", "w"} {
		if open != "" {
			b.press(open)
		}
		for w := 40; w < 200; w += 13 {
			for h := 10; h < 60; h += 7 {
				b.send(tea.WindowSizeMsg{Width: w, Height: h})
			}
		}
		b.press("ctrl+c")
		b.quit = false
	}
	b.width, b.height = 20, 5
	if got := len(b.lines()); got != 1 {
		t.Errorf("a tiny terminal has %d lines", got)
	}
}

// TestTerminal fits the looks to what the terminal says of itself.
func TestTerminal(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		msg  tea.Msg
		want string
	}{
		{"a light background", Options{}, tea.BackgroundColorMsg{Color: ansi.BrightWhite}, style.Light},
		{"a dark background", Options{}, tea.BackgroundColorMsg{Color: ansi.Black}, style.Dark},
		{"16 colours", Options{}, tea.ColorProfileMsg{Profile: colorprofile.ANSI}, style.Sixteen},
		{"no colours", Options{}, tea.ColorProfileMsg{Profile: colorprofile.ASCII}, style.None},
		{"chosen", Options{Theme: style.Dark}, tea.BackgroundColorMsg{Color: ansi.BrightWhite}, style.Dark},
		{"chosen against 16 colours", Options{Theme: style.Light}, tea.ColorProfileMsg{Profile: colorprofile.ANSI}, style.Light},
		{"plain", Options{Plain: true}, tea.BackgroundColorMsg{Color: ansi.BrightWhite}, style.None},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t, test.o)
			b.send(test.msg)
			if b.env.Styles.Theme != test.want {
				t.Errorf("theme %s, want %s", b.env.Styles.Theme, test.want)
			}
		})
	}
	b := newBench(t, Options{})
	b.send(tea.ModeReportMsg{Mode: ansi.ModeUnicodeCore, Value: ansi.ModeReset})
	b.press("ctrl+t")
	if !b.env.Styles.Screen.Graphemes {
		t.Error("cells are not counted as the renderer does, or another theme forgets it")
	}
}

// TestCopy checks that what is too long is not said to be copied.
func TestCopy(t *testing.T) {
	b := newBench(t, Options{})
	b.send(part.Copy{Text: "abc", What: "the id"})
	b.shows("copied the id")
	b.send(part.Copy{Text: strings.Repeat("x", 100_000), What: "the record"})
	b.shows("too long for a clipboard")
}
