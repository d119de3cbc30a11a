package conversation

import (
	"sort"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
)

// place is a place in the transcript: a byte of a piece, -1 for its title.
type place struct{ piece, offset int }

// margin is the width of what stands before the lines of a piece.
const margin = 2

// inner is the width of the lines of a piece.
func (v *View) inner() int { return max(1, v.width-margin) }

// shape is how many lines of a piece are seen, and whether a line says that
// there is more.
func (p *piece) shape(width int) (lines int, more bool) {
	switch p.fold {
	case folded:
		return 0, false
	case open:
		n, all := p.text.Count(width)
		if n == 0 && !all {
			p.text.Lines(0, 1, width)
			n, all = p.text.Count(width)
		}
		return n, !all
	}
	p.text.Lines(slack, 1, width) // so that as many are known, if there are
	n, all := p.text.Count(width)
	if all && n <= slack {
		return n, false
	}
	return shortLines, true
}

// slack is up to how many lines a piece is seen whole: to leave out a line or two
// is not worth a line that says so.
const slack = shortLines + 2

// lay finds where each piece begins, and leaves the cursor where it is.
func (v *View) lay() { v.layAt(v.here()) }

// layAt is lay, with the cursor at a place.
func (v *View) layAt(at place) {
	v.lines.Resize(v.bodyHeight())
	v.starts = v.starts[:0]
	total := 0
	for _, p := range v.pieces {
		v.starts = append(v.starts, total)
		n, more := p.shape(v.inner())
		total += 1 + n + 1
		if more {
			total++
		}
	}
	v.lines.Count(max(0, total-1)) // no blank behind the last
	if row, ok := v.rowOf(at); ok {
		v.lines.To(row)
	}
}

// rowOf is the row of a place, as far as it is seen and known.
func (v *View) rowOf(at place) (row int, ok bool) {
	if at.piece < 0 || at.piece >= len(v.pieces) {
		return 0, false
	}
	p := v.pieces[at.piece]
	if at.offset < 0 {
		return v.starts[at.piece], true
	}
	n, _ := p.shape(v.inner())
	if n == 0 {
		return v.starts[at.piece], true
	}
	line, known := p.text.LineAt(at.offset, v.inner())
	if !known || line >= n {
		return v.starts[at.piece] + n, at.offset >= p.text.Size() || known
	}
	return v.starts[at.piece] + 1 + line, true
}

// here is the place of the cursor.
func (v *View) here() place {
	i, line := v.at(v.lines.Cursor())
	if i < 0 {
		return place{-1, -1}
	}
	return v.placeOf(i, line)
}

func (v *View) placeOf(i, line int) place {
	if line <= 0 {
		return place{i, -1}
	}
	offset, known := v.pieces[i].text.Offset(line-1, v.inner())
	if !known {
		return place{i, v.pieces[i].text.Size()}
	}
	return place{i, offset}
}

// at is the piece of a row, -1 for none, and the line of it: 0 is its title.
func (v *View) at(row int) (piece, line int) {
	if len(v.pieces) == 0 || len(v.starts) == 0 {
		return -1, 0
	}
	piece = max(0, sort.SearchInts(v.starts, row+1)-1)
	return piece, row - v.starts[piece]
}

// maxCounted bounds the texts of which all lines are counted while they are not
// seen, in bytes.
const maxCounted = 4 << 20

// unfinished is a piece whose lines are not all known and should be, -1 for none:
// the one that the cursor is to go to first, then those that are seen.
func (v *View) unfinished() int {
	if v.goal != nil && !v.complete(v.goal.piece) {
		return v.goal.piece
	}
	rest := -1
	for i, p := range v.pieces {
		if v.complete(i) {
			continue
		}
		if p.fold == open {
			return i
		}
		if rest < 0 && p.text.Size() <= maxCounted {
			rest = i
		}
	}
	return rest
}

func (v *View) complete(i int) bool {
	_, all := v.pieces[i].text.Count(v.inner())
	return all
}

// grow finds more lines of a text, for some milliseconds, and reports whether
// there is more to be found.
func (v *View) grow() bool {
	for range 4 {
		i := v.unfinished()
		if i < 0 {
			break
		}
		v.pieces[i].text.Grow(v.inner())
	}
	v.lay()
	v.reach()
	return v.unfinished() >= 0
}

// reach moves the cursor to its goal, when the line of that is known.
func (v *View) reach() {
	if v.goal == nil {
		return
	}
	p := v.pieces[v.goal.piece]
	line, known := p.text.LineAt(v.goal.offset, v.inner())
	if !known {
		return
	}
	if n, _ := p.shape(v.inner()); line >= n {
		p.fold = open
		v.lay()
	}
	if row, ok := v.rowOf(*v.goal); ok {
		v.lines.Center(row)
	}
	v.goal = nil
}

// hasMark reports whether a line shows something that was found.
func hasMark(l cell.Line) bool {
	for _, s := range l.Spans {
		if s.Kind == cell.Match || s.Kind == cell.Hit {
			return true
		}
	}
	return false
}
