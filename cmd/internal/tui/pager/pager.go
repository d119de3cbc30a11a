// Package pager shows a text or bytes of any length, a screen at a time: with a
// cursor over lines, and what was searched for. It is a piece of a view.
package pager

import (
	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// Pager is a piece of a view. The lines of a long text are found in steps of a
// few milliseconds, between which the view is drawn: its commands bring the next
// step, so that the view gives it all messages that it has no use for.
type Pager struct {
	styles        *style.Styles
	width, height int

	text   *cell.Text
	bytes  []byte // shown in hexadecimal digits, where there is no text
	offset int64  // of the first byte
	lines  list.List

	growing bool // a step is on its way
	goal    int  // byte that the cursor goes to when its line is found; -1 for none
	search  search
}

// growMsg asks for the next step.
type growMsg struct{ of *Pager }

// OfText makes a pager over a text.
func OfText(s *style.Styles, t *cell.Text) *Pager { return &Pager{styles: s, text: t, goal: -1} }

// OfBytes makes a pager over bytes, whose first is at offset in what they were
// cut from.
func OfBytes(s *style.Styles, b []byte, offset int64) *Pager {
	return &Pager{styles: s, bytes: b, offset: offset, goal: -1}
}

// Resize says how many cells there are. The cursor stays on its byte.
func (p *Pager) Resize(width, height int) {
	width, height = max(1, width), max(1, height)
	if width != p.width && p.width > 0 && p.goal < 0 {
		p.goal = p.Byte()
	}
	p.width, p.height = width, height
	p.lines.Resize(height)
	p.count()
}

// count says how many lines are known, and goes where the cursor is to be.
func (p *Pager) count() {
	if p.text == nil {
		per := cell.HexRow(p.width)
		p.lines.Count((len(p.bytes) + per - 1) / per)
	} else {
		n, all := p.text.Count(p.width)
		if n == 0 && !all {
			p.text.Grow(p.width) // a step, so that there is something to draw
			n, _ = p.text.Count(p.width)
		}
		p.lines.Count(n)
	}
	if p.goal >= 0 {
		p.reach()
	}
}

// reach goes to the line of the goal, if it is known.
func (p *Pager) reach() {
	if p.text == nil {
		p.lines.Center(p.goal / cell.HexRow(p.width))
		p.goal = -1
		return
	}
	line, known := p.text.LineAt(p.goal, p.width)
	n, all := p.text.Count(p.width)
	p.lines.Count(n)
	if known {
		p.lines.Center(line)
	}
	if known || all {
		p.goal = -1
	}
}

// To moves the cursor to the line of a byte.
func (p *Pager) To(at int) tea.Cmd {
	p.goal = at
	p.reach()
	return p.Grow()
}

// Byte is the first byte of the line of the cursor.
func (p *Pager) Byte() int {
	if p.text == nil {
		return p.lines.Cursor() * cell.HexRow(p.width)
	}
	at, _ := p.text.Offset(p.lines.Cursor(), p.width)
	return at
}

// Grow asks for the next step, if there is one and none is on its way.
func (p *Pager) Grow() tea.Cmd {
	if p.growing || p.complete() || p.width == 0 {
		return nil
	}
	p.growing = true
	return func() tea.Msg { return growMsg{p} }
}

func (p *Pager) complete() bool {
	if p.text == nil {
		return true
	}
	_, all := p.text.Count(p.width)
	return all
}

// Take takes a message that may be one of the pager's own.
func (p *Pager) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case growMsg:
		if msg.of != p {
			return nil
		}
		p.growing = false
		p.text.Grow(p.width)
		p.count()
		return p.Grow()
	case foundMsg:
		if msg.of == p {
			return p.found(&msg)
		}
	}
	return nil
}

// Press moves the cursor by a key, and reports whether it is one that does.
func (p *Pager) Press(k tea.KeyPressMsg, m *keys.Move) (tea.Cmd, bool) {
	if !p.lines.Press(k, m) {
		return nil, false
	}
	p.goal = -1
	return p.Grow(), true
}

// Mouse moves the cursor by the mouse at a line of the pager.
func (p *Pager) Mouse(msg tea.MouseMsg, y int) tea.Cmd {
	p.goal = -1
	p.lines.Mouse(msg, y)
	return p.Grow()
}

// Cursor is the line of the pager that the cursor is on.
func (p *Pager) Cursor() int { return p.lines.Cursor() - p.lines.Top() }

// Position says where the cursor is, and among how many lines: "12 of 1,200+"
// while more are being found.
func (p *Pager) Position() string {
	text := p.lines.Position()
	if text != "" && !p.complete() {
		text += "+"
	}
	if hit := p.search.position(); hit != "" {
		text = hit + "  " + text
	}
	return text
}

// Done says how much of the text is laid out, in bytes; of 0 where all is.
func (p *Pager) Done() (done, of int64) {
	if p.complete() || p.width == 0 {
		return 0, 0
	}
	n, _ := p.text.Count(p.width)
	at, _ := p.text.Offset(n-1, p.width)
	return int64(at), int64(p.text.Size())
}

// Lines draws the pager: as many lines as it is high, each as wide as it is.
func (p *Pager) Lines() []string {
	s := p.styles
	from, to := p.lines.Window()
	out := make([]string, 0, p.height)
	for i, l := range p.window(from, to) {
		look := style.Paint{}
		if from+i == p.lines.Cursor() {
			look = s.Selected
		}
		line := s.Line(l, look)
		if l.Width < p.width {
			line += look.Text(style.Spaces(p.width - l.Width))
		}
		out = append(out, s.Pad(line, p.width))
	}
	for len(out) < p.height {
		out = append(out, style.Spaces(p.width))
	}
	return out[:p.height]
}

func (p *Pager) window(from, to int) []cell.Line {
	if p.text != nil {
		return p.text.Lines(from, to-from, p.width)
	}
	per := cell.HexRow(p.width)
	start, end := min(len(p.bytes), from*per), min(len(p.bytes), to*per)
	return p.styles.Screen.Hex(p.bytes[start:end], p.offset+int64(start), p.width)
}
