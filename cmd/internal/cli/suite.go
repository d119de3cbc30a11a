package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

const suiteLong = `A suite is a file of incidents: requests from logs, each with what a reply to it must
show. It is made of findings, reviewed, committed, and run against a model before that
model ships, so that what was mitigated does not come back unseen.

A suite holds prompts of logs. Personal data and secrets in them are masked, unless told
otherwise; keep the file as the logs are kept.

`

func newSuite(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "suite COMMAND",
		Short: "Keep incidents from coming back: regression suites",
		Long:  suiteLong + exitStatus(exitFindings),
		Example: `  # Make one of findings, and see what it expects
  $ exhibit suite create f-01234567 -o suite.yml
  $ exhibit suite show suite.yml

  # Does it happen again?
  $ exhibit suite run suite.yml --server http://localhost:11434 --model llama3.2 --cassette run.jsonl --yes`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newSuiteCreate(f), newSuiteRun(f), newSuiteLint(f), newSuiteShow(f), newSuiteSchema(f))
	return cmd
}

// readSuite reads the text of a suite; - is standard input. It reads one byte
// more than a suite can have: package suite says what is too much.
func (f *factory) readSuite(path string) ([]byte, error) {
	in := f.in
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading the suite: %w", err)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, suite.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading the suite: %w", err)
	}
	return text, nil
}

// parseSuite reads a suite that is to be used, and its digest.
func (f *factory) parseSuite(path string) (*suite.Suite, string, error) {
	text, err := f.readSuite(path)
	if err != nil {
		return nil, "", err
	}
	s, err := suite.Parse(text)
	if wrong := (*yamldoc.Error)(nil); errors.As(err, &wrong) {
		return nil, "", &HintError{Err: fmt.Errorf("%s: %w", path, err), Hints: []string{"exhibit suite lint " + shellWord(path) + " lists everything that is wrong"}}
	}
	return s, suite.Digest(text), err
}

func newSuiteSchema(f *factory) *cobra.Command {
	var o outputOptions
	cmd := &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of a suite",
		Long: `suite schema prints the JSON Schema (draft 2020-12) of a suite, for editors and for
checks elsewhere. suite lint knows more: regular expressions, expressions and JSON.

` + exitStatus(),
		Example: `  # For an editor
  $ exhibit suite schema -o suite.schema.json

  # Which assertions there are
  $ exhibit suite schema | jq '."$defs".assertion.properties | keys'`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			return f.writeText(o, suite.Schema())
		},
	}
	addFileFlags(cmd, &o)
	return cmd
}

func newSuiteLint(f *factory) *cobra.Command {
	var o outputOptions
	cmd := &cobra.Command{
		Use:   "lint FILE",
		Short: "Say what is wrong in a suite",
		Long: `suite lint says everything that is wrong in a suite, with its place and with what would be
right, and exits with 1 when anything is. A suite that can be used gets warnings: cases
that their own incident passes, verdicts that can never be known, requests that the log
did not keep whole, prompts that nobody masked. - is standard input.

` + exitStatus(),
		Example: `  # Before it is committed
  $ exhibit suite lint suite.yml

  # In a pipe
  $ exhibit suite create f-01234567 | exhibit suite lint -`,
		Args: oneArg("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			return runSuiteLint(f, args[0], o)
		},
	}
	addOutputFlags(cmd, &o, render.Formats()...)
	return cmd
}

func runSuiteLint(f *factory, path string, o outputOptions) error {
	text, err := f.readSuite(path)
	if err != nil {
		return err
	}
	config := render.Config{Params: map[string]any{"suite": path, "suite_sha256": suite.Digest(text)}}
	return f.emitProblems(o, config, path, suite.Lint(text))
}

func newSuiteShow(f *factory) *cobra.Command {
	var o outputOptions
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Say what a suite asks and expects",
		Long: `suite show lists the cases of a suite: what each was made of, what its request holds, what
is expected of a reply, and how the logged reply stood to that. - is standard input.

` + exitStatus(),
		Example: `  # What is tested
  $ exhibit suite show suite.yml

  # For a spreadsheet
  $ exhibit suite show suite.yml -f csv`,
		Args: oneArg("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, digest, err := f.parseSuite(args[0])
			if err != nil {
				return err
			}
			config := render.Config{Params: map[string]any{"suite": args[0], "suite_sha256": digest}}
			return f.emit(o, config, func(r *render.Renderer) error {
				return writeSuite(r, s, o.Format)
			})
		},
	}
	addOutputFlags(cmd, &o, render.Formats()...)
	return cmd
}

// writeSuite writes what a suite is made of and its cases.
func writeSuite(r *render.Renderer, s *suite.Suite, format string) error {
	if format != render.FormatCSV { // which holds one table
		fields := render.Fields{Name: "suite", Title: "Suite", Items: []render.Field{
			field("name", s.Name), field("made_of", known(s.From.Case)), field("head", known(s.From.Head)), field("protocol", known(string(s.Target.Protocol))),
			field("model", known(s.Target.Model)), intField("samples", int64(max(1, s.Target.Samples))), intField("cases", int64(len(s.Cases))),
		}}
		if err := r.Write(fields); err != nil {
			return err
		}
	}
	t := render.Table{Name: "cases", Title: "Cases", Stacked: true, Columns: []render.Column{
		{Name: "case", Whole: true},
		{Name: "title", Kind: render.KindLong},
		{Name: "expected", Kind: render.KindLong},
		{Name: "min_rate", Kind: render.KindNumber},
		{Name: "incident"},
		{Name: "detector"},
		{Name: "finding", Whole: true},
		{Name: "event", Whole: true},
		{Name: "fidelity"},
		{Name: "messages", Kind: render.KindInt},
		{Name: "masked", Kind: render.KindInt},
	}}
	for i := range s.Cases {
		c := &s.Cases[i]
		var masked any
		if c.Masked != nil {
			masked = int64(*c.Masked)
		}
		t.Rows = append(t.Rows, []any{
			c.ID, known(c.Title), expectedWords(c), c.Least(), known(string(c.Then)), known(c.Detector), known(c.Finding), known(c.Request.Event),
			c.Fidelity.String(), int64(len(c.Request.Messages)), masked,
		})
	}
	return r.Write(t)
}
