package timeline

import (
	"sort"
	"strconv"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// span is a range of time, from <= t < to, in microseconds since 1970.
type span struct{ from, to int64 }

func (s span) empty() bool { return s.to <= s.from }

// within reports whether a time is in the span.
func (s span) within(us int64) bool { return us >= s.from && us < s.to }

const (
	microsecond = int64(1)
	millisecond = 1000 * microsecond
	second      = 1000 * millisecond
	minute      = 60 * second
	hour        = 60 * minute
	day         = 24 * hour
)

// niceWidths are the widths that a bar can have: those a person can count in.
func niceWidths() []int64 {
	var out []int64
	for _, unit := range []int64{microsecond, millisecond} {
		for _, n := range []int64{1, 2, 5, 10, 20, 50, 100, 200, 500} {
			out = append(out, n*unit)
		}
	}
	for _, unit := range []int64{second, minute} {
		for _, n := range []int64{1, 2, 5, 10, 15, 20, 30} {
			out = append(out, n*unit)
		}
	}
	for _, n := range []int64{1, 2, 3, 4, 6, 8, 12} {
		out = append(out, n*hour)
	}
	for _, n := range []int64{1, 2, 3, 4, 7, 14, 28, 91, 182, 365, 730, 1826, 3652, 36525} {
		out = append(out, n*day)
	}
	return out
}

// nice is the least width of bars that is as wide, or the widest.
func nice(us int64) int64 {
	all := niceWidths()
	return all[min(len(all)-1, sort.Search(len(all), func(i int) bool { return all[i] >= us }))]
}

// axis is how time is laid out over bars.
type axis struct {
	span
	width int64 // of a bar
	bars  int
	cells int // of a bar
}

// fit lays a span out over so many cells, with bars that begin at round times of a
// zone and are no narrower than least.
func fit(s span, cells int, least int64, zone *time.Location) axis {
	if s.empty() || cells < 1 {
		return axis{}
	}
	_, east := time.UnixMicro(s.from).In(zone).Zone()
	offset := int64(east) * second
	all := niceWidths()
	for i, w := range all {
		from := floor(s.from+offset, w) - offset
		bars := (s.to - from + w - 1) / w
		if w < least || bars > int64(cells) && i < len(all)-1 {
			continue
		}
		n := int(min(max(bars, 1), int64(cells)))
		return axis{span: span{from, from + int64(n)*w}, width: w, bars: n, cells: min(maxBarCells, cells/n)}
	}
	return axis{}
}

// maxBarCells bounds how broad a bar is drawn.
const maxBarCells = 8

// floor is the greatest multiple of w that is no greater than us.
func floor(us, w int64) int64 {
	q := us / w
	if us%w < 0 {
		q--
	}
	return q * w
}

// bar is the bar of a time, -1 for none.
func (a *axis) bar(us int64) int {
	if a.width == 0 || !a.within(us) {
		return -1
	}
	return int((us - a.from) / a.width)
}

// of is the span of some bars.
func (a *axis) of(first, last int) span {
	return span{a.from + int64(first)*a.width, a.from + int64(last+1)*a.width}
}

// outliers are what stands so far from everything else that a histogram of it all
// would be one bar.
type outliers struct{ before, after int64 }

// An end of the range is cut off where at most one event in outlierShare, or one in
// fewShare of a few and at most fewOutliers, lie behind a gap of outlierFactor times
// the range of the others. A typing error or a test of a clock gives such times;
// they stay in the list.
const (
	outlierShare  = 200
	fewShare      = 5
	fewOutliers   = 3
	outlierFactor = 3
)

// usual is the range in which events are, less outliers.
func usual(hours []data.HourCount) (span, outliers) {
	if len(hours) == 0 {
		return span{}, outliers{}
	}
	total := int64(0)
	for _, h := range hours {
		total += h.Events
	}
	most := max(total/outlierShare, min(fewOutliers, total/fewShare))
	first, last := 0, len(hours)-1
	var out outliers
	cut := 0
	for n, i := int64(0), last; i > 0; i-- {
		if n += hours[i].Events; n > most {
			break
		}
		if far(hours[i].Start-hours[i-1].Start, hours[i-1].Start-hours[0].Start) {
			cut, out.after = i, n
		}
	}
	if cut > 0 {
		last = cut - 1
	}
	cut = -1
	for n, i := int64(0), first; i < last; i++ {
		if n += hours[i].Events; n > most {
			break
		}
		if far(hours[i+1].Start-hours[i].Start, hours[last].Start-hours[i+1].Start) {
			cut, out.before = i, n
		}
	}
	first = cut + 1
	return span{hours[first].Start, hours[last].Start + hour}, out
}

// far reports whether a distance is that of an outlier to a range.
func far(distance, length int64) bool { return distance > outlierFactor*max(length, day) }

// hoursOf counts events by the hour.
func hoursOf(o *data.Order) []data.HourCount {
	var out []data.HourCount
	for pos := 0; pos < o.Dated(); {
		start := floor(o.Time(pos), hour)
		next := o.At(start + hour)
		out = append(out, data.HourCount{Start: start, Events: int64(next - pos)})
		pos = next
	}
	return out
}

// exact narrows a range of hours to that of the events in it.
func exact(o *data.Order, s span) span {
	first, last := o.At(s.from), o.At(s.to)-1
	if first > last || first >= o.Dated() {
		return s
	}
	return span{o.Time(first), o.Time(last) + 1}
}

// long writes a length of time as a person says it, in at most two units.
func long(us int64) string {
	for i, u := range []struct {
		us   int64
		name string
	}{{day, "d"}, {hour, "h"}, {minute, "min"}, {second, "s"}, {millisecond, "ms"}} {
		if us < u.us {
			continue
		}
		out := list.Number(us/u.us) + " " + u.name
		rest := []struct {
			us   int64
			name string
		}{{hour, "h"}, {minute, "min"}, {second, "s"}, {millisecond, "ms"}, {microsecond, "µs"}}[i]
		if n := us % u.us / rest.us; n > 0 {
			out += " " + strconv.FormatInt(n, 10) + " " + rest.name
		}
		return out
	}
	return strconv.FormatInt(us, 10) + " µs"
}
