package formats

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Comma is the byte between the cells of a table.
type Comma byte

// MarshalText writes the byte itself.
func (c Comma) MarshalText() ([]byte, error) { return []byte{byte(c)}, nil }

// UnmarshalText reads what MarshalText writes.
func (c *Comma) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return fmt.Errorf("reading a separator of cells: want one byte, not %q", text)
	}
	*c = Comma(text[0])
	return nil
}

// table is a header made ready for the rows under it.
type table struct {
	framing Framing
	rows    []string // what is not data: the header, and a line before it
	keys    [][]byte // of the columns, as members of an object: "name":

	repaired bool   // the header was not UTF-8
	scratch  []byte // for the text of a cell
}

// tableOf returns the table that a framing describes, made once for all rows.
func (d *Decoder) tableOf(f *Framing) *table {
	if d.table == nil || d.table.framing != *f {
		d.table = newTable(f)
	}
	return d.table
}

func newTable(f *Framing) *table {
	before, names := cutPreamble(f.Header)
	t := &table{framing: *f, rows: []string{names}, repaired: strings.Contains(names, "\uFFFD")}
	if before != "" {
		t.rows = append(t.rows, strings.TrimRight(before, "\r\n"))
	}
	for _, name := range tellApart(cells([]byte(names), byte(f.Comma))) {
		t.keys = append(t.keys, append(appendString(nil, Text(name)), ':'))
	}
	return t
}

// cells returns the texts of the cells of a row, as far as it is well made.
func cells(row []byte, comma byte) []string {
	var texts []string
	for more := true; more; {
		var c cell
		var ok bool
		if c, row, more, ok = cutCell(row, comma); !ok {
			break
		}
		text, _ := c.plain(nil)
		texts = append(texts, string(text))
	}
	return texts
}

// tellApart tells columns of one name apart: the second "a" becomes a_2,
// unless there is such a column.
func tellApart(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, name := range names {
		taken[name] = true
	}
	seen := make(map[string]int, len(names))
	out := slices.Clone(names)
	for i, name := range names {
		n := seen[name] + 1
		if n > 1 {
			for taken[name+"_"+strconv.Itoa(n)] {
				n++
			}
			out[i] = name + "_" + strconv.Itoa(n)
			taken[out[i]] = true
		}
		seen[name] = n
	}
	return out
}

// cutPreamble cuts the line off that some programs write before the names: the
// type of the objects (Export-Csv of Windows PowerShell, unless told not to),
// or the separator as Excel wants it.
func cutPreamble[T string | []byte](text T) (before, rest T) {
	s := string(text[:min(len(text), 6)])
	if s != "#TYPE " && !strings.HasPrefix(s, "sep=") {
		return text[:0], text
	}
	for i := range len(text) {
		if text[i] == '\n' {
			return text[:i+1], text[i+1:]
		}
	}
	return text[:0], text
}

// validText returns a header as a framing keeps it: text, with U+FFFD for what
// is not UTF-8.
func validText(header []byte) string { return strings.ToValidUTF8(string(header), "\uFFFD") }

// holds reports whether a record of the table is one of those without data: the
// names themselves, which are there again where tables were joined.
func (t *table) holds(record []byte) bool {
	for _, row := range t.rows {
		if string(record) == row || t.repaired && validText(record) == row {
			return true
		}
	}
	return false
}

// openRow returns a row of a table as a JSON object: cells are strings under
// the names of their columns. A cell with nothing in it, not even quotation
// marks, is null: most programs write what they do not have this way. Some
// write an empty text so as well; the two cannot be told apart then, and
// nothing is claimed. A quoted empty cell is an empty string. Numbers, truth
// values and JSON stay strings, as written. Where sparse is set, what would be
// null is left out.
func (d *Decoder) openRow(f *Framing, record []byte, sparse bool) ([]byte, error) {
	t := d.tableOf(f)
	if t.holds(record) {
		return nil, nil
	}
	comma := byte(f.Comma)
	object := append(d.opened[:0], '{')
	n := 0
	for rest, more := record, true; more; n++ {
		var c cell
		var ok bool
		at := len(record) - len(rest)
		if c, rest, more, ok = cutCell(rest, comma); !ok {
			return nil, fmt.Errorf("reading cell %d at byte %d of the row: text after the quotation mark that ends it, or no such mark", n+1, at)
		}
		null := len(c.text) == 0 && !c.quoted
		if n >= len(t.keys) || null && sparse {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		object = append(object, t.keys[n]...)
		if null {
			object = append(object, "null"...)
			continue
		}
		var text []byte
		text, t.scratch = c.plain(t.scratch)
		object = appendString(object, text)
	}
	d.opened = append(object, '}')
	if n != len(t.keys) {
		return nil, fmt.Errorf("reading the row: %d cells under %d columns", n, len(t.keys))
	}
	return d.Arena.Copy(d.opened), nil
}
