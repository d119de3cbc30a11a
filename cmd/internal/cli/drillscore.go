package cli

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type drillScoreOptions struct {
	Case   caseOptions
	Look   analyzeFlags
	Truth  string
	Budget float64
	All    bool
	Output outputOptions
}

const drillScoreLong = `drill score analyzes a case of generated logs and holds what it finds against the truth:
how many incidents are found, by scenario and strength, how long after their first step,
and how many findings are false, when people look at them from the top until the budget
of false findings is used up.

An incident is found when a finding is about it: the first event of the finding, or of a
part of a story, is one of its steps, or at least a twentieth of its events are. When only
findings beyond the budget are, it is not found. A finding about no incident is false,
whatever else it shows. Findings of severity info are not
held against anything: nobody is asked to look at them.

`

func newDrillScore(f *factory) *cobra.Command {
	o := drillScoreOptions{Budget: 1}
	cmd := &cobra.Command{
		Use:   "score",
		Short: "Hold what analyze finds against the truth of generated traffic",
		Long:  drillScoreLong + exitStatus(),
		Example: `  # How well is a month of incidents found
  $ exhibit drill generate --days 30 --calls 100000 --scenarios all:normal:2 --truth truth.jsonl -o logs
  $ exhibit load logs
  $ exhibit drill score --truth truth.jsonl

  # With half as many false findings
  $ exhibit drill score --truth truth.jsonl --budget 0.5`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDrillScore(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addAnalyzeFlags(cmd, &o.Look)
	flags := cmd.Flags()
	flags.StringVar(&o.Truth, "truth", "", truthUsage)
	flags.Float64Var(&o.Budget, "budget", 1, "false findings a day (`N`) that people look at")
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runDrillScore(ctx context.Context, f *factory, o drillScoreOptions) error {
	if o.Truth == "" || o.Budget < 0 || math.IsNaN(o.Budget) {
		return usagef("drill score needs --truth FILE, and a budget that is not negative")
	}
	look, err := o.Look.prepare(f)
	if err != nil {
		return err
	}
	truth, err := readTruth(o.Truth)
	if err != nil {
		return err
	}
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		params := o.Look.params()
		params["truth"], params["budget"] = o.Truth, o.Budget
		return f.emit(o.Output, export.Config(c, params), func(r *render.Renderer) error {
			report, err := assessment.Run(ctx, c, *look)
			if err != nil {
				return err
			}
			claims, err := assessment.Claims(ctx, c, report.Findings)
			if err != nil {
				return err
			}
			days, err := assessment.Days(ctx, c)
			if err != nil {
				return err
			}
			return writeScore(r, drill.Score(truth, claims, days, o.Budget), o.All)
		})
	})
}

func readTruth(path string) (*drill.TruthLog, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading the truth: %w", err)
	}
	defer file.Close()
	return drill.ReadTruth(file)
}

// writeScore writes a scorecard. Text leaves out scenarios of which all incidents
// were found, unless all are asked for.
func writeScore(r *render.Renderer, s *drill.Scorecard, all bool) error {
	if err := r.Write(scoreTable("strengths", "All scenarios", s.Strengths)); err != nil {
		return err
	}
	rows, hidden := s.Rows, 0
	if !all {
		rows = slices.DeleteFunc(slices.Clone(rows), func(row drill.ScoreRow) bool { return row.Found == row.Of })
		hidden = len(s.Rows) - len(rows)
	}
	title := "Scenarios"
	if hidden > 0 {
		title = "Scenarios with incidents that were missed"
	}
	if err := r.Write(scoreTable("scenarios", title, rows)); err != nil {
		return err
	}
	detectors := render.Table{Name: "detectors", Title: "Detectors", Columns: []render.Column{
		{Name: "detector"}, {Name: "findings", Kind: render.KindInt}, {Name: "right", Kind: render.KindInt}, {Name: "false", Kind: render.KindInt},
	}}
	for _, d := range s.Detectors {
		detectors.Rows = append(detectors.Rows, []any{d.Detector, d.Made, d.Right, d.Made - d.Right})
	}
	if err := r.Write(detectors); err != nil {
		return err
	}
	if err := r.Write(render.Fields{Name: "budget", Items: []render.Field{
		{Column: render.Column{Name: "days"}, Value: math.Round(s.Days*100) / 100},
		{Column: render.Column{Name: "false_findings_a_day_allowed"}, Value: s.Budget},
		{Column: render.Column{Name: "findings"}, Value: s.Claims},
		{Column: render.Column{Name: "false_findings"}, Value: s.False},
		{Column: render.Column{Name: "false_findings_a_day"}, Value: math.Round(float64(s.False)/s.Days*1000) / 1000},
		{Column: render.Column{Name: "findings_beyond_the_budget"}, Value: s.Beyond},
		{Column: render.Column{Name: "statistical_findings"}, Value: s.Statistical.Made},
		{Column: render.Column{Name: "statistical_findings_false"}, Value: s.Statistical.Made - s.Statistical.Right},
	}}); err != nil {
		return err
	}
	if hidden == 0 {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelNote, Text: fmt.Sprintf("%d scenarios of which every incident was found are not shown; --all shows them", hidden)})
}

func scoreTable(name, title string, rows []drill.ScoreRow) render.Table {
	t := render.Table{Name: name, Title: title, Columns: []render.Column{
		{Name: "scenario"},
		{Name: "strength"},
		{Name: "incidents", Kind: render.KindInt},
		{Name: "found", Kind: render.KindInt},
		{Name: "recall"},
		{Name: "beyond_budget", Kind: render.KindInt},
		{Name: "median_delay"},
		{Name: "found_by", Kind: render.KindLong},
	}}
	for i := range rows {
		row := &rows[i]
		var scenario, by any = "all", nil
		if row.Scenario != "" {
			scenario = row.Scenario
		}
		if row.Scenario != "" && len(row.Detectors) > 0 {
			by = strings.Join(row.Detectors, ", ")
		}
		var delay any
		if row.Found > 0 {
			delay = row.Delay.Round(time.Second).String()
		}
		t.Rows = append(t.Rows, []any{scenario, string(row.Strength), row.Of, row.Found, fmt.Sprintf("%.3f", row.Recall()), row.Late, delay, by})
	}
	return t
}
