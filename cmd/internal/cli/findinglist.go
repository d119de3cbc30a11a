package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type findingListOptions struct {
	Case             caseOptions
	Least            string
	States           []string
	Detectors, Actor []string
	Range            rangeOptions
	All              bool
	Limit            int
	Output           outputOptions
}

const findingListLong = `findings lists what the last exhibit analyze found in a case, with what was said of it
since. The severest comes first, then what is least likely to be chance: the score is the
negative decimal logarithm of that, so that 3 is one in a thousand.

Text leaves out findings that a story tells, closed and suppressed ones; --all or a filter
that asks for them shows them. --detector takes a detector or a family; --from and --to go
by the last time of a finding and by its first.

`

func newFindings(f *factory) *cobra.Command {
	var o findingListOptions
	cmd := &cobra.Command{
		Use:   "findings",
		Short: "List what was found, the severest first",
		Long:  findingListLong + exitStatus(),
		Example: `  # What to look at
  $ exhibit findings

  # What one actor did, in the last day
  $ exhibit findings --actor arn:aws:iam::111122223333:user/eve --from 24h

  # What is still open and serious, for another program
  $ exhibit findings --min-severity high --state open -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Output.Format != render.FormatText && !cmd.Flags().Changed("limit") {
				o.Limit = 0 // for programs there is no more or less
			}
			return runFindings(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	flags := cmd.Flags()
	flags.Var(&choiceValue{&o.Least, analyze.Severities()}, "min-severity", "only findings of this severity or a higher one")
	flags.Var(&alternatives{&o.States, casefile.FindingStates()}, "state", "`STATE` of a finding: open, investigating, contained, closed")
	flags.Var(&alternatives{&o.Detectors, nil}, "detector", "only findings of this detector or family (`NAME`); repeatable")
	flags.Var(&alternatives{&o.Actor, nil}, "actor", "only findings of this person or principal (`NAME`); repeatable")
	for name, complete := range map[string]cobra.CompletionFunc{
		"min-severity": cobra.FixedCompletions(analyze.Severities(), cobra.ShellCompDirectiveNoFileComp),
		"state":        cobra.FixedCompletions(casefile.FindingStates(), cobra.ShellCompDirectiveNoFileComp),
		"detector":     completeDetectors,
	} {
		// The flags were defined above, the only thing that can fail.
		_ = cmd.RegisterFlagCompletionFunc(name, complete)
	}
	addRangeFlags(cmd, &o.Range)
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, shownFindings)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.FindingFormats()...)
	return cmd
}

func runFindings(ctx context.Context, f *factory, o findingListOptions) error {
	if err := o.Range.check(o.Output.Zone); err != nil {
		return err
	}
	lookup := !o.Range.relative() && !forPrograms(o.Output.Format)
	return f.withCase(ctx, o.Case, lookup, func(c *casefile.Case) error {
		list, err := storedFindings(ctx, c)
		if err != nil {
			return err
		}
		from, to, err := resolveRange(ctx, c, o.Range, o.Output.Zone)
		if err != nil {
			return err
		}
		options := findingsOptions{text: o.Output.Format == render.FormatText, csv: o.Output.Format == render.FormatCSV, all: o.All, judged: c.Judged()}
		list, err = o.filter(list, &options, from, to)
		if err != nil {
			return err
		}
		if forPrograms(o.Output.Format) {
			ran, err := storedDetectors(c)
			if err != nil {
				return err
			}
			report, err := f.newFindingReport(ctx, c, list, ran, o.Least)
			if err != nil {
				return err
			}
			return f.exportFindings(o.Output, report)
		}
		config := export.Config(c, map[string]any{
			"min_severity": o.Least, "state": o.States, "detector": o.Detectors, "actor": o.Actor, "from": from, "to": to, "all": o.All, "limit": o.Limit,
		})
		return f.emit(o.Output, config, func(r *render.Renderer) error { return writeFindingList(r, c, list, &o, &options) })
	})
}

// errNoAnalysis means that no findings are kept in a case.
var errNoAnalysis = errors.New("no analysis is kept in this case")

// storedFindings are those of the last run.
func storedFindings(ctx context.Context, c *casefile.Case) ([]analyze.Finding, error) {
	if c.Analysis() == nil {
		return nil, &HintError{Err: errNoAnalysis, Hints: []string{"exhibit analyze makes one"}}
	}
	return c.Findings(ctx)
}

// findingNamed is the place of the finding of an id, -1 where there is none. Any
// beginning of the id that no other finding has will do.
func findingNamed(list []analyze.Finding, id string) int {
	found := -1
	for i := range list {
		if list[i].ID == id {
			return i
		}
		if strings.HasPrefix(list[i].ID, id) && strings.HasPrefix(id, "f-") {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// filter selects findings.
func (o *findingListOptions) filter(list []analyze.Finding, options *findingsOptions, from, to time.Time) ([]analyze.Finding, error) {
	least := analyze.SeverityInfo
	if o.Least != "" {
		var err error
		if least, err = analyze.ParseSeverity(o.Least); err != nil {
			return nil, err
		}
	}
	fits := func(f *analyze.Finding) bool {
		last := f.Last
		if last.IsZero() {
			last = f.First
		}
		return f.Severity >= least &&
			(len(o.States) == 0 || slices.Contains(o.States, options.state(f.ID).State)) &&
			(len(o.Detectors) == 0 || slices.Contains(o.Detectors, f.Detector) || slices.Contains(o.Detectors, analyze.Family(f.Detector))) &&
			(len(o.Actor) == 0 || slices.Contains(o.Actor, f.Actor)) &&
			(from.IsZero() || !last.Before(from)) && (to.IsZero() || !f.First.IsZero() && f.First.Before(to))
	}
	var out []analyze.Finding
	for i := range list {
		if fits(&list[i]) {
			out = append(out, list[i])
		}
	}
	if slices.Contains(o.States, casefile.StateClosed) || len(o.Detectors) > 0 {
		options.all = true // what was asked for is shown
	}
	return out, nil
}

// writeFindingList writes findings, a line each for people.
func writeFindingList(r *render.Renderer, c *casefile.Case, list []analyze.Finding, o *findingListOptions, options *findingsOptions) error {
	a := c.Analysis()
	if !options.csv {
		run := render.Fields{Name: "run", Items: []render.Field{intField("entry", a.Run), field("at", a.Time), field("by", a.Actor), field("with", a.Tool)}}
		if err := r.Write(run); err != nil {
			return err
		}
	}
	if !options.text {
		return writeFindingsForPrograms(r, a, list, o, options)
	}
	shown, aside := options.listed(list)
	t := render.Table{Name: "findings", Title: "Findings", Columns: []render.Column{
		{Name: "id", Whole: true}, {Name: "severity", Whole: true}, {Name: "state", Whole: true}, {Name: "first", Kind: render.KindTime}, {Name: "claim"},
	}}
	if options.all { // what found it, of all that there is
		t.Columns = append(t.Columns, render.Column{Name: "detector"})
	}
	limit := len(shown)
	if o.Limit > 0 {
		limit = min(limit, o.Limit)
	}
	for i := range shown[:limit] {
		f := &shown[i]
		row := []any{f.ID, f.Severity.String(), options.state(f.ID).State, findingTime(f.First), f.Title}
		if options.all {
			row = append(row, f.Detector)
		}
		t.Rows = append(t.Rows, row)
	}
	if err := r.Write(t); err != nil {
		return err
	}
	var notes []string
	if n := len(shown) - limit; n > 0 {
		notes = append(notes, fmt.Sprintf("%d more, none of them severer: --limit all shows them", n))
	}
	if aside != "" {
		notes = append(notes, aside+"; --all shows them")
	}
	if len(shown) > 0 {
		notes = append(notes, "exhibit finding show "+shown[0].ID+" explains the first of them")
	}
	for _, text := range notes {
		if err := r.Write(note("%s", text)); err != nil {
			return err
		}
	}
	return writeStale(r, a)
}

// writeFindingsForPrograms writes all that is known of the findings.
func writeFindingsForPrograms(r *render.Renderer, a *casefile.Analysis, list []analyze.Finding, o *findingListOptions, options *findingsOptions) error {
	shown := list
	if o.Limit > 0 {
		shown = list[:min(len(list), o.Limit)]
	}
	if err := writeFindingRows(r, shown, options); err != nil {
		return err
	}
	if n := len(list) - len(shown); n > 0 {
		if err := r.Write(note("%d more, none of them severer: --limit all has them", n)); err != nil {
			return err
		}
	}
	return writeStale(r, a)
}

// writeStale warns of findings that are older than what is in the case.
func writeStale(r *render.Renderer, a *casefile.Analysis) error {
	if a == nil || !a.Stale {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelWarning, Text: fmt.Sprintf(
		"the case was changed since these findings were made (entry %d): exhibit analyze looks again", a.Run)})
}
