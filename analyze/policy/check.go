package policy

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"
)

// check says what is wrong in a document whose every value could be read.
func (d *document) check() []yamldoc.Problem {
	c := checker{groups: map[name]int{}}
	if d.Version != Version {
		c.add(place{1, 1}, "version must be %d, not %d: this program reads no other", Version, d.Version)
	}
	c.models(d.Models)
	c.groupsOf(d.Groups)
	for _, s := range d.rules() {
		names := map[name]int{}
		for _, r := range s.rules {
			h := r.head()
			c.unique(names, h.Name, h.place, "rule of "+string(s.section))
			c.who(&h.Who)
			r.check(&c)
		}
	}
	c.calendars(d.Calendars)
	for i := range d.Approvals {
		c.approval(&d.Approvals[i])
	}
	for n, x := range d.Detectors {
		if x.Severity == 0 && len(x.Thresholds) == 0 {
			c.add(x.place, "detector %s changes nothing: give severity or thresholds", n)
		}
	}
	for s, r := range d.Responses {
		if r.Do == "" && len(r.Call) == 0 {
			c.add(r.place, "the response to %s says neither what to do nor whom to call: give do or call", severityWord(s))
		}
	}
	return c.problems
}

// checker collects what is wrong.
type checker struct {
	problems []yamldoc.Problem
	groups   map[name]int // lines of those that are defined
}

func (c *checker) add(p place, format string, args ...any) {
	c.problems = append(c.problems, p.problem(format, args...))
}

// unique refuses a name that was used before.
func (c *checker) unique(lines map[name]int, n name, p place, what string) {
	if n == "" {
		return
	}
	if first, ok := lines[n]; ok {
		c.add(p, "%s: another %s of this name stands in line %d", n, what, first)
		return
	}
	lines[n] = p.line
}

func (c *checker) models(list []model) {
	names := map[name]int{}
	for i := range list {
		m := &list[i]
		c.unique(names, m.Name, m.place, "model")
		if len(m.Match) == 0 {
			c.add(m.place, "the model has no match: list the ids that it has, such as [anthropic.claude-*]")
		}
	}
}

func (c *checker) groupsOf(list []group) {
	for i := range list {
		g := &list[i]
		if g.Name == "" {
			c.add(g.place, "the group has no name, and no rule could use it")
		}
		if g.Members.empty() {
			c.add(g.place, "the group has no members: give principals, roles, persons, credentials or apps")
		}
		c.unique(c.groups, g.Name, g.place, "group")
	}
}

func (c *checker) who(w *who) {
	if w.line > 0 && w.everybody() {
		c.add(w.place, "who chooses nobody: leave it out for everybody")
	}
	for _, g := range w.Groups {
		if _, ok := c.groups[g.name]; !ok {
			c.add(g.place, "there is no group %s", g.name)
		}
	}
}

func (r *callRule) check(c *checker) {
	switch {
	case r.MaxSensitivity != 0 && r.Effect == Deny:
		c.add(r.place, "max_sensitivity is for rules that allow: a rule that denies has min_sensitivity")
	case r.MinSensitivity != 0 && r.Effect != Deny:
		c.add(r.place, "min_sensitivity is for rules that deny: a rule that allows has max_sensitivity")
	}
}

func (r *networkRule) check(c *checker) {
	if len(r.CIDRs)+len(r.Countries)+len(r.ASNs) == 0 {
		c.add(r.place, "the rule names no network: give cidrs, countries or asns")
	}
}

func (r *destinationRule) check(c *checker) {
	if len(r.Hosts)+len(r.Buckets)+len(r.Names) == 0 {
		c.add(r.place, "the rule names no destination: give hosts, buckets or names")
	}
	for i := range r.Hosts {
		if h := &r.Hosts[i]; strings.ContainsAny(h.text, "/@ ") || strings.Contains(h.text, ":") && strings.Count(h.text, ":") < 2 {
			c.add(h.place, "%q is no host: want a name such as *.example.com or an address, without scheme, port and path", h.text)
		}
	}
}

func (r *formatRule) check(c *checker) {
	c.needs(len(r.Formats), r.place, "formats", "application/json")
}
func (r *toolRule) check(c *checker)  { c.needs(len(r.Tools), r.place, "tools", "Bash") }
func (r *writeRule) check(c *checker) { c.needs(len(r.Paths), r.place, "paths", "/home/*/src/**") }

func (c *checker) needs(n int, p place, key, example string) {
	if n == 0 {
		c.add(p, "the rule has no %s: list them, such as [%s]", key, example)
	}
}

func (c *checker) calendars(list []calendar) {
	names := map[name]int{}
	for i := range list {
		k := &list[i]
		c.unique(names, k.Name, k.place, "calendar")
		c.who(&k.Who)
		switch {
		case k.Effect == Deny:
			c.add(k.place, "a calendar cannot deny: it says when people work, by allow or seen")
		case k.Zone.location == nil:
			c.add(k.place, "the calendar has no zone: give an IANA name such as Europe/Zurich, or UTC")
		case len(k.Hours) == 0:
			c.add(k.place, "the calendar has no hours: list days with open and close")
		}
		for j := range k.Hours {
			h := &k.Hours[j]
			switch {
			case len(h.Days) == 0:
				c.add(h.place, "the hours have no days: list some of %s", strings.Join(weekdays(), ", "))
			case !h.Open.given || !h.Close.given:
				c.add(h.place, "the hours need open and close, such as 08:00 and 18:00")
			case h.Open == h.Close:
				c.add(h.place, "the hours open and close at %s: the whole day is 00:00 to 24:00", h.Open)
			case h.Open.at == 1440:
				c.add(h.place, "the hours open at 24:00: write 00:00, and the next day")
			}
		}
	}
}

func (c *checker) approval(a *approval) {
	c.who(&a.Who)
	missing := []struct {
		gone bool
		key  string
	}{
		{a.Who.line == 0, "who"},
		{len(a.Actions) == 0, "actions"},
		{a.From.text == "", "from"},
		{a.To.text == "", "to"},
		{a.Reason == "", "reason"},
	}
	for _, m := range missing {
		if m.gone {
			c.add(a.place, "the approval has no %s: an approval is who, actions, from, to and reason", m.key)
		}
	}
	if a.From.text != "" && a.To.text != "" && !a.To.end().After(a.From.at) {
		c.add(a.To.place, "the approval ends before it begins")
	}
}
