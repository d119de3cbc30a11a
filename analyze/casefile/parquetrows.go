package casefile

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// compressionParquet is what the stream of a Parquet file is recorded under: it
// is to the file what the decompressed stream is to a gzip file.
const compressionParquet = "parquet"

// ParquetLines reads the rows of a Parquet file of the given size as JSON lines,
// one row a line, in the order of the row groups in the footer and of the rows
// in them. Where the file is damaged, or of a kind that is not supported, the
// error comes after the rows before that. The caller closes the lines, and
// r after them.
//
// A line is the canonical encoding of its row, over which its record hash is:
//
//   - A row is an object with every column of the schema, in its order, and no
//     white space. A column whose name is there twice is there twice.
//   - NULL is null, and so is every value of the type UNKNOWN. An empty text is
//     "", an empty list [].
//   - Booleans are true and false. Integers are all their digits, those
//     annotated as unsigned without a sign.
//   - Decimals are numbers with as many digits after the point as their scale:
//     exact, and not to be read as binary fractions.
//   - FLOAT and DOUBLE are the shortest number that reads back as the same
//     value of that width, with an exponent below 1e-6 and from 1e21 on;
//     FLOAT16 is written as the FLOAT it equals. What JSON has no number for is
//     "NaN", "Infinity" and "-Infinity".
//   - Timestamps are RFC 3339 with 3, 6 or 9 digits of a second, as the unit
//     says: "2026-04-08T12:00:00.000Z". Those not adjusted to UTC have no zone
//     mark, and neither has INT96, whose writers disagree about the zone. Years
//     beyond 0000 to 9999 have a sign: "+12026-04-08T12:00:00.000Z".
//   - Dates are "2026-04-08", times "12:00:00.000000", with a Z when adjusted to
//     UTC. A time of no day is the number it is stored as.
//   - UUIDs are 8-4-4-4-12 small hexadecimal digits. INTERVAL is
//     {"months":1,"days":2,"milliseconds":3}.
//   - Texts are strings, and so are ENUM, JSON, which stays a text, and binary
//     values without an annotation that are valid UTF-8. Binary values that are
//     not, whatever their annotation, and BSON are {"$base64":"…"}, standard
//     with padding.
//   - Strings are escaped only where JSON demands it: \" and \\, \n, and other
//     control characters as \u00xx. A name that is not UTF-8, or begins with
//     the mark itself, is "$base64:" and its bytes in base64.
//   - Lists are arrays and groups are objects, nested as the schema has them,
//     without the groups that Parquet puts between (LIST, with its older
//     forms). A repeated field without LIST is an array.
//   - A map with a required text key is an object, its keys in the order of the
//     file; any other is the array of its groups. A key there twice is there
//     twice.
//   - A line ends with \n.
//
// The types are those of the Parquet format's LogicalTypes.md.
func ParquetLines(r io.ReaderAt, size int64) io.ReadCloser {
	pr, pw := io.Pipe()
	s := &rowStream{pr, make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = pw.CloseWithError(writeRowLines(pw, r, size, pageMemory)) // never fails
	}()
	return s
}

// rowStream is the lines of a Parquet file, which another goroutine makes.
type rowStream struct {
	*io.PipeReader
	done chan struct{}
}

// Close ends the reading of the file, which is not read any more once it returns.
func (s *rowStream) Close() error {
	err := s.PipeReader.Close()
	<-s.done
	return err
}

// openRows opens the Parquet file that d.decompressor gives out the bytes of.
// The caller closes the rows.
func (in *intake) openRows(t *task, d *desk, s *source, raw *countingReader) (io.ReadCloser, error) {
	t.item.Status = StatusLoaded // what can be damaged
	at, err := in.randomAccess(t, d, s, raw)
	if err != nil {
		return nil, err
	}
	if t.item.Compression != "" {
		t.item.Compression += "+"
	}
	t.item.Compression += compressionParquet
	return ParquetLines(at, at.Size()), nil
}

// pageMemory is how much memory the pages of a file may take together. A page
// has at most a third of it, in the file and decompressed; once the pages of
// all columns take a third, columns are read in portions, a page at a time. Most
// writers close a page at 1 MiB, so that 128 columns fit without that; DuckDB
// closes it at 100 MB.
const pageMemory = 384 << 20

// writeRowLines writes the rows of a Parquet file to w, with no more than limit
// bytes of pages in memory.
func writeRowLines(w io.Writer, r io.ReaderAt, size, limit int64) error {
	p := &rowReader{
		out:    lineWriter{w: w, most: max(rowBytesFrom, size*rowRatio)},
		memory: &budgetAllocator{Allocator: memory.NewGoAllocator(), most: limit},
	}
	err := p.read(io.NewSectionReader(r, 0, size))
	if finishErr := p.out.finish(); err == nil {
		err = finishErr
	}
	if err != nil && p.rows > 0 {
		err = fmt.Errorf("after row %d: %w", p.rows, err)
	}
	if err != nil {
		return fmt.Errorf("reading parquet: %w", err)
	}
	return nil
}

// A row can be almost nothing in the file: a run of a million equal values is a
// few bytes. What more comes out than rowRatio times the size of the file is
// taken for a bomb once it exceeds rowBytesFrom.
const (
	rowRatio     = 1000
	rowBytesFrom = 256 << 20
)

// rowReader reads the rows of one Parquet file.
type rowReader struct {
	out     lineWriter
	memory  *budgetAllocator
	file    *file.Reader
	columns []*rowColumn
	members []*rowNode // of a row
	rows    int64      // given out
}

