package statistic

import (
	"math"
	"slices"
)

// Factors that make the median of absolute deviations and the distance between
// quartiles estimate the standard deviation of normal values: 1 / Φ⁻¹(3/4), and
// 1 / (2 Φ⁻¹(3/4)).
const (
	madToSigma = 1.482602218505602
	iqrToSigma = 0.741301109252801
)

// Quantile returns the quantile at p, from 0 to 1, of values in ascending order,
// between two values by the line through them; NaN of none. It is type 7 of
// Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
// Statistician 50 (1996).
func Quantile(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i >= len(sorted)-1 {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// Median returns the median of values in any order; NaN of none.
func Median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return Quantile(sorted, 0.5)
}

// Robust is where values lie and how far they scatter, as estimated by numbers
// that a few wild values do not move.
type Robust struct {
	Centre, Scale float64 // Scale is that of a standard deviation
	N             int
}

// RobustOf estimates centre and scale of values in any order: the median, and
// the median of absolute deviations from it. Where more than half of the values
// are equal the scale is by the distance between the quartiles; where that is 0
// too, the scale is 0 and says nothing.
func RobustOf(values []float64) Robust {
	sorted := slices.Sorted(slices.Values(values))
	r := Robust{Centre: Quantile(sorted, 0.5), N: len(sorted)}
	if len(sorted) == 0 {
		return r
	}
	deviations := make([]float64, len(sorted))
	for i, v := range sorted {
		deviations[i] = math.Abs(v - r.Centre)
	}
	slices.Sort(deviations)
	if r.Scale = madToSigma * Quantile(deviations, 0.5); r.Scale == 0 {
		r.Scale = iqrToSigma * (Quantile(sorted, 0.75) - Quantile(sorted, 0.25))
	}
	return r
}

// Z returns how many scales a value is above the centre.
func (r Robust) Z(value float64) float64 { return (value - r.Centre) / r.Scale }
