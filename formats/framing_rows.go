package formats

import "bytes"

// rowWalk is the place in a row of a table. Cells are those of RFC 4180: a cell
// that begins with a quotation mark goes on to the next one that stands alone,
// and may hold anything; two in a row stand for one. A mark inside a cell that
// does not begin with one is text, as programs write that quote nothing.
type rowWalk uint8

const (
	rowCell   rowWalk = iota + 1 // in a cell, outside quotation marks
	rowQuoted                    // between quotation marks
	rowMark                      // after a quotation mark that may end the cell, or be the first of two
	rowBegin  rowWalk = 0        // at the beginning of a cell
)

// run advances from data[at] to the line end that ends the row and returns its
// offset, or len(data) and false when the row does not end; it can then be
// called again with what follows.
func (w *rowWalk) run(data []byte, at int, comma byte) (int, bool) {
	for at < len(data) {
		switch c := data[at]; {
		case *w == rowQuoted:
			i := bytes.IndexByte(data[at:], '"')
			if i < 0 {
				return len(data), false
			}
			at += i + 1
			*w = rowMark
		case c == '"' && (*w == rowBegin || *w == rowMark):
			*w = rowQuoted
			at++
		case c == '\n':
			*w = rowBegin
			return at, true
		case c == comma:
			*w = rowBegin
			at++
		default:
			*w = rowCell
			for at++; at < len(data) && data[at] != comma && data[at] != '\n'; {
				at++
			}
		}
	}
	return at, false
}

// cell is one cell of a row.
type cell struct {
	text   []byte // without the quotation marks around it
	quoted bool
	twice  bool // quotation marks inside are written twice
}

// cutCell cuts the first cell from a row. It reports false when the cell goes
// on after the quotation mark that ends it, or has none; more says that another
// cell follows.
func cutCell(row []byte, comma byte) (c cell, rest []byte, more, ok bool) {
	if len(row) == 0 || row[0] != '"' {
		i := bytes.IndexByte(row, comma)
		if i < 0 {
			return cell{text: row}, nil, false, true
		}
		return cell{text: row[:i]}, row[i+1:], true, true
	}
	c.quoted = true
	at := 1
	for {
		i := bytes.IndexByte(row[at:], '"')
		if i < 0 {
			return c, nil, false, false
		}
		if at += i + 1; at == len(row) || row[at] != '"' {
			break
		}
		c.twice = true
		at++
	}
	c.text = row[1 : at-1]
	switch {
	case at == len(row):
		return c, nil, false, true
	case row[at] != comma:
		return c, nil, false, false
	}
	return c, row[at+1:], true, true
}

// plain returns the text of a cell; scratch is used where that is not what is
// written.
func (c *cell) plain(scratch []byte) (text, grown []byte) {
	if !c.twice {
		return c.text, scratch
	}
	scratch = scratch[:0]
	for rest := c.text; ; {
		i := bytes.IndexByte(rest, '"')
		if i < 0 {
			scratch = append(scratch, rest...)
			return scratch, scratch
		}
		scratch = append(scratch, rest[:i+1]...)
		rest = rest[i+2:]
	}
}
