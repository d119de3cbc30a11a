package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/filter"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/keys"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// Press implements [part.Part].
func (v *View) Press(k tea.KeyPressMsg) tea.Cmd {
	before := v.rows.Cursor()
	if v.rows.Press(k, &v.env.Keys.Move) {
		return v.moved(before)
	}
	for _, a := range v.actions() {
		if keys.Is(k, a.key) {
			if !a.on {
				return part.Say(part.Notice{Text: a.why})
			}
			return a.do()
		}
	}
	return nil
}

// action is what a key does.
type action struct {
	key keys.Binding
	do  func() tea.Cmd
	on  bool   // it does something now
	why string // it does not
}

// actions are what keys do, the most wanted first.
func (v *View) actions() []action {
	k, move := &v.env.Keys.Timeline, &v.env.Keys.Move
	r, any := v.current()
	event := any && r.gap == nil
	all := v.track != nil
	const wait = "the events are being put in order; in a moment"
	marked, dated := len(v.marks) > 0, event && r.dated
	wrong := all && v.track.wrong.Len() > 0
	suspect := all && v.track.suspect != nil && v.track.suspect.Len() > 0
	gaps := all && len(v.track.gaps) > 0
	const noFailure = "no event was denied or failed"
	noFinding := "no finding lists an event that is shown"
	switch {
	case v.suspects == nil:
		noFinding = "the findings are being read; in a moment"
	case len(v.suspects.Findings) == 0:
		noFinding = "there are no findings: exhibit analyze looks for them"
	}
	return []action{
		{move.Enter, v.openConversation, event, "there is no event here"},
		{k.Search, v.askSearch, all, wait},
		{k.NextHit, func() tea.Cmd { return v.jump(v.find.in, 1, "hit") }, v.find.some(), "nothing was found; / searches"},
		{k.PrevHit, func() tea.Cmd { return v.jump(v.find.in, -1, "hit") }, v.find.some(), "nothing was found; / searches"},
		{k.Time, v.askTime, all, wait},
		{k.NextError, func() tea.Cmd { return v.jump(v.track.wrong, 1, "failure") }, wrong, noFailure},
		{k.PrevError, func() tea.Cmd { return v.jump(v.track.wrong, -1, "failure") }, wrong, noFailure},
		{k.NextFinding, func() tea.Cmd { return v.jump(v.track.suspect, 1, "event of a finding") }, suspect, noFinding},
		{k.PrevFinding, func() tea.Cmd { return v.jump(v.track.suspect, -1, "event of a finding") }, suspect, noFinding},
		{k.NextGap, func() tea.Cmd { return v.jumpGap(1) }, gaps, "there is no gap"},
		{k.PrevGap, func() tea.Cmd { return v.jumpGap(-1) }, gaps, "there is no gap"},
		{k.Only, func() tea.Cmd { return v.filterCell(false) }, event, "there is no event here"},
		{k.Not, func() tea.Cmd { return v.filterCell(true) }, event, "there is no event here"},
		{k.Severity, v.askSeverity, v.suspects != nil && len(v.suspects.Findings) > 0, noFinding},
		{k.Zoom, v.zoomIn, all && any, wait},
		{k.Out, v.zoomOut, all, wait},
		{k.Brush, v.startBrush, all && (dated || v.chart.by == byCursor), "this event has no time"},
		{k.Brushed, v.filterBrush, all && !v.brush().empty(), "nothing is brushed: " + k.Brush.Help().Key + " begins at the cursor, or drag the mouse over the histogram"},
		{move.Left, func() tea.Cmd { return v.chooseColumn(-1) }, true, ""},
		{move.Right, func() tea.Cmd { return v.chooseColumn(1) }, true, ""},
		{k.Columns, v.askColumns, true, ""},
		{k.Calls, v.toggleCalls, all, wait},
		{k.Colour, v.nextFacet, true, ""},
		{k.Lanes, v.toggleLanes, true, ""},
		{k.Details, v.nextDetails, true, ""},
		{k.Mark, v.toggleMark, event, "there is no event here"},
		{k.NextMark, v.jumpMark, all && marked, "nothing is marked; " + k.Mark.Help().Key + " marks the event"},
		{k.Note, v.askNote, event, "there is no event here"},
		{k.Tag, v.askTag, event, "there is no event here"},
		{k.Export, v.askExport, all, wait},
		{v.env.Keys.Global.Copy, v.copyCell, event && v.pages.get(r.eid) != nil, "there is nothing to copy here"},
	}
}

