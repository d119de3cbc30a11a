package subject

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// A week is compared with all other weeks of the case, so that what is odd in it
// does not count as usual. Weeks begin on Monday, 00:00 UTC, as those of the
// feature tables do.

const (
	hourMicros = int64(3600 * 1e6)
	weekHours  = 7 * 24
	// monday is 1970-01-05T00:00Z, in hours since 1970.
	monday = 4 * 24
)

// weekOf returns the number of the week of an hour since 1970.
func weekOf(hour int64) int64 { return (hour-monday+weekHours)/weekHours - 1 } // the first days of 1970 are in week -1

// weeks are the weeks with events of a subject, the last first.
func weeks(s *data.Subject) []int64 {
	var out []int64
	for _, h := range slices.Backward(s.Hours) {
		if w := weekOf(h.Start / hourMicros); len(out) == 0 || out[len(out)-1] != w {
			out = append(out, w)
		}
	}
	return out
}

func weeksOf(s *data.Subject) int { return len(weeks(s)) }

// sign says how an hour differs from the same hour of other weeks.
type sign byte

const (
	asUsual sign = ' '
	more    sign = '+' // more than twice the most, and at least moreBy more
	odd     sign = '!' // at no other week's day within an hour of this time
	missing sign = '-' // nothing, though all other weeks have something
)

// maxWeeks bounds the weeks before and after one that it is compared with: a year,
// for a wrong clock can make a case very long.
const maxWeeks = 52

// moreBy is how many more events make an hour stand out beside its share.
const moreBy = 5

// heatCell is an hour of the week.
type heatCell struct {
	level int // 0 nothing to 4 most
	sign  sign
	units int64
	known bool // the case has the hour
}

// compared is a week beside the others.
type compared struct {
	start  time.Time
	cells  [weekHours]heatCell
	others int // weeks that it is compared with, at least in part
}

// compareWeek compares a week with the others.
func compareWeek(s *data.Subject, week int64) *compared {
	c := &compared{start: time.UnixMicro((week*weekHours + monday) * hourMicros).UTC()}
	units := map[int64]int64{}
	for _, h := range s.Hours {
		units[h.Start/hourMicros] = h.Calls + h.Others
	}
	firstHour, lastHour := s.From/hourMicros, s.To/hourMicros
	most := int64(1)
	var usual [weekHours][]int64
	var byHour [24]int64 // of other weeks, by hour of the day
	for w := max(weekOf(firstHour), week-maxWeeks); w <= min(weekOf(lastHour), week+maxWeeks); w++ {
		for at := range int64(weekHours) {
			hour := w*weekHours + monday + at
			n := units[hour]
			switch {
			case hour < firstHour || hour > lastHour:
			case w == week:
				c.cells[at].units, c.cells[at].known = n, true
				most = max(most, n)
			default:
				usual[at] = append(usual[at], n)
				byHour[at%24] += n
			}
		}
		if w != week {
			c.others++
		}
	}
	for at := range c.cells {
		x := &c.cells[at]
		x.level = level(x.units, most)
		x.sign = asUsual
		if len(usual[at]) == 0 || !x.known {
			continue
		}
		top, least := slices.Max(usual[at]), slices.Min(usual[at])
		near := byHour[at%24] + byHour[(at+1)%24] + byHour[(at+23)%24]
		switch {
		case x.units > 0 && near == 0:
			x.sign = odd
		case x.units > 2*top && x.units >= top+moreBy:
			x.sign = more
		case x.units == 0 && least > 0 && len(usual[at]) > 1:
			x.sign = missing
		}
	}
	return c
}

// level puts a count on a scale of four.
func level(n, most int64) int {
	if n == 0 {
		return 0
	}
	return 1 + int(min(3, (n-1)*4/max(1, most)))
}

// week shows the hours of a week against the others.
func (b *builder) week(s *data.Subject) {
	all := weeks(s)
	if len(all) == 0 || s.From > s.To {
		return
	}
	v := b.v
	v.week = min(v.week, len(all)-1)
	c := compareWeek(s, all[v.week])
	k := &v.env.Keys.Subject
	b.head(fmt.Sprintf("Week of Monday %s by the hour, UTC", c.start.Format(time.DateOnly)))
	if v.env.Styles.Plain {
		b.weekInWords(c)
	} else {
		b.weekDrawn(c)
	}
	text := fmt.Sprintf("+ more than twice the most of the %d other weeks  ! never near this time of day in them  - nothing, though they all have", c.others)
	if c.others == 0 {
		text = "the case has no other week to compare it with"
	}
	b.wrap(dim, text)
	if len(all) > 1 {
		b.add(line{kind: dim}, fmt.Sprintf("%s and %s show another of %d weeks", k.EarlierWeek.Help().Key, k.LaterWeek.Help().Key, len(all)))
	}
}

// dayName is the short name of a day of the week from Monday.
func dayName(day int) string { return time.Weekday((day + 1) % 7).String()[:3] }

// weekInWords lists the hours with events, for screen readers.
func (b *builder) weekInWords(c *compared) {
	means := map[sign]string{more: " more than usual", odd: " at an unusual time"}
	for day := range 7 {
		var hours []string
		for h := range 24 {
			if x := c.cells[day*24+h]; x.units > 0 {
				hours = append(hours, fmt.Sprintf("%02d h %s%s", h, list.Number(x.units), means[x.sign]))
			}
		}
		if len(hours) > 0 {
			b.wrap(plain, dayName(day)+": "+strings.Join(hours, ", "))
		}
	}
}

// weekDrawn draws a row for each day.
func (b *builder) weekDrawn(c *compared) {
	step := b.v.heatStep()
	var hours strings.Builder
	hours.WriteString(style.Spaces(4))
	for h := 0; h < 24; h += 3 {
		fmt.Fprintf(&hours, "%-*s", 3*step, fmt.Sprintf("%02d", h))
	}
	b.add(line{kind: dim}, hours.String())
	for day := range 7 {
		b.lines = append(b.lines, line{kind: heat, text: b.screen.Clean(dayName(day), 4), cells: c.cells[day*24 : day*24+24]})
	}
}

// heatStep is how many cells an hour takes.
func (v *View) heatStep() int {
	switch {
	case v.width >= 4+24*3:
		return 3
	case v.width >= 4+24*2:
		return 2
	}
	return 1
}

// drawHeat draws a day of the week: a block by how much there was, and a sign
// where it is not as usual.
func (v *View) drawHeat(l *line) string {
	s := v.env.Styles
	blocks := []string{"·", "░", "▒", "▓", "█"}
	if s.Screen.Width("█") != 1 {
		blocks = []string{".", "o", "o", "O", "#"}
	}
	step := v.heatStep()
	var out strings.Builder
	out.WriteString(s.Fit(l.text.String(), 4, s.Dim))
	total, known := int64(0), false
	for i := range l.cells {
		x := &l.cells[i]
		total, known = total+x.units, known || x.known
		block, look := blocks[x.level], s.Accent
		switch {
		case !x.known:
			block, look = " ", s.Dim
		case x.level == 0:
			look = s.Dim
		}
		signed := s.Bad
		switch {
		case step == 1 && x.sign != asUsual:
			out.WriteString(signed.Text(string(rune(x.sign))))
			continue
		case step == 1:
			out.WriteString(look.Text(block))
			continue
		}
		out.WriteString(look.Text(block) + signed.Text(string(rune(x.sign))) + style.Spaces(step-2))
	}
	if known && v.width >= 4+24*step+9 {
		out.WriteString(s.Dim.Text(fmt.Sprintf("%8s", list.Number(total))))
	}
	return s.Pad(out.String(), v.width)
}
