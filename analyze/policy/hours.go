package policy

import "time"

// Hours are the working hours of somebody. The zero value is never open; ask
// [Policy.BusinessHours] whether there are any.
type Hours struct{ calendar *calendar }

// BusinessHours returns the working hours of a subject, and whether the policy
// has some: the calendar that is closest about whom counts, then the first in
// the file.
func (p *Policy) BusinessHours(s Subject) (Hours, bool) {
	if p == nil {
		return Hours{}, false
	}
	best, at := -1, -1
	for i := range p.doc.Calendars {
		if n, ok := p.doc.Calendars[i].Who.match(s); ok && n.order() > best {
			best, at = n.order(), i
		}
	}
	if at < 0 {
		return Hours{}, false
	}
	return Hours{&p.doc.Calendars[at]}, true
}

// Open says whether an instant is a working hour. Hours that end before they
// begin go on into the next day, and belong to the day on which they began: it
// is that day whose holiday counts.
func (h Hours) Open(at time.Time) bool {
	if h.calendar == nil {
		return false
	}
	local := at.In(h.calendar.Zone.location)
	now := local.Hour()*60 + local.Minute()
	year, month, day := local.Date()
	// Noon exists on every day, also where clocks change.
	yesterday := time.Date(year, month, day-1, 12, 0, 0, 0, local.Location())
	for i := range h.calendar.Hours {
		x := &h.calendar.Hours[i]
		switch {
		case x.Open.at < x.Close.at:
			if x.Open.at <= now && now < x.Close.at && x.on(local.Weekday()) && !h.Holiday(local) {
				return true
			}
		case now >= x.Open.at:
			if x.on(local.Weekday()) && !h.Holiday(local) {
				return true
			}
		case now < x.Close.at:
			if x.on(yesterday.Weekday()) && !h.Holiday(yesterday) {
				return true
			}
		}
	}
	return false
}

func (x *hours) on(day time.Weekday) bool {
	for _, d := range x.Days {
		if time.Weekday(d) == day {
			return true
		}
	}
	return false
}

// Holiday says whether an instant is on a holiday of the calendar.
func (h Hours) Holiday(at time.Time) bool {
	if h.calendar == nil {
		return false
	}
	year, month, day := at.In(h.calendar.Zone.location).Date()
	for _, d := range h.calendar.Holidays {
		if d.day == day && d.month == month && d.year == year {
			return true
		}
	}
	return false
}

// Zone is the time zone of the hours; UTC for the zero value.
func (h Hours) Zone() *time.Location {
	if h.calendar == nil {
		return time.UTC
	}
	return h.calendar.Zone.location
}

// Everybody says whether the calendar is that of everybody, and not of those whom
// it names.
func (h Hours) Everybody() bool { return h.calendar == nil || h.calendar.Who.everybody() }

// Confirmed says whether somebody has said that these are the hours; otherwise
// they were only seen.
func (h Hours) Confirmed() bool { return h.calendar != nil && h.calendar.Effect == Allow }

// Name is what the policy calls the calendar, "" where it does not.
func (h Hours) Name() string {
	if h.calendar == nil {
		return ""
	}
	return string(h.calendar.Name)
}

// Line is where in the file the calendar stands, 0 for the zero value.
func (h Hours) Line() int {
	if h.calendar == nil {
		return 0
	}
	return h.calendar.line
}
