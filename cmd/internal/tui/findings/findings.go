// Package findings is the view of what was found: a ranked list, stories with
// their parts folded beneath them, and the finding under the cursor in full: what
// was seen against what was expected, the events that show it, what to do, and
// what people said of it. What they say is said from here too.
package findings

import (
	"cmp"
	"context"
	"errors"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	asking context.CancelFunc
	ticket int // of the last question for the list
	found  *data.FindingList
	err    error

	rows   []row
	order  list.List // the cursor over rows
	counts counts
	open   map[string]bool // stories that are unfolded
	all    bool            // suppressed and closed ones too
	query  string          // what narrows the list
	typing bool
	wanted string // the finding that the cursor goes to when the list is there
	reveal bool   // even if the list leaves it out as it is

	reading bool // the keys go to the detail
	detail  detail
	saying  bool // something said is on its way to the ledger
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env, open: map[string]bool{}} }

// listed brings the findings.
type listed struct {
	ticket int
	found  *data.FindingList
	err    error
}

// named brings the id of an event, of which the finding is looked for.
type named struct {
	event string
	err   error
}

// Name implements [part.Part].
func (v *View) Name() string { return part.Findings }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.lay()
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	var cmds []tea.Cmd
	switch {
	case t.Finding != "":
		if f := v.current(); f == nil || f.ID != t.Finding {
			v.wanted, v.reveal = t.Finding, true
			cmds = append(cmds, v.choose())
		}
	case t.Event != 0:
		cmds = append(cmds, v.nameEvent(t.Event))
	}
	if v.found == nil && v.asking == nil {
		cmds = append(cmds, v.ask())
	}
	return tea.Batch(cmds...)
}

// nameEvent asks for the id of an event, whose finding is to be shown.
func (v *View) nameEvent(eid int64) tea.Cmd {
	source, ctx := v.env.Source, v.env.Context
	return func() tea.Msg {
		rows, err := source.Rows(ctx, []int64{eid}, nil, 0)
		if err != nil {
			return named{err: err}
		}
		return named{event: rows[0].EventID}
	}
}

// ask asks for the findings.
func (v *View) ask() tea.Cmd {
	v.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	v.asking = cancel
	v.ticket++
	ticket, source := v.ticket, v.env.Source
	return func() tea.Msg {
		found, err := source.Findings(ctx)
		return listed{ticket, found, err}
	}
}

// stop gives up the question for the list.
func (v *View) stop() {
	if v.asking != nil {
		v.asking()
		v.asking = nil
	}
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case listed:
		return v.takeList(msg)
	case named:
		return v.takeName(msg)
	case eventsOf:
		return v.takeEvents(msg)
	case said:
		return v.takeSaid(msg)
	case part.Reloaded:
		if v.found != nil || v.err != nil {
			return v.ask()
		}
	case tea.PasteMsg:
		if v.typing {
			return v.narrow(v.query + msg.Content)
		}
	}
	return nil
}

func (v *View) takeList(msg listed) tea.Cmd {
	if msg.ticket != v.ticket {
		return nil
	}
	v.stop()
	if errors.Is(msg.err, context.Canceled) {
		if v.found == nil {
			v.err = errors.New("reading was stopped; ctrl+r opens the case anew")
		}
		return nil
	}
	if v.err = msg.err; msg.err != nil {
		return nil
	}
	if f := v.current(); f != nil && v.wanted == "" {
		v.wanted = f.ID
	}
	v.found = msg.found
	v.detail.forget()
	return v.fill()
}

// takeName goes to the first finding that has an event, unless the present one
// has it.
func (v *View) takeName(msg named) tea.Cmd {
	if msg.err != nil || v.found == nil {
		return part.Fail(msg.err)
	}
	has := func(f *analyze.Finding) bool { return slices.Contains(f.Events, msg.event) }
	if f := v.current(); f != nil && has(f) {
		return nil
	}
	for i := range v.found.List {
		if f := &v.found.List[i]; has(f) {
			v.wanted, v.reveal = f.ID, true
			return v.choose()
		}
	}
	return part.Say(part.Notice{Text: "no finding has the event " + msg.event})
}

