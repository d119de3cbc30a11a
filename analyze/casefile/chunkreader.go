package casefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/DataDog/zstd"
)

// chunkReader reads columns of segments as our own table writes them: optional,
// flat, pages of version 1 compressed with zstd, integers as differences, texts
// plain or by a dictionary. It is several times as fast as the library and leaves
// no garbage, as its memory is used again. It is not safe for concurrent use.
type chunkReader struct {
	ctx    zstd.Ctx
	raw    []byte   // pages as they are in the file
	pages  [][]byte // decompressed, those of a chunk
	used   int      // of pages
	codec  int64
	footer []byte
	def    []uint32 // 1 a value, 0 NULL, a row each
	values []int64
	codes  []uint32
	words  [][]byte
}

func newChunkReader() *chunkReader { return &chunkReader{ctx: zstd.NewCtx()} }

// The codecs of columns, and the encodings and kinds of pages, of the format's parquet.thrift.
const (
	codecNone          = 0
	codecZstd          = 6
	encodingPlain      = 0
	encodingDict       = 2 // PLAIN_DICTIONARY
	encodingRLE        = 3
	encodingDelta      = 5 // DELTA_BINARY_PACKED
	encodingRLEDict    = 8 // RLE_DICTIONARY
	pageOfData         = 0
	pageOfDictionary   = 2
	maxPage            = 256 << 20 // bytes, decompressed; texts are at most as long as a record
	zstdBlock          = 128 << 10 // bytes that a block, of more than one byte, is at most: RFC 8878, 3.1.1.2.4
	pagePadding        = 8         // numbers are unpacked with reads of 8 bytes
	maxUnpackedBits    = 64
	maxDictionaryWords = 1 << 24
)

var errPageShort = errors.New("a page ends before its values do")

// pageHead is the header of a page.
type pageHead struct {
	kind, values, encoding, levels int64
	size, compressed               int64
}

func readPageHead(c *compactReader) (h pageHead, err error) {
	c.fields(func(id int, typ byte) {
		switch {
		case typ == compactInt32 && id == 1: // type
			h.kind = c.varint()
		case typ == compactInt32 && id == 2: // uncompressed_page_size
			h.size = c.varint()
		case typ == compactInt32 && id == 3: // compressed_page_size
			h.compressed = c.varint()
		case typ == compactStruct && (id == 5 || id == 7): // data_page_header, dictionary_page_header
			c.fields(func(id int, typ byte) {
				switch {
				case typ == compactInt32 && id == 1: // num_values
					h.values = c.varint()
				case typ == compactInt32 && id == 2: // encoding
					h.encoding = c.varint()
				case typ == compactInt32 && id == 3: // definition_level_encoding
					h.levels = c.varint()
				default:
					c.skip(typ, 0)
				}
			})
		default:
			c.skip(typ, 0)
		}
	})
	if c.err != nil {
		return h, fmt.Errorf("reading the header of a page: %w", c.err)
	}
	if h.size < 0 || h.size > maxPage || h.size/zstdBlock > h.compressed || h.compressed < 0 || h.compressed > int64(len(c.data)) || h.values < 0 {
		return h, fmt.Errorf("a page of %d values is said to have %d bytes, compressed %d of %d", h.values, h.size, h.compressed, len(c.data))
	}
	return h, nil
}

// page decompresses a page. It stays valid until the next chunk is read.
func (r *chunkReader) page(h *pageHead, compressed []byte) ([]byte, error) {
	if r.codec == codecNone {
		return compressed, nil
	}
	if len(compressed) == 0 { // the library needs a byte to point at
		return nil, errPageShort
	}
	if r.used == len(r.pages) {
		r.pages = append(r.pages, nil)
	}
	need := int(h.size) + pagePadding
	if cap(r.pages[r.used]) < need {
		r.pages[r.used] = make([]byte, need)
	}
	page := r.pages[r.used][:need]
	r.used++
	n, err := r.ctx.DecompressInto(page[:max(1, h.size)], compressed)
	if err != nil || int64(n) != h.size {
		return nil, fmt.Errorf("decompressing a page of %d bytes: it has %d: %w", h.size, n, errors.Join(err, errPageShort))
	}
	return page[:n], nil
}

