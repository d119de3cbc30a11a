package correlation

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	links "github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/style"
)

const (
	// headLines are above the rows: what there is, the sources, the columns.
	headLines = 3
	// footLines are below them, where the screen is high enough: the event under
	// the cursor in full.
	footLines = 6
	footFrom  = 16
	footTexts = 2
	// shortSum is how many digits of the SHA-256 of evidence name it.
	shortSum = 12
	// laneShare is which share of the screen lanes may take together to have
	// their names above them: a third. Else they are as wide as a letter needs.
	laneShare  = 3
	letterLane = 3
)

func (v *View) listHeight() int { return max(1, v.height-headLines-v.footHeight()) }

func (v *View) footHeight() int {
	if v.height < footFrom {
		return 0
	}
	return footLines
}

// Lines implements [part.Part].
func (v *View) Lines() []string {
	out := make([]string, 0, v.height)
	if v.swim == nil {
		for _, l := range v.empty() {
			out = append(out, v.env.Styles.Fit(l, v.width, style.Paint{}))
		}
	} else {
		out = append(out, v.head(), v.sources(), v.columns())
		from, to := v.rows.Window()
		for i := from; i < to; i++ {
			out = append(out, v.line(i))
		}
		for len(out) < v.height-v.footHeight() {
			out = append(out, style.Spaces(v.width))
		}
		if v.footHeight() > 0 {
			out = append(out, v.foot()...)
		}
	}
	for len(out) < v.height {
		out = append(out, style.Spaces(v.width))
	}
	return out[:v.height]
}

// empty says why there is nothing to see, and what to do.
func (v *View) empty() []string {
	switch {
	case v.err != nil:
		return []string{"what belongs to the event cannot be shown", v.err.Error()}
	case v.asking != nil:
		return []string{"following the identifiers of the event through all sources"}
	}
	return []string{"choose an event in the timeline (" + v.env.Keys.Global.Timeline.Help().Key + ") to see what belongs to it"}
}

// head says how much there is, and what of it is not shown.
func (v *View) head() string {
	s, r := v.env.Styles, v.swim.result
	b := s.Builder(v.width)
	for i, f := range v.swim.said {
		look := s.Outcome(f.outcome)
		if i == 0 {
			look = s.Strong
		} else {
			b.Put("  ", style.Paint{})
		}
		b.Put(f.text, look)
	}
	if r.Cut != nil {
		text := "  at least " + list.Number(r.Cut.Unread) + " more belong here"
		if v.more() {
			text += " (" + v.env.Keys.Correlation.More.Help().Key + ")"
		}
		b.Put(text, s.Warn)
	}
	for i, c := range r.Corrections {
		if i == 0 {
			b.Put(map[casefile.Clock]string{
				casefile.ClockCorrected: "  times corrected:", casefile.ClockLogged: "  times as logged, not corrected by:",
			}[r.Clock], s.Warn)
		}
		source := c.Source
		if len(source) == hex.EncodedLen(sha256.Size) {
			source = source[:shortSum]
		}
		b.Put(" "+source+" "+enrich.FormatCorrection(c.Add), s.Warn)
	}
	for _, start := range r.Starts {
		if start.Same != "" {
			b.Put("  shown as "+start.Same+", which says the same", s.Warn)
		}
	}
	if r.ProbableCut {
		b.Put("  too many events at these times to look at all for probable ones", s.Dim)
	}
	for _, n := range []struct {
		n    int64
		text string
	}{
		{r.Duplicates, " not shown: one of these says the same"},
		{int64(r.WithoutTime), " without a time"},
	} {
		if n.n > 0 {
			b.Put("  "+list.Number(n.n)+n.text, s.Dim)
		}
	}
	return b.String()
}

// sources lists the lanes with their letters and how many events they have.
func (v *View) sources() string {
	s := v.env.Styles
	b := s.Builder(v.width)
	for i, name := range v.swim.lanes {
		if i > 0 {
			b.Put("  ", style.Paint{})
		}
		if !v.wide() && !s.Plain {
			b.Put(v.swim.letters[i]+" ", s.Series(i))
		}
		b.Put(name+" ", s.Series(i))
		b.Put(list.Number(int64(v.swim.counts[i])), s.Dim)
	}
	if v.swim.marked {
		b.Put("   * what was asked for", s.Dim)
	}
	return b.String()
}

// wide reports whether lanes have room for their names.
func (v *View) wide() bool {
	all := 0
	for _, name := range v.swim.lanes {
		all += v.env.Styles.Width(name) + 2
	}
	return all <= v.width/laneShare
}

