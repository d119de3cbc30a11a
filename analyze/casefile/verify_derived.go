package casefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// maxCurrentFile bounds what is read of a file that anybody may have written.
const maxCurrentFile = 4096

// checkDerived compares the derived database with what the ledger says about
// its rows. It can be rebuilt, so that it may be missing, but not be changed.
// When a writer replaces it meanwhile the next one is looked at.
func (v *verification) checkDerived(ctx context.Context) error {
	if v.s.generation == "" {
		v.unusedDerived("")
		return nil
	}
	for range openTries {
		s, path, err := v.generation()
		name := derivedDir + "/" + s.generation
		switch {
		case errors.Is(err, fs.ErrNotExist):
			v.note(name, "missing; it can be rebuilt from the segments")
			v.unusedDerived(s.generation)
			return nil
		case err != nil:
			v.problem(name, "", "%v", err)
			return nil
		}
		before := len(v.report.Problems)
		if err := v.checkGeneration(ctx, s, path, name); err != nil {
			return err
		}
		if _, err := os.Lstat(path); err == nil || len(v.report.Problems) == before {
			v.checkCurrent(s)
			v.unusedDerived(s.generation)
			return nil
		}
		v.report.Problems = v.report.Problems[:before] // those of a file that went away
	}
	return errors.New("checking the derived database: writers replace it faster than it can be read")
}

// checkGeneration checks one generation of the derived database.
func (v *verification) checkGeneration(ctx context.Context, s *state, path, name string) error {
	if _, err := os.Lstat(path + ".wal"); err == nil {
		v.problem(name+".wal", "", "no command leaves changes beside a generation: it was written to")
	}
	if v.o.Quick {
		return nil
	}
	if s.derived == nil || s.derived.Schema != derivedSchema {
		v.note(name, "made with another schema than this program's; rebuild it to have it checked")
		return nil
	}
	return v.checkDatabase(ctx, s, path, name)
}

// generation returns the state that names the current generation and where
// that is. It reads the ledger again when a writer replaces it meanwhile.
func (v *verification) generation() (*state, string, error) {
	s := v.s
	for {
		path := derivedPath(v.dir, s)
		info, err := os.Lstat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = errors.New("not a regular file")
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return s, path, err
		}
		newer, nerr := openState(v.dir)
		if nerr != nil || newer.generation == s.generation {
			return s, path, err
		}
		s = newer
	}
}

// checkCurrent checks the file that tells other programs which generation to
// open.
func (v *verification) checkCurrent(s *state) {
	path := derivedDir + "/" + currentFile
	info, err := os.Lstat(filepath.Join(v.dir, derivedDir, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		v.note(path, "missing; the next writing command makes it")
		return
	}
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxCurrentFile {
		v.problem(path, "", "not the name of a generation")
		return
	}
	text, err := os.ReadFile(filepath.Join(v.dir, derivedDir, currentFile))
	if err != nil {
		v.problem(path, "", "reading it: %v", err)
		return
	}
	name, ok := strings.CutSuffix(string(text), "\n")
	if name != s.generation && !s.earlier[name] {
		if newer, err := openState(v.dir); err == nil {
			s = newer // a writer may have added it just now
		}
	}
	switch {
	case ok && name == s.generation:
	case ok && s.earlier[name]:
		v.note(path, "names an earlier generation: a command was interrupted; the next writing command puts it right")
	default:
		v.problem(path, "", "names %.100q, which no entry of the ledger made", text)
	}
}

// unusedDerived notes what else stands in the folder of derived databases.
func (v *verification) unusedDerived(current string) {
	entries, err := os.ReadDir(filepath.Join(v.dir, derivedDir))
	if err != nil {
		return // not there: there is nothing in it
	}
	for _, e := range entries {
		if n := e.Name(); n != current && n != currentFile && n != current+".wal" {
			v.note(derivedDir+"/"+ledger.EscapePath(n), "not in use; the next writing command removes it")
		}
	}
}

// checkDatabase compares the catalog of a generation with the schema, and its
// rows with the hashes in the ledger. The generation is attached to an empty
// database, so that nothing planted in it can stand in for a function.
func (v *verification) checkDatabase(ctx context.Context, s *state, path, name string) (err error) {
	temp, err := os.MkdirTemp(v.o.Temp, "exhibit-*")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // what is left behind spoils no result
	db, err := openDuck("", duckSettings{threads: v.o.Threads, memory: share(v.o.Memory), temp: temp, data: s.liveBytes()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, file := range []string{"schema", "calls_schema"} {
		if err := runFile(ctx, db, file, nil, 0); err != nil {
			return err
		}
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := runFile(ctx, db, "attach", map[string]string{"path": quoteText(full)}, 0); err != nil {
		v.problem(name, "", "cannot be opened: %v", err)
		return ctx.Err()
	}
	return v.checkTables(ctx, db, s, name)
}

func (v *verification) checkTables(ctx context.Context, db *sql.DB, s *state, name string) error {
	all, err := catalog(ctx, db)
	if err != nil {
		v.problem(name, "", "its catalog cannot be read: %v", err)
		return ctx.Err()
	}
	for _, what := range missingFrom(all["derived"], all["memory"]) {
		v.problem(name, what, "the schema has no such thing: it was added")
	}
	for _, what := range missingFrom(all["memory"], all["derived"]) {
		v.problem(name, what, "missing or altered")
	}
	said := map[string]TableHash{}
	for _, t := range s.derived.Tables {
		said[t.Table] = t
	}
	const schema = "derived.main."
	hashes, failed := hashRelations(ctx, db, schema, derivedTables())
	for i, table := range derivedTables() {
		var t TableHash
		var err error
		if failed == nil {
			t = hashes[i]
		} else { // one by one, to name what cannot be read
			t, err = hashTable(ctx, db, schema, table)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			v.problem(name, "table "+table, "its rows cannot be read: %v", err)
		case t.Rows != said[table].Rows:
			v.problem(name, "table "+table, "altered: it has %d rows, the ledger says %d", t.Rows, said[table].Rows)
		case t != said[table]:
			v.problem(name, "table "+table, "altered: its %d rows are not those of the ledger", t.Rows)
		default:
			v.report.Tables++
		}
	}
	return nil
}

// catalog lists what each database holds besides rows.
func catalog(ctx context.Context, db *sql.DB) (map[string][]string, error) {
	q, err := statement("verify_catalog", nil)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	defer rows.Close()
	out := map[string][]string{}
	for rows.Next() {
		var database, kind, name string
		var what sql.NullString
		if err := rows.Scan(&database, &kind, &name, &what); err != nil {
			return nil, fmt.Errorf("reading the catalog: %w", err)
		}
		out[database] = append(out[database], strings.TrimRight(kind+" "+name+" "+what.String, " "))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reading the catalog: %w", err)
	}
	return out, nil
}

// missingFrom returns what stands in have and not in want.
func missingFrom(have, want []string) []string {
	in := map[string]bool{}
	for _, w := range want {
		in[w] = true
	}
	var out []string
	for _, h := range have {
		if !in[h] {
			out = append(out, h)
		}
	}
	return out
}
