package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// maxPolicies bounds how many guardrail policies one event names. A guardrail
// has at most 30 topics and a few dozen filters and entities.
const maxPolicies = 128

// guardrail is what the traces of a reply say that a guardrail did.
type guardrail struct {
	masked, blocked bool
}

// settle sets the guardrail's action and outcome once the whole reply is read.
// Converse names no action: that the guardrail intervened is its stop reason.
// A guardrail also intervenes when it only masks personal data in an answer
// that was given; only the trace tells, so without one it counts as a block.
func (g *guardrail) settle(d *Decoder, e *Event) {
	if string(e.FinishReason) == "guardrail_intervened" {
		setText(&e.GuardrailAction, word(d, "INTERVENED"))
	}
	if string(e.GuardrailAction) == "INTERVENED" && (g.blocked || !g.masked) {
		e.Outcome = OutcomeBlocked
	}
}

// readMember takes a member that Bedrock itself adds to the body of a model:
// the guardrail's verdict and trace, and the metrics that close a stream. It
// reports whether the member is one.
func (g *guardrail) readMember(d *Decoder, e *Event, key []byte, v jsontape.Value, u *usage) bool {
	switch string(key) {
	case "amazon-bedrock-guardrailAction":
		setText(&e.GuardrailAction, v.Text())
	case "amazon-bedrock-trace", "trace":
		g.readTrace(d, e, v.Get("guardrail"))
	case "amazon-bedrock-invocationMetrics":
		u.read(v)
		fillInt(&e.Latency, millis(v.Get("invocationLatency")))
		fillInt(&e.TTFT, millis(v.Get("firstByteLatency")))
	default:
		return false
	}
	return true
}

// readTrace takes the assessments of a guardrail, of the input and of the
// output, in the shapes of InvokeModel and of Converse.
func (g *guardrail) readTrace(d *Decoder, e *Event, trace jsontape.Value) {
	for key, v := range trace.Members() {
		switch string(key) {
		case "input", "inputAssessment":
			g.readAssessments(d, e, v)
		case "outputs", "outputAssessments":
			if v.Kind() != jsontape.Array {
				g.readAssessments(d, e, v)
			}
			for a := range v.Elements() {
				g.readAssessments(d, e, a)
			}
		}
	}
}

// readAssessments takes an object of guardrail id to assessment, or to a list
// of them.
func (g *guardrail) readAssessments(d *Decoder, e *Event, v jsontape.Value) {
	for _, a := range v.Members() {
		if a.Kind() == jsontape.Object {
			g.readAssessment(d, e, a)
			continue
		}
		for a := range a.Elements() {
			g.readAssessment(d, e, a)
		}
	}
}

// readAssessment names the policies of one assessment that found something.
func (g *guardrail) readAssessment(d *Decoder, e *Event, a jsontape.Value) {
	for policy, lists := range a.Members() {
		switch string(policy) {
		case "topicPolicy", "contentPolicy", "wordPolicy", "sensitiveInformationPolicy", "contextualGroundingPolicy":
			g.readPolicy(d, e, policy, lists)
		}
	}
}

// readPolicy names what a policy found, in each of its lists.
func (g *guardrail) readPolicy(d *Decoder, e *Event, policy []byte, lists jsontape.Value) {
	for list, items := range lists.Members() {
		for item := range items.Elements() {
			g.addPolicy(d, e, policy, list, item)
		}
	}
}

// addPolicy adds what one finding of a guardrail is called, "policy:name". The
// custom words are content, not names, so that for them the policy alone is
// named. Findings with the action NONE count when they were detected.
func (g *guardrail) addPolicy(d *Decoder, e *Event, policy, list []byte, item jsontape.Value) {
	var name, typ, action Text
	var detected bool
	for key, v := range item.Members() {
		switch string(key) {
		case "name":
			name = v.Text()
		case "type":
			typ = v.Text()
		case "action":
			action = v.Text()
		case "detected":
			detected, _ = v.Bool()
		}
	}
	g.blocked = g.blocked || string(action) == "BLOCKED"
	g.masked = g.masked || string(action) == "ANONYMIZED"
	if string(action) == "NONE" && !detected || len(e.GuardrailPolicies) == maxPolicies {
		return
	}
	if len(name) == 0 {
		name = typ
	}
	if string(list) == "customWords" {
		name = nil
	}
	full := d.Arena.Bytes(len(policy) + len(":") + len(name))
	n := copy(full, policy)
	full[n] = ':'
	copy(full[n+1:], name)
	if len(name) == 0 {
		full = full[:n]
	}
	for _, p := range e.GuardrailPolicies {
		if bytes.Equal(p, full) {
			return
		}
	}
	e.GuardrailPolicies = append(e.GuardrailPolicies, full)
}
