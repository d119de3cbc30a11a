package detectors

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// volumeBurst finds bursts of calls that are far more than an actor's own.
func volumeBurst() detector {
	return &volumeDetector{
		head: analyze.About{
			ID: "volume.burst", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "A burst of calls unlike the actor's own",
			Why: "Scripts call faster and longer than people and agents do. Bursts are found by Kleinberg's automaton of two states, and each is held " +
				"against the actor's bursts on other days.",
			Needs:          []string{"actor"},
			Tags:           []string{"atlas.aml.t0034.000", "atlas.aml.t0040", "owasp.llm10"},
			FalsePositives: []string{"a batch that somebody ran by hand", "a client that tries again without pause"},
			Triage:         []string{"see whether the prompts are one text with another value each", "compare address and client with those of the days before"},
			Collect:        []string{"the calls of the burst with their texts"},
			Contain:        []string{"set a rate limit for the actor", "rotate its credential"},
		},
		piece: 1, events: "volume_events", least: 20, what: "calls",
		tests: func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
			t, names, err := r.burstTests(ctx)
			var subjects []volumeSubject
			for _, n := range names {
				subjects = append(subjects, volumeSubject{subject: n, actor: n})
			}
			return t, subjects, nil, err
		},
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%d calls %s without a pause, where a burst of this actor has %.0f", x.calls, x.hours(), x.expected)
		},
	}
}

const (
	burstRatio = 8      // times faster than the actor's calls are on average
	burstCost  = 1      // of entering a burst, Kleinberg's gamma
	burstPause = hourUS // gaps that are longer count as this long
	// burstSpread corrects how far gains scatter on the scale of logarithms: they
	// end sooner than normal values do.
	burstSpread = 0.9
)

// burstTests gathers the tests of the bursts of every actor with enough calls.
func (r *run) burstTests(ctx context.Context) (*hourTests, []string, error) {
	all, err := r.actorCalls(ctx)
	if err != nil {
		return nil, nil, err
	}
	t := &hourTests{}
	var names []string
	for _, a := range all {
		if a.calls < warmUpCalls {
			continue
		}
		for _, x := range a.bursts.list {
			x.actor = len(names)
			t.list = append(t.list, x)
		}
		t.n += a.bursts.n
		names = append(names, a.name)
	}
	return t, names, nil
}

// bursts compares the bursts of an actor with its bursts on other days, by when it
// called.
func (t *hourTests) bursts(at []int64) {
	gaps := make([]float64, len(at)-1)
	sum := 0.0
	for i := range gaps {
		gaps[i] = math.Min(float64(at[i+1]-at[i]), burstPause) + 1
		sum += gaps[i]
	}
	list := statistic.Bursts(gaps, sum/float64(len(gaps)), burstRatio, burstCost)
	gains, sizes := make([]float64, len(list)), make([]float64, len(list))
	for i, b := range list {
		gains[i], sizes[i] = math.Log1p(math.Max(b.Gain, 0)), float64(b.To-b.From+1)
	}
	usual := statistic.Median(sizes)
	day := func(i int) int64 { return at[list[i].From] / (hoursOfDay * hourUS) }
	for from, to := 0, 0; from < len(list); from = to {
		for to = from; to < len(list) && day(to) == day(from); to++ {
		}
		if len(list)-(to-from) < minCells {
			continue
		}
		own := statistic.RobustOf(slices.Concat(gains[:from], gains[to:]))
		if !(own.Scale > 0) {
			continue
		}
		for i := from; i < to; i++ {
			t.n++
			if z := own.Z(gains[i]); z > 0 {
				b := list[i]
				t.add(hourTest{
					hour: at[b.From], until: at[b.To], n: int64(b.To - b.From + 1), observed: float64(b.To - b.From + 1), expected: usual,
					logP: statistic.LogUpperStudent(z/burstSpread, math.Min(float64(own.N-1), 400)),
				})
			}
		}
	}
}
