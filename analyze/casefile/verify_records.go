package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"golang.org/x/mod/sumdb/tlog"
)

// evidencePart is what one segment holds of one piece of evidence.
type evidencePart struct {
	evidence      int64
	start         int64 // of its bytes in the stream
	from, to      int   // its bytes in the segment's data
	rows          [2]int
	first         int64 // number of its first record, 0 when it has none
	records       int64
	frames        int64
	events        int64
	silent        int64 // records without an event
	unparsed      int64
	withoutTime   int64
	minTS, maxTS  int64
	leaves        []tlog.Hash
	firstRowFault bool
}

// maxSegmentFaults bounds what is said about one segment.
const maxSegmentFaults = 100

// checkSegment checks a records segment and its events: the files, and that
// each row is what it says it is.
func (v *verification) checkSegment(ctx context.Context, c *fileCheck) {
	c.parts, c.leaves = c.parts[:0], c.leaves[:0]
	c.total = EventCounts{}
	path := v.checkFile(ctx, c, c.ref)
	recordsBad := c.bad
	var events string
	if c.events != nil {
		if events = v.checkFile(ctx, c, *c.events); events == "" && !recordsBad {
			c.bad = true
		}
	}
	if recordsBad {
		c.badRef = c.ref.Path
		return
	}
	if err := c.segment.read(path); err != nil {
		c.bad, c.badRef = true, c.ref.Path
		c.fault(c.ref.Path, "", "%v", err)
		return
	}
	c.opened = true
	if n := int64(len(c.segment.rows)); n != c.ref.Rows {
		c.fault(c.ref.Path, "", "holds %d rows, the ledger says %d", n, c.ref.Rows)
	}
	c.checkRows()
	if c.events != nil && events == "" {
		return // said above; the records can be checked nevertheless
	}
	c.counts = append(c.counts[:0], make([]int64, len(c.segment.rows))...)
	if c.events != nil {
		if err := c.checkEvents(events); err != nil {
			c.fault(c.events.Path, "", "%v", err)
			return
		}
	}
	c.checkCounts()
}

// checkRows cuts the segment into the parts of its evidence, and checks that
// in each the bytes follow each other and each record has its hash.
func (c *fileCheck) checkRows() {
	var p *evidencePart
	at, next := int64(0), int64(0) // place in the stream and record number expected
	for i := range c.segment.rows {
		r := &c.segment.rows[i]
		if p == nil || p.evidence != r.evidence {
			c.parts = append(c.parts, evidencePart{
				evidence: r.evidence, start: r.start(), from: r.from, rows: [2]int{i, i},
				minTS: math.MaxInt64, maxTS: math.MinInt64,
			})
			p = &c.parts[len(c.parts)-1]
			at, next = r.start(), 0
		}
		if r.start() != at {
			c.rowFault(i, "its bytes begin at %d of the stream, those before end at %d", r.start(), at)
		}
		if r.length != int64(r.to-r.mid) {
			c.rowFault(i, "it holds %d bytes and says %d", r.to-r.mid, r.length)
		}
		at, p.to, p.rows[1] = r.end(), r.to, i+1
		if r.mid > r.from {
			p.frames++
		}
		if r.record == noRecord {
			continue
		}
		if next != 0 && r.record != next {
			c.rowFault(i, "it is record %d, where %d should follow", r.record, next)
		}
		if p.first == 0 {
			p.first = r.record
		}
		next = r.record + 1
		p.records++
		if sha256.Sum256(c.segment.data[r.mid:r.to]) != r.sum {
			c.rowFault(i, "its bytes do not have its SHA-256 %x", r.sum)
		}
		c.leaves = append(c.leaves, ledger.RecordLeaf(r.offset, r.length, r.sum))
	}
	from := int64(0)
	for i := range c.parts {
		p := &c.parts[i]
		p.leaves = c.leaves[from : from+p.records]
		from += p.records
	}
}

