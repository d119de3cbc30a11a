package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// testFactory is a factory without terminal, environment or real clock.
func testFactory() (f *factory, out, errOut *bytes.Buffer) {
	out, errOut = &bytes.Buffer{}, &bytes.Buffer{}
	return &factory{
		in:     strings.NewReader(""),
		out:    out,
		errOut: errOut,
		width:  func() int { return 0 },
		env:    func(string) string { return "" },
		now:    func() time.Time { return time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC) },
		build:  func() buildInfo { return buildInfo{Version: "v1.2.3", Go: "go1.26.0", Platform: "any/any"} },
		status: &statusLine{w: errOut},
	}, out, errOut
}

func TestRun(t *testing.T) {
	partial, findings, verify := &PartialError{3, 0}, &FindingsError{1, "high"}, &VerifyError{2}
	broken := errors.New("reading a\x1b[2J.log: broken")
	tests := []struct {
		name        string
		err         error
		interrupted bool
		code        int
		stderr      string
	}{
		{"done", nil, false, 0, ""},
		{"done although interrupted", nil, true, 0, ""},
		{"error", broken, false, 1, "exhibit: reading a\\x1b[2J.log: broken\n"},
		{"hint", &HintError{broken, []string{"mend it"}}, false, 1, "exhibit: reading a\\x1b[2J.log: broken\nexhibit: hint: mend it\n"},
		{"usage", usagef("no").hint("a", "b"), false, 2, "exhibit: no\nexhibit: hint: a\nexhibit: hint: b\n"},
		{"findings", findings, false, 3, "exhibit: 1 finding at or above high\n"},
		{"verify", verify, false, 4, "exhibit: evidence does not verify: 2 problems\n"},
		{"partial", partial, false, 5, "exhibit: partial: 3 records unreadable, 0 allowed\n"},
		{
			"findings before partial", errors.Join(partial, findings), false, 3,
			"exhibit: partial: 3 records unreadable, 0 allowed\nexhibit: 1 finding at or above high\n",
		},
		{
			"error before findings", errors.Join(findings, errors.Join(partial, broken)), false, 1,
			"exhibit: 1 finding at or above high\nexhibit: partial: 3 records unreadable, 0 allowed\nexhibit: reading a\\x1b[2J.log: broken\n",
		},
		{"verify before error", errors.Join(broken, verify), false, 4, "exhibit: reading a\\x1b[2J.log: broken\nexhibit: evidence does not verify: 2 problems\n"},
		{"cancelled", context.Canceled, true, 130, "exhibit: interrupted\n"},
		{"stopped by the engine", broken, true, 130, "exhibit: interrupted\nexhibit: reading a\\x1b[2J.log: broken\n"},
		{"cancelled by itself", context.Canceled, false, 1, "exhibit: context canceled\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, _, errOut := testFactory()
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			root := newRoot(f)
			root.AddCommand(&cobra.Command{Use: "try", RunE: func(*cobra.Command, []string) error {
				f.started = true
				if tt.interrupted {
					cancel(errInterrupted)
				}
				return tt.err
			}})
			if code := run(ctx, f, root, []string{"try"}); code != tt.code || errOut.String() != tt.stderr {
				t.Errorf("code %d, stderr:\n%swant %d:\n%s", code, errOut, tt.code, tt.stderr)
			}
		})
	}
}

// TestSignals sends real signals to a process: the first ends the work in
// order, the second ends the process.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED HERE: a process on Windows cannot be sent an interrupt alone")
	}
	tests := []struct {
		name    string
		args    []string
		signals []os.Signal
		code    int // -1: killed by the signal
	}{
		{"interrupt", []string{"wait"}, []os.Signal{os.Interrupt}, 130},
		{"termination", []string{"wait"}, []os.Signal{syscall.SIGTERM}, 130},
		{"twice", []string{"wait", "deaf"}, []os.Signal{os.Interrupt, os.Interrupt}, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "exhibit-wait", tt.args...)
			stderr, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(stderr)
			for _, s := range tt.signals {
				if _, err := lines.ReadString('\n'); err != nil {
					t.Fatalf("waiting for the process: %v", err)
				}
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
			}
			rest, _ := io.ReadAll(lines) // the exit code tells
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d; stderr: %s", code, tt.code, rest)
			}
		})
	}
}
