// Package raw is the view of a record as it was received: where it stands in the
// evidence, whether its hash holds, and its bytes.
package raw

import (
	"context"
	"errors"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/pager"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// form is how the bytes are shown.
type form uint8

const (
	formJSON   form = iota // a line for each member and element
	formLogged             // as it was logged
	formHex
	forms
)

// name is the form in words.
func (f form) name() string { return [forms]string{"JSON", "as logged", "hex"}[f] }

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	event  int64 // that is shown or asked for
	asking context.CancelFunc
	record *casefile.Record
	detail *casefile.Detail
	err    error

	form   form
	pagers [forms]*pager.Pager // nil where the record has no such form
	sought string              // what was searched for last
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env} }

// answer brings the record of an event.
type answer struct {
	event  int64
	record *casefile.Record
	detail *casefile.Detail
	json   *cell.Text // nil where the record is no JSON
	err    error
}

// Name implements [part.Part].
func (v *View) Name() string { return part.Raw }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.lay()
}

// lay gives the lines of the record what the lines above them leave.
func (v *View) lay() {
	if p := v.pager(); p != nil {
		p.Resize(v.width, v.height-v.headLines())
	}
}

// pager is the present form of the record; nil where there is none.
func (v *View) pager() *pager.Pager { return v.pagers[v.form] }

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	if t.Event == 0 || t.Event == v.event && v.err == nil {
		return nil
	}
	v.record, v.detail, v.pagers = nil, nil, [forms]*pager.Pager{}
	return v.ask(t.Event)
}

