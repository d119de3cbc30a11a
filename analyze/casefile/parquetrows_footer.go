package casefile

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// What a footer may ask for. The library makes tables of the size that it
// reads, and follows the schema by recursion: the limits are checked before it
// sees the footer. Usual footers have some kilobytes, and schemas nest a few
// levels deep.
const (
	maxFooter   = 16 << 20 // bytes
	maxElements = 20_000   // of the schema: columns and groups
	maxNesting  = 64       // levels of groups
	maxPaths    = 16 << 20 // bytes of the paths of all columns together
	maxChunks   = 256 << 10
	maxWidth    = 1 << 20 // bytes of a fixed length value
)

// The magics at the end of a Parquet file.
const (
	parquetMagic          = "PAR1"
	parquetMagicEncrypted = "PARE"
)

// readFooter reads and checks the footer of a Parquet file.
func readFooter(r *io.SectionReader) (*metadata.FileMetaData, error) {
	var end [8]byte // length of the footer, magic
	if r.Size() < int64(len(parquetMagic)+len(end)) {
		return nil, errors.New("it is too short for a footer: it may be cut off")
	}
	if _, err := r.ReadAt(end[:], r.Size()-int64(len(end))); err != nil {
		return nil, fmt.Errorf("reading the end: %w", err)
	}
	switch magic := string(end[4:]); magic {
	case parquetMagic:
	case parquetMagicEncrypted:
		return nil, errors.New("its footer is encrypted; decrypt it with its key and load what comes out")
	default:
		return nil, fmt.Errorf("it ends with %q, not with its footer: it may be cut off", magic)
	}
	length := int64(binary.LittleEndian.Uint32(end[:]))
	switch room := r.Size() - int64(len(parquetMagic)+len(end)); {
	case length > room:
		return nil, fmt.Errorf("the footer is said to have %d bytes; there are %d: it may be cut off", length, room)
	case length > maxFooter:
		return nil, fmt.Errorf("the footer has %d bytes, more than the %d that are read", length, maxFooter)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, r.Size()-int64(len(end))-length); err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	if err := checkFooter(footer); err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	meta, err := metadata.NewFileMetaData(footer, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the footer: %w", err)
	}
	meta.SetSourceFileSize(r.Size())
	return meta, nil
}

// checkFooter checks what a footer asks for. The numbers of the fields are those
// of the format's parquet.thrift.
func checkFooter(footer []byte) error {
	k := &footerCheck{c: compactReader{data: footer}}
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 2 && typ == compactList: // schema
			k.elements, k.leaves, k.open = 0, 0, nil
			k.c.list(func(byte) { k.element() })
			k.closeGroups()
			if len(k.open) > 0 {
				k.c.fail("the schema ends before its last group does")
			}
		case id == 4 && typ == compactList: // row_groups
			k.c.list(func(byte) { k.group() })
		default:
			k.c.skip(typ, 0)
		}
	})
	return k.c.err
}

// footerCheck is the state of checkFooter.
type footerCheck struct {
	c        compactReader
	elements int
	leaves   int
	open     []openGroup // of the schema, outermost first
	paths    int
	chunks   int
}

// openGroup is a group whose members are being read.
type openGroup struct {
	left int // members
	path int // bytes
}

// closeGroups leaves the groups that have all their members.
func (k *footerCheck) closeGroups() {
	for len(k.open) > 0 && k.open[len(k.open)-1].left == 0 {
		k.open = k.open[:len(k.open)-1]
	}
}

