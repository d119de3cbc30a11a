package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// against finds what is against the policy. Of the many calls and acts of a case,
// the few combinations of who and what are asked about, each once; only of those
// that are against the policy are the events looked up. A subject, a rule and a
// day (UTC) are one finding.
type against struct {
	head  analyze.About
	reads []string // tables; see [run.need]
	asks  []policyAsk
	// say completes title and explanation.
	say func(f *analyze.Finding, g *policyGroup)
}

// policyAsk is one thing that is asked of a policy.
type policyAsk struct {
	section policy.Section // without which there is nothing to ask
	uses    string         // statement that makes the view policy_use, of whom and what is asked about
	// ask answers about one use. It is given each once.
	ask func(p *policy.Policy, u *policyUse) policyAnswer
}

// policyUse is a combination of who and what, with how often it is in the case.
// What a, b and c are is said by the statement.
type policyUse struct {
	policy.Subject
	n, uses              int64
	actor, principalType string
	a, b, c              string
}

// policyAnswer is what the policy says of a use.
type policyAnswer struct {
	policy.Verdict
	thing string           // what was done, in words
	why   string           // a sentence, where the verdict is none
	level analyze.Severity // where it went through
	// approved are the times in which it is in order all the same.
	approved []policy.Approval
	// subject is whom or what it is about, "" for the actor; whole makes one
	// finding of all days.
	subject string
	whole   bool
}

// policyGroup is what becomes findings, one a day: of a subject and a rule.
type policyGroup struct {
	policyAnswer
	key    policyKey
	things map[int64]string // by number of the use
}

type policyKey struct {
	subject, rule string
	line          int
}

// policyDay is one day of a group.
type policyDay struct {
	group                            int64
	day                              int64 // since 1970, 0 where the group is of all days
	approved, uses, through, unknown int64
	firstUS, lastUS, actors          int64
	actor                            string
	numbers, eids                    []int64
}

// maxAgainst bounds the findings of a detector: a rule that is wrong can be
// against everybody every day. The severest stay.
const maxAgainst = 1_000

func (d *against) about() *analyze.About { return &d.head }

func (d *against) detect(ctx context.Context, r *run) (*result, error) {
	p := r.options.Policy
	asks := slices.DeleteFunc(slices.Clone(d.asks), func(a policyAsk) bool { return !p.Covers(a.section) })
	if len(asks) == 0 {
		return &result{lacks: "the policy says nothing of " + sectionsOf(d.asks)}, nil
	}
	if err := r.need(ctx, d.reads...); err != nil {
		return nil, err
	}
	res := &result{}
	open := &opinions{unknown: map[string]int64{}}
	for i := range asks {
		if err := d.one(ctx, r, &asks[i], res, open); err != nil {
			return nil, err
		}
	}
	res.found = joinDays(res.found)
	res.notes = open.notes(len(res.found))
	res.found = fewer(res.found, &d.head)
	return res, nil
}

// sectionsOf names the sections that are asked, each once.
func sectionsOf(asks []policyAsk) string {
	var names []string
	for _, a := range asks {
		if !slices.Contains(names, string(a.section)) {
			names = append(names, string(a.section))
		}
	}
	return strings.Join(names, " or ")
}

// one asks one thing.
func (d *against) one(ctx context.Context, r *run, a *policyAsk, res *result, open *opinions) error {
	list, err := r.policyUses(ctx, a.uses)
	if err != nil {
		return err
	}
	groups := map[policyKey]int64{}
	var by []*policyGroup
	var hits []policyHit
	for i := range list {
		answer := a.ask(r.options.Policy, &list[i])
		if !open.against(&answer, list[i].uses) {
			continue
		}
		key := policyKey{cmp.Or(answer.subject, list[i].actor, "nobody known"), ruleOf(answer.Verdict), answer.Line}
		g, ok := groups[key]
		if !ok {
			g = int64(len(by))
			groups[key], by = g, append(by, &policyGroup{policyAnswer: answer, key: key, things: map[int64]string{}})
		}
		by[g].things[list[i].n], by[g].level = answer.thing, max(by[g].level, answer.level)
		hits = append(hits, policyHit{N: list[i].n, G: g, Whole: answer.whole, Spans: spansOf(answer.approved)})
	}
	if len(hits) == 0 {
		return nil
	}
	return r.policyDays(ctx, hits, func(x *policyDay) {
		open.approved += x.approved
		if x.uses > 0 {
			res.found = append(res.found, by[x.group].found(x, d.say))
		}
	})
}

