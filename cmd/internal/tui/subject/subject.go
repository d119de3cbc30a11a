// Package subject is the view of one person, principal, credential, model or
// address: when it is active by the hour of the week, against its other weeks;
// how much it did by day; what it used, and since when; which findings it has; and
// who used the same credentials and addresses. Without one, subjects are listed.
package subject

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

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

	target part.Target // the subject; one without a value lists subjects
	choose choosing

	asking      context.CancelFunc
	ticket      int
	whoTicket   int
	busy        string
	done, total *atomic.Int64
	err         error

	subject  *data.Subject
	findings *data.FindingList
	theirs   map[string]int // its events that findings list, by finding; nil while it is asked
	shared   []data.SubjectOther
	sharing  bool // it is still asked who shares
	sharedBy error

	week   int // the week that is compared, from the last one back
	lines  []line
	cursor list.List
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env, choose: newChoosing()} }

// The answers to the questions of the part.
type (
	kindOf struct {
		ticket int
		kind   string
		err    error
	}
	whose struct {
		ticket int
		target part.Target
		err    error
	}
	history struct {
		ticket  int
		subject *data.Subject
		err     error
	}
	sharedOf struct {
		ticket int
		shared []data.SubjectOther
		err    error
	}
	findingsOf struct {
		target part.Target
		found  *data.FindingList
		err    error
	}
	theirsOf struct {
		target part.Target
		theirs map[string]int
		err    error
	}
)

// Name implements [part.Part].
func (v *View) Name() string { return part.Subject }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	changed := width != v.width
	v.width, v.height = width, height
	v.cursor.Resize(height)
	v.choose.order.Resize(max(1, height-chooseHead))
	if changed {
		v.build()
	}
}

// Show implements [part.Part]. A kind without a value lists subjects; an event
// alone is about who caused it.
func (v *View) Show(t part.Target) tea.Cmd {
	switch {
	case t.Value != "":
	case t.Kind != "" || t.Event == 0 && v.target.Value == "":
		return v.listKind(t.Kind)
	case t.Event != 0 && t.Event != v.target.Event:
		return v.whoDid(t.Event)
	default:
		return nil
	}
	if t.Value == v.target.Value && (t.Kind == "" || t.Kind == v.target.Kind) {
		v.target.Event = t.Event
		return nil
	}
	v.target = t
	v.week, v.cursor = 0, list.List{}
	v.cursor.Resize(v.height)
	return v.ask()
}

// whoDid asks who caused an event.
func (v *View) whoDid(event int64) tea.Cmd {
	v.whoTicket++
	ticket, source, ctx := v.whoTicket, v.env.Source, v.env.Context
	columns := []string{"principal", "credential_id", "end_user", "src_ip", "model"}
	return func() tea.Msg {
		rows, err := source.Rows(ctx, []int64{event}, columns, 0)
		a := whose{ticket: ticket, err: err}
		for i, name := range columns {
			if err != nil || a.target.Value != "" {
				break
			}
			if s, ok := rows[0].Values[i].(string); ok && s != "" {
				a.target = part.Target{Event: event, Kind: name, Value: s}
			}
		}
		return a
	}
}

// takeWho shows who caused an event.
func (v *View) takeWho(msg whose) tea.Cmd {
	if msg.ticket != v.whoTicket {
		return nil
	}
	if msg.err != nil {
		return part.Fail(msg.err)
	}
	if msg.target.Value == "" {
		return tea.Batch(v.listKind(""), part.Say(part.Notice{Text: "the event does not say who caused it"}))
	}
	return v.Show(msg.target)
}

// begin begins a question and gives up the one before.
func (v *View) begin(busy string) (context.Context, int) {
	v.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	v.asking, v.busy, v.err = cancel, busy, nil
	v.done, v.total = new(atomic.Int64), new(atomic.Int64)
	v.ticket++
	return ctx, v.ticket
}

// stop gives up what was asked for.
func (v *View) stop() {
	if v.asking != nil {
		v.asking()
		v.asking, v.busy = nil, ""
	}
}

