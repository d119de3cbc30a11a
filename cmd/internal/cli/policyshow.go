package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const policyShowLong = `policy show says in words what a policy says, each with its line. With --for it says what
holds for one principal, role, person, credential, application or group, or for one model:
the groups it is in, the rules that are about it, its hours and its approvals. A name may
be any of these; of the ARN of a role, or of a session of one, the role counts as well.
- is standard input.

`

type policyShowOptions struct {
	For    string
	Output outputOptions
}

func newPolicyShow(f *factory) *cobra.Command {
	var o policyShowOptions
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Say in words what a policy says",
		Long:  policyShowLong + exitStatus(),
		Example: `  # All of it
  $ exhibit policy show policy.yml

  # What holds for somebody, and for a model
  $ exhibit policy show policy.yml --for arn:aws:sts::111122223333:assumed-role/Analyst/ana
  $ exhibit policy show policy.yml --for anthropic.claude-3-haiku-20240307-v1:0`,
		Args: oneArg("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			return runPolicyShow(f, args[0], o)
		},
	}
	cmd.Flags().StringVar(&o.For, "for", "", "only what is said of this `NAME`")
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runPolicyShow(f *factory, path string, o policyShowOptions) error {
	p, err := f.parsePolicy(path)
	if err != nil {
		return err
	}
	config := render.Config{Params: map[string]any{"policy": path, "policy_sha256": p.Digest()}}
	if o.For != "" {
		config.Params["for"] = o.For
	}
	return f.emit(o.Output, config, func(r *render.Renderer) error {
		return writePolicy(r, p, p.Statements(o.For, f.now()), o.For)
	})
}

func writePolicy(r *render.Renderer, p *policy.Policy, list []policy.Statement, about string) error {
	t := render.Table{Name: "statements", Stacked: false, Columns: []render.Column{
		{Name: "line", Kind: render.KindInt}, {Name: "section"}, {Name: "name"}, {Name: "effect"}, {Name: "who", Kind: render.KindLong}, {Name: "what", Kind: render.KindLong},
	}}
	seen := 0
	for _, s := range list {
		if s.Effect == policy.Seen.String() {
			seen++
		}
		t.Rows = append(t.Rows, []any{s.Line, string(s.Section), orNone(s.Name), orNone(s.Effect), orNone(s.Who), orNone(s.What)})
	}
	if err := r.Write(t); err != nil {
		return err
	}
	for _, n := range policyNotes(p, list, about, seen) {
		if err := r.Write(n); err != nil {
			return err
		}
	}
	return nil
}

// orNone is a text, NULL where there is none.
func orNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// policyNotes say how to read what the policy says.
func policyNotes(p *policy.Policy, list []policy.Statement, about string, seen int) []render.Note {
	var notes []render.Note
	add := func(level render.NoteLevel, text string) {
		notes = append(notes, render.Note{Level: level, Text: text})
	}
	switch {
	case len(list) == 0 && about != "":
		add(render.LevelNote, "the policy says nothing about "+about)
	case len(list) == 0:
		add(render.LevelNote, "the policy says nothing: exhibit policy init writes examples")
	case about != "":
		if groups := p.GroupsOf(policy.SubjectNamed(about)); len(groups) > 0 {
			add(render.LevelNote, about+" is in the groups "+strings.Join(groups, ", "))
		}
		add(render.LevelNote, "a deny beats every allow that is not narrower, about whom or about what")
	}
	if seen > 0 {
		add(render.LevelWarning, fmt.Sprintf("%s only seen and allow nothing: make each allow or deny", are(int64(seen), "rule")))
	}
	return notes
}
