package formats

import (
	"bytes"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// Tracing systems (Langfuse, LangSmith, MLflow) record the steps of an
// application: calls of models, tools and retrievers, and the functions around
// them. What went in and out is written in whatever shape the framework of the
// application has: a provider's body, LangChain's messages, those of the Vercel
// AI SDK or of the OpenTelemetry conventions, plain text, or the arguments of a
// function. A shape that is none of a conversation is kept as its JSON.

// step is what is known of a step before its input and output are read.
type step struct {
	name   Text // of the tool, where the step is one
	dialog bool // plain text is said by a user and answered, not passed to a function
	quoted bool // the export quotes every payload as JSON, plain text too
}

// open returns the value that a payload holds or, when it is no JSON, its text.
// The value is valid until the next payload is opened.
func (s step) open(d *Decoder, payload jsontape.Value) (v jsontape.Value, text Text) {
	if payload.Kind() != jsontape.String {
		return payload, nil
	}
	return s.openText(d, payload.Text())
}

// openText opens the text of a payload. Each quoting doubles the backslashes,
// so that there is room for few.
func (s step) openText(d *Decoder, text Text) (jsontape.Value, Text) {
	for {
		at := skipBlank(text, 0)
		if at == len(text) || text[at] != '{' && text[at] != '[' && (!s.quoted || text[at] != '"') {
			return jsontape.Value{}, text
		}
		if d.Nested.Parse(text) != nil {
			return jsontape.Value{}, text
		}
		v := d.Nested.Root()
		if v.Kind() != jsontape.String {
			return v, nil
		}
		text = v.Text()
	}
}

// unquoted returns the object or list in a cell of a table, where it is a
// string, or the value itself. It is valid until the next one is opened.
func unquoted(d *Decoder, v jsontape.Value) jsontape.Value {
	v, _ = step{}.open(d, v)
	return v
}

// addInput adds what went into a step to e, whose kind is set.
func (s step) addInput(d *Decoder, e *Event, payload jsontape.Value) {
	v, text := s.open(d, payload)
	s.addOpenInput(d, e, v, text)
}

// addOpenInput adds an input as it was opened.
func (s step) addOpenInput(d *Decoder, e *Event, v jsontape.Value, text Text) {
	if q := v.Get("query").Text(); e.Kind == KindRetrieval && q != nil {
		text = q
	}
	switch {
	case text == nil && isNothing(v), text != nil && len(text) == 0:
	case e.Kind == KindTool:
		if text == nil {
			text = rawJSON(d, v)
		}
		e.AddInput(nil).Add(Part{Type: PartToolCall, Name: s.name, JSON: text})
	case text != nil:
		e.AddInput(s.role(d, "user")).Add(Part{Type: PartText, Text: text})
	case e.Kind == KindInference || e.Kind == KindEmbedding:
		addModelInput(d, e, v)
	default:
		addAnyPayload(d, &e.Input, v)
	}
}

// addOutput adds what came out of a step.
func (s step) addOutput(d *Decoder, e *Event, payload jsontape.Value) {
	v, text := s.open(d, payload)
	s.addOpenOutput(d, e, v, text)
}

// addOpenOutput adds an output as it was opened.
func (s step) addOpenOutput(d *Decoder, e *Event, v jsontape.Value, text Text) {
	switch {
	case text == nil && isNothing(v), text != nil && len(text) == 0:
	case e.Kind == KindTool:
		addToolOutput(d, e, s.name, v, text)
	case text != nil:
		e.AddOutput(s.role(d, "assistant")).Add(Part{Type: PartText, Text: text})
	case e.Kind == KindInference:
		addModelOutput(d, e, v)
	case e.Kind == KindRetrieval:
		setText(&e.Retrieved, rawJSON(d, documentsOf(v)))
	case e.Kind == KindEmbedding: // vectors: their size says enough
		e.AddOutput(nil).Add(blobOf(d, word(d, "application/json"), len(v.Raw())))
	default:
		addAnyPayload(d, &e.Output, v)
	}
}

// isUnset reports whether a member says nothing: tables and some exports have
// an empty string where there is no value.
func isUnset(v jsontape.Value) bool {
	return v.Kind() == jsontape.Null || v.Kind() == jsontape.String && len(v.Raw()) == 2
}

// isNothing reports whether a payload is absent.
func isNothing(v jsontape.Value) bool {
	return v.Kind() == jsontape.Missing || v.Kind() == jsontape.Null
}

// role returns the role of plain text: nil where it is not said by anybody.
func (s step) role(d *Decoder, name string) Text {
	if !s.dialog {
		return nil
	}
	return word(d, name)
}

// documentsOf returns the documents of a retrieval: a list, or the member that
// holds it.
func documentsOf(v jsontape.Value) jsontape.Value {
	for _, key := range [...]string{"documents", "output", "results"} {
		if list := v.Get(key); list.Kind() == jsontape.Array {
			return list
		}
	}
	return v
}

// addToolOutput adds what a tool gave back. LangChain wraps it into a message
// that names the call.
func addToolOutput(d *Decoder, e *Event, name Text, v jsontape.Value, text Text) {
	if o := v.Get("output"); o.Exists() && v.Len() == 1 {
		v = o
	}
	if text == nil && chainKind(v) != chainNone {
		addFrameworkMessage(d, &e.Output, v)
		return
	}
	p := Part{Type: PartToolResponse, Name: name, Text: text}
	if text == nil {
		p.Text, p.JSON = toolResult(d, v)
	}
	e.AddOutput(word(d, "tool")).Add(p)
}

// addModelInput adds the request to a model: a list of messages, an object with
// one, or a provider's body.
func addModelInput(d *Decoder, e *Event, v jsontape.Value) {
	if v.Kind() == jsontape.Array {
		addFrameworkList(d, &e.Input, v)
		return
	}
	messages := v.Get("messages")
	if messages.Kind() != jsontape.Array {
		// Decorators of functions record {"args": [...], "kwargs": {...}}.
		if args := v.Get("args"); args.Len() == 1 && args.Index(0).Kind() == jsontape.String && v.Get("kwargs").Len() == 0 {
			addUser(d, e, args)
			return
		}
		decodeRequestBody(d, e, v)
		return
	}
	var p params
	for key, m := range v.Members() {
		switch string(key) {
		case "system", "instructions":
			addSystem(d, e, m)
		case "tools", "functions":
			if m.Len() > 0 {
				setText(&e.ToolDefinitions, rawJSON(d, m))
			}
		case "model":
			setName(&e.Model, m.Text())
		case "stream":
			if b, ok := m.Bool(); ok {
				e.Stream = BoolOf(b)
			}
		default:
			p.set(key, m)
		}
	}
	addFrameworkList(d, &e.Input, messages)
	setText(&e.Parameters, p.json(d))
}

// addModelOutput adds the reply of a model. A reply in no known shape is one
// that the application asked for as JSON: its text is that JSON.
func addModelOutput(d *Decoder, e *Event, v jsontape.Value) {
	switch {
	case v.Kind() == jsontape.Array:
		if !isMessage(v.Index(0)) {
			addReplyJSON(d, e, v)
			return
		}
		addFrameworkList(d, &e.Output, v)
	case v.Get("generations").Kind() == jsontape.Array:
		addGenerations(d, e, v)
	case isReplyBody(v):
		decodeResponseBody(d, e, v)
	case isMessage(v):
		addFrameworkMessage(d, &e.Output, v)
	case isMessage(v.Get("messages").Index(0)):
		addFrameworkList(d, &e.Output, v.Get("messages"))
	case isMessage(v.Get("output")):
		addFrameworkMessage(d, &e.Output, v.Get("output"))
	case v.Get("text").Kind() == jsontape.String && v.Get("finishReason").Exists(), v.Get("toolCalls").Kind() == jsontape.Array:
		addVercelReply(d, e, v)
	default:
		addReplyJSON(d, e, v)
		return
	}
	for m := range replies(v) {
		readChainReply(e, m)
	}
	fillChainUsage(e, v.Get("usage_metadata")) // the SDK of LangSmith adds it to bodies, too
	for i := range e.Output {
		setText(&e.FinishReason, e.Output[i].FinishReason)
	}
}

// addReplyJSON adds a reply that is JSON and nothing else.
func addReplyJSON(d *Decoder, e *Event, v jsontape.Value) {
	e.AddOutput(word(d, "assistant")).Add(Part{Type: PartText, Text: rawJSON(d, v)})
}

// isReplyBody reports whether an object is the reply of a provider's API,
// rather than a message or the data that an application asked for.
func isReplyBody(v jsontape.Value) bool {
	for key, m := range v.Members() {
		switch string(key) {
		case "choices", "candidates":
			if m.Kind() == jsontape.Array {
				return true
			}
		case "stop_reason", "stopReason", "done_reason", "usage":
			return true
		}
	}
	return false
}

// addAnyPayload adds what went in or out of a step that is no call of a model:
// the messages in it, or else its JSON.
func addAnyPayload(d *Decoder, list *[]Message, v jsontape.Value) {
	if v.Kind() == jsontape.Array {
		addFrameworkList(d, list, v)
		return
	}
	for _, key := range [...]string{"messages", "output"} {
		switch m := v.Get(key); {
		case m.Kind() == jsontape.Array && isMessage(m.Index(0)):
			addFrameworkList(d, list, m)
			return
		case isMessage(m):
			addFrameworkMessage(d, list, m)
			return
		}
	}
	if isMessage(v) {
		addFrameworkMessage(d, list, v)
		return
	}
	addMessage(list, nil).Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
}

// setUTC is [Decoder.SetTime] for a log whose times are in UTC where they name
// no zone.
func (d *Decoder) setUTC(e *Event, field string, v jsontape.Value) {
	zone := d.AssumeTZ
	d.AssumeTZ = time.UTC
	d.SetTime(e, field, v)
	d.AssumeTZ = zone
}

// utc reads such a time without setting it.
func (d *Decoder) utc(v jsontape.Value) Time {
	zone := d.AssumeTZ
	d.AssumeTZ = time.UTC
	t, _, _ := d.time(v)
	d.AssumeTZ = zone
	return t
}

// since returns the microseconds from one time to another; NULL when either is
// missing or they are the wrong way round.
func since(start, end Time) Int {
	if !start.OK || !end.OK || end.Micros < start.Micros {
		return Int{}
	}
	return IntOf(end.Micros - start.Micros)
}

// looseInt returns an integer that a table may hold as a string.
func looseInt(v jsontape.Value) Int {
	n, ok := scaled(scalar(v), 0, false)
	return Int{n, ok}
}

// looseUSD returns a price, a number or a string, in units of 1e-9 USD.
func looseUSD(v jsontape.Value) Int {
	n, ok := scaled(scalar(v), 9, true)
	return Int{n, ok}
}

// replaceTokens sets the token columns to what the log itself counted, which is
// never mixed with what bodies do; where the log has no count those of the bodies
// stay. Where the body counts as much as the log with its cache added, the log
// counts without it.
func (u *usage) replaceTokens(e *Event) {
	if !u.input.OK && !u.output.OK {
		u.fill(e)
		return
	}
	input, output := u.whole()
	if sum := plus(u.input, u.cacheRead, u.cacheWrite); sum == e.InputTokens {
		input = sum
	}
	e.InputTokens, e.OutputTokens = input, output
	e.CacheReadTokens, e.CacheWriteTokens, e.ReasoningTokens = u.cacheRead, u.cacheWrite, u.reasoning
}

// stepState says how much of a step's content is there.
func stepState(e *Event) ContentState {
	in, out := len(e.Input) > 0, len(e.Output) > 0 || e.Retrieved != nil
	switch {
	case in && out:
		return ContentPresent
	case in || out:
		return ContentPartial
	}
	return ContentNotLogged
}

// summariseStep sets the texts of a step. What an agent gives back is often the
// whole conversation: its response is then what was said last.
func summariseStep(e *Event) {
	e.Summarise()
	last, history := -1, false
	for i := range e.Output {
		switch m := &e.Output[i]; {
		case roleOf(m.Role) != roleOther:
			history = true
		case string(m.Role) == "assistant" && hasText(m):
			last = i
		}
	}
	if !history {
		return
	}
	e.Response = nil
	if last >= 0 {
		var response joined
		response.addAll(&e.Output[last], PartText)
		e.Response = response.text
	}
}

// errorClass returns the class of an exception of Python or JavaScript at the
// start of a text such as RateLimitError("..."); nil when there is none.
func errorClass(text []byte) Text {
	n := 0
	for n < len(text) && n < maxErrorClass && (text[n]|0x20 >= 'a' && text[n]|0x20 <= 'z' || text[n] == '.' || text[n] == '_' || text[n]-'0' <= 9) {
		n++
	}
	class := text[:n]
	if bytes.HasSuffix(class, []byte("Error")) || bytes.HasSuffix(class, []byte("Exception")) {
		return class
	}
	return nil
}

// maxErrorClass bounds the name of an exception with its module.
const maxErrorClass = 100

// classOutcome sorts an exception of the SDKs of OpenAI and Anthropic, which
// share the names, or an error code of a provider.
func classOutcome(class []byte) Outcome {
	if at := bytes.LastIndexByte(class, '.'); at >= 0 {
		class = class[at+1:]
	}
	switch string(class) {
	case "RateLimitError", "OverloadedError":
		return OutcomeThrottled
	case "AuthenticationError", "PermissionDeniedError", "PermissionError":
		return OutcomeDenied
	}
	return providerOutcome(class)
}
