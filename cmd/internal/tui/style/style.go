// Package style is how the explorer looks: colours and attributes of what has a
// meaning, for a dark and a light background, for 16 colours and for none.
package style

import (
	"image/color"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
)

// The themes.
const (
	Dark    = "dark"
	Light   = "light"
	Sixteen = "16" // the 16 colours of the terminal, whatever they are
	None    = "none"
)

// Themes lists them.
func Themes() []string { return []string{Dark, Light, Sixteen, None} }

// Paint gives text a look. The zero paint leaves it as it is.
type Paint struct{ open string }

// paintReset ends a look.
const paintReset = "\x1b[m"

// Text returns s, which must be clean, with the look.
func (p Paint) Text(s string) string {
	if p.open == "" || s == "" {
		return s
	}
	return p.open + s + paintReset
}

// On returns the look with another beneath it, such as that of a selected row.
func (p Paint) On(under Paint) Paint { return Paint{under.open + p.open} }

// Styles are the looks of everything. Text that means something is never told by
// colour alone: theme none has attributes and words only.
type Styles struct {
	Theme string
	// Plain is set for screen readers: no frames, no blocks, no colours, one
	// thing a line.
	Plain bool
	// Screen is how the terminal counts cells.
	Screen cell.Screen

	Text, Dim, Strong, Accent   Paint
	Bar                         Paint // header and status line
	Tab, TabOn                  Paint
	Chip, Key                   Paint
	Selected, Marked            Paint // of rows
	Brush                       Paint // the chosen part of a histogram
	Hidden                      Paint // marks for characters that cannot be seen
	Match                       Paint // what was searched for, or what a detector matched
	Good, Warn, Bad             Paint
	Added, Removed              Paint // of a diff
	JSONKey, JSONText, JSONRest Paint

	severities map[string]Paint
	planes     map[string]Paint
	outcomes   map[string]Paint
	series     []Paint
}

// Severity is the look of a severity.
func (s *Styles) Severity(word string) Paint { return s.severities[word] }

// Plane is the look of a plane.
func (s *Styles) Plane(word string) Paint { return s.planes[word] }

// Outcome is the look of an outcome.
func (s *Styles) Outcome(word string) Paint { return s.outcomes[word] }

// Series is the look of the i-th of several things without a meaning of their
// own, such as sources.
func (s *Styles) Series(i int) Paint { return s.series[i%len(s.series)] }

// Facet is the look of a value of a facet.
func (s *Styles) Facet(facet, value string, i int) Paint {
	switch facet {
	case "plane":
		return s.Plane(value)
	case "outcome":
		return s.Outcome(value)
	}
	return s.Series(i)
}

// tokens are the colours of a theme; nil is the terminal's own.
type tokens struct {
	dim, accent, barText, bar, chip, selected, marked, hidden, good, warn, bad, severe, match color.Color
	series                                                                                    []color.Color
}

// New returns the looks of a theme, by its name. An unknown one is dark.
func New(theme string, plain bool) *Styles {
	if plain {
		theme = None
	}
	var s *Styles
	switch theme {
	case None:
		s = colorless()
	case Light:
		s = colored(lightTokens())
	case Sixteen:
		s = colored(sixteenTokens())
	default:
		theme = Dark
		s = colored(darkTokens())
	}
	s.Theme, s.Plain, s.Screen.Plain = theme, plain, plain
	return s
}

// The colours of the dark and light themes have a contrast of at least 4.5 with
// what they stand on (WCAG 2.2, 1.4.3); the tests compute it.
func darkTokens() *tokens {
	c := lipgloss.Color
	return &tokens{
		dim: c("#9aa0a6"), accent: c("#7cc4ff"), barText: c("#e8eaed"), bar: c("#30343a"), chip: c("#2b4a5e"),
		selected: c("#3a4656"), marked: c("#4a4420"), hidden: c("#ff9ecb"), good: c("#7ddf8a"), warn: c("#ffd166"),
		bad: c("#ff8a80"), severe: c("#ff5d8f"), match: c("#5b4b00"),
		series: []color.Color{c("#7cc4ff"), c("#7ddf8a"), c("#ffd166"), c("#d0a6ff"), c("#ffab70"), c("#6fe3d6")},
	}
}

func lightTokens() *tokens {
	c := lipgloss.Color
	return &tokens{
		dim: c("#5f6368"), accent: c("#005a9c"), barText: c("#202124"), bar: c("#e3e6ea"), chip: c("#cfe6f5"),
		selected: c("#d3dfee"), marked: c("#fff3c4"), hidden: c("#a3006b"), good: c("#146c2e"), warn: c("#7a4f00"),
		bad: c("#b3261e"), severe: c("#8e0038"), match: c("#ffe58a"),
		series: []color.Color{c("#005a9c"), c("#146c2e"), c("#7a4f00"), c("#5b2ca0"), c("#a04000"), c("#00696b")},
	}
}

