package content

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
	"github.com/zricethezav/gitleaks/v8/config"
)

// KindSecret is the kind of signs of what grants access: keys, tokens,
// passwords in connection strings. Their labels are the ids of gitleaks' rules,
// or of rules of this package for what gitleaks lacks.
const KindSecret = "secret"

// secretScan looks for secrets. The rules are those that gitleaks 8.30.1
// maintains (github.com/gitleaks/gitleaks, MIT), read from the text that its
// package config embeds; its engine is left out, for it reads files of a
// repository and is slower on short texts. As there, a rule is tried only where
// one of its keywords stands, and what it finds must be random enough and on no
// list of what is allowed. Differences: rules about files of a name are left
// out; what stands for a secret in documentation is none ([placeholder]); and a
// rule that looks for "word = value" is tried only where a value with a digit
// follows ([isAssigned]). To import the rules alone adds 0.6 MB to the program and
// 2 ms to its first scan; the expressions are compiled when first tried. Of
// 4,340 texts made from the expressions of its rules this finds all 4,188 that
// gitleaks' engine does.
type secretScan struct {
	set *secretSet
	// spans are, by rule, where it is to be tried in the text at hand; touched
	// lists the rules that have some.
	spans   [][]span
	touched []int
}

// span is a range of bytes.
type span struct{ from, to int }

// secretSet is what all scanners share. Only its regular expressions change:
// they are compiled when first needed.
type secretSet struct {
	rules  []*secretRule
	words  []string     // the keywords of all rules, each once
	byWord [][]ruleWord // by word
	global *allowlist
}

// ruleWord is a rule that a keyword makes worth trying.
type ruleWord struct {
	rule   int
	begins bool // a match begins with the keyword, and no word goes on there
}

// sharedSecrets reads the rules once for a process: that takes some
// milliseconds, and each worker has a scanner.
var sharedSecrets = sync.OnceValues(newSecretSet) //nolint:gochecknoglobals // made once from constants

func newSecretScan() (part, error) {
	set, err := sharedSecrets()
	if err != nil {
		return nil, err
	}
	return &secretScan{set: set, spans: make([][]span, len(set.rules))}, nil
}

func (s *secretScan) keywords() []string { return s.set.words }

// newSecretSet reads gitleaks' rules and adds those of this package.
func newSecretSet() (*secretSet, error) {
	var file struct {
		Allowlist *allowlist
		Rules     []*secretRule
	}
	if err := toml.Unmarshal([]byte(config.DefaultConfig), &file); err != nil {
		return nil, fmt.Errorf("reading gitleaks' rules: %w", err)
	}
	if file.Allowlist == nil {
		return nil, errors.New("reading gitleaks' rules: they have no allowlist")
	}
	set := &secretSet{global: file.Allowlist}
	if err := set.global.check(); err != nil {
		return nil, fmt.Errorf("reading gitleaks' allowlist: %w", err)
	}
	for _, r := range file.Rules {
		if r.Path == "" && len(r.Keywords) > 0 {
			r.rank, r.score = gitleaksRank(r)
			set.rules = append(set.rules, r)
		}
	}
	set.rules = append(append(set.rules, ownSecretRules()...), shapeRules()...)
	index := map[string]int{}
	for id, r := range set.rules {
		if err := r.prepare(); err != nil {
			return nil, fmt.Errorf("reading the rule of secrets %s: %w", r.ID, err)
		}
		for _, word := range r.Keywords {
			for _, w := range lengthened(strings.ToLower(word)) {
				i, ok := index[w]
				if !ok {
					i = len(set.words)
					index[w] = i
					set.words, set.byWord = append(set.words, w), append(set.byWord, nil)
				}
				set.byWord[i] = append(set.byWord[i], ruleWord{id, r.beginsWith(w)})
			}
		}
	}
	return set, nil
}

// lengthened returns a keyword with each byte that can follow it in a secret
// where it is shorter than keywords of a part are. gitleaks has four of them: ey,
// q~, s. and sk.
func lengthened(word string) []string {
	if len(word) >= 3 {
		return []string{word}
	}
	var words []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789_~.-" {
		words = append(words, lengthened(word+string(c))...)
	}
	return words
}

