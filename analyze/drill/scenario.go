package drill

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Scenario is an incident that is played into the traffic, with known ground
// truth. Its steps must depend on the [World] only, so that a seed gives the
// same incident again.
type Scenario interface {
	// Name is the word for the scenario: lower case letters, digits and dashes.
	Name() string
	// Steps returns what happens, in any order.
	Steps(w *World) ([]Step, error)
}

// World is what a scenario can see of the run that it is played into.
type World struct {
	Start, End time.Time // steps lie within; End is not included

	actors []*actor
	rand   rng
}

// Caller returns a caller of the population by its name, for instance dev-07 or
// agent-research: a person with the long-term key, or the service of AWS that
// runs a program. It is nil when there is no such caller.
func (w *World) Caller(name string) *Identity {
	for _, a := range w.actors {
		if a.name == name {
			return a.base
		}
	}
	return nil
}

// Assume lets by take a session of a role for an hour, and returns the
// session's identity and the step in which it was issued. Of from it takes
// where the request came from and went to.
func (w *World) Assume(by *Identity, roleName, sessionName string, at time.Time, from Step) (*Identity, Step) {
	ro := newRole(roleName)
	s := newSession(ro, sessionName, "", at.UnixMilli(), hourMS, &w.rand)
	step := assumeRole(by, ro, s, origin{addr: from.Addr, agent: from.UserAgent, region: from.Region}, &w.rand)
	step.At = at
	return s.Identity, step
}

// UUID returns a random UUID, for instance for a session.
func (w *World) UUID() string { return w.rand.uuid().String() }

// Step is one thing that happened: a call of a model, or another request to
// the cloud. Each source writes of it what it would have seen. Texts named
// JSON are written as they are; an empty one is null.
type Step struct {
	At        time.Time // of a scenario's step
	Who       *Identity
	Addr      string // an address, or the name of a service of AWS
	UserAgent string
	Region    string

	Service   string // such as bedrock.amazonaws.com
	Operation string // such as InvokeModel
	ReadOnly  bool
	Data      bool // a data event, not a management event

	Request       string // JSON
	Response      string // JSON
	Extra         string // JSON: CloudTrail's additionalEventData
	Resources     string // JSON
	SharedEventID string
	ErrorCode     string // empty: success
	ErrorMessage  string

	Talk *Talk  // what was said, on a scenario's call of a model
	Note string // ground truth: what the step is, for [Truth]
}

// Talk is what a scenario's call of a model says.
type Talk struct {
	Model    string // an id that the generator knows, see models.go
	System   string
	Messages []Message // the last ones are new, earlier ones repeat earlier calls
	Reply    []Message // texts and tool calls of the assistant, in one turn
	Session  string    // UUID that a client puts into the metadata of a Claude call; may be empty
	// MaxTokens bounds the reply; 0 means 1024.
	MaxTokens int
	kit       []toolSpec // nil: those of the population, where tools are used
}

// Message is one part of a conversation: a text, a tool call, or the result
// of one.
type Message struct {
	Role   string // "user" or "assistant"
	Text   string // the text, or the result of a tool
	ToolID string // set on a tool call and its result
	Tool   string // name of the tool: a tool call
	Args   string // JSON object: arguments of the tool call
}

// scripted is a step of a scenario, ready to be merged into the traffic.
type scripted struct {
	Step
	scenario string // empty: the step only goes with an incident
	ms       int64
	model    *model

	// Of a step of an incident:
	incident *incident
	strength Strength
	actor    *actor // who does it, with the credential of that time, when Who is nil
	app      string
	talk     talk // of a call that says what its style says
	blocked  bool // a guardrail stops the call
	outside  bool // the call passes neither the gateway nor instrumentation
}

// script collects the steps of all scenarios in order of time.
func script(scenarios []Scenario, seed uint64, start, end int64, actors []*actor) ([]scripted, error) {
	var all []scripted
	for i, sc := range scenarios {
		w := &World{
			Start: time.UnixMilli(start).UTC(), End: time.UnixMilli(end).UTC(), actors: actors,
			rand: newRNG(seed, streamScenario, uint64(i), 0),
		}
		steps, err := sc.Steps(w)
		if err != nil {
			return nil, fmt.Errorf("planning scenario %s: %w", sc.Name(), err)
		}
		for n, st := range steps {
			s := scripted{Step: st, scenario: sc.Name(), ms: st.At.UnixMilli()}
			if err := s.check(start, end); err != nil {
				return nil, fmt.Errorf("planning scenario %s: step %d: %w", sc.Name(), n+1, err)
			}
			all = append(all, s)
		}
	}
	slices.SortStableFunc(all, func(a, b scripted) int { return cmp.Compare(a.ms, b.ms) })
	return all, nil
}

// check refuses what would break the logs, and finds the model of a call.
func (x *scripted) check(start, end int64) error {
	if x.ms < start || x.ms >= end {
		return fmt.Errorf("its time %s is outside the days of the run", x.At.Format(time.RFC3339))
	}
	if x.Who == nil && x.actor == nil {
		return errors.New("nobody does it")
	}
	if !strings.HasSuffix(x.Service, awsHost) {
		return fmt.Errorf("service %q is no host of AWS", x.Service)
	}
	for _, w := range []string{x.Addr, x.Region, x.Service, x.Operation, x.ErrorCode} {
		if string(appendText(nil, w)) != w {
			return fmt.Errorf("%q is not a plain word", w)
		}
	}
	for _, j := range []string{x.Request, x.Response, x.Extra, x.Resources} {
		if j != "" && !json.Valid([]byte(j)) {
			return fmt.Errorf("invalid JSON: %s", j)
		}
	}
	if x.Talk == nil {
		return nil
	}
	return x.checkTalk()
}

func (x *scripted) checkTalk() error {
	if x.model = modelOf(x.Talk.Model); x.model == nil {
		return fmt.Errorf("unknown model %q", x.Talk.Model)
	}
	if !slices.Contains([]string{opInvoke, opInvokeStream, opConverse, opConverseStream}, x.Operation) {
		return fmt.Errorf("%q is no call of a model", x.Operation)
	}
	if len(x.Talk.Messages) == 0 || len(x.Talk.Reply) == 0 && x.ErrorCode == "" && !x.model.embeds {
		return errors.New("a call needs a message and a reply")
	}
	for _, m := range slices.Concat(x.Talk.Messages, x.Talk.Reply) {
		if m.Tool != "" && !json.Valid([]byte(m.Args)) {
			return fmt.Errorf("invalid arguments of tool %s: %s", m.Tool, m.Args)
		}
	}
	return nil
}
