package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// TextQuery says what to look for in what was said: the texts of messages, the
// tool calls that the model made, the documents it was given, and error messages.
type TextQuery struct {
	Contains string // whatever the case of its letters
	Regex    string // in RE2 syntax; must match too, where both are given
	Threads  int    // 0 is one for each processor
}

// SearchProgress is what a search found since it told last, and how far it is.
type SearchProgress struct {
	// Events are those that hold a text which was found, by their eid, each told
	// once; duplicates of others among them. Those of a segment come together, in
	// the order of its rows; segments come in no order.
	Events []int64
	Found  int64 // events told so far
	Texts  int64 // texts looked through; one that several segments hold, in each
	// Done of Total bytes of segments are done.
	Done, Total int64
}

// searchEvery is how often a search tells of its progress.
const searchEvery = 50 * time.Millisecond

// StreamSearch looks through all texts for a query, and tells of the events that
// hold them while it goes on: at once for the first, then every 50 ms, and at the
// end. It looks through each unique text of a segment once, however many events
// it is part of. Of calls that were logged in chunks, a text that spans these
// counts for the first event of the call.
//
// Progress is called by the goroutine that calls StreamSearch, which ends soon
// after ctx does. It uses the database of the case.
func (c *Case) StreamSearch(ctx context.Context, q TextQuery, progress func(SearchProgress)) error {
	if q.Contains == "" && q.Regex == "" {
		return errors.New("searching texts: there is nothing to look for")
	}
	jobs, err := c.searchJobs(false)
	if err != nil {
		return fmt.Errorf("searching texts: %w", err)
	}
	places, err := c.filledPlaces(ctx)
	if err != nil {
		return fmt.Errorf("searching texts: %w", err)
	}
	s := &textSearch{progress: progress, found: make(chan segmentHits, len(jobs)+1)}
	sizes := map[string]int64{}
	for i, ref := range c.state.events {
		sizes[c.events[i]] = ref.Size
	}
	for i := range jobs {
		jobs[i].place = i
		s.size = append(s.size, sizes[jobs[i].events]+sizes[jobs[i].content])
		s.now.Total += s.size[i]
	}
	m, err := newTextMatcher(q.Contains, q.Regex)
	if err != nil {
		return fmt.Errorf("searching texts: %w", err)
	}
	if s.joined, err = c.searchJoined(ctx, m); err != nil {
		return fmt.Errorf("searching texts: %w", err)
	}
	workers := make([]func(context.Context, *searchJob) error, max(1, min(threadsOr(q.Threads), len(jobs))))
	for i := range workers {
		m, err := newTextMatcher(q.Contains, q.Regex)
		if err != nil {
			return fmt.Errorf("searching texts: %w", err)
		}
		workers[i] = (&textSearcher{textMatcher: m, search: s, c: c, places: places, chunks: newChunkReader()}).segment
	}
	if err := s.run(ctx, jobs, workers); err != nil {
		return fmt.Errorf("searching texts: %w", err)
	}
	return nil
}

// searchJoined looks through texts that were put together from chunks, and returns
// the first events of their calls.
func (c *Case) searchJoined(ctx context.Context, m *textMatcher) ([]int64, error) {
	var found []int64
	err := c.eachJoinedText(ctx, func(u *UniqueText) error {
		if n := len(found); m.match(u.Text) && (n == 0 || found[n-1] != u.at.row) {
			found = append(found, u.at.row)
		}
		return nil
	})
	return found, err
}

// textSearch gathers what searchers find.
type textSearch struct {
	progress func(SearchProgress)
	found    chan segmentHits // has room for all segments
	size     []int64          // of segments, by their place among the jobs
	joined   []int64          // events, sorted, that hold what spans several of them
	now      SearchProgress
}

// segmentHits is what was found in a segment.
type segmentHits struct {
	place  int
	texts  int64
	events []int64
}

// run lets the searchers search, and tells of what they find.
func (s *textSearch) run(ctx context.Context, jobs []searchJob, workers []func(context.Context, *searchJob) error) error {
	done := make(chan error, 1)
	go func() {
		done <- eachSegment(ctx, jobs, workers, nil)
		close(s.found)
	}()
	tick := time.NewTicker(searchEvery)
	defer tick.Stop()
	told := false
	for found := s.found; found != nil; {
		select {
		case hits, ok := <-found:
			if !ok {
				found = nil
				break
			}
			s.take(hits)
			if !told && len(s.now.Events) > 0 {
				s.tell()
				told = true
			}
		case <-tick.C:
			s.tell()
		}
	}
	err := <-done
	if err == nil {
		s.tell()
	}
	return err
}

