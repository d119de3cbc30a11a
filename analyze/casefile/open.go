package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// OpenOptions bound what reading a case may use.
type OpenOptions struct {
	Threads int
	Memory  int64  // bytes
	Temp    string // folder for what does not fit in memory; "" is the system's
	// Lookup opens the case for looking up events and identifiers only: the
	// manifests are not read and the views of the SQL surface are not made,
	// which is most of what opening a case costs.
	Lookup bool
}

// Case is a case open for reading. It never changes the case and takes no
// lock: it keeps the generation of the derived database that was current when
// it was opened. It is not safe for concurrent use; see [Case.Beside].
type Case struct {
	Dir   string
	state *state
	items []*Item
	db    *sql.DB
	// beside are connections for [Case.Beside].
	beside []*sql.DB
	// prefix is how many digits of an evidence's SHA-256 tell it from the others.
	prefix int
	temp   string
	// events and records are the absolute paths of the live segments.
	events, records []string
	path            string // absolute, of the derived database
	segment         segmentPaths
	index           *segmentIndexes         // of segments of events
	contents        *segmentIndexes         // of segments of texts
	eventColumns    []ResultColumn          // of the view events; nil before they were asked for
	evidence        map[int64]knownEvidence // by number
	callTable       bool                    // it is made: see [Case.MakeCallTable]
	actTable        bool                    // it is made: see [Case.MakeActTable]
	words           *wordTypes              // of the tables call and act; nil before one was asked for
	byPrefix        map[string]string       // SHA-256 of evidence by the digits of it that people are shown
	foundFacts      map[string]textFacts    // what was found in texts since it was opened, by name
	newFacts        map[string]string       // paths of files of facts that were made since, by SHA-256
	factFiles       int                     // how many such files were begun
}

// ErrEmptyCase means that a case holds no events yet.
var ErrEmptyCase = errors.New("the case holds no events yet: load evidence into it")

// A writer that commits moves files from staging into place and replaces the
// derived database, in a few milliseconds. A reader that meets it there looks
// again: openTries times, openWait apart. After an interrupted commit the files
// stay in staging, and are read there.
const (
	openTries = 20
	openWait  = 25 * time.Millisecond
)

