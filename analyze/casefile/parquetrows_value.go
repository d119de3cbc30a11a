package casefile

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow/float16"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// put writes the value whose level is ready, and goes to the next.
func (c *rowColumn) put(w *lineWriter) error {
	if c.def[c.at] != c.maxDef {
		return fmt.Errorf("column %s: a page has the level %d; the most is %d", c, c.def[c.at], c.maxDef)
	}
	c.at++
	c.value++
	return c.values.write(w, c.value-1)
}

// putName is put for the key of a map.
func (c *rowColumn) putName(w *lineWriter) error {
	keys, ok := c.values.(*typedValues[parquet.ByteArray])
	if !ok || c.def[c.at] != c.maxDef {
		return fmt.Errorf("column %s: a map has an element without a key", c)
	}
	w.buf = appendName(w.buf, string(keys.all[c.value]))
	c.at++
	c.value++
	return w.spill()
}

// valuesOf returns a place for the values of a column, which knows how they are
// written.
func valuesOf(d *schema.Column) columnValues {
	switch d.PhysicalType() {
	case parquet.Types.Boolean:
		return &typedValues[bool]{put: putBool}
	case parquet.Types.Int32:
		put := putInt(d.LogicalType(), 32)
		return &typedValues[int32]{put: func(w *lineWriter, v int32) error { return put(w, int64(v)) }}
	case parquet.Types.Int64:
		return &typedValues[int64]{put: putInt(d.LogicalType(), 64)}
	case parquet.Types.Int96:
		return &typedValues[parquet.Int96]{put: putInt96}
	case parquet.Types.Float:
		return &typedValues[float32]{put: func(w *lineWriter, v float32) error { return putFloat(w, float64(v), 32) }}
	case parquet.Types.Double:
		return &typedValues[float64]{put: func(w *lineWriter, v float64) error { return putFloat(w, v, 64) }}
	case parquet.Types.ByteArray:
		put := putBytes(d.LogicalType())
		return &typedValues[parquet.ByteArray]{put: func(w *lineWriter, v parquet.ByteArray) error { return put(w, v) }}
	}
	put := putBytes(d.LogicalType())
	return &typedValues[parquet.FixedLenByteArray]{put: func(w *lineWriter, v parquet.FixedLenByteArray) error { return put(w, v) }}
}

func putBool(w *lineWriter, v bool) error {
	w.buf = strconv.AppendBool(w.buf, v)
	return nil
}

// putInt returns how integers of a logical type are written. What a type does
// not allow is written as the number that it is.
func putInt(t schema.LogicalType, width int) func(w *lineWriter, v int64) error {
	plain := func(w *lineWriter, v int64) error {
		w.buf = strconv.AppendInt(w.buf, v, 10)
		return nil
	}
	switch t := t.(type) {
	case schema.DecimalLogicalType:
		if scale := int(t.Scale()); usableScale(scale) {
			return func(w *lineWriter, v int64) error {
				w.buf = appendDecimal(w.buf, strconv.AppendInt(nil, v, 10), scale)
				return nil
			}
		}
	case schema.IntLogicalType:
		if !t.IsSigned() {
			return func(w *lineWriter, v int64) error {
				w.buf = strconv.AppendUint(w.buf, uint64(v)&(math.MaxUint64>>(64-width)), 10)
				return nil
			}
		}
	case schema.DateLogicalType:
		return func(w *lineWriter, v int64) error {
			w.buf = append(appendDate(append(w.buf, '"'), time.Unix(v*86400, 0).UTC()), '"')
			return nil
		}
	case schema.TimeLogicalType:
		return putTime(unitDigits(t.TimeUnit()), t.IsAdjustedToUTC(), plain)
	case schema.TimestampLogicalType:
		digits, utc := unitDigits(t.TimeUnit()), t.IsAdjustedToUTC()
		return func(w *lineWriter, v int64) error {
			w.buf = appendTimestamp(w.buf, v, digits, utc)
			return nil
		}
	}
	return plain
}

// unitDigits returns how many digits of a second a unit has.
func unitDigits(u schema.TimeUnitType) int {
	switch u {
	case schema.TimeUnitMillis:
		return 3
	case schema.TimeUnitMicros:
		return 6
	}
	return 9
}

