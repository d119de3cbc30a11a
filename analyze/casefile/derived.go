package casefile

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/formats"
)

// derivedSchema grows when the tables of the derived database change.
const derivedSchema = 8

// stagedDerived is the name of a new generation in a staging folder.
const stagedDerived = "derived.duckdb"

// eidShift places the segment above the row in an eid; a segment of at most
// segmentSize plus one block cannot have 2^28 rows.
const eidShift = 28

// derivedTables are the tables whose row hashes are kept, in order.
func derivedTables() []string {
	return []string{"evidence", "identifier_index", "hash_index", "duplicate", "conflict", "call_event", "joined_call", "merged_call", "joined_text", "address", "identity", "identity_conflict", "price", "clock", "content_repeat", "coverage", "minute", "about", "finding", "finding_event"}
}

// derivedName is the name of the generation that belongs to the last entry
// that changed the derived state: the size of the ledger then, and the
// beginning of that entry's hash.
func (s *state) derivedName() string { return s.generation }

// extension is what a generation gains: a load, or all of them when it is
// rebuilt.
type extension struct {
	loads    []extensionLoad
	previous *state
	dir      string
	staging  string // where the files of the loads are

	uncounted bool // what the loads counted while they decoded has to be read from the events first

	enrichment *enrichment     // nil when the case is not enriched
	analysis   *storedAnalysis // nil when there is none, or the database has it
}

// extensionLoad is one load of an extension. Rows that sum up events do so load
// by load, so that a rebuilt generation has the same.
type extensionLoad struct {
	name    string
	items   []*Item
	files   []FileRef
	columns map[string]map[string]int64
}

// extendDerived builds the next generation in the staging folder: a copy of
// the last one with this load added.
func (w *writer) extendDerived(ctx context.Context, o *LoadOptions, a *assembly, staging string) (*DerivedState, error) {
	path := filepath.Join(staging, stagedDerived)
	base := w.currentDerived()
	if base != "" && w.state.derived.Schema != derivedSchema {
		return nil, errors.New("extending the derived database: another version of exhibit made it, with other tables; run exhibit rebuild, then load again")
	}
	if base != "" {
		if err := copyFile(base, path); err != nil {
			return nil, fmt.Errorf("copying the derived database: %w", err)
		}
	} else if len(w.state.records) > 0 {
		return nil, errors.New("reading the derived database: no generation belongs to the ledger's last load; run exhibit rebuild, then load again")
	}
	x := &extension{
		loads:    []extensionLoad{{fmt.Sprintf("load-%06d", w.state.head.Size+1), a.items, a.files, a.columns}},
		previous: w.state, dir: w.dir, staging: staging,
	}
	var err error
	if x.enrichment, err = w.enrichment(); err != nil {
		return nil, err
	}
	temp, err := os.MkdirTemp(cmp.Or(o.Temp, staging), "exhibit-*")
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what is left behind spoils no result
	return x.build(ctx, path, base == "", duckSettings{threads: o.Threads, memory: share(o.Memory), temp: temp, data: w.state.liveBytes() + bytesOf(a.files)})
}

// currentDerived is the path of the generation of the last committed load, or
// "" when there is none.
func (w *writer) currentDerived() string {
	p := filepath.Join(w.dir, derivedDir, w.state.derivedName())
	if _, err := os.Stat(p); err != nil {
		return ""
	}
	return p
}

// build extends the database at path and returns its row hashes.
func (x *extension) build(ctx context.Context, path string, fresh bool, s duckSettings) (*DerivedState, error) {
	db, err := openDuck(path, s)
	if err != nil {
		return nil, err
	}
	st, err := x.fill(ctx, db, fresh)
	if err == nil {
		_, err = db.ExecContext(ctx, "checkpoint")
	}
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, fmt.Errorf("building the derived database: %w", err)
	}
	return st, syncFile(path)
}

// firstSegment is the number of the first new segment.
func (x *extension) firstSegment() int64 { return x.previous.segment + 1 }

