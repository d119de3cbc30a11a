package content

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"unicode/utf8"
)

// minRunLength is the shortest run that is taken for base64 or hex: twelve bytes
// of text in base64. Words of a language seldom are as long, and identifiers
// that are do not decode to text.
const minRunLength = 16

// minWrapped is the shortest line that base64 is wrapped to: 64 bytes in PEM, 76
// in MIME.
const minWrapped = 60

// runs finds encoded runs in a layer.
func (d *decoding) runs(l *layer) {
	for at := 0; ; {
		run, ok := d.nextRun(l.text, at)
		if !ok {
			break
		}
		at = run.to
		d.run(l, run)
	}
	for _, e := range [...]escapes{{"percent", '%', percentAt}, {"html-entity", '&', entityAt}, {"escape", '\\', escapeAt}} {
		d.escaped(l, &e)
	}
}

// isRunByte reports whether base64, its form for URLs and hex are made of a byte.
func isRunByte(c byte) bool { return isAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_' }

// runBytes says of each byte what isRunByte does.
func runBytes() (is [256]bool) {
	for c := range is {
		is[c] = isRunByte(byte(c)) //nolint:gosec // below 256
	}
	return is
}

// nextRun returns the next run of [minRunLength] bytes or more from a place on.
// It looks for the last byte that is none among as many as a run has: no run
// begins before that (as Boyer and Moore skip, CACM 20 (1977) 762-772). Lines of
// base64 that are wrapped are one run.
func (o *obfuscation) nextRun(b []byte, at int) (span, bool) {
	for from := at; from+minRunLength <= len(b); {
		other := from + minRunLength - 1
		for other >= from && o.inRun[b[other]] {
			other--
		}
		if other >= from {
			from = other + 1
			continue
		}
		to := from + minRunLength
		for to < len(b) && o.inRun[b[to]] {
			to++
		}
		for line := to - from; line >= minWrapped; {
			next := bytes.TrimPrefix(b[to:], []byte("\r"))
			if len(next) == 0 || next[0] != '\n' {
				break
			}
			start := len(b) - len(next) + 1
			end := start
			for end < len(b) && o.inRun[b[end]] {
				end++
			}
			if line = end - start; line > 0 {
				to = end
			}
		}
		return span{from, to}, true
	}
	return span{}, false
}

// run decodes one run, if text comes out.
func (d *decoding) run(l *layer, run span) {
	b := l.text[run.from:run.to]
	if len(b) > 128 && !readable(d.unhex(b[:56])) && !readable(d.unbase64(b[:56])) {
		return // it begins, as pictures do, with bytes that are no text
	}
	if len(b) > maxRun {
		if at, changed := l.original(run); changed {
			d.tooLong(at)
		}
		return
	}
	if bytes.ContainsAny(b, "\r\n") {
		b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
	}
	if text := d.unhex(b); readable(text) {
		d.decoded(l, run, bytes.Clone(text), "hex")
		return
	}
	if bytes.HasPrefix(b, []byte("eyJ")) && run.to < len(l.text) && l.text[run.to] == '.' || !mixed(b) {
		return // the head of a JWT, which is a secret and no attempt to hide a text
	}
	for run.to < len(l.text) && l.text[run.to] == '=' {
		run.to++
	}
	if text := d.unbase64(b); readable(text) {
		d.decoded(l, run, bytes.Clone(text), "base64")
	}
}

// mixed reports whether a run has letters of both cases: of text in base64 of
// this length all have.
func mixed(b []byte) bool { return hasWithin(b, 'a', 'z') && hasWithin(b, 'A', 'Z') }

// unhex reads hex. Digits alone are a number: of text in hex of this length
// nearly all has a letter. What it returns is valid until the next run is read.
func (o *obfuscation) unhex(b []byte) []byte {
	if len(b)%2 != 0 || !bytes.ContainsAny(b, "abcdefABCDEF") {
		return nil
	}
	text, err := hex.AppendDecode(o.out[:0], b)
	if o.out = text; err != nil {
		return nil
	}
	return text
}

// unbase64 reads base64 of either alphabet, without its padding. What it returns
// is valid until the next run is read.
func (o *obfuscation) unbase64(b []byte) []byte {
	if len(b)%4 == 1 {
		b = b[:len(b)-1] // a sign of what stands around
	}
	o.in = append(o.in[:0], b...)
	for i, c := range o.in {
		switch c {
		case '-':
			o.in[i] = '+'
		case '_':
			o.in[i] = '/'
		}
	}
	text, err := base64.RawStdEncoding.AppendDecode(o.out[:0], o.in)
	if o.out = text; err != nil {
		return nil
	}
	return text
}

// minEscapes is how many escapes stand together before they are reported, if they
// are half of what they make: a URL has some for spaces. Between two of them are
// at most escapeGap other bytes.
const (
	minEscapes = 4
	escapeGap  = 16
)

// escapes are those of one kind. Each begins with a sign; read appends what the
// one at a place stands for and returns where it ends, or the place if there is
// none.
type escapes struct {
	label string
	sign  byte
	read  func(dst, text []byte, at int) ([]byte, int)
}

// next returns the place of the next escape, or -1.
func (e *escapes) next(text []byte, at int) int {
	var buf [utf8.UTFMax]byte
	for {
		i := bytes.IndexByte(text[at:], e.sign)
		if i < 0 {
			return -1
		}
		if _, to := e.read(buf[:0], text, at+i); to > at+i {
			return at + i
		}
		at += i + 1
	}
}

// escaped decodes runs that hold escapes of one kind. A sign alone, if an escape
// follows soon, begins a run too.
func (d *decoding) escaped(l *layer, e *escapes) {
	for at, next := 0, -1; at < len(l.text); {
		if next < at {
			if next = e.next(l.text, at); next < 0 {
				return
			}
		}
		at = max(at, next-escapeGap)
		at += bytes.IndexByte(l.text[at:], e.sign)
		run, n, end := d.escapeRun(l.text, at, e)
		at = max(run.to, at+1)
		switch text := d.out[:end]; {
		case n < 2 || !utf8.Valid(text):
		case n >= minEscapes && n*2 >= end:
			d.decoded(l, run, bytes.Clone(text), e.label)
		default:
			d.quietly(l, run, bytes.Clone(text), e.label)
		}
	}
}

// escapeRun decodes a run from the sign of an escape on, and returns where the
// run ends with its last escape, how many it has, and of how many bytes in out
// the text is.
func (d *decoding) escapeRun(text []byte, from int, e *escapes) (run span, n, end int) {
	run = span{from, from}
	d.out = d.out[:0]
	plain := 0 // bytes since the last escape
	for run.to+plain < min(len(text), run.from+maxRun) {
		here := run.to + plain
		c := text[here]
		if c == e.sign {
			escaped, to := e.read(d.out, text, here)
			if to > here {
				d.out, run.to, plain, end, n = escaped, to, 0, len(escaped), n+1
				continue
			}
		}
		if plain++; plain > escapeGap || isSpace(c) {
			break
		}
		d.out = append(d.out, c)
	}
	return run, n, end
}

// percentAt reads the percent-encoding of RFC 3986, section 2.1.
func percentAt(dst, b []byte, at int) ([]byte, int) {
	v, ok := hexNumber(b, at+1, 2)
	if !ok {
		return dst, at
	}
	return append(dst, byte(v)), at + 3
}

// entityAt reads a numeric character reference of HTML.
func entityAt(dst, b []byte, at int) ([]byte, int) {
	if at+1 >= len(b) || b[at+1] != '#' {
		return dst, at
	}
	end := bytes.IndexByte(b[at:min(len(b), at+12)], ';')
	if end < 3 {
		return dst, at
	}
	text := html.UnescapeString(string(b[at : at+end+1]))
	if text[0] == '&' && len(text) > 1 {
		return dst, at
	}
	return append(dst, text...), at + end + 1
}

// escapeAt reads \xhh and \uhhhh.
func escapeAt(dst, b []byte, at int) ([]byte, int) {
	if at+4 > len(b) {
		return dst, at
	}
	switch b[at+1] {
	case 'x':
		if v, ok := hexNumber(b, at+2, 2); ok {
			return append(dst, byte(v)), at + 4
		}
	case 'u':
		if v, ok := hexNumber(b, at+2, 4); ok {
			return utf8.AppendRune(dst, v), at + 6
		}
	}
	return dst, at
}

// hexNumber reads some digits in hex.
func hexNumber(b []byte, at, digits int) (rune, bool) {
	if at+digits > len(b) {
		return 0, false
	}
	v := rune(0)
	for _, c := range b[at : at+digits] {
		switch {
		case isDigit(c):
			v = v<<4 | rune(c-'0')
		case isHexDigit(c):
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}
