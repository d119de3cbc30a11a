package casefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// maxGroupBytes closes a row group of a file of events before it has all its
// rows, so that long texts do not pile up.
const maxGroupBytes = 64 << 20

// WriteEvents writes the events of a query to w as a Parquet file and returns
// how many there are. No columns mean all of the events view. The metadata of
// the file is about. The file depends on the case and the query alone.
func (c *Case) WriteEvents(ctx context.Context, w io.Writer, q EventQuery, about map[string]string) (n int64, err error) {
	if len(q.Columns) == 0 {
		if q.Columns, err = c.ExportColumns(ctx); err != nil {
			return 0, err
		}
	}
	rows, err := c.SelectEvents(ctx, q)
	if err != nil {
		return 0, err
	}
	n, err = writeRows(w, rows, nil, about)
	if err = errors.Join(err, rows.Close()); err != nil {
		return n, fmt.Errorf("writing events as Parquet: %w", err)
	}
	return n, nil
}

// ExportColumns are the columns of the events view without eid, which means
// something inside this case only.
func (c *Case) ExportColumns(ctx context.Context) ([]string, error) {
	columns, err := c.EventColumns(ctx)
	var names []string
	for _, col := range columns {
		if col.Name != "eid" {
			names = append(names, col.Name)
		}
	}
	return names, err
}

// WriteParquet writes the rows of a query, which the caller closes, to w as a
// Parquet file and returns how many there are. The columns get the given names,
// which must differ. The metadata of the file is about.
func WriteParquet(w io.Writer, rows *Rows, names []string, about map[string]string) (n int64, err error) {
	if n, err = writeRows(w, rows, names, about); err != nil {
		return n, fmt.Errorf("writing rows as Parquet: %w", err)
	}
	return n, nil
}

// writeRows writes rows as a Parquet file, a row group at a time. No names are
// those of the result.
func writeRows(w io.Writer, rows *Rows, names []string, about map[string]string) (n int64, err error) {
	columns := slices.Clone(rows.Columns())
	for i, name := range names {
		columns[i].Name = name
	}
	t, err := exportTable(columns)
	if err != nil {
		return 0, err
	}
	keys := slices.Sorted(maps.Keys(about))
	meta := metadata.NewKeyValueMetadata()
	for _, k := range keys {
		if err := meta.Append(k, about[k]); err != nil {
			return 0, err
		}
	}
	pw, err := file.NewParquetWriterWithError(w, t.root, file.WithWriterProps(t.properties()), file.WithWriteMetadata(meta))
	if err != nil {
		return 0, err
	}
	size := 0
	for rows.Next() {
		for i, v := range rows.Values() {
			added, err := t.columns[i].value(v)
			if err != nil {
				return n, fmt.Errorf("column %s: %w", t.columns[i].name, err)
			}
			size += added
		}
		n++
		if t.rows() == rowGroupRows || size > maxGroupBytes {
			if err := t.writeGroup(pw); err != nil {
				return n, err
			}
			size = 0
		}
	}
	if err := rows.Err(); err != nil {
		return n, err
	}
	if t.rows() > 0 {
		if err := t.writeGroup(pw); err != nil {
			return n, err
		}
	}
	return n, pw.Close()
}

// exportTable makes a table for columns of a result.
func exportTable(columns []ResultColumn) (*table, error) {
	var list []*column
	for _, c := range columns {
		col := &column{name: c.Name, typ: typeText}
		switch c.Type {
		case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER":
			col.typ = typeInt
		case "HUGEINT", "UHUGEINT", "UBIGINT":
			col.typ = typeDecimal
		case "DOUBLE", "FLOAT":
			col.typ = typeFloat
		case "BOOLEAN":
			col.typ = typeBool
		case "DECIMAL(18,9)":
			col.typ = typeMoney
		default:
			if _, err := fmt.Sscanf(c.Type, "DECIMAL(%d,%d)", new(int), &col.scale); err == nil {
				col.typ = typeDecimal
			}
			if isInstant(c.Type) {
				col.typ = typeTime
			}
		}
		list = append(list, col)
	}
	return newTable("rows", list...)
}

