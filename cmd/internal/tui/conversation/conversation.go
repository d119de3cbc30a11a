// Package conversation is the view of what was said in a call: a transcript with
// what detectors match in it, and its replays beside what was logged.
package conversation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/cmd/internal/outfile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// View is the part.
type View struct {
	env           *part.Env
	width, height int

	event  int64 // that is shown or asked for
	ticket int   // of the event: answers about another are late
	asking work
	said   *data.Conversation
	err    error
	head   []fact
	notes  []fact
	back   place // where the cursor goes when the case was opened anew

	pieces []*piece
	starts []int // the row at which each begins
	lines  list.List
	goal   *place // where the cursor goes when the line of it is known

	growing bool // lines are being found
	next    int  // piece of which they are

	scanning  work
	found     *found
	failed    error // of the scan
	searching work
	search    string
	hits      []match
	moreHits  bool
	current   int // match that the cursor was moved to, -1 for none

	moving  work // to another turn
	replays replays
}

var _ part.Part = (*View)(nil)

// New makes the part.
func New(env *part.Env) *View { return &View{env: env, current: -1} }

// work is something that is going on and can be stopped.
type work struct{ cancel context.CancelFunc }

// begin stops what is going on and returns the context of what comes now.
func (w *work) begin(ctx context.Context) context.Context {
	w.stop()
	ctx, w.cancel = context.WithCancel(ctx)
	return ctx
}

func (w *work) stop() {
	if w.cancel != nil {
		w.cancel()
		w.cancel = nil
	}
}

func (w *work) on() bool { return w.cancel != nil }

type (
	// answer brings what was said.
	answer struct {
		ticket int
		said   *data.Conversation
		pieces []*piece
		err    error
	}
	// scanned brings what a look through it shows.
	scanned struct {
		ticket int
		found  *found
		err    error
	}
	// searched brings where a text was found.
	searched struct {
		ticket int
		text   string
		hits   []match
		more   bool
		err    error
	}
	// growMsg finds more lines.
	growMsg struct{ ticket int }
	// turnMsg brings the event of another turn.
	turnMsg struct {
		ticket int
		event  int64
		err    error
	}
)

// Name implements [part.Part].
func (v *View) Name() string { return part.Conversation }

// Resize implements [part.Part].
func (v *View) Resize(width, height int) {
	at := v.here()
	v.width, v.height = width, height
	v.layAt(at)
	if v.goal == nil && at.offset > 0 {
		if _, ok := v.rowOf(at); !ok {
			v.goal = &at
		}
	}
	v.replays.lines.Resize(v.replayHeight())
}

// Show implements [part.Part].
func (v *View) Show(t part.Target) tea.Cmd {
	if t.Event == 0 || t.Event == v.event && v.err == nil {
		return nil
	}
	v.back = place{-1, -1}
	return v.ask(t.Event)
}

// ask asks what an event has of a conversation.
func (v *View) ask(event int64) tea.Cmd {
	v.stop()
	ctx := v.asking.begin(v.env.Context)
	v.ticket++
	v.event, v.err = event, nil
	source, ticket, screen, width := v.env.Source, v.ticket, v.env.Styles.Screen, v.inner()
	return func() tea.Msg {
		c, err := source.Conversation(ctx, event)
		if err != nil {
			return answer{ticket: ticket, err: err}
		}
		a := answer{ticket: ticket, said: c, pieces: transcript(c, screen)}
		for _, p := range a.pieces {
			p.measure(width)
		}
		return a
	}
}

// stop gives up all that is going on.
func (v *View) stop() {
	for _, w := range []*work{&v.asking, &v.scanning, &v.searching, &v.moving, &v.replays.work} {
		w.stop()
	}
}

// Take implements [part.Part].
func (v *View) Take(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case answer:
		if msg.ticket == v.ticket {
			return v.take(msg)
		}
	case scanned:
		if msg.ticket == v.ticket && v.scanning.on() {
			v.scanning.stop()
			v.found, v.failed = msg.found, stopped(msg.err)
			v.mark()
		}
	case searched:
		if msg.ticket == v.ticket && v.searching.on() {
			return v.takeHits(msg)
		}
	case growMsg:
		if msg.ticket == v.ticket {
			return v.more()
		}
	case turnMsg:
		if msg.ticket == v.ticket {
			v.moving.stop()
			return opened(msg)
		}
	case replayed:
		if msg.ticket == v.ticket {
			return v.takeReplays(msg)
		}
	case compared:
		v.takeComparison(msg)
	case part.Resized:
		return tea.Batch(v.grown(), v.compare())
	case part.Reloaded:
		if v.event != 0 {
			v.back = v.here()
			return v.ask(v.event)
		}
	}
	return nil
}

