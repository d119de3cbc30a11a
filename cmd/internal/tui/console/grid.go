package console

import (
	"encoding/json"
	"time"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// grid is the rows of a result with a cell that is chosen.
type grid struct {
	result *data.Result
	widths []int // of the columns, as their values need it
	rows   list.List
	column int // the chosen one
	left   int // the first that is seen
}

const (
	// maxWidth is the widest that a column is drawn of several, in cells.
	maxWidth = 40
	// measured is how many rows the widths of columns are made of.
	measured = 1000
	// least is the narrowest that a part of a column is drawn.
	least = 8
	// gap is the distance of columns.
	gap = 2
)

// null is how NULL is drawn, which tells it from an empty text.
const null = "–"

// newGrid measures a result. It looks at many values, and so is no work for a
// frame.
func newGrid(screen cell.Screen, r *data.Result, zone *time.Location) *grid {
	g := &grid{result: r, widths: make([]int, len(r.Columns))}
	for i, c := range r.Columns {
		g.widths[i] = screen.Clean(c.Name, maxWidth).Width
	}
	for _, row := range r.Rows[:min(measured, len(r.Rows))] {
		for i, v := range row {
			if g.widths[i] < maxWidth {
				g.widths[i] = max(g.widths[i], screen.Clean(shown(v, zone, maxWidth), maxWidth).Width)
			}
		}
	}
	g.rows.Count(len(r.Rows))
	return g
}

// shown is a value as text: as much of it as so many cells can need.
func shown(v any, zone *time.Location, width int) string {
	const most = 64 // bytes that a cell can take, and some to see that a text goes on
	limit := most * (width + 1)
	switch v := v.(type) {
	case string:
		return v[:min(len(v), limit)]
	case json.RawMessage:
		return string(v[:min(len(v), limit)])
	}
	text, isNull := whole(v, zone)
	if isNull {
		return null
	}
	return text
}

// whole is all of a value as text.
func whole(v any, zone *time.Location) (text string, isNull bool) {
	switch v := v.(type) {
	case json.RawMessage:
		return string(v), false
	case render.Stamp:
		return v.Format(zone), false
	}
	return render.Plain(v)
}

// toRight reports whether the values of a column stand on its right side.
func toRight(c *render.Column) bool { return c.Kind == render.KindInt || c.Kind == render.KindNumber }

// value is the chosen value.
func (g *grid) value() any { return g.result.Rows[g.rows.Cursor()][g.column] }

// empty reports whether there is no cell to choose.
func (g *grid) empty() bool { return g == nil || len(g.result.Rows) == 0 }

// toColumn chooses a column.
func (g *grid) toColumn(i int) { g.column = max(0, min(i, len(g.widths)-1)) }

// span is a column as it is seen: its cells from x on.
type span struct{ column, x, width int }

// spans are the columns that fit into a width, so that the chosen one is among
// them. A column that is alone has all of it.
func (g *grid) spans(width int) []span {
	g.left = min(g.left, g.column)
	for g.left < g.column && g.end(g.left, g.column, width) > width {
		g.left++
	}
	var out []span
	x := 0
	for i := g.left; i < len(g.widths) && x < width; i++ {
		w := min(g.cells(i, width), width-x)
		if w < min(g.widths[i], least) && i != g.column {
			break // too little of it to read
		}
		if i == len(g.widths)-1 && g.widths[i] >= maxWidth {
			w = width - x
		}
		out = append(out, span{i, x, w})
		x += w + gap
	}
	return out
}

// cells is how wide a column is drawn: as its values need it, but of several half
// of the screen at most.
func (g *grid) cells(i, width int) int {
	if len(g.widths) == 1 {
		return g.widths[i]
	}
	return min(g.widths[i], max(least, width/2))
}

// end is how many cells the columns from one to another take.
func (g *grid) end(from, to, width int) int {
	x := 0
	for i := from; i <= to; i++ {
		x += g.cells(i, width) + gap
	}
	return x - gap
}

// head draws the names of the columns.
func (g *grid) head(s *style.Styles, width int) string {
	line := ""
	for _, p := range g.spans(width) {
		c := &g.result.Columns[p.column]
		look := s.Strong
		if p.column == g.column {
			look = s.Key
		}
		line += s.Pad(aligned(s, c.Name, p.width, toRight(c), look), p.width) + style.Spaces(min(gap, width-p.x-p.width))
	}
	return s.Pad(line, width)
}

// row draws a row.
func (g *grid) row(s *style.Styles, i, width int, zone *time.Location, focused bool) string {
	chosen := i == g.rows.Cursor()
	line := ""
	for _, p := range g.spans(width) {
		v := g.result.Rows[i][p.column]
		look := style.Paint{}
		if v == nil {
			look = s.Dim
		}
		if chosen && p.column == g.column && focused {
			look = look.On(s.Selected)
		}
		line += aligned(s, shown(v, zone, p.width), p.width, toRight(&g.result.Columns[p.column]), look) + style.Spaces(min(gap, width-p.x-p.width))
	}
	line = s.Pad(line, width)
	if chosen {
		return s.Row(line, s.Marked)
	}
	return line
}

// aligned draws a text in so many cells, at the left or the right of them.
func aligned(s *style.Styles, text string, width int, right bool, look style.Paint) string {
	if !right {
		return s.Fit(text, width, look)
	}
	l := s.Screen.Clean(text, width)
	return look.Text(style.Spaces(width-l.Width)) + s.Line(l, look)
}

// at is the column at a cell of the screen, -1 for none.
func (g *grid) at(x, width int) int {
	for _, p := range g.spans(width) {
		if x >= p.x && x < p.x+p.width+gap {
			return p.column
		}
	}
	return -1
}
