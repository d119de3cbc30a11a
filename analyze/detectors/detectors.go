// Package detectors finds what a responder should look at: each detector reads
// features, calls, acts or texts of a case and yields findings with their events.
//
// A detector is one file and one line in detectors, with its hit and miss cases:
// an SQL statement with its description as a header (see [parseHeader]), or a Go
// type where SQL cannot say it. Statistical detectors report every test that they
// made, and the run decides what counts, over the tests of all detectors at once.
package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// Options say what to look for. Zero values choose everything.
type Options struct {
	Only, Except []string // ids of detectors, or of their families: identity
	// Q is the share of false findings among statistical ones that is accepted,
	// 0 for [DefaultQ].
	Q       float64
	Threads int
	// Policy says who may do what, and may give thresholds; nil for none.
	Policy *policy.Policy
	// Baseline is what was normal before; nil for none. What stands in it is not new,
	// what lies in its range is not much, and its days stand before those of the case.
	Baseline *baseline.Baseline
	// Progress is told which detector runs; nil for nobody.
	Progress *analyze.Progress
}

// DefaultQ is the share of false findings among statistical findings that is
// accepted.
const DefaultQ = 0.05

// Report is what the detectors found.
type Report struct {
	Findings  []analyze.Finding // in the order of [analyze.SortFindings]
	Detectors []DetectorReport  // in the order of [All], those that were chosen
}

// DetectorReport says what one detector did.
type DetectorReport struct {
	About    *analyze.About
	Tests    int64 // that a statistical detector made
	Findings int
	// NotApplicable says what the case lacks for the detector; "" when it ran.
	NotApplicable string
	Notes         []string // what it could not know
	Baseline      bool     // a baseline was used
}

// detector finds one kind of thing.
type detector interface {
	about() *analyze.About
	// detect returns what it found, in any order.
	detect(ctx context.Context, r *run) (*result, error)
}

// result is what a detector found.
type result struct {
	// found are findings that no test stands behind.
	found []found
	// tests is how many tests were made, and tested at least those of them whose
	// p-value is at most [DefaultQ]: no other can count.
	tests  int64
	tested []tested
	// lacks says why the detector does not apply to this case; "" when it does.
	lacks string
	notes []string
	based bool // a baseline was used, and what is normal by it is dropped
	// compared is set where a baseline was used in another way, of which a note tells.
	compared bool
}

// found is a finding whose events have numbers instead of names. Its id,
// detector, tags, events and, where not set, title and severity are filled in by
// the run.
type found struct {
	analyze.Finding
	eids []int64 // of its events, at most [analyze.MaxFindingEvents], in order
	// normal is set where the baseline shows that it is nothing new: it is dropped,
	// and counted.
	normal bool
}

// tested is a test with the finding that it becomes where it counts.
type tested struct {
	p, q float64 // q is that of [judge]
	// otherwise is the severity of the finding where it says enough without its test,
	// and counts also where that does not; 0 where it is none then.
	otherwise analyze.Severity
	found
	// events finds the events, where asking for those of every test would cost
	// too much; nil where eids has them.
	events func(ctx context.Context, r *run) ([]int64, error)
	// complete adds what else would cost too much for every test, events too; nil
	// where there is nothing.
	complete func(ctx context.Context, r *run, f *found) error
}

// run is what detectors share.
type run struct {
	c         *casefile.Case
	features  *features.Set
	options   Options
	signed    bool          // the tables of [run.signs] are there
	signsOnly bool          // of the readers of texts only that of signs is needed
	tooled    bool          // the tables of [run.toolCalls] are there
	leaked    bool          // the table of [run.leakedTexts] is there
	granted   bool          // the tables of [run.grants] are there
	networked bool          // the table of [run.networks] is there
	used      bool          // the table of [run.uses] is there
	calling   []*actorCalls // nil before [run.actorCalls] was asked
	volume    *volumeHistory
	tools     *toolsFound // nil before [run.toolsFound] was asked
}

