package casefile

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/DataDog/zstd"
	"github.com/apache/arrow-go/v18/parquet/compress"
)

// useCodec makes the Parquet library compress with the C implementation of
// zstd, at half the time of the Go one it brings: compression is the largest
// single cost of a load. DuckDB already needs a C compiler. And it bounds what
// Snappy allocates.
var useCodec = sync.OnceFunc(func() { //nolint:gochecknoglobals // the library's list of codecs is global: set it once, and only when needed
	compress.RegisterCodec(compress.Codecs.Zstd, zstdCodec{contexts: &sync.Pool{New: func() any { return zstd.NewCtx() }}})
	if snappy, err := compress.GetCodec(compress.Codecs.Snappy); err == nil {
		compress.RegisterCodec(compress.Codecs.Snappy, snappyCodec{snappy})
	}
})

// snappyCodec is the library's Snappy, but for blocks that claim to be larger
// than their page: the library would allocate the four gigabytes that five
// bytes can ask for.
type snappyCodec struct{ compress.Codec }

var _ compress.ErrorCodec = snappyCodec{}

// DecodeWithError decompresses src into dst, which has the size that the page
// header promises.
func (c snappyCodec) DecodeWithError(dst, src []byte) ([]byte, error) {
	if n, _ := binary.Uvarint(src); n > uint64(len(dst)) { // snappy's format_description.txt, 1.
		return nil, fmt.Errorf("decompressing a page: it has %d bytes, not %d", n, len(dst))
	}
	return compress.Decode(c.Codec, dst, src)
}

// zstdCodec implements compress.Codec for blocks; Parquet pages are nothing
// else.
type zstdCodec struct{ contexts *sync.Pool }

var _ compress.ErrorCodec = zstdCodec{}

// Encode compresses src at the default level of the segments.
func (c zstdCodec) Encode(dst, src []byte) []byte { return c.EncodeLevel(dst, src, zstdLevel) }

// EncodeLevel compresses src into dst, or into new memory when dst is small.
func (c zstdCodec) EncodeLevel(dst, src []byte, level int) []byte {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	out, err := ctx.CompressLevel(dst[:cap(dst)], src, level)
	if err != nil {
		// With a destination of CompressBound bytes the library has no error
		// left but a wrong level, which is a constant.
		panic(fmt.Errorf("compressing a page: %w", err))
	}
	return out
}

// Decode decompresses src. Corrupt input is reported by DecodeWithError.
func (c zstdCodec) Decode(dst, src []byte) []byte {
	out, err := c.DecodeWithError(dst, src)
	if err != nil {
		panic(err)
	}
	return out
}

// DecodeWithError decompresses src into dst, which has the size that the page
// header promises.
func (c zstdCodec) DecodeWithError(dst, src []byte) ([]byte, error) {
	ctx := c.contexts.Get().(zstd.Ctx)
	defer c.contexts.Put(ctx)
	if len(dst) == 0 { // an empty dictionary; the library needs a byte to point at
		dst = make([]byte, 1)
	}
	n, err := ctx.DecompressInto(dst, src)
	if err != nil {
		return nil, fmt.Errorf("decompressing a page: %w", err)
	}
	return dst[:n], nil
}

// CompressBound is the largest size that n bytes can compress to.
func (zstdCodec) CompressBound(n int64) int64 { return int64(zstd.CompressBound(int(n))) }

// NewReader decompresses a stream.
func (zstdCodec) NewReader(r io.Reader) io.ReadCloser { return zstd.NewReader(r) }

// NewWriter compresses a stream at the default level of the segments.
func (zstdCodec) NewWriter(w io.Writer) io.WriteCloser { return zstd.NewWriterLevel(w, zstdLevel) }

// NewWriterLevel compresses a stream.
func (zstdCodec) NewWriterLevel(w io.Writer, level int) (io.WriteCloser, error) {
	return zstd.NewWriterLevel(w, level), nil
}
