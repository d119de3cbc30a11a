package drill

import (
	"slices"
	"strings"
)

// sentences are the patterns of all texts. A word in capitals is a class, see
// slotNames; any other word stands for itself. There are patterns of every
// length from one word on, so that a text can have an exact number of words.
var sentences = []string{
	"Thanks", "Understood", "Yes", "ADVERB", "Done",
	"See TICKET", "NUMBER NOUNS", "It VERBS", "Please VERB",
	"VERB the NOUN", "the NOUN VERBS", "NOUNS VERB ADVERB", "they VERBED NUMBER",
	"the ADJECTIVE NOUN VERBED", "please VERB every NOUN", "we VERBED the NOUN", "PLACE VERBED the NOUN",
	"the NOUN VERBS ADJECTIVE NOUNS", "why does the NOUN VERB", "TICKET VERBED the ADJECTIVE NOUN",
	"each NOUN of PLACE VERBS ADVERB", "the NOUN called QUOTED VERBED", "VERBING the NOUN VERBED NUMBER NOUNS", "can you VERB the ADJECTIVE NOUN",
	"we ADVERB VERB the NOUN of PLACE", "the NOUN must VERB before the NOUN", "do not VERB the NOUN without NOUNS",
	"the ADJECTIVE NOUN ADVERB VERBS the ADJECTIVE NOUN", "if the NOUN VERBS then VERB the NOUN",
	"how should the NOUN in PLACE VERB its NOUNS", "NUMBER of the NOUNS were VERBED by the NOUN",
	"the NOUN has VERBED because the ADJECTIVE NOUN VERBED ADVERB", "after VERBING the NOUN we VERBED NUMBER ADJECTIVE NOUNS",
	"ADVERB the NOUN VERBED and the ADJECTIVE NOUNS were VERBED", "the NOUN in PLACE is more ADJECTIVE than the NOUN",
	"as VERBED in TICKET the NOUN VERBS the ADJECTIVE NOUN of PLACE", "the NOUN VERBS a NOUN and then VERBS the ADJECTIVE NOUN",
	"our ADJECTIVE NOUNS VERB the NOUN when the NOUN is ADVERB VERBED", "there are NUMBER ADJECTIVE NOUNS in the NOUN that VERB the NOUN",
	"the NOUN that VERBED the ADJECTIVE NOUN for PLACE has ADVERB VERBED our NOUNS", "before you VERB the NOUN make sure that every ADJECTIVE NOUN is VERBED",
	"between NUMBER and NUMBER NOUNS were VERBED while the ADJECTIVE NOUN VERBED the NOUN", "with VERBING NOUNS and ADJECTIVE NOUNS the NOUN of PLACE can ADVERB VERB its NOUN",
}

var slotNames = []struct {
	name  string
	class class
}{
	{"NOUN", classNoun},
	{"NOUNS", classNouns},
	{"VERB", classVerb},
	{"VERBS", classVerbs},
	{"VERBED", classVerbed},
	{"VERBING", classVerbing},
	{"ADJECTIVE", classAdjective},
	{"ADVERB", classAdverb},
	{"PLACE", classPlace},
	{"NUMBER", classNumber},
	{"TICKET", classTicket},
	{"QUOTED", classQuoted},
}

// slot is one place of a sentence: a fixed word, or a class to draw from.
type slot struct {
	word  string
	class class
}

// writer writes texts. It is read-only once made and shared by all workers.
type writer struct {
	lexicon  [classes]words
	patterns [][]slot // by length
	fitting  []int    // fitting[n]: how many patterns have at most n words
}

func newWriter() *writer {
	w := &writer{lexicon: [classes]words{
		classNoun: pack(nouns, plain), classNouns: pack(nouns, plural),
		classVerb: pack(verbs, plain), classVerbs: pack(verbs, plural),
		classVerbed: pack(verbs, past), classVerbing: pack(verbs, gerund),
		classAdjective: pack(adjectives, plain), classAdverb: pack(adverbs, plain), classPlace: pack(places, plain),
	}}
	for _, s := range sentences {
		var p []slot
		for f := range strings.FieldsSeq(s) {
			p = append(p, slotOf(f))
		}
		w.patterns = append(w.patterns, p)
	}
	slices.SortStableFunc(w.patterns, func(a, b []slot) int { return len(a) - len(b) })
	longest := len(w.patterns[len(w.patterns)-1])
	w.fitting = make([]int, longest+1)
	for n := range w.fitting {
		for _, p := range w.patterns {
			if len(p) <= n {
				w.fitting[n]++
			}
		}
	}
	return w
}

func slotOf(word string) slot {
	for _, s := range slotNames {
		if s.name == word {
			return slot{class: s.class}
		}
	}
	return slot{word: word}
}

// append appends a text of exactly n words, as the inside of a JSON string.
func (w *writer) append(dst []byte, r *rng, n int) []byte {
	left := r.between(3, 7) // sentences until the paragraph ends
	for n > 0 {
		shortest := 0
		if n > 14 {
			shortest = w.fitting[4] // long texts have long sentences
		}
		p := w.patterns[r.between(shortest, w.fitting[min(n, len(w.fitting)-1)]-1)]
		n -= len(p)
		dst = w.appendSentence(dst, r, p)
		switch {
		case n == 0:
		case left == 0:
			left = r.between(2, 7)
			dst = append(dst, paragraphEnds[r.below(len(paragraphEnds))]...)
		default:
			left--
			dst = append(dst, ' ')
		}
	}
	return dst
}

// paragraphEnds are escaped for JSON.
var paragraphEnds = []string{`\n\n`, `\n\n`, `\n`, `\n\n`}

func (w *writer) appendSentence(dst []byte, r *rng, p []slot) []byte {
	start := len(dst)
	for i := range p {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = w.appendSlot(dst, r, &p[i])
	}
	if c := dst[start]; c >= 'a' && c <= 'z' {
		dst[start] = c - 'a' + 'A'
	}
	switch {
	case p[0].word == "why" || p[0].word == "how" || p[0].word == "can":
		return append(dst, '?')
	case r.below(40) == 0:
		return append(dst, '!')
	default:
		return append(dst, '.')
	}
}

func (w *writer) appendSlot(dst []byte, r *rng, s *slot) []byte {
	if s.word != "" {
		return append(dst, s.word...)
	}
	switch s.class {
	case classNumber:
		return appendInt(dst, r.below(1<<r.between(3, 13)))
	case classTicket:
		u := r.below(26 * 26)
		dst = append(dst, 'A'+byte(u/26), 'A'+byte(u%26), '-')
		return appendInt(dst, r.between(100, 9999))
	case classQuoted:
		l := &w.lexicon[classNoun]
		dst = append(dst, `\"`...)
		dst = append(dst, l.at(r.below(l.len()))...)
		return append(dst, `\"`...)
	default:
		l := &w.lexicon[s.class]
		return append(dst, l.at(r.below(l.len()))...)
	}
}
