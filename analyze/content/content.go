package content

import (
	"cmp"
	"slices"
	"sync"
)

// Role says where in a conversation a text stands. The words are those of the
// column role of the case's table content.
type Role string

// The roles.
const (
	RoleSystem    Role = "system"    // instructions of the application
	RoleUser      Role = "user"      // what a person or program asked
	RoleAssistant Role = "assistant" // what the model answered
	RoleReasoning Role = "reasoning" // what the model thought aloud
	RoleTool      Role = "tool"      // what a tool returned
	RoleDocument  Role = "document"  // what was retrieved for the model
	RoleToolCall  Role = "tool_call" // arguments that the model gave a tool, as JSON
)

// Sign is one thing that a text shows: what, how surely, and where.
type Sign struct {
	Kind  string  // what it is, such as injection, refusal or secret
	Label string  // which family or type of the kind, such as override or aws-access-key
	Score float64 // how sure it is, above 0 and at most 1
	// Start and End are the bytes of the text that show it. Of a sign found in
	// decoded text they are those of the encoded run, and Via names the
	// encodings from the outermost to the innermost, such as base64,rot13.
	Start, End int
	Via        string
}

// Version names what the scanner knows: signs of texts scanned by another
// version are not those that this one finds. It grows with every change of
// phrases, patterns or weights.
const Version = 3

// MaxSigns bounds the signs of one kind in one text; of more the first are
// kept, and [Scanner.Beyond] says how many there were. The bound is that of a
// kind, so that a text full of addresses cannot hide what stands behind them.
const MaxSigns = 256

// MaxText bounds what is scanned of one text, in bytes. A longer text is
// scanned at its beginning and at its end, half of the bound each.
const MaxText = 1 << 20

// part looks for one kind of thing. A part is one file, one line in parts, and
// its cases. Each scanner has parts of its own; what they share, such as
// compiled patterns, is made once.
type part interface {
	// keywords are lower-case texts of at least three bytes, of which a text must
	// hold one to be looked at; none means that every text is. A space in one
	// stands for any white space.
	keywords() []string
	// scan reports what t shows, in any order.
	scan(t *Text, report func(Sign))
}

// parts lists what is looked for.
func parts() ([]part, error) {
	var all []part
	for _, made := range []func() (part, error){newInjection, newJailbreak, newSuffix, newExtraction, newRefusal, newTone, newGuardrail, newSecretScan, newPersonal} {
		p, err := made()
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return append(all, newHidden(all)...), nil
}

// Text is one text as the parts see it. Of a text longer than [MaxText] they
// see two, its beginning and its end.
type Text struct {
	Role Role
	Raw  []byte // as logged
	// Folded is Raw with ASCII letters in lower case: the same length, the same
	// places.
	Folded []byte
	// Begins and Ends say whether Raw has the beginning and the end of the text.
	Begins, Ends bool

	hits []hit // of the keywords of the part that scans
}

// hit is a place of a keyword.
type hit struct {
	word       int32 // its index in the keywords of the part
	start, end int32
}

// Scanner looks for everything that a text can show. It must not be used by
// two goroutines at once; making one is cheap after the first.
type Scanner struct {
	parts  []part
	words  *wordList
	hits   [][]hit // by part
	text   Text
	signs  []Sign
	kept   int // how many of signs are already the first of their kinds
	offset int // of what is scanned in the text
	beyond Beyond
	report func(Sign)
}

// Beyond says what a scan left out.
type Beyond struct {
	Signs int // more of a kind than are kept
	Bytes int // between the beginning and the end of a long text
}

// wordList is the keywords of all parts, to be found in one pass.
type wordList struct {
	find  *automaton
	owner []int32 // by word: whose it is
	index []int32 // by word: its index there
}

// sharedWords makes the automaton once for a process.
var sharedWords = sync.OnceValues(newWordList) //nolint:gochecknoglobals // made once from constants

func newWordList() (*wordList, error) {
	all, err := parts()
	if err != nil {
		return nil, err
	}
	return wordsOf(all), nil
}

// wordsOf returns the keywords of some parts.
func wordsOf(all []part) *wordList {
	l := &wordList{}
	var words []string
	for i, p := range all {
		for j, word := range p.keywords() {
			words = append(words, word)
			l.owner, l.index = append(l.owner, int32(i)), append(l.index, int32(j)) //nolint:gosec // some hundred
		}
	}
	l.find = newAutomaton(words)
	return l
}

// NewScanner returns a scanner.
func NewScanner() (*Scanner, error) {
	words, err := sharedWords()
	if err != nil {
		return nil, err
	}
	all, err := parts()
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if o, ok := p.(*obfuscation); ok {
			o.words = words
		}
	}
	s := &Scanner{parts: all, words: words, hits: make([][]hit, len(all))}
	s.report = s.add
	return s, nil
}

// Scan returns what a text shows, in order of place, kind and label.
func (s *Scanner) Scan(raw []byte, role Role) []Sign {
	s.signs, s.kept, s.beyond, s.text.Role = s.signs[:0], 0, Beyond{}, role
	if len(raw) <= MaxText {
		s.scan(raw, 0, true, true)
	} else {
		s.beyond.Bytes = len(raw) - MaxText
		s.scan(raw[:MaxText/2], 0, true, false)
		s.scan(raw[len(raw)-MaxText/2:], len(raw)-MaxText/2, false, true)
	}
	s.keep()
	return slices.Clone(s.signs)
}

// Beyond returns what the last scan left out.
func (s *Scanner) Beyond() Beyond { return s.beyond }

// scan scans a piece of a text.
func (s *Scanner) scan(raw []byte, offset int, begins, ends bool) {
	s.offset = offset
	s.text.Raw, s.text.Begins, s.text.Ends = raw, begins, ends
	s.text.Folded = appendFolded(s.text.Folded[:0], raw)
	for i := range s.hits {
		s.hits[i] = s.hits[i][:0]
	}
	s.words.find.find(s.text.Folded, func(word, start, end int32) {
		owner := s.words.owner[word]
		s.hits[owner] = append(s.hits[owner], hit{s.words.index[word], start, end})
	})
	for i, p := range s.parts {
		if s.text.hits = s.hits[i]; len(s.text.hits) > 0 || len(p.keywords()) == 0 {
			p.scan(&s.text, s.report)
		}
	}
}

// add keeps a sign. Those beyond the bound are dropped now and then, so that a
// text made of signs does not fill the memory.
func (s *Scanner) add(sign Sign) {
	sign.Start += s.offset
	sign.End += s.offset
	s.signs = append(s.signs, sign)
	if len(s.signs)-s.kept > 16*MaxSigns {
		s.keep()
	}
}

// keep sorts the signs and keeps the first of each kind.
func (s *Scanner) keep() {
	slices.SortFunc(s.signs, compareSigns)
	s.signs = slices.Compact(s.signs)
	counts := map[string]int{}
	kept := s.signs[:0]
	for _, sign := range s.signs {
		if counts[sign.Kind]++; counts[sign.Kind] <= MaxSigns {
			kept = append(kept, sign)
		}
	}
	s.beyond.Signs += len(s.signs) - len(kept)
	s.signs, s.kept = kept, len(kept)
}

func compareSigns(a, b Sign) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Label, b.Label),
		cmp.Compare(a.Via, b.Via), -cmp.Compare(a.Score, b.Score))
}
