package casefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
)

// checkedPages looks at pages before they are decoded. The library makes tables
// of the sizes that pages claim: thirty bytes could ask for gigabytes.
type checkedPages struct {
	file.PageReader
	column *rowColumn
	batch  int // levels that may be read of the page at once
	ended  bool
	err    error
}

// Next implements [file.PageReader].
func (p *checkedPages) Next() bool {
	if !p.PageReader.Next() {
		p.ended = true
		return false
	}
	p.err = p.check(p.Page())
	return p.err == nil
}

// Err implements [file.PageReader].
func (p *checkedPages) Err() error {
	if p.err != nil {
		return p.err
	}
	return p.PageReader.Err()
}

// GetDictionaryPage implements [file.PageReader].
func (p *checkedPages) GetDictionaryPage() (*file.DictionaryPage, error) {
	page, err := p.PageReader.GetDictionaryPage()
	if err != nil || page == nil {
		return nil, err
	}
	return page, p.checkDictionary(page)
}

func (p *checkedPages) check(page file.Page) error {
	p.batch = p.column.batch
	switch page := page.(type) {
	case *file.DictionaryPage:
		return p.checkDictionary(page)
	case *file.DataPageV1:
		return p.checkData(page, page.Data(), func(data []byte) ([]byte, error) { return p.skipLevels(page, data) })
	case *file.DataPageV2:
		return p.checkData(page, page.Data(), func(data []byte) ([]byte, error) {
			return cutFront(data, int64(page.RepetitionLevelByteLen())+int64(page.DefinitionLevelByteLen()))
		})
	}
	return nil
}

// checkDictionary checks that the values can be there.
func (p *checkedPages) checkDictionary(page *file.DictionaryPage) error {
	if n, size := int64(page.NumValues()), int64(len(page.Data())); n*p.leastBits() > size*8 {
		return fmt.Errorf("a dictionary of %d bytes is said to have %d values", size, n)
	}
	return nil
}

// leastBits is what a value takes at least, plainly encoded.
func (p *checkedPages) leastBits() int64 {
	switch p.column.descr.PhysicalType() {
	case parquet.Types.Boolean:
		return 1
	case parquet.Types.Int64, parquet.Types.Double:
		return 64
	case parquet.Types.Int96:
		return 96
	case parquet.Types.FixedLenByteArray:
		return 8 * int64(p.column.descr.TypeLength())
	}
	return 32 // Int32, Float, and the length of a byte array
}

// checkData checks a page whose values skip finds.
func (p *checkedPages) checkData(page file.Page, data []byte, skip func([]byte) ([]byte, error)) error {
	e := parquet.Encoding(page.Encoding())
	switch e {
	case parquet.Encodings.DeltaBinaryPacked, parquet.Encodings.DeltaLengthByteArray, parquet.Encodings.DeltaByteArray:
	default:
		return nil
	}
	data, err := skip(data)
	if err != nil || len(data) == 0 {
		return err
	}
	if e == parquet.Encodings.DeltaByteArray {
		// A value shares its beginning with the one before, in the page; decoded,
		// each has its own.
		p.batch = max(1, min(p.batch, maxDeltaBytes/len(page.Data())))
		if data, err = skipDelta(data, page.NumValues()); err != nil { // the lengths of what is shared
			return err
		}
	}
	_, err = skipDelta(data, page.NumValues())
	return err
}

// maxDeltaBytes is about how many bytes of values that share their beginnings
// are decoded at once.
const maxDeltaBytes = 64 << 20

// skipLevels skips the levels before the values of a page of version 1.
func (p *checkedPages) skipLevels(page *file.DataPageV1, data []byte) ([]byte, error) {
	var err error
	for _, l := range []struct {
		most     int16
		encoding parquet.Encoding
	}{
		{p.column.maxRep, page.RepetitionLevelEncoding()},
		{p.column.maxDef, page.DefinitionLevelEncoding()},
	} {
		switch {
		case l.most == 0 || err != nil:
		case l.encoding == parquet.Encodings.BitPacked:
			data, err = cutFront(data, (int64(page.NumValues())*int64(bits.Len16(uint16(l.most)))+7)/8)
		case len(data) < 4:
			err = errPageEnd
		default:
			data, err = cutFront(data, 4+int64(binary.LittleEndian.Uint32(data)))
		}
	}
	return data, err
}

var errPageEnd = errors.New("a page ends before its values begin")

func cutFront(data []byte, n int64) ([]byte, error) {
	if n > int64(len(data)) {
		return nil, errPageEnd
	}
	return data[n:], nil
}

// Writers make blocks of 128 values, DELTA_BINARY_PACKED of 1024 at most; and a
// page of so many equal values that they need no bytes is written otherwise.
const (
	maxDeltaBlock  = 1 << 16
	maxDeltaValues = 1 << 24
)

// skipDelta skips numbers encoded as DELTA_BINARY_PACKED, and checks how much
// memory they ask for. Encodings.md of the Parquet format describes them.
func skipDelta(data []byte, most int32) ([]byte, error) {
	c := compactReader{data: data} // its varints are the same
	block, minis, total := c.uvarint(), c.uvarint(), c.uvarint()
	c.uvarint() // the first value
	switch {
	case c.err != nil:
		return nil, errPageEnd
	case block == 0 || block > maxDeltaBlock || minis == 0 || minis > block || block%minis != 0:
		return nil, fmt.Errorf("a page has blocks of %d values in %d parts", block, minis)
	case total > uint64(max(0, most)) || total > maxDeltaValues:
		return nil, fmt.Errorf("a page has %d packed numbers for %d values; at most %d are read", total, most, maxDeltaValues)
	}
	each := block / minis
	for left := int64(total) - 1; left > 0 && c.err == nil; {
		c.uvarint() // the least difference
		widths := c.take(minis)
		for _, width := range widths {
			if left > 0 {
				c.take((each*uint64(width) + 7) / 8)
			}
			left -= int64(each)
		}
	}
	if c.err != nil {
		return nil, errPageEnd
	}
	return c.data, nil
}
