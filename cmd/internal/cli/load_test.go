package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

func TestParseHashes(t *testing.T) {
	a, b := strings.Repeat("a", 64), strings.Repeat("b", 64)
	tests := []struct {
		name, list string
		want       map[string]string
		problem    string
	}{
		{"plain", a + "  x.json\n" + b + "  y.json\n", map[string]string{"x.json": a, "y.json": b}, ""},
		{"binary", a + " *x.json\n", map[string]string{"x.json": a}, ""},
		{"tagged", "SHA256 (in (1)/x.json) = " + a + "\n", map[string]string{"x.json": a}, ""},
		{"folders", a + "  ./in/x.json\n" + b + `  C:\out\y.json` + "\n", map[string]string{"x.json": a, "y.json": b}, ""},
		{"upper case and line ends", strings.ToUpper(a) + "  x.json\r\n\r\n", map[string]string{"x.json": a}, ""},
		{"byte order mark and comment", "\ufeff" + a + "  x.json\n# made by hand\n", map[string]string{"x.json": a}, ""},
		{"escaped name", `\` + a + `  line\nend` + "\n", map[string]string{"line\nend": a}, ""},
		{"name with spaces", a + "   x .json\n", map[string]string{" x .json": a}, ""},
		{"same file twice", a + "  x.json\n" + a + "  in/x.json\n", map[string]string{"x.json": a}, ""},
		{"two files of one name", a + "  1/x.json\n" + b + "  2/x.json\n", nil, "list:2: x.json has another hash in line 1"},
		{"short hash", a[1:] + "  x.json\n", nil, "list:1: "},
		{"other hash", "MD5 (x.json) = " + a[:32] + "\n", nil, "list:1: "},
		{"no name", a + "\n", nil, "list:1: "},
		{"empty", "\n", nil, "the list of hashes list is empty"},
		{"no end", strings.Repeat("a", 70_000), nil, "token too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseHashes("list", []byte(tt.list))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err != nil) != (tt.problem != "") || err != nil && !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("error %v, want %q", err, tt.problem)
			}
		})
	}
}

func TestEscapeGlob(t *testing.T) {
	for _, name := range []string{"SHA256SUMS", "sums[1].txt", "*.txt", `a\b?`} {
		s := casefile.Select{Exclude: []string{escapeGlob(name)}}
		if err := s.Check(); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := escapeGlob(`a[1]*\?`); got != `a\[1]\*\\\?` {
		t.Errorf("got %s", got)
	}
}

func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"exhibit-demo/a.case": "exhibit-demo/a.case", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "é": "'é'",
	} {
		if got := shellWord(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}

// Of ten thousand files that a shell pattern named, stderr gets a few lines.
func TestNotLoaded(t *testing.T) {
	var paths []string
	var items []*casefile.Item
	for i := range 100 {
		paths = append(paths, fmt.Sprintf("%d.txt", i))
		items = append(items, &casefile.Item{Path: paths[i], Status: casefile.StatusUnrecognised, Note: "none fits\n  jsonl: no"})
	}
	errs := notLoaded(paths, items)
	if len(errs) != maxLines+1 || errs[maxLines].Error() != "loading 90 more files: see the list" {
		t.Errorf("%d errors, the last: %v", len(errs), errs[len(errs)-1])
	}
	var hinted *HintError
	if !errors.As(errs[0], &hinted) || errs[0].Error() != "loading 0.txt: no format fits" || hinted.Hints[0] != "jsonl: no" {
		t.Errorf("the first: %v", errs[0])
	}
	errs = notLoaded([]string{"dir"}, items[:3])
	if len(errs) != 1 || errs[0].Error() != "loading dir: none of 3 files could be loaded" {
		t.Errorf("of a folder: %v", errs)
	}
	items[0].Status = casefile.StatusLoaded
	if errs = notLoaded([]string{"dir"}, items); len(errs) != 0 {
		t.Errorf("of a folder with a log: %v", errs)
	}
}

func TestCompleteFormats(t *testing.T) {
	f, out, _ := testFactory()
	if code := run(t.Context(), f, newRoot(f), []string{"__complete", "load", "--log-format", "be"}); code != exitDone ||
		!strings.HasPrefix(out.String(), "bedrock\t") {
		t.Errorf("code %d: %s", code, out)
	}
}
