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
		{Name: "ts_corrected", Kind: KindTime},
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
			e.EventID, timeOf(e, e.TS, precision), timeOf(e, e.Corrected, precision), micros(e.Offset), micros(e.Gap), e.Lane, e.Step,
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

// timeOf returns a time of an entry, nil without one.
func timeOf(e *correlation.Entry, at *int64, precision int) any {
	if at == nil {
		return nil
	}
	text, _ := e.Values[precision].(string)
	return stampOf(e, *at, formats.Precision(text))
}

// EntryStamp is a time of an entry of a timeline with the digits that its log
// wrote.
func EntryStamp(e *correlation.Entry, at int64) Stamp {
	return stampOf(e, at, formats.Precision(e.Text("ts_precision")))
}

// stampOf is a time of an entry with the digits that its log wrote; with more
// where a correction has them.
func stampOf(e *correlation.Entry, at int64, precision formats.Precision) Stamp {
	s := Stamp{at, precision}
	correction := at - *e.TS
	if s.Precision == formats.PrecisionS && correction%1_000_000 != 0 {
		s.Precision = formats.PrecisionMS
	}
	if s.Precision == formats.PrecisionMS && correction%1_000 != 0 {
		s.Precision = formats.PrecisionUS
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
		if e.At == nil {
			continue
		}
		datetime, timestamp := TimesketchTime(Stamp{Micros: *e.At})
		field, _ := e.Values[source].(string)
		description := strings.TrimSpace(e.Lane + " " + cmp.Or(field, "event time"))
		if *e.At != *e.TS {
			description += ", clock corrected"
		}
		t.Rows = append(t.Rows, append([]any{d.message(e), datetime, description, timestamp}, all.Rows[i]...))
	}
	return t
}
