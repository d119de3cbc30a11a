package policy

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPattern bounds a pattern, in bytes. The longest names that logs hold, ARNs
// of sessions, have at most 2048 in IAM's own limits and a tenth of it in use;
// a pattern for them is shorter.
const maxPattern = 1024

// A Glob is a pattern for names: * stands for any characters, also none, ? for
// one, and a backslash before one of *?[]{}\ for that character. In a path, *
// and ? do not stand for a slash, and ** stands for anything.
type Glob struct {
	place
	text   string
	tokens []token
	// prefix and suffix are the literal ends, which decide most comparisons;
	// middle are the tokens between them.
	prefix, suffix string
	middle         []token
	literals       int // characters that are given
}

// token is one step of a pattern: a character, or one of the wildcards.
type token rune

// The wildcards. No character is negative.
const (
	anyOne   token = -1 // one character, in a path not a slash
	anySome  token = -2 // any characters, in a path not a slash
	anyDepth token = -3 // any characters
	anySafe  token = -4 // one character that may be a slash: ? outside paths
)

// String returns the pattern as it was written.
func (g Glob) String() string { return g.text }

// pattern is the pattern of a Glob and of what embeds one.
func (g *Glob) pattern() *Glob { return g }

// patterned is a pointer to something that is a pattern.
type patterned[T any] interface {
	*T
	pattern() *Glob
}

// exact says whether the pattern is a name.
func (g *Glob) exact() bool { return g.literals == len(g.tokens) }

// exactness is the closeness of a name: more than any pattern has characters.
const exactness = 1 << 12

// closeness orders patterns that fit the same name: the more characters one
// gives, the closer it is, and a name is closest. It is at least 1.
func (g *Glob) closeness() int {
	if g.exact() {
		return exactness
	}
	return 1 + g.literals
}

