package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
)

// matchEvents returns the events of an order of which one of some columns has one
// of some values. It tests the words of the columns, of which there are few,
// straight in the segments, and has ok false where that cannot say what SQL does.
func (c *Case) matchEvents(ctx context.Context, o *EventOrder, m Match) (s *EventSubset, ok bool, err error) {
	var facets []*EventSubset
	values := validTexts(m.Values)
	if len(values) == 0 {
		return o.Except(nil, o.All()), true, nil
	}
	scan := matchScan{c: c, o: o, pattern: slices.ContainsFunc(values, isPattern), values: map[string]bool{}, found: newBitmap(len(o.times))}
	for _, v := range values {
		scan.values[v] = true
	}
	if scan.pattern {
		if scan.regex, err = regexp.Compile("(?s)^" + anyPattern(values) + "$"); err != nil {
			return nil, false, fmt.Errorf("reading a pattern: %w", err)
		}
	}
	for _, name := range m.Columns {
		facet := slices.IndexFunc(o.facets, func(f Facet) bool { return f.Name == name && name != sourceFacet })
		switch {
		case facet >= 0 && len(o.facets[facet].Values) < maxFacetValues:
			facets = append(facets, o.withValues(facet, scan.test))
		case storedText(name):
			scan.columns = append(scan.columns, name)
		default:
			return nil, false, nil
		}
	}
	if len(scan.columns) > 0 {
		if err := scan.run(ctx); err != nil {
			return nil, false, err
		}
		facets = append(facets, o.subsetOf(scan.found))
	}
	return o.union(facets), true, nil
}

// storedText reports whether the view of events has in a column what the segments
// have in it, as text.
func storedText(name string) bool {
	if name == "format" {
		return true
	}
	i := slices.IndexFunc(eventColumns(), func(c eventColumn) bool { return c.name == name })
	if i < 0 || name == "input_messages" || name == "output_messages" || name == "cost_basis" {
		return false
	}
	typ := eventColumns()[i].typ
	return typ == typeText || typ == typeWord || typ == typeWide
}

// withValues returns the events whose value of a facet passes a test. What the log
// does not say passes none.
func (o *EventOrder) withValues(facet int, test func(word []byte) bool) *EventSubset {
	var wanted []uint8
	for i, v := range o.facets[facet].Values {
		if v != "" && test([]byte(v)) {
			wanted = append(wanted, uint8(i))
		}
	}
	return o.WithValues(facet, wanted...)
}

// union returns the events that are members of one of some subsets.
func (o *EventOrder) union(list []*EventSubset) *EventSubset {
	if len(list) == 1 {
		return list[0]
	}
	out := newBitmap(o.Len())
	for _, s := range list {
		for i, w := range s.bits {
			out[i] |= w
		}
	}
	return o.newSubset(out)
}

// matchScan looks for words in columns of the segments.
type matchScan struct {
	c       *Case
	o       *EventOrder
	columns []string
	pattern bool
	regex   *regexp.Regexp
	values  map[string]bool

	mu    sync.Mutex
	found bitmap // by ordinal
}

func (s *matchScan) test(word []byte) bool {
	if s.pattern {
		return s.regex.Match(word)
	}
	return s.values[string(word)]
}

// run looks through the segments, several at a time.
func (s *matchScan) run(ctx context.Context) error {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return err
	}
	workers := make([]func(context.Context, *searchJob) error, max(1, min(threadsOr(0), len(jobs))))
	for i := range workers {
		workers[i] = (&matcher{scan: s, chunks: newChunkReader()}).segment
	}
	return eachSegment(ctx, jobs, workers, nil)
}

// jobs lists the segments to look through. Where all columns are identifiers, and
// the values whole ones, the index says which segments have them.
func (s *matchScan) jobs(ctx context.Context) ([]searchJob, error) {
	var holding map[int64]bool
	if !s.pattern && !s.values[""] && !slices.ContainsFunc(s.columns, func(name string) bool { return !indexedColumn(name) }) {
		holding = map[int64]bool{}
		err := s.c.query(ctx, "timeorder_holding", nil, []any{sql.Named("values", slices.Sorted(maps.Keys(s.values)))}, func(r *sql.Rows) error {
			var segment int64
			err := r.Scan(&segment)
			holding[segment] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	var jobs []searchJob
	for i, segment := range s.o.segments {
		if holding == nil || holding[segment.number] {
			jobs = append(jobs, searchJob{segment: segment.number, events: segment.path, place: i})
		}
	}
	return jobs, nil
}

// indexedColumn reports whether the index of identifiers has every value of a
// column: see identifiers.sql.
func indexedColumn(name string) bool {
	switch name {
	case "native_id", "request_id", "response_id", "trace_id", "span_id", "parent_span_id", "session_id", "message_id", "parent_message_id",
		"credential_id", "issued_credential_id", "source_identity":
		return true
	}
	return false
}

// matcher looks through segments in one thread.
type matcher struct {
	scan   *matchScan
	chunks *chunkReader
	hits   []bool // by word
	found  bitmap // rows of the segment
}

func (m *matcher) segment(ctx context.Context, job *searchJob) error {
	segment := &m.scan.o.segments[job.place]
	f, err := m.scan.c.index.open(segment.path, m.chunks)
	if err != nil {
		return err
	}
	if f.rows != int64(segment.rows) {
		err = errors.New("it has other rows than it should; run exhibit verify")
	}
	m.found = append(m.found[:0], newBitmap(int(segment.rows))...)
	any, row := false, 0
	for g := range f.groups {
		for _, column := range m.scan.columns {
			var some bool
			if err == nil {
				err = context.Cause(ctx)
			}
			if err == nil {
				some, err = m.column(f, g, column, row)
			}
			any = any || some
		}
		row += int(f.groups[g].rows)
	}
	if err != nil {
		err = fmt.Errorf("reading segment %s: %w", segment.path, err)
	}
	if err = errors.Join(err, f.close()); err != nil || !any {
		return err
	}
	m.scan.mu.Lock()
	defer m.scan.mu.Unlock()
	m.scan.found.or(m.found, int(segment.first))
	return nil
}

// column looks through a column of a row group whose first row is given, and
// reports whether it has a value.
func (m *matcher) column(f *indexedSegment, g int, column string, row int) (any bool, err error) {
	m.hits = m.hits[:0]
	test := func(words [][]byte) bool {
		for _, w := range words[len(m.hits):] {
			hit := m.scan.test(w)
			any = any || hit
			m.hits = append(m.hits, hit)
		}
		return any
	}
	words, codes, err := f.readTexts(g, column, test)
	if err != nil || codes == nil || !test(words) {
		return false, err
	}
	for i, code := range codes {
		if code != nullCode && m.hits[code] {
			m.found.set(row + i)
		}
	}
	return true, nil
}

// or adds the numbers of another bitmap, each larger by first. There must be room
// for them.
func (b bitmap) or(other bitmap, first int) {
	at, shift := first>>6, first&63
	for i, w := range other {
		if w == 0 {
			continue
		}
		b[at+i] |= w << shift
		if high := w >> (64 - shift); shift > 0 && high != 0 {
			b[at+i+1] |= high
		}
	}
}
