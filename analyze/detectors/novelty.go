package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// novelty tests whether what an actor used on a day is new to it beyond what is
// new to such actors now and then.
//
// The chance that the next thing is one never seen is the unseen mass of Good and
// Turing: of N observations, those of things seen only once, divided by N (Good,
// "The population frequencies of species", Biometrika 40, 1953). An observation
// is an hour in which an actor used a thing: calls within an hour are one
// decision. An actor's own mass is too coarse where it never saw anything only
// once, so it is drawn towards that of its peers by [priorHours]; of the peers, the
// quarter with the most novelty is left out, so that what intruders did before
// does not become normal.
//
// Only what was before the day is looked at, so that no day is its own baseline.
type novelty struct {
	head      analyze.About
	attribute string              // model or client
	thing     string              // what it is, in words
	family    func(string) string // makes one of things that are not told apart; "" is not looked at
	// telling are things that say enough by being new to an actor, however often
	// others begin something new: they count whatever their test says. May be nil.
	telling func(string) bool
}

const (
	// warmHours and warmDays are the history without which nothing is said of an
	// actor: everything is new to who is new.
	warmHours = 20
	warmDays  = 3
	// priorHours is how many hours of its own an actor must have to count as much
	// as its peers.
	priorHours = 20
	rareP      = 0.001
)

func (d *novelty) about() *analyze.About { return &d.head }

// user is an actor with what it used so far.
type user struct {
	group string
	hours int64 // observations
	once  int64 // things seen in one hour only
	// rare are things whose coming was rarer than [rareP]. They may be an
	// intruder's, and are no sign that the actor likes to try things: of those seen
	// once, settled counts the others.
	rare    map[string]bool
	settled int64
	seen    map[string]int // hours by thing
	days    int64
	// normal are the things of the baseline that the actor did not use in the case
	// yet, and until is the last day, since 1970, that the baseline tells of the actor.
	normal map[string]bool
	until  int64
}

// crowd is a group of peers.
type crowd struct {
	members []*user
	// holders counts those who used a thing, by thing.
	holders map[string]int
	// adopted counts things that were new to a warm member, and unknown those
	// of them that were new to all of the group.
	adopted, unknown int64
}

// used is a thing that an actor used in an hour.
type used struct {
	actor, value, family string
	atUS                 int64
	role, app, kind      string // the least of the calls in that hour
	calls                int64
}

func (d *novelty) detect(ctx context.Context, r *run) (*result, error) {
	all, err := r.actorCalls(ctx)
	if err != nil {
		return nil, err
	}
	by := d.read(all)
	n := noveltyRun{
		d: d, users: map[string]*user{}, crowds: map[string]*crowd{}, groupOf: peerGroups(firstOf(by)), since: map[string][]used{},
		res: &result{}, baseline: r.options.Baseline,
	}
	for _, list := range by {
		n.since[list[0].actor] = list
	}
	days := byDay(by)
	for _, at := range sortedKeys(days) {
		n.day(days[at])
	}
	if n.cold > 0 {
		n.res.notes = append(n.res.notes, fmt.Sprintf("not enough history for %d of %d actors: what is new is said after %d hours with calls on %d days",
			n.cold, len(n.users), warmHours, warmDays))
	}
	if r.options.Baseline != nil {
		n.res.compared = true
		n.res.notes = append(n.res.notes, r.comparedNote("things that are not new because of it", n.greeted))
	}
	return n.res, nil
}

// value is what is looked at of calls.
func (d *novelty) value(t *callTraits) string {
	if d.attribute == "client" {
		return t.client
	}
	return t.model
}

