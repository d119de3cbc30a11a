package cli

import (
	"math"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const baselineDiffLong = `baseline diff says what changed from baseline A to baseline B: subjects that are new or gone,
models, networks, clients and others that a subject of both did not use before, volumes
that changed by a quarter or more and beyond what the scatter of their own days explains,
and shares of conversations in which something was refused, by the same measure.

z is the change of the median in its standard errors; it counts from 4 on. Volumes that do
not scatter have none, and count from twice or half on. Subjects with fewer than 4 days
have volumes that say too little.

`

type baselineDiffOptions struct {
	Limit    int
	LimitSet bool
	Output   outputOptions
}

func newBaselineDiff(f *factory) *cobra.Command {
	var o baselineDiffOptions
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Say what changed between two baselines",
		Long:  baselineDiffLong + exitStatus(),
		Example: `  # What February does that January did not
  $ exhibit baseline diff january.json february.json

  # New values only, for a program
  $ exhibit baseline diff january.json february.json -f json | jq .values`,
		Args: twoArgs("A", "B"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.LimitSet = cmd.Flags().Changed("limit")
			return runBaselineDiff(f, args[0], args[1], o)
		},
	}
	addLimitFlag(cmd, &o.Limit, terminalRows)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runBaselineDiff(f *factory, a, b string, o baselineDiffOptions) error {
	before, beforeText, err := readBaseline(a)
	if err != nil {
		return err
	}
	after, afterText, err := readBaseline(b)
	if err != nil {
		return err
	}
	o.Limit = f.rowLimit(o.Limit, o.LimitSet, o.Output)
	config := render.Config{Params: map[string]any{"a": a, "a_sha256": baseline.Digest(beforeText), "b": b, "b_sha256": baseline.Digest(afterText)}}
	return f.emit(o.Output, config, func(r *render.Renderer) error {
		return writeBaselineDiff(r, baseline.Diff(before, after), o.Limit)
	})
}

func writeBaselineDiff(r *render.Renderer, d *baseline.Difference, limit int) error {
	subjects := render.Table{Name: "subjects", Title: "Subjects that are new or gone", Columns: []render.Column{
		{Name: "change"}, {Name: "dimension"}, {Name: "subject"}, {Name: "calls", Kind: render.KindInt}, {Name: "days", Kind: render.KindInt}, {Name: "first"}, {Name: "last"},
	}}
	for _, c := range d.Subjects {
		change := "gone"
		if c.New {
			change = "new"
		}
		s := c.Subject
		subjects.Rows = append(subjects.Rows, []any{change, c.Dimension, s.Name, s.Calls, s.Days, day(s.First), day(s.Last)})
	}
	values := render.Table{Name: "values", Title: "New values of known subjects", Columns: []render.Column{
		{Name: "dimension"}, {Name: "subject"}, {Name: "attribute"}, {Name: "value"}, {Name: "calls", Kind: render.KindInt}, {Name: "hours", Kind: render.KindInt}, {Name: "first"}, {Name: "last"},
	}}
	for _, c := range d.Values {
		v := c.Value
		values.Rows = append(values.Rows, []any{c.Dimension, c.Subject, c.Attribute, v.Value, v.Calls, v.Hours, day(v.First), day(v.Last)})
	}
	for _, t := range []render.Table{subjects, values, volumeChanges(d.Volumes), refusalChanges(d.Refusals)} {
		more := 0
		if limit > 0 && len(t.Rows) > limit {
			more = len(t.Rows) - limit
			t.Rows = t.Rows[:limit]
		}
		if err := r.Write(t); err != nil {
			return err
		}
		if err := writeMore(r, int64(more), "row"); err != nil {
			return err
		}
	}
	return writeDiffNotes(r, d)
}

func volumeChanges(list []baseline.VolumeChange) render.Table {
	t := render.Table{Name: "volumes", Title: "Volumes that changed", Columns: []render.Column{
		{Name: "dimension"},
		{Name: "subject"},
		{Name: "measure"},
		{Name: "per"},
		{Name: "before", Kind: render.KindNumber},
		{Name: "after", Kind: render.KindNumber},
		{Name: "ratio", Kind: render.KindNumber},
		{Name: "z", Kind: render.KindNumber},
	}}
	for _, c := range list {
		t.Rows = append(t.Rows, []any{
			c.Dimension, c.Subject, c.After.Measure, c.After.Per, usual(c.Before), usual(c.After), hundredths(c.Ratio), hundredths(c.Z),
		})
	}
	return t
}

func refusalChanges(list []baseline.RefusalChange) render.Table {
	t := render.Table{Name: "refusals", Title: "Shares of refused conversations that changed", Columns: []render.Column{
		{Name: "dimension"},
		{Name: "subject"},
		{Name: "before", Kind: render.KindNumber},
		{Name: "after", Kind: render.KindNumber},
		{Name: "z", Kind: render.KindNumber},
	}}
	for _, c := range list {
		t.Rows = append(t.Rows, []any{c.Dimension, c.Subject, refusedShare(c.Before), refusedShare(c.After), hundredths(c.Z)})
	}
	return t
}

// refusedShare is how much of what a subject asked was refused, to four digits.
func refusedShare(r *baseline.Refusals) float64 {
	return math.Round(1e4*float64(r.Refused)/float64(r.Talks)) / 1e4
}

// hundredths rounds to two digits after the point; what is no number is NULL.
func hundredths(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return math.Round(v*100) / 100
}

func writeDiffNotes(r *render.Renderer, d *baseline.Difference) error {
	notes := []render.Note{note("%s are in both, %d of them on too few days to compare", plural(int64(d.Compared), "volume"), d.Short)}
	if d.Older {
		notes = append(notes, note("one of them is of version 1: what actors looked at among models, and refusals, are not compared"))
	}
	if d.Cut {
		notes = append(notes, render.Note{
			Level: render.LevelWarning,
			Text:  "not all subjects or values have a place in a baseline: what is new or gone here may have been there with few calls",
		})
	}
	for _, n := range notes {
		if err := r.Write(n); err != nil {
			return err
		}
	}
	return nil
}
