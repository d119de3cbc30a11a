package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/analyze/enrich"
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

	clocks, relatives, ids int               // widths of columns
	names                  []string          // of the lanes
	lanes                  []string          // their markers
	levels                 []int             // of the entries in the tree
	open                   []int             // the last entry drawn on each level
	gap                    int64             // from here on a gap begins a block
	block                  int64             // time of the block's first entry, microseconds
	marked                 bool              // some were asked for, others found by a link
	linked                 map[string]bool   // values that links have spelled out
	shown                  map[string]string // the event under which a prompt was shown
	actor                  actor
	above                  string // what the line above says
	repeats                bool   // this one says the same
}

func newDrawing(enc *textEncoder, t Timeline) *drawing {
	d := &drawing{
		describer: describer{at: columnPlaces(), wide: t.Wide}, e: enc, r: t.Result, title: t.Title,
		linked: map[string]bool{}, shown: map[string]string{},
	}
	d.names = t.Result.Lanes
	for i := range t.Result.Probable {
		if lane := t.Result.Probable[i].Lane; !slices.Contains(d.names, lane) {
			d.names = append(slices.Clip(d.names), lane)
		}
	}
	d.lanes = laneMarkers(d.names)
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
	if len(d.r.Corrections) > 0 {
		if err := d.flow(0, 2, d.corrections()); err != nil {
			return err
		}
	}
	if err := d.sources(); err != nil {
		return err
	}
	return d.legend()
}

// sources lists the lanes with their marks.
func (d *drawing) sources() error {
	width := 0
	for _, name := range d.names {
		width = max(width, displaywidth.String(Terminal(name)))
	}
	for i, name := range d.names {
		line := d.lanes[i] + "  " + pad(Terminal(name), width) + "  " + counted(inLane(d.r.Entries, name), "event")
		if n := inLane(d.r.Probable, name); n > 0 {
			line += ", " + Count(int64(n)) + " probable"
		}
		if err := d.e.print(line); err != nil {
			return err
		}
	}
	return nil
}

func inLane(entries []correlation.Entry, name string) int {
	n := 0
	for i := range entries {
		if entries[i].Lane == name {
			n++
		}
	}
	return n
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
		if e.At != nil {
			first, last = cmp.Or(first, e), e
		}
	}
	out := []segment{{counted(len(entries), "event"), bold}}
	if len(calls) > 0 {
		out = append(out, segment{counted(len(calls), "call"), ""})
	}
	out = append(out, segment{counted(len(people), "principal"), ""})
	if first != nil {
		out = append(out, segment{duration(*last.At-*first.At) + " from " + d.stamp(first), ""})
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

// stamp shows the time by which the timeline goes.
func (d *drawing) stamp(e *correlation.Entry) string { return d.stampAt(e, *e.At) }

func (d *drawing) stampAt(e *correlation.Entry, at int64) string {
	return stampOf(e, at, formats.Precision(d.text(e, "ts_precision"))).Format(d.e.o.Zone)
}

// corrections says which time is shown, and how clocks are corrected.
func (d *drawing) corrections() []segment {
	text := "times are corrected, marked (logged ...) where they are:"
	if d.r.Clock == casefile.ClockLogged {
		text = "times are as logged, not corrected by:"
	}
	out := []segment{{text, bold}}
	for _, x := range d.r.Corrections {
		source := x.Source
		if len(source) == hex.EncodedLen(sha256.Size) && !d.wide {
			source = source[:shortSum]
		}
		out = append(out, segment{Terminal(source) + " " + enrich.FormatCorrection(x.Add), ""})
	}
	return out
}

// shortSum is how many digits of the SHA-256 of evidence name it in a line.
const shortSum = 12

// words turns names of kinds into words.
func words(kinds []string) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = strings.ReplaceAll(k, "_", " ")
	}
	return out
}

// Letters gives each lane, by its name, a letter of its own; ? when there are more
// lanes than letters.
func Letters(lanes []string) []string {
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
	}
	return out
}

// laneMarkers gives each lane its letter, in a column of its own as long as there
// are few.
func laneMarkers(lanes []string) []string {
	out := Letters(lanes)
	if len(lanes) == 1 || len(lanes) > maxLanes {
		return out
	}
	for i, letter := range out {
		out[i] = strings.Repeat("·", i) + letter + strings.Repeat("·", len(lanes)-1-i)
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
