package cli

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/analyze/policy/observe"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const policyLintLong = `policy lint says everything that is wrong in a policy, with line and column and with what
would be right, and exits with 1 when anything is. A policy that can be used gets warnings:
rules that overlap without one being more specific, rules that never decide or add nothing,
groups that no rule is about, approvals that have expired, and with --case patterns that
fit nothing in the case. Warnings do not change the exit code. - is standard input.

`

type policyLintOptions struct {
	Case   caseOptions
	Output outputOptions
}

func newPolicyLint(f *factory) *cobra.Command {
	var o policyLintOptions
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Say what is wrong in a policy",
		Long:  policyLintLong + exitStatus(),
		Example: `  # Before it is committed
  $ exhibit policy lint policy.yml

  # Does it name what the logs name?
  $ exhibit policy lint policy.yml --case incident.case`,
		Args: oneArg("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runPolicyLint(cmd, f, args[0], o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runPolicyLint(cmd *cobra.Command, f *factory, path string, o policyLintOptions) error {
	text, err := f.readPolicy(path)
	if err != nil {
		return err
	}
	options := policy.LintOptions{Now: f.now()}
	if options.Detectors, err = assessment.Thresholds(); err != nil {
		return err
	}
	config := render.Config{Params: map[string]any{"policy": path, "policy_sha256": policy.Digest(text)}}
	err = f.policyCase(cmd, o.Case, func(c *casefile.Case) (err error) {
		params := config.Params
		config = export.Config(c, params)
		options.Case, err = observe.Read(cmd.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	return f.emitProblems(o.Output, config, path, policy.Lint(text, options))
}

// emitProblems lists what is wrong in a file. It fails where that is more than
// warnings.
func (f *factory) emitProblems(o outputOptions, config render.Config, path string, problems []yamldoc.Problem) error {
	wrong := 0
	for _, p := range problems {
		if !p.Warning {
			wrong++
		}
	}
	err := f.emit(o, config, func(r *render.Renderer) error {
		return writeProblems(r, problems, wrong)
	})
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%s cannot be used: %s", path, plural(int64(wrong), "error"))
	}
	return err
}

func writeProblems(r *render.Renderer, problems []yamldoc.Problem, wrong int) error {
	if len(problems) == 0 {
		if err := r.Write(problemTable(nil)); err != nil {
			return err
		}
		return r.Write(render.Note{Level: render.LevelNote, Text: "nothing is wrong with it"})
	}
	if err := r.Write(problemTable(problems)); err != nil {
		return err
	}
	text := plural(int64(wrong), "error") + ", " + plural(int64(len(problems)-wrong), "warning")
	if wrong > 0 {
		text += "; warnings are looked for when there is no error"
	}
	return r.Write(render.Note{Level: render.LevelNote, Text: text})
}

func problemTable(problems []yamldoc.Problem) render.Table {
	t := render.Table{Name: "problems", Columns: []render.Column{
		{Name: "line", Kind: render.KindInt}, {Name: "column", Kind: render.KindInt}, {Name: "level"}, {Name: "problem", Kind: render.KindLong},
	}}
	for _, p := range problems {
		t.Rows = append(t.Rows, []any{knownPlace(p.Line), knownPlace(p.Column), problemLevel(p), p.Text})
	}
	return t
}

// knownPlace is a line or column, NULL where it is not known.
func knownPlace(n int) any {
	if n == 0 {
		return nil
	}
	return n
}

// problemLevel is the word for how much a problem matters.
func problemLevel(p yamldoc.Problem) string {
	if p.Warning {
		return string(render.LevelWarning)
	}
	return "error"
}
