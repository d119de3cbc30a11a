package indicator

import (
	"errors"
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokenWord   tokenKind = iota // a keyword, number or sign
	tokenString                  // what stood in quotes
	tokenPath                    // a property, in lower case, without quotes and indices
)

type patternToken struct {
	kind tokenKind
	text string
}

// patternTokens cuts a pattern into words, texts, properties and signs.
func patternTokens(s string) ([]patternToken, error) {
	var out []patternToken
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '\'':
			text, n, err := patternString(s[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, patternToken{tokenString, text})
			i += n
		case strings.IndexByte("[](),", c) >= 0:
			out = append(out, patternToken{tokenWord, s[i : i+1]})
			i++
		case strings.IndexByte("=!<>", c) >= 0:
			n := 1
			if i+1 < len(s) && s[i+1] == '=' {
				n = 2
			}
			out = append(out, patternToken{tokenWord, strings.ReplaceAll(s[i:i+n], "==", "=")})
			i += n
		default:
			t, n, err := patternName(s[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i += n
		}
	}
	return out, nil
}

// patternString reads a text in quotes; \' and \\ are the only escapes.
func patternString(s string) (text string, n int, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\'':
			return b.String(), i + 1, nil
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", 0, errors.New("a quote is not closed")
}

// patternName reads a word, a number, or a property such as
// file:hashes.'SHA-256' or x:refs[*].value.
func patternName(s string) (patternToken, int, error) {
	var b strings.Builder
	path := false
	i := 0
	for i < len(s) {
		c := s[i]
		switch {
		case c == ':':
			path = true
			b.WriteByte(c)
			i++
		case c == '\'' && i > 0 && s[i-1] == '.':
			text, n, err := patternString(s[i:])
			if err != nil {
				return patternToken{}, 0, err
			}
			b.WriteString(text)
			i += n
		case c == '[' && path:
			n := strings.IndexByte(s[i:], ']')
			if n < 0 {
				return patternToken{}, 0, errors.New("an index is not closed")
			}
			i += n + 1
		case isWord(c) || c == '.' || c == '+' || c == '*':
			b.WriteByte(c)
			i++
		default:
			if i == 0 {
				return patternToken{}, 0, fmt.Errorf("%q is not expected", c)
			}
			return nameToken(b.String(), path), i, nil
		}
	}
	return nameToken(b.String(), path), i, nil
}

func nameToken(text string, path bool) patternToken {
	if path {
		return patternToken{tokenPath, strings.ToLower(text)}
	}
	return patternToken{tokenWord, text}
}
