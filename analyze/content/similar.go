package content

import "math"

// Signature is a sketch of a text by which near-duplicates are found without the
// text: for each of 128 orders of all shingles, the first that the text has
// (Broder, "On the resemblance and containment of documents", 1997). A shingle
// is three words in a row, without case and punctuation. That of a text without
// words is zero.
type Signature [signatureSize]uint32

const (
	signatureSize = 128
	shingleWords  = 3
)

// SignatureOf returns the signature of a text. It is the same in every run and
// version, so that signatures can be kept.
func SignatureOf(text string) Signature {
	var s Signature
	words := textWords(text)
	if len(words) == 0 {
		return s
	}
	for i := range s {
		s[i] = math.MaxUint32
	}
	seed := hashOrders()
	for _, gram := range gramHashes(words, min(shingleWords, len(words))) {
		for i := range s {
			if h := uint32((gram*seed[i].times + seed[i].plus) >> 32); h < s[i] { //nolint:gosec // the upper half
				s[i] = h
			}
		}
	}
	return s
}

// order is a multiply-shift hash (Dietzfelbinger et al., "A reliable randomized
// algorithm for the closest-pair problem", 1997): it puts shingles in an order
// of its own.
type order struct{ times, plus uint64 }

// hashOrders makes the orders from the first numbers of splitmix64 with seed 0.
func hashOrders() *[signatureSize]order {
	var all [signatureSize]order
	state := uint64(0)
	next := func() uint64 {
		state += 0x9e3779b97f4a7c15
		return mix(state)
	}
	for i := range all {
		all[i] = order{next() | 1, next()}
	}
	return &all
}

// Similarity estimates the share of shingles that two texts have in common of
// all that either has (Jaccard's index), 0 to 1, with a standard error of at
// most 0.045. A text without words is like none.
func Similarity(a, b Signature) float64 {
	if a == (Signature{}) || b == (Signature{}) {
		return 0
	}
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	return float64(same) / signatureSize
}

// Clusters returns the groups of texts of which each is at least as similar as a
// threshold to another of its group, by their places in the list: groups of two
// or more, in order of their first, each in order. Pairs are looked for by
// banding (Leskovec, Rajaraman, Ullman, "Mining of massive datasets", section
// 3.4) with as many rows to a band as find a pair at the threshold in 99 of 100
// cases or more.
func Clusters(list []Signature, threshold float64) [][]int {
	sets := newDisjoint(len(list))
	rows := bandRows(threshold)
	for band := 0; band < signatureSize; band += rows {
		buckets := map[uint64][]int{} // by the hash of the band: one of each group so far
		for i := range list {
			if list[i] == (Signature{}) {
				continue
			}
			key := uint64(fnvOffset)
			for _, v := range list[i][band : band+rows] {
				key = mix(key ^ uint64(v))
			}
			buckets[key] = join(list, sets, buckets[key], i, threshold)
		}
	}
	return sets.groups()
}

// maxHeads bounds how many groups of one bucket a text is compared with.
const maxHeads = 16

// join puts a text into the group of the first of some that it is similar to,
// and returns them with it if it is similar to none.
func join(list []Signature, sets disjoint, heads []int, i int, threshold float64) []int {
	for _, h := range heads {
		if sets.find(h) == sets.find(i) {
			return heads
		}
		if Similarity(list[h], list[i]) >= threshold {
			sets.union(h, i)
			return heads
		}
	}
	if len(heads) < maxHeads {
		heads = append(heads, i)
	}
	return heads
}

// bandRows returns the most rows to a band with which a pair at the threshold
// falls into the same bucket of some band in 99 of 100 cases.
func bandRows(threshold float64) int {
	for rows := 16; rows > 1; rows /= 2 {
		if 1-math.Pow(1-math.Pow(threshold, float64(rows)), float64(signatureSize/rows)) >= 0.99 {
			return rows
		}
	}
	return 1
}

// disjoint is a set of disjoint sets, the head of each its smallest member.
type disjoint []int

func newDisjoint(n int) disjoint {
	d := make(disjoint, n)
	for i := range d {
		d[i] = i
	}
	return d
}

func (d disjoint) find(i int) int {
	for d[i] != i {
		d[i] = d[d[i]]
		i = d[i]
	}
	return i
}

func (d disjoint) union(a, b int) {
	a, b = d.find(a), d.find(b)
	d[max(a, b)] = min(a, b)
}

// groups returns the sets of two or more.
func (d disjoint) groups() [][]int {
	members := make([][]int, len(d))
	for i := range d {
		head := d.find(i)
		members[head] = append(members[head], i)
	}
	var groups [][]int
	for _, m := range members {
		if len(m) > 1 {
			groups = append(groups, m)
		}
	}
	return groups
}
