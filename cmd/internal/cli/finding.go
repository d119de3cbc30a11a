package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

func newFinding(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "finding",
		Short: "Explain a finding, and say what became of it",
		Long: `finding explains what exhibit analyze found, and keeps what people say of it: each word
is an entry of the ledger, with who said it and when. ID is the id of a finding, such as
f-0123456789abcdef, or as much of its beginning as no other finding has.

` + exitStatus(),
		Example: `  # What is it, what shows it, what to do
  $ exhibit finding show f-01234567

  # Somebody looks into it
  $ exhibit finding triage f-01234567 --state investigating`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("no command %q of %s", args[0], cmd.CommandPath()).hint("exhibit help finding lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usagef("%s needs one of show, triage, note, tag", cmd.CommandPath()).hint("exhibit help finding lists them")
		},
	}
	cmd.AddCommand(newFindingShow(f), newFindingTriage(f), newFindingNote(f), newFindingTag(f))
	return cmd
}

// judgeFlags are what the commands that say something of a finding share.
type judgeFlags struct {
	Case string
	ID   string
	casefile.JudgeOptions
	Output outputOptions
}

func addJudgeFlags(cmd *cobra.Command, f *factory, o *judgeFlags) {
	cmd.ValidArgsFunction = completeFindings(f)
	addCaseFlag(cmd, &o.Case)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
}

func newFindingTriage(f *factory) *cobra.Command {
	o := judgeFlags{JudgeOptions: casefile.JudgeOptions{Action: ledger.ActionTriage}}
	cmd := &cobra.Command{
		Use:   "triage ID --state STATE",
		Short: "Say in which state a finding is",
		Long: `triage says in which state a finding is: open, investigating, contained or closed. A
closed finding has a verdict: true-positive, false-positive, benign or undetermined. The
state is that of the finding, not of one run: it stays when exhibit analyze finds the same
again.

` + exitStatus(),
		Example: `  # Somebody looks into it
  $ exhibit finding triage f-01234567 --state investigating

  # It was nothing
  $ exhibit finding triage f-01234567 --state closed --verdict benign --reason "load test of 3 March, ticket 4711"`,
		Args: oneArg("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID = args[0]
			return runJudge(cmd.Context(), f, o)
		},
	}
	flags := cmd.Flags()
	flags.Var(&choiceValue{&o.State, casefile.FindingStates()}, "state", "`STATE` of a finding: open, investigating, contained, closed")
	flags.Var(&choiceValue{&o.Verdict, casefile.FindingVerdicts()}, "verdict", "what a closed finding was")
	flags.StringVar(&o.Text, "reason", "", "why (`TEXT`); the ledger keeps it")
	// The flags were defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(casefile.FindingStates(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("verdict", cobra.FixedCompletions(casefile.FindingVerdicts(), cobra.ShellCompDirectiveNoFileComp))
	addJudgeFlags(cmd, f, &o)
	return cmd
}

func newFindingNote(f *factory) *cobra.Command {
	o := judgeFlags{JudgeOptions: casefile.JudgeOptions{Action: ledger.ActionNote}}
	cmd := &cobra.Command{
		Use:   "note ID TEXT",
		Short: "Write something down about a finding",
		Long:  "note keeps a text about a finding in the ledger. It cannot be changed later; another\nnote can correct it.\n\n" + exitStatus(),
		Example: `  # What its owner said
  $ exhibit finding note f-01234567 "called the owner: the key is from a laptop that was lost"

  # Where else it is followed
  $ exhibit finding note f-01234567 "ticket 4711"`,
		Args: twoArgs("ID", "TEXT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID, o.Text = args[0], args[1]
			return runJudge(cmd.Context(), f, o)
		},
	}
	addJudgeFlags(cmd, f, &o)
	return cmd
}

func newFindingTag(f *factory) *cobra.Command {
	o := judgeFlags{JudgeOptions: casefile.JudgeOptions{Action: ledger.ActionTag}}
	cmd := &cobra.Command{
		Use:   "tag ID TAG",
		Short: "Give a finding a tag",
		Long:  "tag gives a finding a word to be found by, or takes it away again with --remove.\n\n" + exitStatus(),
		Example: `  # What belongs to one incident
  $ exhibit finding tag f-01234567 incident-12

  # It does not
  $ exhibit finding tag f-01234567 incident-12 --remove`,
		Args: twoArgs("ID", "TAG"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.ID, o.Text = args[0], args[1]
			return runJudge(cmd.Context(), f, o)
		},
	}
	cmd.Flags().BoolVar(&o.Remove, "remove", false, "take the tag away")
	addJudgeFlags(cmd, f, &o)
	return cmd
}

