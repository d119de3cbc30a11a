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
	title string           // of the finding, where the detector says no other
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
	key policyKey
}

// policyKey is a group, with a day (since 1970) one of its days; 0 where a group
// is of all days.
type policyKey struct {
	subject, rule string
	line          int
	day           int64
}

// group is the group of a day.
func (k policyKey) group() policyKey {
	k.day = 0
	return k
}

// policyDay is one day of a group.
type policyDay struct {
	key                              policyKey
	approved, uses, through, unknown int64
	firstUS, lastUS, actors          int64
	actor                            string // of one
	things                           map[string]bool
	eids                             []int64
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
	w := &weighing{groups: map[policyKey]*policyGroup{}, days: map[policyKey]*policyDay{}, unknown: map[string]int64{}}
	for i := range asks {
		if err := w.one(ctx, r, &asks[i]); err != nil {
			return nil, err
		}
	}
	res := &result{notes: w.notes()}
	for _, x := range w.days {
		f := w.groups[x.key.group()].found(x)
		d.say(&f.Finding, w.groups[x.key.group()])
		res.found = append(res.found, f)
	}
	var note string
	if res.found, note = fewer(res.found); note != "" {
		res.notes = append(res.notes, note)
	}
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

// weighing is what was asked so far.
type weighing struct {
	groups         map[policyKey]*policyGroup // with day 0
	days           map[policyKey]*policyDay
	seen, approved int64            // uses
	unknown        map[string]int64 // uses by what is not known
}

// one asks one thing.
func (w *weighing) one(ctx context.Context, r *run, a *policyAsk) error {
	list, err := r.policyUses(ctx, a.uses)
	if err != nil {
		return err
	}
	numbers, things := map[policyKey]int64{}, map[int64]string{}
	var keys []policyKey
	var hits []policyHit
	for i := range list {
		u := &list[i]
		answer := a.ask(r.options.Policy, u)
		if !w.against(&answer, u.uses) {
			continue
		}
		key := policyKey{subject: cmp.Or(answer.subject, u.actor, "nobody known"), rule: ruleOf(answer.Verdict), line: answer.Line}
		g, ok := numbers[key]
		if !ok {
			g = int64(len(keys))
			numbers[key], keys = g, append(keys, key)
		}
		if w.groups[key] == nil {
			w.groups[key] = &policyGroup{policyAnswer: answer, key: key}
		}
		w.groups[key].level = max(w.groups[key].level, answer.level)
		things[u.n] = answer.thing
		hits = append(hits, policyHit{N: u.n, G: g, Whole: answer.whole, Spans: spansOf(answer.approved)})
	}
	if len(hits) == 0 {
		return nil
	}
	return r.policyDays(ctx, hits, func(g int64, x *policyDay, uses []int64) {
		w.approved += x.approved
		if x.uses == 0 {
			return
		}
		x.things = map[string]bool{}
		for _, n := range uses {
			x.things[things[n]] = true
		}
		x.key.subject, x.key.rule, x.key.line = keys[g].subject, keys[g].rule, keys[g].line
		if other := w.days[x.key]; other != nil {
			x.add(other)
		}
		w.days[x.key] = x
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

// policyDays hands over the days of each group, with the numbers of its uses.
func (r *run) policyDays(ctx context.Context, hits []policyHit, day func(group int64, x *policyDay, uses []int64)) error {
	text, err := json.Marshal(hits)
	if err != nil {
		return fmt.Errorf("writing what to look up: %w", err)
	}
	return r.query(ctx, "policy_events", []any{sql.Named("hits", string(text))}, func(rows *sql.Rows) error {
		x := &policyDay{}
		var group int64
		var numbers, eids any
		err := rows.Scan(&group, &x.key.day, &x.approved, &x.uses, &x.through, &x.unknown, &x.firstUS, &x.lastUS, &x.actors, &x.actor, &numbers, &eids)
		if err != nil {
			return err
		}
		uses, err := eidList(numbers)
		if err != nil {
			return err
		}
		if x.eids, err = eidList(eids); err != nil {
			return err
		}
		x.eids = slices.Compact(x.eids) // one call can have used several things
		day(group, x, uses)
		return nil
	})
}

// add adds what was done of another kind on the same day.
func (x *policyDay) add(o *policyDay) {
	x.uses, x.through, x.unknown = x.uses+o.uses, x.through+o.through, x.unknown+o.unknown
	x.firstUS, x.lastUS = min(x.firstUS, o.firstUS), max(x.lastUS, o.lastUS)
	if x.actor != o.actor {
		x.actors = max(2, x.actors, o.actors)
	}
	maps.Copy(x.things, o.things)
	x.eids = append(x.eids, o.eids...)
	slices.Sort(x.eids)
	x.eids = slices.Compact(x.eids)
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
func (g *policyGroup) found(x *policyDay) found {
	f := found{eids: x.eids}
	f.Subject, f.Bucket, f.EventCount = g.key.subject, g.key.rule, int64(len(x.eids))
	if len(x.eids) >= analyze.MaxFindingEvents {
		f.EventCount = x.uses
	}
	f.First, f.Last = time.UnixMicro(x.firstUS).UTC(), time.UnixMicro(x.lastUS).UTC()
	if !g.whole {
		f.Bucket = time.Unix(x.key.day*86400, 0).UTC().Format(time.DateOnly) + " " + g.key.rule
	}
	if x.actors == 1 {
		f.Actor = x.actor
	}
	f.Severity = severityOf(x, g.level)
	f.Explanation = fmt.Sprintf("%s %s.", throughWords(x), cmp.Or(g.why, upperFirst(g.String())))
	f.Facts = []analyze.Fact{{Name: "what", Value: thingsOf(x)}}
	if g.Line > 0 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "rule", Value: cmp.Or(g.Rule, "without a name")}, analyze.Fact{Name: "policy_line", Value: int64(g.Line)})
	}
	f.Facts = append(f.Facts,
		analyze.Fact{Name: "policy_section", Value: string(g.Section)}, analyze.Fact{Name: "uses", Value: x.uses}, analyze.Fact{Name: "went_through", Value: x.through})
	if x.actors > 1 {
		f.Facts = append(f.Facts, analyze.Fact{Name: "actors", Value: x.actors})
	}
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
	var words []string
	for _, k := range []struct {
		n    int64
		what string
	}{{x.through, "went through"}, {x.uses - x.through - x.unknown, "failed"}, {x.unknown, "of an unknown outcome"}} {
		switch k.n {
		case 0:
		case x.uses:
			words = append(words, "all "+k.what)
		default:
			words = append(words, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	if x.uses == 1 {
		return "Once: it " + strings.NewReplacer("all of", "had", "all ", "").Replace(words[0]) + "."
	}
	return fmt.Sprintf("%d times: %s.", x.uses, strings.Join(words, ", "))
}

func upperFirst(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// thingsOf says what was done on a day.
func thingsOf(x *policyDay) string {
	list := slices.Sorted(maps.Keys(x.things))
	text := strings.Join(list[:min(len(list), shownKinds)], ", ")
	if more := len(list) - shownKinds; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// fewer keeps at most [maxAgainst] findings, the severest and of these the last,
// and says how many it left out.
func fewer(list []found) (kept []found, note string) {
	slices.SortFunc(list, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), b.Last.Compare(a.Last), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Bucket, b.Bucket))
	})
	if more := len(list) - maxAgainst; more > 0 {
		return list[:maxAgainst], counted(more, "more finding") + ", none severer, left out"
	}
	return list, ""
}

// against counts an answer, and says whether it is against the policy.
func (w *weighing) against(a *policyAnswer, uses int64) bool {
	switch {
	case a.Outcome >= policy.Unlisted:
		return true
	case a.Outcome == policy.WasSeen:
		w.seen += uses
	case a.Unknown != "":
		w.unknown[a.String()] += uses
	}
	return false
}

// notes say what the policy could not answer.
func (w *weighing) notes() []string {
	var out []string
	if w.approved > 0 {
		out = append(out, "within the time of an approval: "+counted(int(w.approved), "use"))
	}
	if w.seen > 0 {
		out = append(out, "only noted as seen by the policy, so that nobody has said whether it is meant to be: "+counted(int(w.seen), "use"))
	}
	reasons := slices.SortedFunc(maps.Keys(w.unknown), func(a, b string) int {
		return cmp.Or(cmp.Compare(w.unknown[b], w.unknown[a]), cmp.Compare(a, b))
	})
	for _, why := range reasons[:min(len(reasons), shownKinds)] {
		out = append(out, why+": "+counted(int(w.unknown[why]), "use"))
	}
	return out
}
