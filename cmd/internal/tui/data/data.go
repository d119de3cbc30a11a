// Package data answers the questions of the explorer's views. Views know only
// [Source]; the case behind it is open more than once, so that what takes long does not
// hold up what a person looks at.
package data

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/features"
)

// Source answers the questions of all views. Every method may take its time and
// ends early with its context: views call them in commands only. It is safe for
// concurrent use.
type Source interface {
	// Info says what is open. It does not wait.
	Info() Info
	// Changed reports whether another process has changed the case since it was
	// opened.
	Changed() bool
	// Reload opens the case as it is now. Long questions that are being answered
	// are finished with the case as it was.
	Reload(ctx context.Context) error

	Events
	Words
	Exports
	Timeline
	Correlations
	Conversations
	Findings
	Subjects
	Queries
}

// Info is what is open.
type Info struct {
	Dir        string // as it was given
	Head       string // of the ledger
	CaseNumber string
	Label      string
	Examiner   string
	Analyzed   bool // there are findings of a run, maybe none
	Generation int  // counts the reloads
	// Derived names the derived database: where it is the same, only what people
	// say of findings and events can be another.
	Derived string
}

// Events answers what single events are.
type Events interface {
	// Rows returns the columns of events, in the order asked for. Texts are cut
	// to so many characters; 0 is all.
	Rows(ctx context.Context, eids []int64, columns []string, chars int) ([]casefile.EventRow, error)
	// Detail returns all about an event.
	Detail(ctx context.Context, eid int64) (*casefile.Detail, error)
	// Record returns the bytes of the record of an event.
	Record(ctx context.Context, eid int64) (*casefile.Record, error)
	// Resolve finds the events of an id, or of the beginning of one.
	Resolve(ctx context.Context, id string) ([]int64, error)
}

// Options say which case is open, with what, and in whose name it is written to.
type Options struct {
	Dir     string
	Threads int
	Memory  int64 // bytes, for all of the explorer
	// Unlock finds the key that signs what is said of findings and events; nil
	// where nothing can be said.
	Unlock func() (*ledger.Key, error)
	Actor  string // who says it
	Tool   string
	Now    func() time.Time
}

// Case is the Source of a case on disk.
type Case struct {
	o     Options
	front handle // what a person waits for: a few milliseconds each
	back  handle // filters
	scan  handle // what reads all of the case: the order of events, searches
	own   handle // the person's own SQL, see [Queries]
	found foundList

	// For whoever has the turn of own:
	made   *features.Set // tables that queries named, of madeOf
	madeOf *casefile.Case

	writing sync.Mutex // held from an entry of our own until the case is open with it

	mu   sync.Mutex
	info Info
	mark stamp // of the files when they were opened
}

var _ Source = (*Case)(nil)

