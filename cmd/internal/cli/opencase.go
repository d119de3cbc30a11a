package cli

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
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

// caseConfig opens the stream of what a command found in a case. Parameters
// that are nil, empty or false were not given.
func caseConfig(c *casefile.Case, params map[string]any) render.Config {
	return render.Config{Case: c.Dir, Head: c.Head().String(), Params: given(params)}
}

// given are the parameters that were given.
func given(params map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range params {
		switch v := v.(type) {
		case nil:
		case string:
			if v != "" {
				out[name] = v
			}
		case bool:
			if v {
				out[name] = v
			}
		case int:
			if v != 0 {
				out[name] = v
			}
		case []string:
			if len(v) > 0 {
				out[name] = v
			}
		case time.Time:
			if !v.IsZero() {
				out[name] = render.Stamp{Micros: v.UnixMicro()}.Format(time.UTC)
			}
		default:
			out[name] = v
		}
	}
	return out
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

// stampOf shows the first or last of many instants, which may be of logs of
// different precision, with the digits that it needs; nil is NULL.
func stampOf(t *time.Time) any {
	if t == nil {
		return nil
	}
	s := render.Stamp{Micros: t.UnixMicro(), Precision: formats.PrecisionUS}
	switch {
	case s.Micros%1e6 == 0:
		s.Precision = formats.PrecisionS
	case s.Micros%1e3 == 0:
		s.Precision = formats.PrecisionMS
	}
	return s
}

// orNull turns what is not there into NULL.
func orNull[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
