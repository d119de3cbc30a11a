package suite

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Lint reads the text of a suite and returns everything that is wrong in it, or
// where nothing is, what it may not test.
func Lint(text []byte) []yamldoc.Problem {
	s, err := Parse(text)
	if wrong := (*yamldoc.Error)(nil); errors.As(err, &wrong) {
		return wrong.Problems
	}
	var l linter
	for i := range s.Cases {
		l.about(&s.Cases[i], max(1, s.Target.Samples))
	}
	return yamldoc.Sort(l.problems)
}

type linter struct {
	problems []yamldoc.Problem
	at       *Case
}

func (l *linter) warn(format string, args ...any) {
	p := yamldoc.ProblemAt(l.at.line, l.at.column, "case %s: %s", l.at.ID, fmt.Sprintf(format, args...))
	p.Warning = true
	l.problems = append(l.problems, p)
}

func (l *linter) about(c *Case, samples int) {
	l.at = c
	switch c.Then {
	case Met:
		l.warn("the logged reply meets what is expected: the case does not catch the incident that it was made of")
	case Unknown:
		l.warn("whether the logged reply meets what is expected is not known: see that it fails where the incident is back")
	}
	if c.Masked == nil {
		l.warn("nothing was masked: it may hold personal data and secrets")
	}
	if c.Fidelity == replay.GradeIncomplete {
		l.warn("the log did not keep all that was asked: %s", lossWords(c.Request.Losses))
	}
	if least := c.Least(); least < 1 && math.Ceil(least*float64(samples)) >= float64(samples) {
		l.warn("min_rate %v of %d samples is all of them: it needs more samples, or 1", least, samples)
	}
	for i := range c.Expect {
		l.assertion(&c.Expect[i])
	}
}

func lossWords(list []replay.Loss) string {
	var out []string
	for _, loss := range list {
		if loss.Grade == replay.GradeIncomplete {
			out = append(out, loss.Part+": "+loss.Why)
		}
	}
	if len(out) == 0 {
		return "the file says no more"
	}
	return strings.Join(out, "; ")
}

// assertion warns of what can never be judged.
func (l *linter) assertion(a *verdict.Assertion) {
	for open := []*verdict.Assertion{a}; len(open) > 0; {
		last := open[len(open)-1]
		open = open[:len(open)-1]
		for i := range last.Parts {
			open = append(open, &last.Parts[i])
		}
		if last.Judge != nil {
			l.warn("it asks a judge model: it is judged only where exhibit suite run has --judge-server")
		}
		if last.Expression == nil {
			continue
		}
		for _, name := range last.Expression.Names() {
			if why := neverKnown(l.at, name); why != "" {
				l.warn("%s is never known: %s", name, why)
			}
		}
	}
}

// neverKnown says why a verdict is unknown whatever the reply.
func neverKnown(c *Case, name string) string {
	system := slices.ContainsFunc(c.Request.Messages, func(m replay.Message) bool { return m.Role == "system" || m.Role == "developer" })
	switch name {
	case "similarity", "tools_differ", "tool_arguments_differ":
		return "a suite holds no logged replies to compare with"
	case "canary_leaked":
		if len(c.Canaries) == 0 {
			return "the case has no canaries"
		}
	case "system_prompt_leaked", "system_prompt_share":
		if !system {
			return "the request has no system prompt"
		}
	}
	return ""
}
