package casefile

import (
	"context"
	"database/sql"
	"encoding/hex"
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

// Columns describes the columns. Names may be empty or there twice.
func (r *Rows) Columns() []ResultColumn { return r.columns }

// Next moves to the next row. It returns false at the end and on an error.
func (r *Rows) Next() bool {
	if r.err != nil || !r.rows.Next() {
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
// for lists, structs, maps and unions. Blobs are in hexadecimal digits. Dates
// and times without a zone are text.
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
func (c *Case) open(ctx context.Context, text string, args []any) (*Rows, error) {
	rows, err := c.db.QueryContext(ctx, text, args...)
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
	case []any, map[string]any, duckdb.OrderedMap, duckdb.Union:
		return nestedValue(v)
	}
	return plainValue(v)
}

// timeValue gives an instant as it is, and what is none as text.
func timeValue(t time.Time, typ string) any {
	switch typ {
	case "DATE":
		return t.Format(time.DateOnly)
	case "TIME":
		return t.Format("15:04:05.999999")
	case "TIMETZ", "TIME WITH TIME ZONE":
		return t.Format("15:04:05.999999-07:00")
	case "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t
}

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

// nestedValue writes a nested value as JSON. A map is a list of objects with
// key and value, because its keys may be anything.
func nestedValue(v any) any {
	data, err := json.Marshal(jsonReady(v, 0))
	if err != nil {
		return fmt.Sprint(v)
	}
	return json.RawMessage(data)
}

// maxNested bounds the depth of nested values that are shown.
const maxNested = 100

// jsonReady turns a nested value into what package json can write.
func jsonReady(v any, depth int) any {
	if depth > maxNested {
		return "..."
	}
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonReady(v[i], depth+1)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, value := range v {
			object[name] = jsonReady(value, depth+1)
		}
		return object
	case duckdb.OrderedMap:
		list := make([]any, 0, v.Len())
		values := v.Values()
		for i, key := range v.Keys() {
			list = append(list, map[string]any{"key": jsonReady(key, depth+1), "value": jsonReady(values[i], depth+1)})
		}
		return list
	case duckdb.Union:
		return map[string]any{v.Tag: jsonReady(v.Value, depth+1)}
	case duckdb.UUID:
		return v.String()
	case []byte:
		return hex.EncodeToString(v)
	}
	return resultValue(v, "")
}
