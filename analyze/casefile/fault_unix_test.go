//go:build unix

package casefile

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// childLimit names the environment variable that limits the size of the files
// a helper process can write, in bytes.
const childLimit = "EXHIBIT_TEST_FSIZE"

// limitFileSize makes writing beyond the limit fail, as on a full disk.
func limitFileSize(t *testing.T) {
	n, err := strconv.ParseUint(os.Getenv(childLimit), 10, 63)
	if err != nil {
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // then the write returns an error
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		t.Fatal(err)
	}
}

// TestFileSizeLimit lets writes fail at many sizes of file: segments, the
// derived database and the ledger in turn.
func TestFileSizeLimit(t *testing.T) {
	path, key := keyFile(t)
	small := smallEvidence(t)
	traffic := drillEvidence(t, drill.Config{Calls: 600, Days: 1, Words: [2]int{10, 60}})
	base := filepath.Join(t.TempDir(), "base.case")
	mustLoad(t, base, key, small)
	whole := filepath.Join(t.TempDir(), "whole.case")
	copyCase(t, base, whole)
	mustLoad(t, whole, key, traffic)
	want, failed := readTruth(t, whole), 0
	for _, limit := range []int{1500, 40_000, 400_000} {
		for _, fresh := range []bool{true, false} {
			dir := filepath.Join(t.TempDir(), "x.case")
			if !fresh {
				copyCase(t, base, dir)
			}
			cmd := childCommand(t, dir, path, traffic)
			cmd.Env = append(cmd.Env, childLimit+"="+strconv.Itoa(limit))
			out, err := cmd.CombinedOutput()
			what := fmt.Sprintf("limit %d, new case %v", limit, fresh)
			if err != nil {
				failed++
				if !strings.Contains(string(out), "file too large") && !strings.Contains(string(out), "File too large") && !strings.Contains(string(out), "Could not write") {
					t.Errorf("%s: the error does not say why: %s", what, out)
				}
			}
			expectRepair(t, what, dir, key, traffic)
			if !fresh && !readTruth(t, dir).equal(want) {
				t.Errorf("%s: other segments than without the fault", what)
			}
		}
	}
	if failed < 3 {
		t.Errorf("only %d loads failed: the limits are too high", failed)
	}
}

// expectRepair expects that what a failed load left is a valid case or none,
// and that loading again finishes the job.
func expectRepair(t *testing.T, what, dir string, key *ledger.Key, paths ...string) {
	t.Helper()
	if Exists(dir) && ledgerBegun(t, dir) {
		for _, p := range mustVerify(t, dir, VerifyOptions{}).Problems {
			t.Errorf("%s: after the fault: %v", what, p)
		}
	}
	if _, err := Load(t.Context(), loadOptions(dir, key, paths...)); err != nil {
		t.Errorf("%s: loading again: %v", what, err)
		return
	}
	for _, p := range mustVerify(t, dir, VerifyOptions{}).Problems {
		t.Errorf("%s: after loading again: %v", what, p)
	}
}