// fill runs the steps in the order in which they read each other's tables.
func (x *extension) fill(ctx context.Context, db *sql.DB, fresh bool) (*DerivedState, error) {
	fill, err := x.places()
	if err == nil && x.uncounted {
		err = x.count(ctx, db)
	}
	if err != nil {
		return nil, err
	}
	run := func(name string) func() error {
		return func() error { return x.runFile(ctx, db, name, fill) }
	}
	var steps []func() error
	if fresh {
		steps = append(steps, run("schema"), run("calls_schema"))
	}
	steps = append(steps, func() error { return x.insertEvidence(ctx, db) }, run("lookup_digits"))
	if fill["events"] != "[]" {
		steps = append(steps, run("identifiers"), run("hashes"), func() error { return x.insertMinutes(ctx, db) })
		if x.any(func(events, withID int64) bool { return withID > 0 }) {
			steps = append(steps, run("duplicates_id"))
		}
		if x.any(func(events, withID int64) bool { return withID < events }) && x.evidenceCount() > 1 {
			steps = append(steps, run("duplicates_record"))
		}
		steps = append(steps, run("content_shared"), func() error { return unlessEmpty(ctx, db, "repeated_h", run("content_repeat")) }, run("calls"))
		if x.inPieces() {
			steps = append(steps, run("calls_batch"))
		}
		steps = append(steps, func() error { return x.joinCalls(ctx, db, fill, run) })
	}
	if x.enrichment != nil {
		steps = append(steps, func() error { return x.enrichment.fill(ctx, &seenValues{db: db, events: fill["all_events"]}) })
	}
	if a := x.analysis; a != nil {
		steps = append(steps, func() error { return insertFindings(ctx, db, a.run, a.data, a.items) })
	}
	steps = append(steps, func() error { return x.insertCoverage(ctx, db) })
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	if fresh || x.previous.derived == nil {
		return hashTables(ctx, db)
	}
	return x.addHashes(ctx, db)
}

// addHashes computes the row hashes of an extended database. A table that only
// grows keeps the hash that the ledger has for it, plus that of its new rows:
// hashing ten million rows again would take longer than the load.
func (x *extension) addHashes(ctx context.Context, db *sql.DB) (*DerivedState, error) {
	tables := derivedTables()
	whole := slices.DeleteFunc(derivedTables(), func(name string) bool { _, grows := x.growing(name); return grows })
	hashes, err := hashRelations(ctx, db, "", whole)
	if err != nil {
		return nil, err
	}
	st := &DerivedState{Schema: derivedSchema, Tables: make([]TableHash, len(tables))}
	for i, name := range tables {
		if before, grows := x.growing(name); grows {
			if st.Tables[i], err = addHash(ctx, db, name, before, x.firstSegment()<<eidShift); err != nil {
				return nil, fmt.Errorf("hashing table %s: %w", name, err)
			}
			st.Tables[i].Table = name
			continue
		}
		st.Tables[i] = hashes[slices.Index(whole, name)]
	}
	return st, nil
}

// growing returns the hash of a table that only grows, as of the last load.
func (x *extension) growing(name string) (TableHash, bool) {
	if name != "identifier_index" && name != "hash_index" {
		return TableHash{}, false
	}
	for _, t := range x.previous.derived.Tables {
		if t.Table == name {
			return t, true
		}
	}
	return TableHash{}, false
}

// addHash adds the rows of a table from event first on to a hash of the rows
// before them.
func addHash(ctx context.Context, db *sql.DB, table string, before TableHash, first int64) (TableHash, error) {
	q, err := statement("table_hash_new", map[string]string{"table": QuoteIdent(table)})
	if err != nil {
		return TableHash{}, err
	}
	var t TableHash
	if err := db.QueryRowContext(ctx, q, sql.Named("first", first)).Scan(&t.Rows, &t.Hash); err != nil {
		return TableHash{}, err
	}
	sum, ok := new(big.Int).SetString(before.Hash, 10)
	added, okAdded := new(big.Int).SetString(t.Hash, 10)
	if !ok || !okAdded {
		return TableHash{}, fmt.Errorf("hash %.40q is no number", before.Hash)
	}
	return TableHash{Rows: before.Rows + t.Rows, Hash: sum.Add(sum, added).String()}, nil
}

// any reports whether a format of this load satisfies is, which sees how many
// events it has and how many of them have a native id.
func (x *extension) any(is func(events, withID int64) bool) bool {
	for _, l := range x.loads {
		for _, counts := range l.columns {
			if is(counts["*"], counts["native_id"]) {
				return true
			}
		}
	}
	return false
}

