package policy

import (
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Subject is who does something, as events and calls name it. What is not known
// is empty, and then no pattern fits it.
type Subject struct {
	Principal  string // ARN, user or service, as the log names it
	Role       string
	Person     string // as enrich resolved it
	Credential string // the id of a key or session, never the secret
	App        string
}

// Outcome is what a policy says about something.
type Outcome uint8

// The outcomes.
const (
	NotCovered Outcome = iota // nothing: no rule is about it, or what the rules ask for is not known
	WasSeen                   // only that it was seen before the policy was written
	Allowed                   // a rule allows it
	Unlisted                  // the subject has a list of what it may do, and this is not on it
	Forbidden                 // a rule denies it
)

// String returns the words for o.
func (o Outcome) String() string {
	return [...]string{"not covered", "only seen", "allowed", "not on the list", "forbidden"}[o]
}

// Verdict is an outcome with its reason.
type Verdict struct {
	Outcome Outcome
	Section Section
	Rule    string // the name of the rule that decides, "" where it has none
	Line    int    // of that rule; 0 where none does
	Unknown string // of a [NotCovered]: what would have to be known
}

// String says the verdict with its reason, in a line.
func (v Verdict) String() string {
	rule := ""
	if v.Line > 0 {
		rule = fmt.Sprintf("%s, line %d", v.Section, v.Line)
		if v.Rule != "" {
			rule = v.Rule + " (" + rule + ")"
		}
	}
	switch {
	case v.Unknown != "":
		return v.Outcome.String() + ": " + v.Unknown + " is not known, and " + rule + " asks for it"
	case v.Line == 0:
		return v.Outcome.String() + ": no rule of " + string(v.Section) + " is about it"
	case v.Outcome == WasSeen:
		return v.Outcome.String() + ", as " + rule + " notes"
	case v.Outcome == Unlisted:
		return v.Outcome.String() + " of " + rule
	}
	return v.Outcome.String() + " by " + rule
}

// rule is one entry of a section that decides.
type rule interface {
	head() *header
	check(*checker)
	// aspects are what the rule is about, each in its respect, for lint.
	aspects() []aspect
}

// fit says whether a rule is about something, and how closely.
type fit struct {
	no      bool
	unknown string // what would have to be known, "" where everything is
	near    nears
}

// applied is a rule that is about a question.
type applied struct {
	*header
	near nears
}

// decide asks the rules of a section about a subject.
func decide[T any](section Section, rules []T, head func(*T) *header, s Subject, ask func(*T) fit) Verdict {
	var allows, denies, seen []applied
	var unknown, nearest *header
	var missing string
	nearestWho := -1
	for i := range rules {
		h := head(&rules[i])
		who, ok := h.Who.match(s)
		if !ok {
			continue
		}
		f := ask(&rules[i])
		f.near[0] = who
		switch {
		case f.no && h.Effect == Allow && who.order() > nearestWho:
			nearest, nearestWho = h, who.order()
		case f.no:
		case f.unknown != "":
			if unknown == nil {
				unknown, missing = h, f.unknown
			}
		case h.Effect == Allow:
			allows = append(allows, applied{h, f.near})
		case h.Effect == Deny:
			denies = append(denies, applied{h, f.near})
		default:
			seen = append(seen, applied{h, f.near})
		}
	}
	denies = slices.DeleteFunc(denies, func(d applied) bool {
		return slices.ContainsFunc(allows, func(a applied) bool { return a.near.over(&d.near) })
	})
	switch {
	case len(denies) > 0:
		return verdict(Forbidden, section, closest(denies))
	case len(allows) > 0:
		return verdict(Allowed, section, closest(allows))
	case len(seen) > 0:
		return verdict(WasSeen, section, closest(seen))
	case unknown != nil:
		v := verdict(NotCovered, section, unknown)
		v.Unknown = missing
		return v
	case nearest != nil:
		return verdict(Unlisted, section, nearest)
	}
	return Verdict{Section: section}
}

// closest returns the closest rule: about whom, then about what; of equals the
// first in the file.
func closest(list []applied) *header {
	best := slices.MinFunc(list, func(a, b applied) int { return a.near.compareOrder(&b.near) })
	return best.header
}

func verdict(o Outcome, s Section, h *header) Verdict {
	return Verdict{Outcome: o, Section: s, Rule: string(h.Name), Line: h.line}
}

// match says whether a who chooses a subject, and how close it is.
func (w *who) match(s Subject) (near, bool) {
	if w.everybody() {
		return near{}, true
	}
	best, found := w.selector.match(s)
	for i, m := range w.members {
		if _, ok := m.match(s); ok && !found {
			best, found = w.Groups[i].near(), true
		}
	}
	return best, found
}

// near is how close a group is to its members: groups are compared by name.
func (g *groupName) near() near { return near{rank: rankSome, kind: string("group " + g.name)} }

// match returns the closest of the patterns that fit a subject. A person is as
// close as one credential: what names one of many is a role or an application.
func (m *selector) match(s Subject) (near, bool) {
	var best near
	found := false
	for i, value := range [...]string{s.Principal, s.Role, s.Person, s.Credential, s.App} {
		kind := selectorKinds()[i]
		n, ok := nearest(kind, m.lists()[i], value)
		if n = sharedNear(n); ok && (!found || n.order() > best.order()) {
			best, found = n, true
		}
	}
	return best, found
}

// sharedNear makes the name of a role or application, which many can use, one
// of the things that do not lie within what they meet.
func sharedNear(n near) near {
	if n.rank == rankName && (n.kind == "roles" || n.kind == "apps") {
		n.rank = rankSome
	}
	return n
}

// GroupsOf returns the names of the groups that a subject is in, in the order of
// the file.
func (p *Policy) GroupsOf(s Subject) []string {
	if p == nil {
		return nil
	}
	var names []string
	for i := range p.doc.Groups {
		if _, ok := p.doc.Groups[i].Members.match(s); ok {
			names = append(names, string(p.doc.Groups[i].Name))
		}
	}
	return names
}

// severityWord is the word for a severity of the document.
func severityWord(s severity) string { return analyze.Severity(s).String() }
