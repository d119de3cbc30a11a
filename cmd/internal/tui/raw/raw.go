// Package raw is the view of a record as it was received: where it stands in the
// evidence, whether its hash holds, and its bytes.
package raw

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

// headLines is how many lines say where the record stands.
const headLines = 3

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	event  int64 // that is shown or asked for
	asking context.CancelFunc
	record *casefile.Record
	detail *casefile.Detail
	err    error

	text  *cell.Text
	lines list.List
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env} }

// answer brings the record of an event.
type answer struct {
	event  int64
	record *casefile.Record
	detail *casefile.Detail
	err    error
}

// Name implements [part.Part].
func (v *View) Name() string { return part.Raw }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.lay()
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	if t.Event == 0 || t.Event == v.event {
		return nil
	}
	return v.ask(t.Event)
}

// ask asks for the record of an event.
func (v *View) ask(event int64) tea.Cmd {
	v.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	v.event, v.asking = event, cancel
	source := v.env.Source
	return func() tea.Msg {
		a := answer{event: event}
		a.detail, a.err = source.Detail(ctx, event)
		if a.err == nil {
			a.record, a.err = source.Record(ctx, event)
		}
		return a
	}
}

// stop gives up what was asked for.
func (v *View) stop() {
	if v.asking != nil {
		v.asking()
		v.asking = nil
	}
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case answer:
		if msg.event != v.event || errors.Is(msg.err, context.Canceled) {
			return nil
		}
		v.stop()
		v.record, v.detail, v.err, v.text = msg.record, msg.detail, msg.err, nil
		if v.record != nil {
			v.text = v.env.Styles.Screen.Text(string(v.record.Raw))
		}
		v.lines = list.List{}
		v.lay()
	case part.Reloaded:
		if v.event != 0 {
			return v.ask(v.event)
		}
	}
	return nil
}

// lay counts the lines of the record at the present width.
func (v *View) lay() {
	v.lines.Resize(max(1, v.height-headLines))
	if v.text != nil && v.width > 0 {
		n, _ := v.text.Count(v.width)
		v.lines.Count(n)
	}
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case v.lines.Press(k, &v.env.Keys.Move):
		return nil
	case v.detail != nil && keys.Is(k, v.env.Keys.Raw.CopyID):
		return part.Say(part.Copy{Text: v.detail.EventID, What: "the event id"})
	case v.record != nil && keys.Is(k, v.env.Keys.Global.Copy):
		return part.Say(part.Copy{Text: string(v.record.Raw), What: "the record"})
	}
	return nil
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	v.lines.Mouse(msg, msg.Mouse().Y-headLines)
	return nil
}

// Lines implements [part.Part].
func (v *View) Lines() []string {
	s := v.env.Styles
	out := make([]string, 0, v.height)
	for _, l := range v.head() {
		out = append(out, s.Fit(l, v.width, s.Dim))
	}
	if v.text != nil {
		from, to := v.lines.Window()
		for i, l := range v.text.Lines(from, to-from, v.width) {
			look := style.Paint{}
			if from+i == v.lines.Cursor() {
				look = s.Selected
			}
			out = append(out, s.Pad(s.Line(l, look), v.width))
		}
	}
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// head says where the record stands, or what there is instead of one.
func (v *View) head() []string {
	switch {
	case v.event == 0:
		return []string{"choose an event in the timeline to see its record", "", ""}
	case v.err != nil:
		return []string{"the record cannot be shown", v.err.Error(), ""}
	case v.record == nil:
		return []string{"reading the record", "", ""}
	}
	return []string{
		"event " + v.detail.EventID + "   " + v.detail.Evidence.Path,
		fmt.Sprintf("bytes %d to %d, %d of them", v.record.Offset, v.record.Offset+v.record.Length, v.record.Length),
		"SHA-256 " + v.record.SHA256 + ": the bytes below have it",
	}
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	if v.record == nil {
		return nil
	}
	return append([]keys.Binding{v.env.Keys.Raw.CopyID}, v.env.Keys.Move.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return false }

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	return 0, headLines + v.lines.Cursor() - v.lines.Top(), v.text != nil
}

// State implements [part.Part].
func (v *View) State() part.State {
	if v.asking != nil {
		return part.State{Busy: "reading the record", Cancel: v.stop}
	}
	return part.State{Position: v.lines.Position()}
}

// Target implements [part.Part].
func (v *View) Target() part.Target { return part.Target{Event: v.event} }
