package casefile

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The types of Thrift's compact protocol, in which Parquet writes its metadata:
// thrift-compact-protocol.md of Apache Thrift. Those not named here are skipped
// by their number.
const (
	compactTrue   = 1
	compactFalse  = 2
	compactByte   = 3
	compactInt16  = 4
	compactInt32  = 5
	compactInt64  = 6
	compactDouble = 7
	compactBinary = 8
	compactList   = 9
	compactSet    = 10
	compactMap    = 11
	compactStruct = 12
	compactUUID   = 13
)

// compactReader walks over values of the compact protocol. It allocates
// nothing. After an error there is nothing left to read.
type compactReader struct {
	data []byte
	err  error
}

// fail ends the reading; the first error stays.
func (c *compactReader) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
	c.data = nil
}

var errCompactEnd = errors.New("it ends in the middle of a value")

// take returns the next n bytes.
func (c *compactReader) take(n uint64) []byte {
	if n > uint64(len(c.data)) {
		c.fail("%w", errCompactEnd)
		return nil
	}
	out := c.data[:n]
	c.data = c.data[n:]
	return out
}

func (c *compactReader) byte() byte {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *compactReader) uvarint() uint64 {
	v, n := binary.Uvarint(c.data)
	if n <= 0 {
		c.fail("%w", errCompactEnd)
		return 0
	}
	c.data = c.data[n:]
	return v
}

func (c *compactReader) varint() int64 {
	v := c.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (c *compactReader) bytes() []byte { return c.take(c.uvarint()) }

// fields calls each for every field of a struct, which it has to read.
func (c *compactReader) fields(each func(id int, typ byte)) {
	id := 0
	for c.err == nil {
		head := c.byte()
		if head == 0 {
			return
		}
		if delta := int(head >> 4); delta > 0 {
			id += delta
		} else {
			id = int(c.varint())
		}
		each(id, head&15)
	}
}

// list calls each for every element of a list, which it has to read.
func (c *compactReader) list(each func(typ byte)) {
	head := c.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = c.uvarint()
	}
	if n > uint64(len(c.data)) { // an element has a byte
		c.fail("%w", errCompactEnd)
	}
	for ; n > 0 && c.err == nil; n-- {
		each(head & 15)
	}
}

// maxCompactDepth is how deep a value that is skipped may nest. Parquet's
// metadata nests some six levels.
const maxCompactDepth = 32

// skip skips the value of a field.
func (c *compactReader) skip(typ byte, depth int) {
	if depth == maxCompactDepth {
		c.fail("it is nested deeper than %d", maxCompactDepth)
		return
	}
	switch typ {
	case compactTrue, compactFalse: // the type says it
	case compactByte:
		c.take(1)
	case compactInt16, compactInt32, compactInt64:
		c.uvarint()
	case compactDouble:
		c.take(8)
	case compactBinary:
		c.bytes()
	case compactUUID:
		c.take(16)
	case compactList, compactSet:
		c.list(func(typ byte) { c.skipElement(typ, depth+1) })
	case compactMap:
		c.skipMap(depth)
	case compactStruct:
		c.fields(func(_ int, typ byte) { c.skip(typ, depth+1) })
	default:
		c.fail("it has a value of the unknown type %d", typ)
	}
}

// skipElement skips the element of a list, where a boolean takes a byte.
func (c *compactReader) skipElement(typ byte, depth int) {
	if typ == compactTrue || typ == compactFalse {
		typ = compactByte
	}
	c.skip(typ, depth)
}

func (c *compactReader) skipMap(depth int) {
	n := c.uvarint()
	if n == 0 {
		return
	}
	types := c.byte()
	for ; n > 0 && c.err == nil; n-- {
		c.skipElement(types>>4, depth+1)
		c.skipElement(types&15, depth+1)
	}
}