// current is the finding under the cursor, nil for none.
func (v *View) current() *analyze.Finding {
	if len(v.rows) == 0 {
		return nil
	}
	return v.rows[v.order.Cursor()].finding
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	if v.typing {
		return v.typed(k)
	}
	f, b := v.current(), &v.env.Keys.Findings
	switch {
	case v.found == nil || v.found.Analysis == nil:
		if keys.Is(k, v.env.Keys.Global.Copy) && v.found != nil {
			return part.Say(part.Copy{Text: v.analyzeCommand(), What: "the command line"})
		}
		return nil
	case keys.Is(k, b.Find):
		v.typing, v.reading = true, false
		return v.moved()
	case keys.Is(k, b.All):
		v.all = !v.all
		return v.fill()
	case f == nil:
		return nil
	}
	if cmd, ok := v.act(k, f); ok {
		return cmd
	}
	if v.reading {
		return v.pressDetail(k)
	}
	return v.pressList(k, f)
}

// act does what keys do wherever the cursor is.
func (v *View) act(k tea.KeyPressMsg, f *analyze.Finding) (tea.Cmd, bool) {
	b := &v.env.Keys.Findings
	switch {
	case keys.Is(k, b.State):
		return v.askState(f.ID), true
	case keys.Is(k, b.Note):
		return v.askNote(f.ID, ""), true
	case keys.Is(k, b.Tag):
		return v.askTag(f.ID, ""), true
	case keys.Is(k, b.Filter):
		return tea.Batch(
			part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Finding, Values: []string{f.ID}}}),
			part.Say(part.Open{Part: part.Timeline, Target: part.Target{Event: v.event(), Finding: f.ID}}),
		), true
	case keys.Is(k, b.Conversation):
		if eid := v.event(); eid != 0 {
			return part.Say(part.Open{Part: part.Conversation, Target: part.Target{Event: eid, Finding: f.ID}}), true
		}
		return part.Say(part.Notice{Text: "its events are not read yet"}), true
	case keys.Is(k, v.env.Keys.Global.Copy):
		return part.Say(v.copied(f)), true
	}
	return nil, false
}

// copied is what is under the cursor.
func (v *View) copied(f *analyze.Finding) part.Copy {
	if v.reading {
		l := v.detail.line()
		switch {
		case l.event > 0:
			return part.Copy{Text: f.Events[l.event-1], What: "the event id"}
		case l.finding != "":
			return part.Copy{Text: l.finding, What: "the id of the finding"}
		}
	}
	return part.Copy{Text: f.ID, What: "the id of the finding"}
}

func (v *View) pressList(k tea.KeyPressMsg, f *analyze.Finding) tea.Cmd {
	b := &v.env.Keys.Findings
	r := &v.rows[v.order.Cursor()]
	switch {
	case v.order.Press(k, &v.env.Keys.Move):
		return v.moved()
	case keys.Is(k, b.Fold):
		return v.fold(r)
	case keys.Is(k, b.Detail):
		if !keys.Is(k, v.env.Keys.Move.Enter) && r.story() && !v.open[f.ID] {
			return v.fold(r)
		}
		v.reading = true
		v.lay()
		return v.see()
	case keys.Is(k, b.Back):
		if r.within != "" || v.open[f.ID] {
			return v.fold(r)
		}
	}
	return nil
}

// fold opens or closes the story of a row.
func (v *View) fold(r *row) tea.Cmd {
	id := r.within
	if id == "" {
		id = r.finding.ID
	}
	if r.within == "" && !r.story() {
		return part.Say(part.Notice{Text: "this finding is no story: there is nothing to fold"})
	}
	v.open[id] = !v.open[id]
	v.wanted = id
	return v.fill()
}

