package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/rules"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

func newRules(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules COMMAND",
		Short: "Run Sigma rules over a case",
		Long: `rules runs Sigma 2.1 rules over a case: single events, all seven types of correlations,
and filters. Without a folder or file, it is about the rules that come with exhibit.

Rules for the log of a vendor name fields as the vendor does, so that public rules
(such as SigmaHQ's for product: aws, service: cloudtrail) run unchanged. Rules for
category: genai name columns of events, with service: call those of calls. exhibit
rules list --log-sources and --fields list both.

` + exitStatus(),
		Example: `  # What do the built-in rules find
  $ exhibit rules run

  # Public rules, from a folder
  $ exhibit rules run sigma/rules/cloud/aws`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return noSubcommand(cmd)
		},
	}
	cmd.AddCommand(newRulesList(f), newRulesShow(f), newRulesRun(f), newRulesLint(f), newRulesTest(f))
	return cmd
}

// ruleOptions say which rules, and what their placeholders stand for.
type ruleOptions struct {
	Placeholders map[string][]string
	File         string
}

func addRuleFlags(cmd *cobra.Command, o *ruleOptions) {
	cmd.Flags().Var(&placeholderValue{&o.Placeholders}, "placeholder", "what %NAME% stands for in values with the modifier expand; repeatable")
	cmd.Flags().StringVar(&o.File, "placeholders", "", "YAML `FILE` of names and the lists they stand for")
}

// placeholderValue collects values of placeholders.
type placeholderValue struct{ of *map[string][]string }

func (v *placeholderValue) Type() string   { return "NAME=VALUE" }
func (v *placeholderValue) String() string { return "" }

func (v *placeholderValue) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is no name and value such as admins=ana", s)
	}
	if *v.of == nil {
		*v.of = map[string][]string{}
	}
	(*v.of)[name] = append((*v.of)[name], value)
	return nil
}

// maxPlaceholders bounds a file of placeholders.
const maxPlaceholders = 4 << 20

// loadRules reads the rules of files and folders, the built-in ones without any.
func loadRules(paths []string, o ruleOptions) (*rules.Set, error) {
	options := &rules.Options{Placeholders: map[string][]string{}}
	if o.File != "" {
		data, err := readBounded(o.File, maxPlaceholders)
		if err != nil {
			return nil, fmt.Errorf("reading placeholders: %w", err)
		}
		if options.Placeholders, err = rules.ParsePlaceholders(o.File, data); err != nil {
			return nil, err
		}
	}
	for name, values := range o.Placeholders {
		options.Placeholders[name] = values
	}
	if len(paths) == 0 {
		return rules.Builtin(options)
	}
	return rules.Load(paths, options)
}

// readBounded reads a small file.
func readBounded(path string, most int64) (data []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	data, err = io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s is larger than %d bytes", path, most)
	}
	return data, err
}

type rulesListOptions struct {
	Rules           ruleOptions
	Paths           []string
	Sources, Fields bool
	Output          outputOptions
}

func newRulesList(f *factory) *cobra.Command {
	var o rulesListOptions
	cmd := &cobra.Command{
		Use:   "list [DIR|FILE...]",
		Short: "List rules",
		Long: `rules list lists rules, correlations and filters, the built-in ones without a folder or
file. Rules that are only a part of a correlation report nothing by themselves.

` + exitStatus(),
		Example: `  # What comes with exhibit
  $ exhibit rules list

  # Which columns a rule for category: genai can name
  $ exhibit rules list --fields`,
		Args: cobra.ArbitraryArgs, // files and folders
		RunE: func(_ *cobra.Command, args []string) error {
			o.Paths = args
			return runRulesList(f, o)
		},
	}
	addRuleFlags(cmd, &o.Rules)
	cmd.Flags().BoolVar(&o.Sources, "log-sources", false, "list the log sources that rules can be for instead")
	cmd.Flags().BoolVar(&o.Fields, "fields", false, "list the fields of category: genai instead")
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runRulesList(f *factory, o rulesListOptions) error {
	if o.Sources && o.Fields {
		return usagef("--log-sources and --fields contradict each other")
	}
	set, err := loadRules(o.Paths, o.Rules)
	if err != nil {
		return err
	}
	err = f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		switch {
		case o.Sources:
			return r.Write(logSourceTable())
		case o.Fields:
			return r.Write(fieldTable())
		}
		return r.Write(ruleTable(set))
	})
	return errors.Join(err, ruleProblems(set.Problems))
}

