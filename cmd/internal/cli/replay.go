package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/mask"
	"github.com/exhibit-forensics/exhibit/replay/plan"
	replayrun "github.com/exhibit-forensics/exhibit/replay/run"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

type replayOptions struct {
	Case        caseOptions
	Select      replaySelection
	Edits       replayEdits
	Target      replayTarget
	Send        replaySending
	Samples     int
	Seed        seedValue
	MinFidelity string
	Carry       bool
	Canaries    []string
	Markers     []string
	All         bool
	Limit       int
	Output      outputOptions
}

const replayLong = `replay asks a model again what the log says was asked, and says how the answer compares
with the logged one. ID is an event, a finding (its calls) or any identifier that a
timeline can start from; --session takes a session, --where a condition on events. Of a
call that several events show, the one that keeps most is rebuilt. Each turn of a session
has the logged turns before it, with --carry the replayed ones: then tool calls are
answered with what the log has for the same tool and arguments, or the replay stops there.

Nothing is sent without --yes. Before, the requests are shown as they would be sent: where
to, how many calls, tokens and seconds, and how near each is to what was sent then (exact,
converted, defaulted, incomplete), with the reasons. --min-fidelity refuses what is below.

What if: --system, --drop-context, --swap-context, --prefix, --suffix and --param change
the requests; --ablate removes one part at a time, each a variant of its own. Context are
the retrieved documents and the results of tools, counted from 1 in that order. All
changes are named. Tools that a model asks for are never run.

What is sent and received is kept in the case (or in --cassette FILE); the same command
goes on where one was interrupted, or where replies are missing, which is exit code 1
unless a budget ended it. --from-cassette compares again without sending.

Only this machine is dialled; --allow-host names others, --acknowledge-egress says that
logged texts may go there, without secrets and personal data unless --no-mask. Keys come from --key-env or --key-file, and are never written.

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
	addSendingFlags(cmd, &o.Send)
	flags := cmd.Flags()
	flags.Var((*countValue)(&o.Samples), "samples", "times that each request is sent, with a seed of its own each")
	flags.Var(&o.Seed, "seed", seedUsage)
	flags.Var(&choiceValue{&o.MinFidelity, grades()}, "min-fidelity", "refuse when a request is farther than this from what the log says was sent")
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("min-fidelity", cobra.FixedCompletions(grades(), cobra.ShellCompDirectiveNoFileComp))
	flags.BoolVar(&o.Carry, "carry", false, "with --session: each turn goes on from the replayed replies, not from the logged ones")
	flags.StringArrayVar(&o.Canaries, "canary", nil, "`TEXT` that no reply may give away")
	flags.StringArrayVar(&o.Markers, "marker", nil, "`TEXT` that a reply holds only if it follows an injected instruction")
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, 50)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	cmd.AddCommand(newReplayProviders(f))
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
	if o.Send.FromCassette == "" {
		if err := o.Select.check(); err != nil {
			return err
		}
	}
	if !o.Send.offline() {
		if err := o.Target.check(); err != nil {
			return err
		}
	}
	if o.Carry && (o.Select.Session == "" || len(o.Select.IDs) > 0 || o.Samples > 1 || len(o.Edits.Ablate) > 0 || o.Send.offline()) {
		return usagef("--carry is for one session (--session), sampled once, with nothing ablated, sent with --yes")
	}
	return errors.Join(o.Edits.check(), o.Send.check())
}

func runReplay(ctx context.Context, f *factory, o replayOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	var ran sentError
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		if o.Send.offline() {
			return f.gradeOffline(ctx, c, &o)
		}
		target, err := o.Target.resolve(ctx, f)
		if err != nil {
			return err
		}
		defer target.Sandbox.Close()
		if err := f.look(ctx, &o.Target, &o.Send, target); err != nil {
			return err
		}
		return f.emit(o.Output, export.Config(c, o.params()), func(r *render.Renderer) error {
			d, err := o.plan(ctx, c, target)
			if err != nil {
				return err
			}
			if !o.Send.Yes {
				return writeDryRun(r, d)
			}
			if o.Carry {
				return f.carry(ctx, r, c, d, &ran)
			}
			return f.replay(ctx, r, c, d, &ran)
		})
	})
	return errors.Join(err, ran.error)
}

// sentError is what went wrong of what was sent. It is told when the output is
// complete, which says more of it.
type sentError struct{ error }

// plan makes of what is selected what is sent.
func (o *replayOptions) plan(ctx context.Context, c *casefile.Case, target *resolvedTarget) (*dryRun, error) {
	edits, err := o.Edits.read()
	if err != nil {
		return nil, err
	}
	chosen, err := o.Select.calls(ctx, c)
	if err != nil {
		return nil, err
	}
	variants, err := edits.variants(chosen.Calls, o.Edits.Ablate)
	if err != nil {
		return nil, err
	}
	price, err := priceOf(ctx, c, o.Target.Model)
	if err != nil {
		return nil, err
	}
	d := &dryRun{chosen: chosen, edits: edits, target: target, price: price, account: o.Send.account(), options: o}
	po := &d.how
	*po = plan.Options{Protocol: target.Protocol, Model: o.Target.Model, Samples: o.Samples, Seed: o.Seed.pointer()}
	if d.masks() {
		masker, err := mask.New()
		if err != nil {
			return nil, err
		}
		po.Mask = func(r *replay.Request) (*replay.Request, int) { return mask.Apply(r, masker) }
	}
	if d.entries, err = plan.Make(variants, po); err != nil {
		return nil, err
	}
	return d, o.enough(d.entries)
}

// replay sends a plan and compares what came with what was logged. What came
// before an interrupt or the end of a budget is kept and compared too.
func (f *factory) replay(ctx context.Context, r *render.Renderer, c *casefile.Case, d *dryRun, ran *sentError) error {
	t := &tape{f: f, c: c, file: d.options.Send.Cassette}
	report, err := f.send(ctx, d, t.open)
	if report == nil {
		return err
	}
	graded, gradeErr := gradeCassette(t.path, d.chosen.Calls, d.options.told())
	kept, keepErr := t.keep(ctx)
	if err := errors.Join(err, gradeErr, keepErr); err != nil {
		if keepErr == nil {
			f.note(kept.Text)
		}
		if report.Left > 0 {
			f.note(leftText(report) + "; " + goesOn)
		}
		return err
	}
	told := d.options.report(graded.Prompts, graded)
	told.ran = ranFields(report, d.masking(), d.price != nil)
	if err := errors.Join(told.write(r), r.Write(kept)); err != nil {
		return err
	}
	if report.Left > 0 && report.Spent { // which was asked for
		return r.Write(render.Note{Level: render.LevelWarning, Text: leftText(report) + "; " + goesOn})
	}
	if ran.error = leftError(report); ran.error == nil {
		ran.error = graded.unjudgedError()
	}
	return nil
}

// goesOn says how what was stopped is finished.
const goesOn = "the same command goes on where this one stopped"

// leftText says how many requests of a run have no final reply, and why.
func leftText(report *replayrun.Report) string {
	why := report.Stopped
	for i := range report.Exchanges {
		if why == "" && report.Exchanges[i].Problem != "" {
			why = report.Exchanges[i].Problem
		}
	}
	which := fmt.Sprintf("%d of %s: ", report.Left, plural(int64(len(report.Exchanges)), "request"))
	if report.Left == len(report.Exchanges) {
		which = ""
	}
	return which + "no final reply came: " + cmp.Or(why, "the replies say why")
}

// leftError is the error for requests without a final reply; nil where there are
// none.
func leftError(report *replayrun.Report) error {
	if report.Left == 0 {
		return nil
	}
	return &HintError{Err: errors.New(leftText(report)), Hints: []string{leftHint(report)}}
}

// leftHint says how requests without a final reply get one.
func leftHint(report *replayrun.Report) string {
	for i := range report.Exchanges {
		x := &report.Exchanges[i]
		switch {
		case x.End != replay.Rejected:
			continue
		case x.WantsKey():
			return "--key-env or --key-file gives the key of the server; with it " + goesOn
		case x.NotThere():
			return "the server has no such model, or does not speak the --protocol: exhibit replay providers URL lists what one on this machine has"
		default:
			return "--server gives another address, which is another replay"
		}
	}
	return goesOn
}

// unjudgedError is the error for a replay in which nothing came that can be
// judged, though all replies are final.
func (t *gradedTape) unjudgedError() error {
	why := ""
	for i := range t.Prompts {
		for _, s := range t.Prompts[i].Samples {
			if s.Verdicts != nil {
				return nil
			}
			why = cmp.Or(why, s.Problem)
		}
	}
	return &HintError{
		Err:   errors.New("nothing that came can be judged: " + cmp.Or(why, "nothing was sent")),
		Hints: []string{"--protocol says which one the server speaks: exhibit replay providers URL lists those of one on this machine"},
	}
}

// gradeOffline judges replies without sending anything.
func (f *factory) gradeOffline(ctx context.Context, c *casefile.Case, o *replayOptions) error {
	return f.emit(o.Output, export.Config(c, o.params()), func(r *render.Renderer) error {
		var chosen *selectedCalls
		path, err := o.Send.kept(c)
		if err != nil {
			return err
		}
		if o.Select.empty() {
			chosen, err = cassetteCalls(ctx, c, path)
		} else {
			chosen, err = o.Select.calls(ctx, c)
		}
		if err != nil {
			return err
		}
		if o.Send.GradeOnly {
			prompts, err := gradeLogged(chosen.Calls, o.told())
			if err != nil {
				return err
			}
			return o.report(prompts, nil).write(r)
		}
		graded, err := gradeCassette(path, chosen.Calls, o.told())
		if err != nil {
			return err
		}
		return o.report(graded.Prompts, graded).write(r)
	})
}

// told is what verdicts cannot find out by themselves.
func (o *replayOptions) told() verdict.Options {
	return verdict.Options{Canaries: o.Canaries, Markers: o.Markers}
}

func (o *replayOptions) report(prompts []gradedPrompt, tape *gradedTape) *gradedReport {
	return &gradedReport{prompts: prompts, tape: tape, format: o.Output.Format, all: o.All, limit: o.Limit}
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
		"carry": o.Carry, "canary": o.Canaries, "marker": o.Markers,
	}
	o.Select.params(out)
	o.Edits.params(out)
	o.Target.params(out)
	o.Send.params(out)
	return out
}
