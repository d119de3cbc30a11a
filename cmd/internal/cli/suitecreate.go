package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/mask"
	"github.com/exhibit-forensics/exhibit/replay/request"
	"github.com/exhibit-forensics/exhibit/replay/suite"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

const suiteCreateLong = `suite create makes a suite of findings: of each the calls whose logged reply is not what
is to be expected, or of which the log does not tell, at most --max-cases of them. What is
expected goes by the detector: no secret in the reply, no system prompt, a refusal, no
such tool, figures that the documents have. It is a proposal, and comments in the file say
what a person should look at. Findings and calls that make no case are listed on stderr,
with the reason. A story counts as the findings that it is made of.

Personal data and secrets in the requests are masked; --unmasked keeps them. Replies are
not kept.

`

type suiteCreateOptions struct {
	Case     caseOptions
	Findings []string
	Name     string
	Limit    int
	Unmasked bool
	Output   outputOptions
}

func newSuiteCreate(f *factory) *cobra.Command {
	var o suiteCreateOptions
	cmd := &cobra.Command{
		Use:   "create FINDING...",
		Short: "Make a suite of findings",
		Long:  suiteCreateLong + exitStatus(),
		Example: `  # Of what was found of an incident
  $ exhibit suite create f-01234567 f-89abcdef --title incident-12 -o suite.yml

  # With more of the calls of each finding
  $ exhibit suite create f-01234567 --max-cases 20 -o suite.yml`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("%s needs FINDING", cmd.CommandPath()).hint("exhibit findings lists them with their ids")
			}
			return nil
		},
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			return completeFindings(f)(cmd, nil, typed)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Findings = args
			return runSuiteCreate(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	flags := cmd.Flags()
	flags.StringVar(&o.Name, "title", "", "what reports call the suite (`NAME`; default: that of the case)")
	flags.BoolVar(&o.Unmasked, "unmasked", false, "keep personal data and secrets in the requests")
	o.Limit = 3
	flags.Var((*limitValue)(&o.Limit), "max-cases", "cases to make of one finding at most, or all")
	addFileFlags(cmd, &o.Output)
	return cmd
}

func runSuiteCreate(ctx context.Context, f *factory, o suiteCreateOptions) error {
	var s *suite.Suite
	var left []suite.Left
	err := f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		p := f.startProgress("reading the findings", nil)
		defer p.Stop()
		incidents, err := incidentsOf(ctx, c, o.Findings)
		if err != nil {
			return err
		}
		s = &suite.Suite{Name: o.Name, From: suite.Origin{Case: filepath.Base(c.Dir), Head: c.Head().String(), Tool: "exhibit " + f.build().Version}}
		if s.Name == "" {
			s.Name = strings.TrimSuffix(s.From.Case, ".case")
		}
		left, err = fillSuite(s, incidents, &o)
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range left {
		what := l.Finding + " (" + l.Detector + ")"
		if l.Event != "" {
			what += ", event " + l.Event
		}
		f.note("no case of " + what + ": " + l.Why)
	}
	if len(s.Cases) == 0 {
		return &HintError{Err: errors.New("making a suite: none of the findings makes a case"), Hints: []string{"the lines above say why"}}
	}
	text, err := suite.Encode(s)
	if err != nil {
		return err
	}
	if err := f.writeText(o.Output, text); err != nil {
		return err
	}
	if o.Unmasked {
		f.warn("nothing was masked: the suite holds what the logs hold")
	}
	if !o.Output.toStdout() {
		f.note(plural(int64(len(s.Cases)), "case") + ": look at what each expects; exhibit suite lint " + shellWord(o.Output.File) + " checks it")
	}
	return nil
}

// fillSuite adds cases of incidents.
func fillSuite(s *suite.Suite, incidents []suite.Incident, o *suiteCreateOptions) ([]suite.Left, error) {
	judge, err := verdict.New(verdict.Options{})
	if err != nil {
		return nil, err
	}
	options := suite.CreateOptions{Judge: judge, PerFinding: o.Limit}
	if !o.Unmasked {
		masker, err := mask.New()
		if err != nil {
			return nil, err
		}
		options.Mask = func(q *replay.Request) (*replay.Request, int) { return mask.Apply(q, masker) }
	}
	return s.Add(&options, incidents)
}

// incidentsOf returns the findings that were named, those of stories in their
// place, each once and with its calls.
func incidentsOf(ctx context.Context, c *casefile.Case, ids []string) ([]suite.Incident, error) {
	list, err := storedFindings(ctx, c)
	if err != nil {
		return nil, err
	}
	var wanted []*analyze.Finding
	seen := map[string]bool{}
	add := func(id string) error {
		found, err := nameFinding(c, list, id)
		if err == nil && !seen[found.ID] {
			seen[found.ID] = true
			wanted = append(wanted, found)
		}
		return err
	}
	for _, id := range ids {
		if err := add(id); err != nil {
			return nil, err
		}
	}
	var out []suite.Incident
	for i := 0; i < len(wanted); i++ { // stories add to it
		for _, part := range wanted[i].Parts {
			if err := add(part); err != nil {
				return nil, err
			}
		}
		if len(wanted[i].Parts) > 0 {
			continue
		}
		in := suite.Incident{Finding: *wanted[i]}
		if ok, _ := suite.Expected(in.Finding.Detector); ok {
			if in.Calls, err = callsOf(ctx, c, in.Finding.Events); err != nil {
				return nil, err
			}
		}
		out = append(out, in)
	}
	return out, nil
}

// callsOf returns the calls to models that events show.
func callsOf(ctx context.Context, c *casefile.Case, ids []string) ([]*replay.Request, error) {
	eids, err := request.Events(ctx, c, ids)
	if err != nil {
		return nil, fmt.Errorf("reading the events of a finding: %w", err)
	}
	calls, _, err := request.Calls(ctx, c, eids)
	if err != nil {
		return nil, err
	}
	var out []*replay.Request
	for i := range calls {
		out = append(out, calls[i].Request)
	}
	return out, nil
}

// expectedWords is what is expected of a reply to a case.
func expectedWords(c *suite.Case) string {
	var names []string
	for i := range c.Expect {
		names = append(names, c.Expect[i].Name)
	}
	return strings.Join(names, "; ")
}