// value adds a value of [Rows] and returns how many bytes it takes.
func (c *column) value(v any) (int, error) {
	if v == nil {
		c.null()
		return 1, nil
	}
	switch c.typ {
	case typeInt:
		n, ok := wholeNumber(v)
		if !ok {
			return 0, fmt.Errorf("%v is no integer of 64 bits", v)
		}
		c.int(n, true)
	case typeBool:
		b, ok := v.(bool)
		if !ok {
			return 0, fmt.Errorf("%v is neither true nor false", v)
		}
		c.bool(b, true)
	case typeTime:
		t, ok := v.(time.Time)
		if !ok {
			return 0, fmt.Errorf("%v is no time", v)
		}
		c.int(t.UnixMicro(), true)
	case typeMoney:
		n, err := billionths(fmt.Sprint(v))
		if err != nil {
			return 0, err
		}
		c.int(n, true)
	case typeDecimal:
		b, err := decimal(fmt.Sprint(v), c.scale)
		if err != nil {
			return 0, err
		}
		c.sum(b)
	case typeFloat:
		f, ok := realNumber(v)
		if !ok {
			return 0, fmt.Errorf("%v is no number", v)
		}
		c.float(f)
	default:
		text, err := plainText(v)
		if err != nil {
			return 0, err
		}
		c.text(text)
		return len(text) + 1, nil
	}
	return 8, nil
}

func realNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	}
	return 0, false
}

// plainText is a value as text: JSON as DuckDB wrote it.
func plainText(v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return []byte(v), nil
	case json.RawMessage:
		return v, nil
	}
	return json.Marshal(v)
}

// decimalBytes is the size of a decimal of [decimalDigits] digits.
const (
	decimalBytes  = 16
	decimalDigits = 38
)

// decimal reads a number with at most scale digits after the point as the bytes
// of a decimal of Parquet: an integer without the point in two's complement, the
// highest byte first (LogicalTypes.md, DECIMAL).
func decimal(s string, scale int) ([]byte, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > scale {
		return nil, fmt.Errorf("%q has more than %d digits after the point", s, scale)
	}
	n, ok := new(big.Int).SetString(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10)
	if !ok {
		return nil, fmt.Errorf("%q is no decimal number", s)
	}
	if digits := len(new(big.Int).Abs(n).String()); digits > decimalDigits {
		return nil, fmt.Errorf("%q has more than %d digits: cast the column to varchar or double", s, decimalDigits)
	}
	if n.Sign() < 0 {
		n.Add(n, new(big.Int).Lsh(big.NewInt(1), 8*decimalBytes))
	}
	return n.FillBytes(make([]byte, decimalBytes)), nil
}

func wholeNumber(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	}
	return 0, false
}

// billionths reads a decimal with at most nine digits after the point as a
// number of 1e-9.
func billionths(s string) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(fraction) > 9 {
		return 0, fmt.Errorf("%q has more than nine digits after the point", s)
	}
	return strconv.ParseInt(whole+fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
}

// writeGroup writes the rows as one row group and forgets them.
func (t *table) writeGroup(pw *file.Writer) error {
	rg, err := pw.AppendRowGroupChecked()
	if err != nil {
		return err
	}
	for _, c := range t.columns {
		cw, err := rg.NextColumn()
		if err != nil {
			return err
		}
		if _, err := c.writeBatch(cw, 0, 0, c.def); err != nil {
			return fmt.Errorf("writing column %s: %w", c.name, err)
		}
		if err := cw.Close(); err != nil {
			return fmt.Errorf("closing column %s: %w", c.name, err)
		}
	}
	t.reset()
	return rg.Close()
}
