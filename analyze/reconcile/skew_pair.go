package reconcile

import (
	"cmp"
	"slices"
)

// sighting is what one source says of when a call was, in microseconds.
type sighting struct {
	call    int64
	bit     int   // of the source
	at      int64 // since 1970: the middle of what the written time can mean
	unit    int64 // of the written time
	latency int64 // -1 where the source does not say, as ttft
	ttft    int64
}

// begun returns how long after its begin the reply to a call began, which is
// its end where the reply came in one.
func (s *sighting) begun() int64 {
	if s.ttft >= 0 {
		return s.ttft
	}
	return s.latency
}

// moment says what in the life of a call a source writes the time of. Most
// write when it began; the clock of one that does not is not wrong.
type moment struct {
	words string
	after func(own, other *sighting) int64 // the begin; negative where nobody says
}

// moments are those that sources are known to write. How long the call took is
// taken from the source itself, where it says so, or from the other one.
func moments() []moment {
	return []moment{
		{"when the call began", func(_, _ *sighting) int64 { return 0 }},
		{"when it was done with the call", func(own, _ *sighting) int64 { return own.latency }},
		{"when the reply was complete", func(_, other *sighting) int64 { return other.latency }},
		{"when the reply began", func(own, _ *sighting) int64 { return own.begun() }},
		{"when the reply began", func(_, other *sighting) int64 { return other.begun() }},
	}
}

// verdict is what a comparison says of two clocks.
type verdict uint8

const (
	tooFew   verdict = iota // calls to say anything
	agreeing                // the clocks are equal within the threshold
	unclear                 // the times differ, and not as clocks do
	differing
)

// comparison is what the calls that two sources share say of their clocks.
type comparison struct {
	reference, subject int   // bits
	calls              int64 // that both show
	times              []int64
	ids                []int64 // of the calls at these times
	values             []int64 // by how much the subject is ahead, in the order of times
	late               int     // bit of the source that does not write the begin of calls, or -1
	moment             moment  // what it writes instead
	timed              bool    // it is known how long the calls took
	level              level
	stretches          []stretch // one unless the clock was changed
	drift              int64     // microseconds per day; 0 unless it is steady and matters
	verdict            verdict
}

const (
	// skewThreshold is what two clocks may differ by, in microseconds: the
	// most that a log can be off which rounds to whole seconds instead of
	// cutting them. The error of the estimate comes on top.
	skewThreshold = 500_000
	// sharedCalls is how many calls two sources must share for their clocks to be compared.
	sharedCalls = 10
	// momentCalls bounds the calls by which what a source writes is told.
	momentCalls = 2000
	// clearance is how many robust standard deviations of single differences
	// a difference between clocks must be large.
	clearance = 3
)

// pair is a call that both sources show.
type pair struct{ reference, subject *sighting }

// compare compares two sources by the calls that both show.
func compare(sightings []sighting, reference, subject int, calls int64) *comparison {
	c := &comparison{reference: reference, subject: subject, calls: calls, late: -1, moment: moments()[0]}
	pairs := pairsOf(sightings, reference, subject)
	if len(pairs) < sharedCalls {
		return c
	}
	var unit, other int64
	for _, p := range pairs {
		unit, other = max(unit, p.reference.unit), max(other, p.subject.unit)
	}
	unit += other
	c.choose(pairs)
	c.values = c.differences(pairs)
	for _, p := range pairs {
		if _, ok := c.difference(p); ok {
			c.times, c.ids = append(c.times, p.reference.at), append(c.ids, p.reference.call)
		}
	}
	c.level = levelOf(c.values, unit)
	if c.drift = driftOf(c.times, c.values, unit); c.drift == 0 {
		c.stretches = stretchesOf(c.values, unit)
	} else {
		c.stretches = []stretch{{0, len(c.values), c.level}}
	}
	c.judge()
	return c
}

// pairsOf returns the calls that both sources show, in the order of the
// reference's times. Sightings are in order of calls.
func pairsOf(sightings []sighting, reference, subject int) []pair {
	var pairs []pair
	for i := 0; i < len(sightings); {
		var p pair
		call := sightings[i].call
		for ; i < len(sightings) && sightings[i].call == call; i++ {
			switch s := &sightings[i]; {
			case s.bit == reference && p.reference == nil:
				p.reference = s
			case s.bit == subject && p.subject == nil:
				p.subject = s
			}
		}
		if p.reference != nil && p.subject != nil {
			pairs = append(pairs, p)
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.reference.at, b.reference.at), cmp.Compare(a.reference.call, b.reference.call))
	})
	return pairs
}

// difference returns by how much the subject is ahead of the reference, given
// what the sources write; false where that needs a duration that nobody says.
func (c *comparison) difference(p pair) (int64, bool) {
	d := p.subject.at - p.reference.at
	var after int64
	switch c.late {
	case c.subject:
		after = c.moment.after(p.subject, p.reference)
		d -= after
	case c.reference:
		after = c.moment.after(p.reference, p.subject)
		d += after
	}
	return d, after >= 0
}

func (c *comparison) differences(pairs []pair) []int64 {
	var out []int64
	for _, p := range pairs {
		if d, ok := c.difference(p); ok {
			out = append(out, d)
		}
	}
	return out
}

// choose finds out what the two sources write: what makes the differences from
// call to call smallest. That both write when the call began is given up only
// for what makes them smaller by a fifth, of the same calls, and can be told of
// four calls in five.
func (c *comparison) choose(pairs []pair) {
	if every := len(pairs) / momentCalls; every > 1 {
		var some []pair
		for i := 0; i < len(pairs); i += every {
			some = append(some, pairs[i])
		}
		pairs = some
	}
	begin := *c
	best := 1.0
	for _, late := range []int{c.subject, c.reference} {
		for _, m := range moments()[1:] {
			try := comparison{reference: c.reference, subject: c.subject, late: late, moment: m}
			var told []pair
			for _, p := range pairs {
				if _, ok := try.difference(p); ok {
					told = append(told, p)
				}
			}
			if len(told) < max(sharedCalls, len(pairs)*4/5) {
				continue
			}
			c.timed = true
			rough := roughness(begin.differences(told))
			if share := roughness(try.differences(told)) / max(rough, 1); rough > 0 && share < 0.8*best {
				best, c.late, c.moment = share, late, m
			}
		}
	}
}

// judge says what the levels mean.
func (c *comparison) judge() {
	c.verdict = agreeing
	if c.drift != 0 {
		c.verdict = differing
		return
	}
	if len(c.stretches) > mostStretches {
		c.verdict = unclear
		return
	}
	for _, s := range c.stretches {
		switch {
		case !s.off():
		case s.clear():
			c.verdict = differing
		default:
			c.verdict = max(c.verdict, unclear)
		}
	}
}

// off says whether a level is further from zero than clocks may be.
func (s *stretch) off() bool { return abs(s.level.center) > skewThreshold+s.level.err }

// clear says whether the single differences lie close enough together.
func (s *stretch) clear() bool { return abs(s.level.center) > clearance*s.level.spread }

// worst returns the stretch that is furthest off.
func (c *comparison) worst() stretch {
	return slices.MaxFunc(c.stretches, func(a, b stretch) int {
		return cmp.Compare(abs(a.level.center), abs(b.level.center))
	})
}