// read gives out all rows. What the library panics with on a damaged file comes
// back as an error.
func (p *rowReader) read(r *io.SectionReader) (err error) {
	defer recovered(&err)
	useCodec()
	meta, err := readFooter(r)
	if err != nil {
		return err
	}
	props := parquet.NewReaderProperties(p.memory)
	props.BufferedStreamEnabled, props.BufferSize = true, 8<<10
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = p.memory.most/3, p.memory.most/3
	if p.file, err = file.NewParquetReader(r, file.WithMetadata(meta), file.WithReadProps(props)); err != nil {
		return err
	}
	if err := p.describe(meta.Schema); err != nil {
		return err
	}
	if len(p.columns) == 0 && meta.NumRows > 0 {
		return fmt.Errorf("its %d rows have no columns", meta.NumRows)
	}
	for g := range p.file.NumRowGroups() {
		if err := p.group(r.Size(), g); err != nil {
			return fmt.Errorf("row group %d: %w", g+1, err)
		}
	}
	if p.rows != meta.NumRows {
		return fmt.Errorf("the footer says that the file has %d rows; its row groups have %d", meta.NumRows, p.rows)
	}
	return nil
}

// group gives out the rows of a row group.
func (p *rowReader) group(size int64, g int) error {
	if err := p.checkGroup(size, g); err != nil {
		return err
	}
	group := p.file.RowGroup(g)
	if group.NumRows() == 0 {
		return nil
	}
	p.memory.used = 0
	for _, c := range p.columns {
		if err := c.open(group, p.memory); err != nil {
			return fmt.Errorf("column %s: %w", c, err)
		}
	}
	for range group.NumRows() {
		if err := p.row(); err != nil {
			return err
		}
		p.rows++
	}
	for _, c := range p.columns {
		more, err := c.more()
		if err == nil && more {
			err = fmt.Errorf("it has more values than the row group has rows, %d", group.NumRows())
		}
		if err = errors.Join(err, c.close()); err != nil {
			return fmt.Errorf("column %s: %w", c, err)
		}
	}
	return nil
}

// row gives out one row.
func (p *rowReader) row() error {
	if err := p.object(p.members, 0); err != nil {
		return err
	}
	return p.out.endRow()
}

// heldBytes is how much of the lines is gathered before it is handed on, and
// the most that is held of a single row.
const heldBytes = 256 << 10

// lineWriter gathers lines and hands them on.
type lineWriter struct {
	w     io.Writer
	buf   []byte
	whole int   // bytes of buf that are whole rows
	n     int64 // bytes handed on
	most  int64 // of n
}

// endRow ends the row.
func (w *lineWriter) endRow() error {
	w.buf = append(w.buf, '\n')
	w.whole = len(w.buf)
	return w.spill()
}

// spill hands on what is held when it is much, the row before its end.
func (w *lineWriter) spill() error {
	if len(w.buf) < heldBytes {
		return nil
	}
	w.whole = len(w.buf)
	return w.finish()
}

// finish hands on the whole rows and forgets what was begun.
func (w *lineWriter) finish() error {
	n, err := w.w.Write(w.buf[:w.whole])
	w.n += int64(n)
	w.buf, w.whole = w.buf[:0], 0
	if err == nil && w.n > w.most {
		err = fmt.Errorf("its rows have more than %d bytes, %d times as many as the file", w.most, rowRatio)
	}
	return err
}

// word adds text that needs no escaping.
func (w *lineWriter) word(s string) { w.buf = append(w.buf, s...) }

// budgetAllocator allocates no more than a number of bytes. The library asks it
// for the memory of pages. Large pieces are used again: the collector lets as
// much garbage lie as there is memory in use.
type budgetAllocator struct {
	memory.Allocator
	used, most int64
	spare      [2][]byte // of a page, decompressed and as it is in the file
}

// pageMemoryError says that pages did not fit. It is what the allocator panics
// with: its interface, which is the library's, has no errors.
type pageMemoryError struct{ most int64 }

func (e *pageMemoryError) Error() string {
	return fmt.Sprintf("its pages need more than %d bytes of memory; write it again with smaller pages", e.most)
}

func (a *budgetAllocator) take(size int) {
	if a.used+int64(size) > a.most {
		panic(&pageMemoryError{a.most})
	}
	a.used += int64(size)
}

// Allocate implements memory.Allocator.
func (a *budgetAllocator) Allocate(size int) []byte {
	a.take(size)
	return a.piece(size)
}

// Reallocate implements memory.Allocator.
func (a *budgetAllocator) Reallocate(size int, b []byte) []byte {
	a.take(size - len(b))
	if size <= cap(b) {
		return b[:size]
	}
	out := a.piece(size)
	copy(out, b)
	a.putBack(b)
	return out
}

// Free implements memory.Allocator.
func (a *budgetAllocator) Free(b []byte) {
	a.used -= int64(len(b))
	a.putBack(b)
}

// sparePiece is the size from which memory is used again.
const sparePiece = 1 << 20

// piece returns memory, which may hold what it held before.
func (a *budgetAllocator) piece(size int) []byte {
	for i, b := range a.spare {
		if size >= sparePiece && size <= cap(b) {
			a.spare[i] = nil
			return b[:size]
		}
	}
	return a.Allocator.Allocate(size)
}

// putBack keeps memory that nobody uses any more, if it is larger than what is
// kept.
func (a *budgetAllocator) putBack(b []byte) {
	for i, spare := range a.spare {
		if cap(b) >= sparePiece && cap(b) > cap(spare) {
			a.spare[i], b = b, spare
		}
	}
}
