package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// Main runs the command line of the process and returns its exit code.
func Main() int {
	ctx, stop := interruptible(context.Background())
	defer stop()
	return run(ctx, systemFactory(), os.Args[1:])
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

// run executes one command line, prints its errors to f.errOut and returns the
// exit code.
func run(ctx context.Context, f *factory, args []string) int {
	root := newRoot(f)
	root.SetArgs(args)
	root.SetIn(f.in)
	root.SetOut(f.out)
	root.SetErr(f.errOut)
	err := root.ExecuteContext(ctx)
	if err != nil && !f.started {
		// Nothing ran, so cobra or a flag refused the command line.
		err = asUsageError(err)
	}
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		// Whatever the interrupted work made of it, this is why it ended.
		err = errors.Join(errInterrupted, err)
	}
	report(f, err)
	return exitCode(err)
}
