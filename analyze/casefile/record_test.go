package casefile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

func recordOptions(dir string, key *ledger.Key, results string) *RecordOptions {
	o := loadOptions(dir, key)
	return &RecordOptions{
		Dir: dir, What: "test", Params: map[string]any{"paths": []string{"a", "b"}}, Counts: map[string]int64{"digests": 3}, Verdict: "verifies",
		Results: func(w io.Writer) error { _, err := io.WriteString(w, results); return err },
		Key:     key, Actor: o.Actor, Tool: o.Tool, Now: o.Now,
	}
}

// TestRecordVerification wants results to be kept, named in the ledger and
// protected like everything else.
func TestRecordVerification(t *testing.T) {
	key := testKey(t)
	dir := smallCase(t, key)
	before := mustBeClean(t, dir)
	for range 2 { // the second time, the results are there already
		head, err := RecordVerification(t.Context(), recordOptions(dir, key, "{}\n"))
		if err != nil {
			t.Fatal(err)
		}
		before.Ledger.Head.Size++
		if head.Size != before.Ledger.Head.Size {
			t.Errorf("head %v", head)
		}
	}
	mustBeClean(t, dir)
	sum := sumOf([]byte("{}\n"))
	input := filepath.Join(dir, inputsDir, sum)

	// The last step of a commit was interrupted: the next writer finishes it.
	staged := filepath.Join(dir, stagingDir, "verify-000004", inputsDir)
	if err := os.MkdirAll(staged, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(input, filepath.Join(staged, sum)); err != nil {
		t.Fatal(err)
	}
	if r := mustVerify(t, dir, VerifyOptions{}); !r.OK() || len(r.Notes) == 0 {
		t.Errorf("interrupted: %v, notes %v", r.Problems, r.Notes)
	}
	if _, err := RecordVerification(t.Context(), recordOptions(dir, key, "[]\n")); err != nil {
		t.Fatal(err)
	}
	mustBeClean(t, dir)

	flipBit(t, input, 0)
	if r := mustVerify(t, dir, VerifyOptions{Quick: true}); r.OK() || !strings.HasPrefix(r.Problems[0].Path, inputsDir) {
		t.Errorf("altered results: %v", r.Problems)
	}
}

func TestRecordNothing(t *testing.T) {
	key := testKey(t)
	if _, err := RecordVerification(t.Context(), recordOptions(t.TempDir(), key, "")); !errors.Is(err, ErrNoCase) {
		t.Errorf("no case: %v", err)
	}
	dir := smallCase(t, key)
	before := mustBeClean(t, dir).Ledger.Head
	o := recordOptions(dir, key, "")
	failed := errors.New("failed")
	o.Results = func(io.Writer) error { return failed }
	if _, err := RecordVerification(t.Context(), o); !errors.Is(err, failed) {
		t.Errorf("results that fail: %v", err)
	}
	if after := mustBeClean(t, dir).Ledger.Head; after != before {
		t.Errorf("an entry was written: %v", after)
	}
	var wrong *ledger.KeyError
	if _, err := RecordVerification(t.Context(), recordOptions(dir, testKey(t), "")); !errors.As(err, &wrong) {
		t.Errorf("another key: %v", err)
	}
}

// TestEvidencePaths wants every name of every evidence, those of copies too.
func TestEvidencePaths(t *testing.T) {
	key := testKey(t)
	dir, logs := filepath.Join(t.TempDir(), "a.case"), t.TempDir()
	text := []byte(`{"timestamp":"2026-01-02T03:04:05Z","message":"started"}` + "\n")
	for _, name := range []string{"a.jsonl", "b.jsonl"} {
		if err := os.WriteFile(filepath.Join(logs, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mustLoad(t, dir, key, logs)
	got, err := EvidencePaths(dir)
	if err != nil {
		t.Fatal(err)
	}
	sum := sumOf(text)
	want := []EvidencePath{{filepath.Join(logs, "a.jsonl"), sum, "jsonl"}, {filepath.Join(logs, "b.jsonl"), sum, "jsonl"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
