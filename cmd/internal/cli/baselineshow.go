package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/cmd/internal/export"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

const baselineShowLong = `baseline show says what a baseline holds: its span, and each subject with its calls, those
of a usual hour and day, and the hour of the week in which it made the most. With --for it
shows one subject: the volumes, the hours of its week, the values that it used, on which
days it was there, in days how long it was silent at most, and how often it was refused
something.

A usual hour is the median of those with calls. Costs are in USD.

`

type baselineShowOptions struct {
	For      string
	Limit    int
	LimitSet bool
	Output   outputOptions
}

func newBaselineShow(f *factory) *cobra.Command {
	var o baselineShowOptions
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Say what a baseline holds",
		Long:  baselineShowLong + exitStatus(),
		Example: `  # All subjects
  $ exhibit baseline show baseline.json

  # One of them, in full
  $ exhibit baseline show baseline.json --for arn:aws:iam::111122223333:user/ana`,
		Args: oneArg("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.LimitSet = cmd.Flags().Changed("limit")
			return runBaselineShow(f, args[0], o)
		},
	}
	cmd.Flags().StringVar(&o.For, "for", "", "only what is said of this `NAME`")
	addLimitFlag(cmd, &o.Limit, terminalRows)
	addOutputFlags(cmd, &o.Output, render.Formats()...)
	return cmd
}

func runBaselineShow(f *factory, path string, o baselineShowOptions) error {
	b, text, err := readBaseline(path)
	if err != nil {
		return err
	}
	o.Limit = f.rowLimit(o.Limit, o.LimitSet, o.Output)
	config := render.Config{Params: export.Given(map[string]any{"baseline": path, "baseline_sha256": baseline.Digest(text), "for": o.For})}
	return f.emit(o.Output, config, func(r *render.Renderer) error {
		if o.For != "" {
			return writeBaselineSubject(r, b, o.For)
		}
		return writeBaseline(r, b, o.Limit)
	})
}

func writeBaseline(r *render.Renderer, b *baseline.Baseline, limit int) error {
	err := r.Write(render.Fields{Name: "baseline", Title: "Baseline", Items: []render.Field{
		{Column: render.Column{Name: "tool"}, Value: b.Tool},
		{Column: render.Column{Name: "case_head"}, Value: b.Case},
		{Column: render.Column{Name: "first", Kind: render.KindTime}, Value: b.First.Time()},
		{Column: render.Column{Name: "last", Kind: render.KindTime}, Value: b.Last.Time()},
		intField("calls", b.Calls), intField("hours", b.Hours), intField("days", b.Days),
	}})
	if err != nil {
		return err
	}
	var covers render.Message = baselineCovers(b)
	if b.Schema < 2 {
		covers = note("it is of version 1, which does not say which days the logs cover and each actor was there on, what was looked at among models and what was refused; exhibit baseline save makes it again")
	}
	if err := r.Write(covers); err != nil {
		return err
	}
	t := render.Table{Name: "subjects", Title: "Subjects", Columns: []render.Column{
		{Name: "dimension"},
		{Name: "subject"},
		{Name: "calls", Kind: render.KindInt},
		{Name: "hours", Kind: render.KindInt},
		{Name: "days", Kind: render.KindInt},
		{Name: "first"},
		{Name: "last"},
		{Name: "usual_hour", Kind: render.KindNumber},
		{Name: "usual_day", Kind: render.KindNumber},
		{Name: "most_in_hour", Kind: render.KindInt},
		{Name: "busiest"},
	}}
	more := int64(0)
	var notes []string
	for i := range b.Dimensions {
		d := &b.Dimensions[i]
		for k, at := range byCalls(d.Subjects) {
			if limit > 0 && k >= limit {
				more++
				continue
			}
			s := &d.Subjects[at]
			t.Rows = append(t.Rows, []any{
				d.Name, s.Name, s.Calls, s.Hours, s.Days, day(s.First), day(s.Last),
				usual(s.Volume("calls", baseline.PerHour)), usual(s.Volume("calls", baseline.PerDay)), mostOf(s.Volume("calls", baseline.PerHour)), busiest(s),
			})
		}
		if d.Rest.Count > 0 {
			notes = append(notes, fmt.Sprintf("%s more with %s have no place in the baseline", plural(d.Rest.Count, d.Name), plural(d.Rest.Calls, "call")))
		}
	}
	if err := r.Write(t); err != nil {
		return err
	}
	for _, text := range notes {
		if err := r.Write(note("%s", text)); err != nil {
			return err
		}
	}
	return writeMore(r, more, "subject")
}

// baselineCovers are the times of which the logs of providers tell.
func baselineCovers(b *baseline.Baseline) render.Table {
	t := render.Table{Name: "covers", Title: "What the logs cover", Columns: []render.Column{{Name: "provider"}, {Name: "first"}, {Name: "last"}}}
	for _, c := range b.Covers {
		t.Rows = append(t.Rows, []any{c.Provider, day(c.First), day(c.Last)})
	}
	return t
}

// byCalls are the places of subjects, those with the most calls first.
func byCalls(list []baseline.Subject) []int {
	out := make([]int, len(list))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return int(min(max(list[b].Calls-list[a].Calls, -1), 1)) })
	return out
}

func day(d baseline.Day) string { return d.Time().Format(time.DateOnly) }

