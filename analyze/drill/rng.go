package drill

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
)

// stream tells apart the random streams of one seed: what is drawn from one
// never shifts what is drawn from another.
type stream uint64

const (
	streamCurve stream = iota + 1
	streamArrival
	streamPlan
	streamActor
	streamCall
	streamTalk
	streamFile
	streamScenario
	streamPassage
	streamTamper
	streamIncident
	streamEffect
)

// rng is a stream of random integers. The zero rng is not seeded. It holds
// no pointer: a rng on the stack costs nothing.
type rng struct{ pcg rand.PCG }

// newRNG returns the stream of a seed with two coordinates, for instance the
// number of a session and of a turn in it.
func newRNG(seed uint64, s stream, a, b uint64) rng {
	var r rng
	r.pcg.Seed(mix(seed^uint64(s)<<56)^mix(a), mix(a+0x9e3779b97f4a7c15)+mix(b^uint64(s)<<48))
	return r
}

// mix spreads the bits of x: the finaliser of SplitMix64, with its constants.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

func (r *rng) uint64() uint64 { return r.pcg.Uint64() }

// below returns a number in [0, n); n is positive.
func (r *rng) below(n int) int {
	hi, _ := bits.Mul64(r.pcg.Uint64(), uint64(n))
	return int(hi)
}

// between returns a number in [lo, hi].
func (r *rng) between(lo, hi int) int { return lo + r.below(hi-lo+1) }

// chance is true in perMyriad of 10,000 draws.
func (r *rng) chance(perMyriad int) bool { return r.below(10_000) < perMyriad }

// of is true in k of n draws.
func (r *rng) of(k, n uint64) bool {
	hi, _ := bits.Mul64(r.pcg.Uint64(), n)
	return hi < k
}

// zipf returns a number in [0, n) whose weight falls with its rank: the
// smaller of two draws, twice as likely at the front as on average.
func (r *rng) zipf(n int) int { return min(r.below(n), r.below(n)) }

// shuffle puts n things into a random order, by swapping two at a time.
func (r *rng) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, r.below(i+1))
	}
}

// uuid is a random UUID of version 4.
type uuid [16]byte

func (r *rng) uuid() uuid {
	var u uuid
	binary.BigEndian.PutUint64(u[:8], r.uint64())
	binary.BigEndian.PutUint64(u[8:], r.uint64())
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

func (u uuid) append(dst []byte) []byte {
	for i, b := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = appendHex(dst, b)
	}
	return dst
}

// String returns the usual form with dashes.
func (u uuid) String() string { return string(u.append(make([]byte, 0, 36))) }

func appendHex(dst []byte, b byte) []byte {
	const digits = "0123456789abcdef"
	return append(dst, digits[b>>4], digits[b&15])
}

// appendHexes appends bytes as hexadecimal digits.
func appendHexes(dst, raw []byte) []byte {
	for _, b := range raw {
		dst = appendHex(dst, b)
	}
	return dst
}

// appendLetters appends n letters and digits drawn from alphabet, whose
// length is a power of two, at most 64.
func (r *rng) appendLetters(dst []byte, alphabet string, n int) []byte {
	mask := uint64(len(alphabet) - 1)
	for n > 0 {
		w := r.uint64()
		for range min(n, 10) {
			dst = append(dst, alphabet[w&mask])
			w >>= 6
		}
		n -= 10
	}
	return dst
}

const (
	base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	hex16  = "0123456789abcdef"
)
