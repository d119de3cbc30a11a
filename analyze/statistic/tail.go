package statistic

import "math"

// LogUpperPoisson returns the logarithm of the mid-p of a count: the probability
// that a Poisson variable of the given mean is above it, and half of that it is
// equal. The half makes the p-values of counts about evenly spread, which whole
// ones are not: Lancaster, "Significance tests in discrete distributions", JASA
// 56 (1961). What is counted in units that are not
// whole, such as tokens by the tokens of a call, lies between whole counts.
func LogUpperPoisson(count, mean float64) float64 {
	switch {
	case mean <= 0 && count <= 0:
		return -math.Ln2
	case mean <= 0:
		return math.Inf(-1)
	}
	k := count
	lg, _ := math.Lgamma(k + 1)
	logPMF := k*math.Log(mean) - mean - lg
	return midP(logPMF, logTail(logPMF, k, mean, func(j float64) float64 { return mean / j }, func(j float64) float64 { return j / mean }))
}

// LogUpperNegBinomial is as [LogUpperPoisson] for a count whose variance is
// mean + mean²/size: a Poisson variable whose mean is itself drawn from a gamma
// distribution of that size. An infinite size is a Poisson variable.
func LogUpperNegBinomial(count, mean, size float64) float64 {
	if math.IsInf(size, 1) || size > 1e12*math.Max(mean, 1) || mean <= 0 {
		return LogUpperPoisson(count, mean)
	}
	k := count
	a, _ := math.Lgamma(k + size)
	b, _ := math.Lgamma(size)
	c, _ := math.Lgamma(k + 1)
	q := mean / (mean + size)
	logPMF := a - b - c - size*math.Log1p(mean/size) + k*math.Log(q)
	up := func(j float64) float64 { return (j - 1 + size) / j * q }     // from j-1 to j
	down := func(j float64) float64 { return j / ((j - 1 + size) * q) } // from j to j-1
	return midP(logPMF, logTail(logPMF, k, mean, up, down))
}

// midP returns the logarithm of a tail that begins at a value, less half of the
// value's own probability.
func midP(logPMF, logTail float64) float64 { return partP(logPMF, logTail, 0.5) }

// partP is as midP with another part than half that counts.
func partP(logPMF, logTail, part float64) float64 {
	// Of tail - (1 - part) pmf; pmf is at most tail.
	return math.Min(0, logTail+math.Log1p(-(1-part)*math.Exp(math.Min(0, logPMF-logTail))))
}

// logTail returns the logarithm of the probability of k and all above, by the
// ratios of neighbouring probabilities: upwards from k above the mean, where they
// fall, else by the sum of all below.
func logTail(logPMF, k, mean float64, up, down func(float64) float64) float64 {
	if k > mean {
		return logPMF + math.Log(series(func(i int) float64 { return up(k + float64(i)) }, math.MaxInt))
	}
	if k < 1 {
		return 0
	}
	below := logPMF + math.Log(series(func(i int) float64 { return down(k - float64(i-1)) }, int(k))-1)
	return logComplement(math.Min(below, 0))
}

// series returns 1 + r1 + r1 r2 + ... of ratios, of at most n of them, until the
// terms no longer matter.
func series(ratio func(i int) float64, n int) float64 {
	sum, term := 1.0, 1.0
	for i := 1; i <= n && i <= maxTerms; i++ {
		r := ratio(i)
		term *= r
		sum += term
		// What is left is less than a geometric series of this ratio.
		if r < 1 && term*r < sum*1e-16*(1-r) {
			break
		}
	}
	return sum
}

// maxTerms bounds a series. Means of a million at a size of one end within it.
const maxTerms = 50_000_000

// LogUpperBetaBinomial returns the logarithm of the p-value of so many hits, or
// more, in so many tries, each of which hits with a probability that is itself drawn from a
// beta distribution of the given mean; the larger the precision, a number of
// tries, the closer to it. An infinite one is a binomial variable. Of the chance
// of just so many hits the given part counts: 0.5 for a mid-p.
func LogUpperBetaBinomial(hits, tries int64, mean, precision, part float64) float64 {
	k, n := float64(hits), float64(tries)
	switch {
	case mean <= 0 && hits > 0:
		return math.Inf(-1)
	case mean <= 0 || mean >= 1 || tries <= 0:
		return -math.Ln2
	case hits > tries:
		return math.Inf(-1)
	}
	choose := logGamma(n+1) - logGamma(k+1) - logGamma(n-k+1)
	var logPMF float64
	var up, down func(float64) float64
	if math.IsInf(precision, 1) {
		logPMF = choose + k*math.Log(mean) + (n-k)*math.Log1p(-mean)
		up = func(j float64) float64 { return (n - j + 1) / j * mean / (1 - mean) }
	} else {
		a, b := mean*precision, (1-mean)*precision
		logPMF = choose + logBeta(k+a, n-k+b) - logBeta(a, b)
		up = func(j float64) float64 { return (n - j + 1) / j * (j - 1 + a) / (n - j + b) }
	}
	down = func(j float64) float64 { return 1 / up(j) }
	return partP(logPMF, logTail(logPMF, k, n*mean, up, down), part)
}

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func logBeta(a, b float64) float64 { return logGamma(a) + logGamma(b) - logGamma(a+b) }