// threshold returns the number by which a detector decides: that of the policy,
// else its own. Only those that it declares have one.
func (r *run) threshold(about *analyze.About, name string) (float64, error) {
	for _, t := range about.Thresholds {
		if t.Name != name {
			continue
		}
		if v, ok := r.options.Policy.Threshold(about.ID, name); ok {
			return v, nil
		}
		return t.Default, nil
	}
	return 0, fmt.Errorf("%s declares no threshold %s", about.ID, name)
}

// All returns what every detector says of itself, in the order in which they
// run.
func All() ([]*analyze.About, error) {
	list, err := detectors()
	if err != nil {
		return nil, err
	}
	var out []*analyze.About
	for _, d := range list {
		out = append(out, d.about())
	}
	return out, nil
}

// chosen reports whether the options choose a detector.
func (o *Options) chosen(id string) bool {
	family, _, _ := strings.Cut(id, ".")
	names := func(list []string) bool { return slices.Contains(list, id) || slices.Contains(list, family) }
	return (len(o.Only) == 0 || names(o.Only)) && !names(o.Except)
}

// check refuses names that no detector has.
func (o *Options) check(list []detector) error {
	known := map[string]bool{}
	for _, d := range list {
		family, _, _ := strings.Cut(d.about().ID, ".")
		known[d.about().ID], known[family] = true, true
	}
	for _, name := range slices.Concat(o.Only, o.Except) {
		if !known[name] {
			return fmt.Errorf("there is no detector and no family %q; exhibit analyze --list names them", name)
		}
	}
	return nil
}

// Run looks for everything that is chosen in a case. What counts does not depend
// on what is chosen: where a statistical detector is, all of them make their tests.
func Run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	list, err := detectors()
	if err == nil {
		err = o.check(list)
	}
	if err != nil {
		return nil, fmt.Errorf("analyzing: %w", err)
	}
	if o.Q == 0 {
		o.Q = DefaultQ
	}
	r := &run{c: c, features: features.NewSet(c), options: o}
	all, err := r.askAll(ctx, list)
	if err != nil {
		return nil, fmt.Errorf("analyzing: %w", err)
	}
	out := &Report{}
	var found []found
	for _, a := range all {
		if !o.chosen(a.about.ID) {
			continue
		}
		report, kept, err := r.settle(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("analyzing: %s: %w", a.about.ID, err)
		}
		out.Detectors = append(out.Detectors, *report)
		found = append(found, kept...)
	}
	if err := r.nameEvents(ctx, found); err != nil {
		return nil, fmt.Errorf("analyzing: %w", err)
	}
	for i := range found {
		out.Findings = append(out.Findings, found[i].Finding)
	}
	analyze.SortFindings(out.Findings)
	return out, nil
}

// answer is what a detector said.
type answer struct {
	about *analyze.About
	*result
}

// askAll runs the detectors that are needed for those that are chosen, and judges the
// tests of all.
func (r *run) askAll(ctx context.Context, list []detector) ([]answer, error) {
	judged := slices.ContainsFunc(list, func(d detector) bool { return d.about().Statistical && r.options.chosen(d.about().ID) })
	var all []answer
	var results []*result
	for _, d := range list {
		about := d.about()
		if asked := r.options.chosen(about.ID) || judged && about.Statistical; !asked {
			continue
		}
		r.options.Progress.Begin(about.ID)
		res, err := r.ask(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", about.ID, err)
		}
		all, results = append(all, answer{about, res}), append(results, res)
	}
	return all, judge(results)
}

// ask runs one detector.
func (r *run) ask(ctx context.Context, d detector) (*result, error) {
	about := d.about()
	lacks, err := r.lacks(ctx, about.Needs)
	if err != nil || lacks != "" {
		return &result{lacks: lacks}, err
	}
	res, err := d.detect(ctx, r)
	if err == nil && res.tests > 0 && !about.Statistical {
		err = fmt.Errorf("%d tests of a detector that is not statistical", res.tests)
	}
	return res, err
}

