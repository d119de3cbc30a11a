// Package save writes what a person exports to a file: whole or not at all, and
// never over a file that is there.
package save

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File makes a file of what write writes, so that nobody ever sees a part of it.
func File(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".exhibit-*")
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	defer func() {
		_ = os.Remove(f.Name()) // it has its name, or an error is told
	}()
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = place(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	return nil
}

// place gives the finished file its name. A hard link fails where that name is
// taken; where there are no links, a look has to do.
func place(temporary, path string) error {
	err := os.Link(temporary, path)
	if err == nil {
		return nil
	}
	if _, there := os.Lstat(path); there == nil || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name another file", path)
	}
	return os.Rename(temporary, path)
}
