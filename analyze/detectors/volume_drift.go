package detectors

import (
	"context"
	"fmt"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// volumeDrift finds actors who do more every day.
func volumeDrift() detector {
	return &volumeDetector{
		head: analyze.About{
			ID: "volume.drift", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Calls grow from day to day",
			Why: "Who takes a little more every day is below every limit of an hour. What the days of every stretch are above the days " +
				"of the same kind before it is added up (CUSUM).",
			Needs:          []string{"actor"},
			Tags:           []string{"atlas.aml.t0034.000", "atlas.aml.t0024", "owasp.llm10"},
			FalsePositives: []string{"a project that begins", "an application that gets more users"},
			Triage:         []string{"read what the calls of the last day are about", "ask the owner of the actor what grows"},
			Collect:        []string{"the calls of these days"},
			Contain:        []string{"set a budget for the actor", "rotate its credential"},
		},
		piece: hourUS, events: "volume_events", ratio: 1.5, least: 20, what: "calls",
		tests: func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
			h, err := r.history(ctx)
			if err != nil {
				return nil, nil, nil, err
			}
			return driftTests(h), h.subjects(), h.notes(), nil
		},
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.0f calls %s, where %.3g are expected by days before; it was above them for %d days%s", x.observed, x.hours(), x.expected, x.calls, x.began())
		},
	}
}

const (
	// driftKind is how many days of a kind, working days or weekends, there must be
	// before a stretch of days for it to be held against them.
	driftKind = 3
	// driftSpread is how much more days scatter than their hours do.
	driftSpread = 1.1
	// driftLevel is the variance of the level of an actor from one stretch to the
	// next, in squares of its mean: it changes by a seventh.
	driftLevel = 0.02
	// driftApart is how many tests those of all stretches that end on a day, of calls
	// and of beginnings, are worth, for they overlap; measured on traffic of a drill.
	driftApart = 1.3
	// driftLump is as rateLump, of days.
	driftLump = 0.75
	// driftCalls is how many calls the usual spread counts as much as. The days before
	// may be few, and quiet ones say nothing of how long conversations are.
	driftCalls = 50
	// driftUnseen is how much of a conversation is added to what was seen before: half
	// of one, as by Jeffreys' prior for the rate of a Poisson process, "Theory of
	// Probability", 1961. Of a few quiet days it does not follow that there are no others.
	driftUnseen = 0.5
)

// driftStretches are how many days are added up. One wild day is no drift.
func driftStretches() []int { return []int{2, 3, 4, 5, 6, 8, 10, 13} }

// driftTests adds up, at every day, how far each actor was above the days before
// on the days up to it, for every begin of the stretch: in calls, and in the
// conversations that it began. The largest of such sums is Page's CUSUM, "Continuous
// inspection schemes", Biometrika 41 (1954); here each is in its own standard
// deviations, which what is not known of the days before adds to.
func driftTests(h *volumeHistory) *hourTests {
	rates, begun := h.rates(callsMeasure()), h.rates(begunMeasure())
	return h.tests(func(t *hourTests, i int) {
		a, b := rates[i], begun[i]
		if a == nil || a.days == nil {
			return
		}
		before, begunBefore := h.before(a), h.before(b)
		for d := a.day; d < len(a.days); d++ {
			worst, tried := hourTest{}, false
			for _, days := range driftStretches() {
				calls := h.stretchOf(i, a, before, d, days)
				begins := h.stretchOf(i, b, begunBefore, d, days)
				if calls.mean == 0 || begins.mean == 0 {
					continue
				}
				tried = true
				for k, x := range []*stretch{&calls, &begins} {
					if logP := x.logP(); logP < worst.logP {
						worst = hourTest{
							actor: i, hour: (h.monday + int64(d-days+1)*hoursOfDay) * hourUS, until: (h.monday+int64(d+1)*hoursOfDay)*hourUS - 1, n: int64(days),
							observed: calls.value, expected: calls.mean, logP: logP,
						}
						if k == 1 {
							worst.begun = [2]float64{x.value, x.mean}
						}
					}
				}
			}
			if !tried {
				continue
			}
			t.n++
			if worst.logP < 0 {
				worst.logP = logAny(worst.logP, driftApart)
				t.add(worst)
			}
		}
	})
}

// daysBefore is what an actor did on all of its days before one.
type daysBefore struct {
	kind           [2]struct{ sum, n float64 } // working days and weekends
	squares, means float64                     // of its spread
}

// before is what was before each day of an actor, from its first one on.
func (h *volumeHistory) before(a *actorRates) []daysBefore {
	out := make([]daysBefore, 1, len(a.days)-a.day+1)
	for d := a.day; d < len(a.days); d++ {
		x := out[d-a.day]
		if h.known[d] {
			s := &x.kind[kindOfDay(d)]
			s.sum, s.n = s.sum+a.days[d].value, s.n+1
		}
		if of := d - a.day; of < len(a.spread.day) {
			x.squares, x.means = x.squares+a.spread.day[of][0], x.means+a.spread.day[of][1]
		}
		out = append(out, x)
	}
	return out
}

// kindOfDay says of a day of a history whether it is a working day, 0, or one of a
// weekend, 1.
func kindOfDay(day int) int {
	if day%7 >= 5 {
		return 1
	}
	return 0
}

// stretch is how much an actor did on some days in a row, and what the days before
// let expect.
type stretch struct {
	rate
	phi, lump float64
	unknown   float64 // variance of the mean, in means
}

func (x *stretch) logP() float64 {
	if x.value <= x.mean {
		return 0
	}
	extra := x.phi/x.lump - 1 + (x.unknown+x.mean*driftLevel)/x.lump
	return statistic.LogUpperNegBinomial(x.value/x.lump, x.mean/x.lump, x.mean/x.lump/math.Max(extra, 0.02))
}

// stretchOf adds up so many days up to a day. Days of a kind that was not seen often
// enough before are left out; the mean is 0 where no day is left.
func (h *volumeHistory) stretchOf(actor int, a *actorRates, before []daysBefore, day, days int) stretch {
	var x stretch
	from := day - days + 1
	if from <= a.day || !h.known[day] {
		return x
	}
	past := &before[from-a.day]
	var now [2]struct{ sum, n, times float64 } // working days and weekends
	for d := from; d <= day; d++ {
		if h.known[d] {
			s := &now[kindOfDay(d)]
			s.sum, s.n, s.times = s.sum+a.days[d].value, s.n+1, s.times+h.common[actor][d]
		}
	}
	for kind, b := range past.kind {
		if b.n < driftKind {
			continue
		}
		mean := (b.sum + driftUnseen*a.m.usual) / b.n * now[kind].times
		x.value, x.mean, x.unknown = x.value+now[kind].sum, x.mean+mean, x.unknown+mean*now[kind].n/b.n
	}
	if x.mean == 0 {
		return x
	}
	x.phi = 1 + driftSpread*(a.spread.shrunk(past.squares, past.means, driftCalls)-1)
	x.lump = 1 + driftLump*(x.phi-1)
	x.unknown *= x.phi / x.mean
	return x
}
