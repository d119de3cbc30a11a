package clouddigest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// file is one file below the paths.
type file struct {
	path    string
	kind    kind
	members int32              // of gzip; 0 when it is not compressed
	sum     [sha256.Size]byte  // of the decompressed bytes of all members
	first   *[sha256.Size]byte // of those of the first member, when the file goes on behind it
	err     string             // why it could not be read to its end
	listed  bool               // a digest names it, or its content
}

// kind is what a file is, by its content.
type kind uint8

const (
	kindOther kind = iota
	kindLog
	kindDigest
	kindBroken // named like a digest
	kindKeys
	kindMetadata
)

// found is a file with what is in it.
type found struct {
	file
	digest   *digest
	keys     []key
	metadata []metadata
}

const (
	// maxDocument bounds a digest, a list of keys and a file of metadata,
	// decompressed. A digest has about 400 bytes for each log file of an hour.
	maxDocument = 16 << 20
	// headSize is how much of a file tells what it is.
	headSize = 512
	// ratioFrom is the output from which the ratio of formats.DefaultLimits
	// counts.
	ratioFrom = 256 << 20
)

// largeDocument is the size from which there is one document at a time: parsed,
// it takes up to 16 bytes for each of its bytes.
const largeDocument = 1 << 20

// reader reads one file after the other. It is not safe for concurrent use.
type reader struct {
	ctx   context.Context // of the whole validation
	in    *bufio.Reader
	taken counter // what was read of the file
	out   int64   // what came out of it
	gzip  gzip.Reader
	sum   hash.Hash
	buf   []byte
	body  []byte // what can be a document
	doc   jsontape.Doc
	large *sync.Mutex // held by the reader that has a large document
	holds bool
}

func newReader(ctx context.Context, large *sync.Mutex) *reader {
	r := &reader{ctx: ctx, sum: sha256.New(), buf: make([]byte, 64<<10), large: large}
	r.in = bufio.NewReaderSize(&r.taken, 64<<10)
	return r
}

// counter counts the bytes that it gives.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// read reads a file to its end.
func (r *reader) read(s source) found {
	f := found{file: file{path: s.path}}
	src, err := s.root.Open(s.name)
	if err != nil {
		f.err = err.Error()
		return f
	}
	defer src.Close()
	defer r.release()
	r.taken, r.out = counter{r: src}, 0
	r.in.Reset(&r.taken)
	r.sum.Reset()
	split, err := r.drain(&f.file)
	if err != nil {
		f.err = err.Error()
	}
	r.sum.Sum(f.sum[:0])
	r.recognise(&f, split)
	return f
}

// release forgets the document of a file.
func (r *reader) release() {
	r.body = r.body[:0]
	if r.holds {
		r.holds, r.body, r.doc = false, nil, jsontape.Doc{}
		r.large.Unlock()
	}
}

// drain hashes the decompressed bytes, and keeps them as long as they can be a
// document. split is where the first gzip member ends in them, -1 when it is
// the only one.
func (r *reader) drain(f *file) (split int, err error) {
	split = -1
	start, _ := r.in.Peek(2) // what is wrong comes again
	if string(start) != "\x1f\x8b" {
		return split, r.hash(r.in)
	}
	if err := r.gzip.Reset(r.in); err != nil {
		return split, err
	}
	for {
		f.members++
		r.gzip.Multistream(false)
		if err := r.hash(&r.gzip); err != nil {
			return split, err
		}
		if _, err := r.in.Peek(1); errors.Is(err, io.EOF) {
			return split, nil
		}
		if f.first == nil {
			f.first, split = new([sha256.Size]byte), len(r.body)
			r.sum.Sum(f.first[:0])
		}
		if err := r.gzip.Reset(r.in); err != nil {
			return split, fmt.Errorf("what follows gzip member %d is none: %w", f.members, err)
		}
	}
}

// hash reads to the end.
func (r *reader) hash(in io.Reader) error {
	limit := formats.DefaultLimits().MaxRatio
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		n, err := in.Read(r.buf)
		r.sum.Write(r.buf[:n])
		r.keep(r.buf[:n])
		if r.out += int64(n); r.out > ratioFrom && r.out/limit > r.taken.n {
			return fmt.Errorf("it becomes more than %d times its size", limit)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// keep adds to the document, until it is seen to be none.
func (r *reader) keep(p []byte) {
	if len(r.body) > maxDocument || len(r.body) >= headSize && !canBeDocument(r.body) {
		return
	}
	r.body = append(r.body, p...)
	if len(r.body) > largeDocument && !r.holds {
		r.large.Lock()
		r.holds = true
	}
}

// recognise tells by the content what a file is.
func (r *reader) recognise(f *found, split int) {
	var err error
	switch {
	case isLog(r.body):
		f.kind = kindLog
		return
	case len(r.body) > maxDocument:
		err = fmt.Errorf("it has more than %d MiB", maxDocument>>20)
	case canBeDocument(r.body):
		err = r.document(f, split)
	}
	if f.kind == kindOther && isDigestName(f.path) {
		f.kind = kindBroken
		if err == nil {
			err = errNotDigest
		}
	}
	if err != nil && f.kind != kindOther {
		f.err = err.Error()
	}
}

// document parses what can be a digest, a list of keys or metadata. Where there
// are several gzip members, the whole is the digest, or else the first is: what
// AWS delivers has one.
func (r *reader) document(f *found, split int) error {
	d, err := parseDigest(&r.doc, r.body)
	if err != nil && split >= 0 {
		if first, wrong := parseDigest(&r.doc, r.body[:split]); wrong == nil {
			d, err, first.appended = first, nil, true
		}
	}
	switch {
	case err == nil:
		f.kind, f.digest = kindDigest, d
		return nil
	case !errors.Is(err, errNotDigest):
		if bytes.Contains(r.body, []byte(`"digestS3Object"`)) {
			f.kind = kindBroken
		}
		return err
	}
	body, err := plain(r.body)
	if err != nil {
		return err
	}
	if f.keys, f.metadata, err = parseDocument(&r.doc, body); err != nil || f.keys != nil {
		f.kind = kindKeys
	} else if f.metadata != nil {
		f.kind = kindMetadata
	}
	return err
}

// isLog reports whether a file begins as CloudTrail delivers logs.
func isLog(body []byte) bool {
	rest, ok := bytes.CutPrefix(trimSpace(body[:min(len(body), headSize)]), []byte("{"))
	return ok && bytes.HasPrefix(trimSpace(rest), []byte(`"Records"`))
}

// canBeDocument reports whether a file begins as JSON that is no log does, or
// with a byte order mark, as what is saved by a shell on Windows.
func canBeDocument(body []byte) bool {
	start := trimSpace(body[:min(len(body), headSize)])
	return !isLog(body) && len(start) > 0 && (start[0] == '{' || start[0] == '[' || start[0] >= 0xef)
}

func trimSpace(b []byte) []byte { return bytes.TrimLeft(b, " \t\r\n") }

// plain returns a document as UTF-8 without a byte order mark.
func plain(body []byte) ([]byte, error) {
	if len(body) == 0 || body[0] < 0xef {
		return body, nil
	}
	in, _, err := formats.Decompress(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(in, 2*maxDocument))
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}
