package render

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
)

// errOneTable is returned for a stream that a CSV file cannot hold.
var errOneTable = errors.New("csv holds one table; use json, jsonl or text")

// csvEncoder writes one table as RFC 4180 CSV with LF line ends and a header
// line, or one list of fields as a table of names and values. NULL is an empty
// cell and an empty text is "" in quotation marks. Notes go aside.
type csvEncoder struct {
	w     *bufio.Writer
	o     Options
	begun bool
	line  []byte
}

func (e *csvEncoder) encode(m Message) error {
	switch m := m.(type) {
	case Note:
		_, err := fmt.Fprintf(e.o.Aside, "exhibit: %s: %s\n", m.Level, Terminal(m.Text))
		return err
	case Table:
		names := make([]any, len(m.Columns))
		for i, c := range m.Columns {
			names[i] = c.Name
		}
		return e.begin(names)
	case Fields:
		if err := e.begin([]any{"name", "value"}); err != nil {
			return err
		}
		for _, item := range m.Items {
			if err := e.row([]any{item.Name, item.Value}); err != nil {
				return err
			}
		}
	case Row:
		return e.row(m.Values)
	}
	return nil
}

func (e *csvEncoder) close() error { return nil }

func (e *csvEncoder) begin(header []any) error {
	if e.begun {
		return errOneTable
	}
	e.begun = true
	return e.row(header)
}

func (e *csvEncoder) row(values []any) error {
	e.line = e.line[:0]
	for i, v := range values {
		if i > 0 {
			e.line = append(e.line, ',')
		}
		s, text, null, err := plain(v)
		if err != nil {
			return err
		}
		if text {
			s = CSVCell(s)
		}
		e.line = appendCSV(e.line, s, null)
	}
	if len(values) == 1 && len(e.line) == 0 {
		// A line of one empty cell would read as no line at all. NULL and empty
		// text are the same here.
		e.line = append(e.line, `""`...)
	}
	e.line = append(e.line, '\n')
	_, err := e.w.Write(e.line)
	return err
}

// appendCSV appends one cell, quoted where RFC 4180 asks for it, where readers
// differ (outer white space), and where it tells an empty text from NULL.
func appendCSV(b []byte, s string, null bool) []byte {
	switch {
	case null:
		return b
	case s != "" && !strings.ContainsAny(s, ",\"\n") && strings.TrimSpace(s) == s:
		return append(b, s...)
	}
	b = append(b, '"')
	for i := range len(s) {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}
