package ledger

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Options say who writes and with what.
type Options struct {
	// Clock gives the time of each entry. Required.
	Clock func() time.Time
	// Tool names the program and its versions. Required.
	Tool string
	// Actor is who acts; empty means the name of the key.
	Actor string
}

// A Ledger is an open ledger: the entries up to when it was opened, and those appended since through it. It keeps no
// file open. It is not safe for use by several goroutines while one appends.
type Ledger struct {
	dir        string
	state      *state
	head       Head   // over all of state
	checkpoint []byte // signed, over all of state
	pending    bool
	leftover   bool

	// Set only for appending.
	key       *Key
	opts      Options
	recovered *Recovered // what the next entry has to record
	broken    error      // why nothing can be appended any more
}

// Exists says whether dir holds a ledger with at least one complete line, whatever its state. A creation that was
// interrupted before that can simply be made again.
func Exists(dir string) (bool, error) {
	f, err := openRegular(filepath.Join(dir, fileName))
	var odd *fileError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case errors.As(err, &odd):
		return true, nil // Open will say what it is
	case err != nil:
		return false, fmt.Errorf("looking for a ledger: %w", err)
	}
	defer f.Close()
	line, err := newLineReader(io.LimitReader(f, maxLine)).next()
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("looking for a ledger: %w", err)
	}
	return line.complete, nil
}

// Create starts the ledger of a new case in dir, making the folder if needed, and appends the create entry. It fills in
// body's Format, ID, Key and Origin. The caller holds the case's lock.
func Create(dir string, key *Key, body CreateBody, opts Options) (*Ledger, error) {
	l := &Ledger{dir: dir, state: &state{}, key: key}
	if err := l.setWriter(key, opts); err != nil {
		return nil, fmt.Errorf("creating the ledger: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, checkpointDir), 0o755); err != nil {
		return nil, fmt.Errorf("creating the ledger: %w", err)
	}
	if err := l.clearCreation(); err != nil {
		return nil, fmt.Errorf("creating the ledger: %w", err)
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("creating the ledger: %w", err)
	}
	body.Format = formatVersion
	body.ID = hex.EncodeToString(id[:])
	body.Key = key.Verifier
	body.Origin = originPrefix + body.ID
	l.state.create, l.state.created = body, true
	if _, err := l.Append(ActionCreate, body); err != nil {
		return nil, err
	}
	return l, nil
}

// clearCreation makes sure that nothing is overwritten: the folder holds no ledger, or what an interrupted Create left.
func (l *Ledger) clearCreation() error {
	names, err := os.ReadDir(filepath.Join(l.dir, checkpointDir))
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("%s already holds files", checkpointDir)
	}
	data, err := readSmall(filepath.Join(l.dir, fileName), maxLine)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", fileName, err)
	}
	if len(data) == 0 {
		return nil
	}
	v, err := newVerifier(l.key.Verifier)
	if err != nil {
		return err
	}
	next, err := readSmall(filepath.Join(l.dir, nextName), maxCheckpoint)
	if err == nil {
		_, err = openOwnCheckpoint(next, v)
	}
	if err != nil || bytes.IndexByte(data, '\n') >= 0 {
		return fmt.Errorf("%s is there already", fileName)
	}
	err = l.state.scan(bytes.NewReader(data), &collector{})
	l.recovered = l.state.torn
	return err
}

// Open reads a ledger without writing anything: every line, the set of checkpoints, and the signature over the last
// line, which through the tree covers all before it. Anything wrong is a *TamperError; Verify lists all of it. A writer
// that is appending meanwhile does not disturb.
func Open(dir string) (*Ledger, error) {
	var l *Ledger
	err := settle(dir, func() (err error) {
		l, err = open(dir)
		return err
	})
	return l, err
}

