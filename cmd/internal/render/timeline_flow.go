package render

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// flow draws segments from a column on, and goes on in further lines that are
// indented by hang.
func (d *drawing) flow(column, hang int, segments []segment) error {
	return d.flowOn(strings.Repeat(" ", column), column, column+hang, segments)
}

// flowAfter draws segments behind left, which is column wide; further lines
// stand where texts do.
func (d *drawing) flowAfter(left string, column int, segments []segment) error {
	return d.flowOn(left, column, d.textColumn()+labelWidth, segments)
}

func (d *drawing) flowOn(left string, column, hang int, segments []segment) error {
	var line strings.Builder
	line.WriteString(left)
	at, empty := column, true
	for _, s := range segments {
		width := displaywidth.String(s.text)
		if d.width > 0 && at+2+width > d.width && (!empty || at > hang) {
			if err := d.e.print(strings.TrimRight(line.String(), " ")); err != nil {
				return err
			}
			line.Reset()
			line.WriteString(strings.Repeat(" ", hang))
			at, empty = hang, true
		}
		if !empty {
			line.WriteString("  ")
			at += 2
		}
		text := s.text
		if room := d.width - at; d.width > 0 && width > room && !d.wide {
			text = displaywidth.TruncateString(text, max(room, 1), "…")
			width = displaywidth.String(text)
		}
		line.WriteString(d.e.paint(s.style, text))
		at, empty = at+width, false
	}
	return d.e.print(strings.TrimRight(line.String(), " "))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-displaywidth.String(s)))
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-displaywidth.String(s))) + s
}
