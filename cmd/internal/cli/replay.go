package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/plan"
)

type replayOptions struct {
	Case        caseOptions
	Select      replaySelection
	Edits       replayEdits
	Target      replayTarget
	Samples     int
	Seed        seedValue
	MinFidelity string
	All         bool
	Limit       int
	Output      outputOptions
}

const replayLong = `replay asks a model again what the log says was asked, and says how the answer compares
with the logged one. ID is an event, a finding (its calls) or any identifier that a
timeline can start from; --session takes a session, --where a condition on events. Of a
call that several events show, the one that keeps most is rebuilt.

Nothing is sent without --yes. Before, the requests are shown as they would be sent: where
to, how many calls, tokens and seconds, and how near each is to what was sent then (exact,
converted, defaulted, incomplete), with the reasons. --min-fidelity refuses what is below.

What if: --system, --drop-context, --swap-context, --prefix, --suffix and --param change
the requests; --ablate removes one part at a time, each a variant of its own. Context are
the retrieved documents and the results of tools, counted from 1 in that order. All
changes are named. Tools that a model asks for are never run.

Only this machine is dialled; --allow-host names others, --acknowledge-egress says that
logged texts may go there. Keys come from --key-env or --key-file, and are never written.

`

func newReplay(f *factory) *cobra.Command {
	o := replayOptions{Samples: 1}
	cmd := &cobra.Command{
		Use:   "replay [ID...]",
		Short: "Ask a model again what was asked, and compare",
		Long:  replayLong + exitStatus(),
		Example: `  # What would be sent, and how near it is to what was sent then
  $ exhibit replay f-0123abcd --server http://localhost:11434 --model llama3.2

  # Which document makes the model do it
  $ exhibit replay 1f3a5c7e-12 --ablate context --server http://localhost:11434 --model llama3.2 --samples 5 --yes`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeReplay(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Select.IDs = args
			return runReplay(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addSelectionFlags(cmd, &o.Select)
	addEditFlags(cmd, &o.Edits)
	addTargetFlags(cmd, &o.Target)
	flags := cmd.Flags()
	flags.Var((*countValue)(&o.Samples), "samples", "times that each request is sent, with a seed of its own each")
	flags.Var(&o.Seed, "seed", seedUsage)
	flags.Var(&choiceValue{&o.MinFidelity, grades()}, "min-fidelity", "refuse when a request is farther than this from what the log says was sent")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("min-fidelity", cobra.FixedCompletions(grades(), cobra.ShellCompDirectiveNoFileComp))
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, 50)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

// grades lists the words for how near a request is to what was sent.
func grades() []string {
	var out []string
	for g := replay.GradeIncomplete; g <= replay.GradeExact; g++ {
		out = append(out, g.String())
	}
	return out
}

// completeReplay completes events and findings.
func completeReplay(f *factory) cobra.CompletionFunc {
	events, findings := completeEvents(f), completeFindings(f)
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if strings.HasPrefix(typed, "f-") {
			return findings(cmd, nil, typed)
		}
		return events(cmd, args, typed)
	}
}

func (o *replayOptions) check() error {
	return errors.Join(o.Select.check(), o.Edits.check(), o.Target.check())
}

func runReplay(ctx context.Context, f *factory, o replayOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	edits, err := o.Edits.read()
	if err != nil {
		return err
	}
	target, err := o.Target.resolve(ctx, f)
	if err != nil {
		return err
	}
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		return f.emit(o.Output, caseConfig(c, o.params()), func(r *render.Renderer) error {
			chosen, err := o.Select.calls(ctx, c)
			if err != nil {
				return err
			}
			variants, err := edits.variants(chosen.Calls, o.Edits.Ablate)
			if err != nil {
				return err
			}
			price, err := priceOf(ctx, c, o.Target.Model)
			if err != nil {
				return err
			}
			entries, err := plan.Make(variants, &plan.Options{
				Protocol: target.Protocol, Model: o.Target.Model, Samples: o.Samples, Seed: o.Seed.pointer(),
			})
			if err != nil {
				return err
			}
			if err := o.enough(entries); err != nil {
				return err
			}
			return writeDryRun(r, &dryRun{chosen: chosen, entries: entries, target: target, price: price, options: &o})
		})
	})
}

// enough holds a plan against --min-fidelity.
func (o *replayOptions) enough(entries []plan.Entry) error {
	if o.MinFidelity == "" {
		return nil
	}
	below, first := 0, ""
	for i := range entries {
		sent := entries[i].Outgoing[0]
		if sent.Grade() >= gradeOf(o.MinFidelity) {
			continue
		}
		below++
		for _, l := range sent.Losses {
			if first == "" && l.Grade == sent.Grade() {
				first = sent.Event + ": " + lossLine(l)
			}
		}
	}
	if below == 0 {
		return nil
	}
	return &HintError{
		Err:   fmt.Errorf("replaying: %s below --min-fidelity %s; %s", are(int64(below), "request"), o.MinFidelity, first),
		Hints: []string{"without --min-fidelity the plan names all reasons"},
	}
}

// gradeOf returns the grade of a word of [grades].
func gradeOf(word string) replay.Grade {
	for g := replay.GradeIncomplete; g <= replay.GradeExact; g++ {
		if g.String() == word {
			return g
		}
	}
	return replay.GradeExact
}

// lossLine says what is lost.
func lossLine(l replay.Loss) string { return l.Grade.String() + " " + l.Part + ": " + l.Why }

// params are the parameters that shaped the result.
func (o *replayOptions) params() map[string]any {
	out := map[string]any{
		"samples": o.Samples, "seed": o.Seed.String(), "min_fidelity": o.MinFidelity, "all": o.All, "limit": (*limitValue)(&o.Limit).String(),
	}
	o.Select.params(out)
	o.Edits.params(out)
	o.Target.params(out)
	return out
}
