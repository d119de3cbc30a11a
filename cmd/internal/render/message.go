package render

import (
	"fmt"
	"strconv"
)

// SchemaVersion is the version of the messages as JSON and JSON lines show
// them. It changes when a member is removed, renamed or changes its meaning;
// new members do not change it.
const SchemaVersion = 1

// Message is one message of a stream: [Config], [Table], [Row], [Fields] or
// [Note].
type Message interface{ message() }

// Config is the first message of every stream. It says what made the rest.
type Config struct {
	Tool          string         `json:"tool"`           // always "exhibit"
	Version       string         `json:"version"`        // of the tool
	SchemaVersion int            `json:"schema_version"` // [SchemaVersion]
	Case          string         `json:"case,omitempty"` // folder of the case, "" where none was read
	Head          string         `json:"head,omitempty"` // ledger head, SIZE:ROOT
	Params        map[string]any `json:"params,omitempty"`
}

// Table begins a table. Its rows are Rows and the [Row] messages that follow,
// up to the next Table or Fields. Long results come as Row messages, so that
// nobody holds them in memory.
type Table struct {
	Name    string // unique in the stream; lower case, a member name in JSON
	Title   string // shown above the table in text; may be empty
	Columns []Column
	Rows    [][]any
	Stacked bool // text shows a row as a list of names and values, for wide rows and long texts
}

// Row is one row of the table begun last: a value for each column.
type Row struct{ Values []any }

// Fields is a list of names with one value each.
type Fields struct {
	Name  string // unique in the stream; lower case, a member name in JSON
	Title string // shown above the list in text; may be empty
	Items []Field
}

// Field is one line of [Fields].
type Field struct {
	Column
	Value any
}

// Note is a remark on the data before it: a count, a limit that was reached, a
// doubt.
type Note struct {
	Level NoteLevel `json:"level"`
	Text  string    `json:"text"`
}

// NoteLevel says how much a [Note] matters.
type NoteLevel string

// The note levels.
const (
	LevelNote    NoteLevel = "note"    // good to know
	LevelWarning NoteLevel = "warning" // the data may mislead without it
)

func (Config) message() {}
func (Table) message()  {}
func (Row) message()    {}
func (Fields) message() {}
func (Note) message()   {}

// Column describes the values of a column.
type Column struct {
	Name  string
	Kind  Kind
	Align Align
	Whole bool // text never cuts a value: an id that people copy
	Lines int  // of a [KindLong] value that text shows at most; 0 is all
}

// Kind says how text for people shows the values of a column; JSON and CSV
// show values as they are. It also sets the default alignment.
type Kind uint8

// The kinds.
const (
	KindText     Kind = iota // string
	KindInt                  // any integer
	KindNumber               // float64, or json.Number for exact decimals
	KindBool                 // bool
	KindTime                 // [Stamp] or time.Time
	KindDuration             // an integer number of microseconds
	KindSize                 // an integer number of bytes
	KindJSON                 // json.RawMessage, []string or anything encoding/json takes
	KindLong                 // string of several lines: lists and stacked rows wrap it, tables show it as text
	KindTallies              // [Tallies]
)

// Align says on which side of its column a value stands.
type Align uint8

// The alignments.
const (
	AlignAuto  Align = iota // numbers right, everything else left
	AlignLeft               // always left
	AlignRight              // always right
)

func (c Column) right() bool {
	if c.Align != AlignAuto {
		return c.Align == AlignRight
	}
	switch c.Kind {
	case KindInt, KindNumber, KindDuration, KindSize:
		return true
	}
	return false
}

// cuttable says whether a value may be shown in part.
func (c Column) cuttable() bool {
	if c.Whole {
		return false
	}
	switch c.Kind {
	case KindText, KindJSON, KindLong, KindTallies:
		return true
	}
	return false
}

// Unique returns names with each repeated or empty one made different by a
// number, as result columns of a user's query need: a, a_2, column_3.
func Unique(names []string) []string {
	out := make([]string, len(names))
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		seen[name] = false // taken by its first owner, whatever the order
	}
	for i, name := range names {
		if name == "" {
			name = "column_" + strconv.Itoa(i+1)
		}
		unique := name
		for n := 2; ; n++ {
			used, known := seen[unique]
			if !used && (unique == names[i] || !known) {
				break
			}
			unique = fmt.Sprintf("%s_%d", name, n)
		}
		seen[unique] = true
		out[i] = unique
	}
	return out
}
