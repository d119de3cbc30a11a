package classify

import (
	"bytes"
	_ "embed"
	"strings"
)

//go:embed stance.txt
var stanceWords string

// ReplyReader makes the features of replies. It must not be used by two
// goroutines at once.
type ReplyReader struct {
	stance [stanceSize]uint32 // hashes of the words that are told apart, each at its last bits or behind
	grams  []uint32           // the reply so far: hashes of words, marks of all else
}

// stanceSize is a power of two, and some times as many as there are stance words.
const stanceSize = 4096

// MaxReply is how much of a reply is read, in bytes: what a model thinks of a
// question it says in its first sentences.
const MaxReply = 800

// The marks that stand for what is no stance word. They are no hashes of one.
const (
	markOther = 1 + iota
	markSentence
	markLine
	markNumber
	markItem
)

// NewReplyReader makes a reader.
func NewReplyReader() *ReplyReader {
	r := &ReplyReader{}
	for line := range strings.Lines(stanceWords) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, word := range strings.Fields(line) {
			h := hashOf([]byte(word))
			*r.slot(h) = h
		}
	}
	return r
}

// Features appends the features of a reply in lower case: the runs of one, two
// and three words of its beginning, with all but the stance words alike, those
// of its first sentence once more, and how the reply is laid out.
func (r *ReplyReader) Features(dst Features, reply []byte) Features {
	text := reply[:min(len(reply), MaxReply)]
	r.read(text)
	inFirst := true
	for i, c := range r.grams {
		if c == markSentence {
			inFirst = false
		}
		h := uint32(hashStart)
		for n, word := range r.grams[i:min(i+3, len(r.grams))] {
			h = mix(h, word)
			if n == 0 && word <= markItem {
				continue
			}
			dst = append(dst, finish(h))
			if inFirst {
				dst = append(dst, finish(h+1))
			}
		}
	}
	return layout(dst, reply)
}

// layout appends what tells lists, code and lengths apart.
func layout(dst Features, reply []byte) Features {
	size := 0
	for n := len(reply); n > 64; n >>= 1 {
		size++
	}
	items := min(bytes.Count(reply, []byte("\n1."))+bytes.Count(reply, []byte("\n2."))+bytes.Count(reply, []byte("\n- "))+bytes.Count(reply, []byte("\n* ")), 3)
	code := min(bytes.Count(reply, []byte("```")), 1)
	for kind, value := range [...]int{size, items, code} {
		dst = append(dst, finish(mix(mix(mix(hashStart, 'L'), uint32(kind)), uint32(value)))) //nolint:gosec // small
	}
	return dst
}

// read cuts a text into words and marks.
func (r *ReplyReader) read(text []byte) {
	r.grams = r.grams[:0]
	h, n := uint32(hashStart), 0
	for i := 0; i <= len(text); i++ {
		c := byte(' ')
		if i < len(text) {
			c = text[i]
		}
		if c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2] == 0x99 { // ’
			c = '\''
			i += 2
		}
		if c >= 'a' && c <= 'z' || c == '\'' && n > 0 || c >= 0x80 {
			h = (h ^ uint32(c)) * hashPrime
			n++
			continue
		}
		if n > 0 {
			r.word(h)
		}
		h, n = hashStart, 0
		switch {
		case c == '\n':
			r.mark(markLine)
		case c >= '0' && c <= '9':
			r.mark(markNumber)
		case c == '.' || c == '!' || c == '?':
			r.mark(markSentence)
		}
	}
}

// slot is where a hash of a word stands in stance, or would stand.
func (r *ReplyReader) slot(h uint32) *uint32 {
	at := h % stanceSize
	for r.stance[at] != h && r.stance[at] != 0 {
		at = (at + 1) % stanceSize
	}
	return &r.stance[at]
}

func (r *ReplyReader) word(h uint32) {
	if h == 0 || *r.slot(h) != h {
		r.mark(markOther)
		return
	}
	r.grams = append(r.grams, h)
}

// mark adds a mark; of a run of the same, one.
func (r *ReplyReader) mark(m uint32) {
	if n := len(r.grams); n > 0 && r.grams[n-1] == m {
		return
	}
	r.grams = append(r.grams, m)
}
