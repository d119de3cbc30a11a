package reconcile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// difference is how a total stands to what the logs show.
type difference int8

// The differences.
const (
	differUnknown difference = iota
	differNot
	differMore  // more was counted than the logs show
	differFewer // less
)

// measure is one number of a total, and the range that the logs show.
type measure struct {
	name        string
	known       bool
	counted     int64
	least, most int64 // shown
	slack       int64 // beyond a share of what was counted
}

// differs compares a number with its range.
func (m *measure) differs() difference {
	slack := m.slack + m.counted/usageTolerance
	switch {
	case !m.known:
		return differUnknown
	case m.counted > m.most+slack:
		return differMore
	case m.counted < m.least-slack:
		return differFewer
	}
	return differNot
}

// measures are the numbers of a total that can be compared, the surest first.
// Totals and the logs of providers count the tokens of caches among the input;
// logs that do not say how they count, and those read by a map, may do either.
// Both are taken for right.
func (t *total) measures() []measure {
	// Calls near the ends may count elsewhere, and those that failed at all: each
	// with as many tokens as the largest has. A call without tokens may have had any.
	tokens := t.silent == 0
	unsure := (t.edge + t.calls - t.done) * t.most
	cached := max(t.seenCached, t.cached)
	return []measure{
		{"requests", t.requests.Valid || t.lines == 0, t.requests.Int64, t.done, t.calls, t.edge + 1},
		{"output_tokens", tokens && t.output.Valid, t.output.Int64, t.seenOutput, t.seenOutput, unsure},
		{"input_tokens", tokens && t.input.Valid, t.input.Int64, max(t.seenInput-cached, 0), t.seenInput + cached, unsure},
	}
}

// differs returns the first number that differs, or the first that is known.
func (t *total) differs() (measure, difference) {
	var first measure
	for _, m := range t.measures() {
		switch d := m.differs(); {
		case d == differMore, d == differFewer:
			return m, d
		case d == differNot && !first.known:
			first = m
		}
	}
	if first.known {
		return first, differNot
	}
	return first, differUnknown
}

// judge compares the totals of an account with what the logs show.
func (a *account) judge(r *CheckReport) []analyze.Finding {
	var out []analyze.Finding
	outside, unknown := int64(0), int64(0)
	for _, key := range slices.SortedFunc(maps.Keys(a.series), compareSeries) {
		x := a.series[key]
		var judged []*usageJudgement
		for _, p := range slices.SortedFunc(maps.Keys(x.periods), func(a, b [2]int64) int { return slices.Compare(a[:], b[:]) }) {
			t := x.periods[p]
			if t.begins < a.first || t.ends > a.last {
				if t.lines > 0 {
					outside++
				}
				continue
			}
			m, d := t.differs()
			if d == differUnknown {
				unknown++
				continue
			}
			judged = append(judged, &usageJudgement{total: t, measure: m, difference: d})
		}
		r.Compared += int64(len(judged))
		out = append(out, a.findings(x, judged)...)
	}
	if outside > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of %s reach beyond the time that the logs of its calls cover (%s, %s to %s): not compared",
			counted(outside, "total"), a.provider, a.logs, instant(a.first), instant(a.last)))
	}
	if unknown > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of %s count no requests, and the logs do not have the tokens of all calls: not compared", counted(unknown, "total"), a.provider))
	}
	if r.Compared > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("totals of %s may differ by %d %% and the calls within a minute of the ends of their period; input tokens count with or without those of caches",
			a.provider, 100/usageTolerance))
	}
	return out
}

func compareSeries(a, b seriesKey) int {
	return cmp.Or(cmp.Compare(a.report, b.report), cmp.Compare(a.kind, b.kind), cmp.Compare(a.model, b.model),
		cmp.Compare(a.tenant, b.tenant), cmp.Compare(a.credential, b.credential), cmp.Compare(a.principal, b.principal))
}

// usageJudgement is a total that was compared.
type usageJudgement struct {
	*total
	measure    measure
	difference difference
}

// findings says which totals differ. Where most of them agree each that does
// not is odd; where most do not, the logs show another part of what was used
// than the totals count, and that is said once.
func (a *account) findings(x *series, judged []*usageJudgement) []analyze.Finding {
	var odd []*usageJudgement
	for _, j := range judged {
		if j.difference != differNot {
			odd = append(odd, j)
		}
	}
	if len(odd) == 0 {
		return nil
	}
	var out []analyze.Finding
	if agree := len(judged) - len(odd); agree >= len(odd) {
		for _, j := range odd {
			out = append(out, a.oddTotal(x, j, agree))
		}
		return out
	}
	for _, d := range []difference{differMore, differFewer} {
		var same []*usageJudgement
		for _, j := range odd {
			if j.difference == d {
				same = append(same, j)
			}
		}
		if len(same) > 0 {
			out = append(out, a.habitually(x, same, len(judged)))
		}
	}
	return out
}

