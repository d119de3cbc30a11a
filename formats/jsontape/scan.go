package jsontape

import (
	"encoding/binary"
	"math/bits"
)

// Eight bytes at a time: constants with the same byte in each place.
const (
	ones   = 0x0101010101010101
	highs  = 0x80 * ones
	quotes = '"' * ones
	slants = '\\' * ones
	spaces = ' ' * ones
)

// special returns a word whose lowest set bit is the top bit of the first byte
// of x (in memory order) that ends a run of plain string bytes: a quote, a
// backslash or a control character. Bits above the lowest may be wrong, since
// a borrow runs upwards only.
func special(x uint64) uint64 {
	q, s := x^quotes, x^slants
	return ((q-ones)&^q | (s-ones)&^s | (x-spaces)&^x) & highs
}

// PlainLen returns how many of the first bytes of a text stand in a JSON string
// as they are, and are ASCII.
func PlainLen(b []byte) int {
	at := 0
	for at+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[at:])
		if m := special(x) | x&highs; m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
		at += 8
	}
	for at < len(b) && b[at] >= ' ' && b[at] < 0x80 && b[at] != '"' && b[at] != '\\' {
		at++
	}
	return at
}

// TextLen returns how many of the first bytes come before a quotation mark or a
// backslash: those that are text wherever a string ends.
func TextLen(b []byte) int {
	at := 0
	for at+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[at:])
		q, s := x^quotes, x^slants
		if m := ((q-ones)&^q | (s-ones)&^s) & highs; m != 0 {
			return at + bits.TrailingZeros64(m)/8
		}
		at += 8
	}
	for at < len(b) && b[at] != '"' && b[at] != '\\' {
		at++
	}
	return at
}

// scanString reads the string whose first byte after the quote is src[at] and
// returns the offset of its closing quote.
func scanString(src []byte, at int) (int, marks, *SyntaxError) {
	var found marks
	var high uint64
	for {
		for at+8 <= len(src) {
			x := binary.LittleEndian.Uint64(src[at:])
			if m := special(x); m != 0 {
				high |= x & (m&-m - 1)
				at += bits.TrailingZeros64(m) / 8
				break
			}
			high |= x
			at += 8
		}
		for at < len(src) && src[at] != '"' && src[at] != '\\' && src[at] >= ' ' {
			high |= uint64(src[at])
			at++
		}
		switch {
		case at == len(src):
			return at, 0, syntaxError(src, at, "expecting the end of a string")
		case src[at] == '"':
			if high&highs != 0 {
				found |= markHigh
			}
			return at, found, nil
		case src[at] != '\\':
			return at, 0, syntaxError(src, at, "expecting a string without control characters")
		}
		found |= markEscaped
		if at+1 < len(src) && (src[at+1] == '"' || src[at+1] == 'n' || src[at+1] == '\\') {
			at += 2 // the most frequent, as in JSON inside of JSON
			continue
		}
		var err *SyntaxError
		if at, err = scanEscape(src, at+1); err != nil {
			return at, 0, err
		}
	}
}

// scanEscape reads the escape whose backslash is before src[at].
func scanEscape(src []byte, at int) (int, *SyntaxError) {
	if at == len(src) {
		return at, syntaxError(src, at, "expecting an escape")
	}
	switch src[at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return at + 1, nil
	case 'u':
		for i := at + 1; i <= at+4; i++ {
			if i >= len(src) || hexDigit(src[i]) < 0 {
				return i, syntaxError(src, i, "expecting four hexadecimal digits")
			}
		}
		return at + 5, nil
	}
	return at, syntaxError(src, at, "expecting an escape")
}

// scanWord reads a literal.
func scanWord(src []byte, at int, word string) (int, *SyntaxError) {
	if len(src)-at >= len(word) && string(src[at:at+len(word)]) == word {
		return at + len(word), nil
	}
	for i := range len(word) {
		if at+i == len(src) || src[at+i] != word[i] {
			return at, syntaxError(src, at+i, "expecting "+word)
		}
	}
	return at + len(word), nil
}

// scanNumber reads a number: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
func scanNumber(src []byte, at int) (int, *SyntaxError) {
	if src[at] == '-' {
		at++
	}
	first := at
	end := skipDigits(src, at)
	if end == first {
		return end, syntaxError(src, end, "expecting a digit")
	}
	if src[first] == '0' && end > first+1 {
		return first, syntaxError(src, first+1, "expecting a number without leading zeros")
	}
	if end < len(src) && src[end] == '.' {
		first, end = end+1, skipDigits(src, end+1)
		if end == first {
			return end, syntaxError(src, end, "expecting a digit after the decimal point")
		}
	}
	if end < len(src) && src[end]|0x20 == 'e' {
		first = end + 1
		if first < len(src) && (src[first] == '+' || src[first] == '-') {
			first++
		}
		if end = skipDigits(src, first); end == first {
			return end, syntaxError(src, end, "expecting a digit in the exponent")
		}
	}
	return end, nil
}

func skipDigits(src []byte, at int) int {
	for at < len(src) && isDigit(src[at]) {
		at++
	}
	return at
}

func isDigit(c byte) bool { return c-'0' <= 9 }

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c byte) rune {
	switch {
	case isDigit(c):
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// skipSpace returns the offset of the first byte that is not white space.
func skipSpace(src []byte, at int) int {
	if at < len(src) && src[at] > ' ' {
		return at
	}
	return skipSpaces(src, at)
}

func skipSpaces(src []byte, at int) int {
	for at < len(src) {
		switch src[at] {
		case ' ':
			for at+8 <= len(src) && binary.LittleEndian.Uint64(src[at:]) == spaces {
				at += 8
			}
			for at < len(src) && src[at] == ' ' {
				at++
			}
		case '\t', '\n', '\r':
			at++
		default:
			return at
		}
	}
	return at
}

// skipContainer returns the offset after the array or object at src[at], and
// whether it ends. It looks at brackets and strings only.
func skipContainer(src []byte, at int) (int, bool) {
	depth := 0
	for at < len(src) {
		switch src[at] {
		case '"':
			end, _, err := scanString(src, at+1)
			if err != nil {
				return len(src), false
			}
			at = end
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1, true
			}
		}
		at++
	}
	return at, false
}
