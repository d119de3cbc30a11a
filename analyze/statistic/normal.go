package statistic

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// LogUpperNormal returns the logarithm of the probability that a standard normal
// value is at least z. Beyond 30, where it would underflow in between, it is by
// the asymptotic series of Mills' ratio (Abramowitz and Stegun 26.2.12).
func LogUpperNormal(z float64) float64 {
	if z < 30 {
		return math.Log(0.5 * math.Erfc(z/math.Sqrt2))
	}
	u := 1 / (z * z)
	return -z*z/2 - math.Log(z*math.Sqrt(2*math.Pi)) + math.Log1p(u*(-1+u*(3+u*(-15+105*u))))
}

// NormalQuantile returns the z below which a standard normal value lies with
// probability p.
func NormalQuantile(p float64) float64 { return mathext.NormalQuantile(p) }

// UpperNormalQuantile returns the z that a standard normal value is at least
// with the probability whose logarithm is given.
func UpperNormalQuantile(logP float64) float64 {
	if logP > -700 {
		return -mathext.NormalQuantile(math.Exp(logP))
	}
	// Newton's method on a function that is nearly a parabola there.
	z := math.Sqrt(-2 * logP)
	for range 8 {
		z += (LogUpperNormal(z) - logP) / (z + 1/z)
	}
	return z
}

// LogUpperStudent is as [LogUpperNormal] for a value of Student's distribution
// with so many degrees of freedom, which allow for a scale that is itself
// estimated.
func LogUpperStudent(t, freedom float64) float64 {
	if t < 0 {
		return logComplement(LogUpperStudent(-t, freedom))
	}
	return math.Log(0.5 * mathext.RegIncBeta(freedom/2, 0.5, freedom/(freedom+t*t)))
}
