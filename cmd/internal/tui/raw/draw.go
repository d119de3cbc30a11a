package raw

import (
	"errors"
	"strconv"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// The heights from which on all lines are seen that say where the record stands,
// and how many they are then and else.
const (
	roomy    = 14
	allHead  = 6
	someHead = 3
)

// headLines is how many lines say where the record stands.
func (v *View) headLines() int {
	if v.height >= roomy {
		return allHead
	}
	return someHead
}

// Lines implements [part.Part].
func (v *View) Lines() []string {
	v.lay()
	out := make([]string, 0, v.height)
	out = append(out, v.head()...)
	if p := v.pager(); p != nil && v.record != nil {
		out = append(out, p.Lines()...)
	}
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// headLine is a name and what it says.
type headLine struct {
	name, text string
	look       style.Paint
	brief      bool // seen where there is little room too
}

// head says where the record stands, or what there is instead of one.
func (v *View) head() []string {
	s := v.env.Styles
	if v.detail == nil {
		return []string{s.Fit(v.missing(), v.width, s.Dim)}
	}
	var out []string
	for _, l := range v.about() {
		if l.brief || v.height >= roomy || v.record == nil {
			name := s.Screen.Clean(l.name+" ", v.width)
			out = append(out, s.Pad(s.Line(name, s.Dim)+s.Fit(l.text, max(0, v.width-name.Width), l.look), v.width))
		}
	}
	if v.err != nil {
		said := v.err.Error()
		if errors.Is(v.err, casefile.ErrRecordHash) {
			said += ". The bytes that the case has now are not shown, for they are not those that were loaded."
		}
		text := s.Screen.Text(said)
		out = append(out, style.Spaces(v.width))
		for _, l := range text.Lines(0, v.height, v.width) {
			out = append(out, s.Pad(s.Line(l, s.Bad), v.width))
		}
	}
	return out
}

// missing says why nothing is known yet.
func (v *View) missing() string {
	switch {
	case v.event == 0:
		return "choose an event in the timeline to see its record"
	case v.err != nil:
		return "the event cannot be shown: " + v.err.Error()
	case v.asking == nil:
		return "reading was stopped; " + v.env.Keys.Global.Reload.Help().Key + " reads again"
	}
	return "reading the record"
}

// about is what is known of the record, whether or not it can be shown.
func (v *View) about() []headLine {
	d := v.detail
	e := &d.Evidence
	from := e.Path
	if e.Label != nil {
		from += " (" + *e.Label + ")"
	}
	if e.Compression != nil {
		from += ", " + *e.Compression
	}
	if e.Container != nil {
		from += ", in archive " + *e.Container
	}
	event := d.EventID + ", record " + list.Number(d.Record)
	if d.Part > 0 {
		event += ", part " + list.Number(d.Part)
	}
	verified, look := v.verified()
	return []headLine{
		{"event   ", event + ", decoder " + d.Text("format") + ", load " + e.Load, v.env.Styles.Strong, true},
		{"evidence", from, style.Paint{}, false},
		{"SHA-256 ", d.EvidenceID + " of the evidence", style.Paint{}, false},
		{"bytes   ", v.span(), style.Paint{}, true},
		{"SHA-256 ", verified + d.Text("record_sha256"), look, true},
		{"shown   ", v.formLine(), style.Paint{}, false},
	}
}

// verified says whether the bytes are those that were loaded.
func (v *View) verified() (string, style.Paint) {
	s := v.env.Styles
	switch {
	case v.record != nil:
		return "holds ", s.Good
	case errors.Is(v.err, casefile.ErrRecordHash):
		return "DOES NOT HOLD ", s.Bad
	case v.err != nil:
		return "not checked ", s.Warn
	}
	return "", s.Dim
}

// span says which bytes of the evidence the record is.
func (v *View) span() string {
	offset, length := v.bounds()
	text := list.Number(offset) + " to " + list.Number(offset+length) + ": " + list.Number(length)
	if v.detail.Evidence.Compression != nil {
		return text + " of the decompressed stream"
	}
	return text + " of the file"
}

// bounds are where the record begins, and how long it is, in bytes.
func (v *View) bounds() (offset, length int64) {
	offset, _ = v.detail.Value("byte_offset").(int64)
	length, _ = v.detail.Value("byte_length").(int64)
	return offset, length
}

// place is where the record stands, for other tools: path:offset+length.
func (v *View) place() string {
	offset, length := v.bounds()
	return v.detail.Evidence.Path + ":" + strconv.FormatInt(offset, 10) + "+" + strconv.FormatInt(length, 10)
}

// formLine names the forms that there are, the present one in brackets.
func (v *View) formLine() string {
	text := ""
	for f := range forms {
		switch {
		case v.pagers[f] == nil:
		case f == v.form:
			text += "[" + f.name() + "]  "
		default:
			text += f.name() + "  "
		}
	}
	if text == "" {
		return "nothing"
	}
	return text + v.env.Keys.Raw.Form.Help().Key + " changes"
}
