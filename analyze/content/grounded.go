package content

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Grounding says how far an answer stands in the context that it was given.
type Grounding struct {
	// Score is the mean support of the sentences, each as often as it has content
	// words: 1 if all words and values are in the context, 0 if none is.
	Score     float64
	Sentences []Sentence // of the answer, in order; those without content words are left out
}

// Sentence is one sentence of an answer.
type Sentence struct {
	Start, End int      // its bytes
	Words      int      // content words
	Coverage   float64  // the share of them that the context has
	Values     int      // numbers, dates, identifiers and names
	Missing    []string // those of them that the context does not have, as written, in order
	Supported  bool     // Coverage is at least minCoverage and no value is missing
}

// minCoverage is the share of content words of a sentence that its context has
// at least. It is a threshold of ours: sentences that say what a context says in
// other words keep about two of three of its words.
const minCoverage = 0.6

// Grounded compares an answer with its context by words: for each sentence, how
// many of its content words the context has, in any of their common endings, and
// which numbers, dates, identifiers and names it does not have. It sees invented
// figures, names and topics. It cannot see a sentence that denies or reverses
// what the context says in the same words, values that are in the context but
// belong to something else, or what follows from the context in other words or
// by reckoning; those take reading. Without content words there is nothing to
// compare, and the score is 1.
func Grounded(answer string, context []string) Grounding {
	known := newKnown(context)
	var g Grounding
	words, support := 0, 0.0
	for _, where := range sentences(answer) {
		s := known.sentence(answer, where)
		if s.Words+s.Values == 0 {
			continue
		}
		g.Sentences = append(g.Sentences, s)
		weight := s.Words + s.Values
		words += weight
		support += s.Coverage*float64(s.Words) + float64(s.Values-len(s.Missing))
	}
	g.Score = 1
	if words > 0 {
		g.Score = support / float64(words)
	}
	return g
}

// known is what a context has.
type known struct {
	stems  map[string]bool
	values map[string]bool
}

func newKnown(context []string) *known {
	k := &known{stems: map[string]bool{}, values: map[string]bool{}}
	for _, text := range context {
		for _, t := range tokens(text) {
			lower := strings.ToLower(t.text)
			k.stems[stem(lower)] = true
			for part := range strings.FieldsFuncSeq(lower, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				k.stems[stem(part)] = true
			}
			for _, v := range t.values() {
				k.values[v] = true
			}
		}
	}
	return k
}

// sentence compares one sentence with what is known.
func (k *known) sentence(text string, where span) Sentence {
	s := Sentence{Start: where.from, End: where.to}
	have := 0
	for i, t := range tokens(text[where.from:where.to]) {
		lower := strings.ToLower(t.text)
		switch {
		case t.date != "" || strings.ContainsFunc(t.text, unicode.IsDigit):
			s.Values++
			if !slices.ContainsFunc(t.values(), func(v string) bool { return k.values[v] }) {
				s.Missing = append(s.Missing, t.text)
			}
		case isCommon(lower):
		case i > 0 && isName(t.text):
			s.Values++
			if !k.stems[stem(lower)] {
				s.Missing = append(s.Missing, t.text)
			}
		default:
			s.Words++
			if k.stems[stem(lower)] {
				have++
			}
		}
	}
	s.Coverage = 1
	if s.Words > 0 {
		s.Coverage = float64(have) / float64(s.Words)
	}
	s.Supported = s.Coverage >= minCoverage && len(s.Missing) == 0
	return s
}

// token is a word, a number, an identifier or a date of a text.
type token struct {
	text string
	date string // year-month-day, of a date
}

// values returns what a token of figures can be compared by: a date, the number
// without signs for thousands and currency, and the token itself.
func (t token) values() []string {
	if t.date != "" {
		return []string{t.date}
	}
	lower := strings.ToLower(t.text)
	values := []string{lower}
	if n, ok := smallNumber(lower); ok {
		return append(values, "#"+strconv.Itoa(n))
	}
	plain := strings.ReplaceAll(lower, ",", "")
	if v, err := strconv.ParseFloat(plain, 64); err == nil {
		values = append(values, "#"+strconv.FormatFloat(v, 'g', -1, 64))
	}
	if day := isoDate(lower); day != "" {
		values = append(values, day)
	}
	return values
}

// tokens cuts a text into words. Signs within figures and identifiers, such as
// those of 1,234.50, 2025-03-12 and INV-2043, stay. A month with a day and a year
// is one token.
func tokens(text string) []token {
	var list []token
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += n
			continue
		}
		from := i
		for i < len(text) {
			r, n := utf8.DecodeRuneInString(text[i:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && (!strings.ContainsRune(".,-/:'’_", r) || !alnumAt(text, i+n)) {
				break
			}
			if strings.ContainsRune(".,:/", r) && !digitAround(text, i) {
				break
			}
			i += n
		}
		list = append(list, token{text: strings.TrimSuffix(strings.TrimSuffix(text[from:i], "'s"), "’s")})
	}
	return joinDates(list)
}

