package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// volumeLong finds days on which an actor got far more long answers than on its others.
//
// A dozen answers of several times the usual length are lost in the average of a busy
// actor, which [volumeResponse] looks at; how many they are is not.
func volumeLong() detector {
	return &volumeDetector{
		head: analyze.About{
			ID: "volume.long-responses", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Many more long responses than this actor gets",
			Why: "Data that is carried out through a model, and prompts that make it write on and on, show as single long responses among usual ones. Those of " +
				"a day that are three times as long or more as the actor's usual ones are counted against its share on other days, and how they come together there.",
			Needs:          []string{"actor", "output_tokens"},
			Tags:           []string{"atlas.aml.t0034.001", "atlas.aml.t0024", "owasp.llm10"},
			FalsePositives: []string{"another kind of task", "a report that is written once a month", "a new version of a model that writes more"},
			Triage:         []string{"read the longest responses", "see whether their prompts differ from the actor's others", "compare address and client with those of the days before"},
			Collect:        []string{"the long responses with their prompts"},
			Contain:        []string{"limit the tokens of a response", "rotate the actor's credential"},
		},
		piece: 1, events: "volume_events_long", ratio: 3, least: 4, what: "long_responses",
		tests: func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
			list, err := r.longDays(ctx)
			if err != nil {
				return nil, nil, nil, err
			}
			var subjects []volumeSubject
			for _, s := range list {
				subjects = append(subjects, volumeSubject{subject: s.actor, actor: s.actor})
			}
			t, short := longTests(list)
			return t, subjects, shortNotes(short, "actors", "responses each"), nil
		},
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.0f of %d responses of the day were three times as long or more as usual, %s, where %.2g are expected by other days", x.observed, x.calls, x.hours(), x.expected)
		},
	}
}

// longDay is how many answers an actor got on a day, how many of them were long, and
// when the first and the last of these came.
type longDay struct{ day, n, k, first, last int64 }

// longSeries are the days of an actor with answers, in order.
type longSeries struct {
	actor string
	days  []longDay
	n, k  int64 // in all
}

// without is how many answers there were on the other days than one, and how many of
// these were long.
func (s *longSeries) without(d *longDay) (n, k float64) {
	return float64(s.n - d.n), float64(s.k - d.k)
}

const (
	// longTogether is how many long answers of an actor what is usual counts as much as, in
	// how far they come together.
	longTogether = 5
	// longLeast and longMost bound how many long answers what is usual counts as much as.
	longLeast, longMost = 0.02, 20.0
)

// longUsual is what is usual for all actors: their shares of long answers as a gamma
// distribution, of so many long answers of so many, and how much more the answers of
// a day scatter than independent ones do, the variance in means.
type longUsual struct{ k, n, phi float64 }

// longTests tests for every day of every actor whether so many of its answers, or more,
// are long by chance: by a beta-binomial count with the share of its other days, as
// far as it is known by these and by what is usual, and with as much more scatter than
// independent answers have as these days show. Actors with few answers are counted in
// short. Of few answers the part of just so many is [drawn]; days without any long one
// are tests as well, and never found.
func longTests(list []*longSeries) (t *hourTests, short int) {
	t = &hourTests{}
	usual := longUsualOf(list)
	for i, s := range list {
		if s.n < warmUpCalls {
			short++
			continue
		}
		spread := s.spread(usual)
		for j := range s.days {
			d := &s.days[j]
			n, k := s.without(d)
			if n < warmUpCalls {
				continue
			}
			t.n++
			n, k = n+usual.n, k+usual.k
			extra := math.Max(spread.without(j, usual.phi), leastPhi) - 1 + float64(d.n)/n
			t.add(hourTest{
				actor: i, hour: d.first, until: d.last, observed: float64(d.k), expected: k / n * float64(d.n), n: d.n,
				logP: statistic.LogUpperBetaBinomial(d.k, d.n, k/n, math.Max(float64(d.n)/extra, 1), drawn(s.actor, d.day)),
			})
		}
	}
	return t, short
}

