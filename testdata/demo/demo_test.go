package demo_test

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/exhibit-forensics/exhibit/testdata/demo"
	"github.com/exhibit-forensics/exhibit/testdata/demo/incident"
)

// The committed files are what the generator makes today. If it was changed
// on purpose, run go generate here.
func TestUpToDate(t *testing.T) {
	fresh := t.TempDir()
	if err := incident.Write(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	want, got := files(t, os.DirFS(fresh), "logs", "hints.go"), files(t, os.DirFS("."), "logs", "hints.go")
	size := 0
	for name, b := range want {
		size += len(b)
		if !bytes.Equal(got[name], b) {
			t.Errorf("%s is out of date: run go generate in testdata/demo", name)
		}
	}
	for name := range got {
		if want[name] == nil {
			t.Errorf("%s is left over: run go generate in testdata/demo", name)
		}
	}
	if size > 300_000 {
		t.Errorf("the incident has %d bytes: too much to embed", size)
	}
}

// files returns the files at and below the roots.
func files(t *testing.T, fsys fs.FS, roots ...string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, root := range roots {
		err := fs.WalkDir(fsys, root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			all[path], err = fs.ReadFile(fsys, path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// Each hint is seen by the sources that should see it, and by no other.
func TestHints(t *testing.T) {
	logs, h := demo.Incident()
	var trail, content []byte
	for name, b := range files(t, logs, ".") {
		if !strings.HasSuffix(name, ".gz") {
			content = append(content, b...)
			continue
		}
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
		trail = append(trail, b...)
	}
	for _, c := range []struct {
		name, value        string
		inTrail, inContent bool
	}{
		{"request", h.RequestID, true, true},
		{"session", h.Session, false, true},
		{"leaked key", h.LeakedKey, true, false},
		{"issued credential", h.Issued, true, false},
		{"address", h.Address, true, false},
		{"unlogged request", h.Unlogged, true, false},
	} {
		a, b := bytes.Contains(trail, []byte(c.value)), bytes.Contains(content, []byte(c.value))
		if c.value == "" || a != c.inTrail || b != c.inContent {
			t.Errorf("%s %q: in CloudTrail %v, in the invocation log %v", c.name, c.value, a, b)
		}
	}
}
