//go:build unix

package casefile

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A named pipe is refused, not opened: that would wait for a writer for ever.
func TestPipeIsNotOpened(t *testing.T) {
	folder := t.TempDir()
	pipe := filepath.Join(folder, "pipe.jsonl")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, folder} {
		r := mustLoad(t, filepath.Join(t.TempDir(), "p.case"), testKey(t), path)
		if len(r.Items) != 1 || r.Items[0].Status != StatusUnreadable || r.Items[0].Note != errNotRegular.Error() {
			t.Errorf("loading %s: %+v", path, r.Items)
		}
	}
}
