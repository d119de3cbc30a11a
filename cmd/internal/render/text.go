package render

import (
	"bufio"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// A table's column widths come from its first rows; later rows that need more
// are cut on a terminal and stick out elsewhere.
const (
	sampleRows  = 1000
	sampleBytes = 1 << 20
)

// minWidth is the width below which a column is not shrunk to fit a terminal.
const minWidth = 6

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	reset = "\x1b[0m"
)

// textEncoder writes text for people: tables in columns, one line a row, that
// fit the terminal.
type textEncoder struct {
	w     *bufio.Writer
	o     Options
	lines int // written so far; for the blank line between parts

	columns []Column
	stacked bool       // the table is [Table.Stacked]
	rows    int        // of a stacked table so far
	widths  []int      // set when the sample is over
	sample  [][]string // rows waiting for the widths
	size    int        // bytes of sample
	line    strings.Builder
}

func (e *textEncoder) encode(m Message) error {
	switch m := m.(type) {
	case Config:
		if m.Case == "" {
			return nil
		}
		line := "case " + Terminal(m.Case)
		if m.Head != "" {
			line += "  head " + Terminal(m.Head)
		}
		return e.print(e.paint(dim, line))
	case Table:
		if err := e.part(m.Title); err != nil {
			return err
		}
		e.columns, e.stacked, e.rows = m.Columns, m.Stacked, 0
		if !e.stacked {
			e.sample = append(e.sample, e.header())
		}
		return nil
	case Row:
		if e.stacked {
			return e.stackedRow(m.Values)
		}
		return e.row(m.Values)
	case Fields:
		if err := e.part(m.Title); err != nil {
			return err
		}
		return e.list(m.Items)
	case Note:
		if err := e.flush(); err != nil {
			return err
		}
		return e.print(e.paint(dim, string(m.Level)+": ") + Terminal(m.Text))
	}
	return nil
}

func (e *textEncoder) close() error { return e.flush() }

// part ends the table before and begins a new part with its title.
func (e *textEncoder) part(title string) error {
	if err := e.flush(); err != nil {
		return err
	}
	e.columns, e.widths, e.stacked = nil, nil, false
	if e.lines > 0 {
		if err := e.print(""); err != nil {
			return err
		}
	}
	if title == "" {
		return nil
	}
	return e.print(e.paint(bold, Terminal(title)))
}

func (e *textEncoder) header() []string {
	cells := make([]string, len(e.columns))
	for i, c := range e.columns {
		cells[i] = Terminal(c.Name)
	}
	return cells
}

func (e *textEncoder) row(values []any) error {
	limit := 0
	if e.o.Width > 0 {
		limit = min(e.o.Width, maxCellWidth)
	}
	cells := make([]string, len(values))
	for i, v := range values {
		var err error
		if cells[i], err = human(v, e.columns[i], e.o.Zone, limit); err != nil {
			return err
		}
		e.size += len(cells[i])
	}
	if e.widths != nil {
		return e.printRow(cells, false)
	}
	e.sample = append(e.sample, cells)
	if len(e.sample) > sampleRows || e.size > sampleBytes {
		return e.flush()
	}
	return nil
}

// flush settles the widths of the table and prints the rows that waited.
func (e *textEncoder) flush() error {
	if len(e.sample) == 0 {
		return nil
	}
	e.widths = fit(e.columns, measure(e.sample), e.o.Width)
	for i, cells := range e.sample {
		if err := e.printRow(cells, i == 0); err != nil {
			return err
		}
	}
	e.sample, e.size = nil, 0
	return nil
}

// measure gives the width each column needs.
func measure(rows [][]string) []int {
	widths := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, s := range cells {
			widths[i] = max(widths[i], displaywidth.String(s))
		}
	}
	return widths
}

// fit shrinks the widest text columns until all columns fit into total with two
// spaces between them. Text columns of [minWidth] or less and columns of
// numbers and times stay as they are (half a number is a wrong number), so that
// a very narrow terminal may still be too narrow. A total of 0 shrinks nothing.
func fit(columns []Column, widths []int, total int) []int {
	if total == 0 {
		return widths
	}
	need := 2 * (len(widths) - 1)
	for i, w := range widths {
		if columns[i].cuttable() {
			widths[i] = min(w, max(total, minWidth))
		}
		need += widths[i]
	}
	for ; need > total; need-- {
		widest, width := -1, minWidth
		for i, w := range widths {
			if w > width && columns[i].cuttable() {
				widest, width = i, w
			}
		}
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func (e *textEncoder) printRow(cells []string, header bool) error {
	e.line.Reset()
	over := 0 // columns by which cells so far stick out; the next text gives them back
	for i, s := range cells {
		if i > 0 {
			e.line.WriteString("  ")
		}
		width := e.widths[i]
		if e.o.Width > 0 && e.columns[i].cuttable() {
			give := min(over, max(0, width-1))
			width, over = width-give, over-give
			s = displaywidth.TruncateString(s, width, "…")
		}
		pad := width - displaywidth.String(s)
		if pad < 0 {
			over, pad = over-pad, 0
		}
		if e.columns[i].right() {
			e.line.WriteString(strings.Repeat(" ", pad))
			pad = 0
		}
		e.line.WriteString(s)
		e.line.WriteString(strings.Repeat(" ", pad))
	}
	line := strings.TrimRight(e.line.String(), " ")
	if header {
		line = e.paint(bold, line)
	}
	return e.print(line)
}

func (e *textEncoder) print(line string) error {
	e.lines++
	if _, err := e.w.WriteString(line); err != nil {
		return err
	}
	return e.w.WriteByte('\n')
}

func (e *textEncoder) paint(style, s string) string {
	if !e.o.Color || s == "" {
		return s
	}
	return style + s + reset
}