// Open opens a case for reading. The caller closes it.
func Open(ctx context.Context, dir string, o OpenOptions) (*Case, error) {
	for try := 1; ; try++ {
		c, err := openCase(ctx, dir, o)
		if c == nil || try == openTries || err == nil && !c.moving() || err != nil && !c.moved() {
			return c.opened(err)
		}
		if err := c.Close(); err != nil {
			return nil, err
		}
		select {
		case <-time.After(openWait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// opened returns an open case, or closes what could be opened of it.
func (c *Case) opened(err error) (*Case, error) {
	if err == nil || c == nil {
		return c, err
	}
	return nil, errors.Join(err, c.Close())
}

// moving reports whether the case was opened with files in staging.
func (c *Case) moving() bool {
	folder, err := filepath.Abs(filepath.Join(c.Dir, stagingDir))
	return err == nil && slices.ContainsFunc(c.files(), func(p string) bool {
		return strings.HasPrefix(p, folder+string(filepath.Separator))
	})
}

// moved reports whether files that the case was to be opened with are not
// there any more.
func (c *Case) moved() bool {
	return slices.ContainsFunc(c.files(), func(p string) bool {
		_, err := os.Stat(p)
		return err != nil
	})
}

// files are the absolute paths of the files that the case is opened with.
func (c *Case) files() []string {
	return append(slices.Concat(c.events, c.records), c.path)
}

// openCase opens a case as it is at this moment. After an error it returns as
// much of the case as it got to, or nil.
func openCase(ctx context.Context, dir string, o OpenOptions) (*Case, error) {
	if !Exists(dir) {
		return nil, fmt.Errorf("opening %s: %w", dir, ErrNoCase)
	}
	l, err := ledger.Open(dir)
	if err != nil {
		return nil, err
	}
	s, err := readState(l)
	if err != nil {
		return nil, err
	}
	c := newCase(dir, s)
	if !o.Lookup {
		if c.items, err = readManifests(dir, s); err != nil {
			return nil, err
		}
		c.prefix = uniquePrefix(sums(c.items))
	}
	if s.generation == "" || len(only(paths(s.events), "events")) == 0 {
		return nil, fmt.Errorf("opening %s: %w", dir, ErrEmptyCase)
	}
	return c, c.openDerived(ctx, o)
}

func paths(refs []FileRef) []string {
	var out []string
	for _, r := range refs {
		out = append(out, r.Path)
	}
	return out
}

// Close releases the derived database.
func (c *Case) Close() error {
	var err error
	if c.db != nil {
		err = closeAll(append([]*sql.DB{c.db}, c.beside...))
	}
	if c.temp != "" {
		err = errors.Join(err, os.RemoveAll(c.temp))
	}
	return err
}

// Head is the head of the ledger when the case was opened.
func (c *Case) Head() ledger.Head { return c.state.head }

// Info is what the case says of itself.
func (c *Case) Info() ledger.CreateBody { return c.state.create }

// Items lists every input of every load, in order. It is empty when the case
// was opened for lookups.
func (c *Case) Items() []*Item { return c.items }

// DB is the locked-down database with the views of the SQL surface; without
// the views when the case was opened for lookups.
func (c *Case) DB() *sql.DB { return c.db }

// DerivedPath is the generation of the derived database in use.
func (c *Case) DerivedPath() string { return derivedPath(c.Dir, c.state) }

// derivedPath is where the current generation is: in place, or in the staging
// folder of a load whose last step was interrupted.
func derivedPath(dir string, s *state) string {
	p := filepath.Join(dir, derivedDir, s.generation)
	if _, err := os.Stat(p); err == nil {
		return p
	}
	for load := range s.pending {
		staged := filepath.Join(dir, stagingDir, load, stagedDerived)
		if _, err := os.Stat(staged); err == nil {
			return staged
		}
	}
	return p
}

func (c *Case) openDerived(ctx context.Context, o OpenOptions) error {
	err := checkPlace(c.Dir)
	if err != nil {
		return err
	}
	path := c.DerivedPath()
	if c.path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("finding the derived database: %w", err)
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("opening the derived database %s: it is missing; run exhibit rebuild", path)
	}
	if d := c.state.derived; d == nil || d.Schema != derivedSchema {
		return fmt.Errorf("opening the derived database %s: another version of exhibit made it, with other tables; run exhibit rebuild", path)
	}
	var views lazyViews
	if c.temp, err = os.MkdirTemp(o.Temp, "exhibit-*"); err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	if c.temp, err = filepath.Abs(c.temp); err != nil {
		return fmt.Errorf("finding the temporary folder: %w", err)
	}
	if err := c.connect(ctx, o, &views); err != nil {
		return err
	}
	if c.events, err = absolute(c.Dir, c.state, c.state.events); err != nil {
		return err
	}
	if c.records, err = absolute(c.Dir, c.state, c.state.records); err != nil {
		return err
	}
	if o.Lookup {
		err = c.findPrefix(ctx)
	} else {
		err = c.describeViews(&views)
	}
	if err != nil {
		return err
	}
	facts, err := c.allowedFacts()
	if err != nil {
		return err
	}
	return lockDown(ctx, c.db, slices.Concat(c.events, c.records, facts))
}

// connect opens the derived database, twice where there can be a case beside; see
// [Case.Beside].
func (c *Case) connect(ctx context.Context, o OpenOptions, views *lazyViews) error {
	settings := duckSettings{threads: o.Threads, memory: share(o.Memory), temp: c.temp, data: c.state.liveBytes()}
	connections := 1
	if !o.Lookup && (settings.memory == 0 || settings.data <= settings.memory) {
		connections = 2
	}
	dbs, err := openSurface(c.path, true, settings, views, connections)
	if err != nil {
		return err
	}
	c.db, c.beside = dbs[0], dbs[1:]
	for _, db := range dbs {
		if err := builtInsFirst(ctx, db, c.path); err != nil {
			return err
		}
	}
	return nil
}

// Beside returns the case to be used at the same time by another goroutine: with
// the same memory and threads, and with temporary tables of its own. It is closed with
// the case, and not by itself. A case that is opened for looking up has none, nor has
// one that is larger than the memory of DuckDB, of which each needs its share: nil.
func (c *Case) Beside() *Case {
	if len(c.beside) == 0 {
		return nil
	}
	b := newCase(c.Dir, c.state)
	b.items, b.prefix, b.db, b.temp, b.events, b.records, b.path = c.items, c.prefix, c.beside[0], c.temp, c.events, c.records, c.path
	return b
}

// newCase returns a case that nothing was asked of yet.
func newCase(dir string, s *state) *Case {
	return &Case{
		Dir: dir, state: s, index: newSegmentIndexes(eventIndexColumns()...), contents: newSegmentIndexes("row", "text"),
		foundFacts: map[string]textFacts{}, newFacts: map[string]string{},
	}
}

// describeViews says how to make the views of the SQL surface, and looks whether
// there is anything to make them of.
func (c *Case) describeViews(views *lazyViews) error {
	for _, segments := range [][]string{only(c.events, "events"), c.records} {
		if len(segments) == 0 {
			continue
		}
		if _, err := os.Stat(segments[0]); err != nil {
			return fmt.Errorf("making the views of the case: %w", err)
		}
	}
	statements, err := c.viewSQL(c.events, c.records)
	if err != nil {
		return err
	}
	return views.fill(statements)
}

// viewSQL returns the statements that make the SQL surface over the given
// segments.
func (c *Case) viewSQL(events, records []string) ([]string, error) {
	list := quoteList(only(events, "events"))
	views, err := c.callViewSQL("", "", "read_parquet("+list+")", "joined_call")
	if err != nil {
		return nil, err
	}
	text, err := statement("views", map[string]string{
		"judged": c.state.judgedSQL(), "words": c.state.wordsSQL(), "prefix": strconv.Itoa(c.prefix), "events": list,
		"content": relation(only(events, "content"), emptyContent), "uses": relation(only(events, "uses"), emptyUses),
	})
	if err != nil {
		return nil, err
	}
	recorded, err := recordViewSQL("", "", records)
	if err != nil {
		return nil, err
	}
	return append(append(views, recorded), splitStatements(text)...), nil
}

// recordViewSQL returns the statement that makes the view of records over some
// segments. See callViewSQL.
func recordViewSQL(replace, of string, records []string) (string, error) {
	return statement("record_view", map[string]string{"or_replace": replace, "of": of, "records": quoteList(records)})
}

// callViewSQL returns the statements that make the views of events and of calls
// over the rows of a relation, with names that begin with of. replace is "or
// replace " where there may be such views.
func (c *Case) callViewSQL(replace, of, rows, joined string) ([]string, error) {
	role, err := roleSQL()
	if err != nil {
		return nil, err
	}
	costs, enriched, enriching, err := c.enrichSQL()
	if err != nil {
		return nil, err
	}
	corrected, correcting, err := c.clockSQL(ClockCorrected, "e", "evidence")
	if err != nil {
		return nil, err
	}
	merged, merging, err := c.clockSQL(ClockCorrected, "m", "ts_evidence")
	if err != nil {
		return nil, err
	}
	text, err := statement("call_views", map[string]string{
		"or_replace": replace, "of": of, "rows": rows, "joined": joined,
		"corrected": corrected, "correcting": correcting, "merged": merged, "merging": merging,
		"costs": costs, "enriched": enriched, "enriching": enriching, "role": role, "prefix": strconv.Itoa(c.prefix),
	})
	if err != nil {
		return nil, err
	}
	return splitStatements(text), nil
}

// IDDigits is how many digits of the hash of its evidence stand in the id of an
// event.
func (c *Case) IDDigits() int { return c.prefix }

// minPrefix is the shortest prefix of a hash that people are shown.
const minPrefix = 8

// sums returns the hashes of the evidence among the items.
func sums(items []*Item) []string {
	var out []string
	for _, it := range items {
		if it.Evidence != 0 {
			out = append(out, it.SHA256)
		}
	}
	return out
}

// uniquePrefix is the length at which the hashes of all evidence differ. It
// sorts them.
func uniquePrefix(sums []string) int {
	sort.Strings(sums)
	n := minPrefix
	for i := 1; i < len(sums); i++ {
		for n < len(sums[i]) && sums[i] != sums[i-1] && sums[i][:n] == sums[i-1][:n] {
			n++
		}
	}
	return n
}