// usual is the median of a volume, NULL where nothing says it.
func usual(v *baseline.Volume) any {
	if v == nil {
		return nil
	}
	return inUnit(v, math.Expm1(v.Centre))
}

// mostOf is the most of a volume.
func mostOf(v *baseline.Volume) any {
	if v == nil {
		return nil
	}
	return v.Most
}

// inUnit is an amount in the unit that people read, rounded to three digits:
// costs are in USD.
func inUnit(v *baseline.Volume, amount float64) float64 {
	if v.Measure == "cost" {
		amount /= 1e9
	}
	if amount == 0 {
		return 0
	}
	unit := math.Pow(10, 2-math.Floor(math.Log10(math.Abs(amount))))
	return math.Round(amount*unit) / unit
}

// hourName names an hour of the week: Mon 09.
func hourName(of int64) string {
	return time.Weekday((of/24 + 1) % 7).String()[:3] + fmt.Sprintf(" %02d", of%24)
}

// busiest names the hour of the week with the most calls, the first of several.
func busiest(s *baseline.Subject) any {
	if len(s.Week) == 0 {
		return nil
	}
	best := slices.MaxFunc(s.Week, func(a, b baseline.Hour) int { return int(min(max(a.Calls()-b.Calls(), -1), 1)) })
	return hourName(best.Of())
}

// writeBaselineSubject writes what is known of everything of a name.
func writeBaselineSubject(r *render.Renderer, b *baseline.Baseline, name string) error {
	volumes := render.Table{Name: "volumes", Title: "Volumes", Columns: []render.Column{
		{Name: "dimension"},
		{Name: "measure"},
		{Name: "per"},
		{Name: "n", Kind: render.KindInt},
		{Name: "usual", Kind: render.KindNumber},
		{Name: "most", Kind: render.KindNumber},
		{Name: "log_centre", Kind: render.KindNumber},
		{Name: "log_scale", Kind: render.KindNumber},
	}}
	hours := render.Table{Name: "week", Title: "Hours of the week, UTC", Columns: []render.Column{
		{Name: "dimension"},
		{Name: "hour"},
		{Name: "seen", Kind: render.KindInt},
		{Name: "calls", Kind: render.KindInt},
		{Name: "most_calls", Kind: render.KindInt},
		{Name: "most_tokens", Kind: render.KindInt},
		{Name: "most_output_tokens", Kind: render.KindInt},
	}}
	values := render.Table{Name: "values", Title: "Values", Columns: []render.Column{
		{Name: "dimension"}, {Name: "attribute"}, {Name: "value"}, {Name: "calls", Kind: render.KindInt}, {Name: "hours", Kind: render.KindInt}, {Name: "first"}, {Name: "last"},
	}}
	seen := render.Table{Name: "seen", Title: "Days with calls or anything else", Columns: []render.Column{
		{Name: "dimension"}, {Name: "first"}, {Name: "last"}, {Name: "days", Kind: render.KindInt}, {Name: "longest_silence", Kind: render.KindInt},
	}}
	refusals := render.Table{Name: "refusals", Title: "Refused conversations", Columns: []render.Column{
		{Name: "dimension"}, {Name: "conversations", Kind: render.KindInt}, {Name: "refused", Kind: render.KindInt}, {Name: "days", Kind: render.KindInt}, {Name: "last"},
	}}
	var notes []string
	found := false
	for _, dimension := range baseline.Dimensions() {
		s := b.Subject(dimension, name)
		if s == nil {
			continue
		}
		found = true
		if n := s.Seen; n != nil {
			seen.Rows = append(seen.Rows, []any{dimension, day(n.First), day(n.Last()), int64(strings.Count(n.Days, "1")), n.Pause() - 1})
		}
		if n := s.Refusals; n != nil {
			refusals.Rows = append(refusals.Rows, []any{dimension, n.Talks, n.Refused, n.Days, day(n.Last)})
		}
		for i := range s.Volumes {
			v := &s.Volumes[i]
			volumes.Rows = append(volumes.Rows, []any{dimension, v.Measure, v.Per, v.N, usual(v), inUnit(v, float64(v.Most)), v.Centre, v.Scale})
		}
		for i := range s.Week {
			h := &s.Week[i]
			hours.Rows = append(hours.Rows, []any{dimension, hourName(h.Of()), h.Seen(), h.Calls(), orNull(h.Most(0)), orNull(h.Most(1)), orNull(h.Most(2))})
		}
		for _, a := range s.Values {
			for _, v := range a.Known {
				values.Rows = append(values.Rows, []any{dimension, a.Name, v.Value, v.Calls, v.Hours, day(v.First), day(v.Last)})
			}
			if a.Rest.Count > 0 {
				notes = append(notes, fmt.Sprintf("%s has %s more with %s that have no place in the baseline", dimension, plural(a.Rest.Count, strings.ReplaceAll(a.Name, "_", " ")), plural(a.Rest.Calls, "call")))
			}
		}
	}
	if !found {
		return fmt.Errorf("the baseline knows no actor, credential, model or application %s; exhibit baseline show FILE --limit all lists them", name)
	}
	for _, t := range []render.Table{volumes, values, hours, seen, refusals} {
		if err := r.Write(t); err != nil {
			return err
		}
	}
	for _, text := range notes {
		if err := r.Write(note("%s", text)); err != nil {
			return err
		}
	}
	return nil
}
