package cli

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/replay/replaytest"
)

var update = flag.Bool("update", false, "write the expected output in testdata/script anew")

// TestMain lets tests run this test binary as the program: as exhibit in
// scripts and in the blocks of the README, and as exhibit-wait, which has a
// command that waits for an interrupt.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"exhibit":      func() { os.Exit(Main()) },
		"exhibit-wait": func() { os.Exit(waitMain()) },
	})
}

// waitMain is Main with one more command, wait, that says when it is ready and
// ends when it is interrupted. With an argument it does not listen.
func waitMain() int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	f := systemFactory()
	root := newRoot(f)
	root.AddCommand(&cobra.Command{Use: "wait", RunE: func(cmd *cobra.Command, args []string) error {
		f.started = true
		f.say("ready")
		<-cmd.Context().Done()
		f.say("stopping")
		if len(args) > 0 {
			select {}
		}
		return cmd.Context().Err()
	}})
	return run(ctx, f, root, os.Args[1:])
}

// TestScripts runs testdata/script/*.txtar. Beside the usual commands there is
//
//	exits CODE COMMAND [ARG...]
//
// which runs a command and wants that exit code, and [flip], [pack], [digests],
// [say], [serve] and [seen].
func TestScripts(t *testing.T) {
	dir, files := filepath.Join("..", "..", "..", "testdata", "script"), []string(nil)
	if testing.Short() { // for the race detector: the commands that start goroutines
		for _, name := range []string{"analyze", "demo", "drill", "load", "load_archives", "replay_send", "replay_session", "rules", "suite_judge", "verify_cloudtrail", "verify_tamper"} {
			files = append(files, filepath.Join(dir, name+".txtar"))
		}
		dir = ""
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("USERPROFILE", home)
			env.Setenv("EXHIBIT_KEY", filepath.Join(home, "key"))
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Values[serversKey{}] = map[string]*replaytest.Server{}
			return os.Mkdir(home, 0o700)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "flip": flip, "pack": pack, "digests": digests(t), "say": say, "serve": serve, "seen": seen},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("running %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%v exited with %d, want %d", args[1:], got, want)
	}
}
