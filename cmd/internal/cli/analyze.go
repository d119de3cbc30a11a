package cli

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type analyzeOptions struct {
	Case          caseOptions
	Look          analyzeFlags
	List          bool
	NoRecord, All bool
	Again         bool
	Temp          string
	Output        outputOptions
}

const analyzeLong = `analyze looks for what a responder should see: each detector compares calls, acts and
texts with what is normal in the case, the checks of exhibit reconcile hold the logs
against each other, Sigma rules (exhibit rules) look for what is known to be bad, and
findings of one actor that follow each other become one story.

The severest comes first, then what is least likely to be chance. A finding names its
events and numbers, what else could explain it, and what to do. A detector that the case
cannot answer says what is missing.

--fail-on does not count what is suppressed or closed.

--list shows all detectors. --only and --except choose some of them; what one finds does
not depend on that: where one makes tests, all that do make theirs, over which its q is
reckoned. --severity changes how severe its findings are. --suppress
takes a YAML file of findings that need no action: they stay, are marked and counted.
--rules adds a folder of Sigma rules to the built-in ones; the case keeps them.

--policy takes who may do what (exhibit policy init writes one): what is against it is
found, its thresholds and severities are used (--severity is stronger), and text shows
what it says to do. The case keeps the file.

--baseline takes what was normal before (exhibit baseline save writes it): models, clients
and destinations of tools in it are not new, and hours with no more calls, tokens or cost
than the most in the same hour of its weeks are not much, nor odd at that time. What an
actor looked at among models, how much was refused, and on which days who was there stand
before what the case shows of it. The detectors that use it are named. The case keeps the
file.

What was found is kept in the case, with an entry in the ledger, and replaces what the
last run found: exhibit findings lists it, exhibit finding triage says what became of it.
What texts show is kept too, by their hashes: the next run reads new texts only, and
exhibit rebuild removes it. Where nothing changed since the last run, neither the case nor
the program nor what it was told, that run is shown again, for another would find the
same; --again looks anew, and so does --suppress, whose entries expire.
A case that cannot be written to is analyzed all the same; --no-record only prints.

Text shows stories and the findings outside of them; --all also shows their parts, what
is suppressed, and every event.

`

func newAnalyze(f *factory) *cobra.Command {
	var o analyzeOptions
	cmd := &cobra.Command{
		Use:   "analyze",
		Short: "Find what a responder should look at",
		Long:  analyzeLong + exitStatus(exitFindings),
		Example: `  # What happened here
  $ exhibit analyze

  # In a CI job, for a code scanner
  $ exhibit analyze --fail-on high -f sarif -o findings.sarif

  # Which detectors there are
  $ exhibit analyze --list`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAnalyze(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addAnalyzeFlags(cmd, &o.Look)
	cmd.Flags().BoolVar(&o.List, "list", false, "list the detectors and do nothing else")
	cmd.Flags().BoolVar(&o.Again, "again", false, "look anew although nothing changed since the last run")
	cmd.Flags().BoolVar(&o.NoRecord, "no-record", false, "only print: nothing is kept in the case")
	addAllFlag(cmd, &o.All)
	addTempFlag(cmd, &o.Temp)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.FindingFormats()...)
	return cmd
}

func (o *analyzeOptions) check() error {
	if o.List && forPrograms(o.Output.Format) {
		return usagef("--list is written as %s", strings.Join(render.Formats(), ", "))
	}
	return nil
}

func runAnalyze(ctx context.Context, f *factory, o analyzeOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.List {
		return listDetectors(f, o.Output)
	}
	look, err := o.Look.prepare(f)
	if err != nil {
		return err
	}
	look.Threads = o.Case.Resources.Threads
	var report *assessment.Report
	var recording error
	var judged map[string]casefile.FindingState
	err = f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		if forPrograms(o.Output.Format) {
			if report, err = f.lookAt(ctx, c, &o, look); err != nil {
				return err
			}
			judged = c.Judged()
			recording, err = f.exportAnalysis(ctx, c, &o, report)
			return err
		}
		params := o.Look.params()
		params["all"] = o.All
		return f.emit(o.Output, export.Config(c, params), func(r *render.Renderer) (err error) {
			if report, err = f.lookAt(ctx, c, &o, look); err != nil {
				return err
			}
			judged = c.Judged()
			options := findingsOptions{policy: look.Policy, text: o.Output.Format == render.FormatText, csv: o.Output.Format == render.FormatCSV, all: o.All, detail: f.verbose, based: look.Baseline != nil, judged: judged}
			if err := writeAnalysis(r, report, options); err != nil || o.NoRecord && !report.Kept {
				return err
			}
			var said render.Note
			said, recording = f.recordAnalysis(ctx, c, &o, report)
			return r.Write(said)
		})
	})
	if err != nil {
		return err
	}
	return errors.Join(recording, failOn(unsettled(report.Findings, judged), o.Look.FailOn))
}