// inPieces reports whether a load has records that are only part of a call.
func (x *extension) inPieces() bool {
	for _, l := range x.loads {
		for _, counts := range l.columns {
			if counts["sequence"] > 0 {
				return true
			}
		}
	}
	return false
}

// evidenceCount is the number of pieces of evidence in the case with these
// loads.
func (x *extension) evidenceCount() int64 {
	last := int64(0)
	for _, l := range x.loads {
		last = max(last, lastEvidence(l.items))
	}
	return last
}

// has reports whether an event of the loads has a value in a column. The column
// content stands for the texts that have rows of their own.
func (x *extension) has(column string) bool {
	for _, l := range x.loads {
		for _, counts := range l.columns {
			if counts[column] > 0 {
				return true
			}
		}
	}
	return column == "content" && slices.ContainsFunc(x.loads, func(l extensionLoad) bool { return len(only(paths(l.files), "content")) > 0 })
}

// unlessEmpty runs a step that reads a table, if there is anything in it.
func unlessEmpty(ctx context.Context, db *sql.DB, table string, step func() error) error {
	if none, err := isEmpty(ctx, db, table); err != nil || none {
		return err
	}
	return step()
}

// isEmpty reports whether a table has no rows.
func isEmpty(ctx context.Context, db *sql.DB, table string) (bool, error) {
	q, err := statement("table_empty", map[string]string{"table": QuoteIdent(table)})
	if err != nil {
		return false, err
	}
	var empty bool
	if err := db.QueryRowContext(ctx, q).Scan(&empty); err != nil {
		return false, fmt.Errorf("looking into %s: %w", table, err)
	}
	return empty, nil
}

// insertEvidence adds the items of the loads.
func (x *extension) insertEvidence(ctx context.Context, db *sql.DB) error {
	for _, l := range x.loads {
		if err := l.insertEvidence(ctx, db); err != nil {
			return err
		}
	}
	return nil
}

func (l *extensionLoad) insertEvidence(ctx context.Context, db *sql.DB) error {
	return appendRows(ctx, db, "evidence", len(l.items), func(i int) []driver.Value {
		it := l.items[i]
		var number driver.Value
		if it.Evidence != 0 {
			number = int32(it.Evidence)
		}
		return []driver.Value{
			number, nullable(it.SHA256), l.name, it.Path, string(it.Status), nullable(it.Label), nullable(it.Container), nullable(it.Member), it.Size,
			nullable(it.Compression), nullable(it.Encoding), it.StreamSize, nullable(it.StreamSHA256), nullable(it.Format),
			it.Records, it.Frames, it.Events, it.Unparsed, it.WithoutTime, nullable(it.RecordsRoot),
			instant(it.FirstTS), instant(it.LastTS), nullable(it.Note),
		}
	})
}

// insertMinutes adds the events per minute of the loads.
func (x *extension) insertMinutes(ctx context.Context, db *sql.DB) error {
	for _, l := range x.loads {
		paths, err := x.paths(l.files)
		if err != nil {
			return err
		}
		events := only(paths, "events")
		if len(events) == 0 {
			continue
		}
		if err := runFile(ctx, db, "minute", map[string]string{"events": quoteList(events)}, x.firstSegment()); err != nil {
			return err
		}
	}
	return nil
}

// insertCoverage adds the counts of the loads.
func (x *extension) insertCoverage(ctx context.Context, db *sql.DB) error {
	for _, l := range x.loads {
		if err := l.insertCoverage(ctx, db); err != nil {
			return err
		}
	}
	return nil
}

func (l *extensionLoad) insertCoverage(ctx context.Context, db *sql.DB) error {
	type row struct {
		format, column string
		n              int64
	}
	var rows []row
	for _, format := range slices.Sorted(maps.Keys(l.columns)) {
		for _, column := range slices.Sorted(maps.Keys(l.columns[format])) {
			rows = append(rows, row{format, column, l.columns[format][column]})
		}
	}
	return appendRows(ctx, db, "coverage", len(rows), func(i int) []driver.Value {
		return []driver.Value{rows[i].format, rows[i].column, rows[i].n}
	})
}

