//go:build unix

package run

import (
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// childLimit names the environment variable that limits the size of the files
// a helper process can write, in bytes: writing more fails, as on a full disk.
const childLimit = "EXHIBIT_TEST_FSIZE"

// TestLimitedChild is what a helper process on a full disk runs: its run must
// fail, and say why.
func TestLimitedChild(t *testing.T) {
	limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 63)
	if err != nil {
		return // not a helper process
	}
	signal.Ignore(syscall.SIGXFSZ) // then the write returns an error
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
		t.Fatal(err)
	}
	s := newSettingAt(t, os.Getenv(childRun))
	s.options.Concurrency = 8
	r, err := s.run()
	if err == nil || !strings.Contains(err.Error(), "file too large") || r.Stopped != "what came could not be kept" {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestFullDisk lets the cassette run out of room. What is there must be read,
// and be gone on with when there is room again, without repeating what is
// finished.
func TestFullDisk(t *testing.T) {
	server := newStub(t, func(w http.ResponseWriter, _ *http.Request, _ string, _ int) { zeros(w, 5000) })
	p := testPlan(server.URL, 100)
	s := newSetting(t, p)
	info, err := os.Stat(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []int64{30_000, 150_000} {
		cmd := childCommand(t, s.path, "^TestLimitedChild$")
		cmd.Env = append(cmd.Env, childLimit+"="+strconv.FormatInt(info.Size()+more, 10))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%d bytes more: %v: %s", more, err, out)
		}
		sum := s.read().Summary()
		t.Logf("%d bytes more: %d of %d finished", more, sum.Requests-sum.Unfinished, sum.Requests)
		if sum.Unfinished == 0 || sum.Requests-sum.Unfinished < more/10_000 {
			t.Errorf("%d bytes more: %+v", more, sum)
		}
	}
	before := s.read()
	asks := server.asks(p)
	if r := s.mustRun(); r.Left != 0 {
		t.Errorf("%+v", r)
	}
	for i, n := range server.asks(p) {
		if before.Finished(p.Requests[i].ID) && n != asks[i] {
			t.Errorf("%s was finished and asked again", p.Requests[i].ID)
		}
	}
}