func open(dir string) (*Ledger, error) {
	c := &collector{}
	s, err := readState(dir, c)
	if err != nil {
		return nil, err
	}
	have, err := s.listCheckpoints(dir, c)
	if err != nil {
		return nil, err
	}
	for size := int64(1); size < s.size(); size++ {
		if !have[size] {
			c.problem(checkpointPath(size), 0, "missing")
		}
	}
	v := s.verifier()
	t, err := s.checkTail(dir, have, v, c)
	if err != nil {
		return nil, err
	}
	if v != nil && have[s.size()] {
		if t.checkpoint, err = s.checkLast(dir, v, c); err != nil {
			return nil, err
		}
	}
	if err := c.first(); err != nil {
		return nil, err
	}
	head, err := s.head()
	if err != nil {
		return nil, err
	}
	return &Ledger{dir: dir, state: s, head: head, checkpoint: t.checkpoint, pending: t.pending, leftover: t.leftover}, nil
}

// checkLast checks the checkpoint file over all lines.
func (s *state) checkLast(dir string, v note.Verifier, c *collector) ([]byte, error) {
	data, cp, err := s.readCheckpoint(dir, s.size(), v, c)
	if err != nil || data == nil {
		return nil, err
	}
	head, err := s.head()
	if err != nil {
		return nil, err
	}
	if cp.Head != head {
		c.problem(fileName, 0, "the lines are not those that %s was signed for", checkpointPath(s.size()))
	}
	return data, nil
}

