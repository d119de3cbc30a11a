package correlation

import (
	"cmp"
	"slices"
	"strings"
	"time"

	links "github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
)

// swim is a timeline laid out as lanes: its rows from top to bottom, and what is
// drawn in each lane of them. It is made in a command and does not change.
type swim struct {
	result  *links.Result
	lanes   []string // the sources, in the order in which they appear
	letters []string // one for each
	entries []entry  // in the order of time
	rows    []row
	at      map[string]int // place of an entry by its event id
	calls   []int          // how many events each call has, by its number less 1
	marked  bool           // some were asked for, others found by a link

	counts []int // events of each lane
	said   []fact
	clocks int // cells of the widest time of day
	names  int // and of the longest name of a lane, up to [maxName]
}

// maxName is how wide a name of a lane may make the lanes.
const maxName = 24

// fact is a piece of what is said of all events.
type fact struct{ text, outcome string }

// entry is an event with its place on the screen.
type entry struct {
	*links.Entry
	lane     int
	call     int // number of its call, from 1; 0 for none
	nth      int // event of its call, from 1
	row      int
	probable bool
	clock    string // time of day
	was      string // the time that was logged, where that is another
	who      string // who acted, where that changes
	same     bool   // it has the model of the event before
	text     string // what was said or asked for last
}

// rowKind says what a row shows.
type rowKind uint8

const (
	rowEvent   rowKind = iota
	rowHop             // the identifier that leads to the event below
	rowMissing         // what should be there and is not, of the event above
	rowPause           // a date, or how long nothing happened
	rowBlank
	rowHeading // of what follows the events
	rowSaid    // a sentence
	rowWeak    // an identifier that was not followed
)

// row is a line of the view.
type row struct {
	kind  rowKind
	entry int // that it belongs to, -1 for none
	text  string
	date  string // of a pause that ends on another day
	value string // what y copies
	cells []stroke
}

// stroke is what is drawn in a lane of a row.
type stroke uint8

const (
	up stroke = 1 << iota
	down
	left
	right
	event  // an event stands here
	absent // an event should stand here
)

// minPause is the shortest pause that is a row of its own, as in the timeline of
// the command line: a minute, in microseconds.
const minPause = int64(60_000_000)

// newSwim lays a timeline out, with its probable events where they are wanted.
func newSwim(r *links.Result, probable bool, zone *time.Location) *swim {
	w := &swim{result: r, lanes: slices.Clone(r.Lanes), at: map[string]int{}}
	w.addEntries(probable)
	for i := range w.entries {
		if plane := w.entries[i].Missing; plane != "" {
			w.addLanes(w.ofPlane(plane))
		}
	}
	w.letters = render.Letters(w.lanes)
	for _, name := range w.lanes {
		w.names = max(w.names, min(len(name), maxName))
	}
	w.numberCalls()
	w.describe(zone)
	w.addRows(zone)
	w.addStrokes()
	w.addRest(probable)
	return w
}

// addEntries takes the events in the order of time.
func (w *swim) addEntries(probable bool) {
	add := func(list []links.Entry, probable bool) {
		for i := range list {
			e := &list[i]
			w.addLanes([]string{e.Lane})
			w.entries = append(w.entries, entry{Entry: e, lane: slices.Index(w.lanes, e.Lane), probable: probable})
			w.marked = w.marked || e.Link.Relation != ""
		}
	}
	add(w.result.Entries, false)
	if probable {
		add(w.result.Probable, true)
	}
	slices.SortStableFunc(w.entries, func(a, b entry) int {
		switch {
		case (a.At == nil) != (b.At == nil):
			if a.At == nil {
				return 1
			}
			return -1
		case a.At == nil:
			return 0
		}
		return cmp.Compare(*a.At, *b.At)
	})
	for i := range w.entries {
		w.at[w.entries[i].EventID] = i
	}
}

