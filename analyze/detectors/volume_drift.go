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
			ID: "volume.drift", Version: 1, Severity: analyze.SeverityMedium,
			Title: "Calls grow from day to day",
			Why: "Who takes a little more every day is below every limit of an hour. Days are held against those of the same kind that lie at least " +
				"five days back, and what they are above is added up (CUSUM).",
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
			return fmt.Sprintf("%.0f calls %s, where %.3g are expected by days before; the sum of what days are above grew for %d days", x.observed, x.hours(), x.expected, x.calls)
		},
	}
}

const (
	// driftGap is how many days before a day are left out of its baseline, so that
	// what grows is not compared with itself; driftKind is how many of its kind the
	// baseline must have.
	driftGap  = 4
	driftKind = 3
	// driftAllowed is half of the growth that is looked for, in standard deviations
	// of a day.
	driftAllowed = 0.75
)

// driftTests adds up, day by day, how far each actor is above its earlier days.
func driftTests(h *volumeHistory) *hourTests {
	t := &hourTests{}
	for i, a := range h.actors {
		days, known := h.matrix(a, func(v *volumeHour) float64 { return float64(v.calls) })
		if countTrue(known) <= warmUpDays {
			continue
		}
		sums := make([]float64, len(days))
		for d := range days {
			for _, v := range days[d] {
				sums[d] += v
			}
		}
		first, rates := h.rates(a, days, known, 1)
		spread := spreadOf(rates, int(first%hoursOfDay))
		chart := statistic.CUSUM{Allowed: driftAllowed}
		observed, expected := 0.0, 0.0
		for d := range sums {
			mean, n := dayMean(sums, known, d)
			if !known[d] || n == 0 || d < h.day(first) {
				continue
			}
			phi := spread.without((d-h.day(first))*hoursOfDay, usualSpread)
			size := mean / (phi*driftSpread - 1 + 2*phi/n + mean*dayVariance)
			z := statistic.UpperNormalQuantile(math.Min(statistic.LogUpperNegBinomial(sums[d], mean, size), -1e-9))
			t.n++
			high := chart.Add(math.Min(z, driftMost))
			if high == 0 {
				observed, expected = 0, 0
				continue
			}
			observed, expected = observed+sums[d], expected+mean
			t.add(hourTest{
				actor: i, hour: (h.monday + int64(d-chart.Since+1)*hoursOfDay) * hourUS, until: (h.monday+int64(d+1)*hoursOfDay)*hourUS - 1, observed: observed, expected: expected, n: int64(chart.Since),
				logP: statistic.LogCUSUM(high, driftAllowed, 1),
			})
		}
	}
	return t
}

const (
	dayVariance = 0.02
	// driftSpread is how much more days scatter than their hours do.
	driftSpread = 1.35
	driftMost   = 4 // one wild day is no drift
)

// dayMean is the mean of the days of the same kind, working days or weekends, that
// lie long enough before a day, shrunk to that of all such days.
func dayMean(sums []float64, known []bool, day int) (mean, n float64) {
	var sum, all, of float64
	for d := range max(0, day-driftGap) {
		if !known[d] {
			continue
		}
		all, of = all+sums[d], of+1
		if (d%7 >= 5) == (day%7 >= 5) {
			sum, n = sum+sums[d], n+1
		}
	}
	if n < driftKind {
		return 0, 0
	}
	return (sum + all/of) / (n + 1), n + 1
}
