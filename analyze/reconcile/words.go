package reconcile

import (
	"strconv"
	"strings"
	"time"
)

// instant writes a time as findings quote it.
func instant(micros int64) string {
	return time.UnixMicro(micros).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}

// micros writes a duration in microseconds as people read it.
func micros(us int64) string {
	d := time.Duration(us) * time.Microsecond
	if d.Abs() >= time.Millisecond {
		d = d.Round(time.Millisecond)
	}
	return d.String()
}

// signed writes a duration in microseconds with its sign.
func signed(us int64) string {
	if us > 0 {
		return "+" + micros(us)
	}
	return micros(us)
}

// plus writes a duration with its sign.
func plus(d time.Duration) string {
	if d > 0 {
		return "+" + d.String()
	}
	return d.String()
}

// ahead says by how much one clock is ahead of another, in microseconds.
func ahead(us int64) string {
	if us < 0 {
		return micros(-us) + " behind"
	}
	return micros(us) + " ahead of"
}

// sequence joins names: a, b and c.
func sequence(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// count writes a number with commas: 1,234,567.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted writes a number and the word for what it counts.
func counted(n int64, word string) string { return plural(n, word, word+"s") }

// plural writes a number and the word for one or for several.
func plural(n int64, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + several
}
