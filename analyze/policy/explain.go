package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Statement is what one entry of a policy says, in words.
type Statement struct {
	Section Section
	Line    int
	Name    string // "" where the entry has none
	Effect  string // allow, deny, seen; or what else the entry is
	Who     string
	What    string
}

// listedWords bounds the values of a list that a statement names.
const listedWords = 6

// Statements returns what the policy says, in the order of its sections. Where
// about is not empty, only what holds for a subject of that name (a principal,
// role, person, credential, application or group) or for a model of that name.
// Approvals are compared with now.
func (p *Policy) Statements(about string, now time.Time) []Statement {
	if p == nil {
		return nil
	}
	e := explainer{about: about, now: now, subject: SubjectNamed(about), names: Names(about)}
	d := &p.doc
	if m, ok := p.ModelOf(about); ok {
		e.call = callQuestion{call: Call{Model: about}, names: e.names, sensitivity: m.Sensitivity}
	} else {
		e.call = callQuestion{call: Call{Model: about}, names: e.names}
	}
	e.models(d.Models)
	e.groups(d.Groups)
	for _, s := range d.rules() {
		for _, r := range s.rules {
			e.rule(s.section, r)
		}
	}
	e.calendars(d.Calendars)
	e.approvals(d.Approvals)
	if about == "" {
		e.detectors(d)
	}
	order := Sections()
	slices.SortStableFunc(e.list, func(a, b Statement) int {
		return slices.Index(order, a.Section) - slices.Index(order, b.Section)
	})
	return e.list
}

// SubjectNamed returns a subject of which only one name is known: it stands for
// a principal, role, person, credential and application of that name. Of the
// ARN of a role or of a session of one, the role is known as well.
func SubjectNamed(name string) Subject {
	s := Subject{Principal: name, Role: name, Person: name, Credential: name, App: name}
	if !strings.HasPrefix(name, "arn:") {
		return s
	}
	if _, role, ok := strings.Cut(name, ":assumed-role/"); ok {
		s.Role, _, _ = strings.Cut(role, "/")
	} else if _, role, ok := strings.Cut(name, ":role/"); ok {
		s.Role = role[strings.LastIndexByte(role, '/')+1:]
	}
	return s
}

// explainer collects statements.
type explainer struct {
	about   string
	now     time.Time
	subject Subject
	names   []string
	call    callQuestion
	list    []Statement
}

func (e *explainer) add(s Section, p place, n name, effect, who, what string) {
	e.list = append(e.list, Statement{Section: s, Line: p.line, Name: string(n), Effect: effect, Who: who, What: what})
}

// isAbout says whether a who is about the subject, by a name or as a group.
func (e *explainer) isAbout(w *who) bool {
	if e.about == "" {
		return true
	}
	if slices.ContainsFunc(w.Groups, func(g groupName) bool { return string(g.name) == e.about }) {
		return true
	}
	_, ok := w.match(e.subject)
	return ok
}

func (e *explainer) models(list []model) {
	for i := range list {
		m := &list[i]
		if _, fits := nearest("models", m.Match, e.names...); e.about != "" && !fits {
			continue
		}
		var says []string
		if m.Sensitivity != 0 {
			says = append(says, m.Sensitivity.String())
		}
		if m.Owner != "" {
			says = append(says, "owner "+string(m.Owner))
		}
		says = append(says, "approved: "+m.Approved.String())
		e.add(SectionModels, m.place, m.Name, "", "", globWords("", m.Match)+": "+strings.Join(says, ", "))
	}
}

func (e *explainer) groups(list []group) {
	for i := range list {
		g := &list[i]
		_, member := g.Members.match(e.subject)
		if e.about == "" || member || string(g.Name) == e.about {
			e.add(SectionGroups, g.place, g.Name, "", selectorWords(&g.Members), "")
		}
	}
}

func (e *explainer) rule(s Section, r rule) {
	h := r.head()
	about := e.isAbout(&h.Who)
	if c, ok := r.(*callRule); ok && !about {
		var f fit
		e.call.model(c, &f)
		about = !f.no && f.unknown == "" && (len(c.Models) > 0 || c.MaxSensitivity+c.MinSensitivity > 0)
	}
	if about {
		e.add(s, h.place, h.Name, h.Effect.String(), whoWords(&h.Who), aspectWords(r))
	}
}

