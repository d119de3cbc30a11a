package casefile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

var testReplay = ReplaySummary{
	Plan: strings.Repeat("ab", 32), Server: "http://127.0.0.1:11434", Models: []string{"tiny"}, Requests: 3, Attempts: 4,
	Ends: map[string]int64{"complete": 2}, Unfinished: 1, Received: 12,
}

func replayOptions(dir string, key *ledger.Key, path string) *ReplayOptions {
	o := loadOptions(dir, key)
	return &ReplayOptions{Dir: dir, Cassette: path, ReplaySummary: testReplay, Key: key, Actor: o.Actor, Tool: o.Tool, Now: o.Now}
}

func stageOptions(dir string, key *ledger.Key) *StageReplayOptions {
	o := loadOptions(dir, key)
	return &StageReplayOptions{Dir: dir, Plan: testReplay.Plan, Key: key, Actor: o.Actor, Tool: o.Tool, Now: o.Now}
}

// writeCassette writes a file outside any case.
func writeCassette(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustReplay records a cassette.
func mustReplay(t testing.TB, dir string, key *ledger.Key, text string) *ReplayReport {
	t.Helper()
	r, err := RecordReplay(t.Context(), replayOptions(dir, key, writeCassette(t, text)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRecordReplay wants a cassette to be kept, named in the ledger, listed, and
// to survive a rebuild.
func TestRecordReplay(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	before := mustBeClean(t, dir)
	path := writeCassette(t, "{}\n")
	r, err := RecordReplay(t.Context(), replayOptions(dir, key, path))
	if err != nil {
		t.Fatal(err)
	}
	if r.Head.Size != before.Ledger.Head.Size+1 || r.SHA256 != sumOf([]byte("{}\n")) || r.Same {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("a cassette of the user's own was taken away: %v", err)
	}
	after := mustBeClean(t, dir)
	if after.Files != before.Files+1 {
		t.Errorf("%d files are verified, before %d", after.Files, before.Files)
	}
	if again, err := RecordReplay(t.Context(), replayOptions(dir, key, path)); err != nil || !again.Same || again.Head != r.Head {
		t.Errorf("again: %+v, %v", again, err)
	}
	if _, err := Rebuild(t.Context(), rebuildOptions(dir, key)); err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, dir)
	withCase(t, dir, func(c *Case) {
		o := loadOptions(dir, key)
		want := []Replay{{
			Seq: r.Head.Size, Time: c.Replays()[0].Time, Actor: o.Actor, Tool: o.Tool, SHA256: r.SHA256, Size: 3,
			Path: filepath.Join(dir, replaysDir, r.SHA256+".jsonl"), ReplaySummary: testReplay,
		}}
		if diff := cmp.Diff(want, c.Replays()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	if left, err := os.ReadDir(filepath.Join(dir, stagingDir)); err != nil || len(left) > 0 {
		t.Errorf("left in staging: %v, %v", left, err)
	}
}

// TestReplayStaging follows a replay that is interrupted, killed and finished.
func TestReplayStaging(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	stage := func(fresh bool) *StagedReplay {
		t.Helper()
		o := stageOptions(dir, key)
		o.Fresh = fresh
		s, err := StageReplay(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	expect := func(s *StagedReplay, want string) {
		t.Helper()
		data, err := os.ReadFile(s.Path)
		if s.Resumes != (want != "") || string(data) != want || s.Resumes && err != nil {
			t.Errorf("resumes %v, %q, %v; want %q", s.Resumes, data, err, want)
		}
	}
	record := func(path string, unfinished int64) *ReplayReport {
		t.Helper()
		o := replayOptions(dir, key, path)
		o.Unfinished = unfinished
		r, err := RecordReplay(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		mustBeClean(t, dir)
		return r
	}
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := stage(false)
	expect(s, "")
	mustBeClean(t, dir)

	// Killed: what it sent stays, whatever else is done with the case.
	write(s.Path, "one\n")
	if _, err := RecordVerification(t.Context(), recordOptions(dir, key, "{}\n")); err != nil {
		t.Fatal(err)
	}
	report := mustBeClean(t, dir)
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0].What, "was killed") {
		t.Errorf("notes %v", report.Notes)
	}
	o := stageOptions(dir, key)
	o.Fresh = true
	if _, err := StageReplay(o); !errors.Is(err, ErrReplayAtWork) {
		t.Errorf("anew: %v", err)
	}
	s = stage(false)
	expect(s, "one\n")

	// Interrupted: it is on record, and the next run goes on with a copy.
	first := record(s.Path, 1)
	if _, err := os.Stat(filepath.Dir(s.Path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left in staging: %v", err)
	}
	s = stage(false)
	expect(s, "one\n")
	write(s.Path, "one\ntwo\n")
	second := record(s.Path, 0)
	if second.Continues != first.SHA256 {
		t.Errorf("it continues %q, want %q", second.Continues, first.SHA256)
	}

	// Finished: the same plan begins anew.
	s = stage(false)
	expect(s, "")
	write(s.Path, "one\nother\n")
	if third := record(s.Path, 0); third.Continues != first.SHA256 {
		t.Errorf("it continues %q", third.Continues)
	}
	s = stage(true)
	expect(s, "")
	write(s.Path, "else\n")
	if fourth := record(s.Path, 5); fourth.Continues != "" {
		t.Errorf("it continues %q", fourth.Continues)
	}
	expect(stage(true), "")
	expect(stage(false), "else\n")
	withCase(t, dir, func(c *Case) {
		var continued []bool
		for _, r := range c.Replays() {
			continued = append(continued, r.Continued)
		}
		if diff := cmp.Diff([]bool{true, false, false, false}, continued); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestReplayCommitInterrupted wants the next writer to put a cassette into place
// that the ledger names.
func TestReplayCommitInterrupted(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	r := mustReplay(t, dir, key, "{}\n")
	name := r.SHA256 + ".jsonl"
	staged := filepath.Join(dir, stagingDir, "replay-000004", replaysDir)
	if err := os.MkdirAll(staged, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, replaysDir, name), filepath.Join(staged, name)); err != nil {
		t.Fatal(err)
	}
	if report := mustBeClean(t, dir); len(report.Notes) == 0 {
		t.Error("no note of it")
	}
	withCase(t, dir, func(c *Case) {
		if data, err := os.ReadFile(c.Replays()[0].Path); err != nil || string(data) != "{}\n" {
			t.Errorf("%q, %v", data, err)
		}
	})
	mustReplay(t, dir, key, "[]\n")
	if _, err := os.Stat(filepath.Join(dir, replaysDir, name)); err != nil {
		t.Error(err)
	}
	mustBeClean(t, dir)
}

// TestReplayNotRecorded wants nothing to change where a cassette cannot be kept.
func TestReplayNotRecorded(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	head := mustBeClean(t, dir).Ledger.Head
	path := writeCassette(t, "{}\n")
	wrong := replayOptions(dir, key, path)
	wrong.Plan = "../../x"
	for name, o := range map[string]*ReplayOptions{
		"no case":     replayOptions(t.TempDir(), key, path),
		"another key": replayOptions(dir, testKey(t), path),
		"no cassette": replayOptions(dir, key, path+"x"),
		"a folder":    replayOptions(dir, key, t.TempDir()),
		"no hash":     wrong,
	} {
		if r, err := RecordReplay(t.Context(), o); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
	stage := stageOptions(dir, testKey(t))
	var key2 *ledger.KeyError
	if _, err := StageReplay(stage); !errors.As(err, &key2) {
		t.Errorf("staged with another key: %v", err)
	}
	stage = stageOptions(dir, key)
	stage.Plan = "../../x"
	if s, err := StageReplay(stage); err == nil {
		t.Errorf("staged for no plan: %+v", s)
	}
	// A run that is at work is not recorded under its feet.
	s, err := StageReplay(stageOptions(dir, key))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if held, err := ledger.LockFile(f); err != nil || held {
		t.Fatal(held, err)
	}
	if r, err := RecordReplay(t.Context(), replayOptions(dir, key, s.Path)); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("at work: %+v, %v", r, err)
	}
	if after := mustBeClean(t, dir).Ledger.Head; after != head {
		t.Errorf("an entry was written: %v", after)
	}
}
