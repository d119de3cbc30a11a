// Package list keeps the cursor of a view that shows rows: which one is chosen,
// and which are seen. It draws nothing and knows no rows, so that there can be
// ten million of them.
package list

import (
	"strconv"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
)

// List is a cursor over rows. The zero value is over none.
type List struct {
	count, height, cursor, top int
}

// margin is how many rows are seen beyond the cursor where there are any.
const margin = 2

// wheel is how many rows a turn of the wheel moves.
const wheel = 3

// Resize says how many rows are seen at a time.
func (l *List) Resize(height int) {
	l.height = max(1, height)
	l.follow()
}

// Count says how many rows there are. The cursor stays where it is, or goes to
// the last row.
func (l *List) Count(n int) {
	l.count = max(0, n)
	l.To(l.cursor)
}

// Len is how many rows there are.
func (l *List) Len() int { return l.count }

// Cursor is the chosen row, from 0; 0 where there is none.
func (l *List) Cursor() int { return l.cursor }

// Top is the first row that is seen.
func (l *List) Top() int { return l.top }

// Window is the rows that are seen, from <= row < to.
func (l *List) Window() (from, to int) { return l.top, min(l.count, l.top+l.height) }

// To moves the cursor to a row, or to the nearest that there is.
func (l *List) To(row int) {
	l.cursor = max(0, min(row, l.count-1))
	l.follow()
}

// Center moves the cursor to a row, and shows it in the middle.
func (l *List) Center(row int) {
	l.cursor = max(0, min(row, l.count-1))
	l.top = l.cursor - l.height/2
	l.follow()
}

// Place moves the cursor to a row, and shows it so many rows below the first that
// is seen.
func (l *List) Place(row, below int) {
	l.cursor = max(0, min(row, l.count-1))
	l.top = l.cursor - below
	l.follow()
}

// follow moves the window so that the cursor is seen.
func (l *List) follow() {
	edge := min(margin, (l.height-1)/2)
	l.top = min(l.top, l.cursor-edge)
	l.top = max(l.top, l.cursor+edge-l.height+1)
	l.top = max(0, min(l.top, l.count-l.height))
}

// Press moves the cursor by a key, and reports whether it is one that does.
func (l *List) Press(k tea.KeyPressMsg, m *keys.Move) bool {
	by, ok := m.Step(k, l.height-1, l.count)
	if ok {
		l.To(l.cursor + by)
	}
	return ok
}

// Mouse moves by the wheel and by a click on a row; y is the line of the list
// that the mouse is at. It reports whether a row was clicked that was chosen
// already, which opens it.
func (l *List) Mouse(msg tea.MouseMsg, y int) (open bool) {
	switch msg := msg.(type) {
	case tea.MouseWheelMsg:
		switch msg.Button {
		case tea.MouseWheelUp:
			l.To(l.cursor - wheel)
		case tea.MouseWheelDown:
			l.To(l.cursor + wheel)
		}
	case tea.MouseClickMsg:
		row := l.top + y
		if msg.Button != tea.MouseLeft || y < 0 || y >= l.height || row >= l.count {
			return false
		}
		open = row == l.cursor
		l.To(row)
	}
	return open
}

// Position says where the cursor is: "12,345 of 10,000,000".
func (l *List) Position() string {
	if l.count == 0 {
		return ""
	}
	return Number(int64(l.cursor)+1) + " of " + Number(int64(l.count))
}

// Number writes a count with a comma between thousands.
func Number(n int64) string {
	if n < 0 {
		return "-" + Number(-n)
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
