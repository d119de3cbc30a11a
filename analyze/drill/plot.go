package drill

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Strength says how plain to see an incident is.
type Strength string

// The strengths.
const (
	// Easy is blatant: many calls within minutes, at odd hours, from far away.
	Easy Strength = "easy"
	// Normal is what an intruder does who is in no hurry and takes no great care.
	Normal Strength = "normal"
	// Stealthy is few calls over hours or days, in working hours, close to what
	// the subject does anyway and from networks nearby.
	Stealthy Strength = "stealthy"
)

// Strengths returns all strengths, the plainest first.
func Strengths() []Strength { return []Strength{Easy, Normal, Stealthy} }

// Incident asks for instances of a scenario of [IncidentNames]. The first third
// of a run has none, so that what is normal can be learned from it. Each
// instance has its days and its subject, and a day of rest follows it; the seed
// decides which.
type Incident struct {
	Scenario string
	Strength Strength
	Count    int
}

// IncidentTruth says what an instance of a scenario was.
type IncidentTruth struct {
	Incident   string    `json:"incident"` // such as new-model-normal-2
	Scenario   string    `json:"scenario"`
	Strength   Strength  `json:"strength"`
	Instance   int       `json:"instance"` // from 1
	Subject    Subject   `json:"subject"`
	First      time.Time `json:"first"`
	Last       time.Time `json:"last"`
	Steps      int       `json:"steps"`
	Techniques []string  `json:"techniques"` // ids of MITRE ATLAS 5.6 (AML.) and ATT&CK v19
}

// Subject is who or what an incident is about, in the words of the logs.
type Subject struct {
	Principal   string   `json:"principal,omitempty"` // ARN
	Person      string   `json:"person,omitempty"`
	App         string   `json:"app,omitempty"`
	Credentials []string `json:"credentials,omitempty"` // that the principal used in it, in the order of first use
	// Others are principals that took part beside the subject.
	Others []string `json:"others,omitempty"`
}

// cast is a set of kinds of subjects.
type cast uint16

const (
	castPerson  cast = 1 << iota
	castProgram      // a service that gets texts, each of whose calls stands alone
	castJob          // the same, at night
	castAgent
	castAnswers    // a guest that answers from documents
	castCourier    // a guest whose tools fetch from and send to hosts
	castCoder      // a guest that works on the files of a project
	castNobody     // the plot brings its subject
	castDirect     // a person who calls with a long-term key
	castSession    // a person who calls with sessions of a role
	castAnyone     = castPerson | castProgram | castJob | castAgent
	castConversing = castPerson | castAgent
)

// plot is a kind of incident that can be played many times.
type plot struct {
	name       string
	techniques []string
	cast       cast
	days       [3]int // that an instance takes, by strength
	// lock names what no two instances may touch on the same day in the same
	// region, by strength; may be empty.
	lock [3]string
	// hides says that others' calls are not logged meanwhile.
	hides bool
	// timed says that all there is to see is how long calls take: the subject is rather
	// somebody whose calls a source of the run times.
	timed bool
	play  func(s *stage)
}

// plots lists the scenarios: who acts, looking around, volume, taking out,
// content and agents, quality, and hiding.
func plots() []plot {
	return []plot{
		newModel(), deniedThenAllowed(), privilegeGained(), dormantRevived(), concurrentNetworks(), impossibleTravel(), newClient(), rootOrPhantom(), credentialMoved(),
		modelEnumeration(), validationProbe(), llmjacking(), restrictedTests(), leakedKey(),
		callSpike(), tokenSpike(), costSpike(), latencyRise(), slowDrift(), burst(), throttlingStorm(),
		newDestination(), largeOutputsOffHours(), embeddingSweep(), outputRatioShift(), secretInResponse(), promptLeak(),
		injectionDirect(), injectionIndirect(), refusedRewordedAnswered(), refusalShift(), agentOutsideProject(),
		ungroundedAnswer(), conflictingDocuments(), modelVersionDrift(),
		loggingOff(), guardrailWeakened(), trailStopped(),
	}
}

// IncidentNames returns the scenarios that can be played as an [Incident].
func IncidentNames() []string {
	var names []string
	for _, p := range plots() {
		names = append(names, p.name)
	}
	return names
}

func plotOf(name string) (plot, bool) {
	for _, p := range plots() {
		if p.name == name {
			return p, true
		}
	}
	return plot{}, false
}

// maxInstances bounds the instances of one scenario and strength.
const maxInstances = 10_000

func checkIncidents(list []Incident) error {
	for i, in := range list {
		if _, known := plotOf(in.Scenario); !known {
			return fmt.Errorf("unknown scenario %q: want any of %s", in.Scenario, strings.Join(IncidentNames(), ", "))
		}
		if !slices.Contains(Strengths(), in.Strength) {
			return fmt.Errorf("unknown strength %q: want easy, normal or stealthy", in.Strength)
		}
		if in.Count < 1 || in.Count > maxInstances {
			return fmt.Errorf("instances must be from 1 to %d, not %d", maxInstances, in.Count)
		}
		if slices.ContainsFunc(list[:i], func(o Incident) bool { return o.Scenario == in.Scenario && o.Strength == in.Strength }) {
			return fmt.Errorf("%s of strength %s is asked for twice", in.Scenario, in.Strength)
		}
	}
	return nil
}

// incident is an instance that is played.
type incident struct {
	plot     plot
	strength Strength
	instance int
	subject  Subject

	// While it is played:
	first, last time.Time
	steps       int
}

func (in *incident) name() string {
	return fmt.Sprintf("%s-%s-%d", in.plot.name, in.strength, in.instance)
}

// inSecondHalf says whether the instance speaks in the words of the second half:
// each even one does.
func (in *incident) inSecondHalf() bool { return in.instance > 0 && in.instance%2 == 0 }

// saw notes a step of the incident.
func (in *incident) saw(e *event, at time.Time) {
	if in.steps == 0 {
		in.first = at
	}
	in.last = at
	in.steps++
	list, word := &in.subject.Others, e.Who.ARN
	if e.Who.ARN == in.subject.Principal {
		list, word = &in.subject.Credentials, e.Who.KeyID
	}
	if word != "" && !slices.Contains(*list, word) {
		*list = append(*list, word)
	}
}

func (in *incident) truth() IncidentTruth {
	return IncidentTruth{
		Incident: in.name(), Scenario: in.plot.name, Strength: in.strength, Instance: in.instance,
		Subject: in.subject, First: in.first, Last: in.last, Steps: in.steps, Techniques: in.plot.techniques,
	}
}
