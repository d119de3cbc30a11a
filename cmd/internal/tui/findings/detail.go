package findings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/cell"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// detail is a finding in full, as lines.
type detail struct {
	finding *analyze.Finding
	width   int
	lines   []line
	order   list.List // the cursor over lines

	asking context.CancelFunc
	ticket int
	chunk  int                       // of events that is asked for
	events map[int]casefile.EventRow // by place in the finding; the zero row is one that is gone
	moment int                       // cells that the longest of their times takes
	err    error                     // of the events
}

// kind says what a line is, for its look.
type kind uint8

const (
	plain kind = iota
	head       // the title of a section
	claim
	dim
	seen     // the bar of what was seen
	expected // the bar of what was expected
	event
	other // another finding
)

// line is one line of the detail.
type line struct {
	kind    kind
	label   string
	text    cell.Line
	event   int    // number of the event in the finding, from 1
	finding string // id of another
}

// chunkEvents is how many events are asked for at once.
const chunkEvents = 64

// eventsOf brings a chunk of the events of a finding.
type eventsOf struct {
	ticket, chunk int
	rows          []casefile.EventRow
	err           error
}

// eventColumns are the columns of the rows of events.
func eventColumns() []string {
	return []string{"ts", "ts_precision", "operation", "outcome", "principal", "model", "src_ip", "prompt", "response", "error_message"}
}

// excerptChars is how much of a text the rows of events show.
const excerptChars = 160

// forget makes the detail be made anew, and its events be asked for again.
func (d *detail) forget() {
	d.stop()
	d.finding = nil
}

// stop gives up the question for events.
func (d *detail) stop() {
	if d.asking != nil {
		d.asking()
		d.asking = nil
	}
}

// line is the one under the cursor.
func (d *detail) line() line {
	if len(d.lines) == 0 {
		return line{}
	}
	return d.lines[d.order.Cursor()]
}

// section moves the cursor to the next title, or the one before.
func (d *detail) section(by int) {
	for i := d.order.Cursor() + by; i >= 0 && i < len(d.lines); i += by {
		if d.lines[i].kind == head {
			d.order.Center(i)
			return
		}
	}
	if by < 0 {
		d.order.To(0)
	}
}

// scroll turns the window by the wheel, whatever line the cursor is on.
func (d *detail) scroll(msg tea.MouseMsg) {
	if w, ok := msg.(tea.MouseWheelMsg); ok {
		from, to := d.order.Window()
		at := from
		if w.Button == tea.MouseWheelDown {
			at = to - 1
		}
		d.order.To(at)
		d.order.Mouse(msg, 0)
	}
}

// moved shows the finding that the cursor of the list came to.
func (v *View) moved() tea.Cmd {
	f, d := v.current(), &v.detail
	if f == nil {
		d.forget()
		d.lines = nil
		v.reading = false
		return nil
	}
	if d.finding != f {
		d.stop()
		d.ticket++
		same := d.finding != nil && d.finding.ID == f.ID
		d.finding, d.events, d.moment, d.err = f, map[int]casefile.EventRow{}, 1, nil
		if !same {
			d.order = list.List{}
		}
		d.width = 0
		v.lay()
	}
	return v.see()
}

// see asks for the events that are seen and not known, and at least the first.
func (v *View) see() tea.Cmd {
	d := &v.detail
	if d.finding == nil || len(d.finding.Events) == 0 || d.err != nil {
		return nil
	}
	chunk := -1
	from, to := d.order.Window()
	for _, l := range d.lines[min(from, len(d.lines)):min(to, len(d.lines))] {
		if _, ok := d.events[l.event-1]; l.event > 0 && !ok {
			chunk = (l.event - 1) / chunkEvents
			break
		}
	}
	if _, ok := d.events[0]; chunk < 0 && !ok {
		chunk = 0
	}
	if chunk < 0 || d.asking != nil && d.chunk == chunk {
		return nil
	}
	return v.askEvents(chunk)
}

