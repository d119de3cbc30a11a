package casefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/apache/arrow-go/v18/parquet"
)

// searchJob is a segment to look through.
type searchJob struct {
	segment               int64
	events, content, raws string // paths; "" is none
	place                 int    // among the jobs, where they are to be told apart
	// skip are texts that stand in an earlier place too, where they are asked for.
	skip map[textPlace]bool
}

// scan looks through the segments, several at a time.
func (c *Case) scan(ctx context.Context, o *SearchOptions) (*scanned, error) {
	jobs, err := c.searchJobs(o.Raw)
	if err != nil {
		return nil, err
	}
	places, err := c.filledPlaces(ctx)
	if err != nil {
		return nil, err
	}
	scanners := make([]*segmentScanner, max(1, min(o.Threads, len(jobs))))
	workers := make([]func(context.Context, *searchJob) error, len(scanners))
	for i := range scanners {
		scanners[i] = &segmentScanner{f: o.NewFinder(), places: places, found: newScanned(), seen: map[string]struct{}{}}
		workers[i] = scanners[i].scan
	}
	if err := eachSegment(ctx, jobs, workers, nil); err != nil {
		return nil, err
	}
	all := newScanned()
	for _, s := range scanners {
		all.merge(s.found)
	}
	return all, nil
}

// eachSegment lets workers look through segments side by side. The function
// prepare, which may be nil, is called for each before it is handed over, one
// after the other.
func eachSegment(ctx context.Context, jobs []searchJob, workers []func(context.Context, *searchJob) error, prepare func(*searchJob) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan *searchJob)
	var running sync.WaitGroup
	for _, work := range workers {
		running.Go(func() {
			for job := range queue {
				if err := work(ctx, job); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range jobs {
		if prepare != nil && ctx.Err() == nil {
			if err := prepare(&jobs[i]); err != nil {
				stop(err)
			}
		}
		select {
		case queue <- &jobs[i]:
		case <-ctx.Done():
		}
	}
	close(queue)
	running.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// searchJobs lists the segments.
func (c *Case) searchJobs(raw bool) ([]searchJob, error) {
	segments, err := c.segmentFiles()
	if err != nil {
		return nil, err
	}
	var jobs []searchJob
	for _, n := range slices.Sorted(maps.Keys(segments.events)) {
		job := searchJob{segment: n, events: segments.events[n], content: segments.content[n]}
		if raw {
			job.raws = segments.records[n]
		}
		jobs = append(jobs, job)
	}
	return jobs, nil
}

// filledPlaces returns the places of which the case has any value.
func (c *Case) filledPlaces(ctx context.Context) ([]*SearchPlace, error) {
	filled := map[string]bool{}
	err := c.query(ctx, "info_coverage", nil, nil, func(r *sql.Rows) error {
		var format, column string
		var events int64
		err := r.Scan(&format, &column, &events)
		filled[column] = filled[column] || events > 0
		return err
	})
	places := SearchPlaces()
	return slices.DeleteFunc(places, func(p *SearchPlace) bool { return p.how != searchOther && !filled[p.Name] }), err
}

// segmentScanner looks through segments, one after the other.
type segmentScanner struct {
	f      Finder
	places []*SearchPlace
	found  *scanned
	// seen are the values of word columns that were looked through, each behind
	// the name of its column and a NUL.
	seen    map[string]struct{}
	size    int // bytes of them
	key     []byte
	segment int64
	first   []int64             // content_first of the row group
	row     []int64             // numbers of its rows
	sums    [][sha256.Size]byte // of the texts of a column of it
}

// maxSeen bounds what is remembered of values; after that they are looked
// through again.
const maxSeen = 32 << 20

func (s *segmentScanner) scan(ctx context.Context, job *searchJob) error {
	s.segment = job.segment
	for _, part := range []struct {
		path  string
		group func(f *segmentFile, group int) error
	}{{job.events, s.events}, {job.content, s.content}, {job.raws, s.records}} {
		if part.path == "" {
			continue
		}
		f, err := openSegment(part.path)
		if err != nil {
			return err
		}
		for g := range f.rowGroups() {
			if err = part.group(f, g); err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				err = fmt.Errorf("reading segment %s: %w", part.path, err)
				break
			}
		}
		if err := errors.Join(err, f.close()); err != nil {
			return err
		}
	}
	return nil
}

// events looks through a row group of events.
func (s *segmentScanner) events(f *segmentFile, group int) error {
	var err error
	if s.first, err = f.ints(s.first[:0], group, "content_first", 0); err != nil {
		return err
	}
	if s.row, err = f.ints(s.row[:0], group, "row", noRow); err != nil {
		return err
	}
	for _, p := range s.places {
		switch p.how {
		case searchWords:
			err = s.words(f, group, p)
		case searchRows:
			err = s.rows(f, group, p)
		case searchSaid:
			err = s.said(f, group, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// words looks through the different values of a column, without decoding the
// rows where the dictionary has them all.
func (s *segmentScanner) words(f *segmentFile, group int, p *SearchPlace) error {
	list, ok, err := f.dictionary(group, p.Name)
	if err != nil {
		return err
	}
	if ok {
		for _, v := range list {
			s.word(p, v)
		}
		return nil
	}
	cursor, err := f.bytes(group, p.Name)
	if err != nil {
		return err
	}
	var last []byte
	for range f.groupRows(group) {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		if len(v) > 0 && !bytes.Equal(v, last) {
			s.word(p, v)
			last = append(last[:0], v...)
		}
	}
	return nil
}

func (s *segmentScanner) word(p *SearchPlace, v []byte) {
	if len(v) == 0 {
		return
	}
	s.key = append(append(append(s.key[:0], p.Name...), 0), v...)
	if _, ok := s.seen[string(s.key)]; ok {
		return
	}
	if s.size += len(s.key); s.size > maxSeen {
		clear(s.seen)
		s.size = len(s.key)
	}
	s.seen[string(s.key)] = struct{}{}
	s.found.values, s.found.bytes = s.found.values+1, s.found.bytes+int64(len(v))
	for _, term := range s.f.Find(p, v) {
		s.found.words[wordHit{term, p.number, string(v)}] = struct{}{}
	}
}

// rows looks through the values of a column of which each row has one of its
// own. Values that equal the one before have what that has.
func (s *segmentScanner) rows(f *segmentFile, group int, p *SearchPlace) error {
	cursor, err := f.bytes(group, p.Name)
	if err != nil {
		return err
	}
	var last []byte
	var terms []int32
	for _, row := range s.row {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		if len(v) == 0 {
			continue
		}
		if !bytes.Equal(v, last) {
			s.found.values, s.found.bytes = s.found.values+1, s.found.bytes+int64(len(v))
			terms = append(terms[:0], s.f.Find(p, v)...)
			last = append(last[:0], v...)
		}
		for _, term := range terms {
			s.found.rows = append(s.found.rows, rowHit{term, p.number, s.segment<<eidShift | row})
		}
	}
	return nil
}

// said looks through the texts of a column where they stand first.
func (s *segmentScanner) said(f *segmentFile, group int, p *SearchPlace) error {
	bit := int64(placeBit(p.Name))
	if !slices.ContainsFunc(s.first, func(n int64) bool { return n&bit != 0 }) {
		return nil
	}
	cursor, err := f.bytes(group, p.Name)
	if err != nil {
		return err
	}
	s.sums = s.sums[:0]
	for i := range f.groupRows(group) {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		if s.first[i]&bit == 0 {
			continue
		}
		if err := s.text(f, group, p, p.Name+"_hash", i, v); err != nil {
			return err
		}
	}
	return nil
}

// placeBit is the bit of content_first for a column.
func placeBit(column string) place {
	return 1 << slices.Index([]string{"system_prompt", "prompt", "response", "reasoning"}, column)
}

// text looks through a unique text in row i; its hash stands in another column.
func (s *segmentScanner) text(f *segmentFile, group int, p *SearchPlace, hash string, i int, v []byte) error {
	s.found.texts, s.found.bytes = s.found.texts+1, s.found.bytes+int64(len(v))
	terms := s.f.Find(p, v)
	if len(terms) == 0 {
		return nil
	}
	if len(s.sums) == 0 {
		var err error
		if s.sums, err = f.sums(s.sums, group, hash); err != nil {
			return err
		}
	}
	for _, term := range terms {
		s.found.said[saidHit{term, s.sums[i]}] = struct{}{}
	}
	return nil
}

// content looks through a row group of texts that no column of events holds.
func (s *segmentScanner) content(f *segmentFile, group int) error {
	p := SearchPlaces()[slices.IndexFunc(SearchPlaces(), func(p *SearchPlace) bool { return p.Name == "messages" })]
	cursor, err := f.bytes(group, "text")
	if err != nil {
		return err
	}
	s.sums = s.sums[:0]
	for i := range f.groupRows(group) {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		if err := s.text(f, group, p, "hash", i, v); err != nil {
			return err
		}
	}
	return nil
}

// records looks through a row group of raw records.
func (s *segmentScanner) records(f *segmentFile, group int) error {
	p := SearchPlaces()[slices.IndexFunc(SearchPlaces(), func(p *SearchPlace) bool { return p.Name == "raw" })]
	evidence, err := f.ints(nil, group, "evidence", noRecord)
	if err != nil {
		return err
	}
	record, err := f.ints(nil, group, "record", noRecord)
	if err != nil {
		return err
	}
	cursor, err := f.bytes(group, "raw")
	if err != nil {
		return err
	}
	for i := range record {
		v, err := cursor.next()
		if err != nil {
			return err
		}
		s.found.bytes += int64(len(v))
		for _, term := range s.f.Find(p, v) {
			s.found.raw = append(s.found.raw, rawHit{term, s.segment, evidence[i], record[i]})
		}
	}
	return nil
}

// dictionary returns the words of a column in a row group, and whether they are
// all values that it has. They are valid until the next call.
func (s *segmentFile) dictionary(group int, name string) (words [][]byte, all bool, err error) {
	defer recovered(&err)
	i, ok := s.columns[name]
	if !ok {
		return nil, false, fmt.Errorf("no column %s", name)
	}
	chunk, err := s.r.RowGroup(group).MetaData().ColumnChunk(i)
	if err != nil {
		return nil, false, err
	}
	stats := chunk.EncodingStats()
	if !chunk.HasDictionaryPage() || chunk.Type() != parquet.Types.ByteArray || len(stats) == 0 {
		return nil, false, nil
	}
	for _, e := range stats {
		if e.Encoding != parquet.Encodings.RLEDict && e.Encoding != parquet.Encodings.PlainDict && e.PageType != dictionaryPage {
			return nil, false, nil
		}
	}
	pages, err := s.r.RowGroup(group).GetColumnPageReader(i)
	if err != nil {
		return nil, false, fmt.Errorf("reading column %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, pages.Close()) }()
	page, err := pages.GetDictionaryPage()
	if err != nil || page == nil {
		return nil, false, err
	}
	words, err = plainWords(page.Data(), int(page.NumValues()))
	return words, err == nil, err
}

// dictionaryPage is DICTIONARY_PAGE of parquet.thrift.
const dictionaryPage = 2

// plainWords cuts a page of n texts, each after its length in four bytes.
func plainWords(data []byte, n int) ([][]byte, error) {
	words := make([][]byte, 0, min(n, len(data)/4))
	for range n {
		if len(data) < 4 || uint64(binary.LittleEndian.Uint32(data)) > uint64(len(data)-4) {
			return nil, errPageEnd
		}
		size := int(binary.LittleEndian.Uint32(data))
		words = append(words, data[4:4+size])
		data = data[4+size:]
	}
	return words, nil
}
