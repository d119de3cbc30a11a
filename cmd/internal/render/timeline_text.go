package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clipperhouse/displaywidth"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/formats"
)

const (
	// roomyWidth is the width from which on lines also have the time of day.
	roomyWidth = 110
	// narrowest is the width that lines are made for in a narrower terminal.
	narrowest = 60
	// maxLevel bounds how deep lines are indented.
	maxLevel = 6
	// maxLanes is how many sources get a column of their own.
	maxLanes = 8
	// labelWidth is the width of the words before texts.
	labelWidth = 8
	// wideLines is how many lines of a text the wide form shows.
	wideLines = 6
)

// drawing is a timeline on its way to text.
//
// Entries stand in the order of time, whatever the tree says, because that is
// what a reader has to trust. They come in blocks that begin with the time of
// their first entry; the entries of a block are dated from it.
type drawing struct {
	describer
	e       *textEncoder
	r       *correlation.Result
	title   string
	width   int // 0: nothing is cut
	roomy   bool
	entries []correlation.Entry

	clocks, relatives, ids int             // widths of columns
	lanes                  []string        // marker of each lane
	levels                 []int           // of the entries in the tree
	open                   []int           // the last entry drawn on each level
	gap                    int64           // from here on a gap begins a block
	block                  int64           // time of the block's first entry, microseconds
	marked                 bool            // some were asked for, others found by a link
	linked                 map[string]bool // values that links have spelled out
	shown                  map[said]string // the event under which a text was shown
	actor                  actor
	above                  string // what the line above says
	repeats                bool   // this one says the same
}

// actor is who did something, as far as an event says.
type actor struct{ principal, credential, ip, client string }

func newDrawing(enc *textEncoder, t Timeline) *drawing {
	d := &drawing{
		describer: describer{at: columnPlaces(), wide: t.Wide}, e: enc, r: t.Result, title: t.Title,
		lanes: laneMarkers(t.Result.Lanes), linked: map[string]bool{}, shown: map[said]string{},
	}
	if enc.o.Width > 0 {
		d.width = max(enc.o.Width, narrowest)
	}
	d.marked = slices.ContainsFunc(t.Result.Entries, func(e correlation.Entry) bool { return e.Link.Relation != "" })
	d.roomy = t.Wide || d.width == 0 || d.width >= roomyWidth
	return d
}

func (d *drawing) draw() error {
	if err := d.head(); err != nil {
		return err
	}
	d.levels = treeLevels(d.r)
	if err := d.list(d.r.Entries); err != nil {
		return err
	}
	d.levels = nil // of the entries; probable ones have none
	for _, section := range []func() error{d.absences, d.probable, d.weak} {
		if err := section(); err != nil {
			return err
		}
	}
	return nil
}

// head says what the timeline is of, how much it is, and from which sources.
func (d *drawing) head() error {
	if err := d.e.part(d.title); err != nil {
		return err
	}
	for _, s := range d.r.Starts {
		if len(s.Kinds) == 0 {
			continue // a note says so
		}
		line := fmt.Sprintf("%s in %s", Terminal(strings.Join(words(s.Kinds), ", ")), counted(s.Events, "event"))
		if s.Same != "" {
			line += fmt.Sprintf(", shown as %s, which says the same", Terminal(s.Same))
		}
		segments := []segment{{line, ""}}
		if len(d.r.Starts) > 1 {
			segments = []segment{{Terminal(s.Value), ""}, {line, ""}}
		}
		if err := d.flow(0, 2, segments); err != nil {
			return err
		}
	}
	if err := d.flow(0, 2, d.counts()); err != nil {
		return err
	}
	names := 0
	for _, lane := range d.r.Lanes {
		names = max(names, displaywidth.String(Terminal(lane)))
	}
	for i, lane := range d.r.Lanes {
		n := 0
		for j := range d.r.Entries {
			if d.r.Entries[j].Lane == lane {
				n++
			}
		}
		if err := d.e.print(d.lanes[i] + "  " + pad(Terminal(lane), names) + "  " + counted(n, "event")); err != nil {
			return err
		}
	}
	return d.legend()
}

