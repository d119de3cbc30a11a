package render

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Options say how a stream is to look.
type Options struct {
	// Width is the number of columns of the terminal that shows the text, or 0
	// when no terminal does: then nothing is cut off.
	Width int
	// Color allows bold and dim text.
	Color bool
	// Zone is the time zone of times in text; nil is UTC. CSV and JSON are in
	// UTC always, so that they are the same for everybody.
	Zone *time.Location
	// Aside receives what a format has no place for (the notes of a CSV), as
	// lines that begin with "exhibit: ". It must not be nil.
	Aside io.Writer
}

// The output formats every table can be written in.
const (
	FormatText  = "text"
	FormatJSON  = "json"
	FormatJSONL = "jsonl"
	FormatCSV   = "csv"
)

// Formats lists the output formats, the default first.
func Formats() []string { return []string{FormatText, FormatJSON, FormatJSONL, FormatCSV} }

// encoder writes messages in one format. [Renderer] has checked their order.
type encoder interface {
	encode(m Message) error
	close() error
}

// Renderer writes a stream of messages in one format. It is not safe for
// concurrent use.
type Renderer struct {
	out     *bufio.Writer
	enc     encoder
	begun   bool
	columns int             // of the current table, -1 where there is none
	names   map[string]bool // of the tables and fields so far
}

// New returns a renderer that writes to w in one of [Formats]. The caller
// writes messages, then calls Close once; w stays open.
func New(w io.Writer, format string, o Options) (*Renderer, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	r := &Renderer{out: out, columns: -1, names: map[string]bool{"config": true, "notes": true}}
	switch format {
	case FormatText:
		r.enc = &textEncoder{w: out, o: o}
	case FormatJSON:
		r.enc = &jsonEncoder{w: out}
	case FormatJSONL:
		r.enc = &jsonlEncoder{w: out}
	case FormatCSV:
		r.enc = &csvEncoder{w: out, o: o}
	default:
		return nil, fmt.Errorf("rendering: no output format %q (known: %s)", format, strings.Join(Formats(), ", "))
	}
	return r, nil
}

// Write writes one message. The first must be a [Config] and no other may be
// one; the names of tables and fields are unique; a [Row] has a value for each
// column of its table. Values are not kept after the call.
func (r *Renderer) Write(m Message) error {
	if err := r.check(m); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	if err := r.enc.encode(m); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	t, ok := m.(Table)
	if !ok {
		return nil
	}
	for _, values := range t.Rows {
		if err := r.Write(Row{values}); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the stream and flushes it. A stream without a [Config] is an
// error.
func (r *Renderer) Close() error {
	if !r.begun {
		return errors.New("rendering: empty stream")
	}
	if err := r.enc.close(); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	if err := r.out.Flush(); err != nil {
		return fmt.Errorf("rendering: %w", err)
	}
	return nil
}

// check enforces what Write promises.
func (r *Renderer) check(m Message) error {
	if _, isConfig := m.(Config); isConfig == r.begun {
		return fmt.Errorf("message out of order: %T", m)
	}
	r.begun = true
	switch m := m.(type) {
	case Table:
		columns := make([]string, len(m.Columns))
		for i, c := range m.Columns {
			columns[i] = c.Name
		}
		r.columns = len(columns)
		return errors.Join(r.claim(m.Name), unique(columns))
	case Fields:
		fields := make([]string, len(m.Items))
		for i, f := range m.Items {
			fields[i] = f.Name
		}
		r.columns = -1
		return errors.Join(r.claim(m.Name), unique(fields))
	case Row:
		if len(m.Values) != r.columns {
			return fmt.Errorf("row of %d values in a table of %d columns", len(m.Values), r.columns)
		}
	}
	return nil
}

func (r *Renderer) claim(name string) error {
	if name == "" || r.names[name] {
		return fmt.Errorf("name %q is empty or taken", name)
	}
	r.names[name] = true
	return nil
}

func unique(names []string) error {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if name == "" || seen[name] {
			return fmt.Errorf("column %q is empty or there twice", name)
		}
		seen[name] = true
	}
	return nil
}
