package content

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write down that the sources are those of the version")

// TestVersion holds the sources of the scanner against those that Version was
// last given for: cases keep signs by version, and those of an older scanner
// must not pass for those of this one.
func TestVersion(t *testing.T) {
	digest := sha256.New()
	for _, path := range sources(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(digest, "%s %d\n%s", filepath.ToSlash(path), len(text), text); err != nil {
			t.Fatal(err)
		}
	}
	got := fmt.Sprintf("%d %s\n", Version, hex.EncodeToString(digest.Sum(nil)))
	golden := filepath.Join("..", "..", "testdata", "content", "version")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("the scanner changed: where it may find other signs in any text, raise Version; then run this test with -update")
	}
}

// sources are the files that decide what is found: of the package itself, its
// classifiers and their weights.
func sources(t *testing.T) []string {
	var out []string
	for _, dir := range []string{".", "classify", "weights"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && path != dir {
				return fs.SkipDir
			}
			if d.Type().IsRegular() && !strings.HasSuffix(path, "_test.go") && filepath.Base(path) != "doc.go" {
				out = append(out, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}
