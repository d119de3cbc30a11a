// Package assessment puts together what is found in a case: what detectors
// find, what the sources say about each other, and the stories that these tell
// together. What comes out is what people triage and machines read, in the order
// in which to look at it.
package assessment

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
	"github.com/exhibit-forensics/exhibit/analyze/reconcile"
	"github.com/exhibit-forensics/exhibit/analyze/rules"
	"github.com/exhibit-forensics/exhibit/analyze/story"
	"github.com/exhibit-forensics/exhibit/analyze/suppression"
)

// Options say what to look for. Zero values choose everything.
type Options struct {
	// Only and Except are ids of detectors, or of their families; see [Names].
	Only, Except []string
	Q            float64 // see [detectors.Options]
	// Severity is what findings of a detector have instead of their own.
	Severity map[string]analyze.Severity
	// Policy says who may do what, and how severe findings of a detector are where
	// Severity does not; nil for none.
	Policy *policy.Policy
	// Rules are run beside the built-in ones, nil for none.
	Rules *rules.Set
	// Baseline is what was normal before; nil for none.
	Baseline *baseline.Baseline
	// Suppress is the list of what needs no action, nil for none, and Today the
	// day by which its entries expire.
	Suppress *suppression.List
	Today    time.Time
	Threads  int // to read texts with, 0 for one
	// Progress is told how far the run is; nil for nobody.
	Progress *analyze.Progress
}

// Report is what was found.
type Report struct {
	Findings  []analyze.Finding // stories too, in the order of [analyze.RankFindings]
	Detectors []detectors.DetectorReport
	// Suppressed says what came of the list of what needs no action.
	Suppressed suppression.Outcome
	// Misnamed is what the policy says of detectors and thresholds that do not
	// exist.
	Misnamed []yamldoc.Problem
	// Kept says that this is the last run that the case recorded; see [Last].
	Kept bool
}

// builtinRules are the rules that come with the program, which take a while to parse.
var builtinRules = sync.OnceValues(func() (*rules.Set, error) { return rules.Builtin(nil) }) //nolint:gochecknoglobals // made once from constants

// All returns what every detector, check, built-in rule and the stories say of
// themselves.
func All() ([]*analyze.About, error) {
	list, err := detectors.All()
	if err != nil {
		return nil, err
	}
	list = append(list, reconcile.Abouts()...)
	set, err := builtinRules()
	if err != nil {
		return nil, err
	}
	for _, x := range set.Reporting() {
		list = append(list, x.About())
	}
	return append(list, story.About()), nil
}

// Thresholds returns the names of the thresholds of everything that can be looked
// for, by id.
func Thresholds() (map[string][]string, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	return thresholdsOf(all), nil
}

func thresholdsOf(all []*analyze.About) map[string][]string {
	out := make(map[string][]string, len(all))
	for _, a := range all {
		out[a.ID] = []string{}
		for _, t := range a.Thresholds {
			out[a.ID] = append(out[a.ID], t.Name)
		}
	}
	return out
}

// Names returns the words that choose detectors: each family, then each
// detector.
func Names() ([]string, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	var families, ids []string
	for _, a := range all {
		if family := analyze.Family(a.ID); family != a.ID && !slices.Contains(families, family) {
			families = append(families, family)
		}
		ids = append(ids, a.ID)
	}
	return append(families, ids...), nil
}

// Run looks for everything that is chosen in a case.
func Run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	if err := o.Check(); err != nil {
		return nil, fmt.Errorf("analyzing: %w", err)
	}
	all, err := All()
	if err != nil {
		return nil, err
	}
	steps, beside := o.steps(all)
	o.Progress.Plan(steps + beside)
	r := &Report{Misnamed: o.Policy.Misnamed(thresholdsOf(all))}
	if err := r.look(ctx, c, &o, beside); err != nil {
		return nil, err
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if level, ok := o.severity(f.Detector); ok {
			f.Severity = level
		}
		if f.Score == 0 {
			f.Score = analyze.ScoreOf(f.Odds())
		}
	}
	if o.Suppress != nil {
		r.Suppressed = o.Suppress.Apply(r.Findings, o.Today)
	}
	if about := story.About(); o.chosen(about.ID) {
		if err := r.tell(ctx, c, about, &o); err != nil {
			return nil, err
		}
	}
	analyze.RankFindings(r.Findings)
	return r, nil
}

// Check refuses names that nothing has.
func (o *Options) Check() error {
	names, err := Names()
	if err != nil {
		return err
	}
	if o.Rules != nil {
		for _, x := range o.Rules.Reporting() {
			names = append(names, x.Detector())
		}
	}
	given := slices.Concat(o.Only, o.Except)
	for name := range o.Severity {
		given = append(given, name)
	}
	slices.Sort(given)
	for _, name := range given {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no detector and no family %q; exhibit analyze --list names them", name)
		}
	}
	return nil
}

// severity returns the severity that findings of a detector have instead of their
// own, and whether they do.
func (o *Options) severity(detector string) (analyze.Severity, bool) {
	if level, ok := o.Severity[detector]; ok {
		return level, true
	}
	return o.Policy.Severity(detector)
}

// chosen reports whether the options choose a detector.
func (o *Options) chosen(id string) bool {
	names := func(list []string) bool {
		return slices.Contains(list, id) || slices.Contains(list, analyze.Family(id))
	}
	return (len(o.Only) == 0 || names(o.Only)) && !names(o.Except)
}

