package style

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

// TestContrast computes the contrast of the colours with their background, by
// WCAG 2.2, relative luminance and contrast ratio:
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func TestContrast(t *testing.T) {
	black, white := color.RGBA{A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}
	for _, test := range []struct {
		name   string
		t      *tokens
		ground color.Color
	}{{"dark", darkTokens(), black}, {"light", lightTokens(), white}} {
		tokens := test.t
		for name, c := range map[string]color.Color{
			"dim": tokens.dim, "accent": tokens.accent, "hidden": tokens.hidden, "good": tokens.good, "warn": tokens.warn, "bad": tokens.bad, "severe": tokens.severe,
		} {
			if r := contrast(c, test.ground); r < 4.5 {
				t.Errorf("%s: %s on the background has a contrast of %.2f", test.name, name, r)
			}
			if r := contrast(c, tokens.selected); name != "severe" && name != "dim" && r < 3 {
				t.Errorf("%s: %s on a selected row has a contrast of %.2f", test.name, name, r)
			}
		}
		for _, ground := range []color.Color{tokens.bar, tokens.chip} {
			if r := contrast(tokens.barText, ground); r < 4.5 {
				t.Errorf("%s: text of a bar has a contrast of %.2f", test.name, r)
			}
		}
		for i, c := range tokens.series {
			if r := contrast(c, test.ground); r < 4.5 {
				t.Errorf("%s: series %d has a contrast of %.2f", test.name, i, r)
			}
		}
	}
}

func contrast(a, b color.Color) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c color.Color) float64 {
	linear := func(v uint32) float64 {
		s := float64(v) / 0xffff
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b, _ := c.RGBA()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// TestColorless checks that the theme without colours has none.
func TestColorless(t *testing.T) {
	s := New(None, false)
	for _, p := range append([]Paint{s.Text, s.Dim, s.Accent, s.Bar, s.Chip, s.Selected, s.Hidden, s.Match, s.Good, s.Warn, s.Bad}, s.series...) {
		for _, attr := range strings.FieldsFunc(strings.TrimPrefix(p.open, "\x1b["), func(r rune) bool { return r == ';' || r == 'm' || r == '\x1b' || r == '[' }) {
			if len(attr) > 1 {
				t.Errorf("%q is a colour", p.open)
			}
		}
	}
}

// TestRow checks that what lies beneath a row stays where parts of it end.
func TestRow(t *testing.T) {
	under, over := Paint{"\x1b[7m"}, Paint{"\x1b[1m"}
	if got, want := new(Styles).Row("a"+over.Text("b")+"c", under), "\x1b[7ma\x1b[1mb\x1b[m\x1b[7mc\x1b[m"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestPad(t *testing.T) {
	s := New(Dark, false)
	for _, test := range []struct{ line, want string }{{"ab", "ab  "}, {"abcdef", "abcd\x1b[m"}, {"日本語", "日本\x1b[m"}, {"a日本", "a日\x1b[m "}} {
		got := s.Pad(test.line, 4)
		if s.Width(got) != 4 {
			t.Errorf("%q is padded to %d cells: %q", test.line, s.Width(got), got)
		}
	}
}

func TestCut(t *testing.T) {
	for _, graphemes := range []bool{false, true} {
		s := New(Dark, false)
		s.Screen.Graphemes = graphemes
		line := "a日本\x1b[1mb語\x1b[mc"
		for from := range 9 {
			for to := from; to <= 9; to++ {
				if got := s.Cut(line, from, to); s.Width(got) != to-from {
					t.Errorf("%d to %d of %q is %q, %d cells", from, to, line, got, s.Width(got))
				}
			}
		}
	}
}
