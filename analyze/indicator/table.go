package indicator

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table is a list in CSV, and the columns that count; -1 for those that are not
// there.
type table struct {
	data                       []byte
	comma                      rune
	header                     bool
	value, kind, label, detect int
}

// newTable recognises a table: by names in its first row of which one is for
// the value, or by a first row of a type and a value. It returns nil for what is
// none.
func newTable(data []byte) *table {
	for _, comma := range []rune{',', ';', '\t'} {
		t := &table{data: data, comma: comma, header: true, value: -1, kind: -1, label: -1, detect: -1}
		row, err := t.reader().Read()
		if err != nil || len(row) < 2 {
			continue
		}
		t.names(row)
		if t.value >= 0 {
			return t
		}
		t.header, t.kind, t.label = false, -1, -1
		for i, other := range []int{1, 0} {
			if _, _, ok := wordType(row[i]); ok && t.kind < 0 {
				t.kind, t.value = i, other
			}
		}
		if t.kind < 0 {
			continue
		}
		if len(row) > 2 {
			t.label = 2
		}
		return t
	}
	return nil
}

func (t *table) reader() *csv.Reader {
	r := csv.NewReader(bytes.NewReader(t.data))
	r.Comma, r.Comment, r.FieldsPerRecord, r.LazyQuotes, r.TrimLeadingSpace = t.comma, '#', -1, true, t.comma != '\t'
	return r
}

// names finds the columns by their names.
func (t *table) names(row []string) {
	for i, name := range row {
		name = strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(name)))
		for _, c := range []struct {
			at    *int
			names []string
		}{
			{&t.value, []string{"value", "indicator", "indicatorvalue", "ioc", "iocvalue", "observable", "observablevalue"}},
			{&t.kind, []string{"type", "indicatortype", "ioctype", "observabletype", "attributetype"}},
			{&t.label, []string{"comment", "description", "label", "title", "source", "note", "info", "name"}},
			{&t.detect, []string{"toids"}},
		} {
			if *c.at < 0 && slices.Contains(c.names, name) {
				*c.at = i
			}
		}
	}
}

// table reads the rows of a table.
func (p *parser) table(t *table) error {
	p.list.Form = "csv"
	r := t.reader()
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading CSV: %w", err)
		}
		if first && t.header {
			continue
		}
		line, _ := r.FieldPos(0)
		if err := p.row(t, row, fmt.Sprintf("line %d", line)); err != nil {
			return err
		}
	}
}

func (p *parser) row(t *table, row []string, place string) error {
	cell := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	value := cell(t.value)
	switch word := cell(t.kind); {
	case value == "" && strings.Join(row, "") == "":
		return nil
	case value == "":
		return p.problem(place, strings.Join(row, string(t.comma)), "no value")
	case t.detect >= 0 && !truth(cell(t.detect)) && !p.o.All:
		p.list.NotForDetection++
		return nil
	case word == "":
		return p.line(value, cell(t.label), place)
	default:
		return p.ofWord(word, value, cell(t.label), place)
	}
}

func truth(s string) bool {
	return s == "1" || strings.EqualFold(s, "true") || strings.EqualFold(s, "yes")
}
