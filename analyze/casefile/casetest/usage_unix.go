//go:build unix

package casetest

import (
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Usage returns the processor time that the process took so far, of itself and of
// the system for it, and the most memory that it held, in bytes.
func Usage(t testing.TB) (cpu time.Duration, memory int64) {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	unit := int64(1024) // getrusage(2) of Linux and the BSDs
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), int64(u.Maxrss) * unit //nolint:unconvert // of 32 bits on some
}
