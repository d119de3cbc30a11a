package casefile

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// segmentSize is the decompressed size at which a segment closes: after the
// first block that reaches it, so that segments depend on the input alone and
// never on threads.
const segmentSize = 32 << 20

// segmentRecords is the number of records at which a segment closes too. A row
// takes hundreds of bytes in its builder, however short its record is: without
// a bound, a few megabytes of empty objects would fill the memory.
const segmentRecords = 128 << 10

// DecoderVersion names the meaning of decoded rows. It is the folder below
// events/, and grows when the same record decodes into different rows.
const DecoderVersion = "3"

// batch is one block of an evidence on its way into a segment.
type batch struct {
	block    *formats.Block
	item     *Item
	format   formats.Format
	firstRec int64 // number of the block's first record in its evidence
}

// segmentJob is the work of one segment.
type segmentJob struct {
	number  int64
	size    int64
	records int
	batches []batch
}

// segmentResult is what became of a segment.
type segmentResult struct {
	number  int64
	files   []FileRef
	parts   []batchResult
	columns map[string]map[string]int64 // format -> column -> rows that are not NULL
}

// batchResult is what a block contributed to its evidence.
type batchResult struct {
	item             *Item
	frames, events   int64
	unparsed         int64
	firstTS, lastTS  formats.Time
	withoutTime      int64
	format           string
	leaves           []tlog.Hash // of the records, in order
	problems         []Problem
	principals, mods map[string]int64
}

// Problem is a record that could not be parsed, and where it stands.
type Problem struct {
	Path   string `json:"path"`
	Record int64  `json:"record"`
	Offset int64  `json:"offset"`
	What   string `json:"what"`
}

// maxProblems is how many problems of an evidence are kept for the summary;
// all of them are in the case.
const maxProblems = 3

// segmentBuilder turns jobs into segment files. Each worker has one.
type segmentBuilder struct {
	dir     string   // staging folder of the load
	later   *flusher // fsyncs what build wrote; the owner waits for it
	decoder *formats.Decoder
	shift   *timeShift
	events  *eventTable
	records *table
	r       struct {
		segment, row, evidence, record, offset, length, sum, events, frame, raw, problem *column
	}
}

// newSegmentBuilder returns a builder that writes below dir and decodes with
// the settings that setup makes on its decoder.
func newSegmentBuilder(dir string, setup func(*formats.Decoder)) (*segmentBuilder, error) {
	b := &segmentBuilder{dir: dir, later: new(flusher), decoder: formats.NewDecoder(), shift: newTimeShift(nil)}
	setup(b.decoder)
	var err error
	if b.events, err = newEventTable(); err != nil {
		return nil, err
	}
	var cols []*column
	add := func(name string, typ columnType) *column {
		c := &column{name: name, typ: typ}
		cols = append(cols, c)
		return c
	}
	r := &b.r
	r.segment, r.row, r.evidence, r.record = add("segment", typeInt), add("row", typeInt), add("evidence", typeInt), add("record", typeInt)
	r.offset, r.length, r.sum = add("byte_offset", typeInt), add("byte_length", typeInt), add("record_sha256", typeHash)
	r.events, r.frame, r.raw, r.problem = add("events", typeInt), add("frame", typeFrame), add("raw", typeBytes), add("problem", typeWord)
	b.records, err = newTable("records", cols...)
	return b, err
}

// build decodes the job and writes its files below the staging folder.
func (b *segmentBuilder) build(job *segmentJob) (*segmentResult, error) {
	b.events.reset()
	b.records.reset()
	b.decoder.Reset()
	res := &segmentResult{number: job.number}
	for i := range job.batches {
		res.parts = append(res.parts, b.addBatch(job.number, &job.batches[i]))
	}
	for _, t := range []struct {
		table *table
		ref   string
	}{
		{b.records, fmt.Sprintf("records/%06d.parquet", job.number)},
		{b.events.events, eventsRef(job.number, "events")},
		{b.events.content, eventsRef(job.number, "content")},
		{b.events.uses, eventsRef(job.number, "uses")},
	} {
		if t.table.rows() == 0 {
			continue
		}
		ref, err := t.table.writeFileLater(filepath.Join(b.dir, filepath.FromSlash(t.ref)), t.ref, b.later)
		if err != nil {
			return nil, err
		}
		res.files = append(res.files, ref)
	}
	res.columns = b.coverage()
	return res, nil
}

func eventsRef(number int64, what string) string {
	return fmt.Sprintf("events/%s/%06d-%s.parquet", DecoderVersion, number, what)
}

