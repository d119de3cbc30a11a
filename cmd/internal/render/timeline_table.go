package render

import (
	"cmp"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/formats"
)

// linkColumns are the columns of an entry that say where it stands in the
// timeline and why; those of the event itself follow them.
func linkColumns() []Column {
	return []Column{
		{Name: "event_id"},
		{Name: "ts", Kind: KindTime},
		{Name: "offset_us", Kind: KindInt},
		{Name: "gap_us", Kind: KindInt},
		{Name: "format"},
		{Name: "step", Kind: KindInt},
		{Name: "link_kind"},
		{Name: "link_value"},
		{Name: "link_relation"},
		{Name: "link_from"},
		{Name: "parent"},
		{Name: "parent_by"},
		{Name: "call"},
		{Name: "missing"},
		{Name: "duplicates", Kind: KindInt},
		{Name: "weak", Kind: KindJSON},
		{Name: "shortened", Kind: KindJSON},
		{Name: "evidence_id"},
		{Name: "record", Kind: KindInt},
		{Name: "part", Kind: KindInt},
	}
}

// eventColumns are the columns of the event of an entry.
func eventColumns() []Column {
	var out []Column
	for _, name := range correlation.EntryColumns() {
		c := Column{Name: name}
		switch name {
		case "ts_end":
			c.Kind = KindTime
		case "latency_us", "http_status", "input_tokens", "output_tokens", "bytes_in", "bytes_out", "byte_offset", "byte_length":
			c.Kind = KindInt
		case "cost_usd":
			c.Kind = KindNumber
		}
		out = append(out, c)
	}
	return out
}

// entryTable holds entries with all that is known of them.
func entryTable(name string, entries []correlation.Entry) Table {
	t := Table{Name: name, Columns: append(linkColumns(), eventColumns()...)}
	precision := columnAt("ts_precision")
	for i := range entries {
		e := &entries[i]
		var parent any
		if e.Parent >= 0 && e.Parent < len(entries) {
			parent = entries[e.Parent].EventID
		}
		weak := make([]string, 0, len(e.Weak))
		for _, id := range e.Weak {
			weak = append(weak, id.Kind+":"+id.Value)
		}
		row := []any{
			e.EventID, stampOf(e, precision), micros(e.Offset), micros(e.Gap), e.Lane, e.Step,
			e.Link.Kind, orNull(e.Link.Value), orNull(string(e.Link.Relation)), orNull(e.Link.From), parent, orNull(string(e.ParentBy)),
			orNull(e.Call), orNull(e.Missing), e.Duplicates, weak, list(e.Shortened), e.EvidenceID, e.Record, e.Part,
		}
		t.Rows = append(t.Rows, append(row, e.Values...))
	}
	return t
}

// columnAt returns the place of a column in [correlation.EntryColumns].
func columnAt(name string) int {
	for i, column := range correlation.EntryColumns() {
		if column == name {
			return i
		}
	}
	return -1
}

// stampOf returns the time of an entry as its log wrote it, nil without one.
func stampOf(e *correlation.Entry, precision int) any {
	if e.TS == nil {
		return nil
	}
	s := Stamp{Micros: *e.TS}
	if text, ok := e.Values[precision].(string); ok {
		s.Precision = formats.Precision(text)
	}
	return s
}

func micros(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// timesketchTable holds the entries that have a time, as Timesketch imports
// them (message, datetime and timestamp_desc are required, timestamp is in
// microseconds), with all other columns behind.
func timesketchTable(entries []correlation.Entry) Table {
	all := entryTable("timesketch", entries)
	t := Table{Name: all.Name, Columns: append(Timesketch(), all.Columns...)}
	source := columnAt("ts_source")
	d := &describer{at: columnPlaces()}
	for i := range entries {
		e := &entries[i]
		if e.TS == nil {
			continue
		}
		datetime, timestamp := TimesketchTime(Stamp{Micros: *e.TS})
		field, _ := e.Values[source].(string)
		description := strings.TrimSpace(e.Lane + " " + cmp.Or(field, "event time"))
		t.Rows = append(t.Rows, append([]any{d.message(e), datetime, description, timestamp}, all.Rows[i]...))
	}
	return t
}
