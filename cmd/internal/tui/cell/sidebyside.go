package cell

import "strings"

// minColumn is the narrowest column of a comparison: room for the mark that
// ends right-to-left text, and a wide character.
const minColumn = 8

// Comparison is two texts side by side, their words compared, wrapped so that
// what both have stands in the same rows again after each line end that both
// have.
type Comparison struct {
	left, right *Text
	width       int
	rows        []row
}

// Pair is one row of a [Comparison].
type Pair struct{ Left, Right Line }

// row is where a row begins in the texts, -1 where one has nothing to show.
type row struct{ left, right int }

// SideBySide compares a and b for two columns of width cells each (at least
// 8). It reads all of a and b, so it is no work for a frame; rows are laid
// out when they are asked for.
func (sc Screen) SideBySide(a, b string, width int) *Comparison {
	c := &Comparison{left: sc.Text(a), right: sc.Text(b), width: max(width, minColumn)}
	inner := c.width
	if hasRightToLeft(a) || hasRightToLeft(b) {
		inner -= sc.Width(sc.rtlEnd())
	}
	c.left.setWidth(inner)
	c.right.setWidth(inner)
	fromA, fromB, toA, toB := 0, 0, 0, 0
	for _, change := range WordDiff(a, b) {
		n := len(change.Text)
		switch change.Kind {
		case Removed:
			c.left.kinds = append(c.left.kinds, Highlight{toA, toA + n, Removed})
			toA += n
		case Added:
			c.right.kinds = append(c.right.kinds, Highlight{toB, toB + n, Added})
			toB += n
		default:
			for line := range strings.SplitAfterSeq(change.Text, "\n") {
				toA, toB = toA+len(line), toB+len(line)
				if strings.HasSuffix(line, "\n") {
					c.addRows(fromA, toA, fromB, toB)
					fromA, fromB = toA, toB
				}
			}
		}
	}
	c.addRows(fromA, toA, fromB, toB)
	return c
}

// addRows adds rows for stretches of both texts that end at line ends.
func (c *Comparison) addRows(a, endA, b, endB int) {
	for a < endA || b < endB {
		r := row{left: -1, right: -1}
		if a < endA {
			r.left = a
			_, a = c.left.breakLine(a)
		}
		if b < endB {
			r.right = b
			_, b = c.right.breakLine(b)
		}
		c.rows = append(c.rows, r)
	}
}

// Len is the number of rows.
func (c *Comparison) Len() int { return len(c.rows) }

// Rows are up to n rows beginning with row from, counted from 0. Both lines of a
// row are exactly as wide as their column.
func (c *Comparison) Rows(from, n int) []Pair {
	if from < 0 || from >= len(c.rows) {
		return nil
	}
	var pairs []Pair
	for _, r := range c.rows[from:min(from+n, len(c.rows))] {
		pairs = append(pairs, Pair{Left: c.column(c.left, r.left), Right: c.column(c.right, r.right)})
	}
	return pairs
}

func (c *Comparison) column(t *Text, start int) Line {
	w, next := lineWriter{}, max(start, 0)
	if start >= 0 {
		w, next = t.write(start)
	}
	w.pad(t.screen, c.width)
	return w.line(max(start, 0), next)
}

func hasRightToLeft(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return runeDirection(r) == rightToLeft })
}
