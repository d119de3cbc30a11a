package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// evidencePart is what one segment holds of one piece of evidence.
type evidencePart struct {
	evidence     int64
	start        int64 // of its bytes in the stream
	from, to     int   // its bytes in the segment's data
	rows         [2]int
	first        int64 // number of its first record, 0 when it has none
	records      int64
	frames       int64
	events       int64
	silent       int64 // records without an event
	unparsed     int64
	withoutTime  int64
	minTS, maxTS int64
	leaves       []tlog.Hash
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
