package statistic

import "math"

// CUSUM is the one-sided cumulative sum of Page, "Continuous inspection schemes",
// Biometrika 41 (1954): how far values stay above what is allowed, added up.
type CUSUM struct {
	// Allowed is taken off every value, in standard deviations; half of the shift
	// that is looked for.
	Allowed float64
	Sum     float64
	// Since is how many values the present sum is made of.
	Since int
}

// Add takes the next value, in standard deviations from what is expected, and
// returns the sum.
func (c *CUSUM) Add(z float64) float64 {
	if c.Sum += z - c.Allowed; c.Sum <= 0 {
		c.Sum, c.Since = 0, 0
		return 0
	}
	c.Since++
	return c.Sum
}

// LogCUSUM bounds the logarithm of the probability that a sum of n independent
// standard normal values reaches height h at some time: by Siegmund's corrected
// exponential bound, "Sequential Analysis" (1985), 2.51, times n for the n times
// at which a run can begin.
func LogCUSUM(h, allowed float64, n int) float64 {
	return math.Min(0, -2*allowed*(h+1.166)+math.Log(float64(max(n, 1))))
}

// EWMA is an exponentially weighted moving average of standardized values:
// Roberts, "Control Chart Tests Based on Geometric Moving Averages",
// Technometrics 1 (1959).
type EWMA struct {
	Weight float64 // of a new value, from 0 to 1
	value  float64
	n      int
}

// Add takes the next value and returns the average in its own standard
// deviations.
func (e *EWMA) Add(z float64) float64 {
	e.value += e.Weight * (z - e.value)
	e.n++
	variance := e.Weight / (2 - e.Weight) * (1 - math.Pow(1-e.Weight, 2*float64(e.n)))
	return e.value / math.Sqrt(variance)
}
