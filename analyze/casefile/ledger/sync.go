package ledger

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// WriteFileSync creates or truncates path, writes data and syncs the file. It is not atomic, and the name is durable only
// after SyncDir of the folder: write beside the goal, then MoveSync.
func WriteFileSync(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// SyncDir makes the names in a folder durable. On Windows, where a folder cannot be synced, it does nothing: NTFS
// journals names itself.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if err = errors.Join(err, d.Close()); err != nil {
		return fmt.Errorf("syncing folder: %w", err)
	}
	return nil
}

// MoveSync renames from to to, replacing what is there, and makes the change durable in both folders. Both must be on one
// file system.
func MoveSync(from, to string) error {
	if err := rename(from, to); err != nil {
		return err
	}
	if err := SyncDir(filepath.Dir(to)); err != nil {
		return err
	}
	if filepath.Dir(from) == filepath.Dir(to) {
		return nil
	}
	return SyncDir(filepath.Dir(from))
}

// rename tries for a second on Windows, where a reader that has the file open for a moment makes a rename fail.
func rename(from, to string) error {
	err := os.Rename(from, to)
	for range 50 {
		if err == nil || runtime.GOOS != "windows" || errors.Is(err, os.ErrNotExist) {
			break
		}
		time.Sleep(20 * time.Millisecond)
		err = os.Rename(from, to)
	}
	return err
}

// readSmall reads a regular file of at most limit bytes. Links, pipes and devices are refused: a hostile case could
// otherwise point at anything.
func readSmall(path string, limit int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readLimited(f, limit)
}

// openRegular opens a regular file for reading.
func openRegular(path string) (*os.File, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fileError{"not a regular file"}
	}
	return os.Open(path)
}

// fileError says that what stands where a file of ours should be cannot be one: it was put there, not read badly.
type fileError struct {
	what string
}

func (e *fileError) Error() string {
	return e.what
}

// readLimited reads r to its end, which must come within limit bytes.
func readLimited(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &fileError{fmt.Sprintf("longer than the %d bytes it can have", limit)}
	}
	return data, nil
}
