package rules

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// version is that of the findings of rules: with another, all ids change.
const version = 1

// bucketHour is how the hour of a finding is written in its bucket.
const bucketHour = "2006-01-02T15"

// shownValues is how many different values of a column a finding tells.
const shownValues = 5

// finding begins a finding of a rule.
func (r *Rule) finding(subject, bucket string) analyze.Finding {
	f := analyze.Finding{
		Detector: r.Detector(), Severity: r.Severity(), Subject: subject, Bucket: bucket, Title: r.Title,
		Explanation: strings.TrimSpace(r.Description), Tags: r.Tags,
	}
	f.ID = analyze.FindingID(f.Detector, version, subject, bucket)
	return f
}

// explain adds a sentence, and what could explain it harmlessly.
func (r *Rule) explain(f *analyze.Finding, sentence string) {
	if e := f.Explanation; e != "" && !strings.ContainsAny(e[len(e)-1:], ".!?") {
		f.Explanation += "."
	}
	f.Explanation = strings.TrimSpace(f.Explanation + " " + sentence)
	if len(r.FalsePositives) > 0 {
		f.Explanation += " Known false positives: " + strings.Join(r.FalsePositives, "; ") + "."
	}
	if len(r.Tags) > 0 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "tags", Value: strings.Join(r.Tags, " ")})
	}
}

// hourly gathers the matches of one principal in one hour.
type hourly struct {
	f      analyze.Finding
	values [4]map[string]int64 // of shownColumns
	who    *string
}

// single makes the findings of a rule: one for each principal and hour.
func (r *runner) single(ctx context.Context, x *Rule) error {
	k := r.reports[x]
	if x.silent || k.Matches == 0 {
		return nil
	}
	hour := ""
	open := map[string]*hourly{}
	flush := func() {
		for _, key := range slices.Sorted(maps.Keys(open)) {
			r.report.Findings = append(r.report.Findings, open[key].finish(x))
			k.Findings++
		}
		clear(open)
	}
	err := r.matches(ctx, []*Rule{x}, func(m *matched) error {
		bucket := "no time"
		at := time.UnixMicro(m.ts).UTC()
		if m.timed {
			bucket = at.Format(bucketHour)
		}
		if bucket != hour {
			flush()
			hour = bucket
		}
		key := "-"
		if m.who != nil {
			key = "+" + *m.who
		}
		h := open[key]
		if h == nil {
			h = newHourly(x, m.who, bucket)
			open[key] = h
		}
		h.add(m, at)
		return nil
	})
	flush()
	return err
}

func newHourly(x *Rule, who *string, bucket string) *hourly {
	subject := "no principal"
	if who != nil {
		subject = *who
	}
	h := &hourly{f: x.finding(subject, bucket), who: who}
	if who != nil {
		h.f.Actor = *who
	}
	if who == nil { // nobody must not be the same as somebody who is called so
		h.f.ID = analyze.FindingID(h.f.Detector, version, "", bucket)
	}
	for i := range h.values {
		h.values[i] = map[string]int64{}
	}
	return h
}

func (h *hourly) add(m *matched, at time.Time) {
	if m.timed {
		if h.f.First.IsZero() {
			h.f.First = at
		}
		h.f.Last = at
	}
	h.f.EventCount++
	if len(h.f.Events) < analyze.MaxFindingEvents {
		h.f.Events = append(h.f.Events, m.event)
	}
	for i, v := range m.shown {
		if v != nil {
			h.values[i][*v]++
		}
	}
}

func (h *hourly) finish(x *Rule) analyze.Finding {
	noun := "event"
	if x.LogSource.Service == "call" {
		noun = "call"
	}
	if h.f.EventCount != 1 {
		noun += "s"
	}
	who := "a principal that the log does not name"
	if h.who != nil {
		who = *h.who
	}
	x.explain(&h.f, fmt.Sprintf("The rule matches %d %s of %s within an hour of the clock.", h.f.EventCount, noun, who))
	for i, name := range shownColumns() {
		if len(h.values[i]) > 0 {
			h.f.Facts = append(h.f.Facts, analyze.Fact{Name: name, Value: mostSeen(h.values[i])})
		}
	}
	return h.f
}