// pageVisitor looks at the pages of a column.
type pageVisitor struct {
	// wanted, which may be nil, says whether a page of n rows is wanted, the first
	// of which is given.
	wanted func(row, n int) bool
	// dictionary may say that no page of data is wanted.
	dictionary func(h *pageHead, data []byte) (bool, error)
	// page is given pages of data, with the row that they begin with and how many
	// rows have a value; def of the reader says which.
	page func(h *pageHead, data []byte, row, present int) error
}

// read hands over the pages of a chunk that stands in f.
func (r *chunkReader) read(f io.ReaderAt, c *chunkIndex, v pageVisitor) error {
	if int64(cap(r.raw)) < c.size {
		r.raw = make([]byte, c.size)
	}
	r.raw = r.raw[:c.size]
	if _, err := f.ReadAt(r.raw, c.offset); err != nil {
		return err
	}
	r.used, r.codec = 0, c.codec
	rest := compactReader{data: r.raw}
	for row := 0; row < int(c.rows); {
		h, err := readPageHead(&rest)
		if err != nil {
			return err
		}
		compressed := rest.take(uint64(h.compressed))
		if h.kind == pageOfDictionary {
			more, err := r.dictionary(&h, compressed, v)
			if err != nil || !more {
				return err
			}
		}
		if h.kind != pageOfData {
			continue
		}
		n := int(h.values)
		if n == 0 || n > int(c.rows)-row {
			return fmt.Errorf("a page has %d values of %d", n, int(c.rows)-row)
		}
		if v.wanted == nil || v.wanted(row, n) {
			if err := r.dataPage(&h, compressed, v, row, n); err != nil {
				return err
			}
		}
		row += n
	}
	return nil
}

func (r *chunkReader) dictionary(h *pageHead, compressed []byte, v pageVisitor) (more bool, err error) {
	data, err := r.page(h, compressed)
	if err != nil {
		return false, err
	}
	return v.dictionary(h, data)
}

func (r *chunkReader) dataPage(h *pageHead, compressed []byte, v pageVisitor, row, n int) error {
	data, err := r.page(h, compressed)
	if err != nil {
		return err
	}
	data, present, err := r.levels(h, data, n)
	if err != nil {
		return err
	}
	return v.page(h, data, row, present)
}

// levels reads which of n rows have a value, and returns what follows and how many
// have.
func (r *chunkReader) levels(h *pageHead, data []byte, n int) ([]byte, int, error) {
	if h.levels != encodingRLE || len(data) < 4 {
		return nil, 0, errors.New("a page does not say which rows have a value")
	}
	size := uint64(binary.LittleEndian.Uint32(data))
	if size > uint64(len(data)-4) {
		return nil, 0, errPageShort
	}
	r.def = slices.Grow(r.def[:0], n)[:n]
	if err := unpackRuns(r.def, data[4:4+size], 1); err != nil {
		return nil, 0, err
	}
	present := 0
	for _, d := range r.def {
		present += int(d)
	}
	return data[4+size:], present, nil
}

// ints reads a column of integers into dst, a row each. NULL becomes null.
func (r *chunkReader) ints(f io.ReaderAt, c *chunkIndex, dst []int64, null int64) error {
	return r.read(f, c, pageVisitor{dictionary: noDictionary, page: func(h *pageHead, data []byte, row, present int) error {
		return r.intPage(h, data, dst[row:row+len(r.def)], present, null)
	}})
}

func noDictionary(*pageHead, []byte) (bool, error) {
	return false, errors.New("a column has a dictionary that should have none")
}

// intPage reads the integers of a page.
func (r *chunkReader) intPage(h *pageHead, data []byte, out []int64, present int, null int64) error {
	if h.encoding != encodingDelta {
		return fmt.Errorf("a page of integers has the encoding %d", h.encoding)
	}
	if present == len(out) {
		return unpackDeltas(out, data)
	}
	r.values = slices.Grow(r.values[:0], present)[:present]
	if err := unpackDeltas(r.values, data); err != nil {
		return err
	}
	at := 0
	for i, d := range r.def {
		out[i] = null
		if d != 0 {
			out[i] = r.values[at]
			at++
		}
	}
	return nil
}