// pow10 returns ten to the power of 3, 6 or 9.
func pow10(digits int) int64 {
	n := int64(1)
	for range digits {
		n *= 10
	}
	return n
}

// putTime returns how times of day are written.
func putTime(digits int, utc bool, plain func(w *lineWriter, v int64) error) func(w *lineWriter, v int64) error {
	unit := pow10(digits)
	return func(w *lineWriter, v int64) error {
		if v < 0 || v >= 86400*unit {
			return plain(w, v)
		}
		w.buf = appendClock(append(w.buf, '"'), v, digits)
		if utc {
			w.buf = append(w.buf, 'Z')
		}
		w.buf = append(w.buf, '"')
		return nil
	}
}

// appendClock appends the time of day, counted in units of so many digits.
func appendClock(dst []byte, v int64, digits int) []byte {
	unit := pow10(digits)
	s := v / unit
	dst = append(appendPadded(dst, s/3600, 2), ':')
	dst = append(appendPadded(dst, s/60%60, 2), ':')
	dst = append(appendPadded(dst, s%60, 2), '.')
	return appendPadded(dst, v%unit, digits)
}

// appendPadded appends a number of at least so many digits.
func appendPadded(dst []byte, v int64, digits int) []byte {
	for p := pow10(digits - 1); p > v && p > 1; p /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendDate appends a day.
func appendDate(dst []byte, t time.Time) []byte {
	year, month, day := t.Date()
	switch {
	case year > 9999:
		dst = append(dst, '+')
	case year < 0:
		dst = append(dst, '-')
		year = -year
	}
	dst = append(appendPadded(dst, int64(year), 4), '-')
	dst = append(appendPadded(dst, int64(month), 2), '-')
	return appendPadded(dst, int64(day), 2)
}

// appendTimestamp appends a time counted in units of so many digits since the
// beginning of 1970.
func appendTimestamp(dst []byte, v int64, digits int, utc bool) []byte {
	day := 86400 * pow10(digits)
	days, rest := v/day, v%day
	if rest < 0 {
		days, rest = days-1, rest+day
	}
	dst = append(appendDate(append(dst, '"'), time.Unix(days*86400, 0).UTC()), 'T')
	dst = appendClock(dst, rest, digits)
	if utc {
		dst = append(dst, 'Z')
	}
	return append(dst, '"')
}

// putInt96 writes a time of the deprecated INT96: nanoseconds of the day, and
// the Julian day. What is none is binary.
func putInt96(w *lineWriter, v parquet.Int96) error {
	const julian1970 = 2440588
	nanos := binary.LittleEndian.Uint64(v[:8])
	if nanos >= 86400*1e9 {
		return w.base64(v[:])
	}
	days := int64(binary.LittleEndian.Uint32(v[8:])) - julian1970
	dst := append(appendDate(append(w.buf, '"'), time.Unix(days*86400, 0).UTC()), 'T')
	w.buf = append(appendClock(dst, int64(nanos), 9), '"')
	return nil
}

// putFloat writes a number as encoding/json does: as ECMAScript's, which RFC
// 8785 asks for.
func putFloat(w *lineWriter, v float64, bits int) error {
	switch {
	case math.IsNaN(v):
		w.word(`"NaN"`)
		return nil
	case math.IsInf(v, 1):
		w.word(`"Infinity"`)
		return nil
	case math.IsInf(v, -1):
		w.word(`"-Infinity"`)
		return nil
	}
	format := byte('f')
	abs := math.Abs(v)
	if abs != 0 && (bits == 64 && (abs < 1e-6 || abs >= 1e21) || bits == 32 && (float32(abs) < 1e-6 || float32(abs) >= 1e21)) {
		format = 'e'
	}
	w.buf = strconv.AppendFloat(w.buf, v, format, -1, bits)
	if n := len(w.buf); format == 'e' && n > 4 && w.buf[n-2] == '0' && (w.buf[n-3] == '-' || w.buf[n-3] == '+') {
		w.buf[n-2] = w.buf[n-1] // e-09 to e-9
		w.buf = w.buf[:n-1]
	}
	return nil
}

// usableScale reports whether a decimal has so many digits after the point as
// any writer could mean. The Parquet format has no bound.
func usableScale(scale int) bool { return scale >= 0 && scale <= 1024 }

// appendDecimal appends the digits of a whole number with the point before the
// last scale of them.
func appendDecimal(dst, digits []byte, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	whole := max(0, len(digits)-scale)
	if whole == 0 {
		dst = append(dst, '0')
	}
	dst = append(dst, digits[:whole]...)
	if scale == 0 {
		return dst
	}
	dst = append(dst, '.')
	for range scale - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits[whole:]...)
}