// oddTotal is the finding of one total that differs while others agree.
func (a *account) oddTotal(x *series, j *usageJudgement, agree int) analyze.Finding {
	m := &j.measure
	f := a.finding(x, []*usageJudgement{j})
	f.Bucket = fmt.Sprintf("%s/%s", instant(j.begins), time.Duration(j.ends-j.begins)*time.Microsecond)
	f.Explanation = fmt.Sprintf("The totals of %s agree with the logs (%s) in %s, and not in this. ", a.subject(x), a.logs, counted(int64(agree), "other period"))
	what := strings.ReplaceAll(m.name, "_", " ")
	if j.difference == differMore {
		f.Severity = analyze.SeverityMedium
		if over := m.counted - m.most; over >= 10 && over >= m.counted/10 {
			f.Severity = analyze.SeverityHigh
		}
		f.Title = fmt.Sprintf("%s counted %s %s from %s on, and the logs show %s", a.subject(x), count(m.counted), what, instant(j.begins), count(m.most))
		f.Explanation += "Calls were made that no log shows: past the gateway, with a key that was copied, or their records were taken out. A gateway that tries again, or a log that was switched off for a while, explains it harmlessly."
	} else {
		f.Severity = analyze.SeverityLow
		f.Title = fmt.Sprintf("%s counted %s %s from %s on, and the logs show %s", a.subject(x), count(m.counted), what, instant(j.begins), count(m.least))
		f.Explanation += "The logs show calls that were not counted: answered from a cache of the gateway, made with a key of another organisation, counted late, or never made."
	}
	f.ID = analyze.FindingID(f.Detector, usageVersion, f.Subject, f.Bucket)
	return f
}

// habitually is the finding of totals that differ more often than they agree.
func (a *account) habitually(x *series, same []*usageJudgement, compared int) analyze.Finding {
	f := a.finding(x, same)
	var billed, shown int64
	for _, j := range same {
		billed += j.measure.counted
		if j.difference == differMore {
			shown += j.measure.most
		} else {
			shown += j.measure.least
		}
	}
	what := strings.ReplaceAll(same[0].measure.name, "_", " ")
	f.Title = fmt.Sprintf("%s counted %s %s in %s, and the logs show %s", a.subject(x), count(billed), what, counted(int64(len(same)), "period"), count(shown))
	f.Explanation = fmt.Sprintf("%s of %s that were compared differ from the logs (%s), so that the logs cover another part of what was used than the totals. ",
		count(int64(len(same))), counted(int64(compared), "period"), a.logs)
	f.Bucket, f.Severity = "fewer than shown", analyze.SeverityLow
	if same[0].difference == differMore {
		f.Bucket, f.Severity = "more than shown", analyze.SeverityMedium
		f.Explanation += "What is missing was used past these logs: by applications that they do not cover, or by somebody with a copy of the key."
	} else {
		f.Explanation += "The totals may be those of another organisation, project or key than the logs."
	}
	f.ID = analyze.FindingID(f.Detector, usageVersion, f.Subject, f.Bucket)
	return f
}

// maxUsageEvents bounds the events that a finding names: of each total its
// line, and the first and last call of its period by their ids.
const maxUsageEvents = 1000

// finding has what all findings have: what it is of, when, and what shows it.
func (a *account) finding(x *series, of []*usageJudgement) analyze.Finding {
	f := analyze.Finding{
		Detector: "reconcile.usage", Subject: a.subject(x),
		First: time.UnixMicro(of[0].begins).UTC(), Last: time.UnixMicro(of[len(of)-1].ends).UTC(),
	}
	var sum measure
	var edge int64
	for _, j := range of {
		sum.counted, sum.least, sum.most = sum.counted+j.measure.counted, sum.least+j.measure.least, sum.most+j.measure.most
		edge += j.edge
	}
	f.Facts = []analyze.Fact{
		{Name: "counted_" + of[0].measure.name, Value: sum.counted},
		{Name: "shown_least", Value: sum.least},
		{Name: "shown_most", Value: sum.most},
		{Name: "periods", Value: int64(len(of))},
		{Name: "calls_near_the_ends", Value: edge},
		{Name: "logs", Value: a.logs},
	}
	for _, j := range of {
		f.EventCount += j.lines + j.calls
		for _, id := range []string{j.line, j.firstCall, j.lastCall} {
			if id != "" && len(f.Events) < maxUsageEvents && !slices.Contains(f.Events, id) {
				f.Events = append(f.Events, id)
			}
		}
	}
	return f
}

// subject names what the totals are of.
func (a *account) subject(x *series) string {
	parts := []string{a.provider}
	for _, p := range []struct{ word, value string }{
		{"", x.model}, {"project ", x.tenant}, {"key ", x.credential}, {"user ", x.principal},
	} {
		if p.value != "" {
			parts = append(parts, p.word+p.value)
		}
	}
	if x.kind != "inference" {
		parts = append(parts, x.kind)
	}
	return strings.Join(parts, " ")
}
