package formats

import (
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The encodings of text that are converted.
const (
	utf16LE = "utf-16le"
	utf16BE = "utf-16be"
)

// utf16Reader gives out UTF-16 text as UTF-8. What is not UTF-16, half a
// surrogate pair or half a code unit at the end, becomes U+FFFD and is counted;
// everything else can be converted back byte for byte.
type utf16Reader struct {
	r        io.Reader
	encoding string
	replaced int64

	in   [4096]byte
	n    int    // bytes of in that wait for more: an odd one, a first half
	out  []byte // converted and not given out
	mem  []byte
	err  error
	high int // byte of a unit that is the more significant one
}

func newUTF16Reader(r io.Reader, encoding string) *utf16Reader {
	t := &utf16Reader{r: r, encoding: encoding}
	if encoding == utf16LE {
		t.high = 1
	}
	return t
}

func (t *utf16Reader) Read(p []byte) (int, error) {
	for len(t.out) == 0 {
		if t.err != nil {
			return 0, t.err
		}
		n, err := t.r.Read(t.in[t.n:])
		t.n += n
		t.err = err
		t.convert()
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

// convert converts what has been read, but for what the next bytes decide.
func (t *utf16Reader) convert() {
	ended := t.err != nil
	out := t.mem[:0]
	at := 0
	for at+1 < t.n {
		r := t.unit(at)
		size := 2
		if utf16.IsSurrogate(r) {
			if at+3 >= t.n && !ended && r < 0xdc00 {
				break // its other half may come
			}
			pair := rune(utf8.RuneError)
			if at+3 < t.n {
				pair = utf16.DecodeRune(r, t.unit(at+2))
			}
			if r = pair; r == utf8.RuneError {
				t.replaced++
			} else {
				size = 4
			}
		}
		out = utf8.AppendRune(out, r)
		at += size
	}
	if ended && at+1 == t.n && errors.Is(t.err, io.EOF) {
		out = utf8.AppendRune(out, utf8.RuneError)
		t.replaced++
		at++
	}
	t.n = copy(t.in[:], t.in[at:t.n])
	t.mem, t.out = out, out
}

// unit returns the code unit at in[at].
func (t *utf16Reader) unit(at int) rune {
	return rune(t.in[at+t.high])<<8 | rune(t.in[at+1-t.high])
}
