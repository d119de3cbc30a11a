package classify

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// MaxTail is how much of the end of a text is read, in bytes. The suffixes that
// greedy coordinate gradient search finds (Zou et al., "Universal and
// Transferable Adversarial Attacks on Aligned Language Models",
// arXiv:2307.15043) are of 20 tokens by default, about 100 bytes.
const MaxTail = 128

// minTail is how long the last line of a text must be: less is too little to
// tell, and code has short lines.
const minTail = 96

// TailReader makes the features of the ends of texts. It must not be used by
// two goroutines at once.
type TailReader struct {
	marks []byte
	seen  [seenSize]uint16 // by hash: which feature of the text has it, from 1 on
}

// seenSize is a power of two, and twice as many as an end has features: three for
// each of its bytes and those of variety.
const seenSize = 1024

// Features appends the features of the end of a text as it was written: the
// runs of two, three and four kinds of characters, where letters of one case
// are of one kind, as are digits, and all that is not ASCII; every other
// character is its own. No word is told from another: what a suffix asks for
// changes, how it looks does not. Each feature counts once.
func (r *TailReader) Features(dst Features, text []byte) Features {
	from := len(dst)
	text = bytes.TrimRight(text, " \t\r\n")
	text = text[max(0, len(text)-MaxTail):]
	text = text[bytes.LastIndexByte(text, '\n')+1:]
	if len(text) < minTail || isBinary(text) {
		return dst
	}
	r.read(text)
	for i := range r.marks {
		h := uint32(hashStart)
		for n, c := range r.marks[i:min(i+4, len(r.marks))] {
			h = (h ^ uint32(c)) * hashPrime
			if n > 0 {
				dst = append(dst, finish(h))
			}
		}
	}
	dst = r.variety(dst)
	return dst[:from+r.once(dst[from:])]
}

// once leaves each feature once, where it stands first, and returns how many those
// are.
func (r *TailReader) once(features Features) int {
	clear(r.seen[:])
	kept := features[:0]
	for _, f := range features {
		at := f % seenSize
		for r.seen[at] > 0 && kept[r.seen[at]-1] != f {
			at = (at + 1) % seenSize
		}
		if r.seen[at] == 0 {
			kept = append(kept, f)
			r.seen[at] = uint16(len(kept)) //nolint:gosec // some hundred
		}
	}
	return len(kept)
}

// isBinary reports whether a text is none: it has control characters, or is no
// UTF-8, but for a character that is cut at its beginning.
func isBinary(text []byte) bool {
	for range utf8.UTFMax - 1 {
		if len(text) > 0 && !utf8.RuneStart(text[0]) {
			text = text[1:]
		}
	}
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && c != '\t' || c == 0x7f {
				return true
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) {
			return true
		}
		i += n
	}
	return false
}

// variety appends, in steps, counts of the different kinds of characters and of the
// places where letters meet what is neither a letter nor a space: code uses few
// characters often, a suffix many once.
func (r *TailReader) variety(dst Features) Features {
	var seen [256]bool
	kinds, meet := uint32(0), uint32(0)
	last := byte(' ')
	for _, c := range r.marks {
		if c == '+' {
			continue
		}
		if !seen[c] {
			seen[c] = true
			kinds++
		}
		if isLetter(c) != isLetter(last) && c != ' ' && last != ' ' {
			meet++
		}
		last = c
	}
	return append(dst, finish(mix(mix(hashStart, 'K'), kinds/2)), finish(mix(mix(hashStart, 'M'), meet/4)), finish(mix(mix(mix(hashStart, 'V'), kinds/3), meet/6)))
}

func isLetter(kind byte) bool { return kind == 'a' || kind == 'A' || kind == 0x80 }

// read turns characters into kinds, runs of letters into their length, short or
// long.
func (r *TailReader) read(text []byte) {
	r.marks = r.marks[:0]
	for i := 0; i < len(text); {
		kind := kindOf(text[i])
		n := 1
		for i+n < len(text) && kindOf(text[i+n]) == kind {
			n++
		}
		r.marks = append(r.marks, kind)
		if n > 1 {
			r.marks = append(r.marks, '+')
		}
		i += n
	}
}

func kindOf(c byte) byte {
	switch {
	case c >= 'a' && c <= 'z':
		return 'a'
	case c >= 'A' && c <= 'Z':
		return 'A'
	case c >= '0' && c <= '9':
		return '0'
	case c >= 0x80:
		return 0x80
	}
	return c
}
