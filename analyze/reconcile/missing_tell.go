package reconcile

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

// missingVersion is the major version of the check's findings.
const missingVersion = 1

// maxPerCause bounds the findings of one cause for one pair of sources; above
// it, they are drawn together.
const maxPerCause = 200

// finding makes a finding of calls that to lacks, in order of time.
func (m *missingSearch) finding(p *pairLoss, severity analyze.Severity, subject, bucket string, lost []*lostCall) *analyze.Finding {
	f := &analyze.Finding{
		ID:       analyze.FindingID("reconcile.missing", missingVersion, subject, bucket),
		Detector: "reconcile.missing",
		Severity: severity,
		Subject:  subject,
		Bucket:   bucket,
		Facts: []analyze.Fact{
			{Name: "missing_from", Value: p.to.name},
			{Name: "shown_by", Value: p.from.name},
			{Name: "calls_missing", Value: int64(len(lost))},
		},
	}
	var others int64
	for _, c := range lost {
		var at time.Time
		if c.at.Valid {
			at = time.UnixMicro(c.at.Int64).UTC()
		}
		cite(f, c.event, at)
		others |= c.mask &^ (1 << p.from.bit)
	}
	if names := m.names(others); names != "" {
		f.Facts = append(f.Facts, analyze.Fact{Name: "also_shown_by", Value: names})
	}
	if c := worstShare(lost); c != nil {
		f.Facts = append(f.Facts,
			analyze.Fact{Name: "calls_alike", Value: c.calls},
			analyze.Fact{Name: "calls_alike_covered", Value: c.covered},
			analyze.Fact{Name: "expected_percent", Value: 100 * c.covered / c.calls})
	}
	return f
}

// worstShare is the smallest share by which one of the calls is expected.
func worstShare(lost []*lostCall) *share {
	var out *share
	for _, c := range lost {
		if c.share != nil && (out == nil || c.share.part() < out.part()) {
			out = c.share
		}
	}
	return out
}

// names returns the names of the sources of a mask.
func (m *missingSearch) names(mask int64) string {
	var out []string
	for i := range m.sources {
		if mask>>m.sources[i].bit&1 == 1 {
			out = append(out, m.sources[i].name)
		}
	}
	return strings.Join(out, ", ")
}

// What is missing matters by how sure it is that it should be there, and by
// where: a gateway restarts, and traces and clients lose records as a habit,
// while a provider says that it delivers all. From surely on, with enough calls
// to know, hardly a record is ever lost.
const (
	surely     = 0.99
	likely     = 0.9
	sureWithin = 100 // calls
)

func (p *pairLoss) severity(lost []*lostCall) analyze.Severity {
	c := worstShare(lost)
	switch {
	case p.to.role == "trace" || p.to.role == "client" || c.part() < likely, c.calls < minSupport:
		return analyze.SeverityLow
	case p.to.role == "gateway" || c.part() < surely || c.calls < sureWithin:
		return analyze.SeverityMedium
	}
	return analyze.SeverityHigh
}

// lacks says what it means that to does not show calls.
func (p *pairLoss) lacks() string {
	switch {
	case p.from.role == "access" && p.to.role == "content":
		return "access without content"
	case p.from.role == "content" && p.to.role == "access":
		return "content without access"
	}
	return "not in " + p.to.name
}

// grouping draws calls together; each is coarser than the one before.
type grouping struct {
	name string
	of   func(*lostCall) (subject, bucket string)
}

func groupings(p *pairLoss) []grouping {
	pair := p.to.name + " lacks " + p.from.name
	return []grouping{
		{"hour", func(c *lostCall) (string, string) {
			return orNobody(c.principal), pair + ", " + cmp.Or(c.stratum.words[dimModel], "no model") + ", " + hourOf(c)
		}},
		{"day", func(c *lostCall) (string, string) { return orNobody(c.principal), pair + ", " + dayOf(c) }},
		{"principal", func(c *lostCall) (string, string) { return orNobody(c.principal), pair }},
		{"pair", func(*lostCall) (string, string) { return pair, "" }},
	}
}

func orNobody(principal string) string { return cmp.Or(principal, "nobody named") }

func hourOf(c *lostCall) string { return timeOf(c, "2006-01-02T15") }
func dayOf(c *lostCall) string  { return timeOf(c, "2006-01-02") }

func timeOf(c *lostCall, layout string) string {
	if !c.at.Valid {
		return "no time"
	}
	return time.UnixMicro(c.at.Int64).UTC().Format(layout)
}