// laneWidth is that of a lane, and at which cell of it events stand.
func (v *View) laneWidth(lane int) (width, middle int) {
	if !v.wide() {
		return letterLane, 1
	}
	width = v.env.Styles.Width(v.swim.lanes[lane]) + 2
	return width, (width - 2) / 2
}

// callWidth is that of the column of numbers of calls; 0 where no call has one.
func (v *View) callWidth() int {
	if len(v.swim.calls) == 0 {
		return 0
	}
	return max(len("call"), len(strconv.Itoa(len(v.swim.calls)))+1) + 1
}

// columns names the columns.
func (v *View) columns() string {
	s := v.env.Styles
	if s.Plain {
		return style.Spaces(v.width)
	}
	b := s.Builder(v.width)
	b.Column("time", v.swim.clocks+2, s.Dim)
	b.Column("call", v.callWidth(), s.Dim)
	for i, name := range v.swim.lanes {
		width, middle := v.laneWidth(i)
		if !v.wide() {
			b.Put(style.Spaces(middle), style.Paint{})
			b.Column(v.swim.letters[i], width-middle, s.Series(i))
			continue
		}
		b.Column(name, width, s.Series(i))
	}
	return b.String()
}

// line draws a row.
func (v *View) line(at int) string {
	s, r := v.env.Styles, &v.swim.rows[at]
	b := s.Builder(v.width)
	switch r.kind {
	case rowPause:
		v.drawLanes(b, r, r.date, "")
		b.Put(r.text, s.Dim)
	case rowHeading:
		b.Put(r.text, s.Strong)
	case rowSaid, rowWeak:
		b.Put("  "+r.text, style.Paint{})
	case rowEvent:
		v.eventLine(b, &v.swim.entries[r.entry], r)
	case rowHop:
		v.drawLanes(b, r, "", "")
		b.Put(v.sign("↳ ", "reached by ")+r.text, s.Accent)
	case rowMissing:
		v.drawLanes(b, r, "", "")
		b.Put("! "+r.text, s.Warn)
	}
	line := b.String()
	if at == v.rows.Cursor() {
		return s.Row(line, s.Selected)
	}
	return line
}

// drawLanes draws what stands before the text of a row.
func (v *View) drawLanes(b *style.Builder, r *row, clock, call string) {
	s := v.env.Styles
	if s.Plain {
		b.Put(clock, style.Paint{})
		b.Put(style.Spaces(2), style.Paint{})
		return
	}
	b.Column(clock, v.swim.clocks+2, s.Dim)
	look := s.Dim
	if strings.HasPrefix(call, "›") {
		look = s.Key
	}
	b.Column(call, v.callWidth(), look)
	for lane, c := range r.cells {
		v.drawLane(b, r, lane, c)
	}
}

// drawLane draws one lane of a row.
func (v *View) drawLane(b *style.Builder, r *row, lane int, c stroke) {
	s := v.env.Styles
	width, middle := v.laneWidth(lane)
	before, after := " ", " "
	if c&left != 0 {
		before = "─"
	}
	if c&right != 0 {
		after = "─"
	}
	head := strings.Repeat(before, middle)
	tail := strings.Repeat(after, width-middle-1)
	mark, look := string(crossing(c)), s.Dim
	switch {
	case c&event != 0:
		e := &v.swim.entries[r.entry]
		mark, look = v.marker(e), s.Outcome(e.Text("outcome"))
		if c&left != 0 && middle > 0 {
			head = strings.Repeat("─", middle-1) + "▶"
		}
		if c&right != 0 && width-middle > 1 {
			tail = "◀" + strings.Repeat("─", width-middle-2)
		}
	case c&absent != 0:
		mark, look = "×", s.Warn
	}
	b.Put(head, s.Dim)
	b.Put(mark, look)
	b.Put(tail, s.Dim)
}

// marker is the sign of an event.
func (v *View) marker(e *entry) string {
	switch {
	case !v.wide():
		return v.swim.letters[e.lane]
	case e.probable:
		return "○"
	}
	return "●"
}

// crossing is the line that has these ends.
func crossing(c stroke) rune {
	return []rune(" ╵╷│╴┘┐┤╶└┌├─┴┬┼")[c&(up|down|left|right)]
}

