package rules

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// correlate sweeps the matches of the rules of correlations, all of them in one
// pass. What they are made of must have been run.
func (r *runner) correlate(ctx context.Context, list []*Rule) error {
	var from []*Rule // rules whose matches are in the table
	by := map[*Rule][]*input{}
	var inputs []*input
	for _, x := range list {
		in := r.begin(x)
		if in == nil {
			continue
		}
		inputs = append(inputs, in)
		for _, p := range x.correlation.rules {
			if p.Kind != KindRule || r.reports[p].NotApplicable != "" {
				continue
			}
			if by[p] == nil {
				from = append(from, p)
			}
			by[p] = append(by[p], in)
		}
	}
	if len(from) > 0 {
		err := r.matches(ctx, from, func(m *matched) error {
			for _, in := range by[m.rule] {
				if err := in.take(m); err != nil {
					return inFile(in.x.File, wrongLine(in.x.Line, "%v", err))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, in := range inputs {
		if err := in.upTo(nil); err != nil {
			return inFile(in.x.File, wrongLine(in.x.Line, "%v", err))
		}
		r.end(in)
	}
	return nil
}

// begin makes the input of a correlation; nil when it cannot hold in this case.
func (r *runner) begin(x *Rule) *input {
	c, k := x.correlation, r.reports[x]
	reads := 0
	for i, p := range c.rules {
		why := r.reports[p].NotApplicable
		if why == "" {
			reads++
			continue
		}
		// What needs all of its rules cannot hold without one; what counts can.
		why = fmt.Sprintf("%q, of which it is made, cannot match: %s", c.names[i], why)
		if c.kind == temporalOrdered || c.kind == temporal && len(c.limits) == 0 {
			k.NotApplicable = why
			return nil
		}
		k.Notes = append(k.Notes, why)
	}
	if reads == 0 {
		k.NotApplicable, k.Notes = k.Notes[0], nil // what the first lacks, the others do as well
		return nil
	}
	in := &input{r: r, x: x, c: c, s: &sweep{c: c, windows: map[string]*window{}}}
	for _, p := range c.rules {
		list := r.alerts[p]
		for i := range list {
			a := &list[i]
			m := matched{rule: p, ts: a.last, timed: true, alert: a}
			for j := range a.group {
				m.fields = append(m.fields, &a.group[j])
			}
			in.alerts = append(in.alerts, m)
		}
	}
	slices.SortStableFunc(in.alerts, func(a, b matched) int { return cmp.Compare(a.ts, b.ts) })
	return in
}

// end takes over what a sweep found.
func (r *runner) end(in *input) {
	x, c, k := in.x, in.c, r.reports[in.x]
	r.alerts[x] = in.s.finish()
	k.Matches = int64(len(r.alerts[x]))
	for _, n := range []struct {
		count int64
		text  string
	}{
		{in.untimed, "have no time and are in no window"},
		{in.ungrouped, "have no value to group by (" + strings.Join(c.groupBy, ", ") + ") and are in no window"},
		{in.valueless, "have no value of " + strings.Join(c.fields, ", ") + " that it can take"},
	} {
		if n.count > 0 {
			k.Notes = append(k.Notes, fmt.Sprintf("%d matches %s", n.count, n.text))
		}
	}
	if !x.silent {
		r.tell(x)
	}
}

// input is what a sweep reads: the matches of rules from the table, and the
// alerts of other correlations between them.
type input struct {
	r                             *runner
	x                             *Rule
	c                             *correlation
	s                             *sweep
	alerts                        []matched // by time
	untimed, ungrouped, valueless int64
}

// take passes a match on, behind the alerts that are not later.
func (in *input) take(m *matched) error {
	if !m.timed {
		in.untimed++
		return nil
	}
	return errors.Join(in.upTo(&m.ts), in.pass(m))
}

// upTo passes on the alerts up to a time, all of them without one.
func (in *input) upTo(ts *int64) error {
	for len(in.alerts) > 0 && (ts == nil || in.alerts[0].ts <= *ts) {
		if err := in.pass(&in.alerts[0]); err != nil {
			return err
		}
		in.alerts = in.alerts[1:]
	}
	return nil
}

// pass gives a match to the window of its group.
func (in *input) pass(m *matched) error {
	c := in.c
	at := slices.Index(c.rules, m.rule)
	group := make([]string, 0, len(c.groupBy))
	for _, name := range c.groupBy {
		v := in.field(m, at, name)
		if v == nil {
			in.ungrouped++
			return nil
		}
		group = append(group, *v)
	}
	e := entry{ts: m.ts, rule: at, event: m.event, alert: m.alert}
	var values []string
	for _, name := range c.fields {
		v := in.field(m, at, name)
		if v == nil {
			in.valueless++
			return nil
		}
		values = append(values, *v)
	}
	e.value = strings.Join(values, "\x00")
	if c.takesValues() && c.kind != valueCount && (c.kind != valuePercentile || c.percentile != 0) {
		n, err := strconv.ParseFloat(e.value, 64)
		if err != nil || !isNumber(e.value) {
			in.valueless++
			return nil
		}
		e.num = n
	}
	return in.s.add(group, e)
}

// field returns what a name stands for in a match, nil for no value.
func (in *input) field(m *matched, rule int, name string) *string {
	names := in.r.wanted[m.rule]
	if m.rule.Kind == KindCorrelation {
		names = m.rule.correlation.groupBy
	}
	return m.fields[slices.Index(names, in.c.fieldOf(rule, name))]
}
