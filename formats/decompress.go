package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// Limits bound what a gzip stream may become, so that a few kilobytes
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
// of zeros comes near the 1032 times that DEFLATE can reach.
func DefaultLimits() Limits { return Limits{MaxRatio: 500} }

// ratioFrom is the output from which Limits.MaxRatio counts.
const ratioFrom = 256 << 20

// UnsupportedError says that a stream is compressed in a known way that is not
// supported.
type UnsupportedError struct {
	Compression string // "zstd", "bzip2", "zip", "xz" or "parquet"
}

// Error returns the message.
func (e *UnsupportedError) Error() string { return "reading " + e.Compression + ": not supported yet" }

// Decompressor reads a stream that may be compressed. One Decompressor is
// reused for many streams and is not safe for concurrent use.
type Decompressor struct {
	Limits Limits

	in     *bufio.Reader
	source counter
	gzip   *gzip.Reader
	active bool  // the stream is gzip
	out    int64 // bytes given out
	err    error
}

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
// its compression; see [Decompressor.Reset].
func Decompress(r io.Reader) (out io.Reader, compression string, err error) {
	d := NewDecompressor()
	compression, err = d.Reset(r)
	return d, compression, err
}

// Reset begins to read r and returns the name of its compression, "gzip", or
// "" when the bytes of r are given out as they are. It goes by the first bytes
// and by no file name. Several gzip members are one stream; what is inside is
// not decompressed again. The error is an *[UnsupportedError] for other known
// compressions, whose name is returned too; what is wrong with a gzip stream,
// its header included, is an error of Read.
func (d *Decompressor) Reset(r io.Reader) (compression string, err error) {
	d.source = counter{r: r}
	if d.in == nil {
		d.in = bufio.NewReaderSize(&d.source, 64<<10)
	} else {
		d.in.Reset(&d.source)
	}
	d.active, d.out, d.err = false, 0, nil
	start, _ := d.in.Peek(10) // an error comes again from Read
	compression = sniff(start)
	switch compression {
	case "":
		return "", nil
	case "gzip":
		d.active = true
		d.err = d.where(d.open())
		return compression, nil
	}
	d.err = &UnsupportedError{compression}
	return compression, d.err
}

// open reads the first gzip header.
func (d *Decompressor) open() error {
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	err := d.gzip.Reset(d.in)
	if errors.Is(err, io.EOF) { // not an end: the magic was there
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Read gives out decompressed bytes. Where the stream is broken, the error
// says where, and comes after every byte that could be decompressed.
func (d *Decompressor) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	if !d.active {
		n, err := d.in.Read(p)
		d.out += int64(n)
		d.err = err
		return n, err
	}
	n, err := d.gzip.Read(p)
	d.out += int64(n)
	if d.err = d.exceeded(); d.err == nil {
		d.err = d.where(err)
	}
	if over := d.out - d.Limits.MaxSize; d.Limits.MaxSize > 0 && over > 0 {
		n -= int(over)
	}
	return n, d.err
}

// where adds to an error of a gzip stream where it is.
func (d *Decompressor) where(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return fmt.Errorf("reading gzip at byte %d (byte %d decompressed): %w", d.consumed(), d.out, err)
}

// consumed returns how many bytes of the source have been used.
func (d *Decompressor) consumed() int64 { return d.source.n - int64(d.in.Buffered()) }

// exceeded returns an error when a limit is exceeded.
func (d *Decompressor) exceeded() error {
	if d.Limits.MaxSize > 0 && d.out > d.Limits.MaxSize {
		return fmt.Errorf("reading gzip at byte %d: decompressed more than %d bytes", d.consumed(), d.Limits.MaxSize)
	}
	if d.Limits.MaxRatio > 0 && d.out > ratioFrom && d.out/d.Limits.MaxRatio > d.source.n {
		return fmt.Errorf("reading gzip at byte %d: decompressed to %d bytes, more than %d times as many",
			d.consumed(), d.out, d.Limits.MaxRatio)
	}
	return nil
}

// sniff returns the name of a compression by the first bytes of a stream.
func sniff(start []byte) string {
	for _, m := range []struct{ magic, name string }{
		{"\x1f\x8b", "gzip"},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"PK\x03\x04", "zip"},
		{"PK\x05\x06", "zip"}, // without members
		{"\xfd7zXZ\x00", "xz"},
		{"PAR1", "parquet"},
	} {
		if bytes.HasPrefix(start, []byte(m.magic)) {
			return m.name
		}
	}
	// "BZh", a level, and the first block's magic, which is pi.
	if len(start) >= 10 && string(start[:3]) == "BZh" && string(start[4:10]) == "1AY&SY" {
		return "bzip2"
	}
	return ""
}
