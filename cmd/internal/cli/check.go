package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type checkOptions struct {
	Load         loadOptions
	Look         analyzeFlags
	SARIF, JUnit string // files
	Keep         string // folder of the case
	All          bool
	Output       outputOptions
}

const checkLong = `check does in one go what a CI job needs: it takes logs into a case of their own, holds
them against each other, looks for what exhibit analyze finds, prints a summary, writes
SARIF and JUnit XML where asked to, and removes the case again. --keep keeps it.

Without --keep the case is signed with a key of its own, which is removed with it.

A record that cannot be read ends the command with code 5, if there are more of them than
--allow-unparsed; evidence that is not what --hashes says with code 4; findings of the
severity of --fail-on or a higher one with code 3. What --suppress names does not count.

`

func newCheck(f *factory) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check PATH...",
		Short: "Load, reconcile and analyze in one go, for CI",
		Long:  checkLong + exitStatus(exitFindings, exitVerify, exitPartial),
		Example: `  # Fail a job on what is serious
  $ exhibit check logs/ --fail-on high --sarif exhibit.sarif --junit exhibit.xml

  # What is known is in a committed file
  $ exhibit check logs/ --suppress .exhibit/suppressions.yml --fail-on medium

  # Look at what it found afterwards
  $ exhibit check logs/ --keep ci.case`,
		Args: someArgs("PATH..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Load.Paths = args
			return runCheck(cmd.Context(), f, o)
		},
	}
	addSourceFlags(cmd, &o.Load)
	addAnalyzeFlags(cmd, &o.Look)
	flags := cmd.Flags()
	flags.Var((*wholeValue)(&o.Load.AllowUnparsed), "allow-unparsed", "records that may be unreadable without code 5")
	flags.StringVar(&o.SARIF, "sarif", "", "write the findings as SARIF 2.1.0 to this `FILE` too")
	flags.StringVar(&o.JUnit, "junit", "", "write the findings as JUnit XML to this `FILE` too")
	flags.StringVar(&o.Keep, "keep", "", "keep the case in this new folder (`DIR`)")
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addResourceFlags(cmd, &o.Load.Resources)
	addTempFlag(cmd, &o.Load.Temp)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runCheck(ctx context.Context, f *factory, o checkOptions) (err error) {
	look, err := o.Look.prepare(f)
	if err != nil {
		return err
	}
	look.Threads = o.Load.Resources.Threads
	if o.Keep != "" {
		if _, err := os.Lstat(o.Keep); err == nil {
			return usagef("%s exists: --keep is for a new folder", o.Keep)
		}
	}
	work, err := os.MkdirTemp(o.Load.Temp, "exhibit-check-*")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	lo, err := f.checkCase(&o, work)
	if err != nil {
		return err
	}
	var faults error
	err = f.emit(o.Output, o.config(), func(r *render.Renderer) (err error) {
		faults, err = f.check(ctx, r, &o, lo, look)
		return err
	})
	if err != nil {
		return f.loadProblem(err)
	}
	return faults
}

// checkCase says how to make the case: in the temporary folder with a key of its
// own, or the one that is kept, with the examiner's.
func (f *factory) checkCase(o *checkOptions, work string) (*casefile.LoadOptions, error) {
	if o.Keep != "" {
		return f.loadOptions(o.Keep, &o.Load)
	}
	lo, err := f.loadSettings(filepath.Join(work, "check"+caseSuffix), &o.Load)
	if err != nil {
		return nil, err
	}
	lo.Key, err = ledger.CreateKey(filepath.Join(work, "check.key"), "check")
	return lo, err
}

// config opens the stream. The case that is removed again is not named.
func (o *checkOptions) config() render.Config {
	params := o.Look.params()
	params["paths"], params["sarif"], params["junit"] = o.Load.Paths, o.SARIF, o.JUnit
	for name, value := range loadParams(o.Load) {
		params[name] = value
	}
	return render.Config{Case: o.Keep, Params: export.Given(params)}
}

// check loads and analyzes. faults are what was wrong with the evidence, and the
// findings that --fail-on is about: they take no output away.
func (f *factory) check(ctx context.Context, r *render.Renderer, o *checkOptions, lo *casefile.LoadOptions, look *assessment.Options) (faults, err error) {
	loaded, err := f.load(ctx, lo)
	if err != nil {
		return nil, err
	}
	faults = loadFaults(&o.Load, loaded)
	c, err := casefile.Open(ctx, lo.Dir, casefile.OpenOptions{Threads: lo.Threads, Memory: lo.Memory, Temp: lo.Temp})
	if errors.Is(err, casefile.ErrEmptyCase) {
		return errors.Join(faults, errors.New("nothing to check: no event was loaded")), nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	report, err := f.assess(ctx, c, look, o.Load.Resources.Memory)
	if err != nil {
		return nil, err
	}
	text, csv := o.Output.Format == render.FormatText, o.Output.Format == render.FormatCSV
	if !csv {
		counts, err := c.CountLoad(ctx, loaded.Segments)
		if err != nil {
			return nil, err
		}
		for _, m := range sourceMessages(loaded, counts) {
			if err := r.Write(m); err != nil {
				return nil, err
			}
		}
	}
	if err := writeAnalysis(r, report, findingsOptions{policy: look.Policy, text: text, csv: csv, all: o.All, detail: f.verbose, based: look.Baseline != nil}); err != nil {
		return nil, err
	}
	if err := f.writeCheckFiles(ctx, c, o, report); err != nil {
		return nil, err
	}
	if o.Keep != "" {
		ao := analyzeOptions{Case: caseOptions{Case: o.Keep, Resources: o.Load.Resources}, Look: o.Look, Temp: o.Load.Temp}
		said, err := f.recordAnalysis(ctx, c, &ao, report)
		if err != nil {
			return nil, err
		}
		if err := r.Write(said); err != nil {
			return nil, err
		}
	}
	return errors.Join(faults, failOn(report.Findings, o.Look.FailOn)), nil
}

// writeCheckFiles writes --sarif and --junit.
func (f *factory) writeCheckFiles(ctx context.Context, c *casefile.Case, o *checkOptions, report *assessment.Report) error {
	if o.SARIF == "" && o.JUnit == "" {
		return nil
	}
	out, err := f.newFindingReport(ctx, c, report.Findings, report.Detectors, o.Look.FailOn)
	if err != nil {
		return err
	}
	if o.Keep == "" {
		out.Case, out.Head = "", "" // which are gone, and others in each run
	}
	for _, x := range []struct{ file, format string }{{o.SARIF, render.FormatSARIF}, {o.JUnit, render.FormatJUnit}} {
		if x.file == "" {
			continue
		}
		if err := f.exportFindings(outputOptions{Format: x.format, File: x.file, Force: o.Output.Force}, out); err != nil {
			return err
		}
	}
	return nil
}
