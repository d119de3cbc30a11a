package content

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// confusables returns letters that look like one of ASCII, of the scripts that
// are used for it: what the confusables of Unicode Technical Standard 39 map to
// the same skeleton as the Latin letter.
func confusables() map[rune]byte {
	const pairs = "аaеeоoрpсcуyхxіiјjѕsԁdԛqԝwһhӏlгrпnьbАAВBЕEКKМMНHОOРPСCТTУYХXІIЈJЅSԌGԜW" +
		"αaιiνvοoρpσoυuγyϲcϳjΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXϹC" +
		"օoսuհhոnզqցgՕOՍUՏSԼL" +
		"ᎪAᏴBᏟCᎬEᎻHᎫJᏦKᏞLᎷMᏢPᎡRᏚSᎢTᏙVᏔWᏃZ" +
		"ıiɑaɡgɩiʏy"
	m := map[rune]byte{}
	var letter rune
	for i, r := range []rune(pairs) {
		if i%2 == 0 {
			letter = r
		} else {
			m[letter] = byte(r) //nolint:gosec // every second is ASCII
		}
	}
	return m
}

// styled returns the ASCII letter or digit that a character is a style of:
// full-width forms, mathematical alphanumerics, circled and squared letters.
func styled(r rune) (byte, bool) {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E:
		return byte(r - 0xFEE0), true
	case r >= 0x1D400 && r <= 0x1D6A3:
		n := (r - 0x1D400) % 52
		if n < 26 {
			return byte('A' + n), true
		}
		return byte('a' + n - 26), true
	case r >= 0x1D7CE && r <= 0x1D7FF:
		return byte('0' + (r-0x1D7CE)%10), true
	case r >= 0x24B6 && r <= 0x24CF:
		return byte('A' + r - 0x24B6), true
	case r >= 0x24D0 && r <= 0x24E9:
		return byte('a' + r - 0x24D0), true
	case r >= 0x1F130 && r <= 0x1F149:
		return byte('A' + r - 0x1F130), true
	case r >= 0x1F150 && r <= 0x1F169:
		return byte('A' + r - 0x1F150), true
	case r >= 0x1F170 && r <= 0x1F189:
		return byte('A' + r - 0x1F170), true
	}
	return 0, false
}

// isZeroWidth reports whether a character takes no room: those of category Cf
// that have a use of their own only in some scripts.
func isZeroWidth(r rune) bool {
	return r >= 0x200B && r <= 0x200F || r >= 0x2060 && r <= 0x2064 || r == 0xFEFF || r == 0x00AD || r == 0x180E || r == 0x034F
}

// isBidi reports whether a character changes the direction of text explicitly
// (Unicode Standard Annex 9, section 2).
func isBidi(r rune) bool { return r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 }

// isRightToLeft reports whether a letter is of a script that is written so.
func isRightToLeft(r rune) bool { return r >= 0x0590 && r <= 0x08FF || r >= 0xFB1D && r <= 0xFEFC }

// variationByte returns the byte that a variation selector stands for where text
// is smuggled in them, 0 to 255.
func variationByte(r rune) (byte, bool) {
	switch {
	case r >= 0xFE00 && r <= 0xFE0F:
		return byte(r - 0xFE00), true
	case r >= 0xE0100 && r <= 0xE01EF:
		return byte(r - 0xE0100 + 16), true
	}
	return 0, false
}

// Ways of folding a text, as bits.
const (
	foldZeroWidth = 1 << iota
	foldHomoglyph
	foldStyled
	foldLeet
)

// folding rewrites a text as it looks.
type folding struct {
	*decoding
	l     *layer
	edits []edit
	leet  int // words
	right bool
}

// edit says that bytes of a text look like one letter, or like nothing.
type edit struct {
	span
	letter byte // 0: nothing
	way    int
}

// fold reports characters that hide something and puts the text without them,
// and with the letters that others look like, into the queue.
func (d *decoding) fold(l *layer) {
	f := &folding{decoding: d, l: l}
	b := l.text
	for i := 0; i < len(b); {
		if len(b)-i >= 8 {
			eight := eightAt(b, i)
			marks := eight&highBits | within(eight, '0', '9')
			if marks == 0 {
				i += 8
				continue
			}
			i += firstMarked(marks)
		}
		switch {
		case b[i] >= utf8.RuneSelf:
			i = f.character(i)
		case isDigit(b[i]):
			i = f.digit(i)
		default:
			i++
		}
	}
	f.finish()
}

