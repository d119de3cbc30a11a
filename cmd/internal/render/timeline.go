package render

import (
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/formats"
)

// FormatTimesketch is CSV as Timesketch imports it, of timelines only.
const FormatTimesketch = "timesketch"

// Timeline is a timeline to be written.
type Timeline struct {
	Title  string // what was asked for, in a line
	Result *correlation.Result
	// Wide makes text show whole names and more of the logged texts.
	Wide bool
}

// WriteTimeline writes a timeline. Text shows a tree. JSON and JSON lines hold
// all parts of it as tables: "starts", "entries", "probable", "weak",
// "absences", "sources" and "clocks". CSV holds the entries alone.
func (r *Renderer) WriteTimeline(t Timeline) error {
	var err error
	switch enc := r.enc.(type) {
	case *textEncoder:
		if err = newDrawing(enc, t).draw(); err != nil {
			err = fmt.Errorf("rendering: %w", err)
		}
	case *csvEncoder:
		err = r.writeAll(entryTable("entries", t.Result.Entries))
	default:
		err = r.writeAll(timelineTables(t.Result)...)
	}
	return errors.Join(err, r.writeAll(timelineNotes(t.Result, r.holdsAll())...))
}

// WriteTimesketch writes the entries of a timeline that have a time as the one
// table that Timesketch imports. The renderer must be one of CSV.
func (r *Renderer) WriteTimesketch(t Timeline) error {
	err := r.writeAll(timesketchTable(t.Result.Entries))
	notes := timelineNotes(t.Result, false)
	if n := t.Result.WithoutTime; n > 0 {
		notes = append(notes, Note{LevelWarning, fmt.Sprintf("left out: %s without a time, which Timesketch needs", counted(n, "event"))})
	}
	return errors.Join(err, r.writeAll(notes...))
}

// holdsAll reports whether the format has a place for everything that a
// timeline says.
func (r *Renderer) holdsAll() bool {
	_, csv := r.enc.(*csvEncoder)
	return !csv
}