// policyUses lists the combinations of who and what that a statement selects.
func (r *run) policyUses(ctx context.Context, uses string) ([]policyUse, error) {
	if err := r.exec(ctx, uses); err != nil {
		return nil, err
	}
	if err := r.exec(ctx, "policy_asked"); err != nil {
		return nil, err
	}
	var list []policyUse
	return list, r.query(ctx, "policy_list", nil, func(rows *sql.Rows) error {
		var u policyUse
		err := rows.Scan(&u.n, &u.uses, &u.actor, &u.principalType, &u.Principal, &u.Role, &u.Person, &u.Credential, &u.App, &u.a, &u.b, &u.c)
		list = append(list, u)
		return err
	})
}

// policyHit is a use that is against the policy, and its group.
type policyHit struct {
	N     int64        `json:"n"`
	G     int64        `json:"g"`
	Whole bool         `json:"whole"`
	Spans []policySpan `json:"spans"`
}

// policySpan is a time from one microsecond to another, which is not part of it.
type policySpan struct {
	From int64 `json:"f"`
	To   int64 `json:"t"`
}

func spansOf(approved []policy.Approval) []policySpan {
	var out []policySpan
	for _, a := range approved {
		out = append(out, policySpan{a.From.UnixMicro(), a.To.UnixMicro()})
	}
	return out
}

// policyDays hands over the days of each group.
func (r *run) policyDays(ctx context.Context, hits []policyHit, day func(*policyDay)) error {
	text, err := json.Marshal(hits)
	if err != nil {
		return fmt.Errorf("writing what to look up: %w", err)
	}
	return r.query(ctx, "policy_events", []any{sql.Named("hits", string(text))}, func(rows *sql.Rows) error {
		var x policyDay
		var numbers, eids any
		err := rows.Scan(&x.group, &x.day, &x.approved, &x.uses, &x.through, &x.unknown, &x.firstUS, &x.lastUS, &x.actors, &x.actor, &numbers, &eids)
		if err != nil {
			return err
		}
		if x.numbers, err = eidList(numbers); err != nil {
			return err
		}
		if x.eids, err = eidList(eids); err != nil {
			return err
		}
		day(&x)
		return nil
	})
}

// ruleOf names what decides, so that it is known again in the next version of a
// policy: by its name, else by its line.
func ruleOf(v policy.Verdict) string {
	switch {
	case v.Rule != "":
		return string(v.Section) + "/" + v.Rule
	case v.Line == 0:
		return string(v.Section) + "/none"
	}
	return fmt.Sprintf("%s/line-%d", v.Section, v.Line)
}

// found makes the finding of a day.
func (g *policyGroup) found(x *policyDay, say func(*analyze.Finding, *policyGroup)) found {
	f := found{eids: x.eids}
	f.Subject, f.Bucket, f.EventCount = g.key.subject, g.key.rule, int64(len(x.eids))
	if len(x.eids) == analyze.MaxFindingEvents {
		f.EventCount = x.uses
	}
	f.First, f.Last = time.UnixMicro(x.firstUS).UTC(), time.UnixMicro(x.lastUS).UTC()
	if !g.whole {
		f.Bucket = time.Unix(x.day*86400, 0).UTC().Format(time.DateOnly) + " " + g.key.rule
	}
	if x.actors == 1 {
		f.Actor = x.actor
	}
	f.Severity = severityOf(x, g.level)
	f.Explanation = fmt.Sprintf("%s. %s.", upperFirst(throughWords(x)), cmp.Or(g.why, upperFirst(g.String())))
	f.Facts = []analyze.Fact{
		{Name: "what", Value: g.thingsOf(x)},
		{Name: "rule", Value: cmp.Or(g.Rule, "without a name")},
		{Name: "policy_section", Value: string(g.Section)},
		{Name: "policy_line", Value: int64(g.Line)},
		{Name: "uses", Value: x.uses},
		{Name: "went_through", Value: x.through},
	}
	if g.Line == 0 {
		f.Facts = slices.DeleteFunc(f.Facts, func(x analyze.Fact) bool { return x.Name == "rule" || x.Name == "policy_line" })
	}
	if x.actors > 1 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "actors", Value: x.actors})
	}
	say(&f.Finding, g)
	return f
}

