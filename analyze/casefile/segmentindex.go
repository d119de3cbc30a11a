package casefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// segmentIndex says where the columns of a segment are: what its footer says of
// those that are asked for. It is some bytes a column, where the library makes
// many objects, and is read in microseconds.
type segmentIndex struct {
	rows   int64
	groups []groupIndex
}

// groupIndex says where the columns of a row group are.
type groupIndex struct {
	rows   int64
	chunks []chunkIndex // in the order in which they were asked for
}

// chunkIndex says where the pages of a column of a row group are.
type chunkIndex struct {
	offset, size int64 // of its pages, the dictionary first
	rows         int64
	zstd         bool
	lo, hi       int64 // bounds of a column of integers; only where bounded
	bounded      bool
}

// footerGuess is how many bytes of the end of a segment are read at first. Footers
// have about 15 KiB a row group.
const footerGuess = 32 << 10

// readIndex reads the footer of a segment of the given size. It uses buf and
// returns it for the next.
func readIndex(f io.ReaderAt, size int64, columns []string, buf []byte) (*segmentIndex, []byte, error) {
	buf, err := readEnd(f, size, buf)
	if err != nil {
		return nil, buf, fmt.Errorf("reading the footer: %w", err)
	}
	k := &indexReader{c: compactReader{data: buf}, columns: columns}
	k.file()
	if k.c.err != nil {
		return nil, buf, fmt.Errorf("reading the footer: %w", k.c.err)
	}
	return &k.index, buf, k.index.check(size)
}

// readEnd returns the footer.
func readEnd(f io.ReaderAt, size int64, buf []byte) ([]byte, error) {
	const end = 8 // length of the footer, magic
	for want := min(size, footerGuess); ; {
		if int64(cap(buf)) < want {
			buf = make([]byte, want)
		}
		buf = buf[:want]
		if _, err := f.ReadAt(buf, size-want); err != nil {
			return buf, err
		}
		if want < end || string(buf[want-4:]) != parquetMagic {
			return buf, errors.New("it is not there: the file may be cut off")
		}
		length := int64(binary.LittleEndian.Uint32(buf[want-end:]))
		switch {
		case length <= want-end:
			return buf[want-end-length : want-end], nil
		case length > maxFooter || length > size-end:
			return buf, fmt.Errorf("it is said to have %d bytes", length)
		}
		want = length + end
	}
}

// indexReader reads a footer. The numbers of the fields are those of the format's
// parquet.thrift.
type indexReader struct {
	c       compactReader
	columns []string
	index   segmentIndex
}

func (k *indexReader) file() {
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 3 && typ == compactInt64: // num_rows
			k.index.rows = k.c.varint()
		case id == 4 && typ == compactList: // row_groups
			k.c.list(func(byte) { k.group() })
		default:
			k.c.skip(typ, 0)
		}
	})
}

func (k *indexReader) group() {
	g := groupIndex{chunks: make([]chunkIndex, len(k.columns))}
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 1 && typ == compactList: // columns
			k.c.list(func(byte) { k.chunk(&g) })
		case id == 3 && typ == compactInt64: // num_rows
			g.rows = k.c.varint()
		default:
			k.c.skip(typ, 0)
		}
	})
	k.index.groups = append(k.index.groups, g)
}

func (k *indexReader) chunk(g *groupIndex) {
	k.c.fields(func(id int, typ byte) {
		if id == 3 && typ == compactStruct { // meta_data
			k.meta(g)
			return
		}
		k.c.skip(typ, 0)
	})
}

// meta reads where a column is.
func (k *indexReader) meta(g *groupIndex) {
	var out chunkIndex
	at := -1
	dictionary := int64(0)
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 3 && typ == compactList: // path_in_schema
			k.c.list(func(byte) { at = k.column(k.c.bytes()) })
		case id == 4 && typ == compactInt32: // codec
			out.zstd = k.c.varint() == 6
		case id == 5 && typ == compactInt64: // num_values
			out.rows = k.c.varint()
		case id == 7 && typ == compactInt64: // total_compressed_size
			out.size = k.c.varint()
		case id == 9 && typ == compactInt64: // data_page_offset
			out.offset = k.c.varint()
		case id == 11 && typ == compactInt64: // dictionary_page_offset
			dictionary = k.c.varint()
		case id == 12 && typ == compactStruct: // statistics
			k.bounds(&out)
		default:
			k.c.skip(typ, 0)
		}
	})
	if dictionary > 0 && dictionary < out.offset {
		out.offset = dictionary
	}
	if at >= 0 {
		g.chunks[at] = out
	}
}

// column returns the number of a column, -1 where it is not asked for.
func (k *indexReader) column(name []byte) int {
	for i, c := range k.columns {
		if string(name) == c {
			return i
		}
	}
	return -1
}

// bounds reads the least and the largest value of a column of integers.
func (k *indexReader) bounds(out *chunkIndex) {
	known := 0
	k.c.fields(func(id int, typ byte) {
		if typ != compactBinary || id != 5 && id != 6 {
			k.c.skip(typ, 0)
			return
		}
		v := k.c.bytes()
		if len(v) != 8 {
			return
		}
		known |= id
		if n := int64(binary.LittleEndian.Uint64(v)); id == 5 { // max_value
			out.hi = n
		} else { // min_value
			out.lo = n
		}
	})
	out.bounded = known == 5|6
}

// check checks that the columns are where they can be.
func (s *segmentIndex) check(size int64) error {
	rows := int64(0)
	for i, g := range s.groups {
		if g.rows < 0 || g.rows > math.MaxInt32 {
			return fmt.Errorf("row group %d is said to have %d rows", i+1, g.rows)
		}
		rows += g.rows
		for _, c := range g.chunks {
			if g.rows > 0 && (c.rows != g.rows || !c.zstd || c.offset < 0 || c.size <= 0 || c.size > size || c.offset > size-c.size) {
				return fmt.Errorf("row group %d of %d rows has a column of %d that is said to be the %d bytes at byte %d", i+1, g.rows, c.rows, c.size, c.offset)
			}
		}
	}
	if rows != s.rows {
		return fmt.Errorf("it has %d rows, its row groups %d", s.rows, rows)
	}
	return nil
}

// indexedSegment is a segment open for reading some columns of few bytes. It is not
// safe for concurrent use.
type indexedSegment struct {
	*segmentIndex
	*chunkReader
	f *os.File
}

// openIndexed opens the segment at path for reading some columns with a reader. The
// caller closes it.
func openIndexed(path string, columns []string, r *chunkReader) (s *indexedSegment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a segment: %w", err)
	}
	s = &indexedSegment{chunkReader: r, f: f}
	info, err := f.Stat()
	if err == nil {
		s.segmentIndex, r.footer, err = readIndex(f, info.Size(), columns, r.footer[:0])
	}
	if err != nil {
		return nil, closeAfter(f, fmt.Errorf("opening segment %s: %w", path, err))
	}
	return s, nil
}

func (s *indexedSegment) close() error { return s.f.Close() }

// chunk returns where a column of a row group is, by their numbers.
func (s *indexedSegment) chunk(group, column int) *chunkIndex {
	return &s.groups[group].chunks[column]
}
