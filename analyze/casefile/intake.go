package casefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// smallFile is the size up to which a file is read once into memory, hashed,
// and only then decoded. A larger file is hashed while it is decoded.
const smallFile = 4 << 20

// task is one input on its way through intake. Blocks arrive on out; the item
// is complete once out is closed.
type task struct {
	input  Input
	item   *Item
	format formats.Format
	// known is closed before the first block. By then sha is the hash of the
	// input, or "" when no evidence of its size is known and the hash is
	// computed on the way.
	known chan struct{}
	sha   string
	out   chan *formats.Block
}

// intake reads inputs: it hashes, decompresses, detects and frames them.
// Evidence is opened read-only.
type intake struct {
	formats  []formats.Format // candidates, in order of detection
	setup    func(*formats.Decoder)
	limit    int // bytes of a record
	stdin    io.Reader
	spool    string         // folder for the copy of standard input
	sizes    map[int64]bool // sizes that evidence of the case, or two inputs, share
	progress *Progress
	blocks   *blockPool
}

// Progress counts what a load has read; other goroutines may read it.
type Progress struct {
	Total, Done, Records atomic.Int64 // bytes as received; records
}

// blockPool keeps full-size blocks for reuse.
type blockPool struct{ free chan *formats.Block }

// pooledBlock is the capacity from which a block is worth keeping.
const pooledBlock = 512 << 10

func (p *blockPool) get() *formats.Block {
	select {
	case b := <-p.free:
		return b
	default:
		return new(formats.Block)
	}
}

func (p *blockPool) put(b *formats.Block) {
	if cap(b.Data) < pooledBlock || cap(b.Data) > 4<<20 {
		return
	}
	select {
	case p.free <- b:
	default:
	}
}

// read fills t.item and sends the input's blocks, then closes t.out.
func (in *intake) read(ctx context.Context, t *task) {
	defer close(t.out)
	known := func() { close(t.known) }
	var err error
	if t.input.Err != nil {
		err = t.input.Err
	} else {
		err = in.readInput(ctx, t, &known)
	}
	if err != nil {
		if t.item.Status == "" {
			t.item.Status = StatusUnreadable
		}
		t.item.Note = err.Error()
	}
	if known != nil {
		known()
	}
}

func (in *intake) readInput(ctx context.Context, t *task, known *func()) error {
	f, size, cleanup, err := in.open(t.input.Path)
	if err != nil {
		return err
	}
	defer cleanup()
	t.item.Size = size
	var src io.Reader = f
	if size <= smallFile || in.sizes[size] {
		if src, err = in.hashFirst(t, f, size); err != nil {
			return err
		}
		(*known)()
		*known = nil
	}
	h := sha256.New()
	raw := &countingReader{r: src, h: h, progress: in.progress}
	if err := in.frame(ctx, t, raw, known); err != nil {
		return err
	}
	// What follows the compressed stream belongs to the evidence as received.
	if _, err := io.Copy(io.Discard, raw); err != nil {
		return fmt.Errorf("reading the end of %s: %w", t.input.Path, err)
	}
	sum := hexSum(h.Sum(nil))
	if t.sha != "" && t.sha != sum || raw.n != size {
		t.item.Status = StatusDamaged
		t.item.Note = "the file changed while it was being read; load a copy that nothing writes to"
	}
	t.item.SHA256, t.item.Size = sum, raw.n
	if t.item.StreamSHA256 == "" {
		t.item.StreamSHA256 = sum
	}
	return nil
}

// open opens an input read-only. Standard input is copied to a file first, so
// that its hash can be known before it becomes part of the case.
func (in *intake) open(path string) (io.ReadSeeker, int64, func(), error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, 0, nil, fmt.Errorf("opening evidence: %w", err)
		}
		info, err := f.Stat()
		if err != nil {
			return nil, 0, nil, closeAfter(f, fmt.Errorf("opening evidence: %w", err))
		}
		if !info.Mode().IsRegular() {
			return nil, 0, nil, closeAfter(f, fmt.Errorf("opening evidence %s: not a regular file; pipe it in as standard input with -", path))
		}
		return f, info.Size(), func() { _ = f.Close() }, nil
	}
	f, err := os.CreateTemp(in.spool, "stdin-*")
	if err != nil {
		return nil, 0, nil, fmt.Errorf("copying standard input: %w", err)
	}
	drop := func() { _ = f.Close(); _ = os.Remove(f.Name()) }
	n, err := io.Copy(f, in.stdin)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		drop()
		return nil, 0, nil, fmt.Errorf("copying standard input: %w", err)
	}
	return f, n, drop, nil
}