// coverage counts, per format, the rows in which each column has a value.
func (b *segmentBuilder) coverage() map[string]map[string]int64 {
	format := &b.events.fixed.format.dict
	out := map[string]map[string]int64{}
	for from := 0; from < len(format.index); {
		to := from + 1
		for to < len(format.index) && format.index[to] == format.index[from] {
			to++
		}
		name := string(format.words[format.index[from]])
		counts := out[name]
		if counts == nil {
			counts = map[string]int64{}
			out[name] = counts
		}
		counts["*"] += int64(to - from)
		for _, c := range b.events.events.columns[eventColumnsFrom:] {
			n := int64(0)
			for _, d := range c.def[from:to] {
				n += int64(d)
			}
			if n > 0 {
				counts[c.name] += n
			}
		}
		from = to
	}
	return out
}

// addBatch adds the rows of one block: each record with the frame before it,
// and what follows the last record as a row of its own.
func (b *segmentBuilder) addBatch(segment int64, in *batch) batchResult {
	res := batchResult{item: in.item, format: in.format.Name(), principals: map[string]int64{}, mods: map[string]int64{}}
	data := in.block.Data
	o := origin{segment: segment, evidence: in.item.Evidence, format: []byte(in.format.Name())}
	b.decoder.Context = in.block.Context
	end := 0
	for i, span := range in.block.Records {
		raw := data[span.Start:span.End]
		sum := sha256.Sum256(raw)
		o.record = in.firstRec + int64(i)
		o.offset = in.block.Offset + int64(span.Start)
		o.length = int64(len(raw))
		o.sum = b.events.keepSum(sum)
		res.leaves = append(res.leaves, ledger.RecordLeaf(o.offset, o.length, sum))
		n := b.decode(in, &o, raw, span.Problem, &res)
		b.addRecord(&o, n, data[end:span.Start], raw, span.Problem)
		if span.Start > end {
			res.frames++
		}
		end = span.End
	}
	if end < len(data) {
		res.frames++
		o.offset = in.block.Offset + int64(len(data))
		b.addFrame(&o, data[end:])
	}
	return res
}

// addRecord adds a record and the frame before it. The problem is that of the
// framing: decoding again needs it, for a piece may look like a whole record.
func (b *segmentBuilder) addRecord(o *origin, events int, frame, raw []byte, problem string) {
	r := &b.r
	r.segment.int(o.segment, true)
	r.row.int(int64(b.records.rows()-1), true)
	r.evidence.int(o.evidence, true)
	r.record.int(o.record, true)
	r.offset.int(o.offset, true)
	r.length.int(o.length, true)
	r.sum.sum(o.sum)
	r.events.int(int64(events), true)
	r.frame.raw(frame)
	r.raw.raw(raw)
	r.problem.word(problem)
}

// addFrame adds bytes that no record of their block follows. Such a row has no
// record number, no record bytes, and the offset at which the frame ends.
func (b *segmentBuilder) addFrame(o *origin, frame []byte) {
	r := &b.r
	r.segment.int(o.segment, true)
	r.row.int(int64(b.records.rows()-1), true)
	r.evidence.int(o.evidence, true)
	r.record.null()
	r.offset.int(o.offset, true)
	r.length.int(0, true)
	r.sum.null()
	r.events.int(0, true)
	r.frame.raw(frame)
	r.raw.null()
	r.problem.null()
}

// decode adds the events of one record and returns how many there are. A
// record that cannot be parsed is one event of kind unparsed.
func (b *segmentBuilder) decode(in *batch, o *origin, raw []byte, problem string, res *batchResult) int {
	d := b.decoder
	d.Clear()
	if problem == "" {
		if err := d.Decode(in.format, in.item.framing(), raw); err != nil {
			problem = err.Error()
		}
	}
	if problem != "" {
		d.Clear()
		e := d.Add()
		e.Kind, e.Problem = formats.KindUnparsed, problem
		if len(res.problems) < maxProblems {
			res.problems = append(res.problems, Problem{Path: in.item.Path, Record: o.record, Offset: o.offset, What: problem})
		}
	}
	for part, e := range d.Events() {
		b.shift.apply(res.format, e)
		b.events.add(o, part, e)
		res.note(e)
	}
	return len(d.Events())
}

// note counts an event for the summary of its evidence. One that another case
// could not parse, and exported so, is unparsed here too.
func (r *batchResult) note(e *formats.Event) {
	r.events++
	if e.Kind == formats.KindUnparsed {
		r.unparsed++
	}
	count(r.principals, e.Principal)
	count(r.mods, e.Model)
	if !e.TS.OK {
		r.withoutTime++
		return
	}
	if !r.firstTS.OK || e.TS.Micros < r.firstTS.Micros {
		r.firstTS = e.TS
	}
	if !r.lastTS.OK || e.TS.Micros > r.lastTS.Micros {
		r.lastTS = e.TS
	}
}

// maxDistinct bounds the names that a block's summary keeps.
const maxDistinct = 4096

func count(m map[string]int64, v formats.Text) {
	if v == nil {
		return
	}
	if _, ok := m[string(v)]; !ok && len(m) >= maxDistinct {
		return
	}
	m[string(v)]++
}