// OpenForAppend opens a ledger to append to it, and finishes what an interrupted append left: the checkpoint of a
// complete last line is moved into place; an incomplete last line is cut off by the next Append, whose entry records it.
// The caller holds the case's lock. A *KeyError says that the case belongs to another key.
func OpenForAppend(dir string, key *Key, opts Options) (*Ledger, error) {
	l, err := Open(dir)
	if err != nil {
		return nil, err
	}
	if key != nil && key.Verifier != l.state.create.Key {
		return nil, &KeyError{Case: l.state.create.Key, Given: key.Verifier}
	}
	if err := l.setWriter(key, opts); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	switch next := filepath.Join(dir, nextName); {
	case l.pending:
		err = MoveSync(next, l.checkpointFile(l.state.size()))
	case l.leftover && l.state.torn == nil: // with a torn line it is what tells that line from tampering
		if err = os.Remove(next); err == nil {
			err = SyncDir(dir)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("finishing an interrupted append: %w", err)
	}
	l.pending, l.leftover = false, false
	return l, nil
}

// A KeyError says that the key at hand is not the one that signs this case.
type KeyError struct {
	// Case and Given are public keys.
	Case, Given string
}

// Error names both keys.
func (e *KeyError) Error() string {
	return fmt.Sprintf("opening the ledger: the case is signed by %s, the key given is %s", e.Case, e.Given)
}

func (l *Ledger) setWriter(key *Key, opts Options) error {
	if key == nil || key.signer == nil {
		return errors.New("no signing key")
	}
	if opts.Clock == nil || opts.Tool == "" {
		return errors.New("no clock or no tool name")
	}
	if opts.Actor == "" {
		opts.Actor = key.Name
	}
	l.key, l.opts, l.recovered = key, opts, l.state.torn
	return nil
}

func (l *Ledger) checkpointFile(size int64) string {
	return filepath.Join(l.dir, checkpointDir, checkpointName(size))
}

// Dir returns the case folder.
func (l *Ledger) Dir() string {
	return l.dir
}

// Info returns the facts of the create entry.
func (l *Ledger) Info() CreateBody {
	return l.state.create
}

// Head returns the head over all entries.
func (l *Ledger) Head() Head {
	return l.head
}

// Pending says that the last entry is signed but its checkpoint is not in its place yet: an append was interrupted, or
// is going on. OpenForAppend puts it right.
func (l *Ledger) Pending() bool {
	return l.pending
}

// Torn describes the incomplete line that an interrupted append left at the end, nil if there is none.
func (l *Ledger) Torn() *Recovered {
	return l.state.torn
}

// Extends says why this ledger does not extend a head noted earlier, or returns nil.
func (l *Ledger) Extends(noted Head) error {
	return l.state.extends(noted)
}

func (s *state) extends(noted Head) error {
	if noted.Size > s.size() {
		return fmt.Errorf("the noted head has %d entries, the ledger only %d: entries were cut off", noted.Size, s.size())
	}
	root, err := s.root(noted.Size)
	if err != nil {
		return err
	}
	if root != noted.Root {
		return fmt.Errorf("the first %d entries are not those of the noted head", noted.Size)
	}
	return nil
}

// Line returns the exact bytes of an entry, without the newline. They are checked against the tree again.
func (l *Ledger) Line(seq int64) ([]byte, error) {
	if seq < 1 || seq > l.state.size() {
		return nil, fmt.Errorf("reading entry %d of %d: no such entry", seq, l.state.size())
	}
	end := l.state.end
	if seq < l.state.size() {
		end = l.state.starts[seq]
	}
	line := make([]byte, end-1-l.state.starts[seq-1])
	f, err := openRegular(filepath.Join(l.dir, fileName))
	if err != nil {
		return nil, fmt.Errorf("reading entry %d: %w", seq, err)
	}
	defer f.Close()
	if _, err := f.ReadAt(line, l.state.starts[seq-1]); err != nil {
		return nil, fmt.Errorf("reading entry %d: %w", seq, err)
	}
	return line, l.checkLeaf(seq, tlog.RecordHash(line))
}

// checkLeaf compares a line read again with what was read when the ledger was opened.
func (l *Ledger) checkLeaf(seq int64, leaf tlog.Hash) error {
	if l.state.tree[tlog.StoredHashIndex(0, seq-1)] != leaf {
		return &TamperError{Problem{fileName, seq, "altered since the ledger was opened"}}
	}
	return nil
}

// Entry returns one entry by its number, from 1.
func (l *Ledger) Entry(seq int64) (Entry, error) {
	line, err := l.Line(seq)
	if err != nil {
		return Entry{}, err
	}
	return parseEntry(line)
}

// Entries yields the entries numbered above after (0 for all) in order, read from the file as they are asked for. After
// an error it stops.
func (l *Ledger) Entries(after int64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if after < 0 || after >= l.state.size() {
			return
		}
		f, err := openRegular(filepath.Join(l.dir, fileName))
		if err != nil {
			yield(Entry{}, fmt.Errorf("reading the ledger: %w", err))
			return
		}
		defer f.Close()
		start := l.state.starts[after]
		lines := newLineReader(io.NewSectionReader(f, start, l.state.end-start))
		for seq := after + 1; seq <= l.state.size(); seq++ {
			line, err := lines.next()
			if err != nil {
				yield(Entry{}, fmt.Errorf("reading entry %d: %w", seq, err))
				return
			}
			if err := l.checkLeaf(seq, line.leaf); err != nil {
				yield(Entry{}, err)
				return
			}
			e, err := parseEntry(line.text)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// stamp is what changes when a writer appends.
type stamp struct {
	size, nextSize int64 // -1 if the file is missing
	time, nextTime time.Time
}

func readStamp(dir string) stamp {
	s := stamp{size: -1, nextSize: -1}
	if info, err := os.Lstat(filepath.Join(dir, fileName)); err == nil {
		s.size, s.time = info.Size(), info.ModTime()
	}
	if info, err := os.Lstat(filepath.Join(dir, nextName)); err == nil {
		s.nextSize, s.nextTime = info.Size(), info.ModTime()
	}
	return s
}

// settle runs read again while it finds problems and a writer was at work, since lines, checkpoints and the write-ahead
// file cannot be read at one instant. The limit is for a writer that never rests.
func settle(dir string, read func() error) error {
	var err error
	for range 100 {
		before := readStamp(dir)
		if err = read(); err == nil || readStamp(dir) == before {
			return err
		}
	}
	return err
}

// Lines yields every complete line of the ledger in dir that reads as an entry, and checks nothing else: for a report on
// the other files of a case whose ledger does not verify. An error means that the file could not be read to its end.
func Lines(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f, err := openRegular(filepath.Join(dir, fileName))
		if err != nil {
			yield(Entry{}, fmt.Errorf("reading the ledger: %w", err))
			return
		}
		defer f.Close()
		for lines := newLineReader(f); ; {
			line, err := lines.next()
			switch {
			case errors.Is(err, io.EOF), err == nil && !line.complete:
				return
			case err != nil:
				yield(Entry{}, fmt.Errorf("reading the ledger: %w", err))
				return
			}
			if line.text == nil {
				continue
			}
			if e, err := parseEntry(line.text); err == nil && !yield(e, nil) {
				return
			}
		}
	}
}
