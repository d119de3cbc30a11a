package formats

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// zipFields are what both the local header and the central directory say about
// a member.
type zipFields struct {
	name         string
	flags        uint16
	method       uint16
	crc          uint32
	packed, size int64
}

// zipEntry is an entry of the central directory.
type zipEntry struct {
	zipFields
	system     byte // that made it: 3 is Unix
	attributes uint32
	offset     int64 // of the local header
}

// zipLocalSize is the size of a local header without its name.
const zipLocalSize = 30

// Bits of the flags: APPNOTE 4.4.4.
const (
	zipEncrypted  = 1 << 0
	zipDescriptor = 1 << 3 // the sizes and the checksum stand after the data
	zipMasked     = 1 << 13
)

// extend reads the zip64 fields that stand for those that are too large.
func (f *zipFields) extend(extra []byte, offset *int64) {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			return
		}
		field := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		for _, v := range []*int64{&f.size, &f.packed, offset} {
			if v != nil && *v == math.MaxUint32 && len(field) >= 8 {
				*v = int64(le.Uint64(field))
				field = field[8:]
			}
		}
	}
}

// local reads the local header at an offset.
func (z *zipArchive) local(at int64) (f zipFields, data int64, ok bool) {
	var head [zipLocalSize]byte
	if !z.readAt(head[:], at) || string(head[:4]) != zipLocal {
		return f, 0, false
	}
	le := binary.LittleEndian
	f = zipFields{
		flags: le.Uint16(head[6:]), method: le.Uint16(head[8:]), crc: le.Uint32(head[14:]),
		packed: int64(le.Uint32(head[18:])), size: int64(le.Uint32(head[22:])),
	}
	text := make([]byte, int(le.Uint16(head[26:]))+int(le.Uint16(head[28:])))
	if !z.readAt(text, at+zipLocalSize) {
		return f, 0, false
	}
	name := le.Uint16(head[26:])
	f.name = string(text[:name])
	f.extend(text[name:], nil)
	return f, at + zipLocalSize + int64(len(text)), true
}

// member returns the member of an entry, and whether it is only a folder.
func (z *zipArchive) member(e *zipEntry) (m *Member, folder bool) {
	m = &Member{Name: e.name, Size: e.size, Reopens: true}
	at := z.base + e.offset
	local, data, ok := z.local(at)
	if !ok {
		m.Err = fmt.Errorf("the zip has no header of it at byte %d, where its central directory says", at)
		return m, false
	}
	z.use(at, data+e.packed)
	z.packed += min(max(e.packed, 0), z.size) // what it claims beyond would overflow the sum
	m.Note = e.differs(&local)
	if strings.HasSuffix(e.name, "/") && e.size == 0 {
		return m, true
	}
	const unix, kindMask, link = 3, 0o170000, 0o120000
	if e.system == unix && e.attributes>>16&kindMask == link {
		m.Err = errors.New("a link; links are not followed")
		return m, false
	}
	m.Err = e.readable()
	if z.packed > 2*z.size && m.Err == nil {
		m.Err = errors.New("its bytes are those of other members: the zip is made to be read for ever")
	}
	m.Open = func() (io.Reader, error) { return z.open(&e.zipFields, data) }
	return m, false
}

// differs says in what a local header is not as the central directory says.
func (e *zipEntry) differs(local *zipFields) string {
	var what []string
	if local.name != e.name {
		what = append(what, "the name "+quoteName(local.name))
	}
	if local.method != e.method {
		what = append(what, "the method "+zipMethod(local.method))
	}
	if (local.flags^e.flags)&zipEncrypted != 0 {
		what = append(what, "another encryption")
	}
	// Zero where the sizes follow the data, as some writers also leave them.
	if local.flags&zipDescriptor == 0 && local.flags&zipMasked == 0 {
		if local.packed != e.packed || local.size != e.size {
			what = append(what, fmt.Sprintf("%d bytes packed and %d not", local.packed, local.size))
		}
		if local.crc != e.crc {
			what = append(what, "another checksum")
		}
	}
	if what == nil {
		return ""
	}
	return "the zip's central directory is believed; the member's own header says " + strings.Join(what, ", ")
}

// readable says why a member cannot be read.
func (f *zipFields) readable() error {
	switch {
	case f.flags&zipEncrypted != 0:
		return errors.New("encrypted; unpack it with its password and load what comes out")
	case f.packed < 0 || f.size < 0:
		return errors.New("its size is negative")
	}
	switch f.method {
	case 0, 8, 12, 93:
		return nil
	}
	return fmt.Errorf("compressed by the method %s, which is not supported; unpack it and load what comes out", zipMethod(f.method))
}

// zipMethod names a compression method: APPNOTE 4.4.5.
func zipMethod(n uint16) string {
	names := map[uint16]string{
		0: "stored", 1: "shrunk", 6: "imploded", 8: "deflate", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES",
	}
	if name := names[n]; name != "" {
		return fmt.Sprintf("%d (%s)", n, name)
	}
	return fmt.Sprint(n)
}

// open returns a reader of a member whose data begins at an offset.
func (z *zipArchive) open(f *zipFields, data int64) (*zipBody, error) {
	section := &counter{r: io.NewSectionReader(z.r, data, min(f.packed, max(0, z.size-data)))}
	z.tools.in.Reset(section)
	b := &zipBody{fields: f, source: section, data: data, in: z.tools.in}
	var err error
	b.r, err = z.tools.unpack(f.method)
	return b, err
}

