package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// novelty tests whether what an actor used in an hour is new to it beyond what
// is new to such actors now and then.
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
// Only what was before the hour is looked at, so that no hour is its own
// baseline.
type novelty struct {
	head      analyze.About
	attribute string              // of feature_value_hour
	thing     string              // what it is, in words
	family    func(string) string // makes one of things that are not told apart; "" is not looked at
	// telling are things that say enough by being new to an actor, however often
	// others begin something new: they are findings without a test. May be nil.
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
)

func (d *novelty) about() *analyze.About { return &d.head }

// user is an actor with what it used so far.
type user struct {
	group string
	hours int64          // observations
	once  int64          // things seen in one hour only
	seen  map[string]int // hours by thing
	days  int64
	day   int64 // the last with an observation
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

// used is what an actor used in an hour.
type used struct {
	actor, value, family string
	atUS, first, last    int64
	role, app, kind      string
	calls                int64
}

func (d *novelty) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "feature_value_hour"); err != nil {
		return nil, err
	}
	list, err := d.read(ctx, r)
	if err != nil {
		return nil, err
	}
	n := noveltyRun{d: d, users: map[string]*user{}, crowds: map[string]*crowd{}, groupOf: peerGroups(list), res: &result{}}
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].atUS == list[0].atUS {
			end++
		}
		n.hour(list[:end])
		list = list[end:]
	}
	if n.cold > 0 {
		n.res.notes = append(n.res.notes, fmt.Sprintf("not enough history for %d of %d actors: what is new is said after %d hours with calls on %d days",
			n.cold, len(n.users), warmHours, warmDays))
	}
	for i := range n.told {
		f := n.told[i].found
		if f.eids, err = n.told[i].events(ctx, r); err != nil {
			return nil, err
		}
		n.res.found = append(n.res.found, f)
	}
	return n.res, nil
}

func (d *novelty) read(ctx context.Context, r *run) ([]used, error) {
	var list []used
	return list, r.query(ctx, "novelty", []any{sql.Named("attribute", d.attribute)}, func(rows *sql.Rows) error {
		var u used
		if err := rows.Scan(&u.actor, &u.value, &u.atUS, &u.role, &u.app, &u.kind, &u.calls, &u.first, &u.last); err != nil {
			return err
		}
		if u.family = d.family(u.value); u.family != "" {
			list = append(list, u)
		}
		return nil
	})
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

// noveltyRun goes through the hours.
type noveltyRun struct {
	d       *novelty
	users   map[string]*user
	crowds  map[string]*crowd
	groupOf map[string]string
	res     *result
	cold    int      // actors without enough history
	told    []tested // findings whatever their p
}

// hour tests what was used in an hour against what was before, and only then
// learns from it.
func (n *noveltyRun) hour(list []used) {
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].actor == list[0].actor {
			end++
		}
		n.test(list[:end])
		list = list[end:]
	}
}

// test tests what one actor used in an hour.
func (n *noveltyRun) test(list []used) {
	u := n.users[list[0].actor]
	if u == nil {
		group := n.groupOf[list[0].actor]
		u = &user{group: group, seen: map[string]int{}, day: -1}
		n.users[list[0].actor] = u
		if n.crowds[group] == nil {
			n.crowds[group] = &crowd{holders: map[string]int{}}
		}
		n.crowds[group].members = append(n.crowds[group].members, u)
		n.cold++
	}
	c := n.crowds[u.group]
	if u.hours >= warmHours && u.days >= warmDays {
		n.res.tests++
		var fresh []used
		unknown := false
		for _, x := range list {
			if u.seen[x.family] == 0 {
				fresh = append(fresh, x)
				unknown = unknown || c.holders[x.family] == 0
			}
		}
		if len(fresh) > 0 {
			p := c.chance(u, unknown)
			switch {
			case n.d.telling != nil && slices.ContainsFunc(fresh, func(x used) bool { return n.d.telling(x.family) }):
				n.told = append(n.told, n.tell(u, c, fresh, unknown, p))
			case p <= DefaultQ:
				n.res.tested = append(n.res.tested, n.tell(u, c, fresh, unknown, p))
			}
			c.adopted++
			if unknown {
				c.unknown++
			}
		}
	}
	n.learn(u, c, list)
}

func (n *noveltyRun) learn(u *user, c *crowd, list []used) {
	warm := u.hours >= warmHours && u.days >= warmDays
	if day := list[0].atUS / (24 * 3600_000_000); day != u.day {
		u.day = day
		u.days++
	}
	var last string
	for _, x := range list {
		if x.family == last { // two versions of one thing
			continue
		}
		last = x.family
		u.hours++
		u.seen[x.family]++
		switch u.seen[x.family] {
		case 1:
			u.once++
			c.holders[x.family]++
		case 2:
			u.once--
		}
	}
	if !warm && u.hours >= warmHours && u.days >= warmDays {
		n.cold--
	}
}

// chance is how probable it is that a user of the group uses in an hour what it
// never used, or what nobody of the group ever used.
func (c *crowd) chance(u *user, unknown bool) float64 {
	var peers []*user
	for _, m := range c.members {
		if m != u {
			peers = append(peers, m)
		}
	}
	slices.SortFunc(peers, func(a, b *user) int {
		return cmp.Or(cmp.Compare(a.once*b.hours, b.once*a.hours), cmp.Compare(a.hours, b.hours))
	})
	once, hours := int64(0), int64(0)
	for _, m := range peers[:len(peers)-len(peers)/4] {
		once, hours = once+m.once, hours+m.hours
	}
	// Half of one, for what did not happen yet (Krichevsky and Trofimov 1981).
	mass := (float64(once) + 0.5) / (float64(hours) + 1)
	p := (float64(u.once) + priorHours*mass) / (float64(u.hours) + priorHours)
	if unknown {
		p *= (float64(c.unknown) + 1) / (float64(c.adopted) + 2) // Laplace
	}
	return min(p, 1)
}

// tell makes the finding that a test becomes where it counts.
func (n *noveltyRun) tell(u *user, c *crowd, fresh []used, unknown bool, p float64) tested {
	var values []string
	calls, first, last := int64(0), fresh[0].first, fresh[0].last
	for _, x := range fresh {
		values = append(values, x.value)
		calls, first, last = calls+x.calls, min(first, x.first), max(last, x.last)
	}
	var known []string
	for value := range u.seen {
		known = append(known, value)
	}
	slices.Sort(known)
	actor, hour := fresh[0].actor, fresh[0].atUS
	f := found{}
	f.Subject, f.Actor = actor, actor
	f.Bucket = time.UnixMicro(hour).UTC().Format(time.RFC3339)
	f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
	f.EventCount = calls
	f.Title = fmt.Sprintf("%s: %s, never used by %s before", n.d.thing, strings.Join(values[:min(len(values), 3)], ", "), actor)
	who := "others of its group used it before"
	if unknown {
		who = "nobody of its group used it before"
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
	return tested{p: p, found: f, events: func(ctx context.Context, r *run) ([]int64, error) {
		var eids []int64
		args := []any{sql.Named("actor", actor), sql.Named("from", hour), sql.Named("to", hour+3600_000_000)}
		return eids, r.query(ctx, "novelty_events", args, func(rows *sql.Rows) error {
			var eid int64
			var model, client string
			if err := rows.Scan(&eid, &model, &client); err != nil {
				return err
			}
			if slices.Contains(values, map[string]string{"model": model, "client": client}[n.d.attribute]) {
				eids = append(eids, eid)
			}
			return nil
		})
	}}
}
