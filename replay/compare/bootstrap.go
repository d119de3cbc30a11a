package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// resamples is how often a bootstrap draws: the ends of an interval of 95 %
// then rest on 50 draws each (Efron and Tibshirani, An Introduction to the
// Bootstrap, section 19.3, ask for 1000 or more).
const resamples = 2000

// fewestDrawn is from how many things on a bootstrap is made: resamples of fewer
// are too alike, and of one thing all the same. With 6 pairs even the sign test
// can show a change for the first time.
const fewestDrawn = 6

// Interval is a number with an interval that holds it 95 of 100 times. Low and
// High are NaN where there is too little for one.
type Interval struct{ Value, Low, High float64 }

// Bootstrap returns a statistic of n things and its percentile interval over
// resamples of them. The statistic is given the places of the things drawn. The
// same seed gives the same interval. Of nothing all is NaN, of fewer than six
// things the interval.
func Bootstrap(n int, stat func(pick []int) float64, seed uint64) Interval {
	if n == 0 {
		return Interval{math.NaN(), math.NaN(), math.NaN()}
	}
	pick := make([]int, n)
	for i := range pick {
		pick[i] = i
	}
	out := Interval{stat(pick), math.NaN(), math.NaN()}
	if n < fewestDrawn {
		return out
	}
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	drawn := make([]float64, resamples)
	for i := range drawn {
		for j := range pick {
			pick[j] = random.IntN(n)
		}
		drawn[i] = stat(pick)
	}
	slices.Sort(drawn)
	out.Low, out.High = statistic.Quantile(drawn, 0.025), statistic.Quantile(drawn, 0.975)
	return out
}

// Numbers compares a number (tokens, latency, length, cost) of the same prompts
// on two sides.
type Numbers struct {
	Prompts int
	A, B    Interval // medians
	Change  Interval // median of the differences, B less A
	Ratio   Interval // median of B over the median of A; NaN where that is 0
	Changes int      // prompts of which the numbers differ
	P       float64  // of so uneven a split of them into more and less, were either as likely
}

// Changed reports whether there is evidence of a change, were this the only
// comparison: the sign test says so, and the interval of the differences leaves
// out 0. [Holm] corrects P for others.
func (n *Numbers) Changed() bool {
	return n.P < Alpha && (n.Change.Low > 0 || n.Change.High < 0)
}

// PairNumbers compares pairs (a, b) of numbers of the same prompt.
func PairNumbers(pairs [][2]float64, seed uint64) Numbers {
	n := len(pairs)
	a := medianOf(n, func(i int) float64 { return pairs[i][0] })
	b := medianOf(n, func(i int) float64 { return pairs[i][1] })
	change := medianOf(n, func(i int) float64 { return pairs[i][1] - pairs[i][0] })
	ratio := func(pick []int) float64 {
		if m := a(pick); m != 0 {
			return b(pick) / m
		}
		return math.NaN()
	}
	more, fewer := 0, 0
	for _, p := range pairs {
		switch {
		case p[1] > p[0]:
			more++
		case p[1] < p[0]:
			fewer++
		}
	}
	return Numbers{
		Prompts: n,
		Changes: more + fewer,
		P:       signTest(more, fewer),
		A:       Bootstrap(n, a, seed),
		B:       Bootstrap(n, b, seed),
		Change:  Bootstrap(n, change, seed),
		Ratio:   Bootstrap(n, ratio, seed),
	}
}

// medianOf returns the median of a value over the things drawn. The values are
// sorted once, and a draw only counts.
func medianOf(n int, value func(i int) float64) func(pick []int) float64 {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(value(i), value(j)) })
	rank := make([]int, n)
	for r, i := range order {
		rank[i] = r
	}
	drawn := make([]int, n)
	return func(pick []int) float64 {
		clear(drawn)
		for _, i := range pick {
			drawn[rank[i]]++
		}
		at := func(k int) float64 {
			for r, times := range drawn {
				if k -= times; k < 0 {
					return value(order[r])
				}
			}
			return math.NaN()
		}
		return (at((len(pick)-1)/2) + at(len(pick)/2)) / 2
	}
}
