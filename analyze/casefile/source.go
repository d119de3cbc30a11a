package casefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
)

// smallFile is the size up to which a file is read once into memory, hashed,
// and only then decoded. A larger file is hashed while it is decoded.
const smallFile = 4 << 20

// source is the bytes of an input as received.
type source struct {
	r    io.Reader // gives at most size bytes
	size int64     // -1: not known before
	// at reads anywhere; nil where only reading from the beginning is possible.
	at *io.SectionReader
	// again begins anew; nil where the bytes can be had only once.
	again func() (io.Reader, error)
	// changed reports that the bytes are not, or no longer, those of the input.
	changed  func() bool
	progress *Progress
	closers  []func()
}

func (s *source) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}

// open opens an input, or the member of a container.
func (in *intake) open(t *task) (*source, error) {
	if t.member != nil {
		return openMember(t)
	}
	if t.input.Path == "-" {
		return in.openStdin()
	}
	f, err := os.Open(t.input.Path)
	if err != nil {
		return nil, fmt.Errorf("opening evidence: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, closeAfter(f, fmt.Errorf("opening evidence: %w", err))
	}
	if !info.Mode().IsRegular() {
		return nil, closeAfter(f, fmt.Errorf("opening evidence %s: not a regular file; pipe it in as standard input with -", t.input.Path))
	}
	s := fileSource(f, info.Size(), in.progress)
	s.changed = func() bool { return !atEnd(f) || touched(f, info.Size(), info.ModTime()) }
	return s, nil
}

// fileSource returns the source of an open file, which it closes.
func fileSource(f *os.File, size int64, progress *Progress) *source {
	return &source{
		// No more is read than there was: a file may grow faster than it is read.
		r: io.LimitReader(f, size), size: size, at: io.NewSectionReader(f, 0, size), progress: progress,
		again: func() (io.Reader, error) {
			_, err := f.Seek(0, io.SeekStart)
			return io.LimitReader(f, size), err
		},
		changed: func() bool { return false },
		closers: []func(){func() { _ = f.Close() }},
	}
}

// atEnd reports whether r has nothing left. A failed read is not an end.
func atEnd(r io.Reader) bool {
	n, err := readFull(r, make([]byte, 1))
	return n == 0 && errors.Is(err, io.EOF)
}

// touched reports whether a file was written to since it had a size and a time.
func touched(f *os.File, size int64, modified time.Time) bool {
	info, err := f.Stat()
	return err == nil && (info.Size() != size || !info.ModTime().Equal(modified))
}

// openStdin copies standard input to a file first, so that its hash can be
// known before it becomes part of the case.
func (in *intake) openStdin() (*source, error) {
	s, failed, err := in.spool(in.stdin, math.MaxInt64-1)
	if err == nil && failed != nil {
		s.close()
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("copying standard input: %w", err)
	}
	s.progress = in.progress
	return s, nil
}

// openMember opens a member of a container.
func openMember(t *task) (*source, error) {
	r, err := t.member.Open()
	if err != nil {
		return nil, fmt.Errorf("reading a member: %w", err)
	}
	s := &source{
		r: t.budget.Reader(r), size: t.member.Size,
		changed: func() bool { return false }, progress: new(Progress),
	}
	if t.member.Reopens {
		s.again = t.member.Open
	}
	return s, nil
}

// spool copies at most limit bytes that cannot be read twice, or anywhere, to a
// temporary file, which is removed when the source is closed. failed is the
// error that broke off the reading.
func (in *intake) spool(r io.Reader, limit int64) (s *source, failed, err error) {
	f, err := os.CreateTemp(in.spoolDir, "spool-*")
	if err != nil {
		return nil, nil, err
	}
	drop := func() { _ = f.Close(); _ = os.Remove(f.Name()) }
	from := &failingReader{r: io.LimitReader(r, limit+1)}
	n, err := io.Copy(f, from)
	if from.err != nil {
		err = nil
	}
	if err == nil && n > limit {
		err = fmt.Errorf("it has more than %d bytes; unpack it and load what comes out", limit)
	}
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		drop()
		return nil, nil, err
	}
	s = fileSource(f, n, new(Progress))
	s.closers = []func(){drop}
	return s, from.err, nil
}

