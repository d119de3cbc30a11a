package formats

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Bounds of what is looked at to tell whether a text is a table.
const (
	maxHeader    = 64 << 10 // bytes of the row of names, which the case keeps apart
	sniffedRows  = 10
	minTableCols = 2
	knownAmong   = 50 // columns that are looked at for a known name
)

// sniffTable returns the framing of a table that a text begins with, and its
// first row as a JSON object, which has no end where the sample does not reach
// that of the row.
//
// A table begins with a row of at least two names, and most of the rows that
// can be seen under it have as many cells. That could be said of prose with
// commas, too. So names must look like names; no column may repeat its own name
// in every row, as the words of a log would; and something must speak for a
// table: a name that logs are known to use, or a cell that is quoted, empty or
// a number, as words are not.
func sniffTable(text []byte, whole bool) (f Framing, first []byte, ok bool) {
	text = bytes.TrimLeft(text, "\r\n")
	if len(text) == 0 || text[0] == '{' || text[0] == '[' || text[0] == '<' {
		return f, nil, false
	}
	columns := 0
	for _, comma := range []byte(",;\t|") {
		sniffed := tableSniff{comma: comma, whole: whole}
		if sniffed.read(text) && len(sniffed.names) > columns {
			columns = len(sniffed.names)
			f = Framing{Kind: FrameTable, Comma: Comma(comma), Header: validText(sniffed.header)}
			first = sniffed.object(&f)
		}
	}
	return f, first, columns > 0
}

// tableSniff is a text read as a table with one kind of separator.
type tableSniff struct {
	comma  byte
	whole  bool
	header []byte // with the line before the names, if there is one
	names  []cell
	first  []byte // the first row with the right number of cells
	cut    []byte // the last row, where the sample does not reach its end

	right, wrong int  // rows
	quoted       bool // a name is
	telling      bool // a row has a cell that no word is
	own          []int
}

// read reads the names and the first rows, and reports whether they are a
// table's.
func (s *tableSniff) read(text []byte) bool {
	before, rest := cutPreamble(text)
	row, rest, ended := s.cutRow(rest)
	if !ended || len(before)+len(row) > maxHeader || !s.readNames(row) {
		return false
	}
	s.header = text[:len(before)+len(row)]
	s.own = make([]int, len(s.names))
	for len(rest) > 0 && s.right+s.wrong < sniffedRows {
		row, rest, ended = s.cutRow(rest)
		switch {
		case ended:
			s.readRow(row)
		case s.right == 0:
			s.cut = row
		}
	}
	for _, n := range s.own {
		if n > 0 && n == s.right {
			return false
		}
	}
	fits := s.right > s.wrong || s.right+s.wrong == 0 && s.cutFits()
	return fits && (s.quoted || s.telling || s.knows())
}

// cutRow cuts a row from a text. It has not ended where the text ends in a
// quotation, or before a line end in a sample that is cut.
func (s *tableSniff) cutRow(text []byte) (row, rest []byte, ended bool) {
	var w rowWalk
	end, ended := w.run(text, 0, s.comma)
	row = bytes.TrimSuffix(text[:end], []byte("\r"))
	if !ended {
		return row, nil, s.whole && w != rowQuoted
	}
	return row, text[end+1:], true
}

// readNames reads the row of names.
func (s *tableSniff) readNames(row []byte) bool {
	empty := 0
	for more := true; more; {
		var c cell
		var ok bool
		if c, row, more, ok = cutCell(row, s.comma); !ok || !nameLike(&c) {
			return false
		}
		if s.names = append(s.names, c); len(c.text) == 0 {
			empty++
		}
		s.quoted = s.quoted || c.quoted
	}
	return len(s.names)-empty >= minTableCols && empty <= 1 // one: an index column
}

// nameLike reports whether a cell can be the name of a column. A quoted one may
// hold anything that is on one line.
func nameLike(c *cell) bool {
	if len(c.text) > maxNameLength || !utf8.Valid(c.text) && bytes.IndexByte(c.text, 0) >= 0 {
		return false
	}
	for i, b := range c.text {
		letter := 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || b >= utf8.RuneSelf || b == '_'
		switch {
		case b < ' ' || b == 0x7f:
			return false
		case letter, c.quoted:
		case i == 0 && !strings.ContainsRune("@#$(", rune(b)):
			return false
		case b == ' ' && i == len(c.text)-1:
			return false
		case '0' <= b && b <= '9', strings.IndexByte(" _-.:/@#$()%[]*+&", b) >= 0:
		default:
			return false
		}
	}
	return true
}

// readRow counts a row under the names.
func (s *tableSniff) readRow(row []byte) {
	if blank(row) && bytes.IndexByte(row, s.comma) < 0 {
		return
	}
	var own []int
	telling := false
	n, more, rest := 0, true, row
	for ; more; n++ {
		var c cell
		var ok bool
		if c, rest, more, ok = cutCell(rest, s.comma); !ok {
			s.wrong++
			return
		}
		telling = telling || isTelling(&c)
		if n < len(s.names) && len(c.text) > 0 && bytes.Equal(c.text, s.names[n].text) {
			own = append(own, n)
		}
	}
	switch {
	case n != len(s.names):
		s.wrong++
		return
	case len(own) == n:
		return // the names again
	}
	for _, i := range own {
		s.own[i]++
	}
	if s.right++; s.right == 1 {
		s.first = row
	}
	s.telling = s.telling || telling
}

// isTelling reports whether a cell is something that a word of a text is not.
func isTelling(c *cell) bool {
	if c.quoted || len(c.text) == 0 {
		return true
	}
	_, ok := scaled(c.text, 0, true)
	_, _, _, isTime := ParseTime(c.text)
	return ok || isTime
}

// knows reports whether a name is one that logs are known to use.
func (s *tableSniff) knows() bool {
	var normal [maxNameLength]byte
	for i := range s.names[:min(len(s.names), knownAmong)] {
		name := appendNormal(normal[:0], s.names[i].text)
		for _, k := range knownNames {
			for _, known := range k.names {
				if len(known) >= len(name) && string(appendNormal(nil, []byte(known))) == string(name) {
					return true
				}
			}
		}
	}
	return false
}

// cutFits reports whether the row that the sample cuts can be one of the table.
func (s *tableSniff) cutFits() bool {
	n := 0
	for rest, more, ok := s.cut, true, true; more && ok; n++ {
		var c cell
		c, rest, more, ok = cutCell(rest, s.comma)
		s.telling = s.telling || more && isTelling(&c) || c.quoted
	}
	return len(s.cut) > 0 && n <= len(s.names)
}

// object returns the first row as an object. Of a row that is cut it holds the
// cells before the one that is, and has no end.
func (s *tableSniff) object(f *Framing) []byte {
	d := NewDecoder()
	if s.first != nil {
		object, err := d.openRow(f, s.first, false)
		if err != nil {
			return nil
		}
		return object
	}
	t := d.tableOf(f)
	object := []byte{'{'}
	for rest, n := s.cut, 0; n < len(t.keys); n++ {
		c, after, more, ok := cutCell(rest, s.comma)
		if !ok || !more {
			return object
		}
		rest = after
		text, _ := c.plain(nil)
		object = append(appendString(append(object, t.keys[n]...), text), ',')
	}
	return object
}
