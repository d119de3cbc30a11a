// Package statistic holds the statistics behind detectors: robust location and
// scale, tails of counts, expectations by hour of week, changes, bursts, and
// what several tests say together. It knows no case and no database: numbers in,
// numbers out, the same on every run.
//
// A probability is handed on as its natural logarithm where it can be so small
// that a float64 would be 0.
package statistic

import "math"

// LogAdd returns log(exp(a) + exp(b)).
func LogAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// logComplement returns log(1 - exp(a)) for a at most 0.
func logComplement(a float64) float64 {
	if a > -math.Ln2 {
		return math.Log(-math.Expm1(a))
	}
	return math.Log1p(-math.Exp(a))
}
