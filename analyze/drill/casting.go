package drill

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// warmUp is how many days of a run have no incidents, so that what is normal
// can be learned from them: a third.
func warmUp(days int) int { return (days + 2) / 3 }

// casting gives incidents their subjects and days.
type casting struct {
	seed    uint64
	start   int64
	days    int
	turns   int // at most, in a conversation
	actors  []*actor
	entered []*actor // people who came with incidents and look-alikes
	taken   map[booking]bool
	sources []string
	// dailyOf is about how many calls an actor makes on a day.
	dailyOf func(*actor) uint64
	// said are the times of calls of incidents, by region.
	said map[string][]int64
	load map[string]int // incidents by name of the subject, and by that and the scenario
}

// stages returns the stage of every instance that is asked for. Long ones
// choose first, the others in an order that the seed decides.
func (c *casting) stages(list []Incident) ([]*stage, error) {
	var all []*stage
	order := map[*stage]uint64{}
	for _, in := range list {
		p, _ := plotOf(in.Scenario)
		for n := range in.Count {
			s := &stage{incident: &incident{plot: p, strength: in.Strength, instance: n + 1}, casting: c}
			s.level = slices.Index(Strengths(), in.Strength)
			s.rand = newRNG(c.seed, streamIncident, nameHash(p.name), uint64(s.level)<<32|uint64(n))
			order[s] = s.rand.uint64()
			all = append(all, s)
		}
	}
	choosing := slices.Clone(all)
	slices.SortFunc(choosing, func(a, b *stage) int {
		return cmp.Or(cmp.Compare(b.incident.plot.days[b.level], a.incident.plot.days[a.level]), cmp.Compare(order[a], order[b]))
	})
	for _, s := range choosing {
		if !c.place(s) {
			return nil, fmt.Errorf("the population and the days are too few for all incidents: %s finds no subject with free days after day %d", s.incident.name(), warmUp(c.days))
		}
	}
	return all, nil
}

// place finds a subject and days for a stage: among those with the fewest
// incidents of the scenario, and then of all, by chance.
func (c *casting) place(s *stage) bool {
	first := warmUp(c.days)
	n := min(s.incident.plot.days[s.level], c.days-first)
	if n < 1 {
		return false
	}
	starts := make([]int, c.days-first-n+1)
	for i := range starts {
		starts[i] = first + i
	}
	s.rand.shuffle(len(starts), func(i, j int) { starts[i], starts[j] = starts[j], starts[i] })
	for _, a := range c.candidates(s) {
		for _, weekend := range []bool{false, true} { // people rather begin on a working day
			for _, day := range starts {
				if c.weekend(day, a) == weekend && c.book(s, a, day, n) {
					return true
				}
			}
		}
	}
	return false
}

// candidates are the actors that a plot can be about; a nil one when it brings
// its own.
func (c *casting) candidates(s *stage) []*actor {
	want := s.incident.plot.cast
	if want == castNobody {
		return []*actor{nil}
	}
	var fit []*actor
	order := map[*actor]uint64{}
	for _, a := range c.actors {
		if a.kind()&want != 0 && !a.model.openAI() && !a.leave {
			fit = append(fit, a)
			order[a] = s.rand.uint64()
		}
	}
	untimed := func(a *actor) int {
		if s.incident.plot.timed && !c.timed(a) {
			return 1
		}
		return 0
	}
	slices.SortFunc(fit, func(a, b *actor) int {
		return cmp.Or(
			cmp.Compare(untimed(a), untimed(b)),
			cmp.Compare(c.load[a.name+" "+s.incident.plot.name], c.load[b.name+" "+s.incident.plot.name]),
			cmp.Compare(c.load[a.name], c.load[b.name]), cmp.Compare(order[a], order[b]),
		)
	})
	return fit
}

// timed says whether a source of the run logs how long calls of an actor take. Where
// applications write the log it is always there. CloudTrail never has it; the log of
// Bedrock has it in what Converse returns, and in the metrics at the end of a stream
// of Claude.
func (c *casting) timed(a *actor) bool {
	for _, name := range c.sources {
		switch sourceOf(name).(type) {
		case litellm, otlp, langfuse:
			return true
		case bedrock:
			switch a.model.bodyOf(a.operation).(type) {
			case converseBody:
				return true
			case claudeBody:
				return streamed(a.operation)
			}
		}
	}
	return false
}

// kind is what the actor can be cast as.
func (a *actor) kind() cast {
	switch {
	case a.guest != 0:
		return a.guest
	case a.group == agents:
		return castAgent
	case a.group == services || a.group == nightly:
		if a.style == styleChat || a.style == styleEmbed || a.direct {
			return 0
		}
		if a.group == nightly {
			return castJob
		}
		return castProgram
	case a.direct:
		return castPerson | castDirect
	default:
		return castPerson | castSession
	}
}

// weekend says whether a person would begin on a day of rest.
func (c *casting) weekend(day int, a *actor) bool {
	if a != nil && a.group > usersEast {
		return false
	}
	rest := (c.start/dayMS + int64(day)) % 7 // 1970-01-01 was a Thursday
	return rest == 2 || rest == 3
}

// book takes n days and one of rest for a subject, when they are free.
func (c *casting) book(s *stage, a *actor, day, n int) bool {
	name, lock := "", ""
	if a != nil {
		name = a.name
	}
	if lock = s.incident.plot.lock[s.level]; lock != "" && a != nil {
		lock += " in " + a.office.region
	}
	if !c.free(name, day-1, day+n+1) || !c.free(lock, day, day+n) {
		return false
	}
	for d := day; d < day+n; d++ {
		c.taken[booking{name, d}] = name != ""
		c.taken[booking{lock, d}] = lock != ""
	}
	c.load[name]++
	c.load[name+" "+s.incident.plot.name]++
	s.actor, s.day, s.days = a, day, n
	return true
}

// booking is a day of a subject or of a lock.
type booking struct {
	name string
	day  int
}

func (c *casting) free(name string, from, to int) bool {
	for d := from; d < to; d++ {
		if c.taken[booking{name, d}] {
			return false
		}
	}
	return true
}

// spoken notes the calls of models among the steps of an incident.
func (c *casting) spoken(steps []*scripted) {
	for _, x := range steps {
		if x.incident != nil && x.talk.turns > 0 {
			c.said[x.Region] = append(c.said[x.Region], x.ms)
		}
	}
}

// quiet returns one of the times at which the calls of the fewest incidents are
// in the time that follows, in a region.
func (c *casting) quiet(times []int64, length int64, region string) int64 {
	best, fewest := times[0], -1
	for _, from := range times {
		n := 0
		for _, at := range c.said[region] {
			if at >= from && at <= from+length {
				n++
			}
		}
		if fewest < 0 || n < fewest {
			best, fewest = from, n
		}
	}
	return best
}

// clock is the time of a step.
func (c *casting) clock(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// nameHash is a number that hangs on a name.
func nameHash(name string) uint64 {
	var h uint64
	for _, c := range []byte(name) {
		h = mix(h ^ uint64(c))
	}
	return h
}