// severityOf is low for what was only tried.
func severityOf(x *policyDay, through analyze.Severity) analyze.Severity {
	switch {
	case x.through > 0:
		return through
	case x.unknown > 0:
		return min(through, analyze.SeverityMedium)
	}
	return min(through, analyze.SeverityLow)
}

// throughWords say how often something went through.
func throughWords(x *policyDay) string {
	words := []string{}
	for _, k := range []struct {
		n    int64
		what string
	}{{x.through, "went through"}, {x.uses - x.through - x.unknown, "did not"}, {x.unknown, "of which the log does not say"}} {
		if k.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	return counted(int(x.uses), "time") + ": " + strings.Join(words, ", ")
}

func upperFirst(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// thingsOf says what was done on a day.
func (g *policyGroup) thingsOf(x *policyDay) string {
	set := map[string]bool{}
	for _, n := range x.numbers {
		set[g.things[n]] = true
	}
	list := slices.Sorted(maps.Keys(set))
	text := strings.Join(list[:min(len(list), shownKinds)], ", ")
	if more := len(list) - shownKinds; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// joinDays makes one of findings about the same, which come from different kinds
// of events.
func joinDays(list []found) []found {
	at := map[[2]string]int{}
	var out []found
	for _, f := range list {
		key := [2]string{f.Subject, f.Bucket}
		i, ok := at[key]
		if !ok {
			at[key], out = len(out), append(out, f)
			continue
		}
		g := &out[i]
		if f.Severity > g.Severity {
			g.Severity, g.Title = f.Severity, f.Title
		}
		if f.First.Before(g.First) {
			g.First = f.First
		}
		if f.Last.After(g.Last) {
			g.Last = f.Last
		}
		if g.Actor != f.Actor {
			g.Actor = ""
		}
		g.Explanation += " " + f.Explanation
		g.EventCount += f.EventCount
		g.eids = append(g.eids, f.eids...)
		slices.Sort(g.eids)
	}
	return out
}

// fewer keeps at most [maxAgainst] findings, the severest and of these the last.
func fewer(list []found, about *analyze.About) []found {
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(cmp.Or(b.Severity, about.Severity), cmp.Or(a.Severity, about.Severity)),
			b.Last.Compare(a.Last), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Bucket, b.Bucket))
	})
	return list[:min(len(list), maxAgainst)]
}

func leftOut(findings int) string {
	return fmt.Sprintf("%d more findings, none severer, are left out", findings)
}

// opinions is what a policy says of that which is not against it.
type opinions struct {
	seen, approved int64
	unknown        map[string]int64 // uses by what is not known
}

// against counts an answer, and says whether it is against the policy.
func (o *opinions) against(a *policyAnswer, uses int64) bool {
	switch {
	case a.Outcome >= policy.Unlisted:
		return true
	case a.Outcome == policy.WasSeen:
		o.seen += uses
	case a.Unknown != "":
		o.unknown[a.String()] += uses
	}
	return false
}

// notes say what the policy could not answer.
func (o *opinions) notes(findings int) []string {
	var out []string
	if findings > maxAgainst {
		out = append(out, leftOut(findings-maxAgainst))
	}
	if o.approved > 0 {
		out = append(out, "within the time of an approval: "+counted(int(o.approved), "use"))
	}
	if o.seen > 0 {
		out = append(out, "only noted as seen by the policy, so that nobody has said whether it is meant to be: "+counted(int(o.seen), "use"))
	}
	reasons := slices.SortedFunc(maps.Keys(o.unknown), func(a, b string) int {
		return cmp.Or(cmp.Compare(o.unknown[b], o.unknown[a]), cmp.Compare(a, b))
	})
	for _, why := range reasons[:min(len(reasons), shownKinds)] {
		out = append(out, why+": "+counted(int(o.unknown[why]), "use"))
	}
	return out
}
