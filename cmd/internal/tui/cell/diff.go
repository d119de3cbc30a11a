package cell

import (
	"unicode"
	"unicode/utf8"
)

const (
	// maxDiffTokens is how many tokens of each text are compared, some 250 kB
	// of prose. What follows them is compared as a whole.
	maxDiffTokens = 50_000
	// maxEdits is how many tokens may be added and removed between two places
	// before a stretch is taken apart at the words that occur once, and after
	// that counts as replaced. With maxDiffTokens it bounds the work.
	maxEdits = 400
)

// Change is a piece of two texts that were compared: Plain when both have it,
// else Removed (only the first has it) or Added (only the second).
type Change struct {
	Kind Kind
	Text string
}

// WordDiff compares a and b word by word: what is Plain and Removed makes a, in
// order, what is Plain and Added makes b. No two changes in a row are of one
// kind, and what is removed stands before what is added in its place. It reads
// all of a and b, so it is no work for a frame.
//
// The shortest edit is found as in E. Myers, "An O(ND) Difference Algorithm and
// Its Variations", Algorithmica 1 (1986); where it is long, the texts are first
// cut at the words that each has once (B. Cohen's patience diff).
func WordDiff(a, b string) []Change {
	wordsA, restA := words(a)
	wordsB, restB := words(b)
	d := differ{}
	d.a, d.b = number(wordsA, wordsB)
	d.compare(span{0, len(wordsA), 0, len(wordsB)}, true)

	w := changeWriter{a: a, b: b}
	i, j := 0, 0
	for _, m := range d.matches {
		w.changed(size(wordsA[i:m.a]), size(wordsB[j:m.b]))
		w.same(size(wordsA[m.a : m.a+m.n]))
		i, j = m.a+m.n, m.b+m.n
	}
	w.changed(size(wordsA[i:]), size(wordsB[j:]))
	if restA == restB {
		w.same(len(restA))
	} else {
		w.changed(len(restA), len(restB))
	}
	w.flush()
	return w.list
}

// words cuts s into words, runs of spaces, and single other characters, and
// what is left after maxDiffTokens of them. Scripts without spaces between
// words are cut into characters.
func words(s string) (list []string, rest string) {
	for s != "" && len(list) < maxDiffTokens {
		n := tokenLength(s)
		list = append(list, s[:n])
		s = s[n:]
	}
	return list, s
}

func size(words []string) int {
	n := 0
	for _, w := range words {
		n += len(w)
	}
	return n
}

func tokenLength(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	same := func(rune) bool { return false }
	switch {
	case first == ' ' || first == '\t':
		same = func(r rune) bool { return r == first }
	case isWordRune(first):
		same = isWordRune
	}
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !same(r) && !unicode.Is(unicode.M, r) {
			break
		}
		n += size
	}
	return n
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r == '_' || r >= '0' && r <= '9' || asciiDirection(byte(r)) == leftToRight
	}
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) &&
		!unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// number gives equal tokens equal numbers.
func number(a, b []string) (numbersA, numbersB []int32) {
	known := map[string]int32{}
	of := func(tokens []string) []int32 {
		numbers := make([]int32, len(tokens))
		for i, token := range tokens {
			n, ok := known[token]
			if !ok {
				n = int32(len(known))
				known[token] = n
			}
			numbers[i] = n
		}
		return numbers
	}
	return of(a), of(b)
}

// changeWriter gathers what is told of two texts, in order and in bytes, into
// changes as long as possible.
type changeWriter struct {
	a, b                  string
	plain, removed, added int // what is not in list yet
	list                  []Change
}

func (w *changeWriter) same(n int) {
	if n == 0 {
		return
	}
	if w.removed+w.added > 0 {
		w.flush()
	}
	w.plain += n
}

func (w *changeWriter) changed(removed, added int) {
	if removed+added == 0 {
		return
	}
	if w.plain > 0 {
		w.flush()
	}
	w.removed += removed
	w.added += added
}

func (w *changeWriter) flush() {
	add := func(kind Kind, text string) {
		if text != "" {
			w.list = append(w.list, Change{Kind: kind, Text: text})
		}
	}
	add(Plain, w.a[:w.plain])
	add(Removed, w.a[:w.removed])
	add(Added, w.b[:w.added])
	w.a, w.b = w.a[w.plain+w.removed:], w.b[w.plain+w.added:]
	w.plain, w.removed, w.added = 0, 0, 0
}