// Keys implements [part.Part].
func (v *View) Keys() []keys.Binding {
	var out []keys.Binding
	for _, a := range v.actions() {
		if a.on && !slices.Contains(a.key.Keys(), v.env.Keys.Global.Copy.Keys()[0]) {
			out = append(out, a.key)
		}
	}
	if v.rows.Len() > 0 {
		out = append(out, v.env.Keys.Move.Rows()...)
	}
	return out
}

// moved follows the cursor.
func (v *View) moved(before int) tea.Cmd {
	if now := v.rows.Cursor(); now != before {
		v.direction = 1
		if now < before {
			v.direction = -1
		}
	}
	v.stretchToCursor()
	return v.follow()
}

// to moves the cursor to a line, in the middle where it was not seen.
func (v *View) to(line int) tea.Cmd {
	before := v.rows.Cursor()
	if from, to := v.rows.Window(); line >= from && line < to {
		v.rows.To(line)
	} else {
		v.rows.Center(line)
	}
	return v.moved(before)
}

// jump goes to the next event of a subset, or to the one before.
func (v *View) jump(of *casefile.EventSubset, direction int, what string) tea.Cmd {
	pos := v.placeOf(direction)
	line, ok := v.track.next(of, pos, direction)
	if !ok {
		return part.Say(part.Notice{Text: "no further " + what + " " + map[int]string{1: "below", -1: "above"}[direction]})
	}
	return v.to(line)
}

// placeOf is the position from which to look on: that of the event under the
// cursor, or of the one beside a gap.
func (v *View) placeOf(direction int) int {
	r, ok := v.current()
	switch {
	case !ok:
		return 0
	case r.gap == nil:
		return r.pos
	case direction > 0:
		return v.track.set.At(r.member) - 1
	default:
		return v.track.set.At(r.member)
	}
}

// jumpGap goes to the next gap, or to the one before.
func (v *View) jumpGap(direction int) tea.Cmd {
	gaps, at := v.track.gaps, v.rows.Cursor()
	for n := range gaps {
		i := n
		if direction < 0 {
			i = len(gaps) - 1 - n
		}
		if line := gaps[i].before + i; (line-at)*direction > 0 {
			return v.to(line)
		}
	}
	return part.Say(part.Notice{Text: "no further gap " + map[int]string{1: "below", -1: "above"}[direction] + "; a gap is " + long(v.track.quiet) + " or more without an event"})
}

// jumpMark goes to the next event that is marked, from the last one to the first.
func (v *View) jumpMark() tea.Cmd {
	eids := make([]int64, 0, len(v.marks))
	for eid := range v.marks {
		eids = append(eids, eid)
	}
	pos := v.placeOf(1)
	best, first := -1, -1
	for _, eid := range eids {
		p, ok := v.order.Position(eid)
		if !ok || !v.track.set.Has(p) {
			continue
		}
		if p > pos && (best < 0 || p < best) {
			best = p
		}
		if first < 0 || p < first {
			first = p
		}
	}
	if best < 0 {
		best = first
	}
	if best < 0 {
		return part.Say(part.Notice{Text: "the filter hides all that is marked"})
	}
	return v.to(v.track.near(best))
}

func (v *View) openConversation() tea.Cmd {
	return part.Say(part.Open{Part: part.Conversation, Target: v.Target()})
}

// chosen is the column under the cursor.
func (v *View) chosen() string {
	if len(v.lay.columns) == 0 {
		return timeColumn
	}
	return v.lay.columns[min(v.column, len(v.lay.columns)-1)].name
}

func (v *View) chooseColumn(by int) tea.Cmd {
	v.column = max(0, min(len(v.lay.columns)-1, min(v.column, len(v.lay.columns)-1)+by))
	return nil
}

// filterCell filters by the value under the cursor.
func (v *View) filterCell(not bool) tea.Cmd {
	r, _ := v.current()
	name := v.chosen()
	if name == timeColumn {
		return v.filterTime(r, not)
	}
	have := v.pages.get(r.eid)
	if have == nil {
		return part.Say(part.Notice{Text: "the event is being read; in a moment"})
	}
	if name == textColumn {
		if name = have.said(); name == "" {
			return part.Say(part.Notice{Text: "nothing was said here"})
		}
	}
	c := filter.Condition{Kind: filter.Field, Column: name, Not: not}
	if !have.null(name) {
		value := have.text(name)
		if len([]rune(value)) >= chars {
			return part.Say(part.Notice{Text: "this text is too long to compare: / searches in texts, and f filters by a part of one"})
		}
		c.Values = []string{value}
	}
	return part.Say(part.AddFilter{Condition: c})
}

