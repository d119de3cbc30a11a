package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// hiddenRanges holds what a reader cannot see and the general categories used
// by [Hidden] miss: fillers that show as nothing, and the variation selectors
// that can carry a hidden message. U+FE0E and U+FE0F are left out: they only
// choose between the text and the emoji form of the character before them.
// Source: Default_Ignorable_Code_Point of DerivedCoreProperties.txt.
var hiddenRanges = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034f, Hi: 0x034f, Stride: 1}, // combining grapheme joiner
		{Lo: 0x115f, Hi: 0x1160, Stride: 1}, // Hangul fillers
		{Lo: 0x17b4, Hi: 0x17b5, Stride: 1}, // Khmer inherent vowels
		{Lo: 0x180b, Hi: 0x180f, Stride: 1}, // Mongolian variation selectors
		{Lo: 0x2065, Hi: 0x2065, Stride: 1}, // reserved, between the bidi controls
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, // Hangul filler
		{Lo: 0xfe00, Hi: 0xfe0d, Stride: 1}, // variation selectors 1 to 14
		{Lo: 0xffa0, Hi: 0xffa0, Stride: 1}, // half-width Hangul filler
		{Lo: 0xfff0, Hi: 0xfff8, Stride: 1}, // reserved
		{Lo: 0xfffe, Hi: 0xffff, Stride: 1}, // not characters
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe0fff, Stride: 1}, // tags, more variation selectors, reserved
	},
}

// Hidden reports whether r could change what a terminal does, turn text around
// or hide: controls (C0, DEL, C1), all format characters (bidi controls,
// zero-width characters, byte order mark, soft hyphen, tags), line and
// paragraph separators, and [hiddenRanges].
func Hidden(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, hiddenRanges)
}

// Terminal makes s safe and visible on one line of a terminal. A hidden
// character becomes its escape: \n, \r and \t, \x1b for the other ASCII
// controls, \u{202e} for characters beyond ASCII, and \xff for each byte that
// is not valid UTF-8. Backslashes of the text are left alone, so that a
// logged `\n` and an escaped line end look the same; JSON output and the raw
// record tell them apart.
func Terminal(s string) string { return escapeHidden(s, false) }

// TerminalBlock is [Terminal] for text that may cover several lines: line ends
// (also CR LF, as one line end) and tabs are kept.
func TerminalBlock(s string) string { return escapeHidden(s, true) }

func escapeHidden(s string, block bool) string {
	start := cleanPrefix(s)
	if start == len(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:start])
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case block && (r == '\n' || r == '\t'):
			b.WriteByte(s[i])
		case block && r == '\r' && strings.HasPrefix(s[i+1:], "\n"):
			// The line end that follows is written for both.
		case Hidden(r):
			writeEscape(&b, r)
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}

// cleanPrefix is the length of the leading printable ASCII of s. Most logged
// text is nothing else, and is then returned without a copy.
func cleanPrefix(s string) int {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return i
		}
	}
	return len(s)
}

// Escape is how [Terminal] writes r where it is hidden, for those who find
// other characters that a terminal must not see.
func Escape(r rune) string {
	var b strings.Builder
	writeEscape(&b, r)
	return b.String()
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	default:
		fmt.Fprintf(b, `\u{%x}`, r)
	}
}

// CSVCell makes s safe as a text cell of a CSV file: hidden characters are
// escaped as by [TerminalBlock], and text that a spreadsheet could take for a
// formula gets an apostrophe in front. That is text whose first character,
// white space aside, is one of = + - @, a full-width form of them, or which
// begins with a tab or carriage return. Text that begins with an apostrophe
// gets another one, so that removing one leading apostrophe, where there is
// one, always gives the text back. Cells of numeric columns are numbers, not
// text, and do not pass here: -3 stays a number there.
//
// Quoting for CSV comes after this; see [Options] for the renderer.
func CSVCell(s string) string {
	cell := TerminalBlock(s)
	if isFormula(s) || strings.HasPrefix(s, "'") {
		return "'" + cell
	}
	return cell
}

func isFormula(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '\t' || s[0] == '\r' {
		return true
	}
	rest := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || Hidden(r) })
	first, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫", first)
}

// HTML makes s safe as text or as a quoted attribute value of an HTML page.
// Hidden characters are shown as by [TerminalBlock].
func HTML(s string) string { return html.EscapeString(TerminalBlock(s)) }

// markdownActive are the ASCII characters that begin or end something in
// CommonMark, its GitHub dialect (tables, autolinks, mentions, mathematics) or
// HTML. Any ASCII punctuation may be escaped with a backslash.
const markdownActive = "\\`*_{}[]()<>#+-.!|~&:/@=$^\"'"

// Markdown makes s safe as inline text of a Markdown document, table cells
// included: hidden characters are shown as by [Terminal], and every character
// with a meaning in Markdown is escaped, so that no link, image, heading or
// HTML can come from it.
func Markdown(s string) string {
	s = Terminal(s)
	if !strings.ContainsAny(s, markdownActive) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		if strings.IndexByte(markdownActive, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// JSON encodes v as encoding/json does, without its HTML escapes, and escapes
// hidden characters in the strings as \uXXXX, so that JSON is safe in a
// terminal and still decodes to the same text. It is not safe inside an HTML
// script element. Bytes that are not valid UTF-8 become U+FFFD, because JSON
// cannot hold them.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encoding JSON: %w", err)
	}
	return escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// escapeJSON escapes the hidden characters of valid JSON without white space
// between its tokens: there, they stand in strings only. The controls below
// U+0020 are escaped already.
func escapeJSON(data []byte) []byte {
	clean := 0
	for clean < len(data) && data[clean] < 0x7f {
		clean++
	}
	if clean == len(data) {
		return data
	}
	out := make([]byte, clean, len(data)+16)
	copy(out, data)
	for i := clean; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case !Hidden(r):
			out = append(out, data[i:i+size]...)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		i += size
	}
	return out
}

// ShellWord makes one word of a POSIX shell of any text.
func ShellWord(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@") == "" && s[0] != '-' {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
