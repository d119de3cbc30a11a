package export

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Events writes the events of a query as rows of one table, and returns how many
// there are; more is set when the limit of the query left some out.
func Events(ctx context.Context, r *render.Renderer, c *casefile.Case, q casefile.EventQuery) (n int64, more bool, err error) {
	limit, columns := int64(q.Limit), len(q.Columns)
	if limit > 0 {
		q.Limit++ // one more says whether there are more
	}
	q.Columns = append(slices.Clone(q.Columns), "ts_precision")
	rows, err := c.SelectEvents(ctx, q)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	table := render.Table{Name: "events"}
	for _, col := range rows.Columns()[:columns] {
		table.Columns = append(table.Columns, eventColumn(col))
	}
	if err := r.Write(table); err != nil {
		return 0, false, err
	}
	for ; rows.Next(); n++ {
		if limit > 0 && n == limit {
			return n, true, nil
		}
		if err := r.Write(render.Row{Values: eventValues(table.Columns, rows.Values())}); err != nil {
			return n, false, err
		}
	}
	if err := rows.Err(); err != nil {
		return n, false, fmt.Errorf("reading events: %w", err)
	}
	return n, false, nil
}

// eventColumn says how text shows a column of events.
func eventColumn(col casefile.ResultColumn) render.Column {
	c := render.Column{Name: col.Name, Kind: KindOf(col.Type)}
	known, ok := formats.ColumnByName(col.Name)
	if !ok {
		return c
	}
	switch known.Type {
	case formats.ColumnJSON, formats.ColumnMessages, formats.ColumnTexts, formats.ColumnIDs:
		c.Kind = render.KindJSON
	case formats.ColumnDuration:
		c.Kind = render.KindDuration
	}
	return c
}

// eventValues turns a row of events into values of the columns. The value
// after the last column is the precision of the time.
func eventValues(columns []render.Column, row []any) []any {
	precision, _ := row[len(columns)].(string)
	values := make([]any, len(columns))
	for i, c := range columns {
		switch v := row[i].(type) {
		case time.Time:
			values[i] = render.Stamp{Micros: v.UnixMicro(), Precision: formats.Precision(precision)}
		case string:
			values[i] = v
			if c.Kind == render.KindJSON {
				values[i] = json.RawMessage(v)
			}
		default:
			values[i] = v
		}
	}
	return values
}
