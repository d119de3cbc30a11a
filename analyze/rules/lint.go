package rules

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// LintProblem is something about a rule that is wrong, or could be better.
type LintProblem struct {
	File  string
	Line  int
	Rule  string // its key; "" where the document is no rule
	Error bool   // the rule cannot be used as it is; else it is advice
	Text  string
}

var (
	// uuid is the form of ids that the specification recommends (RFC 9562).
	uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	// tag is the form of tags in the specification's appendix: a namespace and a
	// name.
	tag = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)+$`)
)

// Lint says what is wrong with the rules of a set, in the order of files and
// lines.
func (s *Set) Lint() []LintProblem {
	l := &linter{set: s, ids: map[string]*Rule{}}
	for _, err := range s.Problems {
		l.failed("", err)
	}
	for _, r := range s.Rules {
		l.head(r)
		switch r.Kind {
		case KindRule:
			l.body(r)
		case KindFilter:
			l.source(r)
		}
	}
	for _, f := range s.files {
		l.cases(f)
	}
	slices.SortStableFunc(l.list, func(a, b LintProblem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Text, b.Text))
	})
	return l.list
}

type linter struct {
	set  *Set
	ids  map[string]*Rule
	list []LintProblem
}

func (l *linter) say(r *Rule, wrong bool, format string, args ...any) {
	l.list = append(l.list, LintProblem{File: r.File, Line: r.Line, Rule: r.Key(), Error: wrong, Text: fmt.Sprintf(format, args...)})
}

// failed takes over an error with its place.
func (l *linter) failed(rule string, err error) {
	p := LintProblem{Rule: rule, Error: true, Text: err.Error()}
	var e *Error
	if errors.As(err, &e) {
		p.File, p.Line, p.Text = e.File, e.Line, e.Msg
	}
	l.list = append(l.list, p)
}

// head looks at what describes a rule. What is only a part of a correlation needs
// less.
func (l *linter) head(r *Rule) {
	switch first := l.ids[r.ID]; {
	case r.ID == "" && !r.silent:
		l.say(r, false, "the rule has no id; findings are then known by its name or file, and change with them")
	case r.ID != "" && first != nil:
		l.say(r, true, "the id %s is also that of a rule in %s", r.ID, first.File)
	case r.ID != "" && !uuid.MatchString(r.ID):
		l.say(r, false, "the id %q is no UUID", r.ID)
	}
	if r.ID != "" && l.ids[r.ID] == nil {
		l.ids[r.ID] = r
	}
	for _, t := range r.Tags {
		if !tag.MatchString(t) {
			l.say(r, false, "the tag %q is no namespace and name such as attack.t1078", t)
		}
	}
	if r.Kind == KindFilter || r.silent {
		return
	}
	for _, f := range []struct{ name, value string }{{"level", r.Level}, {"status", r.Status}, {"description", r.Description}} {
		if f.value == "" {
			l.say(r, false, "the rule has no %s", f.name)
		}
	}
	if r.Status == "deprecated" || r.Status == "unsupported" {
		l.say(r, false, "the rule is %s", r.Status)
	}
}

// source finds the log source.
func (l *linter) source(r *Rule) *Source {
	src, err := sourceOf(r.LogSource)
	if err != nil {
		l.say(r, false, "%v; the rule never applies", err)
	}
	return src
}

// body looks at what a rule asks of which log.
func (l *linter) body(r *Rule) {
	if r.timeframe {
		l.say(r, false, "timeframe has no meaning without the aggregations of Sigma 1; write a correlation with a timespan")
	}
	for _, name := range r.unused {
		l.say(r, false, "the condition does not use the selection %q", name)
	}
	src := l.source(r)
	if src == nil {
		return
	}
	if _, err := r.SQL(); err != nil {
		l.failed(r.Key(), err)
		return
	}
	if src.members == nil {
		return
	}
	var seen []string
	r.when.walk(func(it *item) {
		top, _, _ := strings.Cut(it.field, ".")
		if top != "" && !slices.Contains(src.members, top) && !slices.Contains(seen, top) {
			seen = append(seen, top)
			l.list = append(l.list, LintProblem{File: r.File, Line: it.line, Rule: r.Key(), Text: fmt.Sprintf("no record of %s is documented to have a member %q", r.LogSource, top)})
		}
	})
}

// cases looks for the cases of the rules of a file that report findings.
func (l *linter) cases(f file) {
	var list []*testCase
	if f.cases != nil {
		var err error
		if list, err = parseCases(f.cases); err != nil {
			l.failed("", inFile(casesFile(f.name), err))
			return
		}
	}
	for _, r := range l.set.Rules {
		if r.File != f.name || r.Kind == KindFilter || r.silent {
			continue
		}
		for _, want := range []struct {
			positive bool
			word     string
		}{{true, "positive"}, {false, "negative"}} {
			has := slices.ContainsFunc(list, func(c *testCase) bool {
				return c.positive == want.positive && (c.rule == "" || c.rule == r.ID || c.rule == r.Name)
			})
			if !has {
				l.say(r, false, "the rule has no %s case in %s", want.word, casesFile(f.name))
			}
		}
	}
}
