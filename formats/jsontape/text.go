package jsontape

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
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

// text returns the text of a string with escapes or invalid UTF-8; ascii says
// that it has no byte above 0x7f.
func (a *Arena) text(raw []byte, ascii bool) []byte {
	most := len(raw)
	valid := ascii || utf8.Valid(raw)
	if !valid {
		most += 2 * invalidBytes(raw) // one byte becomes the three of U+FFFD
	}
	b := appendText(a.reserve(most)[:0:most], raw, valid)
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

// appendText appends the text of a string that scanString accepted; valid says
// that it is UTF-8. The result is never longer than raw plus two bytes for each
// byte that is not.
func appendText(dst, raw []byte, valid bool) []byte {
	if valid {
		return appendValid(dst, raw)
	}
	for {
		run := bytes.IndexByte(raw, '\\')
		if run < 0 {
			return appendRun(dst, raw)
		}
		dst = appendRun(dst, raw[:run])
		if raw = raw[run+1:]; raw[0] != 'u' {
			dst = append(dst, escaped(raw[0]))
		} else {
			var r rune
			r, raw = unicodeEscape(raw)
			dst = utf8.AppendRune(dst, r)
		}
		raw = raw[1:]
	}
}

// appendValid is appendText for valid UTF-8. JSON inside of JSON has an escape
// every few bytes, so that what is between them is copied by words of eight.
func appendValid(dst, raw []byte) []byte {
	begin := len(dst)
	dst = slices.Grow(dst, len(raw))[:begin+len(raw)]
	out := dst[begin:]
	w := 0 // never after at, so that a word that can be read can be written
	for at := 0; at < len(raw); {
		if at+8 <= len(raw) {
			x := binary.LittleEndian.Uint64(raw[at:])
			binary.LittleEndian.PutUint64(out[w:], x)
			s := x ^ slants
			n := bits.TrailingZeros64((s-ones)&^s&highs) / 8 // plain bytes; 8 where all are
			at, w = at+n, w+n
			if n == 8 {
				continue
			}
		} else if raw[at] != '\\' {
			out[w] = raw[at]
			at, w = at+1, w+1
			continue
		}
		if c := raw[at+1]; c != 'u' {
			out[w] = escaped(c)
			at, w = at+2, w+1
			continue
		}
		r, rest := unicodeEscape(raw[at+1:])
		w += utf8.EncodeRune(out[w:], r)
		at = len(raw) - len(rest) + 1
	}
	return dst[:begin+w]
}

// escaped is the byte that a backslash and c stand for.
func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// appendRun appends bytes without escapes, with U+FFFD for what is not UTF-8.
func appendRun(dst, run []byte) []byte {
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
