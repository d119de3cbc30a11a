// Package casetest makes cases for the tests of what reads them.
package casetest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
)

// Clock gives the time of every ledger entry of a test case.
func Clock() time.Time { return time.Date(2026, 4, 8, 12, 0, 0, 0, time.UTC) }

// Write writes files below a new folder and returns it. Names have slashes.
func Write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Key makes an examiner's key.
func Key(t testing.TB) *ledger.Key {
	t.Helper()
	key, err := ledger.CreateKey(filepath.Join(t.TempDir(), "examiner.key"), "ana@lab")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Load loads paths into a new case and returns its folder.
func Load(t testing.TB, paths ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "test.case")
	LoadInto(t, dir, Key(t), paths...)
	return dir
}

// LoadInto loads paths into the case in a folder, which is made where it is missing.
func LoadInto(t testing.TB, dir string, key *ledger.Key, paths ...string) {
	t.Helper()
	_, err := casefile.Load(t.Context(), &casefile.LoadOptions{
		Dir: dir, Paths: paths, Key: key, Actor: "ana", Tool: "exhibit test", Now: Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Open opens a case for reading until the test ends.
func Open(t testing.TB, dir string) *casefile.Case {
	t.Helper()
	c, err := casefile.Open(t.Context(), dir, casefile.OpenOptions{Threads: 2, Memory: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Files makes a case of files and opens it.
func Files(t testing.TB, files map[string]string) *casefile.Case {
	t.Helper()
	return Open(t, Load(t, Write(t, files)))
}