func ruleTable(set *rules.Set) render.Table {
	t := render.Table{Name: "rules", Columns: []render.Column{
		{Name: "title", Kind: render.KindLong}, {Name: "id"}, {Name: "kind"}, {Name: "level"}, {Name: "status"}, {Name: "log_source"}, {Name: "tags"}, {Name: "file"},
	}}
	for _, x := range set.Rules {
		t.Rows = append(t.Rows, []any{x.Title, x.Key(), string(x.Kind), known(x.Level), known(x.Status), known(x.LogSource.String()), known(strings.Join(x.Tags, " ")), x.File})
	}
	return t
}

func logSourceTable() render.Table {
	t := render.Table{Name: "log_sources", Columns: []render.Column{{Name: "product"}, {Name: "category"}, {Name: "service"}, {Name: "fields", Kind: render.KindLong}}}
	for _, s := range rules.Sources() {
		t.Rows = append(t.Rows, []any{known(s.Product), known(s.Category), known(s.Service), s.Doc})
	}
	t.Rows = append(t.Rows, []any{"FORMAT", nil, nil, "the log of any other format that exhibit formats lists, as it was written"})
	return t
}

func fieldTable() render.Table {
	t := render.Table{Name: "fields", Columns: []render.Column{{Name: "field"}, {Name: "events"}, {Name: "calls"}, {Name: "meaning", Kind: render.KindLong}}}
	calls := map[string]bool{}
	for _, x := range rules.Fields("calls") {
		calls[x.Name] = true
	}
	events := map[string]bool{}
	add := func(x rules.FieldDoc) {
		t.Rows = append(t.Rows, []any{x.Name, events[x.Name], calls[x.Name], known(x.Doc)})
	}
	for _, x := range rules.Fields("events") {
		events[x.Name] = true
		add(x)
	}
	for _, x := range rules.Fields("calls") {
		if !events[x.Name] {
			add(x)
		}
	}
	t.Rows = append(t.Rows, []any{"raw.PATH", true, false, "a member of the record, as in raw.response.usage.total_tokens"})
	return t
}

// ruleProblems is the error for rules that cannot be used.
func ruleProblems(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return errors.Join(problems...)
}

type rulesShowOptions struct {
	Rules  ruleOptions
	Name   string
	Paths  []string
	Output outputOptions
}