func alnumAt(text string, at int) bool {
	r, _ := utf8.DecodeRuneInString(text[at:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// digitAround reports whether the sign at a place has a digit on both sides.
func digitAround(text string, at int) bool {
	return at > 0 && at+1 < len(text) && isDigit(text[at-1]) && isDigit(text[at+1])
}

// joinDates makes one token of "12 March 2025" and of "March 12, 2025".
func joinDates(list []token) []token {
	joined := list[:0]
	for i := 0; i < len(list); i++ {
		t := list[i]
		if i+2 < len(list) {
			if day := spokenDate(t.text, list[i+1].text, list[i+2].text); day != "" {
				t = token{t.text + " " + list[i+1].text + " " + list[i+2].text, day}
				i += 2
			}
		}
		joined = append(joined, t)
	}
	return joined
}

// spokenDate returns the day that three words are, or "".
func spokenDate(first, second, last string) string {
	if monthOf(second) == 0 {
		first, second = second, first
	}
	year, month, day := yearOf(last), monthOf(second), dayOf(first)
	if year == 0 || month == 0 || day == 0 || !isDate(year, month, day) {
		return ""
	}
	return dayString(year, month, day)
}

func dayString(year, month, day int) string {
	return "@" + strconv.Itoa(year) + "-" + strconv.Itoa(month) + "-" + strconv.Itoa(day)
}

// isoDate returns the day that 2025-03-12 or 2025/3/12 is, or "".
func isoDate(text string) string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '-' || r == '/' })
	if len(parts) != 3 {
		return ""
	}
	year, month, day := yearOf(parts[0]), dayOf(parts[1]), dayOf(parts[2])
	if year == 0 || !isDate(year, month, day) {
		return ""
	}
	return dayString(year, month, day)
}

func dayOf(text string) int {
	for _, end := range []string{"st", "nd", "rd", "th"} {
		text = strings.TrimSuffix(text, end)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 31 || len(text) > 2 {
		return 0
	}
	return n
}

func yearOf(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || len(text) != 4 {
		return 0
	}
	return n
}

func monthOf(text string) int {
	months := []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	full := []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
	lower := strings.ToLower(text)
	return max(slices.Index(months, lower), slices.Index(full, lower)) + 1
}

// smallNumber returns the number that a word of English stands for, to twelve.
func smallNumber(word string) (int, bool) {
	n := slices.Index([]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}, word)
	return n, n >= 0
}

// isName reports whether a word within a sentence is written as a name.
func isName(word string) bool {
	r, n := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r) && len(word) > n
}

// stem cuts the common endings of English, so that forms of a word are the same.
// It is rougher than Porter's: it only has to do the same to both texts.
func stem(word string) string {
	for _, end := range []string{"ization", "ations", "ation", "ments", "ment", "ingly", "edly", "ness", "ings", "ies", "ied", "ing", "ers", "ed", "es", "er", "ly", "s", "e", "y"} {
		if short, ok := strings.CutSuffix(word, end); ok && len(short) >= 3 {
			word = short
			break
		}
	}
	if n := len(word); n > 3 && word[n-1] == word[n-2] { // stopp, as stop
		word = word[:n-1]
	}
	return word
}

// maxCommon is the length of the longest word that isCommon knows.
const maxCommon = len("information")

// isCommon knows the words of English that say nothing of what a sentence is
// about, and those with which answers speak of their context.
func isCommon(word string) bool {
	switch word {
	case "a", "an", "the", "and", "or", "but", "if", "then", "than", "so", "as", "of", "in", "on", "at", "to", "for", "from", "by", "with", "about", "into", "over", "under", "between", "within", "without", "after", "before", "during", "up", "down", "out", "off",
		"i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them", "my", "your", "his", "its", "our", "their", "this", "that", "these", "those", "there", "here", "who", "whom", "which", "what", "when", "where", "why", "how",
		"is", "are", "was", "were", "be", "been", "being", "am", "do", "does", "did", "done", "has", "have", "had", "having", "can", "could", "will", "would", "shall", "should", "may", "might", "must", "it's", "that's", "i'm", "you're", "don't", "doesn't", "isn't",
		"not", "no", "nor", "yes", "all", "any", "both", "each", "every", "some", "such", "more", "most", "less", "other", "only", "own", "same", "too", "very", "just", "also", "however", "therefore", "because", "while", "please",
		"according", "context", "document", "documents", "provided", "information", "text", "based", "mentioned", "states", "stated", "answer", "question":
		return true
	}
	return false
}

// sentences cuts a text into sentences: at a line end, and at . ! or ? before
// white space, unless the . follows a single letter or a usual abbreviation.
func sentences(text string) []span {
	var list []span
	from := 0
	end := func(to int) {
		trimmed := strings.TrimSpace(text[from:to])
		if trimmed != "" {
			start := from + strings.Index(text[from:to], trimmed)
			list = append(list, span{start, start + len(trimmed)})
		}
		from = to
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			end(i + 1)
		case (c == '.' || c == '!' || c == '?') && i+1 < len(text) && isSpace(text[i+1]) && (c != '.' || !abbreviated(text[from:i])):
			end(i + 1)
		}
	}
	end(len(text))
	return list
}

// abbreviated reports whether a text ends in an abbreviation or in a number at
// the head of a list.
func abbreviated(text string) bool {
	text = strings.TrimSpace(text)
	word := text[strings.LastIndexFunc(text, unicode.IsSpace)+1:]
	switch strings.ToLower(strings.TrimLeft(word, "(\"'")) {
	case "mr", "mrs", "ms", "dr", "prof", "st", "no", "vs", "etc", "e.g", "i.e", "approx", "inc", "ltd", "co", "fig", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "oct", "nov", "dec":
		return true
	}
	return len(word) == 1 || word == text && strings.TrimLeft(word, "0123456789") == ""
}