func (v *View) pressDetail(k tea.KeyPressMsg) tea.Cmd {
	b, d := &v.env.Keys.Findings, &v.detail
	switch {
	case d.order.Press(k, &v.env.Keys.Move):
		return v.see()
	case keys.Is(k, b.NextSection):
		d.section(1)
		return v.see()
	case keys.Is(k, b.LastSection):
		d.section(-1)
		return v.see()
	case keys.Is(k, b.Back):
		v.reading = false
		v.lay()
		return v.see()
	case keys.Is(k, v.env.Keys.Move.Enter):
		return v.follow()
	}
	return nil
}

// follow opens what the cursor is on in the detail: an event in the timeline, or
// another finding.
func (v *View) follow() tea.Cmd {
	l := v.detail.line()
	switch {
	case l.event > 0:
		if eid := v.event(); eid != 0 {
			return part.Say(part.Open{Part: part.Timeline, Target: part.Target{Event: eid, Finding: v.detail.finding.ID}})
		}
		return part.Say(part.Notice{Text: "the event is not read yet, or not in the case any more"})
	case l.finding != "":
		v.wanted, v.reveal = l.finding, true
		return v.choose()
	}
	return part.Say(part.Notice{Text: "enter opens the events and findings that are named here"})
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	if v.found == nil || len(v.rows) == 0 {
		return nil
	}
	at := msg.Mouse()
	p := v.panes()
	if y, ok := p.detail.within(at.X, at.Y); ok {
		_, click := msg.(tea.MouseClickMsg)
		if !click && !v.reading { // no cursor is seen: what is turned is the window
			v.detail.scroll(msg)
			return v.see()
		}
		open := v.detail.order.Mouse(msg, y-1)
		if click && !v.reading {
			v.reading = true
			v.lay()
			return v.see()
		}
		if open {
			return v.follow()
		}
		return v.see()
	}
	if y, ok := p.list.within(at.X, at.Y); ok {
		if _, click := msg.(tea.MouseClickMsg); click && v.reading {
			v.reading = false
			v.lay()
		}
		if v.order.Mouse(msg, y-1) {
			v.reading = true
			v.lay()
		}
		return v.moved()
	}
	return nil
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	b, m := &v.env.Keys.Findings, &v.env.Keys.Move
	switch {
	case v.found == nil:
		return nil
	case v.found.Analysis == nil:
		return []keys.Binding{v.env.Keys.Global.Copy}
	case len(v.rows) == 0:
		return []keys.Binding{b.Find, b.All}
	case v.reading:
		return append([]keys.Binding{m.Enter, b.Back, b.State, b.Note, b.Tag, b.Conversation, b.Filter, b.NextSection, b.LastSection, b.Find, b.All}, m.Rows()...)
	}
	return append([]keys.Binding{b.Detail, b.State, b.Note, b.Tag, b.Filter, b.Conversation, b.Find, b.Fold, b.All}, m.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return v.typing }

// State implements [part.Part].
func (v *View) State() part.State {
	s := part.State{Position: v.order.Position()}
	switch {
	case v.saying:
		s.Busy = "writing to the ledger"
	case v.asking != nil:
		s.Busy, s.Cancel = "reading the findings", v.stop
	case v.detail.asking != nil:
		s.Busy, s.Cancel = "reading events", v.detail.stop
	}
	return s
}

// Target implements [part.Part].
func (v *View) Target() part.Target {
	f := v.current()
	if f == nil {
		return part.Target{}
	}
	return part.Target{Event: v.event(), Finding: f.ID, Value: cmp.Or(f.Actor, f.Subject)}
}

// event is the event under the cursor, or the first one of the finding; 0 while
// it is not known.
func (v *View) event() int64 {
	i := 0
	if l := v.detail.line(); v.reading && l.event > 0 {
		i = l.event - 1
	}
	return v.detail.events[i].EID
}
