package reconcile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// traffic describes a simulated source.
type traffic struct {
	days    int
	mean    func(hourOfWeek int) float64 // events per hour
	perHour float64                      // 1/r of a gamma factor on each hour; 0 for none
	perDay  float64                      // the same on each day
	burst   int                          // events at once
}

// office is busy at day, quiet at night and idle on weekends.
func office(hourOfWeek int) float64 {
	switch hour := hourOfWeek % 24; {
	case weekend(hourOfWeek) == 1:
		return 0
	case hour < 7 || hour > 18:
		return 0.3
	default:
		return 60
	}
}

func steady(mean float64) func(int) float64 { return func(int) float64 { return mean } }

// simulate draws the minutes of a source from Monday, 2026-03-02 on, without
// those in the removed gaps.
func (x traffic) simulate(r *rand.Rand, removed ...gap) *rhythm {
	const start = 1_772_409_600 / 3600
	out := &rhythm{start: start, counts: make([]int64, x.days*24)}
	last := int64(-1)
	day := 1.0
	for i := range out.counts {
		if i%24 == 0 {
			day = gamma(r, x.perDay)
		}
		rate := x.mean(i%weekHours) * day * gamma(r, x.perHour) / 60 / float64(max(1, x.burst))
		for m := range int64(60) {
			at := (start+int64(i))*hourMicros + m*minuteMicros
			n := poisson(r, rate) * int64(max(1, x.burst))
			for _, g := range removed {
				if at >= g.from && at < g.to {
					n = 0
				}
			}
			if n == 0 {
				continue
			}
			out.counts[i]++
			if last >= 0 && at > last+minuteMicros {
				out.runs++
				if at-last-minuteMicros >= leastSilence {
					out.gaps = append(out.gaps, gap{last + minuteMicros, at})
				}
			}
			last = at
		}
	}
	return out
}

// gamma draws a factor with the mean 1 and the variance inverse (Marsaglia and
// Tsang, ACM Transactions on Mathematical Software 26, 2000; below 1 with their
// boost).
func gamma(r *rand.Rand, inverse float64) float64 {
	if inverse == 0 {
		return 1
	}
	shape := 1 / inverse
	boost := 1.0
	if shape < 1 {
		boost = math.Pow(r.Float64(), inverse)
		shape++
	}
	d := shape - 1.0/3
	for {
		z := r.NormFloat64()
		v := math.Pow(1+z/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(1-r.Float64()) < z*z/2+d-d*v+d*math.Log(v) {
			return d * v * boost * inverse
		}
	}
}

func poisson(r *rand.Rand, mean float64) int64 {
	n, limit := int64(0), math.Exp(-mean)
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// TestSilenceCalibration simulates sources without any gap. At most one in a
// thousand may be said to have one. Of 1,000 sources of each kind none had, but 7
// of those whose days vary by more than their mean; here fewer are drawn.
func TestSilenceCalibration(t *testing.T) {
	const runs = 20
	for _, test := range []struct {
		name string
		traffic
	}{
		{"steady", traffic{days: 7, mean: steady(20)}},
		{"rare", traffic{days: 30, mean: steady(0.5)}},
		{"office", traffic{days: 14, mean: office}},
		{"office in its first week", traffic{days: 7, mean: office}},
		{"office over a month", traffic{days: 35, mean: office}},
		{"hours vary by half", traffic{days: 14, mean: office, perHour: 0.25}},
		{"hours vary much", traffic{days: 14, mean: steady(20), perHour: 2}},
		{"days vary by half", traffic{days: 21, mean: office, perDay: 0.25, perHour: 0.1}},
		{"days vary much", traffic{days: 28, mean: steady(20), perDay: 2}},
		{"bursts", traffic{days: 14, mean: steady(60), burst: 30}},
		{"short", traffic{days: 4, mean: steady(30), perHour: 0.25}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(9, 10))
			alarms := 0
			for range runs {
				x := test.simulate(r)
				for _, s := range x.silences(x.runs) {
					alarms++
					t.Logf("%s to %s: expected %.1f, log probability %.1f", instant(s.from), instant(s.to), s.expected, s.logP)
				}
			}
			if alarms > 0 {
				t.Errorf("%d false silences in %d sources", alarms, runs)
			}
		})
	}
}

func TestSilenceIsFound(t *testing.T) {
	const monday = int64(1_772_409_600) * 1_000_000
	at := func(day, hour, minutes int) gap {
		from := monday + int64(day)*24*hourMicros + int64(hour)*hourMicros
		return gap{from, from + int64(minutes)*minuteMicros}
	}
	for _, test := range []struct {
		name string
		traffic
		removed gap
		found   bool
	}{
		{"three hours at noon", traffic{days: 14, mean: office}, at(8, 10, 180), true},
		{"an hour of a busy source", traffic{days: 7, mean: steady(600)}, at(3, 2, 60), true},
		{"half an hour of a very busy source", traffic{days: 7, mean: steady(6000)}, at(3, 2, 30), true},
		{"a day", traffic{days: 14, mean: office, perHour: 0.25, perDay: 0.1}, at(8, 0, 24*60), true},
		{"a day of a source that varies", traffic{days: 28, mean: steady(30), perHour: 0.5, perDay: 0.25}, at(8, 0, 24*60), true},
		{"two days of four", traffic{days: 5, mean: steady(60)}, at(2, 0, 24*60), true},
		{"a night", traffic{days: 14, mean: office}, at(8, 20, 10*60), false},
		{"a weekend", traffic{days: 14, mean: office}, at(5, 0, 48*60), false},
		{"minutes of a quiet source", traffic{days: 14, mean: steady(6)}, at(3, 2, 30), false},
		{"most of a short history", traffic{days: 4, mean: steady(60)}, at(1, 0, 2*24*60), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			for i := range 10 {
				x := test.simulate(r, test.removed)
				got := x.silences(x.runs)
				if test.found && (len(got) != 1 || got[0].from > test.removed.from || got[0].to < test.removed.to) || !test.found && len(got) > 0 {
					t.Errorf("source %d: found %s", i, fmt.Sprint(got))
				}
			}
		})
	}
}

// TestNegativeBinomial checks the formulas against known sums.
func TestNegativeBinomial(t *testing.T) {
	// Without a prior, sets of counts with mean 10 and variance 10 + 100/4.
	p := &profile{}
	for _, c := range []int64{4, 16, 4, 16, 10} {
		p.day[0][0].add(c)
	}
	// s² = 4·36/4 = 36, m = 10: 1/r = (36-10)/100, weighed with 5 hours against 24.
	if got, want := p.hourly(), (5*0.26+priorHours*priorInverse)/(5+priorHours); math.Abs(got-want) > 1e-12 {
		t.Errorf("1/r = %v, want %v", got, want)
	}
	// An hour in the middle of a steady history: (1 + m/r)^-r.
	x := &rhythm{start: 0, counts: make([]int64, 24*7*4)}
	for i := range x.counts {
		x.counts[i] = 10
	}
	g := gap{100 * hourMicros, 101 * hourMicros}
	q := x.without(g)
	mean, inverse := q.expect(100)
	logP, expected := q.nothing(g)
	byHour, byDay := -mean/(1+mean*inverse), -math.Log1p(mean*q.perDay)/q.perDay
	if mean != 10 || expected != 10 || math.Abs(logP-max(byHour, byDay)) > 1e-12 {
		t.Errorf("mean %v, expected %v, log probability %v", mean, expected, logP)
	}
}
