package statistic

import "math"

// LogCauchy combines p-values, given by their logarithms, into one: the mean of
// what they are on the scale of a Cauchy variable, which is a Cauchy variable too,
// nearly so where the tests depend on each other. Liu and Xie, "Cauchy
// Combination Test", JASA 115 (2020). None combine to 1.
func LogCauchy(logP []float64) float64 {
	if len(logP) == 0 {
		return 0
	}
	least := 0.0
	for _, l := range logP {
		least = math.Min(least, l)
	}
	// A p-value is 1 / tan(p π) on that scale; terms are relative to the largest
	// so that none overflows.
	sum := 0.0
	for _, l := range logP {
		switch p := math.Exp(l); {
		case p < 1e-15:
			sum += math.Exp(least-l) / math.Pi
		case p < 1-1e-15:
			sum += math.Exp(least) / math.Tan(p*math.Pi)
		default:
			sum -= math.Exp(least) * 1e15 / math.Pi
		}
	}
	mean := sum / float64(len(logP)) // times exp(-least)
	if scaled := mean * math.Exp(-least); scaled < 1e15 {
		return math.Log(math.Atan2(1, scaled) / math.Pi)
	}
	return math.Min(0, least-math.Log(mean*math.Pi))
}