// appendRows adds n rows to a table by DuckDB's appender.
func appendRows(ctx context.Context, db *sql.DB, table string, n int, row func(i int) []driver.Value) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("adding to %s: %w", table, err)
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		a, err := duckdb.NewAppenderFromConn(duckConn(c), "", table)
		if err != nil {
			return err
		}
		for i := range n {
			if err := a.AppendRow(row(i)...); err != nil {
				return errors.Join(err, a.Close())
			}
		}
		return a.Close()
	})
	if err != nil {
		return fmt.Errorf("adding to %s: %w", table, err)
	}
	return nil
}

func nullable(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

func instant(micros *int64) driver.Value {
	if micros == nil {
		return nil
	}
	return time.UnixMicro(*micros).UTC()
}

// places are the file lists that the statements read.
func (x *extension) places() (map[string]string, error) {
	old, err := absolute(x.dir, x.previous, x.previous.events)
	if err != nil {
		return nil, err
	}
	var added []string
	for _, l := range x.loads {
		paths, err := x.paths(l.files)
		if err != nil {
			return nil, err
		}
		added = append(added, paths...)
	}
	all := append(slices.Clone(old), added...)
	role, err := roleSQL()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"role": role, "formats": quoteList(formatNames(func(formats.Format) bool { return true })),
		"events": quoteList(only(added, "events")), "new_events": quoteList(only(added, "events")),
		"all_events": quoteList(only(all, "events")), "content": relation(only(added, "content"), emptyContent), "all_content": relation(only(all, "content"), emptyContent),
	}, nil
}

// paths are where the decoded segments among files of a load are now.
func (x *extension) paths(files []FileRef) ([]string, error) {
	staging, err := filepath.Abs(x.staging)
	if err != nil {
		return nil, fmt.Errorf("finding the staging folder: %w", err)
	}
	var out []string
	for _, f := range files {
		if filepath.Dir(f.Path) != recordsDir {
			out = append(out, filepath.Join(staging, filepath.FromSlash(f.Path)))
		}
	}
	return out, nil
}

// only selects the paths of one kind of segment.
func only(paths []string, kind string) []string {
	var out []string
	for _, p := range paths {
		if strings.HasSuffix(p, "-"+kind+".parquet") {
			out = append(out, p)
		}
	}
	return out
}

// The relations that stand in for a kind of segment that has no file.
const (
	emptyContent = "(select 0::bigint as segment, 0::bigint as row, 0::bigint as event_row, ''::blob as hash, '' as role, '' as text where false)"
	emptyUses    = "(select 0::bigint as segment, 0::bigint as row, 0::bigint as position, '' as side, '' as role, ''::blob as hash where false)"
)

// relation returns what a FROM clause reads for a list of files.
func relation(paths []string, empty string) string {
	if len(paths) == 0 {
		return empty
	}
	return "read_parquet(" + quoteList(paths) + ")"
}

// extending matches the lines that narrow a statement down to what a load
// touches. The first load touches everything.
var extending = regexp.MustCompile(`(?m)^.*-- when extending$`)

// needing matches the line before a statement that adds nothing when no event
// has a value in the named column: most logs have few kinds of identifiers.
var needing = regexp.MustCompile(`(?m)^-- needs (\w+)$`)

// runFile runs the statements of an embedded file that the loads need.
func (x *extension) runFile(ctx context.Context, db *sql.DB, name string, fill map[string]string) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	var needed []string
	for _, q := range splitStatements(text) {
		if column := needing.FindStringSubmatch(q); column == nil || x.has(column[1]) {
			needed = append(needed, q)
		}
	}
	return runFrom(ctx, db, name, strings.Join(needed, ";\n"), x.firstSegment())
}

// runFile runs the statements of an embedded file, one by one.
func runFile(ctx context.Context, db *sql.DB, name string, fill map[string]string, firstSegment int64) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	return runFrom(ctx, db, name, text, firstSegment)
}

// runFrom runs the statements of a text for the segments from the given one on.
func runFrom(ctx context.Context, db *sql.DB, name, text string, firstSegment int64) error {
	if firstSegment == 1 {
		text = extending.ReplaceAllString(text, "")
	}
	return runText(ctx, db, name, text, map[string]int64{"first": firstSegment << eidShift})
}

// runWith runs the statements of an embedded file with the given parameters.
func runWith(ctx context.Context, db *sql.DB, name string, fill map[string]string, args map[string]int64) error {
	text, err := statement(name, fill)
	if err != nil {
		return err
	}
	return runText(ctx, db, name, text, args)
}