// scan reports the secrets of a text, each place once: of rules that find the
// same the more special one names it.
func (s *secretScan) scan(t *Text, report func(Sign)) {
	for _, id := range s.touched {
		s.spans[id] = s.spans[id][:0]
	}
	s.touched = s.touched[:0]
	for _, h := range t.hits {
		for _, w := range s.set.byWord[h.word] {
			if s.set.rules[w.rule].canStand(t.Folded, int(h.start), w.begins) {
				s.try(w.rule, int(h.start), len(t.Raw))
			}
		}
	}
	if len(s.touched) == 0 {
		return
	}
	var found []foundSecret
	for _, id := range s.touched {
		r := s.set.rules[id]
		for _, where := range s.spans[id] {
			found = s.set.appendFound(found, r, t.Raw, where)
		}
	}
	for _, f := range withoutOverlaps(found) {
		report(Sign{Kind: KindSecret, Label: f.rule.ID, Score: f.rule.score, Start: f.from, End: f.to})
	}
}

// try notes that a rule is to be tried around a keyword.
func (s *secretScan) try(rule, at, size int) {
	reach := s.set.rules[rule].reach
	where := span{max(0, at-reach), min(size, at+reach)}
	spans := s.spans[rule]
	if len(spans) == 0 {
		s.touched = append(s.touched, rule)
	}
	if n := len(spans); n > 0 && where.from <= spans[n-1].to {
		spans[n-1] = span{min(spans[n-1].from, where.from), max(spans[n-1].to, where.to)}
	} else {
		s.spans[rule] = append(spans, where)
	}
}

type foundSecret struct {
	span
	rule *secretRule
}

// appendFound appends what a rule finds in a part of a text. What touches an end
// of the part that is not one of the text was cut, and is found in no part: a
// part reaches as far as a match can.
func (set *secretSet) appendFound(found []foundSecret, r *secretRule, text []byte, where span) []foundSecret {
	find := r.regexp()
	for at := where.from; at < where.to; {
		m := find.FindSubmatchIndex(text[at:where.to])
		if m == nil {
			break
		}
		match := span{at + m[0], at + m[1]}
		secret := span{at + m[2*r.group(m)], at + m[2*r.group(m)+1]}
		at = max(match.to, at+1)
		if match.from == where.from && where.from > 0 || match.to == where.to && where.to < len(text) {
			continue
		}
		if set.isSecret(r, text, match, secret) {
			found = append(found, foundSecret{secret, r})
		}
	}
	return found
}

// isSecret reports whether what a rule found is one.
func (set *secretSet) isSecret(r *secretRule, text []byte, match, secret span) bool {
	b := text[secret.from:secret.to]
	if len(b) == 0 || r.Entropy > 0 && entropy(b) <= r.Entropy || placeholder(b, r.wordy) {
		return false
	}
	if r.shape != "" && (!startsWord(text, match.from) || !endsWord(text, secret.to) || !isSecret(b, r.shape)) {
		return false
	}
	if set.global.allows(text, match, secret) {
		return false
	}
	for i := range r.Allowlists {
		if r.Allowlists[i].allows(text, match, secret) {
			return false
		}
	}
	return true
}

// withoutOverlaps keeps of what overlaps the one of the lowest rank, in order of
// place.
func withoutOverlaps(found []foundSecret) []foundSecret {
	slices.SortStableFunc(found, func(a, b foundSecret) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.rule.rank, b.rule.rank), cmp.Compare(b.to, a.to), cmp.Compare(a.rule.ID, b.rule.ID))
	})
	kept := found[:0]
	for _, f := range found {
		n := len(kept)
		switch {
		case n == 0 || f.from >= kept[n-1].to:
			kept = append(kept, f)
		case f.rule.rank < kept[n-1].rule.rank:
			kept[n-1] = f
		}
	}
	return kept
}

// placeholder reports whether a text stands for a secret that the reader is to
// put in: documentation, examples and masked logs are full of them. Of rules
// that find "word = value", values that describe themselves are left out too.
func placeholder(b []byte, wordy bool) bool {
	lower := bytes.ToLower(b)
	for _, word := range []string{"example", "placeholder", "redacted", "your_", "your-", "yourkey", "yourapi", "<your", "dummy", "changeme", "xxxx", "****", "....", "00000000", "abcdefgh", "1234567890", "insert_", "insert-", "replace_", "replace-"} {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	if !wordy {
		return false
	}
	for _, word := range []string{"fake", "mock", "sample", "test", "token", "secret", "api_key", "apikey", "api-key", "my-", "my_", "${", "{{", "process.env", "os.environ", "getenv"} {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	return false
}