// legend says what the marks mean that this timeline needs.
func (d *drawing) legend() error {
	if !d.marked {
		return nil
	}
	return d.flow(0, 2, []segment{{"* what was asked for", dim}, {"← by which identifier, and from which event, the others were reached", dim}})
}

// counts says how much there is and how it ended.
func (d *drawing) counts() []segment {
	entries := d.r.Entries
	calls, people, outcomes := map[string]bool{}, map[string]bool{}, map[string]int{}
	var first, last *correlation.Entry
	for i := range entries {
		e := &entries[i]
		if e.Call != "" {
			calls[e.Call] = true
		}
		if p := d.text(e, "principal"); p != "" {
			people[p] = true
		}
		outcomes[d.text(e, "outcome")]++
		if e.TS != nil {
			first, last = cmp.Or(first, e), e
		}
	}
	out := []segment{{counted(len(entries), "event"), bold}}
	if len(calls) > 0 {
		out = append(out, segment{counted(len(calls), "call"), ""})
	}
	out = append(out, segment{counted(len(people), "principal"), ""})
	if first != nil {
		out = append(out, segment{duration(*last.TS-*first.TS) + " from " + d.stamp(first), ""})
	}
	for _, o := range []struct{ outcome, word string }{
		{"denied", "denied"}, {"blocked", "blocked"}, {"throttled", "throttled"}, {"error", "failed"},
	} {
		if n := outcomes[o.outcome]; n > 0 {
			out = append(out, segment{Count(int64(n)) + " " + o.word, bold})
		}
	}
	if n := d.r.WithoutTime; n > 0 {
		out = append(out, segment{Count(int64(n)) + " without a time", bold})
	}
	return out
}

func (d *drawing) stamp(e *correlation.Entry) string {
	return Stamp{*e.TS, formats.Precision(d.text(e, "ts_precision"))}.Format(d.e.o.Zone)
}

// words turns names of kinds into words.
func words(kinds []string) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = strings.ReplaceAll(k, "_", " ")
	}
	return out
}

// laneMarkers gives each lane a letter of its own, in a column of its own as
// long as there are few.
func laneMarkers(lanes []string) []string {
	used := map[rune]bool{}
	out := make([]string, len(lanes))
	for i, lane := range lanes {
		letter := '?'
		for _, r := range strings.ToUpper(lane) + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			if r >= 'A' && r <= 'Z' && !used[r] {
				letter = r
				break
			}
		}
		used[letter] = true
		out[i] = string(letter)
		if len(lanes) > 1 && len(lanes) <= maxLanes {
			out[i] = strings.Repeat("·", i) + string(letter) + strings.Repeat("·", len(lanes)-1-i)
		}
	}
	return out
}

// treeLevels returns how deep each entry is indented: below the event that
// issued its credential, that shows the same call, or that is its parent span.
// A turn of a conversation follows the one before on the same level.
func treeLevels(r *correlation.Result) []int {
	levels := make([]int, len(r.Entries))
	for _, b := range r.Tree() {
		e := &r.Entries[b.Entry]
		if e.Parent < 0 {
			continue
		}
		levels[b.Entry] = levels[e.Parent]
		switch e.ParentBy {
		case correlation.ParentCall, correlation.ParentCredential, correlation.ParentSpan:
			levels[b.Entry] = min(levels[e.Parent]+1, maxLevel)
		}
	}
	return levels
}

