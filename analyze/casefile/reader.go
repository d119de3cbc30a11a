package casefile

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// segmentFile is a segment open for reading. It is not safe for concurrent
// use. What the Parquet library panics with on a damaged file comes back as an
// error.
type segmentFile struct {
	r       *file.Reader
	columns map[string]int
	def     []int16
	batch   []parquet.FixedLenByteArray
}

// openSegment opens the segment at path. The caller closes it.
func openSegment(path string) (s *segmentFile, err error) {
	useCodec()
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening a segment: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("opening segment %s: %w", path, err), f.Close())
		}
	}()
	defer recovered(&err)
	// A page holds what a segment holds of a column, and a single record may
	// have any size that the record limit allowed: the library's own limits
	// would refuse what was written.
	props := parquet.NewReaderProperties(nil)
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = math.MaxInt32, math.MaxInt32
	r, err := file.NewParquetReader(f, file.WithReadProps(props))
	if err != nil {
		return nil, err
	}
	s = &segmentFile{r: r, columns: map[string]int{}}
	schema := r.MetaData().Schema
	for i := range schema.NumColumns() {
		s.columns[schema.Column(i).Name()] = i
	}
	return s, nil
}

// recovered turns a panic of the Parquet library, which a damaged file can
// cause, into an error.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case *pageMemoryError:
		*err = p
	default:
		*err = fmt.Errorf("damaged Parquet file: %v", p)
	}
}

func (s *segmentFile) close() error { return s.r.Close() }

func (s *segmentFile) rowGroups() int { return s.r.NumRowGroups() }

func (s *segmentFile) rows() int64 { return s.r.NumRows() }

// groupRows is the number of rows of a row group.
func (s *segmentFile) groupRows(group int) int { return int(s.r.RowGroup(group).NumRows()) }

func (s *segmentFile) column(group int, name string) (file.ColumnChunkReader, error) {
	i, ok := s.columns[name]
	if !ok {
		return nil, fmt.Errorf("no column %s", name)
	}
	return s.r.RowGroup(group).Column(i)
}

// levels returns room for the definition levels of n rows: 1 a value, 0 NULL.
func (s *segmentFile) levels(n int) []int16 {
	if cap(s.def) < n {
		s.def = make([]int16, n)
	}
	return s.def[:n]
}

// ints appends an integer column of a row group to dst. NULL becomes null.
func (s *segmentFile) ints(dst []int64, group int, name string, null int64) (out []int64, err error) {
	defer recovered(&err)
	c, err := s.column(group, name)
	if err != nil {
		return nil, err
	}
	r, ok := c.(*file.Int64ColumnChunkReader)
	if !ok {
		return nil, fmt.Errorf("column %s holds no integers", name)
	}
	n, from := s.groupRows(group), len(dst)
	dst = append(dst, make([]int64, n)...)
	def := s.levels(n)
	total, values, err := r.ReadBatch(int64(n), dst[from:], def, nil)
	if err := readAll(name, total, n, err); err != nil {
		return nil, err
	}
	// The values stand together at the front: spread them from the back.
	for row := n - 1; row >= 0; row-- {
		if def[row] == 0 {
			dst[from+row] = null
			continue
		}
		values--
		dst[from+row] = dst[from+values]
	}
	return dst, nil
}

// readAll says whether a column gave all the rows of its row group.
func readAll(name string, total int64, rows int, err error) error {
	if err != nil {
		return fmt.Errorf("reading column %s: %w", name, err)
	}
	if total != int64(rows) {
		return fmt.Errorf("reading column %s: %d rows instead of %d", name, total, rows)
	}
	return nil
}

// sums appends a column of hashes of a row group to dst. NULL becomes zeros.
func (s *segmentFile) sums(dst [][sha256.Size]byte, group int, name string) (out [][sha256.Size]byte, err error) {
	defer recovered(&err)
	c, err := s.column(group, name)
	if err != nil {
		return nil, err
	}
	r, ok := c.(*file.FixedLenByteArrayColumnChunkReader)
	if !ok {
		return nil, fmt.Errorf("column %s holds no hashes", name)
	}
	if s.batch == nil {
		s.batch = make([]parquet.FixedLenByteArray, 4096)
	}
	rows := s.groupRows(group)
	for total := 0; total < rows; {
		def := s.levels(len(s.batch))
		n, _, err := r.ReadBatchInPage(int64(min(len(s.batch), rows-total)), s.batch, def, nil)
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, fmt.Errorf("reading column %s: %w", name, err)
		}
		value := 0
		for _, d := range def[:n] {
			var sum [sha256.Size]byte
			if d != 0 {
				if len(s.batch[value]) != sha256.Size {
					return nil, fmt.Errorf("reading column %s: a hash of %d bytes", name, len(s.batch[value]))
				}
				copy(sum[:], s.batch[value])
				value++
			}
			dst = append(dst, sum)
		}
		total += int(n)
	}
	return dst, nil
}

// bounds returns the smallest and the largest value of an integer column in a
// row group, without reading the column.
func (s *segmentFile) bounds(group int, name string) (lo, hi int64, err error) {
	defer recovered(&err)
	i, ok := s.columns[name]
	if !ok {
		return 0, 0, fmt.Errorf("no column %s", name)
	}
	chunk, err := s.r.RowGroup(group).MetaData().ColumnChunk(i)
	if err != nil {
		return 0, 0, err
	}
	stats, err := chunk.Statistics()
	if err != nil {
		return 0, 0, err
	}
	typed, ok := stats.(*metadata.Int64Statistics)
	if !ok || !typed.HasMinMax() {
		return math.MinInt64, math.MaxInt64, nil
	}
	return typed.Min(), typed.Max(), nil
}

