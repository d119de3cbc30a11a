package formats

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// The signatures of a zip archive. What is here follows PKWARE's APPNOTE.TXT,
// version 6.3.10.
const (
	zipLocal   = "PK\x03\x04" // a member's local header
	zipCentral = "PK\x01\x02" // its entry in the central directory
	zipEnd     = "PK\x05\x06" // the end of the central directory
	zip64End   = "PK\x06\x06"
	zip64Find  = "PK\x06\x07" // says where zip64End is
)

// zipArchive reads a zip archive. The central directory at its end is believed,
// and its entries come first, in its order: it is what other programs go by. A
// local header that says something else is noted with its member. What no entry
// of the directory covers is searched for local headers afterwards, so that
// nothing is lost of an archive that was cut off, that has another one before
// it, or that hides a member.
//
// The directory is read as a stream: an archive of many entries takes no more
// memory than their places.
type zipArchive struct {
	r       io.ReaderAt
	size    int64
	base    int64         // where offsets of the directory count from
	entries *bufio.Reader // nil once the directory has been read
	left    int64         // bytes of the directory that are left
	count   int64         // entries that the end record promises
	seen    int64
	packed  int64       // bytes of all members, packed
	used    []zipExtent // bytes that belong to something
	search  *zipSearch
	tools   zipTools
	notes   []string
}

// zipExtent is the place of a member or a directory.
type zipExtent struct{ from, to int64 }

// NewZip returns the archive that r holds.
func NewZip(r io.ReaderAt, size int64) Archive {
	z := &zipArchive{r: r, size: size, tools: zipTools{in: bufio.NewReaderSize(nil, 64<<10)}}
	if err := z.findDirectory(); err != nil {
		z.notes = append(z.notes, fmt.Sprintf("%v; what is listed was found by the headers of the members", err))
	}
	return z
}

func (z *zipArchive) Notes() []string { return z.notes }

func (z *zipArchive) Next() (*Member, error) {
	for z.entries != nil {
		e, err := z.entry()
		if errors.Is(err, io.EOF) {
			if z.seen != z.count {
				z.notes = append(z.notes, fmt.Sprintf("the central directory has %d entries, its end says %d", z.seen, z.count))
			}
			z.entries = nil
			break
		}
		if err != nil {
			z.notes = append(z.notes, err.Error())
			z.entries = nil
			break
		}
		z.seen++
		m, folder := z.member(e)
		if !folder {
			return m, nil
		}
	}
	if z.search == nil {
		z.search = &zipSearch{z: z, gaps: z.gaps()}
	}
	return z.search.next()
}

// findDirectory finds the central directory by its end record.
func (z *zipArchive) findDirectory() error {
	const record, comment = 22, math.MaxUint16
	tail := make([]byte, min(z.size, record+comment))
	if _, err := z.r.ReadAt(tail, z.size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading the end of the zip: %w", err)
	}
	at := -1
	for i := len(tail) - record; i >= 0; i-- {
		if string(tail[i:i+4]) != zipEnd {
			continue
		}
		// A comment can hold such a record too. The right one ends the archive.
		end := i + record + int(binary.LittleEndian.Uint16(tail[i+20:]))
		if end == len(tail) {
			at = i
			break
		}
		if at < 0 && end < len(tail) {
			at = i
		}
	}
	if at < 0 {
		return errors.New("the zip has no central directory: it is cut off, or not a zip to its end")
	}
	end := z.size - int64(len(tail)) + int64(at)
	d := zipDirectory{
		count: int64(binary.LittleEndian.Uint16(tail[at+10:])), size: int64(binary.LittleEndian.Uint32(tail[at+12:])),
		offset: int64(binary.LittleEndian.Uint32(tail[at+16:])), end: end,
	}
	z.use(end, end+record+int64(binary.LittleEndian.Uint16(tail[at+20:])))
	if d.count == math.MaxUint16 || d.size == math.MaxUint32 || d.offset == math.MaxUint32 {
		z.find64(&d)
	}
	return z.openDirectory(d)
}

