package casefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync"
)

// segmentIndexes are what the footers of segments of one kind say of where their
// columns are, each read once: it takes some kilobytes a segment, where the library
// makes many objects. They are safe for concurrent use.
type segmentIndexes struct {
	columns map[string]int // number of a column, by name
	mu      sync.Mutex
	known   map[string]*segmentIndex // by path
	spare   []*chunkReader           // that nobody uses
}

// maxSpare is how many readers are kept for later, with the memory that they have.
const maxSpare = 4

// reader returns a reader, which goes back to release.
func (s *segmentIndexes) reader() *chunkReader {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.spare)
	if n == 0 {
		return newChunkReader()
	}
	r := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return r
}

func (s *segmentIndexes) release(r *chunkReader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spare) < maxSpare {
		s.spare = append(s.spare, r)
	}
}

func newSegmentIndexes(columns ...string) *segmentIndexes {
	s := &segmentIndexes{columns: map[string]int{}, known: map[string]*segmentIndex{}}
	for _, name := range columns {
		s.columns[name] = len(s.columns)
	}
	return s
}

// eventIndexColumns are the columns of events that are read without the library.
func eventIndexColumns() []string {
	return append(slices.Sorted(maps.Keys(storedTypes())), "row", "evidence", "record", "part", "content_first")
}

// segmentIndex says where the columns of a segment are.
type segmentIndex struct {
	rows   int64
	groups []groupIndex
}

// groupIndex says where the columns of a row group are, by their numbers.
type groupIndex struct {
	rows   int64
	chunks []chunkIndex
}

// chunkIndex says where the pages of a column of a row group are.
type chunkIndex struct {
	offset, size int64 // of its pages, the dictionary first
	rows         int64
	codec        int64 // zstd or none
	bounded      bool  // lo and hi are there
	lo, hi       int64 // the least and the largest value of a column of integers
}

// footerGuess is how many bytes of the end of a segment are read at first. Footers
// have about 15 KiB a row group.
const footerGuess = 32 << 10

// readIndex reads the footer of a segment of the given size, of which it wants
// columns by their numbers. It uses buf and returns it for the next.
func readIndex(f io.ReaderAt, size int64, columns map[string]int, buf []byte) (*segmentIndex, []byte, error) {
	buf, footer, err := readEnd(f, size, buf)
	if err != nil {
		return nil, buf, fmt.Errorf("reading the footer: %w", err)
	}
	k := &indexReader{c: compactReader{data: footer}, columns: columns}
	k.file()
	if k.c.err != nil {
		return nil, buf, fmt.Errorf("reading the footer: %w", k.c.err)
	}
	return &k.index, buf, k.index.check()
}

// readEnd reads the end of a file into buf, and returns it and the footer in it.
func readEnd(f io.ReaderAt, size int64, buf []byte) (end, footer []byte, err error) {
	const tail = 8 // length of the footer, magic
	for want := min(size, footerGuess); ; {
		if int64(cap(buf)) < want {
			buf = make([]byte, want)
		}
		buf = buf[:want]
		if _, err := f.ReadAt(buf, size-want); err != nil {
			return buf, nil, err
		}
		if want < tail || string(buf[want-4:]) != parquetMagic {
			return buf, nil, errors.New("it is not there: the file may be cut off")
		}
		length := int64(binary.LittleEndian.Uint32(buf[want-tail:]))
		switch {
		case length <= want-tail:
			return buf, buf[want-tail-length : want-tail], nil
		case length > maxFooter || length > size-tail:
			return buf, nil, fmt.Errorf("it is said to have %d bytes", length)
		}
		want = length + tail
	}
}

