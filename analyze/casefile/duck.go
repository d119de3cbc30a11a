package casefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"embed"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// statement returns an embedded SQL file with its {{name}} places filled. The
// fillings are made by [quoteList], [quoteText] and numbers only.
func statement(name string, fill map[string]string) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	var pairs []string
	for k, v := range fill {
		pairs = append(pairs, "{{"+k+"}}", v)
	}
	return strings.NewReplacer(pairs...).Replace(string(text)), nil
}

// quoteText returns s as an SQL string literal.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// QuoteText returns s as an SQL text. NUL bytes, at which DuckDB takes a
// statement to end, become U+FFFD.
func QuoteText(s string) string { return quoteText(strings.ReplaceAll(s, "\x00", "\uFFFD")) }

// QuoteIdent returns s as an SQL identifier. NUL bytes, which no identifier
// can hold, become U+FFFD.
func QuoteIdent(s string) string {
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// quoteList returns paths as an SQL list of string literals.
func quoteList(paths []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, p := range paths {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoteText(p))
	}
	b.WriteByte(']')
	return b.String()
}

// duckSettings bound what DuckDB may use.
type duckSettings struct {
	threads int
	memory  int64  // bytes; 0 is DuckDB's share of the default budget
	temp    string // folder for what does not fit; "" is none
	data    int64  // bytes of the segments that will be read; 0 when not known
}

// manyThreads is from how many bytes of segments on more than one thread pays, of
// about 150 calls: below, there is one row group to read, and a quarter of the
// processor time of loading a few lines went into threads waiting for each other.
const manyThreads = 256 << 10

// memoryPerThread is what a thread of DuckDB needs to scan and sort wide
// segments.
const memoryPerThread = 100 << 20

// affordable is how many threads the memory is enough for and the data worth; 0
// leaves it to DuckDB.
func (s duckSettings) affordable() int {
	if s.data > 0 && s.data < manyThreads {
		return 1
	}
	if s.threads <= 0 || s.memory <= 0 {
		return s.threads
	}
	return max(1, min(s.threads, int(s.memory/memoryPerThread)))
}

// maxDuckMemory is the most that DuckDB is given: a limit of 600 MB was
// measured to let it grow to 790 MB resident, so 400 MB keeps a budget of
// 1 GiB.
const maxDuckMemory = 400 << 20

// share returns DuckDB's part of a memory budget.
func share(budget int64) int64 {
	if budget <= 1<<30 {
		return min(maxDuckMemory, budget*4/10)
	}
	return budget * 4 / 10
}

// OutOfMemory reports whether DuckDB gave up because its part of the memory was not
// enough: see [OpenOptions].
func OutOfMemory(err error) bool {
	var d *duckdb.Error
	return errors.As(err, &d) && d.Type == duckdb.ErrorTypeOutOfMemory
}

// openDuck opens a database for writing, "" in memory, on one connection. A file is
// attached rather than connected to: in what the driver connects to, a question
// mark or a percent sign of the path would begin something else.
func openDuck(path string, s duckSettings) (*sql.DB, error) {
	dbs, err := openSurface(path, false, s, new(lazyViews), 1)
	if err != nil {
		return nil, err
	}
	return dbs[0], nil
}

// openSurface is [openDuck] with views, which may be filled in later, maybe for
// reading only, and with as many connections as are asked for, each by itself. They
// share the memory and the threads, and have temporary tables and views of their own.
func openSurface(path string, readOnly bool, s duckSettings, views *lazyViews, connections int) ([]*sql.DB, error) {
	attached := false
	c, err := duckdb.NewConnector("?autoinstall_known_extensions=false&autoload_known_extensions=false", func(exec driver.ExecerContext) error {
		if err := configure(exec, s); err != nil || path == "" {
			return err
		}
		if attached {
			return use(exec, path)
		}
		attached = true
		return attach(exec, path, readOnly)
	})
	if err != nil {
		return nil, fmt.Errorf("opening the derived database: %w", err)
	}
	var dbs []*sql.DB
	for range connections {
		db := sql.OpenDB(surfaceConnector{c, views})
		db.SetMaxOpenConns(1)
		dbs = append(dbs, db)
		if err := db.PingContext(context.Background()); err != nil {
			return nil, errors.Join(fmt.Errorf("opening the derived database: %w", err), closeAll(dbs))
		}
	}
	return dbs, nil
}

