package statistic

import "math"

// Burst is a stretch of events, from the one at From to the one at To, that came
// faster than the rest.
type Burst struct {
	From, To int
	// Gain is how much cheaper the stretch is told as a burst, in nats: the
	// logarithm of the likelihood ratio, less the cost of entering the state.
	Gain float64
}

// Bursts finds bursts by the two-state automaton of Kleinberg, "Bursty and
// Hierarchical Structure in Streams", KDD 2002: gaps between events are
// exponential, with the given mean or, in a burst, one that is ratio times
// shorter; entering a burst costs gamma times the logarithm of how many gaps there
// are. The cheapest sequence of states is found by Viterbi's algorithm. gaps[i]
// is between events i and i+1, in the unit of mean.
func Bursts(gaps []float64, mean, ratio, gamma float64) []Burst {
	n := len(gaps)
	if n == 0 || mean <= 0 || ratio <= 1 {
		return nil
	}
	enter := gamma * math.Log(float64(n)+1)
	slow, fast := 1/mean, ratio/mean
	logSlow, logFast := math.Log(slow), math.Log(fast)
	calm, burst := 0.0, enter
	fromBurst := make([]bool, n) // the cheapest way to be calm after gap i came from a burst
	fromCalm := make([]bool, n)  // the cheapest way to be in a burst came from calm
	for i, g := range gaps {
		if i > 0 {
			fromBurst[i] = burst < calm
			fromCalm[i] = calm+enter < burst
			calm, burst = math.Min(calm, burst), math.Min(burst, calm+enter)
		}
		calm += g*slow - logSlow
		burst += g*fast - logFast
	}
	in := make([]bool, n)
	inBurst := burst < calm
	for i := n - 1; i >= 0; i-- {
		in[i] = inBurst
		if inBurst {
			inBurst = !fromCalm[i]
		} else {
			inBurst = fromBurst[i]
		}
	}
	var out []Burst
	for i := 0; i < n; i++ {
		if !in[i] {
			continue
		}
		b := Burst{From: i, Gain: -enter}
		for ; i < n && in[i]; i++ {
			b.Gain += (gaps[i]*slow - logSlow) - (gaps[i]*fast - logFast)
		}
		b.To = i
		out = append(out, b)
	}
	return out
}