// character deals with one beyond ASCII and returns where to go on.
func (f *folding) character(i int) int {
	b := f.l.text
	r, n := utf8.DecodeRune(b[i:])
	switch {
	case r == utf8.RuneError:
	case isZeroWidth(r):
		f.zeroWidth(i, n)
	case isBidi(r):
		return f.bidi(i)
	case r >= 0xE0020 && r <= 0xE007F:
		return f.smuggled(i, "tag-characters", func(r rune) (byte, bool) { return byte(r - 0xE0000), r >= 0xE0020 && r <= 0xE007E })
	case isVariation(r):
		return f.smuggled(i, "variation-selectors", variationByte)
	case isRightToLeft(r):
		f.right = true
	default:
		if c, ok := styled(r); ok {
			return f.styledRun(i, c)
		}
		if f.letters[r] != 0 {
			return f.word(i)
		}
	}
	return i + n
}

func isVariation(r rune) bool { _, ok := variationByte(r); return ok }

// zeroWidth takes out a character within a word or key of ASCII; emoji and some
// scripts need such between theirs.
func (f *folding) zeroWidth(i, n int) {
	b := f.l.text
	end := i + n
	for end < len(b) { // several together
		r, m := utf8.DecodeRune(b[end:])
		if !isZeroWidth(r) {
			break
		}
		end += m
	}
	k := len(f.edits)
	before := i > 0 && isWordByte(b[i-1]) || k > 0 && f.edits[k-1].to == i && f.edits[k-1].letter == 0
	if before && end < len(b) && isWordByte(b[end]) {
		f.edits = append(f.edits, edit{span{i, i + n}, 0, foldZeroWidth})
	}
}

// bidi reports a character that changes direction, unless the text has letters
// that are written from right to left. Overrides show text in another order than
// it has (CVE-2021-42574).
func (f *folding) bidi(i int) int {
	b := f.l.text
	end, override := i, false
	for end < len(b) {
		r, n := utf8.DecodeRune(b[end:])
		if !isBidi(r) {
			break
		}
		override = override || r == 0x202D || r == 0x202E
		end += n
	}
	score := 0.3
	if override {
		score = 0.7
	}
	next, _ := utf8.DecodeRune(b[end:])
	if !f.right && !isRightToLeft(next) {
		f.hides("bidi", span{i, end}, score)
	}
	return end
}

// hides reports what hides something in a layer.
func (f *folding) hides(label string, where span, score float64) {
	if at, changed := f.l.original(where); changed {
		f.report(Sign{Kind: KindObfuscation, Label: label, Score: score, Start: at.from, End: at.to, Via: f.l.via})
	}
}

// smuggled decodes a run of characters that stand for a byte each and show
// nothing. One variation selector after a character is what they are for, and
// tags after a black flag make the flag of a region (Unicode Technical Standard
// 51, annex C).
func (f *folding) smuggled(i int, label string, value func(rune) (byte, bool)) int {
	b := f.l.text
	var text []byte
	end := i
	for end < len(b) && len(text) < maxRun {
		r, n := utf8.DecodeRune(b[end:])
		c, ok := value(r)
		if !ok && r != 0xE007F {
			break
		}
		if ok {
			text = append(text, c)
		}
		end += n
	}
	if end == i { // a language tag without text
		_, n := utf8.DecodeRune(b[i:])
		return i + n
	}
	before, _ := utf8.DecodeLastRune(b[:i])
	if len(text) < 2 || before == 0x1F3F4 && len(text) <= 6 {
		return end
	}
	f.hides(label, span{i, end}, 0.9)
	if printable(text) {
		f.decoded(f.l, span{i, end}, text, label)
	}
	return end
}

