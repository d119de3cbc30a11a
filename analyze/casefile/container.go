package casefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// opener opens what is not one stream. The members of a container are evidence
// of their own, in the order of the container, which is listed before them.
type opener struct {
	name   string
	random bool // needs to read anywhere, not from the beginning to the end
	open   func(stream io.Reader, at *io.SectionReader) formats.Archive
}

// openers lists what is opened.
func openers() []opener {
	return []opener{
		{"zip", true, func(_ io.Reader, at *io.SectionReader) formats.Archive { return formats.NewZip(at, at.Size()) }},
		{"tar", false, func(stream io.Reader, _ *io.SectionReader) formats.Archive { return formats.NewTar(stream) }},
	}
}

// openerOf returns the opener of that name, nil when there is none.
func openerOf(name string) *opener {
	for _, o := range openers() {
		if o.name == name {
			return &o
		}
	}
	return nil
}

// memberMark stands between the path of a container and the name of a member.
// A slash would make ../x of a member look like a file beside the container.
const memberMark = "::"

// unpack takes in the members of a container whose decompressed bytes
// d.decompressor gives out.
func (in *intake) unpack(ctx context.Context, t *task, d *desk, s *source, raw *countingReader, o *opener, known *func()) error {
	t.item.Format = o.name
	if t.depth == in.archives.MaxDepth {
		t.item.Status = StatusUnreadable
		t.item.Note = fmt.Sprintf("archives are nested deeper than %d; unpack them and load what comes out", in.archives.MaxDepth)
		return nil
	}
	t.item.Status = StatusContainer
	var at *io.SectionReader
	if o.random {
		var err error
		if at, err = in.randomAccess(t, d, s, raw); err != nil {
			t.item.Status = StatusUnreadable
			t.item.Note = fmt.Sprintf("copying it to a temporary file: %v", err)
			return nil
		}
	}
	t.members = make(chan *task)
	defer close(t.members)
	if *known != nil {
		(*known)()
		*known = nil
	}
	return in.takeMembers(ctx, t, d, o.open(d.decompressor, at), in.budgetOf(t, s))
}

// randomAccess returns the decompressed bytes of an input as something that can
// be read anywhere: the input itself, or a copy that lives as long as the
// source. All of raw has been read then, so that the hash is known. It is for
// whatever begins to read at the end, as zip and Parquet do.
func (in *intake) randomAccess(t *task, d *desk, s *source, raw *countingReader) (*io.SectionReader, error) {
	at := s.at
	if at == nil || t.item.Compression != "" {
		copied, failed, err := in.spool(d.decompressor, in.archives.MaxSpool)
		if err != nil {
			return nil, err
		}
		s.closers = append(s.closers, copied.close)
		at = copied.at
		if failed != nil {
			t.item.fault(failed.Error())
		}
	}
	if _, err := io.Copy(io.Discard, raw); err == nil && t.sha == "" {
		t.sha = hexSum(raw.h.Sum(nil))
	}
	return at, nil
}

// takeMembers takes in the members of an opened container, one after the other.
func (in *intake) takeMembers(ctx context.Context, t *task, d *desk, a formats.Archive, budget *formats.Budget) error {
	if d.below == nil {
		d.below = newDesk()
	}
	for {
		m, err := a.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			t.item.fault(err.Error())
		}
		if err != nil {
			break
		}
		if err = budget.Member(); err == nil {
			t.item.Members++
			if err := in.takeMember(ctx, t, d.below, m, budget); err != nil {
				return err
			}
			err = budget.Err()
		}
		if err != nil {
			t.item.fault(fmt.Sprintf("%v; what follows the member %.200s is not loaded", err, ledger.EscapePath(m.Name)))
			break
		}
	}
	for _, note := range a.Notes() {
		t.item.fault(note)
	}
	return nil
}

// takeMember takes in one member.
func (in *intake) takeMember(ctx context.Context, t *task, d *desk, m *formats.Member, budget *formats.Budget) error {
	name := m.Name
	if most := budget.Limits.MaxName; len(name) > most {
		name = name[:most]
		m.Note = strings.Trim(fmt.Sprintf("its name has %d bytes, of which the first %d are kept\n%s", len(m.Name), most, m.Note), "\n")
	}
	sub := newTask(Input{Path: t.input.Path + memberMark + name, Size: m.Size, Err: m.Err})
	sub.member, sub.budget, sub.depth = m, budget, t.depth+1
	sub.item.Member, sub.item.Size, sub.item.in = ledger.EscapePath(name), max(m.Size, 0), t.item
	select {
	case t.members <- sub:
	case <-ctx.Done():
		return ctx.Err()
	}
	in.read(ctx, sub, d)
	return ctx.Err()
}
