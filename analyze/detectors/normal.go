package detectors

import (
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// baselineNote says that a baseline was used, and what became of it.
func (r *run) baselineNote(dropped int) string {
	return r.comparedNote("findings dropped because of it", dropped)
}

// comparedNote says that a baseline was used, and of how many something how it says.
func (r *run) comparedNote(what string, n int) string {
	b := r.options.Baseline
	return fmt.Sprintf("held against the baseline of %s to %s; %s: %d",
		b.First.Time().Format(time.DateOnly), b.Last.Time().Format(time.DateOnly), what, n)
}

// olderNote says why a baseline does not say something, where its version is why.
func (r *run) olderNote() string {
	if r.options.Baseline.Schema < 2 {
		return ": it is of version 1; exhibit baseline save makes it again"
	}
	return ""
}

// usualVolume reports whether a run of hours has no more of a measure than the
// most that the baseline saw of its actor in the same hours of the week.
func (r *run) usualVolume(measure string, x *volumeRun) bool {
	most := r.mostInWeek(measure, x.actor)
	if most == nil {
		return false
	}
	all := 0.0
	for hour := x.first / hourUS; hour*hourUS < x.last; hour++ {
		all += float64(most[hourOfWeek(hour)])
	}
	return x.observed <= all
}

// usualHours reports whether the baseline saw an actor in all of these hours of the
// week, which begin at a time in microseconds, with no less output in them at most.
func (r *run) usualHours(actor string, hours []int64, tokens int64) bool {
	most := r.mostInWeek("output_tokens", actor)
	for _, at := range hours {
		n, seen := most[hourOfWeek(at/hourUS)]
		if !seen {
			return false
		}
		tokens -= n
	}
	return tokens <= 0
}

// mostInWeek is the most that the baseline saw of a measure and an actor, by hour of
// the week; nil where it does not know the actor.
func (r *run) mostInWeek(measure, actor string) map[int64]int64 {
	at := slices.Index(baseline.Measures(), measure)
	s := r.options.Baseline.Subject("actor", actor)
	if at < 0 || s == nil {
		return nil
	}
	most := map[int64]int64{}
	for i := range s.Week {
		if v := s.Week[i].Most(at); v != nil {
			most[s.Week[i].Of()] = *v
		}
	}
	return most
}

// hourOfWeek is the hour of the week of an hour since 1970, from Monday on.
// 1970-01-05 was one.
func hourOfWeek(hour int64) int64 { return (hour + 3*hoursOfDay) % (7 * hoursOfDay) }

// normalDestination reports whether the tools of an agent reached a destination in
// the baseline. An agent is an application or, without one, an actor.
func (r *run) normalDestination(agent, destination string) bool {
	for _, dimension := range []string{"app", "actor"} {
		if r.options.Baseline.Subject(dimension, agent).Attribute("tool_destination").Find(destination) != nil {
			return true
		}
	}
	return false
}

// remember gives an actor its past from the baseline: its warm-up, and what is not
// new to it.
func (n *noveltyRun) remember(name string, u *user, c *crowd) {
	s := n.baseline.Subject("actor", name)
	a := s.Attribute(n.d.attribute)
	if a == nil {
		return
	}
	u.days, u.until = s.Days, int64(s.Last)
	u.normal = map[string]bool{}
	for i := range a.Known {
		family := n.d.family(a.Known[i].Value)
		if family == "" {
			continue
		}
		if !u.normal[family] {
			c.holders[family]++
		}
		u.normal[family] = true
		u.hours += a.Known[i].Hours
		u.seen[family] += int(a.Known[i].Hours)
	}
	for _, hours := range u.seen {
		if hours == 1 {
			u.once++
			u.settled++
		}
	}
	if u.warm() {
		n.cold--
	}
}

// greet counts what an actor uses for the first time in the case, but not in the
// baseline.
func (n *noveltyRun) greet(u *user, family string) {
	if u.normal[family] {
		u.normal[family] = false
		n.greeted++
	}
}