// Open opens a case. The caller closes it.
func Open(ctx context.Context, o Options) (*Case, error) {
	c := &Case{o: o, front: newHandle(), back: newHandle(), scan: newHandle(), own: newHandle()}
	c.info.Generation = -1
	if err := c.Reload(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Close closes the case. Questions that are being answered are finished before.
func (c *Case) Close() error {
	return errors.Join(c.front.replace(nil), c.back.replace(nil), c.scan.replace(nil), c.own.replace(nil))
}

// Info implements [Source].
func (c *Case) Info() Info {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.info
}

// The explorer is to stay below 500 MiB with ten million events, so that DuckDB
// gets small parts of it: looking up a page of events needs little, what reads all
// of the case does so beside DuckDB, and what a query does not fit goes to disk.
const (
	frontMemory = 1 // of memoryParts
	backMemory  = 2
	scanMemory  = 1
	ownMemory   = 2
	memoryParts = 6
)

// Reload implements [Source]. The background's case is opened when it is first
// asked, for its views cost more than the first screen.
func (c *Case) Reload(ctx context.Context) error {
	mark := readStamp(c.o.Dir)
	front, err := casefile.Open(ctx, c.o.Dir, casefile.OpenOptions{Threads: c.o.Threads, Memory: c.o.Memory * frontMemory / memoryParts, Lookup: true})
	if err != nil {
		return fmt.Errorf("opening the case: %w", err)
	}
	create := front.Info()
	c.mu.Lock()
	c.mark = mark
	c.info = Info{
		Dir: c.o.Dir, Head: front.Head().String(), CaseNumber: create.CaseNumber, Label: create.Label, Examiner: create.Examiner,
		Analyzed: front.Analysis() != nil, Generation: c.info.Generation + 1,
		Derived: mark.current,
	}
	c.mu.Unlock()
	return errors.Join(c.front.replace(front), c.back.renew(), c.scan.renew(), c.own.renew())
}

// Changed implements [Source].
func (c *Case) Changed() bool {
	if !c.writing.TryLock() {
		return false // it is we who change it
	}
	defer c.writing.Unlock()
	c.mu.Lock()
	mark := c.mark
	c.mu.Unlock()
	return readStamp(c.o.Dir) != mark
}

// stamp tells a case from what it was before: every change of it adds to the
// ledger, and a new derived database has a new name.
type stamp struct {
	ledger  int64
	current string
}

// maxCurrent bounds what is read of the file that names the derived database.
const maxCurrent = 256

func readStamp(dir string) stamp {
	var s stamp
	if info, err := os.Stat(filepath.Join(dir, "ledger.jsonl")); err == nil {
		s.ledger = info.Size()
	}
	f, err := os.Open(filepath.Join(dir, "derived", "CURRENT"))
	if err != nil {
		return s
	}
	defer f.Close()
	name := make([]byte, maxCurrent)
	n, _ := f.Read(name)
	s.current = string(name[:n])
	return s
}

// inFront asks the case that answers quickly.
func (c *Case) inFront(ctx context.Context, ask func(*casefile.Case) error) error {
	return c.front.use(ctx, nil, ask)
}

// inBack asks the case that may take long.
func (c *Case) inBack(ctx context.Context, ask func(*casefile.Case) error) error {
	return c.back.use(ctx, func() (*casefile.Case, error) {
		return casefile.Open(ctx, c.o.Dir, casefile.OpenOptions{Threads: c.o.Threads, Memory: c.o.Memory * backMemory / memoryParts})
	}, ask)
}

// inScan asks the case that reads all of itself, beside which filters go on.
func (c *Case) inScan(ctx context.Context, ask func(*casefile.Case) error) error {
	return c.scan.use(ctx, func() (*casefile.Case, error) {
		return casefile.Open(ctx, c.o.Dir, casefile.OpenOptions{Threads: c.o.Threads, Memory: c.o.Memory * scanMemory / memoryParts, Lookup: true})
	}, ask)
}

// handle is an open case that one question at a time is asked of.
type handle struct {
	turn  chan struct{} // holds one token while nobody asks
	stale chan struct{} // holds one where c is to be opened anew
	c     *casefile.Case
}

func newHandle() handle {
	h := handle{turn: make(chan struct{}, 1), stale: make(chan struct{}, 1)}
	h.turn <- struct{}{}
	return h
}

// errClosed means that the explorer ends.
var errClosed = errors.New("the case is closed")

// use waits for its turn and asks. A case that is not open is opened, nil when
// it cannot be.
func (h *handle) use(ctx context.Context, open func() (*casefile.Case, error), ask func(*casefile.Case) error) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-h.turn:
	}
	defer func() { h.turn <- struct{}{} }()
	select {
	case <-h.stale:
		if err := h.put(nil); err != nil {
			return err
		}
	default:
	}
	if h.c == nil {
		if open == nil {
			return errClosed
		}
		var err error
		if h.c, err = open(); err != nil {
			return err
		}
	}
	return ask(h.c)
}

// replace takes another case, or none, and closes the one before.
func (h *handle) replace(c *casefile.Case) error {
	<-h.turn
	defer func() { h.turn <- struct{}{} }()
	return h.put(c)
}

// renew lets the next question be asked of the case as it is then. It does not
// wait for the one that is being answered, which may take long.
func (h *handle) renew() error {
	select {
	case <-h.turn:
		defer func() { h.turn <- struct{}{} }()
		return h.put(nil)
	default:
	}
	select {
	case h.stale <- struct{}{}:
	default: // it is said already
	}
	return nil
}

// put takes another case, or none, and closes the one before. The caller has the
// turn.
func (h *handle) put(c *casefile.Case) error {
	before := h.c
	h.c = c
	if before == nil {
		return nil
	}
	return before.Close()
}

// Rows implements [Events].
func (c *Case) Rows(ctx context.Context, eids []int64, columns []string, chars int) (rows []casefile.EventRow, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		if chars > 0 {
			rows, err = c.Excerpts(ctx, eids, columns, chars)
		} else {
			rows, err = c.Events(ctx, eids, columns)
		}
		return err
	})
	return rows, err
}

// Detail implements [Events].
func (c *Case) Detail(ctx context.Context, eid int64) (d *casefile.Detail, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		d, err = c.Detail(ctx, eid)
		return err
	})
	return d, err
}

// Record implements [Events].
func (c *Case) Record(ctx context.Context, eid int64) (r *casefile.Record, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		r, err = c.Raw(ctx, eid)
		return err
	})
	return r, err
}

// Resolve implements [Events].
func (c *Case) Resolve(ctx context.Context, id string) (eids []int64, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		eids, err = c.ResolveEvent(ctx, id)
		return err
	})
	return eids, err
}
