package casefile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// ProveEvent returns a proof, one line of JSON, that the record of an event
// stood at its place in its evidence when the load that took it in was signed.
// The event is named by its id or by its number in the case (eid). CheckProof
// checks the proof without the case.
func ProveEvent(ctx context.Context, dir, event string) ([]byte, error) {
	data, err := proveEvent(ctx, dir, event)
	if err != nil {
		return nil, fmt.Errorf("proving %s: %w", event, err)
	}
	return data, nil
}

func proveEvent(ctx context.Context, dir, event string) ([]byte, error) {
	if !Exists(dir) {
		return nil, ErrNoCase
	}
	l, err := ledger.Open(dir)
	if err != nil {
		return nil, err
	}
	s, err := readState(l)
	if err != nil {
		return nil, err
	}
	id, err := s.parseEvent(dir, event)
	if err != nil {
		return nil, err
	}
	p := ledger.EventProof{}
	seq, it, err := s.proveEvidence(dir, id, &p)
	if err != nil {
		return nil, err
	}
	if id.record < 1 || id.record > it.Records {
		return nil, fmt.Errorf("the evidence has %d records, there is no record %d", it.Records, id.record)
	}
	load := s.loadAt(seq)
	if err := s.proveRecord(ctx, dir, it, load, id, &p); err != nil {
		return nil, err
	}
	proof, err := l.ProveRecord(seq, p)
	if err != nil {
		return nil, err
	}
	return proof.Encode()
}

// eventName is what the id of an event says. The evidence is given by a prefix
// of its SHA-256, or by its number.
type eventName struct {
	prefix       string
	evidence     int64
	record, part int64
}

// parseEvent reads EVIDENCE-RECORD[.PART] or an eid.
func (s *state) parseEvent(dir, event string) (eventName, error) {
	if eid, err := strconv.ParseInt(event, 10, 64); err == nil && eid > 0 {
		return s.eventAt(dir, eid>>eidShift, eid&(1<<eidShift-1))
	}
	prefix, rest, ok := strings.Cut(event, "-")
	if !ok || prefix == "" || strings.Trim(strings.ToLower(prefix), "0123456789abcdef") != "" {
		return eventName{}, errors.New("an event id is EVIDENCE-RECORD or EVIDENCE-RECORD.PART, the evidence in hex")
	}
	record, part, dotted := strings.Cut(rest, ".")
	name := eventName{prefix: strings.ToLower(prefix)}
	var err error
	if name.record, err = strconv.ParseInt(record, 10, 64); err == nil && dotted {
		name.part, err = strconv.ParseInt(part, 10, 64)
	}
	if err != nil || name.record < 1 || name.part < 0 {
		return eventName{}, errors.New("an event id is EVIDENCE-RECORD or EVIDENCE-RECORD.PART, in whole numbers")
	}
	return name, nil
}

// eventAt reads from the live events what stands in a row of a segment.
func (s *state) eventAt(dir string, segment, row int64) (eventName, error) {
	path := s.eventsOf(dir, segment)
	if path == "" {
		return eventName{}, errors.New("no event has this number")
	}
	f, err := openSegment(path)
	if err != nil {
		return eventName{}, err
	}
	defer f.close()
	for g := range f.rowGroups() {
		n := int64(f.groupRows(g))
		if row >= n {
			row -= n
			continue
		}
		var values [3][]int64
		for i, name := range []string{"evidence", "record", "part"} {
			if values[i], err = f.ints(nil, g, name, 0); err != nil {
				return eventName{}, fmt.Errorf("reading segment %s: %w", path, err)
			}
		}
		return eventName{evidence: values[0][row], record: values[1][row], part: values[2][row]}, nil
	}
	return eventName{}, errors.New("no event has this number")
}

// eventsOf returns where the live events of a segment are, "" when it has none.
func (s *state) eventsOf(dir string, segment int64) string {
	for _, f := range s.events {
		if n, ok := segmentNumber(f.Path); ok && n == segment && strings.HasSuffix(f.Path, "-events.parquet") {
			return locate(dir, s, f.Path)
		}
	}
	return ""
}

func (s *state) loadAt(seq int64) *loadBody {
	for i := range s.loads {
		if s.loads[i].seq == seq {
			return &s.loads[i].body
		}
	}
	return nil
}

// proveEvidence finds the evidence of an event in the manifests, and proves
// its line. It returns the entry of its load.
func (s *state) proveEvidence(dir string, id eventName, p *ledger.EventProof) (seq int64, found *Item, err error) {
	for i := range s.loads {
		b := &s.loads[i].body
		lines, err := manifestLines(locate(dir, s, b.Manifest.Path))
		if err != nil {
			return 0, nil, err
		}
		var leaves []tlog.Hash
		at := -1
		for n, line := range lines {
			leaves = append(leaves, tlog.RecordHash(line))
			it := new(Item)
			if err := json.Unmarshal(line, it); err != nil {
				return 0, nil, fmt.Errorf("reading %s:%d: %w", b.Manifest.Path, n+1, err)
			}
			if it.Evidence == 0 || it.Evidence != id.evidence && (id.prefix == "" || !strings.HasPrefix(it.SHA256, id.prefix)) {
				continue
			}
			if found != nil {
				return 0, nil, errors.New("several pieces of evidence have a SHA-256 that begins so; give more digits")
			}
			at, found, seq = n, it, s.loads[i].seq
		}
		if at < 0 {
			continue
		}
		p.Evidence, p.EvidenceIndex = lines[at], int64(at)
		if p.EvidencePath, err = ledger.ProveFromLeaves(each(leaves), p.EvidenceIndex, int64(len(leaves))); err != nil {
			return 0, nil, err
		}
	}
	if found == nil {
		return 0, nil, errors.New("no evidence of the case has this SHA-256")
	}
	return seq, found, nil
}

