package render

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxCellWidth is how many columns of a line one value may take in text when
// the width of the terminal is known; JSON has the rest.
const maxCellWidth = 1 << 10

// plain turns a value into text as CSV holds it, without any escaping. A value
// that is NULL has none. Text is false for numbers and truth values, which no
// spreadsheet takes for a formula.
func plain(v any) (s string, text, null bool, err error) {
	switch v := v.(type) {
	case nil:
		return "", false, true, nil
	case string:
		return v, true, false, nil
	case []byte:
		return string(v), true, v == nil, nil
	case bool:
		return strconv.FormatBool(v), false, false, nil
	case Stamp:
		return v.Format(time.UTC), false, false, nil
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), false, false, nil
	case float64:
		return formatFloat(v, 64), false, false, nil
	case float32:
		return formatFloat(float64(v), 32), false, false, nil
	case json.Number:
		return v.String(), !isNumber(v), false, nil
	}
	if n, ok := integer(v); ok {
		return strconv.FormatInt(n, 10), false, false, nil
	}
	data, err := JSON(jsonValue(v))
	if err != nil {
		return "", false, false, fmt.Errorf("value of type %T: %w", v, err)
	}
	return string(data), true, string(data) == "null", nil
}

// Plain is a value as CSV holds it, less what guards against formulas, and
// whether it is NULL. It is for people, in the hands of who cleans it.
func Plain(v any) (text string, null bool) {
	text, _, null, err := plain(v)
	if err != nil {
		return err.Error(), false
	}
	return text, null
}

// integer gives the value of any integer type that fits into an int64.
func integer(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
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
	case uint:
		return int64(v), v <= math.MaxInt64
	case uint64:
		return int64(v), v <= math.MaxInt64
	}
	return 0, false
}

func formatFloat(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// isNumber reports whether n is a number of JSON: a json.Number may hold any
// text.
func isNumber(n json.Number) bool {
	s := string(n)
	return s != "" && (s[0] == '-' || s[0] >= '0' && s[0] <= '9') && json.Valid([]byte(s))
}

// human turns a value into one safe line for people. NULL is nothing and an
// empty text is "", so that they differ. At most limit columns of the value
// are of interest; 0 means all.
func human(v any, c Column, zone *time.Location, limit int) (string, error) {
	if n, ok := integer(v); ok {
		switch c.Kind {
		case KindSize:
			return Size(n), nil
		case KindDuration:
			return strings.TrimPrefix(Relative(time.Duration(min(n, math.MaxInt64/1000))*time.Microsecond), "+"), nil
		}
	}
	switch t := v.(type) {
	case Stamp:
		return t.Format(zone), nil
	case time.Time:
		return Stamp{Micros: t.UnixMicro()}.Format(zone), nil
	}
	s, text, null, err := plain(v)
	if err != nil || null {
		return "", err
	}
	if text && s == "" {
		return `""`, nil
	}
	return Terminal(shorten(s, limit)), nil
}

// shorten cuts off what cannot be seen in limit columns anyway, before a
// prompt of a megabyte is escaped and measured. One column may need several
// runes (combining marks); what needs more than 16 bytes a column is cut.
func shorten(s string, limit int) string {
	if n := 16*limit + 64; limit > 0 && len(s) > n {
		return strings.ToValidUTF8(s[:n], "�")
	}
	return s
}

// jsonValue turns a value into what encoding/json shall encode.
func jsonValue(v any) any {
	switch v := v.(type) {
	case Tallies:
		if v == nil {
			return []Tally{}
		}
	case []byte:
		if v == nil {
			return nil
		}
		return string(v)
	case Stamp:
		return v.Format(time.UTC)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return formatFloat(v, 64)
		}
	case json.Number:
		if !isNumber(v) {
			return string(v)
		}
	case json.RawMessage:
		if !json.Valid(v) {
			return string(v)
		}
	}
	return v
}