// tellGone tells records that are missing one by one: by principal, model and
// hour, or coarser where that were too many findings.
func (m *missingSearch) tellGone(p *pairLoss, lost []*lostCall) {
	for _, g := range groupings(p) {
		type group struct{ subject, bucket string }
		groups := map[group][]*lostCall{}
		for _, c := range lost {
			subject, bucket := g.of(c)
			groups[group{subject, bucket}] = append(groups[group{subject, bucket}], c)
		}
		if len(groups) > maxPerCause && g.name != "pair" {
			continue
		}
		for _, at := range slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
			return cmp.Or(cmp.Compare(a.subject, b.subject), cmp.Compare(a.bucket, b.bucket))
		}) {
			list := groups[at]
			f := m.finding(p, p.severity(list), at.subject, at.bucket, list)
			f.Facts = append([]analyze.Fact{{Name: "cause", Value: "record missing"}}, f.Facts...)
			f.Title = fmt.Sprintf("%s: %s of %s that %s shows", p.lacks(), counted(int64(len(list)), "call"), clip(at.subject), p.from.name)
			c := worstShare(list)
			f.Explanation = fmt.Sprintf(
				"%s shows %s, and %s does not, although it shows %d of %d calls like them. "+
					"Nothing in the case says that logging was off, and %s shows others before and after. "+
					"Harmless when %s loses records now and then, or when not all of its files were loaded.",
				p.from.name, counted(int64(len(list)), "call"), p.to.name, c.covered, c.calls, p.to.name, p.to.name)
			m.findings = append(m.findings, *f)
		}
		return
	}
}

// tellSilent tells runs of calls in which a source shows nothing at all.
func (m *missingSearch) tellSilent(p *pairLoss, runs [][]*lostCall) {
	m.tellRuns(p, runs, "silent", func(list []*lostCall, scope string) (analyze.Severity, string, string) {
		severity := analyze.SeverityHigh
		if !p.to.ofProvider() {
			severity = analyze.SeverityMedium
		}
		return severity,
			fmt.Sprintf("%s shows nothing%s during %s that %s shows", p.to.name, scope, counted(int64(len(list)), "call"), p.from.name),
			fmt.Sprintf("%s shows calls before and after, and nothing%s in between, where %s shows %s in a row. "+
				"No change of what is logged in the case explains it. Harmless when the log was down, or when files of it were not loaded.",
				p.to.name, scope, p.from.name, counted(int64(len(list)), "call"))
	})
}

// tellOutside tells calls before and after what a source was exported for.
func (m *missingSearch) tellOutside(p *pairLoss, runs [][]*lostCall) {
	sides := map[bool][]*lostCall{}
	var long [][]*lostCall
	for _, run := range runs {
		if len(run) >= silentLeast {
			long = append(long, run)
			continue
		}
		early := run[0].next.Valid
		sides[early] = append(sides[early], run...)
	}
	for _, early := range []bool{true, false} {
		if len(sides[early]) > 0 {
			long = append(long, sides[early])
		}
	}
	m.tellRuns(p, long, "not exported", func(list []*lostCall, scope string) (analyze.Severity, string, string) {
		side := "begins after"
		if !list[0].next.Valid {
			side = "ends before"
		}
		return analyze.SeverityInfo,
			fmt.Sprintf("%s%s %s %s that %s shows", p.to.name, scope, side, counted(int64(len(list)), "call"), p.from.name),
			fmt.Sprintf("The calls lie outside of what %s shows%s. It was probably not exported, or not kept, for as long as %s; "+
				"if its beginning or end was cut off, it looks the same.", p.to.name, scope, p.from.name)
	})
}

// tellRuns tells runs of calls, each as a finding, or as one when there are too
// many.
func (m *missingSearch) tellRuns(p *pairLoss, runs [][]*lostCall, cause string,
	say func(list []*lostCall, scope string) (severity analyze.Severity, title, explanation string),
) {
	if len(runs) > maxPerCause {
		runs = [][]*lostCall{slices.Concat(runs...)}
	}
	for _, run := range runs {
		scope := ""
		if p.scoped() && len(runs) > 0 {
			scope = scopeOf(run)
		}
		severity, title, explanation := say(run, scope)
		bucket := cause + ", " + timeOf(run[0], time.RFC3339) + scope
		f := m.finding(p, severity, p.to.name+" lacks "+p.from.name, bucket, run)
		f.Facts = append([]analyze.Fact{{Name: "cause", Value: cause}}, f.Facts...)
		f.Title, f.Explanation = title, explanation
		m.findings = append(m.findings, *f)
	}
}

