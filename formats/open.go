package formats

import "fmt"

// Open returns what is inside a record: of a row of a table an object with its
// cells, of wrapped lines the text that they hold, and else the record itself.
// It returns nil when the record holds nothing to decode, like the names of a
// table's columns. What it returns is valid until Reset. An error means that
// the record cannot be parsed.
func (d *Decoder) Open(f Framing, record []byte) ([]byte, error) { return d.open(f, record, false) }

// open is [Decoder.Open]; where sparse is set, an object has no member for an
// empty cell instead of a null.
func (d *Decoder) open(f Framing, record []byte, sparse bool) ([]byte, error) {
	d.LoggedAt, d.inRow = Logged{}, f.Kind == FrameTable
	switch {
	case f.Kind == FrameTable:
		return d.openRow(&f, record, sparse)
	case f.Wrapper != "":
		return d.openWrapped(f.Wrapper, record)
	}
	return record, nil
}

// nullReader is a [Format] that reads a null like a member that is not there.
// Tables can have a hundred columns and few values in a row: for such a format
// rows are opened without their empty cells.
type nullReader interface{ readsNull() }

// Decode opens a record that the framing cut, appends its events with the
// format, and keeps it when the format wants it carried. An event without a time is
// given that of the wrapper, which may be later than what happened but is not
// earlier; where the log has a time that cannot be used, it stays without.
func (d *Decoder) Decode(f Format, framing Framing, record []byte) error {
	sparse := false
	if framing.Kind == FrameTable && d.Map == nil { // a map may look for a name that holds dots, or else for what is inside
		_, sparse = f.(nullReader)
	}
	inner, err := d.open(framing, record, sparse)
	if err != nil || inner == nil {
		return err
	}
	from := d.n
	err = f.Decode(d, inner)
	d.Context.Carry(f, inner)
	if err != nil {
		return err
	}
	_, own := f.(exports)
	for _, e := range d.events[from:d.n] {
		if e.crowded() {
			return fmt.Errorf("decoding %s record: more than %d messages and parts of messages", f.Name(), maxParts)
		}
		if !own {
			e.countCached()
		}
	}
	if d.LoggedAt.Time.OK {
		for _, e := range d.events[from:d.n] {
			if e.TSSource == "" {
				e.TS, e.TSPrecision, e.TSSource = d.LoggedAt.Time, d.LoggedAt.Precision, d.LoggedAt.Source
			}
		}
	}
	return nil
}
