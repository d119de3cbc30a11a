package compare

import "math"

// Error is how often a verdict was right on replies that people had labelled:
// how many of those that are hits it called so, and how many of the others it
// did not.
type Error struct {
	Found, Hits     int // its sensitivity is Found of Hits
	Spared, Nothits int // its specificity is Spared of Nothits
}

// Corrected returns the rate that people would have counted, where a verdict
// with a known error counted hits of so many replies: the estimate of Rogan and
// Gladen (1978, American Journal of Epidemiology 107:71) with the interval of
// Lang and Reiczigel (2014, Preventive Veterinary Medicine 113:13), which counts
// in that the error is itself known from some labelled replies only. It holds
// for replies like the labelled ones: of the same model, to prompts of the same
// kind. Of a verdict no better than chance, and of a count that such an error
// cannot make of any rate, the value is NaN and the interval all of [0, 1].
func Corrected(hits, of int, e Error) Rate {
	r := Rate{Hits: hits, Of: of, Value: math.NaN(), High: 1}
	sensitivity, specificity := float64(e.Found)/float64(e.Hits), float64(e.Spared)/float64(e.Nothits)
	if of == 0 || e.Hits == 0 || e.Nothits == 0 || sensitivity+specificity <= 1 {
		return r
	}
	// The interval is around the same estimate of adjusted counts: z²/2 hits and
	// as many misses more, one and one of each kind of labelled replies.
	n, nse, nsp := float64(of)+z*z, float64(e.Hits)+2, float64(e.Nothits)+2
	p, se, sp := (float64(hits)+z*z/2)/n, float64(e.Found+1)/nse, float64(e.Spared+1)/nsp
	youden := se + sp - 1
	if youden <= 0 {
		return r
	}
	center := (p + sp - 1) / youden
	ofSe, ofSp := se*(1-se)/nse, sp*(1-sp)/nsp
	shift := 2 * z * z * (center*ofSe - (1-center)*ofSp)
	half := z * math.Sqrt(p*(1-p)/n+center*center*ofSe+(1-center)*(1-center)*ofSp) / youden
	if center+shift+half < 0 || center+shift-half > 1 {
		return r
	}
	r.Value = clamp((float64(hits)/float64(of) + specificity - 1) / (sensitivity + specificity - 1))
	r.Low, r.High = clamp(center+shift-half), clamp(center+shift+half)
	return r
}

func clamp(share float64) float64 { return max(0, min(1, share)) }
