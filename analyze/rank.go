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
// and combined. It is one that is stated for its severity: a judgement, a tenth for
// each step; whatever is odd is seen in one of ten quiet weeks, what is critical in one
// of ten thousand. That is said of a case and not of one test, of which a case takes
// thousands; so of a finding with a test it is how many of them chance alone would show.
// It is a half at most, which speaks neither for a story nor against it.
func (f *Finding) Odds() float64 {
	if f.Test != nil {
		return min(0.5, max(f.Test.Expected(), math.Pow10(-MaxScore)))
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
// severest first, then by score, stories before what they tell, then by q, then what
// is found of the fewest subjects, then in the order of [SortFindings]. Scores of what
// chance shows once in two runs or more often are alike, and so are those that are
// stated for a severity; what a detector finds of half of all subjects is how things
// are here, and says less than what it finds of one.
func RankFindings(list []Finding) {
	SortFindings(list)
	common := commonness(list)
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Score, a.Score), compareBool(a.Parts == nil, b.Parts == nil),
			cmp.Compare(a.q(), b.q()), cmp.Compare(common[a.ID], common[b.ID]),
		)
	})
}

// q is the share of false findings among those that are as improbable as this one; 0 of
// what no test found.
func (f *Finding) q() float64 {
	if f.Test == nil {
		return 0
	}
	return f.Test.Q
}

// commonness says, by the id of a finding, of how many subjects its detector found
// something; of a story, that of its rarest part.
func commonness(list []Finding) map[string]int {
	subjects := map[string]map[string]bool{} // by detector
	for i := range list {
		f := &list[i]
		if subjects[f.Detector] == nil {
			subjects[f.Detector] = map[string]bool{}
		}
		subjects[f.Detector][f.Subject] = true
	}
	out := make(map[string]int, len(list))
	for i := range list {
		out[list[i].ID] = len(subjects[list[i].Detector])
	}
	for i := range list {
		f := &list[i]
		for k, part := range f.Parts {
			n, ok := out[part]
			if ok && (k == 0 || n < out[f.ID]) {
				out[f.ID] = n
			}
		}
	}
	return out
}
