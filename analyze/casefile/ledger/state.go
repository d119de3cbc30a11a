package ledger

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	fileName = "ledger.jsonl"
	// nextName is the write-ahead checkpoint of the append in progress. It is in the case's root, not in staging/, so
	// that cleaning staging/ cannot turn an interrupted append into what looks like tampering.
	nextName = "ledger.next"
)

// FileNames returns the names this package may put into a case, so that others can tell planted files from its own.
func FileNames() []string {
	return []string{fileName, nextName, checkpointDir, lockName}
}

// state is what the files of a ledger say, before any signature is looked at.
type state struct {
	create  CreateBody // of line 1; zero if that cannot be read
	created bool
	starts  []int64 // where each complete line starts
	end     int64   // offset after the last complete line
	tree    storedTree
	torn    *Recovered // what stands after the last complete line, nil if nothing does
}

func (s *state) size() int64 {
	return int64(len(s.starts))
}

// root returns the tree's root over the first size lines.
func (s *state) root(size int64) (tlog.Hash, error) {
	return tlog.TreeHash(size, s.tree)
}

// head returns the head over all complete lines.
func (s *state) head() (Head, error) {
	root, err := s.root(s.size())
	return Head{Size: s.size(), Root: root}, err
}

// readState reads and checks every line. What is wrong goes to c; an error means that it could not be looked at.
func readState(dir string, c *collector) (*state, error) {
	s := &state{}
	f, err := openRegular(filepath.Join(dir, fileName))
	var odd *fileError
	switch {
	case errors.Is(err, os.ErrNotExist):
		if _, statErr := os.Stat(dir); statErr != nil {
			return nil, fmt.Errorf("reading the ledger: %w", statErr)
		}
		c.problem(fileName, 0, "missing")
		return s, nil
	case errors.As(err, &odd):
		c.problem(fileName, 0, "%s", odd.what)
		return s, nil
	case err != nil:
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	defer f.Close()
	if err := s.scan(f, c); err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	return s, nil
}

// scan reads lines to the end of r.
func (s *state) scan(r io.Reader, c *collector) error {
	lines := newLineReader(r)
	lastTime := ""
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		number := s.size() + 1
		if !line.complete {
			if line.text == nil {
				c.problem(fileName, number, "a line without an end, longer than any line can be")
			}
			sum := sha256.Sum256(line.text)
			s.torn = &Recovered{TornBytes: line.length, TornSHA256: fmt.Sprintf("%x", sum)}
			break
		}
		if s.tree, err = s.tree.grow(s.size(), line.leaf); err != nil {
			return err
		}
		s.starts = append(s.starts, s.end)
		s.end += line.length + 1
		if e := s.checkLine(line, number, c); e.Time != "" {
			if e.Time < lastTime {
				c.warn(fileName, number, "time %s is before the time of an earlier line, %s", e.Time, lastTime)
			}
			lastTime = max(lastTime, e.Time)
		}
	}
	if s.size() == 0 {
		c.problem(fileName, 0, "holds no complete line")
	}
	return nil
}

// checkLine parses one line, reporting what is wrong with it; then the entry is zero.
func (s *state) checkLine(line rawLine, number int64, c *collector) Entry {
	if line.text == nil {
		c.problem(fileName, number, "longer than the %d bytes a line can have", maxLine)
		return Entry{}
	}
	e, err := parseEntry(line.text)
	if err != nil {
		c.problem(fileName, number, "%v", err)
		return Entry{}
	}
	if e.Seq != number {
		c.problem(fileName, number, "seq is %d, so lines are missing, added or out of order", e.Seq)
	}
	if number > 1 || e.Action != ActionCreate {
		return e
	}
	var body CreateBody
	if err := json.Unmarshal(e.Body, &body); err != nil {
		c.problem(fileName, number, "reading the create entry: not the facts of a case")
	} else if err := body.check(); err != nil {
		c.problem(fileName, number, "reading the create entry: %v", err)
	} else {
		s.create, s.created = body, true
	}
	return e
}

// rawLine is one line as it stands in the file.
type rawLine struct {
	text     []byte // without the newline, valid until the next call; nil if longer than maxLine
	length   int64  // without the newline
	leaf     tlog.Hash
	complete bool // it ends with a newline
}

// lineReader reads lines of any length in bounded memory.
type lineReader struct {
	r    *bufio.Reader
	leaf hash.Hash
	buf  []byte
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10), leaf: sha256.New()}
}

