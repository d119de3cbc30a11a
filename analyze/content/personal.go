package content

import (
	"bytes"
	"strings"
)

// KindPersonal is the kind of signs of data about a person. Their labels are
// email, phone, card, iban, ip, mac, postal-address, bitcoin, ethereum and those
// of idNumbers.
//
// As in Microsoft's Presidio, a form has a score of its own, which is raised by
// a word of context near it ([contextGain]); a form that many other things have
// too is only reported with one. Checksums are computed wherever there is one.
// Names of persons are not recognised, nor are birthdays, places or illnesses:
// their absence from the signs says nothing.
const KindPersonal = "personal"

// contextGain is what a word of context adds to a score, and contextLeast what
// it raises a score to at least; both are those of Presidio 2.2
// (LemmaContextAwareEnhancer). What stays below minPersonal is not reported.
const (
	contextGain  = 0.35
	contextLeast = 0.4
	minPersonal  = 0.2
)

// contextBefore and contextAfter are how far a word of context stands from what
// it is about, in bytes: five words of a language and two.
const (
	contextBefore = 48
	contextAfter  = 24
)

// personal looks for data about persons.
type personal struct {
	shapes []shapeNode // of the numbers of states, as a tree from the first on
	id     []byte      // the number at hand without signs
}

// shapeNode is where one or more shapes lead: by the next byte's place in
// shapeBytes, the next node.
type shapeNode struct {
	next    [len(shapeBytes)]int16 // 0: no shape goes on so
	numbers []idNumber             // those whose shape ends here
}

// shapeBytes are what shapes are made of: digits, letters and signs.
const shapeBytes = "9A -."

func newPersonal() (part, error) {
	p := &personal{shapes: make([]shapeNode, 1)}
	for _, n := range idNumbers() {
		for _, shape := range n.shapes {
			at := int16(0)
			for _, c := range []byte(shape) {
				i := strings.IndexByte(shapeBytes, c)
				if p.shapes[at].next[i] == 0 {
					p.shapes[at].next[i] = int16(len(p.shapes)) //nolint:gosec // some hundred
					p.shapes = append(p.shapes, shapeNode{})
				}
				at = p.shapes[at].next[i]
			}
			p.shapes[at].numbers = append(p.shapes[at].numbers, n)
		}
	}
	return p, nil
}

func (p *personal) keywords() []string { return nil }

// scan walks over the places that can begin something: digits and signs such as
// @, +, ( and :. Text without them costs a look at each byte.
func (p *personal) scan(t *Text, report func(Sign)) {
	s := &personalScan{text: t, report: report}
	for i := 0; i < len(t.Raw); {
		if len(t.Raw)-i >= 8 {
			eight := eightAt(t.Raw, i)
			marks := within(eight, '(', '+') | within(eight, '0', '@') // and some more
			if marks == 0 {
				i += 8
				continue
			}
			i += firstMarked(marks)
		}
		switch personalClass[t.Raw[i]] {
		case 0:
			i++
			continue
		case '@':
			s.email(i)
		case '+':
			i = max(i+1, s.international(i))
			continue
		case '(':
			i = max(i+1, s.national(i))
			continue
		case ':':
			s.hardware(i)
		case '0':
			i = p.number(s, i)
			continue
		}
		i++
	}
}

// personalClass maps a byte to what it can begin.
var personalClass = [256]byte{
	'@': '@', '+': '+', '(': '(', ':': ':',
	'0': '0', '1': '0', '2': '0', '3': '0', '4': '0', '5': '0', '6': '0', '7': '0', '8': '0', '9': '0',
}

// personalScan is the scan of one text.
type personalScan struct {
	phone  [16]byte // the digits of a telephone number
	text   *Text
	report func(Sign)
	end    int // of what was reported last: nothing is reported twice
}

// add reports what stands between two places unless it overlaps what was found
// before or its score is too low for the context that it stands in.
func (s *personalScan) add(label string, from, to int, score float64, words ...string) bool {
	if from < s.end {
		return false
	}
	if s.near(from, to, words) {
		score = min(1, max(score+contextGain, contextLeast))
	}
	if score < minPersonal {
		return false
	}
	s.report(Sign{Kind: KindPersonal, Label: label, Score: score, Start: from, End: to})
	s.end = to
	return true
}

// near reports whether a word of context stands near. A word begins where no
// letter is before it; short ones end so too.
func (s *personalScan) near(from, to int, words []string) bool {
	f := s.text.Folded
	return hasWord(f[max(0, from-contextBefore):from], words) || hasWord(f[to:min(len(f), to+contextAfter)], words)
}

func hasWord(text []byte, words []string) bool {
	for _, w := range words {
		for at := 0; at < len(text); {
			i := bytes.Index(text[at:], []byte(w))
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(w)
			if (from == 0 || !isAlpha(text[from-1])) && (len(w) > 4 || to == len(text) || !isAlpha(text[to])) {
				return true
			}
			at = to
		}
	}
	return false
}

func isDigit(c byte) bool { return c-'0' < 10 }
func isAlpha(c byte) bool { return c|0x20-'a' < 26 }
func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) }

