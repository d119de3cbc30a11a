package cli

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/affected"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type affectedOptions struct {
	Case     caseOptions
	Value    string
	TextFile string
	By       []string
	Range    rangeOptions
	Window   time.Duration // 0 when not given
	All      bool
	Limit    int
	Output   outputOptions
}

const affectedLong = `affected finds everyone and everything that met the same thing: a text that was said, a
document or the result of a tool that a model was given, a system prompt, a credential,
an address, a session or any other identifier. It says who met it first, as what it was
seen (a document before it was a prompt?), who else met it, and what happened next.

VALUE is the id of a finding or of an event, which start from all that their calls hold;
or an identifier, a principal, an end user, an address, a session, a credential; or the
SHA-256 of a text, as events show it, or 8 digits or more of its beginning; or a text,
exactly as it was said. --text-file takes a longer text from a file. Texts are compared
byte by byte.

A call meets a thing when any event that shows the call holds it, and counts once,
however many sources show it. What is no call, such as a role that was assumed, counts
as an event. Next is what the same principal did, or what happened in the same session,
within --window after a meeting: that one led to the other is not said. New models and
addresses are those that the principal did not use up to its first meeting.

What more than half of the principals met distinguishes few or nobody: it is listed
last, and who met it is told only where nothing else was met.

--by narrows what is looked for to content, credential, session, address, principal or
identifier (any other); from an event or a finding, principals only when asked for.

Text shows the first principals and things; --all shows all, with their sessions,
credentials, addresses and models. json and jsonl hold everything, csv the principals.

`

func newAffected(f *factory) *cobra.Command {
	var o affectedOptions
	cmd := &cobra.Command{
		Use:   "affected [FINDING | EVENT | VALUE]",
		Short: "Find everyone who met the same text, credential, address or session",
		Long:  affectedLong + exitStatus(),
		Example: `  # Who else met what this call was given, and what did they do next
  $ exhibit affected 1f3a5c7e-12

  # Who used a credential, in the last week
  $ exhibit affected AKIAIOSFODNN7EXAMPLE --from 7d

  # Who was given a poisoned document
  $ exhibit affected --text-file poisoned.txt --window 24h -f json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one VALUE, and there are %d: put it in quotation marks", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: completeEvents(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Value = args[0]
			}
			return runAffected(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	flags := cmd.Flags()
	flags.StringVar(&o.TextFile, "text-file", "", "look for the text in this `FILE`")
	flags.Var(&alternatives{&o.By, affected.Groups()}, "by", byUsage)
	addWindowFlag(cmd, &o.Window)
	addRangeFlags(cmd, &o.Range)
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, 20)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	// The flag was defined above, the only thing that can fail.
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(affected.Groups(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check refuses what cannot be meant, before any work.
func (o *affectedOptions) check() error {
	switch {
	case o.Value == "" && o.TextFile == "":
		return usagef("affected needs something to look for").
			hint("a finding, an event, an identifier, the hash of a text or a text; or --text-file")
	case o.Value != "" && o.TextFile != "":
		return usagef("a VALUE and --text-file are two things to look for: give one")
	}
	return o.Range.check(o.Output.Zone)
}

func runAffected(ctx context.Context, f *factory, o affectedOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	ao := affected.Options{Value: o.Value, By: o.By, Window: o.Window, Limit: o.Limit, Excerpt: excerptLength}
	if o.Limit == 0 {
		ao.Limit = math.MaxInt32
	}
	if o.TextFile != "" {
		var err error
		if ao.Text, err = readParameter("text", o.TextFile); err != nil {
			return err
		}
		if len(ao.Text) == 0 {
			return usagef("%s is empty", o.TextFile)
		}
	}
	// Findings and spans need the views of the case, which cost time.
	lookup := !affected.IsFinding(o.Value) && !o.Range.relative()
	return f.withCase(ctx, o.Case, lookup, func(c *casefile.Case) (err error) {
		if ao.From, ao.To, err = resolveRange(ctx, c, o.Range, o.Output.Zone); err != nil {
			return err
		}
		ao.Finding = func(ctx context.Context, id string) (*analyze.Finding, error) { return findFinding(ctx, c, id) }
		return f.emit(o.Output, export.Config(c, o.params()), func(r *render.Renderer) error {
			result, err := affected.Find(ctx, c, ao)
			if err != nil {
				return affectedProblem(err, &o)
			}
			if err := writeAffected(r, result, &o); err != nil || !affected.IsFinding(o.Value) {
				return err
			}
			return writeStale(r, c.Analysis())
		})
	})
}

// params are the parameters that shaped the result.
func (o *affectedOptions) params() map[string]any {
	return map[string]any{
		"value": o.Value, "text_file": o.TextFile, "by": o.By, "from": o.Range.From.text, "to": o.Range.To.text,
		"window": windowValue{&o.Window}.String(), "limit": (*limitValue)(&o.Limit).String(), "all": o.All,
	}
}

// findFinding returns one of the findings of the case, nil where there is none
// with the id.
func findFinding(ctx context.Context, c *casefile.Case, id string) (*analyze.Finding, error) {
	list, err := storedFindings(ctx, c)
	if err != nil {
		return nil, err
	}
	if i := findingNamed(list, id); i >= 0 {
		return &list[i], nil
	}
	return nil, nil
}

// affectedProblem says what to do about a search that found nothing.
func affectedProblem(err error, o *affectedOptions) error {
	var none *affected.NotFoundError
	var several *affected.AmbiguousError
	hinted := &HintError{Err: err}
	switch {
	case errors.As(err, &several):
		hinted.Hints = boundedLines(several.Hashes)
		return hinted
	case !errors.As(err, &none):
		return err
	}
	if len(o.By) > 0 || o.Range.From.Kind != boundOpen || o.Range.To.Kind != boundOpen {
		hinted.Hints = append(hinted.Hints, "--by, --from and --to narrow what is looked for: leave one out")
	}
	if affected.IsFinding(o.Value) {
		hinted.Hints = append(hinted.Hints, "exhibit findings lists the findings with their ids")
	}
	hinted.Hints = append(hinted.Hints, "texts and identifiers are compared whole, and upper and lower case differ",
		"exhibit events --contains TEXT looks for a part of a text")
	return hinted
}
