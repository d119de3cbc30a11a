package classify

import (
	"math"
	"slices"
)

// Example is one text to learn from.
type Example struct {
	Features Features
	Is       bool    // of the class
	Weight   float64 // how much it counts, 1 for most
}

// Options say how to learn.
type Options struct {
	Bits       int     // of a hash that are used: 1<<Bits weights
	Ridge      float64 // how much large weights cost, per example
	Iterations int
}

// Learn finds the weights that explain the examples best: logistic regression
// with a penalty on the squares of the weights, by gradient descent with
// Nesterov's momentum (Soviet Math. Dokl. 27 (1983) 372-376) from zero, over
// all examples in their order. The same examples give the same weights: the
// conversions to float64 keep a compiler from fusing operations, whose last bit
// then differs between processors.
func Learn(examples []Example, o Options) *Model {
	l := newLearner(examples, o)
	for i := range o.Iterations {
		l.step(float64(i) / float64(i+3))
	}
	return l.quantised()
}

type learner struct {
	examples       []Example
	ridge, rate    float64
	mask           uint32
	weights, ahead []float64 // the last is the bias; ahead is where momentum leads
	slope          []float64
}

func newLearner(examples []Example, o Options) *learner {
	n := 1<<o.Bits + 1
	total, longest := 0.0, 0.0
	for i := range examples {
		total += examples[i].Weight
		longest = max(longest, square(examples[i].Features))
	}
	total = max(total, 1) // of nothing, nothing is learned
	// The curvature is at most a quarter of the squared lengths of the texts, of
	// their bias, which is 1, and the ridge.
	l := &learner{examples: examples, ridge: o.Ridge * total, mask: uint32(n - 2)} //nolint:gosec // few bits
	l.rate = 1 / (float64(total*(longest+1)/4) + l.ridge)
	l.weights, l.ahead, l.slope = make([]float64, n), make([]float64, n), make([]float64, n)
	return l
}

// square is the squared length of a text as a vector: 1 if it has each feature
// once.
func square(features Features) float64 {
	sorted := slices.Clone(features)
	slices.Sort(sorted)
	sum := 0
	for i := 0; i < len(sorted); {
		n := 1
		for i+n < len(sorted) && sorted[i+n] == sorted[i] {
			n++
		}
		sum += n * n
		i += n
	}
	return float64(sum) / float64(max(len(sorted), 1))
}

// step goes down the slope at where momentum leads.
func (l *learner) step(momentum float64) {
	bias := len(l.ahead) - 1
	for i, w := range l.ahead {
		l.slope[i] = float64(l.ridge * w)
	}
	l.slope[bias] = 0
	for i := range l.examples {
		e := &l.examples[i]
		if len(e.Features) == 0 {
			continue
		}
		length := 1 / math.Sqrt(float64(len(e.Features)))
		sum := 0.0
		for _, f := range e.Features {
			sum += l.ahead[f&l.mask]
		}
		wrong := sigmoid(float64(sum*length) + l.ahead[bias])
		if e.Is {
			wrong--
		}
		wrong *= e.Weight
		each := float64(wrong * length)
		for _, f := range e.Features {
			l.slope[f&l.mask] += each
		}
		l.slope[bias] += wrong
	}
	for i := range l.weights {
		next := l.ahead[i] - float64(l.rate*l.slope[i])
		l.ahead[i] = next + float64(momentum*(next-l.weights[i]))
		l.weights[i] = next
	}
}

// quantised rounds the weights to a byte each.
func (l *learner) quantised() *Model {
	bias := len(l.weights) - 1
	largest := 0.0
	for _, w := range l.weights[:bias] {
		largest = max(largest, math.Abs(w))
	}
	m := &Model{Bias: l.weights[bias], Scale: largest / 127, Weights: make([]int8, bias)}
	if largest == 0 {
		return m
	}
	for i, w := range l.weights[:bias] {
		m.Weights[i] = int8(math.RoundToEven(w / largest * 127))
	}
	return m
}
