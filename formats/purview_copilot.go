package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// interaction fills what an interaction with Copilot tells. Text is never in
// it: that is in the user's mailbox, under the ids of the messages.
func (r *unifiedRecord) interaction(d *Decoder, e *Event) {
	e.ContentState = ContentNotLogged
	data := inlineJSON(d, r.copilot)
	if app := nameOf(r.appIdentity); app != nil {
		e.Service = app
	}
	if e.App = nameOf(r.appHost); e.App == nil {
		e.App = nameOf(data.Get("AppHost"))
	}
	if e.Deployment = nameOf(r.agentID); e.Deployment == nil {
		e.Deployment = nameOf(r.agentName)
	}
	e.SessionID = nameOf(data.Get("ThreadId"))
	e.Model = firstFilled(r.model, data.Get("ModelTransparencyDetails").Index(0).Get("ModelName"))
	r.messages(d, e, data.Get("Messages"))
	r.resources(d, e, data.Get("AccessedResources"))
	if e.Destination == nil {
		e.Destination = nameOf(data.Get("Contexts").Index(0).Get("Id")) // what the user had open
	}
}

// maxMessages bounds how many ids of messages one event names.
const maxMessages = 64

// messages takes the messages, which have no text: the id of the prompt is that
// of the event's message, the others follow.
func (r *unifiedRecord) messages(d *Decoder, e *Event, list jsontape.Value) {
	n := 0
	for m := range list.Elements() {
		prompt := truth(firstMember(m, "isPrompt", "IsPrompt"))
		id := nameOf(firstMember(m, "Id", "ID"))
		switch {
		case id == nil:
		case e.MessageID == nil && prompt.V:
			e.MessageID = id
		case n < maxMessages:
			e.OtherIDs = append(e.OtherIDs, ID{"message_id", id})
			n++
		}
		if prompt.OK && !prompt.V {
			e.Outcome = OutcomeSuccess
		}
		if jailbreak := truth(m.Get("JailbreakDetected")); jailbreak.V {
			e.guarded(d, "detected", "JailbreakDetected")
		}
	}
}

// firstMember returns the member with one of two spellings of a name.
func firstMember(v jsontape.Value, a, b string) jsontape.Value {
	if m := v.Get(a); m.Exists() {
		return m
	}
	return v.Get(b)
}

// resources takes the files, sites and messages that Copilot read for its
// reply. The destination is the first of them that has an address. PolicyDetails
// are there when a policy kept a resource from it.
func (r *unifiedRecord) resources(d *Decoder, e *Event, list jsontape.Value) {
	if list.Kind() != jsontape.Array || list.Len() == 0 {
		return
	}
	e.Retrieved = rawJSON(d, list)
	var other Text
	for res := range list.Elements() {
		setName(&e.Destination, res.Get("SiteUrl").Text())
		setName(&other, firstText(firstMember(res, "Id", "ID"), res.Get("Name")))
		if found := truth(res.Get("XPIADetected")); found.V {
			e.guarded(d, "detected", "XPIADetected")
		}
		if policy := res.Get("PolicyDetails"); policy.Len() > 0 || len(policy.Text()) > 0 {
			e.guarded(d, "restricted", "PolicyDetails")
		}
	}
	setName(&e.Destination, other)
}

// guarded notes what the classifier or policy that a member of the record stands
// for did. That a classifier detected something does not say that it stopped it.
func (e *Event) guarded(d *Decoder, action, member string) {
	setText(&e.GuardrailAction, word(d, action))
	for _, p := range e.GuardrailPolicies {
		if bytes.Equal(p, []byte(member)) {
			return
		}
	}
	e.GuardrailPolicies = append(e.GuardrailPolicies, word(d, member))
}
