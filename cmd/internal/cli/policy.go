package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

const policyLong = `A policy is a file, policy.yml, in which a security team writes who may do what: which
models there are and how sensitive what they are told may be, who may call them, when
people work, which networks, destinations, formats, tools and folders are meant to be
used, what was approved, and what to do about findings. Keep it in a repository.

It is optional. Detectors compare a case with it; without one, those that need it say so.
Nothing here enforces it.

`

func newPolicy(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy COMMAND",
		Short: "Write, check and explain who may do what",
		Long:  policyLong + exitStatus(),
		Example: `  # Start one from what a case shows, and check it
  $ exhibit policy init --case incident.case -o policy.yml
  $ exhibit policy lint policy.yml

  # What holds for somebody
  $ exhibit policy show policy.yml --for arn:aws:iam::111122223333:user/ana`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newPolicyInit(f), newPolicyLint(f), newPolicyShow(f), newPolicySchema(f))
	return cmd
}

// maxPolicySize is one byte more than a policy can have: package policy says
// what is too much.
const maxPolicySize = 1<<20 + 1

// readPolicy reads the text of a policy; - is standard input.
func (f *factory) readPolicy(path string) ([]byte, error) {
	in := f.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading the policy: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPolicySize))
	if err != nil {
		return nil, fmt.Errorf("reading the policy: %w", err)
	}
	return text, nil
}

// parsePolicy reads a policy that is to be used.
func (f *factory) parsePolicy(path string) (*policy.Policy, error) {
	text, err := f.readPolicy(path)
	if err != nil {
		return nil, err
	}
	return usePolicy(path, text)
}

// usePolicy parses the text of a policy that is to be used.
func usePolicy(path string, text []byte) (*policy.Policy, error) {
	p, err := policy.Parse(text)
	if wrong := (*yamldoc.Error)(nil); errors.As(err, &wrong) {
		return nil, &HintError{Err: fmt.Errorf("%s: %w", path, err), Hints: []string{"exhibit policy lint " + shellWord(path) + " lists everything that is wrong"}}
	}
	return p, err
}

func newPolicySchema(f *factory) *cobra.Command {
	var o outputOptions
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a policy",
		Long: `policy schema prints the JSON Schema (draft 2020-12) of a policy, for editors and for
checks elsewhere. policy lint knows more: zones, networks and groups that exist.

` + exitStatus(),
		Example: `  # For an editor
  $ exhibit policy schema -o policy.schema.json

  # Which sections there are
  $ exhibit policy schema | jq '.properties | keys'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return f.writeText(o, policy.Schema())
		},
	}
	addFileFlags(cmd, &o)
	return cmd
}

// writeText writes a text that has a format of its own.
func (f *factory) writeText(o outputOptions, text []byte) error {
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return out.commit()
}

// policyCase opens the case of a command that was given one.
func (f *factory) policyCase(cmd *cobra.Command, o caseOptions, read func(*casefile.Case) error) error {
	if !cmd.Flags().Changed("case") {
		return nil
	}
	return f.readCase(cmd.Context(), o, func(c *casefile.Case) error {
		p := f.startProgress("reading the case", nil)
		defer p.Stop()
		return read(c)
	})
}
