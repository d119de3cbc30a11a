package formats

import (
	"bytes"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// ParseTime reads a time as logs write it: RFC 3339 with any fraction, a space
// instead of the T, an offset as Z, +01:00, +0100, +01, "UTC" or "GMT", the
// basic form 20240102T030405Z, or seconds since 1970 as digits (see
// [ParseEpoch]). The precision follows the digits of the fraction; what is
// finer than a microsecond is cut, not rounded. Years outside 1 to 9999 are
// refused, as is a date without a time of day.
//
// A time written without an offset has zoned false and is returned as if it
// were UTC: the caller decides what zone it is in, or leaves it out.
func ParseTime(b []byte) (t Time, p Precision, zoned, ok bool) {
	w, zoned, ok := parseWall(b)
	if !ok {
		t, p, ok = ParseEpoch(b)
		return t, p, ok, ok
	}
	t, ok = w.in(time.UTC)
	return t, w.precision, zoned, ok
}

// ParseEpoch reads a decimal number as a time since 1970. Its digits before the
// point choose the unit: 9 or 10 are seconds, 12 or 13 milliseconds, 15 or 16
// microseconds, 18 or 19 nanoseconds, so that each unit covers 1973 to 2286 and
// none can be mistaken for another. Any other number is refused, as are signs
// and exponents.
//
// Two ranges of 18 digits are not nanoseconds (of 1973 to 1990, before there
// was such a log) but units of 100 ns as Windows counts them, for the years
// 2000 to 2099: .NET ticks since the year 1 (DateTime.Ticks) and FILETIME since
// 1601.
func ParseEpoch(b []byte) (t Time, p Precision, ok bool) {
	whole, frac, _ := bytes.Cut(b, []byte{'.'})
	if len(whole) > 19 || len(frac) > maxFraction || whole == nil || len(whole)+1 == len(b) {
		return Time{}, "", false
	}
	n, ok := digits(whole)
	if !ok || len(whole) == 0 || whole[0] == '0' || n < 0 {
		return Time{}, "", false
	}
	nanos, ok := fraction(frac)
	if !ok {
		return Time{}, "", false
	}
	switch len(whole) {
	case 9, 10:
		return Time{n*1e6 + nanos/1e3, true}, precisionOf(len(frac)), true
	case 12, 13:
		return Time{n*1e3 + nanos/1e6, true}, precisionOf(3 + len(frac)), true
	case 15, 16:
		return Time{n, true}, precisionOf(6 + len(frac)), true
	case 18, 19:
		for _, at2000 := range []int64{ticks2000, filetime2000} {
			if n >= at2000 && n < at2000+ticksCentury {
				return Time{unix2000*1e6 + (n-at2000)/10, true}, PrecisionNS, true
			}
		}
		return Time{n / 1e3, true}, PrecisionNS, true
	}
	return Time{}, "", false
}

// The begin of the year 2000 in .NET ticks, in FILETIME and in seconds since
// 1970, and the ticks of the century: learn.microsoft.com/dotnet/api/system.datetime.ticks
// and learn.microsoft.com/windows/win32/api/minwinbase/ns-minwinbase-filetime.
const (
	ticks2000    = 630822816000000000
	filetime2000 = 125911584000000000
	unix2000     = 946684800
	ticksCentury = 36525 * 86400 * 10_000_000
)

// SetTime sets the event's time from a value of the log, a text or a number,
// and names the field it came from. A time that the log wrote without a zone is
// read in d.AssumeTZ; when that is nil the time stays NULL and the source says
// so: "FIELD (no zone)". A value that is no time leaves it NULL as well, with
// the source "FIELD (not a time)". A missing or null value changes nothing.
func (d *Decoder) SetTime(e *Event, field string, v jsontape.Value) {
	t, p, problem := d.time(v)
	if problem == "" && !t.OK {
		return
	}
	e.TS, e.TSPrecision, e.TSSource = t, p, d.timeSource(field, problem)
}

// timeSource joins the name of a field and what is wrong with the time in it. The
// text is made once where it repeats, as it does in a log whose times have no zone.
func (d *Decoder) timeSource(field, problem string) string {
	if problem == "" {
		return field
	}
	if d.noTime[0] != field || d.noTime[1] != problem {
		d.noTime = [3]string{field, problem, field + problem}
	}
	return d.noTime[2]
}

// setTimeUTC is [Decoder.SetTime] for a log whose documentation says that its
// times are in UTC, though it writes them without a zone.
func (d *Decoder) setTimeUTC(e *Event, field string, v jsontape.Value) {
	assumed := d.AssumeTZ
	d.AssumeTZ = time.UTC
	d.SetTime(e, field, v)
	d.AssumeTZ = assumed
}

// time reads a value as a time. The problem is empty for a time and for a value
// that is missing or null.
func (d *Decoder) time(v jsontape.Value) (t Time, p Precision, problem string) {
	var b []byte
	switch v.Kind() {
	case jsontape.Missing, jsontape.Null:
		return Time{}, "", ""
	case jsontape.String:
		b = v.Text()
	case jsontape.Number:
		b = v.Raw()
	default:
		return Time{}, "", " (not a time)"
	}
	w, zoned, ok := parseWall(b)
	switch {
	case !ok:
		t, p, ok = ParseEpoch(b)
	case zoned:
		t, ok = w.in(time.UTC)
		p = w.precision
	case d.AssumeTZ == nil:
		return Time{}, "", " (no zone)"
	default:
		t, ok = w.in(d.AssumeTZ)
		p = w.precision
	}
	if !ok {
		return Time{}, "", " (not a time)"
	}
	return t, p, ""
}

// maxFraction bounds the digits of a fraction; beyond nanoseconds they are only
// checked. No log writes more than a dozen.
const maxFraction = 30

// wall is a date and time of day as written, with its offset from UTC.
type wall struct {
	year, month, day, hour, min, sec int
	nanos                            int64
	offset                           int // seconds east of UTC
	precision                        Precision
}

// in returns the instant of w, whose offset counts from loc.
func (w *wall) in(loc *time.Location) (Time, bool) {
	var s int64
	if loc == time.UTC { // as most are
		s = int64(daysTo(w.year, w.month)+w.day-1)*86400 + int64(w.hour*3600+w.min*60+w.sec)
	} else {
		s = time.Date(w.year, time.Month(w.month), w.day, w.hour, w.min, w.sec, 0, loc).Unix()
	}
	s -= int64(w.offset)
	if s < minUnix || s > maxUnix {
		return Time{}, false
	}
	return Time{s*1e6 + w.nanos/1e3, true}, true
}

// The first second of the year 1 and the last of the year 9999.
const (
	minUnix = -62135596800
	maxUnix = 253402300799
)

// parseWall reads the calendar forms of [ParseTime].
func parseWall(b []byte) (w wall, zoned, ok bool) {
	b, ok = w.date(b)
	if !ok {
		return w, false, false
	}
	b, ok = w.clock(b)
	if !ok {
		return w, false, false
	}
	w.offset, zoned, ok = parseZone(b)
	return w, zoned, ok
}

// date reads the year, month and day with the separator after them, and
// returns the rest.
func (w *wall) date(b []byte) ([]byte, bool) {
	var ok bool
	switch {
	case len(b) > 10 && b[4] == '-' && b[7] == '-':
		ok = number(b[0:4], &w.year) && pair(b[5:7], &w.month) && pair(b[8:10], &w.day)
		b = b[10:]
	case len(b) > 8 && b[8] == 'T':
		ok = number(b[0:4], &w.year) && pair(b[4:6], &w.month) && pair(b[6:8], &w.day)
		b = b[8:]
	}
	if !ok || b[0] != 'T' && b[0] != 't' && b[0] != ' ' {
		return nil, false
	}
	if w.year < 1 || w.month < 1 || w.month > 12 || w.day < 1 || w.day > daysIn(w.year, w.month) {
		return nil, false
	}
	return b[1:], true
}

// clock reads the time of day and its fraction, and returns the rest.
func (w *wall) clock(b []byte) ([]byte, bool) {
	var ok bool
	switch {
	case len(b) >= 8 && b[2] == ':' && b[5] == ':':
		ok = pair(b[0:2], &w.hour) && pair(b[3:5], &w.min) && pair(b[6:8], &w.sec)
		b = b[8:]
	case len(b) >= 6 && b[2] != ':':
		ok = pair(b[0:2], &w.hour) && pair(b[2:4], &w.min) && pair(b[4:6], &w.sec)
		b = b[6:]
	}
	// Second 60 is a leap second, and becomes the first of the next minute.
	if !ok || w.hour > 23 || w.min > 59 || w.sec > 60 {
		return nil, false
	}
	w.precision = PrecisionS
	if len(b) == 0 || b[0] != '.' && b[0] != ',' {
		return b, true
	}
	n := 1
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	if n == 1 || n > maxFraction {
		return nil, false
	}
	w.nanos, ok = fraction(b[1:n])
	w.precision = precisionOf(n - 1)
	return b[n:], ok
}

// parseZone reads what follows the time of day. Nothing is no zone.
func parseZone(b []byte) (offset int, zoned, ok bool) {
	if len(b) == 0 {
		return 0, false, true
	}
	if b[0] == ' ' {
		b = b[1:]
	}
	switch string(b) {
	case "Z", "z", "UTC", "GMT":
		return 0, true, true
	}
	if len(b) < 3 || b[0] != '+' && b[0] != '-' {
		return 0, false, false
	}
	sign := 1
	if b[0] == '-' {
		sign = -1
	}
	var h, m int
	switch {
	case len(b) == 3:
		ok = pair(b[1:3], &h)
	case len(b) == 5:
		ok = pair(b[1:3], &h) && pair(b[3:5], &m)
	case len(b) == 6 && b[3] == ':':
		ok = pair(b[1:3], &h) && pair(b[4:6], &m)
	}
	if !ok || h > 23 || m > 59 {
		return 0, false, false
	}
	return sign * (h*3600 + m*60), true, true
}

// pair sets n to the value of the two digits that b begins with.
func pair(b []byte, n *int) bool {
	tens, ones := b[0]-'0', b[1]-'0'
	*n = int(tens)*10 + int(ones)
	return tens <= 9 && ones <= 9
}

// number sets n to the value of the digits b.
func number(b []byte, n *int) bool {
	v, ok := digits(b)
	*n = int(v)
	return ok
}

// digits returns the value of at most 19 decimal digits. A value beyond int64
// comes out negative.
func digits(b []byte) (int64, bool) {
	var n int64
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, false
		}
		n = n*10 + int64(c)
	}
	return n, true
}

// fraction returns the nanoseconds of the digits behind a decimal point.
func fraction(b []byte) (int64, bool) {
	var n int64
	for i, c := range b {
		if c -= '0'; c > 9 {
			return 0, false
		} else if i < 9 {
			n = n*10 + int64(c)
		}
	}
	for i := len(b); i < 9; i++ {
		n *= 10
	}
	return n, true
}

// precisionOf returns the precision of a fraction of n digits.
func precisionOf(n int) Precision {
	switch {
	case n == 0:
		return PrecisionS
	case n <= 3:
		return PrecisionMS
	case n <= 6:
		return PrecisionUS
	}
	return PrecisionNS
}

// daysTo returns the days from 1970 to the first of a month of the years 1 to
// 9999. Years are counted from March, so that the day of a leap year is the last.
func daysTo(year, month int) int {
	if month -= 3; month < 0 {
		year, month = year-1, month+12
	}
	leap := year/4 - year/100 + year/400
	const to1970 = 719468 // from the first of March of the year 0
	return year*365 + leap + (month*153+2)/5 - to1970
}

// daysIn returns the number of days of a month.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