// manifestLines returns the lines of a manifest, without their newlines.
func manifestLines(path string) ([][]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a manifest: %w", err)
	}
	var lines [][]byte
	for line := range strings.Lines(string(data)) {
		lines = append(lines, []byte(strings.TrimSuffix(line, "\n")))
	}
	return lines, nil
}

func each(leaves []tlog.Hash) func() (tlog.Hash, bool) {
	return func() (tlog.Hash, bool) {
		if len(leaves) == 0 {
			return tlog.Hash{}, false
		}
		leaf := leaves[0]
		leaves = leaves[1:]
		return leaf, true
	}
}

// proveRecord proves the record among those of its evidence. All of them are
// read, but only the narrow columns.
func (s *state) proveRecord(ctx context.Context, dir string, it *Item, load *loadBody, id eventName, p *ledger.EventProof) error {
	w := &placeWalk{ctx: ctx, evidence: it.Evidence, record: id.record}
	for _, f := range load.Files {
		if filepath.Dir(f.Path) == recordsDir {
			w.paths = append(w.paths, locate(dir, s, f.Path))
		}
	}
	path, err := ledger.ProveFromLeaves(w.next, id.record-1, it.Records)
	if w.file != nil {
		err = errors.Join(err, w.file.close())
	}
	if err = errors.Join(w.err, err); err != nil {
		return err
	}
	p.Index, p.Path = id.record-1, path
	var segment storedSegment
	if err := segment.read(w.found); err != nil {
		return err
	}
	for i := range segment.rows {
		r := &segment.rows[i]
		if r.evidence == it.Evidence && r.record == id.record {
			p.Record = ledger.Record{Offset: r.offset, Length: r.length, SHA256: r.sum}
			p.Raw = segment.data[r.mid:r.to]
			if live := s.redecoded == nil; live && id.part >= max(1, r.events) {
				return fmt.Errorf("the record has %d events, there is no part %d", r.events, id.part)
			}
			return nil
		}
	}
	return fmt.Errorf("record %d is not where it should be; run exhibit verify", id.record)
}

// placeWalk yields the leaves of the records of a piece of evidence in order.
type placeWalk struct {
	ctx      context.Context
	evidence int64
	record   int64 // noted in found: the segment that holds it
	paths    []string
	segment  storedSegment
	at       int
	found    string
	path     string
	file     *segmentFile
	group    int
	err      error
}

// next returns the leaf of the next record.
func (w *placeWalk) next() (tlog.Hash, bool) {
	for w.err == nil {
		for w.at < len(w.segment.evidence) {
			i := w.at
			w.at++
			if w.segment.evidence[i] != w.evidence || w.segment.record[i] == noRecord {
				continue
			}
			if w.segment.record[i] == w.record {
				w.found = w.path
			}
			return ledger.RecordLeaf(w.segment.offset[i], w.segment.length[i], w.segment.sums[i]), true
		}
		if !w.fill() {
			break
		}
	}
	return tlog.Hash{}, false
}

// fill reads the places of the next row group that may hold the evidence.
func (w *placeWalk) fill() bool {
	if w.err = w.ctx.Err(); w.err != nil {
		return false
	}
	w.at, w.segment.evidence = 0, w.segment.evidence[:0]
	if w.file == nil {
		if len(w.paths) == 0 {
			return false
		}
		w.path, w.paths, w.group = w.paths[0], w.paths[1:], 0
		if w.file, w.err = openSegment(w.path); w.err != nil {
			return false
		}
	}
	if w.group == w.file.rowGroups() {
		w.err, w.file = w.file.close(), nil
		return w.err == nil
	}
	lo, hi, err := w.file.bounds(w.group, "evidence")
	if err == nil && lo <= w.evidence && w.evidence <= hi {
		err = w.segment.readPlaces(w.file, w.group)
	}
	w.group++
	if err != nil {
		w.err = errors.Join(fmt.Errorf("reading segment %s: %w", w.path, err), w.file.close())
		w.file = nil
	}
	return w.err == nil
}

// ProofReport says what a proof shows.
type ProofReport struct {
	*ledger.ProofReport
	// Evidence is the manifest's line of the evidence that holds the record.
	Evidence *Item
	// Record is the number of the record in its evidence, from 1.
	Record int64
}

// CheckProof checks a proof made by ProveEvent, without the case. trustedKey
// is the public key that it should be signed with, empty if it is not known
// from elsewhere. An error means that the proof shows nothing.
func CheckProof(data []byte, trustedKey string) (*ProofReport, error) {
	r, err := ledger.CheckEventProof(data, trustedKey)
	if err != nil {
		return nil, err
	}
	it := new(Item)
	if err := json.Unmarshal(r.Evidence, it); err != nil {
		return nil, fmt.Errorf("checking event proof: reading the manifest line: %w", err)
	}
	return &ProofReport{ProofReport: r, Evidence: it, Record: r.Index + 1}, nil
}