func runText(ctx context.Context, db *sql.DB, name, text string, args map[string]int64) error {
	for _, q := range splitStatements(text) {
		if _, err := db.ExecContext(ctx, q, named(q, args)...); err != nil {
			return fmt.Errorf("running %s.sql: %w", name, err)
		}
	}
	return nil
}

// named returns the parameters that a statement names.
func named(q string, args map[string]int64) []any {
	var out []any
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if strings.Contains(q, "$"+name) {
			out = append(out, sql.Named(name, args[name]))
		}
	}
	return out
}

// splitStatements splits embedded SQL at semicolons that end a line.
func splitStatements(text string) []string {
	var out []string
	for _, q := range strings.Split(text, ";\n") {
		if strings.TrimSpace(q) != "" {
			out = append(out, q)
		}
	}
	return out
}

// hashTables computes the order-independent hash of every table: the sum of
// its rows' hashes.
func hashTables(ctx context.Context, db *sql.DB) (*DerivedState, error) {
	st := &DerivedState{Schema: derivedSchema}
	var err error
	st.Tables, err = hashRelations(ctx, db, "", derivedTables())
	return st, err
}

// hashRelations counts and hashes the rows of tables of one schema, all in one
// statement: most of them are empty, and a statement for each takes longer.
func hashRelations(ctx context.Context, db *sql.DB, schema string, tables []string) ([]TableHash, error) {
	var each []string
	for _, name := range tables {
		q, err := statement("table_hash", map[string]string{"name": quoteText(name), "table": schema + QuoteIdent(name)})
		if err != nil {
			return nil, err
		}
		each = append(each, q)
	}
	rows, err := db.QueryContext(ctx, strings.Join(each, "union all\n"))
	if err != nil {
		return nil, fmt.Errorf("hashing tables: %w", err)
	}
	defer rows.Close()
	out := make([]TableHash, len(tables))
	for rows.Next() {
		var t TableHash
		if err := rows.Scan(&t.Table, &t.Rows, &t.Hash); err != nil {
			return nil, fmt.Errorf("hashing tables: %w", err)
		}
		out[slices.Index(tables, t.Table)] = t
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("hashing tables: %w", err)
	}
	return out, nil
}

// hashTable counts and hashes the rows of a table.
func hashTable(ctx context.Context, db *sql.DB, schema, table string) (TableHash, error) {
	hashes, err := hashRelations(ctx, db, schema, []string{table})
	if err != nil {
		return TableHash{}, err
	}
	return hashes[0], nil
}

// publishDerived moves a finished generation into place and points CURRENT at
// it. Readers that have the old one open keep it; its name goes.
func publishDerived(dir, staged, name string) error {
	folder := filepath.Join(dir, derivedDir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the folder of derived databases: %w", err)
	}
	if err := ledger.MoveSync(staged, filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("publishing the derived database: %w", err)
	}
	return pointCurrent(dir, name)
}

// pointCurrent makes a generation that is in place the current one, and removes
// the others.
func pointCurrent(dir, name string) error {
	folder := filepath.Join(dir, derivedDir)
	tmp := filepath.Join(folder, currentFile+".new")
	if err := ledger.WriteFileSync(tmp, []byte(name+"\n")); err != nil {
		return fmt.Errorf("publishing the derived database: %w", err)
	}
	if err := ledger.MoveSync(tmp, filepath.Join(folder, currentFile)); err != nil {
		return fmt.Errorf("publishing the derived database: %w", err)
	}
	old, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("listing derived databases: %w", err)
	}
	for _, e := range old {
		if e.Name() != name && e.Name() != currentFile {
			// A generation that somebody has open may refuse to go; the next
			// writer tries again.
			_ = os.Remove(filepath.Join(folder, e.Name()))
		}
	}
	return nil
}

// copyFile copies a file as a whole.
func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src) // copy_file_range: a reflink where the file system has them
	return errors.Join(err, dst.Close())
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("flushing %s to disk: %w", path, err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// syncTree makes the names below a folder durable.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("flushing the staging folder: %w", err)
		}
		if e.IsDir() {
			return ledger.SyncDir(p)
		}
		return nil
	})
}
