package cell

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

const (
	// lineStride is how many lines lie between two that a Text remembers: the
	// index of 10 MB in lines of one cell then takes 1.3 MB, and a line is
	// found by wrapping at most this many.
	lineStride = 64
	// indexStep is how many bytes one call lays out beyond what is known: less
	// than a millisecond of ASCII, a few of the scripts that take longest.
	indexStep = 64 << 10
	// tabWidth is the distance of tab stops; that of code in most viewers.
	tabWidth = 4
)

// Highlight says of which kind the bytes from Start to End are.
type Highlight struct {
	Start, End int
	Kind       Kind
}

// Text is long text broken into lines at its line ends, and at words where a
// line is too long. Lines are laid out when they are asked for, so that the
// first screen of a text of any length costs what a screen costs. Line ends
// (LF, CR LF) are not shown; a tab becomes spaces; other controls are marks.
//
// A Text remembers the lines of the width it was last asked for, and so must
// not be used by two goroutines at once.
type Text struct {
	screen Screen
	s      string
	// kinds are what the text itself is made of, top what was laid over it.
	kinds, top []Highlight

	width  int
	starts []int // where each lineStride-th line starts
	lines  int   // how many lines are known
	known  int   // where the line after them starts
}

// Text is the lines of s on this screen.
func (sc Screen) Text(s string) *Text { return &Text{screen: sc, s: s} }

// Highlight lays highlights over the text, in place of those laid before.
// Where two overlap, the one that starts first is seen.
func (t *Text) Highlight(highlights []Highlight) { t.top = normalize(highlights, len(t.s)) }

// normalize is highlights in order, within a text of size bytes, none empty
// and none overlapping another.
func normalize(highlights []Highlight, size int) []Highlight {
	sorted := slices.Clone(highlights)
	slices.SortStableFunc(sorted, func(a, b Highlight) int { return a.Start - b.Start })
	end, out := 0, sorted[:0]
	for _, h := range sorted {
		h.Start, h.End = max(h.Start, end), min(h.End, size)
		if h.Start < h.End {
			out = append(out, h)
			end = h.End
		}
	}
	return out
}

// kindAt is what the bytes from start to end are: the kind of the first of
// highlights that has one of them.
func kindAt(highlights []Highlight, start, end int) (Kind, bool) {
	i := sort.Search(len(highlights), func(i int) bool { return highlights[i].End > start })
	if i < len(highlights) && highlights[i].Start < end {
		return highlights[i].Kind, true
	}
	return Plain, false
}

func (t *Text) kind(start, end int) Kind {
	if k, ok := kindAt(t.top, start, end); ok {
		return k
	}
	k, _ := kindAt(t.kinds, start, end)
	return k
}

// String is the text, of JSON as it is laid out. It is not for a terminal.
func (t *Text) String() string { return t.s }

// Size is the number of bytes of the text.
func (t *Text) Size() int { return len(t.s) }

// Count is how many lines of the given width are known, and whether these are
// all; [Text.Grow] finds more.
func (t *Text) Count(width int) (lines int, all bool) {
	t.setWidth(width)
	return t.lines, t.complete()
}

// Grow finds more lines, as many as are in the next 64 KiB, and reports whether
// all are known.
func (t *Text) Grow(width int) bool {
	t.setWidth(width)
	t.grow(func() bool { return false })
	return t.complete()
}

// Lines are up to n lines of the given width (at least one cell) beginning with
// line from, counted from 0. They may be fewer at the end of the text, or
// where line from is so far beyond what is known that it takes another call.
func (t *Text) Lines(from, n, width int) []Line {
	t.setWidth(width)
	t.grow(func() bool { return t.lines > from })
	if from < 0 || from >= t.lines {
		return nil
	}
	var lines []Line
	for start := t.start(from); len(lines) < n && start < len(t.s); {
		line := t.layOut(start)
		lines = append(lines, line)
		start = line.End
	}
	return lines
}

