package content

import (
	"bytes"
	"net/netip"
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
	byShape map[string][]idNumber
	lengths [maxShape + 1]bool // those that some shape has
}

// maxShape is the length of the longest shape of a number.
const maxShape = 24

func newPersonal() (part, error) {
	p := &personal{byShape: map[string][]idNumber{}}
	for _, n := range idNumbers() {
		for _, s := range n.shapes {
			p.byShape[s] = append(p.byShape[s], n)
			p.lengths[len(s)] = true
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

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
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
	const joins = "-./:,"
	if from > 0 {
		c := b[from-1]
		if isAlnum(c) || c == '_' || c == '\\' || c == '.' || from > 1 && bytes.IndexByte([]byte(joins), c) >= 0 && isAlnum(b[from-2]) && (c == '-' || isDigit(b[from-2])) {
			return true
		}
	}
	if to == len(b) {
		return false
	}
	c := b[to]
	return isAlnum(c) || c == '_' || to+1 < len(b) && bytes.IndexByte([]byte(joins), c) >= 0 && isDigit(b[to+1])
}

// identity reports a number of a state.
func (p *personal) identity(s *personalScan, from int) bool {
	b := s.text.Raw
	var shape, id [maxShape]byte
	best, bestEnd := -1, 0
	var bestOf []idNumber
	n, ids := 0, 0
	for i := from; i < len(b) && n < maxShape; i++ {
		c := b[i]
		switch {
		case isDigit(c):
			shape[n], id[ids] = '9', c
			ids++
		case isAlpha(c):
			shape[n], id[ids] = 'A', c&^0x20
			ids++
		case (c == ' ' || c == '-' || c == '.') && i > from && isAlnum(b[i-1]):
			shape[n] = c
		default:
			i = len(b)
			continue
		}
		n++
		if !p.lengths[n] || i+1 < len(b) && isAlnum(b[i+1]) || !isAlnum(c) {
			continue
		}
		list := p.byShape[string(shape[:n])]
		if len(list) == 0 || glued(b, from, i+1) {
			continue
		}
		for k := range list {
			if list[k].valid(id[:ids]) && (best < 0 || s.scoreOf(from, i+1, list[k]) > s.scoreOf(from, bestEnd, bestOf[best])) {
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

// card reports the number of a payment card: 12 to 19 digits in one run or in
// groups, of an issuer's range, with Luhn's check digit (ISO/IEC 7812-1).
func (s *personalScan) card(from, end int) bool {
	b := s.text.Raw
	if !isDigit(b[from]) {
		return false
	}
	var digits [20]byte
	n, to := 0, from
	var sep byte
	for i := from; i < len(b) && n < len(digits); i++ {
		if isDigit(b[i]) {
			digits[n] = b[i]
			n++
			to = i + 1
			continue
		}
		if (b[i] != ' ' && b[i] != '-') || sep != 0 && b[i] != sep || n%2 == 1 && n != 15 || n < 4 || i+1 >= len(b) || !isDigit(b[i+1]) {
			break
		}
		sep = b[i]
	}
	if sep == 0 && to != end || n > 19 || !isCard(digits[:n], sep != 0) || glued(b, from, to) {
		return false
	}
	score := 0.7
	switch string(digits[:n]) {
	case "4111111111111111", "4242424242424242", "5555555555554444", "378282246310005", "4012888888881881", "4000056655665556", "6011111111111117", "4000000000000002", "30569309025904":
		score = 0.1 // numbers that payment processors publish for tests
	}
	return s.add("card", from, to, score, "card", "visa", "mastercard", "amex", "credit", "debit", "cvv", "cvc", "expir", "payment", "karte", "carte", "tarjeta")
}

// isCard checks the ranges of issuers (ISO/IEC 7812-1 and the networks' own
// pages) and Luhn's digit. A number in groups has the usual ones.
func isCard(d []byte, grouped bool) bool {
	if len(d) < 13 || grouped && len(d) < 14 {
		return false
	}
	n, four := len(d), number(d, 0, 4)
	known := false
	switch {
	case d[0] == '4': // Visa
		known = n == 13 || n == 16 || n == 19
	case four >= 5100 && four <= 5599, four >= 2221 && four <= 2720: // Mastercard
		known = n == 16
	case four/100 == 34, four/100 == 37: // American Express
		known = n == 15
	case four == 6011, four/100 == 65, four/10 >= 644 && four/10 <= 649, four/100 == 62: // Discover, UnionPay
		known = n >= 16
	case four/10 >= 300 && four/10 <= 305, four/100 == 36, four/100 == 38, four/100 == 39: // Diners Club
		known = n == 14
	case four >= 3528 && four <= 3589: // JCB
		known = n == 16
	}
	return known && !sameDigits(d) && luhn(d)
}

// ibanLengths are those of SWIFT's IBAN registry, release 99.
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"

// iban reports an international bank account number: ISO 13616, in one run or in
// groups of four, with the check of ISO 7064 mod 97-10.
func (s *personalScan) iban(from int) bool {
	b := s.text.Raw
	if from+15 > len(b) || !isAlpha(b[from]) || !isAlpha(b[from+1]) || !isDigit(b[from+2]) || !isDigit(b[from+3]) {
		return false
	}
	country, want := string([]byte{b[from] &^ 0x20, b[from+1] &^ 0x20}), 0
	for i := 0; i < len(ibanLengths); i += 4 {
		if ibanLengths[i:i+2] == country {
			want = number([]byte(ibanLengths), i+2, i+4)
		}
	}
	var id [34]byte
	n, to := 0, from
	for i := from; i < len(b) && n < want; i++ {
		if b[i] == ' ' && n%4 == 0 {
			continue
		}
		if !isAlnum(b[i]) {
			return false
		}
		id[n] = b[i]
		if isAlpha(b[i]) {
			id[n] &^= 0x20
		}
		n++
		to = i + 1
	}
	if want == 0 || n != want || glued(b, from, to) {
		return false
	}
	rest := 0
	for i := range n {
		v := digitAt(id[:n], (i+4)%n)
		if v >= 10 {
			rest *= 10
		}
		rest = (rest*10 + v) % 97
	}
	return rest == 1 && s.add("iban", from, to, 0.95)
}

// address reports an IPv4 address that is reachable from outside; others say
// nothing about a person.
func (s *personalScan) address(from, end int) bool {
	b := s.text.Raw
	if end-from > 3 || end+6 > len(b) || b[end] != '.' {
		return false
	}
	to := end
	for to < len(b) && to-from < 16 && (isDigit(b[to]) || b[to] == '.') {
		to++
	}
	for to > from && b[to-1] == '.' {
		to--
	}
	addr, err := netip.ParseAddr(string(b[from:to]))
	if err != nil || glued(b, from, to) || hasWord(s.text.Folded[max(0, from-10):from], []string{"version", "ver", "v", "release"}) {
		return false
	}
	return s.add("ip", from, to, addressScore(addr), "ip", "address", "addr", "client", "remote", "host")
}

// addressScore is how sure an address is to be that of somebody.
func addressScore(a netip.Addr) float64 {
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() {
		return -1
	}
	return 0.5
}

// hardware reports an IPv6 address or the address of a network card around a
// colon.
func (s *personalScan) hardware(at int) {
	b := s.text.Raw
	if at < s.end {
		return
	}
	from, to, colons := at, at, 0
	for from > s.end && at-from < 4 && (isHexDigit(b[from-1])) {
		from--
	}
	for to < len(b) && to-from < 46 && (isHexDigit(b[to]) || b[to] == ':' || b[to] == '.') {
		if b[to] == ':' {
			colons++
		}
		to++
	}
	for to > from && (b[to-1] == '.' || b[to-1] == ':' && (to-2 < from || b[to-2] != ':')) {
		to--
	}
	if colons < 3 || glued(b, from, to) {
		return
	}
	text := string(b[from:to])
	if len(text) == 17 && colons == 5 && strings.Trim(text[2:3]+text[5:6]+text[8:9]+text[11:12]+text[14:15], ":") == "" {
		s.add("mac", from, to, 0.6, "mac", "hardware", "ethernet", "bssid", "device")
		return
	}
	if addr, err := netip.ParseAddr(text); err == nil && strings.ContainsAny(text, "0123456789") {
		s.add("ip", from, to, addressScore(addr), "ip", "address", "addr", "client", "remote", "host")
	}
}

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
