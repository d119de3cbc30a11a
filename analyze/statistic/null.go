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

// Tail corrects p-values in their tail by how many there are of each size: no
// model fits every traffic, and what is said of one in a thousand should hold of
// one in a thousand of all tests. Surprises, -log p, follow an exponential
// distribution where p-values are right; here the upper part of them does after a
// line is taken off that goes through two quantiles, both in reach of many tests,
// so that a few findings do not bend it.
type Tail struct {
	from         float64 // surprise at which the correction begins
	shift, slope float64
}

// The shares of tests at which the tail is held on to, the fewest tests that the
// smaller share must be of, and how many times too many must be that small before
// anything is corrected: what was found makes some of them.
const (
	tailFrom  = 0.02
	tailTo    = 0.002
	tailTests = 20
	tailWrong = 2.5
)

// TailOf fits the correction to the logarithms of the p-values of a run, in
// ascending order, the smallest first: at least the smallest half of them, and
// how many there are. Fewer than 10,000 are left as they are, and so are those
// that are about right.
func TailOf(sorted []float64, tests int64) Tail {
	n := float64(tests)
	last := int(n * tailTo * tailWrong)
	if n*tailTo < tailTests || last >= len(sorted) || sorted[last] > math.Log(tailTo) || int(n*tailFrom) >= len(sorted) {
		return Tail{slope: 1}
	}
	at := func(share float64) float64 { return -sorted[int(share*n)] }
	near, far := at(tailFrom), at(tailTo)
	slope := math.Log(tailFrom/tailTo) / math.Max(far-near, 1e-9)
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
