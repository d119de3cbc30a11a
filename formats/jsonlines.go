package formats

import (
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// jsonLines is any JSON: lines, arrays, or values that follow each other. The
// columns come from a [Map], or without one from well-known names.
type jsonLines struct{}

var _ Format = jsonLines{}

func (jsonLines) Name() string { return "jsonl" }

func (jsonLines) Doc() string {
	return "any JSON lines, array or values: columns by well-known names, or by a map"
}

// Detect accepts what begins with an object or an array, even where it is
// broken, so that one damaged line does not hide a log. Other values must be a
// whole line: text that begins with a digit is no JSON.
func (jsonLines) Detect(s *Sample) error {
	text := trimBOM(s.Prefix)
	text = text[skipBlank(text, 0):]
	switch {
	case len(text) == 0:
		return errors.New("it is empty or blank")
	case s.isTable():
		return errors.New("it is a table")
	case s.isWrapped() && s.First.Kind() != jsontape.Object:
		return errors.New("there is no JSON object in the wrapped lines")
	case s.isWrapped():
		return nil
	}
	if text[0] == '{' || text[0] == '[' {
		return nil
	}
	if !beginsValue(text[0]) {
		return fmt.Errorf("it does not begin like JSON, but with the byte 0x%02x", text[0])
	}
	line, rest := cutLine(text)
	var doc jsontape.Doc
	var err error
	if rest == nil && !s.Whole {
		err = doc.ParsePrefix(line)
	} else {
		err = doc.Parse(line)
	}
	if err != nil {
		return fmt.Errorf("reading the first line: %w", err)
	}
	return nil
}

func (jsonLines) readsNull() {}

func (jsonLines) Framing(s *Sample) Framing { return JSONFraming(s) }

// Decode makes one event of a record. It is of kind inference only when the
// record has a model and content or usage, or when the map says so; else it is
// of kind other. A record that is no object, a bare number for instance, has no
// columns.
func (jsonLines) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	e := d.Add()
	e.Kind = KindOther
	if v.Kind() != jsontape.Object {
		return nil
	}
	a := assignment{d: d, e: e}
	if d.Map != nil {
		d.Map.apply(&a, v)
	} else {
		d.nameWalk().apply(&a, v)
	}
	a.finish()
	return nil
}

// nameWalk returns what finds well-known names, made on first use.
func (d *Decoder) nameWalk() *nameWalk {
	if d.names == nil {
		d.names = newNameWalk(newNameTable())
	}
	return d.names
}

// apply fills the event from the values with well-known names.
func (w *nameWalk) apply(a *assignment, v jsontape.Value) {
	w.find(v)
	for place := range w.places() {
		f := &w.best[place]
		a.set(fillOrder[place], f.value, f.unit, f.path)
	}
}
