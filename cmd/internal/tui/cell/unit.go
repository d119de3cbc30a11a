package cell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/text/unicode/norm"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const (
	// maxMarks is how many combining marks one base keeps. The most that
	// writing needs are the points and accents of the Hebrew Bible: dagesh,
	// shin dot, vowel, meteg and one accent.
	maxMarks = 5
	// maxRunes bounds a cluster. The longest emoji that Unicode recommends
	// (two people, each with a skin tone, kissing) have ten characters.
	// Source: emoji-zwj-sequences.txt.
	maxRunes = 12
	// clusterWindow is how many bytes are looked at for one cluster; more than
	// maxRunes characters can have, and so no bound of its own.
	clusterWindow = 4 * (maxRunes + 4)
	// floodWindow is how many bytes of combining marks without a base are
	// counted in one mark.
	floodWindow = 256
)

const (
	zeroWidthJoiner = '\u200d'
	textStyle       = '\ufe0e'
	emojiStyle      = '\ufe0f'
	keycap          = '\u20e3'
)

// direction is which way a unit turns the text around it.
type direction uint8

const (
	neutral direction = iota
	leftToRight
	rightToLeft
)

// unit is the least piece of text that is drawn as a whole: a character with
// what is combined with it, or the mark for something hidden. Its width is
// at least one, its text joins with nothing before or after it, and n, the
// bytes of the text it stands for, is bounded.
type unit struct {
	n     int
	text  string
	width int
	mark  bool
	dir   direction
}

// next is the first unit of s, which is not empty.
func (sc Screen) next(s string) unit {
	if c := s[0]; c >= ' ' && c < 0x7f && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return unit{n: 1, text: s[:1], width: 1, dir: asciiDirection(c)}
	}
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return marked(1, render.Terminal(s[:1]))
	case render.Hidden(r) || isModifier(r) || isJamoTail(r):
		return marked(size, render.Escape(r))
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r):
		return flood(s)
	case unicode.Is(ordinary, r) && standsAlone(s[size:]):
		return unit{n: size, text: s[:size], width: sc.Width(s[:size]), dir: runeDirection(r)}
	}
	if u, ok := sc.cluster(s); ok {
		return u
	}
	if unicode.Is(unicode.M, r) {
		return flood(s)
	}
	return marked(size, render.Escape(r))
}

func marked(n int, text string) unit {
	return unit{n: n, text: text, width: len(text), mark: true, dir: leftToRight}
}

// flood stands for combining marks that have no base, or too many of them.
func flood(s string) unit {
	count, n := 0, 0
	var first rune
	for n < len(s) && n < floodWindow {
		r, size := utf8.DecodeRuneInString(s[n:])
		if !unicode.Is(unicode.M, r) || render.Hidden(r) {
			break
		}
		if count == 0 {
			first = r
		}
		count++
		n += size
	}
	if count == 1 {
		return marked(n, render.Escape(first))
	}
	return marked(n, fmt.Sprintf(`\{%d combining}`, count))
}

// cluster is the grapheme cluster that s begins with, or as much of it as may
// be drawn; false when its first character may not be drawn at all.
func (sc Screen) cluster(s string) (unit, bool) {
	method := sc.method()
	whole, _ := ansi.FirstGraphemeCluster(s[:min(len(s), clusterWindow)], method)
	text, n := sc.accept(whole)
	if n < len(whole) && !startsMark(whole[n:]) {
		// What follows would be drawn as a part of this cluster.
		return unit{}, false
	}
	if !sc.Graphemes && strings.ContainsFunc(text, isJamoTail) {
		// Terminals disagree on the width of Korean in parts, not of syllables.
		text = norm.NFC.String(text)
		if strings.ContainsFunc(text, isJamoTail) {
			return unit{}, false
		}
	}
	width := method.StringWidth(text)
	if width == 0 || joins(text) {
		return unit{}, false
	}
	r, size := utf8.DecodeRuneInString(text)
	if isRegional(r) {
		if second, n := utf8.DecodeRuneInString(text[size:]); !isRegional(second) || size+n != len(text) {
			return unit{}, false
		}
	}
	return unit{n: n, text: text, width: width, dir: runeDirection(r)}, true
}

// accept is the beginning of a cluster that may be drawn, and how many bytes
// of the cluster it stands for. A terminal that does not count clusters would
// draw joined emoji in as many cells as it likes: there, the variation
// selector of an emoji is left out and its other parts are left to be marks.
func (sc Screen) accept(cluster string) (text string, n int) {
	var dropped strings.Builder
	start, marks, runes := 0, 0, 0
	var base, last rune
	for n < len(cluster) {
		r, size := utf8.DecodeRuneInString(cluster[n:])
		drop := false
		switch {
		case r == textStyle || r == emojiStyle:
			if !hasStyles(base, cluster[n+size:]) || last != base {
				return dropped.String() + cluster[start:n], n
			}
			drop = r == textStyle || !sc.Graphemes
		case r == zeroWidthJoiner || isModifier(r):
			if !sc.Graphemes || !joinsEmoji(last, r, cluster[n+size:]) {
				return dropped.String() + cluster[start:n], n
			}
		case render.Hidden(r) || r == utf8.RuneError && size == 1 || isUnassigned(r):
			return dropped.String() + cluster[start:n], n
		case unicode.Is(unicode.M, r):
			marks++
		case last == zeroWidthJoiner || n == 0:
			base = r
		}
		if marks > maxMarks || runes == maxRunes {
			return dropped.String() + cluster[start:n], n
		}
		if drop {
			dropped.WriteString(cluster[start:n])
			start = n + size
		}
		n += size
		runes++
		last = r
	}
	if start == 0 {
		return cluster, n
	}
	return dropped.String() + cluster[start:], n
}