// twoArgs wants exactly two arguments.
func twoArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usagef("%s needs %s", cmd.CommandPath(), strings.Join(names, " and ")).hint("a text of several words stands in quotation marks")
		}
		return nil
	}
}

func runJudge(ctx context.Context, f *factory, o judgeFlags) error {
	if err := o.Check(); err != nil {
		return usagef("%w", err)
	}
	dir, err := f.casePath(o.Case)
	if err != nil {
		return err
	}
	found, err := f.resolveFinding(ctx, dir, o.ID)
	if err != nil {
		return err
	}
	if o.Key, err = f.examinerKey(false); err != nil {
		return err
	}
	o.Dir, o.Finding, o.Actor, o.Tool, o.Now = dir, found.ID, ledger.DefaultKeyName(), "exhibit "+f.build().Version, f.now
	config := render.Config{Case: dir, Params: map[string]any{"id": found.ID}}
	err = f.emit(o.Output, config, func(r *render.Renderer) error {
		head, err := casefile.Judge(&o.JudgeOptions)
		if err != nil {
			return err
		}
		fields := render.Fields{Name: o.Action, Items: []render.Field{field("id", found.ID), field("claim", found.Title)}}
		for _, x := range []struct{ name, value string }{{"state", o.State}, {"verdict", o.Verdict}, {"text", o.Text}} {
			if x.value != "" {
				fields.Items = append(fields.Items, field(x.name, x.value))
			}
		}
		fields.Items = append(fields.Items, field("head", head.String()))
		return r.Write(fields)
	})
	return f.loadProblem(err)
}

// resolveFinding finds the finding that an id, or the beginning of one, names.
func (f *factory) resolveFinding(ctx context.Context, dir, id string) (found *analyze.Finding, err error) {
	c, err := casefile.Open(ctx, dir, casefile.OpenOptions{Threads: 1, Memory: 1 << 30, Lookup: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	list, err := storedFindings(ctx, c)
	if err != nil {
		return nil, err
	}
	return nameFinding(c, list, id)
}

// nameFinding finds a finding of the last run, or one of which something was
// said, by the beginning of its id.
func nameFinding(c *casefile.Case, list []analyze.Finding, id string) (*analyze.Finding, error) {
	wanted := "f-" + strings.TrimPrefix(strings.ToLower(id), "f-")
	var fits []*analyze.Finding
	known := map[string]bool{}
	for i := range list {
		known[list[i].ID] = true
		if strings.HasPrefix(list[i].ID, wanted) {
			fits = append(fits, &list[i])
		}
	}
	for old := range c.Judged() {
		if !known[old] && strings.HasPrefix(old, wanted) {
			fits = append(fits, &analyze.Finding{ID: old, Title: "not found any more by the last analysis"})
		}
	}
	switch {
	case len(fits) == 0:
		return nil, &HintError{Err: fmt.Errorf("looking up %q: no such finding", id), Hints: []string{"exhibit findings lists them with their ids"}}
	case len(fits) == 1:
		return fits[0], nil
	}
	var ids []string
	for _, x := range fits {
		ids = append(ids, x.ID)
	}
	slices.Sort(ids)
	return nil, &HintError{Err: fmt.Errorf("looking up %q: several findings begin so", id), Hints: boundedLines(ids)}
}

// completeFindings completes the ids of findings.
func completeFindings(f *factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		flag, _ := cmd.Flags().GetString("case") // "" without the flag
		path, err := f.casePath(flag)
		if err != nil || f.findingIDs == nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return f.findingIDs(cmd.Context(), path, typed), cobra.ShellCompDirectiveNoFileComp
	}
}

// findingIDs completes the ids of findings with their claims. What goes wrong
// completes nothing.
func findingIDs(ctx context.Context, casePath, typed string) []string {
	c, err := casefile.Open(ctx, casePath, casefile.OpenOptions{Threads: 1, Memory: 1 << 30, Lookup: true})
	if err != nil {
		return nil
	}
	list, err := c.Findings(ctx)
	if errors.Join(err, c.Close()) != nil {
		return nil
	}
	var out []string
	for i := range list {
		if strings.HasPrefix(list[i].ID, typed) && len(out) < completedEvents {
			out = append(out, list[i].ID+"\t"+render.Terminal(list[i].Title))
		}
	}
	return out
}
