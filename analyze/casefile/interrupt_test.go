package casefile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// childLoad names the environment variable that makes this test binary load
// evidence instead: DIR, KEY and the paths, by newlines.
const childLoad = "EXHIBIT_TEST_LOAD"

// TestChild is what a helper process runs.
func TestChild(t *testing.T) {
	words := strings.Split(os.Getenv(childLoad), "\n")
	if len(words) < 3 {
		return // not a helper process
	}
	limitFileSize(t)
	key, err := ledger.LoadKey(words[1])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Load(t.Context(), loadOptions(words[0], key, words[2:]...)); err != nil {
		t.Fatal(err)
	}
}

// childCommand returns a process that loads paths into the case in dir.
func childCommand(t testing.TB, dir, key string, paths ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childLoad+"="+strings.Join(append([]string{dir, key}, paths...), "\n"))
	return cmd
}

// keyFile makes a key and returns it with the path of its file.
func keyFile(t testing.TB) (string, *ledger.Key) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "examiner.key")
	key, err := ledger.CreateKey(path, "ana@lab")
	if err != nil {
		t.Fatal(err)
	}
	return path, key
}

// copyCase copies a folder.
func copyCase(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestKilled kills a load at random points. What is there must verify, the
// same load again must finish the job, and the case must then hold what an
// uninterrupted one holds.
func TestKilled(t *testing.T) {
	rounds := 12
	if long() {
		rounds = 200
	}
	path, key := keyFile(t)
	small := smallEvidence(t)
	traffic := drillEvidence(t, drill.Config{Calls: 800, Days: 2, Words: [2]int{10, 60}})
	base := filepath.Join(t.TempDir(), "base.case")
	mustLoad(t, base, key, small)
	want := map[bool]*wanted{}
	for _, fresh := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "whole.case")
		if !fresh {
			copyCase(t, base, dir)
		}
		start := time.Now()
		if out, err := childCommand(t, dir, path, traffic).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		want[fresh] = &wanted{readTruth(t, dir), stateOf(t, dir).derived.Tables, time.Since(start)}
		mustBeClean(t, dir)
	}
	r := rand.New(rand.NewPCG(21, 22))
	killed := 0
	for i := range rounds {
		fresh := i%3 == 0
		w := want[fresh]
		dir := filepath.Join(t.TempDir(), "x.case")
		if !fresh {
			copyCase(t, base, dir)
		}
		delay := time.Duration(r.Int64N(int64(w.took) * 11 / 10))
		if killAfter(t, childCommand(t, dir, path, traffic), delay) {
			killed++
		} else { // the machine is faster now than when the whole load was timed
			w.took = min(w.took, max(delay, 10*time.Millisecond))
		}
		what := fmt.Sprintf("round %d, killed after %v of %v", i, delay.Round(time.Millisecond), w.took.Round(time.Millisecond))
		if Exists(dir) && ledgerBegun(t, dir) {
			for _, p := range mustVerify(t, dir, VerifyOptions{Quick: i%2 == 0}).Problems {
				t.Errorf("%s: before the second run: %v", what, p)
			}
		}
		mustLoad(t, dir, key, traffic)
		for _, p := range mustVerify(t, dir, VerifyOptions{}).Problems {
			t.Errorf("%s: after the second run: %v", what, p)
		}
		if !readTruth(t, dir).equal(w.truth) {
			t.Errorf("%s: other segments or manifests than those of an uninterrupted load", what)
		}
		if got := stateOf(t, dir).derived.Tables; !slices.Equal(got, w.tables) {
			t.Errorf("%s: other rows than those of an uninterrupted load:\n%v\n%v", what, got, w.tables)
		}
		if left, err := os.ReadDir(filepath.Join(dir, stagingDir)); err != nil || len(left) > 0 {
			t.Errorf("%s: left in staging: %v, %v", what, left, err)
		}
		if t.Failed() {
			break
		}
	}
	t.Logf("%d of %d loads were killed before they ended", killed, rounds)
	if killed < rounds/2 {
		t.Errorf("only %d of %d loads were killed", killed, rounds)
	}
}

// wanted is what an uninterrupted load gives.
type wanted struct {
	truth  tree
	tables []TableHash
	took   time.Duration
}

// killAfter starts a process, kills it after a while and reports whether it
// had not ended by then.
func killAfter(t *testing.T, cmd *exec.Cmd, delay time.Duration) bool {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("the load failed by itself: %v", err)
		}
		return false
	case <-time.After(delay):
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return <-done != nil
}

// ledgerBegun reports whether the ledger has a whole line.
func ledgerBegun(t *testing.T, dir string) bool {
	t.Helper()
	ok, err := ledger.Exists(dir)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// TestTwoWriters lets one win and tells the other who it was.
func TestTwoWriters(t *testing.T) {
	key := testKey(t)
	evidence := smallEvidence(t)
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"))
	before := readTree(t, dir)
	lock, err := ledger.AcquireLock(dir, "load", testClock())
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func() error{
		"load": func() error {
			_, err := Load(t.Context(), loadOptions(dir, key, filepath.Join(evidence, "c")))
			return err
		},
		"rebuild": func() error { _, err := Rebuild(t.Context(), rebuildOptions(dir, key)); return err },
	} {
		err := write()
		var locked *ledger.LockedError
		if !errors.As(err, &locked) || locked.Holder == nil || locked.Holder.PID != os.Getpid() || locked.Holder.Command != "load" {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustBeClean(t, dir) // readers need no lock
	mustOpen(t, dir)
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	after := readTree(t, dir)
	delete(before, ".lock")
	delete(after, ".lock")
	if !after.equal(before) {
		t.Error("a writer without the lock changed the case")
	}
	mustLoad(t, dir, key, filepath.Join(evidence, "c"))
	mustBeClean(t, dir)
}

// TestReadersDuringLoads opens, queries and verifies a case over and over while
// other processes load into it.
func TestReadersDuringLoads(t *testing.T) {
	path, key := keyFile(t)
	small := smallEvidence(t)
	traffic := drillEvidence(t, drill.Config{Calls: 1500, Days: 2, Words: [2]int{10, 60}})
	dir := filepath.Join(t.TempDir(), "x.case")
	mustLoad(t, dir, key, filepath.Join(small, "a"))
	early := mustOpen(t, dir)
	count := "select count(*) from events"
	before := queryText(t, early, count)
	// DuckDB shares a database that is open twice in one process: the readers
	// below begin with the next one.
	load := func(paths ...string) {
		if out, err := childCommand(t, dir, path, paths...).CombinedOutput(); err != nil {
			t.Errorf("loading %v: %v: %s", paths, err, out)
		}
	}
	load(filepath.Join(small, "b"))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	rounds := make([]int, 2)
	for i, read := range []func(){
		func() { withCase(t, dir, func(c *Case) { queryText(t, c, count) }) },
		func() { mustBeClean(t, dir) },
	} {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					read()
					rounds[i]++
				}
			}
		})
	}
	load(traffic)
	load(filepath.Join(small, "c"))
	close(stop)
	readers.Wait()
	t.Logf("opened %d and verified %d times meanwhile", rounds[0], rounds[1])
	if rounds[0] == 0 || rounds[1] == 0 {
		t.Error("nothing was read meanwhile")
	}
	if got := queryText(t, early, count); got != before {
		t.Errorf("a reader that was open saw %s events, then %s", before, got)
	}
	mustBeClean(t, dir)
	withCase(t, dir, func(c *Case) {
		if got := queryText(t, c, count); got == before {
			t.Error("a new reader sees no new events")
		}
	})
}
