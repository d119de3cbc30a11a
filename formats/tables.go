package formats

import "errors"

// tables is any table in text: CSV with commas, semicolons or bars, and
// tab-separated values. Its columns are read as jsonl reads the members of an
// object; it has a name of its own so that a case says what its evidence was.
type tables struct{ jsonLines }

var _ Format = tables{}

func (tables) Name() string { return "table" }

func (tables) Doc() string {
	return "any CSV or tab-separated table with a row of names: columns by well-known names, or by a map"
}

func (tables) Detect(s *Sample) error {
	if !s.isTable() {
		return errors.New("it does not begin with a row of names and rows with as many cells")
	}
	return nil
}
