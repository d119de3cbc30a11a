// Package cell turns logged text into cells of a terminal for the explorer:
// every line that it returns holds nothing that a terminal would act on, shows
// what is hidden in the text as marks, and is exactly as wide as the renderer
// of Bubble Tea will count it. It draws nothing, reads nothing and keeps no
// time; what it does for one screen depends on the size of the screen, not on
// the length of the text.
//
// # Right-to-left text
//
// Letters of Hebrew, Arabic and their like are written in logical order, as
// they were logged. A terminal that orders text by itself (VTE, for example)
// then reads well, but takes the spaces, digits and right-to-left letters that
// follow into the same run: the column after such a cell would jump in front
// of it. Isolates (U+2066 to U+2069) would stop that, but they are what an
// attacker uses to turn text around, the renderer stores them in a neighbour's
// cell, and many terminals ignore them. So a cell whose last letter is a
// right-to-left one ends in a visible mark with a left-to-right letter in it
// ([Screen.Fit], [Screen.SideBySide]), which ends the run by the rules of
// UAX #9 alone. Lines that stand alone ([Text.Lines]) need no mark, for nothing
// follows them.
package cell

import (
	"github.com/charmbracelet/x/ansi"
)

// Screen says how the terminal counts cells and what it can draw. The zero
// value is what Bubble Tea assumes before the terminal has answered.
type Screen struct {
	// Graphemes is for a terminal that counts grapheme clusters (mode 2027),
	// not characters. Bubble Tea changes over when it is told so in a
	// tea.ModeReportMsg of ansi.ModeUnicodeCore with the value reset, set or
	// permanently set; set Graphemes on the same message.
	Graphemes bool
	// Plain draws with ASCII only, for screen readers and terminals without
	// the fonts. The text itself keeps its letters.
	Plain bool
}

// Width is the number of cells of s, as the renderer counts them.
func (sc Screen) Width(s string) int { return sc.method().StringWidth(s) }

func (sc Screen) method() ansi.Method {
	if sc.Graphemes {
		return ansi.GraphemeWidth
	}
	return ansi.WcWidth
}

// ellipsis ends text that was cut. It takes one cell: where the terminal is
// said to draw characters of ambiguous width wide, the ASCII form stands in.
func (sc Screen) ellipsis() string {
	if sc.Plain || sc.Width("…") != 1 {
		return "~"
	}
	return "…"
}

// Cut reports whether the text of a mark only says that a text goes on.
func (sc Screen) Cut(mark string) bool { return mark == sc.ellipsis() }

// rtlEnd ends a cell of right-to-left text. It must hold a letter of the
// bidirectional class L, for brackets and lines have none; U+01C0 is such a
// letter, and looks like a line.
func (sc Screen) rtlEnd() string {
	if sc.Plain {
		return "(rtl)"
	}
	return "ǀ"
}
