package formats

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// tarArchive reads a tar stream: old, ustar, PAX and GNU. Several archives one
// after the other, as cat or tar -A make them, are one. Where a header is
// broken, it goes on at the next one that is whole.
type tarArchive struct {
	in    *tarBlocks
	r     *tar.Reader
	notes []string
}

// NewTar returns the archive that r, a tar stream, holds. Members can be read
// only once, before the next one is asked for.
func NewTar(r io.Reader) Archive {
	in := &tarBlocks{r: r}
	return &tarArchive{in: in, r: tar.NewReader(in)}
}

// maxTarNotes bounds the list of what is wrong.
const maxTarNotes = 10

func (a *tarArchive) Notes() []string { return a.notes }

func (a *tarArchive) note(format string, args ...any) {
	if len(a.notes) < maxTarNotes {
		a.notes = append(a.notes, fmt.Sprintf(format, args...))
	}
}

func (a *tarArchive) Next() (*Member, error) {
	for {
		at := a.in.n
		h, err := a.r.Next()
		switch {
		case err == nil:
			if m := a.member(h); m != nil {
				return m, nil
			}
			continue
		case a.in.err != nil && !errors.Is(a.in.err, io.EOF):
			return nil, a.in.err
		case errors.Is(err, io.ErrUnexpectedEOF):
			a.note("cut off at byte %d", a.in.n)
			return nil, io.EOF
		case a.in.afterZeros():
			a.r = tar.NewReader(a.in) // one block of zeros ended the archive before
			continue
		case !errors.Is(err, io.EOF):
			a.note("broken header at byte %d or after: %v", at, err)
		}
		if err := a.resume(); err != nil {
			return nil, err
		}
	}
}

// resume looks for the next header after a broken one, or after the blocks of
// zeros that end an archive. What is neither on the way is noted.
func (a *tarArchive) resume() error {
	var block [tarBlock]byte
	garbage := int64(0)
	defer func() {
		if garbage > 0 {
			a.note("%d bytes before byte %d belong to no member", garbage, a.in.n)
		}
	}()
	if _, err := io.CopyN(io.Discard, a.in, -a.in.n&(tarBlock-1)); err != nil {
		return err
	}
	for {
		n, err := io.ReadFull(a.in, block[:])
		if isTarHeader(block[:n]) {
			a.in.give(block[:])
			a.r = tar.NewReader(a.in)
			return nil
		}
		if len(bytes.Trim(block[:n], "\x00")) > 0 {
			garbage += int64(n)
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil {
			return err
		}
	}
}

// member returns the member of a header, nil for a folder or a header about
// others.
func (a *tarArchive) member(h *tar.Header) *Member {
	m := &Member{Name: h.Name, Size: h.Size}
	switch h.Typeflag {
	case tar.TypeReg, '\x00', tar.TypeGNUSparse, tar.TypeCont:
		m.Open = func() (io.Reader, error) { return a.r, nil }
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return nil
	case tar.TypeSymlink:
		m.Err = fmt.Errorf("a link to %s; links are not followed", quoteName(h.Linkname))
	case tar.TypeLink:
		m.Err = fmt.Errorf("a second name of %s; links are not followed", quoteName(h.Linkname))
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		m.Err = errors.New("a device or a pipe, which holds no bytes")
	default:
		m.Err = fmt.Errorf("an entry of the unknown type %q", h.Typeflag)
	}
	return m
}

// quoteName quotes a name for a message, shortened.
func quoteName(name string) string {
	const most = 200
	if len(name) > most {
		name = name[:most] + "..."
	}
	return strconv.Quote(name)
}

// tarBlock is the size of a tar header, and what everything in a tar stream is
// padded to.
const tarBlock = 512

// tarBlocks counts the bytes of a tar stream, keeps the error that ended it, and
// can give out a block again. Headers are read a block at a time.
type tarBlocks struct {
	r     io.Reader
	n     int64
	err   error
	again []byte

	last  [tarBlock]byte
	zeros bool // the block before last is zeros
}

func (t *tarBlocks) Read(p []byte) (n int, err error) {
	if len(t.again) > 0 {
		n = copy(p, t.again)
		t.again = t.again[n:]
	} else if n, err = io.ReadAtLeast(t.r, p, min(len(p), tarBlock)); err != nil {
		if t.err = err; errors.Is(err, io.ErrUnexpectedEOF) && n > 0 {
			t.err, err = io.EOF, nil
		}
	}
	t.n += int64(n)
	if n == tarBlock {
		t.zeros = t.last == [tarBlock]byte{}
		copy(t.last[:], p)
	}
	return n, err
}

// give gives out a block again.
func (t *tarBlocks) give(block []byte) {
	t.again = block
	t.n -= tarBlock
	t.last = [tarBlock]byte{1}
}

// afterZeros reports whether the header read last follows a single block of
// zeros, which ends an archive for the tar package only as a pair, and gives it
// out again.
func (t *tarBlocks) afterZeros() bool {
	if !t.zeros || !isTarHeader(t.last[:]) {
		return false
	}
	t.zeros = false
	t.give(bytes.Clone(t.last[:]))
	return true
}

// isTarHeader reports whether start begins with a tar header: whether the
// checksum in it is right. That tells all kinds of tar, also those without a
// magic, and no text has it. POSIX.1-2017, pax, "ustar Interchange Format": the
// sum of all bytes, with the checksum itself as spaces; old programs summed
// signed bytes.
func isTarHeader(start []byte) bool {
	if len(start) < tarBlock {
		return false
	}
	const from, to = 148, 156
	field := bytes.Trim(start[from:to], " \x00")
	want, err := strconv.ParseUint(string(field), 8, 32)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range start[:tarBlock] {
		if i >= from && i < to {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return int64(want) == unsigned || int64(want) == signed
}