// texts reads a column of texts: for each row the number of its word among the
// words, [nullCode] for NULL. Where the column has a dictionary, wanted, which may
// be nil, is asked whether any word of it is wanted, and without one the rows are
// not read: there are no codes then. Everything is valid until the next chunk is
// read.
func (r *chunkReader) texts(f io.ReaderAt, c *chunkIndex, wanted func(words [][]byte) bool) (words [][]byte, codes []uint32, err error) {
	r.words = r.words[:0]
	r.codes = slices.Grow(r.codes[:0], int(c.rows))[:c.rows]
	codes = r.codes
	err = r.read(f, c, pageVisitor{dictionary: func(h *pageHead, data []byte) (bool, error) {
		var err error
		if len(r.words) > 0 || h.encoding != encodingPlain && h.encoding != encodingDict || h.values > maxDictionaryWords {
			return false, errors.New("a column has another dictionary than it should")
		}
		r.words, err = cutTexts(r.words, data, int(h.values))
		if err == nil && wanted != nil && !wanted(r.words) {
			codes = nil
		}
		return codes != nil, err
	}, page: func(h *pageHead, data []byte, row, present int) error {
		return r.textPage(h, data, r.codes[row:], present)
	}})
	return r.words, codes, err
}

// nullCode stands for NULL where texts are numbers of words.
const nullCode = ^uint32(0)

// eachText hands over the texts of a column that are not NULL, a page at a time: in
// the order of the rows, each valid until the next.
func (r *chunkReader) eachText(f io.ReaderAt, c *chunkIndex, each func(row int, text []byte) error) error {
	r.words = r.words[:0]
	keep := 0 // pages, of the dictionary
	return r.read(f, c, pageVisitor{dictionary: func(h *pageHead, data []byte) (bool, error) {
		var err error
		r.words, err = cutTexts(r.words[:0], data, int(min(h.values, maxDictionaryWords)))
		keep = r.used
		return true, err
	}, page: func(h *pageHead, data []byte, row, present int) error {
		words := len(r.words)
		r.codes = slices.Grow(r.codes[:0], len(r.def))[:len(r.def)]
		if err := r.textPage(h, data, r.codes, present); err != nil {
			return err
		}
		for i, code := range r.codes {
			if code == nullCode {
				continue
			}
			if err := each(row+i, r.words[code]); err != nil {
				return err
			}
		}
		r.words, r.used = r.words[:words], keep
		return nil
	}})
}

// textPage reads the codes of a page of texts.
func (r *chunkReader) textPage(h *pageHead, data []byte, codes []uint32, present int) error {
	codes = codes[:len(r.def)]
	first := uint32(0)
	switch h.encoding {
	case encodingPlain:
		first = uint32(len(r.words))
		var err error
		if r.words, err = cutTexts(r.words, data, present); err != nil {
			return err
		}
		for i := range present {
			codes[i] = first + uint32(i)
		}
	case encodingDict, encodingRLEDict:
		if present > 0 {
			if len(data) == 0 || data[0] > 32 {
				return errPageShort
			}
			if err := unpackRuns(codes[:present], data[1:], int(data[0])); err != nil {
				return err
			}
		}
		for _, code := range codes[:present] {
			if int(code) >= len(r.words) {
				return fmt.Errorf("a page names the word %d of %d", code, len(r.words))
			}
		}
	default:
		return fmt.Errorf("a page of texts has the encoding %d", h.encoding)
	}
	if present == len(codes) {
		return nil
	}
	// The codes stand together at the front: spread them from the back.
	for row := len(codes) - 1; row >= 0; row-- {
		if r.def[row] == 0 {
			codes[row] = nullCode
			continue
		}
		present--
		codes[row] = codes[present]
	}
	return nil
}

// cutTexts appends n texts, each after its length in four bytes.
func cutTexts(words [][]byte, data []byte, n int) ([][]byte, error) {
	for range n {
		if len(data) < 4 {
			return words, errPageShort
		}
		size := uint64(binary.LittleEndian.Uint32(data))
		if size > uint64(len(data)-4) {
			return words, errPageShort
		}
		words = append(words, data[4:4+size:4+size])
		data = data[4+size:]
	}
	return words, nil
}

