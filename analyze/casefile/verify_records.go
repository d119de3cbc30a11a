package casefile

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"math"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

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
