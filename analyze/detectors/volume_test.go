package detectors

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/features"
)

// volumeGenerators are the cases of detectors of volume: weeks of traffic, with an
// incident to hit and without one to miss.
func volumeGenerators() []generator {
	var list []generator
	small := smallCompany()
	streaming := drill.Population{Users: 1, Services: 6} // with a service that streams
	for _, g := range []struct {
		id, scenario string
		calls        int64
		company      drill.Population
	}{
		{"volume.calls", "call-spike", 8000, small},
		{"volume.tokens", "token-spike", 8000, small},
		{"volume.cost", "cost-spike", 8000, small},
		{"volume.response-tokens", "cost-spike", 8000, small},
		{"volume.latency", "latency-rise", 8000, small},
		{"volume.ttft", "latency-rise", 25_000, streaming},
		{"volume.drift", "slow-drift", 8000, small},
		{"volume.burst", "burst", 8000, small},
		{"volume.throttling", "throttling-storm", 8000, small},
	} {
		list = append(
			list,
			generator{g.id, "hit-" + g.scenario, func(t *testing.T) string {
				return drilled(t, drill.Config{
					Seed: 2, Days: 16, Calls: g.calls, Population: g.company,
					Incidents: []drill.Incident{{Scenario: g.scenario, Strength: drill.Easy, Count: 3}},
				})
			}},
			generator{g.id, "miss-traffic", func(t *testing.T) string {
				return drilled(t, drill.Config{Seed: 3, Days: 12, Calls: 4000, Population: smallCompany()})
			}},
		)
	}
	return list
}

// smallCompany has few callers, so that each has a history after few calls.
func smallCompany() drill.Population {
	return drill.Population{Users: 8, Services: 2, Jobs: 1, Agents: 3}
}

