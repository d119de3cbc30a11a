package casefile

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// ResultColumn describes a column of a result.
type ResultColumn struct {
	Name string
	Type string // DuckDB's name of it: VARCHAR, BIGINT, TIMESTAMPTZ, DECIMAL(18,9) ...
}

// Rows is the result of a query, row by row. The caller closes it. It is not
// safe for concurrent use, and nothing else may be asked of the case before it
// is closed.
type Rows struct {
	rows    *sql.Rows
	page    func() (*sql.Rows, error) // the next part of the result, nil after the last; nil when there is one part
	columns []ResultColumn
	values  []any
	into    []any
	err     error
}

// newRows takes over rows.
func newRows(rows *sql.Rows) (*Rows, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	r := &Rows{rows: rows, values: make([]any, len(types)), into: make([]any, len(types))}
	for i, t := range types {
		r.columns = append(r.columns, ResultColumn{Name: t.Name(), Type: t.DatabaseTypeName()})
		r.into[i] = &r.values[i]
	}
	return r, nil
}

// newPages makes rows of a result that comes in parts.
func newPages(page func() (*sql.Rows, error)) (*Rows, error) {
	rows, err := page()
	if err != nil {
		return nil, err
	}
	r, err := newRows(rows)
	if err == nil {
		r.page = page
	}
	return r, err
}

// turn moves to the next part of the result that has a row.
func (r *Rows) turn() bool {
	for r.page != nil {
		if r.err = errors.Join(r.rows.Err(), r.rows.Close()); r.err != nil {
			return false
		}
		rows, err := r.page() //nolint:rowserrcheck // they become r.rows, whose Err is looked at by Err and by the next turn
		if err != nil || rows == nil {
			r.page, r.err = nil, err
			return false
		}
		if r.rows = rows; r.rows.Next() {
			return true
		}
	}
	return false
}

// Columns describes the columns. Names may be empty or there twice.
func (r *Rows) Columns() []ResultColumn { return r.columns }

// Next moves to the next row. It returns false at the end and on an error.
func (r *Rows) Next() bool {
	if r.err != nil || !r.rows.Next() && !r.turn() {
		return false
	}
	r.err = r.rows.Scan(r.into...)
	for i, v := range r.values {
		r.values[i] = resultValue(v, r.columns[i].Type)
	}
	return r.err == nil
}

// Values are those of the current row, valid until the next: nil for NULL,
// bool, string, integers, float32 and float64, [json.Number] for decimals and
// integers of more than 64 bits, [time.Time] for an instant, [json.RawMessage]
// for columns of type JSON. Blobs are in hexadecimal digits. Dates and times
// without a zone are text.
func (r *Rows) Values() []any { return r.values }

// Err is what ended the rows before their end.
func (r *Rows) Err() error {
	if r.err != nil {
		return r.err
	}
	return r.rows.Err()
}

// Close ends the query.
func (r *Rows) Close() error { return r.rows.Close() }

// open runs an embedded statement and returns its rows.
func (c *Case) open(ctx context.Context, text string) (*Rows, error) {
	rows, err := c.db.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return newRows(rows)
}

// resultValue turns what DuckDB hands out into what [Rows] promises.
func resultValue(v any, typ string) any {
	switch v := v.(type) {
	case time.Time:
		return timeValue(v, typ)
	case *big.Int:
		return json.Number(v.String())
	case duckdb.Interval:
		return intervalText(v)
	case []byte:
		if typ == "UUID" {
			var id duckdb.UUID
			if id.Scan(v) == nil {
				return id.String()
			}
		}
	case string:
		if typ == "JSON" {
			return json.RawMessage(v)
		}
	}
	return plainValue(v)
}

// timeValue gives an instant as it is, and what is none as text.
func timeValue(t time.Time, typ string) any {
	if isInstant(typ) {
		return t
	}
	switch typ {
	case "DATE":
		return t.Format(time.DateOnly)
	case "TIME":
		return t.Format("15:04:05.999999")
	case "TIMETZ", "TIME WITH TIME ZONE":
		return t.Format("15:04:05.999999-07:00")
	}
	return t.Format("2006-01-02T15:04:05.999999999")
}

// isInstant reports whether a type of DuckDB is that of an instant. Its
// catalogue and its client spell it differently.
func isInstant(typ string) bool { return typ == "TIMESTAMPTZ" || typ == "TIMESTAMP WITH TIME ZONE" }

// intervalText writes an interval as ISO 8601 does, its parts with their own
// signs: P1M2DT3.5S.
func intervalText(v duckdb.Interval) string {
	var b strings.Builder
	b.WriteByte('P')
	if v.Months != 0 {
		fmt.Fprintf(&b, "%dM", v.Months)
	}
	if v.Days != 0 {
		fmt.Fprintf(&b, "%dD", v.Days)
	}
	if v.Micros != 0 || b.Len() == 1 {
		sign, micros := "", v.Micros
		if micros < 0 {
			sign, micros = "-", -micros
		}
		seconds := fmt.Sprintf("%d.%06d", micros/1e6, micros%1e6)
		fmt.Fprintf(&b, "T%s%sS", sign, strings.TrimSuffix(strings.TrimRight(seconds, "0"), "."))
	}
	return b.String()
}