// take shows what was said, and looks for what it shows.
func (v *View) take(a answer) tea.Cmd {
	v.asking.stop()
	v.said, v.err, v.pieces = a.said, stopped(a.err), a.pieces
	v.found, v.failed, v.search, v.hits, v.current, v.goal = nil, nil, "", nil, -1, nil
	v.replays = replays{}
	v.lines = list.List{}
	v.starts, v.growing = nil, false
	if v.said != nil {
		v.head, v.notes = heading(v.said, v.env), notes(v.said)
	}
	v.layAt(v.back)
	v.replays.lines.Resize(v.replayHeight())
	if v.err != nil {
		return nil
	}
	ctx := v.scanning.begin(v.env.Context)
	ticket, pieces := v.ticket, v.pieces
	return tea.Batch(v.grown(), func() tea.Msg {
		f, err := scan(ctx, pieces)
		return scanned{ticket, f, err}
	})
}

// stopped says how to go on where a person stopped something.
func stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("it was stopped; choose the event again")
	}
	return err
}

// grown begins to measure pieces and find lines, nil where that is going on or
// there is nothing to be found.
func (v *View) grown() tea.Cmd {
	v.next = 0
	for v.goal == nil && v.next < len(v.pieces) && !v.unfinished(v.next) {
		v.next++
	}
	if v.growing || v.next == len(v.pieces) {
		return nil
	}
	v.growing = true
	return part.Say(growMsg{v.ticket})
}

// more goes on with that.
func (v *View) more() tea.Cmd {
	v.growing = v.grow()
	if !v.growing {
		return nil
	}
	return part.Say(growMsg{v.ticket})
}

// opened shows another turn, or says why there is none.
func opened(m turnMsg) tea.Cmd {
	if errors.Is(m.err, data.ErrNoTurn) {
		return part.Say(part.Notice{Text: m.err.Error()})
	}
	if m.err != nil {
		return part.Say(part.Notice{Level: part.Warning, Text: m.err.Error()})
	}
	return part.Say(part.Open{Part: part.Conversation, Target: part.Target{Event: m.event}})
}

// mark lays what was found over the pieces.
func (v *View) mark() {
	var signs []match
	if v.found != nil {
		order(v.found.matches)
		signs = v.found.matches
	}
	mark(v.pieces, signs, v.hits)
}

// matches are what n and N go through: what was searched for, or else what
// detectors matched.
func (v *View) matches() []match {
	if v.search != "" {
		return v.hits
	}
	if v.found == nil {
		return nil
	}
	return v.found.matches
}

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	if v.said == nil {
		return nil
	}
	c := &v.env.Keys.Conversation
	for _, a := range []struct {
		key keys.Binding
		do  func() tea.Cmd
	}{
		{c.Replay, func() tea.Cmd { return v.turnReplay(1) }},
		{c.PreviousReplay, func() tea.Cmd { return v.turnReplay(-1) }},
		{c.NextTurn, func() tea.Cmd { return v.turn(false) }},
		{c.PreviousTurn, func() tea.Cmd { return v.turn(true) }},
		{c.Raw, func() tea.Cmd { return part.Say(part.Open{Part: part.Raw, Target: v.Target()}) }},
		{c.CopyID, func() tea.Cmd {
			return part.Say(part.Copy{Text: v.said.Detail.EventID, What: "the event id"})
		}},
		{c.Export, v.askExport},
		{v.env.Keys.Global.Copy, v.copy},
	} {
		if keys.Is(k, a.key) {
			return a.do()
		}
	}
	if v.replays.shown() {
		v.replays.lines.Press(k, &v.env.Keys.Move)
		return nil
	}
	return v.pressTranscript(k)
}

// pressTranscript takes the keys that are about the transcript.
func (v *View) pressTranscript(k tea.KeyPressMsg) tea.Cmd {
	if v.lines.Press(k, &v.env.Keys.Move) {
		return nil
	}
	c := &v.env.Keys.Conversation
	for _, a := range []struct {
		key keys.Binding
		do  func() tea.Cmd
	}{
		{c.NextMatch, func() tea.Cmd { return v.step(1) }},
		{c.PreviousMatch, func() tea.Cmd { return v.step(-1) }},
		{c.Matches, v.chooseMatch},
		{c.Search, v.askSearch},
		{c.Fold, func() tea.Cmd { return v.setFold(-1) }},
		{c.Unfold, func() tea.Cmd { return v.setFold(1) }},
		{c.Toggle, v.toggle},
		{c.FoldAll, v.foldAll},
	} {
		if keys.Is(k, a.key) {
			return a.do()
		}
	}
	return nil
}

// setFold shows less or more of the piece under the cursor.
func (v *View) setFold(by int) tea.Cmd {
	i, _ := v.at(v.lines.Cursor())
	if i < 0 {
		return nil
	}
	p, at := v.pieces[i], v.here()
	to := fold(max(int(folded), min(int(open), int(p.fold)+by)))
	if p.fold == short && !p.seen().more && to == open {
		return nil // it is seen whole
	}
	p.fold = to
	if by < 0 {
		at = place{i, -1}
	}
	v.layAt(at)
	return v.grown()
}

