package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/affected"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/pivot"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

type pivotOptions struct {
	Case     caseOptions
	Start    string
	Findings bool
	Limit    int
	Output   outputOptions
}

const pivotLong = `pivot ranks the values of a case by what following them promises: credentials,
addresses, people, clients, models, applications, endpoints, regions and destinations.
What counts:
  rare      few calls or principals, compared with other values of the column
  new       first seen in the last tenth of the time of the case, or not before the
            start, where that is unusual for the column
  shared    by a few principals who share no other such value; a credential used from
            several addresses where others are not
  findings  in events of what was found; with --findings
  failed    denied, blocked, throttled or in error much more often than the rest

With an event, a finding, an identifier or any value, only what stands in the same
calls is ranked, and what stands nowhere else comes first.

A call counts once, however many sources show it; events that are no calls count as
well. The score is a sum of whole numbers that only puts values in an order.

`

// pivotRows is how many values are shown by default.
const pivotRows = 20

func newPivot(f *factory) *cobra.Command {
	var o pivotOptions
	cmd := &cobra.Command{
		Use:   "pivot [EVENT|FINDING|VALUE]",
		Short: "Rank the values most worth following",
		Long:  pivotLong + exitStatus(),
		Example: `  # Where to look first
  $ exhibit pivot

  # With what was found
  $ exhibit pivot --findings

  # What else there is to follow from a credential
  $ exhibit pivot AKIAIOSFODNN7EXAMPLE`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("%s takes one start, and %q is one more", cmd.CommandPath(), args[1])
			}
			return nil
		},
		ValidArgsFunction: completeEvents(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.Start = args[0]
			}
			return runPivot(cmd.Context(), f, o)
		},
	}
	addCaseFlags(cmd, &o.Case)
	cmd.Flags().BoolVar(&o.Findings, "findings", false, "count what exhibit analyze found as well")
	addLimitFlag(cmd, &o.Limit, pivotRows)
	addZoneFlag(cmd, &o.Output.Zone)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runPivot(ctx context.Context, f *factory, o pivotOptions) error {
	return f.readCase(ctx, o.Case, func(c *casefile.Case) error {
		config := export.Config(c, map[string]any{"start": o.Start, "findings": o.Findings, "limit": o.Limit})
		return f.emit(o.Output, config, func(r *render.Renderer) error {
			po, err := o.prepare(ctx, c)
			if err != nil {
				return err
			}
			if err := o.start(ctx, c, po); err != nil {
				return err
			}
			report, err := pivot.Run(ctx, c, *po)
			if errors.Is(err, pivot.ErrNoStart) {
				return &HintError{
					Err:   fmt.Errorf("looking up %q: no event, finding, identifier or value of this case", o.Start),
					Hints: []string{"exhibit match finds parts of values, and texts"},
				}
			}
			if err != nil {
				return err
			}
			if err := writePivot(r, report, &o); err != nil || len(po.Findings) == 0 {
				return err
			}
			return writeStale(r, c.Analysis())
		})
	})
}

// prepare collects what values are compared with. A start that is a finding
// needs the findings.
func (o *pivotOptions) prepare(ctx context.Context, c *casefile.Case) (*pivot.Options, error) {
	po := &pivot.Options{Limit: o.Limit}
	var err error
	if po.Newest, err = c.Newest(ctx); err != nil {
		return nil, err
	}
	short := strings.HasPrefix(o.Start, "f-") && c.Analysis() != nil
	if o.Findings || short || affected.IsFinding(o.Start) {
		po.Findings, err = storedFindings(ctx, c)
	}
	return po, err
}

// start says what the ranking starts from: a finding, an event, the events with
// an identifier, or any value.
func (o *pivotOptions) start(ctx context.Context, c *casefile.Case, po *pivot.Options) error {
	if o.Start == "" {
		return nil
	}
	if i := findingNamed(po.Findings, o.Start); i >= 0 {
		for _, id := range po.Findings[i].Events[:min(len(po.Findings[i].Events), listedStart)] {
			eids, err := c.ResolveEvent(ctx, id)
			if err != nil {
				return err
			}
			po.Events = append(po.Events, eids[0])
		}
		return nil
	}
	eids, err := c.ResolveEvent(ctx, o.Start)
	switch {
	case err == nil:
		po.Events = eids
		return nil
	case !errors.Is(err, casefile.ErrNotEventID) && !errors.Is(err, casefile.ErrNoEvent):
		return err
	}
	// Credentials and source identities are columns, whose uses are many.
	keys, err := c.IdentifierEvents(ctx, o.Start, "event", "request", "call_request", "response", "call_response", "trace", "span", "session", "message", "tool_call")
	for _, k := range keys {
		po.Events = append(po.Events, k.EID)
	}
	po.Value = o.Start
	return err
}

// listedStart is how many events of a finding a ranking starts from.
const listedStart = 1000

func writePivot(r *render.Renderer, report *pivot.Report, o *pivotOptions) error {
	t := render.Table{Name: "values", Title: "Worth following", Stacked: true, Columns: []render.Column{
		{Name: "value"},
		{Name: "kind"},
		{Name: "why", Kind: render.KindLong},
		{Name: "score", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
		{Name: "events", Kind: render.KindInt},
		{Name: "principals", Kind: render.KindInt},
		{Name: "failed", Kind: render.KindInt},
		{Name: "first", Kind: render.KindTime},
		{Name: "last", Kind: render.KindTime},
		{Name: "follow"},
	}}
	for i := range report.Values {
		v := &report.Values[i]
		t.Rows = append(t.Rows, []any{
			v.Value, v.Kind, strings.Join(v.Why, "\n"), v.Score, v.Units, v.Events, v.People, v.Failed, findingTime(v.First), findingTime(v.Last), follow(v.Kind, v.Value),
		})
	}
	if err := r.Write(t); err != nil {
		return err
	}
	text := "compared with " + plural(report.Units, "call or other event")
	if report.Units != 1 {
		text = fmt.Sprintf("compared with %d calls and other events", report.Units)
	}
	if o.Start != "" {
		text += fmt.Sprintf("; %d of them are the start", report.Started)
	}
	if err := r.Write(note("%s", text)); err != nil {
		return err
	}
	return writeMore(r, int64(report.More), "value")
}

// follow is the command that shows the events of a value. The value is what a
// log says: it is quoted for a shell.
func follow(kind, value string) string {
	flag := map[string]string{"principal": "--principal", "src_ip": "--ip", "credential_id": "--credential"}[kind]
	if flag != "" && !strings.ContainsAny(value, "*") {
		return "exhibit timeline " + flag + " " + render.ShellWord(value)
	}
	return "exhibit events --where " + render.ShellWord(kind+" = '"+strings.ReplaceAll(value, "'", "''")+"'")
}