// joins reports whether text would be one cluster with a letter before it or
// after it.
func joins(text string) bool {
	before, _ := ansi.FirstGraphemeCluster("a"+text, ansi.GraphemeWidth)
	whole, _ := ansi.FirstGraphemeCluster(text+"a", ansi.GraphemeWidth)
	return before != "a" || whole != text
}

// startsMark reports whether what follows a cluster that was cut short is
// drawn as a mark by [Screen.next], which no character joins with.
func startsMark(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return r == utf8.RuneError && size == 1 || render.Hidden(r) || unicode.Is(unicode.M, r) ||
		isModifier(r) || isJamoTail(r) || isUnassigned(r)
}

// hasStyles reports whether a variation selector after base chooses between
// text and emoji: base is a symbol, or one of the few emoji that are not, or
// the character of a keycap. Source: emoji-variation-sequences.txt.
func hasStyles(base rune, rest string) bool {
	if base < utf8.RuneSelf {
		return strings.HasPrefix(rest, string(keycap)) && strings.ContainsRune("#*0123456789", base)
	}
	return isSymbol(base) || strings.ContainsRune("‼⁉ℹ〰", base)
}

// joinsEmoji reports whether r, a joiner or skin tone, makes one emoji of what
// stands before and after it.
func joinsEmoji(last, r rune, rest string) bool {
	if isModifier(r) {
		return isSymbol(last)
	}
	after, _ := utf8.DecodeRuneInString(rest)
	return (isSymbol(last) || isModifier(last) || last == emojiStyle) && isSymbol(after)
}

func isSymbol(r rune) bool { return r > utf8.RuneSelf && unicode.In(r, unicode.So, unicode.Sm) }

// isModifier reports whether r is a skin tone (Emoji_Modifier).
func isModifier(r rune) bool { return r >= 0x1f3fb && r <= 0x1f3ff }

// isUnassigned reports whether r is no character, or one of a later Unicode
// than this program knows: what a terminal makes of it cannot be known.
func isUnassigned(r rune) bool { return unicode.Is(unicode.Cn, r) }

// isRegional reports whether r is half of a flag (Regional_Indicator).
func isRegional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// isJamoTail reports whether r is a vowel or final consonant that joins with
// the Hangul letter before it (Hangul_Syllable_Type V and T).
func isJamoTail(r rune) bool { return r >= 0x1160 && r <= 0x11ff || r >= 0xd7b0 && r <= 0xd7ff }

// ordinary holds letters and signs of the blocks met most: none is ever part of
// a cluster with another of them, so that most text needs no look for clusters.
var ordinary = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00a1, Hi: 0x00ac, Stride: 1}, // Latin-1
		{Lo: 0x00ae, Hi: 0x02ff, Stride: 1}, // Latin
		{Lo: 0x0391, Hi: 0x03a1, Stride: 1}, // Greek
		{Lo: 0x03a3, Hi: 0x0482, Stride: 1}, // Greek, Cyrillic
		{Lo: 0x048a, Hi: 0x052f, Stride: 1}, // Cyrillic
		{Lo: 0x05d0, Hi: 0x05ea, Stride: 1}, // Hebrew
		{Lo: 0x0620, Hi: 0x064a, Stride: 1}, // Arabic
		{Lo: 0x2010, Hi: 0x2027, Stride: 1}, // punctuation
		{Lo: 0x2030, Hi: 0x205e, Stride: 1}, // punctuation
		{Lo: 0x2500, Hi: 0x259f, Stride: 1}, // lines and blocks
		{Lo: 0x3001, Hi: 0x3020, Stride: 1}, // punctuation of Chinese and Japanese
		{Lo: 0x3041, Hi: 0x3096, Stride: 1}, // Hiragana
		{Lo: 0x30a1, Hi: 0x30fe, Stride: 1}, // Katakana
		{Lo: 0x4e00, Hi: 0x9fff, Stride: 1}, // Chinese
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Korean syllables
		{Lo: 0xff01, Hi: 0xff5e, Stride: 1}, // full-width ASCII
	},
	LatinOffset: 1,
}

// standsAlone reports whether s begins with nothing that could join with an
// ordinary character before it. It may be wrong with false, not with true.
func standsAlone(s string) bool {
	if s == "" || s[0] < utf8.RuneSelf {
		return true
	}
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(ordinary, r)
}

func asciiDirection(c byte) direction {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
		return leftToRight
	}
	return neutral
}

// runeDirection is the direction of a character beyond ASCII by its block; the
// blocks are those that are right-to-left by default. Source:
// DerivedBidiClass.txt.
func runeDirection(r rune) direction {
	switch {
	case r >= 0x0590 && r <= 0x08ff, r >= 0xfb1d && r <= 0xfdff, r >= 0xfe70 && r <= 0xfeff,
		r >= 0x10800 && r <= 0x10fff, r >= 0x1e800 && r <= 0x1efff:
		return rightToLeft
	case unicode.IsLetter(r):
		return leftToRight
	}
	return neutral
}
