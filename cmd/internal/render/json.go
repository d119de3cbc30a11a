package render

import (
	"bufio"
)

// jsonlEncoder writes a message a line: {"type":"config",...},
// {"type":"row","table":NAME,"row":{...}}, {"type":"fields","name":NAME,
// "fields":{...}} and {"type":"note",...}. A table is announced with its column
// names, so that an empty one can be told from none.
type jsonlEncoder struct {
	w     *bufio.Writer
	table Table
	buf   []byte
}

func (e *jsonlEncoder) encode(m Message) error {
	var err error
	b := e.buf[:0]
	switch m := m.(type) {
	case Config:
		b, err = appendMessage(b, "config", m)
	case Note:
		b, err = appendMessage(b, "note", m)
	case Table:
		e.table = m
		names := make([]string, len(m.Columns))
		for i, c := range m.Columns {
			names[i] = c.Name
		}
		b, err = appendMessage(b, "table", struct {
			Name    string   `json:"name"`
			Columns []string `json:"columns"`
		}{m.Name, names})
	case Row:
		b = append(b, `{"type":"row","table":`...)
		if b, err = appendJSON(b, e.table.Name); err != nil {
			return err
		}
		b = append(b, `,"row":`...)
		b, err = appendRow(b, e.table.Columns, m.Values)
		b = append(b, '}')
	case Fields:
		b = append(b, `{"type":"fields","name":`...)
		if b, err = appendJSON(b, m.Name); err != nil {
			return err
		}
		b = append(b, `,"fields":`...)
		b, err = appendFields(b, m)
		b = append(b, '}')
	}
	if err != nil {
		return err
	}
	e.buf = append(b, '\n')
	_, err = e.w.Write(e.buf)
	return err
}

func (e *jsonlEncoder) close() error { return nil }

// jsonEncoder writes one object: "config", a member for each table (an array of
// objects) and each list of fields (an object), and "notes". Rows are written
// as they come, one a line.
type jsonEncoder struct {
	w       *bufio.Writer
	columns []Column
	inTable bool
	rows    int
	notes   []Note
	buf     []byte
}

func (e *jsonEncoder) encode(m Message) error {
	var err error
	b := e.buf[:0]
	switch m := m.(type) {
	case Note:
		e.notes = append(e.notes, m)
		return nil
	case Config:
		b = append(b, `{"config":`...)
		b, err = appendJSON(b, m)
	case Table:
		b = e.endTable(b)
		b = append(b, ",\n"...)
		b, err = appendJSON(b, m.Name)
		b = append(b, ":["...)
		e.columns, e.inTable, e.rows = m.Columns, true, 0
	case Row:
		if e.rows > 0 {
			b = append(b, ',')
		}
		e.rows++
		b = append(b, '\n')
		b, err = appendRow(b, e.columns, m.Values)
	case Fields:
		b = e.endTable(b)
		b = append(b, ",\n"...)
		if b, err = appendJSON(b, m.Name); err != nil {
			return err
		}
		b = append(b, ':')
		b, err = appendFields(b, m)
	}
	if err != nil {
		return err
	}
	e.buf = b
	_, err = e.w.Write(b)
	return err
}

func (e *jsonEncoder) endTable(b []byte) []byte {
	if !e.inTable {
		return b
	}
	e.inTable = false
	if e.rows > 0 {
		b = append(b, '\n')
	}
	return append(b, ']')
}

func (e *jsonEncoder) close() error {
	b := e.endTable(e.buf[:0])
	b = append(b, ",\n\"notes\":"...)
	if e.notes == nil {
		e.notes = []Note{}
	}
	b, err := appendJSON(b, e.notes)
	if err != nil {
		return err
	}
	_, err = e.w.Write(append(b, "}\n"...))
	return err
}

// appendMessage appends v, which encodes as an object with members, with a
// type member in front.
func appendMessage(b []byte, kind string, v any) ([]byte, error) {
	data, err := JSON(v)
	if err != nil {
		return b, err
	}
	b = append(b, `{"type":"`+kind+`",`...)
	return append(b, data[1:]...), nil
}

func appendJSON(b []byte, v any) ([]byte, error) {
	data, err := JSON(jsonValue(v))
	return append(b, data...), err
}

func appendRow(b []byte, columns []Column, values []any) ([]byte, error) {
	var err error
	b = append(b, '{')
	for i, c := range columns {
		if b, err = appendMember(b, i, c.Name, values[i]); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func appendFields(b []byte, f Fields) ([]byte, error) {
	var err error
	b = append(b, '{')
	for i, item := range f.Items {
		if b, err = appendMember(b, i, item.Name, item.Value); err != nil {
			return b, err
		}
	}
	return append(b, '}'), nil
}

func appendMember(b []byte, i int, name string, value any) ([]byte, error) {
	if i > 0 {
		b = append(b, ',')
	}
	b, err := appendJSON(b, name)
	if err != nil {
		return b, err
	}
	return appendJSON(append(b, ':'), value)
}
