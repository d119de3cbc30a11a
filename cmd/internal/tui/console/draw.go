package console

import (
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// gutter is what stands before a line of the query: a sign while it is typed.
const gutter = 2

// editorLines is how many lines the query has on the screen: what it needs, up to
// a third of the view.
func (v *View) editorLines() int {
	return max(1, min(v.editor.count(), max(1, v.height/3)))
}

// rowLines is how many rows are seen: what is left below the query, the line that
// counts and the names of columns, and above the line of the value.
func (v *View) rowLines() int { return max(1, v.height-v.editorLines()-3) }

// Lines implements [part.Part].
func (v *View) Lines() []string {
	v.lay()
	out := make([]string, 0, v.height)
	out = append(out, v.queryLines()...)
	room := max(0, v.height-len(out))
	body := v.body(room)
	if v.offers != nil {
		for i, l := range v.offerLines(max(1, min(room/2, 8))) {
			if i < len(body) {
				body[i] = l
			}
		}
	}
	out = append(out, body...)
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// queryLines draws the query.
func (v *View) queryLines() []string {
	s := v.env.Styles
	var out []string
	for i, l := range v.editor.window(v.editorLines()) {
		sign := "  "
		if v.typing && i == 0 {
			sign = "> "
		}
		line := s.Line(l, style.Paint{})
		if v.editor.value == "" {
			line = s.Clean("type a query, such as: select model, count(*) from calls group by all", max(1, v.width-gutter), s.Dim)
		}
		out = append(out, s.Pad(s.Key.Text(sign)+line, v.width))
	}
	return out
}

// offerLines draws what the word before the cursor could become.
func (v *View) offerLines(height int) []string {
	s, o := v.env.Styles, v.offers
	if len(o.offers) == 0 {
		text := "nothing fits " + o.typed
		if v.surface == nil || v.askedMade && namesUnknown(v.surface, v.editor.value) {
			text = "reading the tables and columns"
		}
		return []string{s.Fit("  "+text, v.width, s.Bar)}
	}
	names := 0
	for _, of := range o.offers {
		names = max(names, len(of.text))
	}
	names = min(names, v.width/2)
	first := max(0, min(o.chosen-height/2, len(o.offers)-height))
	var out []string
	for i := first; i < len(o.offers) && i < first+height; i++ {
		look, sign := s.Bar, "  "
		if i == o.chosen {
			look, sign = s.Selected, "> "
		}
		note := o.offers[i].note
		if i == first+height-1 && i+1 < len(o.offers) {
			note = "… and " + list.Number(int64(len(o.offers)-i-1)) + " more"
		}
		out = append(out, look.Text(sign)+s.Fit(o.offers[i].text, names, look)+look.Text("  ")+s.Fit(note, max(0, v.width-names-4), look))
	}
	return out
}

// body draws what is below the query.
func (v *View) body(height int) []string {
	switch {
	case v.trouble != nil && v.work == nil:
		return v.troubleLines(height)
	case v.grid == nil:
		return v.emptyLines(height)
	}
	s := v.env.Styles
	out := []string{s.Fit(v.counted()+v.columns(), v.width, s.Dim)}
	if v.value != nil {
		c := &v.grid.result.Columns[v.grid.column]
		out = append(out, s.Fit(c.Name+" of row "+list.Number(int64(v.grid.rows.Cursor())+1), v.width, s.Strong))
		return append(out, v.value.Lines()...)
	}
	out = append(out, v.grid.head(s, v.width))
	from, to := v.grid.rows.Window()
	for i := from; i < to; i++ {
		out = append(out, v.grid.row(s, i, v.width, v.env.Zone, !v.typing))
	}
	for len(out) < height-1 {
		out = append(out, style.Spaces(v.width))
	}
	return append(out, v.valueLine())
}

// columns says which columns are seen, where that is not all.
func (v *View) columns() string {
	spans, n := v.grid.spans(v.width), len(v.grid.widths)
	if len(spans) == n {
		return ""
	}
	if len(spans) == 1 {
		return "; column " + list.Number(int64(spans[0].column)+1) + " of " + list.Number(int64(n))
	}
	return "; columns " + list.Number(int64(spans[0].column)+1) + " to " + list.Number(int64(spans[len(spans)-1].column)+1) + " of " + list.Number(int64(n))
}

// valueLine draws the chosen value in one line.
func (v *View) valueLine() string {
	s := v.env.Styles
	if v.grid.empty() {
		return style.Spaces(v.width)
	}
	c := v.grid.column
	name := s.Screen.Clean(v.grid.result.Columns[c].Name+" ("+v.grid.result.Types[c]+"): ", v.width*2/3)
	text := shown(v.grid.value(), v.env.Zone, v.width)
	if v.grid.value() == nil {
		text = "NULL"
	}
	return s.Pad(s.Line(name, s.Dim)+s.Fit(text, max(0, v.width-name.Width), style.Paint{}), v.width)
}

// troubleLines says what is wrong with the query.
func (v *View) troubleLines(height int) []string {
	s := v.env.Styles
	var out []string
	add := func(text string, indent int, look style.Paint) {
		for _, l := range s.Screen.Text(text).Lines(0, height, max(1, v.width-indent)) {
			out = append(out, s.Pad(style.Spaces(indent)+s.Line(l, look), v.width))
		}
	}
	add(v.trouble.message, 0, s.Bad)
	for _, h := range v.trouble.hints {
		add(h, gutter, style.Paint{})
	}
	return out[:min(len(out), height)]
}

// emptyLines says what can be asked.
func (v *View) emptyLines(height int) []string {
	s := v.env.Styles
	k := &v.env.Keys.SQL
	lines := []string{""}
	if v.work != nil {
		return []string{style.Spaces(v.width), s.Fit(v.work.doing+"; "+v.env.Keys.Global.Cancel.Help().Key+" stops it", v.width, s.Dim)}
	}
	for _, b := range []keys.Binding{k.Run, k.Complete, k.FromFilter} {
		lines = append(lines, s.Fit(b.Help().Key, 8, s.Key)+s.Fit(b.Help().Desc, v.width-8, style.Paint{}))
	}
	lines = append(lines, "", s.Fit("What there is to ask", v.width, s.Strong))
	for _, name := range []string{"events", "calls", "content", "findings", "finding_events", "records", "identifiers", "evidence", "call", "act"} {
		lines = append(lines, s.Fit(name, 16, style.Paint{})+s.Fit(aboutTable(name), v.width-16, s.Dim))
	}
	for i := range lines {
		lines[i] = s.Pad(lines[i], v.width)
	}
	return lines[:min(len(lines), height)]
}

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	switch {
	case v.typing:
		line, x := v.editor.place()
		return min(v.width-1, x+gutter), max(0, min(line-v.editor.top, v.height-1)), true
	case v.value != nil:
		return 0, v.editorLines() + 2 + v.value.Cursor(), true
	case !v.grid.empty():
		return 0, v.editorLines() + 2 + v.grid.rows.Cursor() - v.grid.rows.Top(), true
	}
	return 0, v.editorLines(), true
}
