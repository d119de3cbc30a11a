package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// keptInners is how many documents a decoder keeps for the texts of JSON inside
// a record: more than a record of any log has, and a bound for what a hostile
// one leaves behind.
const keptInners = 8

// innerDoc returns an empty document for a text of JSON found in a string of
// the record. It is valid until the next record.
func (d *Decoder) innerDoc() *jsontape.Doc {
	n := d.inners
	d.inners++
	if n < len(d.inner) {
		return d.inner[n]
	}
	doc := &jsontape.Doc{Arena: d.Arena}
	if n < keptInners {
		d.inner = append(d.inner, doc)
	}
	return doc
}

// parseInner parses a JSON text found in a string of a body. The document is
// its own, because the values of the outer ones are still in use. The result
// does not exist when the text is not JSON.
func parseInner(d *Decoder, text []byte) jsontape.Value {
	inner := d.innerDoc()
	if inner.Parse(text) != nil {
		return jsontape.Value{}
	}
	return inner.Root()
}
