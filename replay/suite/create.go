package suite

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/verdict"
)

// Incident is a finding with the calls to models that show it, as the log has
// them.
type Incident struct {
	Finding analyze.Finding
	Calls   []*replay.Request
}

// CreateOptions say how incidents become cases.
type CreateOptions struct {
	Judge *verdict.Judge
	// Mask takes out what must not be kept, and says how many spans it took; nil
	// keeps everything.
	Mask       func(*replay.Request) (*replay.Request, int)
	PerFinding int // cases of one finding at most; 0 is all
}

// Left is a finding, or a call of one, of which no case was made, and why.
type Left struct {
	Finding, Detector string
	Event             string // "" for all of the finding
	Why               string
}

// Add makes cases of incidents and adds them to the suite. A case is a call
// whose logged reply is not what is expected, or of which the log does not tell:
// a call that went well tests nothing, and one that asks the same as another
// tests it twice.
func (s *Suite) Add(o *CreateOptions, incidents []Incident) ([]Left, error) {
	var left []Left
	tested := map[string]string{}
	for i := range incidents {
		some, err := s.add(o, &incidents[i], tested)
		if err != nil {
			return nil, err
		}
		left = append(left, some...)
	}
	return left, nil
}

// add makes cases of one incident. Tested are the ids of the cases that there
// are, by what is asked and expected: findings of one event often say the same.
func (s *Suite) add(o *CreateOptions, in *Incident, tested map[string]string) ([]Left, error) {
	f := &in.Finding
	var left []Left
	leave := func(event, why string) { left = append(left, Left{f.ID, f.Detector, event, why}) }
	e, ok := expectationOf(f.Detector)
	if !ok {
		_, why := Expected(f.Detector)
		leave("", why)
		return left, nil
	}
	made := map[[sha256.Size]byte]string{}
	over := 0
	for _, q := range in.Calls {
		key, err := keyOf(q)
		if err != nil {
			return nil, err
		}
		expect, then, err := e.choose(o.Judge, q)
		switch first, twice := made[key]; {
		case err != nil:
			return nil, err
		case len(q.Messages) == 0:
			leave(q.Event, "the log does not keep what was asked")
		case expect == nil:
			leave(q.Event, "the model asked for no tool")
		case then == Met:
			leave(q.Event, "its reply was already what is expected: "+expect[0].Name)
		case twice:
			leave(q.Event, "it asks the same as "+first)
		case o.PerFinding > 0 && len(made) >= o.PerFinding:
			over++
		default:
			c := newCase(o, f, q, len(made)+1)
			c.Expect, c.Then, c.Check = expect, then, e.check
			test := string(key[:]) + expect[0].Name
			if first, twice := tested[test]; twice {
				leave(q.Event, "case "+first+" asks and expects the same")
				continue
			}
			if _, err := Encode(&Suite{Name: c.ID, Cases: []Case{c}}); err != nil {
				leave(q.Event, "it is more than a suite can hold: "+err.Error())
				continue
			}
			made[key], tested[test] = q.Event, c.ID
			s.Cases = append(s.Cases, c)
		}
	}
	switch {
	case over > 0:
		leave("", fmt.Sprintf("%d more of its calls make cases: --max-cases takes more than %d", over, o.PerFinding))
	case len(in.Calls) == 0:
		leave("", "none of its events is a call to a model that could be sent again")
	}
	if len(made) > 0 {
		s.From.Findings = append(s.From.Findings, f.ID)
	}
	return left, nil
}

// keyOf is the same for calls that ask the same.
func keyOf(q *replay.Request) (key [sha256.Size]byte, err error) {
	text, err := json.Marshal([]any{q.Messages, string(q.Tools), string(q.Documents)})
	if err != nil {
		return key, fmt.Errorf("comparing the request of %s: %w", q.Event, err)
	}
	return sha256.Sum256(text), nil
}

// newCase makes a case of a call. The body that the log kept stays where nothing
// was masked in it.
func newCase(o *CreateOptions, f *analyze.Finding, q *replay.Request, n int) Case {
	c := Case{ID: f.ID + "-" + strconv.Itoa(n), Title: shorten(f.Title), Finding: f.ID, Detector: f.Detector}
	kept := *q
	if o.Mask != nil {
		masked, spans := o.Mask(q)
		kept, c.Masked = *masked, &spans
		if spans > 0 {
			kept.Body, kept.Protocol = nil, ""
		}
	}
	kept.Logged = replay.Reply{} // suites hold no replies
	kept.Changes = nil           // what was masked says the case
	c.Request, c.Fidelity = &kept, replay.GradeExact
	if kept.Body == nil {
		c.Fidelity = replay.GradeConverted
	}
	for _, l := range kept.Losses {
		c.Fidelity = min(c.Fidelity, l.Grade)
	}
	return c
}

// shorten bounds a title to what a file can have.
func shorten(title string) string {
	r := []rune(title)
	if len(r) > maxName {
		return string(r[:maxName-3]) + "..."
	}
	return title
}
