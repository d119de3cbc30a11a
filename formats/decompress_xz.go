package formats

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"slices"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader gives out what the blocks of one or more xz streams hold. The
// container is read here and not by the xz package, which makes the memory that
// a block asks for, up to 4 GiB, and keeps an index of all blocks. What is here
// follows the xz file format, version 1.2.1: tukaani.org/xz/xz-file-format.txt.
// Filters for machine code and the index beyond its checksum are not read: no
// log needs them.
type xzReader struct {
	in    *bufio.Reader
	block *xzBlock
	size  int // bytes of the check after each block
	check hash.Hash
	out   int64 // bytes given out
	asked int64 // bytes that dictionaries took together
	begun bool
	err   error
}

func newXZReader(in *bufio.Reader) *xzReader { return &xzReader{in: in} }

var (
	errXZChecksum = errors.New("wrong checksum")
	errXZHeader   = errors.New("invalid header")
)

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			x.err = x.next()
			continue
		}
		n, err := x.block.Read(p)
		x.out += int64(n)
		if x.check != nil {
			x.check.Write(p[:n])
		}
		switch {
		case errors.Is(err, io.EOF):
			x.err = x.endBlock()
		case err != nil:
			x.err = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// next reads up to the data of the next block. Only where a stream may end is
// the end of the input an end.
func (x *xzReader) next() error {
	if !x.begun {
		return x.stream()
	}
	size, err := x.in.ReadByte()
	if err != nil {
		return noEnd(err)
	}
	if size == 0 {
		return x.index()
	}
	return x.blockHeader(size)
}

// stream reads the header of a stream, with the padding before it.
func (x *xzReader) stream() error {
	var head [12]byte
	for {
		if n, err := io.ReadFull(x.in, head[:4]); err != nil {
			if n == 0 {
				return err // the end
			}
			return noEnd(err)
		}
		if string(head[:4]) != "\x00\x00\x00\x00" {
			break
		}
	}
	if _, err := io.ReadFull(x.in, head[4:]); err != nil {
		return noEnd(err)
	}
	if string(head[:6]) != "\xfd7zXZ\x00" || head[6] != 0 || head[7] > 15 {
		return errXZHeader
	}
	if crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) {
		return errXZChecksum
	}
	x.begun = true
	x.check = nil
	switch head[7] {
	case 0:
		x.size = 0
		return nil
	case 1:
		x.check = crc32.NewIEEE()
	case 4:
		x.check = crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		x.check = sha256.New()
	}
	// Of other checks the size is known, so that they can be passed over.
	x.size = 4 << ((head[7] - 1) / 3)
	return nil
}

// blockHeader reads the header of a block, whose first byte says its size.
func (x *xzReader) blockHeader(size byte) error {
	head := make([]byte, 4*(int(size)+1))
	head[0] = size
	if _, err := io.ReadFull(x.in, head[1:]); err != nil {
		return noEnd(err)
	}
	body, sum := head[:len(head)-4], head[len(head)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return errXZChecksum
	}
	fields := bytes.NewReader(body[2:])
	for _, flag := range []byte{0x40, 0x80} { // the sizes, packed and not
		if body[1]&flag != 0 {
			if _, err := binary.ReadUvarint(fields); err != nil {
				return errXZHeader
			}
		}
	}
	filter, err := binary.ReadUvarint(fields)
	length, err2 := fields.ReadByte()
	code, err3 := fields.ReadByte()
	if err != nil || err2 != nil || err3 != nil {
		return errXZHeader
	}
	if body[1]&0x3f != 0 || filter != 0x21 || length != 1 {
		return errors.New("it uses a filter other than LZMA2")
	}
	return x.openBlock(code)
}

// openBlock begins to read the data of a block.
func (x *xzReader) openBlock(code byte) error {
	dictionary, err := lzma.DecodeDictCap(code)
	if err != nil {
		return errXZHeader
	}
	if dictionary > maxWindow {
		return fmt.Errorf("it asks for %d bytes of memory; at most %d are given", dictionary, maxWindow)
	}
	// Blocks are longer than their dictionary but for the last of each stream.
	// Very many short ones would only cost time.
	x.asked += dictionary
	if x.asked > 64<<30+4*x.out {
		return errors.New("it has too many blocks for what they hold")
	}
	source := &counter{r: x.in}
	data, err := lzma.Reader2Config{DictCap: int(max(dictionary, lzma.MinDictCap))}.NewReader2(source)
	if err != nil {
		return noEnd(err)
	}
	x.block = &xzBlock{data, source}
	return nil
}

// xzBlock is the data of a block, and the count of its packed bytes.
type xzBlock struct {
	io.Reader
	source *counter
}

// endBlock reads the padding and the check of a block.
func (x *xzReader) endBlock() error {
	packed := x.block.source.n
	x.block = nil
	rest := make([]byte, int(-packed&3)+x.size)
	if _, err := io.ReadFull(x.in, rest); err != nil {
		return noEnd(err)
	}
	if x.check == nil {
		return nil
	}
	sum := x.check.Sum(nil)
	if x.size < sha256.Size { // the CRCs stand the other way round
		slices.Reverse(sum)
	}
	x.check.Reset()
	if !bytes.Equal(sum, rest[len(rest)-x.size:]) {
		return errXZChecksum
	}
	return nil
}

// index reads the index and the footer that end a stream.
func (x *xzReader) index() error {
	sum := crc32.NewIEEE()
	in := &xzIndex{in: x.in, sum: sum, n: 1}
	sum.Write([]byte{0})
	records, err := binary.ReadUvarint(in)
	for i := uint64(0); err == nil && i < records; i++ {
		if _, err = binary.ReadUvarint(in); err == nil {
			_, err = binary.ReadUvarint(in)
		}
	}
	for err == nil && in.n&3 != 0 {
		_, err = in.ReadByte()
	}
	if err != nil {
		return noEnd(err)
	}
	var tail [16]byte // checksum, and the footer
	if _, err := io.ReadFull(x.in, tail[:]); err != nil {
		return noEnd(err)
	}
	if binary.LittleEndian.Uint32(tail[:]) != sum.Sum32() || string(tail[14:]) != "YZ" {
		return errXZChecksum
	}
	x.begun = false
	return nil
}

// xzIndex reads bytes of an index into its checksum.
type xzIndex struct {
	in  *bufio.Reader
	sum hash.Hash32
	n   int64
}

func (x *xzIndex) ReadByte() (byte, error) {
	c, err := x.in.ReadByte()
	if err == nil {
		x.sum.Write([]byte{c})
		x.n++
	}
	return c, err
}

// noEnd makes an end where none may be an error.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
