package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// watchMemory looks how much memory a process has resident at most, in bytes, until
// done is closed; 0 where the system does not say, as Linux does in proc_pid_status(5).
// What it reports of a child that ended (getrusage(2)) begins with the memory of the
// program that started it, which here has whole cases in it.
func watchMemory(pid int, done <-chan struct{}) int64 {
	every := time.NewTicker(20 * time.Millisecond)
	defer every.Stop()
	var most int64
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err == nil {
			most = max(most, highWater(status))
		}
		select {
		case <-done:
			return most
		case <-every.C:
		}
	}
}

// highWater reads the line VmHWM, which is in kilobytes.
func highWater(status []byte) int64 {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if value, ok := bytes.CutPrefix(lines.Bytes(), []byte("VmHWM:")); ok {
			n, _ := strconv.ParseInt(string(bytes.TrimSpace(bytes.TrimSuffix(value, []byte("kB")))), 10, 64) // 0 when it is none
			return n << 10
		}
	}
	return 0
}
