package policy

import (
	"cmp"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"
)

// LintOptions are what a policy is compared with.
type LintOptions struct {
	Now  time.Time // the zero value: approvals are not compared with the clock
	Case *Observed // nil: patterns are not compared with a case
	// Detectors are the parameters of each detector that exists; nil: the names
	// in the policy are not compared with any.
	Detectors map[string][]string
}

// Lint reads the text of a policy and returns everything that is wrong in it,
// or where nothing is, what it may not mean.
func Lint(text []byte, o LintOptions) []yamldoc.Problem {
	p, err := Parse(text)
	if wrong := (*yamldoc.Error)(nil); errors.As(err, &wrong) {
		return wrong.Problems
	}
	l := linter{options: o, work: maxWork}
	l.rules(&p.doc)
	l.unused(&p.doc)
	l.models(p.doc.Models)
	l.approvals(p.doc.Approvals)
	l.detectors(p.doc.Detectors)
	if o.Case != nil {
		l.compare(&p.doc)
	}
	return yamldoc.Sort(l.problems)
}

// Misnamed returns what a policy says of detectors, or of parameters of them, that
// do not exist and so changes nothing. Given are the parameters of each detector.
func (p *Policy) Misnamed(detectors map[string][]string) []yamldoc.Problem {
	if p == nil {
		return nil
	}
	l := linter{options: LintOptions{Detectors: detectors}}
	l.detectors(p.doc.Detectors)
	return yamldoc.Sort(l.problems)
}

type linter struct {
	options  LintOptions
	problems []yamldoc.Problem
	work     int // that is left
}

// maxWork bounds the comparisons of patterns with each other and with a case:
// a file can list thousands, and long ones. It is some seconds of work.
const maxWork = 2_000_000

func (l *linter) warn(p place, format string, args ...any) {
	l.problems = append(l.problems, p.warning(format, args...))
}

// lintRule is a rule with whom and what it is about.
type lintRule struct {
	*header
	aspects []aspect // who first
}

// rules compares the rules of each section with each other.
func (l *linter) rules(d *document) {
	for _, s := range d.rules() {
		list := make([]lintRule, len(s.rules))
		for i, r := range s.rules {
			list[i] = lintRule{r.head(), append([]aspect{r.head().Who.aspect()}, r.aspects()...)}
		}
		for i := range list {
			if !l.rule(list, i) {
				l.warn(list[i].place, "the rules of %s from here on have too many patterns to compare with each other", s.section)
				break
			}
		}
	}
}

// rule compares one rule with the others. It returns false where that would
// take too long.
func (l *linter) rule(list []lintRule, i int) bool {
	r := &list[i]
	var cover *lintRule // what makes r superfluous
	opposed := false    // a rule of the other effect is about some of the same
	for j := range list {
		o := &list[j]
		if i == j {
			continue
		}
		overlap := l.overlap(r, o)
		if l.work <= 0 {
			return false
		}
		if !overlap {
			continue
		}
		opposite := r.Effect == Deny != (o.Effect == Deny)
		opposed = opposed || opposite
		covered := l.cover(o, r)
		if opposite && !l.spendAll(r, o) {
			return false
		}
		switch {
		case opposite && o.Effect == Deny && covered && !mayExcept(r, o):
			l.warn(r.place, "this rule never decides: the deny in line %d is about all of it, and no less specific", o.line)
			return true
		case opposite && r.Effect == Allow && mixed(r, o):
			l.warn(r.place, "overlaps with the deny in line %d and is no exception to it, being closer in one respect and vaguer in another: where both apply, it is forbidden", o.line)
		case !opposite && covered && cover == nil && (r.Effect == o.Effect || o.Effect == Allow) && (j < i || r.Effect != o.Effect || !l.cover(r, o)):
			cover = o
		}
	}
	if cover != nil && !opposed {
		l.warn(r.place, "this rule adds nothing: the %s in line %d is about all of it", cover.Effect, cover.line)
	}
	return l.work > 0
}

// mayExcept says whether one rule can be more specific than another about
// something.
func mayExcept(a, b *lintRule) bool {
	for i := range a.aspects {
		if !a.aspects[i].compares(b.aspects[i], func(r relation) bool { return r != closer }) {
			return true
		}
	}
	return false
}

// mixed says whether one rule is closer than another in one respect and vaguer in
// another, so that people may expect either to decide.
func mixed(a, b *lintRule) bool {
	nearer, farther := false, false
	for i := range a.aspects {
		x, y := a.aspects[i], b.aspects[i]
		if !x.compares(y, func(r relation) bool { return r != crossing }) {
			return false
		}
		nearer = nearer || x.compares(y, func(r relation) bool { return r == closer })
		farther = farther || x.compares(y, func(r relation) bool { return r == vaguer })
	}
	return nearer && farther
}

func (l *linter) overlap(a, b *lintRule) bool {
	for i := range a.aspects {
		x, y := a.aspects[i], b.aspects[i]
		if len(x) == 0 || len(y) == 0 {
			continue
		}
		if !slices.ContainsFunc(x, func(s shape) bool {
			return slices.ContainsFunc(y, func(t shape) bool { return l.spend(&s, &t) && s.overlaps(&t) })
		}) {
			return false
		}
	}
	return true
}

// cover says that a is about everything that b is about.
func (l *linter) cover(a, b *lintRule) bool {
	for i := range a.aspects {
		x, y := a.aspects[i], b.aspects[i]
		if len(x) == 0 {
			continue
		}
		if len(y) == 0 {
			return false
		}
		for j := range y {
			if !slices.ContainsFunc(x, func(s shape) bool { return l.spend(&s, &y[j]) && s.covers(&y[j]) }) {
				return false
			}
		}
	}
	return true
}