// drilled makes a case of generated traffic, with prices, and returns its folder.
func drilled(t *testing.T, c drill.Config) string {
	t.Helper()
	c.Dir, c.Words, c.Sources = t.TempDir(), [2]int{5, 20}, []string{"cloudtrail", "bedrock"}
	if _, err := drill.Generate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	dir, key := filepath.Join(t.TempDir(), "test.case"), casetest.Key(t)
	_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: []string{c.Dir}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
	prices := filepath.Join(casetest.Write(t, map[string]string{"prices": drilledPrices}), "prices")
	_, err = casefile.Enrich(t.Context(), &casefile.EnrichOptions{
		Dir: dir, Files: map[string]string{casefile.EnrichPrices: prices}, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// drilledPrices are invented, and so far apart as real ones.
const drilledPrices = `{
	"us.anthropic.claude-sonnet-4-20250514-v1:0": {"input_cost_per_token": 3e-03, "output_cost_per_token": 1.5e-02},
	"anthropic.claude-3-haiku-20240307-v1:0": {"input_cost_per_token": 2.5e-04, "output_cost_per_token": 1.25e-03},
	"us.amazon.nova-pro-v1:0": {"input_cost_per_token": 8e-04, "output_cost_per_token": 3.2e-03},
	"amazon.nova-lite-v1:0": {"input_cost_per_token": 6e-05, "output_cost_per_token": 2.4e-04}
}`

// TestCalibration checks on traffic without incidents that p-values of detectors of
// volume are as small as often as they say, and that nothing is found: on one seed,
// with EXHIBIT_LONG=1 on 40, or on as many as EXHIBIT_SEEDS says.
func TestCalibration(t *testing.T) {
	t.Parallel()
	seeds, config := 1, drill.Config{Days: 30, Calls: 100_000}
	if os.Getenv("EXHIBIT_LONG") != "" {
		seeds = 40
	}
	if n, err := strconv.Atoi(os.Getenv("EXHIBIT_SEEDS")); err == nil {
		seeds = n
	}
	counts := map[string]*smallP{}
	withFindings := 0
	for seed := range seeds {
		config.Seed = uint64(1000 + seed) //nolint:gosec // not negative
		findings := countSmall(t, drilled(t, config), counts)
		if findings > 0 {
			withFindings++
		}
	}
	for _, d := range goDetectors() {
		id := d.about().ID
		if c := counts[id]; c != nil {
			c.check(t, id)
		}
	}
	n := float64(seeds)
	if limit := DefaultQ + 2*math.Sqrt(DefaultQ*(1-DefaultQ)/n); float64(withFindings)/n > limit {
		t.Errorf("%d of %d runs without an incident have findings, want a share of at most %.3f", withFindings, seeds, limit)
	}
}

// calibrated are the p-values that are held against how often they are met.
func calibrated() []float64 { return []float64{1e-2, 1e-3, 1e-4} }

// smallP counts tests, and those with p-values at most those of calibrated.
type smallP struct {
	tests int64
	small [3]int64
}

// check holds the shares of small p-values against limits, as far as so many tests
// can tell: four standard errors wider.
func (c *smallP) check(t *testing.T, id string) {
	const least, most = 0.5, 1.2
	var row []string
	for i, a := range calibrated() {
		expected := a * float64(c.tests)
		ratio, slack := float64(c.small[i])/expected, 4/math.Sqrt(expected)
		row = append(row, fmt.Sprintf("%.2f", ratio))
		if ratio < least-slack || ratio > most+slack {
			t.Errorf("%s: P(p <= %g)/%g is %.2f over %d tests, want %g to %g", id, a, a, ratio, c.tests, least, most)
		}
	}
	t.Logf("%-24s %9d tests  %s", id, c.tests, strings.Join(row, "  "))
}

// countSmall counts small p-values of a case, and what is found in it.
func countSmall(t *testing.T, dir string, counts map[string]*smallP) int {
	t.Helper()
	c := casetest.Open(t, dir)
	r := &run{c: c, features: features.NewSet(c)}
	for _, d := range goDetectors() {
		v, ok := d.(*volumeDetector)
		if !ok {
			continue
		}
		tests, _, _, err := v.tests(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		tests.correct()
		if counts[v.head.ID] == nil {
			counts[v.head.ID] = &smallP{}
		}
		n := counts[v.head.ID]
		n.tests += tests.n
		for i, a := range calibrated() {
			for _, x := range tests.list {
				if x.logP <= math.Log(a) {
					n.small[i]++
				}
			}
		}
	}
	report, err := Run(t.Context(), c, Options{Only: []string{"volume"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		t.Logf("found without an incident: %s %s: %s (p %.2g, q %.2g)", f.Detector, f.Subject, f.Explanation, f.Test.P, f.Test.Q)
	}
	return len(report.Findings)
}

// TestVolumeLeavesOut checks that what an actor did in an hour does not change what
// is expected of it: the baseline never holds the point under test.
func TestVolumeLeavesOut(t *testing.T) {
	t.Parallel()
	expected := func(calls int64) float64 {
		h := &volumeHistory{from: 4 * 24, to: 4*24 + 24*21 - 1}
		var days []any
		for d := range int64(21) {
			days = append(days, 4+d)
		}
		h.setDays(days)
		a := &volumeActor{name: "ana"}
		for hour := h.from; hour <= h.to; hour++ {
			if hour%24 >= 8 && hour%24 < 16 {
				a.hours = append(a.hours, volumeHour{hour: hour, calls: 3 + hour%2})
			}
		}
		at := len(a.hours) / 2
		a.hours[at].calls = calls
		h.actors = append(h.actors, a)
		for _, x := range rateTests(h, 30, func(v *volumeHour) int64 { return v.calls }).list {
			if x.hour == a.hours[at].hour*hourUS && x.until-x.hour == hourUS-1 {
				return x.expected
			}
		}
		t.Fatalf("an hour with %d calls was not tested", calls)
		return 0
	}
	if few, many := expected(50), expected(5000); math.Abs(few-many) > 1e-9 {
		t.Errorf("%v calls are expected where 50 were made, and %v where 5,000 were", few, many)
	}
}

// TestVolumeNeedsHistory checks that little history is said to be too little.
func TestVolumeNeedsHistory(t *testing.T) {
	t.Parallel()
	dir := drilled(t, drill.Config{Seed: 1, Days: 3, Calls: 300})
	for _, id := range []string{"volume.calls", "volume.tokens", "volume.drift"} {
		r := runAlone(t, id, dir, nil, 2)
		if d := r.Detectors[0]; !strings.Contains(d.NotApplicable, "not enough history") || len(r.Findings) > 0 {
			t.Errorf("%s says %q and %q of three days", id, d.NotApplicable, d.Notes)
		}
	}
}
