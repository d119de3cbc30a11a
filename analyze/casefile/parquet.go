package casefile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"
)

// columnType is how a column of a segment is stored.
type columnType uint8

const (
	typeText  columnType = iota // UTF-8, many different values
	typeWord                    // UTF-8, few different values: dictionary encoded
	typeWide                    // UTF-8, long texts
	typeBytes                   // raw bytes, long
	typeFrame                   // raw bytes, few different values
	typeHash                    // 32 bytes
	typeInt                     // 64 bit integer
	typeTime                    // microseconds since the epoch, UTC
	typeMoney                   // DECIMAL(18,9)
	typeFloat                   // 64 bit floating point
	typeBool
	typeDecimal // any number that is exact, of up to 38 digits
)

// rowGroupRows bounds a row group: small enough that fetching one row by its
// number decodes little, large enough to compress well.
const rowGroupRows = 16384

// pageSize is the uncompressed size at which a page closes. Pages of 512 KiB
// stay in the cache between encoding and compression.
const pageSize = 512 << 10

// The levels of zstd. Texts are compressed at level 1. The raw records, twice
// as many bytes, are at level -1, which takes two thirds of the time and makes
// them a quarter larger: compression is the largest single cost of a load.
const (
	zstdLevel    = 1
	zstdLevelRaw = -1
)

// column collects the values of one column of a segment until it is written.
// Values of byte columns alias the memory of whoever added them.
type column struct {
	name  string
	typ   columnType
	scale int     // digits after the point, of typeDecimal
	def   []int16 // 1 a value, 0 NULL, a row each
	bytes []parquet.ByteArray
	hash  []parquet.FixedLenByteArray
	ints  []int64
	nums  []float64
	bools []bool
	dict  dictionary
}

func (c *column) reset() {
	c.def, c.bytes, c.hash, c.ints, c.nums, c.bools = c.def[:0], c.bytes[:0], c.hash[:0], c.ints[:0], c.nums[:0], c.bools[:0]
	c.dict.reset()
}

func (c *column) null() {
	c.def = append(c.def, 0)
	if c.isDict() {
		c.dict.index = append(c.dict.index, 0)
	}
}

func (c *column) isDict() bool { return c.typ == typeWord || c.typ == typeFrame }

// text adds a text; nil is NULL. Bytes that are not UTF-8 become U+FFFD: the
// raw record keeps them as they were.
func (c *column) text(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.raw(validText(v))
}

func validText(v []byte) []byte {
	if utf8.Valid(v) {
		return v
	}
	return bytes.ToValidUTF8(v, []byte("\uFFFD"))
}

// setText changes a text of a dictionary column that was added already.
func (c *column) setText(row int, v []byte) {
	if v == nil {
		c.def[row], c.dict.index[row] = 0, 0
		return
	}
	c.def[row], c.dict.index[row] = 1, c.dict.find(validText(v))
}

// word adds a text of a closed vocabulary; "" is NULL.
func (c *column) word(v string) {
	if v == "" {
		c.null()
		return
	}
	c.raw([]byte(v))
}

// raw adds bytes as they are.
func (c *column) raw(v []byte) {
	c.def = append(c.def, 1)
	if c.isDict() {
		c.dict.add(v)
		return
	}
	c.bytes = append(c.bytes, v)
}

// sum adds a SHA-256; nil is NULL.
func (c *column) sum(v []byte) {
	if v == nil {
		c.null()
		return
	}
	c.def = append(c.def, 1)
	c.hash = append(c.hash, v)
}

func (c *column) int(v int64, ok bool) {
	if !ok {
		c.null()
		return
	}
	c.def = append(c.def, 1)
	c.ints = append(c.ints, v)
}

func (c *column) float(v float64) {
	c.def = append(c.def, 1)
	c.nums = append(c.nums, v)
}

func (c *column) bool(v, ok bool) {
	if !ok {
		c.null()
		return
	}
	c.def = append(c.def, 1)
	c.bools = append(c.bools, v)
}

