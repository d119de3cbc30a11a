package cell

import (
	"math"
	"slices"
	"strings"
)

// eighths of a cell filled from below and from the left, from empty to full.
const (
	risingEighths  = " ▁▂▃▄▅▆▇█"
	growingEighths = " ▏▎▍▌▋▊▉█"
	plainEighths   = " ...::::#"
)

// Bars is a column chart of values, one cell wide each and height cells high,
// from the top line to the bottom line. A column as high as the chart is top,
// or the largest value when top is 0. What is more than nothing is seen, if
// only as an eighth of a cell; a value that is not known (NaN) is a question
// mark, and so differs from 0.
func (sc Screen) Bars(values []float64, top float64, height int) []string {
	if height < 1 {
		return nil
	}
	if top <= 0 || math.IsNaN(top) {
		top = largest(values)
	}
	blocks := sc.eighths(risingEighths)
	lines := make([]string, height)
	for row := range lines {
		below := 8 * (height - 1 - row)
		var b strings.Builder
		for _, v := range values {
			switch {
			case !math.IsNaN(v):
				b.WriteRune(blocks[clamp(filled(v, top, 8*height)-below)])
			case below == 0:
				b.WriteByte('?')
			default:
				b.WriteByte(' ')
			}
		}
		lines[row] = b.String()
	}
	return lines
}

// Bar is one bar of exactly width cells from left to right, full at top. See
// [Screen.Bars] on small and unknown values.
func (sc Screen) Bar(value, top float64, width int) string {
	if width < 1 {
		return ""
	}
	if math.IsNaN(value) {
		return "?" + strings.Repeat(" ", width-1)
	}
	blocks := sc.eighths(growingEighths)
	full := filled(value, top, 8*width)
	var b strings.Builder
	for x := range width {
		b.WriteRune(blocks[clamp(full-8*x)])
	}
	return b.String()
}

// eighths are the nine fillings of a cell, in ASCII where this screen wants it
// or would draw the others two cells wide.
func (sc Screen) eighths(blocks string) []rune {
	if sc.Plain || sc.Width("█") != 1 {
		blocks = plainEighths
	}
	return []rune(blocks)
}

// filled is how many of so many eighths value fills.
func filled(value, top float64, eighths int) int {
	if value <= 0 {
		return 0
	}
	if value >= top || math.IsNaN(top) {
		return eighths
	}
	return max(1, int(math.Round(value/top*float64(eighths))))
}

// clamp is n as the filling of one cell.
func clamp(n int) int { return min(max(n, 0), 8) }

// largest is the largest known value, 0 when there is none.
func largest(values []float64) float64 {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	return slices.Max(append(known, 0))
}