// ask asks for what the subject did: first of which column it is, where that is
// not known.
func (v *View) ask() tea.Cmd {
	v.subject, v.theirs, v.shared, v.sharing, v.sharedBy = nil, nil, nil, false, nil
	v.build()
	source, t := v.env.Source, v.target
	if t.Kind == "" {
		ctx, ticket := v.begin("looking where " + t.Value + " stands")
		return func() tea.Msg {
			kind, err := source.SubjectKind(ctx, t.Value)
			return kindOf{ticket, kind, err}
		}
	}
	ctx, ticket := v.begin("adding up what it did")
	done, total, all := v.done, v.total, v.env.Context
	return tea.Batch(
		func() tea.Msg {
			s, err := source.Subject(ctx, t.Kind, t.Value, func(d, of int64) {
				done.Store(d)
				total.Store(of)
			})
			return history{ticket, s, err}
		},
		func() tea.Msg {
			found, err := source.Findings(all)
			return findingsOf{t, found, err}
		},
		func() tea.Msg {
			theirs, err := source.SubjectFindings(all, t.Kind, t.Value)
			return theirsOf{t, theirs, err}
		},
	)
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case kindOf:
		if msg.ticket != v.ticket || v.failed(msg.err) {
			return nil
		}
		if msg.kind == "" && v.target.Event != 0 { // the subject of a finding need not be in events
			v.stop()
			return v.whoDid(v.target.Event)
		}
		if msg.kind == "" {
			v.failed(errors.New("no event has this value as a principal, credential, model, address, end user or app"))
			return nil
		}
		v.target.Kind = msg.kind
		return v.ask()
	case whose:
		return v.takeWho(msg)
	case history:
		if msg.ticket != v.ticket || v.failed(msg.err) {
			return nil
		}
		v.subject = msg.subject
		v.build()
		return v.askShared()
	case findingsOf:
		if msg.target.Kind == v.target.Kind && msg.target.Value == v.target.Value && msg.err == nil {
			v.findings = msg.found
			v.build()
		}
	case theirsOf:
		if msg.target.Kind == v.target.Kind && msg.target.Value == v.target.Value && msg.err == nil {
			v.theirs = msg.theirs
			v.build()
		}
	case sharedOf:
		if msg.ticket == v.ticket {
			v.stop()
			v.shared, v.sharedBy, v.sharing = msg.shared, msg.err, false
			if errors.Is(msg.err, context.Canceled) {
				v.sharedBy = errStopped
			}
			v.build()
		}
	case listed:
		return v.takeList(msg)
	case part.Reloaded:
		return v.again()
	case tea.PasteMsg:
		if v.choose.typing {
			v.narrow(v.choose.query + msg.Content)
		}
	}
	return nil
}

// again asks anew for what is seen.
func (v *View) again() tea.Cmd {
	v.choose.forget()
	switch {
	case v.target.Value != "":
		if v.subject != nil || v.err != nil {
			return v.ask()
		}
	case v.choose.shown:
		return v.list()
	}
	return nil
}

var errStopped = errors.New("it was stopped; ctrl+r asks again")

// failed notes what went wrong, if anything.
func (v *View) failed(err error) bool {
	if err == nil {
		return false
	}
	v.stop()
	if errors.Is(err, context.Canceled) {
		err = errStopped
	}
	v.err = err
	v.build()
	return true
}

// askShared asks who used the same credentials and addresses.
func (v *View) askShared() tea.Cmd {
	s, source := v.subject, v.env.Source
	if len(s.Values["credential_id"])+len(s.Values["src_ip"]) == 0 {
		v.stop()
		v.build()
		return nil
	}
	ctx, ticket := v.begin("looking who shares its credentials and addresses")
	v.sharing = true
	v.build()
	return func() tea.Msg {
		shared, err := source.SubjectShared(ctx, s)
		return sharedOf{ticket, shared, err}
	}
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	if v.target.Value == "" {
		return v.pressChoosing(k)
	}
	b := &v.env.Keys.Subject
	switch {
	case keys.Is(k, b.Others):
		return part.Say(part.Open{Part: part.Subject, Target: part.Target{Kind: v.choose.name()}})
	case keys.Is(k, v.env.Keys.Global.Copy):
		return part.Say(v.copied())
	case keys.Is(k, b.Filter) && v.target.Kind != "":
		return tea.Batch(
			part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Field, Column: v.target.Kind, Values: []string{v.target.Value}}}),
			part.Say(part.Open{Part: part.Timeline}),
		)
	case v.subject == nil:
		return nil
	case keys.Is(k, b.EarlierWeek):
		return v.otherWeek(1)
	case keys.Is(k, b.LaterWeek):
		return v.otherWeek(-1)
	case keys.Is(k, b.NextSection):
		v.section(1)
	case keys.Is(k, b.LastSection):
		v.section(-1)
	case keys.Is(k, v.env.Keys.Move.Enter):
		return v.follow()
	default:
		v.cursor.Press(k, &v.env.Keys.Move)
	}
	return nil
}