// byteCursor walks over a column of bytes, a row at a time.
type byteCursor struct {
	name   string
	r      *file.ByteArrayColumnChunkReader
	values []parquet.ByteArray
	def    []int16
	row    int // next row of the batch
	rows   int // in the batch
	value  int // next value of the batch
}

// byteCursorBatch is how many rows a cursor decodes at once; they alias the
// page they stand in.
const byteCursorBatch = 1024

// bytes returns a cursor over a column of a row group.
func (s *segmentFile) bytes(group int, name string) (cursor *byteCursor, err error) {
	defer recovered(&err)
	c, err := s.column(group, name)
	if err != nil {
		return nil, err
	}
	r, ok := c.(*file.ByteArrayColumnChunkReader)
	if !ok {
		return nil, fmt.Errorf("column %s holds no bytes", name)
	}
	return &byteCursor{name: name, r: r, values: make([]parquet.ByteArray, byteCursorBatch), def: make([]int16, byteCursorBatch)}, nil
}

// next returns the value of the next row, nil for NULL. It is valid until the
// next call.
func (c *byteCursor) next() (value []byte, err error) {
	if c.row == c.rows {
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
	c.row++
	if c.def[c.row-1] == 0 {
		return nil, nil
	}
	c.value++
	v := c.values[c.value-1]
	if v == nil {
		v = parquet.ByteArray{}
	}
	return v, nil
}

func (c *byteCursor) fill() (err error) {
	defer recovered(&err)
	n, _, err := c.r.ReadBatchInPage(byteCursorBatch, c.values, c.def, nil)
	if err == nil && n == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("reading column %s: %w", c.name, err)
	}
	c.row, c.value, c.rows = 0, 0, int(n)
	return nil
}

// noRecord stands for NULL in the record column: bytes that no record follows.
const noRecord = -1

// storedRow is a row of a records segment: the bytes before a record and the
// record, or bytes that no record of their block follows. Its bytes are
// data[from:mid] and data[mid:to] of the [storedSegment] that holds it.
type storedRow struct {
	evidence, record int64 // record is noRecord for bytes without one
	offset, length   int64 // of the record in the stream; of bytes without one, where they end, and 0
	events           int64
	from, mid, to    int
	sum              [sha256.Size]byte
	problem          string // why the framing could not cut a record here
}

// start is where the row's bytes begin in the stream.
func (r *storedRow) start() int64 { return r.offset - int64(r.mid-r.from) }

// end is where they end.
func (r *storedRow) end() int64 { return r.offset + int64(r.to-r.mid) }

// storedSegment is a records segment in memory. It is reused by each read.
type storedSegment struct {
	data []byte
	rows []storedRow

	evidence, record, offset, length, events []int64
	sums                                     [][sha256.Size]byte
}

// read reads the whole segment at path.
func (s *storedSegment) read(path string) error {
	f, err := openSegment(path)
	if err != nil {
		return err
	}
	s.data, s.rows = s.data[:0], s.rows[:0]
	for g := range f.rowGroups() {
		if err = s.readGroup(f, g); err != nil {
			err = fmt.Errorf("reading segment %s: %w", path, err)
			break
		}
	}
	return errors.Join(err, f.close())
}

// readGroup appends a row group.
func (s *storedSegment) readGroup(f *segmentFile, group int) error {
	if err := s.readPlaces(f, group); err != nil {
		return err
	}
	frame, err := f.bytes(group, "frame")
	if err != nil {
		return err
	}
	raw, err := f.bytes(group, "raw")
	if err != nil {
		return err
	}
	problem, err := f.bytes(group, "problem")
	if err != nil {
		return err
	}
	for i := range f.groupRows(group) {
		row := storedRow{
			evidence: s.evidence[i], record: s.record[i], offset: s.offset[i], length: s.length[i],
			events: s.events[i], sum: s.sums[i], from: len(s.data),
		}
		v, err := frame.next()
		if err != nil {
			return err
		}
		s.data = append(s.data, v...)
		row.mid = len(s.data)
		if v, err = raw.next(); err != nil {
			return err
		}
		if (v == nil) != (row.record == noRecord) {
			return fmt.Errorf("row %d has a record number or record bytes, but not both", len(s.rows))
		}
		s.data = append(s.data, v...)
		row.to = len(s.data)
		if v, err = problem.next(); err != nil {
			return err
		}
		row.problem = strings.Clone(string(v))
		s.rows = append(s.rows, row)
	}
	return nil
}

// readPlaces reads the narrow columns of a row group.
func (s *storedSegment) readPlaces(f *segmentFile, group int) error {
	for _, c := range []struct {
		dst  *[]int64
		name string
	}{
		{&s.evidence, "evidence"},
		{&s.record, "record"},
		{&s.offset, "byte_offset"},
		{&s.length, "byte_length"},
		{&s.events, "events"},
	} {
		var err error
		if *c.dst, err = f.ints((*c.dst)[:0], group, c.name, noRecord); err != nil {
			return err
		}
	}
	var err error
	s.sums, err = f.sums(s.sums[:0], group, "record_sha256")
	return err
}
