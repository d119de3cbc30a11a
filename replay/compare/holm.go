package compare

import (
	"cmp"
	"slices"
)

// Holm corrects the probabilities of several tests for their number: the
// probability that any of them is below [Alpha] by chance is no higher than that,
// however the tests depend on each other (Holm 1979, Scandinavian Journal of
// Statistics 6:65, as adjusted probabilities). It returns them in the order in
// which they were given, none lower than it was.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	out := make([]float64, len(p))
	highest := 0.0
	for rank, i := range order {
		highest = max(highest, min(1, p[i]*float64(len(p)-rank)))
		out[i] = highest
	}
	return out
}

// CanShow reports whether so many prompts that changed could be evidence of a
// change at all, were all of them to change to the same side. What could not
// needs no place among the tests that [Holm] corrects for: how many changed says
// nothing of to which side (Tarone 1990, Biometrics 46:515).
func CanShow(changed int) bool { return signTest(0, changed) < Alpha }

// Fewest returns the fewest prompts that [CanShow] a change: 6.
func Fewest() int {
	n := 1
	for !CanShow(n) {
		n++
	}
	return n
}
