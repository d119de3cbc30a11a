package statistic

import "math"

// ShareChart adds up one hit or miss after the other: a hit adds Up, a miss takes
// Down off, and below 0 it never falls. How high it comes says how many of some
// calls in a row, wherever they begin, were hits: the chart of Reynolds and
// Stoumbos, "A CUSUM Chart for Monitoring a Proportion When Inspecting
// Continuously", Journal of Quality Technology 31 (1999), in whole steps, so that
// what is normal can be computed and need not be approximated.
type ShareChart struct {
	Up, Down int
	// Share of calls that are hits, and of those that follow on a hit.
	Share, Follow float64
}

// LogReach returns the logarithm of the probability that the chart comes to a
// height within so many calls. The calls are a Markov chain of hits and misses;
// what arrives at the height is taken out of it.
func (c *ShareChart) LogReach(height, calls int) float64 {
	if height <= 0 {
		return 0
	}
	if height > c.Up*calls {
		return math.Inf(-1)
	}
	first := c.Share * (1 - c.Follow) / (1 - c.Share) // hits of those that follow on a miss
	now, next := newHeights(height), newHeights(height)
	now.miss[0], now.hit[0] = 1-c.Share, c.Share
	mass, reached, last := 1.0, 0.0, 0.0
	for i := range calls {
		clear(next.miss)
		clear(next.hit)
		flow := 0.0
		for s := range height {
			hits := now.miss[s]*first + now.hit[s]*c.Follow
			next.miss[max(0, s-c.Down)] += now.miss[s] + now.hit[s] - hits
			if s+c.Up >= height {
				flow += hits
			} else {
				next.hit[s+c.Up] += hits
			}
		}
		now, next = next, now
		reached, mass = reached+flow, mass-flow
		if i*c.Up > height && math.Abs(flow-last*(1-flow/mass)) < 1e-9*flow {
			// From here on the same part of what is left arrives with every call.
			reached += mass * -math.Expm1(float64(calls-1-i)*math.Log1p(-flow/mass))
			break
		}
		last = flow
	}
	return math.Log(math.Min(reached, 1))
}

// heights are the probabilities of heights, after a miss and after a hit.
type heights struct{ miss, hit []float64 }

func newHeights(n int) heights { return heights{make([]float64, n), make([]float64, n)} }
