// Package console is the view in which a person asks the case in SQL: a query
// that is typed, and the rows that came of it.
package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/pager"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// kept is how much of a result is kept to be looked at. All of it can be saved.
var kept = data.Bound{Rows: 10_000, Bytes: 24 << 20} //nolint:gochecknoglobals // a constant, which a struct cannot be

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	editor editor
	typing bool
	offers *completion // open below the query
	past   history
	// remembered is set when the queries of earlier sessions were asked for.
	remembered bool
	filter     filter.Filter

	surface   []data.SurfaceColumn
	asked     bool // for the surface
	askedMade bool // for the columns of tables that are made

	work    *work // what is going on
	tickets int
	query   string // that the rows or the trouble are of
	grid    *grid
	took    time.Duration
	stale   bool // the case has changed since
	trouble *trouble
	value   *pager.Pager // the whole value of the chosen cell; nil when it is not shown
}

// work is a query that runs, or rows that are saved.
type work struct {
	ticket int
	doing  string
	began  time.Time
	cancel context.CancelFunc
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env, typing: true} }

type (
	// answer brings the rows of a query.
	answer struct {
		ticket int
		query  string
		grid   *grid
		took   time.Duration
		err    error
	}
	// savedMsg says that rows were saved.
	savedMsg struct {
		ticket int
		notice part.Notice
	}
	surfaceMsg struct {
		views, made []data.SurfaceColumn
		err         error
	}
	historyMsg struct {
		entries []string
		err     error
	}
)

// Name implements [part.Part].
func (v *View) Name() string { return part.SQL }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	v.width, v.height = width, height
	v.lay()
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	cmds := []tea.Cmd{v.askHistory(), v.askSurface()}
	if t.Query != "" && t.Query != v.query {
		v.editor.set(t.Query)
		cmds = append(cmds, v.run())
	}
	v.lay()
	return tea.Batch(cmds...)
}

// askHistory reads the queries of earlier sessions, once.
func (v *View) askHistory() tea.Cmd {
	path := v.env.History
	if path == "" || v.remembered {
		return nil
	}
	v.remembered = true
	return func() tea.Msg {
		entries, err := readHistory(path)
		return historyMsg{entries, err}
	}
}

// askSurface asks for the tables and columns, once.
func (v *View) askSurface() tea.Cmd {
	if v.asked {
		return nil
	}
	v.asked = true
	ctx, source := v.env.Context, v.env.Source
	return func() tea.Msg {
		views, err := source.Surface(ctx)
		return surfaceMsg{views: views, err: err}
	}
}

// askMade asks for the columns of tables that are made, once, and when the query
// names one: it takes seconds.
func (v *View) askMade() tea.Cmd {
	if v.askedMade || !namesUnknown(v.surface, v.editor.value) {
		return nil
	}
	v.askedMade = true
	ctx, source := v.env.Context, v.env.Source
	return func() tea.Msg {
		made, err := source.MadeTables(ctx)
		return surfaceMsg{made: made, err: err}
	}
}

// begin starts work that can be stopped.
func (v *View) begin(doing string) (context.Context, int) {
	v.stop()
	v.tickets++
	ctx, cancel := context.WithCancel(v.env.Context)
	v.work = &work{ticket: v.tickets, doing: doing, began: v.env.Now(), cancel: cancel}
	return ctx, v.tickets
}

// stop gives up what is going on.
func (v *View) stop() {
	if v.work != nil {
		v.work.cancel()
		v.work = nil
	}
}

// ended reports whether an answer is that of what is going on, which it ends.
func (v *View) ended(ticket int) bool {
	if v.work == nil || v.work.ticket != ticket {
		return false
	}
	v.stop()
	return true
}

// run runs the query that was typed.
func (v *View) run() tea.Cmd {
	query := strings.TrimSpace(v.editor.value)
	if query == "" {
		return part.Say(part.Notice{Text: "type a query first; " + v.env.Keys.SQL.Complete.Help().Key + " lists the tables"})
	}
	ctx, ticket := v.begin("running the query")
	v.offers, v.trouble, v.value = nil, nil, nil
	v.past.add(query)
	source, now, screen, zone := v.env.Source, v.env.Now, v.env.Styles.Screen, v.env.Zone
	began := v.work.began
	ask := func() tea.Msg {
		a := answer{ticket: ticket, query: query}
		var result *data.Result
		if result, a.err = source.Query(ctx, query, kept); a.err == nil {
			a.took = now().Sub(began)
			a.grid = newGrid(screen, result, zone)
		}
		return a
	}
	return tea.Batch(ask, v.keep(query))
}

