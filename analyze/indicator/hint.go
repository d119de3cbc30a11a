package indicator

import "strings"

// hint is a key of which only the ends are known, as consoles and logs of
// vendors shorten them: sk-ant-api03-R2D...igAA, sk-...a1b2, ****a1b2.
type hint struct{ begin, end string }

// hintDigits is how many characters at the end of a key are enough to know it
// by, with its beginning.
const hintDigits = 4

// maxHint bounds the length of a shortened key.
const maxHint = 256

func (h hint) ok() bool { return len(h.end) >= hintDigits }

// parseHint takes a shortened key apart. What is none gives a hint that is not
// ok.
func parseHint(s string) hint {
	if len(s) > maxHint || strings.ContainsAny(s, " \t/\\@") {
		return hint{}
	}
	for _, gap := range []string{"...", "\u2026", "**", "\u2022\u2022"} {
		i := strings.Index(s, gap)
		if i < 0 {
			continue
		}
		rest := strings.TrimLeft(s[i:], ".*\u2026\u2022")
		if strings.ContainsFunc(s[:i]+rest, func(r rune) bool { return r > 127 || !isWord(byte(r)) }) {
			return hint{}
		}
		return hint{strings.ToLower(s[:i]), strings.ToLower(rest)}
	}
	return hint{}
}

// fits reports whether a key, in lower case, may be the one that is shortened.
func (h hint) fits(key string) bool {
	return len(key) > len(h.begin)+len(h.end) && strings.HasPrefix(key, h.begin) && strings.HasSuffix(key, h.end)
}

// same reports whether both may shorten one key: as far as they both go, they
// begin and end alike.
func (h hint) same(o hint) bool {
	return (strings.HasPrefix(h.begin, o.begin) || strings.HasPrefix(o.begin, h.begin)) &&
		(strings.HasSuffix(h.end, o.end) || strings.HasSuffix(o.end, h.end))
}

// tail is what hints and keys are looked up by.
func tail(s string) string { return s[len(s)-hintDigits:] }

// hintIndex knows keys and shortened keys by their last characters.
type hintIndex struct {
	keys, hints map[string][]hintTerm
}

type hintTerm struct {
	term int32
	key  string // in lower case; "" for a hint
	hint hint
}

func newHintIndex() *hintIndex {
	return &hintIndex{keys: map[string][]hintTerm{}, hints: map[string][]hintTerm{}}
}

func (x *hintIndex) add(term int32, key string) {
	key = strings.ToLower(key)
	if h := parseHint(key); h.ok() {
		x.hints[tail(h.end)] = append(x.hints[tail(h.end)], hintTerm{term: term, hint: h})
		return
	}
	if len(key) > hintDigits {
		x.keys[tail(key)] = append(x.keys[tail(key)], hintTerm{term: term, key: key})
	}
}

// find calls found for each term that a value of a column of credentials is, or
// shortens, or is shortened by.
func (x *hintIndex) find(value string, found func(int32)) {
	if len(value) > maxHint || len(value) < hintDigits {
		return
	}
	value = strings.ToLower(value)
	h := parseHint(value)
	if !h.ok() {
		for _, t := range x.hints[tail(value)] {
			if t.hint.fits(value) {
				found(t.term)
			}
		}
		return
	}
	for _, t := range x.hints[tail(h.end)] {
		if t.hint.same(h) {
			found(t.term)
		}
	}
	for _, t := range x.keys[tail(h.end)] {
		if h.fits(t.key) {
			found(t.term)
		}
	}
}
