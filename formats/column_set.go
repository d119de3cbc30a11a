package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// setText sets a column that is still NULL.
func setText(column *Text, v Text) {
	if *column == nil {
		*column = v
	}
}

// setName sets a column that is still NULL, unless the value is empty: an
// empty identifier names nothing.
func setName(column *Text, v Text) {
	if *column == nil && len(v) > 0 {
		*column = v
	}
}

// setJSON sets a column that is still NULL to a value as written; a missing one
// and a null say nothing.
func setJSON(d *Decoder, column *Text, v jsontape.Value) {
	if k := v.Kind(); *column == nil && k != jsontape.Missing && k != jsontape.Null {
		*column = rawJSON(d, v)
	}
}

// addIDOnce keeps an identifier that the request and the reply both name. It
// looks among the first only: a body that repeats the member must not cost
// quadratic time.
func (e *Event) addIDOnce(kind string, v jsontape.Value) {
	for _, id := range e.OtherIDs[:min(len(e.OtherIDs), linearIDs)] {
		if id.Kind == kind && bytes.Equal(id.Value, v.Text()) {
			return
		}
	}
	e.addID(kind, v)
}

// word returns a text of ours in the arena, so that it lives and dies like the
// texts of the log.
func word(d *Decoder, s string) Text {
	b := d.Arena.Bytes(len(s))
	copy(b, s)
	return b
}
