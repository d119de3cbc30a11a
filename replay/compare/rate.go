// Package compare says how sure a difference between replies is: rates with
// intervals, and paired comparisons of two models, or of then and now. It is
// given what verdicts found, and makes no claim of "no change": with few
// prompts nearly any change could have been missed, and the interval says how
// large a one.
package compare

import "math"

// z is the normal quantile of a two-sided interval that holds 95 of 100 times.
const z = 1.959963984540054

// Rate is a share with an interval that holds the true rate 95 of 100 times.
type Rate struct {
	Hits, Of  int     // of replies
	Value     float64 // NaN when Of is 0
	Low, High float64
}

// RateOf returns the share of hits with its Wilson score interval (Wilson 1927,
// JASA 22:209, without continuity correction). Of nothing the rate is NaN and
// the interval all of [0, 1].
func RateOf(hits, of int) Rate {
	r := Rate{Hits: hits, Of: of, Value: float64(hits) / float64(of)}
	r.Low, r.High = wilson(float64(hits), float64(of))
	return r
}

// RateOfPrompts is RateOf for several replies to each prompt, which are not
// independent: replies to one prompt are alike. The interval is that of as many
// independent replies as would make the variance seen between prompts (Korn and
// Graubard 1998, Survey Methodology 24:193), and of no more than there are
// prompts where all replies agree.
func RateOfPrompts(prompts [][]bool) Rate {
	var r Rate
	single, n := true, 0
	for _, replies := range prompts {
		for _, hit := range replies {
			r.Of++
			if hit {
				r.Hits++
			}
		}
		if len(replies) > 0 {
			n++
		}
		single = single && len(replies) <= 1
	}
	if single || r.Of == 0 {
		return RateOf(r.Hits, r.Of)
	}
	r.Value = float64(r.Hits) / float64(r.Of)
	effective := effectiveSize(prompts, r, n)
	r.Low, r.High = wilson(r.Value*effective, effective)
	return r
}

// effectiveSize estimates how many independent replies say as much. The
// variance of a ratio over n clusters is linearised (Cochran, Sampling
// Techniques, 3rd ed., section 11.3).
func effectiveSize(prompts [][]bool, r Rate, n int) float64 {
	if n < 2 || r.Hits == 0 || r.Hits == r.Of {
		return float64(n)
	}
	var sum float64
	for _, replies := range prompts {
		rest := -r.Value * float64(len(replies))
		for _, hit := range replies {
			if hit {
				rest++
			}
		}
		sum += rest * rest
	}
	variance := sum * float64(n) / float64(n-1) / float64(r.Of) / float64(r.Of)
	if variance == 0 {
		return float64(n)
	}
	return max(1, min(r.Value*(1-r.Value)/variance, float64(r.Of)))
}

// wilson returns the bounds of the Wilson score interval.
func wilson(hits, of float64) (low, high float64) {
	if of == 0 {
		return 0, 1
	}
	p := hits / of
	center := p + z*z/(2*of)
	half := z * math.Sqrt(p*(1-p)/of+z*z/(4*of*of))
	scale := 1 + z*z/of
	return max(0, (center-half)/scale), min(1, (center+half)/scale)
}
