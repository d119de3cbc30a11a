package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// assignment fills one event of the jsonl format, value by value.
type assignment struct {
	d    *Decoder
	e    *Event
	kind bool // a map set the kind
}

// fillOrder is every target that a value can fill, in the order in which they
// are filled: what is said before what came back, whole bodies after the
// columns, which win over them.
var fillOrder = func() []target { //nolint:gochecknoglobals // a list that nobody changes, taken from that of the columns
	var before, content []target
	for i := range columns {
		switch columns[i].Name {
		case "system_prompt", "input_messages", "prompt", "reasoning", "output_messages", "response":
		default:
			before = append(before, target(i))
		}
	}
	for _, name := range []string{
		"system_prompt", "input_messages", "prompt", nameRequestBody, "reasoning", "output_messages", "response", nameResponseBody,
	} {
		t, _ := targetByName(name)
		content = append(content, t)
	}
	return append(before, content...)
}()

// set fills a target from a value and reports whether it could. The field is
// where the value stands in the record.
func (a *assignment) set(to target, v jsontape.Value, u unit, field string) bool {
	if k := v.Kind(); k == jsontape.Missing || k == jsontape.Null {
		return false
	}
	d, e := a.d, a.e
	switch to {
	case targetRequest:
		if len(e.Input) > 0 {
			return false // the messages are there already, and would be doubled
		}
		e.keepBody(v)
		decodeRequestBody(d, e, v)
		return true
	case targetResponse:
		if len(e.Output) > 0 {
			return false
		}
		decodeResponseBody(d, e, v)
		return true
	}
	c := &columns[to]
	switch c.Name {
	case "ts":
		t, p, problem := d.timeIn(v, u)
		e.TS, e.TSPrecision, e.TSSource = t, p, d.timeSource(field, problem)
		return problem == ""
	case "outcome":
		o := outcomeOf(v)
		if o == "" {
			return false
		}
		e.Outcome = o
		return true
	case "finish_reason":
		if v.Kind() == jsontape.Array {
			v = v.Index(0)
		}
	case "kind":
		if !c.assign(d, e, v, u) {
			return false
		}
		a.kind = true
		return true
	case "system_prompt", "prompt", "reasoning", "response":
		return a.setContent(c.Name, v)
	}
	return c.assign(d, e, v, u)
}

// setContent adds a content column as messages: the texts of an event are made
// from its messages, so that no text can stand in one and be missing in the
// other.
func (a *assignment) setContent(column string, v jsontape.Value) bool {
	d, e := a.d, a.e
	switch column {
	case "system_prompt":
		addSystem(d, e, v)
	case "prompt":
		if a.hasTurn() {
			return false
		}
		if v.Kind() == jsontape.Array {
			return setMessages(d, &e.Input, v)
		}
		if body := bodyInText(d.innerDoc(), targetRequest, v); body.Exists() {
			decodeRequestBody(d, e, body)
		} else {
			addUser(d, e, v)
		}
	case "reasoning":
		addContent(d, e.AddOutput(word(d, "assistant")), v)
		m := &e.Output[len(e.Output)-1]
		for i := range m.Parts {
			if m.Parts[i].Type == PartText {
				m.Parts[i].Type = PartReasoning
			}
		}
	case "response":
		return a.setResponse(v)
	}
	return true
}

// hasTurn reports whether the input has more than a system prompt.
func (a *assignment) hasTurn() bool {
	for i := range a.e.Input {
		if roleOf(a.e.Input[i].Role) != roleSystem {
			return true
		}
	}
	return false
}

// setResponse adds a reply: a text, to the message that holds the reasoning
// when there is one; choices; messages; or a whole body, which the cell of a
// table holds as a text.
func (a *assignment) setResponse(v jsontape.Value) bool {
	d, e := a.d, a.e
	said := len(e.Output) > 0 && len(e.Output[len(e.Output)-1].Parts) > 0
	thought := said && e.Output[0].Parts[0].Type == PartReasoning && len(e.Output) == 1
	if said && !thought {
		return false
	}
	switch v.Kind() {
	case jsontape.Array:
		if first := v.Index(0); first.Get("message").Exists() || first.Get("text").Exists() && !first.Get("type").Exists() {
			addChoices(d, e, v)
			return true
		}
		return setMessages(d, &e.Output, v)
	case jsontape.Object:
		decodeResponseBody(d, e, v)
		return true
	case jsontape.String:
		if body := bodyInText(d.innerDoc(), targetResponse, v); body.Exists() {
			decodeResponseBody(d, e, body)
			return true
		}
	}
	if thought {
		addContent(d, &e.Output[0], v)
	} else {
		addContent(d, e.AddOutput(word(d, "assistant")), v)
	}
	return true
}

// finish sets what follows from the other columns.
func (a *assignment) finish() {
	e := a.e
	if e.UserAgent != nil && e.Client == "" {
		e.Client = a.d.clientOf(e.UserAgent)
	}
	if e.Outcome == "" && e.HTTPStatus.OK {
		e.Outcome = outcomeOfStatus(e.HTTPStatus.V)
	}
	if e.Outcome == "" && (len(e.ErrorCode) > 0 || len(e.ErrorMessage) > 0) {
		e.Outcome = OutcomeError
	}
	e.settleFinish()
	if e.FinishReason != nil && len(e.Output) == 1 && e.Output[0].FinishReason == nil {
		e.Output[0].FinishReason = e.FinishReason
	}
	e.Summarise()

	in, out := len(e.Input) > 0, len(e.Output) > 0
	usage := e.InputTokens.OK || e.OutputTokens.OK
	if !a.kind && e.Kind == KindOther && len(e.Model) > 0 && (in || out || usage) {
		e.Kind = KindInference
	}
	if e.Plane == "" && (e.Kind == KindInference || e.Kind == KindEmbedding) {
		e.Plane = PlaneContent
	}
	if e.ContentState != "" {
		return
	}
	switch {
	case in && out:
		e.ContentState = ContentPresent
	case in || out:
		e.ContentState = ContentPartial
	case e.Kind == KindInference || e.Kind == KindEmbedding:
		e.ContentState = ContentNotLogged
	}
}