// zipTools are what members are decompressed with, one after the other.
type zipTools struct {
	in      *bufio.Reader
	inflate io.ReadCloser
	zstd    *zstd.Decoder
}

// unpack begins to decompress z.in.
func (z *zipTools) unpack(method uint16) (io.Reader, error) {
	switch method {
	case 8:
		if z.inflate == nil {
			z.inflate = flate.NewReader(z.in)
			return z.inflate, nil
		}
		return z.inflate, z.inflate.(flate.Resetter).Reset(z.in, nil)
	case 12:
		return bzip2.NewReader(z.in), nil
	case 93:
		if z.zstd == nil {
			var err error
			if z.zstd, err = newZstdReader(); err != nil {
				return nil, err
			}
		}
		return z.zstd, z.zstd.Reset(z.in)
	}
	return z.in, nil
}

// zipBody reads the data of a member and checks it at its end.
type zipBody struct {
	fields *zipFields
	data   int64 // where it begins
	source *counter
	in     *bufio.Reader
	r      io.Reader
	n      int64
	crc    uint32
	err    error
	// descriptor: size and checksum are not known before, but stand after the
	// data.
	descriptor bool
}

func (b *zipBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.r.Read(p)
	if over := b.n + int64(n) - b.fields.size; !b.descriptor && over > 0 {
		n -= int(over)
		err = fmt.Errorf("it holds more than the %d bytes that the zip says", b.fields.size)
	}
	b.n += int64(n)
	b.crc = crc32.Update(b.crc, crc32.IEEETable, p[:n])
	if errors.Is(err, io.EOF) {
		err = b.check()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = fmt.Errorf("reading a zip member at byte %d (byte %d decompressed): %w", b.data+b.consumed(), b.n, err)
	}
	b.err = err
	return n, err
}

// consumed is how many bytes of the data have been used.
func (b *zipBody) consumed() int64 { return b.source.n - int64(b.in.Buffered()) }

// check returns io.EOF where the member is whole.
func (b *zipBody) check() error {
	if b.descriptor {
		b.readDescriptor()
	}
	switch {
	case b.n < b.fields.size:
		return io.ErrUnexpectedEOF
	case b.crc != b.fields.crc:
		return errors.New("wrong checksum")
	}
	return io.EOF
}

// readDescriptor reads the checksum after the data, before which a signature may
// stand. The size, of 4 or 8 bytes, is taken to be what was read.
func (b *zipBody) readDescriptor() {
	start, _ := b.in.Peek(8)
	start = bytes.TrimPrefix(start, []byte("PK\x07\x08"))
	b.fields.size, b.fields.crc = b.n, ^b.crc
	if len(start) >= 4 {
		b.fields.crc = binary.LittleEndian.Uint32(start)
	}
}

// zipSearch finds members by their local headers in the parts of an archive that
// the central directory does not cover.
type zipSearch struct {
	z    *zipArchive
	gaps []zipExtent
	body *zipBody // of the last member, when its end was not known
}

func (s *zipSearch) next() (*Member, error) {
	for len(s.gaps) > 0 {
		gap := &s.gaps[0]
		if s.body != nil { // read, so that its end is known now
			gap.from = max(gap.from, s.body.data+s.body.consumed())
			s.body = nil
		}
		at, found := s.z.find(gap.from, gap.to)
		if !found {
			s.gaps = s.gaps[1:]
			continue
		}
		gap.from = at + 4
		f, data, ok := s.z.local(at)
		if !ok || !f.plausible() {
			continue
		}
		gap.from = data
		if m := s.member(&f, data, gap); m != nil {
			return m, nil
		}
	}
	return nil, io.EOF
}

// plausible reports whether a local header may be one: the signature alone may
// stand in any data.
func (f *zipFields) plausible() bool {
	return f.name != "" && f.method <= 99 && f.packed >= 0 && f.size >= 0
}

// member returns the member of a local header, nil for a folder.
func (s *zipSearch) member(f *zipFields, data int64, gap *zipExtent) *Member {
	unknown := f.flags&zipDescriptor != 0 && f.packed == 0
	if strings.HasSuffix(f.name, "/") && f.size == 0 && !unknown {
		return nil
	}
	m := &Member{Name: f.name, Size: f.size, Reopens: true, Err: f.readable()}
	if len(s.z.used) > 0 {
		m.Note = "the zip's central directory does not name it; it was found by its own header"
	}
	if !unknown {
		gap.from = min(data+f.packed, gap.to)
		m.Open = func() (io.Reader, error) { return s.z.open(f, data) }
		return m
	}
	m.Size = -1
	if f.method == 0 && m.Err == nil {
		m.Err = errors.New("the zip does not say where it ends")
	}
	end := gap.to
	m.Open = func() (io.Reader, error) {
		fields := *f
		fields.packed, fields.size = end-data, 0
		body, err := s.z.open(&fields, data)
		body.descriptor = true
		s.body = body
		return body, err
	}
	return m
}

// find returns the offset of the next local signature between two offsets.
func (z *zipArchive) find(from, to int64) (int64, bool) {
	var buf [32 << 10]byte
	for from+zipLocalSize <= to {
		n, _ := z.r.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		if n < len(zipLocal) {
			return 0, false
		}
		if i := bytes.Index(buf[:n], []byte(zipLocal)); i >= 0 {
			return from + int64(i), true
		}
		from += int64(n - len(zipLocal) + 1)
	}
	return 0, false
}
