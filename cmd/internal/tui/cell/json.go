package cell

import (
	"bytes"
	"encoding/json"
	"strings"
)

const (
	// maxJSON is the longest text that is taken for JSON, in bytes: records
	// are no longer than this where they are read.
	maxJSON = 64 << 20
	// maxTokens is how many tokens of JSON are put on lines of their own; what
	// follows them is shown as it was logged. Every token can take a line and
	// its indent, so this bounds what a small text can grow to.
	maxTokens = 200_000
	// maxIndent is the deepest indent, in levels. Deeper levels are drawn
	// there, or nesting alone would make the square of its depth in spaces.
	maxIndent = 20
)

// JSON is b on lines of their own for each member and element, every token of
// its [Kind], or false when b is not one JSON value. Order, repeated names, the
// spelling of numbers and the escapes of strings stay as they were logged. It
// reads all of b, so it is no work for a frame.
func (sc Screen) JSON(b []byte) (*Text, bool) {
	if len(b) > maxJSON || !json.Valid(b) {
		return nil, false
	}
	p := jsonPrinter{}
	for tokens := 0; len(b) > 0; tokens++ {
		if tokens == maxTokens {
			p.breakLine()
			p.out.Write(b)
			break
		}
		b = p.token(b)
	}
	return &Text{screen: sc, s: p.out.String(), kinds: p.kinds}, true
}

// jsonPrinter lays out the tokens of valid JSON. It keeps no stack: whether a
// string is a name says the colon after it.
type jsonPrinter struct {
	out   strings.Builder
	kinds []Highlight
	depth int
}

// token writes the first token of b, if there is one before its end, and
// returns what follows it.
func (p *jsonPrinter) token(b []byte) []byte {
	b = trimSpace(b)
	if len(b) == 0 {
		return nil
	}
	switch c := b[0]; c {
	case '{', '[':
		return p.open(b)
	case '}', ']':
		p.depth--
		p.breakLine()
		p.write(b[:1], Punct)
		return b[1:]
	case ',':
		p.write(b[:1], Punct)
		p.breakLine()
		return b[1:]
	case ':':
		p.write([]byte(": "), Punct)
		return b[1:]
	case '"':
		n := stringLength(b)
		kind := String
		if bytes.HasPrefix(trimSpace(b[n:]), []byte(":")) {
			kind = Key
		}
		p.write(b[:n], kind)
		return b[n:]
	case 't', 'f', 'n':
		return p.scalar(b, Literal)
	}
	return p.scalar(b, Number)
}

// open writes the bracket that b begins with, and its fellow when nothing is
// between them.
func (p *jsonPrinter) open(b []byte) []byte {
	rest := trimSpace(b[1:])
	if len(rest) > 0 && (rest[0] == '}' || rest[0] == ']') {
		p.write([]byte{b[0], rest[0]}, Punct)
		return rest[1:]
	}
	p.write(b[:1], Punct)
	p.depth++
	p.breakLine()
	return rest
}

func (p *jsonPrinter) scalar(b []byte, kind Kind) []byte {
	n := bytes.IndexAny(b, ",]} \t\r\n")
	if n < 0 {
		n = len(b)
	}
	p.write(b[:n], kind)
	return b[n:]
}

func (p *jsonPrinter) write(text []byte, kind Kind) {
	start := p.out.Len()
	p.out.Write(text)
	p.kinds = append(p.kinds, Highlight{Start: start, End: p.out.Len(), Kind: kind})
}

func (p *jsonPrinter) breakLine() {
	p.out.WriteByte('\n')
	for range min(p.depth, maxIndent) {
		p.out.WriteString("  ")
	}
}

// stringLength is the length of the JSON string that b begins with.
func stringLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func trimSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }
