package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHolm(t *testing.T) {
	for _, tt := range []struct{ p, want []float64 }{
		{nil, []float64{}},
		{[]float64{0.03}, []float64{0.03}},
		// By hand: 4 x 0.005, then no lower; 3 x 0.01, 2 x 0.03, 0.04 raised to that.
		{[]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{[]float64{0.9, 0.5, 0.6}, []float64{1, 1, 1}},
		{[]float64{0.02, 0.02}, []float64{0.04, 0.04}},
	} {
		if diff := cmp.Diff(tt.want, Holm(tt.p), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.p, diff)
		}
	}
}

func TestCanShow(t *testing.T) {
	for changed, want := range []bool{false, false, false, false, false, false, true, true} {
		if CanShow(changed) != want {
			t.Errorf("%d changed prompts: %v", changed, !want)
		}
	}
	if Fewest() != 6 {
		t.Errorf("the fewest are %d", Fewest())
	}
}

// TestHolmErrors: where nothing changed, twenty tests of the same 40 prompts call
// any change in no more than 5 of 100 comparisons, which uncorrected they do in
// far more.
func TestHolmErrors(t *testing.T) {
	const runs, tests, prompts = 2000, 20, 40
	random := rand.New(rand.NewPCG(7, 7))
	raw, corrected := 0, 0
	for range runs {
		var p []float64
		for range tests {
			more, fewer := 0, 0
			for range prompts {
				switch random.IntN(4) { // a quarter changes to either side
				case 0:
					more++
				case 1:
					fewer++
				}
			}
			if CanShow(more + fewer) {
				p = append(p, signTest(more, fewer))
			}
		}
		anyBelow := func(list []float64) int {
			for _, x := range list {
				if x < Alpha {
					return 1
				}
			}
			return 0
		}
		raw += anyBelow(p)
		corrected += anyBelow(Holm(p))
	}
	t.Logf("called by chance: %.1f %% of comparisons uncorrected, %.1f %% corrected", 100*float64(raw)/runs, 100*float64(corrected)/runs)
	room := 3 * math.Sqrt(Alpha*(1-Alpha)/runs)
	if share := float64(corrected) / runs; share > Alpha+room {
		t.Errorf("corrected: %.3f, want %.2f at most", share, Alpha)
	}
	if share := float64(raw) / runs; share < 0.2 {
		t.Errorf("uncorrected: %.3f; the test does not show what it should", share)
	}
}
