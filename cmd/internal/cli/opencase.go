package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// caseOptions say which case a command reads, and with what.
type caseOptions struct {
	Case      string
	Resources resourceOptions
}

func addCaseFlags(cmd *cobra.Command, o *caseOptions) {
	addCaseFlag(cmd, &o.Case)
	addResourceFlags(cmd, &o.Resources)
}

// readCase opens the case of the flags, hands it to read and closes it.
func (f *factory) readCase(ctx context.Context, o caseOptions, read func(*casefile.Case) error) error {
	return f.withCase(ctx, o, false, read)
}

// lookUp is readCase for commands that look up single events: it is fast in a
// case of any size, and has no views.
func (f *factory) lookUp(ctx context.Context, o caseOptions, read func(*casefile.Case) error) error {
	return f.withCase(ctx, o, true, read)
}

func (f *factory) withCase(ctx context.Context, o caseOptions, lookup bool, read func(*casefile.Case) error) error {
	path, err := f.casePath(o.Case)
	if err != nil {
		return err
	}
	c, err := casefile.Open(ctx, path, casefile.OpenOptions{Threads: o.Resources.Threads, Memory: o.Resources.Memory, Lookup: lookup})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return &HintError{Err: err, Hints: []string{"exhibit load PATH... loads evidence into it"}}
	}
	if err != nil {
		return err
	}
	err = read(c)
	if closed := c.Close(); err == nil {
		err = closed // a first error says more
	}
	return err
}

// resolveRange turns --from and --to into instants by what the case holds.
func resolveRange(ctx context.Context, c *casefile.Case, o rangeOptions, zone *time.Location) (from, to time.Time, err error) {
	return resolveRangeBy(ctx, c, o, casefile.ClockLogged, zone)
}

// resolveRangeBy is resolveRange where spans count back from the newest time by
// a clock.
func resolveRangeBy(ctx context.Context, c *casefile.Case, o rangeOptions, clock casefile.Clock, zone *time.Location) (from, to time.Time, err error) {
	var newest time.Time
	if o.relative() {
		if newest, err = c.NewestBy(ctx, clock); err != nil {
			return from, to, err
		}
	}
	return o.resolve(newest, zone)
}

// orNull turns what is not there into NULL.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
