package formats

import (
	"bytes"
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// exports are the events of a case as "exhibit events" writes them: JSON lines,
// JSON, or CSV and Parquet with the column event_id. Their columns come back as they were;
// provenance is that of the export, and columns that were not exported are
// NULL. CSV shows hidden characters as escapes and a line end as one character:
// texts that hold those come back as they are shown there.
type exports struct{}

var _ Format = exports{}

func (exports) Name() string { return "exhibit" }

func (exports) Doc() string {
	return "events of another case, exported by exhibit events as jsonl, json, csv or parquet"
}

// Detect knows JSON by the message that says which program wrote it, and the
// rows of CSV and Parquet, which come as objects, by an id of an event and
// columns that all are those of a case.
func (exports) Detect(s *Sample) error {
	v := s.First
	config := v
	if c := v.Get("config"); c.Exists() {
		config = c
	}
	switch {
	case string(config.Get("tool").Text()) == "exhibit" && config.Get("schema_version").Exists():
		return nil
	case !isEventID(v.Get("event_id").Text()):
		return errors.New("it does not begin with the message by which exhibit begins its output, and has no column event_id with ids of events")
	}
	for name := range v.Members() {
		if _, ok := ColumnByName(string(name)); !ok && !isAdded(name) {
			return errors.New("it has columns that a case does not")
		}
	}
	return nil
}

// isEventID reports whether a text has the form of an event's id: digits of the
// hash of its evidence, a dash, and the number of its record, and of its part.
func isEventID(text []byte) bool {
	hash, record, ok := bytes.Cut(text, []byte{'-'})
	return ok && len(hash) >= 8 && len(hash) <= 64 && len(record) > 0 &&
		len(bytes.Trim(hash, "0123456789abcdef")) == 0 && len(bytes.Trim(record, "0123456789.")) == 0
}

// isAdded reports whether a case adds a column to what was decoded: where an
// event stands in it, what it computes, and what it was enriched with.
func isAdded(name []byte) bool {
	switch string(name) {
	case "event_id", "evidence_id", "record", "part", "byte_offset", "byte_length", "record_sha256", "format",
		"system_prompt_hash", "prompt_hash", "response_hash", "reasoning_hash", "tool_calls",
		"src_country", "src_city", "src_asn", "src_network", "person", "ts_corrected":
		return true
	}
	return false
}

func (exports) readsNull() {}

// Framing cuts the rows of the JSON form, which is one object.
func (exports) Framing(s *Sample) Framing {
	if s.First.Get("config").Exists() {
		return Framing{Kind: FrameArray, Path: "events"}
	}
	return JSONFraming(s)
}

// Decode fills an event from a row. Other messages hold none; rows of other
// tables are of kind other.
func (exports) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return errors.New("the record is not an object")
	}
	switch string(v.Get("type").Text()) {
	case "config", "table", "note":
		return nil
	case "row":
		if string(v.Get("table").Text()) != "events" {
			d.Add().Kind = KindOther
			return nil
		}
		v = v.Get("row")
	}
	e := d.Add()
	next := 0
	for name, value := range v.Members() {
		if i, ok := d.columnIndex(name, next); ok {
			setExported(d, e, &columns[i], value)
			next = i + 1
		}
	}
	if e.Kind == "" {
		e.Kind = KindOther
	}
	return nil
}

// columnIndex returns the place of a column by its name. Columns are mostly
// written in their order, so that the place next is tried before others.
func (d *Decoder) columnIndex(name []byte, next int) (int, bool) {
	if next < len(columns) && columns[next].Name == string(name) {
		return next, true
	}
	if d.columns == nil {
		d.columns = make(map[string]int, len(columns))
		for i := range columns {
			d.columns[columns[i].Name] = i
		}
	}
	i, ok := d.columns[string(name)]
	return i, ok
}

// setExported sets a column from what was written for it. Lists stand in the
// cells of a table as JSON, and a text that a spreadsheet could take for a
// formula behind an apostrophe.
func setExported(d *Decoder, e *Event, c *Column, v jsontape.Value) {
	u := unitNone
	switch c.Type {
	case ColumnCost:
		u = unitUSD
	case ColumnTexts, ColumnIDs:
		if v.Kind() == jsontape.String {
			v = parseInner(d, v.Text())
		}
	case ColumnTime:
		if c.Name == "ts" {
			var problem string
			if e.TS, e.TSPrecision, problem = d.time(v); e.TS.OK && problem == "" {
				e.TSSource = "ts"
			}
			return
		}
	}
	if !c.assign(d, e, v, u) || !d.inRow {
		return
	}
	switch to := c.Ref(e).(type) {
	case *Text:
		if len(*to) > 0 && (*to)[0] == '\'' {
			*to = (*to)[1:]
		}
	case *string:
		if len(*to) > 0 && (*to)[0] == '\'' {
			*to = (*to)[1:]
		}
	}
}