// indexReader reads a footer. The numbers of the fields are those of the format's
// parquet.thrift.
type indexReader struct {
	c       compactReader
	columns map[string]int
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
			k.c.list(func(byte) {
				var ok bool
				if at, ok = k.columns[string(k.c.bytes())]; !ok {
					at = -1
				}
			})
		case id == 4 && typ == compactInt32: // codec
			out.codec = k.c.varint()
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

// maxGroupRows bounds what a row group may claim to have: [rowGroupRows] is what we
// write.
const maxGroupRows = 1 << 22

// check checks how many rows there are.
func (s *segmentIndex) check() error {
	rows := int64(0)
	for i, g := range s.groups {
		if g.rows < 0 || g.rows > maxGroupRows {
			return fmt.Errorf("row group %d is said to have %d rows", i+1, g.rows)
		}
		rows += g.rows
	}
	if rows != s.rows {
		return fmt.Errorf("it has %d rows, its row groups %d", s.rows, rows)
	}
	return nil
}

// indexedSegment is a segment open for reading some columns. It is not safe for
// concurrent use. Like those of [segmentFile], its methods turn a panic into an
// error that says that the file is damaged.
type indexedSegment struct {
	*segmentIndex
	*chunkReader
	columns map[string]int
	f       *os.File
	size    int64
}

// open opens the segment at path for reading with a reader. The caller closes it.
func (s *segmentIndexes) open(path string, r *chunkReader) (seg *indexedSegment, err error) {
	defer recovered(&err)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a segment: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, closeAfter(f, fmt.Errorf("opening segment %s: %w", path, err))
	}
	out := &indexedSegment{chunkReader: r, columns: s.columns, f: f, size: info.Size()}
	s.mu.Lock()
	out.segmentIndex = s.known[path]
	s.mu.Unlock()
	if out.segmentIndex != nil {
		return out, nil
	}
	if out.segmentIndex, r.footer, err = readIndex(f, out.size, s.columns, r.footer); err != nil {
		return nil, closeAfter(f, fmt.Errorf("opening segment %s: %w", path, err))
	}
	s.mu.Lock()
	s.known[path] = out.segmentIndex
	s.mu.Unlock()
	return out, nil
}

func (s *indexedSegment) close() error { return s.f.Close() }

// chunk returns where a column of a row group is.
func (s *indexedSegment) chunk(group int, column string) (*chunkIndex, error) {
	at, ok := s.columns[column]
	if !ok {
		return nil, fmt.Errorf("no column %s", column)
	}
	g := &s.groups[group]
	c := &g.chunks[at]
	if err := c.check(g.rows, s.size); err != nil {
		return nil, fmt.Errorf("row group %d, column %s: %w", group+1, column, err)
	}
	return c, nil
}

// check checks that the pages can be in a file of a size, and have so many rows.
func (c *chunkIndex) check(rows, size int64) error {
	switch {
	case c.rows != rows:
		return fmt.Errorf("it has %d of %d rows", c.rows, rows)
	case c.codec != codecZstd && c.codec != codecNone:
		return fmt.Errorf("its compression %d is not ours", c.codec)
	case c.offset < 0 || c.size <= 0 || c.size > size || c.offset > size-c.size:
		return fmt.Errorf("it is said to be the %d bytes at byte %d of %d", c.size, c.offset, size)
	}
	return nil
}

// checkRows checks that the rows of a row group have their numbers: the first of
// them is row.
func (s *indexedSegment) checkRows(group, row int) error {
	c, err := s.chunk(group, "row")
	if last := int64(row) + s.groups[group].rows - 1; err == nil && (!c.bounded || c.lo != int64(row) || c.hi != last) {
		err = fmt.Errorf("its rows %d to %d are numbered %d to %d; run exhibit verify", row, last, c.lo, c.hi)
	}
	return err
}

// readInts reads a column of integers of a row group into dst, a row each. NULL
// becomes null.
func (s *indexedSegment) readInts(group int, column string, dst []int64, null int64) (err error) {
	defer recovered(&err)
	c, err := s.chunk(group, column)
	if err == nil {
		err = s.ints(s.f, c, dst, null)
	}
	if err != nil {
		return fmt.Errorf("reading column %s: %w", column, err)
	}
	return nil
}

// readTexts reads a column of texts of a row group: see [chunkReader.texts].
func (s *indexedSegment) readTexts(group int, column string, wanted func(words [][]byte) bool) (words [][]byte, codes []uint32, err error) {
	defer recovered(&err)
	c, err := s.chunk(group, column)
	if err == nil {
		words, codes, err = s.texts(s.f, c, wanted)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("reading column %s: %w", column, err)
	}
	return words, codes, nil
}

// eachText hands over the texts of a column of a row group: see
// [chunkReader.eachText].
func (s *indexedSegment) eachText(group int, column string, each func(row int, text []byte) error) (err error) {
	defer recovered(&err)
	c, err := s.chunk(group, column)
	if err == nil {
		err = s.chunkReader.eachText(s.f, c, each)
	}
	if err != nil {
		return fmt.Errorf("reading column %s: %w", column, err)
	}
	return nil
}

// pick hands over the values of some rows of a column of a row group: see
// [picker.pick].
func (s *indexedSegment) pick(group int, column string, p *picker) (err error) {
	defer recovered(&err)
	p.r = s.chunkReader
	c, err := s.chunk(group, column)
	if err == nil {
		err = p.pick(s.f, c)
	}
	if err != nil {
		return fmt.Errorf("reading column %s: %w", column, err)
	}
	return nil
}
