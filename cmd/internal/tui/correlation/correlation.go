// Package correlation is the view of what belongs to an event: a lane for each
// source, the events in the order of time, and for each the identifier that led
// to it, and from where.
package correlation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	links "github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// How many events are followed at first, and how many more make sense on a
// screen.
const (
	firstLimit = 1000
	mostLimit  = 16_000
)

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	event    int64 // that is followed from
	logged   bool  // times are wanted as logged
	probable bool
	limit    int

	ticket int // of the last question
	asking context.CancelFunc
	swim   *swim
	err    error
	want   int64 // the event that the cursor goes to when the answer comes

	rows list.List
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env, limit: firstLimit} }

// answer brings what belongs to an event.
type answer struct {
	ticket int
	swim   *swim
	err    error
}

// Name implements [part.Part].
func (v *View) Name() string { return part.Correlation }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.rows.Resize(v.listHeight())
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	switch {
	case t.Event == 0 || t.Event == v.event && v.err == nil:
		return nil
	case v.swim != nil && v.has(t.Event):
		v.to(v.place(t.Event))
		return nil
	}
	v.limit = firstLimit
	return v.ask(t.Event, t.Event)
}

// has reports whether an event is among those that are shown.
func (v *View) has(event int64) bool { return v.place(event) >= 0 }

func (v *View) place(event int64) int {
	return slices.IndexFunc(v.swim.entries, func(e entry) bool { return e.EID() == event })
}

// ask follows from an event; the cursor goes to another, or the same.
func (v *View) ask(event, cursor int64) tea.Cmd {
	v.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	v.ticket++
	v.event, v.want, v.asking, v.err = event, cursor, cancel, nil
	if v.swim != nil && !v.has(event) {
		v.swim = nil
	}
	source, zone := v.env.Source, v.env.Zone
	ticket, logged, probable, limit := v.ticket, v.logged, v.probable, v.limit
	return func() tea.Msg {
		r, err := source.Correlation(ctx, event, logged, limit)
		if err != nil {
			return answer{ticket: ticket, err: err}
		}
		return answer{ticket: ticket, swim: newSwim(r, probable, zone)}
	}
}

// again asks anew, and leaves the cursor where it is.
func (v *View) again() tea.Cmd {
	if v.event == 0 {
		return nil
	}
	cursor := v.event
	if e := v.current(); e != nil {
		cursor = e.EID()
	}
	return v.ask(v.event, cursor)
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
		if msg.ticket != v.ticket {
			return nil
		}
		v.stop()
		if errors.Is(msg.err, context.Canceled) {
			msg.err = errors.New("it was stopped; " + v.env.Keys.Global.Reload.Help().Key + " asks again")
		}
		fresh := v.swim == nil
		v.err, v.swim = msg.err, msg.swim
		v.lay(fresh)
	case part.Reloaded:
		return v.again()
	}
	return nil
}

// lay counts the rows and sets the cursor on the event that was wanted, in the
// middle where the rows are others than before.
func (v *View) lay(fresh bool) {
	if v.swim == nil {
		v.rows = list.List{}
		return
	}
	v.rows.Resize(v.listHeight())
	v.rows.Count(len(v.swim.rows))
	at := v.place(v.want)
	if at < 0 { // it repeats an event, which is shown in its place
		at = max(0, slices.IndexFunc(v.swim.entries, func(e entry) bool { return isStart(&e) }))
	}
	v.to(at)
	if fresh {
		v.rows.Center(v.rows.Cursor())
	}
}

// to moves the cursor to an event by its place.
func (v *View) to(entry int) {
	if entry >= 0 && entry < len(v.swim.entries) {
		v.rows.To(v.swim.entries[entry].row)
	}
}

// current is the event under the cursor, nil for none.
func (v *View) current() *entry {
	if r := v.row(); r != nil && r.entry >= 0 {
		return &v.swim.entries[r.entry]
	}
	return nil
}

func (v *View) row() *row {
	if v.swim == nil || v.rows.Len() == 0 {
		return nil
	}
	return &v.swim.rows[v.rows.Cursor()]
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	if v.swim == nil {
		return nil
	}
	before := v.rows.Cursor()
	if v.rows.Press(k, &v.env.Keys.Move) {
		v.settle(v.rows.Cursor() < before)
		return nil
	}
	c := &v.env.Keys.Correlation
	e := v.current()
	switch {
	case keys.Is(k, c.Probable):
		v.probable = !v.probable
		return v.again()
	case keys.Is(k, c.Clock) && len(v.swim.result.Corrections) > 0:
		v.logged = !v.logged
		return v.again()
	case keys.Is(k, c.More) && v.more():
		v.limit *= 4
		return v.again()
	case keys.Is(k, v.env.Keys.Global.Copy):
		return v.copy()
	case e == nil:
		return nil
	case keys.Is(k, c.Next):
		return v.jump(1)
	case keys.Is(k, c.Previous):
		return v.jump(-1)
	case keys.Is(k, c.Open):
		return part.Say(part.Open{Part: part.Conversation, Target: v.Target()})
	case keys.Is(k, c.Raw):
		return part.Say(part.Open{Part: part.Raw, Target: v.Target()})
	case keys.Is(k, c.Subject):
		return v.chooseSubject(e)
	case keys.Is(k, c.Follow):
		return v.ask(e.EID(), e.EID())
	case keys.Is(k, c.CopyID):
		return part.Say(part.Copy{Text: e.EventID, What: "the event id"})
	}
	return nil
}

