package detectors

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// resultsOf are results whose tests have these p-values, of so many tests each.
func resultsOf(tests int64, p ...[]float64) []*result {
	var list []*result
	for _, ps := range p {
		res := &result{tests: tests}
		for _, p := range ps {
			res.tested = append(res.tested, tested{p: p})
		}
		list = append(list, res)
	}
	return list
}

// TestJudge checks q by hand: 0.05 and 2 of 10 tests say 0.25 of a detector by itself.
func TestJudge(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		list []*result
		want [][]float64
	}{
		{"one detector is judged by itself", resultsOf(10, []float64{0.05, 0.001}), [][]float64{{0.01, 0.25}}},
		{"another with tests doubles it", resultsOf(10, []float64{0.05, 0.001}, nil), [][]float64{{0.02, 0.5}, nil}},
		{"another that finds something too does not", resultsOf(10, []float64{0.001}, []float64{0.001}), [][]float64{{0.01}, {0.01}}},
		{"nor does a weaker one, by more than it is weaker", resultsOf(10, []float64{0.001}, []float64{0.0015}), [][]float64{{0.015}, {0.015}}},
		{"an equal p is an equal q", resultsOf(10, []float64{0.01, 0.01}), [][]float64{{0.05, 0.05}}},
		{"no q is above 1", resultsOf(10, []float64{0.5}, nil, nil), [][]float64{{1}, nil, nil}},
		{"one without tests has no part", append(resultsOf(10, []float64{0.001}), &result{}), [][]float64{{0.01}, nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := judge(tt.list); err != nil {
				t.Fatal(err)
			}
			var got [][]float64
			for _, res := range tt.list {
				var qs []float64
				for _, x := range res.tested {
					qs = append(qs, x.q)
				}
				got = append(got, qs)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if judge([]*result{{tests: 1, tested: make([]tested, 2)}}) == nil {
		t.Error("more tests are judged than were made")
	}
}

// TestJudgeSteps checks q against the procedure as it is written: detectors are chosen by
// the p-values of Simes, then tests of the chosen ones at their share of the level.
func TestJudgeSteps(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const tests, level = 40, 0.2
	for range 300 {
		ps := make([][]float64, 1+random.IntN(6))
		for i := range ps {
			for range random.IntN(tests) {
				ps[i] = append(ps[i], math.Pow(random.Float64(), 3))
			}
		}
		list := resultsOf(tests, ps...)
		if err := judge(list); err != nil {
			t.Fatal(err)
		}
		for i, counted := range steps(ps, tests, level) {
			n := 0
			for _, x := range list[i].tested {
				if x.q <= level {
					n++
				}
			}
			if n != counted {
				t.Errorf("%d tests of detector %d count by their q, and %d by the steps: %v", n, i, counted, ps)
			}
		}
	}
}

// steps says how many tests of each detector count.
func steps(ps [][]float64, tests, level float64) []int {
	counted := func(list []float64, level float64) int { // Benjamini and Hochberg
		most := 0
		for _, cut := range list {
			n := 0
			for _, p := range list {
				if p <= cut {
					n++
				}
			}
			if cut <= level*float64(n)/tests {
				most = max(most, n)
			}
		}
		return most
	}
	chosen := 0
	for k := 1; k <= len(ps); k++ {
		n := 0
		for _, list := range ps {
			if counted(list, level*float64(k)/float64(len(ps))) > 0 {
				n++
			}
		}
		if n >= k {
			chosen = k
		}
	}
	out := make([]int, len(ps))
	for i, list := range ps {
		if chosen > 0 {
			out[i] = counted(list, level*float64(chosen)/float64(len(ps)))
		}
	}
	return out
}