// toggle folds a piece at its title, and opens it elsewhere.
func (v *View) toggle() tea.Cmd {
	i, line := v.at(v.lines.Cursor())
	if i < 0 {
		return nil
	}
	p := v.pieces[i]
	size := p.seen()
	switch {
	case line == 0 && p.fold != folded:
		p.fold = folded
		v.lay()
		return nil
	case line == 0, size.more && line == size.lines+1:
		return v.setFold(1)
	}
	return nil
}

// foldAll folds all pieces, or where all are folded shows their first lines.
func (v *View) foldAll() tea.Cmd {
	to := short
	if slices.ContainsFunc(v.pieces, func(p *piece) bool { return p.fold != folded }) {
		to = folded
	}
	i, _ := v.at(v.lines.Cursor())
	for _, p := range v.pieces {
		p.fold = to
	}
	v.layAt(place{i, -1})
	return nil
}

// turn asks for the next or previous turn of the session.
func (v *View) turn(back bool) tea.Cmd {
	ctx := v.moving.begin(v.env.Context)
	source, ticket, event := v.env.Source, v.ticket, v.said.Detail.EID
	return func() tea.Msg {
		next, err := source.NextTurn(ctx, event, back)
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return turnMsg{ticket, next, err}
	}
}

// copy copies the piece under the cursor, or the reply of a replay.
func (v *View) copy() tea.Cmd {
	if r := v.replays.current(); r != nil {
		return part.Say(part.Copy{Text: r.Reply, What: "the replayed reply"})
	}
	i, _ := v.at(v.lines.Cursor())
	if i < 0 {
		return nil
	}
	return part.Say(part.Copy{Text: v.pieces[i].text.String(), What: v.pieces[i].title})
}

// askExport asks where the transcript goes.
func (v *View) askExport() tea.Cmd {
	id := v.said.Detail.EventID
	head, pieces := exportHead(v.said, v.env), v.pieces
	return part.Say(part.Ask{
		Label: "export to", Value: "transcript-" + id + ".txt", Hint: "a file that is not there yet; what cannot be seen is written as escapes",
		Then: func(path string) tea.Cmd {
			if path == "" {
				return nil
			}
			return func() tea.Msg {
				err := outfile.Save(path, func(w io.Writer) error {
					_, err := io.WriteString(w, write(head, pieces, render.TerminalBlock))
					return err
				})
				if err != nil {
					return part.Notice{Level: part.Failure, Text: err.Error()}
				}
				return part.Notice{Text: "exported to " + path}
			}
		},
	})
}

// Mouse implements [part.Part].
func (v *View) Mouse(msg tea.MouseMsg) tea.Cmd {
	if v.replays.shown() {
		v.replays.lines.Mouse(msg, msg.Mouse().Y-replayHead)
		return nil
	}
	if v.lines.Mouse(msg, msg.Mouse().Y-v.headHeight()) {
		return v.toggle()
	}
	return nil
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	if v.said == nil {
		return nil
	}
	c := &v.env.Keys.Conversation
	var out []keys.Binding
	if !v.replays.shown() {
		if len(v.matches()) > 0 {
			out = append(out, c.NextMatch, c.PreviousMatch, c.Matches)
		}
		if len(v.pieces) > 0 {
			out = append(out, c.Search, c.Toggle, c.FoldAll)
		}
	}
	if v.said.Replays > 0 {
		out = append(out, c.Replay)
	}
	if v.replays.shown() {
		out = append(out, c.PreviousReplay)
	}
	out = append(out, c.NextTurn, c.PreviousTurn, c.Raw)
	if !v.replays.shown() && len(v.pieces) > 0 {
		out = append(out, c.Fold, c.Unfold)
	}
	if len(v.pieces) > 0 {
		out = append(out, c.Export)
	}
	return append(append(out, c.CopyID), v.env.Keys.Move.Rows()...)
}

// Typing implements [part.Part].
func (v *View) Typing() bool { return false }

// Cursor implements [part.Part].
func (v *View) Cursor() (x, y int, ok bool) {
	if v.replays.shown() {
		return 0, replayHead + v.replays.lines.Cursor() - v.replays.lines.Top(), true
	}
	return 0, v.headHeight() + v.lines.Cursor() - v.lines.Top(), len(v.pieces) > 0
}

// State implements [part.Part].
func (v *View) State() part.State {
	for _, w := range []struct {
		work *work
		busy string
	}{
		{&v.asking, "reading the conversation"},
		{&v.moving, "looking for the turn"},
		{&v.replays.work, "reading the replays"},
		{&v.searching, "searching"},
		{&v.scanning, "looking through the conversation"},
	} {
		if w.work.on() {
			return part.State{Busy: w.busy, Cancel: w.work.stop, Position: v.position()}
		}
	}
	if v.goal != nil {
		return part.State{Busy: "laying out the text"}
	}
	return part.State{Position: v.position()}
}

func (v *View) position() string {
	if v.replays.shown() {
		return v.replays.lines.Position()
	}
	i, _ := v.at(v.lines.Cursor())
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("part %s of %s, line %s", list.Number(int64(i)+1), list.Number(int64(len(v.pieces))), v.lines.Position())
}

// Target implements [part.Part].
func (v *View) Target() part.Target { return part.Target{Event: v.event} }
