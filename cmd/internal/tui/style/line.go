package style

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
)

// Line draws a line of cells: its text with a look, its marks and matches with
// theirs above it.
func (s *Styles) Line(l cell.Line, look Paint) string {
	var b strings.Builder
	for _, span := range l.Spans {
		b.WriteString(s.span(span, look).Text(span.Text))
	}
	return b.String()
}

func (s *Styles) span(span cell.Span, look Paint) Paint {
	switch {
	case span.Mark && s.Screen.Cut(span.Text):
		return s.Dim.On(look) // nothing is hidden in it
	case span.Mark:
		return s.Hidden.On(look)
	}
	switch span.Kind {
	case cell.Match, cell.Hit:
		return s.Match.On(look)
	case cell.Removed:
		return s.Removed.On(look)
	case cell.Added:
		return s.Added.On(look)
	case cell.Key:
		return s.JSONKey.On(look)
	case cell.String:
		return s.JSONText.On(look)
	case cell.Number, cell.Literal:
		return s.JSONRest.On(look)
	case cell.Punct:
		return s.Dim.On(look)
	}
	return look
}

// Fit draws any text in exactly so many cells.
func (s *Styles) Fit(text string, width int, look Paint) string {
	return s.Line(s.Screen.Fit(text, width), look)
}

// Clean draws as much of any text as there are cells for.
func (s *Styles) Clean(text string, width int, look Paint) string {
	return s.Line(s.Screen.Clean(text, width), look)
}

// Width is how many cells a line takes that has looks.
func (s *Styles) Width(line string) int {
	if s.Screen.Graphemes {
		return ansi.StringWidth(line)
	}
	return ansi.StringWidthWc(line)
}

// Cut is the part of a line with looks from one cell to before another. Blanks
// stand for the halves of wide characters at its ends.
func (s *Styles) Cut(line string, from, to int) string {
	if to <= from {
		return ""
	}
	truncate, truncateLeft := ansi.TruncateWc, ansi.TruncateLeftWc // ansi.CutWc of x/ansi v0.11.9 forgets the left end
	if s.Screen.Graphemes {
		truncate, truncateLeft = ansi.Truncate, ansi.TruncateLeft
	}
	head := truncate(line, to, "")
	part := truncateLeft(head, from, "")
	if s.Width(part) > s.Width(head)-from { // it begins with the second half of a character
		part = truncateLeft(head, from+1, "")
	}
	return Spaces(s.Width(head)-from-s.Width(part)) + part + Spaces(min(to, s.Width(line))-s.Width(head))
}

// Pad is a line with looks, cut or filled to so many cells.
func (s *Styles) Pad(line string, width int) string {
	if have := s.Width(line); have <= width {
		return line + Spaces(width-have)
	}
	return s.Cut(line, 0, width) + paintReset
}

// Row draws a row of parts with looks as a selected or marked one: the look goes
// beneath all of it, also where a part ends its own.
func (s *Styles) Row(line string, under Paint) string {
	if under.open == "" {
		return line
	}
	return under.open + strings.ReplaceAll(line, paintReset, paintReset+under.open) + paintReset
}
