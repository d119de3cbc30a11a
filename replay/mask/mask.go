// Package mask takes secrets and personal data out of a request before it is
// sent. What analyze/content finds is replaced by placeholders such as <EMAIL_1>
// and <SECRET_2>: the same value gets the same one throughout a run, in every
// part of every request, so that a model can still tell two persons apart and a
// tool call still fits its result. What the placeholders stand for is kept in
// memory only.
//
// A request body keeps its own bytes but for the values that were replaced, and
// stays JSON. Names of persons are not recognised, nor is what a picture shows or
// what stands in text that is not encoded in one of the ways that
// analyze/content undoes: masking lowers what gets out, and does not prove that
// nothing personal does. Of secrets it promises more: none that
// analyze/content finds stays in a masked text.
package mask

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
)

// Masker replaces values. It must not be used by two goroutines at once.
type Masker struct {
	scanner *content.Scanner
	byValue map[string]*entry // by value
	values  map[string]string // by placeholder
	known   []*entry          // of the request at hand, replaced wherever they stand
	counts  map[string]*Count // by label
	numbers map[string]int    // of placeholders, by word
}

// entry is a value and what stands for it.
type entry struct {
	value, placeholder string
	kind, label        string // as first found
}

// Count says what was masked.
type Count struct {
	Kind   string // secret or personal
	Label  string // email, phone, aws-access-token ...
	Values int    // different ones
	Spans  int    // places, in what was masked so far
}

// New returns a Masker that knows no values yet.
func New() (*Masker, error) {
	s, err := content.NewScanner()
	if err != nil {
		return nil, fmt.Errorf("making a scanner of requests: %w", err)
	}
	return &Masker{scanner: s, byValue: map[string]*entry{}, values: map[string]string{}, counts: map[string]*Count{}, numbers: map[string]int{}}, nil
}

// Counts returns what was masked so far, by kind and label.
func (m *Masker) Counts() []Count {
	out := make([]Count, 0, len(m.counts))
	for _, c := range m.counts {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Label, b.Label)) })
	return out
}

// Unmask puts the values back into a text, such as a reply that names a
// placeholder. The result is for the eyes of the examiner, and is not to be kept
// where the log itself is not.
func (m *Masker) Unmask(text string) string {
	var b strings.Builder
	for {
		from := strings.IndexByte(text, '<')
		if from < 0 {
			break
		}
		b.WriteString(text[:from])
		p := m.placeholderAt(text[from:])
		if p == "" {
			p = "<"
			b.WriteString(p)
		} else {
			b.WriteString(m.values[p])
		}
		text = text[from+len(p):]
	}
	b.WriteString(text)
	return b.String()
}

// maxPlaceholder is the length of the longest placeholder, in bytes.
const maxPlaceholder = 64

// placeholderAt returns the placeholder that a text begins with, or "".
func (m *Masker) placeholderAt(text string) string {
	to := strings.IndexByte(text[:min(len(text), maxPlaceholder)], '>')
	if _, ok := m.values[text[:to+1]]; !ok {
		return ""
	}
	return text[:to+1]
}

// threshold is the score from which on a sign is masked. Of personal data,
// scores below are numbers that may be anything.
const threshold = content.Flagged

// find is a value to be replaced.
type find struct {
	from, to    int
	kind, label string
}

// finds returns what is to be replaced in a text, in order of place and without
// overlaps: what the scanner finds, and what is known from other texts.
func (m *Masker) finds(text string, role content.Role) []find {
	var out []find
	for _, w := range windows(len(text)) {
		for _, s := range m.scanner.Scan([]byte(text[w.from:w.to]), role) {
			if (s.Kind == content.KindSecret || s.Kind == content.KindPersonal) && s.Score >= threshold && s.End > s.Start {
				out = append(out, find{w.from + s.Start, w.from + s.End, s.Kind, s.Label})
			}
		}
	}
	for _, e := range m.known {
		out = appendKnown(out, text, e)
	}
	out = slices.DeleteFunc(out, func(f find) bool { return m.within(text, f) })
	secrets, others := merged(out, true), merged(out, false)
	// What is both, as a password before the @ of an address is, is a secret; what
	// remains of the other is found in the next round.
	others = slices.DeleteFunc(others, func(f find) bool {
		i, _ := slices.BinarySearchFunc(secrets, f.from, func(s find, from int) int { return cmp.Compare(s.to, from+1) })
		return i < len(secrets) && secrets[i].from < f.to
	})
	out = append(secrets, others...)
	slices.SortFunc(out, func(a, b find) int { return cmp.Compare(a.from, b.from) })
	return out
}

