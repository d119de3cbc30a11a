package content

import (
	"unicode"
	"unicode/utf8"
)

// textWord is a word of a text: letters and digits without a sign between them,
// and each ideograph by itself, for no spaces stand between those.
type textWord struct {
	span
	hash uint64 // of the word in lower case
}

// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

// textWords returns the words of a text.
func textWords(text string) []textWord {
	var words []textWord
	from, hash := -1, uint64(fnvOffset)
	end := func(at int) {
		if from >= 0 {
			words = append(words, textWord{span{from, at}, hash})
		}
		from, hash = -1, fnvOffset
	}
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		ideograph := unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
		if ideograph || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			end(i)
		}
		if ideograph || unicode.IsLetter(r) || unicode.IsDigit(r) || from >= 0 && unicode.Is(unicode.Mn, r) {
			if from < 0 {
				from = i
			}
			hash = (hash ^ uint64(unicode.ToLower(r))) * fnvPrime //nolint:gosec // a rune of a text is not negative
		}
		if ideograph {
			end(i + n)
		}
		i += n
	}
	end(len(text))
	return words
}

// AppendWordHashes appends a hash of each word of a text to dst, those of
// [SignatureOf] and [SystemOverlap]: letters and digits without a sign between
// them, in lower case.
func AppendWordHashes(dst []uint64, text []byte) []uint64 {
	within, hash := false, uint64(fnvOffset)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= utf8.RuneSelf { // the slow way, for the rest of the text from the last sign before
			from := i
			for from > 0 && (text[from-1]|0x20-'a' < 26 || text[from-1]-'0' < 10) {
				from--
			}
			for _, w := range textWords(string(text[from:])) {
				dst = append(dst, w.hash)
			}
			return dst
		}
		if c-'A' < 26 {
			c |= 0x20
		}
		if c-'a' < 26 || c-'0' < 10 {
			within, hash = true, (hash^uint64(c))*fnvPrime
		} else if within {
			dst = append(dst, hash)
			within, hash = false, fnvOffset
		}
	}
	if within {
		dst = append(dst, hash)
	}
	return dst
}

// MixHash spreads the bits of a hash, so that any of them can be used alone.
func MixHash(x uint64) uint64 { return mix(x) }

// mix spreads the bits of a hash: the finalizer of splitmix64 (Steele, Lea,
// Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// gramHashes returns a hash of each n words in a row, by the first of them, in
// one pass: a polynomial that rolls on (Karp and Rabin, "Efficient randomized
// pattern-matching algorithms", 1987).
func gramHashes(words []textWord, n int) []uint64 {
	if n <= 0 || len(words) < n {
		return nil
	}
	const base = 0x9e3779b97f4a7c15
	top, hash := uint64(1), uint64(0)
	for range n - 1 {
		top *= base
	}
	grams := make([]uint64, 0, len(words)-n+1)
	for i, w := range words {
		if i >= n {
			hash -= mix(words[i-n].hash) * top
		}
		hash = hash*base + mix(w.hash)
		if i >= n-1 {
			grams = append(grams, mix(hash))
		}
	}
	return grams
}
