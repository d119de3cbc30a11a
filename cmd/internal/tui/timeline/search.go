package timeline

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/list"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/part"
)

// search is what was looked for in texts, and found so far.
type search struct {
	work        work
	query       casefile.TextQuery
	typed       string
	mark        *regexp.Regexp // what of a text is marked; nil for nothing
	all         *casefile.EventSubset
	in          *casefile.EventSubset // of the track
	hits        int64                 // events, duplicates and what the filter hides included
	done, total int64
	complete    bool
	from        int // line from which it was begun; -1 once the person went elsewhere
	stream      <-chan found
}

// found brings what was found since the last time.
type found struct {
	ticket      int
	all, in     *casefile.EventSubset
	track       *track
	hits        int64
	done, total int64
	complete    bool
	err         error
}

// askSearch asks what to look for.
func (v *View) askSearch() tea.Cmd {
	check := func(line string) error {
		expr, ok := expression(line)
		if !ok {
			return nil
		}
		_, err := regexp.Compile(expr)
		return err
	}
	return part.Say(part.Ask{
		Label: "search", Value: v.find.typed, Hint: "a text in what was said, in upper or lower case; /…/ is a regular expression", Check: check,
		Then: func(line string) tea.Cmd {
			if strings.TrimSpace(line) == "" {
				return nil
			}
			return part.Say(searchFor(line))
		},
	})
}

// searchFor says what the person looks for.
type searchFor string

// expression is the regular expression of a line that is one.
func expression(line string) (string, bool) {
	if len(line) > 2 && line[0] == '/' && strings.HasSuffix(line, "/") {
		return line[1 : len(line)-1], true
	}
	return "", false
}

// search begins to look for something. The track is that of the beginning; where
// another is shown later, the hits are looked for in that.
func (v *View) search(line string) tea.Cmd {
	if v.track == nil {
		return nil
	}
	ctx := v.find.work.start(v.env.Context)
	q, mark := casefile.TextQuery{Contains: line}, regexp.QuoteMeta(line)
	if expr, ok := expression(line); ok {
		q, mark = casefile.TextQuery{Regex: expr}, expr
	}
	stream := make(chan found, 1)
	v.find = search{work: v.find.work, query: q, typed: line, from: v.rows.Cursor(), stream: stream}
	if q.Regex == "" {
		mark = "(?i)" + mark
	}
	v.find.mark, _ = regexp.Compile(mark) // what cannot be marked is not
	s := &searcher{ticket: v.find.work.ticket, source: v.env.Source, order: v.order, track: v.track, stream: stream, now: v.env.Now}
	return func() tea.Msg {
		go s.run(ctx, q)
		return s.next()
	}
}

// searcher looks for something in the background.
type searcher struct {
	ticket int
	source data.Source
	order  *data.Order
	track  *track
	stream chan found
	now    func() time.Time
	sum    found
	fresh  []int64 // events that are not in sum
}

// next waits for what is found.
func (s *searcher) next() tea.Msg { return <-s.stream }

// run searches, and puts what it finds into the stream, where there is room for
// one: who reads slowly gets more at a time.
func (s *searcher) run(ctx context.Context, q casefile.TextQuery) {
	s.sum = found{ticket: s.ticket, track: s.track}
	err := s.source.Search(ctx, q, func(p casefile.SearchProgress) {
		s.fresh = append(s.fresh, p.Events...)
		s.sum.hits, s.sum.done, s.sum.total = p.Found, p.Done, p.Total
		s.tell(false)
	})
	s.sum.err, s.sum.complete = err, true
	s.tell(true)
}

// tell hands the sum over, at the end whatever stands in the stream.
func (s *searcher) tell(last bool) {
	if !last && len(s.stream) > 0 {
		return
	}
	if len(s.fresh) > 0 {
		s.sum.all = union(s.order, s.sum.all, s.order.Marked(s.fresh))
		s.sum.in = s.order.Intersect(s.track.set, s.sum.all)
		s.fresh = nil
	}
	if !last {
		s.stream <- s.sum
		return
	}
	select {
	case <-s.stream: // it is contained in the last one
	default:
	}
	s.stream <- s.sum
}

// takeFound shows what was found, and waits for more. The cursor goes to the first
// hit from where it was, if it is still there.
func (v *View) takeFound(a found) tea.Cmd {
	f := &v.find
	if a.ticket != f.work.ticket {
		return nil
	}
	f.hits, f.done, f.total, f.complete = a.hits, a.done, a.total, a.complete
	f.all = a.all
	if f.in = a.in; a.track != v.track {
		f.on(v.track)
	}
	var cmds []tea.Cmd
	if a.complete {
		f.work.stop()
	} else {
		stream := f.stream
		cmds = append(cmds, func() tea.Msg { return <-stream })
	}
	if a.err != nil && !errors.Is(a.err, context.Canceled) {
		return part.Fail(a.err)
	}
	if v.rows.Cursor() != f.from {
		f.from = -1
	}
	if f.from >= 0 && f.in != nil && f.in.Len() > 0 {
		if cmd, ok := v.toFirstHit(); ok || a.complete {
			f.from = -1
			cmds = append(cmds, cmd)
		}
	}
	if a.complete && a.err == nil {
		cmds = append(cmds, f.summary())
	}
	return tea.Batch(cmds...)
}

// toFirstHit goes to the first hit at the cursor or below it; above it where the
// search is complete and there is none below.
func (v *View) toFirstHit() (tea.Cmd, bool) {
	pos := v.placeOf(1)
	line, ok := v.track.next(v.find.in, pos-1, 1)
	if !ok && v.find.complete {
		line, ok = v.track.next(v.find.in, -1, 1)
	}
	if !ok {
		return nil, false
	}
	return v.to(line), true
}

// summary says what a search has found.
func (f *search) summary() tea.Cmd {
	shown := 0
	if f.in != nil {
		shown = f.in.Len()
	}
	text := events(int64(shown)) + " found that hold " + f.typed
	switch {
	case f.hits == 0:
		text = "no event holds " + f.typed
	case shown == 0:
		text = "the filter hides the " + events(f.hits) + " found that hold " + f.typed
	}
	return part.Say(part.Notice{Text: text})
}

// stopSearch keeps what was found.
func (v *View) stopSearch() {
	v.find.work.stop()
	v.find.work.ticket++
}

// forget lets go of what was found in another order.
func (f *search) forget() {
	f.work.stop()
	*f = search{work: work{ticket: f.work.ticket + 1}, typed: f.typed}
}

// on looks for the hits in another track.
func (f *search) on(t *track) {
	if f.all != nil && t != nil {
		f.in = t.order.Intersect(t.set, f.all)
	}
}

// some reports whether there is a hit to go to.
func (f *search) some() bool { return f.in != nil && f.in.Len() > 0 }

// has reports whether an event is a hit.
func (f *search) has(pos int) bool { return f.in != nil && f.in.Has(pos) }

// busy says what is looked for.
func (f *search) busy() string {
	return "searching: " + events(f.hits) + " so far"
}

// position says which hit is at a position of the order: "hit 3 of 45, ".
func (f *search) position(t *track, pos int) string {
	if t == nil || !f.some() {
		return ""
	}
	total := list.Number(int64(f.in.Len()))
	if !f.complete {
		total += "+"
	}
	if !f.in.Has(pos) {
		return total + " hits, "
	}
	return "hit " + list.Number(int64(f.in.Rank(pos))+1) + " of " + total + ", "
}
