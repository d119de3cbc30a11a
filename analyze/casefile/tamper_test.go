package casefile

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// long reports whether the tests run at the size that a release is held to.
func long() bool { return os.Getenv("EXHIBIT_LONG") != "" }

// tree is the content of a folder by path, with slashes.
type tree map[string][]byte

func readTree(t testing.TB, dir string) tree {
	t.Helper()
	out := tree{}
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		rel, _ := filepath.Rel(dir, p)
		out[filepath.ToSlash(rel)] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// put makes the folder hold the tree, given what it holds.
func (tr tree) put(t testing.TB, dir string, have tree) {
	t.Helper()
	for p := range have {
		if _, ok := tr[p]; !ok {
			path := filepath.Join(dir, filepath.FromSlash(p))
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			for path = filepath.Dir(path); path != dir && os.Remove(path) == nil; path = filepath.Dir(path) {
			}
		}
	}
	for p, data := range tr {
		if old, ok := have[p]; ok && bytes.Equal(old, data) {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func (tr tree) clone() tree { return maps.Clone(tr) }

func (tr tree) equal(o tree) bool {
	return maps.EqualFunc(tr, o, func(a, b []byte) bool { return bytes.Equal(a, b) })
}

// pick returns a path that keep accepts.
func (tr tree) pick(r *rand.Rand, keep func(string) bool) string {
	var names []string
	for p := range tr {
		if keep(p) {
			names = append(names, p)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return ""
	}
	return names[r.IntN(len(names))]
}

func flipBit(t testing.TB, path string, at int) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[at] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// alterDatabase runs a statement on a generation, as somebody with DuckDB at
// hand could.
func alterDatabase(t testing.TB, path, statement string) {
	t.Helper()
	db, err := openDuck(path, duckSettings{threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{statement, "checkpoint"} {
		if _, err := db.ExecContext(context.Background(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func isTruth(p string) bool { return !strings.HasPrefix(p, derivedDir+"/") && p != ".lock" }

// isSpine tells the files that hold the others together.
func isSpine(p string) bool {
	return p == ledgerFile || strings.HasPrefix(p, checkpointDir+"/") || strings.HasPrefix(p, manifestsDir+"/")
}

// alteration changes a case and returns the paths of which one must be named.
type alteration struct {
	name string
	do   func(r *rand.Rand, tr tree, keep func(string) bool) []string
}

func fileAlterations() []alteration {
	edit := func(f func(r *rand.Rand, data []byte) []byte) func(*rand.Rand, tree, func(string) bool) []string {
		return func(r *rand.Rand, tr tree, keep func(string) bool) []string {
			p := tr.pick(r, func(p string) bool { return keep(p) && len(tr[p]) > 0 })
			tr[p] = f(r, slices.Clone(tr[p]))
			return []string{p}
		}
	}
	return []alteration{
		{"a bit flipped", edit(func(r *rand.Rand, d []byte) []byte {
			d[r.IntN(len(d))] ^= 1 << r.IntN(8)
			return d
		})},
		{"the case of a letter changed", edit(func(r *rand.Rand, d []byte) []byte {
			from := r.IntN(len(d))
			for i := range d {
				c := &d[(from+i)%len(d)]
				if *c|0x20 >= 'a' && *c|0x20 <= 'z' {
					*c ^= 0x20
					break
				}
			}
			return d
		})},
		{"white space added", edit(func(r *rand.Rand, d []byte) []byte {
			return slices.Insert(d, r.IntN(len(d)+1), " \t\n\r"[r.IntN(4)])
		})},
		{"the tail cut", edit(func(r *rand.Rand, d []byte) []byte { return d[:r.IntN(len(d))] })},
		{"a byte removed", edit(func(r *rand.Rand, d []byte) []byte {
			at := r.IntN(len(d))
			return slices.Delete(d, at, at+1)
		})},
		{"a line repeated or swapped", edit(func(r *rand.Rand, d []byte) []byte {
			lines := bytes.SplitAfter(d, []byte("\n"))
			i, j := r.IntN(len(lines)), r.IntN(len(lines))
			if r.IntN(2) == 0 {
				lines[i] = lines[j]
			} else {
				lines[i], lines[j] = lines[j], lines[i]
			}
			return bytes.Join(lines, nil)
		})},
		{"a file removed", func(r *rand.Rand, tr tree, keep func(string) bool) []string {
			p := tr.pick(r, keep)
			delete(tr, p)
			return []string{p}
		}},
		{"two files swapped", func(r *rand.Rand, tr tree, keep func(string) bool) []string {
			a, b := tr.pick(r, keep), tr.pick(r, keep)
			tr[a], tr[b] = tr[b], tr[a]
			return []string{a, b}
		}},
		{"a file renamed", func(r *rand.Rand, tr tree, keep func(string) bool) []string {
			a := tr.pick(r, keep)
			b := a + "~"
			if r.IntN(2) == 0 {
				b = strings.ToUpper(a)
			}
			tr[b] = tr[a]
			delete(tr, a)
			return []string{a, b}
		}},
		{"a file added", func(r *rand.Rand, tr tree, keep func(string) bool) []string {
			a := tr.pick(r, keep)
			i := strings.LastIndexByte(a, '/') + 1
			b := fmt.Sprintf("%s%06d%s", a[:i], 900+r.IntN(99), a[i:])
			tr[b] = tr[a]
			return []string{b}
		}},
	}
}

// databaseAlterations are statements against each table that has rows.
func databaseAlterations(s *state) []string {
	out := []string{
		"create table planted (a integer)", "create view planted as select 1", "create macro hash(x) as 0",
		"create macro lower(x) as x", "create schema planted", "alter table duplicate rename column eid to id",
		"alter table coverage add column planted integer", "drop table conflict", "create index planted on coverage (format)",
		"create sequence planted", "create type planted as enum ('a')",
	}
	for _, t := range s.derived.Tables {
		switch t.Table {
		case "evidence":
			out = append(out, "update evidence set path = path || 'x' where evidence = 1", "update evidence set label = 'mine' where evidence = 2")
		case "identifier_index":
			out = append(out, "update identifier_index set h = h + 1 where eid = (select max(eid) from identifier_index)")
		case "duplicate", "conflict":
			out = append(out, "insert into "+t.Table+" values (268435456, 268435457)")
		case "coverage":
			out = append(out, "update coverage set events = events + 1 where column_name = '*'")
		case "minute":
			out = append(out, "update minute set events = events + 1", "delete from minute where format = 'jsonl'")
		case "about":
			out = append(out, "insert into about values ('planted', 'x')")
		case "content_repeat":
			out = append(out, "insert into content_repeat values (1, 1, 1)")
		}
		if t.Rows > 0 {
			out = append(out, "delete from "+t.Table, fmt.Sprintf("insert into %s select * from %[1]s limit 1", t.Table))
		}
	}
	return out
}

// TestEveryAlterationOfACaseIsFound alters a small case in random places, half
// of them in the files that hold the others together, and expects the report
// to name the file each time. A quick run must find what is altered in a file.
func TestEveryAlterationOfACaseIsFound(t *testing.T) {
	rounds := 300
	if long() {
		rounds = 10_000
	}
	key := testKey(t)
	dir := smallCase(t, key)
	mustReplay(t, dir, key, "{\"plan\":{}}\n")
	s := stateOf(t, dir)
	mustBeClean(t, dir)
	whole := readTree(t, dir)
	r := rand.New(rand.NewPCG(11, 12))
	files, statements := fileAlterations(), databaseAlterations(s)
	current := whole
	for i := range rounds {
		altered := whole.clone()
		keep, a := isTruth, files[r.IntN(len(files))]
		if i%2 == 0 {
			keep = isSpine
		}
		name, paths := a.name, []string{derivedDir + "/" + s.generation}
		if i%10 == 9 {
			name = statements[i/10%len(statements)]
			altered.put(t, dir, current)
			alterDatabase(t, filepath.Join(dir, derivedDir, s.generation), name)
			altered = readTree(t, dir)
		} else {
			paths = a.do(r, altered, keep)
			altered.put(t, dir, current)
		}
		current = altered
		if altered.equal(whole) {
			continue
		}
		quick := i%10 != 9 && i%4 != 0
		expectNamed(t, fmt.Sprintf("round %d, %s of %v", i, name, paths), dir, quick, paths)
	}
}

// expectNamed expects a problem that names one of the paths.
func expectNamed(t *testing.T, what, dir string, quick bool, paths []string) {
	t.Helper()
	report := mustVerify(t, dir, VerifyOptions{Quick: quick})
	if report.OK() {
		t.Errorf("%s: not found", what)
		return
	}
	named := slices.ContainsFunc(report.Problems, func(p Fault) bool {
		// A checkpoint or line that is altered shows in the other, too.
		return slices.Contains(paths, p.Path) || isSpine(paths[0]) && !strings.HasPrefix(paths[0], manifestsDir) && (p.Path == ledgerFile || strings.HasPrefix(p.Path, checkpointDir))
	})
	if !named {
		t.Errorf("%s: none of the problems names it: %v", what, report.Problems)
	}
	for _, p := range report.Problems {
		if p.Path == "" || p.What == "" {
			t.Errorf("%s: a problem without a place: %+v", what, p)
		}
	}
}

// TestCutTail removes the last load with everything that belongs to it. Only a
// head noted earlier can tell.
func TestCutTail(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"))
	early := readTree(t, dir)
	head := mustLoad(t, dir, key, filepath.Join(evidence, "c")).Head
	late := readTree(t, dir)
	cut := late.clone()
	for p := range late {
		if _, ok := early[p]; !ok {
			delete(cut, p)
		}
	}
	cut[ledgerFile], cut[derivedDir+"/"+currentFile] = early[ledgerFile], early[derivedDir+"/"+currentFile]
	cut.put(t, dir, late)
	r := mustVerify(t, dir, VerifyOptions{})
	if !r.OK() || !slices.ContainsFunc(r.Limits, func(s string) bool { return strings.Contains(s, "Truncation cannot be excluded") }) {
		t.Errorf("problems %v, limits %v", r.Problems, r.Limits)
	}
	r = mustVerify(t, dir, VerifyOptions{Head: &head})
	if r.OK() || r.Problems[0].Path != ledgerFile {
		t.Errorf("with the noted head: %v", r.Problems)
	}
	early.put(t, dir, cut)
	first := ledger.Head{Size: head.Size - 1}
	if l, err := ledger.Open(dir); err != nil {
		t.Fatal(err)
	} else {
		first = l.Head()
	}
	late.put(t, dir, early)
	if r := mustVerify(t, dir, VerifyOptions{Head: &first}); !r.OK() || !r.Ledger.HeadProven {
		t.Errorf("a case that extends the noted head: %v", r.Problems)
	}
}

// TestTamperingWithACaseIsPlaced looks at the words of the report.
func TestTamperingWithACaseIsPlaced(t *testing.T) {
	join := filepath.Join
	played := sumOf([]byte("{\"plan\":{}}\n"))
	generation := func(t *testing.T, dir string) string { return stateOf(t, dir).generation }
	tests := []struct {
		name  string
		alter func(t *testing.T, dir string) error
		want  []string // parts of one problem
	}{
		{"a segment is a link", func(t *testing.T, dir string) error {
			p := join(dir, recordsDir, "000001.parquet")
			return relink(p, p+".away")
		}, []string{"records/000001.parquet: not a regular file"}},
		{"a segment is a folder", func(t *testing.T, dir string) error {
			p := join(dir, recordsDir, "000001.parquet")
			if err := os.Remove(p); err != nil {
				return err
			}
			return os.Mkdir(p, 0o700)
		}, []string{"records/000001.parquet: not a regular file"}},
		{"the records folder is a link", func(t *testing.T, dir string) error {
			return relink(join(dir, recordsDir), join(t.TempDir(), "away"))
		}, []string{"records: not a folder"}},
		{"a stranger at the top", func(t *testing.T, dir string) error { return os.WriteFile(join(dir, "notes.txt"), nil, 0o600) }, []string{"notes.txt: no part of a case"}},
		{"a folder among the events", func(t *testing.T, dir string) error { return os.Mkdir(join(dir, eventsDir, "0"), 0o700) }, []string{"events/0: a folder that nothing"}},
		{"a planted segment", func(t *testing.T, dir string) error {
			data, err := os.ReadFile(join(dir, eventsDir, DecoderVersion, "000001-events.parquet"))
			if err != nil {
				return err
			}
			return os.WriteFile(join(dir, eventsDir, DecoderVersion, "000009-events.parquet"), data, 0o600)
		}, []string{"events/" + DecoderVersion + "/000009-events.parquet: no entry of the ledger names this file"}},
		{"a replay that nobody made", func(t *testing.T, dir string) error {
			return os.WriteFile(join(dir, replaysDir, "x"), nil, 0o600)
		}, []string{"replays/x: no entry"}},
		{"a byte of a cassette", func(t *testing.T, dir string) error {
			flipBit(t, join(dir, replaysDir, played+".jsonl"), 3)
			return nil
		}, []string{"replays/" + played + ".jsonl: altered: its SHA-256 is "}},
		{"a cassette that goes on", func(t *testing.T, dir string) error {
			return os.WriteFile(join(dir, replaysDir, played+".jsonl"), []byte("{\"plan\":{}}\n{}\n"), 0o600)
		}, []string{"replays/" + played + ".jsonl: altered: it has 15 bytes, the ledger says 12"}},
		{"a missing cassette", func(t *testing.T, dir string) error {
			return os.Remove(join(dir, replaysDir, played+".jsonl"))
		}, []string{"replays/" + played + ".jsonl: missing"}},
		{"a missing segment", func(t *testing.T, dir string) error { return os.Remove(join(dir, recordsDir, "000002.parquet")) }, []string{"records/000002.parquet: missing"}},
		{"what stands in a missing segment", func(t *testing.T, dir string) error { return os.Remove(join(dir, recordsDir, "000002.parquet")) }, []string{"records/000002.parquet: evidence 4 to 5: cannot be checked"}},
		{"a word of a manifest", func(t *testing.T, dir string) error {
			p := join(dir, manifestsDir, "load-000002.jsonl")
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			return os.WriteFile(p, bytes.Replace(data, []byte(`"records":40`), []byte(`"records":41`), 1), 0o600)
		}, []string{"manifests/load-000002.jsonl: line 2 (evidence 2, ", "records: the segments say 40, the manifest 41"}},
		{"a row of a table", func(t *testing.T, dir string) error {
			alterDatabase(t, join(dir, derivedDir, generation(t, dir)), "update minute set events = 77")
			return nil
		}, []string{"derived/", "table minute: altered: its "}},
		{"a macro that stands in for a function", func(t *testing.T, dir string) error {
			alterDatabase(t, join(dir, derivedDir, generation(t, dir)), "create macro lower(x) as 'x'")
			return nil
		}, []string{"derived/", "macro main.lower", "was added"}},
		{"changes beside the database", func(t *testing.T, dir string) error {
			return os.WriteFile(join(dir, derivedDir, generation(t, dir)+".wal"), []byte("x"), 0o600)
		}, []string{".wal: no command leaves changes"}},
		{"the name of the generation", func(t *testing.T, dir string) error {
			return os.WriteFile(join(dir, derivedDir, currentFile), []byte("other.duckdb\n"), 0o600)
		}, []string{"derived/CURRENT: names \"other.duckdb\\n\""}},
	}
	key := testKey(t)
	whole := smallCase(t, key)
	mustReplay(t, whole, key, "{\"plan\":{}}\n")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := join(t.TempDir(), "x.case")
			copyCase(t, whole, dir)
			if err := tt.alter(t, dir); err != nil {
				t.Fatal(err)
			}
			report := mustVerify(t, dir, VerifyOptions{})
			found := slices.ContainsFunc(report.Problems, func(p Fault) bool {
				return !slices.ContainsFunc(tt.want, func(part string) bool { return !strings.Contains(p.String(), part) })
			})
			if !found {
				t.Errorf("problems %v, want one with %q", report.Problems, tt.want)
			}
		})
	}
}

// relink moves a file away and leaves a link to it.
func relink(path, away string) error {
	if err := os.Rename(path, away); err != nil {
		return err
	}
	return os.Symlink(away, path)
}