// hashFirst computes the item's hash before anything is decoded: always for
// small files, and for larger ones when their size equals that of evidence
// already in the case, so that the same evidence twice adds nothing.
func (in *intake) hashFirst(t *task, f io.ReadSeeker, size int64) (io.Reader, error) {
	h := sha256.New()
	if size <= smallFile {
		data := make([]byte, size)
		n, err := io.ReadFull(f, data)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("reading evidence: %w", err)
		}
		h.Write(data[:n])
		t.sha = hexSum(h.Sum(nil))
		return io.MultiReader(bytes.NewReader(data[:n]), f), nil
	}
	if _, err := io.Copy(h, f); err != nil {
		return nil, fmt.Errorf("hashing evidence: %w", err)
	}
	t.sha = hexSum(h.Sum(nil))
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("reading evidence again: %w", err)
	}
	return f, nil
}

type countingReader struct {
	r        io.Reader
	h        hash.Hash
	n        int64
	progress *Progress
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.h.Write(p[:n])
	r.n += int64(n)
	r.progress.Done.Add(int64(n))
	return n, err
}

// frame decompresses, detects and cuts the stream.
func (in *intake) frame(ctx context.Context, t *task, raw io.Reader, known *func()) error {
	stream, compression, err := formats.Decompress(raw)
	if err != nil {
		t.item.Status = StatusUnrecognised
		t.item.Compression = compression
		t.item.Note = err.Error()
		return nil
	}
	t.item.Compression = compression
	if compression != "" {
		h := &countingReader{r: stream, h: sha256.New(), progress: new(Progress)}
		defer func() {
			t.item.StreamSize, t.item.StreamSHA256 = h.n, hexSum(h.h.Sum(nil))
		}()
		stream = h
	}
	sample, prefix, readErr := readSample(t.input.Path, stream)
	if len(prefix) == 0 && readErr == nil {
		t.item.Status = StatusEmpty
		return nil
	}
	t.format, err = formats.Detect(sample, in.formats)
	if err != nil {
		t.item.Status = StatusUnrecognised
		t.item.Note = err.Error()
		_, err := io.Copy(io.Discard, stream)
		return err
	}
	t.item.Format = t.format.Name()
	t.item.Status = StatusLoaded
	if *known != nil {
		(*known)()
		*known = nil
	}
	rest := io.MultiReader(bytes.NewReader(prefix), stream)
	if readErr != nil {
		rest = io.MultiReader(bytes.NewReader(prefix), errorReader{readErr})
	}
	return in.cut(ctx, t, formats.NewScanner(rest, t.format.Framing(sample), in.limit))
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// readSample reads the first bytes of the stream, and more of them when the
// first value does not end there.
func readSample(path string, stream io.Reader) (*formats.Sample, []byte, error) {
	var prefix []byte
	for _, size := range []int{formats.SampleSize, formats.MaxSampleSize} {
		from := len(prefix)
		prefix = append(prefix, make([]byte, size-from)...)
		n, err := io.ReadFull(stream, prefix[from:])
		prefix = prefix[:from+n]
		whole := err != nil
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = nil
		}
		doc := new(jsontape.Doc)
		sample := formats.NewSample(path, prefix, whole, doc)
		if whole || err != nil || doc.Complete() || size == formats.MaxSampleSize {
			return sample, prefix, err
		}
	}
	return nil, nil, errors.New("reading a sample: no size to read") // not reached: the list above has a last size
}

// cut frames the stream and hands its blocks on. A stream that fits in one
// block of few bytes is copied out of the block it was read into, or a
// segment of many small files would hold a full block for each.
func (in *intake) cut(ctx context.Context, t *task, s *formats.Scanner) error {
	size := int64(0)
	for {
		b := in.blocks.get()
		err := s.Next(b)
		if len(b.Data) > 0 || len(b.Records) > 0 {
			size += int64(len(b.Data))
			in.progress.Records.Add(int64(len(b.Records)))
			if len(b.Data) < cap(b.Data)/4 {
				small := &formats.Block{Data: bytes.Clone(b.Data), Offset: b.Offset, Records: slices.Clone(b.Records)}
				in.blocks.put(b)
				b = small
			}
			select {
			case t.out <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.item.Status = StatusDamaged
			t.item.Note = fmt.Sprintf("%v; the %d bytes before it are loaded", err, size)
			break
		}
	}
	if t.item.Compression == "" {
		t.item.StreamSize = size
	}
	return nil
}