// failingReader keeps the error of a reader.
type failingReader struct {
	r   io.Reader
	err error
}

func (f *failingReader) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
	}
	return n, err
}

// settle computes the hash of a source before anything of it is decoded where
// the hash may be that of other evidence, so that the same evidence twice adds
// nothing: always for small ones, which are read into memory, and for larger
// ones when other evidence has their size.
func (in *intake) settle(ctx context.Context, t *task, d *desk, s *source) error {
	if s.size < 0 || s.size <= smallFile {
		if settleSmall(t, d, s) {
			return nil
		}
	}
	if s.size >= 0 && !in.hashAll && (t.member != nil || !in.sizes[s.size]) {
		asked, err := askBefore(ctx, t, s.size)
		if err != nil || !asked {
			return err
		}
	}
	return in.hashFirst(ctx, t, s)
}

// settleSmall reads and hashes what fits into memory, and reports whether that
// is all. A failed read comes again after what could be read.
func settleSmall(t *task, d *desk, s *source) bool {
	size := int(s.size)
	if s.size < 0 {
		size = smallFile + 1
	}
	d.small = slices.Grow(d.small[:0], size)[:size]
	n, err := readFull(s.r, d.small)
	if s.size < 0 && err == nil {
		s.r = io.MultiReader(bytes.NewReader(d.small), s.r)
		return false
	}
	data := bytes.NewReader(d.small[:n])
	if s.size < 0 {
		s.size = int64(n)
		t.item.Size = s.size
	}
	rest := s.r
	if err != nil && !errors.Is(err, io.EOF) {
		rest = errorReader{err}
	}
	s.r = io.MultiReader(data, rest)
	s.at = io.NewSectionReader(bytes.NewReader(d.small[:n]), 0, int64(n))
	sum := sha256.Sum256(d.small[:n])
	t.sha = hexSum(sum[:])
	return true
}

// askBefore asks whether evidence before this one has its size.
func askBefore(ctx context.Context, t *task, size int64) (bool, error) {
	reply := make(chan bool, 1)
	select {
	case t.ask <- question{size, reply}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case answer := <-reply:
		return answer, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// hashFirst reads a source to its end, hashes it and begins anew. A failed read
// comes again then.
func (in *intake) hashFirst(ctx context.Context, t *task, s *source) error {
	h := sha256.New()
	if s.again == nil {
		copied, failed, err := in.spool(readerWithContext{ctx, io.TeeReader(s.r, h)}, in.archives.MaxSpool)
		if err != nil {
			return fmt.Errorf("copying a member to a temporary file: %w", err)
		}
		s.closers = append(s.closers, copied.close)
		s.r, s.at = copied.r, copied.at
		if failed != nil {
			s.r = io.MultiReader(s.r, errorReader{failed})
		}
		t.sha = hexSum(h.Sum(nil))
		return nil
	}
	n, failed := io.Copy(h, readerWithContext{ctx, s.r})
	t.sha = hexSum(h.Sum(nil))
	if s.size < 0 {
		s.size = n
		t.item.Size = n
	}
	var err error
	if s.r, err = s.again(); err != nil {
		return fmt.Errorf("reading evidence again: %w", err)
	}
	if failed != nil {
		s.r = io.MultiReader(io.LimitReader(s.r, n), errorReader{failed})
	}
	return nil
}

// budgetOf returns the budget of what is in an input.
func (in *intake) budgetOf(t *task, s *source) *formats.Budget {
	if t.budget == nil {
		return formats.NewBudget(s.size, in.archives)
	}
	return t.budget
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