func (r *Renderer) writeAll(messages ...Message) error {
	for _, m := range messages {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

func counted[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Count(int64(n)) + " " + noun + "s"
}

// timelineNotes says what a reader of the entries has to know beside them.
func timelineNotes(r *correlation.Result, all bool) []Message {
	var out []Message
	add := func(level NoteLevel, format string, args ...any) {
		out = append(out, Note{level, fmt.Sprintf(format, args...)})
	}
	for _, s := range r.Starts {
		switch {
		case len(s.Kinds) == 0:
			add(LevelWarning, "no event has the identifier %s", s.Value)
		case s.Weak:
			add(LevelWarning, "%s is shared by implausibly many events: they are shown, and nothing is followed from them", s.Value)
		}
	}
	if r.Cut != nil {
		add(LevelWarning, "only the first %s: at least %s more belong here; --limit N or all shows them", counted(r.Cut.Limit, "event"), Count(r.Cut.Unread))
	}
	if r.ProbableCut {
		add(LevelWarning, "there are too many events at these times to look at all of them for probable joins")
	}
	if r.Outside > 0 {
		add(LevelNote, "outside the time asked for, though identifiers lead there: %s", counted(r.Outside, "event"))
	}
	if r.Duplicates > 0 {
		add(LevelNote, "not shown, because one of these says the same: %s", counted(r.Duplicates, "event"))
	}
	if r.Clock == casefile.ClockCorrected && len(r.Corrections) > 0 && !all {
		add(LevelNote, "clocks are corrected: order and distances go by ts_corrected; ts is as logged")
	}
	if n := len(r.Probable); n > 0 && !all {
		add(LevelNote, "left out: %s that only time, principal and model join; text, json and jsonl have them", counted(n, "event"))
	}
	if n := len(r.Weak); n > 0 && !all {
		add(LevelNote, "%s not followed; text, json and jsonl list them", counted(n, "identifier"))
	}
	if n := len(r.Absences); n > 0 && !all {
		add(LevelNote, "calls that are missing on a plane: text, json and jsonl count them")
	}
	return out
}

// timelineTables are all parts of a timeline.
func timelineTables(r *correlation.Result) []Message {
	return []Message{
		timelineFields(r), startTable(r.Starts), entryTable("entries", r.Entries), entryTable("probable", r.Probable),
		weakTable(r.Weak), absenceTable(r.Absences), sourceTable(r), clockTable(r.Corrections),
	}
}

func clockTable(corrections []enrich.Correction) Table {
	t := Table{Name: "clocks", Columns: []Column{{Name: "source"}, {Name: "add"}, {Name: "reason"}}}
	for _, x := range corrections {
		t.Rows = append(t.Rows, []any{x.Source, enrich.FormatCorrection(x.Add), orNull(x.Reason)})
	}
	return t
}

func timelineFields(r *correlation.Result) Fields {
	number := func(name string, n int64) Field { return Field{Column{Name: name, Kind: KindInt}, n} }
	fields := Fields{Name: "timeline", Items: []Field{
		number("events", int64(len(r.Entries))), number("without_time", int64(r.WithoutTime)), number("duplicates_hidden", r.Duplicates),
		number("outside_window", int64(r.Outside)),
		{Column{Name: "limit", Kind: KindInt}, nil},
		{Column{Name: "not_shown", Kind: KindInt}, nil},
		{Column{Name: "lanes", Kind: KindJSON}, list(r.Lanes)},
		{Column{Name: "time"}, r.Clock.String()},
	}}
	if r.Cut != nil {
		fields.Items[4].Value, fields.Items[5].Value = int64(r.Cut.Limit), r.Cut.Unread
	}
	return fields
}

// list makes an empty list of none, as JSON shows it.
func list(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

func startTable(starts []correlation.StartMatch) Table {
	t := Table{Name: "starts", Columns: []Column{
		{Name: "value"},
		{Name: "kinds", Kind: KindJSON},
		{Name: "events", Kind: KindInt},
		{Name: "weak", Kind: KindBool},
		{Name: "shown_as"},
	}}
	for _, s := range starts {
		t.Rows = append(t.Rows, []any{s.Value, list(s.Kinds), s.Events, s.Weak, orNull(s.Same)})
	}
	return t
}

func weakTable(weak []correlation.Weak) Table {
	t := Table{Name: "weak", Columns: []Column{
		{Name: "kind"},
		{Name: "value"},
		{Name: "events", Kind: KindInt},
		{Name: "principals", Kind: KindInt},
		{Name: "reason"},
	}}
	for _, w := range weak {
		var principals any
		if w.Principals >= 0 {
			principals = w.Principals
		}
		t.Rows = append(t.Rows, []any{w.Kind, w.Value, w.Events, principals, string(w.Reason)})
	}
	return t
}

func absenceTable(absences []correlation.Absence) Table {
	t := Table{Name: "absences", Columns: []Column{{Name: "plane"}, {Name: "why"}, {Name: "calls", Kind: KindInt}}}
	for _, a := range absences {
		t.Rows = append(t.Rows, []any{a.Plane, string(a.Why), a.Events})
	}
	return t
}

func sourceTable(r *correlation.Result) Table {
	t := Table{Name: "sources", Columns: []Column{
		{Name: "format"},
		{Name: "plane"},
		{Name: "first", Kind: KindTime},
		{Name: "last", Kind: KindTime},
		{Name: "events", Kind: KindInt},
	}}
	minute := func(micros *int64) any {
		if micros == nil {
			return nil
		}
		return Stamp{*micros, formats.PrecisionS}
	}
	for _, s := range r.Sources {
		t.Rows = append(t.Rows, []any{s.Format, orNull(s.Plane), minute(s.First), minute(s.Last), s.Events})
	}
	return t
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