// parseGlob reads a pattern for names, or for paths.
func parseGlob(text string, path bool) (Glob, error) {
	g := Glob{text: text}
	if err := checkPattern(text); err != nil {
		return g, err
	}
	some, one := anyDepth, anySafe
	if path {
		some, one = anySome, anyOne
	}
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		t, err := token(runes[i]), error(nil)
		switch runes[i] {
		case '?':
			t = one
		case '*':
			stars := 1
			for ; i+1 < len(runes) && runes[i+1] == '*'; i++ {
				stars++
			}
			t, err = star(stars, path, some)
		case '[', ']', '{', '}':
			err = fmt.Errorf(`%q holds %q, which patterns do not have: list the alternatives, or write \%c for the character`, text, runes[i], runes[i])
		case '\\':
			i++
			if i == len(runes) || !strings.ContainsRune(`*?[]{}\`, runes[i]) {
				return g, fmt.Errorf(`%q holds a backslash that is not before one of *?[]{}\: write \\ for a backslash, and paths with /`, text)
			}
			t = token(runes[i])
		}
		if err != nil {
			return g, err
		}
		g.tokens = append(g.tokens, t)
	}
	g.cut()
	return g, nil
}

// star returns the wildcard for a number of stars.
func star(n int, path bool, some token) (token, error) {
	switch {
	case n == 1:
		return some, nil
	case n == 2 && path:
		return anyDepth, nil
	case path:
		return 0, errors.New("more than two stars in a row: * stands for a name, ** for any folders")
	}
	return 0, errors.New("two stars in a row: one * stands for any characters here")
}

// checkPattern refuses what cannot be meant, and what cannot be seen.
func checkPattern(text string) error {
	switch {
	case text == "":
		return errors.New("an empty pattern fits nothing: leave it out, or write * for any")
	case len(text) > maxPattern:
		return fmt.Errorf("a pattern of %d bytes is longer than %d", len(text), maxPattern)
	case strings.TrimSpace(text) != text:
		return fmt.Errorf("%q begins or ends with white space, and no name does", text)
	case !utf8.ValidString(text):
		return errors.New("a pattern must be UTF-8")
	}
	for _, r := range text {
		if hidden(r) {
			return fmt.Errorf("%q holds the character %U, which cannot be seen", text, r)
		}
	}
	return nil
}

// hidden says whether a character cannot be seen: control and format
// characters, among them those that turn the direction of text.
func hidden(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }

// cut finds the literal ends.
func (g *Glob) cut() {
	first, last := len(g.tokens), 0
	for i, t := range g.tokens {
		if t < 0 {
			first, last = min(first, i), i+1
		} else {
			g.literals++
		}
	}
	g.prefix = spell(g.tokens[:first])
	if first < last {
		g.middle, g.suffix = g.tokens[first:last], spell(g.tokens[last:])
	}
}

func spell(tokens []token) string {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteRune(rune(t))
	}
	return b.String()
}

// match says whether the pattern fits a name.
func (g *Glob) match(s string) bool {
	if len(g.middle) == 0 {
		return s == g.prefix
	}
	if len(s) < len(g.prefix)+len(g.suffix) || !strings.HasPrefix(s, g.prefix) || !strings.HasSuffix(s, g.suffix) {
		return false
	}
	s = s[len(g.prefix) : len(s)-len(g.suffix)]
	if len(g.middle) == 1 && g.middle[0] == anyDepth {
		return true
	}
	letters := make([]token, 0, len(s))
	for _, r := range s {
		letters = append(letters, token(r))
	}
	return consume(g.middle, letters)
}

// covers says that g fits everything that other fits. Where it says no, that is
// not proven.
func (g *Glob) covers(other *Glob) bool {
	return strings.HasPrefix(other.prefix, g.prefix) && consume(g.tokens, other.tokens)
}

// apart says that no name fits both patterns, by a glance at their beginnings.
func (g *Glob) apart(other *Glob) bool {
	n := min(len(g.prefix), len(other.prefix))
	return g.prefix[:n] != other.prefix[:n]
}

// takes says whether a step of a pattern takes a character, or a wildcard of
// another pattern with all that it can stand for.
func (t token) takes(c token) bool {
	switch t {
	case anyDepth:
		return true
	case anySome:
		return c != anyDepth && c != anySafe && c != '/'
	case anySafe:
		return c >= 0 || c == anyOne || c == anySafe
	case anyOne:
		return c >= 0 && c != '/' || c == anyOne
	}
	return t == c
}

// many says whether a step takes any number of characters.
func (t token) many() bool { return t == anySome || t == anyDepth }

// consume says whether a pattern takes all letters. It follows all ways at once,
// so that its time is the product of the lengths, whatever the pattern.
func consume(pattern, letters []token) bool {
	at := make([]bool, len(pattern)+1)
	next := make([]bool, len(pattern)+1)
	at[0] = true
	skip(pattern, at)
	for _, c := range letters {
		clear(next)
		alive := false
		for i, t := range pattern {
			if !at[i] || !t.takes(c) {
				continue
			}
			alive = true
			if t.many() {
				next[i] = true
			} else {
				next[i+1] = true
			}
		}
		if !alive {
			return false
		}
		skip(pattern, next)
		at, next = next, at
	}
	return at[len(pattern)]
}

// skip adds the places that are reached without a character.
func skip(pattern []token, at []bool) {
	for i, t := range pattern {
		if at[i] && t.many() {
			at[i+1] = true
		}
	}
}

// overlaps says whether there is a name that both patterns fit.
func (g *Glob) overlaps(other *Glob) bool {
	if g.apart(other) {
		return false
	}
	a, b := g.tokens, other.tokens
	// below[j] says whether a[i+1:] and b[j:] have a name in common, here the
	// same for a[i:].
	below := make([]bool, len(b)+1)
	here := make([]bool, len(b)+1)
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			here[j] = meet(a[i:], b[j:], func(di, dj int) bool {
				if di == 0 {
					return here[j+dj]
				}
				return below[j+dj]
			})
		}
		here, below = below, here
	}
	return below[0]
}

// meet takes the first step of two patterns, and asks rest about what follows
// when so many tokens of each are gone.
func meet(a, b []token, rest func(di, dj int) bool) bool {
	switch {
	case len(a) == 0 && len(b) == 0:
		return true
	case len(a) == 0:
		return b[0].many() && rest(0, 1)
	case len(b) == 0:
		return a[0].many() && rest(1, 0)
	case a[0].many():
		return rest(1, 0) || (a[0].shares(b[0]) || b[0].many()) && rest(0, 1)
	case b[0].many():
		return rest(0, 1) || b[0].shares(a[0]) && rest(1, 0)
	}
	return a[0].shares(b[0]) && rest(1, 1)
}

// shares says whether there is a character that both steps take.
func (t token) shares(c token) bool {
	if t < 0 && c < 0 {
		return true
	}
	return t.takes(c) || c.takes(t)
}