// describe finds what is said of the events, one by one and together.
func (w *swim) describe(zone *time.Location) {
	calls, outcomes := map[string]bool{}, map[string]int{}
	w.counts = make([]int, len(w.lanes))
	who, model := "", ""
	for i := range w.entries {
		e := &w.entries[i]
		if m := e.Text("model"); m != "" {
			e.same, model = m == model, m
		}
		if said := render.Texts(e.Entry); len(said) > 0 {
			last := said[len(said)-1]
			e.text = last.Label + " " + last.Text
		}
		w.counts[e.lane]++
		if e.Call != "" {
			calls[e.Call] = true
		}
		outcomes[e.Text("outcome")]++
		if name := render.ShortName(e.Text("principal")); name != "" && name != who {
			e.who, who = name, name
		}
		if e.At == nil {
			continue
		}
		e.clock = clock(e, *e.At, zone)
		w.clocks = max(w.clocks, len(e.clock))
		if e.TS != nil && *e.At != *e.TS {
			e.was = clock(e, *e.TS, zone)
		}
	}
	w.said = append(w.said, fact{text: counted(int64(len(w.entries)), "event")})
	if len(calls) > 0 {
		w.said = append(w.said, fact{text: counted(int64(len(calls)), "call")})
	}
	if from, to := w.span(); to > from {
		w.said = append(w.said, fact{text: strings.TrimPrefix(render.Relative(time.Duration(to-from)*time.Microsecond), "+")})
	}
	for _, o := range []struct{ outcome, word string }{
		{"denied", "denied"}, {"blocked", "blocked"}, {"throttled", "throttled"}, {"error", "failed"},
	} {
		if n := outcomes[o.outcome]; n > 0 {
			w.said = append(w.said, fact{list.Number(int64(n)) + " " + o.word, o.outcome})
		}
	}
}

// span is the time of the first event and of the last, in microseconds.
func (w *swim) span() (from, to int64) {
	for i := range w.entries {
		if at := w.entries[i].At; at != nil {
			if i == 0 {
				from = *at
			}
			to = *at
		}
	}
	return from, to
}

// clock is a time of day with as many digits as the log wrote, without the zone.
func clock(e *entry, at int64, zone *time.Location) string {
	_, text, _ := strings.Cut(render.EntryStamp(e.Entry, at).Format(zone), "T")
	if i := strings.IndexAny(text, "Z+-"); i >= 0 {
		return text[:i]
	}
	return text
}

func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return list.Number(n) + " " + noun + "s"
}

// addLanes adds the lanes that there are not yet.
func (w *swim) addLanes(names []string) {
	for _, name := range names {
		if !slices.Contains(w.lanes, name) {
			w.lanes = append(w.lanes, name)
		}
	}
}

// numberCalls numbers the calls that several events show, in the order of time.
func (w *swim) numberCalls() {
	count, number := map[string]int{}, map[string]int{}
	for i := range w.entries {
		count[w.entries[i].Call]++
	}
	for i := range w.entries {
		e := &w.entries[i]
		if e.Call == "" || count[e.Call] < 2 {
			continue
		}
		if number[e.Call] == 0 {
			w.calls = append(w.calls, 0)
			number[e.Call] = len(w.calls)
		}
		e.call = number[e.Call]
		w.calls[e.call-1]++
		e.nth = w.calls[e.call-1]
	}
}

// addRows lays out the events: with the identifier that led to one above it
// where it is named first, and with what is missing below it.
func (w *swim) addRows(zone *time.Location) {
	named := map[string]bool{}
	var last *int64
	for i := range w.entries {
		e := &w.entries[i]
		if r := pause(e, last, i == 0, zone); r.date+r.text != "" {
			w.add(r)
		}
		last = e.At
		if v := e.Link.Value; e.Link.From != "" && v != "" && !e.probable && !named[v] {
			named[v] = true
			w.add(row{kind: rowHop, entry: i, text: word(e.Link.Kind) + " " + v, value: v})
		}
		e.row = len(w.rows)
		w.add(row{kind: rowEvent, entry: i, value: cmp.Or(e.Link.Value, e.EventID)})
		if e.Missing != "" {
			w.add(row{kind: rowMissing, entry: i, text: w.missing(e)})
		}
	}
}

func (w *swim) add(r row) { w.rows = append(w.rows, r) }

// pause says when an event is, where it is the first, on another day, or after a
// pause; else it is a row of nothing.
func pause(e *entry, last *int64, first bool, zone *time.Location) row {
	r := row{kind: rowPause, entry: -1}
	switch {
	case e.At == nil && (first || last != nil):
		r.text = "without a time"
		return r
	case e.At == nil:
		return r
	}
	day := date(*e.At, zone)
	if last == nil || date(*last, zone) != day {
		r.date = day
	}
	if last == nil {
		return r
	}
	if gap := *e.At - *last; gap >= minPause {
		r.text = "… " + strings.TrimPrefix(render.Relative(time.Duration(gap)*time.Microsecond), "+") + " later"
	}
	return r
}

func date(at int64, zone *time.Location) string {
	return time.UnixMicro(at).In(zone).Format(time.DateOnly)
}