// printable reports whether bytes are UTF-8 without control characters.
func printable(b []byte) bool {
	for _, c := range b {
		if c == 0x7f || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(b)
}

// styledRun folds letters in another style; four of them or more are reported.
func (f *folding) styledRun(i int, c byte) int {
	b := f.l.text
	from, letters := i, 0
	for ok := true; ok; {
		_, n := utf8.DecodeRune(b[i:])
		f.edits = append(f.edits, edit{span{i, i + n}, c, foldStyled})
		if isAlpha(c) {
			letters++
		}
		i += n
		for i < len(b) && b[i] == ' ' {
			i++
		}
		r, _ := utf8.DecodeRune(b[i:])
		c, ok = styled(r)
	}
	if letters >= 4 {
		f.hides("styled-letters", span{from, f.edits[len(f.edits)-1].to}, 0.3)
	}
	return f.edits[len(f.edits)-1].to
}

// word folds the word around a letter that looks like one of ASCII, if all that
// is not ASCII in it does. A word of four letters or more that mixes both is
// reported; shorter ones are formulas.
func (f *folding) word(i int) int {
	b := f.l.text
	from := i
	for from > 0 && isAlpha(b[from-1]) {
		from--
	}
	k, ascii, foreign, end := len(f.edits), i-from, 0, i
	for end < len(b) {
		r, n := utf8.DecodeRune(b[end:])
		if r < utf8.RuneSelf && isAlpha(byte(r)) {
			ascii++
		} else if c := f.letters[r]; c != 0 {
			f.edits = append(f.edits, edit{span{end, end + n}, c, foldHomoglyph})
			foreign++
		} else if r >= utf8.RuneSelf && r != utf8.RuneError && !isZeroWidth(r) && r < 0x2000 {
			f.edits = f.edits[:k] // a word of that script
			return end + n
		} else {
			break
		}
		end += n
	}
	switch {
	case ascii >= 2 && ascii+foreign >= 4:
		f.hides("homoglyph", span{from, end}, 0.6)
	case ascii == 0 && !besideASCII(b, from, end):
		f.edits = f.edits[:k] // a word of a text in that script
	}
	return end
}

// besideASCII reports whether the word before or after is of ASCII letters.
func besideASCII(b []byte, from, to int) bool {
	return from > 1 && isAlpha(b[from-2]) || to+1 < len(b) && isAlpha(b[to+1])
}

// digit folds the word around a digit that stands for a letter, if it is one of
// leetWords then. It returns where the word ends.
func (f *folding) digit(i int) int {
	b := f.l.text
	from, end := i, i
	for end < len(b) && isDigit(b[end]) {
		end++
	}
	if (i == 0 || !isAlpha(b[i-1])) && (end == len(b) || !isAlpha(b[end])) {
		return end // a number
	}
	end = i
	for from > 0 && i-from < maxLeet && f.looks[b[from-1]] != 0 {
		from--
	}
	for end < len(b) && end-from < maxLeet && f.looks[b[end]] != 0 {
		end++
	}
	if end-from == maxLeet { // no word
		for end < len(b) && isAlnum(b[end]) {
			end++
		}
		return end
	}
	if n := end - from; n >= minLeetWord && n <= maxLeetWord {
		f.leetWord(from, end)
	}
	return max(end, i+1)
}

// maxLeet is how long what may be a word is at most, in bytes: of longer runs
// none is looked at. The words that are known are shorter.
const (
	maxLeet     = 24
	minLeetWord = 5
	maxLeetWord = 12
)

// leetWord folds a word if it is one of leetWords then. What stands for i may
// stand for l.
func (f *folding) leetWord(from, end int) {
	b := f.l.text[from:end]
	if !f.leetWords.mayBe(b, &f.looks) {
		return
	}
	var buf [maxLeetWord]byte
	for _, one := range []byte("il") {
		letters, word := 0, buf[:0]
		for _, c := range b {
			letter := f.looks[c]
			switch {
			case isAlpha(c):
				letters++
			case letter == 'i':
				letter = one
			}
			word = append(word, letter)
		}
		if letters < 2 || !f.leetWords.is[string(word)] {
			continue
		}
		for k, c := range b {
			if !isAlpha(c) {
				f.edits = append(f.edits, edit{span{from + k, from + k + 1}, word[k], foldLeet})
			}
		}
		f.leet++
		return
	}
}

// leetLetters maps a byte to the letter, in lower case, that it is or stands for.
func leetLetters() (letters [256]byte) {
	for c := byte('a'); c <= 'z'; c++ {
		letters[c], letters[c&^0x20] = c, c
	}
	for i, c := range []byte("01!|34@5$78") {
		letters[c] = "oiiieaasstb"[i]
	}
	return letters
}

// leetWords are the words that are worth hiding: those of instructions to a
// model and of what it must not say.
type leetWords struct {
	is map[string]bool
	// at has by length and place a bit for each letter that a word has there: most
	// of what is no word shows it by the first letters.
	at [maxLeetWord + 1][maxLeetWord]uint32
}

func newLeetWords() *leetWords {
	w := &leetWords{is: map[string]bool{}}
	for _, word := range strings.Fields("ignore disregard forget previous prior above instruction instructions rules guidelines system prompt prompts reveal repeat print password passwords secret secrets credential credentials token bypass override jailbreak filter filters restrictions developer pretend unfiltered uncensored hacker hacking malware virus exploit explosive explosives weapon weapons poison drugs illegal assistant confidential private execute delete everything anything please write create build") {
		w.is[word] = true
		for i, c := range []byte(word) {
			w.at[len(word)][i] |= 1 << (c - 'a')
		}
	}
	return w
}

// mayBe reports whether each letter of a text stands where some word of its
// length has it.
func (w *leetWords) mayBe(text []byte, looks *[256]byte) bool {
	for i, c := range text {
		can := uint32(1) << (looks[c] - 'a')
		if looks[c] == 'i' {
			can |= 1 << ('l' - 'a')
		}
		if w.at[len(text)][i]&can == 0 {
			return false
		}
	}
	return true
}

// foldMargin is how much text around what was folded is looked at again, in
// bytes: as much as phrases need.
const foldMargin = 256

// finish reports what the edits say together and puts the folded text into the
// queue, in parts where much stands between them.
func (f *folding) finish() {
	if f.leet < 2 { // one alone is a name
		f.edits = withoutWay(f.edits, foldLeet)
	}
	if f.l.places != nil {
		return // was folded before
	}
	if zero := withWay(f.edits, foldZeroWidth); len(zero) > 0 {
		f.hides("zero-width", whole(zero), min(0.9, 0.4+0.1*float64(len(zero))))
	}
	if leet := withWay(f.edits, foldLeet); len(leet) > 0 {
		if at, changed := f.l.original(whole(leet)); changed {
			f.report(Sign{Kind: KindEncoding, Label: "leet", Score: 0.4, Start: at.from, End: at.to, Via: f.l.via})
		}
	}
	for rest := f.edits; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].from-rest[n-1].to < 2*foldMargin && rest[n].to-rest[0].from < maxRun {
			n++
		}
		f.push(f.folded(rest[:n]))
		rest = rest[n:]
	}
}