// next returns the next line, or io.EOF after the last byte.
func (l *lineReader) next() (rawLine, error) {
	l.leaf.Reset()
	l.leaf.Write([]byte{0}) // RFC 6962 leaf prefix
	l.buf = l.buf[:0]
	line := rawLine{}
	for {
		part, err := l.r.ReadSlice('\n')
		line.complete = err == nil
		part = bytes.TrimSuffix(part, []byte{'\n'})
		line.length += int64(len(part))
		l.leaf.Write(part)
		if line.length < maxLine {
			l.buf = append(l.buf, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return rawLine{}, err
		}
		if errors.Is(err, io.EOF) && line.length == 0 {
			return rawLine{}, io.EOF
		}
		l.leaf.Sum(line.leaf[:0])
		if line.length < maxLine {
			line.text = l.buf
		}
		return line, nil
	}
}

// verifier returns the key that the case names itself, or nil.
func (s *state) verifier() note.Verifier {
	if !s.created {
		return nil
	}
	v, err := newVerifier(s.create.Key)
	if err != nil {
		return nil
	}
	return v
}

// tail says how the end of the ledger is vouched for.
type tail struct {
	checkpoint []byte // the signed checkpoint over all complete lines; nil if there is none
	pending    bool   // it is still in nextName: the append was interrupted, or is going on
	leftover   bool   // nextName holds something that no complete line needs
}

// checkTail looks for the signature over the last line and judges what stands behind it. An append writes the signed
// checkpoint to nextName before it writes the line; so a line, or a piece of one, that nextName does not vouch for was
// not left by an interrupted append.
func (s *state) checkTail(dir string, have map[int64]bool, v note.Verifier, c *collector) (tail, error) {
	var t tail
	data, err := readSmall(filepath.Join(dir, nextName), maxCheckpoint)
	var odd *fileError
	if errors.As(err, &odd) {
		c.problem(nextName, 0, "%s", odd.what)
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return t, fmt.Errorf("reading %s: %w", nextName, err)
	}
	t.leftover = err == nil
	if v == nil || s.size() == 0 {
		return t, nil
	}
	head, err := s.head()
	if err != nil {
		return t, err
	}
	next, err := openOwnCheckpoint(data, v)
	signed := err == nil && next.Origin == s.create.Origin
	if !have[head.Size] {
		if !signed || next.Head != head {
			c.problem(fileName, head.Size, "nothing signed covers this line: %s is missing, and no append was interrupted here", checkpointPath(head.Size))
			return t, nil
		}
		t.checkpoint, t.pending, t.leftover = data, true, false
	}
	if t.leftover && signed && next.Head.Size != head.Size+1 {
		c.problem(nextName, 0, "signed for size %d: no append that was interrupted here left it", next.Head.Size)
	}
	if s.torn != nil && (t.pending || !signed || next.Head.Size != head.Size+1) {
		c.problem(fileName, head.Size+1, "%d bytes without a newline at the end, and no append was interrupted here", s.torn.TornBytes)
	}
	return t, nil
}

// readCheckpoint reads and checks the checkpoint of one size. It returns its bytes, nil if there is a problem.
// Whether the root fits is for the caller.
func (s *state) readCheckpoint(dir string, size int64, v note.Verifier, c *collector) ([]byte, Checkpoint, error) {
	path := checkpointPath(size)
	data, err := readSmall(filepath.Join(dir, filepath.FromSlash(path)), maxCheckpoint)
	var odd *fileError
	switch {
	case errors.Is(err, os.ErrNotExist):
		c.problem(path, 0, "missing")
		return nil, Checkpoint{}, nil
	case errors.As(err, &odd):
		c.problem(path, 0, "%s", odd.what)
		return nil, Checkpoint{}, nil
	case err != nil:
		return nil, Checkpoint{}, fmt.Errorf("reading %s: %w", path, err)
	}
	cp, err := openOwnCheckpoint(data, v)
	switch {
	case err != nil:
		c.problem(path, 0, "%v", err)
	case cp.Origin != s.create.Origin:
		c.problem(path, 0, "origin %.80q is not this case's %q", cp.Origin, s.create.Origin)
	case cp.Head.Size != size:
		c.problem(path, 0, "signed for size %d, not for the size in its name", cp.Head.Size)
	default:
		return data, cp, nil
	}
	return nil, Checkpoint{}, nil
}

// listCheckpoints returns the sizes that have a file, and reports every file that no size of this ledger accounts for.
func (s *state) listCheckpoints(dir string, c *collector) (map[int64]bool, error) {
	have := map[int64]bool{}
	folder := filepath.Join(dir, checkpointDir)
	info, err := os.Lstat(folder)
	if errors.Is(err, os.ErrNotExist) {
		c.problem(checkpointDir, 0, "missing")
		return have, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the checkpoints: %w", err)
	}
	if !info.IsDir() {
		c.problem(checkpointDir, 0, "not a folder")
		return have, nil
	}
	entries, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("reading the checkpoints: %w", err)
	}
	for _, e := range entries {
		var size int64
		_, err := fmt.Sscanf(e.Name(), "%d.txt", &size)
		path := checkpointDir + "/" + e.Name()
		switch {
		case err != nil || size < 1 || checkpointName(size) != e.Name():
			c.problem(EscapePath(path), 0, "not a file of the ledger")
		case size > s.size():
			c.problem(path, 0, "signed for more lines than the %d there are: lines were cut off", s.size())
		default:
			have[size] = true
		}
	}
	return have, nil
}