// Offset is the byte at which a line begins, and whether the line is known by
// now.
func (t *Text) Offset(line, width int) (offset int, known bool) {
	t.setWidth(width)
	t.grow(func() bool { return t.lines > line })
	if line < 0 || line >= t.lines {
		return 0, false
	}
	return t.start(line), true
}

// LineAt is the line that shows the byte at offset, and whether it is known by
// now. There is no line for an offset outside the text.
func (t *Text) LineAt(offset, width int) (line int, known bool) {
	t.setWidth(width)
	t.grow(func() bool { return t.known > offset })
	if offset < 0 || offset >= t.known {
		return 0, false
	}
	i := sort.SearchInts(t.starts, offset+1) - 1
	line = i * lineStride
	for start := t.starts[i]; ; line++ {
		if _, start = t.breakLine(start); start > offset {
			return line, true
		}
	}
}

func (t *Text) setWidth(width int) {
	if width = max(width, 1); width != t.width {
		t.width, t.starts, t.lines, t.known = width, nil, 0, 0
	}
}

func (t *Text) complete() bool { return t.known == len(t.s) }

// grow finds lines until enough says so, for indexStep bytes at most.
func (t *Text) grow(enough func() bool) {
	for end := t.known + indexStep; !t.complete() && t.known < end && !enough(); t.lines++ {
		if t.lines%lineStride == 0 {
			t.starts = append(t.starts, t.known)
		}
		_, t.known = t.breakLine(t.known)
	}
}

// start is where a known line begins.
func (t *Text) start(line int) int {
	start := t.starts[line/lineStride]
	for range line % lineStride {
		_, start = t.breakLine(start)
	}
	return start
}

// breakLine finds the line that begins at start: what it shows ends at shown,
// the next line begins at next.
func (t *Text) breakLine(start int) (shown, next int) {
	x, word := 0, start
	for at := start; at < len(t.s); {
		if x < t.width && isWordASCII(t.s[at:]) {
			x++
			at++
			continue
		}
		if n := lineEnd(t.s[at:]); n > 0 {
			return at, at + n
		}
		u := t.unit(at, x)
		space := u.text[0] == ' '
		if x+u.width > t.width {
			switch {
			case space:
				// It would begin the next line; with a line end after it, it
				// would be all of that.
				next = at + u.n
				if next < len(t.s) {
					next += lineEnd(t.s[next:])
				}
				return at, next
			case word > start:
				return word, word
			}
			return at, at
		}
		x += u.width
		at += u.n
		if space || u.width == 2 {
			word = at
		}
	}
	return len(t.s), len(t.s)
}

// unit is the unit at a byte of the text, which is drawn x cells from the left.
func (t *Text) unit(at, x int) unit {
	if t.s[at] == '\t' {
		// A tab at the right edge goes no further than the edge.
		width := tabWidth - x%tabWidth
		if x < t.width {
			width = min(width, t.width-x)
		}
		return unit{n: 1, text: blanks[:width], width: width}
	}
	u := t.screen.next(t.s[at:])
	if u.width > t.width {
		return unit{n: u.n, text: t.screen.ellipsis(), width: 1, mark: true}
	}
	return u
}

const blanks = "    " // tabWidth spaces

// lineEnd is the length of the line end that s begins with, or 0.
func lineEnd(s string) int {
	switch {
	case s[0] == '\n':
		return 1
	case s[0] == '\r' && strings.HasPrefix(s[1:], "\n"):
		return 2
	}
	return 0
}

// isWordASCII reports whether s begins with a printable ASCII character that is
// a unit of its own and no space: most of most texts.
func isWordASCII(s string) bool {
	return s[0] > ' ' && s[0] < 0x7f && (len(s) == 1 || s[1] < utf8.RuneSelf)
}

func (t *Text) layOut(start int) Line {
	w, next := t.write(start)
	return w.line(start, next)
}

// write writes the line that begins at start; the next one begins at next.
func (t *Text) write(start int) (w lineWriter, next int) {
	shown, next := t.breakLine(start)
	for at := start; at < shown; {
		u := t.unit(at, w.width)
		w.unit(u, t.kind(at, at+u.n))
		at += u.n
	}
	return w, next
}