// maxDecimalBytes is the longest binary decimal that is written as a number:
// some 600 digits, where writers stop at 76.
const maxDecimalBytes = 256

// putBytes returns how byte arrays of a logical type are written.
func putBytes(t schema.LogicalType) func(w *lineWriter, v []byte) error {
	switch t := t.(type) {
	case schema.BSONLogicalType:
		return (*lineWriter).base64
	case schema.DecimalLogicalType:
		if scale := int(t.Scale()); usableScale(scale) {
			return func(w *lineWriter, v []byte) error { return putDecimal(w, v, scale) }
		}
	case schema.UUIDLogicalType:
		return ofLength(16, putUUID)
	case schema.IntervalLogicalType:
		return ofLength(12, putInterval)
	case schema.Float16LogicalType:
		return ofLength(2, func(w *lineWriter, v []byte) error {
			return putFloat(w, float64(float16.FromLEBytes(v).Float32()), 32)
		})
	}
	return (*lineWriter).text
}

// ofLength writes values of the length that their type has.
func ofLength(n int, put func(w *lineWriter, v []byte) error) func(w *lineWriter, v []byte) error {
	return func(w *lineWriter, v []byte) error {
		if len(v) != n {
			return fmt.Errorf("a value has %d bytes instead of %d", len(v), n)
		}
		return put(w, v)
	}
}

// putDecimal writes a decimal: a big-endian two's complement.
func putDecimal(w *lineWriter, v []byte, scale int) error {
	if len(v) == 0 || len(v) > maxDecimalBytes {
		return w.base64(v)
	}
	n := new(big.Int).SetBytes(v)
	if v[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(v))))
	}
	w.buf = appendDecimal(w.buf, n.Append(nil, 10), scale)
	return nil
}

func putUUID(w *lineWriter, v []byte) error {
	w.buf = fmt.Appendf(w.buf, `"%x-%x-%x-%x-%x"`, v[:4], v[4:6], v[6:8], v[8:10], v[10:])
	return nil
}

func putInterval(w *lineWriter, v []byte) error {
	part := func(i int) uint32 { return binary.LittleEndian.Uint32(v[4*i:]) }
	w.buf = fmt.Appendf(w.buf, `{"months":%d,"days":%d,"milliseconds":%d}`, part(0), part(1), part(2))
	return nil
}

// textChunk is how much of a value is written at once: a multiple of 3, so that
// base64 goes on without padding.
const textChunk = 3 << 15

// text writes a text, or binary when it is none.
func (w *lineWriter) text(v []byte) error {
	if !utf8.Valid(v) {
		return w.base64(v)
	}
	w.buf = append(w.buf, '"')
	for len(v) > textChunk {
		w.buf = appendEscaped(w.buf, v[:textChunk])
		v = v[textChunk:]
		if err := w.spill(); err != nil {
			return err
		}
	}
	w.buf = append(appendEscaped(w.buf, v), '"')
	return nil
}

// base64 writes binary.
func (w *lineWriter) base64(v []byte) error {
	w.word(`{"` + base64Mark + `":"`)
	for len(v) > textChunk {
		w.buf = base64.StdEncoding.AppendEncode(w.buf, v[:textChunk])
		v = v[textChunk:]
		if err := w.spill(); err != nil {
			return err
		}
	}
	w.buf = base64.StdEncoding.AppendEncode(w.buf, v)
	w.word(`"}`)
	return nil
}
