package render

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// Tallies is a list of values and how often each is there, the most frequent
// first.
type Tallies []Tally

// Tally is one entry of [Tallies]. An entry with Different over 0 stands for
// that many values that are not listed; its Value is nil. So is that of a value
// which is not known.
type Tally struct {
	Value     *string `json:"value"`
	Count     int64   `json:"count"`
	Different int64   `json:"different,omitempty"`
}

// label is what text shows for the value.
func (t Tally) label() string {
	switch {
	case t.Different > 0:
		return fmt.Sprintf("(%d more)", t.Different)
	case t.Value == nil:
		return "(not known)"
	case *t.Value == "":
		return `""`
	}
	return Terminal(*t.Value)
}

// indent stands before each line of a value that is below its name, so that no
// line of a logged text can pass for a line of the output.
const indent = "    "

// stackedRow prints a row as a list, with a blank line between rows. What the
// row does not have is left out, but for the first column, which says whose
// row it is.
func (e *textEncoder) stackedRow(values []any) error {
	if e.rows > 0 {
		if err := e.print(""); err != nil {
			return err
		}
	}
	e.rows++
	var items []Field
	for i, v := range values {
		if tallies, ok := v.(Tallies); i > 0 && (v == nil || ok && len(tallies) == 0) {
			continue
		}
		items = append(items, Field{e.columns[i], v})
	}
	return e.list(items)
}

// list prints one name and value a line, the values below each other. Long
// texts and tallies that do not fit there follow on lines of their own.
func (e *textEncoder) list(items []Field) error {
	width := 0
	for _, item := range items {
		width = max(width, displaywidth.String(Terminal(item.Name)))
	}
	width += 2
	for _, item := range items {
		name := Terminal(item.Name)
		lines, below, err := e.lineup(item, e.o.Width-width)
		if err != nil {
			return err
		}
		if !below {
			name += strings.Repeat(" ", width-displaywidth.String(name)) + lines[0]
			lines = nil
		}
		if err := e.print(strings.TrimRight(name, " ")); err != nil {
			return err
		}
		for _, line := range lines {
			if err := e.print(strings.TrimRight(indent+line, " ")); err != nil {
				return err
			}
		}
	}
	return nil
}

// lineup gives the lines of a value, and whether they go below its name. Room
// is how many columns there are beside the name.
func (e *textEncoder) lineup(item Field, room int) (lines []string, below bool, err error) {
	switch v := item.Value.(type) {
	case Tallies:
		lines = tallyLines(v)
		return lines, len(v) > 0, nil
	case string:
		if item.Kind != KindLong || v == "" {
			break
		}
		if !strings.ContainsAny(v, "\n") && (e.o.Width == 0 || displaywidth.String(Terminal(v)) <= room) {
			break
		}
		return cutLines(wrap(TerminalBlock(v), e.o.Width-len(indent)), item.Lines), true, nil
	}
	line, err := human(item.Value, item.Column, e.o.Zone, 0)
	return []string{line}, false, err
}

// tallyLines gives a line for each entry, the numbers below each other.
func tallyLines(tallies Tallies) []string {
	if len(tallies) == 0 {
		return []string{""}
	}
	width := 0
	for _, t := range tallies {
		width = max(width, len(strconv.FormatInt(t.Count, 10)))
	}
	lines := make([]string, len(tallies))
	for i, t := range tallies {
		lines[i] = fmt.Sprintf("%*d  %s", width, t.Count, t.label())
	}
	return lines
}

// cutLines keeps the first limit lines and says how many there are beyond; 0
// keeps all.
func cutLines(lines []string, limit int) []string {
	if limit == 0 || len(lines) <= limit {
		return lines
	}
	return append(lines[:limit:limit], fmt.Sprintf("... (%d more lines)", len(lines)-limit))
}

// wrap breaks text into lines of at most width columns, after a space where
// there is one; 0 or less breaks at line ends only. Tabs become four spaces,
// because their width depends on where they stand.
func wrap(text string, width int) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\t", "    "), "\n") {
		for width > 0 && len(line) > width { // no column takes less than a byte
			head := displaywidth.TruncateString(window(line, width), width, "")
			if head == "" || head == line {
				break
			}
			if i := strings.LastIndexByte(head, ' '); i > 0 && line[len(head)] != ' ' {
				head = head[:i+1]
			}
			lines = append(lines, strings.TrimRight(head, " "))
			line = strings.TrimPrefix(line[len(head):], " ")
		}
		lines = append(lines, line)
	}
	return lines
}

// window is the part of a long line in which its first width columns are: a
// line of a megabyte is not measured again for each line it becomes. What
// needs more than eight bytes a column is broken early.
func window(line string, width int) string {
	n := 8 * width
	if len(line) <= n {
		return line
	}
	for !utf8.RuneStart(line[n]) {
		n--
	}
	return line[:n]
}
