package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs the command line of the process and returns its exit code.
func Main() int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	f := systemFactory()
	return run(ctx, f, newRoot(f), os.Args[1:])
}

// interruptible returns a context that the first interrupt or termination
// signal cancels with the cause [errInterrupted]. The second one ends the
// process at once, as if nobody listened.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(errInterrupted)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(nil)
	}
}

// run executes one command line with the tree of f, prints its errors to stderr
// and returns the exit code.
func run(ctx context.Context, f *factory, root *cobra.Command, args []string) int {
	root.SetArgs(args)
	root.SetIn(f.in)
	root.SetOut(f.out)
	root.SetErr(f.errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !f.started {
		// Nothing ran, so cobra, a flag or the arguments refused the command line.
		err = (&UsageError{Err: err}).hint(cmd.CommandPath() + " --help shows how it works")
	}
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		// Whatever the interrupted work made of it, this is why it ended.
		err = errors.Join(errInterrupted, err)
	}
	report(f, err)
	return exitCode(err)
}