func closeAll(dbs []*sql.DB) error {
	var errs []error
	for _, db := range slices.Backward(dbs) {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// checkPlace refuses a case whose path DuckDB would read as a pattern, which the
// files of another case may fit, or as options. It knows no way to quote them.
func checkPlace(dir string) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("finding the case: %w", err)
	}
	if i := strings.IndexAny(abs, "*?["); i >= 0 {
		return fmt.Errorf("opening %s: a case cannot be where the path has a %q, which DuckDB reads as a pattern; rename or move it", abs, abs[i])
	}
	return nil
}

// attach makes the database at path the current one. What is written to it needs
// no log beside it, which would be flushed to disk after each statement: it is
// a copy in a staging folder, which a command that is interrupted throws away
// (RECOVERY_MODE of ATTACH, https://duckdb.org/docs/1.5/sql/statements/attach).
func attach(exec driver.ExecerContext, path string, readOnly bool) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	mode := "read_write, recovery_mode no_wal_writes"
	if readOnly {
		mode = "read_only"
	}
	q := "attach " + quoteText(abs) + " as " + QuoteIdent(catalogName(path)) + " (type duckdb, " + mode + ")"
	if _, err := exec.ExecContext(context.Background(), q, nil); err != nil {
		return err
	}
	return use(exec, path)
}

// use makes the attached database of a path the current one of a connection.
func use(exec driver.ExecerContext, path string) error {
	_, err := exec.ExecContext(context.Background(), "use "+QuoteIdent(catalogName(path)), nil)
	return err
}

// catalogName is the name of an attached database: that of its file.
func catalogName(path string) string {
	return strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
}

func configure(exec driver.ExecerContext, s duckSettings) error {
	set := []string{"set TimeZone = 'UTC'", "set preserve_insertion_order = true", "set parquet_metadata_cache = true"}
	if n := s.affordable(); n > 0 {
		set = append(set, "set threads = "+strconv.Itoa(n))
	}
	if s.memory > 0 {
		set = append(set, "set memory_limit = '"+strconv.FormatInt(s.memory>>10, 10)+"KiB'")
	}
	set = append(set, "set temp_directory = "+quoteText(s.temp))
	for _, q := range set {
		if _, err := exec.ExecContext(context.Background(), q, nil); err != nil {
			return fmt.Errorf("setting up DuckDB (%s): %w", q, err)
		}
	}
	return nil
}

// lockDown gives the connection the case's files and nothing else: no other
// file, no network, no extension, no setting can be reached any more.
func lockDown(ctx context.Context, db *sql.DB, allowed []string) error {
	for _, q := range []string{
		"set allowed_paths = " + quoteList(allowed),
		"set enable_external_access = false",
		"set lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("locking down DuckDB: %w", err)
		}
	}
	return nil
}

// builtInsFirst makes a name mean DuckDB's own function or view before anything
// in the database at path: a macro may have been planted there.
func builtInsFirst(ctx context.Context, db *sql.DB, path string) error {
	if _, err := db.ExecContext(ctx, "set search_path = "+quoteText("system.main,"+QuoteIdent(catalogName(path))+".main")); err != nil {
		return fmt.Errorf("opening the derived database: %w", err)
	}
	return nil
}

// absolute returns the absolute paths of the referenced files.
func absolute(dir string, s *state, refs []FileRef) ([]string, error) {
	var out []string
	for _, r := range refs {
		p, err := filepath.Abs(locate(dir, s, r.Path))
		if err != nil {
			return nil, fmt.Errorf("finding a segment: %w", err)
		}
		out = append(out, p)
	}
	return out, nil
}
