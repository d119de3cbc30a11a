package casefile

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// factCase is a case whose texts are looked at.
type factCase struct {
	dir string
	key *ledger.Key
}

// look opens the case, finds the size and the words of texts, and returns the facts, a
// line each, and how many texts were read.
func (a *factCase) look(t *testing.T, threads int, version string) (c *Case, facts string, read int) {
	t.Helper()
	c = mustOpen(t, a.dir)
	finders := []TextFinder{
		{Name: "found_size", Version: version, Words: []string{"role"}, Ints: []string{"size"}},
		{Name: "found_word", Version: "1", Words: []string{"word"}, Ints: []string{"nr"}, Score: "score"},
	}
	var texts atomic.Int64
	err := c.FindInTexts(t.Context(), finders, threads, func() ([]TextVisitor, error) {
		return []TextVisitor{
			func(u *UniqueText, add func(TextFact)) error {
				texts.Add(1)
				add(TextFact{Words: []string{u.Role}, Ints: []int64{int64(len(u.Text))}})
				return nil
			},
			func(u *UniqueText, add func(TextFact)) error {
				for i, word := range strings.Fields(string(u.Text)) {
					add(TextFact{Words: []string{word}, Ints: []int64{int64(i)}, Score: float64(i) / 7})
				}
				return nil
			},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := textRows(t, c, "select hex(hash) || ' ' || role || ' ' || size from found_size union all select hex(hash) || ' ' || word || ' ' || nr || ' ' || score from found_word order by all")
	var lines strings.Builder
	for _, row := range rows {
		lines.WriteString(row[0] + "\n")
	}
	return c, lines.String(), int(texts.Load())
}

// keep records an analysis of an open case.
func (a *factCase) keep(t *testing.T, c *Case) *AnalysisReport {
	t.Helper()
	r, err := RecordAnalysis(t.Context(), &AnalysisOptions{Of: c, Key: a.key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 1, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func factFilesOf(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, factsDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// newFactCase loads some days of traffic, the latest first, so that texts of later loads
// come first in time.
func newFactCase(t *testing.T, loads int) *factCase {
	t.Helper()
	a := &factCase{dir: filepath.Join(t.TempDir(), "a.case"), key: testKey(t)}
	for i := range loads {
		a.load(t, i)
	}
	return a
}

func (a *factCase) load(t *testing.T, i int) {
	t.Helper()
	traffic := drillEvidence(t, drill.Config{Calls: 150, Days: 1, Seed: uint64(5 + i/2), Sources: []string{"bedrock", "litellm"}})
	mustLoad(t, a.dir, a.key, filepath.Join(traffic, []string{"litellm.jsonl", "bedrock.jsonl"}[i%2]))
}

// TestFindInTexts checks that what was kept of texts is read again instead of them, and
// that the facts are those of the texts, whatever was kept.
func TestFindInTexts(t *testing.T) {
	a := newFactCase(t, 3)
	c, want, all := a.look(t, 1, "1")
	texts := textRows(t, c, "select hash || ' ' || role from content")
	if len(texts) != all || all < 100 {
		t.Fatalf("%d texts were read, the case has %d", all, len(texts))
	}
	right := textRows(t, c, "select count(*)::varchar from found_size f join content c on c.hash = lower(hex(f.hash)) and c.role = f.role and strlen(c.text) = f.size")
	if diff := cmp.Diff([][]string{{fmt.Sprint(all)}}, right); diff != "" {
		t.Errorf("facts that are right of their texts (-want +got):\n%s", diff)
	}
	if _, again, read := a.look(t, 1, "1"); again != want || read != all {
		t.Errorf("%d texts were read where nothing was kept", read)
	}
	if r := a.keep(t, c); r.Same {
		t.Error("nothing was kept")
	}
	mustBeClean(t, a.dir)
	files := readTree(t, filepath.Join(a.dir, factsDir))

	c, again, read := a.look(t, 1, "1")
	if diff := cmp.Diff(want, again); diff != "" || read != 0 {
		t.Errorf("%d texts were read again (-want +got):\n%s", read, diff)
	}
	if r := a.keep(t, c); !r.Same {
		t.Error("what was kept already is kept again")
	}

	// More evidence, in which texts of the earlier come earlier in time.
	a.load(t, 3)
	c, more, read := a.look(t, 3, "1")
	if read == 0 || read >= all {
		t.Errorf("%d texts were read of one more load; the others have %d", read, all)
	}
	a.keep(t, c)
	mustBeClean(t, a.dir)
	fresh := newFactCase(t, 4)
	c, want, all = fresh.look(t, 4, "1")
	if diff := cmp.Diff(want, more); diff != "" {
		t.Errorf("facts of old and new texts (-want +got):\n%s", diff)
	}
	other := &factCase{dir: filepath.Join(t.TempDir(), "b.case"), key: fresh.key}
	copyCase(t, fresh.dir, other.dir)
	fresh.keep(t, c)
	c, _, _ = other.look(t, 1, "1")
	other.keep(t, c)
	if !readTree(t, filepath.Join(fresh.dir, factsDir)).equal(readTree(t, filepath.Join(other.dir, factsDir))) {
		t.Error("other bytes with other threads")
	}
	if len(files) != 2 {
		t.Errorf("%d files of facts were kept of two finders", len(files))
	}

	// Another version replaces what it finds, and nothing else.
	c, again, read = fresh.look(t, 2, "2")
	if again != want || read != all {
		t.Errorf("another version read %d texts of %d", read, all)
	}
	fresh.keep(t, c)
	if _, again, read := fresh.look(t, 2, "2"); again != want || read != 0 {
		t.Errorf("%d texts were read again after another version", read)
	}
	mustBeClean(t, fresh.dir)
}

// TestFactsAltered checks that altered files of facts are named and not read, that
// missing ones are made again, and that a rebuild removes them.
func TestFactsAltered(t *testing.T) {
	a := newFactCase(t, 2)
	c, want, all := a.look(t, 1, "1")
	a.keep(t, c)
	for i, path := range factFilesOf(t, a.dir) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		data[len(data)/2] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := mustVerify(t, a.dir, VerifyOptions{}); len(r.Problems) != 1 || r.Problems[0].Path != factsDir+"/"+filepath.Base(path) || !strings.Contains(r.Problems[0].What, "altered") {
			t.Errorf("file %d altered: %+v", i, r.Problems)
		}
		c, again, _ := a.look(t, 1, "1")
		if again != want {
			t.Errorf("an altered file of facts was read")
		}
		a.keep(t, c)
		mustBeClean(t, a.dir)
	}
	planted := filepath.Join(a.dir, factsDir, hex.EncodeToString(make([]byte, 32))+".parquet")
	if err := os.WriteFile(planted, []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, a.dir, VerifyOptions{}); len(r.Problems) != 1 {
		t.Errorf("a planted file of facts: %+v", r.Problems)
	}
	mustRebuild(t, rebuildOptions(a.dir, a.key))
	if left := factFilesOf(t, a.dir); left != nil {
		t.Errorf("after a rebuild there are %v", left)
	}
	if r := mustVerify(t, a.dir, VerifyOptions{}); len(r.Problems) != 0 || !strings.Contains(fmt.Sprint(r.Notes), "reads the texts again") {
		t.Errorf("after a rebuild: %+v, %+v", r.Problems, r.Notes)
	}
	c, again, read := a.look(t, 2, "1")
	if again != want || read != all {
		t.Errorf("after a rebuild %d texts of %d were read", read, all)
	}
	a.keep(t, c)
	mustBeClean(t, a.dir)
}

// TestFactsOfPath checks that a ledger cannot name files of facts elsewhere.
func TestFactsOfPath(t *testing.T) {
	for _, path := range []string{"../x.parquet", "facts/x.parquet", "events/2/000001-events.parquet", "/etc/passwd"} {
		if err := newState().takeFacts([]textFacts{{Name: "x", Files: []FileRef{{Path: path, SHA256: "ab"}}}}); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}
