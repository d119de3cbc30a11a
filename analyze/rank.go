package analyze

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// MaxScore caps scores. What is rarer than 1e-15 is not told apart: no model of
// normal traffic is right that far out.
const MaxScore = 15

// ScoreOf is the score of something that is seen with probability p where
// nothing happened, in hundredths, so that it is the same on every machine.
func ScoreOf(p float64) float64 {
	if !(p > 0) {
		return MaxScore
	}
	return math.Round(100*min(MaxScore, max(0, -math.Log10(p)))) / 100
}

// Odds is the probability that stands for a finding where findings are ranked
// and combined: that of its test, else one that is stated for its severity. The
// stated ones are a judgement, a tenth for each step: whatever is odd is seen in
// one of ten quiet weeks, what is critical in one of ten thousand.
func (f *Finding) Odds() float64 {
	if f.Test != nil {
		return min(1, max(f.Test.P, math.Pow10(-MaxScore)))
	}
	switch f.Severity {
	case SeverityLow:
		return 1e-1
	case SeverityMedium:
		return 1e-2
	case SeverityHigh:
		return 1e-3
	case SeverityCritical:
		return 1e-4
	}
	return 1
}

// Family is the part of a detector's id before the dot, which detectors of the
// same kind share.
func Family(detector string) string {
	family, _, _ := strings.Cut(detector, ".")
	return family
}

// FamilyRule is the family of findings of rules.
const FamilyRule = "sigma"

// RankFindings puts findings in the order in which to look at them: the
// severest first, then by score, stories before what they tell, then in the
// order of [SortFindings].
func RankFindings(list []Finding) {
	SortFindings(list)
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Score, a.Score), compareBool(a.Parts == nil, b.Parts == nil))
	})
}