// ask asks for the record of an event.
func (v *View) ask(event int64) tea.Cmd {
	v.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	v.event, v.asking, v.err = event, cancel, nil
	source, screen := v.env.Source, v.env.Styles.Screen
	return func() tea.Msg {
		a := answer{event: event}
		a.detail, a.err = source.Detail(ctx, event)
		if a.err != nil {
			return a
		}
		if a.record, a.err = source.Record(ctx, event); a.err == nil {
			a.json, _ = screen.JSON(a.record.Raw)
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
		return v.answered(&msg)
	case pager.Found:
		return v.found(msg)
	case part.Resized:
		if p := v.pager(); p != nil {
			return p.Grow()
		}
	case part.Reloaded:
		if v.event != 0 {
			return v.ask(v.event)
		}
	default:
		for _, p := range v.pagers {
			if p != nil {
				if cmd := p.Take(msg); cmd != nil {
					return cmd
				}
			}
		}
	}
	return nil
}

// answered shows a record. One that is shown already, because the case was opened
// anew, stays as it is.
func (v *View) answered(a *answer) tea.Cmd {
	if a.event != v.event || errors.Is(a.err, context.Canceled) {
		return nil
	}
	v.stop()
	same := v.record != nil && a.record != nil && v.record.SHA256 == a.record.SHA256 && v.record.Offset == a.record.Offset
	v.record, v.detail, v.err = a.record, a.detail, a.err
	if same {
		v.lay()
		return nil
	}
	v.pagers = [forms]*pager.Pager{}
	if a.record == nil {
		return nil
	}
	s := v.env.Styles
	v.pagers[formLogged] = pager.OfText(s, s.Screen.Text(string(a.record.Raw)))
	v.pagers[formHex] = pager.OfBytes(s, a.record.Raw, a.record.Offset)
	if a.json != nil {
		v.pagers[formJSON] = pager.OfText(s, a.json)
	}
	v.form = v.fitting(v.form)
	v.lay()
	return v.pager().Grow()
}

// fitting is the form, or the next that the record has.
func (v *View) fitting(f form) form {
	for v.pagers[f] == nil {
		f = (f + 1) % forms
	}
	return f
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	if v.record == nil {
		return v.pressDetail(k)
	}
	b := &v.env.Keys.Raw
	switch {
	case keys.Is(k, b.Form):
		v.form = v.fitting((v.form + 1) % forms)
		v.lay()
		if v.sought != "" && v.pager().Hits() == 0 {
			return tea.Batch(v.pager().Grow(), v.pager().Find(v.sought))
		}
		return v.pager().Grow()
	case keys.Is(k, b.Search):
		return v.search()
	case keys.Is(k, b.NextHit):
		return v.pager().Next(1)
	case keys.Is(k, b.LastHit):
		return v.pager().Next(-1)
	case keys.Is(k, b.Export):
		return v.export()
	case keys.Is(k, v.env.Keys.Global.Copy):
		return part.Say(part.Copy{Text: string(v.record.Raw), What: "the record"})
	}
	if cmd, ok := v.pager().Press(k, &v.env.Keys.Move); ok {
		return cmd
	}
	return v.pressDetail(k)
}

// pressDetail takes the keys that need only what is known about the event.
func (v *View) pressDetail(k tea.KeyPressMsg) tea.Cmd {
	b := &v.env.Keys.Raw
	switch {
	case v.detail == nil:
	case keys.Is(k, b.CopyID):
		return part.Say(part.Copy{Text: v.detail.EventID, What: "the event id"})
	case keys.Is(k, b.CopyPlace):
		return part.Say(part.Copy{Text: v.place(), What: "the place of the record"})
	}
	return nil
}

// search asks what to look for in the present form.
func (v *View) search() tea.Cmd {
	return part.Say(part.Ask{
		Label: "search", Value: v.sought, Hint: "a text in the record as it is shown: " + v.form.name() + "; upper and lower case are the same",
		Then: func(line string) tea.Cmd {
			if v.pager() == nil || line == "" {
				return nil
			}
			v.sought = line
			return v.pager().Find(line)
		},
	})
}

func (v *View) found(f pager.Found) tea.Cmd {
	if f.Hits > 0 {
		return nil
	}
	return part.Say(part.Notice{Text: "no " + f.Text + " in the record as it is shown: " + v.form.name()})
}

// export asks for a file and writes the bytes of the record to it.
func (v *View) export() tea.Cmd {
	name := v.detail.EventID + ".txt"
	if v.pagers[formJSON] != nil {
		name = v.detail.EventID + ".json"
	}
	event, ctx, source := v.event, v.env.Context, v.env.Source
	return part.Say(part.Ask{
		Label: "file", Value: name, Hint: "the bytes of the record as they were logged; the file must not exist",
		Then: func(path string) tea.Cmd {
			if path == "" {
				return nil
			}
			return func() tea.Msg {
				n, err := source.SaveRecord(ctx, event, path)
				if err != nil {
					return part.Notice{Level: part.Failure, Text: err.Error()}
				}
				return part.Notice{Text: "wrote " + list.Number(n) + " bytes to " + path}
			}
		},
	})
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	if v.pager() == nil {
		return nil
	}
	return v.pager().Mouse(msg, msg.Mouse().Y-v.headLines())
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	b := &v.env.Keys.Raw
	switch {
	case v.detail == nil:
		return nil
	case v.record == nil:
		return []keys.Binding{b.CopyID, b.CopyPlace}
	}
	out := []keys.Binding{b.Form, b.Search}
	if v.pager().Hits() > 0 {
		out = append(out, b.NextHit, b.LastHit)
	}
	out = append(out, b.Export, b.CopyID, b.CopyPlace)
	return append(out, v.env.Keys.Move.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return false }

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	if v.pager() == nil {
		return 0, 0, false
	}
	return 0, v.headLines() + v.pager().Cursor(), true
}

// State implements [part.Part].
func (v *View) State() part.State {
	switch {
	case v.asking != nil:
		return part.State{Busy: "reading the record", Cancel: v.stop}
	case v.pager() == nil:
		return part.State{}
	}
	return part.State{Position: v.pager().Position()}
}

// Target implements [part.Part].
func (v *View) Target() part.Target { return part.Target{Event: v.event} }
