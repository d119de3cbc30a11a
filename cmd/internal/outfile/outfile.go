// Package outfile writes files that appear under their name only when they are
// complete and on the disk, and that replace no other unless they are told to.
package outfile

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrExists means that there is a file of the name, which is not replaced;
// ErrFolder that the name is one of a folder.
var (
	ErrExists = errors.New("a file of this name is there already: choose another")
	ErrFolder = errors.New("it is a folder")
)

// File is a file that is being written. The caller ends it with Commit, or with
// Discard, which does nothing after Commit.
type File struct {
	file  *os.File // nil when it was ended
	path  string   // where it goes; "" when it is there already
	force bool
}

// Create begins a file. One that exists is refused unless force is set; a device
// or pipe is written to as it is.
func Create(path string, force bool) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("opening %s: %w", path, ErrFolder)
	case err == nil && !info.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("opening the output: %w", err)
		}
		return &File{file: file}, nil
	}
	if _, err := os.Lstat(path); err == nil && !force {
		return nil, exists(path)
	}
	name := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+".tmp")
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, fmt.Errorf("opening the output: %w", err)
	}
	return &File{file: file, path: path, force: force}, nil
}

func exists(path string) error { return fmt.Errorf("writing %s: %w", path, ErrExists) }

// Save makes a file of what write writes, which replaces no other.
func Save(path string, write func(io.Writer) error) error {
	f, err := Create(path, false)
	if err != nil {
		return err
	}
	defer f.Discard()
	w := bufio.NewWriter(f)
	if err = errors.Join(write(w), w.Flush()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return f.Commit()
}

// Path is where the file goes, "" for a device or pipe.
func (f *File) Path() string { return f.path }

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) { return f.file.Write(p) }

// Commit makes the file appear under its name, with its content on the disk.
func (f *File) Commit() error {
	file := f.file
	f.file = nil
	if f.path == "" {
		if err := file.Close(); err != nil {
			return fmt.Errorf("writing the output: %w", err)
		}
		return nil
	}
	err := errors.Join(file.Sync(), file.Close())
	if err == nil {
		err = f.place(file.Name())
	}
	if err != nil {
		_ = os.Remove(file.Name()) // the first error is the one to tell
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}

// place gives the finished file its name. A hard link fails when somebody else
// made that name meanwhile; where there are no links, a look has to do.
func (f *File) place(temporary string) error {
	if f.force {
		return os.Rename(temporary, f.path)
	}
	err := os.Link(temporary, f.path)
	switch {
	case err == nil:
		return os.Remove(temporary)
	case errors.Is(err, fs.ErrExist):
		return exists(f.path)
	}
	if _, err := os.Lstat(f.path); err == nil {
		return exists(f.path)
	}
	return os.Rename(temporary, f.path)
}

// Discard removes a file that was not committed.
func (f *File) Discard() {
	if f.file == nil {
		return
	}
	_ = f.file.Close()
	if f.path != "" {
		_ = os.Remove(f.file.Name())
	}
	f.file = nil
}
