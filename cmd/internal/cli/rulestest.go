package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/rules"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type rulesLintOptions struct {
	Rules  ruleOptions
	Paths  []string
	Output outputOptions
}

func newRulesLint(f *factory) *cobra.Command {
	var o rulesLintOptions
	cmd := &cobra.Command{
		Use:   "lint [DIR|FILE...]",
		Short: "Check how rules are written",
		Long: `rules lint checks rules against the Sigma specification 2.1 and against the log source
that they are for: what cannot be read, modifiers that cannot be together, columns and
members that do not exist, ids that are missing or there twice, selections that the
condition does not use, and what a rule should say and does not. Errors are what keeps
a rule from being used, and make the exit status 1; the rest is advice.

` + exitStatus(),
		Example: `  # Rules of your own
  $ exhibit rules lint detections/

  # As a table for other tools
  $ exhibit rules lint detections/ -f csv`,
		Args: cobra.ArbitraryArgs, // files and folders
		RunE: func(_ *cobra.Command, args []string) error {
			o.Paths = args
			return runRulesLint(f, o)
		},
	}
	addRuleFlags(cmd, &o.Rules)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runRulesLint(f *factory, o rulesLintOptions) error {
	set, err := loadRules(o.Paths, o.Rules)
	if err != nil {
		return err
	}
	list := set.Lint()
	wrong := 0
	t := render.Table{Name: "problems", Columns: []render.Column{
		{Name: "file"}, {Name: "line", Kind: render.KindInt}, {Name: "kind"}, {Name: "problem", Kind: render.KindLong}, {Name: "rule"},
	}}
	for _, p := range list {
		kind := "advice"
		if p.Error {
			kind = "error"
			wrong++
		}
		t.Rows = append(t.Rows, []any{p.File, p.Line, kind, p.Text, known(p.Rule)})
	}
	err = f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		if err := r.Write(t); err != nil {
			return err
		}
		return r.Write(note("%s; %s, %d more to improve", plural(int64(len(set.Rules)), "rule"), plural(int64(wrong), "error"), len(list)-wrong))
	})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("checking rules: %s", plural(int64(wrong), "error"))
	}
	return err
}

type rulesTestOptions struct {
	Rules     ruleOptions
	Paths     []string
	Resources resourceOptions
	Temp      string
	Output    outputOptions
}

func newRulesTest(f *factory) *cobra.Command {
	var o rulesTestOptions
	cmd := &cobra.Command{
		Use:   "test [DIR|FILE...]",
		Short: "Try rules on their cases",
		Long: `rules test tries every rule on the cases that come with it. Beside NAME.yml stands
NAME.cases.yml with the lists positive and negative: logs on which the rule must find
something, and logs on which it must not.

  positive:
    - name: the trail is stopped
      records:                  # as the vendor writes them, or as text
        - {eventVersion: "1.11", eventName: StopLogging, ...}
  negative:
    - name: the same, denied
      events:                   # or columns of events
        - {ts: "2026-03-02T10:00:00Z", kind: admin, operation: StopLogging, outcome: denied}

Each case is loaded into a temporary case of its own. format: NAME says what its records
are where that is not plain, rule: ID which rule it is for where a file holds several. A
rule that lacks a positive or a negative case fails, and so does one that could not have
run on the case.

` + exitStatus(),
		Example: `  # The built-in rules
  $ exhibit rules test

  # Rules of your own
  $ exhibit rules test detections/`,
		Args: cobra.ArbitraryArgs, // files and folders
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return runRulesTest(cmd.Context(), f, o)
		},
	}
	addRuleFlags(cmd, &o.Rules)
	addResourceFlags(cmd, &o.Resources)
	cmd.Flags().StringVar(&o.Temp, "temp", "", "folder (`DIR`) for what does not fit in memory (default: in the case)")
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runRulesTest(ctx context.Context, f *factory, o rulesTestOptions) error {
	set, err := loadRules(o.Paths, o.Rules)
	if err != nil {
		return err
	}
	failed := 0
	err = f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		results, err := set.Test(ctx, rules.TestOptions{
			Temp: o.Temp, Tool: "exhibit " + f.build().Version, Now: f.now, Threads: o.Resources.Threads, Memory: o.Resources.Memory,
		})
		if err != nil {
			return err
		}
		var t render.Table
		t, failed = testTable(results)
		if err := r.Write(t); err != nil {
			return err
		}
		return r.Write(note("%s, %d failed", plural(int64(len(results)), "case"), failed))
	})
	if err == nil && failed > 0 {
		err = fmt.Errorf("testing rules: %s failed", plural(int64(failed), "case"))
	}
	return errors.Join(err, ruleProblems(set.Problems))
}

// testTable lists cases, and counts those that failed.
func testTable(results []rules.TestResult) (t render.Table, failed int) {
	t = render.Table{Name: "cases", Columns: []render.Column{
		{Name: "result"}, {Name: "kind"}, {Name: "case", Kind: render.KindLong}, {Name: "rule"}, {Name: "file"}, {Name: "problem", Kind: render.KindLong},
	}}
	for _, x := range results {
		result, kind := "ok", "negative"
		var problem, rule, name any
		if x.Positive {
			kind = "positive"
		}
		if name = known(x.Name); name == nil {
			kind = "missing"
		}
		if x.Err != nil {
			result, problem = "failed", x.Err.Error()
			failed++
		}
		if x.Rule != nil {
			rule = x.Rule.Key()
		}
		t.Rows = append(t.Rows, []any{result, kind, name, rule, x.File, problem})
	}
	return t, failed
}
