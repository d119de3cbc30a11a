package content

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// cipher finds lines that rot13 or reversal makes English. It is a part of its
// own, for it has keywords: two of them on one line make the line worth
// deciphering.
type cipher struct {
	*obfuscation
	both  []string // the words in rot13 and, after those, in reverse
	plain int      // how many there are of each
}

func newCipher() *cipher {
	words := cipherWords()
	c := &cipher{plain: len(words)}
	for _, w := range words {
		c.both = append(c.both, rot13Text(w))
	}
	for _, w := range words {
		plain := strings.TrimPrefix(w, " ")
		c.both = append(c.both, w[:len(w)-len(plain)]+reversedText(plain))
	}
	return c
}

// cipherWords are words that most English text has, those with a space as whole
// words, or that most attacks have.
func cipherWords() []string {
	return []string{
		" the", " and", " you", " your", " for", " with", " that", " this", " please",
		"ignore", "instruction", "previous", "system", "prompt", "password", "secret", "reveal",
	}
}

func (c *cipher) keywords() []string { return c.both }

func (c *cipher) scan(t *Text, report func(Sign)) {
	c.start(t, report, func(d *decoding, l *layer) { d.ciphered(l, t.hits) })
}

func rot13Text(text string) string {
	b := []byte(text)
	for i, c := range b {
		if isAlpha(c) {
			base := c&0x20 | 'A'
			b[i] = base + (c-base+13)%26
		}
	}
	return string(b)
}

// reversedText turns a text around by its characters.
func reversedText(text string) string {
	b := make([]byte, 0, len(text))
	for i := len(text); i > 0; {
		_, n := utf8.DecodeLastRuneInString(text[:i])
		b = append(b, text[i-n:i]...)
		i -= n
	}
	return string(b)
}

// maxLineText bounds the line that is deciphered, in bytes.
const maxLineText = 4096

// ciphered deciphers the lines on which keywords stand within 200 bytes of each
// other.
func (d *decoding) ciphered(l *layer, hits []hit) {
	var last, done [2]int
	var seen [2]bool
	for _, h := range hits {
		id, at := 0, int(h.start)
		if int(h.word) >= d.cipher.plain {
			id = 1
		}
		goesOn := isSpace(l.folded[at]) && int(h.end) < len(l.folded) && isAlpha(l.folded[h.end])
		if at < done[id] || goesOn {
			continue
		}
		if !seen[id] || at-last[id] > 200 {
			last[id], seen[id] = at, true
			continue
		}
		line := lineOf(l.text, at)
		done[id], seen[id] = line.to, false
		text, label := string(l.text[line.from:line.to]), "rot13"
		if id == 1 {
			text, label = reversedText(text), "reversed"
		} else {
			text = rot13Text(text)
		}
		if english(text) {
			d.decoded(l, line, []byte(text), label)
		}
	}
}

// lineOf returns the line that a place is on, at most maxLineText bytes of it.
func lineOf(b []byte, at int) span {
	line := span{max(0, at-maxLineText/2), min(len(b), at+maxLineText/2)}
	if i := bytes.LastIndexByte(b[line.from:at], '\n'); i >= 0 {
		line.from += i + 1
	}
	if i := bytes.IndexByte(b[at:line.to], '\n'); i >= 0 {
		line.to = at + i
	}
	return line
}

// english reports whether one word in six is among the commonest of English, and
// three are: in running text every second is.
func english(text string) bool {
	words, common := 0, 0
	for _, w := range bytes.Fields(appendFolded(nil, []byte(text))) {
		words++
		switch string(bytes.Trim(w, ".,;:!?\"'()")) {
		case "the", "and", "you", "your", "for", "with", "that", "this", "to", "of", "a", "in", "is", "it", "all", "me", "my", "i", "on", "be", "not", "are", "please", "what", "how", "do", "tell", "ignore", "previous", "instructions", "system", "prompt", "password", "secret", "reveal":
			common++
		}
	}
	return common >= 3 && common*6 >= words
}