// mostSeen writes the values that were seen most, with their counts where there
// are several.
func mostSeen(counts map[string]int64) string {
	values := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	if len(values) == 1 {
		return values[0]
	}
	var parts []string
	for _, v := range values[:min(len(values), shownValues)] {
		parts = append(parts, fmt.Sprintf("%s (%d)", v, counts[v]))
	}
	if n := len(values) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(parts, ", ")
}

// tell makes the findings of a correlation: one for each group and hour in which
// windows begin.
func (r *runner) tell(x *Rule) {
	c := x.correlation
	at := map[string]int{}
	var list []analyze.Finding
	var alerts [][]*alert
	for i := range r.alerts[x] {
		a := &r.alerts[x][i]
		bucket := time.UnixMicro(a.first).UTC().Format(bucketHour)
		key := groupKey(append([]string{bucket}, a.group...))
		n, ok := at[key]
		if !ok {
			n = len(list)
			at[key] = n
			subject := strings.Join(a.group, " ")
			if len(c.groupBy) == 0 {
				subject = "all"
			}
			f := x.finding(subject, bucket)
			f.ID = analyze.FindingID(f.Detector, version, groupKey(a.group), bucket)
			list, alerts = append(list, f), append(alerts, nil)
		}
		alerts[n] = append(alerts[n], a)
	}
	for i := range list {
		x.describe(&list[i], alerts[i])
	}
	r.reports[x].Findings = len(list)
	r.report.Findings = append(r.report.Findings, list...)
}

// describe fills a finding from its alerts, which are in the order of time.
func (r *Rule) describe(f *analyze.Finding, alerts []*alert) {
	c := r.correlation
	first := alerts[0]
	f.First = time.UnixMicro(first.first).UTC()
	measure := first.measure
	for _, a := range alerts {
		f.First = time.UnixMicro(min(f.First.UnixMicro(), a.first)).UTC()
		f.Last = time.UnixMicro(max(f.Last.UnixMicro(), a.last)).UTC()
		measure = max(measure, a.measure)
		f.EventCount += a.count
		f.Events = append(f.Events, a.events[:min(len(a.events), analyze.MaxFindingEvents-len(f.Events))]...)
	}
	r.explain(f, c.sentence())
	for i, name := range c.groupBy {
		if name == "principal" {
			f.Actor = first.group[i]
		}
		f.Facts = append(f.Facts, analyze.Fact{Name: name, Value: first.group[i]})
	}
	if c.kind != temporal && c.kind != temporalOrdered {
		f.Facts = append(f.Facts, analyze.Fact{Name: c.kind, Value: measure})
	}
	f.Facts = append(f.Facts, analyze.Fact{Name: "timespan", Value: c.span()})
	if len(alerts) > 1 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "times", Value: int64(len(alerts))})
	}
}

// sentence says in words when the correlation holds.
func (c *correlation) sentence() string {
	var what string
	names := strings.Join(c.names, ", ")
	switch c.kind {
	case eventCount:
		what = fmt.Sprintf("%s matches of %s", c.describe(), names)
	case valueCount:
		what = fmt.Sprintf("%s different values of %s in matches of %s", c.describe(), strings.Join(c.fields, ", "), names)
	case valueSum:
		what = fmt.Sprintf("a sum of %s of %s in matches of %s", c.fields[0], c.describe(), names)
	case valueAvg:
		what = fmt.Sprintf("an average of %s of %s in matches of %s", c.fields[0], c.describe(), names)
	case valuePercentile:
		what = fmt.Sprintf("a value of %s that has a share of %s per cent in matches of %s", c.fields[0], c.describe(), names)
		if c.percentile != 0 {
			what = fmt.Sprintf("a percentile %g of %s of %s in matches of %s", c.percentile, c.fields[0], c.describe(), names)
		}
	case temporal:
		what = "matches of all of " + names
		if len(c.limits) > 0 {
			what = fmt.Sprintf("matches of %s of %s", c.describe(), names)
		}
	case temporalOrdered:
		what = "matches of " + strings.Join(c.names, ", then ")
	}
	by := ""
	if len(c.groupBy) > 0 {
		by = " with the same " + strings.Join(c.groupBy, ", ")
	}
	return fmt.Sprintf("The rule wants %s within %s%s.", what, c.span(), by)
}