// email reports the address around an @: RFC 5321, section 4.1.2, without
// quoted local parts and address literals.
func (s *personalScan) email(at int) {
	b := s.text.Raw
	from := at
	for from > 0 && at-from < 64 && (isAlnum(b[from-1]) || bytes.IndexByte([]byte("._%+-'"), b[from-1]) >= 0) {
		from--
	}
	for from < at && !isAlnum(b[from]) {
		from++
	}
	to, dot := at+1, 0
	for to < len(b) && to-at <= 254 && (isAlnum(b[to]) || b[to] == '-' || b[to] == '.' && b[to-1] != '.' && to > at+1) {
		if b[to] == '.' {
			dot = to
		}
		to++
	}
	for to > at+1 && !isAlnum(b[to-1]) {
		if to--; to == dot {
			dot = bytes.LastIndexByte(b[at:dot], '.') + at
		}
	}
	if from == at || dot <= at || to-dot < 3 || bytes.ContainsFunc(b[dot+1:to], func(c rune) bool { return !isAlpha(byte(c)) }) {
		return
	}
	score := 0.9
	switch string(s.text.Folded[from:at]) {
	case "git", "noreply", "no-reply", "donotreply", "do-not-reply", "postmaster", "mailer-daemon", "info", "support", "admin", "sales", "hello", "contact":
		score = 0.3 // nobody's own
	}
	s.add("email", from, to, score)
}

// number reports what the digits at a place are part of and returns where to go
// on.
func (p *personal) number(s *personalScan, i int) int {
	b := s.text.Raw
	from, end, plain := i, i, true
	for from > s.end && i-from < 6 && isAlpha(b[from-1]) {
		from--
	}
	for end < len(b) && isAlnum(b[end]) {
		plain = plain && isDigit(b[end])
		end++
	}
	if from > 0 && (isAlnum(b[from-1]) || b[from-1] == '_') {
		return end
	}
	if plain && from == i {
		if to := plainNumber(b, i, end); to > 0 {
			return to
		}
	}
	switch {
	case s.iban(from), s.card(from, end), s.address(from, end), s.coin(from, end), p.identity(s, from), s.spacedNINO(p, from), s.national(from) > from, s.postal(from, end):
		return s.end
	}
	return end
}

// plainNumber returns where a number ends that is nothing but that: a decimal
// fraction, or few digits that no more follow. Most numbers in most texts are.
// For others it returns 0.
func plainNumber(b []byte, from, end int) int {
	if from > 1 && b[from-1] == '.' && isDigit(b[from-2]) {
		return end
	}
	if end+1 >= len(b) || !isAlnum(b[end+1]) {
		if end-from < 9 {
			return end
		}
		return 0
	}
	switch c := b[end]; {
	case c == ' ' && isAlpha(b[end+1]):
		if end-from < 8 && b[end+1]&0x20 != 0 { // no street, and no number of six digits and a letter
			return end
		}
	case c == '.' && isDigit(b[end+1]):
		to := end + 1
		for to < len(b) && isDigit(b[to]) {
			to++
		}
		if to-end > 4 || (to == len(b) || b[to] != '.' && b[to] != '-') && end-from < 4 {
			return to
		}
	case c != ' ' && c != '-' && c != '.' && c != ')' && (c != '/' || b[from] != '0') && end-from < 9:
		return end
	}
	return 0
}

// glued reports whether what stands between two places goes on before or after
// it, as the 3.4 in 1.2.3.4.5 does.
func glued(b []byte, from, to int) bool {
	if from > 0 {
		c := b[from-1]
		if isAlnum(c) || c == '_' || c == '\\' || c == '.' || from > 1 && joins(c) && isAlnum(b[from-2]) && (c == '-' || isDigit(b[from-2])) {
			return true
		}
	}
	if to == len(b) {
		return false
	}
	c := b[to]
	return isAlnum(c) || c == '_' || to+1 < len(b) && joins(c) && isDigit(b[to+1])
}

// joins reports whether a sign stands within numbers and names.
func joins(c byte) bool { return c >= ',' && c <= '/' || c == ':' }

// identity reports a number of a state.
func (p *personal) identity(s *personalScan, from int) bool {
	b := s.text.Raw
	best, bestEnd := -1, 0
	var bestOf []idNumber
	node := &p.shapes[0]
	p.id = p.id[:0]
	for i := from; i < len(b); i++ {
		c, sign := b[i], -1
		switch {
		case isDigit(c):
			sign, p.id = 0, append(p.id, c)
		case isAlpha(c):
			sign, p.id = 1, append(p.id, c&^0x20)
		case i > from && isAlnum(b[i-1]):
			sign = strings.IndexByte(shapeBytes, c)
		}
		if sign < 0 || node.next[sign] == 0 {
			break
		}
		node = &p.shapes[node.next[sign]]
		list := node.numbers
		if len(list) == 0 || i+1 < len(b) && isAlnum(b[i+1]) || glued(b, from, i+1) {
			continue
		}
		for k := range list {
			if list[k].valid(p.id) && (best < 0 || s.scoreOf(from, i+1, list[k]) > s.scoreOf(from, bestEnd, bestOf[best])) {
				best, bestEnd, bestOf = k, i+1, list
			}
		}
	}
	return best >= 0 && s.add(bestOf[best].label, from, bestEnd, bestOf[best].score, bestOf[best].words...)
}

func (s *personalScan) scoreOf(from, to int, n idNumber) float64 {
	if s.near(from, to, n.words) {
		return max(n.score+contextGain, contextLeast)
	}
	return n.score
}

// spacedNINO finds the number whose letters stand apart from its digits.
func (s *personalScan) spacedNINO(p *personal, from int) bool {
	b := s.text.Raw
	return from >= 3 && b[from-1] == ' ' && isAlpha(b[from-2]) && isAlpha(b[from-3]) && p.identity(s, from-3)
}
