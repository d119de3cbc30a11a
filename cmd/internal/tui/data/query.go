package data

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// Queries answers the person's own SQL. They have an open case of their own, so
// that one that takes long holds up no other view.
type Queries interface {
	// Surface lists the columns of the views that a query can name, and the tables
	// that are made when a query names them without their columns.
	Surface(ctx context.Context) ([]SurfaceColumn, error)
	// MadeTables lists the columns of those tables. It takes seconds.
	MadeTables(ctx context.Context) ([]SurfaceColumn, error)
	// Query runs one SELECT, or EXPLAIN of one, and returns its first rows.
	Query(ctx context.Context, query string, most Bound) (*Result, error)
	// SaveQuery writes all rows of a query to a file, as exhibit sql does, in one
	// of [ExportFormats], and returns how many there are.
	SaveQuery(ctx context.Context, query, format, path string) (int64, error)
}

// SurfaceColumn is a column that a query can name.
type SurfaceColumn struct {
	Table   string
	Name    string // "" where the columns of the table are not known yet
	Type    string
	Meaning string // "" where the name says it all
}

// Bound is how much of a result is kept.
type Bound struct {
	Rows  int
	Bytes int // of texts; the row that exceeds it is the last
}

// Result is the beginning of the rows of a query.
type Result struct {
	Columns []render.Column
	Types   []string // DuckDB's, of the columns
	Rows    [][]any  // values as [render.Row] takes them
	More    bool     // there are more rows
}

// Surface implements [Queries].
func (c *Case) Surface(ctx context.Context) (out []SurfaceColumn, err error) {
	err = c.inOwn(ctx, func(c *casefile.Case) error {
		columns, err := c.Tables(ctx)
		out = surface(columns)
		for _, name := range features.Names() {
			out = append(out, SurfaceColumn{Table: name})
		}
		return err
	})
	return out, err
}

// MadeTables implements [Queries]. Looking needs views that stand in the way of
// the tables, so that the case is opened for it alone.
func (c *Case) MadeTables(ctx context.Context) (out []SurfaceColumn, err error) {
	of, err := c.openOwn(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, of.Close()) }()
	columns, err := features.Columns(ctx, of)
	if err != nil {
		return nil, err
	}
	made := map[string]bool{}
	for _, name := range features.Names() {
		made[name] = true
	}
	for _, col := range surface(columns) {
		if made[col.Table] {
			out = append(out, col)
		}
	}
	return out, nil
}

func surface(columns []casefile.TableColumn) []SurfaceColumn {
	out := make([]SurfaceColumn, len(columns))
	for i, col := range columns {
		out[i] = SurfaceColumn{col.Table, col.Name, col.Type, export.Meaning(col.Table, col.Name)}
	}
	return out
}

// Query implements [Queries].
func (c *Case) Query(ctx context.Context, query string, most Bound) (result *Result, err error) {
	err = c.inOwn(ctx, func(of *casefile.Case) error {
		rows, err := c.run(ctx, of, query, most.Rows+1)
		if err != nil {
			return err
		}
		result, err = first(rows, most)
		return errors.Join(err, rows.Close())
	})
	if err != nil {
		return nil, stopped(ctx, err)
	}
	return result, nil
}

// run makes the tables that a query names, and begins it.
func (c *Case) run(ctx context.Context, of *casefile.Case, query string, limit int) (*casefile.Rows, error) {
	if c.madeOf != of {
		c.made, c.madeOf = features.NewSet(of), of
	}
	if err := c.made.NeedFor(ctx, query); err != nil {
		return nil, err
	}
	return of.SelectFirst(ctx, query, limit)
}

// first reads the beginning of rows.
func first(rows *casefile.Rows, most Bound) (*Result, error) {
	r := &Result{Columns: export.QueryTable(rows.Columns()).Columns}
	for _, col := range rows.Columns() {
		r.Types = append(r.Types, col.Type)
	}
	size := 0
	for rows.Next() {
		if len(r.Rows) == most.Rows || size > most.Bytes {
			r.More = true
			return r, nil
		}
		values := export.QueryValues(rows.Values())
		for _, v := range values {
			size += export.Size(v)
		}
		r.Rows = append(r.Rows, values)
	}
	return r, rows.Err()
}

// stopped is the error of a query that was given up: what DuckDB says of it does
// not matter then.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// SaveQuery implements [Queries].
func (c *Case) SaveQuery(ctx context.Context, query, format, path string) (n int64, err error) {
	err = c.inOwn(ctx, func(of *casefile.Case) error {
		n, err = c.write(of, format, path, map[string]any{"query": query}, writer{
			rows: func(r *render.Renderer) (int64, error) {
				return c.eachRow(ctx, of, query, func(rows *casefile.Rows) (int64, error) { return export.Rows(r, rows) })
			},
			parquet: func(w io.Writer, about map[string]string) (int64, error) {
				return c.eachRow(ctx, of, query, func(rows *casefile.Rows) (int64, error) { return export.Parquet(w, rows, about) })
			},
		})
		return err
	})
	if err != nil {
		return n, stopped(ctx, err)
	}
	return n, nil
}

// eachRow runs a query, hands over its rows and closes them.
func (c *Case) eachRow(ctx context.Context, of *casefile.Case, query string, write func(*casefile.Rows) (int64, error)) (int64, error) {
	rows, err := c.run(ctx, of, query, 0)
	if err != nil {
		return 0, err
	}
	n, err := write(rows)
	return n, errors.Join(err, rows.Close())
}

// inOwn asks the case of the person's own queries.
func (c *Case) inOwn(ctx context.Context, ask func(*casefile.Case) error) error {
	return c.own.use(ctx, func() (*casefile.Case, error) { return c.openOwn(ctx) }, ask)
}

func (c *Case) openOwn(ctx context.Context) (*casefile.Case, error) {
	of, err := casefile.Open(ctx, c.o.Dir, casefile.OpenOptions{Threads: c.o.Threads, Memory: c.o.Memory * ownMemory / memoryParts})
	if err != nil {
		return nil, fmt.Errorf("opening the case: %w", err)
	}
	return of, nil
}
