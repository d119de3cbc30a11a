// Package quality says what the logs of a case can tell and what they cannot:
// which of what forensics needs each source has, and in which share of the
// things that can have it; what is wrong with the logs; and which questions can
// therefore not be answered. What is asked is listed in needs.go.
//
// It says nothing about whether logs are true or complete: package reconcile
// asks that.
package quality

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Count is how many of a number of things have something. Where Of is zero
// there are no such things: nothing is missing and nothing is there.
type Count struct{ N, Of int64 }

func (c *Count) add(hit bool, units int64) {
	c.Of += units
	if hit {
		c.N += units
	}
}

// Need says how far a source has one thing that forensics needs.
type Need struct {
	Name, What string
	Things     string // what is counted, in the plural
	// Expected is core for what the score counts, each for what everything has
	// whose log is whole, and some for what a thing need not have, so that its
	// absence may be a fact and not a gap.
	Expected string
	Count
}

// Fault says how often one thing is wrong with a source.
type Fault struct {
	Name, What string
	Things     string // what is counted, in the plural
	Count
	Detail string // more, in words; may be empty
}

// Answer says for how many of the things that a question is asked of a source
// answers it.
type Answer struct {
	Question string
	Things   string // what is counted, in the plural
	Help     string // what would answer it
	Count
}

// Source is what one log can tell. What it shows of a call counts once, in
// however many pieces it wrote that; duplicates do not count.
type Source struct {
	Name    string
	Needs   []Need   // in the order of needs.go, as are Faults and Answers
	Faults  []Fault  // all that are looked for, also those that are not there
	Answers []Answer // to all questions

	unparsed, duplicates, conflicts     Count
	sampled, secretTexts, secretRecords Count
	detail                              map[string]string // of faults
	writes                              []bool            // by need: the source shows it at all
}

// Report is what the logs of a case can tell.
type Report struct {
	Sources []Source // in the order of their names
	// Case is all of them together: a call has what any of its sources says.
	Case Source
	// Score is how many calls have everything that every record of a call has
	// to say and that applies to it.
	Score Count
	Core  []string // the names of these needs
	// Scanned says where secrets were looked for, and where not.
	Scanned []string
}

// Options say how far to look.
type Options struct {
	// All looks for secrets in everything, however large. Otherwise only as far
	// as [ScanTexts] and [ScanRecords] allow.
	All bool
}

// Run says what the logs of a case can tell.
func Run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	r, err := run(ctx, c, o)
	if err != nil {
		return nil, fmt.Errorf("judging the quality of the logs: %w", err)
	}
	return r, nil
}

func run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	overview, err := c.Overview(ctx)
	if err != nil {
		return nil, err
	}
	s := &survey{c: c, overview: overview, r: &Report{Case: newSource("case")}}
	for _, x := range overview.Sources {
		source := newSource(x.Format)
		source.unparsed = Count{x.Unparsed, x.Records}
		source.duplicates, source.conflicts = Count{x.Duplicates, x.Events}, Count{x.Conflicts, x.Events}
		s.r.Sources = append(s.r.Sources, source)
	}
	steps := []func(context.Context) error{
		s.makeUnits, s.countSources, s.countCalls, s.findSampled,
		func(ctx context.Context) error { return s.findSecrets(ctx, o) },
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	s.finish()
	return s.r, nil
}

func newSource(name string) Source {
	s := Source{Name: name, detail: map[string]string{}, writes: make([]bool, len(needs()))}
	for _, n := range needs() {
		s.Needs = append(s.Needs, Need{Name: n.name, What: n.what, Things: n.of.name, Expected: string(n.expected)})
	}
	for _, f := range faults() {
		s.Faults = append(s.Faults, Fault{Name: f.name, What: f.what, Things: f.of.name})
	}
	for _, q := range questions() {
		s.Answers = append(s.Answers, Answer{Question: q.what, Things: q.of.name, Help: q.help})
	}
	return s
}

// finish fills in what is not counted by units, and sums it up for the case.
func (s *survey) finish() {
	all := &s.r.Case
	for i := range s.r.Sources {
		x := &s.r.Sources[i]
		for _, pair := range [][2]*Count{
			{&all.unparsed, &x.unparsed},
			{&all.duplicates, &x.duplicates},
			{&all.conflicts, &x.conflicts},
			{&all.secretRecords, &x.secretRecords},
		} {
			pair[0].N += pair[1].N
			pair[0].Of += pair[1].Of
		}
		x.count()
	}
	all.count()
	for _, n := range needs() {
		if n.expected == core {
			s.r.Core = append(s.r.Core, n.name)
		}
	}
}

// count takes over the faults that are not counted by units.
func (x *Source) count() {
	for i, f := range faults() {
		if f.count != nil {
			x.Faults[i].Count = f.count(x)
		}
		x.Faults[i].Detail = x.detail[f.name]
	}
}
