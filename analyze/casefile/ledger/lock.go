package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	lockName = ".lock"
	// maxLockInfo bounds what is read from a lock file, which anyone may have written.
	maxLockInfo = 4096
)

// LockInfo says who holds a lock. It is for people: nothing may be decided by it, and it may be missing or wrong.
type LockInfo struct {
	// PID is the process on Host.
	PID int `json:"pid"`
	// Host is the machine.
	Host string `json:"host"`
	// Command is what the process was asked to do.
	Command string `json:"command"`
	// Since is when it took the lock, RFC 3339.
	Since string `json:"since"`
}

// A LockedError says that another process is writing to the case.
type LockedError struct {
	// Dir is the case.
	Dir string
	// Holder is what the lock file says, nil if it says nothing readable.
	Holder *LockInfo
}

// Error says who holds the lock, as far as is known. Text from the lock file is quoted.
func (e *LockedError) Error() string {
	if e.Holder == nil {
		return fmt.Sprintf("locking %s: another process is writing to it", e.Dir)
	}
	return fmt.Sprintf("locking %s: held by process %d on %.100q (%.100q) since %.40q", e.Dir, e.Holder.PID, e.Holder.Host,
		e.Holder.Command, e.Holder.Since)
}

// A Lock keeps other writers out of a case until Release, or until the process ends in whatever way. It is an advisory
// lock of the operating system; readers neither take it nor look at it.
type Lock struct {
	file *os.File
}

// AcquireLock locks the case in dir for writing, without waiting: if another process (or another part of this one) has
// it, the error is a *LockedError. command and since are only shown to whoever is kept out; keep secrets out of command.
func AcquireLock(dir, command string, since time.Time) (*Lock, error) {
	path := filepath.Join(dir, lockName)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("locking %s: %s is not a regular file", dir, lockName)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	held, err := tryLock(f)
	if err == nil && held {
		err = &LockedError{Dir: dir, Holder: readLockInfo(f)}
		return nil, errors.Join(err, f.Close())
	}
	if err == nil {
		err = writeLockInfo(f, command, since)
	}
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, errors.Join(err, f.Close()))
	}
	return &Lock{file: f}, nil
}

// LockFile takes the same lock on a file that stands by itself and that the caller opened for writing; held says that
// another has it. It ends when the file is closed, or the process.
func LockFile(f *os.File) (held bool, err error) { return tryLock(f) }

// Release gives the lock back. The lock file stays: removing it would let two writers lock two files of one name.
func (l *Lock) Release() error {
	if err := errors.Join(l.file.Truncate(0), l.file.Close()); err != nil {
		return fmt.Errorf("releasing the lock: %w", err)
	}
	return nil
}

func writeLockInfo(f *os.File, command string, since time.Time) error {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	info, err := json.Marshal(LockInfo{os.Getpid(), host, command, since.UTC().Format(time.RFC3339)})
	if err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err = f.WriteAt(append(info, '\n'), 0)
	return err
}

func readLockInfo(f *os.File) *LockInfo {
	data, err := readLimited(f, maxLockInfo)
	var info LockInfo
	if err != nil || json.Unmarshal(data, &info) != nil || info.PID == 0 {
		return nil
	}
	return &info
}