// copied is what the cursor is on.
func (v *View) copied() part.Copy {
	if l := v.line(); l.value != "" {
		return part.Copy{Text: l.value, What: l.value}
	}
	return part.Copy{Text: v.target.Value, What: "the subject"}
}

// otherWeek compares the week that is so many weeks further back.
func (v *View) otherWeek(by int) tea.Cmd {
	n := weeksOf(v.subject)
	if v.week+by < 0 || v.week+by >= n {
		return part.Say(part.Notice{Text: "there is no further week with events of it"})
	}
	v.week += by
	v.build()
	return nil
}

// section moves the cursor to the next title, or the one before.
func (v *View) section(by int) {
	for i := v.cursor.Cursor() + by; i >= 0 && i < len(v.lines); i += by {
		if v.lines[i].kind == head {
			v.cursor.Center(i)
			return
		}
	}
}

// line is the one under the cursor.
func (v *View) line() line {
	if len(v.lines) == 0 {
		return line{}
	}
	return v.lines[v.cursor.Cursor()]
}

// follow opens what the cursor is on.
func (v *View) follow() tea.Cmd {
	l := v.line()
	switch {
	case l.finding != "":
		return part.Say(part.Open{Part: part.Findings, Target: part.Target{Finding: l.finding}})
	case l.value != "" && slices.Contains(data.SubjectKinds(), l.column):
		return part.Say(part.Open{Part: part.Subject, Target: part.Target{Kind: l.column, Value: l.value}})
	case l.event != 0:
		return part.Say(part.Open{Part: part.Timeline, Target: part.Target{Event: l.event}})
	}
	return part.Say(part.Notice{Text: "enter opens the findings, values and first uses that are listed"})
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	if v.target.Value == "" {
		if v.choose.order.Mouse(msg, msg.Mouse().Y-chooseHead) {
			return v.take()
		}
		return nil
	}
	if v.cursor.Mouse(msg, msg.Mouse().Y) {
		return v.follow()
	}
	return nil
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	b, m := &v.env.Keys.Subject, &v.env.Keys.Move
	switch {
	case v.target.Value == "":
		return append([]keys.Binding{m.Enter, b.Find, b.Kind}, m.Rows()...)
	case v.subject == nil:
		return []keys.Binding{b.Others, b.Filter}
	}
	return append([]keys.Binding{m.Enter, b.Others, b.Filter, b.EarlierWeek, b.LaterWeek, b.NextSection, b.LastSection}, m.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return v.target.Value == "" && v.choose.typing }

// State implements [part.Part].
func (v *View) State() part.State {
	s := part.State{Position: v.cursor.Position()}
	if v.target.Value == "" {
		s.Position = v.choose.order.Position()
	}
	if v.asking != nil {
		s.Busy, s.Cancel = v.busy, v.stop
		s.Done, s.Total = v.done.Load(), v.total.Load()
	}
	return s
}

// Target implements [part.Part].
func (v *View) Target() part.Target {
	if v.target.Value == "" {
		return part.Target{Kind: v.choose.name()}
	}
	t := v.target
	if l := v.line(); l.event != 0 {
		t.Event = l.event
	}
	return t
}

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	if v.target.Value == "" {
		if v.choose.typing {
			return min(v.width-1, 1+v.env.Styles.Screen.Width(v.choose.query)), 0, true
		}
		return 0, chooseHead + v.choose.order.Cursor() - v.choose.order.Top(), v.choose.order.Len() > 0
	}
	return 0, v.cursor.Cursor() - v.cursor.Top(), len(v.lines) > 0
}
