package tui

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// dialog takes all keys until it is done.
type dialog interface {
	press(tea.KeyPressMsg) (done bool, cmd tea.Cmd)
	paste(text string) (done bool, cmd tea.Cmd)
	// box is drawn over the screen, nil for nothing.
	box(width, height int) []string
	// line is drawn at the bottom, "" for nothing.
	line(width int) string
	cursor(width int) (x int, ok bool)
}

// asking asks for a line of text at the bottom of the screen.
type asking struct {
	env   *part.Env
	ask   part.Ask
	input textinput.Model
	wrong error
	offer []string
}

// maxLine bounds what a person can type or paste into a line, in characters.
const maxLine = 16 << 10

func newAsking(env *part.Env, a part.Ask) *asking {
	in := textinput.New()
	in.CharLimit = maxLine
	in.SetValue(a.Value)
	in.CursorEnd()
	in.Focus()
	d := &asking{env: env, ask: a, input: in}
	d.look()
	return d
}

// look checks the line and finds what it could become.
func (d *asking) look() {
	d.wrong, d.offer = nil, nil
	if d.ask.Check != nil && d.input.Value() != "" {
		d.wrong = d.ask.Check(d.input.Value())
	}
	if d.ask.Complete != nil {
		d.offer = d.ask.Complete(d.input.Value())
	}
}

func (d *asking) press(k tea.KeyPressMsg) (bool, tea.Cmd) {
	switch k.String() {
	case "esc":
		return true, nil
	case "enter":
		if d.look(); d.wrong != nil {
			return false, nil
		}
		return true, d.ask.Then(d.input.Value())
	case "tab":
		if len(d.offer) > 0 {
			d.input.SetValue(shared(d.offer, d.input.Value()))
			d.input.CursorEnd()
			d.look()
		}
		return false, nil
	}
	d.input, _ = d.input.Update(k)
	d.look()
	return false, nil
}

// shared is what all offers begin with, which is the first where that is no more
// than is there.
func shared(offers []string, have string) string {
	out := []rune(offers[0])
	for _, o := range offers[1:] {
		n := 0
		for i, r := range []rune(o) {
			if i >= len(out) || out[i] != r {
				break
			}
			n = i + 1
		}
		out = out[:n]
	}
	if len(string(out)) <= len(have) {
		return offers[0]
	}
	return string(out)
}

func (d *asking) paste(text string) (bool, tea.Cmd) {
	d.input, _ = d.input.Update(tea.PasteMsg{Content: text})
	d.look()
	return false, nil
}

// box shows what the line could become, and what is wrong with it.
func (d *asking) box(width, height int) []string {
	var lines []string
	s := d.env.Styles
	if d.ask.Hint != "" {
		lines = append(lines, s.Clean(d.ask.Hint, width-4, s.Dim))
	}
	if d.wrong != nil {
		lines = append(lines, s.Clean(d.wrong.Error(), width-4, s.Bad))
	}
	for i, o := range d.offer {
		if i == height/2 {
			break
		}
		lines = append(lines, s.Clean(o, width-4, style.Paint{}))
	}
	if len(lines) == 0 {
		return nil
	}
	return framed(s, d.ask.Label, lines, width)
}

// window is what of the line is seen: the cells before the cursor, and all.
func (d *asking) window(width int) (before, text cell.Line) {
	screen := d.env.Styles.Screen
	value := []rune(d.input.Value())
	at := min(d.input.Position(), len(value))
	room := max(1, width-d.label().Width-1)
	from := max(0, at-room) // a character takes a cell at least, or a mark does
	for from < at && screen.Clean(string(value[from:at]), maxLine).Width >= room {
		from++
	}
	return screen.Clean(string(value[from:at]), room), screen.Clean(string(value[from:]), room)
}

func (d *asking) label() cell.Line {
	return d.env.Styles.Screen.Clean(d.ask.Label+": ", 26)
}

func (d *asking) line(width int) string {
	s := d.env.Styles
	_, text := d.window(width)
	label := d.label()
	return s.Line(label, s.Key) + s.Pad(s.Line(text, style.Paint{}), max(0, width-label.Width))
}

func (d *asking) cursor(width int) (int, bool) {
	before, _ := d.window(width)
	return d.label().Width + before.Width, true
}

// choosing asks for one of several things; what is typed narrows them.
type choosing struct {
	env    *part.Env
	choose part.Choose
	typed  string
	fits   []int // of the options
	at     int
}

func newChoosing(env *part.Env, c part.Choose) *choosing {
	d := &choosing{env: env, choose: c}
	d.narrow()
	return d
}