// merged returns the finds that are secrets, or the others, in order of place;
// those that overlap are one.
func merged(list []find, secrets bool) []find {
	var out []find
	for _, f := range list {
		if (f.kind == content.KindSecret) == secrets {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b find) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), cmp.Compare(a.label, b.label))
	})
	kept := out[:0]
	for _, f := range out {
		if n := len(kept); n == 0 || f.from >= kept[n-1].to {
			kept = append(kept, f)
		} else {
			kept[n-1].to = max(kept[n-1].to, f.to)
		}
	}
	return kept
}

// within reports whether a find is part of a placeholder: what the scanner makes
// of one is no value.
func (m *Masker) within(text string, f find) bool {
	start := max(0, f.from+1-maxPlaceholder)
	from := strings.LastIndexByte(text[start:f.from+1], '<')
	return from >= 0 && start+from+len(m.placeholderAt(text[start+from:])) >= f.to
}

// span is a range of bytes.
type span struct{ from, to int }

// overlap is how much two windows of a long text have in common: more than any
// secret is long that a rule describes by its length. A private key may be
// longer, and its begin is then found.
const overlap = 64 << 10

// windows cuts a text into pieces that are scanned whole.
func windows(size int) []span {
	if size <= content.MaxText {
		return []span{{0, size}}
	}
	var out []span
	for from := 0; ; from += content.MaxText - overlap {
		to := min(size, from+content.MaxText)
		out = append(out, span{from, to})
		if to == size {
			return out
		}
	}
}

// minKnown is the length of the shortest value that is replaced wherever it
// stands, in bytes: a short password may be a word.
const minKnown = 6

// appendKnown appends the places of a known value that no letter or digit
// continues.
func appendKnown(out []find, text string, e *entry) []find {
	value := e.value
	for at := 0; ; {
		i := strings.Index(text[at:], value)
		if i < 0 {
			return out
		}
		from, to := at+i, at+i+len(value)
		if (from == 0 || !isWord(text[from-1]) || !isWord(value[0])) && (to == len(text) || !isWord(text[to]) || !isWord(value[len(value)-1])) {
			out = append(out, find{from, to, e.kind, e.label})
		}
		at = to
	}
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// placeholder returns what stands for a value, and counts the place.
func (m *Masker) placeholder(value string, f find) string {
	e := m.byValue[value]
	if e == nil {
		word := wordOf(f)
		m.numbers[word]++
		e = &entry{value, "<" + word + "_" + strconv.Itoa(m.numbers[word]) + ">", f.kind, f.label}
		m.byValue[value], m.values[e.placeholder] = e, value
		m.count(e).Values++
	}
	if len(value) >= minKnown && strings.TrimSpace(value) == value && !slices.Contains(m.known, e) {
		m.known = append(m.known, e)
	}
	m.count(e).Spans++
	return e.placeholder
}

// count returns the count of the label of a value.
func (m *Masker) count(e *entry) *Count {
	key := e.kind + "/" + e.label
	if m.counts[key] == nil {
		m.counts[key] = &Count{Kind: e.kind, Label: e.label}
	}
	return m.counts[key]
}

// wordOf returns the word of a placeholder: what the value is, in capitals.
func wordOf(f find) string {
	if f.kind != content.KindPersonal {
		return "SECRET"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			return r
		}
		return '_'
	}, f.label)
}