// node is the column's place in the Parquet schema. Every column is optional:
// NULL means that the log does not say.
func (c *column) node() (schema.Node, error) {
	opt := parquet.Repetitions.Optional
	switch c.typ {
	case typeText, typeWord, typeWide:
		return schema.NewPrimitiveNodeLogical(c.name, opt, schema.StringLogicalType{}, parquet.Types.ByteArray, -1, -1)
	case typeBytes, typeFrame:
		return schema.NewByteArrayNode(c.name, opt, -1), nil
	case typeHash:
		return schema.NewFixedLenByteArrayNode(c.name, opt, sha256.Size, -1), nil
	case typeInt:
		return schema.NewInt64Node(c.name, opt, -1), nil
	case typeTime:
		return schema.NewPrimitiveNodeLogical(c.name, opt, schema.NewTimestampLogicalType(true, schema.TimeUnitMicros), parquet.Types.Int64, -1, -1)
	case typeMoney:
		return schema.NewPrimitiveNodeLogical(c.name, opt, schema.NewDecimalLogicalType(18, 9), parquet.Types.Int64, -1, -1)
	case typeDecimal:
		return schema.NewPrimitiveNodeLogical(c.name, opt, schema.NewDecimalLogicalType(decimalDigits, int32(c.scale)), parquet.Types.FixedLenByteArray, decimalBytes, -1)
	case typeFloat:
		return schema.NewFloat64Node(c.name, opt, -1), nil
	default:
		return schema.NewBooleanNode(c.name, opt, -1), nil
	}
}

// table is a set of columns that are filled row by row and written as one
// Parquet file. It is reused from segment to segment.
type table struct {
	name    string
	columns []*column
	root    *schema.GroupNode
	options []parquet.WriterProperty
}

func newTable(name string, columns ...*column) (*table, error) {
	useCodec()
	t := &table{name: name, columns: columns}
	var fields schema.FieldList
	opts := []parquet.WriterProperty{
		parquet.WithVersion(parquet.V2_LATEST), parquet.WithDataPageVersion(parquet.DataPageV1),
		parquet.WithCreatedBy("exhibit"), parquet.WithCompression(compress.Codecs.Zstd), parquet.WithCompressionLevel(zstdLevel),
		parquet.WithDictionaryDefault(false), parquet.WithStats(false),
		parquet.WithDataPageSize(pageSize), parquet.WithDictionaryPageSizeLimit(2 * maxDictionary), parquet.WithBatchSize(4096),
		parquet.WithMaxRowGroupLength(rowGroupRows),
	}
	for _, c := range columns {
		n, err := c.node()
		if err != nil {
			return nil, fmt.Errorf("describing column %s of %s: %w", c.name, name, err)
		}
		fields = append(fields, n)
		switch c.typ {
		case typeInt, typeTime, typeMoney:
			opts = append(opts, parquet.WithEncodingFor(c.name, parquet.Encodings.DeltaBinaryPacked), parquet.WithStatsFor(c.name, true))
		case typeBytes:
			opts = append(opts, parquet.WithCompressionLevelFor(c.name, zstdLevelRaw))
		case typeHash: // random bytes do not compress
			opts = append(opts, parquet.WithCompressionFor(c.name, compress.Codecs.Uncompressed))
		}
	}
	root, err := schema.NewGroupNode("schema", parquet.Repetitions.Required, fields, -1)
	if err != nil {
		return nil, fmt.Errorf("describing %s: %w", name, err)
	}
	t.root, t.options = root, opts
	return t, nil
}

// properties are the options of the next file: columns whose dictionary grew
// too large are written plainly.
func (t *table) properties() *parquet.WriterProperties {
	opts := slices.Clone(t.options)
	for _, c := range t.columns {
		if c.isDict() {
			opts = append(opts, parquet.WithDictionaryFor(c.name, !c.dict.large()))
		}
	}
	return parquet.NewWriterProperties(opts...)
}

func (t *table) rows() int { return len(t.columns[0].def) }

func (t *table) reset() {
	for _, c := range t.columns {
		c.reset()
	}
}

// write writes the rows to w in row groups of rowGroupRows.
func (t *table) write(w io.Writer) error {
	pw, err := file.NewParquetWriterWithError(w, t.root, file.WithWriterProps(t.properties()))
	if err != nil {
		return err
	}
	if err := t.writeRows(pw); err != nil {
		return err
	}
	return pw.Close()
}

// writeRows adds the rows to a file in row groups of rowGroupRows.
func (t *table) writeRows(pw *file.Writer) error {
	at := make([]int, len(t.columns)) // values of each column already written
	for from := 0; from < t.rows(); from += rowGroupRows {
		rg, err := pw.AppendRowGroupChecked()
		if err != nil {
			return err
		}
		to := min(from+rowGroupRows, t.rows())
		for i, c := range t.columns {
			cw, err := rg.NextColumn()
			if err != nil {
				return err
			}
			n, err := c.writeBatch(cw, at[i], from, c.def[from:to])
			if err != nil {
				return fmt.Errorf("writing column %s: %w", c.name, err)
			}
			at[i] += n
			if err := cw.Close(); err != nil {
				return fmt.Errorf("closing column %s: %w", c.name, err)
			}
		}
		if err := rg.Close(); err != nil {
			return err
		}
	}
	return nil
}

