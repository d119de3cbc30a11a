package style

import "strings"

// Builder puts pieces beside each other until a line is full.
type Builder struct {
	styles *Styles
	text   strings.Builder
	room   int
}

// Builder returns the builder of a line of so many cells.
func (s *Styles) Builder(width int) *Builder { return &Builder{styles: s, room: max(0, width)} }

// Put adds as much of any text as there is room for.
func (b *Builder) Put(text string, look Paint) {
	if b.room == 0 || text == "" {
		return
	}
	line := b.styles.Screen.Clean(text, b.room)
	b.text.WriteString(b.styles.Line(line, look))
	b.room -= line.Width
}

// Column adds any text in exactly so many cells, or fewer at the end of the line.
func (b *Builder) Column(text string, width int, look Paint) {
	width = min(width, b.room)
	if width <= 0 {
		return
	}
	b.text.WriteString(b.styles.Fit(text, width, look))
	b.room -= width
}

// Drawn adds what was drawn, which is so many cells wide, if there is room.
func (b *Builder) Drawn(line string, width int) {
	if width > b.room {
		line, width = b.styles.Cut(line, 0, b.room), b.room
	}
	b.text.WriteString(line)
	b.room -= width
}

// Room is how many cells are left.
func (b *Builder) Room() int { return b.room }

// String fills the line with blanks and returns it.
func (b *Builder) String() string {
	b.text.WriteString(Spaces(b.room))
	b.room = 0
	return b.text.String()
}
