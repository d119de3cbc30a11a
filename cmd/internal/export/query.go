package export

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// Rows writes the rows of a query as they come, as one table, and returns how
// many there are. The caller closes them.
func Rows(r *render.Renderer, rows *casefile.Rows) (n int64, err error) {
	if err := r.Write(QueryTable(rows.Columns())); err != nil {
		return 0, err
	}
	for ; rows.Next(); n++ {
		if err := r.Write(render.Row{Values: QueryValues(rows.Values())}); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// Parquet writes the rows of a query as a Parquet file that says about about
// itself, and returns how many there are. The caller closes them.
func Parquet(w io.Writer, rows *casefile.Rows, about map[string]string) (int64, error) {
	var names []string
	for _, col := range QueryTable(rows.Columns()).Columns {
		names = append(names, col.Name)
	}
	return casefile.WriteParquet(w, rows, names, about)
}

// QueryTable describes the result of a query. A plan has long texts.
func QueryTable(columns []casefile.ResultColumn) render.Table {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	t := render.Table{Name: "rows", Stacked: slices.Equal(names, []string{"explain_key", "explain_value"})}
	for i, name := range render.Unique(names) {
		col := render.Column{Name: name, Kind: KindOf(columns[i].Type)}
		if t.Stacked {
			col.Kind = render.KindLong
		}
		t.Columns = append(t.Columns, col)
	}
	return t
}

// QueryValues turns the values of a row into those of a table.
func QueryValues(row []any) []any {
	values := make([]any, len(row))
	for i, v := range row {
		values[i] = v
		if t, ok := v.(time.Time); ok {
			values[i] = StampOf(&t)
		}
	}
	return values
}

// Size is about how many bytes a value of a query takes.
func Size(v any) int {
	const fixed = 48 // of what is no text: an interface, and what it points to
	switch v := v.(type) {
	case string:
		return fixed + len(v)
	case json.RawMessage:
		return fixed + len(v)
	}
	return fixed
}
