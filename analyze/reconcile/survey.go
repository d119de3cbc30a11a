package reconcile

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// survey is what the checks share: the case, its sources, and two temporary
// tables that checks read: sight, which has a row for each source that shows a
// call, and saw, which has for each call the mask of the sources that show it.
type survey struct {
	c       *casefile.Case
	sources []source // in the order of their bits
}

// source is one kind of log that shows calls: a format on one plane.
type source struct {
	name   string // the format; with its plane where the format has several
	format string
	plane  string
	bit    int   // in the masks of the table saw
	calls  int64 // rows of sight
}

// maxSources is how many bits a mask has.
const maxSources = 62

// newSurvey makes the tables.
func newSurvey(ctx context.Context, c *casefile.Case) (*survey, error) {
	s := &survey{c: c}
	for _, name := range []string{"sight", "saw"} {
		if err := s.exec(ctx, name); err != nil {
			return nil, err
		}
	}
	planes := map[string]int{}
	err := s.query(ctx, "sources", nil, func(r *sql.Rows) error {
		var x source
		err := r.Scan(&x.format, &x.plane, &x.bit, &x.calls)
		planes[x.format]++
		s.sources = append(s.sources, x)
		return err
	})
	if err == nil && len(s.sources) > maxSources {
		err = fmt.Errorf("the case has %d kinds of logs that show calls; at most %d can be compared", len(s.sources), maxSources)
	}
	for i := range s.sources {
		x := &s.sources[i]
		if x.name = x.format; planes[x.format] > 1 {
			x.name += "/" + x.plane
		}
	}
	return s, err
}

// exec runs the statements of an embedded file.
func (s *survey) exec(ctx context.Context, name string, args ...any) error {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	if _, err := s.c.DB().ExecContext(ctx, string(text), args...); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// query runs one embedded statement and hands each row to row, which must ask
// nothing else of the case.
func (s *survey) query(ctx context.Context, name string, args []any, row func(*sql.Rows) error) (err error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading embedded SQL: %w", err)
	}
	rows, err := s.c.DB().QueryContext(ctx, string(text), args...)
	if err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}
