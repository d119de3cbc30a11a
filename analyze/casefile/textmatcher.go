package casefile

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textMatcher says which texts hold what is looked for. It is for one goroutine.
type textMatcher struct {
	literal *literalMatcher // that a text must have; nil for none
	regex   *regexp.Regexp  // that it must match too; nil for none
}

// newTextMatcher returns a matcher for a text, whatever the case of its letters,
// and a regular expression; both must hold, and what is "" does.
func newTextMatcher(contains, expr string) (*textMatcher, error) {
	m := &textMatcher{}
	if contains != "" {
		m.literal = newLiteralMatcher(contains)
	}
	if expr == "" {
		return m, nil
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("reading the regular expression: %w", err)
	}
	if m.regex, err = regexp.Compile(expr); err != nil {
		return nil, fmt.Errorf("reading the regular expression: %w", err)
	}
	if need := neededText(tree); m.literal == nil && need != "" {
		m.literal = newLiteralMatcher(need)
	}
	return m, nil
}

func (m *textMatcher) match(text []byte) bool {
	return (m.literal == nil || m.literal.match(text)) && (m.regex == nil || m.regex.Match(text))
}

// neededText is the longest text that whatever matches an expression has, in
// some case of its letters; "" where none is known. A text is looked through for
// it first: that is many times faster. The parser has bounded the depth.
func neededText(e *syntax.Regexp) string {
	switch e.Op {
	case syntax.OpLiteral:
		if e.Flags&syntax.FoldCase == 0 {
			return string(e.Rune)
		}
		// Other letters than their upper case fold to some: ſ to s, K to k.
		return longest(strings.FieldsFunc(string(e.Rune), func(r rune) bool { return r >= utf8.RuneSelf || foldsFurther(r) }))
	case syntax.OpConcat:
		var all []string
		for _, sub := range e.Sub {
			all = append(all, neededText(sub))
		}
		return longest(all)
	case syntax.OpCapture, syntax.OpPlus:
		return neededText(e.Sub[0])
	case syntax.OpRepeat:
		if e.Min > 0 {
			return neededText(e.Sub[0])
		}
	}
	return ""
}

// foldsFurther reports whether a letter folds to more than its other case.
func foldsFurther(r rune) bool { return unicode.SimpleFold(unicode.SimpleFold(r)) != r }

func longest(list []string) string {
	out := ""
	for _, s := range list {
		if len(s) > len(out) {
			out = s
		}
	}
	return out
}

// literalMatcher finds a text, whatever the case of its letters, as SQL's
// contains(lower(text), lower(literal)) does.
type literalMatcher struct {
	lower []byte
	plain bool // only ASCII
	rare  int  // place of the byte of lower that texts have least often
	also  bool // has a letter that is the small one of a letter beyond ASCII, too
	buf   []byte
}

func newLiteralMatcher(literal string) *literalMatcher {
	m := &literalMatcher{lower: bytes.ToLower([]byte(literal)), plain: true}
	for i, b := range m.lower {
		if b >= utf8.RuneSelf {
			m.plain = false
		}
		if commonness(b) < commonness(m.lower[m.rare]) {
			m.rare = i
		}
		m.also = m.also || b == 'k' || b == 'i'
	}
	return m
}

// commonness says about how often a byte is in text: letters by their frequency in
// English, as Samuel Morse's printers had it in their type cases, from the rarest.
func commonness(b byte) int {
	if b == ' ' {
		return 100
	}
	if i := strings.IndexByte("zjqxkvbpgwyfmculdrhsnioate", b); i >= 0 {
		return 10 + 2*i
	}
	return 20 // digits and signs
}

// The letters beyond ASCII whose small letter is ASCII: the sign of Kelvin and the
// Turkish İ (UnicodeData.txt, field Simple_Lowercase_Mapping).
const (
	kelvin = "\u212a"
	dotted = "\u0130"
)

func (m *literalMatcher) match(text []byte) bool {
	if m.plain && (!m.also || !bytes.Contains(text, []byte(kelvin)) && !bytes.Contains(text, []byte(dotted))) {
		return m.matchPlain(text)
	}
	m.buf = appendLower(m.buf[:0], text)
	return bytes.Contains(m.buf, m.lower)
}

// matchPlain is match for ASCII: it looks for the rarest byte, in both cases, and
// compares what is around it.
func (m *literalMatcher) matchPlain(text []byte) bool {
	if len(text) < len(m.lower) {
		return false
	}
	text = text[:len(text):len(text)]
	small := m.lower[m.rare]
	big := upperByte(small)
	last := len(text) - len(m.lower) + m.rare // where the rare byte can be at most
	nextSmall, nextBig := -1, -1
	if big == small {
		nextBig = len(text)
	}
	for at := m.rare; at <= last; at++ {
		nextSmall = nextByte(text, small, at, nextSmall)
		nextBig = nextByte(text, big, at, nextBig)
		at = min(nextSmall, nextBig)
		if at > last {
			return false
		}
		if equalFolded(text[at-m.rare:at-m.rare+len(m.lower)], m.lower) {
			return true
		}
	}
	return false
}

// nextByte returns where a byte is next from a place on, which may be known
// already; the length of the text where it is not.
func nextByte(text []byte, b byte, from, known int) int {
	if known >= from {
		return known
	}
	if i := bytes.IndexByte(text[from:], b); i >= 0 {
		return from + i
	}
	return len(text)
}

func upperByte(b byte) byte {
	if b >= 'a' && b <= 'z' {
		return b - 'a' + 'A'
	}
	return b
}

// equalFolded reports whether a text equals another, which is small ASCII, but for
// the case of letters.
func equalFolded(text, lower []byte) bool {
	for i, b := range text {
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

// appendLower appends a text in small letters.
func appendLower(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		if b := text[i]; b < utf8.RuneSelf {
			if b >= 'A' && b <= 'Z' {
				b += 'a' - 'A'
			}
			dst = append(dst, b)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}
