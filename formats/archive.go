package formats

import (
	"fmt"
	"io"
)

// An Archive is a stream that holds others. Nothing it says is trusted: a name
// is only a name, and a size only a claim.
type Archive interface {
	// Next returns the next member, in the order of the archive, and makes the
	// last one unreadable. The error is [io.EOF] after the last member, or says
	// why what follows cannot be read.
	Next() (*Member, error)
	// Notes returns what is wrong with the archive as a whole, once Next has
	// returned an error.
	Notes() []string
}

// Member is one file in an archive. Folders are not members.
type Member struct {
	Name string // as written: any bytes at all, never a path to write to
	Size int64  // as the archive says; -1 when it does not
	Note string // what is odd about it
	// Err says why it cannot be read. Such a member is to be listed, not opened.
	Err error
	// Open returns a reader of its bytes. A failed read, a wrong checksum for
	// instance, comes after every byte that could be read.
	Open func() (io.Reader, error)
	// Reopens says that Open may be called again, to read the bytes again.
	Reopens bool
}

// ArchiveLimits bound what an archive, with all that is nested in it, may
// become.
type ArchiveLimits struct {
	MaxRatio   int64 // bytes that may come out for each byte of the archive, from 256 MiB on
	MaxMembers int64 // members, folders and links of all archives together
	MaxDepth   int   // archives in archives
	MaxName    int   // bytes of a member's name that are kept
	MaxSpool   int64 // bytes of a nested archive, or member, that has to be copied to a temporary file
}

// DefaultArchiveLimits returns the limits of a load.
func DefaultArchiveLimits() ArchiveLimits {
	return ArchiveLimits{
		MaxRatio: DefaultLimits().MaxRatio, MaxMembers: 1 << 20, MaxDepth: 4, MaxName: 4096, MaxSpool: 8 << 30,
	}
}

// Budget counts what comes out of an archive and everything nested in it
// against its limits. A nil Budget has none.
type Budget struct {
	Limits ArchiveLimits
	in     int64
	out    int64
	count  int64
	err    error
}

// NewBudget returns the budget of an archive of size bytes as received.
func NewBudget(size int64, limits ArchiveLimits) *Budget {
	return &Budget{Limits: limits, in: max(size, 1)}
}

// Err returns the error of the limit that was exceeded. It stays.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	return b.err
}

// Member counts a member.
func (b *Budget) Member() error {
	if b.count++; b.count > b.Limits.MaxMembers && b.err == nil {
		b.err = fmt.Errorf("the archive has more than %d members; unpack it and load the folder", b.Limits.MaxMembers)
	}
	return b.err
}

// Reader returns a reader of r that counts what comes out.
func (b *Budget) Reader(r io.Reader) io.Reader {
	if b == nil {
		return r
	}
	return &budgetReader{b, r}
}

type budgetReader struct {
	b *Budget
	r io.Reader
}

func (r *budgetReader) Read(p []byte) (int, error) {
	b := r.b
	if b.err != nil {
		return 0, b.err
	}
	n, err := r.r.Read(p)
	b.out += int64(n)
	if b.Limits.MaxRatio > 0 && b.out > ratioFrom && b.out/b.Limits.MaxRatio > b.in {
		b.err = fmt.Errorf("the archive of %d bytes has become %d bytes, more than %d times as many", b.in, b.out, b.Limits.MaxRatio)
		return n, b.err
	}
	return n, err
}
