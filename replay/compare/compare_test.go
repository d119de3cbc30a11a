package compare

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

// TestWilson has the example of Newcombe 1998 (Statistics in Medicine 17:857,
// table I) and the ends.
func TestWilson(t *testing.T) {
	tests := []struct {
		hits, of  int
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662},
		{15, 148, 0.0624, 0.1605},
		{0, 20, 0, 0.1611},
		{1, 29, 0.0061, 0.1718},
		{20, 20, 0.8389, 1},
		{0, 0, 0, 1},
	}
	for _, test := range tests {
		r := RateOf(test.hits, test.of)
		if !near(r.Low, test.low, 5e-5) || !near(r.High, test.high, 5e-5) {
			t.Errorf("%d of %d: [%.4f, %.4f], want [%.4f, %.4f]", test.hits, test.of, r.Low, r.High, test.low, test.high)
		}
	}
	if r := RateOf(0, 0); !math.IsNaN(r.Value) {
		t.Errorf("of nothing: %v, want NaN", r.Value)
	}
}

// TestRateOfPrompts: copies of a reply say nothing new.
func TestRateOfPrompts(t *testing.T) {
	var once, often [][]bool
	for i := range 20 {
		once = append(once, []bool{i < 6})
		often = append(often, []bool{i < 6, i < 6, i < 6, i < 6})
	}
	a, b := RateOfPrompts(once), RateOfPrompts(often)
	if b.Of != 80 || b.Hits != 24 || !near(a.Low, b.Low, 0.01) || !near(a.High, b.High, 0.01) {
		t.Errorf("four copies %+v, want about the interval of one %+v", b, a)
	}
	same := RateOfPrompts([][]bool{{true, true}, {true, true}, {true, true}})
	if want := RateOf(3, 3); same.Low != want.Low {
		t.Errorf("three prompts that agree: %v, want the interval of three", same)
	}
}

func TestSignTest(t *testing.T) {
	tests := []struct {
		a, b int
		p    float64
	}{
		{0, 0, 1},
		{5, 5, 1},
		{1, 8, 20.0 / 512},
		{8, 1, 20.0 / 512},
		{0, 5, 2.0 / 32},
		{0, 6, 2.0 / 64},
		{0, 1, 1},
	}
	for _, test := range tests {
		if p := signTest(test.a, test.b); !near(p, test.p, 1e-12) {
			t.Errorf("%d against %d: %v, want %v", test.a, test.b, p, test.p)
		}
	}
	if p := signTest(400, 5000); p < 0 || p > 1e-300 {
		t.Errorf("400 against 5000: %v", p)
	}
}

// cellsOf are prompts with one reply on each side.
func promptsOf(both, onlyA, onlyB, neither int) []Prompt {
	var out []Prompt
	add := func(n int, a, b bool) {
		for range n {
			out = append(out, Prompt{ID: fmt.Sprint(len(out)), A: []bool{a}, B: []bool{b}})
		}
	}
	add(both, true, true)
	add(onlyA, true, false)
	add(onlyB, false, true)
	add(neither, false, false)
	return out
}

func TestPair(t *testing.T) {
	p := Pair(append(promptsOf(36, 12, 2, 0), Prompt{ID: "alone", A: []bool{true}}), 1)
	if p.Prompts != 50 || p.Unpaired != 1 || len(p.Fewer) != 12 || len(p.More) != 2 {
		t.Fatalf("%+v", p)
	}
	if !near(p.Difference, -0.2, 1e-12) || !p.Changed() {
		t.Errorf("difference %v with p %v, want -0.2 and a change", p.Difference, p.P)
	}
	if !near(p.Low, -0.3404, 5e-5) || !near(p.High, -0.0569, 5e-5) { // the numbers of Newcombe's table III
		t.Errorf("interval [%v, %v], want [-0.3404, -0.0569]", p.Low, p.High)
	}
	few := Pair(promptsOf(3, 1, 0, 0), 1)
	if few.Changed() || few.Low > -0.5 {
		t.Errorf("one of four changed: %+v; want no evidence, and an interval that says how much may be missed", few)
	}
	none := Pair(nil, 1)
	if none.P != 1 || none.Low != -1 || none.High != 1 || !math.IsNaN(none.Difference) {
		t.Errorf("of nothing: %+v", none)
	}
}

