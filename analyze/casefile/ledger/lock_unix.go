//go:build unix && !solaris && !aix

package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// noFollow keeps a link planted as the lock file from being written through.
const noFollow = unix.O_NOFOLLOW

// tryLock takes an exclusive lock on f, which the system drops when f is closed; held says that another has it.
func tryLock(f *os.File) (held bool, err error) {
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