// zipDirectory says where a central directory is.
type zipDirectory struct {
	count, size, offset int64
	end                 int64 // where the record about its end stands
}

// find64 replaces the fields of an end record by those of the zip64 record,
// where there is one.
func (z *zipArchive) find64(d *zipDirectory) {
	var find [20]byte
	if !z.readAt(find[:], d.end-20) || string(find[:4]) != zip64Find {
		return
	}
	at := int64(binary.LittleEndian.Uint64(find[8:]))
	var record [56]byte
	// Where other bytes stand before the archive, the offset is too small.
	for _, at := range []int64{at, d.end - 20 - 56} {
		if z.readAt(record[:], at) && string(record[:4]) == zip64End {
			d.count = int64(binary.LittleEndian.Uint64(record[32:]))
			d.size = int64(binary.LittleEndian.Uint64(record[40:]))
			d.offset = int64(binary.LittleEndian.Uint64(record[48:]))
			z.use(at, d.end)
			d.end = at
			return
		}
	}
}

// openDirectory begins to read the central directory.
func (z *zipArchive) openDirectory(d zipDirectory) error {
	start := d.end - d.size
	if d.size < 0 || d.offset < 0 || start < 0 || d.offset > start {
		return errors.New("the zip's central directory is not where its end says")
	}
	z.base = start - d.offset // other bytes before the archive
	var sig [4]byte
	if z.base > 0 && z.readAt(sig[:], d.offset) && string(sig[:]) == zipCentral {
		z.base, start = 0, d.offset
	}
	z.use(start, start+d.size)
	z.count, z.left = d.count, d.size
	z.entries = bufio.NewReaderSize(io.NewSectionReader(z.r, start, d.size), 64<<10)
	return nil
}

// readAt fills p with the bytes at an offset, which may be anything.
func (z *zipArchive) readAt(p []byte, at int64) bool {
	if at < 0 || at > z.size-int64(len(p)) {
		return false
	}
	n, _ := z.r.ReadAt(p, at)
	return n == len(p)
}

// use notes that bytes belong to something.
func (z *zipArchive) use(from, to int64) {
	if from < to {
		z.used = append(z.used, zipExtent{from, min(to, z.size)})
	}
}

// gaps returns the bytes that belong to nothing, in order.
func (z *zipArchive) gaps() []zipExtent {
	slices.SortFunc(z.used, func(a, b zipExtent) int { return int(min(max(a.from-b.from, -1), 1)) })
	var out []zipExtent
	at := int64(0)
	for _, u := range append(z.used, zipExtent{z.size, z.size}) {
		if u.from-at >= zipLocalSize {
			out = append(out, zipExtent{at, u.from})
		}
		at = max(at, u.to)
	}
	return out
}

// entry reads the next entry of the central directory.
func (z *zipArchive) entry() (*zipEntry, error) {
	var head [46]byte
	if z.left == 0 {
		return nil, io.EOF
	}
	if _, err := io.ReadFull(z.entries, head[:]); err != nil || string(head[:4]) != zipCentral {
		return nil, fmt.Errorf("the zip's central directory is broken after %d entries", z.seen)
	}
	le := binary.LittleEndian
	e := &zipEntry{
		zipFields: zipFields{
			flags: le.Uint16(head[8:]), method: le.Uint16(head[10:]), crc: le.Uint32(head[16:]),
			packed: int64(le.Uint32(head[20:])), size: int64(le.Uint32(head[24:])),
		},
		system: head[5], attributes: le.Uint32(head[38:]), offset: int64(le.Uint32(head[42:])),
	}
	name, extra, comment := int(le.Uint16(head[28:])), int(le.Uint16(head[30:])), int(le.Uint16(head[32:]))
	text := make([]byte, name+extra)
	_, err := io.ReadFull(z.entries, text)
	if err == nil {
		_, err = z.entries.Discard(comment)
	}
	if err != nil {
		return nil, fmt.Errorf("the zip's central directory is broken after %d entries", z.seen)
	}
	z.left -= int64(len(head) + name + extra + comment)
	e.name = string(text[:name])
	e.extend(text[name:], &e.offset)
	return e, nil
}
