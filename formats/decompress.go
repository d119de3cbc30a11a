package formats

import (
	"bufio"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits bound what a compressed stream may become, so that a few kilobytes
// made by an attacker do not fill a disk. Zero means no bound.
type Limits struct {
	// MaxSize is the most bytes that may come out.
	MaxSize int64
	// MaxRatio is the most bytes that may come out for each byte that goes in.
	// It counts from 256 MiB of output on, so that small evidence of equal
	// lines is never refused.
	MaxRatio int64
}

// DefaultLimits returns the limits of a new [Decompressor]. Decompression
// streams, so memory needs no bound and size has none: evidence can be large.
// The ratio is what tells a bomb from a log: JSON logs shrink 10 to 30 times,
// one line repeated with only its time changing some 100 times, and a stream
// of zeros comes near the 1032 times that DEFLATE can reach, or the tens of
// thousands of the others.
func DefaultLimits() Limits { return Limits{MaxRatio: 500} }

// ratioFrom is the output from which Limits.MaxRatio counts.
const ratioFrom = 256 << 20

// maxWindow is the most memory that a stream may ask for to look back into: as
// much as the zstd and xz programs themselves allow without being told.
const maxWindow = 128 << 20

// UnsupportedError says that a stream is written in a known way that is not
// supported.
type UnsupportedError struct {
	Compression string // the name of what it is, such as "7z"
}

// Error returns the message.
func (e *UnsupportedError) Error() string { return "reading " + e.Compression + ": not supported" }

// Decompressor reads a stream that may be compressed, and may be text in
// UTF-16. One Decompressor is reused for many streams and is not safe for
// concurrent use.
type Decompressor struct {
	Limits Limits

	in        *bufio.Reader
	source    counter
	gzip      *gzip.Reader
	zstd      *zstd.Decoder
	packed    io.Reader // gives out what was compressed; nil when nothing was
	name      string    // of the compression
	out       int64     // bytes that came out of it
	err       error     // that ended it
	head      []byte    // bytes that were looked at and not yet given out
	headMem   [headSize]byte
	container string
	text      *utf16Reader // nil when the stream is given out as it is
}

// headSize is how much of a stream tells what it is: the checksum of a tar
// header is over 512 bytes.
const headSize = 512

// counter counts the bytes that a reader gives.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// NewDecompressor returns a Decompressor with [DefaultLimits], which has
// nothing to read until Reset.
func NewDecompressor() *Decompressor {
	return &Decompressor{Limits: DefaultLimits(), err: io.EOF}
}

// Decompress returns a reader of the decompressed stream of r, and the name of
// its compression; see [Decompressor.Reset]. What holds several streams is an
// *[UnsupportedError].
func Decompress(r io.Reader) (out io.Reader, compression string, err error) {
	d := NewDecompressor()
	if compression, err = d.Reset(r); err == nil && d.container != "" {
		err = &UnsupportedError{d.container}
		d.err, d.head = err, nil
	}
	return d, compression, err
}

// Reset begins to read r and returns the name of its compression: "gzip",
// "zstd", "bzip2" or "xz", or "" when it has none. It goes by the first bytes
// and by no file name. Several members, frames or streams of a compression are
// one stream; what is inside is not decompressed again. The error is an
// *[UnsupportedError] for other known compressions; what is wrong with a
// compressed stream, its header included, is an error of Read.
func (d *Decompressor) Reset(r io.Reader) (compression string, err error) {
	d.source = counter{r: r}
	if d.in == nil {
		d.in = bufio.NewReaderSize(&d.source, 64<<10)
	} else {
		d.in.Reset(&d.source)
	}
	d.packed, d.name, d.out, d.err, d.head, d.container, d.text = nil, "", 0, nil, nil, "", nil
	start, _ := d.in.Peek(headSize) // an error comes again from Read
	compression = sniff(start)
	if open := d.codec(compression); open != nil {
		d.name = compression
		d.packed, err = open()
		d.err = d.where(err)
		var n int
		if d.err == nil {
			n, d.err = d.fill(d.headMem[:])
		}
		start = d.headMem[:n]
		d.head = start
	} else if compression != "" {
		d.err = &UnsupportedError{compression}
		return compression, d.err
	}
	d.container = sniffContainer(start)
	switch encoding := sniffEncoding(start); encoding {
	case "":
	case utf16LE, utf16BE:
		d.text = newUTF16Reader(readerFunc(d.read), encoding)
	default:
		d.err, d.head = &UnsupportedError{encoding}, nil
		return compression, d.err
	}
	return compression, nil
}

// Container returns what the stream is when it holds several streams or needs
// random access: "zip", "tar" or "parquet". Its bytes are given out as they
// are.
func (d *Decompressor) Container() string { return d.container }

// Encoding returns "utf-16le" or "utf-16be" when the stream is text in it,
// which is given out as UTF-8, its byte order mark included.
func (d *Decompressor) Encoding() string {
	if d.text == nil {
		return ""
	}
	return d.text.encoding
}

// Replaced returns how many code units of UTF-16 text so far were half a
// surrogate pair or half a unit, which U+FFFD stands for.
func (d *Decompressor) Replaced() int64 {
	if d.text == nil {
		return 0
	}
	return d.text.replaced
}

// codec returns what opens a compression, nil when it is not supported.
func (d *Decompressor) codec(compression string) func() (io.Reader, error) {
	switch compression {
	case "gzip":
		return d.openGzip
	case "zstd":
		return d.openZstd
	case "bzip2":
		return func() (io.Reader, error) { return bzip2.NewReader(d.in), nil }
	case "xz":
		return func() (io.Reader, error) { return newXZReader(d.in), nil }
	}
	return nil
}

// openGzip reads the first gzip header.
func (d *Decompressor) openGzip() (io.Reader, error) {
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	err := d.gzip.Reset(d.in)
	if errors.Is(err, io.EOF) { // not an end: the magic was there
		err = io.ErrUnexpectedEOF
	}
	return d.gzip, err
}

// openZstd begins to read frames.
func (d *Decompressor) openZstd() (io.Reader, error) {
	if d.zstd == nil {
		var err error
		if d.zstd, err = newZstdReader(); err != nil {
			return nil, err
		}
	}
	return d.zstd, d.zstd.Reset(d.in)
}

// newZstdReader returns a decoder that works in the goroutine that reads, and
// bounds its memory, not what comes out.
func newZstdReader() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(1<<62))
}