// narrow keeps the options that have all words that were typed, those first
// whose name begins with them.
func (d *choosing) narrow() {
	d.fits, d.at = nil, 0
	words := strings.Fields(strings.ToLower(d.typed))
	var later []int
	for i, o := range d.choose.Options {
		text := strings.ToLower(o.Name + " " + o.Note)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
			continue
		}
		if len(words) > 0 && !strings.HasPrefix(strings.ToLower(o.Name), words[0]) {
			later = append(later, i)
			continue
		}
		d.fits = append(d.fits, i)
	}
	d.fits = append(d.fits, later...)
}

func (d *choosing) press(k tea.KeyPressMsg) (bool, tea.Cmd) {
	switch k.String() {
	case "esc":
		return true, nil
	case "enter":
		if len(d.fits) == 0 {
			return false, nil
		}
		return true, d.choose.Then(d.fits[d.at])
	case "backspace":
		if r := []rune(d.typed); len(r) > 0 {
			d.typed = string(r[:len(r)-1])
			d.narrow()
		}
		return false, nil
	case "up", "ctrl+p":
		d.at = max(0, d.at-1)
		return false, nil
	case "down", "ctrl+n", "tab":
		d.at = max(0, min(len(d.fits)-1, d.at+1))
		return false, nil
	}
	return d.paste(k.Text)
}

func (d *choosing) paste(text string) (bool, tea.Cmd) {
	if text != "" && len(d.typed)+len(text) < maxLine {
		d.typed += text
		d.narrow()
	}
	return false, nil
}

func (d *choosing) box(width, height int) []string {
	s := d.env.Styles
	room := max(1, height-4)
	first := max(0, min(d.at-room/2, len(d.fits)-room))
	names, notes := 0, 0
	for _, o := range d.choose.Options {
		names = max(names, s.Screen.Clean(o.Name, 40).Width)
		notes = max(notes, s.Screen.Clean(o.Note, 80).Width)
	}
	inner := min(width-4, max(30, names+2+notes))
	names = min(names, inner-2)
	lines := []string{s.Fit("type to narrow: "+d.typed, inner, s.Dim)}
	for i := first; i < len(d.fits) && i < first+room; i++ {
		o := d.choose.Options[d.fits[i]]
		look := style.Paint{}
		if i == d.at {
			look = s.Selected
		}
		line := s.Fit(o.Name, names, look) + look.Text("  ") + s.Fit(o.Note, inner-names-2, s.Dim.On(look))
		if s.Plain && i == d.at {
			line = "> " + line
		}
		lines = append(lines, line)
	}
	if len(d.fits) == 0 {
		lines = append(lines, "nothing fits")
	}
	return framed(s, d.choose.Title, lines, width)
}

func (d *choosing) line(int) string { return "" }

func (d *choosing) cursor(int) (int, bool) { return 0, false }

// reading shows lines until a key closes it.
type reading struct {
	env   *part.Env
	title string
	lines []string
	top   int
	page  int
}

func (d *reading) press(k tea.KeyPressMsg) (bool, tea.Cmd) {
	if by, ok := d.env.Keys.Move.Step(k, d.page, len(d.lines)); ok {
		d.top = max(0, min(d.top+by, len(d.lines)-d.page))
		return false, nil
	}
	return true, nil
}

func (d *reading) paste(string) (bool, tea.Cmd) { return false, nil }

func (d *reading) box(width, height int) []string {
	d.page = max(1, height-2)
	d.top = max(0, min(d.top, len(d.lines)-d.page))
	title := d.title
	if len(d.lines) > d.page {
		title += " (↑ ↓ for more)"
	}
	return framed(d.env.Styles, title, d.lines[d.top:min(len(d.lines), d.top+d.page)], width)
}

func (d *reading) line(int) string { return "" }

func (d *reading) cursor(int) (int, bool) { return 0, false }

// framed puts a frame with a title around lines, which may have styles, and makes
// them equally wide.
func framed(s *style.Styles, title string, lines []string, most int) []string {
	name := s.Screen.Clean(title, most-8)
	width := name.Width + 2
	for _, l := range lines {
		width = max(width, s.Width(l))
	}
	width = min(width, most-4)
	if s.Plain {
		out := []string{s.Pad(name.String(), width)}
		for _, l := range lines {
			out = append(out, s.Pad(l, width))
		}
		return out
	}
	out := []string{s.Accent.Text("╭─ ") + s.Line(name, s.Strong) + s.Accent.Text(" "+strings.Repeat("─", max(0, width-name.Width-1))+"╮")}
	for _, l := range lines {
		out = append(out, s.Accent.Text("│")+" "+s.Pad(l, width)+" "+s.Accent.Text("│"))
	}
	return append(out, s.Accent.Text("╰"+strings.Repeat("─", width+2)+"╯"))
}
