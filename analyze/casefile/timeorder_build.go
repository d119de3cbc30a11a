package casefile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// OrderEvents reads when the events of the case happened, and puts them in order.
// It reads a few columns of the segments, and of the database little; like all
// methods of a case it must not run beside another one.
func (c *Case) OrderEvents(ctx context.Context, opts OrderOptions) (*EventOrder, error) {
	b, err := c.newOrderBuilder(ctx, opts)
	if err != nil {
		return nil, fmt.Errorf("ordering events: %w", err)
	}
	if err := b.read(ctx); err != nil {
		return nil, fmt.Errorf("ordering events: %w", err)
	}
	b.nameValues()
	if err := b.merge(ctx); err != nil {
		return nil, fmt.Errorf("ordering events: %w", err)
	}
	b.permute()
	return b.order, nil
}

// orderColumns are the facets that are columns of events; the facet source comes
// after them.
func orderColumns() []string { return []string{"plane", "kind", "outcome"} }

const sourceFacet = "source"

// orderBuilder makes an order.
type orderBuilder struct {
	order    *EventOrder
	threads  int
	evidence map[int64]orderEvidence
	sources  []string // values of the facet
	absent   bitmap   // by ordinal: events that are left out
	readings []readSegment
	codes    [][]uint8 // of each column of orderColumns, then of source, by ordinal
	slice    int       // events that are merged at once
	progress func(events int64)
}

// readSegment is what a segment was found to hold.
type readSegment struct {
	runs     []evidenceRun
	words    [][]string // of each column of orderColumns, by their number in this segment
	firstRun int        // of its runs among those of the order
	first    uint32     // ordinal
	n        int        // events, without those that are left out
	sorted   []uint32   // ordinals of these, in their order; nil where that is the order of the rows
}

func (c *Case) newOrderBuilder(ctx context.Context, opts OrderOptions) (*orderBuilder, error) {
	o, err := c.newEventOrder(true)
	if err != nil {
		return nil, err
	}
	total := len(o.times)
	b := &orderBuilder{
		order: o, threads: threadsOr(opts.Threads), slice: mergeSlice,
		readings: make([]readSegment, len(o.segments)),
	}
	for range len(orderColumns()) + 1 {
		b.codes = append(b.codes, make([]uint8, total))
	}
	if b.evidence, b.sources, err = c.orderEvidence(ctx, opts.Clock); err != nil {
		return nil, err
	}
	o.evidence = map[int64]knownEvidence{}
	for number, e := range b.evidence {
		o.evidence[number] = e.knownEvidence
	}
	b.absent = newBitmap(total)
	if !opts.Duplicates {
		if err := c.eventBits(ctx, o, b.absent, "timeorder_duplicates", nil, nil); err != nil {
			return nil, err
		}
	}
	b.progress = func(int64) {}
	if opts.Progress != nil {
		var mu sync.Mutex
		done := int64(0)
		b.progress = func(events int64) {
			mu.Lock()
			defer mu.Unlock()
			done += events
			opts.Progress(done, int64(total))
		}
	}
	return b, nil
}