// keep adds a query to the history of the person.
func (v *View) keep(query string) tea.Cmd {
	path := v.env.History
	if path == "" {
		return nil
	}
	return func() tea.Msg {
		if err := keepQuery(path, query); err != nil {
			return part.Notice{Level: part.Warning, Text: err.Error()}
		}
		return nil
	}
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case answer:
		v.answered(&msg)
	case savedMsg:
		if v.ended(msg.ticket) {
			return part.Say(msg.notice)
		}
	case surfaceMsg:
		return v.learned(&msg)
	case historyMsg:
		v.past.load(msg.entries)
		return part.Fail(msg.err)
	case tea.PasteMsg:
		v.offers = nil
		v.editor.insert(msg.Content)
		v.lay()
	case part.Filtered:
		v.filter = msg.Filter
	case part.Reloaded:
		v.stale = v.grid != nil
		if v.asked {
			v.asked, v.askedMade = false, false
			return v.askSurface()
		}
	case part.Resized:
		if v.value != nil {
			return v.value.Grow()
		}
	case valueMsg:
		if msg.ticket == v.tickets && v.grid != nil && !v.typing {
			v.value = msg.value
			v.lay()
			return v.value.Grow()
		}
	default:
		if v.value != nil {
			return v.value.Take(msg)
		}
	}
	return nil
}

// answered shows what came of a query.
func (v *View) answered(a *answer) {
	if !v.ended(a.ticket) || errors.Is(a.err, context.Canceled) {
		return
	}
	v.query, v.stale = a.query, false
	if a.err != nil {
		v.fail(a)
	} else {
		v.grid, v.took, v.trouble = a.grid, a.took, nil
		v.typing = v.grid.empty()
	}
	v.lay()
}

// fail shows what is wrong with a query, and puts the cursor there.
func (v *View) fail(a *answer) {
	v.trouble, v.grid, v.typing = newTrouble(a.err, a.query, v.surface), nil, true
	at := strings.Index(v.editor.value, a.query)
	if at < 0 || v.trouble.to == 0 {
		return
	}
	v.editor.changed()
	v.editor.wrongFrom, v.editor.wrongTo = at+v.trouble.from, at+v.trouble.to
	v.editor.at = at + v.trouble.to
}

// learned takes what tables and columns there are. What cannot be read is asked
// for again by the next completion.
func (v *View) learned(m *surfaceMsg) tea.Cmd {
	if m.err != nil {
		v.asked, v.askedMade = v.asked && v.surface != nil, false
		return part.Fail(m.err)
	}
	if m.views != nil {
		v.surface = m.views
	}
	if m.made != nil {
		v.surface = slices.DeleteFunc(v.surface, func(c data.SurfaceColumn) bool { return c.Name == "" })
		v.surface = append(v.surface, m.made...)
	}
	if v.offers != nil && v.offers.chosen < 0 {
		v.offers = nil
		v.complete(1)
	}
	return nil
}

// lay gives the parts of the view their sizes.
func (v *View) lay() {
	v.editor.lay(v.env.Styles.Screen, max(2, v.width-gutter))
	if v.grid != nil {
		v.grid.rows.Resize(v.rowLines())
	}
	if v.value != nil {
		v.value.Resize(v.width, v.rowLines()+1)
	}
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return v.typing }

// State implements [part.Part].
func (v *View) State() part.State {
	if v.work != nil {
		return part.State{Busy: v.work.doing + " " + seconds(v.env.Now().Sub(v.work.began)), Cancel: v.stop}
	}
	switch {
	case v.value != nil:
		return part.State{Position: v.value.Position()}
	case v.grid != nil:
		return part.State{Position: v.grid.rows.Position()}
	}
	return part.State{}
}

