package cli

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/analyze/policy/observe"
)

const policyInitLong = `policy init writes a policy to start from, with explanations and examples.

With --case it is filled with what the case shows: the models, the roles (and principals
without one, by their type), and for each of them the models, operations, regions,
networks (/24 of IPv4, /48 of IPv6), hours, destinations, formats and tools of its calls.
All of it has the effect seen: it allows nothing until somebody has looked at it and made
it allow or deny. A case under examination shows what the intruder did, too.

Hours are those of --tz: the shortest run of hours with 90 % of the calls of working days.

`

type policyInitOptions struct {
	Case   caseOptions
	Zone   *time.Location
	Output outputOptions
}

func newPolicyInit(f *factory) *cobra.Command {
	var o policyInitOptions
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a policy to start from",
		Long:  policyInitLong + exitStatus(),
		Example: `  # Explanations and examples
  $ exhibit policy init -o policy.yml

  # What a case shows, with hours by the clock of Zurich
  $ exhibit policy init --case incident.case --tz Europe/Zurich -o policy.yml`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runPolicyInit(cmd, f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addZoneFlag(cmd, &o.Zone)
	addFileFlags(cmd, &o.Output)
	return cmd
}

func runPolicyInit(cmd *cobra.Command, f *factory, o policyInitOptions) error {
	if _, err := time.LoadLocation(o.Zone.String()); err != nil || o.Zone == time.Local {
		return usagef("--tz %s: a policy needs the name of a zone, such as Europe/Zurich, which knows summer time", o.Zone)
	}
	var seen *policy.Observed
	err := f.policyCase(cmd, o.Case, func(c *casefile.Case) (err error) {
		seen, err = observe.Read(cmd.Context(), c)
		return err
	})
	if err != nil {
		return err
	}
	if err := f.writeText(o.Output, policy.Propose(seen, o.Zone)); err != nil {
		return err
	}
	if seen != nil {
		f.note("this is what was seen, not what is meant to be: make each rule of effect seen one of allow or deny")
	}
	if !o.Output.toStdout() {
		f.note("exhibit policy lint " + shellWord(o.Output.File) + " checks it")
	}
	return nil
}
