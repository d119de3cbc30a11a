package timeline

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// column is one of the list. Its width is what it has at least and at most; what
// is left goes to the last one.
type column struct {
	name        string
	least, most int
}

const (
	timeColumn  = "ts"
	textColumn  = "said" // what was said, or what went wrong
	sourceFacet = "source"
)

// texts are the columns that [textColumn] shows: the first that has something.
func texts() []string { return []string{"error_message", "prompt", "response", "tool_calls"} }

// offered are the columns that are shown, the most wanted first, where nobody has
// chosen others.
func offered() []string {
	return []string{timeColumn, "outcome", "principal", textColumn, "operation", "model", "src_ip", "output_tokens", "input_tokens", "credential_id"}
}

// order is how columns stand from left to right, where nobody has chosen others.
func standard() []string {
	return []string{timeColumn, "outcome", "principal", "src_ip", "credential_id", "operation", "model", "input_tokens", "output_tokens", textColumn}
}

// shape is how wide a column is to be.
func shape(name string) column {
	switch name {
	case textColumn:
		return column{name, 16, 1 << 20}
	case "outcome":
		return column{name, 7, 9}
	case "plane", "kind":
		return column{name, 7, 10}
	case "principal":
		return column{name, 14, 28}
	case "operation":
		return column{name, 11, 22}
	case "model":
		return column{name, 14, 28}
	case "src_ip":
		return column{name, 12, 15}
	case "input_tokens", "output_tokens":
		return column{name, 6, 7}
	case "prompt", "response", "reasoning", "system_prompt", "error_message", "tool_calls", "retrieved", "parameters", "input_messages", "output_messages":
		return column{name, 16, 60}
	}
	return column{name, 8, 20}
}

// short is the heading of a column.
func short(name string) string {
	switch name {
	case timeColumn:
		return "time"
	case "input_tokens":
		return "tok in"
	case "output_tokens":
		return "tok out"
	}
	return name
}

// number reports whether values of a column are right-aligned.
func number(name string) bool {
	return slices.Contains([]string{"input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "http_status", "latency_us", "ttft_us", "bytes_in", "bytes_out", "cost_usd"}, name)
}

// fetched are the columns that rows are fetched with.
func (v *View) fetched() []string {
	out := append([]string{timeColumn, "ts_precision", "plane", "kind"}, texts()...)
	for _, name := range slices.Concat(standard(), v.columns) {
		if name != textColumn && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// placed is a column on the screen.
type placed struct {
	column
	x, width int
}

// place lays the columns out in so many cells beginning with one: those that were
// chosen, or as many of the standard ones as there is room for.
func (v *View) place(x, width int) []placed {
	wanted := v.columns
	if wanted == nil {
		room := width
		for _, name := range offered() {
			if room -= v.least(name) + 1; room < -1 {
				break
			}
			wanted = append(wanted, name)
		}
		slices.SortFunc(wanted, func(a, b string) int { return slices.Index(standard(), a) - slices.Index(standard(), b) })
	}
	var out []placed
	room := width
	for _, name := range wanted {
		c := shape(name)
		least := v.least(name)
		if len(out) > 0 && room < min(least, 4) {
			break
		}
		least = min(least, room)
		out = append(out, placed{column: c, width: least})
		room -= least + 1
	}
	for i := range out { // what is left, to each what it can use
		if out[i].name != timeColumn && out[i].name != textColumn {
			more := max(0, min(room+1, out[i].most-out[i].width)) / 2
			out[i].width += more
			room -= more
		}
	}
	if n := len(out); n > 0 && room+1 > 0 {
		if last := &out[n-1]; last.name == textColumn || last.most > 20 {
			last.width += room + 1
		}
	}
	for i := range out {
		out[i].x = x
		x += out[i].width + 1
	}
	return out
}

func (v *View) least(name string) int {
	if name == timeColumn {
		return len(v.timeLayout())
	}
	return shape(name).least
}

// columnsKnown brings the names of all columns.
type columnsKnown struct {
	names []string
	err   error
}

// askColumns asks which columns there are.
func (v *View) askColumns() tea.Cmd {
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		names, err := source.Columns(ctx)
		return columnsKnown{names, err}
	}
}

// chooseColumns offers the columns, to be shown or hidden.
func (v *View) chooseColumns(a columnsKnown) tea.Cmd {
	if a.err != nil {
		return part.Fail(a.err)
	}
	shown := v.columns
	if shown == nil {
		for _, p := range v.lay.columns {
			shown = append(shown, p.name)
		}
	}
	var options []part.Option
	for _, name := range shown {
		options = append(options, part.Option{Name: short(name), Note: "shown; hide it"})
	}
	names := slices.Clone(shown)
	for _, name := range append([]string{textColumn}, a.names...) {
		if !slices.Contains(shown, name) {
			names = append(names, name)
			options = append(options, part.Option{Name: short(name), Note: "show it"})
		}
	}
	options = append(options, part.Option{Name: "standard", Note: "as many of the usual ones as there is room for"})
	return part.Say(part.Choose{Title: "columns", Options: options, Then: func(i int) tea.Cmd {
		return part.Say(columnChosen{names: names, at: i, shown: len(shown)})
	}})
}

// columnChosen says which column is to be shown or hidden.
type columnChosen struct {
	names     []string // those that are shown first
	at, shown int
}

// takeColumn shows or hides a column.
func (v *View) takeColumn(c columnChosen) tea.Cmd {
	switch {
	case c.at == len(c.names):
		v.columns = nil
	case c.at < c.shown && c.shown == 1:
		return part.Say(part.Notice{Text: "the last column stays"})
	case c.at < c.shown:
		v.columns = slices.Delete(slices.Clone(c.names[:c.shown]), c.at, c.at+1)
	default:
		name := c.names[c.at]
		v.columns = slices.Clone(c.names[:c.shown])
		at := len(v.columns)
		if at > 0 && v.columns[at-1] == textColumn {
			at-- // what was said stays last
		}
		v.columns = slices.Insert(v.columns, at, name)
	}
	v.arrange()
	return v.follow()
}
