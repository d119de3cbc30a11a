//go:build unix

package casefile

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A named pipe, a socket and a device are refused, not opened: that would wait
// for a writer for ever, or never end.
func TestPipeIsNotOpened(t *testing.T) {
	folder := t.TempDir()
	pipe, socket := filepath.Join(folder, "pipe.jsonl"), filepath.Join(t.TempDir(), "s")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Close(fd) }()
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: socket}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{pipe, folder, socket, filepath.Dir(socket), "/dev/zero"} {
		r := mustLoad(t, filepath.Join(t.TempDir(), "p.case"), testKey(t), path)
		if len(r.Items) != 1 || r.Items[0].Status != StatusUnreadable || r.Items[0].Note != errNotRegular.Error() {
			t.Errorf("loading %s: %+v", path, r.Items)
		}
	}
}

// Links in a folder are listed, also those that lead in circles; a circle that
// is named is an error.
func TestLinkLoops(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.jsonl"), []byte(plainLine), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{"up": "..", "self": "self", "broken": "nowhere", "z.jsonl": "a.jsonl"} {
		if err := os.Symlink(to, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := mustLoad(t, filepath.Join(t.TempDir(), "x.case"), testKey(t), folder)
	if len(r.Items) != 5 || r.Items[0].Status != StatusLoaded {
		t.Errorf("items %q", listItems(r.Items, folder))
	}
	for _, it := range r.Items[1:] {
		if it.Note != errNotFollowed.Error() {
			t.Errorf("%s: %s", it.Path, it.Note)
		}
	}
	_, err := Load(t.Context(), loadOptions(filepath.Join(t.TempDir(), "x.case"), testKey(t), filepath.Join(folder, "self")))
	if err == nil || !strings.Contains(err.Error(), "finding evidence") {
		t.Errorf("a link to itself: %v", err)
	}
}

// asNobody gives the process, when root runs it, the rights of another user
// until the test ends: root may read every file. The test must not run beside
// others.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	if os.Geteuid() != 0 {
		return
	}
	if err := syscall.Setreuid(-1, nobody); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: root may read every file, and cannot be another user here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Setreuid(-1, 0); err != nil {
			t.Fatalf("taking the rights of root again: %v", err)
		}
	})
	folder, err := os.MkdirTemp("", "nobody-*")
	if err != nil {
		t.Skipf("SKIPPED, NOT PASSED: other users than root may not write to the temporary folder: %v", err)
	}
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
}

// What may not be read is listed with the reason, and hides nothing else.
func TestUnreadableFile(t *testing.T) {
	asNobody(t)
	folder := t.TempDir()
	for name, mode := range map[string]os.FileMode{"a.jsonl": 0o600, "b.jsonl": 0} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(plainLine), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "c"), 0); err != nil {
		t.Fatal(err)
	}
	r := mustLoad(t, filepath.Join(t.TempDir(), "x.case"), testKey(t), folder)
	got := listItems(r.Items, folder)
	if len(got) != 3 || !strings.HasPrefix(got[0], "loaded a.jsonl") || !strings.Contains(got[1], "permission denied") || !strings.Contains(got[2], "permission denied") {
		t.Errorf("items %q", got)
	}
}
