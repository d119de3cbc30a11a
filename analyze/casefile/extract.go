package casefile

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// Extract writes the decompressed stream of a piece of evidence to w, byte for
// byte as it was taken in. The evidence is named by its path as it stands in
// the case, or by a prefix of its SHA-256 that no other evidence has. Every
// record is compared with its hash on the way, and the whole with the hash in
// the manifest: after an error, what was written is not the evidence.
func Extract(ctx context.Context, dir, evidence string, w io.Writer) error {
	if err := extract(ctx, dir, evidence, w); err != nil {
		return fmt.Errorf("extracting %s: %w", evidence, err)
	}
	return nil
}

func extract(ctx context.Context, dir, evidence string, w io.Writer) error {
	s, err := openState(dir)
	if err != nil {
		return err
	}
	it, load, err := s.findEvidence(dir, evidence)
	if err != nil {
		return err
	}
	if it.isContainer() {
		return fmt.Errorf("it holds %d others, which are evidence: name one of them", it.Members)
	}
	if it.Evidence == 0 {
		return fmt.Errorf("nothing of it is in the case: it is %s", it.Status)
	}
	out := bufio.NewWriterSize(w, 256<<10)
	h := sha256.New()
	at := int64(0)
	walk := newRecordWalk(dir, s, it, load)
	for {
		if err := walk.next(); err != nil {
			return err
		}
		r := walk.row
		if r == nil {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.start() != at {
			return fmt.Errorf("the case does not hold the bytes from %d to %d; run exhibit verify", at, r.start())
		}
		if r.record != noRecord && sha256.Sum256(walk.raw()) != r.sum {
			return fmt.Errorf("record %d is not as it was taken in; run exhibit verify", r.record)
		}
		at = r.end()
		data := walk.segment.data[r.from:r.to]
		h.Write(data)
		if _, err := out.Write(data); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if sum := hexSum(h.Sum(nil)); sum != it.StreamSHA256 && it.StreamSHA256 != "" {
		return fmt.Errorf("its bytes have the SHA-256 %s, the manifest says %s; run exhibit verify", sum, it.StreamSHA256)
	}
	return nil
}

// openState reads what the ledger of a case says. It takes no lock.
func openState(dir string) (*state, error) {
	if !Exists(dir) {
		return nil, ErrNoCase
	}
	l, err := ledger.Open(dir)
	if err != nil {
		return nil, err
	}
	return readState(l)
}

// findEvidence returns the item that a path or a prefix of a SHA-256 names, and
// its load. Evidence that was loaded goes before an input that was not.
func (s *state) findEvidence(dir, name string) (*Item, *loadBody, error) {
	var found *Item
	var load *loadBody
	rank, again := 0, false
	for i := range s.loads {
		b := &s.loads[i].body
		items, err := readManifest(locate(dir, s, b.Manifest.Path))
		if err != nil {
			return nil, nil, err
		}
		for _, it := range items {
			switch r := it.answers(name); {
			case r == 0 || r < rank:
			case r > rank:
				found, load, rank, again = it, b, r, false
			case it.SHA256 != found.SHA256:
				again = true
			}
		}
	}
	switch {
	case found == nil:
		return nil, nil, errors.New("no evidence of the case has this path, or a SHA-256 that begins so")
	case again:
		return nil, nil, errors.New("several pieces of evidence have this path or a SHA-256 that begins so; give more digits")
	}
	return found, load, nil
}

// answers says how well a name fits the item: not at all is 0.
func (it *Item) answers(name string) int {
	rank := 0
	switch {
	case it.Path == name || it.Path == ledger.EscapePath(name) || it.SHA256 == strings.ToLower(name):
		rank = 2
	case name != "" && strings.HasPrefix(it.SHA256, strings.ToLower(name)):
		rank = 1
	}
	if rank > 0 && it.Evidence != 0 {
		rank += 2
	}
	return rank
}

// recordWalk walks over the stored rows of one piece of evidence, a segment at
// a time.
type recordWalk struct {
	evidence int64
	paths    []string // segments of the load
	segment  storedSegment
	at       int // next row of the segment
	begun    bool
	row      *storedRow // the current row, nil after the last
}

// newRecordWalk returns a walk over the evidence of a load.
func newRecordWalk(dir string, s *state, it *Item, load *loadBody) *recordWalk {
	w := &recordWalk{evidence: it.Evidence}
	for _, f := range load.Files {
		if filepath.Dir(f.Path) == recordsDir {
			w.paths = append(w.paths, locate(dir, s, f.Path))
		}
	}
	return w
}

// next steps to the next row, which is valid until the next step.
func (w *recordWalk) next() error {
	for {
		for w.at < len(w.segment.rows) {
			w.row = &w.segment.rows[w.at]
			w.at++
			if w.row.evidence == w.evidence {
				w.begun = true
				return nil
			}
		}
		w.row = nil
		if len(w.paths) == 0 {
			return nil
		}
		path := w.paths[0]
		w.paths = w.paths[1:]
		w.at, w.segment.rows = 0, w.segment.rows[:0]
		holds, err := holdsEvidence(path, w.evidence)
		if err != nil {
			return err
		}
		if !holds && w.begun {
			return nil // its rows stand together
		}
		if !holds {
			continue
		}
		if err := w.segment.read(path); err != nil {
			return err
		}
	}
}

// nextRecord steps to the next row that is a record.
func (w *recordWalk) nextRecord() error {
	for {
		if err := w.next(); err != nil || w.row == nil || w.row.record != noRecord {
			return err
		}
	}
}

// raw returns the bytes of the current record.
func (w *recordWalk) raw() []byte { return w.segment.data[w.row.mid:w.row.to] }

// holdsEvidence reports whether a segment may hold rows of the evidence, by
// the bounds in its footer.
func holdsEvidence(path string, evidence int64) (bool, error) {
	f, err := openSegment(path)
	if err != nil {
		return false, err
	}
	holds := false
	for g := range f.rowGroups() {
		lo, hi, err := f.bounds(g, "evidence")
		if err != nil {
			return false, errors.Join(fmt.Errorf("reading segment %s: %w", path, err), f.close())
		}
		holds = holds || lo <= evidence && evidence <= hi
	}
	return holds, f.close()
}
