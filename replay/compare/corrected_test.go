package compare

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCorrected(t *testing.T) {
	// A verdict without error changes nothing; with one, by the formula of Rogan
	// and Gladen: (0.30 + 0.95 - 1) / (0.80 + 0.95 - 1).
	perfect := Corrected(30, 100, Error{Found: 1000, Hits: 1000, Spared: 1000, Nothits: 1000})
	if !near(perfect.Value, 0.3, 1e-12) || perfect.Low > 0.23 || perfect.High < 0.38 {
		t.Errorf("without error: %+v", perfect)
	}
	known := Corrected(30, 100, Error{Found: 80, Hits: 100, Spared: 190, Nothits: 200})
	if !near(known.Value, 1.0/3, 1e-12) || known.High-known.Low <= perfect.High-perfect.Low {
		t.Errorf("with error: %+v, want a third and a wider interval than %+v", known, perfect)
	}
	// Fewer labelled replies, a wider interval.
	less := Corrected(30, 100, Error{Found: 8, Hits: 10, Spared: 19, Nothits: 20})
	if less.High-less.Low <= known.High-known.Low {
		t.Errorf("ten labelled replies: %+v, want a wider interval than %+v", less, known)
	}
	for _, e := range []Error{{}, {Found: 5, Hits: 10}, {Found: 5, Hits: 10, Spared: 5, Nothits: 10}, {Found: 1, Hits: 10, Spared: 1, Nothits: 10}} {
		if r := Corrected(3, 10, e); !math.IsNaN(r.Value) || r.Low != 0 || r.High != 1 {
			t.Errorf("%+v: %+v, want nothing known", e, r)
		}
	}
	if r := Corrected(15, 100, Error{Found: 80, Hits: 100, Spared: 80, Nothits: 100}); r.Value != 0 || r.Low != 0 || r.High <= 0 {
		t.Errorf("fewer hits than the verdict errs: %+v, want 0 and an interval above", r)
	}
	if r := Corrected(0, 100, Error{Found: 80, Hits: 100, Spared: 80, Nothits: 100}); !math.IsNaN(r.Value) || r.Low != 0 || r.High != 1 {
		t.Errorf("no hit of a verdict that errs in one of five: %+v, want nothing known", r)
	}
}

// TestCorrectedCoverage draws many experiments with a known rate and a known
// error, and counts how often the interval holds the rate.
func TestCorrectedCoverage(t *testing.T) {
	const runs = 3000
	random := rand.New(rand.NewPCG(3, 3))
	draw := func(n int, p float64) int {
		hits := 0
		for range n {
			if random.Float64() < p {
				hits++
			}
		}
		return hits
	}
	for _, test := range []struct{ rate, sensitivity, specificity float64 }{{0.17, 0.87, 0.99}, {0.53, 0.97, 0.95}, {0.3, 0.7, 0.9}, {0.05, 0.9, 0.98}} {
		held := 0
		for range runs {
			is := draw(225, test.rate)
			e := Error{Found: draw(60, test.sensitivity), Hits: 60, Spared: draw(160, test.specificity), Nothits: 160}
			r := Corrected(draw(is, test.sensitivity)+draw(225-is, 1-test.specificity), 225, e)
			if r.Low <= test.rate && test.rate <= r.High {
				held++
			}
		}
		if share := float64(held) / runs; share < 0.935 {
			t.Errorf("%+v: the interval holds the rate in %.3f, want 0.95", test, share)
		} else {
			t.Logf("%+v: %.3f", test, share)
		}
	}
}
