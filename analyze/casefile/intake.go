package casefile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

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
	ask   chan question
	out   chan *formats.Block
	// members are those of a container, and nil for anything else, from when
	// known is closed. They are to be taken before out, which closes last.
	members chan *task

	member *formats.Member // nil for an input of the load
	depth  int             // containers around it
	budget *formats.Budget // of the outermost container

	context formats.Context  // of the records after those sent
	decoder *formats.Decoder // opens the records of a format that carries some
}

// newTask returns the task of an input.
func newTask(input Input) *task {
	return &task{
		input: input, item: &Item{Path: ledger.EscapePath(input.Path), leftOut: input.leftOut()},
		known: make(chan struct{}), ask: make(chan question), out: make(chan *formats.Block, 2),
	}
}

// question asks whether evidence that comes before has a size: then the hash has
// to be known before the first block.
type question struct {
	size  int64
	reply chan<- bool
}

// intake reads inputs: it hashes, decompresses, detects and frames them.
// Evidence is opened read-only.
type intake struct {
	formats  []formats.Format // candidates, in order of detection
	setup    func(*formats.Decoder)
	limit    int // bytes of a record
	stdin    io.Reader
	spoolDir string         // folder for copies: of standard input, of what needs random access
	sizes    map[int64]bool // sizes that evidence of the case, or two inputs, share
	hashAll  bool           // every hash has to be known before the first block
	archives formats.ArchiveLimits
	progress *Progress
	blocks   *blockPool

	// expect says how to read evidence with the given hash, without formats when
	// nobody wants it. When it is nil, everything is read as said above.
	expect func(sha string) reading
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
	if cap(b.Data) < pooledBlock || cap(b.Data) > 4<<20 || cap(b.Records) > 2*blockRecords {
		return
	}
	select {
	case p.free <- b:
	default:
	}
}

// read fills t.item and sends the input's blocks, then closes t.out.
func (in *intake) read(ctx context.Context, t *task, d *desk) {
	defer close(t.out)
	known := func() { close(t.known) }
	var err error
	if t.input.Err != nil {
		err = t.input.Err
	} else {
		err = in.readInput(ctx, t, d, &known)
	}
	if err != nil {
		if t.item.Status == "" {
			t.item.Status = StatusUnreadable
		}
		t.item.fault(err.Error())
	}
	if t.member != nil && t.member.Note != "" {
		t.item.Note = strings.TrimSuffix(t.member.Note+"\n"+t.item.Note, "\n")
	}
	if known != nil {
		known()
	}
}

func (in *intake) readInput(ctx context.Context, t *task, d *desk, known *func()) error {
	s, err := in.open(t)
	if err != nil {
		return err
	}
	defer s.close()
	return in.take(ctx, t, d, s, known)
}

