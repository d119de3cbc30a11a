package content

import "slices"

// The kinds of signs that this package finds in texts of attack and refusal.
const (
	// KindRefusal is a model that does not do what it was asked: full, partial,
	// or, by the tone of its first sentences, soft.
	KindRefusal = "refusal"
	// KindGuardrail is a text that a guardrail or content filter put in the place
	// of a model's. The label names whose.
	KindGuardrail = "guardrail"
	// KindInjection is a text that gives orders to the model that reads it.
	KindInjection = "injection"
	// KindJailbreak is an attempt to make a model drop its rules.
	KindJailbreak = "jailbreak"
	// KindExtraction is an attempt to see the instructions of an application.
	KindExtraction = "extraction"
)

// Kinds lists the kinds of signs, in the order in which they are told.
func Kinds() []string {
	return []string{KindInjection, KindJailbreak, KindExtraction, KindObfuscation, KindEncoding, KindSecret, KindPersonal, KindRefusal, KindGuardrail}
}

// Flagged is the score from which on a text counts as one of a kind: in the
// published figures, and wherever yes or no is asked for.
const Flagged = 0.5

// maxScore is the most that signs add up to: no text is proof.
const maxScore = 0.99

// Score says how sure the signs make it that a text is of a kind: what remains
// when each label's best sign is doubted on its own (noisy or), at most 0.99,
// and 0 without signs. Signs of one label are not added up: to say the same
// twice does not make it more.
func Score(signs []Sign, kind string) float64 {
	type best struct {
		label string
		score float64
	}
	var labels []best
	for _, s := range signs {
		if s.Kind != kind {
			continue
		}
		if i := slices.IndexFunc(labels, func(b best) bool { return b.label == s.Label }); i < 0 {
			labels = append(labels, best{s.Label, s.Score})
		} else {
			labels[i].score = max(labels[i].score, s.Score)
		}
	}
	// The order of signs is that of the text; the product must not depend on it.
	slices.SortFunc(labels, func(a, b best) int {
		if a.label < b.label {
			return -1
		}
		return 1
	})
	doubt := 1.0
	for _, l := range labels {
		doubt *= 1 - min(l.score, 1)
	}
	return min(1-doubt, maxScore)
}