func (c *fileCheck) rowFault(row int, format string, args ...any) {
	if len(c.faults) >= maxSegmentFaults {
		return
	}
	r := &c.segment.rows[row]
	place := fmt.Sprintf("row %d (evidence %d, record %d)", row, r.evidence, r.record)
	if r.record == noRecord {
		place = fmt.Sprintf("row %d (evidence %d)", row, r.evidence)
	}
	c.fault(c.ref.Path, place, format, args...)
}

// eventRows are the narrow columns of a row group of events.
type eventRows struct {
	segment, row, evidence, record, part, offset, length, ts []int64
	sums                                                     [][sha256.Size]byte
}

func (e *eventRows) read(f *segmentFile, group int) error {
	for _, c := range []struct {
		dst  *[]int64
		name string
	}{
		{&e.segment, "segment"},
		{&e.row, "row"},
		{&e.evidence, "evidence"},
		{&e.record, "record"},
		{&e.part, "part"},
		{&e.offset, "byte_offset"},
		{&e.length, "byte_length"},
		{&e.ts, "ts"},
	} {
		var err error
		if *c.dst, err = f.ints((*c.dst)[:0], group, c.name, math.MinInt64); err != nil {
			return err
		}
	}
	var err error
	e.sums, err = f.sums(e.sums[:0], group, "record_sha256")
	return err
}

