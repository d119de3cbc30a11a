package casefile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// checkOriginals derives the records again from the originals that were given,
// and compares them with those of the case.
func (v *verification) checkOriginals(ctx context.Context) error {
	if len(v.o.Evidence) == 0 {
		return nil
	}
	inputs, err := Walk(v.o.Evidence, Select{}, v.dir)
	if err != nil {
		return err
	}
	if v.o.Quick {
		v.readClaims()
	}
	bySum := map[string]*claim{}
	for _, c := range v.items {
		bySum[c.SHA256] = c
	}
	seen := map[int64]bool{}
	for _, in := range inputs {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := ledger.EscapePath(in.Path)
		if in.leftOut() {
			v.note(path, "not compared: %v", in.Err)
			continue
		}
		sum, err := hashOriginal(ctx, in)
		if err != nil {
			v.problem(path, "", "%v", err)
			continue
		}
		c := bySum[sum]
		if status := v.others[sum]; c == nil && status != "" {
			v.note(path, "nothing of it is in the case: the manifest lists it as %s", status)
			continue
		}
		if c == nil {
			v.problem(path, "", "no evidence of the case has its SHA-256 %s", sum)
			continue
		}
		if seen[c.Evidence] {
			continue
		}
		seen[c.Evidence] = true
		if err := v.deriveAgain(ctx, in, c); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			v.problem(path, fmt.Sprintf("evidence %d", c.Evidence), "%v", err)
			continue
		}
		v.report.Originals++
	}
	for n := int64(1); n <= v.last; n++ {
		if c := v.items[n]; c != nil && !seen[n] {
			v.note(c.path, "%s: no original was given for it", c.place())
		}
	}
	return nil
}

// hashOriginal returns the SHA-256 of a file, in hex.
func hashOriginal(ctx context.Context, in Input) (string, error) {
	if in.Err != nil {
		return "", in.Err
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("not a regular file")
	}
	h := sha256.New()
	if _, err := io.Copy(h, readerWithContext{ctx, f}); err != nil {
		return "", fmt.Errorf("reading it: %w", err)
	}
	return hexSum(h.Sum(nil)), nil
}

// readerWithContext stops reading when the context ends.
type readerWithContext struct {
	ctx context.Context
	r   io.Reader
}

func (r readerWithContext) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// deriveAgain reads an original as a load does, with the format and the record
// limit of its load, and compares every record with the stored one.
func (v *verification) deriveAgain(ctx context.Context, input Input, c *claim) error {
	format, ok := formats.ByName(c.Format)
	if !ok {
		return fmt.Errorf("this program does not know its format %q", c.Format)
	}
	load := v.loadOf(c)
	if load == nil {
		return errors.New("the load that took it in cannot be found")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := &intake{
		formats: []formats.Format{format}, limit: recordLimit(load), sizes: map[int64]bool{}, progress: new(Progress),
		setup: func(*formats.Decoder) {}, blocks: &blockPool{free: make(chan *formats.Block, 4)},
	}
	t := &task{input: input, item: &Item{Path: c.Path}, known: make(chan struct{}), out: make(chan *formats.Block, 2)}
	go in.read(ctx, t, newDesk())
	defer func() {
		cancel()
		for range t.out { // let the reader end
		}
	}()
	stored := newRecordWalk(v.dir, v.s, c.Item, load)
	for b := range t.out {
		for _, span := range b.Records {
			if err := compareRecord(stored, b, span); err != nil {
				return err
			}
		}
		in.blocks.put(b)
	}
	if t.item.Status != c.Status || t.item.StreamSHA256 != c.StreamSHA256 {
		return fmt.Errorf("reading it again gives the status %s and the stream %s; the case has %s and %s",
			t.item.Status, t.item.StreamSHA256, c.Status, c.StreamSHA256)
	}
	if err := stored.nextRecord(); err != nil {
		return err
	}
	if stored.row != nil {
		return fmt.Errorf("the case has more records, from record %d on, than reading it again gives", stored.row.record)
	}
	return nil
}

// loadOf returns the load whose manifest names the evidence.
func (v *verification) loadOf(c *claim) *loadBody {
	for i := range v.s.loads {
		if v.s.loads[i].body.Manifest.Path == c.path {
			return &v.s.loads[i].body
		}
	}
	return nil
}

// recordLimit is the limit that a load ran under.
func recordLimit(load *loadBody) int {
	if n, ok := load.Settings["record_limit"].(float64); ok && n > 0 {
		return int(n)
	}
	return formats.DefaultRecordLimit
}

// compareRecord compares a record that was cut again with the next stored one.
func compareRecord(w *recordWalk, b *formats.Block, span formats.Span) error {
	if err := w.nextRecord(); err != nil {
		return err
	}
	r, raw, offset := w.row, b.Data[span.Start:span.End], b.Offset+int64(span.Start)
	switch {
	case r == nil:
		return fmt.Errorf("reading it again gives a record at byte %d; the case has no more", offset)
	case r.offset != offset || r.length != int64(len(raw)) || r.sum != sha256.Sum256(raw):
		return fmt.Errorf("reading it again gives a record of %d bytes at byte %d; record %d of the case has %d bytes at %d, or other bytes",
			len(raw), offset, r.record, r.length, r.offset)
	}
	return nil
}
