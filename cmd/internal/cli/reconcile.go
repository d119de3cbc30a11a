package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/reconcile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type reconcileOptions struct {
	Case         caseOptions
	Only, Except []string
	FailOn       string
	All          bool
	Output       outputOptions
}

const reconcileLong = `reconcile checks the sources of a case against each other: calls that one log shows
and another should and does not, what they say differently about one call, and logs
that are not like themselves. What to expect it learns from the case: a log that never
shows denied calls is not missing one.

--only and --except choose checks: missing, holes, usage, claims, disagree, conflict,
repeated, skew, silence, regression.

Each result is a finding with its events. exhibit show and exhibit timeline take them.

`

func newReconcile(f *factory) *cobra.Command {
	var o reconcileOptions
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Check the sources against each other",
		Long:  reconcileLong + exitStatus(exitFindings),
		Example: `  # What does one log show that another does not
  $ exhibit reconcile

  # In a CI job
  $ exhibit reconcile --fail-on high -f json -o findings.json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReconcile(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	names := reconcile.Checks()
	cmd.Flags().Var(&alternatives{&o.Only, names}, "only", "only what has this `NAME`; repeatable")
	cmd.Flags().Var(&alternatives{&o.Except, names}, "except", "all but what has this `NAME`; repeatable")
	for _, name := range []string{"only", "except"} {
		// The flag was defined above, the only thing that can fail.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	}
	addFailOnFlag(cmd, &o.FailOn)
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runReconcile(ctx context.Context, f *factory, o reconcileOptions) error {
	var report *reconcile.Report
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		config := export.Config(c, map[string]any{"only": o.Only, "except": o.Except, "fail_on": o.FailOn, "all": o.All})
		return f.emit(o.Output, config, func(r *render.Renderer) (err error) {
			if report, err = reconcile.Run(ctx, c, reconcile.Options{Only: o.Only, Except: o.Except}); err != nil {
				return err
			}
			return writeReconcile(r, report, o)
		})
	})
	if err != nil {
		return err
	}
	return failOn(report.Findings, o.FailOn)
}

// writeReconcile writes what was found, the severest first, then what could not
// be known and what sources have as a habit. CSV holds the findings only.
func writeReconcile(r *render.Renderer, report *reconcile.Report, o reconcileOptions) error {
	text, csv := o.Output.Format == render.FormatText, o.Output.Format == render.FormatCSV
	if !csv {
		if err := r.Write(checksTable(report)); err != nil {
			return err
		}
	}
	if err := writeFindings(r, report.Findings, findingsOptions{text: text, csv: csv, all: o.All}); err != nil {
		return err
	}
	for _, note := range reconcileNotes(report) {
		if err := r.Write(render.Note{Level: render.LevelNote, Text: note}); err != nil {
			return err
		}
	}
	return nil
}

func checksTable(report *reconcile.Report) render.Table {
	t := render.Table{Name: "checks", Title: "Checks", Columns: []render.Column{
		{Name: "check"}, {Name: "compared", Kind: render.KindInt}, {Name: "of"}, {Name: "findings", Kind: render.KindInt}, {Name: "not_applicable", Kind: render.KindLong},
	}}
	for _, k := range report.Checks {
		var why any
		if k.NotApplicable != "" {
			why = k.NotApplicable
		}
		t.Rows = append(t.Rows, []any{k.Name, k.Compared, k.Noun, k.Findings, why})
	}
	return t
}

// reconcileNotes says what to do next, and the notes of the checks.
func reconcileNotes(report *reconcile.Report) []string {
	var notes []string
	if len(report.Findings) > 0 {
		notes = append(notes, "exhibit show EVENT shows a record in full, exhibit timeline EVENT what happened around it")
	} else {
		notes = append(notes, "the checks that could run found nothing")
	}
	for _, k := range report.Checks {
		for _, note := range k.Notes {
			notes = append(notes, k.Name+": "+note)
		}
	}
	return notes
}
