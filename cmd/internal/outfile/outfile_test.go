package outfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/exhibit-forensics/exhibit/cmd/internal/outfile"
)

// TestSave checks that a file appears whole or not at all, and over no other.
func TestSave(t *testing.T) {
	failed := errors.New("failed")
	for _, tt := range []struct {
		name  string
		prior string // content of the file before, "" for none
		write func(io.Writer) error
		err   error
		want  string
	}{
		{"new", "", write("new"), nil, "new"},
		{"there", "old", write("new"), outfile.ErrExists, "old"},
		{"fails", "", func(w io.Writer) error { _, err := io.WriteString(w, "part"); return errors.Join(err, failed) }, failed, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "out.csv")
			if tt.prior != "" {
				if err := os.WriteFile(path, []byte(tt.prior), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := outfile.Save(path, tt.write); !errors.Is(err, tt.err) {
				t.Errorf("%v, want %v", err, tt.err)
			}
			check(t, folder, tt.want)
		})
	}
}

func write(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// check compares a folder with the one file that it should hold, "" for none.
func check(t *testing.T, folder, want string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if want == "" {
		if len(entries) > 0 {
			t.Errorf("left behind: %v", entries)
		}
		return
	}
	got, err := os.ReadFile(filepath.Join(folder, "out.csv"))
	if err != nil || string(got) != want || len(entries) != 1 {
		t.Errorf("%q, %v; want %q alone of %v", got, err, want, entries)
	}
}

// TestMeanwhile keeps a file that somebody else makes while it is written.
func TestMeanwhile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "out.csv")
	f, err := outfile.Create(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); !errors.Is(err, outfile.ErrExists) {
		t.Errorf("%v, want %v", err, outfile.ErrExists)
	}
	f.Discard()
	check(t, folder, "theirs")
	if f, err = outfile.Create(path, true); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "mine"); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	check(t, folder, "mine")
	if _, err := outfile.Create(folder, true); !errors.Is(err, outfile.ErrFolder) {
		t.Errorf("a folder: %v", err)
	}
}
