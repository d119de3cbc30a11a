package tui

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// The least that the explorer can be drawn on. What is smaller shows a sentence.
const (
	minWidth  = 40
	minHeight = 10
)

// View implements [tea.Model].
func (m *model) View() tea.View {
	v := tea.NewView(strings.Join(m.lines(), "\n"))
	v.AltScreen = true
	v.MouseMode = tea.MouseModeCellMotion
	v.WindowTitle = "exhibit " + m.env.Styles.Screen.Clean(filepath.Base(m.env.Source.Info().Dir), minWidth).String()
	if x, y, ok := m.cursor(); ok {
		v.Cursor = tea.NewCursor(x, y)
	}
	return v
}

// lines draws the screen: header, chips, part, status, hints.
func (m *model) lines() []string {
	if m.width < minWidth || m.height < minHeight {
		return []string{m.env.Styles.Fit(fmt.Sprintf("needs %d x %d", minWidth, minHeight), max(1, m.width), style.Paint{})}
	}
	out := make([]string, 0, m.height)
	out = append(out, m.header())
	if !m.filter.Empty() {
		out = append(out, m.chips())
	}
	out = append(out, m.current().Lines()...)
	out = append(out, m.status(), m.bottom())
	if m.dialog != nil {
		overlay(m.env.Styles, out, m.dialog.box(m.width-4, m.height-4), m.width)
	}
	return out
}

// bodyTop is the line on which the part begins.
func (m *model) bodyTop() int {
	if m.filter.Empty() {
		return 1
	}
	return 2
}

// bodyHeight is how many lines the part has.
func (m *model) bodyHeight() int { return max(1, m.height-m.bodyTop()-2) }

// resize tells the parts how large they are.
func (m *model) resize() {
	for _, p := range m.parts {
		p.Resize(max(1, m.width), m.bodyHeight())
	}
}

// tab is where the name of a part stands in the header.
type tab struct {
	name, text string
	from, to   int
}

// tabs lays out the names of the parts: with digits, or where the terminal is
// narrow only the present one by name.
func (m *model) tabs() []tab {
	bindings := m.env.Keys.Global.Bindings()
	long, x := 0, 0
	for _, p := range m.parts {
		long += len(p.Name()) + 3
	}
	var out []tab
	for i, p := range m.parts {
		text := " " + bindings[i].Help().Key + " " + p.Name()
		if i != m.at && long > m.width {
			text = " " + bindings[i].Help().Key
		}
		out = append(out, tab{p.Name(), text, x, x + len(text)})
		x += len(text)
	}
	return out
}

func (m *model) header() string {
	s := m.env.Styles
	var b strings.Builder
	width := 0
	for i, t := range m.tabs() {
		look := s.Tab
		if i == m.at {
			look = s.TabOn
		}
		b.WriteString(s.Tab.Text(" ") + look.Text(t.text[1:]))
		width += len(t.text)
	}
	info := m.env.Source.Info()
	name := " " + filepath.Base(info.Dir) + " "
	if room := m.width - width; room > 0 {
		b.WriteString(right(s, name, room, s.Bar))
	}
	return b.String()
}

// right sets a text to the right end of so many cells.
func right(s *style.Styles, text string, width int, look style.Paint) string {
	line := s.Screen.Clean(text, width)
	return look.Text(style.Spaces(width-line.Width)) + s.Line(line, look)
}

// chips draws the filter.
func (m *model) chips() string {
	s, room := m.env.Styles, m.width
	var b strings.Builder
	for i := range m.filter.Conditions {
		text := s.Screen.Clean(m.filter.Conditions[i].Chip(), min(room-3, 2*m.width/3))
		width := text.Width + 3
		if width > room || text.Width == 0 {
			break
		}
		b.WriteString(s.Chip.Text(" ") + s.Line(text, s.Chip) + s.Chip.Text(" ") + " ")
		room -= width
	}
	return b.String() + style.Spaces(room)
}

// spinner is drawn while something goes on.
const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

// status draws what is going on, or what there is to say, and where the cursor is.
func (m *model) status() string {
	s, state := m.env.Styles, m.state()
	left, look := m.busy(state), s.Bar
	if m.notice.Text != "" {
		left, look = m.notice.Text, s.Bar
		switch m.notice.Level {
		case part.Warning:
			left, look = "warning: "+left, s.Warn.On(s.Bar)
		case part.Failure:
			left, look = "error: "+left, s.Bad.On(s.Bar)
		}
	}
	position := s.Screen.Clean(state.Position, m.width/2)
	room := m.width - position.Width - 2
	return s.Fit(" "+left, room, look) + s.Bar.Text(" ") + s.Line(position, s.Bar) + s.Bar.Text(" ")
}

func (m *model) busy(state part.State) string {
	if state.Busy == "" {
		return ""
	}
	frames := []rune(spinner)
	text := string(frames[m.spin%len(frames)]) + " " + state.Busy
	if m.env.Styles.Plain {
		text = state.Busy
	}
	if state.Total > 0 {
		text += " " + strconv.FormatInt(100*min(state.Done, state.Total)/state.Total, 10) + " %"
	}
	if state.Cancel != nil {
		text += "; " + m.env.Keys.Global.Cancel.Help().Key + " stops it"
	}
	return text
}

// bottom draws the line of a dialog, or the keys that are most worth knowing.
func (m *model) bottom() string {
	if m.dialog != nil {
		if line := m.dialog.line(m.width); line != "" {
			return line
		}
	}
	s := m.env.Styles
	g := &m.env.Keys.Global
	room := m.width
	var last []keys.Binding
	for _, b := range []keys.Binding{g.Help, g.Quit, g.Palette} {
		if w := hintWidth(s, b); w <= room {
			last = append(last, b)
			room -= w
		}
	}
	var out strings.Builder
	for _, b := range m.current().Keys() {
		if w := hintWidth(s, b); w <= room {
			out.WriteString(hint(s, b))
			room -= w
		}
	}
	for _, b := range last {
		out.WriteString(hint(s, b))
	}
	return out.String() + style.Spaces(room)
}

func hintWidth(s *style.Styles, b keys.Binding) int {
	return s.Width(b.Help().Key) + s.Width(b.Help().Desc) + 3
}

func hint(s *style.Styles, b keys.Binding) string {
	return s.Key.Text(b.Help().Key) + " " + s.Dim.Text(b.Help().Desc) + "  "
}

// cursor is where the terminal's cursor is to be, if anywhere.
func (m *model) cursor() (x, y int, ok bool) {
	if m.dialog != nil {
		x, ok = m.dialog.cursor(m.width)
		return x, m.height - 1, ok
	}
	x, y, ok = m.current().Cursor()
	return x, y + m.bodyTop(), ok && (m.current().Typing() || m.env.Styles.Plain)
}

// overlay puts a box into the middle of the lines.
func overlay(s *style.Styles, lines, box []string, width int) {
	if len(box) == 0 {
		return
	}
	w := s.Width(box[0])
	x, y := max(0, (width-w)/2), max(1, (len(lines)-len(box))/2)
	for i, b := range box {
		if y+i >= len(lines)-1 {
			return
		}
		line := lines[y+i]
		lines[y+i] = s.Cut(line, 0, x) + b + s.Cut(line, x+w, width)
	}
}