// read returns what each actor used, in the order of time.
func (d *novelty) read(all []*actorCalls) [][]used {
	families := map[string]string{}
	var out [][]used
	for _, a := range all {
		var list []used
		for i := range a.used {
			x := &a.used[i]
			u := used{actor: a.name, value: d.value(x.callTraits), atUS: x.hour * hourUS, role: x.role, app: x.app, kind: x.kind, calls: x.calls}
			family, known := families[u.value]
			if !known && u.value != "" {
				family = d.family(u.value)
				families[u.value] = family
			}
			if u.family = family; family != "" {
				list = append(list, u)
			}
		}
		slices.SortFunc(list, func(a, b used) int { return cmp.Or(cmp.Compare(a.atUS, b.atUS), cmp.Compare(a.value, b.value)) })
		if list = joined(list); len(list) > 0 {
			out = append(out, list)
		}
	}
	return out
}

// joined makes one of uses of the same thing in the same hour, which stand together.
func joined(list []used) []used {
	out := list[:0]
	for _, x := range list {
		n := len(out)
		if n == 0 || out[n-1].atUS != x.atUS || out[n-1].value != x.value {
			out = append(out, x)
			continue
		}
		o := &out[n-1]
		o.calls += x.calls
		o.role, o.app, o.kind = leastSaid(o.role, x.role), leastSaid(o.app, x.app), leastSaid(o.kind, x.kind)
	}
	return out
}

