package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"
)

// Append adds an entry and returns the new head; when it returns, line and checkpoint are on disk. body is encoded by
// Canonical and must be an object.
//
// In order: the signed checkpoint goes to ledger.next, the line to ledger.jsonl, then ledger.next becomes the checkpoint
// file; each step is synced before the next. A crash between them leaves a ledger that readers accept and the next
// OpenForAppend finishes. An error means that the entry is not in the ledger, unless it says otherwise.
func (l *Ledger) Append(action string, body any) (Head, error) {
	if l.key == nil {
		return Head{}, errors.New("appending to the ledger: it is open for reading only")
	}
	if l.broken != nil {
		return Head{}, fmt.Errorf("appending to the ledger: an earlier append failed: %w", l.broken)
	}
	facts, err := Canonical(body)
	if err != nil {
		return Head{}, fmt.Errorf("appending to the ledger: %w", err)
	}
	line, err := Entry{
		Action:    action,
		Actor:     l.opts.Actor,
		Body:      facts,
		Recovered: l.recovered,
		Seq:       l.state.size() + 1,
		Time:      l.opts.Clock().UTC().Format(timeLayout),
		Tool:      l.opts.Tool,
	}.encode()
	if err != nil {
		return Head{}, fmt.Errorf("appending to the ledger: %w", err)
	}
	head, err := l.add(line)
	if err != nil {
		return Head{}, fmt.Errorf("appending to the ledger: %w", err)
	}
	return head, nil
}

// add signs and writes a line, and takes it into the state.
func (l *Ledger) add(line []byte) (Head, error) {
	s := l.state
	tree, err := s.tree.grow(s.size(), tlog.RecordHash(line))
	if err != nil {
		return Head{}, err
	}
	head := Head{Size: s.size() + 1}
	if head.Root, err = tlog.TreeHash(head.Size, tree); err != nil {
		return Head{}, err
	}
	checkpoint, err := signCheckpoint(Checkpoint{Origin: s.create.Origin, Head: head}, l.key)
	if err != nil {
		return Head{}, err
	}
	if err := l.write(line, checkpoint, head.Size); err != nil {
		return Head{}, err
	}
	s.tree = tree
	s.starts = append(s.starts, s.end)
	s.end += int64(len(line)) + 1
	l.head, l.checkpoint, l.recovered = head, checkpoint, nil
	return head, nil
}

// write does the three steps, and undoes them if one fails.
func (l *Ledger) write(line, checkpoint []byte, size int64) error {
	f, err := l.openEnd()
	if err != nil {
		return err
	}
	next, final := filepath.Join(l.dir, nextName), l.checkpointFile(size)
	if err = WriteFileSync(next, checkpoint); err == nil {
		err = SyncDir(l.dir)
	}
	if err == nil {
		_, err = f.WriteAt(append(line, '\n'), l.state.end)
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = rename(next, final)
	}
	if err != nil {
		return errors.Join(err, l.undo(f))
	}
	if err = errors.Join(SyncDir(filepath.Dir(final)), SyncDir(l.dir), f.Close()); err != nil {
		l.broken = err
		return fmt.Errorf("the entry is written, but may not survive a power cut: %w", err)
	}
	return nil
}

// openEnd opens the ledger file for writing, makes sure that nobody else wrote to it, and cuts off a torn line. That
// comes before ledger.next is rewritten: until then its old content is what vouches for the torn line.
func (l *Ledger) openEnd() (*os.File, error) {
	path := filepath.Join(l.dir, fileName)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &TamperError{Problem{Path: fileName, What: "not a regular file"}}
	}
	flags := os.O_WRONLY
	if l.state.size() == 0 {
		flags |= os.O_CREATE
	}
	f, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return nil, err
	}
	want := l.state.end
	if l.state.torn != nil {
		want += l.state.torn.TornBytes
	}
	info, err := f.Stat()
	if err == nil && info.Size() != want {
		err = fmt.Errorf("%s is %d bytes long instead of %d: somebody else wrote to it", fileName, info.Size(), want)
		l.broken = err
	}
	if err == nil && l.state.torn != nil {
		if err = f.Truncate(l.state.end); err == nil {
			err = f.Sync()
		}
		if err == nil {
			l.state.torn = nil
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// undo takes a failed append back: first the line, then what vouches for it. Where that fails too, nothing more can be
// appended, and the next OpenForAppend decides by what it finds.
func (l *Ledger) undo(f *os.File) error {
	err := f.Truncate(l.state.end)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		if err = os.Remove(filepath.Join(l.dir, nextName)); err == nil || errors.Is(err, os.ErrNotExist) {
			err = SyncDir(l.dir)
		}
	}
	l.broken = err
	return err
}