// scopeOf names what all of the calls have in common: what they make, their
// region and account.
func scopeOf(list []*lostCall) string {
	same := func(of func(*lostCall) string) string {
		for _, c := range list {
			if of(c) != of(list[0]) {
				return ""
			}
		}
		return of(list[0])
	}
	kind := func(c *lostCall) string { return map[bool]string{true: "vectors", false: "texts"}[c.vectors] }
	return prefixed(" of ", same(kind), "") +
		prefixed(" in ", clip(same(func(c *lostCall) string { return c.stratum.words[dimRegion] })), "") +
		prefixed(" of account ", clip(same(func(c *lostCall) string { return c.stratum.words[dimTenant] })), "")
}

// tellUnclear tells calls of which a source shows some, but not most.
func (m *missingSearch) tellUnclear(ctx context.Context, p *pairLoss) error {
	lost, err := m.lost(ctx, p, p.strata[callsUnclear])
	if err != nil || len(lost) == 0 {
		return err
	}
	c := worstShare(lost)
	f := m.finding(p, analyze.SeverityLow, p.to.name+" lacks "+p.from.name, "unclear", lost)
	f.Facts = append([]analyze.Fact{{Name: "cause", Value: "unclear"}}, f.Facts...)
	f.Title = fmt.Sprintf("%s shows only some of the calls that %s shows: %d are not in it", p.to.name, p.from.name, len(lost))
	f.Explanation = fmt.Sprintf("Of calls like these %s shows a part only, of some kinds no more than %d of %d. "+
		"It keeps a sample, only some callers pass it, or most of its records were removed: the case does not tell.", p.to.name, c.covered, c.calls)
	m.findings = append(m.findings, *f)
	return nil
}

// tellAlone tells the callers that pass by a log which nearly everyone else
// passes.
func (m *missingSearch) tellAlone(p *pairLoss, lost []*lostCall) {
	groups := map[string][]*lostCall{}
	for _, c := range lost {
		groups[c.principal] = append(groups[c.principal], c)
	}
	if len(groups) > maxPerCause {
		groups = map[string][]*lostCall{"several": lost}
	}
	for _, principal := range slices.Sorted(maps.Keys(groups)) {
		list := groups[principal]
		f := m.finding(p, analyze.SeverityLow, orNobody(principal), p.to.name+" lacks "+p.from.name+", all", list)
		f.Facts = append([]analyze.Fact{{Name: "cause", Value: "not covered"}}, f.Facts...)
		f.Title = fmt.Sprintf("%s shows none of %s of %s that %s shows", p.to.name, counted(int64(len(list)), "call"), clip(orNobody(principal)), p.from.name)
		f.Explanation = fmt.Sprintf("%s shows the calls of nearly everyone else that are like these. "+
			"They did not pass it, or its records of them were removed. Harmless when this caller is set up to go another way.", p.to.name)
		m.findings = append(m.findings, *f)
	}
}

// tellBlind tells what succeeded where a log of a provider does not reach: an
// operation, an endpoint or a region of which it shows nothing.
func (m *missingSearch) tellBlind(p *pairLoss, lost []*lostCall) {
	groups := map[string][]*lostCall{}
	for _, c := range lost {
		w := &c.stratum.words
		kind := cmp.Or(w[dimOperation], w[dimKind]) + prefixed(" of ", w[dimService], "") + prefixed(" in ", w[dimRegion], "")
		groups[kind] = append(groups[kind], c)
	}
	if len(groups) > maxPerCause {
		groups = map[string][]*lostCall{"several operations": lost}
	}
	for _, kind := range slices.Sorted(maps.Keys(groups)) {
		list := groups[kind]
		f := m.finding(p, analyze.SeverityInfo, p.to.name+" lacks "+p.from.name, "not covered, "+kind, list)
		f.Facts = append([]analyze.Fact{{Name: "cause", Value: "not covered"}}, f.Facts...)
		f.Title = fmt.Sprintf("%s does not cover %s: %s that %s shows", p.to.name, clip(kind), counted(int64(len(list)), "call"), p.from.name)
		f.Explanation = fmt.Sprintf("%s shows no call of this kind at any time. It was never set up to log them, cannot, or its files were not loaded; "+
			"what was said in them is not known from it.", p.to.name)
		m.findings = append(m.findings, *f)
	}
}

// clip shortens logged text for a line.
func clip(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		return string(r[:most-3]) + "..."
	}
	return s
}