// whole returns the bytes from the first edit to the last.
func whole(edits []edit) span { return span{edits[0].from, edits[len(edits)-1].to} }

// folded returns the layer that some edits make of the text around them.
func (f *folding) folded(edits []edit) layer {
	child := layer{depth: f.l.depth + 1, parent: f.l.text, nested: f.l.depth > 0, at: f.l.at, via: f.l.via}
	ways := 0
	for _, e := range edits {
		ways |= e.way
	}
	for i, name := range []string{"zero-width", "homoglyph", "styled-letters", "leet"} {
		if ways&(1<<i) != 0 {
			child.via = joinVia(child.via, name)
		}
	}
	where := whole(edits)
	child.apply(edits, span{max(0, where.from-foldMargin), min(len(f.l.text), where.to+foldMargin)})
	return child
}

func withoutWay(edits []edit, way int) []edit {
	return slices.DeleteFunc(edits, func(e edit) bool { return e.way == way })
}

func withWay(edits []edit, way int) []edit {
	return slices.DeleteFunc(slices.Clone(edits), func(e edit) bool { return e.way != way })
}

// apply writes a part of the parent with the edits, and where its bytes come
// from.
func (l *layer) apply(edits []edit, where span) {
	at := where.from
	keep := func(to int) {
		for ; at < to; at++ {
			l.text, l.places = append(l.text, l.parent[at]), append(l.places, at)
		}
	}
	for _, e := range edits {
		keep(e.from)
		if e.letter != 0 {
			l.text, l.places = append(l.text, e.letter), append(l.places, e.from)
		}
		at = e.to
	}
	keep(where.to)
	l.places = append(l.places, where.to)
}