func (e *explainer) calendars(list []calendar) {
	for i := range list {
		k := &list[i]
		if !e.isAbout(&k.Who) {
			continue
		}
		var parts []string
		for _, h := range k.Hours {
			days := make([]string, len(h.Days))
			for j, d := range h.Days {
				days[j] = weekdays()[d]
			}
			parts = append(parts, fmt.Sprintf("%s %s to %s", strings.Join(days, " "), h.Open, h.Close))
		}
		what := strings.Join(parts, "; ") + " in " + k.Zone.name
		if n := len(k.Holidays); n > 0 {
			what += fmt.Sprintf(", but on %d holidays", n)
		}
		e.add(SectionCalendars, k.place, k.Name, k.Effect.String(), whoWords(&k.Who), what)
	}
}

func (e *explainer) approvals(list []approval) {
	for i := range list {
		a := &list[i]
		if !e.isAbout(&a.Who) {
			continue
		}
		state := "valid"
		switch {
		case e.now.Before(a.From.at):
			state = "to come"
		case !e.now.Before(a.To.end()):
			state = "expired"
		}
		what := globWords("", a.Actions)
		if len(a.Models) > 0 {
			what += " of " + globWords("models", a.Models)
		}
		what += fmt.Sprintf(" from %s to %s: %s", a.From.text, a.To.text, string(a.Reason))
		for _, extra := range []struct {
			word string
			text text
		}{{"ticket", a.Ticket}, {"by", a.By}} {
			if extra.text != "" {
				what += ", " + extra.word + " " + string(extra.text)
			}
		}
		e.add(SectionApprovals, a.place, "", state, whoWords(&a.Who), what)
	}
}

// detectors adds what is about nobody: numbers, severities and responses.
func (e *explainer) detectors(d *document) {
	for _, n := range slices.Sorted(maps.Keys(d.Detectors)) {
		x := d.Detectors[n]
		var parts []string
		if x.Severity != 0 {
			parts = append(parts, "severity "+severityWord(x.Severity))
		}
		for _, t := range slices.Sorted(maps.Keys(x.Thresholds)) {
			parts = append(parts, fmt.Sprintf("%s %v", t, x.Thresholds[t]))
		}
		e.add(SectionDetectors, x.place, n, "", "", strings.Join(parts, ", "))
	}
	for s := analyze.SeverityCritical; s >= analyze.SeverityInfo; s-- {
		r, ok := d.Responses[severity(s)]
		if !ok {
			continue
		}
		call := make([]string, len(r.Call))
		for i, c := range r.Call {
			call[i] = string(c)
		}
		what := string(r.Do)
		if len(call) > 0 {
			what = strings.TrimSpace(what + " Call " + strings.Join(call, ", then ") + ".")
		}
		e.add(SectionResponses, r.place, name(s.String()), "", "", what)
	}
}

// aspectWords says what a rule is about.
func aspectWords(r rule) string {
	var parts []string
	for _, a := range r.aspects() {
		byKind := map[string][]string{}
		var kinds []string
		for i := range a {
			s := &a[i]
			if len(byKind[s.kind]) == 0 {
				kinds = append(kinds, s.kind)
			}
			if text := s.text(); text != "" {
				byKind[s.kind] = append(byKind[s.kind], text)
			}
		}
		for _, kind := range kinds {
			text := kind
			if len(byKind[kind]) > 0 {
				text += " " + listWords(byKind[kind])
			}
			if kind == "models" {
				text += levelWords(&a[0])
			}
			parts = append(parts, text)
		}
	}
	if len(parts) == 0 {
		return "any call"
	}
	return strings.Join(parts, "; ")
}

// levelWords says the sensitivities that a shape is about.
func levelWords(s *shape) string {
	switch {
	case !s.leveled():
		return ""
	case s.high == Restricted && s.low > Public:
		return " of sensitivity " + s.low.String() + " or higher"
	}
	return " of sensitivity " + s.high.String() + " or lower"
}

func whoWords(w *who) string {
	if w.everybody() {
		return "everybody"
	}
	var parts []string
	if len(w.Groups) > 0 {
		names := make([]string, len(w.Groups))
		for i, g := range w.Groups {
			names[i] = string(g.name)
		}
		parts = append(parts, "groups "+listWords(names))
	}
	if words := selectorWords(&w.selector); words != "" {
		parts = append(parts, words)
	}
	return strings.Join(parts, "; ")
}

func selectorWords(s *selector) string {
	var parts []string
	for i, list := range s.lists() {
		if len(list) > 0 {
			parts = append(parts, globWords(selectorKinds()[i], list))
		}
	}
	return strings.Join(parts, "; ")
}

func globWords(kind string, list []Glob) string {
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = list[i].text
	}
	return strings.TrimSpace(kind + " " + listWords(texts))
}

// listWords names the first values of a list.
func listWords(list []string) string {
	if more := len(list) - listedWords; more > 1 {
		return strings.Join(list[:listedWords], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(list, ", ")
}
