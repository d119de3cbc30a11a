package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/formats"
)

type eventsOptions struct {
	Case     caseOptions
	Filter   filterOptions
	Range    rangeOptions
	Contains string
	Regex    string
	Raw      bool
	Where    string
	Columns  []string
	Order    string
	All      bool
	Limit    int
	LimitSet bool
	Output   outputOptions
}

const eventsLong = `events lists events that all given flags select. A flag that is given several times
takes any of its values; * in a value stands for any text.

--contains finds a text in what was said: in messages and prompts of any role, in
the tool calls that a model made, in the documents it was given, and in error
messages. What a log cut into chunks is one text, of the first event of its call.
Upper and lower case are the same to it, and no character is special.
--regex does the same with an RE2 expression and minds the case; begin it with (?i)
to ignore it. Both look into the raw records as well with --raw, which is slower.
--where takes any SQL condition on the columns (exhibit sql --tables lists them).

Events come in the order of time, those without a time last; --order record gives
the order of the evidence. Events that repeat others are left out without --all.
On a terminal, the first 100 are shown unless --limit says otherwise.

CSV guards against formulas: a cell that a spreadsheet could run begins with an
apostrophe. Parquet files hold the values as they are.

`

func newEvents(f *factory) *cobra.Command {
	var o eventsOptions
	cmd := &cobra.Command{
		Use:   "events",
		Short: "List events",
		Long:  eventsLong + exitStatus(),
		Example: `  # Who was denied on the last day
  $ exhibit events --outcome denied --from 24h

  # Prompts that speak of a project, of one team's roles
  $ exhibit events --contains "project heron" --principal '*assumed-role/research-*' --columns event_id,ts,prompt

  # Everything of a week, for other tools
  $ exhibit events --from 2026-03-02 --to 2026-03-08 -f parquet -o week.parquet`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.LimitSet = cmd.Flags().Changed("limit")
			return runEvents(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	addFilterFlags(cmd, &o.Filter)
	addRangeFlags(cmd, &o.Range)
	flags := cmd.Flags()
	flags.StringVar(&o.Contains, "contains", "", "`TEXT` in what was said, in upper or lower case")
	flags.Var(&regexValue{&o.Regex}, "regex", "expression that fits something that was said")
	addRawFlag(cmd, &o.Raw)
	addWhereFlag(cmd, &o.Where)
	flags.StringSliceVar(&o.Columns, "columns", nil, "`NAMES` of columns to show, with commas between")
	o.Order = "time"
	flags.Var(&choiceValue{&o.Order, []string{"time", "record"}}, "order", "what comes first")
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, terminalRows)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, append(render.Formats(), export.FormatParquet)...)
	_ = cmd.RegisterFlagCompletionFunc("columns", cobra.FixedCompletions(columnNames(), cobra.ShellCompDirectiveNoFileComp)) // defined above
	return cmd
}

// terminalRows is how many rows of a long list a terminal shows by default.
const terminalRows = 100

// rowLimit is the limit that holds: the one given, else terminalRows on a
// terminal and none elsewhere.
func (f *factory) rowLimit(limit int, given bool, o outputOptions) int {
	if given || f.outTTY && o.toStdout() && o.Format == render.FormatText {
		return limit
	}
	return 0
}

// regexValue is a regular expression in RE2 syntax.
type regexValue struct{ value *string }

func (v *regexValue) Type() string { return "RE" }

func (v *regexValue) String() string {
	if v.value == nil {
		return ""
	}
	return *v.value
}

func (v *regexValue) Set(s string) error {
	if err := casefile.CheckRegex(s); err != nil {
		return err
	}
	*v.value = s
	return nil
}

// columnNames are the columns of events, for completion.
func columnNames() []string {
	names := []string{"event_id", "evidence_id", "record", "part", "byte_offset", "byte_length", "record_sha256", "format"}
	for _, c := range formats.Columns() {
		names = append(names, c.Name)
	}
	return names
}

// defaultColumns are what a line of text has room for. Other outputs show the
// same unless --columns or --all asks for others.
func defaultColumns() []string {
	return []string{"event_id", "ts", "plane", "kind", "operation", "outcome", "principal", "model", "src_ip"}
}

