package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
func loadForTest(t *testing.T, wantCode int, args ...string) (c *casefile.Case, out string) {
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
	return c, outBuf.String()
}

// TestJSONSuite loads the files of a test suite for JSON parsers as jsonl.
// Every file whose name begins with n_ is not JSON, those with y_ are; the
// others may be either.
func TestJSONSuite(t *testing.T) {
	c, _ := loadForTest(t, exitPartial, "--log-format", "jsonl", "--include", "*.json", sharedData(t, "json_test_suite"))
	without := map[string]bool{"n_structure_no_data.json": true, "n_single_space.json": true, "y_structure_whitespace_array.json": true}
	seen := map[string]int{}
	for _, it := range c.Items() {
		name := filepath.Base(it.Path)
		kind, _, _ := strings.Cut(name, "_")
		seen[kind]++
		repeated := it.Status == casefile.StatusDuplicate // the bytes of another of them
		switch {
		case without[name]:
			if it.Records > 0 || it.Unparsed > 0 {
				t.Errorf("%s: %d records, %d unparsed, and it holds no data", name, it.Records, it.Unparsed)
			}
		case kind == "n" && it.Unparsed == 0:
			t.Errorf("%s (%s) was parsed, and it is not JSON", name, it.Status)
		case kind == "y" && (it.Unparsed > 0 || it.Records == 0 && !repeated):
			t.Errorf("%s (%s): %d records, %d unparsed, and it is JSON", name, it.Status, it.Records, it.Unparsed)
		}
	}
	if diff := cmp.Diff(map[string]int{"n": 94, "y": 48, "i": 18}, seen); diff != "" {
		t.Errorf("files by kind (-want +got):\n%s", diff)
	}
}

// TestLoadCloudTrail loads the logs of a real exercise and compares what load
// prints with what is known of them.
func TestLoadCloudTrail(t *testing.T) {
	_, out := loadForTest(t, exitDone, "--include", "*.json.gz", sharedData(t, filepath.Join("cloudtrail", "invictus")))
	for _, want := range []string{
		"cloudtrail     55     2900    ",
		"cloudtrail  2023-07-10T11:42:18Z  2023-07-10T12:37:50Z             0\n",
		"cloudtrail    2641  arn:aws:iam::123837392027:user/bert-jan\n",
		"cloudtrail     105  arn:aws:iam::123837392027:user/benjamin\n",
		"loaded        55\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	for _, unwanted := range []string{"could not be read", "in other evidence", "warning"} {
		if strings.Contains(out, unwanted) {
			t.Errorf("%q in:\n%s", unwanted, out)
		}
	}
}
