package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type sqlOptions struct {
	Case      caseOptions
	Query     string // "-" is stdin
	Tables    bool
	PrintOpen bool
	Output    outputOptions
}

const sqlLong = `sql runs one SELECT, or EXPLAIN of one, over the views of a case: events (duplicates
hidden), events_all, calls, records (with the raw bytes), identifiers, content,
content_use, evidence, findings, finding_events and event_words (notes and tags of
events). --tables lists their columns. QUERY is in the SQL of DuckDB; - reads it from
standard input.

What detectors read is there too, made when a query names it: call and act (calls and
other acts with who did them), feature_five and feature_hour (what each person,
principal, credential, model, app and session did by 5 minutes and by hour),
feature_week (by hour of the week), feature_spread (how many different models,
addresses ... in an hour), feature_latency, feature_value and feature_value_hour (what
each used, first and last), feature_transition (what follows what), and coverage_of_calls
and coverage_of_acts (how many say what).

A query can read the case and nothing else: no other file, no network, no extension.
It cannot change anything.

Bytes are shown in hexadecimal digits; lists, structs and maps as JSON. Columns that
share a name are told apart by a number. Parquet files hold numbers as they are, up to
38 digits.

--print-open, or no QUERY on a terminal, prints SQL that opens the case in any client
of DuckDB, where queries are not held back from anything.

`

func newSQL(f *factory) *cobra.Command {
	var o sqlOptions
	cmd := &cobra.Command{
		Use:   "sql [QUERY | -]",
		Short: "Run a query, or say how to open the case in DuckDB",
		Long:  sqlLong + exitStatus(),
		Example: `  # Tokens by model and day
  $ exhibit sql "select model, ts::date as day, sum(output_tokens) from calls group by all order by all"

  # Who called most in one hour, and when
  $ exhibit sql "select subject, make_timestamp(at_us) as hour, calls from feature_hour where dimension = 'actor' order by calls desc, hour limit 5"

  # What there is to ask
  $ exhibit sql --tables

  # In another client
  $ exhibit sql --print-open -o case.sql`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one QUERY, and there are %d: put it in quotation marks", cmd.CommandPath(), len(args))
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Query = args[0]
			}
			return runSQL(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	cmd.Flags().BoolVar(&o.Tables, "tables", false, "list the views and their columns")
	cmd.Flags().BoolVar(&o.PrintOpen, "print-open", false, "print SQL that opens the case in any client of DuckDB")
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, append(render.Formats(), export.FormatParquet)...)
	return cmd
}

func runSQL(ctx context.Context, f *factory, o sqlOptions) error {
	asked := 0
	for _, given := range []bool{o.Query != "", o.Tables, o.PrintOpen} {
		if given {
			asked++
		}
	}
	switch {
	case asked > 1:
		return usagef("a query, --tables and --print-open are three things: ask for one")
	case o.Output.Format == export.FormatParquet && o.Query == "":
		return usagef("only the rows of a query can be a Parquet file")
	case o.Output.Format == export.FormatParquet && o.Output.toStdout():
		return usagef("a Parquet file is not for a terminal").hint("name a file with -o FILE")
	case asked == 0 && !f.outTTY:
		return usagef("no query given").hint("exhibit sql --tables lists what there is to ask; - reads the query from standard input")
	}
	if o.Query == "-" {
		var err error
		if o.Query, err = readQuery(f.in); err != nil {
			return err
		}
	}
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		switch {
		case o.Tables:
			return f.emit(o.Output, export.Config(c, nil), func(r *render.Renderer) error { return writeTables(ctx, r, c) })
		case o.Query == "":
			return f.writeScript(c, o.Output)
		}
		return f.runQuery(ctx, c, &o)
	})
}

// maxQuery bounds a query read from standard input.
const maxQuery = 1 << 20

func readQuery(in io.Reader) (string, error) {
	var b bytes.Buffer
	n, err := b.ReadFrom(io.LimitReader(in, maxQuery+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the query: %w", err)
	case n > maxQuery:
		return "", usagef("the query is longer than %s", render.Size(maxQuery))
	case strings.TrimSpace(b.String()) == "":
		return "", usagef("the query is empty")
	}
	return b.String(), nil
}

// writeScript prints how to open the case elsewhere.
func (f *factory) writeScript(c *casefile.Case, o outputOptions) error {
	script, err := c.OpenScript()
	if err != nil {
		return err
	}
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	if _, err := io.WriteString(out, script); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return out.commit()
}

// writeTables lists the SQL surface.
func writeTables(ctx context.Context, r *render.Renderer, c *casefile.Case) error {
	columns, err := features.Columns(ctx, c)
	if err != nil {
		return err
	}
	t := render.Table{Name: "columns", Columns: []render.Column{{Name: "view"}, {Name: "column"}, {Name: "type"}, {Name: "meaning"}}}
	for _, col := range columns {
		t.Rows = append(t.Rows, []any{col.Table, col.Name, col.Type, known(export.Meaning(col.Table, col.Name))})
	}
	return r.Write(t)
}

// runQuery runs the query and writes its rows as they come.
func (f *factory) runQuery(ctx context.Context, c *casefile.Case, o *sqlOptions) (err error) {
	if err := features.NewSet(c).NeedFor(ctx, o.Query); err != nil {
		return err
	}
	rows, err := c.Select(ctx, o.Query)
	if err != nil {
		return queryProblem(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	config := export.Config(c, map[string]any{"query": o.Query})
	if o.Output.Format == export.FormatParquet {
		return f.writeRows(rows, o.Output, config)
	}
	return f.emit(o.Output, config, func(r *render.Renderer) error {
		if _, err := export.Rows(r, rows); err != nil {
			return queryProblem(err)
		}
		return nil
	})
}

// writeRows writes the rows of a query to the Parquet file of --output.
func (f *factory) writeRows(rows *casefile.Rows, o outputOptions, config render.Config) error {
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	config.Version = f.build().Version
	n, err := export.Parquet(out, rows, export.About(config))
	if err != nil {
		return queryProblem(err)
	}
	if err := out.commit(); err != nil {
		return err
	}
	f.note("wrote " + plural(n, "row"))
	return nil
}

// SQLError is what DuckDB says about a query: what is wrong, and on lines of
// their own where, and what was meant perhaps.
type SQLError struct{ Err error }

// Error returns the first line.
func (e *SQLError) Error() string {
	line, _, _ := strings.Cut(e.Err.Error(), "\n")
	return line
}

// Unwrap returns the error inside.
func (e *SQLError) Unwrap() error { return e.Err }

func (e *SQLError) hints() []string {
	var lines []string
	for i, line := range strings.Split(e.Err.Error(), "\n") {
		if i > 0 && strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// queryProblem makes what is no SELECT an error of use, and lets the lines of
// DuckDB's messages stay lines.
func queryProblem(err error) error {
	if errors.Is(err, casefile.ErrNotSelect) {
		return &UsageError{Err: err}
	}
	return &SQLError{err}
}
