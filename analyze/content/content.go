package content

import (
	"bytes"
	"cmp"
	"slices"
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
const Version = 1

// MaxSigns bounds the signs of one text; of more the first are kept.
const MaxSigns = 256

// MaxText bounds what is scanned of one text, in bytes. A longer text is
// scanned at its beginning and at its end, half of the bound each.
const MaxText = 1 << 20

// part looks for one kind of thing. A part is one file, one line in parts, and
// its cases.
type part interface {
	// keywords are lower-case ASCII texts of at least three bytes, of which a
	// text must hold one to be looked at; none means that every text is.
	keywords() []string
	// scan reports what t shows, in any order.
	scan(t *Text, report func(Sign))
}

// parts lists what is looked for.
func parts() []part {
	return []part{}
}

// Text is one text as the parts see it.
type Text struct {
	Role Role
	Raw  []byte // as logged
	// Folded is Raw with ASCII letters in lower case: the same length, the same
	// places.
	Folded []byte
}

// Scanner looks for everything that a text can show. It must not be used by
// two goroutines at once; making one is cheap after the first.
type Scanner struct {
	parts []part
	text  Text
}

// NewScanner returns a scanner.
func NewScanner() (*Scanner, error) {
	return &Scanner{parts: parts()}, nil
}

// Scan returns what a text shows, in order of place, kind and label.
func (s *Scanner) Scan(raw []byte, role Role) []Sign {
	s.text.Role, s.text.Raw = role, raw
	s.text.Folded = appendFolded(s.text.Folded[:0], raw)
	var signs []Sign
	for _, p := range s.parts {
		if words := p.keywords(); len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(s.text.Folded, []byte(w)) }) {
			continue
		}
		p.scan(&s.text, func(sign Sign) { signs = append(signs, sign) })
	}
	slices.SortFunc(signs, func(a, b Sign) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Via, b.Via))
	})
	return signs[:min(len(signs), MaxSigns)]
}

// appendFolded appends text with its ASCII letters in lower case.
func appendFolded(dst, text []byte) []byte {
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