// lookAt looks for everything that is chosen, or reads what the last run found
// where another would find the same.
func (f *factory) lookAt(ctx context.Context, c *casefile.Case, o *analyzeOptions, look *assessment.Options) (*assessment.Report, error) {
	if !o.Again && look.Suppress == nil {
		same, err := c.Analyzed(o.analysis())
		if err != nil {
			return nil, err
		}
		if same {
			return assessment.Last(ctx, c, look)
		}
	}
	return f.assess(ctx, c, look, o.Case.Resources.Memory)
}

// assess looks for everything that is chosen within a budget of memory, and shows how far
// it is.
func (f *factory) assess(ctx context.Context, c *casefile.Case, look *assessment.Options, memory int64) (*assessment.Report, error) {
	// Beside DuckDB a fifth of the budget is enough when the collector works harder:
	// to read the texts of a million calls took 165 MB more without, and no less time.
	debug.SetMemoryLimit(memory / 5)
	look.Progress = &analyze.Progress{}
	p := f.watchAnalysis(look.Progress)
	defer p.Stop()
	return assessment.Run(ctx, c, *look)
}

// exportAnalysis writes what was found for another program, and keeps it in the
// case.
func (f *factory) exportAnalysis(ctx context.Context, c *casefile.Case, o *analyzeOptions, report *assessment.Report) (recording, err error) {
	out, err := f.newFindingReport(ctx, c, report.Findings, report.Detectors, o.Look.FailOn)
	if err != nil {
		return nil, err
	}
	if err := f.exportFindings(o.Output, out); err != nil || o.NoRecord && !report.Kept {
		return nil, err
	}
	said, recording := f.recordAnalysis(ctx, c, o, report)
	f.note(said.Text)
	return recording, nil
}

// listDetectors lists what can be looked for.
func listDetectors(f *factory, o outputOptions) error {
	all, err := assessment.All()
	if err != nil {
		return err
	}
	t := render.Table{Name: "detectors", Title: "Detectors", Columns: []render.Column{
		{Name: "id"}, {Name: "version", Kind: render.KindInt}, {Name: "severity"}, {Name: "title"},
	}}
	text := o.Format == render.FormatText
	if !text {
		for _, name := range []string{"why", "tags", "needs", "thresholds", "false_positives", "triage", "collect", "contain"} {
			kind := render.KindJSON
			if name == "why" {
				kind = render.KindLong
			}
			t.Columns = append(t.Columns, render.Column{Name: name, Kind: kind})
		}
	}
	for _, a := range all {
		row := []any{a.ID, a.Version, a.Severity.String(), a.Title}
		if !text {
			row = append(row, a.Why, listOf(a.Tags), listOf(a.Needs), thresholdList(a.Thresholds), listOf(a.FalsePositives), listOf(a.Triage), listOf(a.Collect), listOf(a.Contain))
		}
		t.Rows = append(t.Rows, row)
	}
	return f.emit(o, render.Config{}, func(r *render.Renderer) error { return r.Write(t) })
}

// thresholdList writes thresholds for JSON.
func thresholdList(list []analyze.Threshold) []map[string]any {
	out := []map[string]any{}
	for _, t := range list {
		out = append(out, map[string]any{"name": t.Name, "default": t.Default, "unit": t.Unit, "what": t.What})
	}
	return out
}

// listOf makes an empty list of none, which JSON shows as such.
func listOf(words []string) []string {
	if words == nil {
		return []string{}
	}
	return words
}
