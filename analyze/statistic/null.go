package statistic

import "math"

// Null is what z-scores of tests look like where nothing happened, as told by
// the bulk of them: Efron, "Large-Scale Simultaneous Hypothesis Testing: The
// Choice of a Null Hypothesis", JASA 99 (2004). Centre and scale are by median
// and MAD, which few findings do not move.
type Null struct{ Robust }

// NullOf fits the null of z-scores.
func NullOf(z []float64) Null { return Null{RobustOf(z)} }

// LogP returns the logarithm of the corrected upper p-value of a z-score.
func (n Null) LogP(z float64) float64 {
	if !(n.Scale > 0) {
		return LogUpperNormal(z)
	}
	return LogUpperNormal(n.Z(z))
}

// Tail corrects p-values in their tail by how many there are of each size: a
// model of counts is never quite right, and what is said of one in a thousand
// should hold of one in a thousand of all tests. Surprises, -log p, follow an
// exponential distribution where p-values are right; here the upper part of them
// does after a line is taken off that goes through two quantiles, both in reach
// of many tests, so that a few findings do not bend it.
type Tail struct {
	from         float64 // surprise at which the correction begins
	shift, slope float64
}

// The shares of tests at which the tail is held on to, and the fewest tests that
// the smaller share must be of.
const (
	tailFrom  = 0.02
	tailTo    = 0.002
	tailTests = 20
)

// TailOf fits the correction to the logarithms of all p-values of a run, in
// ascending order: the smallest first. Fewer than 10,000 are left as they are.
func TailOf(sorted []float64) Tail {
	n := float64(len(sorted))
	if n*tailTo < tailTests {
		return Tail{slope: 1}
	}
	at := func(share float64) float64 { return -sorted[int(share*n)] }
	near, far := at(tailFrom), at(tailTo)
	if far-near < 1e-9 {
		return Tail{slope: 1}
	}
	slope := math.Log(tailFrom/tailTo) / (far - near)
	return Tail{from: near, shift: -math.Log(tailFrom) - slope*near, slope: slope}
}

// LogP corrects the logarithm of a p-value.
func (t Tail) LogP(logP float64) float64 {
	y := -logP
	if y < t.from {
		// Below the tail the surprise goes through the origin.
		return -y * (t.shift + t.slope*t.from) / t.from
	}
	return -(t.shift + t.slope*y)
}