// threadsOr is a number of threads that was asked for, or that of the processors.
func threadsOr(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// read reads the segments, several at a time, and orders the events of each.
func (b *orderBuilder) read(ctx context.Context) error {
	jobs := make([]searchJob, len(b.order.segments))
	for i, s := range b.order.segments {
		jobs[i] = searchJob{segment: s.number, events: s.path, place: i}
	}
	workers := make([]func(context.Context, *searchJob) error, max(1, min(b.threads, len(jobs))))
	for i := range workers {
		workers[i] = (&orderReader{b: b}).segment
	}
	if err := eachSegment(ctx, jobs, workers, nil); err != nil {
		return err
	}
	for i := range b.readings {
		r := &b.readings[i]
		r.firstRun = len(b.order.runs)
		b.order.runs = append(b.order.runs, r.runs...)
	}
	return nil
}

// orderReader reads segments in one thread.
type orderReader struct {
	b      *orderBuilder
	chunks *chunkReader
	ints   []int64
	number []uint8
	sorter keySorter
}

func (r *orderReader) segment(ctx context.Context, job *searchJob) error {
	s := &r.b.order.segments[job.place]
	if r.chunks == nil {
		r.chunks = newChunkReader()
	}
	f, err := r.b.order.index.open(s.path, r.chunks)
	if err != nil {
		return err
	}
	err = r.groups(ctx, f, job.place)
	if err != nil {
		err = fmt.Errorf("reading segment %s: %w", s.path, err)
	}
	if err = errors.Join(err, f.close()); err == nil {
		r.sort(job.place)
	}
	return err
}

// groups reads the row groups of a segment.
func (r *orderReader) groups(ctx context.Context, f *indexedSegment, at int) error {
	s, out := &r.b.order.segments[at], &r.b.readings[at]
	if f.rows != int64(s.rows) {
		return fmt.Errorf("it has %d rows where the ledger says %d; run exhibit verify", f.rows, s.rows)
	}
	out.words = make([][]string, len(orderColumns()))
	row := 0
	for g := range f.groups {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n := int(f.groups[g].rows)
		if err := r.group(f, g, at, row, n); err != nil {
			return err
		}
		row += n
		r.b.progress(int64(n))
	}
	return nil
}

// group reads a row group of n rows, the first of which is row.
func (r *orderReader) group(f *indexedSegment, g, at, row, n int) error {
	s, out := &r.b.order.segments[at], &r.b.readings[at]
	if n == 0 {
		return nil
	}
	if err := f.checkRows(g, row); err != nil {
		return err
	}
	from := int(s.first) + row
	times := r.b.order.times[from : from+n]
	if err := f.readInts(g, "ts", times, noTime); err != nil {
		return err
	}
	if err := r.runs(f, g, from, n, &out.runs); err != nil {
		return err
	}
	r.shift(times, from, out.runs)
	for k, column := range orderColumns() {
		if err := r.words(f, g, column, r.b.codes[k][from:from+n], &out.words[k]); err != nil {
			return err
		}
	}
	return nil
}

// runs reads which evidence the events are of, and their source.
func (r *orderReader) runs(f *indexedSegment, g, from, n int, runs *[]evidenceRun) error {
	sources := r.b.codes[len(orderColumns())][from : from+n]
	last := int64(-1)
	if len(*runs) > 0 {
		last = (*runs)[len(*runs)-1].evidence
	}
	add := func(i int, number int64) error {
		if number == last {
			return nil
		}
		e, ok := r.b.evidence[number]
		if !ok {
			return fmt.Errorf("an event is of evidence %d, which the case does not have; run exhibit verify", number)
		}
		*runs = append(*runs, evidenceRun{first: uint32(from + i), place: e.place, evidence: number})
		last = number
		return nil
	}
	c, err := f.chunk(g, "evidence")
	if err != nil {
		return err
	}
	if c.bounded && c.lo == c.hi {
		if err := add(0, c.lo); err != nil {
			return err
		}
		fill(sources, r.b.evidence[c.lo].source)
		return nil
	}
	r.ints = slices.Grow(r.ints[:0], n)[:n]
	if err := f.readInts(g, "evidence", r.ints, 0); err != nil {
		return err
	}
	for i, number := range r.ints {
		if err := add(i, number); err != nil {
			return err
		}
		sources[i] = r.b.evidence[number].source
	}
	return nil
}

func fill(dst []uint8, v uint8) {
	for i := range dst {
		dst[i] = v
	}
}

// shift corrects times, which begin at an ordinal.
func (r *orderReader) shift(times []int64, from int, runs []evidenceRun) {
	for i := len(runs) - 1; i >= 0 && len(times) > 0; i-- {
		cut := max(0, int(runs[i].first)-from)
		add := r.b.evidence[runs[i].evidence].add
		if add != 0 {
			for k, t := range times[cut:] {
				times[cut+k] = addTime(t, add)
			}
		}
		times = times[:cut]
	}
}

// addTime corrects a time. One beyond what can be said becomes the last or first
// that can; none stays none.
func addTime(t, add int64) int64 {
	switch {
	case t == noTime:
		return noTime
	case add > 0 && t > noTime-1-add:
		return noTime - 1
	case add < 0 && t < math.MinInt64-add:
		return math.MinInt64
	}
	return t + add
}

// words reads a column of few words as their numbers in the segment.
func (r *orderReader) words(f *indexedSegment, g int, column string, codes []uint8, words *[]string) error {
	list, rows, err := f.readTexts(g, column, nil)
	if err != nil {
		return err
	}
	r.number = r.number[:0]
	for _, w := range list {
		r.number = append(r.number, uint8(numberOf(words, string(w))))
	}
	null := -1
	for i, code := range rows {
		if code != nullCode {
			codes[i] = r.number[code]
			continue
		}
		if null < 0 {
			null = numberOf(words, "")
		}
		codes[i] = uint8(null)
	}
	return nil
}

// numberOf returns the number of a word, which is added when it is new. The last
// number is that of all words for which there is none left.
func numberOf(words *[]string, word string) int {
	if i := slices.Index(*words, word); i >= 0 {
		return i
	}
	if len(*words) < maxFacetValues-1 {
		*words = append(*words, word)
	} else if len(*words) < maxFacetValues {
		*words = append(*words, OtherValues)
	}
	return len(*words) - 1
}

// sort orders the events of a segment.
func (r *orderReader) sort(at int) {
	s, out := &r.b.order.segments[at], &r.b.readings[at]
	r.sorter.reset()
	end, run := s.first+s.rows, 0
	for ordinal := s.first; ordinal < end; ordinal++ {
		if r.b.absent.has(int(ordinal)) {
			continue
		}
		for run+1 < len(out.runs) && out.runs[run+1].first <= ordinal {
			run++
		}
		r.sorter.add(orderKey{r.b.order.times[ordinal], out.runs[run].place, ordinal})
	}
	out.first, out.n = s.first, len(r.sorter.keys)
	if len(r.sorter.ends) > 0 || out.n < int(s.rows) {
		out.sorted = r.sorter.write(make([]uint32, 0, out.n))
	}
}

// event returns the ordinal of an event of the segment by its place in its order.
func (r *readSegment) event(i int) uint32 {
	if r.sorted == nil {
		return r.first + uint32(i)
	}
	return r.sorted[i]
}

// nameValues gives the values of facets the numbers that they have in the whole
// order.
func (b *orderBuilder) nameValues() {
	for k, column := range orderColumns() {
		var all []string
		for i := range b.readings {
			for _, w := range b.readings[i].words[k] {
				numberOf(&all, w)
			}
		}
		values := slices.Sorted(slices.Values(all))
		for i, s := range b.order.segments {
			var number [maxFacetValues]uint8
			for code, w := range b.readings[i].words[k] {
				at, ok := slices.BinarySearch(values, w)
				if !ok {
					at, _ = slices.BinarySearch(values, OtherValues)
				}
				number[code] = uint8(at)
			}
			codes := b.codes[k][s.first : s.first+s.rows]
			for j, code := range codes {
				codes[j] = number[code]
			}
		}
		b.order.facets = append(b.order.facets, Facet{column, values})
	}
	b.order.facets = append(b.order.facets, Facet{sourceFacet, b.sources})
}

// permute brings the values of facets into the order, each into the memory of the
// one before.
func (b *orderBuilder) permute() {
	o := b.order
	values := make([]uint8, len(o.times))
	for k, codes := range b.codes {
		values = values[:len(o.ordinals)]
		for pos, ordinal := range o.ordinals {
			values[pos] = codes[ordinal]
		}
		o.values = append(o.values, values)
		values, b.codes[k] = codes, nil
	}
	for o.dated = len(o.ordinals); o.dated > 0 && o.times[o.ordinals[o.dated-1]] == noTime; {
		o.dated--
	}
}

// eachOf runs work for every number below n, several at a time.
func eachOf(ctx context.Context, n, threads int, work func(worker, i int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	for worker := range max(1, min(threads, n)) {
		running.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := work(worker, i); err != nil {
					stop(err)
				}
			}
		})
	}
	running.Wait()
	return context.Cause(ctx)
}
