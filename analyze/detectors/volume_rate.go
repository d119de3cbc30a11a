package detectors

import (
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

const (
	// usualSpread is that of conversations of people and agents.
	usualSpread = 6
	// rateSize says how much a rate changes from day to day: by a twentieth.
	rateSize = 300
	// rateSpread makes p-values right in the tail: conversations end, and so their
	// counts end sooner than negative binomial ones of the same variance.
	rateSpread = 0.85
)

// rateShrinkage is how far hours of the week are believed: with four of them an
// hour of the week counts as much as that hour of all working days.
func rateShrinkage() statistic.Shrinkage { return statistic.Shrinkage{Cell: 4, Parent: 2} }

// rateTests tests for every hour of every actor whether so much, or more, is to
// be expected by the same hours of its other days. Calls come in conversations, so
// that counts vary more than those of calls on their own would: p-values are those
// of negative binomial counts, in units of what one call of the actor has on
// average, whose variance is the mean times a dispersion that each actor has.
// Beside it the mean is only known as well as so many hours of it tell.
//
// Actors that were seen on few days are compared with what others do in an hour.
func rateTests(h *volumeHistory, meanHours float64, value func(*volumeHour) int64) *hourTests {
	t := &hourTests{}
	for i, a := range h.actors {
		var sum, calls int64
		for j := range a.hours {
			sum, calls = sum+value(&a.hours[j]), calls+a.hours[j].calls
		}
		days, known := h.matrix(a, func(v *volumeHour) float64 { return float64(value(v)) })
		if countTrue(h.known) <= warmUpDays || sum <= 0 {
			continue
		}
		if countTrue(known) <= warmUpDays {
			peerTests(t, h, i, value)
			continue
		}
		unit := float64(sum) / float64(calls)
		first, rates := h.rates(a, days, known, unit)
		into := int(first % hoursOfDay)
		spread := spreadOf(rates, into)
		for k := range rates {
			phi := spread.without(k+into, usualSpread)
			for _, n := range rateWindows() {
				if k+1 < n {
					continue
				}
				t.n++
				var x rate
				for _, hour := range rates[k+1-n : k+1] {
					x.value, x.mean = x.value+hour.value, x.mean+hour.mean
				}
				if x.value <= x.mean {
					continue
				}
				size := x.mean / (max(rateSpread*phi-1, 0.02) + phi/meanHours + x.mean/rateSize)
				until := (first + int64(k) + 1) * hourUS
				t.add(hourTest{
					actor: i, hour: until - int64(n)*hourUS, until: until - 1, observed: x.value * unit, expected: x.mean * unit,
					logP: statistic.LogUpperNegBinomial(x.value, x.mean, size),
				})
			}
		}
	}
	return t
}

// rates are what an actor did in every hour since the day it was first seen on,
// and what its other days let expect, in a unit.
func (h *volumeHistory) rates(a *volumeActor, days [][hoursOfDay]float64, known []bool, unit float64) (first int64, rates []rate) {
	week := statistic.NewWeek(days, known)
	first = max(h.from, h.monday+int64(h.day(max(a.hours[0].hour, h.monday)))*hoursOfDay)
	rates = make([]rate, h.to-first+1)
	for k := range rates {
		hour := first + int64(k)
		day, of := h.day(hour), int(hour%hoursOfDay)
		rates[k] = rate{value: days[day][of] / unit, mean: week.Expect(day, of, rateShrinkage()) / unit}
	}
	return first, rates
}

// rateWindows are how many hours are looked at together: what lasts an afternoon
// is not seen in any one of its hours.
func rateWindows() []int { return []int{1, 4} }

// peerTests tests the hours of an actor with little history against those of all
// other actors: negative binomial counts with their mean and variance, which those
// between actors are part of.
func peerTests(t *hourTests, h *volumeHistory, actor int, value func(*volumeHour) int64) {
	var n, sum, squares float64
	for i, a := range h.actors {
		for j := range a.hours {
			if i != actor {
				v := float64(value(&a.hours[j]))
				n, sum, squares = n+1, sum+v, squares+v*v
			}
		}
	}
	if n < 100 || sum <= 0 {
		return
	}
	mean := sum / n
	size := mean * mean / max(squares/n-mean*mean-mean, 1e-9)
	for j := range h.actors[actor].hours {
		v := &h.actors[actor].hours[j]
		t.n++
		if x := float64(value(v)); x > mean {
			t.add(hourTest{actor: actor, hour: v.hour * hourUS, until: (v.hour+1)*hourUS - 1, observed: x, expected: mean, logP: statistic.LogUpperNegBinomial(x, mean, size)})
		}
	}
}

// rate is how much an actor did in an hour, and how much is expected, in calls.
type rate struct{ value, mean float64 }

// spread is how far the hours of an actor scatter: the variance in means, by day,
// so that a day can be left out.
type spread struct {
	squares, means float64
	day            [][2]float64
}

// spreadOf returns the spread of hours, of which the first is so many hours into
// its day.
func spreadOf(rates []rate, into int) *spread {
	s := &spread{day: make([][2]float64, (len(rates)+into)/hoursOfDay+1)}
	for k, r := range rates {
		square := (r.value - r.mean) * (r.value - r.mean)
		d := &s.day[(k+into)/hoursOfDay]
		d[0], d[1] = d[0]+square, d[1]+r.mean
		s.squares, s.means = s.squares+square, s.means+r.mean
	}
	return s
}

// spreadCalls is how many calls the usual spread of calls counts as much as.
const spreadCalls = 20

// without returns the dispersion of all days but the one that an hour is of,
// shrunk to what is usual.
func (s *spread) without(hour int, usual float64) float64 {
	d := s.day[hour/hoursOfDay]
	return max(1.1, (s.squares-d[0]+usual*spreadCalls)/(s.means-d[1]+spreadCalls))
}

func countTrue(list []bool) int {
	n := 0
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}
