package statistic

import (
	"math"
	"slices"
)

// LogShift returns the logarithm of the probability that values of a lie so far
// above those of b where both are drawn from the same distribution: the test of
// Mann and Whitney, "On a Test of Whether one of Two Random Variables is
// Stochastically Larger than the Other", Annals of Mathematical Statistics 18
// (1947), in the normal approximation with ties and a correction for continuity.
// Neither list needs an order. It is 0 where one is empty or all are equal.
func LogShift(a, b []float64) float64 {
	type value struct {
		v   float64
		ofA bool
	}
	all := make([]value, 0, len(a)+len(b))
	for _, v := range a {
		all = append(all, value{v, true})
	}
	for _, v := range b {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(x, y value) int {
		switch {
		case x.v < y.v:
			return -1
		case x.v > y.v:
			return 1
		}
		return 0
	})
	n, m := float64(len(a)), float64(len(b))
	total := n + m
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j, ofA := i, 0
		for ; j < len(all) && all[j].v == all[i].v; j++ {
			if all[j].ofA {
				ofA++
			}
		}
		t := float64(j - i)
		ranks += float64(ofA) * (float64(i+j) + 1) / 2
		ties += t * (t*t - 1)
		i = j
	}
	variance := n * m / 12 * (total + 1 - ties/math.Max(total*(total-1), 1))
	if n == 0 || m == 0 || variance <= 0 {
		return 0
	}
	u := ranks - n*(n+1)/2
	return LogUpperNormal((u - n*m/2 - 0.5) / math.Sqrt(variance))
}