// filterTime filters by the time under the cursor: from it on, or before it.
func (v *View) filterTime(r row, not bool) tea.Cmd {
	if !v.chart.brush.empty() && !not {
		return v.filterBrush()
	}
	if !r.dated {
		return part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Field, Column: timeColumn, Not: not}})
	}
	c := filter.Condition{Kind: filter.Time}
	c.From, c.To = v.filter.Range()
	if not {
		c.To = time.UnixMicro(r.us).UTC()
	} else {
		c.From = time.UnixMicro(r.us).UTC()
	}
	return part.Say(part.AddFilter{Condition: c})
}

// brush is what is brushed, or where nothing is, the window that was zoomed to.
func (v *View) brush() span {
	if v.chart.brush.empty() && v.chart.window != v.whole && v.chart.window != v.everything() {
		return v.chart.window
	}
	return v.chart.brush
}

// filterBrush makes the brush a condition.
func (v *View) filterBrush() tea.Cmd {
	b := v.brush()
	v.chart.by = notBrushing
	return part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Time, From: time.UnixMicro(b.from).UTC(), To: time.UnixMicro(b.to).UTC()}})
}

func (v *View) askSeverity() tea.Cmd {
	words := analyze.Severities()
	slices.Reverse(words)
	options := make([]part.Option, len(words))
	for i, w := range words {
		n := 0
		for j := range v.suspects.Findings {
			if v.suspects.Findings[j].Severity.String() == w {
				n++
			}
		}
		options[i] = part.Option{Name: w, Note: fmt.Sprintf("and severer; %d findings are %s", n, w)}
	}
	return part.Say(part.Choose{Title: "events of findings", Options: options, Then: func(i int) tea.Cmd {
		return part.Say(part.AddFilter{Condition: filter.Condition{Kind: filter.Severity, Text: words[i]}})
	}})
}

func (v *View) copyCell() tea.Cmd {
	r, _ := v.current()
	have := v.pages.get(r.eid)
	name := v.chosen()
	switch name {
	case timeColumn:
		if !r.dated {
			return part.Say(part.Notice{Text: "this event has no time"})
		}
		return part.Say(part.Copy{Text: time.UnixMicro(r.us).UTC().Format("2006-01-02T15:04:05.999999Z"), What: "the time"})
	case textColumn:
		name = have.said()
	}
	if name == "" || have.null(name) {
		return part.Say(part.Notice{Text: "the log does not say " + short(v.chosen()) + " here"})
	}
	text, what := have.text(name), short(name)
	if len([]rune(text)) >= chars {
		what = "the beginning of " + what
	}
	return part.Say(part.Copy{Text: text, What: what})
}

// toggleCalls shows one event for each call, or all of them.
func (v *View) toggleCalls() tea.Cmd {
	v.calls = !v.calls
	return v.narrow()
}

// nextFacet colours the histogram by something else.
func (v *View) nextFacet() tea.Cmd {
	all := []string{"outcome", "plane", sourceFacet}
	v.chart.facet = all[(slices.Index(all, v.chart.facet)+1)%len(all)]
	return v.draw()
}

func (v *View) toggleLanes() tea.Cmd {
	v.lanes = !v.lanes
	v.arrange()
	return v.follow()
}

// nextDetails makes what is said of the event under the cursor larger, or takes it
// away.
func (v *View) nextDetails() tea.Cmd {
	v.details = (v.details + 1) % (detailsNone + 1)
	v.arrange()
	return v.follow()
}

// askTime asks for the time to jump to.
func (v *View) askTime() tea.Cmd {
	check := func(line string) error {
		_, err := v.readTime(line)
		return err
	}
	return part.Say(part.Ask{
		Label: "to time", Hint: "2026-03-04T10:00, 10:00 on this day, +2h or -30m from here, 50% of all", Check: check,
		Then: func(line string) tea.Cmd {
			if strings.TrimSpace(line) == "" {
				return nil
			}
			return part.Say(sought(line))
		},
	})
}

// sought says which time the person wants to see.
type sought string

// seek goes to a time.
func (v *View) seek(line string) tea.Cmd {
	us, err := v.readTime(line)
	if err != nil {
		return part.Fail(err)
	}
	if v.track == nil || v.track.events() == 0 {
		return nil
	}
	return v.toTime(us)
}

// toTime goes to the first event at a time or after it.
func (v *View) toTime(us int64) tea.Cmd {
	dated := v.track.dated()
	if dated == 0 {
		return part.Say(part.Notice{Text: "no event has a time"})
	}
	m := v.track.memberAt(us)
	if m >= dated {
		return tea.Batch(v.center(v.track.lineOf(dated-1)), part.Say(part.Notice{Text: "this is the last event with a time"}))
	}
	return v.center(v.track.lineOf(m))
}

// center moves the cursor to a line and shows it in the middle.
func (v *View) center(line int) tea.Cmd {
	before := v.rows.Cursor()
	v.rows.Center(line)
	return v.moved(before)
}
