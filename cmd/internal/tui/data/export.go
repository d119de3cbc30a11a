package data

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/outfile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
)

// Exports writes what is seen to files. A file appears when it is complete, and
// replaces no other.
type Exports interface {
	// Export writes events to a file, as exhibit events does, in one of
	// [ExportFormats], and returns how many there are.
	Export(ctx context.Context, s Selection, format, path string) (int64, error)
	// SaveRecord writes the record of an event to a file, byte for byte, and
	// returns its size.
	SaveRecord(ctx context.Context, eid int64, path string) (int64, error)
}

// Selection is events.
type Selection struct {
	Filter filter.Filter // those that pass
	Events []int64       // of these only, by eid; nil is all
	// Columns of the events view; none is all but the eid.
	Columns []string
}

// ExportFormats lists the formats of files, the most usual first.
func ExportFormats() []string {
	return []string{render.FormatCSV, render.FormatJSONL, render.FormatJSON, export.FormatParquet}
}

// Export implements [Exports].
func (c *Case) Export(ctx context.Context, s Selection, format, path string) (n int64, err error) {
	q := s.Filter.Query()
	q.Events, q.Columns = s.Events, s.Columns
	params := map[string]any{
		"from": q.From, "to": q.To, "contains": q.Contains, "regex": q.Regex, "where": q.Where, "columns": q.Columns, "order": "time", "marked": len(q.Events),
	}
	err = c.inBack(ctx, func(c2 *casefile.Case) error {
		if len(q.Columns) == 0 {
			if q.Columns, err = c2.ExportColumns(ctx); err != nil {
				return err
			}
		}
		n, err = c.write(c2, format, path, params, writer{
			rows: func(r *render.Renderer) (int64, error) {
				n, _, err := export.Events(ctx, r, c2, q)
				return n, err
			},
			parquet: func(w io.Writer, about map[string]string) (int64, error) { return c2.WriteEvents(ctx, w, q, about) },
		})
		return err
	})
	return n, err
}

// writer writes the same rows as a stream of messages or as Parquet.
type writer struct {
	rows    func(*render.Renderer) (int64, error)
	parquet func(w io.Writer, about map[string]string) (int64, error)
}

// write writes a file of one of [ExportFormats].
func (c *Case) write(of *casefile.Case, format, path string, params map[string]any, w writer) (n int64, err error) {
	if !slices.Contains(ExportFormats(), format) {
		return 0, fmt.Errorf("writing %s: no format %q", path, format)
	}
	_, version, _ := strings.Cut(c.o.Tool, " ")
	config := export.Config(of, params)
	config.Tool, config.Version, config.SchemaVersion = "exhibit", version, render.SchemaVersion
	err = outfile.Save(path, func(out io.Writer) error {
		if format == export.FormatParquet {
			n, err = w.parquet(out, export.About(config))
		} else {
			n, err = stream(out, format, config, w.rows)
		}
		return err
	})
	return n, err
}

// stream writes messages: config, then rows.
func stream(out io.Writer, format string, config render.Config, rows func(*render.Renderer) (int64, error)) (n int64, err error) {
	r, err := render.New(out, format, render.Options{Aside: io.Discard})
	if err != nil {
		return 0, err
	}
	if err := r.Write(config); err != nil {
		return 0, err
	}
	if n, err = rows(r); err != nil {
		return n, err
	}
	return n, r.Close()
}

// SaveRecord implements [Exports].
func (c *Case) SaveRecord(ctx context.Context, eid int64, path string) (n int64, err error) {
	r, err := c.Record(ctx, eid)
	if err != nil {
		return 0, err
	}
	return int64(len(r.Raw)), outfile.Save(path, func(w io.Writer) error {
		_, err := w.Write(r.Raw)
		return err
	})
}