// Read gives out decompressed bytes. Where the stream is broken, the error
// says where, and comes after every byte that could be decompressed.
func (d *Decompressor) Read(p []byte) (int, error) {
	if d.text != nil {
		return d.text.Read(p)
	}
	return d.read(p)
}

// read gives out decompressed bytes, not converted.
func (d *Decompressor) read(p []byte) (int, error) {
	if len(d.head) > 0 {
		n := copy(p, d.head)
		d.head = d.head[n:]
		return n, nil
	}
	return d.unpack(p)
}

// unpack reads the stream of the compression.
func (d *Decompressor) unpack(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if d.packed == nil {
		n, err := d.in.Read(p)
		d.out += int64(n)
		d.err = err
		return n, err
	}
	n, err := d.packed.Read(p)
	d.out += int64(n)
	if d.err = d.exceeded(); d.err == nil {
		d.err = d.where(err)
	}
	if over := d.out - d.Limits.MaxSize; d.Limits.MaxSize > 0 && over > 0 {
		n -= int(over)
	}
	return n, d.err
}

// fill reads until p is full or the stream ends.
func (d *Decompressor) fill(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = d.unpack(p[n:])
		n += m
	}
	return n, err
}

// where adds to an error of a compressed stream where it is.
func (d *Decompressor) where(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("reading %s at byte %d (byte %d decompressed): %w", d.name, d.consumed(), d.out, err)
}

// consumed returns how many bytes of the source have been used.
func (d *Decompressor) consumed() int64 { return d.source.n - int64(d.in.Buffered()) }

// exceeded returns an error when a limit is exceeded.
func (d *Decompressor) exceeded() error {
	if d.Limits.MaxSize > 0 && d.out > d.Limits.MaxSize {
		return fmt.Errorf("reading %s at byte %d: decompressed more than %d bytes", d.name, d.consumed(), d.Limits.MaxSize)
	}
	if d.Limits.MaxRatio > 0 && d.out > ratioFrom && d.out/d.Limits.MaxRatio > d.source.n {
		return fmt.Errorf("reading %s at byte %d: decompressed to %d bytes, more than %d times as many",
			d.name, d.consumed(), d.out, d.Limits.MaxRatio)
	}
	return nil
}

// readerFunc is a function as a reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
