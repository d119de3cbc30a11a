package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// TestInfoReplays wants replays to be summed up where there are any, and of a
// resumed one the last alone.
func TestInfoReplays(t *testing.T) {
	keyPath := filepath.Join(t.TempDir(), "key")
	t.Setenv("EXHIBIT_KEY", keyPath)
	logs := casetest.Write(t, map[string]string{"a.jsonl": `{"timestamp":"2026-01-02T03:04:05Z","message":"started"}` + "\n"})
	dir := filepath.Join(t.TempDir(), "x.case")
	command := func(args ...string) string {
		t.Helper()
		f, out, errOut := testFactory()
		if code := run(t.Context(), f, newRoot(f), args); code != exitDone {
			t.Fatalf("%v: code %d\n%s", args, code, errOut)
		}
		return out.String()
	}
	command("load", "-q", "--case", dir, logs)
	if out := command("info", "--case", dir); strings.Contains(out, "\nReplays\n") {
		t.Errorf("replays of a case without any:\n%s", out)
	}
	key, err := ledger.LoadKey(keyPath)
	if err != nil {
		t.Fatal(err)
	}
	cassette := filepath.Join(t.TempDir(), "c.jsonl")
	for i, text := range []string{"{}\n", "{}\n{}\n"} { // interrupted, then resumed
		if err := os.WriteFile(cassette, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		unfinished := int64(3 - i)
		_, err := casefile.RecordReplay(t.Context(), &casefile.ReplayOptions{
			Dir: dir, Cassette: cassette, Key: key, Tool: "exhibit test", Now: casetest.Clock,
			ReplaySummary: casefile.ReplaySummary{
				Plan: strings.Repeat("ab", 32), Server: "http://127.0.0.1:11434", Models: []string{"tiny", "small"},
				Requests: 7, Attempts: 9, Ends: map[string]int64{"complete": 7 - unfinished}, Unfinished: unfinished,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out := command("info", "--case", dir)
	for _, want := range []string{"\nReplays\n", "http://127.0.0.1:11434", "tiny, small", "2026-04-08", "1 replay unfinished: the same command goes on"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	lines := command("info", "--case", dir, "-f", "jsonl")
	if strings.Count(lines, "127.0.0.1:11434") != 1 || !strings.Contains(lines, `"requests":7,"attempts":9,"complete":5,"unfinished":2,"size":6`) {
		t.Errorf("the last of two alone is wanted:\n%s", lines)
	}
}