func sixteenTokens() *tokens {
	return &tokens{
		dim: ansi.BrightBlack, accent: ansi.Cyan, barText: ansi.BrightWhite, bar: ansi.Blue, chip: ansi.Blue,
		selected: ansi.Blue, marked: ansi.Magenta, hidden: ansi.BrightMagenta, good: ansi.Green, warn: ansi.Yellow,
		bad: ansi.Red, severe: ansi.BrightRed, match: ansi.Magenta,
		series: []color.Color{ansi.Cyan, ansi.Green, ansi.Yellow, ansi.Magenta, ansi.BrightBlue, ansi.BrightCyan},
	}
}

func ink(c color.Color) ansi.Style { return ansi.NewStyle().ForegroundColor(c) }

func paper(c color.Color) ansi.Style { return ansi.NewStyle().BackgroundColor(c) }

func paint(s ansi.Style) Paint {
	if len(s) == 0 {
		return Paint{}
	}
	return Paint{s.String()}
}

func colored(t *tokens) *Styles {
	s := &Styles{
		Dim: paint(ink(t.dim)), Strong: paint(ansi.NewStyle().Bold()), Accent: paint(ink(t.accent)),
		Bar: paint(paper(t.bar).ForegroundColor(t.barText)),
		Tab: paint(paper(t.bar).ForegroundColor(t.barText)), TabOn: paint(paper(t.bar).ForegroundColor(t.accent).Bold().Underline(true)),
		Chip: paint(paper(t.chip).ForegroundColor(t.barText)), Key: paint(ink(t.accent).Bold()),
		Selected: paint(paper(t.selected)), Marked: paint(paper(t.marked)), Brush: paint(paper(t.selected).Bold()),
		Hidden: paint(ink(t.hidden).Reverse(true)), Match: paint(paper(t.match).Bold().Underline(true)),
		Good: paint(ink(t.good)), Warn: paint(ink(t.warn)), Bad: paint(ink(t.bad)),
		Added: paint(ink(t.good).Underline(true)), Removed: paint(ink(t.bad).Strikethrough(true)),
		JSONKey: paint(ink(t.accent)), JSONText: paint(ink(t.good)), JSONRest: paint(ink(t.warn)),
		severities: map[string]Paint{
			"info": paint(ink(t.dim)), "low": paint(ink(t.accent)), "medium": paint(ink(t.warn)),
			"high": paint(ink(t.bad).Bold()), "critical": paint(ink(t.severe).Bold().Reverse(true)),
		},
		planes: map[string]Paint{
			"access": paint(ink(t.series[0])), "content": paint(ink(t.series[1])), "control": paint(ink(t.bad)), "agent": paint(ink(t.series[3])),
		},
		outcomes: map[string]Paint{
			"success": paint(ink(t.good)), "denied": paint(ink(t.bad).Bold()), "error": paint(ink(t.bad)),
			"throttled": paint(ink(t.warn)), "blocked": paint(ink(t.warn).Bold()), "unknown": paint(ink(t.dim)),
		},
	}
	for _, c := range t.series {
		s.series = append(s.series, paint(ink(c)))
	}
	return s
}

// colorless tells things apart by attributes; where those are not enough, views
// have words.
func colorless() *Styles {
	bold, reverse, under := paint(ansi.NewStyle().Bold()), paint(ansi.NewStyle().Reverse(true)), paint(ansi.NewStyle().Underline(true))
	return &Styles{
		Strong: bold, Bar: reverse, Tab: reverse, TabOn: paint(ansi.NewStyle().Reverse(true).Bold().Underline(true)), Chip: reverse, Key: bold,
		Selected: reverse, Marked: under, Brush: reverse, Hidden: reverse, Match: paint(ansi.NewStyle().Bold().Underline(true)),
		Bad: bold, Added: under, Removed: paint(ansi.NewStyle().Strikethrough(true)),
		severities: map[string]Paint{"high": bold, "critical": paint(ansi.NewStyle().Bold().Reverse(true))},
		planes:     map[string]Paint{"control": bold},
		outcomes:   map[string]Paint{"denied": bold, "error": bold},
		series:     []Paint{{}, bold, under},
	}
}

// Spaces are n blanks.
func Spaces(n int) string { return strings.Repeat(" ", max(0, n)) }