// element checks an element of the schema: a column, or a group that stands
// before its members.
func (k *footerCheck) element() {
	var width, members int64
	path := 0
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 2 && typ == compactInt32: // type_length
			width = k.c.varint()
		case id == 4 && typ == compactBinary: // name
			path = len(k.c.bytes())
		case id == 5 && typ == compactInt32: // num_children
			members = k.c.varint()
		default:
			k.c.skip(typ, 0)
		}
	})
	k.closeGroups()
	if n := len(k.open); n > 0 {
		k.open[n-1].left--
		path += k.open[n-1].path + 1
	} else if k.elements > 0 {
		k.c.fail("the schema goes on after its last group")
	}
	k.elements++
	if members == 0 {
		k.leaves++
		k.paths += path
	} else {
		k.open = append(k.open, openGroup{int(members), path})
	}
	switch {
	case members < 0 || members > maxElements || k.elements > maxElements:
		k.c.fail("the schema has more than %d columns and groups", maxElements)
	case len(k.open) > maxNesting:
		k.c.fail("the schema is nested deeper than %d", maxNesting)
	case k.paths > maxPaths:
		k.c.fail("the names of the columns have more than %d bytes", maxPaths)
	case width < 0 || width > maxWidth:
		k.c.fail("a column has values of %d bytes, more than the %d that are read", width, maxWidth)
	}
}

// group checks a row group.
func (k *footerCheck) group() {
	k.c.fields(func(id int, typ byte) {
		if id != 1 || typ != compactList { // columns
			k.c.skip(typ, 0)
			return
		}
		k.c.list(func(byte) { k.chunk() })
	})
}

// chunk checks what a row group has of a column.
func (k *footerCheck) chunk() {
	known := false
	k.c.fields(func(id int, typ byte) {
		switch {
		case id == 1 && typ == compactBinary: // file_path
			if path := k.c.bytes(); len(path) > 0 {
				k.c.fail("it has columns in another file, %.200q, which is not supported", path)
			}
			return
		case id == 3: // meta_data
			known = true
		case id == 8: // crypto_metadata
			k.c.fail("it has encrypted columns; decrypt it with its keys and load what comes out")
		}
		k.c.skip(typ, 0)
	})
	if !known {
		k.c.fail("it does not say where a column is")
	}
	if k.chunks++; k.chunks > maxChunks {
		k.c.fail("it has more than %d pieces of columns", maxChunks)
	}
}

// checkGroup checks what the footer says of a row group.
func (p *rowReader) checkGroup(size int64, g int) error {
	group := p.file.MetaData().RowGroup(g)
	if group.NumColumns() != len(p.columns) {
		return fmt.Errorf("it has %d columns; the schema has %d", group.NumColumns(), len(p.columns))
	}
	if group.NumRows() < 0 {
		return fmt.Errorf("it has %d rows", group.NumRows())
	}
	var spans [][2]int64
	for i, c := range p.columns {
		chunk, err := group.ColumnChunk(i)
		if err != nil {
			return fmt.Errorf("column %s: %w", c, err)
		}
		if _, err := compress.GetCodec(chunk.Compression()); err != nil {
			return fmt.Errorf("column %s: its compression %s is not supported", c, chunk.Compression())
		}
		if group.NumRows() == 0 { // writers give no place then
			if n := chunk.NumValues(); n > 0 {
				return fmt.Errorf("column %s: it has %d values in no rows", c, n)
			}
			continue
		}
		from := chunk.DataPageOffset()
		if at := chunk.DictionaryPageOffset(); chunk.HasDictionaryPage() && at > 0 {
			from = min(from, at)
		}
		length := chunk.TotalCompressedSize()
		if from < 0 || length < 0 || from > size || length > size-from {
			return fmt.Errorf("column %s: it is said to be the %d bytes at byte %d of a file of %d", c, length, from, size)
		}
		if length > 0 {
			spans = append(spans, [2]int64{from, from + length})
		}
	}
	// A page header of megabytes that all columns share would be in memory once
	// for each.
	slices.SortFunc(spans, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	for i := 1; i < len(spans); i++ {
		if spans[i][0] < spans[i-1][1] {
			return fmt.Errorf("two of its columns share the bytes at byte %d", spans[i][0])
		}
	}
	return nil
}
