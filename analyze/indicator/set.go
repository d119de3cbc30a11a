package indicator

import (
	"crypto/md5"  //nolint:gosec // lists of indicators have such hashes
	"crypto/sha1" //nolint:gosec // the same
	"encoding/hex"
)

// Set finds the terms of a list in texts. It is safe for concurrent use; its
// scanners are not.
type Set struct {
	Terms     []Term // each once; the number of a term is its place here
	at        map[Term]int32
	addresses *addressIndex
	phrases   *phraseIndex
	texts     *automaton
	hints     *hintIndex
	digests   map[string][]int32 // of MD5 and SHA-1, as bytes
}

// NewSet makes a set of all terms of a list.
func NewSet(list []Indicator) (*Set, error) {
	s := &Set{
		at: map[Term]int32{}, addresses: newAddressIndex(), phrases: newPhraseIndex(), hints: newHintIndex(),
		digests: map[string][]int32{},
	}
	var texts patterns
	for i := range list {
		for _, all := range list[i].Any {
			for _, l := range all {
				s.add(l.Term, &texts)
			}
		}
	}
	s.phrases.finish()
	var err error
	s.texts, err = newAutomaton(&texts)
	return s, err
}

// Number is the place of a term in Terms.
func (s *Set) Number(t Term) int32 { return s.at[t] }

func (s *Set) add(t Term, texts *patterns) {
	if _, ok := s.at[t]; ok {
		return
	}
	n := int32(len(s.Terms)) //nolint:gosec // at most MaxIndicators times maxAlternatives
	s.at[t] = n
	s.Terms = append(s.Terms, t)
	folded := appendFold(nil, []byte(t.Value))
	switch t.Type {
	case Address, Network:
		s.addresses.add(n, t)
		return
	case Text:
		texts.texts, texts.terms = append(texts.texts, folded), append(texts.terms, n)
		return
	case Key:
		s.hints.add(n, t.Value)
		if parseHint(t.Value).ok() {
			texts.texts, texts.terms = append(texts.texts, folded), append(texts.terms, n)
			return
		}
		s.phrases.add(n, []byte(KeySum(t.Value)), phraseRule{})
	case MD5, SHA1:
		if raw, err := hex.DecodeString(t.Value); err == nil {
			s.digests[string(raw)] = append(s.digests[string(raw)], n)
		}
	}
	s.phrases.add(n, folded, ruleOf(t.Type))
}

// Scanner finds terms in one text after the other.
type Scanner struct {
	set     *Set
	fold    []byte
	raw     [2][]byte
	found   []int32
	last    []uint32 // by term: the text in which it was found last
	current uint32
	add     func(term int32)
}

// Scanner returns a new scanner.
func (s *Set) Scanner() *Scanner {
	f := &Scanner{set: s, last: make([]uint32, len(s.Terms))}
	f.add = func(term int32) {
		if f.last[term] != f.current {
			f.last[term] = f.current
			f.found = append(f.found, term)
		}
	}
	return f
}

// Kind says what else a value is beside text.
type Kind struct {
	JSON       bool // its strings have escapes, perhaps several deep
	Said       bool // a text as a whole, which hashes are about
	Credential bool // a credential, perhaps shortened
}

// maxEscapes is how deep JSON is looked for in strings of JSON: what a model
// was told to call, in a message, in a log record, in an envelope.
const maxEscapes = 4

// Find returns the terms in a value, each once, in the order of their numbers
// as they were found. They are valid until the next call.
func (f *Scanner) Find(value []byte, kind Kind) []int32 {
	f.found = f.found[:0]
	if f.current++; f.current == 0 { // all numbers were used
		clear(f.last)
		f.current = 1
	}
	f.scan(value)
	if kind.JSON {
		f.scanEscaped(value)
	}
	if kind.Said && len(f.set.digests) > 0 && len(value) > 0 {
		m, h := md5.Sum(value), sha1.Sum(value) //nolint:gosec // lists of indicators have such hashes
		f.addAll(f.set.digests[string(m[:])])
		f.addAll(f.set.digests[string(h[:])])
	}
	if kind.Credential {
		f.set.hints.find(string(value), f.add)
	}
	return f.found
}

func (f *Scanner) scanEscaped(value []byte) {
	for depth := range maxEscapes {
		to := &f.raw[depth%2]
		var some bool
		*to, some = appendUnescaped((*to)[:0], value)
		if !some {
			return
		}
		f.scan(*to)
		value = *to
	}
}

func (f *Scanner) scan(value []byte) {
	s := f.set
	if !s.addresses.empty() {
		s.addresses.find(value, f.add)
	}
	if s.phrases.empty() && s.texts == nil {
		return
	}
	f.fold = appendFold(f.fold[:0], value)
	if !s.phrases.empty() {
		s.phrases.find(f.fold, f.add)
	}
	if s.texts != nil {
		s.texts.find(f.fold, f.add)
	}
}

func (f *Scanner) addAll(terms []int32) {
	for _, t := range terms {
		f.add(t)
	}
}
