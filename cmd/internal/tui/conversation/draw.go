package conversation

import (
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

const (
	// factLines say which call it is. On high screens one more line says what is to
	// be known of the texts, or nothing; else that is the last of them.
	factLines = 3
	roomy     = 20
	// footLines is below the transcript: what was found.
	footLines = 1
)

func (v *View) headHeight() int {
	if v.height < roomy {
		return factLines
	}
	return factLines + 1
}

func (v *View) bodyHeight() int { return max(1, v.height-v.headHeight()-footLines) }

// Lines implements [part.Part].
func (v *View) Lines() []string {
	var out []string
	switch {
	case v.said == nil:
		out = v.empty()
	case v.replays.shown():
		out = v.replayLines()
	default:
		out = v.transcriptLines()
	}
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// empty says why there is nothing to see, and what to do.
func (v *View) empty() []string {
	text := "choose an event in the timeline (" + v.env.Keys.Global.Timeline.Help().Key + ") to read its conversation"
	switch {
	case v.err != nil:
		text = "the conversation cannot be shown: " + v.err.Error()
	case v.asking.on():
		text = "reading the conversation"
	}
	var out []string
	for _, l := range v.env.Styles.Screen.Text(text).Lines(0, v.height, v.width) {
		out = append(out, v.env.Styles.Pad(v.env.Styles.Line(l, style.Paint{}), v.width))
	}
	return out
}

// facts draws two lines of facts.
func (v *View) facts(facts []fact, lines int) []string {
	s := v.env.Styles
	var out []string
	b := s.Builder(v.width)
	for _, f := range facts {
		width := s.Screen.Clean(f.text, v.width).Width
		if b.Room() < width+2 && b.Room() < v.width && len(out) < lines-1 {
			out = append(out, b.String())
			b = s.Builder(v.width)
		}
		if b.Room() < v.width {
			b.Put("  ", style.Paint{})
		}
		b.Put(f.text, v.look(f))
	}
	out = append(out, b.String())
	for len(out) < lines {
		out = append(out, style.Spaces(v.width))
	}
	return out
}

func (v *View) look(f fact) style.Paint {
	s := v.env.Styles
	switch f.how {
	case name:
		return s.Key
	case outcome:
		return s.Outcome(f.text)
	case warning:
		return s.Warn
	}
	return style.Paint{}
}

// transcriptLines draws the transcript.
func (v *View) transcriptLines() []string {
	s := v.env.Styles
	notes := v.notes
	if v.found != nil && v.found.hidden > 0 {
		notes = append([]fact{{counted(v.found.hidden, "hidden character"), warning}}, notes...)
	}
	out := v.facts(v.head, factLines)
	if len(notes) > 0 || len(out) < v.headHeight() {
		out = append(out[:v.headHeight()-1], v.facts(notes, 1)...)
	}
	if len(v.pieces) == 0 {
		g := &v.env.Keys.Global
		text := nothing(v.said) + " " + g.Correlation.Help().Key + " shows what belongs to it, " + g.Raw.Help().Key + " the raw record."
		for _, l := range s.Screen.Text(text).Lines(0, v.bodyHeight(), v.width) {
			out = append(out, s.Pad(s.Line(l, style.Paint{}), v.width))
		}
	}
	from, to := v.lines.Window()
	for row := from; row < to; {
		lines := v.pieceLines(row, to)
		out = append(out, lines...)
		row += len(lines)
	}
	for len(out) < v.height-footLines {
		out = append(out, style.Spaces(v.width))
	}
	return append(out, s.Fit(v.matchLine(), v.width, s.Dim))
}

// pieceLines draws the rows of one piece from a row on, to before another.
func (v *View) pieceLines(row, to int) []string {
	s := v.env.Styles
	i, line := v.at(row)
	p := v.pieces[i]
	n, more := p.seen().lines, p.seen().more
	var out []string
	draw := func(text string) {
		if row+len(out) == v.lines.Cursor() {
			text = s.Row(text, s.Selected)
		}
		out = append(out, text)
	}
	if line == 0 {
		draw(v.title(p))
		line++
	}
	if line <= n && row+len(out) < to {
		p.lay()
		for _, l := range p.text.Lines(line-1, min(n-line+1, to-row-len(out)), v.inner()) {
			b := s.Builder(v.width)
			v.drawMargin(b, hasMark(l))
			b.Drawn(s.Line(l, style.Paint{}), l.Width)
			draw(b.String())
			line++
		}
	}
	if line == n+1 && more && row+len(out) < to {
		b := s.Builder(v.width)
		v.drawMargin(b, false)
		text := p.rest(n, v.inner())
		if !s.Plain {
			text = "… " + text + " (→)"
		}
		b.Put(text, s.Accent)
		draw(b.String())
	}
	if len(out) < to-row && (i+1 >= len(v.starts) || row+len(out) < v.starts[i+1]) {
		draw(style.Spaces(v.width))
	}
	return out
}

// lay lays the marks over the text, when it is first seen.
func (p *piece) lay() {
	if !p.laid {
		p.text.Highlight(p.marks)
		p.laid = true
	}
}

// drawMargin draws what stands before a line: a sign where something was found.
func (v *View) drawMargin(b *style.Builder, marked bool) {
	s := v.env.Styles
	switch {
	case marked:
		b.Put("! ", s.Warn)
	case s.Plain:
		b.Put("  ", style.Paint{})
	default:
		b.Put("│ ", s.Dim)
	}
}

// title draws the title of a piece.
func (v *View) title(p *piece) string {
	s := v.env.Styles
	b := s.Builder(v.width)
	sign := "▾ "
	if p.fold == folded {
		sign = "▸ "
	}
	if s.Plain {
		sign = ""
	}
	b.Put(sign, s.Accent)
	b.Put(p.title, s.Strong)
	switch {
	case p.text.Size() == 0:
		b.Put("  empty", s.Dim)
	case p.fold == folded:
		b.Put("  folded, "+p.lines(v.inner()), s.Dim)
	}
	if p.signs > 0 {
		b.Put("  ! matched", s.Warn)
		if p.signs > 1 {
			b.Put(" "+list.Number(int64(p.signs))+" times", s.Warn)
		}
	}
	b.Put(p.note, s.Dim)
	return b.String()
}

// lines says how long a piece is.
func (p *piece) lines(width int) string {
	if n, all := p.text.Count(width); all {
		return counted(n, "line")
	}
	return size(p.text.Size())
}

// rest says how much of a piece is not seen.
func (p *piece) rest(shown, width int) string {
	n, all := p.text.Count(width)
	switch {
	case p.fold == open:
		return "laying out"
	case all:
		return list.Number(int64(n-shown)) + " more lines"
	}
	return "more, " + size(p.text.Size()) + " in all"
}