// TestCoverage draws many small experiments with a known difference, and counts
// how often the interval holds it and the test claims a change that is none.
func TestCoverage(t *testing.T) {
	const runs = 4000
	random := rand.New(rand.NewPCG(7, 7))
	for _, test := range []struct{ both, onlyA, onlyB float64 }{{0.3, 0.1, 0.1}, {0.5, 0.25, 0.05}, {0.02, 0.03, 0.03}, {0.9, 0.05, 0.02}} {
		held, claimed := 0, 0
		for range runs {
			var n [4]int
			for range 40 {
				u := random.Float64()
				switch {
				case u < test.both:
					n[0]++
				case u < test.both+test.onlyA:
					n[1]++
				case u < test.both+test.onlyA+test.onlyB:
					n[2]++
				default:
					n[3]++
				}
			}
			p := Pair(promptsOf(n[0], n[1], n[2], n[3]), 1)
			if d := test.onlyB - test.onlyA; p.Low <= d && d <= p.High {
				held++
			}
			if p.Changed() {
				claimed++
			}
		}
		if share := float64(held) / runs; share < 0.94 {
			t.Errorf("%+v: the interval holds the difference in %.3f, want 0.95", test, share)
		}
		if share := float64(claimed) / runs; test.onlyA == test.onlyB && share > Alpha {
			t.Errorf("%+v: a change is claimed in %.3f where there is none, want at most %v", test, share, Alpha)
		}
	}
}

func TestPairSamples(t *testing.T) {
	var prompts []Prompt
	for i := range 30 {
		prompts = append(prompts, Prompt{ID: fmt.Sprint(i), A: []bool{true, true, i%3 == 0}, B: []bool{false, i%2 == 0, i%3 == 0}})
	}
	p, again := Pair(prompts, 5), Pair(prompts, 5)
	if p.Low != again.Low || p.High != again.High {
		t.Error("the same seed gives another interval")
	}
	if !p.Changed() || p.High >= 0 || p.Low > p.Difference || p.High < p.Difference {
		t.Errorf("%+v", p)
	}
}

// TestFewPrompts: with several samples of few prompts nothing is evidence.
func TestFewPrompts(t *testing.T) {
	few := Pair([]Prompt{{ID: "a", A: []bool{true, true}, B: []bool{false, false}}}, 1)
	if few.Changed() || few.Low != -1 || few.High != 1 {
		t.Errorf("%+v; want no evidence, and nothing left out", few)
	}
}

func TestPairNumbers(t *testing.T) {
	var pairs [][2]float64
	for i := range 101 {
		pairs = append(pairs, [2]float64{float64(100 + i), float64(50 + i)})
	}
	n := PairNumbers(pairs, 1)
	if n.A.Value != 150 || n.B.Value != 100 || n.Change.Value != -50 || n.Change.Low != -50 || !n.Changed() {
		t.Errorf("%+v", n)
	}
	one := PairNumbers([][2]float64{{157, 17}}, 1)
	if one.Changed() || one.Change.Value != -140 || !math.IsNaN(one.Change.Low) {
		t.Errorf("one prompt: %+v; want the difference, and neither an interval nor evidence", one)
	}
	if none := PairNumbers(nil, 1); none.Changed() || !math.IsNaN(none.A.Value) {
		t.Errorf("of nothing: %+v", none)
	}
	if zero := PairNumbers([][2]float64{{0, 1}, {0, 2}}, 1); !math.IsNaN(zero.Ratio.Value) {
		t.Errorf("over nothing: %+v", zero.Ratio)
	}
}