func (s *textSearch) take(hits segmentHits) {
	s.now.Events = append(s.now.Events, hits.events...)
	s.now.Found += int64(len(hits.events))
	s.now.Texts += hits.texts
	s.now.Done += s.size[hits.place]
}

func (s *textSearch) tell() {
	s.progress(s.now)
	s.now.Events = nil // they are the listener's now
}

// textSearcher looks through segments in one thread.
type textSearcher struct {
	*textMatcher
	search *textSearch
	c      *Case
	places []*SearchPlace
	chunks *chunkReader

	rows   bitmap                         // events of the segment that hold something
	texts  int64                          // of the segment
	found  map[groupColumn][]int          // rows of texts that were found
	hashes map[[sha256.Size]byte]struct{} // of these
	first  []int64
	row    []int64
	sums   [][sha256.Size]byte
	last   []byte
}

// groupColumn is a column of a row group.
type groupColumn struct {
	group  int
	column string
}

// segment looks through a segment.
func (t *textSearcher) segment(ctx context.Context, job *searchJob) error {
	t.texts, t.rows, t.hashes = 0, nil, map[[sha256.Size]byte]struct{}{}
	if err := t.scan(ctx, t.c.index, job.events, t.eventTexts); err != nil {
		return err
	}
	if job.content != "" {
		if err := t.scan(ctx, t.c.contents, job.content, t.contentTexts); err != nil {
			return err
		}
	}
	if len(t.hashes) > 0 {
		if err := t.holders(ctx, job); err != nil {
			return err
		}
	}
	for _, eid := range t.search.joined {
		if eid>>eidShift == job.segment {
			if err := t.hit(eid & (1<<eidShift - 1)); err != nil {
				return err
			}
		}
	}
	hits := segmentHits{place: job.place, texts: t.texts}
	t.rows.each(func(row int) { hits.events = append(hits.events, job.segment<<eidShift|int64(row)) })
	t.search.found <- hits
	return nil
}

// scan looks through the row groups of a file, and notes the hashes of what it
// finds.
func (t *textSearcher) scan(ctx context.Context, indexes *segmentIndexes, path string, group func(ctx context.Context, f *indexedSegment, g, row int) error) error {
	f, err := indexes.open(path, t.chunks)
	if err != nil {
		return err
	}
	t.found = map[groupColumn][]int{}
	row := 0
	for g := range f.groups {
		if err = context.Cause(ctx); err == nil {
			err = f.checkRows(g, row)
		}
		if err == nil {
			err = group(ctx, f, g, row)
		}
		if err != nil {
			err = fmt.Errorf("reading segment %s: %w", path, err)
			break
		}
		row += int(f.groups[g].rows)
	}
	if err = errors.Join(err, f.close()); err != nil || len(t.found) == 0 {
		return err
	}
	return t.eachGroup(ctx, path, t.keep)
}

// keep notes the hashes of texts that were found in a row group.
func (t *textSearcher) keep(f *segmentFile, g int) (err error) {
	for at, found := range t.found {
		if at.group != g {
			continue
		}
		if t.sums, err = f.sums(t.sums[:0], g, at.column); err != nil {
			return err
		}
		for _, i := range found {
			t.hashes[t.sums[i]] = struct{}{}
		}
	}
	return nil
}

// eachGroup hands over the row groups of a file.
func (t *textSearcher) eachGroup(ctx context.Context, path string, group func(f *segmentFile, g int) error) error {
	f, err := openSegment(path)
	if err != nil {
		return err
	}
	for g := range f.rowGroups() {
		if err = context.Cause(ctx); err == nil {
			err = group(f, g)
		}
		if err != nil {
			err = fmt.Errorf("reading segment %s: %w", path, err)
			break
		}
	}
	return errors.Join(err, f.close())
}

