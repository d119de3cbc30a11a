package policy

import (
	"fmt"
	"time"
)

// What it takes to propose hours. These are rules of thumb: the proposal is
// reviewed.
const (
	usualCalls = 200 // with fewer, hours would be chance
	usualDays  = 5   // days on which there are calls
	usualSpan  = 14  // hours; who works longer keeps no hours
	usualShare = 90  // percent of the calls of working days that lie in the hours
	usualQuiet = 25  // percent of the busiest day's calls, below which a weekday is free
)

// usualHours finds the days and the shortest run of hours in which most calls
// are, by the clock of a zone. It says why there is none.
func usualHours(list []Quarter, zone *time.Location) (hours, string) {
	var week [7][24]int64
	var calls int64
	days := map[int]bool{}
	for _, q := range list {
		t := time.Unix(q.Number*900, 0).In(zone)
		week[t.Weekday()][t.Hour()] += q.Calls
		calls += q.Calls
		days[t.Year()*1000+t.YearDay()] = true
	}
	if calls < usualCalls || len(days) < usualDays {
		return hours{}, fmt.Sprintf("%d calls on %d days are too few to tell hours (at least %d on %d)", calls, len(days), usualCalls, usualDays)
	}
	work := workingDays(&week)
	var day [24]int64
	var total int64
	for _, d := range work {
		for h, n := range week[d] {
			day[h] += n
			total += n
		}
	}
	from, span := shortest(&day, total*usualShare/100)
	if span > usualSpan {
		return hours{}, "keeps no hours: works around the clock"
	}
	return hours{Days: work, Open: minuteOf(from * 60), Close: minuteOf((from+span-1)%24*60 + 60)}, ""
}

// workingDays returns the days that are not quiet, from Monday on.
func workingDays(week *[7][24]int64) []weekday {
	var sums [7]int64
	busiest := int64(0)
	for d := range week {
		for _, n := range week[d] {
			sums[d] += n
		}
		busiest = max(busiest, sums[d])
	}
	var out []weekday
	for i := range 7 {
		if d := (i + 1) % 7; sums[d] > 0 && sums[d]*100 >= busiest*usualQuiet {
			out = append(out, weekday(d))
		}
	}
	return out
}

// shortest returns the shortest run of hours, over midnight too, with at least
// so many calls; of equally short ones the one with the most, then the first.
func shortest(day *[24]int64, least int64) (from, span int) {
	for span = 1; span <= 24; span++ {
		best := int64(-1)
		for start := range 24 {
			sum := int64(0)
			for h := range span {
				sum += day[(start+h)%24]
			}
			if sum >= least && sum > best {
				best, from = sum, start
			}
		}
		if best >= 0 {
			return from, span
		}
	}
	return 0, 24
}