// take takes in an opened input.
func (in *intake) take(ctx context.Context, t *task, d *desk, s *source, known *func()) error {
	t.item.Size = s.size
	if err := in.settle(ctx, t, d, s); err != nil {
		return err
	}
	how := reading{in.formats, in.limit}
	if in.expect != nil {
		how = in.expect(t.sha)
	}
	h := sha256.New()
	raw := &countingReader{r: readerWithContext{ctx, s.r}, h: h, progress: s.progress}
	if err := in.frame(ctx, t, d, s, raw, how, known); err != nil {
		return err
	}
	// What follows the compressed stream belongs to the evidence as received.
	_, err := io.Copy(io.Discard, raw)
	sum := hexSum(h.Sum(nil))
	switch {
	case err != nil && t.item.Status == "":
		return fmt.Errorf("reading evidence: %w", err)
	case err != nil:
		t.item.fault(fmt.Sprintf("the hash is of the %d bytes that could be read", raw.n))
	case t.sha != "" && t.sha != sum || s.size >= 0 && raw.n != s.size || s.changed():
		t.item.fault("the file changed while it was being read; load a copy that nothing writes to")
	}
	t.item.SHA256, t.item.Size = sum, raw.n
	if t.item.StreamSHA256 == "" && t.item.Compression == "" {
		t.item.StreamSHA256 = sum
	}
	return nil
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

// desk is the memory that one reader goroutine reuses from input to input.
type desk struct {
	decompressor *formats.Decompressor
	small        []byte // a small file as a whole
	prefix       []byte // the beginning of the stream
	doc          jsontape.Doc
	below        *desk // for the members of a container
}

func newDesk() *desk { return &desk{decompressor: formats.NewDecompressor()} }

// reading says how a stream is to be read.
type reading struct {
	formats []formats.Format
	limit   int // bytes of a record
}

// frame decompresses, detects and cuts the stream.
func (in *intake) frame(ctx context.Context, t *task, d *desk, s *source, raw *countingReader, how reading, known *func()) error {
	compression, err := d.decompressor.Reset(raw)
	t.item.Compression = compression
	container := d.decompressor.Container()
	if open := openerOf(container); err == nil && open != nil {
		return in.unpack(ctx, t, d, s, raw, open, known)
	}
	if err == nil && container != "" && container != compressionParquet {
		err = &formats.UnsupportedError{Compression: container}
	}
	if err != nil {
		t.item.Status = StatusUnrecognised
		t.item.Note = err.Error()
		return nil
	}
	if len(how.formats) == 0 {
		return nil
	}
	var stream io.Reader = d.decompressor
	if container == compressionParquet {
		rows, err := in.openRows(t, d, s, raw)
		if err != nil {
			t.item.Status = StatusUnreadable
			t.item.Note = fmt.Sprintf("copying it to a temporary file: %v", err)
			return nil
		}
		defer func() { _ = rows.Close() }() // never fails
		stream = readerWithContext{ctx, rows}
	}
	if t.item.Encoding = d.decompressor.Encoding(); t.item.Compression != "" || t.item.Encoding != "" {
		h := &countingReader{r: t.budget.Reader(stream), h: sha256.New(), progress: new(Progress)}
		defer func() {
			t.item.StreamSize, t.item.StreamSHA256 = h.n, hexSum(h.h.Sum(nil))
			if n := d.decompressor.Replaced(); n > 0 {
				t.item.remark(fmt.Sprintf("%d places are not valid %s; each became U+FFFD", n, strings.ToUpper(t.item.Encoding)))
			}
		}()
		stream = h
	}
	sample, readErr, err := in.detect(t, d, stream, how.formats)
	switch {
	case len(d.prefix) == 0 && readErr == nil:
		t.item.Status = StatusEmpty
		return nil
	case len(d.prefix) == 0:
		t.item.Status = StatusUnreadable
		t.item.Note = readErr.Error()
		return nil
	case err != nil:
		t.item.Status = StatusUnrecognised
		t.item.Note = err.Error()
		if _, err := io.Copy(io.Discard, stream); err != nil {
			t.item.Note += "\n" + err.Error()
		}
		return nil
	}
	framing := sample.Framing(t.format)
	if container == compressionParquet && framing.Kind == formats.FrameValues {
		framing = formats.Framing{Kind: formats.FrameLines} // a row a line, however long the first
	}
	t.item.Format, t.item.Framing = t.format.Name(), &framing
	if t.item.Status != StatusDamaged {
		t.item.Status = StatusLoaded
	}
	if *known != nil {
		(*known)()
		*known = nil
	}
	rest := stream
	if readErr != nil {
		rest = errorReader{readErr}
	}
	return in.cut(ctx, t, formats.NewScanner(io.MultiReader(bytes.NewReader(d.prefix), rest), framing, how.limit))
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// firstSample is how much of a stream detection sees at first: enough for the
// first record of most logs, and a tenth of the cost of parsing a usual file
// of a cloud tree twice.
const firstSample = 8 << 10

// detect reads the beginning of the stream into d.prefix and finds its format
// and sample. It looks at more when the first value does not end in what it
// saw, unless that was enough: a format of its own, with a framing that does
// not depend on where the value ends. readErr is the error that ended the
// stream early.
func (in *intake) detect(t *task, d *desk, stream io.Reader, candidates []formats.Format) (sample *formats.Sample, readErr, err error) {
	d.prefix = d.prefix[:0]
	for _, size := range []int{firstSample, formats.SampleSize, formats.MaxSampleSize} {
		from := len(d.prefix)
		d.prefix = slices.Grow(d.prefix, size-from)[:size]
		n, rerr := readFull(stream, d.prefix[from:])
		d.prefix = d.prefix[:from+n]
		whole := rerr != nil
		if whole && !errors.Is(rerr, io.EOF) {
			readErr = rerr
		}
		sample = formats.NewSample(t.input.Path, d.prefix, whole, &d.doc)
		t.format, err = formats.Detect(sample, candidates)
		if whole || d.doc.Complete() && err == nil {
			break
		}
		catchAll := candidates[len(candidates)-1]
		if err == nil && t.format != catchAll && sample.Framing(t.format).Kind == formats.FrameArray {
			break
		}
	}
	return sample, readErr, err
}

// readFull reads until p is full, and returns the reader's own error when it is
// not: [io.ReadFull] makes the end of the stream the same error as that of a
// gzip stream that was cut off.
func readFull(r io.Reader, p []byte) (int, error) {
	n := 0
	for n < len(p) {
		m, err := r.Read(p[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// cut frames the stream and hands its blocks on.
func (in *intake) cut(ctx context.Context, t *task, s *formats.Scanner) error {
	size := int64(0)
	for {
		b := in.blocks.get()
		err := s.Next(b)
		size += int64(len(b.Data))
		in.progress.Records.Add(int64(len(b.Records)))
		if handErr := in.hand(ctx, t, b); handErr != nil {
			return handErr
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
	if t.item.Compression == "" && t.item.Encoding == "" {
		t.item.StreamSize = size
	}
	return nil
}

// blockRecords is the most records of a block that are handed on together: a
// megabyte can hold half a million records, and a segment closes only between
// blocks.
const blockRecords = 16 << 10

// hand hands a block on, in parts when it has very many records. A block of few
// bytes is copied out of the memory it was read into, or a segment of many
// small files would hold a full block for each.
func (in *intake) hand(ctx context.Context, t *task, b *formats.Block) error {
	whole := len(b.Records) <= blockRecords
	if whole && len(b.Data) >= cap(b.Data)/4 && len(b.Data) > 0 {
		return send(ctx, t, b)
	}
	defer in.blocks.put(b)
	rest := b.Records
	for from := 0; from < len(b.Data) || len(rest) > 0; {
		n, to := len(rest), len(b.Data)
		if n > blockRecords {
			n, to = blockRecords, rest[blockRecords-1].End
		}
		part := &formats.Block{Offset: b.Offset + int64(from), Records: slices.Clone(rest[:n])}
		rest = rest[n:]
		for i := range part.Records {
			part.Records[i].Start -= from
			part.Records[i].End -= from
		}
		part.Data = bytes.Clone(b.Data[from:to])
		from = to
		if err := send(ctx, t, part); err != nil {
			return err
		}
	}
	return nil
}

// send sends a block, with what the records before it carry into it.
func send(ctx context.Context, t *task, b *formats.Block) error {
	b.Context = t.context
	if _, ok := t.format.(formats.Carrier); ok {
		if t.decoder == nil {
			t.decoder = formats.NewDecoder()
		}
		for _, span := range b.Records {
			if span.Problem == "" {
				carry(&t.context, t.decoder, t.format, t.item, b.Data[span.Start:span.End])
			}
		}
	}
	select {
	case t.out <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// carry notes a record in c as decoding does.
func carry(c *formats.Context, d *formats.Decoder, f formats.Format, it *Item, record []byte) {
	if inner, err := d.Open(it.framing(), record); err == nil && inner != nil {
		c.Carry(f, inner)
	}
	d.Reset()
}