func newRulesShow(f *factory) *cobra.Command {
	var o rulesShowOptions
	cmd := &cobra.Command{
		Use:   "show RULE [DIR|FILE...]",
		Short: "Show a rule and the SQL that it becomes",
		Long: `rules show shows a rule as it was written, and the SQL that it is compiled to. RULE is
its id, its name, or the name of its file. Of a correlation, the SQL is that of the
rules it is made of; windows are swept over their matches. Functions that begin with
sigma_ are exhibit's own and exist while rules run.

` + exitStatus(),
		Example: `  # A built-in rule
  $ exhibit rules show model_enumeration

  # One of a folder
  $ exhibit rules show 33a50de8-2f0e-4b5a-9e1c-0d9f0e8f1a11 rules/`,
		Args: someArgs("RULE"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return builtinRules(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			o.Name, o.Paths = args[0], args[1:]
			return runRulesShow(f, o)
		},
	}
	addRuleFlags(cmd, &o.Rules)
	addOutputFlags(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

// builtinRules lists the built-in rules for completion; none when they cannot be
// read.
func builtinRules() []string {
	set, err := rules.Builtin(nil)
	if err != nil {
		return nil
	}
	var list []string
	for _, x := range set.Rules {
		list = append(list, x.Key()+"\t"+x.Title)
	}
	return list
}

func runRulesShow(f *factory, o rulesShowOptions) error {
	set, err := loadRules(o.Paths, o.Rules)
	if err != nil {
		return err
	}
	found := set.Find(o.Name)
	if len(found) == 0 {
		return errors.Join(usagef("no rule has the id, name or file %q", o.Name).hint("exhibit rules list lists them"), ruleProblems(set.Problems))
	}
	return f.emit(o.Output, render.Config{}, func(r *render.Renderer) error {
		for i, x := range found {
			if i == 0 || x.File != found[i-1].File {
				if err := r.Write(textTable("rule", x.File, x.Text)); err != nil {
					return err
				}
			}
			if x.Kind != rules.KindRule {
				continue
			}
			query, err := x.SQL()
			if err != nil {
				query = err.Error()
			}
			if err := r.Write(textTable("sql", "SQL of "+x.Title, query)); err != nil {
				return err
			}
		}
		return nil
	})
}

// textTable shows a text line by line.
func textTable(name, title, text string) render.Table {
	t := render.Table{Name: name, Title: title, Columns: []render.Column{{Name: "line", Kind: render.KindLong}}}
	for line := range strings.Lines(text) {
		t.Rows = append(t.Rows, []any{strings.TrimRight(line, "\r\n")})
	}
	return t
}

type rulesRunOptions struct {
	Case   caseOptions
	Rules  ruleOptions
	Paths  []string
	FailOn string
	All    bool
	Output outputOptions
}

func newRulesRun(f *factory) *cobra.Command {
	var o rulesRunOptions
	cmd := &cobra.Command{
		Use:   "run [DIR|FILE...]",
		Short: "Look for what rules describe",
		Long: `rules run runs rules over a case, the built-in ones without a folder or file. What a
rule matches is a finding for each principal and hour, with all its events; what a
correlation finds is one for each group and hour. The severity is the level of the
rule, and low without one.

Rules for logs that the case does not have are counted and do not fail; --all and
-f json say which and why. A rule that cannot be used is an error behind the results of
all others.

` + exitStatus(exitFindings),
		Example: `  # The built-in rules
  $ exhibit rules run

  # Rules of your own, in a CI job
  $ exhibit rules run detections/ --fail-on high -f json -o findings.json

  # With what a placeholder stands for
  $ exhibit rules run detections/ --placeholder admins=ana --placeholder admins=bo`,
		Args: cobra.ArbitraryArgs, // files and folders
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return runRulesRun(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addRuleFlags(cmd, &o.Rules)
	addFailOnFlag(cmd, &o.FailOn)
	addAllFlag(cmd, &o.All)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runRulesRun(ctx context.Context, f *factory, o rulesRunOptions) error {
	set, err := loadRules(o.Paths, o.Rules)
	if err != nil {
		return err
	}
	var report *rules.Report
	err = f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		config := export.Config(c, map[string]any{"rules": o.Paths, "rules_sha256": set.Sum(), "fail_on": o.FailOn, "all": o.All})
		return f.emit(o.Output, config, func(r *render.Renderer) (err error) {
			if report, err = set.Run(ctx, c); err != nil {
				return err
			}
			return writeRules(r, report, &o)
		})
	})
	if err != nil {
		return errors.Join(err, ruleProblems(set.Problems))
	}
	return errors.Join(failOn(report.Findings, o.FailOn), ruleProblems(slices.Concat(set.Problems, report.Problems)))
}

// writeRules writes what was found, the severest first, then what did not apply.
// Text names only the rules that matched. CSV holds the findings only.
func writeRules(r *render.Renderer, report *rules.Report, o *rulesRunOptions) error {
	text, csv := o.Output.Format == render.FormatText, o.Output.Format == render.FormatCSV
	if !csv {
		if err := r.Write(ranTable(report, o.All || !text)); err != nil {
			return err
		}
	}
	if err := writeFindings(r, report.Findings, findingsOptions{text: text, all: o.All || !text && !csv}); err != nil {
		return err
	}
	for _, n := range rulesNotes(report) {
		if err := r.Write(render.Note{Level: render.LevelNote, Text: n}); err != nil {
			return err
		}
	}
	return nil
}

func ranTable(report *rules.Report, all bool) render.Table {
	t := render.Table{Name: "rules", Title: "Rules", Columns: []render.Column{
		{Name: "rule"},
		{Name: "level"},
		{Name: "log_source"},
		{Name: "matches", Kind: render.KindInt},
		{Name: "findings", Kind: render.KindInt},
		{Name: "title", Kind: render.KindLong},
		{Name: "not_applicable", Kind: render.KindLong},
	}}
	for _, k := range report.Rules {
		if !all && k.Matches == 0 {
			continue
		}
		t.Rows = append(t.Rows, []any{k.Key(), known(k.Level), known(k.LogSource.String()), k.Matches, k.Findings, k.Title, known(k.NotApplicable)})
	}
	return t
}

// rulesNotes sums up, and says what to do next.
func rulesNotes(report *rules.Report) []string {
	var notes []string
	idle := 0
	for _, k := range report.Rules {
		if k.NotApplicable != "" {
			idle++
		}
		for _, n := range k.Notes {
			notes = append(notes, k.Key()+": "+n)
		}
	}
	said := plural(int64(len(report.Rules)), "rule") + ", " + plural(int64(len(report.Findings)), "finding")
	if idle > 0 {
		said += fmt.Sprintf("; %d could not apply to this case (--all says why)", idle)
	}
	notes = append(notes, said)
	if len(report.Findings) > 0 {
		notes = append(notes, "exhibit show EVENT shows a record in full, exhibit timeline EVENT what happened around it, exhibit rules show RULE what a rule looks for")
	}
	return notes
}