// list draws entries in the order of time.
func (d *drawing) list(entries []correlation.Entry) error {
	d.entries, d.open, d.actor = entries, nil, actor{}
	d.gap = blockGap(entries)
	d.measure()
	for i := range entries {
		for _, part := range []func(int) error{d.blockLine, d.actorLine, d.eventLine, d.textLines} {
			if err := part(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// minGap is the shortest pause that begins a new block: a minute.
const minGap = int64(60_000_000)

// blockGap returns from which pause on a new block begins, so that there are at
// most ten of them or one for four entries.
func blockGap(entries []correlation.Entry) int64 {
	var gaps []int64
	for i := range entries {
		if g := entries[i].Gap; g != nil && *g >= minGap {
			gaps = append(gaps, *g)
		}
	}
	most := max(10, len(entries)/4)
	if len(gaps) <= most {
		return minGap
	}
	slices.Sort(gaps)
	return gaps[len(gaps)-most-1] + 1
}

// maxBlock is how long a block is at most, so that its relative times keep
// their seconds: an hour.
const maxBlock = int64(3_600_000_000)

// begins reports whether an entry with a time begins a block.
func (d *drawing) begins(i int) bool {
	e := &d.entries[i]
	if e.Gap == nil || *e.Gap >= d.gap || *e.TS-d.block >= maxBlock {
		return true
	}
	return d.day(*e.TS) != d.day(d.block)
}

func (d *drawing) day(micros int64) string {
	return Stamp{micros, formats.PrecisionS}.Format(d.e.o.Zone)[:len(time.DateOnly)]
}

// measure finds the widths of the columns.
func (d *drawing) measure() {
	d.clocks, d.relatives, d.ids = 0, len("+0.000s"), 0
	for i := range d.entries {
		e := &d.entries[i]
		d.ids = max(d.ids, displaywidth.String(Terminal(e.EventID)))
		if e.TS == nil {
			continue
		}
		if d.begins(i) {
			d.block = *e.TS
		}
		d.relatives = max(d.relatives, len(d.relative(e)))
		d.clocks = max(d.clocks, len(d.clock(e)))
	}
	if !d.roomy {
		d.clocks = 0
	}
	d.block = 0
}

func (d *drawing) relative(e *correlation.Entry) string {
	return Relative(time.Duration(*e.TS-d.block) * time.Microsecond)
}

// clock is the time of day.
func (d *drawing) clock(e *correlation.Entry) string {
	s := d.stamp(e)[len(time.DateOnly)+1:]
	return strings.TrimRight(s[:strings.IndexAny(s, "Z+-")], " ")
}

// blockLine begins a block where one begins: with its time, and how long
// nothing happened before it.
func (d *drawing) blockLine(i int) error {
	e := &d.entries[i]
	if e.TS == nil {
		if i > 0 && d.entries[i-1].TS == nil {
			return nil
		}
		d.open = nil
		return d.heading("without a time", "")
	}
	if !d.begins(i) {
		return nil
	}
	d.block = *e.TS
	if e.Gap == nil {
		return d.heading(d.stamp(e), "")
	}
	return d.heading(d.stamp(e), "  … "+duration(*e.Gap)+" later")
}

// heading draws the line above a block.
func (d *drawing) heading(text, more string) error {
	d.above = ""
	if err := d.e.print(""); err != nil {
		return err
	}
	return d.e.print(d.e.paint(bold, text) + more)
}

// actorLine says who acts when that changes. Events that say nothing about it,
// as the other side of a call may, change nothing.
func (d *drawing) actorLine(i int) error {
	e := &d.entries[i]
	a := actor{d.text(e, "principal"), d.text(e, "credential_id"), d.text(e, "src_ip"), d.text(e, "client")}
	if d.actor.covers(a) && (a != actor{} || e.ParentBy == correlation.ParentCall || d.actor == actor{}) {
		return nil
	}
	d.actor, d.above = a, ""
	segments := []segment{{"by " + cmp.Or(Terminal(d.name(a.principal)), "someone the log does not name"), ""}}
	for _, p := range []struct{ label, value string }{{"with ", a.credential}, {"from ", a.ip}, {"using ", a.client}} {
		if p.value != "" {
			segments = append(segments, segment{p.label + Terminal(p.value), ""})
		}
	}
	return d.flow(d.textColumn(), 4, segments)
}

// covers reports whether b says nothing other than a.
func (a actor) covers(b actor) bool {
	same := func(a, b string) bool { return b == "" || a == b }
	return same(a.principal, b.principal) && same(a.credential, b.credential) && same(a.ip, b.ip) && same(a.client, b.client)
}

// textColumn is where the event ids stand, and under them texts.
func (d *drawing) textColumn() int {
	column := d.relatives + 2
	if d.clocks > 0 {
		column += d.clocks + 2
	}
	if len(d.lanes) > 0 {
		column += displaywidth.String(d.lanes[0]) + 2
	}
	return column
}

// eventLine draws one event: when, in which lane, its id, and what it shows.
func (d *drawing) eventLine(i int) error {
	e := &d.entries[i]
	branch, under := d.branch(i)
	mark := " "
	if d.marked && e.Link.Relation == "" {
		mark = "*"
	}
	column := d.textColumn() + d.ids + 2 + displaywidth.String(branch)
	left := d.times(e) + d.lane(e) + "  " + d.e.paint(dim, pad(Terminal(e.EventID), d.ids)) + mark + " " + branch
	var above *correlation.Entry
	if e.ParentBy == correlation.ParentCall && under == "" {
		above = &d.entries[e.Parent]
	}
	segments := append(d.summary(e, above), d.link(e)...)
	if under != "" && under != e.Link.From {
		segments = append(segments, segment{"under " + Terminal(under), dim})
	}
	return d.flowAfter(left, column, d.unless(i, mark+branch, segments))
}

// unless shortens a line that says the same as the one right above it.
func (d *drawing) unless(i int, mark string, segments []segment) []segment {
	said := mark + fmt.Sprint(segments, d.entries[i].Missing)
	d.repeats = said == d.above && !d.wide && len(segments) > 2
	d.above = said
	if len(d.texts(&d.entries[i])) > 0 {
		d.repeats, d.above = false, ""
	}
	if d.repeats {
		return []segment{segments[0], {"as above", dim}}
	}
	return segments
}

func (d *drawing) times(e *correlation.Entry) string {
	if e.TS == nil {
		return strings.Repeat(" ", d.textColumn()-displaywidth.String(d.lane(e))-2)
	}
	out := padLeft(d.relative(e), d.relatives) + "  "
	if d.clocks > 0 {
		out = d.e.paint(dim, pad(d.clock(e), d.clocks)) + "  " + out
	}
	return out
}

func (d *drawing) lane(e *correlation.Entry) string {
	if i := slices.Index(d.r.Lanes, e.Lane); i >= 0 {
		return d.lanes[i]
	}
	return strings.Repeat("·", displaywidth.String(d.lanes[0]))
}

// branch is what joins an entry to the one above it on the screen. When that
// is not what it belongs under, under names that.
func (d *drawing) branch(i int) (glyph, under string) {
	if d.levels == nil {
		return "", ""
	}
	level := d.levels[i]
	for len(d.open) > 0 && d.levels[d.open[len(d.open)-1]] >= level {
		d.open = d.open[:len(d.open)-1]
	}
	shown := -1
	if len(d.open) > 0 {
		shown = d.open[len(d.open)-1]
	}
	d.open = append(d.open, i)
	if level == 0 {
		return "", ""
	}
	// A turn of a conversation is under what the turns before are under.
	parent := d.entries[i].Parent
	for d.levels[parent] >= level && d.entries[parent].Parent >= 0 {
		parent = d.entries[parent].Parent
	}
	glyph = strings.Repeat("  ", level-1)
	switch {
	case parent == shown:
		return glyph + "└ ", ""
	case parent == i+1:
		return glyph + "┌ ", ""
	}
	return glyph + "· ", d.entries[parent].EventID
}

// link says which identifier led from which event to this one. A value is
// spelled out where it is named first.
func (d *drawing) link(e *correlation.Entry) []segment {
	kind, from := strings.ReplaceAll(e.Link.Kind, "_", " "), Terminal(e.Link.From)
	var text string
	switch e.Link.Relation {
	case correlation.RelationShares:
		text = "← same " + Terminal(kind) + " as " + from
	case correlation.RelationIssued:
		text = "← credential used by " + from
	case correlation.RelationUsed:
		text = "← credential issued by " + from
	case correlation.RelationNear:
		text = "≈ close to " + from
	default:
		return nil
	}
	out := []segment{{text, dim}}
	v := e.Link.Value
	if v != "" && (d.wide || !d.linked[v] && !d.asked(v) && v != d.actor.credential && v != d.text(e, "issued_credential_id")) {
		out = append(out, segment{Terminal(v), dim})
	}
	d.linked[v] = true
	return out
}

// asked reports whether a value is what the timeline starts from.
func (d *drawing) asked(value string) bool {
	return slices.ContainsFunc(d.r.Starts, func(s correlation.StartMatch) bool { return s.Value == value })
}

// textLines draw what was said, what went wrong, and what is missing.
func (d *drawing) textLines(i int) error {
	e := &d.entries[i]
	for _, s := range d.texts(e) {
		if at, ok := d.shown[s]; ok && s.label == "prompt" {
			s.text = "(as in " + at + ")"
		} else {
			d.shown[s] = e.EventID
		}
		if err := d.say(s); err != nil {
			return err
		}
	}
	if e.Missing == "" || d.repeats {
		return nil
	}
	return d.flow(d.textColumn(), 2, []segment{{"! its " + Terminal(e.Missing) + " event is missing", bold}})
}

// say draws a text under its label: one line of it, or some where there is
// room.
func (d *drawing) say(s said) error {
	left := strings.Repeat(" ", d.textColumn()) + d.e.paint(dim, pad(s.label, labelWidth))
	room := d.width - d.textColumn() - labelWidth
	switch {
	case d.width == 0:
		return d.e.print(left + Terminal(s.text))
	case !d.wide:
		return d.e.print(left + displaywidth.TruncateString(Terminal(shorten(s.text, room)), room, "…"))
	}
	for i, line := range cutLines(wrap(TerminalBlock(s.text), room), wideLines) {
		if i > 0 {
			left = strings.Repeat(" ", d.textColumn()+labelWidth)
		}
		if err := d.e.print(left + line); err != nil {
			return err
		}
	}
	return nil
}

// flow draws segments from a column on, and goes on in further lines that are
// indented by hang.
func (d *drawing) flow(column, hang int, segments []segment) error {
	return d.flowOn(strings.Repeat(" ", column), column, column+hang, segments)
}

// flowAfter draws segments behind left, which is column wide; further lines
// stand where texts do.
func (d *drawing) flowAfter(left string, column int, segments []segment) error {
	return d.flowOn(left, column, d.textColumn()+labelWidth, segments)
}

func (d *drawing) flowOn(left string, column, hang int, segments []segment) error {
	var line strings.Builder
	line.WriteString(left)
	at, empty := column, true
	for _, s := range segments {
		width := displaywidth.String(s.text)
		if !empty && d.width > 0 && at+2+width > d.width {
			if err := d.e.print(line.String()); err != nil {
				return err
			}
			line.Reset()
			line.WriteString(strings.Repeat(" ", hang))
			at, empty = hang, true
		}
		if !empty {
			line.WriteString("  ")
			at += 2
		}
		text := s.text
		if room := d.width - at; d.width > 0 && width > room && !d.wide {
			text = displaywidth.TruncateString(text, max(room, 1), "…")
			width = displaywidth.String(text)
		}
		line.WriteString(d.e.paint(s.style, text))
		at, empty = at+width, false
	}
	return d.e.print(strings.TrimRight(line.String(), " "))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-displaywidth.String(s)))
}

func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-displaywidth.String(s))) + s
}