// steps is how many steps a run has: a detector each, and, which can go on beside
// them, a check or a set of rules each. Where one statistical detector is chosen, all
// of them run.
func (o *Options) steps(all []*analyze.About) (found, beside int) {
	judged := slices.ContainsFunc(all, func(a *analyze.About) bool { return a.Statistical && o.chosen(a.ID) })
	checks, builtin := reconcile.Abouts(), 0
	for _, a := range all {
		runs := o.chosen(a.ID) || judged && a.Statistical
		switch {
		case !runs || a.ID == story.About().ID:
		case analyze.Family(a.ID) == analyze.FamilyRule:
			builtin = 1
		case slices.ContainsFunc(checks, func(k *analyze.About) bool { return k.ID == a.ID }):
			beside++
		default:
			found++
		}
	}
	if o.Rules != nil && slices.ContainsFunc(o.Rules.Reporting(), func(x *rules.Rule) bool { return o.chosen(x.Detector()) }) {
		beside++
	}
	return found, beside + builtin
}

// look runs what is chosen: detectors, and beside them, where there is more than one
// thread, checks and rules in so many steps, for much of what each does keeps one
// thread busy.
func (r *Report) look(ctx context.Context, c *casefile.Case, o *Options, steps int) error {
	beside := c.Beside()
	if beside == nil || o.Threads <= 1 { // 0 is one
		if err := r.detect(ctx, c, o); err != nil {
			return err
		}
		return r.check(ctx, c, o)
	}
	var checked Report
	silent := *o // progress shows what the detectors do
	silent.Progress = nil
	run, ctx := errgroup.WithContext(ctx)
	run.Go(func() error { return r.detect(ctx, c, o) })
	run.Go(func() error {
		err := checked.check(ctx, beside, &silent)
		o.Progress.Done(steps)
		return err
	})
	if err := run.Wait(); err != nil {
		return err
	}
	r.Findings, r.Detectors = append(r.Findings, checked.Findings...), append(r.Detectors, checked.Detectors...)
	return nil
}

// check runs the checks and the rules that are chosen.
func (r *Report) check(ctx context.Context, c *casefile.Case, o *Options) error {
	if err := r.reconcile(ctx, c, o); err != nil {
		return err
	}
	return r.match(ctx, c, o)
}

// detect runs the detectors that are chosen.
func (r *Report) detect(ctx context.Context, c *casefile.Case, o *Options) error {
	list, err := detectors.All()
	if err != nil {
		return err
	}
	var only []string
	for _, a := range list {
		if o.chosen(a.ID) {
			only = append(only, a.ID)
		}
	}
	if only == nil {
		return nil
	}
	found, err := detectors.Run(ctx, c, detectors.Options{Only: only, Q: o.Q, Policy: o.Policy, Baseline: o.Baseline, Threads: o.Threads, Progress: o.Progress})
	if err != nil {
		return err
	}
	r.Findings, r.Detectors = found.Findings, found.Detectors
	return nil
}

// reconcile runs the checks that are chosen.
func (r *Report) reconcile(ctx context.Context, c *casefile.Case, o *Options) error {
	var only []string
	abouts := reconcile.Abouts()
	for i, name := range reconcile.Checks() {
		if o.chosen(abouts[i].ID) {
			only = append(only, name)
		}
	}
	if only == nil {
		return nil
	}
	found, err := reconcile.Run(ctx, c, reconcile.Options{Only: only, Progress: o.Progress})
	if err != nil {
		return err
	}
	r.Findings = append(r.Findings, found.Findings...)
	for _, k := range found.Checks {
		at := slices.Index(reconcile.Checks(), k.Name)
		r.Detectors = append(r.Detectors, detectors.DetectorReport{
			About: abouts[at], Findings: k.Findings, NotApplicable: k.NotApplicable, Notes: k.Notes,
		})
	}
	return nil
}

// match runs the built-in rules and those that were given, as far as they are
// chosen.
func (r *Report) match(ctx context.Context, c *casefile.Case, o *Options) error {
	builtin, err := builtinRules()
	if err != nil {
		return err
	}
	for _, set := range []*rules.Set{builtin, o.Rules} {
		if set == nil {
			continue
		}
		var only []*rules.Rule
		for _, x := range set.Reporting() {
			if o.chosen(x.Detector()) {
				only = append(only, x)
			}
		}
		if only == nil {
			continue
		}
		o.Progress.Begin("rules")
		found, err := set.Run(ctx, c, only...)
		if err != nil {
			return err
		}
		r.Findings = append(r.Findings, found.Findings...)
		for i := range found.Rules {
			if k := &found.Rules[i]; slices.Contains(only, k.Rule) {
				r.Detectors = append(r.Detectors, detectors.DetectorReport{About: k.About(), Findings: k.Findings, NotApplicable: k.NotApplicable, Notes: k.Notes})
			}
		}
	}
	return nil
}

// tell adds the stories that the findings tell together.
func (r *Report) tell(ctx context.Context, c *casefile.Case, about *analyze.About, o *Options) error {
	titles := map[string]string{}
	for _, d := range r.Detectors {
		titles[d.About.ID] = d.About.Title
	}
	who, err := acting(ctx, c, r.Findings)
	if err != nil {
		return err
	}
	stories := story.Tell(r.Findings, titles, who)
	for i := range stories {
		if level, ok := o.severity(about.ID); ok {
			stories[i].Severity = level
		}
	}
	r.Findings = append(r.Findings, stories...)
	r.Detectors = append(r.Detectors, detectors.DetectorReport{About: about, Findings: len(stories)})
	return nil
}
