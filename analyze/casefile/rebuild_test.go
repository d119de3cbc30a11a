package casefile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

func rebuildOptions(dir string, key *ledger.Key) *RebuildOptions {
	return &RebuildOptions{Dir: dir, Key: key, Actor: "ana", Tool: "exhibit test", Now: testClock, Threads: 2, Memory: 1 << 30}
}

func mustRebuild(t testing.TB, o *RebuildOptions) *RebuildReport {
	t.Helper()
	r, err := Rebuild(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// drillEvidence writes generated traffic, seen by two sources.
func drillEvidence(t testing.TB, c drill.Config) string {
	t.Helper()
	c.Dir = t.TempDir()
	if c.Seed == 0 {
		c.Seed = 7
	}
	if _, err := drill.Generate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c.Dir
}

// copyTo copies a file under a new name, so that it is loaded as other
// evidence with the same records, when a byte of frame is added.
func copyTo(t testing.TB, from, to, suffix string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, append(data, suffix...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// stateOf reads what the ledger of a case says.
func stateOf(t testing.TB, dir string) *state {
	t.Helper()
	s, err := openState(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRebuildEqualsLoading is the property that makes the derived database
// replaceable: built at once from everything, it has the rows that one load
// after another gave it.
func TestRebuildEqualsLoading(t *testing.T) {
	key := testKey(t)
	evidence := drillEvidence(t, drill.Config{Calls: 1500, Days: 2})
	small := smallEvidence(t)
	more := t.TempDir()
	// The same lines in other evidence, with and without native ids.
	copyTo(t, filepath.Join(small, "a", "lines.jsonl"), filepath.Join(more, "lines.jsonl"), "\n")
	copyTo(t, filepath.Join(small, "c", "trail.json"), filepath.Join(more, "trail.json"), "\n")
	// A second log of accesses, so that there are calls to merge.
	proxy := `{"timestamp":"2026-03-04T05:06:08Z","plane":"access","model":"m","input_tokens":3,"request_id":"11111111-1111-4111-8111-111111111111"}` + "\n"
	if err := os.WriteFile(filepath.Join(more, "proxy.jsonl"), []byte(proxy), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Walk([]string{evidence}, Select{}, "")
	if err != nil || len(found) < 2 {
		t.Fatal(len(found), err)
	}
	var loads [][]string
	for _, in := range found {
		loads = append(loads, []string{in.Path})
	}
	loads = append(loads, []string{filepath.Join(small, "a"), filepath.Join(small, "b")}, []string{more}, []string{filepath.Join(small, "c")})
	for _, order := range []string{"forwards", "backwards"} {
		t.Run(order, func(t *testing.T) {
			if order == "backwards" {
				slices.Reverse(loads)
			}
			dir := filepath.Join(t.TempDir(), "x.case")
			for _, paths := range loads {
				mustLoad(t, dir, key, paths...)
			}
			(&analyzed{dir, key}).record(t, claimed(eventIDsOf(t, dir)[0]))
			before := stateOf(t, dir)
			for _, table := range before.derived.Tables {
				// TestEnrich and TestChunks rebuild the others.
				if table.Rows == 0 && table.Table != "conflict" && table.Table != "joined_text" && !slices.Contains(enrichTables(), table.Table) {
					t.Errorf("table %s has no rows: the test compares nothing", table.Table)
				}
			}
			if err := os.RemoveAll(filepath.Join(dir, derivedDir)); err != nil {
				t.Fatal(err)
			}
			r := mustRebuild(t, rebuildOptions(dir, key))
			if len(r.Changed) > 0 || r.Entry {
				t.Errorf("rebuilding changed the tables %v", r.Changed)
			}
			mustBeClean(t, dir)
		})
	}
}

func TestRebuildRepairsTheDatabase(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	generation := filepath.Join(dir, derivedDir, stateOf(t, dir).generation)
	alterDatabase(t, generation, "delete from identifier_index where h in (select min(h) from identifier_index)")
	if r := mustVerify(t, dir, VerifyOptions{}); r.OK() {
		t.Fatal("the altered database verifies")
	}
	if r := mustRebuild(t, rebuildOptions(dir, key)); r.Entry {
		t.Errorf("an entry was written: %+v", r)
	}
	mustBeClean(t, dir)
}

func TestRedecodeGivesTheSame(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	o := rebuildOptions(dir, key)
	o.Redecode = true
	r := mustRebuild(t, o)
	if r.Redecoded || r.Entry || r.Events.Events != 49 {
		t.Errorf("report = %+v", r)
	}
	mustBeClean(t, dir)
}

// TestRedecodeOtherRows decodes again under a setting that gives other rows,
// as another version of the decoders would.
func TestRedecodeOtherRows(t *testing.T) {
	key := testKey(t)
	evidence := filepath.Join(t.TempDir(), "local.jsonl")
	lines := strings.Repeat(`{"timestamp":"2026-03-04 05:06:07","model":"m","prompt":"p"}`+"\n", 5)
	if err := os.WriteFile(evidence, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, key, evidence)
	lock, err := ledger.AcquireLock(dir, "test", testClock())
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{dir: dir, lock: lock}
	o := rebuildOptions(dir, key)
	o.Redecode = true
	if err := w.open(&LoadOptions{Key: key, Tool: o.Tool, Actor: o.Actor, Now: o.Now}, false); err != nil {
		t.Fatal(err)
	}
	w.state.loads[0].body.Settings["assume_tz"] = "+02:00"
	r, err := w.rebuild(t.Context(), o)
	w.close()
	if err != nil {
		t.Fatal(err)
	}
	if !r.Redecoded || !r.Entry || r.Decoder != DecoderVersion+"-3" || r.Events != (EventCounts{Segments: 1, Events: 5}) {
		t.Errorf("report = %+v", r)
	}
	mustBeClean(t, dir)
	c := mustOpen(t, dir)
	if got := queryText(t, c, "select distinct ts, event_id like '%-1' as first from events order by 2"); !strings.Contains(got, "2026-03-04 03:06:07") {
		t.Errorf("times are %s", got)
	}
	// The files of the first decoding stay, and are checked as long as they are
	// there.
	old := filepath.Join(dir, eventsDir, DecoderVersion, "000001-events.parquet")
	flipBit(t, old, 100)
	if r := mustVerify(t, dir, VerifyOptions{}); r.OK() {
		t.Error("an altered file of replaced events was not found")
	}
	if err := os.Remove(old); err != nil {
		t.Fatal(err)
	}
	if r := mustBeClean(t, dir); len(r.Notes) == 0 {
		t.Error("the missing file of replaced events was not noted")
	}
	// A later load goes on from there.
	mustLoad(t, dir, key, smallEvidence(t))
	mustBeClean(t, dir)
}