func (v *View) askEvents(chunk int) tea.Cmd {
	d := &v.detail
	d.stop()
	ctx, cancel := context.WithCancel(v.env.Context)
	d.asking, d.chunk = cancel, chunk
	d.ticket++
	ticket, source := d.ticket, v.env.Source
	ids := d.finding.Events[chunk*chunkEvents : min(len(d.finding.Events), (chunk+1)*chunkEvents)]
	return func() tea.Msg {
		a := eventsOf{ticket: ticket, chunk: chunk, rows: make([]casefile.EventRow, len(ids))}
		eids, err := source.EventsOf(ctx, ids)
		if err != nil {
			a.err = err
			return a
		}
		known := slices.DeleteFunc(slices.Clone(eids), func(eid int64) bool { return eid == 0 })
		rows, err := source.Rows(ctx, known, eventColumns(), excerptChars)
		if a.err = err; err == nil {
			for i, eid := range eids {
				if eid != 0 {
					a.rows[i], rows = rows[0], rows[1:]
				}
			}
		}
		return a
	}
}

func (v *View) takeEvents(msg eventsOf) tea.Cmd {
	d := &v.detail
	if msg.ticket != d.ticket {
		return nil
	}
	d.stop()
	if msg.err != nil {
		if !errors.Is(msg.err, context.Canceled) {
			d.err = msg.err
			v.build()
		}
		return nil
	}
	for i, row := range msg.rows {
		d.events[msg.chunk*chunkEvents+i] = row
		if at, ok := value(&row, "ts").(time.Time); ok {
			precision, _ := value(&row, "ts_precision").(string)
			d.moment = max(d.moment, len(v.moment(at, precision)))
		}
	}
	return v.see()
}

// maxLines bounds the lines that a text of a finding takes; what has more is
// printed by exhibit finding show.
const maxLines = 500

// build makes the lines of the detail, which takes as long as the finding has
// texts, and so is not done for each frame.
func (v *View) build() {
	d := &v.detail
	if d.finding == nil || d.width < 1 {
		return
	}
	b := builder{v: v, screen: v.env.Styles.Screen, width: d.width, label: min(18, d.width/3)}
	f := d.finding
	state := v.found.State(f.ID)
	b.text(claim, f.Title)
	b.facts(f, &state)
	if f.Explanation != "" && f.Parts == nil { // the parts say it too
		b.head("What was seen")
		b.text(plain, f.Explanation)
	}
	if f.Parts != nil {
		b.others(f)
		b.chart(f.Facts)
	} else {
		b.chart(f.Facts)
		b.others(f)
	}
	b.eventRows(f)
	b.steps(f)
	b.techniques(f.Tags)
	b.history(v.found.Acts[f.ID])
	d.lines = b.lines
	d.order.Count(len(d.lines))
}

// builder makes lines.
type builder struct {
	v      *View
	screen cell.Screen
	width  int
	label  int // cells of the names in front of texts
	lines  []line
}

func (b *builder) head(title string) {
	if len(b.lines) > 0 && !b.v.env.Styles.Plain {
		b.lines = append(b.lines, line{})
	}
	b.lines = append(b.lines, line{kind: head, text: b.screen.Clean(title, b.width)})
}

// text adds a text of any length, broken into lines.
func (b *builder) text(k kind, text string) { b.labeled(k, "", 0, text) }

// field adds a text with its name in front of it.
func (b *builder) field(name, text string) {
	if text != "" {
		b.labeled(plain, name, b.label+1, text)
	}
}

func (b *builder) labeled(k kind, name string, indent int, text string) {
	t := b.screen.Text(text)
	lines := t.Lines(0, maxLines+1, max(1, b.width-indent))
	for i, l := range lines {
		if i == maxLines {
			b.lines = append(b.lines, line{kind: dim, text: b.screen.Clean("… it goes on: exhibit finding show "+b.v.detail.finding.ID, b.width)})
			return
		}
		n := line{kind: k, text: l}
		if indent > 0 {
			n.label = " "
			if i == 0 {
				n.label = name
			}
		}
		b.lines = append(b.lines, n)
	}
}

// facts say what the finding is about.
func (b *builder) facts(f *analyze.Finding, state *casefile.FindingState) {
	s := state.State
	if state.Verdict != "" {
		s += " (" + state.Verdict + ")"
	}
	b.field("severity", f.Severity.String()+", state "+s)
	b.field("who or what", f.Subject)
	if f.Actor != f.Subject {
		b.field("actor", f.Actor)
	}
	b.field("when", b.v.span(f.First, f.Last))
	if t := f.Test; t != nil {
		b.field("chance", fmt.Sprintf("p %.2g, q %.2g over %s tests", t.P, t.Q, list.Number(t.Tests)))
	}
	if s := f.Suppressed; s != nil {
		b.field("suppressed", fmt.Sprintf("by %s until %s: %s", s.By, s.Until.Format(time.DateOnly), s.Reason))
	}
	b.field("tags", strings.Join(state.Tags, "  "))
	b.field("detector", f.Detector+"   id "+f.ID)
}

