//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// maxMemory is the most memory that a process had in use, in bytes.
func maxMemory(s *os.ProcessState) int64 {
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	most := int64(u.Maxrss) //nolint:unconvert // it has 32 bits where words have
	if runtime.GOOS != "darwin" {
		most <<= 10 // getrusage(2): kilobytes, of macOS bytes
	}
	return most
}
