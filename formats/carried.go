package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// carriedRecord is a record of the [Context], parsed once for all records that
// need it: it can be far larger than they are.
type carriedRecord struct {
	record []byte
	doc    *jsontape.Doc
}

// earlier returns the record in a slot of the context. It does not exist when
// there is none, or none that is JSON. Its texts outlive [Decoder.Reset].
func (d *Decoder) earlier(slot int) jsontape.Value {
	record := d.Context[slot]
	if len(record) == 0 {
		return jsontape.Value{}
	}
	c := &d.carried[slot]
	if len(c.record) != len(record) || &c.record[0] != &record[0] {
		if c.doc == nil {
			c.doc = &jsontape.Doc{}
		}
		// Events hold texts of the record that was parsed before, so that neither
		// its bytes nor its arena may be used again.
		c.record, c.doc.Arena = record, nil
		_ = c.doc.Parse(record) // after an error there is no root
	}
	return c.doc.Root()
}
