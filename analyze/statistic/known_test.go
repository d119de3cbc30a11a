package statistic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// near fails where a value is not what it should be, but for rounding.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// TestCounts holds the tails against values that mpmath 1.3 computed with 60
// digits: log(betainc(k, r, 0, mu/(mu+r), regularized) - pmf/2), and for an
// infinite size log(gammainc(k, 0, mu, regularized) - pmf/2).
func TestCounts(t *testing.T) {
	for _, tt := range []struct {
		count, mean, size, want float64
	}{
		{0, 0.1, math.Inf(1), -0.602244351633563},
		{1, 0.1, math.Inf(1), -2.9973193109871},
		{3, 3, math.Inf(1), -0.766171707446904},
		{10, 3, math.Inf(1), -7.26813344226494},
		{100, 20, math.Inf(1), -84.458941174364},
		{500, 20, math.Inf(1), -1134.07759271347},
		{1000, 1000, math.Inf(1), -0.697360165720449},
		{1200, 1000, math.Inf(1), -21.5708303330774},
		{5, 50, math.Inf(1), -3.05636322949507e-16},
		{0, 2, 0.5, -0.253096183199567},
		{1, 0.05, 0.2, -3.70824780698309},
		{7, 2, 0.5, -2.62286032244958},
		{100, 2, 0.5, -24.5122356009289},
		{2000, 10, 2, -358.917759898325},
		{10, 10, 2, -0.901384655689776},
		{3, 10, 2, -0.179239890256547},
		{50000, 1000, 0.3, -18.0321945378191},
		{900, 1000, 5, -0.631361716686697},
		{30, 4, 1e6, -37.503903908618},
		{0, 0, 1, -math.Ln2},
		{1, 0, 1, math.Inf(-1)},
	} {
		got := LogUpperNegBinomial(tt.count, tt.mean, tt.size)
		if math.IsInf(tt.want, -1) {
			if got != tt.want {
				t.Errorf("a count where none can be has log p %v", got)
			}
			continue
		}
		near(t, "tail", got, tt.want, 1e-9)
	}
}

// TestNormal holds the tail against log(erfc(z/sqrt(2))/2) of mpmath.
func TestNormal(t *testing.T) {
	for _, tt := range []struct{ z, want float64 }{
		{-3, -0.00135080996474819},
		{0, -0.693147180559945},
		{1.5, -2.70594440082389},
		{5, -15.0649983939887},
		{20, -203.917155371097},
		{37, -689.030585576891},
		{100, -5005.52420869421},
		{1000, -500007.826694812},
	} {
		near(t, "log of the tail", LogUpperNormal(tt.z), tt.want, 1e-9)
		near(t, "its quantile", UpperNormalQuantile(tt.want), tt.z, 1e-8)
	}
}

// TestShift holds the test of Mann and Whitney against scipy 1.16,
// mannwhitneyu(alternative="greater", method="asymptotic").
func TestShift(t *testing.T) {
	for _, tt := range []struct {
		a, b []float64
		want float64
	}{
		{[]float64{1, 2, 3, 4, 5}, []float64{6, 7, 8, 9}, -0.005068992623560899},
		{[]float64{6, 7, 8, 9}, []float64{1, 2, 3, 4, 5}, -4.6069491020606606},
		{[]float64{1, 1, 2, 2, 3, 9}, []float64{1, 2, 2, 3, 3, 3, 4}, -0.2612783704706417},
		{[]float64{5, 5, 5}, []float64{5, 5, 5, 5}, 0},
		{[]float64{10, 12, 11, 14, 13, 15, 18}, []float64{1, 2, 12, 11, 3, 4, 5, 6, 7, 8, 9, 10}, -7.0464575064103805},
		{nil, []float64{1}, 0},
	} {
		near(t, "shift", LogShift(tt.a, tt.b), tt.want, 1e-9)
	}
}

// TestCauchy holds the combination against mpmath, and the last against its
// limit: the least p times how many there are.
func TestCauchy(t *testing.T) {
	for _, tt := range []struct {
		p    []float64
		want float64
	}{
		{[]float64{0.01, 0.5, 0.9}, -3.408120297438},
		{[]float64{1e-10, 0.3}, -22.3327037496088},
		{[]float64{0.5, 0.5}, -0.693147180559945},
		{[]float64{1e-300, 0.99, 1e-5}, math.Log(3) - 300*math.Ln10},
	} {
		var logs []float64
		for _, p := range tt.p {
			logs = append(logs, math.Log(p))
		}
		near(t, "combination", LogCauchy(logs), tt.want, 1e-9)
	}
	if got := LogCauchy(nil); got != 0 {
		t.Errorf("nothing combines to %v", got)
	}
	near(t, "two that underflow", LogCauchy([]float64{-2000, -1999}), -2000+math.Log(2)-math.Log1p(math.Exp(-1)), 1e-9)
}

