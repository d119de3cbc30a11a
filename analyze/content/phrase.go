package content

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// phrase is one way to say something.
type phrase struct {
	label string
	score float64
	// words must stand in the text for the pattern to be tried near them: one of
	// each list; lists are separated by semicolons, words by bars, and a bar in a
	// word is written ¦. Near the words of the first list the pattern is tried.
	words string
	// pattern is a regular expression over the text in lower case. A space in it
	// is any white space, an apostrophe is any of those that are in use, or none.
	// One that begins with ^ is tried at the beginning of the text only; with @,
	// only where a word of the first list begins, which costs least; with @., only
	// where that begins a sentence; with @^, only where it begins a line.
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
	slots int // second and further lists of all rules
}

// wordUse is a rule that a word belongs to, and which of the lists beyond its
// first, or -1 for that.
type wordUse struct{ rule, slot int32 }

type phraseRule struct {
	phrase
	find  *regexp.Regexp
	lists int  // of words
	slot  int  // of its second list among those of all rules
	wide  bool // may go on over the end of a sentence
	place byte // where it may begin: 0 anywhere, or ^ @ . | for a text, word, sentence or line
}

// newPhraseSet makes a set. More words are found that belong to no phrase.
func newPhraseSet(phrases []phrase, more ...string) (*phraseSet, error) {
	s := &phraseSet{}
	index := map[string]int{}
	for i, p := range phrases {
		place, pattern := placeOf(p.pattern)
		find, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("reading the phrase %s (%s): %w", p.label, p.pattern, err)
		}
		lists := strings.Split(p.words, ";")
		s.rules = append(s.rules, phraseRule{p, find, len(lists), s.slots, strings.Contains(p.pattern, `[^\n]`), place})
		for j, list := range lists {
			for word := range strings.SplitSeq(list, "|") {
				word = strings.ReplaceAll(word, "¦", "|")
				at, ok := index[word]
				if !ok {
					at = len(s.words)
					index[word] = at
					s.words, s.uses = append(s.words, word), append(s.uses, nil)
				}
				use := wordUse{int32(i), int32(s.slots + j - 1)} //nolint:gosec // some hundred
				if j == 0 {
					use.slot = -1
				}
				s.uses[at] = append(s.uses[at], use)
			}
		}
		s.slots += len(lists) - 1
	}
	s.words = append(s.words, more...)
	return s, nil
}

// placeOf says where a pattern may begin, and writes it out.
func placeOf(p string) (byte, string) {
	place := byte(0)
	switch {
	case strings.HasPrefix(p, "@."):
		place, p = '.', p[2:]
	case strings.HasPrefix(p, "@^"):
		place, p = '|', p[2:]
	case p[0] == '@':
		place, p = '@', p[1:]
	case p[0] == '^':
		place = '^'
	}
	if p = patternOf(p); place > '^' || place == '@' || place == '.' {
		p = `\A(?:` + p + `)`
	}
	return place, p
}

// cross joins each word of one list with each of another.
func cross(first, second string) string {
	var words []string
	for a := range strings.SplitSeq(first, "|") {
		for b := range strings.SplitSeq(second, "|") {
			words = append(words, a+" "+b)
		}
	}
	return strings.Join(words, "|")
}

// sentenceGap is how patterns write what may stand between the words of a
// sentence; lines may break there, and a mark within a name ends none. Only a pattern with a gap of [^\n] goes on
// over the end of a sentence.
const sentenceGap = `[^.!?\n]`

// patternOf writes a pattern out.
func patternOf(p string) string {
	return strings.NewReplacer(sentenceGap, `(?:[^.!?]|[.!?]\w)`, " ?", `\s*`, " {", `\s{`, " ", `\s+`, "'", "(?:'|’|`)?").Replace(p)
}

// phraseFinder finds the phrases of a set in texts. It must not be used by two
// goroutines at once.
type phraseFinder struct {
	set   *phraseSet
	near  [][]window // by rule: where words of its first list stand, joined
	used  []int32    // the rules that have some
	other [][]int32  // by slot: where words of that list stand
	next  []int      // by slot: the first of them that may stand in the next window
	slots []int32    // the slots that have some
}

// window is a range of a text.
type window struct{ from, to int }

func newPhraseFinder(s *phraseSet) *phraseFinder {
	return &phraseFinder{set: s, near: make([][]window, len(s.rules)), other: make([][]int32, s.slots), next: make([]int, s.slots)}
}

// find calls found for each phrase, by rule and place. Windows around words that
// overlap are joined before a pattern is tried in them, so that no byte is read
// twice for a rule.
func (f *phraseFinder) find(t *Text, found func(rule *phraseRule, from, to int)) {
	f.gather(t)
	for _, id := range f.used {
		rule := &f.set.rules[id]
		for _, w := range f.near[id] {
			if f.hasOthers(rule, w) {
				f.try(t, rule, w, found)
			}
		}
		f.near[id] = f.near[id][:0]
	}
	for _, slot := range f.slots {
		f.other[slot], f.next[slot] = f.other[slot][:0], 0
	}
	f.used, f.slots = f.used[:0], f.slots[:0]
}

