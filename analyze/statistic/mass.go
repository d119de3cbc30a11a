package statistic

// UnseenMass estimates how probable it is that the next value is one that was
// never seen, of values that were seen n times in all, of which once are those
// seen a single time: Good and Turing's estimate, Good, "The Population
// Frequencies of Species", Biometrika 40 (1953), with one more observation that
// is new, so that it is neither 0 nor 1 where little was seen.
func UnseenMass(n, once int64) float64 {
	return (float64(once) + 1) / (float64(n) + 2)
}