func runEvents(ctx context.Context, f *factory, o eventsOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	o.Limit = f.rowLimit(o.Limit, o.LimitSet, o.Output)
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		if err := checkWhere(ctx, c, o.Where, "events"); err != nil {
			return err
		}
		q, err := o.query(ctx, c)
		if err != nil {
			return err
		}
		if n := timeless(c); n > 0 && (!q.From.IsZero() || !q.To.IsZero()) {
			f.warn(fmt.Sprintf("--from and --to leave out what has no time: %s of this case", plural(n, "event")))
		}
		config := export.Config(c, o.params(q))
		if o.Output.Format == export.FormatParquet {
			return f.writeParquet(ctx, c, o, q, config)
		}
		return f.emit(o.Output, config, func(r *render.Renderer) error {
			return writeEvents(ctx, r, c, q)
		})
	})
}

// check refuses what cannot be, whatever the case holds.
func (o *eventsOptions) check() error {
	switch {
	case o.Raw && o.Contains == "" && o.Regex == "":
		return usagef("--raw is for --contains and --regex").hint("exhibit show EVENT --raw prints a raw record")
	case o.Output.Format == export.FormatParquet && o.Output.toStdout():
		return usagef("a Parquet file is not for a terminal").hint("name a file with -o FILE")
	}
	for i, name := range o.Columns {
		if name == "" {
			return usagef("--columns has an empty name")
		}
		if slices.Contains(o.Columns[:i], name) {
			return usagef("--columns names %s twice", name)
		}
	}
	return o.Range.check(o.Output.Zone)
}

// query turns the flags into what casefile takes.
func (o *eventsOptions) query(ctx context.Context, c *casefile.Case) (casefile.EventQuery, error) {
	q := casefile.EventQuery{
		Matches: o.Filter.matches(), Contains: o.Contains, Regex: o.Regex, Raw: o.Raw, Where: o.Where,
		Duplicates: o.All, Columns: o.Columns, ByRecord: o.Order == "record", Limit: o.Limit,
	}
	var err error
	if q.From, q.To, err = resolveRange(ctx, c, o.Range, o.Output.Zone); err != nil {
		return q, err
	}
	if len(q.Columns) == 0 {
		q.Columns = defaultColumns()
	}
	return q, nil
}

func (o *eventsOptions) params(q casefile.EventQuery) map[string]any {
	params := map[string]any{
		"from": q.From, "to": q.To, "contains": o.Contains, "regex": o.Regex, "raw": o.Raw, "where": o.Where,
		"columns": o.Columns, "order": o.Order, "all": o.All, "limit": o.Limit,
	}
	o.Filter.params(params)
	return params
}

// writeEvents writes the events as rows of one table.
func writeEvents(ctx context.Context, r *render.Renderer, c *casefile.Case, q casefile.EventQuery) error {
	n, more, err := export.Events(ctx, r, c, q)
	if err != nil {
		return columnProblem(err)
	}
	if more {
		return r.Write(render.Note{Level: render.LevelNote, Text: fmt.Sprintf("only the first %s; --limit all shows all", plural(n, "event"))})
	}
	return r.Write(render.Note{Level: render.LevelNote, Text: plural(n, "event")})
}

// timeless is how many events of the case have no time.
func timeless(c *casefile.Case) int64 {
	n := int64(0)
	for _, it := range c.Items() {
		n += it.WithoutTime
	}
	return n
}

// columnProblem makes a wrong column name an error of use.
func columnProblem(err error) error {
	if !errors.Is(err, casefile.ErrNoColumn) {
		return err
	}
	return (&UsageError{Err: err}).hint("exhibit sql --tables lists the columns")
}

// writeParquet writes the events to the file of --output.
func (f *factory) writeParquet(ctx context.Context, c *casefile.Case, o eventsOptions, q casefile.EventQuery, config render.Config) error {
	if o.All && len(o.Columns) == 0 {
		q.Columns = nil
	}
	out, err := f.openOutput(o.Output)
	if err != nil {
		return err
	}
	defer out.discard()
	config.Version = f.build().Version
	n, err := c.WriteEvents(ctx, out, q, export.About(config))
	if err != nil {
		return columnProblem(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	f.note("wrote " + plural(n, "event"))
	return nil
}
