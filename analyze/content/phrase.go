package content

import (
	"fmt"
	"regexp"
	"strings"
)

// phrase is one way to say something.
type phrase struct {
	label string
	score float64
	// words must stand in the text for the pattern to be tried near them: one of
	// each list, which are separated by semicolons, words by bars. The first list
	// is looked for first: it should be the rarest.
	words string
	// pattern is a regular expression over the text in lower case. A space in it
	// is any white space, an apostrophe is any of those that are in use, or none.
	// One that begins with ^ is tried at the beginning of the text only.
	pattern string
}

// reach is how far from its first word a phrase may go, in bytes: two or three
// sentences.
const reach = 240

// phraseSet is phrases ready to be found; scanners share it.
type phraseSet struct {
	words []string
	uses  [][]wordUse // by word, of those that belong to phrases
	rules []phraseRule
}

type wordUse struct{ rule, list int32 }

type phraseRule struct {
	phrase
	find  *regexp.Regexp
	lists int
}

// newPhraseSet makes a set. More words are found that belong to no phrase.
func newPhraseSet(phrases []phrase, more ...string) (*phraseSet, error) {
	s := &phraseSet{}
	index := map[string]int{}
	for i, p := range phrases {
		find, err := regexp.Compile(patternOf(p.pattern))
		if err != nil {
			return nil, fmt.Errorf("reading the phrase %s (%s): %w", p.label, p.pattern, err)
		}
		lists := strings.Split(p.words, ";")
		s.rules = append(s.rules, phraseRule{p, find, len(lists)})
		for j, list := range lists {
			for word := range strings.SplitSeq(list, "|") {
				at, ok := index[word]
				if !ok {
					at = len(s.words)
					index[word] = at
					s.words, s.uses = append(s.words, word), append(s.uses, nil)
				}
				s.uses[at] = append(s.uses[at], wordUse{int32(i), int32(j)}) //nolint:gosec // some hundred
			}
		}
	}
	s.words = append(s.words, more...)
	return s, nil
}

// patternOf writes a pattern out.
func patternOf(p string) string {
	return strings.NewReplacer(" ?", `\s*`, " ", `\s+`, "'", "(?:'|’|`)?").Replace(p)
}

// phraseFinder finds the phrases of a set in texts. It must not be used by two
// goroutines at once.
type phraseFinder struct {
	set   *phraseSet
	near  [][]window // by rule: where its words stand, joined
	used  []int32    // the rules that have some
	other [][]int32  // by rule: where words of its second list stand
}

// window is a range of a text.
type window struct{ from, to int }

func newPhraseFinder(s *phraseSet) *phraseFinder {
	return &phraseFinder{set: s, near: make([][]window, len(s.rules)), other: make([][]int32, len(s.rules))}
}

// find calls found for each phrase, by rule and place. Windows around words that
// overlap are joined before a pattern is tried in them, so that no byte is read
// twice for a rule.
func (f *phraseFinder) find(t *Text, found func(rule *phraseRule, from, to int)) {
	f.gather(t)
	for _, id := range f.used {
		rule := &f.set.rules[id]
		other := f.other[id]
		for _, w := range f.near[id] {
			if rule.lists > 1 {
				for len(other) > 0 && int(other[0]) < w.from {
					other = other[1:]
				}
				if len(other) == 0 {
					break
				}
				if int(other[0]) >= w.to {
					continue
				}
			}
			f.try(t, rule, w, found)
		}
		f.near[id], f.other[id] = f.near[id][:0], f.other[id][:0]
	}
	f.used = f.used[:0]
}

// gather notes where the words of the rules stand. Hits come in the order of
// their ends, and so nearly in that of their beginnings.
func (f *phraseFinder) gather(t *Text) {
	for _, h := range t.hits {
		if int(h.word) >= len(f.set.uses) {
			continue
		}
		for _, use := range f.set.uses[h.word] {
			if use.list > 0 {
				f.touch(use.rule)
				f.other[use.rule] = append(f.other[use.rule], h.start)
				continue
			}
			from, to := max(int(h.start)-reach, 0), min(int(h.end)+reach, len(t.Folded))
			near := f.near[use.rule]
			if n := len(near); n > 0 && from <= near[n-1].to {
				near[n-1].from, near[n-1].to = min(from, near[n-1].from), max(to, near[n-1].to)
				continue
			}
			f.touch(use.rule)
			f.near[use.rule] = append(near, window{from, to})
		}
	}
}

// touch notes that a rule has words.
func (f *phraseFinder) touch(rule int32) {
	if len(f.near[rule]) == 0 && len(f.other[rule]) == 0 {
		f.used = append(f.used, rule)
	}
}

// try looks for a rule in a window, which is cut where no word is cut.
func (f *phraseFinder) try(t *Text, rule *phraseRule, w window, found func(*phraseRule, int, int)) {
	for range 32 {
		if w.from > 0 && isWordByte(t.Folded[w.from]) && isWordByte(t.Folded[w.from-1]) {
			w.from--
		}
		if w.to < len(t.Folded) && isWordByte(t.Folded[w.to]) && isWordByte(t.Folded[w.to-1]) {
			w.to++
		}
	}
	if rule.pattern[0] == '^' && (w.from > 0 || !t.Begins) {
		return
	}
	for at := w.from; at < w.to; {
		m := rule.find.FindIndex(t.Folded[at:w.to])
		if m == nil || m[1] == 0 {
			return
		}
		found(rule, at+m[0], at+m[1])
		if at += m[1]; rule.pattern[0] == '^' {
			return
		}
	}
}

// quoted reports whether a place stands within quotation marks or code: an odd
// number of marks before it on its line, or an opening mark right before it.
func quoted(text []byte, at int) bool {
	begin := max(0, at-400)
	marks := 0
	for i := at - 1; i >= begin && text[i] != '\n'; i-- {
		switch text[i] {
		case '"', '`':
			marks++
		case 0x9c: // “ is e2 80 9c, ” is e2 80 9d
			if i >= 2 && text[i-1] == 0x80 && text[i-2] == 0xe2 {
				marks++
			}
		case 0x9d:
			if i >= 2 && text[i-1] == 0x80 && text[i-2] == 0xe2 {
				marks--
			}
		}
	}
	return marks&1 == 1
}
