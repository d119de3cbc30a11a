// Package classify says how likely a text is of a class where phrases are not
// enough: logistic regression over hashed features, with weights of one byte.
// It knows the features of each class and how to learn the weights; what is
// done with the answer, and the texts to learn from, are elsewhere.
package classify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Features are the hashes of what a text has, as often as it has it.
type Features []uint32

// Model holds the weights of one class.
type Model struct {
	Bias    float64
	Scale   float64 // what one step of a weight is worth
	Weights []int8  // by hash, as many as a power of two
}

// head is the length of what stands before the weights in a file: bias and
// scale as IEEE 754 binary64, little endian.
const head = 16

// maxWeights bounds a model.
const maxWeights = 1 << 20

var errModel = errors.New("these are no weights of a model: make them again with go run ./analyze/content/train")

// Parse reads what Append wrote.
func Parse(file []byte) (*Model, error) {
	n := len(file) - head
	if n < 2 || n > maxWeights || n&(n-1) != 0 {
		return nil, fmt.Errorf("reading %d bytes: %w", len(file), errModel)
	}
	m := &Model{
		Bias:    math.Float64frombits(binary.LittleEndian.Uint64(file)),
		Scale:   math.Float64frombits(binary.LittleEndian.Uint64(file[8:])),
		Weights: make([]int8, n),
	}
	for i, b := range file[head:] {
		m.Weights[i] = int8(b) //nolint:gosec // the same eight bits
	}
	if sum := m.Bias + 128*m.Scale; math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, fmt.Errorf("reading bias %v and scale %v: %w", m.Bias, m.Scale, errModel)
	}
	return m, nil
}

// Append appends the model as a file.
func (m *Model) Append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(m.Bias))
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(m.Scale))
	for _, w := range m.Weights {
		dst = append(dst, byte(w))
	}
	return dst
}

// Score is the probability that a text with these features is of the class.
func (m *Model) Score(features Features) float64 {
	if len(features) == 0 {
		return 0
	}
	sum, mask := 0, uint32(len(m.Weights)-1) //nolint:gosec // at most maxWeights
	for _, f := range features {
		sum += int(m.Weights[f&mask])
	}
	return sigmoid(m.Bias + m.Scale*float64(sum)/math.Sqrt(float64(len(features))))
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// The constants of FNV-1a (IETF draft-eastlake-fnv, 32 bits), which is fast on
// short texts and well spread.
const (
	hashStart = 2166136261
	hashPrime = 16777619
)

// mix adds a number to a hash, byte by byte. The last three steps of a small one
// only multiply.
func mix(h, x uint32) uint32 {
	const four = hashPrime * hashPrime % (1 << 32) * hashPrime % (1 << 32) * hashPrime % (1 << 32)
	if x < 256 {
		return (h ^ x) * four
	}
	for range 4 {
		h = (h ^ x&0xff) * hashPrime
		x >>= 8
	}
	return h
}

func hashOf(text []byte) uint32 {
	h := uint32(hashStart)
	for _, c := range text {
		h = (h ^ uint32(c)) * hashPrime
	}
	return h
}

// finish spreads a hash over its low bits (the last steps of MurmurHash3 by
// Austin Appleby, public domain), of which a model uses a few.
func finish(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x85ebca6b
	h ^= h >> 13
	h *= 0xc2b2ae35
	return h ^ h>>16
}