// missing says which logs have no event of a call, though one of them covers it.
func (w *swim) missing(e *entry) string {
	names := w.ofPlane(e.Missing)
	switch len(names) {
	case 0:
		return "no " + e.Missing + " event of it"
	case 1:
		return names[0] + " has no event of it"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " have no event of it"
}

// ofPlane lists the sources of a plane, each once.
func (w *swim) ofPlane(plane string) []string {
	var out []string
	for _, s := range w.result.Sources {
		if s.Plane == plane && !slices.Contains(out, s.Format) {
			out = append(out, s.Format)
		}
	}
	return out
}

// addStrokes draws the events, and for each the way from the event that led to
// it: down or up the lane of that one, and across.
func (w *swim) addStrokes() {
	for i := range w.rows {
		w.rows[i].cells = make([]stroke, len(w.lanes))
	}
	for i := range w.entries {
		e := &w.entries[i]
		w.rows[e.row].cells[e.lane] |= event
		from, ok := w.at[e.Link.From]
		if e.probable || !ok || from == i {
			continue
		}
		w.connect(&w.entries[from], e)
	}
	for i := range w.rows {
		if r := &w.rows[i]; r.kind == rowMissing {
			for _, name := range w.ofPlane(w.entries[r.entry].Missing) {
				if lane := slices.Index(w.lanes, name); lane >= 0 {
					r.cells[lane] |= absent
				}
			}
		}
	}
}

// connect draws the way from one event to another.
func (w *swim) connect(from, to *entry) {
	at := to.row
	if at > 0 && w.rows[at-1].kind == rowHop {
		at--
	}
	if from.lane == to.lane {
		w.vertical(from.lane, from.row, to.row)
		return
	}
	w.vertical(from.lane, from.row, at)
	w.vertical(to.lane, at, to.row)
	cells := w.rows[at].cells
	a, b := from.lane, to.lane
	cells[a] |= side(b > a)
	cells[b] |= side(a > b)
	for lane := min(a, b) + 1; lane < max(a, b); lane++ {
		cells[lane] |= left | right
	}
}

func side(toRight bool) stroke {
	if toRight {
		return right
	}
	return left
}

// vertical draws down or up a lane.
func (w *swim) vertical(lane, a, b int) {
	a, b = min(a, b), max(a, b)
	for i := a; i <= b; i++ {
		if i > a {
			w.rows[i].cells[lane] |= up
		}
		if i < b {
			w.rows[i].cells[lane] |= down
		}
	}
}

// addRest adds what is to be said beside the events.
func (w *swim) addRest(probable bool) {
	r := w.result
	section := func(title string) {
		w.add(row{kind: rowBlank, entry: -1})
		w.add(row{kind: rowHeading, entry: -1, text: title})
	}
	if len(r.Absences) > 0 {
		section("what should be there and is not")
		for _, a := range r.Absences {
			w.add(row{kind: rowSaid, entry: -1, text: render.Absent(a)})
		}
	}
	if n := len(r.Probable); n > 0 && !probable {
		section("probable")
		w.add(row{kind: rowSaid, entry: -1, text: list.Number(int64(n)) + " more that only time, principal and model join: p shows them"})
	}
	if len(r.Weak) > 0 {
		section("identifiers that were not followed")
	}
	for _, weak := range r.Weak {
		text := word(weak.Kind) + " " + weak.Value
		w.add(row{kind: rowWeak, entry: -1, text: text + "  " + counted(weak.Events, "event") + ": " + weakness(weak.Reason), value: weak.Value})
	}
}

// weakness says why an identifier is not followed, without what only a command
// line has.
func weakness(r links.Reason) string {
	text, _, _ := strings.Cut(render.WhyWeak(r), " (--")
	return text
}

// chosen reports whether the cursor can stand on a row.
func (r *row) chosen() bool { return r.kind == rowEvent || r.kind == rowWeak || r.kind == rowSaid }

// joined reports whether two events are of one operation: they show one call,
// or, where a call is shown by one event alone, one led to the other or the same
// identifier led to both.
func joined(a, b *entry) bool {
	if a.call > 0 {
		return a.call == b.call
	}
	if a.Link.From == b.EventID || b.Link.From == a.EventID {
		return true
	}
	return a.Link.Value != "" && a.Link.Relation != "" && a.Link.Kind == b.Link.Kind && a.Link.Value == b.Link.Value
}

// word writes the name of a kind.
func word(kind string) string { return strings.ReplaceAll(kind, "_", " ") }
