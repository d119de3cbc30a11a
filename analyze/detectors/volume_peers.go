package detectors

import (
	"cmp"
	"math"
	"slices"
)

// What all do at the same time has one reason, and nobody's credential is it: the
// end of a month, a release, a holiday that others work on. So what is expected of
// an actor on a day rises with what its peers do on that day, who are those that
// call at the same hours of the day.

const (
	// peersAlike is the cosine of the angle between the hours of day of peers, at
	// least.
	peersAlike = 0.8
	// peersLeast is how many others must say what peers do on a day, and peersCalls
	// what a day must let expect of one of them, for it to say anything.
	peersLeast, peersCalls = 3, 5
	// peersGroups bounds the groups; who is like none of them is in no group.
	peersGroups = 24
)

// setCommon finds how many times as many calls as they do the peers of each actor
// made on each day, where that is more.
func (h *volumeHistory) setCommon() {
	h.common = make([][]float64, len(h.actors))
	if countTrue(h.known) <= warmUpDays {
		return
	}
	list := make([]*actorRates, len(h.actors))
	h.each(func(i int) {
		list[i] = h.ratesOf(h.actors[i], callsMeasure(), 1)
		h.common[i] = slices.Repeat([]float64{1}, len(h.known))
	})
	for _, group := range peersOf(list) {
		for day := range h.known {
			h.commonOf(list, group, day)
		}
	}
	h.called = list
}

// commonOf does so for one day of a group: half of the others did at least so many
// times as much as was expected of them.
func (h *volumeHistory) commonOf(all []*actorRates, group []int, day int) {
	type member struct {
		ratio float64
		actor int
	}
	var list []member
	for _, i := range group {
		if d := all[i].days[day]; d.mean >= peersCalls {
			list = append(list, member{d.value / d.mean, i})
		}
	}
	slices.SortFunc(list, func(x, y member) int { return cmp.Or(cmp.Compare(x.ratio, y.ratio), cmp.Compare(x.actor, y.actor)) })
	place := map[int]int{}
	for i, m := range list {
		place[m.actor] = i
	}
	for _, i := range group {
		others := len(list)
		own, in := place[i]
		if in {
			others--
		}
		if others < peersLeast {
			continue
		}
		at := (others - 1) / 2 // the lower median of the others
		if in && own <= at {
			at++
		}
		h.common[i][day] = math.Max(1, list[at].ratio)
	}
}

// peersOf puts actors into groups, each around the first of them, those who call
// most first.
func peersOf(list []*actorRates) [][]int {
	type profile struct {
		actor int
		sum   float64
		hour  [hoursOfDay]float64 // of length 1
	}
	var all []*profile
	for i, a := range list {
		if a.days == nil {
			continue
		}
		p := &profile{actor: i}
		for k, r := range a.hours {
			p.hour[(k+a.into)%hoursOfDay] += r.value
			p.sum += r.value
		}
		length := math.Sqrt(dot(&p.hour, &p.hour))
		for i := range p.hour {
			p.hour[i] /= length
		}
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(x, y *profile) int { return cmp.Compare(y.sum, x.sum) })
	var leaders []*profile
	var groups [][]int
	for _, p := range all {
		best, like := -1, peersAlike
		for i, l := range leaders {
			if d := dot(&p.hour, &l.hour); d >= like {
				best, like = i, d
			}
		}
		switch {
		case best >= 0:
			groups[best] = append(groups[best], p.actor)
		case len(leaders) < peersGroups:
			leaders, groups = append(leaders, p), append(groups, []int{p.actor})
		}
	}
	return groups
}

func dot(a, b *[hoursOfDay]float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
