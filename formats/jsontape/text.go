package jsontape

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// chunkSize is the unit in which an arena takes memory; a request of more
// than a quarter of it gets memory of its own, so that little is left over.
const chunkSize = 256 << 10

// keepChunks is how many chunks an arena keeps over Reset.
const keepChunks = 32

// Arena owns texts that had to be written anew. Memory is taken in chunks that
// never move, so what it returns stays valid until Reset. The zero Arena is
// ready. An Arena is not safe for concurrent use.
type Arena struct {
	chunks [][]byte // each of chunkSize
	used   int      // chunks in use
	free   []byte   // what is left of chunks[used-1]
	large  [][]byte // requests that got memory of their own
	bytes  int      // in large
}

// Reset makes everything that the arena returned invalid, and keeps its
// memory for reuse up to a bound (8 MiB).
func (a *Arena) Reset() {
	a.used, a.free, a.bytes = 0, nil, 0
	clear(a.large)
	a.large = a.large[:0]
	if len(a.chunks) > keepChunks {
		clear(a.chunks[keepChunks:])
		a.chunks = a.chunks[:keepChunks]
	}
}

// Size returns the bytes of memory that the arena holds.
func (a *Arena) Size() int { return len(a.chunks)*chunkSize + a.bytes }

// Bytes returns n bytes whose contents are not defined, with capacity n.
func (a *Arena) Bytes(n int) []byte {
	b := a.reserve(n)
	a.commit(n)
	return b[:n:n]
}

// Copy returns a copy of b; a nil b stays nil.
func (a *Arena) Copy(b []byte) []byte {
	if b == nil {
		return nil
	}
	c := a.Bytes(len(b))
	copy(c, b)
	return c
}

// reserve returns at least n bytes, which commit then takes.
func (a *Arena) reserve(n int) []byte {
	if n > chunkSize/4 {
		b := make([]byte, n)
		a.large = append(a.large, b)
		a.bytes += n
		return b
	}
	if n > len(a.free) || a.free == nil {
		if a.used == len(a.chunks) {
			a.chunks = append(a.chunks, make([]byte, chunkSize))
		}
		a.free = a.chunks[a.used]
		a.used++
	}
	return a.free
}

// commit takes n bytes of what reserve(n or more) returned last.
func (a *Arena) commit(n int) {
	if n <= len(a.free) {
		a.free = a.free[n:]
	}
}

// text returns the text of a string with escapes or invalid UTF-8.
func (a *Arena) text(raw []byte) []byte {
	most := len(raw)
	if !utf8.Valid(raw) {
		most += 2 * invalidBytes(raw) // one byte becomes the three of U+FFFD
	}
	b := appendText(a.reserve(most)[:0:most], raw)
	if most <= chunkSize/4 {
		a.commit(len(b))
	}
	return b[:len(b):len(b)]
}

// invalidBytes counts the bytes that are not part of valid UTF-8.
func invalidBytes(raw []byte) int {
	count := 0
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			count++
		}
		raw = raw[size:]
	}
	return count
}

// appendText appends the text of a string that scanString accepted. The result
// is never longer than raw plus two bytes for each byte that is not UTF-8.
func appendText(dst, raw []byte) []byte {
	valid := utf8.Valid(raw)
	for {
		run := bytes.IndexByte(raw, '\\')
		if run < 0 {
			return appendRun(dst, raw, valid)
		}
		dst = appendRun(dst, raw[:run], valid)
		raw = raw[run+1:]
		switch c := raw[0]; c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			var r rune
			r, raw = unicodeEscape(raw)
			dst = utf8.AppendRune(dst, r)
		default:
			dst = append(dst, c)
		}
		raw = raw[1:]
	}
}

// appendRun appends bytes without escapes.
func appendRun(dst, run []byte, valid bool) []byte {
	if valid {
		return append(dst, run...)
	}
	for len(run) > 0 {
		r, size := utf8.DecodeRune(run)
		dst = utf8.AppendRune(dst, r)
		run = run[size:]
	}
	return dst
}

// unicodeEscape decodes the escape at the u that raw begins with, together
// with a second one where both make a surrogate pair, and returns raw from the
// last hexadecimal digit on.
func unicodeEscape(raw []byte) (rune, []byte) {
	r := hex4(raw[1:])
	raw = raw[4:]
	if !utf16.IsSurrogate(r) {
		return r, raw
	}
	if len(raw) >= 7 && raw[1] == '\\' && raw[2] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(raw[3:])); pair != utf8.RuneError {
			return pair, raw[6:]
		}
	}
	return utf8.RuneError, raw
}

func hex4(b []byte) rune {
	return hexDigit(b[0])<<12 | hexDigit(b[1])<<8 | hexDigit(b[2])<<4 | hexDigit(b[3])
}
