package console

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
)

// maxQuery bounds a query that is typed or pasted, in bytes.
const maxQuery = 64 << 10

// editor is a text that is typed, with a cursor: bytes of the text. Its lines are
// wrapped one cell before the right edge, so that the cursor has room behind
// them.
type editor struct {
	value string
	at    int // of the cursor
	// wrong are the bytes that an error is about; none where both are 0.
	wrongFrom, wrongTo int

	screen cell.Screen
	width  int
	text   *cell.Text // of the value and a blank, on which the cursor stands at the end
	top    int        // the first line that is seen
}

// set replaces the text and puts the cursor behind it.
func (e *editor) set(value string) {
	e.value = cutText(typed(value), maxQuery)
	e.at = len(e.value)
	e.changed()
}

// typed is text as it can stand in a query: without controls, which no SQL needs.
func typed(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\t", "  ")
	return strings.Map(func(r rune) rune {
		if r == '\r' {
			return '\n'
		}
		if r != '\n' && unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// cutText is as much of s as has so many bytes, in whole characters.
func cutText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// insert types text at the cursor.
func (e *editor) insert(s string) {
	s = cutText(typed(s), maxQuery-len(e.value))
	e.value = e.value[:e.at] + s + e.value[e.at:]
	e.at += len(s)
	e.changed()
}

// replace puts text in the place of the bytes before the cursor from a byte on.
func (e *editor) replace(from int, s string) {
	e.value = e.value[:from] + e.value[e.at:]
	e.at = from
	e.insert(s)
}

// remove takes the bytes between the cursor and another place away.
func (e *editor) remove(to int) {
	from, end := min(e.at, to), max(e.at, to)
	e.value = e.value[:from] + e.value[end:]
	e.at = from
	e.changed()
}

func (e *editor) changed() { e.text, e.wrongFrom, e.wrongTo = nil, 0, 0 }

// lay wraps the text for a screen, if it is not wrapped yet.
func (e *editor) lay(screen cell.Screen, width int) {
	if e.text != nil && e.screen == screen && e.width == width {
		return
	}
	e.screen, e.width = screen, width
	e.text = screen.Text(e.value + " ")
	e.text.Highlight(e.looks())
	for !e.text.Grow(e.lineWidth()) {
	}
}

// looks is what the parts of the text are, and where an error is.
func (e *editor) looks() []cell.Highlight {
	var out []cell.Highlight
	for _, t := range scan(e.value) {
		if kind := t.look(); kind != cell.Plain && (t.to <= e.wrongFrom || t.from >= e.wrongTo) {
			out = append(out, cell.Highlight{Start: t.from, End: t.to, Kind: kind})
		}
	}
	if e.wrongTo > e.wrongFrom {
		out = append(out, cell.Highlight{Start: e.wrongFrom, End: e.wrongTo, Kind: cell.Match})
	}
	return out
}

func (e *editor) lineWidth() int { return max(1, e.width-1) }

// count is how many lines the text has.
func (e *editor) count() int {
	n, _ := e.text.Count(e.lineWidth())
	return n
}

// place is the line and the cell of the cursor.
func (e *editor) place() (line, x int) {
	line, _ = e.text.LineAt(e.at, e.lineWidth())
	start, _ := e.text.Offset(line, e.lineWidth())
	return line, min(e.width-1, e.screen.Clean(e.value[start:e.at], e.width).Width)
}

// window are the lines that are seen, around the cursor.
func (e *editor) window(height int) []cell.Line {
	line, _ := e.place()
	e.top = max(0, min(e.top, e.count()-height))
	e.top = max(min(e.top, line), line-height+1)
	return e.text.Lines(e.top, height, e.lineWidth())
}

// vertical moves the cursor by lines, and reports whether there is such a line.
func (e *editor) vertical(by int) bool {
	line, x := e.place()
	if line+by < 0 || line+by >= e.count() {
		return false
	}
	e.to(line+by, x)
	return true
}

// to moves the cursor to the character at a cell of a line.
func (e *editor) to(line, x int) {
	lines := e.text.Lines(line, 1, e.lineWidth())
	if len(lines) == 0 {
		return
	}
	end := min(lines[0].End, len(e.value))
	e.at = lines[0].Start
	for e.at < end && e.value[e.at] != '\n' && e.screen.Clean(e.value[lines[0].Start:e.after(e.at)], e.width).Width <= x {
		next := e.after(e.at)
		if next == lines[0].End && next < len(e.value) { // it belongs to the next line
			return
		}
		e.at = next
	}
}

// before is where the character before a byte begins, with what is combined with
// it.
func (e *editor) before(at int) int {
	for at > 0 {
		r, size := utf8.DecodeLastRuneInString(e.value[:at])
		at -= size
		if !unicode.Is(unicode.M, r) {
			break
		}
	}
	return at
}

// after is where the character at a byte ends.
func (e *editor) after(at int) int {
	_, size := utf8.DecodeRuneInString(e.value[at:])
	for at += size; at < len(e.value); at += size {
		r, n := utf8.DecodeRuneInString(e.value[at:])
		if size = n; !unicode.Is(unicode.M, r) {
			break
		}
	}
	return at
}

// wordBefore is where the word before the cursor begins, wordAfter where the one
// behind it ends.
func (e *editor) wordBefore() int {
	at := len(strings.TrimRightFunc(e.value[:e.at], func(r rune) bool { return !isWord(r) }))
	return len(strings.TrimRightFunc(e.value[:at], isWord))
}

func (e *editor) wordAfter() int {
	rest := strings.TrimLeftFunc(e.value[e.at:], func(r rune) bool { return !isWord(r) })
	return len(e.value) - len(strings.TrimLeftFunc(rest, isWord))
}

// lineStart and lineEnd are the ends of the line of the cursor, as it was typed.
func (e *editor) lineStart() int { return strings.LastIndexByte(e.value[:e.at], '\n') + 1 }

func (e *editor) lineEnd() int {
	if i := strings.IndexByte(e.value[e.at:], '\n'); i >= 0 {
		return e.at + i
	}
	return len(e.value)
}

// press does what a key of a line of text does, and reports whether it is one.
func (e *editor) press(name, text string) bool {
	switch name {
	case "left", "ctrl+b":
		e.at = e.before(e.at)
	case "right", "ctrl+f":
		e.at = e.after(e.at)
	case "ctrl+left", "alt+left", "alt+b":
		e.at = e.wordBefore()
	case "ctrl+right", "alt+right", "alt+f":
		e.at = e.wordAfter()
	case "home", "ctrl+a":
		e.at = e.lineStart()
	case "end", "ctrl+e":
		e.at = e.lineEnd()
	case "ctrl+home":
		e.at = 0
	case "ctrl+end":
		e.at = len(e.value)
	case "backspace", "ctrl+h":
		e.remove(e.before(e.at))
	case "delete", "ctrl+d":
		e.remove(e.after(e.at))
	case "ctrl+w", "alt+backspace":
		e.remove(e.wordBefore())
	case "ctrl+u":
		e.remove(e.lineStart())
	case "ctrl+k":
		e.remove(e.lineEnd())
	default:
		if text == "" {
			return false
		}
		e.insert(text)
	}
	return true
}
