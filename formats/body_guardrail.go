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
	prompt          bool // Gemini refused the prompt
}

// settle sets the guardrail's action and outcome once the whole reply is read.
// Converse names no action: that the guardrail intervened is its stop reason.
// A guardrail also intervenes when it only masks personal data in an answer
// that was given; only the trace tells, so without one it counts as a block.
func (g *guardrail) settle(d *Decoder, e *Event) {
	if string(e.FinishReason) == "guardrail_intervened" {
		setText(&e.GuardrailAction, word(d, "INTERVENED"))
	}
	e.settleFinish()
	if string(e.GuardrailAction) == "INTERVENED" && (g.blocked || !g.masked) || g.prompt {
		e.Outcome = OutcomeBlocked
	}
}

// readContentFilter takes the verdicts of Azure OpenAI on a text, an object of
// category to verdict (learn.microsoft.com/azure/ai-services/openai, "Content
// filtering"). A category counts when its text was filtered or detected.
func (g *guardrail) readContentFilter(d *Decoder, e *Event, v jsontape.Value) {
	for category, verdict := range v.Members() {
		filtered, _ := verdict.Get("filtered").Bool()
		detected, _ := verdict.Get("detected").Bool()
		if filtered {
			setText(&e.GuardrailAction, word(d, "filtered"))
		}
		if filtered || detected {
			e.addPolicy(d, []byte("content_filter"), category)
		}
	}
}

// readPromptFilter takes what a filter says about a prompt: a list of verdicts
// by Azure OpenAI, or the feedback of Gemini, which names a reason only when
// the prompt was refused.
func (g *guardrail) readPromptFilter(d *Decoder, e *Event, v jsontape.Value) {
	for one := range v.Elements() {
		g.readContentFilter(d, e, firstValue(one.Get("content_filter_results"), one.Get("content_filter_result")))
	}
	if reason := firstText(v.Get("blockReason"), v.Get("block_reason")); len(reason) > 0 {
		g.prompt = true
		setText(&e.GuardrailAction, reason)
	}
	g.readSafety(d, e, firstValue(v.Get("safetyRatings"), v.Get("safety_ratings")))
}

// readFilteredError takes the verdicts in the error with which Azure OpenAI
// refuses a prompt.
func (g *guardrail) readFilteredError(d *Decoder, e *Event, failure jsontape.Value) {
	inner := failure.Get("innererror")
	g.readContentFilter(d, e, firstValue(inner.Get("content_filter_result"), inner.Get("content_filter_results")))
}

// readRefusal names the category for which a classifier of Anthropic stopped a
// reply (https://platform.claude.com/docs/en/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals).
func (g *guardrail) readRefusal(d *Decoder, e *Event, details jsontape.Value) {
	if category := details.Get("category").Text(); string(details.Get("type").Text()) == "refusal" && len(category) > 0 {
		e.addPolicy(d, []byte("refusal"), category)
	}
}

// readSafety names the categories for which Gemini blocked a text.
func (g *guardrail) readSafety(d *Decoder, e *Event, ratings jsontape.Value) {
	for one := range ratings.Elements() {
		if blocked, _ := one.Get("blocked").Bool(); blocked {
			e.addPolicy(d, []byte("safety"), one.Get("category").Text())
		}
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
	if string(action) == "NONE" && !detected {
		return
	}
	if len(name) == 0 {
		name = typ
	}
	if string(list) == "customWords" {
		name = nil
	}
	e.addPolicy(d, policy, name)
}

// addPolicy names a policy once, "policy:name" or the policy alone.
func (e *Event) addPolicy(d *Decoder, policy, name []byte) {
	if len(e.GuardrailPolicies) == maxPolicies {
		return
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