// checkEvents checks that each event leads to a record of the segment, in the
// order of the records, and counts the events of each.
func (c *fileCheck) checkEvents(path string) (err error) {
	f, err := openSegment(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	if n := f.rows(); n != c.events.Rows {
		return fmt.Errorf("holds %d rows, the ledger says %d", n, c.events.Rows)
	}
	number, _ := segmentNumber(c.ref.Path)
	row, at, part := int64(0), 0, 0
	for g := range f.rowGroups() {
		if err := c.rows.read(f, g); err != nil {
			return err
		}
		kind, err := f.bytes(g, "kind")
		if err != nil {
			return err
		}
		for i := range c.rows.row {
			if c.rows.segment[i] != number || c.rows.row[i] != row {
				return fmt.Errorf("row %d says that it is row %d of segment %d", row, c.rows.row[i], c.rows.segment[i])
			}
			if at = c.leadsTo(at, i); at == len(c.segment.rows) {
				return fmt.Errorf("row %d leads to record %d of evidence %d, which does not stand there in %s", row, c.rows.record[i], c.rows.evidence[i], c.ref.Path)
			}
			r := &c.segment.rows[at]
			if c.rows.part[i] != c.counts[at] || c.rows.offset[i] != r.offset || c.rows.length[i] != r.length || c.rows.sums[i] != r.sum {
				return fmt.Errorf("row %d does not have the place and hash of record %d of evidence %d, part %d", row, r.record, r.evidence, c.counts[at])
			}
			c.counts[at]++
			row++
			for at >= c.parts[part].rows[1] {
				part++
			}
			k, err := kind.next()
			if err != nil {
				return err
			}
			c.parts[part].note(c.rows.ts[i], string(k) == "unparsed")
		}
	}
	return nil
}

// leadsTo returns the row of the record that event i leads to, at or after row
// at, or the number of rows when there is none.
func (c *fileCheck) leadsTo(at, i int) int {
	rows := c.segment.rows
	for at < len(rows) && (rows[at].evidence != c.rows.evidence[i] || rows[at].record != c.rows.record[i]) {
		at++
	}
	return at
}

func (p *evidencePart) note(ts int64, unparsed bool) {
	p.events++
	if unparsed {
		p.unparsed++
	}
	if ts == math.MinInt64 {
		p.withoutTime++
		return
	}
	p.minTS, p.maxTS = min(p.minTS, ts), max(p.maxTS, ts)
}

// checkCounts compares the events of each record with what its row says, and
// counts the records without one. After decoding again a record may have other
// events than at its load.
func (c *fileCheck) checkCounts() {
	for pi := range c.parts {
		p := &c.parts[pi]
		for i := p.rows[0]; i < p.rows[1]; i++ {
			r := &c.segment.rows[i]
			if r.record == noRecord {
				continue
			}
			if c.counts[i] == 0 {
				p.silent++
			}
			if c.strict && c.counts[i] != r.events {
				c.rowFault(i, "it has %d events and should have %d", c.counts[i], r.events)
			}
		}
		c.total.Events += p.events
		c.total.Silent += p.silent
	}
}

// evidenceCheck puts the parts of the evidence together, in the order of the
// segments, and compares the whole with the manifests.
type evidenceCheck struct {
	v        *verification
	evidence int64 // being put together, 0 when none
	sum      hash.Hash
	tree     *ledger.TreeBuilder
	whole    evidencePart // the parts so far
	at       int64        // bytes of the stream so far
	segment  string       // the segment that held the last part
	strict   bool
	missing  string // the altered segment in which bytes of this evidence stand
	hole     string // an altered segment since the last part
	noEvents bool   // events of it could not be counted
	again    EventCounts
	last     int64 // the last evidence that was begun
}

// take adds the parts of the next segment.
func (e *evidenceCheck) take(c *fileCheck) {
	if !c.opened {
		e.hole = c.ref.Path
		return
	}
	if !c.strict {
		e.again.Segments++
		e.again.Events += c.total.Events
		e.again.Silent += c.total.Silent
	}
	for i := range c.parts {
		e.add(&c.parts[i], c)
	}
}

func (e *evidenceCheck) add(p *evidencePart, c *fileCheck) {
	if p.evidence != e.evidence {
		e.finish()
		e.begin(p, c.ref.Path)
	}
	e.segment = c.ref.Path
	e.strict = e.strict && c.strict
	if c.bad {
		e.noEvents = true
	}
	gap := p.start != e.at || p.first != 0 && p.first != e.whole.records+1
	switch {
	case gap && e.hole != "":
		e.missing = e.hole
	case gap:
		e.v.problem(c.ref.Path, fmt.Sprintf("evidence %d", p.evidence), "it goes on at byte %d with record %d; so far it has %d bytes and %d records",
			p.start, p.first, e.at, e.whole.records)
	}
	e.hole = ""
	data := c.segment.data[p.from:p.to]
	e.sum.Write(data)
	e.at = p.start + int64(len(data))
	for _, leaf := range p.leaves {
		e.tree.Add(leaf)
	}
	e.whole.add(p)
	if p.first != 0 {
		e.whole.records = p.first + p.records - 1
	}
}

// add adds the counts of the next part.
func (p *evidencePart) add(q *evidencePart) {
	p.frames += q.frames
	p.events += q.events
	p.silent += q.silent
	p.unparsed += q.unparsed
	p.withoutTime += q.withoutTime
	p.minTS, p.maxTS = min(p.minTS, q.minTS), max(p.maxTS, q.maxTS)
}

// begin starts another piece of evidence, and reports those that should have
// come before it.
func (e *evidenceCheck) begin(p *evidencePart, segment string) {
	if p.evidence <= e.last {
		e.v.problem(segment, fmt.Sprintf("evidence %d", p.evidence), "it comes after evidence %d", e.last)
	}
	e.skipped(e.last+1, p.evidence)
	e.last = max(e.last, p.evidence)
	e.evidence, e.at, e.missing, e.strict, e.noEvents = p.evidence, 0, "", true, false
	e.whole = evidencePart{minTS: math.MaxInt64, maxTS: math.MinInt64}
	e.sum = sha256.New()
	*e.tree = ledger.TreeBuilder{}
}

// skipped reports the evidence from first up to, not including, end, of which
// the segments hold nothing.
func (e *evidenceCheck) skipped(first, end int64) {
	n := int64(0)
	for i := first; i < min(end, e.v.last+1); i++ {
		c := e.v.items[i]
		if c == nil {
			continue
		}
		n++
		if e.hole == "" {
			e.v.problem(c.path, c.place(), "no segment holds a byte of it")
		}
	}
	if n > 0 && e.hole != "" {
		e.v.problem(e.hole, fmt.Sprintf("evidence %d to %d", first, min(end-1, e.v.last)), "cannot be checked: all of it stands in this altered file")
	}
}

// finish compares a whole piece of evidence with its line in a manifest.
func (e *evidenceCheck) finish() {
	if e.evidence == 0 {
		return
	}
	c := e.v.items[e.evidence]
	if c == nil {
		e.v.problem(e.segment, fmt.Sprintf("evidence %d", e.evidence), "no manifest names it")
		return
	}
	if e.missing == "" && e.hole != "" && e.at < c.StreamSize {
		e.missing = e.hole
	}
	if e.missing != "" {
		e.v.problem(c.path, c.place(), "cannot be checked as a whole: part of it stands in %s, which is altered", e.missing)
		return
	}
	before := len(e.v.report.Problems) + e.v.more
	e.compare(c)
	if len(e.v.report.Problems)+e.v.more > before {
		return
	}
	r := e.v.report
	r.Evidence++
	r.Records += e.whole.records
	r.Frames += e.whole.frames
	r.Events += e.whole.events
	r.Silent += e.whole.silent
	r.Bytes += e.at
}

func (e *evidenceCheck) compare(c *claim) {
	if sum := hexSum(e.sum.Sum(nil)); sum != c.StreamSHA256 && c.StreamSHA256 != "" {
		e.v.problem(c.path, c.place(), "its bytes have the SHA-256 %s, the manifest says %s", sum, c.StreamSHA256)
	} else if c.StreamSHA256 == "" {
		e.v.note(c.path, "%s: it could not be read to its end, and has no SHA-256 to compare with", c.place())
	}
	if root := e.tree.Root(); hexSum(root[:]) != c.RecordsRoot {
		e.v.problem(c.path, c.place(), "its records have the root %x, the manifest says %s", root[:], c.RecordsRoot)
	}
	w := &e.whole
	counts := []struct {
		what      string
		have, say int64
		decoded   bool
	}{
		{"bytes", e.at, c.StreamSize, false},
		{"records", w.records, c.Records, false},
		{"frames", w.frames, c.Frames, false},
		{"events", w.events, c.Events, true},
		{"unparsed events", w.unparsed, c.Unparsed, true},
		{"events without a time", w.withoutTime, c.WithoutTime, true},
		{"the first time", earliest(w.minTS), orNone(c.FirstTS), true},
		{"the last time", latest(w.maxTS), orNone(c.LastTS), true},
	}
	for _, n := range counts {
		if n.decoded && (!e.strict || e.noEvents) {
			continue // decoded again since, or said already that the events are altered
		}
		if n.have != n.say {
			e.v.problem(c.path, c.place(), "%s: the segments say %d, the manifest %d", n.what, n.have, n.say)
		}
	}
}

// none stands for a time that no event has.
const none = math.MinInt64

func earliest(ts int64) int64 {
	if ts == math.MaxInt64 {
		return none
	}
	return ts
}

func latest(ts int64) int64 { return ts } // starts at none

func orNone(ts *int64) int64 {
	if ts == nil {
		return none
	}
	return *ts
}

// end finishes the last evidence, and reports what never came.
func (e *evidenceCheck) end() {
	e.finish()
	e.skipped(e.last+1, math.MaxInt64)
	if want := e.v.s.redecoded; want != nil && e.hole == "" && len(e.v.bad) == 0 && *want != e.again {
		e.v.problem(ledgerFile, "", "decoding again gave %d events and %d records without one in %d segments; the segments hold %d and %d in %d",
			want.Events, want.Silent, want.Segments, e.again.Events, e.again.Silent, e.again.Segments)
	}
}
