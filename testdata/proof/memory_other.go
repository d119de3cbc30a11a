//go:build !unix

package main

import "os"

// maxMemory is 0: the system does not say.
func maxMemory(*os.ProcessState) int64 { return 0 }
