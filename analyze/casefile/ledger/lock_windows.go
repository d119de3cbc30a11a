package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow has no counterpart here; AcquireLock looks at the file before opening it.
const noFollow = 0

// tryLock takes an exclusive lock, which the system drops when f is closed; held says that another has it. Windows keeps
// others from reading locked bytes, so a byte far behind the text is locked, and the text stays readable.
func tryLock(f *os.File) (held bool, err error) {
	place := &windows.Overlapped{OffsetHigh: 1 << 30}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err = windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, place)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return true, nil
	}
	return false, err
}
