package tuitest

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

func testContext() (context.Context, func()) {
	return context.WithTimeout(context.Background(), 5*patience)
}

// Env is what a part gets in a test.
func Env(t testing.TB, source data.Source, theme string, plain bool) *part.Env {
	now := time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC)
	return &part.Env{
		Context: t.Context(), Source: source, Styles: style.New(theme, plain), Keys: keys.New(), Zone: time.UTC,
		Now: func() time.Time { return now },
	}
}

// Driver does with a part what the root model does, and waits for its answers.
type Driver struct {
	t             testing.TB
	Env           *part.Env
	Part          part.Part
	width, height int
	// Requests are what the part asked of the root model, in order.
	Requests []tea.Msg
}

// Drive shows a part about a target.
func Drive(t testing.TB, env *part.Env, p part.Part, width, height int, target part.Target) *Driver {
	t.Helper()
	d := &Driver{t: t, Env: env, Part: p, width: width, height: height}
	p.Resize(width, height)
	d.Do(p.Show(target))
	return d
}

// Do runs a command and everything that follows from it.
func (d *Driver) Do(cmd tea.Cmd) {
	d.t.Helper()
	pending := []tea.Cmd{cmd}
	for len(pending) > 0 {
		cmd, pending = pending[0], pending[1:]
		if cmd == nil {
			continue
		}
		switch msg := d.run(cmd).(type) {
		case nil:
		case tea.BatchMsg:
			pending = append(pending, msg...)
		case part.Open, part.AddFilter, part.Notice, part.Copy, part.Ask, part.Choose:
			d.Requests = append(d.Requests, msg)
		default:
			pending = append(pending, d.Part.Take(msg))
		}
	}
}

// run runs one command, which must end.
func (d *Driver) run(cmd tea.Cmd) tea.Msg {
	d.t.Helper()
	done := make(chan tea.Msg, 1)
	go func() { done <- cmd() }()
	select {
	case msg := <-done:
		return msg
	case <-time.After(patience):
		d.t.Fatal("a command does not end")
		return nil
	}
}

// Press presses keys by their names, as in the map of keys.
func (d *Driver) Press(names ...string) {
	d.t.Helper()
	for _, name := range names {
		k, ok := keys.Parse(name)
		if !ok {
			d.t.Fatalf("no key %q", name)
		}
		d.Do(d.Part.Press(k))
	}
}

// Type types a text, a key for each character.
func (d *Driver) Type(text string) {
	d.t.Helper()
	for _, r := range text {
		d.Do(d.Part.Press(tea.KeyPressMsg{Code: r, Text: string(r)}))
	}
}

// Resize gives the part another size.
func (d *Driver) Resize(width, height int) {
	d.t.Helper()
	d.width, d.height = width, height
	d.Part.Resize(width, height)
	d.Do(d.Part.Take(part.Resized{}))
}

// Last is the last request of the part of the type of an example; the test fails
// where there is none.
func Last[T any](d *Driver) T {
	d.t.Helper()
	for i := len(d.Requests) - 1; i >= 0; i-- {
		if r, ok := d.Requests[i].(T); ok {
			return r
		}
	}
	var none T
	d.t.Fatalf("the part asked for no %s but for %v", reflect.TypeOf(none), d.Requests)
	return none
}

// Lines draws the part, and checks that it keeps to its size and lets nothing
// through to the terminal but looks.
func (d *Driver) Lines() []string {
	d.t.Helper()
	lines := d.Part.Lines()
	Check(d.t, d.Env.Styles, lines, d.width, d.height)
	return lines
}

// Check fails where lines are not a picture of the size, or hold what a terminal
// would obey beside looks.
func Check(t testing.TB, s *style.Styles, lines []string, width, height int) {
	t.Helper()
	if len(lines) != height {
		t.Fatalf("%d lines, want %d", len(lines), height)
	}
	for i, l := range lines {
		if w := s.Width(l); w != width {
			t.Errorf("line %d has %d cells, want %d: %q", i, w, width, l)
		}
		if bad := obeyed(l); bad != "" {
			t.Errorf("line %d holds %q: %q", i, bad, l)
		}
	}
}

// obeyed is the first thing in a line that a terminal would act on and that is no
// look, "" for nothing.
func obeyed(line string) string {
	for i := 0; i < len(line); {
		if line[i] == 0x1b {
			n := look(line[i:])
			if n == 0 {
				return line[i:min(len(line), i+8)]
			}
			i += n
			continue
		}
		if line[i] < ' ' || line[i] == 0x7f {
			return line[i : i+1]
		}
		i++
	}
	for _, r := range line {
		if r >= 0x80 && r < 0xa0 || strings.ContainsRune("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
			return string(r)
		}
	}
	return ""
}

// look is the length of the SGR sequence that s begins with, 0 where it begins
// with another.
func look(s string) int {
	if !strings.HasPrefix(s, "\x1b[") {
		return 0
	}
	for i := 2; i < len(s); i++ {
		switch c := s[i]; {
		case c == 'm':
			return i + 1
		case c != ';' && c != ':' && (c < '0' || c > '9'):
			return 0
		}
	}
	return 0
}

// Text is the part's picture without looks, without blanks at the ends of lines.
func (d *Driver) Text() string {
	d.t.Helper()
	return Bare(d.Lines())
}

// Bare is lines without looks, without blanks at their ends.
func Bare(lines []string) string {
	var b strings.Builder
	w := colorprofile.Writer{Forward: &b, Profile: colorprofile.NoTTY}
	for _, l := range lines {
		_, _ = w.WriteString(l) // a strings.Builder takes everything
		b.WriteByte('\n')
	}
	out := strings.Split(b.String(), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return strings.Join(out, "\n")
}

// Golden compares the part's picture with the one in testdata, with its looks
// where the theme has any. -update writes it.
func (d *Driver) Golden(t *testing.T) {
	t.Helper()
	golden.RequireEqual(t, []byte(strings.Join(d.Lines(), "\n")+"\n"))
}
