package cli

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
	"github.com/exhibit-forensics/exhibit/testdata/demo"
)

//go:embed sql/demo_*.sql
var demoSQL embed.FS

type demoOptions struct {
	Dir    string
	Output outputOptions
}

func newDemo(f *factory) *cobra.Command {
	o := demoOptions{Dir: "exhibit-demo"}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Try it on a small invented incident",
		Long: `demo writes the logs of a small invented incident to a new folder, loads them into a
case there, shows what a responder would look at first, and says what to type next.
Nothing outside of the folder is touched; the case is signed with a key of its own.

At night somebody uses a leaked key and switches the logging of content off. In the
morning an agent reads a poisoned document and obeys it.

` + exitStatus(),
		Example: `  # In ./exhibit-demo
  $ exhibit demo

  # Elsewhere
  $ exhibit demo --dir /tmp/incident`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), f, o)
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", o.Dir, "folder (`DIR`) to make; new or empty")
	addFormatFlag(cmd, &o.Output, render.FormatText, render.FormatJSON, render.FormatJSONL)
	return cmd
}

func runDemo(ctx context.Context, f *factory, o demoOptions) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of the demo: %w", err)
	}
	if entries, err := os.ReadDir(o.Dir); err != nil {
		return fmt.Errorf("making the folder of the demo: %w", err)
	} else if len(entries) > 0 {
		return usagef("%s is there and not empty", o.Dir).hint("--dir DIR names another folder; remove this one to begin anew")
	}
	d := demonstration{f: f, dir: o.Dir, path: filepath.Join(o.Dir, "incident.case")}
	d.logs, d.hints = demo.Incident()
	err := f.emit(o.Output, render.Config{Case: d.path}, func(r *render.Renderer) error { return d.run(ctx, r) })
	if err != nil {
		// The folder was empty, and half of a demo is of no use.
		return errors.Join(err, os.RemoveAll(o.Dir))
	}
	return nil
}

// demonstration is one run of the demo.
type demonstration struct {
	f     *factory
	dir   string // everything is in here
	path  string // of the case
	logs  fs.FS
	hints demo.Hints
}

func (d *demonstration) run(ctx context.Context, r *render.Renderer) error {
	lo, report, err := d.load(ctx)
	if err != nil {
		return err
	}
	c, err := casefile.Open(ctx, d.path, casefile.OpenOptions{Threads: lo.Threads, Memory: lo.Memory})
	if err != nil {
		return err
	}
	return errors.Join(d.show(ctx, r, c, report), c.Close())
}

// load writes the evidence and takes it into a new case.
func (d *demonstration) load(ctx context.Context) (*casefile.LoadOptions, *casefile.LoadReport, error) {
	evidence := filepath.Join(d.dir, "evidence")
	if err := os.CopyFS(evidence, d.logs); err != nil {
		return nil, nil, fmt.Errorf("writing the logs of the demo: %w", err)
	}
	key, err := ledger.CreateKey(filepath.Join(d.dir, "examiner.key"), "demo")
	if err != nil {
		return nil, nil, err
	}
	lo := &casefile.LoadOptions{
		Dir: d.path, Paths: []string{evidence}, Key: key, Actor: ledger.DefaultKeyName(), Label: "demo",
		Tool: "exhibit " + d.f.build().Version, Now: d.f.now,
		Threads: runtime.GOMAXPROCS(0), Memory: 1 << 30, Progress: new(casefile.Progress),
	}
	report, err := d.f.load(ctx, lo)
	return lo, report, err
}

