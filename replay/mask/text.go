package mask

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// maxRounds bounds how often a text is looked at: what was masked can let
// something else be seen, such as the key that stood in the shadow of another.
const maxRounds = 8

// Text masks a text and returns how many values were replaced.
func (m *Masker) Text(text string, role content.Role) (masked string, spans int) {
	for range maxRounds {
		finds := m.finds(text, role)
		if len(finds) == 0 {
			return text, spans
		}
		var b strings.Builder
		at := 0
		for _, f := range finds {
			b.WriteString(text[at:f.from])
			b.WriteString(m.placeholder(text[f.from:f.to], f))
			at = f.to
		}
		b.WriteString(text[at:])
		text, spans = b.String(), spans+len(finds)
	}
	if finds := m.finds(text, role); len(finds) > 0 { // it goes on without end: none of it is sent
		return m.placeholder(text, finds[0]), spans + 1
	}
	return text, spans
}

// JSON masks a value of JSON, in the texts and names that it holds and where
// several of them together show a value, as a name and what follows it do. What
// is no JSON is masked as a text. numbersFrom is the level of brackets from which
// on numbers are masked too, which makes them texts: above it they are
// parameters.
func (m *Masker) JSON(raw []byte, numbersFrom int) (masked []byte, spans int) {
	return m.json(raw, numbersFrom, 0)
}

// maxInner bounds how deep JSON stands in texts of JSON: the arguments of a tool
// are such a text, and may hold another.
const maxInner = 4

func (m *Masker) json(raw []byte, numbersFrom, inner int) (masked []byte, spans int) {
	if !json.Valid(raw) {
		text, n := m.Text(string(raw), content.RoleUser)
		return []byte(text), n
	}
	for range maxRounds {
		next, n := m.literals(raw, inner)
		next, seen := m.across(next, numbersFrom, false)
		if n+seen == 0 {
			return raw, spans
		}
		raw, spans = next, spans+n+seen
	}
	if next, n := m.across(raw, numbersFrom, true); n > 0 { // whole texts, so that an end is reached
		raw, spans = next, spans+n
	}
	if finds := m.finds(string(raw), content.RoleUser); len(finds) > 0 {
		return []byte(quote(m.placeholder(string(raw), finds[0]))), spans + 1
	}
	return raw, spans
}

// literals masks each text of a value of JSON by itself, as it reads without
// escapes.
func (m *Masker) literals(raw []byte, inner int) (masked []byte, spans int) {
	var out []byte
	at := 0
	for _, t := range tokensOf(raw) {
		var text string
		if t.number || json.Unmarshal(raw[t.from:t.to], &text) != nil {
			continue
		}
		var next string
		var n int
		if inner < maxInner && strings.ContainsAny(text, "{[") && json.Valid([]byte(text)) {
			b, spans := m.json([]byte(text), 0, inner+1)
			next, n = string(b), spans
		} else {
			next, n = m.Text(text, content.RoleUser)
		}
		if n > 0 {
			out = append(append(out, raw[at:t.from]...), quote(next)...)
			at, spans = t.to, spans+n
		}
	}
	return append(out, raw[at:]...), spans
}

// across masks what shows only in several texts together. Of a text the part is
// replaced that shows it, or all of it.
func (m *Masker) across(raw []byte, numbersFrom int, whole bool) (masked []byte, spans int) {
	finds := m.finds(string(raw), content.RoleUser)
	if len(finds) == 0 {
		return raw, 0
	}
	var out []byte
	at := 0
	for _, t := range tokensOf(raw) {
		for len(finds) > 0 && finds[0].to <= t.from {
			finds = finds[1:]
		}
		if len(finds) == 0 {
			break
		}
		f := finds[0]
		if f.from >= t.to {
			continue
		}
		switch {
		case t.number && t.depth >= numbersFrom && f.from <= t.from && f.to >= t.to:
			out = append(append(out, raw[at:t.from]...), quote(m.placeholder(string(raw[t.from:t.to]), f))...)
			at, spans = t.to, spans+1
		case !t.number:
			from, to := partOf(raw, t, f, whole)
			if from < to {
				out = append(append(out, raw[at:from]...), m.placeholder(unquote(raw[from:to]), f)...)
				at, spans = to, spans+1
			}
		}
	}
	return append(out, raw[at:]...), spans
}

// partOf returns the part of a text in JSON that a find covers, no escape cut
// in two.
func partOf(raw []byte, t token, f find, whole bool) (from, to int) {
	first, last := t.from+1, t.to-1
	if whole {
		return first, last
	}
	from, to = last, first
	for i := first; i < last; {
		size := 1
		if raw[i] == '\\' {
			size = 2
			if raw[i+1] == 'u' {
				size = 6
			}
		}
		if i < f.to && i+size > f.from {
			from, to = min(from, i), i+size
		}
		i += size
	}
	return from, to
}

// token is a text or a number of JSON.
type token struct {
	from, to int // with the quotation marks
	depth    int // brackets around it
	number   bool
}

// tokensOf returns the texts and numbers of valid JSON, in order.
func tokensOf(raw []byte) []token {
	var out []token
	depth := 0
	for i := 0; i < len(raw); i++ {
		from := i
		switch c := raw[i]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == '"':
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			out = append(out, token{from, i + 1, depth, false})
		case c == '-' || c >= '0' && c <= '9':
			for i+1 < len(raw) && strings.IndexByte("+-.0123456789Ee", raw[i+1]) >= 0 {
				i++
			}
			out = append(out, token{from, i + 1, depth, true})
		}
	}
	return out
}

// quote writes a text as JSON, without escapes that nobody asks for.
func quote(text string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(text) != nil {
		return `""` // a text always can be written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// unquote reads a part of a text in JSON.
func unquote(part []byte) string {
	var text string
	if json.Unmarshal([]byte(`"`+string(part)+`"`), &text) != nil {
		return string(part)
	}
	return text
}

// isText reports whether bytes are a text that can be looked at.
func isText(data []byte) bool { return len(data) > 0 && utf8.Valid(data) }
