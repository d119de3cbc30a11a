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

// shape is how many lines of a piece are seen, and whether a line says that there
// is more.
type shape struct {
	lines int
	more  bool
}

// measured is the shape of a piece, and what it was measured for.
type measured struct {
	shape
	width int
	fold  fold
	known int // lines of the text
}

// stale reports whether the shape has to be measured anew.
func (p *piece) stale(width int) bool {
	if p.fold == folded {
		return false
	}
	if p.size.width != width || p.size.fold != p.fold {
		return true
	}
	n, _ := p.text.Count(width)
	return p.fold == open && n != p.size.known
}

// seen is the shape of a piece, or what it was before the width changed until
// it is measured.
func (p *piece) seen() shape {
	if p.fold == folded {
		return shape{}
	}
	return p.size.shape
}

// measure finds the shape of a piece. It lays out no more lines than a screen has,
// or none where they are known.
func (p *piece) measure(width int) {
	if !p.stale(width) {
		return
	}
	want := 0
	if p.fold == short {
		want = slack
	}
	n, all := p.text.Count(width)
	if n <= want && !all {
		p.text.Lines(want, 1, width) // so that as many are known, if there are
		n, all = p.text.Count(width)
	}
	p.size = measured{shape{n, !all}, width, p.fold, n}
	if p.fold == short && (n > slack || !all) {
		p.size.shape = shape{shortLines, true}
	}
}

// slack is up to how many lines a piece is seen whole: to leave out a line or two
// is not worth a line that says so.
const slack = shortLines + 2

// measureNear measures the pieces on both sides of one, as many as lie on some
// screens. The rest waits for [View.grow].
func (v *View) measureNear(i int) {
	const around = 64
	for at := max(0, i-around); at < min(len(v.pieces), i+around); at++ {
		v.pieces[at].measure(v.inner())
	}
}

// lay finds where each piece begins, and leaves the cursor where it is.
func (v *View) lay() { v.layAt(v.here()) }

// layAt is lay, with the cursor at a place.
func (v *View) layAt(at place) {
	v.lines.Resize(v.bodyHeight())
	v.measureNear(at.piece)
	v.starts = v.starts[:0]
	total := 0
	for _, p := range v.pieces {
		v.starts = append(v.starts, total)
		size := p.seen()
		total += 1 + size.lines + 1
		if size.more {
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
	n := p.seen().lines
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

// unfinished reports whether a piece is not measured, or has lines that are not
// known and should be.
func (v *View) unfinished(i int) bool {
	p := v.pieces[i]
	if p.stale(v.inner()) {
		return true
	}
	_, all := p.text.Count(v.inner())
	return !all && (p.fold == open || p.text.Size() <= maxCounted || v.goal != nil && v.goal.piece == i)
}

// growBytes is how much text one step lays out, which takes some milliseconds;
// measureBytes is about how much it takes to measure a piece.
const (
	growBytes    = 256 << 10
	measureBytes = slack * 100
)

// grow measures pieces and finds more lines of them, for some milliseconds: first
// of the one that the cursor is to go to. It reports whether there is more to do.
func (v *View) grow() bool {
	left := growBytes
	if v.goal != nil {
		left = v.growPiece(v.goal.piece, left)
	}
	for v.next < len(v.pieces) && left > 0 {
		if left = v.growPiece(v.next, left); !v.unfinished(v.next) {
			v.next++
		}
	}
	v.lay()
	v.reach()
	return v.next < len(v.pieces) || v.goal != nil
}

// growPiece does what is to be done for a piece, and returns how much may be laid
// out after that.
func (v *View) growPiece(i, left int) int {
	p := v.pieces[i]
	for left > 0 && v.unfinished(i) {
		if p.stale(v.inner()) {
			p.measure(v.inner())
			left -= measureBytes
			continue
		}
		p.text.Grow(v.inner())
		left -= growBytes / 4
	}
	return left
}

// reach moves the cursor to its goal, when the line of that is known.
func (v *View) reach() {
	if v.goal == nil {
		return
	}
	p := v.pieces[v.goal.piece]
	line, known := p.text.LineAt(v.goal.offset, v.inner())
	if n, all := p.text.Count(v.inner()); !known && all { // the end of the text
		line, known = max(0, n-1), true
	}
	if !known {
		return
	}
	if line >= p.seen().lines {
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