// unpackRuns fills dst with numbers of so many bits in the hybrid of runs and bits
// that Encodings.md of the Parquet format describes. Eight bytes behind data can be
// read.
func unpackRuns(dst []uint32, data []byte, width int) error {
	for len(dst) > 0 {
		head, n := binary.Uvarint(data)
		if n <= 0 {
			return errPageShort
		}
		data = data[n:]
		count := head >> 1
		if head&1 == 0 { // a run
			size := (width + 7) / 8
			if size > len(data) || count == 0 {
				return errPageShort
			}
			v := uint32(0)
			for i, b := range data[:size] {
				v |= uint32(b) << (8 * i)
			}
			if v>>width != 0 {
				return fmt.Errorf("a page has the number %d in %d bits", v, width)
			}
			data = data[size:]
			run := dst[:min(count, uint64(len(dst)))]
			for i := range run {
				run[i] = v
			}
			dst = dst[len(run):]
			continue
		}
		if count == 0 || count > uint64(len(data)) && width > 0 {
			return errPageShort
		}
		size := int(count) * width
		if width == 0 {
			size = 0
		}
		if size > len(data) {
			return errPageShort
		}
		some := dst[:min(count*8, uint64(len(dst)))]
		unpackBits(some, data[:size], width)
		data, dst = data[size:], dst[len(some):]
	}
	return nil
}

// unpackBits unpacks numbers of at most 32 bits.
func unpackBits(dst []uint32, data []byte, width int) {
	if width == 0 {
		clear(dst)
		return
	}
	wide := data[:min(cap(data), len(data)+pagePadding)]
	mask := uint64(1)<<width - 1
	for i := range dst {
		bit := i * width
		dst[i] = uint32(load64(wide, bit>>3) >> (bit & 7) & mask)
	}
}

// load64 reads eight bytes, or as many as there are.
func load64(data []byte, at int) uint64 {
	if at+8 <= len(data) {
		return binary.LittleEndian.Uint64(data[at:])
	}
	v := uint64(0)
	for i := at; i < len(data); i++ {
		v |= uint64(data[i]) << (8 * (i - at))
	}
	return v
}

// unpackDeltas fills dst with numbers packed as differences: DELTA_BINARY_PACKED
// of Encodings.md of the Parquet format.
func unpackDeltas(dst []int64, data []byte) error {
	if len(dst) == 0 {
		return nil
	}
	c := compactReader{data: data}
	block, minis, total, value := c.uvarint(), c.uvarint(), c.uvarint(), c.varint()
	if c.err != nil || total != uint64(len(dst)) {
		return errPageShort
	}
	if block == 0 || block > maxDeltaBlock || minis == 0 || minis > block || block%minis != 0 {
		return fmt.Errorf("a page has blocks of %d values in %d parts", block, minis)
	}
	dst[0] = value
	dst = dst[1:]
	each := block / minis
	for len(dst) > 0 {
		least := c.varint()
		widths := c.take(minis)
		if c.err != nil {
			return errPageShort
		}
		for _, width := range widths {
			if len(dst) == 0 {
				break
			}
			if width > maxUnpackedBits {
				return fmt.Errorf("a page has numbers of %d bits", width)
			}
			packed := c.take((each*uint64(width) + 7) / 8)
			if c.err != nil {
				return errPageShort
			}
			some := dst[:min(each, uint64(len(dst)))]
			value = addDeltas(some, packed, int(width), value, least)
			dst = dst[len(some):]
		}
	}
	return nil
}

// addDeltas unpacks differences and adds them up, and returns the last number.
func addDeltas(dst []int64, packed []byte, width int, value, least int64) int64 {
	wide := packed[:min(cap(packed), len(packed)+pagePadding)]
	mask := ^uint64(0) >> (maxUnpackedBits - width)
	for i := range dst {
		delta := uint64(0)
		if width > 0 {
			bit := i * width
			at, shift := bit>>3, bit&7
			delta = load64(wide, at) >> shift
			if shift+width > 64 {
				delta |= uint64(wide[at+8]) << (64 - shift)
			}
			delta &= mask
		}
		value += least + int64(delta)
		dst[i] = value
	}
	return value
}
