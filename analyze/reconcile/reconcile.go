// Package reconcile asks the sources of a case what they say about each other:
// no single log is to be believed alone.
//
// A source is a format on one plane: what one kind of log shows. Sources are
// compared by the calls that they have in common, so that each [check] is about
// records that should be there and are not, about what two records say
// differently, or about a log that is not like itself. A check is one file that
// implements check, one line in checks, and its cases.
//
// What a check expects it learns from the case: a log that never shows denied
// calls is not missing one, and two logs that always count tokens differently
// do not contradict each other. Thresholds are stated where they are set.
package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Options say what to reconcile. Zero values choose everything.
type Options struct {
	Only, Except []string // names of checks; see [Checks]
	// Progress is told which check runs; nil for nobody.
	Progress *analyze.Progress
}

// Report is what the sources say about each other.
type Report struct {
	Findings []analyze.Finding // in the order of [analyze.SortFindings]
	Checks   []CheckReport     // in the order of [Checks], those that were chosen
}

// CheckReport says what one check did.
type CheckReport struct {
	Name string
	// Compared is how many things were looked at: calls, windows, records.
	// Noun names them, in the plural.
	Compared int64
	Noun     string
	Findings int
	// NotApplicable says what the case lacks for the check; "" when it ran.
	NotApplicable string
	// Notes say what the check could not know, and what sources have as a habit.
	Notes []string
}

// check asks one question.
type check interface {
	// name is the word for the check: lower case letters and dashes. Its
	// findings are of the detector reconcile.NAME.
	name() string
	// run returns findings in any order, and reports in r what it looked at.
	run(ctx context.Context, s *survey, r *CheckReport) ([]analyze.Finding, error)
}

// Checks returns the names of the checks, in the order in which they run.
func Checks() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name())
	}
	return names
}

// Run reconciles the sources of a case.
func Run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	for _, name := range slices.Concat(o.Only, o.Except) {
		if !slices.Contains(Checks(), name) {
			return nil, fmt.Errorf("reconciling: no check %q; there are %s", name, strings.Join(Checks(), ", "))
		}
	}
	s, err := newSurvey(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("reconciling: %w", err)
	}
	out := &Report{}
	for _, k := range checks() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, k.name()) || slices.Contains(o.Except, k.name()) {
			continue
		}
		o.Progress.Begin("reconcile." + k.name())
		r := CheckReport{Name: k.name()}
		found, err := k.run(ctx, s, &r)
		if err != nil {
			return nil, fmt.Errorf("reconciling: %s: %w", k.name(), err)
		}
		r.Findings = len(found)
		out.Checks = append(out.Checks, r)
		out.Findings = append(out.Findings, found...)
	}
	analyze.SortFindings(out.Findings)
	return out, nil
}
