package casefile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// smallDisk mounts a file system of the given size in bytes, and returns what
// mounts it again with other options. Only root can do that.
func smallDisk(t *testing.T, size int) (string, func(flags uintptr, size int)) {
	t.Helper()
	dir := t.TempDir()
	options := func(size int) string { return fmt.Sprintf("size=%d", size) }
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options(size)); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, func(flags uintptr, size int) {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|flags, options(size)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFullDisk loads onto disks of many sizes.
func TestFullDisk(t *testing.T) {
	path, key := keyFile(t)
	traffic := drillEvidence(t, drill.Config{Calls: 600, Days: 1, Words: [2]int{10, 60}})
	disk, remount := smallDisk(t, 64<<20)
	failed := 0
	for i, size := range []int{16 << 10, 200 << 10, 500 << 10, 900 << 10, 1500 << 10, 2500 << 10, 4 << 20} {
		dir := filepath.Join(disk, fmt.Sprintf("%d.case", i))
		remount(0, size)
		out, err := childCommand(t, dir, path, traffic).CombinedOutput()
		what := fmt.Sprintf("disk of %d KiB", size>>10)
		if err != nil {
			failed++
			if !strings.Contains(strings.ToLower(string(out)), "no space left on device") {
				t.Errorf("%s: the error does not say why: %s", what, out)
			}
		}
		if Exists(dir) && ledgerBegun(t, dir) {
			mustBeClean(t, dir) // also while the disk is full
		}
		remount(0, 64<<20)
		expectRepair(t, what, dir, key, traffic)
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	if failed < 4 {
		t.Errorf("only %d loads failed: the disks are too large", failed)
	}
}

// TestFullDiskReplay records a cassette that does not fit on the disk. It stays
// where it was, the case is as it was, and with more room it is recorded.
func TestFullDiskReplay(t *testing.T) {
	key := testKey(t)
	disk, remount := smallDisk(t, 64<<20)
	dir := filepath.Join(disk, "x.case")
	copyCase(t, smallCase(t, key), dir)
	head := mustBeClean(t, dir).Ledger.Head
	s, err := StageReplay(stageOptions(dir, key))
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("0123456789abcde\n"), 1<<20)
	if err := os.WriteFile(s.Path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	remount(0, 24<<20)
	_, err = RecordReplay(t.Context(), replayOptions(dir, key, s.Path))
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("error %v", err)
	}
	if after := mustBeClean(t, dir).Ledger.Head; after != head {
		t.Errorf("an entry was written: %v", after)
	}
	remount(0, 64<<20)
	again, err := StageReplay(stageOptions(dir, key))
	if err != nil || !again.Resumes {
		t.Fatalf("%+v, %v", again, err)
	}
	r, err := RecordReplay(t.Context(), replayOptions(dir, key, again.Path))
	if err != nil || r.SHA256 != sumOf(text) {
		t.Fatalf("%+v, %v", r, err)
	}
	mustBeClean(t, dir)
}

// TestReadOnlyCase reads a case in every way from a file system that cannot be
// written to.
func TestReadOnlyCase(t *testing.T) {
	key := testKey(t)
	disk, remount := smallDisk(t, 64<<20)
	evidence := smallEvidence(t)
	dir := filepath.Join(disk, "x.case")
	mustLoad(t, dir, key, filepath.Join(evidence, "a"), filepath.Join(evidence, "c"))
	before := readTree(t, dir)
	remount(syscall.MS_RDONLY, 64<<20)
	defer remount(0, 64<<20)
	mustBeClean(t, dir)
	withCase(t, dir, func(c *Case) {
		if got := queryText(t, c, "select count(*) from events"); got == "0\n" {
			t.Error("no events")
		}
		id := strings.TrimSpace(queryText(t, c, "select event_id from events order by 1 limit 1"))
		if _, err := ProveEvent(t.Context(), dir, id); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	if err := Extract(t.Context(), dir, filepath.Join(evidence, "c", "trail.json"), &out); err != nil || out.Len() == 0 {
		t.Error(err)
	}
	for name, write := range map[string]func() error{
		"load": func() error {
			_, err := Load(context.Background(), loadOptions(dir, key, filepath.Join(evidence, "b")))
			return err
		},
		"rebuild": func() error { _, err := Rebuild(context.Background(), rebuildOptions(dir, key)); return err },
	} {
		if err := write(); err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !readTree(t, dir).equal(before) {
		t.Error("the case has changed")
	}
}