// eventLine draws an event: when, of which call, in which lane, and what it
// shows.
func (v *View) eventLine(b *style.Builder, e *entry, r *row) {
	s := v.env.Styles
	clock := e.clock + " "
	if isStart(e) && v.swim.marked {
		clock = e.clock + "*"
	}
	call := ""
	if e.call > 0 {
		call = " " + strconv.Itoa(e.call)
		if c := v.current(); c != nil && c.call == e.call {
			call = "›" + strconv.Itoa(e.call)
		}
	}
	if s.Plain {
		b.Column(clock, v.swim.clocks+2, style.Paint{})
		b.Column(e.Lane, v.swim.names+2, style.Paint{})
		if e.call > 0 {
			b.Put("call "+strconv.Itoa(e.call)+"  ", style.Paint{})
		}
	} else {
		v.drawLanes(b, r, clock, call)
	}
	v.words(b, e, e.same)
	if e.was != "" {
		b.Put("  (logged "+e.was+")", s.Warn)
	}
	if e.who != "" {
		b.Put("  by "+e.who, style.Paint{})
	}
	if e.Link.Value == "" || v.swim.rows[max(0, e.row-1)].kind != rowHop {
		b.Put(prefixed("  ", v.linkText(e)), s.Dim)
	}
	b.Put(prefixed("  ", e.text), s.Dim)
}

// words draws what an event shows in short, without the model where the event
// before has the same.
func (v *View) words(b *style.Builder, e *entry, same bool) {
	s := v.env.Styles
	outcome := e.Text("outcome")
	for i, w := range render.Describe(e.Entry) {
		if same && w.Text == render.ShortName(e.Text("model")) {
			continue
		}
		look := style.Paint{}
		switch {
		case outcome != "" && strings.HasPrefix(w.Text, outcome):
			look = s.Outcome(outcome)
		case w.Strong:
			look = s.Strong
		}
		if i > 0 {
			b.Put("  ", style.Paint{})
		}
		b.Put(w.Text, look)
	}
}

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// linkText says which identifier led to an event, and from where.
func (v *View) linkText(e *entry) string {
	arrow := v.sign("← ", "")
	switch e.Link.Relation {
	case links.RelationShares:
		return arrow + "same " + word(e.Link.Kind) + " as " + e.Link.From
	case links.RelationIssued:
		return arrow + "credential used by " + e.Link.From
	case links.RelationUsed:
		return arrow + "credential issued by " + e.Link.From
	case links.RelationNear:
		return v.sign("≈ ", "probable, ") + "close to " + e.Link.From
	}
	return ""
}

// sign is a sign, or a word for it where a screen reader reads it.
func (v *View) sign(sign, word string) string {
	if v.env.Styles.Plain {
		return word
	}
	return sign
}

// foot shows the event under the cursor in full, as far as there is room.
func (v *View) foot() []string {
	s := v.env.Styles
	lines := make([]string, 0, footLines)
	rule := style.Spaces(v.width)
	if !s.Plain {
		rule = s.Dim.Text(strings.Repeat("─", v.width))
	}
	lines = append(lines, rule)
	if e := v.current(); e != nil {
		b := s.Builder(v.width)
		b.Put(e.EventID, s.Key)
		b.Put("  ", style.Paint{})
		v.words(b, e, false)
		lines = append(lines, b.String(), s.Fit(actorText(e), v.width, style.Paint{}), s.Fit(v.reached(e), v.width, s.Accent))
		said := render.Texts(e.Entry)
		for _, t := range said[max(0, len(said)-footTexts):] {
			b := s.Builder(v.width)
			b.Column(t.Label, len("problem")+1, s.Dim)
			b.Put(t.Text, style.Paint{})
			lines = append(lines, b.String())
		}
		if e.Missing != "" {
			lines = append(lines, s.Fit("! its "+e.Missing+" event is missing: a log of the case covers the time, account and region", v.width, s.Warn))
		}
	} else if r := v.row(); r != nil {
		for _, l := range s.Screen.Text(r.text).Lines(0, footLines-1, max(1, v.width)) {
			lines = append(lines, s.Pad(s.Line(l, style.Paint{}), v.width))
		}
	}
	for len(lines) < footLines {
		lines = append(lines, style.Spaces(v.width))
	}
	return lines[:footLines]
}

// reached says how an event was reached, with the whole identifier.
func (v *View) reached(e *entry) string {
	text := v.linkText(e)
	switch {
	case isStart(e) && v.swim.marked:
		return "* what was asked for; the others were reached from here"
	case isStart(e):
		return "nothing else in the case has an identifier of it"
	case e.Link.Value != "":
		text += ": " + e.Link.Value
	}
	if e.probable {
		text += ": only time, principal and model join them"
	}
	return text
}

// actorText says who acted, with what, from where.
func actorText(e *entry) string {
	parts := []string{"by someone the log does not name"}
	if p := e.Text("principal"); p != "" {
		parts[0] = "by " + p
	}
	for _, c := range []struct{ word, column string }{{"with ", "credential_id"}, {"from ", "src_ip"}, {"using ", "client"}} {
		if t := e.Text(c.column); t != "" {
			parts = append(parts, c.word+t)
		}
	}
	return strings.Join(parts, "  ")
}
