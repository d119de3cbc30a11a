package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// sharedData returns a folder of real data beside the repository.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("NOT TESTED HERE: the data in %s is missing", dir)
	}
	return dir
}

// loadForTest runs load and opens the case.
func loadForTest(t *testing.T, wantCode int, args ...string) (c *casefile.Case, out, errOut string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "test.case")
	t.Setenv("EXHIBIT_KEY", filepath.Join(t.TempDir(), "key"))
	f, outBuf, errBuf := testFactory()
	code := run(t.Context(), f, newRoot(f), append([]string{"load", "--case", dir}, args...))
	if code != wantCode {
		t.Fatalf("code %d, want %d; stderr:\n%s", code, wantCode, errBuf)
	}
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: 1, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, outBuf.String(), errBuf.String()
}

// TestJSONSuite loads the files of a test suite for JSON parsers as jsonl.
// Every file whose name begins with n_ is not JSON, those with y_ are; the
// others may be either.
func TestJSONSuite(t *testing.T) {
	c, _, _ := loadForTest(t, exitPartial, "--log-format", "jsonl", "--include", "*.json", sharedData(t, "json_test_suite"))
	seen := map[string]int{}
	for _, it := range c.Items() {
		name := filepath.Base(it.Path)
		kind, _, _ := strings.Cut(name, "_")
		seen[kind]++
		t.Log(name, it.Status, it.Records, it.Events, it.Unparsed, it.Frames, it.Size)
	}
	t.Log(seen)
}
