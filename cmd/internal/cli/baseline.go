package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/baseline/observe"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

const baselineLong = `A baseline is a file that says what was normal in a span of logs: for each actor,
credential, model and application how much it called in which hours of the week, how that
scatters, and which models, networks, clients, regions, operations, destinations and
countries it used; on which days each actor was there, what it looked at among models, and
how many conversations were refused. It holds names, numbers and days and no text that was
said. Keep it in a repository: the same logs give the same bytes.

exhibit analyze --baseline holds a case against one. What an intruder did in the span of a
baseline is normal afterwards: save it from logs that somebody has looked at.

`

func newBaseline(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline COMMAND",
		Short: "Keep what is normal in a file, and compare",
		Long:  baselineLong + exitStatus(),
		Example: `  # Keep what was normal in January, and hold February against it
  $ exhibit baseline save --case january.case -o baseline.json
  $ exhibit analyze --case february.case --baseline baseline.json

  # What changed from one month to the next
  $ exhibit baseline diff january.json february.json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newBaselineSave(f), newBaselineShow(f), newBaselineDiff(f))
	return cmd
}

// readBaseline reads the text of a baseline, and the baseline.
func readBaseline(path string) (*baseline.Baseline, []byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the baseline: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, baseline.MaxSize+1)) // package baseline says what is too much
	if err != nil {
		return nil, nil, fmt.Errorf("reading the baseline: %w", err)
	}
	b, err := baseline.Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return b, text, nil
}

const baselineSaveLong = `baseline save writes what was normal in a case, or between --from and --to of it. Of each
kind the 2000 subjects with the most calls have a place, and of each of their attributes
the 200 values with the most calls; of the others it says how many there are. Hours and
days are those of UTC; hours of the week count from Monday. Texts are read for what was
refused, unless analyze has read them before.

`

type baselineSaveOptions struct {
	Case   caseOptions
	Range  rangeOptions
	Output outputOptions
}

func newBaselineSave(f *factory) *cobra.Command {
	var o baselineSaveOptions
	cmd := &cobra.Command{
		Use:   "save",
		Short: "Write what was normal to a file",
		Long:  baselineSaveLong + exitStatus(),
		Example: `  # All of a case
  $ exhibit baseline save --case january.case -o baseline.json

  # Only what was before an incident
  $ exhibit baseline save --to 2026-03-01T00:00:00Z -o baseline.json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runBaselineSave(cmd, f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addRangeFlags(cmd, &o.Range)
	addZoneFlag(cmd, &o.Output.Zone)
	addFileFlags(cmd, &o.Output)
	return cmd
}

func runBaselineSave(cmd *cobra.Command, f *factory, o baselineSaveOptions) error {
	if err := o.Range.check(o.Output.Zone); err != nil {
		return err
	}
	ctx := cmd.Context()
	var b *baseline.Baseline
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) (err error) {
		oo := observe.Options{Tool: "exhibit " + f.build().Version, Threads: o.Case.Resources.Threads, Progress: &analyze.Progress{}}
		if oo.From, oo.To, err = resolveRangeBy(ctx, c, o.Range, casefile.ClockCorrected, o.Output.Zone); err != nil {
			return err
		}
		p := f.watchAnalysis(oo.Progress)
		defer p.Stop()
		b, err = observe.Read(ctx, c, oo)
		return err
	})
	if err != nil {
		return err
	}
	text, err := baseline.Encode(b)
	if err != nil {
		return err
	}
	if len(text) > baseline.MaxSize {
		return fmt.Errorf("writing the baseline: it has more than %d bytes; save one of a shorter span, with --from", baseline.MaxSize)
	}
	if err := f.writeText(o.Output, text); err != nil {
		return err
	}
	f.note(fmt.Sprintf("%s on %s, from %s to %s", plural(b.Calls, "call"), plural(b.Days, "day"), minute(b.First), minute(b.Last)))
	if !o.Output.toStdout() {
		f.note("exhibit baseline show " + shellWord(o.Output.File) + " says what is in it; exhibit analyze --baseline " + shellWord(o.Output.File) + " uses it")
	}
	return nil
}

// minute shows a time to the minute.
func minute(t baseline.Instant) string { return t.Time().Format("2006-01-02 15:04 UTC") }
