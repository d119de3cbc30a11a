package content

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Kinds of what keeps a text from being read.
const (
	// KindEncoding is text written in another form: base64, hex, percent, escape,
	// html-entity, rot13, reversed, binary, leet. Its score is low where the text
	// behind it shows nothing, for much of what is logged is encoded for good
	// reasons; what it does show is reported beside it, with Via. The labels
	// too-deep and too-long say that more was encoded than is decoded.
	KindEncoding = "encoding"
	// KindObfuscation is text that people do not see as a program reads it:
	// zero-width, tag-characters, variation-selectors, bidi, homoglyph,
	// styled-letters.
	KindObfuscation = "obfuscation"
)

// Bounds of decoding, so that a small text cannot become much work.
const (
	maxDepth   = 4         // encodings within each other
	maxRun     = 64 << 10  // bytes of one encoded run
	maxDecoded = 256 << 10 // bytes decoded of one text, all layers together
)

// Scores of encodings whose text shows something, and of those that do not.
const (
	shownScore  = 0.6
	silentScore = 0.2
)

// obfuscation looks for what hides a text, decodes it, and lets the other parts
// look at what comes out.
type obfuscation struct {
	others    []part
	cipher    *cipher       // the last of others
	words     *wordList     // of all parts, others first
	hits      [][]hit       // by part
	letters   map[rune]byte // confusable letters
	inRun     [256]bool     // by byte: whether encoded runs hold it
	looks     [256]byte     // by byte: the letter that it is or stands for, or 0
	leetWords *leetWords
	text      Text   // of the layer that others look at
	in, out   []byte // of a run that is decoded
}

// newHidden returns the parts that look for hidden and ciphered text; others are
// those that look at it once it is decoded. The second is to be given the words of
// all of them.
func newHidden(others []part) []part {
	c := newCipher()
	o := &obfuscation{cipher: c, letters: confusables(), inRun: runBytes(), looks: leetLetters(), leetWords: newLeetWords()}
	o.others = append(slices.Clip(others), c)
	o.hits = make([][]hit, len(o.others))
	c.obfuscation = o
	return []part{c, o}
}

func (o *obfuscation) keywords() []string { return nil }

// layer is a text that was decoded.
type layer struct {
	text, folded []byte
	label        string // how it was encoded, empty of the text itself
	via          string // the encodings around it and its own
	depth        int
	at           span // of the original text
	// places says of a text whose letters were replaced where each of them stands
	// in its parent, and one more for the end.
	places []int
	parent []byte
	nested bool // the parent was decoded itself, so that at says the place of all
	shows  bool
}

// decoding is the work on one text.
type decoding struct {
	*obfuscation
	role   Role
	report func(Sign)
	queue  []layer
	left   int // bytes that may be decoded still
}

// scan reports what hides text, and what hidden text shows.
func (o *obfuscation) scan(t *Text, report func(Sign)) {
	o.start(t, report, func(d *decoding, l *layer) {
		d.fold(l)
		d.runs(l)
	})
}

// start decodes what look finds in a text, and what is in that, until nothing
// is left.
func (o *obfuscation) start(t *Text, report func(Sign), look func(*decoding, *layer)) {
	d := &decoding{obfuscation: o, role: t.Role, report: report, left: maxDecoded}
	look(d, &layer{text: t.Raw, folded: t.Folded, at: span{0, len(t.Raw)}})
	for i := 0; i < len(d.queue); i++ {
		l := d.queue[i]
		d.queue[i] = layer{}
		l.folded = appendFolded(nil, l.text)
		d.rescan(&l)
		if l.label != "" {
			score := silentScore
			if l.shows {
				score = shownScore
			}
			d.report(Sign{Kind: KindEncoding, Label: l.label, Score: score, Start: l.at.from, End: l.at.to, Via: outer(l.via)})
		}
		d.fold(&l)
		d.runs(&l)
	}
}

// outer returns the encodings around the innermost.
func outer(via string) string {
	if i := strings.LastIndexByte(via, ','); i >= 0 {
		return via[:i]
	}
	return ""
}

// rescan lets the other parts look at a layer. Of a text whose letters were
// replaced only what stands where one was is news.
func (d *decoding) rescan(l *layer) {
	for i := range d.hits {
		d.hits[i] = d.hits[i][:0]
	}
	d.words.find.find(l.folded, func(word, start, end int32) {
		if owner := int(d.words.owner[word]); owner < len(d.hits) {
			d.hits[owner] = append(d.hits[owner], hit{d.words.index[word], start, end})
		}
	})
	for i, p := range d.others {
		if len(d.hits[i]) == 0 && len(p.keywords()) > 0 {
			continue
		}
		if p == part(d.cipher) {
			d.ciphered(l, d.hits[i])
			continue
		}
		d.text = Text{Role: d.role, Raw: l.text, Folded: l.folded, Begins: true, Ends: true, hits: d.hits[i]}
		p.scan(&d.text, func(s Sign) {
			if at, changed := l.original(span{s.Start, s.End}); changed {
				l.shows = true
				d.report(Sign{Kind: s.Kind, Label: s.Label, Score: s.Score, Start: at.from, End: at.to, Via: l.via})
			}
		})
	}
}

// original returns the bytes of the original text that a part of a layer stands
// for, and whether it reads otherwise there.
func (l *layer) original(part span) (span, bool) {
	switch {
	case l.depth == 0:
		return part, true
	case l.places == nil:
		return l.at, true
	}
	in := span{l.places[part.from], l.places[part.to]}
	changed := !bytes.Equal(l.text[part.from:part.to], l.parent[in.from:in.to])
	if l.nested {
		return l.at, changed
	}
	return in, changed
}

// decoded puts a text into the queue that stood encoded at a place of a layer.
func (d *decoding) decoded(l *layer, where span, text []byte, label string) {
	at, changed := l.original(where)
	if !changed || len(text) == 0 {
		return
	}
	d.push(layer{text: text, label: label, via: joinVia(l.via, label), depth: l.depth + 1, at: at})
}

// quietly is decoded for what is only worth reporting if its text shows
// something.
func (d *decoding) quietly(l *layer, where span, text []byte, label string) {
	if at, changed := l.original(where); changed {
		d.push(layer{text: text, via: joinVia(l.via, label), depth: l.depth + 1, at: at})
	}
}

// push keeps the bounds: what goes beyond them is said, not decoded.
func (d *decoding) push(l layer) {
	switch {
	case l.depth > maxDepth:
		d.report(Sign{Kind: KindEncoding, Label: "too-deep", Score: 0.4, Start: l.at.from, End: l.at.to, Via: l.via})
	case len(l.text) > d.left:
		d.tooLong(l.at)
	default:
		d.left -= len(l.text)
		d.queue = append(d.queue, l)
	}
}

func (d *decoding) tooLong(at span) {
	d.report(Sign{Kind: KindEncoding, Label: "too-long", Score: silentScore, Start: at.from, End: at.to})
}

func joinVia(outer, inner string) string {
	if outer == "" {
		return inner
	}
	return outer + "," + inner
}

// readable reports whether decoded bytes are text: UTF-8 without control
// characters and, of a short one, mostly letters and spaces. Random bytes,
// pictures and hashes are not: of 24 random bytes all are printable in one of
// 10^10 cases.
func readable(b []byte) bool {
	if len(b) < 8 || !printable(b) {
		return false
	}
	if len(b) >= 24 {
		return true
	}
	letters := 0
	for _, c := range b {
		if isAlpha(c) || c == ' ' || c >= utf8.RuneSelf {
			letters++
		}
	}
	return letters*10 >= len(b)*8
}
