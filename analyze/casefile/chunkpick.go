package casefile

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// picker picks the values of some rows of a column. Pages without one of them are
// passed over.
type picker struct {
	r     *chunkReader
	typ   columnType
	chars int   // of texts; 0 is all
	rows  []int // ascending
	put   func(i int, v any)

	next int // of rows
	ints []int64
}

// pick hands over the values of the rows, by their place among these: nil for NULL,
// and otherwise as [EventRow] has them.
func (p *picker) pick(f io.ReaderAt, c *chunkIndex) error {
	p.r.words = p.r.words[:0]
	err := p.r.read(f, c, pageVisitor{
		wanted: func(row, n int) bool { return p.next < len(p.rows) && p.rows[p.next] < row+n },
		dictionary: func(h *pageHead, data []byte) (bool, error) {
			var err error
			p.r.words, err = cutTexts(p.r.words[:0], data, int(min(h.values, maxDictionaryWords)))
			return true, err
		},
		page: p.page,
	})
	if err == nil && p.next < len(p.rows) {
		err = fmt.Errorf("it has no row %d", p.rows[p.next])
	}
	return err
}

// page picks values of a page of data.
func (p *picker) page(h *pageHead, data []byte, row, present int) error {
	value, err := p.values(h, data, present)
	if err != nil {
		return err
	}
	at, seen := 0, 0 // rows passed, values in them
	for ; p.next < len(p.rows) && p.rows[p.next] < row+len(p.r.def); p.next++ {
		i := p.rows[p.next] - row
		for ; at < i; at++ {
			seen += int(p.r.def[at])
		}
		if p.r.def[i] == 0 {
			p.put(p.next, nil)
			continue
		}
		v, err := value(i, seen)
		if err != nil {
			return err
		}
		p.put(p.next, v)
	}
	return nil
}

// values decodes a page, and returns what says the value of a row, by its number in
// the page and by that of its value among those that are there.
func (p *picker) values(h *pageHead, data []byte, present int) (func(i, n int) (any, error), error) {
	switch p.typ {
	case typeInt, typeTime, typeMoney:
		p.ints = slices.Grow(p.ints[:0], len(p.r.def))[:len(p.r.def)]
		err := p.r.intPage(h, data, p.ints, present, 0)
		return func(i, _ int) (any, error) { return p.number(p.ints[i]), nil }, err
	case typeBool:
		bits, err := boolPage(h, data, present)
		return func(_, n int) (any, error) { return bits[n] != 0, nil }, err
	case typeHash:
		if h.encoding != encodingPlain || len(data) < present*sha256.Size {
			return nil, errPageShort
		}
		return func(_, n int) (any, error) { return hex.EncodeToString(data[n*sha256.Size:][:sha256.Size]), nil }, nil
	case typeText, typeWord, typeWide:
		p.r.codes = slices.Grow(p.r.codes[:0], len(p.r.def))[:len(p.r.def)]
		err := p.r.textPage(h, data, p.r.codes, present)
		return func(i, _ int) (any, error) { return excerptOf(p.r.words[p.r.codes[i]], p.chars), nil }, err
	}
	return nil, errors.New("a column of a type that is not read so")
}

// number returns a number as what it stands for.
func (p *picker) number(v int64) any {
	switch p.typ {
	case typeTime:
		return time.UnixMicro(v).UTC()
	case typeMoney:
		return plainValue(duckdb.Decimal{Width: 18, Scale: moneyScale, Value: big.NewInt(v)})
	}
	return v
}

// moneyScale is how many digits of an amount of money stand after the point.
const moneyScale = 9

// boolPage reads the bits of a page.
func boolPage(h *pageHead, data []byte, present int) ([]uint32, error) {
	bits := make([]uint32, present)
	switch {
	case h.encoding == encodingPlain && len(data) >= (present+7)/8:
		unpackBits(bits, data, 1)
		return bits, nil
	case h.encoding == encodingRLE && len(data) >= 4 && uint64(binary.LittleEndian.Uint32(data)) <= uint64(len(data)-4):
		return bits, unpackRuns(bits, data[4:], 1)
	}
	return nil, errPageShort
}

// excerptOf returns the first characters of a text, all for 0.
func excerptOf(text []byte, chars int) string {
	if chars <= 0 {
		return string(text)
	}
	return string(firstChars(text, chars))
}
