// Package export writes what a case says as tables: events, and the rows of a
// query, in any format of package render or as Parquet. The commands and the
// explorer write the same bytes with it.
package export

import (
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

// FormatParquet is the output of rows as a Parquet file.
const FormatParquet = "parquet"

// Config opens the stream of what was found in a case. Parameters that are nil,
// empty or false were not given.
func Config(c *casefile.Case, params map[string]any) render.Config {
	return render.Config{Case: c.Dir, Head: c.Head().String(), Params: Given(params)}
}

// Given are the parameters that were given.
func Given(params map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range params {
		switch v := v.(type) {
		case nil:
		case string:
			if v != "" {
				out[name] = v
			}
		case bool:
			if v {
				out[name] = v
			}
		case int:
			if v != 0 {
				out[name] = v
			}
		case []string:
			if len(v) > 0 {
				out[name] = v
			}
		case time.Time:
			if !v.IsZero() {
				out[name] = render.Stamp{Micros: v.UnixMicro()}.Format(time.UTC)
			}
		default:
			out[name] = v
		}
	}
	return out
}

// About is what a Parquet file says about itself: the stream that another format
// would begin with config.
func About(config render.Config) map[string]string {
	return map[string]string{"exhibit_version": config.Version, "exhibit_case": config.Case, "exhibit_head": config.Head}
}

// KindOf says how text shows values of a type of DuckDB.
func KindOf(typ string) render.Kind {
	switch {
	case strings.HasPrefix(typ, "DECIMAL"), typ == "DOUBLE", typ == "FLOAT", typ == "HUGEINT", typ == "UHUGEINT":
		return render.KindNumber
	case strings.HasSuffix(typ, "[]"), strings.HasPrefix(typ, "STRUCT"), strings.HasPrefix(typ, "MAP"), strings.HasPrefix(typ, "UNION"):
		return render.KindJSON
	}
	switch typ {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT":
		return render.KindInt
	case "BOOLEAN":
		return render.KindBool
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		return render.KindTime
	case "JSON":
		return render.KindJSON
	}
	return render.KindText
}

// StampOf shows the first or last of many instants, which may be of logs of
// different precision, with the digits that it needs; nil is NULL.
func StampOf(t *time.Time) any {
	if t == nil {
		return nil
	}
	s := render.Stamp{Micros: t.UnixMicro(), Precision: formats.PrecisionUS}
	switch {
	case s.Micros%1e6 == 0:
		s.Precision = formats.PrecisionS
	case s.Micros%1e3 == 0:
		s.Precision = formats.PrecisionMS
	}
	return s
}
