package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// Stamp is an instant as a log wrote it: microseconds since
// 1970-01-01T00:00:00Z and the precision of the log. An empty Precision shows
// microseconds.
type Stamp struct {
	Micros    int64
	Precision formats.Precision
}

// Time returns s as a UTC time.
func (s Stamp) Time() time.Time { return time.UnixMicro(s.Micros).UTC() }

// Format shows s in loc as RFC 3339 with as many digits as the log wrote, at
// most six: 2026-01-31T12:00:00.250Z. A nil loc is UTC.
func (s Stamp) Format(loc *time.Location) string {
	layout := "2006-01-02T15:04:05.000000Z07:00"
	switch s.Precision {
	case formats.PrecisionS:
		layout = "2006-01-02T15:04:05Z07:00"
	case formats.PrecisionMS:
		layout = "2006-01-02T15:04:05.000Z07:00"
	}
	if loc == nil {
		loc = time.UTC
	}
	return time.UnixMicro(s.Micros).In(loc).Format(layout)
}

// Timesketch names the columns that a Timesketch CSV needs, in order. Other
// columns may follow.
func Timesketch() []Column {
	return []Column{
		{Name: "message", Kind: KindText},
		{Name: "datetime", Kind: KindText},
		{Name: "timestamp_desc", Kind: KindText},
		{Name: "timestamp", Kind: KindInt},
	}
}

// TimesketchTime gives the datetime (ISO 8601, microseconds, +00:00) and the
// timestamp (microseconds) that Timesketch wants for one instant.
func TimesketchTime(s Stamp) (datetime string, timestamp int64) {
	return s.Time().Format("2006-01-02T15:04:05.000000-07:00"), s.Micros
}

// Relative shows a distance in time with a sign and at most three parts:
// +0.000s, +1.234s, -2m03s, +1h05m00s, +3d04h00m. Below a minute it has
// milliseconds; what is smaller is cut off.
func Relative(d time.Duration) string {
	sign := "+"
	if d < 0 {
		sign = "-"
		d = -max(d, -1<<63+1) // the smallest Duration has no opposite
	}
	whole := int64(d / time.Second)
	days, hours, minutes, seconds := whole/86400, whole/3600%24, whole/60%60, whole%60
	switch {
	case days > 0:
		return fmt.Sprintf("%s%dd%02dh%02dm", sign, days, hours, minutes)
	case hours > 0:
		return fmt.Sprintf("%s%dh%02dm%02ds", sign, hours, minutes, seconds)
	case minutes > 0:
		return fmt.Sprintf("%s%dm%02ds", sign, minutes, seconds)
	}
	return fmt.Sprintf("%s%d.%03ds", sign, seconds, d%time.Second/time.Millisecond)
}

// Size shows a number of bytes in binary units: 17 B, 4.0 KiB, 1.5 GiB.
func Size(n int64) string {
	if n > -1024 && n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	value, unit := float64(n), 0
	for unit < len("KMGTPE") && (value >= 1023.95 || value <= -1023.95) {
		value, unit = value/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit-1])
}

// Count shows n with thin spaces (U+2009) between groups of three digits, from
// five digits on: 1234, 12 345. Only text for people uses it.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if len(digits) < 5 {
		return sign + digits
	}
	var b strings.Builder
	b.WriteString(sign)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteRune('\u2009')
		}
		b.WriteByte(digits[i])
	}
	return b.String()
}
