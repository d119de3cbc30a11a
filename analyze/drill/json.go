package drill

import (
	"strconv"
	"time"
)

// appendText appends s as the inside of a JSON string.
func appendText[T string | []byte](dst []byte, s T) []byte {
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '\n':
			dst = append(dst, `\n`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '"', '\\':
			dst = append(dst, '\\', c)
		default:
			dst = append(dst, `\u00`...)
			dst = appendHex(dst, c)
		}
	}
	return append(dst, s[start:]...)
}

// quote returns s as a JSON string.
func quote(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted appends s as a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = appendText(dst, s)
	return append(dst, '"')
}

// appendOrNull appends the JSON text s, or null when it is empty.
func appendOrNull(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return append(dst, s...)
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendTime appends the time with whole seconds, as both AWS logs write it.
func appendTime(dst []byte, ms int64) []byte {
	return time.Unix(ms/1000, 0).UTC().AppendFormat(dst, time.RFC3339)
}

func timeString(ms int64) string { return string(appendTime(nil, ms)) }

// appendSeconds appends microseconds as seconds.
func appendSeconds(dst []byte, micros int64) []byte { return appendFraction(dst, micros, 1_000_000) }

// appendDollars appends billionths of a dollar as dollars.
func appendDollars(dst []byte, nanos int64) []byte { return appendFraction(dst, nanos, 1_000_000_000) }

// appendFraction appends n/unit as a decimal number with at least one digit
// behind the point; unit is a power of ten, and n is not negative.
func appendFraction(dst []byte, n, unit int64) []byte {
	dst = append(strconv.AppendInt(dst, n/unit, 10), '.')
	for rest := n % unit; ; {
		unit /= 10
		dst = append(dst, '0'+byte(rest/unit))
		if rest %= unit; rest == 0 {
			return dst
		}
	}
}
