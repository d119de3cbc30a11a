package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/exhibit-forensics/exhibit/analyze/correlation"
)

// actor is who did something, as far as an event says.
type actor struct{ principal, credential, ip, client string }

// actorLine says who acts when that changes. The other side of a call may say
// less about it, and changes nothing then.
func (d *drawing) actorLine(i int) error {
	e := &d.entries[i]
	a := actor{d.text(e, "principal"), d.text(e, "credential_id"), d.text(e, "src_ip"), d.text(e, "client")}
	named := a.principal != "" || e.ParentBy == correlation.ParentCall || d.actor == actor{}
	if named && d.actor.covers(a) {
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
	return column + displaywidth.String(d.lanes[0]) + 2
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
	return d.flowAfter(left, column, append(d.unless(i, mark+branch, segments), d.logged(e)...))
}

// logged shows a corrected time beside the one that was logged; with its date
// where that is another.
func (d *drawing) logged(e *correlation.Entry) []segment {
	if e.At == nil || *e.At == *e.TS {
		return nil
	}
	was := d.stampAt(e, *e.TS)
	if d.day(*e.At) == d.day(*e.TS) {
		was = timeOfDay(was)
	}
	return []segment{{d.clock(e) + " (logged " + was + ")", ""}}
}

// unless shortens a line that says the same as the one right above it, with
// the error below it as far as that is shown. What was said to a model and by
// it is always shown.
func (d *drawing) unless(i int, mark string, segments []segment) []segment {
	e := &d.entries[i]
	said := mark + fmt.Sprint(segments, e.Missing)
	texts := d.texts(e)
	for _, s := range texts {
		if s.label != "error" {
			d.repeats, d.above = false, ""
			return segments
		}
		said += d.oneLine(s.text)
	}
	d.repeats = said == d.above && !d.wide && (len(segments) > 2 || len(texts) > 0)
	d.above = said
	if !d.repeats {
		return segments
	}
	short := segments[:1:1]
	if outcome := d.text(e, "outcome"); outcome != "" && outcome != "success" {
		short = append(short, segment{Terminal(outcome), bold})
	}
	return append(short, segment{"as above", dim})
}

func (d *drawing) times(e *correlation.Entry) string {
	if e.At == nil {
		return strings.Repeat(" ", d.textColumn()-displaywidth.String(d.lane(e))-2)
	}
	out := padLeft(d.relative(e), d.relatives) + "  "
	if d.clocks > 0 {
		out = d.e.paint(dim, pad(d.clock(e), d.clocks)) + "  " + out
	}
	return out
}

func (d *drawing) lane(e *correlation.Entry) string { return d.lanes[slices.Index(d.names, e.Lane)] }

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
	switch parent {
	case shown:
		return glyph + "└ ", ""
	case i + 1:
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
	if d.repeats {
		return nil
	}
	for _, s := range d.texts(e) {
		whole := s.label == "prompt" && !slices.Contains(e.Shortened, "prompt")
		if at, ok := d.shown[s.text]; ok && whole {
			s.text = "(as in " + at + ")"
		} else if whole {
			d.shown[s.text] = e.EventID
		}
		if err := d.say(s); err != nil {
			return err
		}
	}
	if e.Missing == "" {
		return nil
	}
	return d.flow(d.textColumn(), 2, []segment{{"! its " + Terminal(e.Missing) + " event is missing", bold}})
}

// say draws a text under its label: one line of it, or some where there is
// room.
func (d *drawing) say(s said) error {
	left := strings.Repeat(" ", d.textColumn()) + d.e.paint(dim, pad(s.label, labelWidth))
	if d.width == 0 || !d.wide {
		return d.e.print(left + d.oneLine(s.text))
	}
	for i, line := range cutLines(wrap(TerminalBlock(s.text), d.textRoom()), wideLines) {
		if i > 0 {
			left = strings.Repeat(" ", d.textColumn()+labelWidth)
		}
		if err := d.e.print(left + line); err != nil {
			return err
		}
	}
	return nil
}

func (d *drawing) textRoom() int { return d.width - d.textColumn() - labelWidth }

// oneLine is as much of a text as fits on a line.
func (d *drawing) oneLine(text string) string {
	if d.width == 0 {
		return Terminal(text)
	}
	return displaywidth.TruncateString(Terminal(shorten(text, d.textRoom())), d.textRoom(), "…")
}