// writeBatch writes the rows that def describes, the first of which is row and
// has its value at at, and returns how many values they hold.
func (c *column) writeBatch(cw file.ColumnChunkWriter, at, row int, def []int16) (int, error) {
	n := 0
	for _, d := range def {
		n += int(d)
	}
	var err error
	switch w := cw.(type) {
	case *file.ByteArrayColumnChunkWriter:
		if c.isDict() {
			return n, c.dict.write(w, row, def)
		}
		err = writeTexts(w, c.bytes[at:at+n], def)
	case *file.FixedLenByteArrayColumnChunkWriter:
		_, err = w.WriteBatch(c.hash[at:at+n], def, nil)
	case *file.Int64ColumnChunkWriter:
		_, err = w.WriteBatch(c.ints[at:at+n], def, nil)
	case *file.Float64ColumnChunkWriter:
		_, err = w.WriteBatch(c.nums[at:at+n], def, nil)
	case *file.BooleanColumnChunkWriter:
		_, err = w.WriteBatch(c.bools[at:at+n], def, nil)
	default:
		err = fmt.Errorf("no writer for %T", cw)
	}
	return n, err
}

// textBatch is how many bytes of texts are handed to the writer at once. It
// closes a page only between batches, so that a batch of many long texts would
// make one page of many megabytes, and a buffer that grows to hold it.
const textBatch = 128 << 10

// writeTexts writes texts in batches of about textBatch bytes.
func writeTexts(w *file.ByteArrayColumnChunkWriter, texts []parquet.ByteArray, def []int16) error {
	for len(def) > 0 {
		rows, values, size := 0, 0, 0
		for rows < len(def) && size < textBatch {
			if def[rows] == 1 {
				size += len(texts[values])
				values++
			}
			rows++
		}
		if _, err := w.WriteBatch(texts[:values], def[:rows], nil); err != nil {
			return err
		}
		texts, def = texts[values:], def[rows:]
	}
	return nil
}

// FileRef names a file of the case in the ledger: its path below the case
// folder, size and SHA-256.
type FileRef struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Rows   int64  `json:"rows,omitempty"`
}

// hashingWriter counts and hashes what is written through it.
type hashingWriter struct {
	w io.Writer
	h hash.Hash
	n int64
}

func (w *hashingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.h.Write(p[:n])
	w.n += int64(n)
	return n, err
}

// writeFile writes the table to a new file at path, fsyncs it and returns its
// reference under the name ref.
func (t *table) writeFile(path, ref string) (FileRef, error) {
	done := new(flusher)
	r, err := t.writeFileLater(path, ref, done)
	return r, errors.Join(err, done.wait())
}

// writeFileLater is writeFile but for the fsync, which it leaves to later.
func (t *table) writeFileLater(path, ref string, later *flusher) (FileRef, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return FileRef{}, fmt.Errorf("creating segment: %w", err)
	}
	hw := &hashingWriter{w: f, h: sha256.New()}
	bw := bufio.NewWriterSize(hw, 256<<10)
	if err := t.write(bw); err != nil {
		return FileRef{}, closeAfter(f, fmt.Errorf("writing segment %s: %w", path, err))
	}
	if err := bw.Flush(); err != nil {
		return FileRef{}, closeAfter(f, fmt.Errorf("writing segment %s: %w", path, err))
	}
	later.flush(f)
	return FileRef{Path: ref, Size: hw.n, SHA256: hexSum(hw.h.Sum(nil)), Rows: int64(t.rows())}, nil
}

// flusher makes written files durable beside the work that goes on: a builder
// that waited for the disk after each file would leave a core idle. The zero
// flusher is ready.
type flusher struct {
	work sync.WaitGroup
	mu   sync.Mutex
	err  error // the first
}

// flush takes over f, fsyncs and closes it.
func (s *flusher) flush(f *os.File) {
	s.work.Go(func() {
		err := f.Sync()
		if err = errors.Join(err, f.Close()); err == nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.err == nil {
			s.err = fmt.Errorf("flushing segment %s to disk: %w", f.Name(), err)
		}
	})
}

// wait returns once every file is durable, or the first error.
func (s *flusher) wait() error {
	s.work.Wait()
	return s.err
}

func closeAfter(f *os.File, err error) error {
	_ = f.Close() // the first error is the one that matters
	return err
}
