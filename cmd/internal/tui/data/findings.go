package data

import (
	"context"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Findings answers what was found, and takes what people say of it.
type Findings interface {
	// Findings returns what the last analysis found, and what was said of it
	// since.
	Findings(ctx context.Context) (*FindingList, error)
	// EventsOf returns the events of ids such as findings have, each in the place
	// of its id; 0 for one that the case does not have any more.
	EventsOf(ctx context.Context, ids []string) ([]int64, error)
	// Judge enters in the ledger what is said of a finding, and returns the
	// ledger's head. Of the options only the finding and what is said of it
	// count. As with [Words], the case is opened anew.
	Judge(ctx context.Context, o casefile.JudgeOptions) (head string, err error)
}

// FindingList is what an analysis found. It is not changed by anybody.
type FindingList struct {
	Analysis *casefile.Analysis // nil where the case was not analyzed
	List     []analyze.Finding  // in the order in which to look at them
	Judged   map[string]casefile.FindingState
	Acts     map[string][]casefile.FindingAct
	About    []*analyze.About // of all detectors that this program has
}

// State is what was said last of a finding.
func (l *FindingList) State(id string) casefile.FindingState {
	if s, ok := l.Judged[id]; ok {
		return s
	}
	return casefile.FindingState{State: casefile.StateOpen}
}

// foundList is the list of a run, which is read once: what is said of findings
// does not change it.
type foundList struct {
	run    int64
	digits int // of the ids of events
	list   []analyze.Finding
	about  []*analyze.About
}

// Findings implements [Findings].
func (c *Case) Findings(ctx context.Context) (out *FindingList, err error) {
	err = c.inFront(ctx, func(front *casefile.Case) error {
		out = &FindingList{Analysis: front.Analysis(), Judged: front.Judged(), Acts: map[string][]casefile.FindingAct{}}
		if out.Analysis == nil {
			return nil
		}
		found, err := c.foundOf(ctx, front, out.Analysis.Run)
		if err != nil {
			return err
		}
		out.List, out.About = found.list, found.about
		for id := range out.Judged {
			out.Acts[id] = front.History(id)
		}
		return nil
	})
	return out, err
}

// foundOf reads the list of a run, or remembers it. It is called by one at a
// time: who has the front.
func (c *Case) foundOf(ctx context.Context, front *casefile.Case, run int64) (foundList, error) {
	if c.found.run == run && c.found.digits == front.IDDigits() {
		return c.found, nil
	}
	about := c.found.about
	if about == nil {
		var err error
		if about, err = assessment.All(); err != nil {
			return foundList{}, err
		}
	}
	list, err := front.Findings(ctx)
	if err != nil {
		return foundList{}, err
	}
	c.found = foundList{run, front.IDDigits(), list, about}
	return c.found, nil
}

// EventsOf implements [Findings].
func (c *Case) EventsOf(ctx context.Context, ids []string) (eids []int64, err error) {
	err = c.inFront(ctx, func(c *casefile.Case) error {
		eids, err = c.ResolveEvents(ctx, ids)
		return err
	})
	return eids, err
}

// Judge implements [Findings].
func (c *Case) Judge(ctx context.Context, o casefile.JudgeOptions) (string, error) {
	return c.say(ctx, &o)
}