// eventTexts looks through the texts of a row group of events.
func (t *textSearcher) eventTexts(ctx context.Context, f *indexedSegment, g, row int) error {
	if g == 0 {
		t.rows = newBitmap(int(f.rows))
	}
	n := int(f.groups[g].rows)
	t.first = slices.Grow(t.first[:0], n)[:n]
	if err := f.readInts(g, "content_first", t.first, 0); err != nil {
		return err
	}
	for _, p := range t.places {
		var err error
		switch {
		case p.how == searchSaid:
			err = t.said(ctx, f, g, p.Name)
		case p.Name == "tool_calls" || p.Name == "retrieved" || p.Name == "error_message":
			err = t.ofRows(ctx, f, g, p.Name, row)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// said looks through the texts of a column where they stand first in the segment.
func (t *textSearcher) said(ctx context.Context, f *indexedSegment, g int, column string) error {
	bit := int64(placeBit(column))
	if !slices.ContainsFunc(t.first, func(n int64) bool { return n&bit != 0 }) {
		return nil
	}
	at := groupColumn{g, column + "_hash"}
	return f.eachText(g, column, t.stopping(ctx, func(i int, text []byte) error {
		if t.first[i]&bit != 0 {
			t.text(at, i, text)
		}
		return nil
	}))
}

// text looks through a text in a row; its hash stands in another column.
func (t *textSearcher) text(at groupColumn, row int, text []byte) {
	t.texts++
	if t.match(text) {
		t.found[at] = append(t.found[at], row)
	}
}

// ofRows looks through the values of a column of which each row has one of its
// own. Values that equal the one before have what that has.
func (t *textSearcher) ofRows(ctx context.Context, f *indexedSegment, g int, column string, row int) error {
	t.last = t.last[:0]
	found := false
	return f.eachText(g, column, t.stopping(ctx, func(i int, text []byte) error {
		if len(text) == 0 {
			return nil
		}
		if string(text) != string(t.last) {
			t.texts++
			found = t.match(text)
			t.last = append(t.last[:0], text...)
		}
		if found {
			t.rows.set(row + i)
		}
		return nil
	}))
}

// hit notes that an event holds something.
func (t *textSearcher) hit(row int64) error {
	if row < 0 || row >= int64(len(t.rows))*64 {
		return fmt.Errorf("it has no row %d; run exhibit verify", row)
	}
	t.rows.set(int(row))
	return nil
}

// contentTexts looks through texts that no column of events holds.
func (t *textSearcher) contentTexts(ctx context.Context, f *indexedSegment, g, _ int) error {
	at := groupColumn{g, "hash"}
	return f.eachText(g, "text", t.stopping(ctx, func(i int, text []byte) error {
		t.text(at, i, text)
		return nil
	}))
}

// searchStride is how many bytes of texts are looked through before a search looks
// whether it was called off.
const searchStride = 1 << 20

// stopping returns a visitor of texts that stops when the search is called off.
func (t *textSearcher) stopping(ctx context.Context, visit func(i int, text []byte) error) func(i int, text []byte) error {
	size := 0
	return func(i int, text []byte) error {
		if size += len(text) + 1; size > searchStride {
			size = 0
			if err := context.Cause(ctx); err != nil {
				return err
			}
		}
		return visit(i, text)
	}
}

// holders finds the events of the segment that hold a text which was found.
func (t *textSearcher) holders(ctx context.Context, job *searchJob) error {
	err := t.eachGroup(ctx, job.events, func(f *segmentFile, g int) error {
		for _, p := range t.places {
			if p.how != searchSaid {
				continue
			}
			if err := t.holding(f, g, p.Name+"_hash"); err != nil {
				return err
			}
		}
		return nil
	})
	uses := t.c.segment.uses[job.segment]
	if err != nil || uses == "" {
		return err
	}
	return t.eachGroup(ctx, uses, func(f *segmentFile, g int) error { return t.holding(f, g, "hash") })
}

// holding notes the events of the rows in which a column has a hash that was found.
func (t *textSearcher) holding(f *segmentFile, g int, column string) (err error) {
	if t.sums, err = f.sums(t.sums[:0], g, column); err != nil {
		return err
	}
	t.row = t.row[:0]
	for i := range t.sums {
		if _, ok := t.hashes[t.sums[i]]; !ok {
			continue
		}
		if len(t.row) == 0 {
			if t.row, err = f.ints(t.row, g, "row", noRow); err != nil {
				return err
			}
		}
		if err := t.hit(t.row[i]); err != nil {
			return err
		}
	}
	return nil
}