// seconds writes a time that something took.
func seconds(d time.Duration) string {
	if d >= time.Minute {
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// Target implements [part.Part].
func (v *View) Target() part.Target { return part.Target{Query: v.query, Event: v.eid()} }

// counted says how many rows there are, and how long they took.
func (v *View) counted() string {
	n := len(v.grid.result.Rows)
	text := list.Number(int64(n)) + " row"
	if n != 1 {
		text += "s"
	}
	text += " in " + seconds(v.took)
	if v.grid.result.More {
		text = "the first " + text + "; there are more, which " + v.env.Keys.SQL.Save.Help().Key + " saves to a file"
	}
	if v.stale {
		text += "; the case has changed since"
	}
	return text
}

// columnNamed is the place of a column, -1 where there is none of the name.
func (v *View) columnNamed(name string) int {
	return slices.IndexFunc(v.grid.result.Columns, func(c render.Column) bool { return c.Name == name })
}

// eventID is the event of the chosen row, "" for none.
func (v *View) eventID() string {
	if i := v.columnNamed("event_id"); i >= 0 {
		id, _ := v.grid.result.Rows[v.grid.rows.Cursor()][i].(string)
		return id
	}
	return ""
}

// eid is the number of that event where the row has it, else 0.
func (v *View) eid() int64 {
	if v.grid.empty() {
		return 0
	}
	if i := v.columnNamed("eid"); i >= 0 && v.columnNamed("event_id") >= 0 {
		eid, _ := v.grid.result.Rows[v.grid.rows.Cursor()][i].(int64)
		return eid
	}
	return 0
}

// openEvent shows the event of the chosen row in the timeline.
func (v *View) openEvent() tea.Cmd {
	if eid := v.eid(); eid != 0 {
		return part.Say(part.Open{Part: part.Timeline, Target: part.Target{Event: eid}})
	}
	id := v.eventID()
	if id == "" {
		return part.Say(part.Notice{Text: "the row names no event: select event_id too, then " + v.env.Keys.SQL.Open.Help().Key + " opens it"})
	}
	ctx, source := v.env.Context, v.env.Source
	return func() tea.Msg {
		eids, err := source.Resolve(ctx, id)
		if err != nil || len(eids) == 0 {
			return part.Notice{Level: part.Failure, Text: fmt.Sprintf("opening event %s: %v", id, err)}
		}
		return part.Open{Part: part.Timeline, Target: part.Target{Event: eids[0]}}
	}
}

// filterValue makes the chosen value a condition on events.
func (v *View) filterValue() tea.Cmd {
	if v.grid.empty() {
		return nil
	}
	name := v.grid.result.Columns[v.grid.column].Name
	for _, col := range v.surface {
		if col.Table == "events" && col.Name == name {
			c := filter.Condition{Kind: filter.Field, Column: name}
			if val := v.grid.value(); val != nil {
				c.Values = []string{varchar(val)}
			}
			return part.Say(part.AddFilter{Condition: c})
		}
	}
	return part.Say(part.Notice{Text: "events have no column " + name})
}

// varchar is a value as DuckDB turns it into text, which filters compare.
func varchar(v any) string {
	if t, ok := v.(render.Stamp); ok {
		text := t.Time().Format("2006-01-02 15:04:05.999999")
		return text + "+00"
	}
	text, _ := whole(v, time.UTC)
	return text
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	k, m := &v.env.Keys.SQL, &v.env.Keys.Move
	if v.typing {
		return []keys.Binding{k.Run, k.Complete, k.CompleteBack, k.Leave, k.NewLine, k.Older, k.Newer, k.FromFilter}
	}
	out := []keys.Binding{k.Edit}
	if v.value != nil {
		return append(append(out, k.Value), m.Rows()...)
	}
	if !v.grid.empty() {
		if v.columnNamed("event_id") >= 0 {
			out = append(out, k.Open)
		}
		out = append(out, k.Value, k.Save, k.Equal, k.CopyRow, k.CopyAll, m.Left, m.Right, k.FirstColumn, k.LastColumn)
		out = append(out, m.Rows()...)
	}
	return append(out, k.FromFilter)
}
