package cli

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type inventoryOptions struct {
	Case     caseOptions
	By       string // "" is model, principal, access path and client
	Range    rangeOptions
	Where    string
	All      bool
	Limit    int
	LimitSet bool
	Output   outputOptions
}

const inventoryLong = `inventory says who uses which model, over which access path and with which client:
first and last call, calls by outcome, and tokens. A call counts once, however many
events of however many sources show it. Errors are calls that failed but were not
denied: throttled, blocked by a guardrail, or in error. An access path is the host
that was called, else the service.

--by sums up by one thing instead: for each principal, model, credential or address
the operations that succeeded and failed, those related to models apart from all
others, with regions, addresses, credentials, user agents and more. Model-related is
what calls a model or tool, and what else is asked of a model's service. Here, events
that are no calls count as well, each once.

--where takes any SQL condition on columns that calls and events have both, such as
"region = 'us-east-1'".

`

func newInventory(f *factory) *cobra.Command {
	var o inventoryOptions
	cmd := &cobra.Command{
		Use:   "inventory",
		Short: "Say who uses which model, and how",
		Long:  inventoryLong + exitStatus(),
		Example: `  # Models, principals, access paths and clients
  $ exhibit inventory

  # What each principal did in the last week
  $ exhibit inventory --by principal --from 7d

  # One address, in full
  $ exhibit inventory --by ip --where "src_ip = '203.0.113.7'" --all -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.LimitSet = cmd.Flags().Changed("limit")
			return runInventory(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	by := []string{"principal", "model", "credential", "ip"}
	cmd.Flags().Var(&choiceValue{&o.By, by}, "by", byUsage)
	addRangeFlags(cmd, &o.Range)
	addWhereFlag(cmd, &o.Where)
	addAllFlag(cmd, &o.All)
	addLimitFlag(cmd, &o.Limit, terminalRows)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	_ = cmd.RegisterFlagCompletionFunc("by", cobra.FixedCompletions(by, cobra.ShellCompDirectiveNoFileComp)) // defined above
	return cmd
}

// byUsage is the help of --by.
const byUsage = "inventory: sum up what each of these did; affected: look only for what is one of these"

func runInventory(ctx context.Context, f *factory, o inventoryOptions) error {
	if err := o.Range.check(o.Output.Zone); err != nil {
		return err
	}
	o.Limit = f.rowLimit(o.Limit, o.LimitSet, o.Output)
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		filter := casefile.InventoryFilter{Where: o.Where}
		err := checkWhere(ctx, c, o.Where, "calls", "events")
		if err != nil {
			return err
		}
		if filter.From, filter.To, err = resolveRange(ctx, c, o.Range, o.Output.Zone); err != nil {
			return err
		}
		config := export.Config(c, map[string]any{
			"by": o.By, "from": filter.From, "to": filter.To, "where": o.Where, "all": o.All, "limit": o.Limit,
		})
		return f.emit(o.Output, config, func(r *render.Renderer) error {
			if o.By != "" {
				return writeSummaries(ctx, r, c, &o, filter)
			}
			return writeInventory(ctx, r, c, &o, filter)
		})
	})
}

// writeInventory writes the calls by model, principal, access path and client.
func writeInventory(ctx context.Context, r *render.Renderer, c *casefile.Case, o *inventoryOptions, filter casefile.InventoryFilter) error {
	rows, err := c.Inventory(ctx, filter)
	if err != nil {
		return err
	}
	t := render.Table{Name: "inventory", Columns: []render.Column{
		{Name: "model"},
		{Name: "principal"},
		{Name: "provider"},
		{Name: "access_path"},
		{Name: "client"},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "calls", Kind: render.KindInt},
		{Name: "success", Kind: render.KindInt},
		{Name: "denied", Kind: render.KindInt},
		{Name: "errors", Kind: render.KindInt},
		{Name: "unknown", Kind: render.KindInt},
		{Name: "input_tokens", Kind: render.KindInt},
		{Name: "output_tokens", Kind: render.KindInt},
	}}
	calls := int64(0)
	for i, n := range rows {
		calls += n.Calls
		if o.Limit > 0 && i >= o.Limit {
			continue
		}
		t.Rows = append(t.Rows, []any{
			orNull(n.Model), orNull(n.Principal), orNull(n.Provider), orNull(n.AccessPath), orNull(n.Client),
			export.StampOf(n.First), export.StampOf(n.Last), n.Calls, n.Success, n.Denied, n.Errors, n.Unknown,
			orNull(n.InputTokens), orNull(n.OutputTokens),
		})
	}
	if err := r.Write(t); err != nil {
		return err
	}
	if err := writeMore(r, int64(len(rows)-len(t.Rows)), "row"); err != nil {
		return err
	}
	return writeRest(ctx, r, c, filter, calls)
}

// writeMore says how much the limit cut off.
func writeMore(r *render.Renderer, more int64, noun string) error {
	if more <= 0 {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelNote, Text: plural(more, "more "+noun) + "; --limit all shows all"})
}

// writeRest says what an inventory counts, and what it leaves out.
func writeRest(ctx context.Context, r *render.Renderer, c *casefile.Case, filter casefile.InventoryFilter, calls int64) error {
	kinds, withoutTime, err := c.NoCalls(ctx, filter)
	if err != nil {
		return err
	}
	rest := int64(0)
	var names []string
	for _, k := range kinds {
		rest += k.Events
		name := k.Kind
		if name == "" {
			name = "without a kind"
		}
		names = append(names, fmt.Sprintf("%s %d", name, k.Events))
	}
	text := plural(calls, "call")
	if rest > 0 {
		verb := "are no calls"
		if rest == 1 {
			verb = "is no call"
		}
		text += fmt.Sprintf("; beside them, %s that %s: %s", plural(rest, "event"), verb, strings.Join(names, ", "))
	}
	if err := r.Write(render.Note{Level: render.LevelNote, Text: text}); err != nil {
		return err
	}
	return writeTimeless(r, withoutTime)
}

// writeTimeless warns of what a range of time cannot select.
func writeTimeless(r *render.Renderer, n int64) error {
	if n == 0 {
		return nil
	}
	return r.Write(render.Note{Level: render.LevelWarning, Text: fmt.Sprintf("left out by --from and --to: %d calls or events without a time", n)})
}

// listedValues is how many values of a list are named without --all.
const listedValues = 10

// subjectColumn is the column that a value of --by sums up by.
func subjectColumn(by string) string {
	switch by {
	case "credential":
		return "credential_id"
	case "ip":
		return "src_ip"
	}
	return by
}

// summaryLists are the lists of a summary as columns: of values with their
// counts, and of operations with the sum of the counts before them.
func summaryLists(subject string) (operations, values []string) {
	operations = []string{"model_success", "model_failed", "model_unknown", "other_success", "other_failed", "other_unknown"}
	for _, l := range []struct{ name, subject string }{
		{"principals", "principal"},
		{"principal_types", ""},
		{"models", "model"},
		{"regions", ""},
		{"src_ips", "src_ip"},
		{"credentials", "credential_id"},
		{"user_agents", ""},
	} {
		if l.subject != subject {
			values = append(values, l.name)
		}
	}
	return operations, values
}

// writeSummaries writes what each subject did.
func writeSummaries(ctx context.Context, r *render.Renderer, c *casefile.Case, o *inventoryOptions, filter casefile.InventoryFilter) error {
	top := listedValues
	if o.All {
		top = math.MaxInt32
	}
	subject := subjectColumn(o.By)
	summaries, more, err := c.Summaries(ctx, subject, filter, o.Limit, top)
	if err != nil {
		return err
	}
	operations, values := summaryLists(subject)
	t := render.Table{Name: "summary", Stacked: true, Columns: []render.Column{
		{Name: subject},
		{Name: "events", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
	}}
	for _, name := range operations {
		t.Columns = append(t.Columns, render.Column{Name: name, Kind: render.KindInt}, render.Column{Name: name + "_operations", Kind: render.KindTallies})
	}
	for _, name := range values {
		t.Columns = append(t.Columns, render.Column{Name: name, Kind: render.KindTallies})
	}
	for _, s := range summaries {
		row := []any{orNull(s.Subject), s.Events, export.StampOf(s.First), export.StampOf(s.Last)}
		for _, name := range operations {
			list := s.List(name)
			row = append(row, list.Sum(), tallies(list.Values))
		}
		for _, name := range values {
			row = append(row, tallies(s.List(name).Values))
		}
		t.Rows = append(t.Rows, row)
	}
	if err := r.Write(t); err != nil {
		return err
	}
	if err := writeMore(r, more, o.By); err != nil {
		return err
	}
	_, withoutTime, err := c.NoCalls(ctx, filter)
	if err != nil {
		return err
	}
	return writeTimeless(r, withoutTime)
}

func tallies(values []casefile.ValueCount) render.Tallies {
	out := make(render.Tallies, len(values))
	for i, v := range values {
		out[i] = render.Tally{Value: v.Value, Count: v.Events}
		if v.Rest {
			out[i].Value, out[i].Different = nil, v.Different
		}
	}
	return out
}
