package content

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
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
		run, ok := nextRun(l.text, at)
		if !ok {
			break
		}
		at = run.to
		d.run(l, run)
	}
	for _, e := range [...]struct {
		label string
		sign  byte
		read  func(text []byte, at int) (escaped []byte, to int)
	}{
		{"percent", '%', percentAt}, {"html-entity", '&', entityAt}, {"escape", '\\', escapeAt},
	} {
		d.escapes(l, e.label, e.sign, e.read)
	}
}

// isRunByte reports whether base64, its form for URLs and hex are made of a byte.
func isRunByte(c byte) bool { return isAlnum(c) || c == '+' || c == '/' || c == '-' || c == '_' }

// nextRun returns the next run of [minRunLength] bytes or more from a place on.
// It looks at every sixteenth byte only: a run of that length holds one of them.
// Lines of base64 that are wrapped are one run.
func nextRun(b []byte, at int) (span, bool) {
	for i := at + minRunLength - 1; i < len(b); i += minRunLength {
		if !isRunByte(b[i]) {
			continue
		}
		from, to := i, i+1
		for from > at && isRunByte(b[from-1]) {
			from--
		}
		for to < len(b) && isRunByte(b[to]) {
			to++
		}
		if to-from < minRunLength {
			i = to - 1 // the byte at to is none
			continue
		}
		for line := to - from; line >= minWrapped; {
			next := bytes.TrimPrefix(b[to:], []byte("\r"))
			if len(next) == 0 || next[0] != '\n' {
				break
			}
			start := len(b) - len(next) + 1
			end := start
			for end < len(b) && isRunByte(b[end]) {
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
	if len(b) > 128 && !startsReadable(b[:56]) {
		return
	}
	if len(b) > maxRun {
		if at, changed := l.original(run); changed {
			d.tooLong(at)
		}
		return
	}
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
	if text := unhex(b); text != nil && readable(text) {
		d.decoded(l, run, text, "hex")
		return
	}
	if bytes.HasPrefix(b, []byte("eyJ")) && run.to < len(l.text) && l.text[run.to] == '.' || !mixed(b) {
		return // the head of a JWT, which is a secret and no attempt to hide a text
	}
	for run.to < len(l.text) && l.text[run.to] == '=' {
		run.to++
	}
	if text := unbase64(b); text != nil && readable(text) {
		d.decoded(l, run, text, "base64")
	}
}

// startsReadable reports whether a run begins with text and not, as pictures do,
// with bytes that are none.
func startsReadable(b []byte) bool {
	return readable(unhex(b)) || readable(unbase64(b))
}

// mixed reports whether a run has letters of both cases: of text in base64 of
// this length all have.
func mixed(b []byte) bool {
	lower, upper := false, false
	for _, c := range b {
		lower, upper = lower || c >= 'a' && c <= 'z', upper || c >= 'A' && c <= 'Z'
	}
	return lower && upper
}

// unhex reads hex. Digits alone are a number: of text in hex of this length
// nearly all has a letter.
func unhex(b []byte) []byte {
	if len(b)%2 != 0 || !bytes.ContainsAny(b, "abcdefABCDEF") {
		return nil
	}
	text := make([]byte, len(b)/2)
	if _, err := hex.Decode(text, b); err != nil {
		return nil
	}
	return text
}

// unbase64 reads base64 of either alphabet, without its padding.
func unbase64(b []byte) []byte {
	std := bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	if len(std)%4 == 1 {
		std = std[:len(std)-1] // a sign of what stands around
	}
	text := make([]byte, base64.RawStdEncoding.DecodedLen(len(std)))
	n, err := base64.RawStdEncoding.Decode(text, std)
	if err != nil {
		return nil
	}
	return text[:n]
}

// minEscapes is how many escapes stand together before they are reported, if they
// are half of what they make: a URL has some for spaces.
const minEscapes = 4

// escapes decodes runs that hold escapes of one kind, with at most 16 bytes
// between two.
func (d *decoding) escapes(l *layer, label string, sign byte, read func([]byte, int) ([]byte, int)) {
	for at := 0; at < len(l.text); {
		i := bytes.IndexByte(l.text[at:], sign)
		if i < 0 {
			return
		}
		run, text, n := span{at + i, at + i}, []byte(nil), 0
		plain := 0 // bytes since the last escape
		end := 0   // of text, with the last escape
		for run.to+plain < min(len(l.text), run.from+maxRun) {
			here := run.to + plain
			c := l.text[here]
			if c == sign {
				if escaped, to := read(l.text, here); to > here {
					text = append(text, escaped...)
					run.to, plain, end, n = to, 0, len(text), n+1
					continue
				}
			}
			if plain++; plain > 16 || isSpace(c) {
				break
			}
			text = append(text, c)
		}
		at = max(run.to, at+i+1)
		switch {
		case n < 2 || !utf8.Valid(text[:end]):
		case n >= minEscapes && n*2 >= end:
			d.decoded(l, run, text[:end], label)
		default:
			d.quietly(l, run, text[:end], label)
		}
	}
}

// percentAt reads the percent-encoding of RFC 3986, section 2.1.
func percentAt(b []byte, at int) ([]byte, int) {
	if at+3 > len(b) {
		return nil, at
	}
	v, err := strconv.ParseUint(string(b[at+1:at+3]), 16, 8)
	if err != nil {
		return nil, at
	}
	return []byte{byte(v)}, at + 3
}

// entityAt reads a numeric character reference of HTML.
func entityAt(b []byte, at int) ([]byte, int) {
	end := bytes.IndexByte(b[at:min(len(b), at+12)], ';')
	if end < 3 || b[at+1] != '#' {
		return nil, at
	}
	text := html.UnescapeString(string(b[at : at+end+1]))
	if text[0] == '&' && len(text) > 1 {
		return nil, at
	}
	return []byte(text), at + end + 1
}

// escapeAt reads \xhh and \uhhhh.
func escapeAt(b []byte, at int) ([]byte, int) {
	if at+4 > len(b) {
		return nil, at
	}
	switch b[at+1] {
	case 'x':
		if v, err := strconv.ParseUint(string(b[at+2:at+4]), 16, 8); err == nil {
			return []byte{byte(v)}, at + 4
		}
	case 'u':
		if at+6 <= len(b) {
			if v, err := strconv.ParseUint(string(b[at+2:at+6]), 16, 16); err == nil {
				return utf8.AppendRune(nil, rune(v)), at + 6
			}
		}
	}
	return nil, at
}