// TestRobust holds the estimates against numpy.quantile,
// scipy.stats.median_abs_deviation and iqr with scale="normal".
func TestRobust(t *testing.T) {
	values := []float64{16, 1, 8, 2, 4}
	r := RobustOf(values)
	near(t, "centre", r.Centre, 4, 0)
	near(t, "scale", r.Scale, 4.447806655516806, 1e-12)
	near(t, "a quantile", Quantile([]float64{1, 2, 4, 8, 16}, 0.9), 12.8, 1e-12)
	if r := RobustOf([]float64{5, 5, 5, 5, 5, 7, 8, 9, 0}); r.Scale != iqrToSigma*2 {
		t.Errorf("the scale of values half of which are equal is %v, want that of the quartiles", r.Scale)
	}
	if r := RobustOf([]float64{5, 5, 5, 5, 5, 5, 5, 9}); r.Scale != 0 {
		t.Errorf("the scale of equal values is %v, want 0", r.Scale)
	}
	if r := RobustOf(nil); !math.IsNaN(r.Centre) || r.N != 0 {
		t.Errorf("nothing has the centre %v", r.Centre)
	}
}

// TestTailsFall checks on many counts that tails fall with the count, rise with
// the mean, and that the chances of all counts add up to one.
func TestTailsFall(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		mean, size := math.Exp(r.Float64()*8-3), math.Exp(r.Float64()*8-3)
		if r.IntN(4) == 0 {
			size = math.Inf(1)
		}
		k := float64(r.IntN(200))
		p, more, higher := LogUpperNegBinomial(k, mean, size), LogUpperNegBinomial(k+1, mean, size), LogUpperNegBinomial(k, mean*1.1, size)
		if p > 0 || more > p+1e-12 || higher < p-1e-12 {
			t.Errorf("count %v of mean %v and size %v: log p %v, of one more %v, of a higher mean %v", k, mean, size, p, more, higher)
		}
		// Mid-p of neighbours are half of both their chances apart.
		if k > mean && math.Exp(more) > math.Exp(p) {
			t.Errorf("count %v: the tail rises", k)
		}
	}
	sum := math.Inf(-1)
	for k := range 400 {
		sum = LogAdd(sum, midDifference(k, 7, 3))
	}
	near(t, "the sum of all chances", sum, 0, 1e-9)
}

// midDifference is log of the chance of k, by the mid-p of k and of k and all
// below: p(k) = 2 (tail(k) - mid(k)), where tail(k+1) = 2 mid(k) - tail(k).
func midDifference(k int, mean, size float64) float64 {
	tail := 1.0
	for i := range k {
		tail = 2*math.Exp(LogUpperNegBinomial(float64(i), mean, size)) - tail
	}
	p := 2 * (tail - math.Exp(LogUpperNegBinomial(float64(k), mean, size)))
	return math.Log(math.Max(p, 0))
}

// TestMidPIsUniform draws counts of a distribution and checks that small p-values
// are as frequent as they say.
func TestMidPIsUniform(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n = 200_000
	var at [2]int
	for range n {
		mean := math.Exp(r.Float64()*5 - 1)
		p := LogUpperPoisson(poisson(r, mean), mean)
		for i, a := range []float64{1e-1, 1e-2} {
			if p <= math.Log(a) {
				at[i]++
			}
		}
	}
	near(t, "share of p <= 0.1", float64(at[0])/n, 0.1, 0.02)
	near(t, "share of p <= 0.01", float64(at[1])/n, 0.01, 0.003)
}

// poisson draws a count by how many exponential gaps fit into the mean.
func poisson(r *rand.Rand, mean float64) float64 {
	k := -1.0
	for sum := 0.0; sum <= mean; k++ {
		sum += r.ExpFloat64()
	}
	return k
}

// TestTail draws surprises that are twice too large, and checks
// that the correction makes them right, far beyond where it was fitted too.
func TestTail(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	draw := func(n int) []float64 {
		list := make([]float64, n)
		for i := range list {
			list[i] = -2 * r.ExpFloat64()
		}
		slices.Sort(list)
		return list
	}
	tail := TailOf(draw(100_000), 100_000)
	const n = 1_000_000
	var hits int
	last := math.Inf(-1)
	for _, l := range draw(n) {
		p := tail.LogP(l)
		if p < last {
			t.Fatalf("a larger p-value becomes smaller: %v after %v", p, last)
		}
		if last = p; p <= math.Log(1e-4) {
			hits++
		}
	}
	if hits < n/10_000/2 || hits > n/10_000*3/2 {
		t.Errorf("%d of %d tests have p <= 1e-4, want about %d", hits, n, n/10_000)
	}
	few := TailOf(draw(100), 100)
	near(t, "few tests", few.LogP(-7), -7, 1e-12)
}