// more reports whether there is more to be shown than there is.
func (v *View) more() bool { return v.swim.result.Cut != nil && v.limit < mostLimit }

// settle moves the cursor on to a row that it can stand on, in its direction
// where there is one.
func (v *View) settle(back bool) {
	at := v.rows.Cursor()
	for _, by := range []int{direction(!back), direction(back)} {
		for i := at; i >= 0 && i < len(v.swim.rows); i += by {
			if v.swim.rows[i].chosen() {
				v.rows.To(i)
				return
			}
		}
	}
}

func direction(forward bool) int {
	if forward {
		return 1
	}
	return -1
}

// jump goes to the next or previous event of the same call.
func (v *View) jump(by int) tea.Cmd {
	at := v.row().entry
	for i := at + by; i >= 0 && i < len(v.swim.entries); i += by {
		if joined(&v.swim.entries[at], &v.swim.entries[i]) {
			v.to(i)
			return nil
		}
	}
	where := "after"
	if by < 0 {
		where = "before"
	}
	return part.Say(part.Notice{Text: "no other event of this call " + where + " it"})
}

// copy copies the identifier of a row.
func (v *View) copy() tea.Cmd {
	r := v.row()
	if r == nil || r.value == "" {
		return nil
	}
	what := "the identifier"
	if e := v.current(); e != nil && e.Link.Value == r.value {
		what = "the " + word(e.Link.Kind) + " that leads here"
	}
	return part.Say(part.Copy{Text: r.value, What: what})
}

// chooseSubject asks about whom or what of the event.
func (v *View) chooseSubject(e *entry) tea.Cmd {
	var options []part.Option
	var targets []part.Target
	for _, column := range []string{
		"principal", "credential_id", "issued_credential_id", "role", "end_user", "model", "src_ip", "app", "tenant",
	} {
		if value := e.Text(column); value != "" {
			options = append(options, part.Option{Name: value, Note: word(column)})
			targets = append(targets, part.Target{Event: e.EID(), Kind: column, Value: value})
		}
	}
	if len(options) == 0 {
		return part.Say(part.Notice{Text: "the log names nobody and nothing here"})
	}
	return part.Say(part.Choose{Title: "subject", Options: options, Then: func(i int) tea.Cmd {
		return part.Say(part.Open{Part: part.Subject, Target: targets[i]})
	}})
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	if v.swim == nil {
		return nil
	}
	before := v.rows.Cursor()
	open := v.rows.Mouse(msg, msg.Mouse().Y-headLines)
	v.settle(v.rows.Cursor() < before)
	if open && v.current() != nil {
		return part.Say(part.Open{Part: part.Conversation, Target: v.Target()})
	}
	return nil
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	if v.swim == nil {
		return nil
	}
	c := &v.env.Keys.Correlation
	var out []keys.Binding
	if v.current() != nil {
		out = append(out, c.Open, c.Next, c.Previous, c.Raw, c.Subject)
	}
	if len(v.swim.result.Probable) > 0 {
		out = append(out, c.Probable)
	}
	if len(v.swim.result.Corrections) > 0 {
		out = append(out, c.Clock)
	}
	if v.more() {
		out = append(out, c.More)
	}
	if v.current() != nil {
		out = append(out, c.Follow, c.CopyID)
	}
	return append(out, v.env.Keys.Move.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return false }

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	return 0, headLines + v.rows.Cursor() - v.rows.Top(), v.swim != nil
}

// State implements [part.Part].
func (v *View) State() part.State {
	if v.asking != nil {
		return part.State{Busy: "following the identifiers of the event", Cancel: v.stop}
	}
	return part.State{Position: v.position()}
}

// position says which event the cursor is on, and which of its call.
func (v *View) position() string {
	e := v.current()
	if e == nil {
		return ""
	}
	at := v.row().entry
	out := fmt.Sprintf("event %s of %s", list.Number(int64(at)+1), list.Number(int64(len(v.swim.entries))))
	if e.call == 0 {
		return out
	}
	return fmt.Sprintf("call %d: %d of %d, %s", e.call, e.nth, v.swim.calls[e.call-1], out)
}

// Target implements [part.Part].
func (v *View) Target() part.Target {
	if e := v.current(); e != nil {
		return part.Target{Event: e.EID()}
	}
	return part.Target{Event: v.event}
}

// isStart reports whether an event is what was asked for.
func isStart(e *entry) bool { return e.Link.Relation == links.Relation("") }