// hasOthers reports whether a word of each further list of a rule stands in a
// window. The windows of a rule come in the order of their beginnings, and so
// words before one are not looked at again.
func (f *phraseFinder) hasOthers(rule *phraseRule, w window) bool {
	for slot := rule.slot; slot < rule.slot+rule.lists-1; slot++ {
		other, next := f.other[slot], f.next[slot]
		for next < len(other) && int(other[next]) < w.from {
			next++
		}
		if f.next[slot] = next; next == len(other) || int(other[next]) >= w.to {
			return false
		}
	}
	return true
}

// gather notes where the words of the rules stand. Hits come in the order of
// their ends, and so nearly in that of their beginnings.
func (f *phraseFinder) gather(t *Text) {
	for _, h := range t.hits {
		if int(h.word) >= len(f.set.uses) {
			continue
		}
		for _, use := range f.set.uses[h.word] {
			if use.slot >= 0 {
				if len(f.other[use.slot]) == 0 {
					f.slots = append(f.slots, use.slot)
				}
				f.other[use.slot] = append(f.other[use.slot], h.start)
				continue
			}
			rule := &f.set.rules[use.rule]
			near := f.near[use.rule]
			if rule.anchored() {
				if begins(t, int(h.start), rule.place) {
					f.touch(use.rule)
					f.near[use.rule] = append(near, window{int(h.start), min(int(h.start)+reach, len(t.Folded))})
				}
				continue
			}
			if n := len(near); n > 0 && int(h.end) <= near[n-1].to && !rule.wide {
				continue // in the same sentence
			}
			from, to := around(t.Folded, h, rule.wide)
			if n := len(near); n > 0 && from <= near[n-1].to {
				near[n-1].from, near[n-1].to = min(from, near[n-1].from), max(to, near[n-1].to)
				continue
			}
			f.touch(use.rule)
			f.near[use.rule] = append(near, window{from, to})
		}
	}
}

// around is the sentence around a word, or as far as a phrase may go where it
// may leave the sentence.
func around(text []byte, h hit, wide bool) (from, to int) {
	from, to = max(int(h.start)-reach, 0), min(int(h.end)+reach, len(text))
	if wide {
		return from, to
	}
	for i := int(h.start) - 1; i >= from; i-- {
		if ends(text, i) {
			from = i
			break
		}
	}
	for i := int(h.end); i < to; i++ {
		if ends(text, i) {
			to = i + 1
			break
		}
	}
	return from, to
}

// ends reports whether a sentence ends at a place: with its mark, or with a
// line that is empty.
func ends(text []byte, at int) bool {
	switch text[at] {
	case '.', '!', '?':
		return at+1 == len(text) || !isWordByte(text[at+1])
	case '\n':
		return at+1 < len(text) && text[at+1] == '\n'
	}
	return false
}

// touch notes that a rule has words of its first list.
func (f *phraseFinder) touch(rule int32) {
	if len(f.near[rule]) == 0 {
		f.used = append(f.used, rule)
	}
}

// anchored reports whether a rule begins with a word of its first list.
func (r *phraseRule) anchored() bool { return r.place == '@' || r.place == '.' || r.place == '|' }

// begins reports whether a rule may begin at a place.
func begins(t *Text, at int, place byte) bool {
	if at == 0 {
		return t.Begins || place == '@'
	}
	if isAlpha(t.Folded[at]) && isWordByte(t.Folded[at-1]) && t.Folded[at-1] != '_' {
		return false
	}
	switch place {
	case '.':
		return opens(t.Folded, at)
	case '|':
		return beginsLine(t.Folded, at)
	}
	return true
}

// opens reports whether a sentence begins at a place, or goes on there with but.
func opens(text []byte, at int) bool {
	before := bytes.TrimRight(text[max(0, at-40):at], " \t\r")
	if len(before) == 0 || bytes.IndexByte([]byte(".!?:;\n*|)>\""), before[len(before)-1]) >= 0 {
		return true
	}
	for _, word := range []string{"but", "however,", "however", "unfortunately,", "though,", "that said,", "so", "please", "and then"} {
		if bytes.HasSuffix(before, []byte(word)) {
			return true
		}
	}
	return false
}

// beginsLine reports whether a line begins at a place, but for marks.
func beginsLine(text []byte, at int) bool {
	for range 12 {
		if at == 0 || text[at-1] == '\n' {
			return true
		}
		if at--; bytes.IndexByte([]byte(" \t*#>-[<(=_\"|"), text[at]) < 0 {
			return false
		}
	}
	return false
}

// try looks for a rule in a window, which is cut where no word is cut.
func (f *phraseFinder) try(t *Text, rule *phraseRule, w window, found func(*phraseRule, int, int)) {
	if rule.anchored() {
		if m := rule.find.FindIndex(t.Folded[w.from:w.to]); m != nil {
			found(rule, w.from, w.from+m[1])
		}
		return
	}
	for range 32 {
		if w.from > 0 && isWordByte(t.Folded[w.from]) && isWordByte(t.Folded[w.from-1]) {
			w.from--
		}
		if w.to < len(t.Folded) && isWordByte(t.Folded[w.to]) && isWordByte(t.Folded[w.to-1]) {
			w.to++
		}
	}
	if rule.place == '^' && (w.from > 0 || !t.Begins) {
		return
	}
	for at := w.from; at < w.to; {
		m := rule.find.FindIndex(t.Folded[at:w.to])
		if m == nil || m[1] == 0 {
			return
		}
		found(rule, at+m[0], at+m[1])
		if at += m[1]; rule.place == '^' {
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