// settle makes findings of what a detector said.
func (r *run) settle(ctx context.Context, a answer) (*DetectorReport, []found, error) {
	report := &DetectorReport{
		About: a.about, Tests: a.tests, NotApplicable: a.lacks, Notes: a.notes, Baseline: (a.based || a.compared) && a.lacks == "",
	}
	kept, err := r.keep(ctx, a.result)
	if err != nil {
		return nil, nil, err
	}
	all := len(kept)
	kept = slices.DeleteFunc(kept, func(f found) bool { return f.normal })
	if a.based {
		report.Notes = append(report.Notes, r.baselineNote(all-len(kept)))
	}
	for i := range kept {
		complete(&kept[i], a.about)
	}
	if err := r.approve(ctx, a.about, kept); err != nil {
		return nil, nil, err
	}
	report.Findings = len(kept)
	return report, kept, nil
}

// complete gives a finding what it has from its detector.
func complete(f *found, about *analyze.About) {
	f.Detector, f.Tags = about.ID, about.Tags
	f.ID = analyze.FindingID(about.ID, about.Version, f.Subject, f.Bucket)
	f.Title = cmp.Or(f.Title, about.Title)
	f.Severity = cmp.Or(f.Severity, about.Severity)
	if f.Test != nil && f.Test.Expected() >= 1 {
		f.Severity = min(f.Severity, analyze.SeverityLow)
		f.Facts = append(f.Facts, analyze.Fact{Name: "as_many_by_chance", Value: math.Round(10*f.Test.Expected()) / 10})
	}
	f.EventCount = max(f.EventCount, int64(len(f.eids)))
	f.eids = f.eids[:min(len(f.eids), analyze.MaxFindingEvents)]
}

// nameEvents names the events of all findings at once, so that each segment is
// read once.
func (r *run) nameEvents(ctx context.Context, list []found) error {
	var eids []int64
	for i := range list {
		eids = append(eids, list[i].eids...)
	}
	slices.Sort(eids)
	eids = slices.Compact(eids)
	rows, err := r.c.Events(ctx, eids, nil)
	if err != nil {
		return fmt.Errorf("naming the events of findings: %w", err)
	}
	for i := range list {
		for _, eid := range list[i].eids {
			at, _ := slices.BinarySearch(eids, eid)
			list[i].Events = append(list[i].Events, rows[at].EventID)
		}
	}
	return nil
}

// lacks says which of the needed columns no call and no act has, "" when there
// are all. Three names are no columns: policy, without which nothing else is
// asked; text, which is anything said to or by a model; and tool_calls.
func (r *run) lacks(ctx context.Context, needs []string) (string, error) {
	var calls, acts, contents []string
	for _, column := range needs {
		of, act := strings.CutPrefix(column, "act.")
		switch {
		case column == "policy":
			if r.options.Policy == nil {
				return "no policy", nil
			}
		case act:
			acts = append(acts, of)
		case column == "text" || column == "tool_calls":
			contents = append(contents, column)
		default:
			calls = append(calls, column)
		}
	}
	for _, k := range []struct {
		who, table, statement string
		columns               []string
	}{
		{"no call in this case says: ", "", "lacks_text", contents},
		{"no call in this case says: ", "coverage_of_calls", "lacks", calls},
		{"nothing but calls of models in this case says: ", "coverage_of_acts", "lacks_act", acts},
	} {
		missing, err := r.unsaid(ctx, k.table, k.statement, k.columns)
		if err != nil || missing != "" {
			return k.who + missing, err
		}
	}
	return "", nil
}

// unsaid names the columns without a value, with commas between. A table, "" for
// none that must be made, says how often each has one, and a statement asks it.
func (r *run) unsaid(ctx context.Context, table, statement string, columns []string) (string, error) {
	if len(columns) == 0 {
		return "", nil
	}
	if table != "" {
		if err := r.features.Need(ctx, table); err != nil {
			return "", err
		}
	}
	var missing []string
	for _, column := range columns {
		var n int64
		err := r.query(ctx, statement, []any{sql.Named("column", column)}, func(rows *sql.Rows) error { return rows.Scan(&n) })
		if err != nil {
			return "", err
		}
		if n == 0 {
			missing = append(missing, strings.ReplaceAll(column, "_", " "))
		}
	}
	return strings.Join(missing, ", "), nil
}
