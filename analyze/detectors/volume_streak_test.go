package detectors

import (
	"math"
	"testing"
)

// slowSubject is a subject with so many days of a hundred calls, of which every
// fifteenth is slow, and with slow calls in places of the last day.
func slowSubject(actor string, days int64, places ...int64) *slowSeries {
	s := &slowSeries{subject: actor + " on model-a", actor: actor}
	for d := range days {
		x := slowDay{day: d, calls: 100, callers: 5}
		if d < days-1 {
			for place := int64(10); place <= 100; place += 15 {
				x.slow = append(x.slow, slowCall{place: place, at: d*day + place, eid: d*1000 + place, who: uint64(place)}) //nolint:gosec // not negative
			}
		} else {
			for i, place := range places {
				x.slow = append(x.slow, slowCall{place: place, at: d*day + place, eid: d*1000 + place, who: uint64(i % 3)}) //nolint:gosec // not negative
			}
		}
		s.days = append(s.days, x)
		s.calls, s.slow = s.calls+x.calls, s.slow+int64(len(x.slow))
	}
	return s
}

// TestStreak checks that slow calls surprise where they come one after the other,
// wherever in the day, and that those before and after them are not told.
func TestStreak(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		places      []int64
		first, last int64 // place of the first and last slow call that is told
		surprising  bool
	}{
		{"far apart", []int64{5, 20, 35, 50, 65, 80, 95}, 0, 0, false},
		{"in a row", []int64{3, 40, 41, 42, 43, 44, 45, 46, 90}, 40, 46, true},
		{"with gaps", []int64{40, 41, 43, 44, 45, 47, 48, 49}, 40, 49, true},
		{"at the end", []int64{3, 94, 95, 96, 97, 98, 99, 100}, 94, 100, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := slowSubject("ana", 10, tt.places...)
			tests, _ := streakTests([]*slowSeries{s})
			least := hourTest{}
			for _, x := range tests.list {
				if x.logP < least.logP {
					least = x
				}
			}
			if surprising := least.logP < math.Log(1e-5); surprising != tt.surprising {
				t.Fatalf("p is %.2g", math.Exp(least.logP))
			}
			if tt.surprising && (least.hour != 9*day+tt.first || least.until != 9*day+tt.last) {
				t.Errorf("told are calls %d to %d, want %d to %d", least.hour-9*day, least.until-9*day, tt.first, tt.last)
			}
		})
	}
}

// TestStreakOfOne checks that slow calls of one caller are not told of a model too.
func TestStreakOfOne(t *testing.T) {
	t.Parallel()
	places := []int64{40, 41, 42, 43, 44, 45, 46, 47}
	all, one := slowSubject("", 10, places...), slowSubject("", 10, places...)
	for i := range one.days[9].slow {
		one.days[9].slow[i].who = 1
	}
	for _, tt := range []struct {
		s      *slowSeries
		untold bool
	}{{all, false}, {one, true}} {
		tests, _ := streakTests([]*slowSeries{tt.s})
		last := tests.list[len(tests.list)-1]
		if last.logP > math.Log(1e-5) || last.untold != tt.untold {
			t.Errorf("p is %.2g and untold %v, want untold %v", math.Exp(last.logP), last.untold, tt.untold)
		}
	}
}

// TestCommon checks that a day on which all peers do twice as much is no surprise
// of any of them, and that a day of one of them alone is.
func TestCommon(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		all        bool
		surprising bool
	}{
		{"all", true, false},
		{"one", false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &volumeHistory{from: 4 * 24, to: 4*24 + 24*21 - 1}
			var days []int64
			for d := range int64(21) {
				days = append(days, 4+d)
			}
			h.setDays(days)
			for i, name := range []string{"job-a", "job-b", "job-c", "job-d", "job-e"} {
				a := &volumeActor{name: name}
				for hour := h.from; hour <= h.to; hour++ {
					if hour%24 >= 2 {
						continue
					}
					calls := 60 + (hour*7+int64(i)*5)%9
					if hour/24 == 20 && (tt.all || i == 0) {
						calls *= 3
					}
					a.hours = append(a.hours, actorHour{hour: hour, calls: calls, begun: 1})
				}
				h.actors = append(h.actors, a)
			}
			h.setCommon()
			found := false
			for _, x := range rateTests(h, callsMeasure()).list {
				found = found || x.logP < math.Log(1e-4)
			}
			if found != tt.surprising {
				t.Errorf("found %v, want %v", found, tt.surprising)
			}
		})
	}
}
