package rules

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// pattern is a text of a rule: literal parts and wildcards, in turn.
type pattern []part

// part is a literal text or, when wild is not 0, a wildcard: '*' stands for any
// text and '?' for one character.
type part struct {
	lit  string
	wild byte
}

// parsePattern reads a text as Sigma writes it: * and ? are wildcards, and a
// backslash before one of them or before a backslash takes its meaning away.
// Any other backslash is one.
func parsePattern(s string) pattern {
	var p pattern
	var lit strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			lit.WriteByte(s[i])
		case c == '*' || c == '?':
			p = append(p.literal(lit.String()), part{wild: c})
			lit.Reset()
		default:
			lit.WriteByte(c)
		}
	}
	return p.literal(lit.String())
}

// literal adds a literal part, if there is anything of it.
func (p pattern) literal(s string) pattern {
	if s == "" {
		return p
	}
	if n := len(p); n > 0 && p[n-1].wild == 0 {
		p[n-1].lit += s
		return p
	}
	return append(p, part{lit: s})
}

// plain returns the text of a pattern without wildcards.
func (p pattern) plain() (text string, ok bool) {
	switch {
	case len(p) == 0:
		return "", true
	case len(p) == 1 && p[0].wild == 0:
		return p[0].lit, true
	}
	return "", false
}

// around adds * before and behind, where none is yet.
func (p pattern) around(before, behind bool) pattern {
	out := append(pattern{}, p...)
	if before && (len(out) == 0 || out[0].wild != '*') {
		out = append(pattern{{wild: '*'}}, out...)
	}
	if behind && out[:max(len(out), 0)].open() {
		out = append(out, part{wild: '*'})
	}
	return out
}

// open reports whether the pattern does not end in *.
func (p pattern) open() bool { return len(p) == 0 || p[len(p)-1].wild != '*' }

// dash matches what begins a parameter of a command line, as pySigma finds it: a
// dash or slash with no word before it and one behind.
var dash = regexp.MustCompile(`(^|[^0-9A-Za-z_])[-/–—―]([0-9A-Za-z_])`)

// maxDashes is how many dashes of one text windash replaces: each makes five
// texts of one.
const maxDashes = 3

// windash returns the pattern with every combination of the characters that
// Windows takes for the dash of a parameter.
func (p pattern) windash() ([]pattern, error) {
	out := []pattern{nil}
	dashes := 0
	for _, x := range p {
		if x.wild != 0 {
			out = extend(out, []part{x})
			continue
		}
		rest := x.lit
		for {
			m := dash.FindStringSubmatchIndex(rest)
			if m == nil {
				break
			}
			if dashes++; dashes > maxDashes {
				return nil, fmt.Errorf("windash replaces at most %d dashes of a value; write the others out", maxDashes)
			}
			var all []part
			for _, d := range []string{"-", "/", "–", "—", "―"} {
				all = append(all, part{lit: rest[:m[3]] + d})
			}
			out = extend(out, all)
			rest = rest[m[4]:]
		}
		out = extend(out, []part{{lit: rest}})
	}
	return out, nil
}

// extend returns each pattern with each part behind it.
func extend(list []pattern, parts []part) []pattern {
	out := make([]pattern, 0, len(list)*len(parts))
	for _, p := range list {
		for _, x := range parts {
			next := append(pattern{}, p...)
			if x.wild != 0 {
				out = append(out, append(next, x))
			} else {
				out = append(out, next.literal(x.lit))
			}
		}
	}
	return out
}

// encoding is what utf16 and its kin make of a text.
type encoding uint8

const (
	encodeNone encoding = iota
	encodeUTF16LE
	encodeUTF16BE
	encodeUTF16 // little-endian behind a byte order mark
)

// encode returns the bytes of a text.
func (e encoding) encode(s string) []byte {
	if e == encodeNone {
		return []byte(s)
	}
	var out []byte
	if e == encodeUTF16 {
		out = append(out, 0xff, 0xfe)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		if e == encodeUTF16BE {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

var errWild = errors.New("a value with wildcards has no Base64 form; escape them as \\* and \\?")

// base64Of returns the Base64 form of bytes.
func base64Of(data []byte) pattern { return pattern{}.literal(base64.StdEncoding.EncodeToString(data)) }

// base64Offsets returns what Base64 makes of bytes inside a longer text, for
// each place that they can have in a group of three. Characters that depend on
// what is before and behind are left out.
func base64Offsets(data []byte) []pattern {
	var out []pattern
	for shift := range 3 {
		text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), data...))
		// The first shift bytes fill 8*shift bits, and the last group is not full:
		// what shares a character with either is not known.
		from := (8*shift + 5) / 6
		to := (8 * (shift + len(data))) / 6
		if from < to {
			out = append(out, pattern{}.literal(text[from:to]))
		}
	}
	return out
}

// checkText refuses texts that cannot stand in SQL.
func checkText(s string) error {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return errors.New("a NUL character cannot be looked for in text")
	case !utf8.ValidString(s):
		return errors.New("this is no UTF-8")
	}
	return nil
}
