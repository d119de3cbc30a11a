package indicator

import "bytes"

// phraseIndex knows values that begin and end at the ends of words. It is a
// trie of words with what stands before each, its edges known by a 64-bit hash;
// what a node ends is compared byte by byte. A million values of twenty bytes
// would make an automaton over bytes of hundreds of megabytes.
type phraseIndex struct {
	edges map[uint64]int32 // from a node and a word to a node
	ends  [][]phrase       // by node: the values that end there
	roots []uint64         // hashes of the edges from the root
	first []uint64         // a bit for each of them
	mask  uint64
	words int // of the longest value
}

// phrase is a value in lower case that a node ends.
type phrase struct {
	term  int32
	value []byte
	lead  int // bytes before its first word
	rule  phraseRule
}

// phraseRule says what may stand around a value.
type phraseRule struct {
	// whole is set where a dot, + or % before it makes it part of a longer one:
	// in b.eve@example.com is no eve@example.com, but in mail.example.com is
	// example.com.
	whole bool
}

func ruleOf(t Type) phraseRule { return phraseRule{whole: t == Email} }

// maxGap bounds the bytes between two words of a value. Longer ones are found
// by their last part only.
const maxGap = 64

func newPhraseIndex() *phraseIndex {
	return &phraseIndex{edges: map[uint64]int32{}, ends: make([][]phrase, 1)}
}

// The constants of FNV-1a with 64 bits (RFC 9923).
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashBytes(h uint64, s []byte) uint64 {
	for _, c := range s {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// edge is the hash of the way from a node over a gap and a word.
func edge(node int32, gap, word []byte) uint64 {
	h := (uint64(fnvOffset) ^ uint64(uint32(node))) * fnvPrime //nolint:gosec // only the bits matter
	return hashBytes((hashBytes(h, gap)^0xff)*fnvPrime, word)
}

// add adds a value in lower case that has a letter or digit.
func (x *phraseIndex) add(term int32, value []byte, rule phraseRule) {
	lead := 0
	for lead < len(value) && !isWord(value[lead]) {
		lead++
	}
	node, words := int32(0), 0
	for at, gap := lead, lead; at < len(value); {
		end := at
		for end < len(value) && isWord(value[end]) {
			end++
		}
		if end == at { // only a gap is left
			break
		}
		h := edge(node, value[gap:at], value[at:end])
		next, ok := x.edges[h]
		if !ok {
			next = int32(len(x.ends)) //nolint:gosec // nodes are bounded by the bytes of a list
			x.edges[h] = next
			x.ends = append(x.ends, nil)
			if node == 0 {
				x.roots = append(x.roots, h)
			}
		}
		node, words = next, words+1
		gap, at = end, end
		for at < len(value) && !isWord(value[at]) {
			at++
		}
		if at-gap > maxGap {
			break
		}
	}
	x.words = max(x.words, words)
	x.ends[node] = append(x.ends[node], phrase{term, value, lead, rule})
}

// finish makes the index ready: the bits of first words tell most words of a
// text from those that no value begins with.
func (x *phraseIndex) finish() {
	size := uint64(1 << 12)
	for size < uint64(16*len(x.roots)) {
		size *= 2
	}
	x.first, x.mask = make([]uint64, size/64), size-1
	for _, h := range x.roots {
		x.first[(h&x.mask)/64] |= 1 << (h & 63)
	}
}

func (x *phraseIndex) empty() bool { return len(x.edges) == 0 }

// find calls found for each term in a text in lower case.
func (x *phraseIndex) find(s []byte, found func(int32)) {
	root := edge(0, nil, nil)
	for i := 0; i < len(s); {
		if !isWord(s[i]) {
			i++
			continue
		}
		start, h := i, root
		for i < len(s) && isWord(s[i]) {
			h = (h ^ uint64(s[i])) * fnvPrime
			i++
		}
		if x.first[(h&x.mask)/64]&(1<<(h&63)) == 0 {
			continue
		}
		if node, ok := x.edges[h]; ok {
			x.walk(s, start, i, node, found)
		}
	}
}

// walk follows the words after the first, which ends at end and led to node.
func (x *phraseIndex) walk(s []byte, start, end int, node int32, found func(int32)) {
	for range x.words {
		for i := range x.ends[node] {
			x.ends[node][i].check(s, start, found)
		}
		word := end
		for word < len(s) && !isWord(s[word]) && word-end <= maxGap {
			word++
		}
		next := word
		for next < len(s) && isWord(s[next]) && next-word <= maxValue {
			next++
		}
		if next == word {
			return
		}
		var ok bool
		if node, ok = x.edges[edge(node, s[end:word], s[word:next])]; !ok {
			return
		}
		end = next
	}
}

// check compares a value with the text whose first word begins at start, and
// looks at what stands around it.
func (p *phrase) check(s []byte, start int, found func(int32)) {
	from := start - p.lead
	if from < 0 || !bytes.HasPrefix(s[from:], p.value) {
		return
	}
	if from > 0 && isWord(p.value[0]) && !p.mayFollow(s[from-1]) {
		return
	}
	end := from + len(p.value)
	last := isWord(p.value[len(p.value)-1])
	switch {
	case !last || end == len(s):
	case isWord(s[end]):
		return
	case s[end] == '.' && end+1 < len(s) && isWord(s[end+1]):
		return
	}
	found(p.term)
}

// mayFollow reports whether the value may stand behind a byte.
func (p *phrase) mayFollow(c byte) bool {
	switch {
	case isWord(c):
		return false
	case p.rule.whole:
		return c != '.' && c != '+' && c != '%'
	}
	return true
}