// leastSaid returns the lesser of two words, of which "" is none.
func leastSaid(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// byDay returns what each actor used on each day, in the order of the actors.
func byDay(by [][]used) map[int64][][]used {
	days := map[int64][][]used{}
	for _, list := range by {
		for from, to := 0, 0; from < len(list); from = to {
			at := list[from].atUS / day
			for to = from; to < len(list) && list[to].atUS/day == at; to++ {
			}
			days[at] = append(days[at], list[from:to])
		}
	}
	return days
}

// firstOf returns what each actor used first.
func firstOf(by [][]used) []used {
	var out []used
	for _, list := range by {
		out = append(out, list[0])
	}
	return out
}

// peerGroups names the group of each actor: those with its role, where there are
// others; else those with its app; else those of its kind.
func peerGroups(list []used) map[string]string {
	groups := map[string]map[string]bool{} // members by group
	names := map[string][]string{}         // groups by actor, the closest first
	for i := range list {
		u := &list[i]
		if names[u.actor] != nil {
			continue
		}
		var all []string
		for _, g := range [...][2]string{{"role", u.role}, {"app", u.app}} {
			if g[1] != "" {
				all = append(all, g[0]+" "+g[1])
			}
		}
		all = append(all, strings.TrimSpace("kind "+u.kind))
		names[u.actor] = all
		for _, g := range all {
			if groups[g] == nil {
				groups[g] = map[string]bool{}
			}
			groups[g][u.actor] = true
		}
	}
	of := map[string]string{}
	for actor, all := range names {
		of[actor] = all[len(all)-1]
		for _, g := range all {
			if len(groups[g]) > 1 {
				of[actor] = g
				break
			}
		}
	}
	return of
}

// noveltyRun goes through the days.
type noveltyRun struct {
	d       *novelty
	users   map[string]*user
	crowds  map[string]*crowd
	groupOf map[string]string
	since   map[string][]used // what each actor used, in the order of time
	res     *result
	cold    int // actors without enough history

	baseline *baseline.Baseline
	greeted  int // things that only the baseline shows to be not new
}

// day tests what each actor used on a day against what was before, and only then
// learns from it.
func (n *noveltyRun) day(by [][]used) {
	for _, list := range by {
		n.test(list)
	}
	for _, list := range by {
		n.learn(list)
	}
}

// test tests what one actor used on a day.
func (n *noveltyRun) test(list []used) {
	u := n.users[list[0].actor]
	if u == nil {
		group := n.groupOf[list[0].actor]
		u = &user{group: group, seen: map[string]int{}, rare: map[string]bool{}}
		n.users[list[0].actor] = u
		if n.crowds[group] == nil {
			n.crowds[group] = &crowd{holders: map[string]int{}}
		}
		n.crowds[group].members = append(n.crowds[group].members, u)
		n.cold++
		n.remember(list[0].actor, u, n.crowds[group])
	}
	c := n.crowds[u.group]
	for i := range list {
		n.greet(u, list[i].family)
	}
	if !u.warm() {
		return
	}
	n.res.tests++
	var fresh []used
	unknown, hours := false, 0
	for i, x := range list {
		if i == 0 || x.atUS != list[i-1].atUS {
			hours++
		}
		if u.seen[x.family] == 0 {
			fresh = append(fresh, x)
			unknown = unknown || c.holders[x.family] == 0
		}
	}
	if len(fresh) == 0 {
		return
	}
	p := c.chance(u, unknown, hours)
	// What is rare is worth a look in a case that is too small for its test to count.
	telling, otherwise := n.d.telling != nil && slices.ContainsFunc(fresh, func(x used) bool { return n.d.telling(x.family) }), analyze.Severity(0)
	switch {
	case telling:
		otherwise = n.d.head.Severity
	case p <= rareP:
		otherwise = analyze.SeverityLow
	}
	for _, x := range fresh {
		u.rare[x.family] = p <= rareP
	}
	if p <= DefaultQ || telling {
		f := n.tell(u, c, fresh, unknown, telling)
		f.p, f.otherwise = p, otherwise
		if f.Severity > 0 {
			f.otherwise = min(otherwise, f.Severity)
		}
		n.res.tested = append(n.res.tested, f)
	}
	c.adopted++
	if unknown {
		c.unknown++
	}
}

func (u *user) warm() bool { return u.hours >= warmHours && u.days >= warmDays }

// learn adds what one actor used on a day to its past.
func (n *noveltyRun) learn(list []used) {
	u := n.users[list[0].actor]
	c, wasWarm := n.crowds[u.group], u.warm()
	if u.until >= list[0].atUS/day {
		return // the baseline tells of this day
	}
	u.days++
	done := map[string]bool{} // in the hour: versions of one thing in one hour are one
	for i, x := range list {
		if i > 0 && x.atUS != list[i-1].atUS {
			clear(done)
		}
		if done[x.family] {
			continue
		}
		done[x.family] = true
		u.hours++
		u.seen[x.family]++
		change := int64(0)
		switch u.seen[x.family] {
		case 1:
			change = 1
			c.holders[x.family]++
		case 2:
			change = -1
		}
		u.once += change
		if !u.rare[x.family] {
			u.settled += change
		}
	}
	if !wasWarm && u.warm() {
		n.cold--
	}
}

// chance is how probable it is that a user of the group uses in one of so many
// hours what it never used, or what nobody of the group ever used.
func (c *crowd) chance(u *user, unknown bool, hours int) float64 {
	var peers []*user
	for _, m := range c.members {
		if m != u {
			peers = append(peers, m)
		}
	}
	slices.SortFunc(peers, func(a, b *user) int {
		return cmp.Or(cmp.Compare(a.once*b.hours, b.once*a.hours), cmp.Compare(a.hours, b.hours))
	})
	once, observations := int64(0), int64(0)
	for _, m := range peers[:len(peers)-len(peers)/4] {
		once, observations = once+m.once, observations+m.hours
	}
	// Half of one, for what did not happen yet (Krichevsky and Trofimov 1981).
	mass := (float64(once) + 0.5) / (float64(observations) + 1)
	p := (float64(u.settled) + priorHours*mass) / (float64(u.hours) + priorHours)
	if unknown {
		p *= (float64(c.unknown) + 1) / (float64(c.adopted) + 2) // Laplace
	}
	return -math.Expm1(float64(hours) * math.Log1p(-min(p, 1)))
}

// movedHours and movedDays are how much must be seen of an actor after the day on
// which it began something new to say that it moved to that, and movedRest how much
// of what it used before may go on: stragglers, and what was started before.
const movedHours, movedDays, movedRest = 5, 2, 0.1

// moved reports whether an actor gave up for a new thing what it used in most of its
// hours: who moves to another tool stops using the old one, while somebody else with
// its credential does not keep the actor from its work. It is held against how often
// the actor called with the old one on its days before.
func (n *noveltyRun) moved(u *user, fresh []used) bool {
	today, main := fresh[0].atUS/day, u.main()
	if main == "" || slices.ContainsFunc(fresh, func(x used) bool { return x.family != fresh[0].family }) {
		return false
	}
	before, after := int64(0), int64(0) // calls with the old one
	hours, days, active := 0, int64(0), int64(0)
	lastDay, lastActive := int64(0), int64(0)
	for _, x := range n.since[fresh[0].actor] {
		on := x.atUS / day
		if x.family == main {
			if on < today {
				before += x.calls
			} else if on > today {
				after += x.calls
			}
		}
		if on <= today {
			continue
		}
		if on != lastActive {
			active, lastActive = active+1, on
		}
		if x.family != fresh[0].family {
			continue
		}
		hours++
		if on != lastDay {
			days, lastDay = days+1, on
		}
	}
	return hours >= movedHours && days >= movedDays && float64(after)*float64(u.days) <= movedRest*float64(before)*float64(active)
}

// main is what an actor used in most of its hours, "" where nothing was.
func (u *user) main() string {
	for family, hours := range u.seen {
		if 2*int64(hours) > u.hours {
			return family
		}
	}
	return ""
}

// tell makes the finding that a test becomes where it counts.
func (n *noveltyRun) tell(u *user, c *crowd, fresh []used, unknown, telling bool) tested {
	var values []string
	calls := int64(0)
	for _, x := range fresh {
		if !slices.Contains(values, x.value) {
			values = append(values, x.value)
		}
		calls += x.calls
	}
	var known []string
	for value := range u.seen {
		known = append(known, value)
	}
	slices.Sort(known)
	actor, from := fresh[0].actor, fresh[0].atUS/day*day
	f := found{}
	f.Subject, f.Actor = actor, actor
	f.Bucket = time.UnixMicro(from).UTC().Format(time.DateOnly)
	f.EventCount = calls
	f.Title = fmt.Sprintf("%s: %s, never used by %s before", n.d.thing, strings.Join(values[:min(len(values), 3)], ", "), actor)
	who := "others of its group used it before"
	if unknown {
		who = "nobody of its group used it before"
	}
	if !telling && n.moved(u, fresh) {
		f.Severity = analyze.SeverityInfo
		who += fmt.Sprintf(". Since then it hardly ever used %s again: it looks as if it moved from one to the other", u.main())
	}
	f.Explanation = fmt.Sprintf("In %d hours with calls on %d days it used only: %s. Its group (%s, %d actors) rarely begins something new; %s.",
		u.hours, u.days, strings.Join(known[:min(len(known), 5)], ", "), u.group, len(c.members), who)
	f.Facts = []analyze.Fact{
		{Name: n.d.attribute, Value: strings.Join(values, " ")},
		{Name: "calls", Value: calls},
		{Name: "hours_before", Value: u.hours},
		{Name: "days_before", Value: u.days},
		{Name: "known_before", Value: int64(len(u.seen))},
		{Name: "new_to_group", Value: unknown},
	}
	return tested{found: f, complete: func(ctx context.Context, r *run, f *found) error { return n.d.complete(ctx, r, f, from, values) }}
}

// complete adds to a finding the calls of its day with some values, and their time.
func (d *novelty) complete(ctx context.Context, r *run, f *found, from int64, values []string) error {
	args := []any{sql.Named("actor", f.Actor), sql.Named("from", from), sql.Named("to", from+day)}
	return r.query(ctx, "novelty_events", args, func(rows *sql.Rows) error {
		var eid, at int64
		var t callTraits
		if err := rows.Scan(&eid, &at, &t.model, &t.client); err != nil {
			return err
		}
		if !slices.Contains(values, d.value(&t)) {
			return nil
		}
		if f.Last = time.UnixMicro(at).UTC(); len(f.eids) == 0 {
			f.First = f.Last
		}
		f.eids = append(f.eids, eid)
		return nil
	})
}