// techniques names what of it is known elsewhere.
func (b *builder) techniques(tags []string) {
	if len(tags) == 0 {
		return
	}
	b.head("Techniques")
	b.text(plain, strings.Join(techniques(tags), "  "))
}

// techniques writes tags as the frameworks do: ATT&CK T1078.004, ATLAS AML.T0040.
func techniques(tags []string) []string {
	names := map[string]string{"attack": "ATT&CK", "atlas": "ATLAS", "owasp": "OWASP"}
	out := make([]string, len(tags))
	for i, tag := range tags {
		family, rest, _ := strings.Cut(tag, ".")
		name, known := names[family]
		switch {
		case !known:
			out[i] = tag
		case strings.ContainsAny(rest, "0123456789"):
			out[i] = name + " " + strings.ToUpper(rest)
		default: // a tactic
			out[i] = name + " " + rest
		}
	}
	return out
}

// others lists the parts of a story, or the stories that tell the finding.
func (b *builder) others(f *analyze.Finding) {
	var of []*analyze.Finding
	all := b.v.found.List
	title := "Part of the story"
	if f.Parts != nil {
		title = "Parts, by time"
		at, _ := b.v.index()
		for _, id := range f.Parts {
			if i, ok := at[id]; ok {
				of = append(of, &all[i])
			}
		}
	} else {
		for i := range all {
			if slices.Contains(all[i].Parts, f.ID) {
				of = append(of, &all[i])
			}
		}
	}
	if len(of) == 0 {
		return
	}
	b.head(title)
	for _, o := range of {
		text := fmt.Sprintf("%s  %-8s  %s", b.v.when(o.First, true), o.Severity, shortened(o))
		b.lines = append(b.lines, line{kind: other, text: b.screen.Clean(text, b.width), finding: o.ID})
	}
}

// eventRows adds a line for each event that the finding lists.
func (b *builder) eventRows(f *analyze.Finding) {
	title := "Events: " + list.Number(f.EventCount)
	if n := int64(len(f.Events)); n < f.EventCount {
		title += ", of which the finding lists " + list.Number(n)
	}
	b.head(title)
	if err := b.v.detail.err; err != nil {
		b.text(dim, "they cannot be read: "+err.Error())
		return
	}
	for i := range f.Events {
		b.lines = append(b.lines, line{kind: event, event: i + 1})
	}
}

// steps say what to do, each step once.
func (b *builder) steps(f *analyze.Finding) {
	steps := assessment.Runbook(b.v.found.About, f, b.v.found.List)
	if len(steps) == 0 {
		return
	}
	b.head("What to do")
	last := ""
	done := map[assessment.Step]bool{}
	for _, s := range steps {
		s.Detector = ""
		if done[s] {
			continue
		}
		done[s] = true
		name := s.Name
		if name == last {
			name = " "
		}
		last = s.Name
		b.labeled(plain, name, b.label+1, "- "+s.What)
	}
}

// history lists what people said.
func (b *builder) history(acts []casefile.FindingAct) {
	b.head("What was said of it")
	if len(acts) == 0 {
		k := &b.v.env.Keys.Findings
		b.text(dim, fmt.Sprintf("nothing yet: %s says its state, %s notes something, %s gives it a tag", k.State.Help().Key, k.Note.Help().Key, k.Tag.Help().Key))
	}
	for i := range acts {
		a := &acts[i]
		what := a.Action
		switch {
		case a.State != "":
			what = a.State
			if a.Verdict != "" {
				what += " (" + a.Verdict + ")"
			}
		case a.Removed:
			what += " removed"
		}
		at := a.Time
		if t, err := time.Parse(time.RFC3339Nano, a.Time); err == nil {
			at = b.v.when(t, true)
		}
		text := at + "  " + a.Actor + "  " + what
		if a.Text != "" {
			text += ": " + a.Text
		}
		b.text(plain, text)
	}
}
