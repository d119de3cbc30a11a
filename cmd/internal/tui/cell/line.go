package cell

import "strings"

// Kind says what a piece of text is, for the style it is drawn in.
type Kind uint8

// The kinds of text. The first is what text is when nothing is said of it.
const (
	Plain   Kind = iota
	Match        // what a detector matched
	Hit          // what a search found
	Removed      // only on the left side of a comparison
	Added        // only on the right side of a comparison
	Key          // the name of a member of a JSON object
	String       // a JSON string
	Number       // a JSON number, as it was spelled
	Literal      // true, false or null
	Punct        // a bracket, colon or comma of JSON
)

// Span is a piece of a line that is drawn in one style.
type Span struct {
	Text string
	Kind Kind
	// Mark is set where Text stands for something hidden, turned or cut in the
	// logged text, and was not logged itself.
	Mark bool
}

// Line is one line of a screen.
type Line struct {
	Spans []Span
	// Width is the number of cells of all spans.
	Width int
	// Start and End are the bytes of the text that the line stands for. The
	// next line begins at End.
	Start, End int
}

// String is the text of the line without its styles.
func (l Line) String() string {
	if len(l.Spans) == 1 {
		return l.Spans[0].Text
	}
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// lineWriter builds a line from units.
type lineWriter struct {
	text  []byte
	spans []spanEnd
	width int
	dir   direction
}

type spanEnd struct {
	end  int
	kind Kind
	mark bool
}

func (w *lineWriter) write(text string, width int, kind Kind, mark bool) {
	w.text = append(w.text, text...)
	w.width += width
	if last := len(w.spans) - 1; last >= 0 && w.spans[last].kind == kind && w.spans[last].mark == mark {
		w.spans[last].end = len(w.text)
		return
	}
	w.spans = append(w.spans, spanEnd{len(w.text), kind, mark})
}

// ascii writes text that holds nothing but printable ASCII.
func (w *lineWriter) ascii(text string, kind Kind, mark bool) { w.write(text, len(text), kind, mark) }

func (w *lineWriter) unit(u unit, kind Kind) {
	w.write(u.text, u.width, kind, u.mark)
	if u.dir != neutral {
		w.dir = u.dir
	}
}

// pad fills the line with spaces up to width, after the mark that ends
// right-to-left text; there is room for it, or the line ends in no such text.
func (w *lineWriter) pad(sc Screen, width int) {
	if w.dir == rightToLeft {
		w.write(sc.rtlEnd(), sc.Width(sc.rtlEnd()), Plain, true)
	}
	if room := width - w.width; room > 0 {
		w.write(strings.Repeat(" ", room), room, Plain, false)
	}
}

func (w *lineWriter) line(start, end int) Line {
	l := Line{Width: w.width, Start: start, End: end, Spans: make([]Span, len(w.spans))}
	text, from := string(w.text), 0
	for i, s := range w.spans {
		l.Spans[i] = Span{Text: text[from:s.end], Kind: s.kind, Mark: s.mark}
		from = s.end
	}
	return l
}

// Clean is the beginning of s that fits into width cells on one line, with an
// ellipsis where s goes on. What it looks at depends on width alone, not on
// the length of s. Line ends are marks. See the package on right-to-left text.
func (sc Screen) Clean(s string, width int) Line {
	w, end := sc.fit(s, width)
	w.pad(sc, 0)
	return w.line(0, end)
}

// Fit is [Screen.Clean], filled with spaces to exactly width cells: a cell of
// a column.
func (sc Screen) Fit(s string, width int) Line {
	w, end := sc.fit(s, width)
	w.pad(sc, width)
	return w.line(0, end)
}

// fit writes as many units of s as leave room for what must follow them: the
// ellipsis when s goes on, and the mark that ends right-to-left text.
func (sc Screen) fit(s string, width int) (lineWriter, int) {
	end := sc.fitting(s, width)
	w := lineWriter{text: make([]byte, 0, max(width, 0)+8)}
	for at := 0; at < end; {
		u := sc.next(s[at:])
		w.unit(u, Plain)
		at += u.n
	}
	if end < len(s) && width > 0 {
		w.write(sc.ellipsis(), 1, Plain, true)
	}
	return w, end
}

// fitting is how many bytes of s fit into width cells together with what must
// follow them.
func (sc Screen) fitting(s string, width int) int {
	rtl := sc.Width(sc.rtlEnd())
	x, end, fits, dir := 0, 0, 0, neutral
	for end < len(s) {
		u := sc.next(s[end:])
		x += u.width
		if x > width {
			return fits
		}
		end += u.n
		if u.dir != neutral {
			dir = u.dir
		}
		tail := 0
		if dir == rightToLeft {
			tail = rtl
		}
		if end < len(s) {
			tail++
		}
		if x+tail <= width {
			fits = end
		}
	}
	return fits
}
