package indicator

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// appendFold appends s in lower case. Bytes that are not UTF-8 stay as they are.
func appendFold(dst, s []byte) []byte {
	dst = slices.Grow(dst, len(s))
	from := len(dst)
	dst = dst[:from+len(s)]
	for i, c := range s {
		if c >= utf8.RuneSelf {
			return appendFoldRunes(dst[:from+i], s[i:])
		}
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst[from+i] = c
	}
	return dst
}

// appendFoldRunes is appendFold for what may not be ASCII.
func appendFoldRunes(dst, s []byte) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[0])
		} else {
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		}
		s = s[size:]
	}
	return dst
}

// isWord reports whether a byte is part of a word: letters, digits, - and _,
// and all that is not ASCII.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c >= utf8.RuneSelf || c >= 'A' && c <= 'Z'
}

// appendUnescaped appends s with the escapes of JSON strings (RFC 8259, section
// 7) resolved, wherever they stand, and reports whether there were any.
func appendUnescaped(dst, s []byte) ([]byte, bool) {
	some := false
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			return append(dst, s...), some
		}
		some = true
		dst = append(dst, s[:i]...)
		n := 2
		switch c := s[i+1]; c {
		case 'n', 'r', 't', 'b', 'f':
			dst = append(dst, ' ')
		case 'u':
			r, digits := unescapeRune(s[i+2:])
			if digits == 0 {
				dst = append(dst, 'u')
			} else {
				dst = utf8.AppendRune(dst, r)
			}
			n += digits
		default:
			dst = append(dst, c)
		}
		s = s[i+n:]
	}
}

// unescapeRune reads the digits behind \u, of a pair of surrogates both, and
// returns how many bytes they are; 0 for none.
func unescapeRune(s []byte) (rune, int) {
	r, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if r >= 0xD800 && r < 0xDC00 && len(s) >= 10 && s[4] == '\\' && s[5] == 'u' {
		if low, ok := hex4(s[6:]); ok && low >= 0xDC00 && low < 0xE000 {
			return (r-0xD800)<<10 + (low - 0xDC00) + 0x10000, 10
		}
	}
	return r, 4
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