// longSpread is how far the long answers of an actor come together: by day, the squares of
// what it has more or less than expected, and what they are where answers do not.
type longSpread struct {
	day            [][2]float64
	squares, means float64
	wild           [2]int // the days with the largest squares; -1 where there is none
}

// spread returns how far the days of an actor scatter.
func (s *longSeries) spread(usual longUsual) *longSpread {
	x := &longSpread{day: make([][2]float64, len(s.days)), wild: [2]int{-1, -1}}
	for j := range s.days {
		d := &s.days[j]
		n, k := s.without(d)
		share := (k + usual.k) / (n + usual.n)
		over := float64(d.k) - share*float64(d.n)
		x.day[j] = [2]float64{over * over, share * (1 - share) * float64(d.n)}
		x.squares, x.means = x.squares+x.day[j][0], x.means+x.day[j][1]
		switch w := &x.wild; {
		case w[0] < 0 || x.day[j][0] > x.day[w[0]][0]:
			w[0], w[1] = j, w[0]
		case w[1] < 0 || x.day[j][0] > x.day[w[1]][0]:
			w[1] = j
		}
	}
	return x
}

// without returns the dispersion, the variance in means, by all days but one and the
// wildest of the others: what happened on it would hide what happens on the one.
func (x *longSpread) without(day int, usual float64) float64 {
	wild := x.wild[0]
	if wild == day {
		wild = x.wild[1]
	}
	squares, means := x.squares-x.day[day][0], x.means-x.day[day][1]
	if wild >= 0 {
		squares, means = squares-x.day[wild][0], means-x.day[wild][1]
	}
	return (squares + usual*longTogether) / (means + longTogether)
}

// longUsualOf returns what is usual: the gamma distribution of shares by which what actors
// got is most likely, and the dispersion in the middle of theirs.
func longUsualOf(list []*longSeries) longUsual {
	var n, k float64
	for _, s := range list {
		n, k = n+float64(s.n), k+float64(s.k)
	}
	share, best := (k+0.5)/(n+1), math.Inf(-1)
	x := longUsual{phi: leastPhi}
	for of := longLeast; of <= longMost; of *= math.Sqrt2 {
		usual := longUsual{k: of, n: of / share, phi: leastPhi}
		if l := usual.logLikelihood(list); l > best {
			best, x = l, usual
		}
	}
	var own []float64
	for _, s := range list {
		if s.n < warmUpCalls {
			continue
		}
		if of := s.spread(x); of.means >= 1 {
			own = append(own, of.without(of.wild[0], leastPhi))
		}
	}
	if len(own) > 0 {
		x.phi = math.Max(leastPhi, statistic.Median(own))
	}
	return x
}

// logLikelihood is how likely what actors got is in all, as a logarithm, but for a constant:
// by counts that are negative binomial.
func (x *longUsual) logLikelihood(list []*longSeries) float64 {
	sum := 0.0
	for _, s := range list {
		n, k := float64(s.n), float64(s.k)
		more, _ := math.Lgamma(x.k + k)
		less, _ := math.Lgamma(x.k)
		sum += more - less + x.k*math.Log(x.n/(x.n+n)) + k*math.Log(n/(x.n+n))
	}
	return sum
}

// longDays reads how many long answers actors got.
func (r *run) longDays(ctx context.Context) ([]*longSeries, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	var list []*longSeries
	err := r.query(ctx, "volume_long", nil, func(rows *sql.Rows) error {
		var actor string
		var d longDay
		err := rows.Scan(&actor, &d.day, &d.n, &d.k, &d.first, &d.last)
		if n := len(list); n == 0 || list[n-1].actor != actor {
			list = append(list, &longSeries{actor: actor})
		}
		s := list[len(list)-1]
		s.days, s.n, s.k = append(s.days, d), s.n+d.n, s.k+d.k
		return err
	})
	return list, err
}
