package drill

// shape is a distribution given by its quantiles at the probabilities
// [shapePoints]. Values between two points are interpolated in integers, so
// that every platform draws the same.
type shape = [16]int

// shapePoints are the probabilities, in thousandths, of a shape's values.
var shapePoints = [16]int{0, 10, 50, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 990, 999, 1000}

var (
	// contextTokens are the ContextTokens of 8,819 requests of a code service:
	// Microsoft Azure, "Azure LLM inference trace 2023" (CC-BY-4.0), from Patel
	// et al., "Splitwise", ISCA 2024. A log-normal body (median 1,469) under the
	// hard limit of the service.
	contextTokens = [16]int{3, 17, 75, 147, 385, 770, 1075, 1469, 1909, 2433, 3192, 5186, 7302, 7436, 7437, 7437}

	// shortTokens are the GeneratedTokens of the same trace: code completions,
	// classifications and other short replies, with a heavy tail.
	shortTokens = [16]int{6, 6, 6, 7, 8, 9, 11, 13, 16, 20, 29, 55, 90, 249, 824, 1899}

	// chatTokens are the answer tokens of the three talkative models of
	// LLMDrift (Apache-2.0), 3,000 calls that were limited to 1,000 tokens.
	chatTokens = [16]int{1, 1, 3, 53, 89, 150, 180, 209, 236, 269, 336, 493, 675, 1000, 1000, 1000}

	// tokenMicros is the latency per answer token of the same calls, in
	// microseconds. The two last points are ours: in the data a few calls that
	// hung for minutes reach 4.6 and 30 seconds a token.
	tokenMicros = [16]int{11515, 13253, 20147, 25754, 30791, 33360, 34976, 36761, 38136, 39278, 41166, 48176, 163832, 512914, 600000, 700000}
)

// draw returns a value of the shape.
func (r *rng) draw(s *shape) int {
	u := r.below(1_000_000)
	i := 1
	for u >= shapePoints[i]*1000 {
		i++
	}
	lo, hi := shapePoints[i-1]*1000, shapePoints[i]*1000
	return s[i-1] + (s[i]-s[i-1])*(u-lo)/(hi-lo)
}

// English text has about four words in three tokens turned round: three words
// make four tokens, and a token has about four and a half bytes.
func wordsOf(tokens int) int { return max(1, tokens*3/4) }

func tokensOf(bytes int) int { return (bytes*2 + 8) / 9 }
