package statistic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWeekLeavesOut checks that no day is part of its own baseline: whatever a day
// holds, what is expected of it stays.
func TestWeekLeavesOut(t *testing.T) {
	s := Shrinkage{Cell: 2, Parent: 3}
	build := func(change float64) *Week {
		r := rand.New(rand.NewPCG(7, 8))
		days, known := make([][dayHours]float64, 21), make([]bool, 21)
		for d := range days {
			known[d] = d != 4
			for h := range days[d] {
				days[d][h] = float64(r.IntN(9))
			}
		}
		for h := range days[9] {
			days[9][h] += change
		}
		return NewWeek(days, known)
	}
	calm, attacked := build(0), build(1000)
	for h := range dayHours {
		near(t, "expectation of the day itself", attacked.Expect(9, h, s), calm.Expect(9, h, s), 1e-9)
		if attacked.Expect(16, h, s) <= calm.Expect(16, h, s) {
			t.Errorf("hour %d: a day is no part of the baseline of the same day a week later", h)
		}
		if e := calm.Expect(4, h, s); e <= 0 || e > 9 {
			t.Errorf("hour %d of a day that is not known: %v", h, e)
		}
	}
}

// TestWeekShrinks checks the means of a subject that works on Mondays only.
func TestWeekShrinks(t *testing.T) {
	days, known := make([][dayHours]float64, 28), make([]bool, 28)
	for d := range days {
		known[d] = true
		if d%7 == 0 {
			days[d][10] = 8
		}
	}
	w := NewWeek(days, known)
	monday, tuesday := w.Expect(0, 10, Shrinkage{1, 1}), w.Expect(1, 10, Shrinkage{1, 1})
	// Without the day: 3 Mondays of 8 in 19 working days at ten; all hours 24 of 648.
	up := (24 + 24.0/648) / 20
	near(t, "Monday", monday, (24+up)/4, 1e-12)
	// A Tuesday leaves four Mondays of 8 in 19 working days; all hours 32 of 648.
	up = (32 + 32.0/648) / 20
	near(t, "Tuesday", tuesday, up/4, 1e-12)
	near(t, "without shrinkage", w.Expect(0, 10, Shrinkage{}), 8, 1e-12)
}

func TestBursts(t *testing.T) {
	gaps := slices.Repeat([]float64{60}, 40)
	if got := Bursts(gaps, 60, 10, 1); got != nil {
		t.Errorf("even gaps have bursts: %v", got)
	}
	for i := 10; i < 25; i++ {
		gaps[i] = 2
	}
	got := Bursts(gaps, 60, 10, 1)
	if len(got) != 1 || got[0].From != 10 || got[0].To != 25 {
		t.Fatalf("bursts are %v, want one of events 10 to 25", got)
	}
	// 15 gaps of 2 s: each is cheaper by log(10) - 2 (10-1)/60; entering costs log(41).
	near(t, "gain", got[0].Gain, 15*(math.Log(10)-0.3)-math.Log(41), 1e-9)
	if got := Bursts(nil, 60, 10, 1); got != nil {
		t.Errorf("no gaps have bursts: %v", got)
	}
	if diff := cmp.Diff(Bursts(gaps, 60, 10, 1), got); diff != "" {
		t.Errorf("another run finds others:\n%s", diff)
	}
}

// TestBurstsAreRare checks that gaps of one rate alone have next to no bursts.
func TestBurstsAreRare(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	n := 0
	for range 100 {
		gaps := make([]float64, 1000)
		for i := range gaps {
			gaps[i] = r.ExpFloat64()
		}
		for _, b := range Bursts(gaps, 1, 4, 2) {
			if b.Gain > 5 {
				n++
			}
		}
	}
	if n > 5 {
		t.Errorf("%d bursts in 100 random sequences, want next to none", n)
	}
}

// TestChange checks that a small lasting shift is found by both charts and that
// the bound on a CUSUM without one holds.
func TestChange(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const runs, n, h = 2000, 60, 5.0
	above, shifted := 0, 0
	var mean float64
	for range runs {
		calm, moved, e := CUSUM{Allowed: 0.5}, CUSUM{Allowed: 0.5}, EWMA{Weight: 0.2}
		peak, high := 0.0, 0.0
		for range n {
			z := r.NormFloat64()
			peak, high = max(peak, calm.Add(z)), max(high, moved.Add(z+1))
			mean += e.Add(z) / n / runs
		}
		if peak >= h {
			above++
		}
		if high >= h {
			shifted++
		}
	}
	if p := math.Exp(LogCUSUM(h, 0.5, n)); float64(above)/runs > p {
		t.Errorf("a CUSUM reaches %v in %d of %d runs, which the bound gives %v", h, above, runs, p)
	}
	if shifted < runs*95/100 {
		t.Errorf("a shift of one deviation is found in %d of %d runs", shifted, runs)
	}
	near(t, "mean of the moving average", mean, 0, 0.02)
}

// TestNull checks that z-scores with a wrong centre and scale are put right, and
// that findings among them do not spoil that.
func TestNull(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	z := make([]float64, 20_000)
	for i := range z {
		z[i] = 0.3 + 1.4*r.NormFloat64()
		if i < 200 {
			z[i] = 40
		}
	}
	null := NullOf(z)
	near(t, "centre", null.Centre, 0.3, 0.05)
	near(t, "scale", null.Scale, 1.4, 0.05)
	near(t, "p of the centre", null.LogP(null.Centre), -math.Ln2, 1e-9)
}

func TestUnseenMass(t *testing.T) {
	near(t, "nothing seen", UnseenMass(0, 0), 0.5, 0)
	near(t, "all seen often", UnseenMass(998, 0), 0.001, 1e-12)
	near(t, "all seen once", UnseenMass(98, 98), 0.99, 1e-12)
}