// spend takes the work of one comparison, and says whether there was any left.
// What a glance shows costs one, else the time is the product of the lengths.
func (l *linter) spend(a, b *shape) bool {
	l.work--
	if a.glob != nil && b.glob != nil && !a.glob.apart(b.glob) {
		l.work -= len(a.glob.tokens) * len(b.glob.tokens) / 64
	}
	return l.work > 0
}

// spendAll is spend for every pair of shapes of two rules.
func (l *linter) spendAll(a, b *lintRule) bool {
	for i := range a.aspects {
		for j := range a.aspects[i] {
			for k := range b.aspects[i] {
				if !l.spend(&a.aspects[i][j], &b.aspects[i][k]) {
					return false
				}
			}
		}
	}
	return true
}

// unused warns of groups that no rule names.
func (l *linter) unused(d *document) {
	used := map[name]bool{}
	for _, w := range d.whos() {
		for _, g := range w.Groups {
			used[g.name] = true
		}
	}
	for i := range d.Groups {
		if g := &d.Groups[i]; !used[g.Name] {
			l.warn(g.place, "no rule, calendar or approval is about the group %s", g.Name)
		}
	}
}

// models warns of patterns that never decide what a model is.
func (l *linter) models(list []model) {
	lines := map[string]int{}
	for i := range list {
		for j := range list[i].Match {
			g := &list[i].Match[j]
			if first, ok := lines[g.text]; ok {
				l.warn(g.place, "%q never decides: line %d has the same pattern, and the first counts", g.text, first)
				continue
			}
			lines[g.text] = g.line
		}
	}
}

func (l *linter) approvals(list []approval) {
	now := l.options.Now
	for i := range list {
		a := &list[i]
		if !now.IsZero() && !now.Before(a.To.end()) {
			l.warn(a.To.place, "the approval has expired: it ended %s", a.To.text)
		}
	}
}

func (l *linter) detectors(list map[name]detector) {
	if l.options.Detectors == nil {
		return
	}
	for _, n := range slices.Sorted(maps.Keys(list)) {
		parameters, ok := l.options.Detectors[string(n)]
		if !ok {
			l.warn(list[n].place, "there is no detector %s", n)
			continue
		}
		for _, t := range slices.Sorted(maps.Keys(list[n].Thresholds)) {
			if !slices.Contains(parameters, string(t)) {
				has := cmp.Or(strings.Join(parameters, ", "), "none")
				l.warn(list[n].place, "the detector %s has no parameter %s: it has %s", n, t, has)
			}
		}
	}
}

// compare warns of patterns that fit nothing in the case. Kinds of which the
// case has no value, or more than were listed, are left out: nothing is known.
func (l *linter) compare(d *document) {
	var shapes aspect
	for i := range d.Models {
		shapes = append(shapes, globShapes("models", d.Models[i].Match)...)
	}
	for i := range d.Groups {
		shapes = append(shapes, d.Groups[i].Members.shapes()...)
	}
	for _, w := range d.whos() {
		shapes = append(shapes, w.shapes()...)
	}
	for _, s := range d.rules() {
		for _, r := range s.rules {
			for _, a := range r.aspects() {
				shapes = append(shapes, a...)
			}
		}
	}
	for i := range d.Approvals {
		shapes = append(shapes, globShapes("operations", d.Approvals[i].Actions)...)
		shapes = append(shapes, globShapes("models", d.Approvals[i].Models)...)
	}
	values := caseValues(l.options.Case)
	for i := range shapes {
		s := &shapes[i]
		list, ok := values[s.kind]
		if s.text() == "" || !ok {
			continue
		}
		if l.work -= len(list); l.work <= 0 {
			l.warn(s.place, "the patterns from here on are too many to compare with the case")
			return
		}
		if !slices.ContainsFunc(list, s.fits) {
			l.warn(s.place, "%q fits none of the %s in the case", s.text(), kindWord(s.kind))
		}
	}
}

// fits says whether a value of a case is one that the shape is about.
func (a *shape) fits(value string) bool {
	if !a.network.IsValid() {
		return a.glob.match(value)
	}
	addr, err := netip.ParseAddr(value)
	return err == nil && a.network.Contains(addr.Unmap().WithZone(""))
}

// kindWord is the word for the values that shapes of a kind are compared with.
func kindWord(kind string) string {
	if kind == "cidrs" {
		return "addresses"
	}
	return kind
}

// caseValues returns the values of a case by the kinds of shapes.
func caseValues(o *Observed) map[string][]string {
	out := map[string][]string{}
	for kind, list := range o.Values {
		if o.Cut[kind] || len(list) == 0 {
			continue
		}
		switch kind {
		case "models":
			for _, m := range list {
				out[kind] = append(out[kind], Names(m)...)
			}
		case "addresses":
			out["cidrs"] = list
		case "formats":
			for _, f := range list {
				f, _, _ = strings.Cut(strings.ToLower(f), ";")
				out[kind] = append(out[kind], strings.TrimSpace(f))
			}
		case "destinations":
			out["names"] = list
			for _, s := range list {
				d := ParseDestination(s)
				if d.Host != "" {
					out["hosts"] = append(out["hosts"], d.Host)
				}
				if d.Bucket != "" {
					out["buckets"] = append(out["buckets"], d.Bucket)
				}
			}
		default:
			out[kind] = list
		}
	}
	return out
}