// show answers the first questions of a responder.
func (d *demonstration) show(ctx context.Context, r *render.Renderer, c *casefile.Case, report *casefile.LoadReport) error {
	counts, err := c.CountLoad(ctx, report.Segments)
	if err != nil {
		return err
	}
	for _, m := range sourceMessages(report, counts) {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	for _, t := range demoTables(&d.hints) {
		if err := t.write(ctx, r, c.DB()); err != nil {
			return err
		}
	}
	if err := d.timeline(ctx, r, c); err != nil {
		return err
	}
	return d.next(r, report)
}

// demoTables are the first questions to the case.
func demoTables(h *demo.Hints) []demoTable {
	return []demoTable{
		{"models", "Which models were called?", nil, []render.Column{
			{Name: "model"}, {Name: "calls", Kind: render.KindInt}, {Name: "principals", Kind: render.KindInt}, {Name: "denied", Kind: render.KindInt},
		}},
		{"credentials", "What was done with the leaked key " + h.LeakedKey + "?", []any{sql.Named("key", h.LeakedKey), sql.Named("issued", h.Issued)}, []render.Column{
			{Name: "first", Kind: render.KindTime},
			{Name: "credential"},
			{Name: "src_ip"},
			{Name: "operation"},
			{Name: "outcome"},
			{Name: "events", Kind: render.KindInt},
		}},
		{"unlogged", "Which answered calls have their content in no log?", nil, []render.Column{
			{Name: "first", Kind: render.KindTime},
			{Name: "last", Kind: render.KindTime},
			{Name: "calls", Kind: render.KindInt},
			{Name: "principal"},
			{Name: "model"},
		}},
	}
}

// timeline follows the call in which the agent obeys the document through both
// logs.
func (d *demonstration) timeline(ctx context.Context, r *render.Renderer, c *casefile.Case) error {
	result, err := correlation.Timeline(ctx, c, correlation.Options{Start: []string{d.hints.RequestID}})
	if err != nil {
		return err
	}
	table := render.Table{
		Name: "timeline", Title: "What belongs to the request " + d.hints.RequestID + ", in which an agent obeys a document?",
		Columns: []render.Column{
			{Name: "time", Kind: render.KindTime}, {Name: "source"}, {Name: "operation"}, {Name: "joined_by"}, {Name: "issued_called_or_said"},
		},
	}
	for i := range result.Entries {
		e := &result.Entries[i]
		table.Rows = append(table.Rows, []any{
			instant(e.TS), e.Lane, e.Value("operation"), e.Link.Kind,
			known(cmp.Or(e.Text("issued_credential_id"), e.Text("tool_calls"), e.Text("response"))),
		})
	}
	return r.Write(table)
}

// next says what to type next.
func (d *demonstration) next(r *render.Renderer, report *casefile.LoadReport) error {
	where := " --case " + shellWord(d.path)
	command := func(name, verb, rest string) render.Field {
		return field(name, "exhibit "+verb+where+rest)
	}
	err := r.Write(render.Fields{Name: "next", Title: "What to type next", Items: []render.Field{
		command("what_is_there", "info", ""),
		command("what_to_look_at", "analyze", ""),
		command("who_called_what", "inventory", ""),
		command("the_leaked_key", "timeline", " "+d.hints.LeakedKey),
		command("the_role_it_took", "timeline", " "+d.hints.Issued),
		command("the_obedient_agent", "timeline", " "+d.hints.RequestID),
		command("its_session", "timeline", " "+d.hints.Session),
		command("an_unlogged_call", "timeline", " "+d.hints.Unlogged),
		command("is_it_unaltered", "verify", " --head "+report.Head.String()),
	}})
	if err != nil {
		return err
	}
	return r.Write(note("a case takes entries of its own key only: with EXHIBIT_KEY=%s before exhibit, it keeps what analyze finds", shellWord(filepath.Join(d.dir, "examiner.key"))))
}

// demoTable is a table that one embedded query fills.
type demoTable struct {
	name, title string
	args        []any
	columns     []render.Column
}

func (t *demoTable) write(ctx context.Context, r *render.Renderer, db *sql.DB) error {
	query, err := demoSQL.ReadFile("sql/demo_" + t.name + ".sql")
	if err != nil {
		return fmt.Errorf("reading an embedded query: %w", err)
	}
	rows, err := db.QueryContext(ctx, string(query), t.args...)
	if err != nil {
		return fmt.Errorf("asking for %s: %w", t.name, err)
	}
	defer rows.Close()
	if err := r.Write(render.Table{Name: t.name, Title: t.title, Columns: t.columns}); err != nil {
		return err
	}
	values := make([]any, len(t.columns))
	into := make([]any, len(t.columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("reading %s: %w", t.name, err)
		}
		for i, v := range values {
			if at, ok := v.(time.Time); ok {
				micros := at.UnixMicro()
				values[i] = instant(&micros)
			}
		}
		if err := r.Write(render.Row{Values: values}); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("reading %s: %w", t.name, err)
	}
	return nil
}
