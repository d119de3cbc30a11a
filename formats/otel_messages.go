package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// addMessages adds what was said, from the newest of the dialects that the
// attributes speak: messages as structures, or flat lists, or one attribute of
// JSON or text. Instrumentations in transition write several, which repeat each
// other.
func (s *otelAttributes) addMessages() {
	d, e := s.d, s.e
	s.addSystem(s.system)
	s.addStructured(&e.Input, s.input)
	s.addStructured(&e.Output, s.output)
	s.addFlat()
	if !s.hasTurn() {
		addLegacy(d, &e.Input, "user", s.prompt)
	}
	if len(e.Output) == 0 {
		addLegacy(d, &e.Output, "assistant", s.completion)
	}
	if t := s.query.text(); t != nil && !s.hasTurn() {
		e.AddInput(word(d, "user")).Add(Part{Type: PartText, Text: t})
	}
	setText(&e.ToolDefinitions, s.toolDefinitions.json(d))
	setText(&e.Retrieved, s.documents.json(d))
	s.addParameters()
}

// hasTurn reports whether the input has more than a system prompt.
func (s *otelAttributes) hasTurn() bool {
	a := assignment{e: s.e}
	return a.hasTurn()
}

// addSystem adds the instructions that are given apart from the messages: a
// list of parts, or a text.
func (s *otelAttributes) addSystem(a attr) {
	if !a.exists() {
		return
	}
	d := s.d
	v := a.parsed(d, &d.Nested)
	m := s.e.AddInput(word(d, "system"))
	if v.Kind() != jsontape.Array {
		s.dropped = s.dropped || looksComposite(a.v.Text())
		m.Add(Part{Type: PartText, Text: a.json(d)})
		return
	}
	for p := range v.Elements() {
		if p.Kind() == jsontape.String {
			m.Add(Part{Type: PartText, Text: p.Text()})
		} else {
			m.Add(otelPart(d, p))
		}
	}
}

// addStructured adds messages in the form of the conventions, or a text that
// should have held them: cut JSON, where an SDK limits the length of values.
func (s *otelAttributes) addStructured(list *[]Message, a attr) {
	if !a.exists() {
		return
	}
	d := s.d
	v := a.parsed(d, &d.Nested)
	switch v.Kind() {
	case jsontape.Array:
		for m := range v.Elements() {
			addAnyMessage(d, list, m)
		}
	case jsontape.Object:
		addAnyMessage(d, list, v)
	default:
		s.dropped = s.dropped || looksComposite(a.v.Text())
		addMessage(list, nil).Add(Part{Type: PartOther, Text: a.text()})
	}
}

// addLegacy adds gen_ai.prompt or gen_ai.completion: JSON of whatever shape the
// instrumentation chose, or the text itself.
func addLegacy(d *Decoder, list *[]Message, role string, a attr) {
	if !a.exists() {
		return
	}
	v := a.parsed(d, &d.Nested)
	if inner := v.Get("messages"); inner.Kind() == jsontape.Array {
		v = inner
	}
	switch {
	case v.Kind() == jsontape.Array && isTurn(v.Index(0)):
		for m := range v.Elements() {
			addAnyMessage(d, list, m)
		}
	case isTurn(v):
		addAnyMessage(d, list, v)
	case a.text() != nil:
		addMessage(list, word(d, role)).Add(Part{Type: PartText, Text: a.text()})
	default:
		addMessage(list, word(d, role)).Add(Part{Type: PartOther, JSON: a.json(d)})
	}
}

// isTurn reports whether an object is a message.
func isTurn(v jsontape.Value) bool {
	return v.Get("role").Kind() == jsontape.String && (v.Get("content").Exists() || v.Get("parts").Exists() || v.Get("tool_calls").Exists())
}

// addValues adds input.value and output.value of OpenInference, and what
// OpenLLMetry calls the input and output of an entity, where the attributes have
// no messages. Those of a model call hold the bodies of a provider when they
// are JSON; what other spans pass around is kept as it is.
func (s *otelAttributes) addValues() {
	d, e := s.d, s.e
	if s.inputValue.exists() && !s.hasTurn() {
		if body := s.bodyOf(s.inputValue, s.inputMime); body.Exists() {
			decodeRequestBody(d, e, body)
		} else {
			addValue(d, e.AddInput(word(d, "user")), s.inputValue, s.inputMime)
		}
	}
	if s.outputValue.exists() && len(e.Output) == 0 {
		if body := s.bodyOf(s.outputValue, s.outputMime); body.Exists() {
			decodeResponseBody(d, e, body)
		} else {
			addValue(d, e.AddOutput(word(d, "assistant")), s.outputValue, s.outputMime)
		}
	}
}

// bodyOf returns the body that the value of a model call holds as JSON.
func (s *otelAttributes) bodyOf(a attr, mime Text) jsontape.Value {
	if s.e.Kind != KindInference && s.e.Kind != KindEmbedding || string(mime) != mimeJSON {
		return jsontape.Value{}
	}
	v := a.parsed(s.d, &s.d.Nested)
	if v.Kind() != jsontape.Object {
		return jsontape.Value{}
	}
	return v
}

// addValue adds a value as a text, or as the JSON that it says it is.
func addValue(d *Decoder, m *Message, a attr, mime Text) {
	t := a.text()
	if t != nil && string(mime) != mimeJSON {
		m.Add(Part{Type: PartText, Text: t})
		return
	}
	m.Add(Part{Type: PartOther, JSON: a.json(d)})
}

// addTool adds what a tool was given and what it gave back, in the words of the
// messages that asked for it.
func (s *otelAttributes) addTool() {
	d, e := s.d, s.e
	in, out := s.toolArguments, s.toolResult
	if !in.exists() {
		in = s.inputValue
	}
	if !out.exists() {
		out = s.outputValue
	}
	name := s.toolName
	if name == nil && !s.genAI {
		name = s.name
	}
	if len(e.Input) == 0 && (in.exists() || name != nil || s.toolID != nil) {
		e.AddInput(word(d, "assistant")).Add(Part{Type: PartToolCall, ID: s.toolID, Name: name, JSON: in.json(d)})
	}
	if len(e.Output) == 0 && out.exists() {
		e.AddOutput(word(d, "tool")).Add(toolResponse(d, s.toolID, name, out))
	}
}

// toolResponse returns what a tool gave back: a text, a list of blocks that may
// stand in a text, or a structure.
func toolResponse(d *Decoder, id, name Text, a attr) Part {
	p := Part{Type: PartToolResponse, ID: id, Name: name, Text: a.text()}
	switch blocks := a.opened(d); {
	case blocks.wrap == wrapNone && blocks.v.Kind() == jsontape.Array && isBlock(blocks.v.Index(0)):
		p.Text, p.JSON = toolResult(d, blocks.v)
	case p.Text == nil:
		p.JSON = a.json(d)
	}
	return p
}

// addParameters sets the sampling parameters: one attribute each, or the JSON
// of llm.invocation_parameters.
func (s *otelAttributes) addParameters() {
	d, e := s.d, s.e
	if v := s.parameters.parsed(d, &d.Nested); v.Kind() == jsontape.Object {
		var p params
		p.readAll(v)
		setText(&e.Parameters, p.json(d))
		if b, ok := v.Get("stream").Bool(); ok && !e.Stream.OK {
			e.Stream = BoolOf(b)
		}
		if t := v.Get("tools"); t.Kind() == jsontape.Array {
			setText(&e.ToolDefinitions, rawJSON(d, t))
		}
	}
	n := 0
	for i := range s.params {
		if s.params[i].exists() {
			n += len(paramName(i)) + len(`"":,`) + len(s.params[i].v.Raw()) + 2
		}
	}
	if n == 0 {
		return
	}
	out := append(d.Arena.Bytes(n + 2)[:0], '{')
	for i := range s.params {
		if s.params[i].exists() {
			out = appendKey(out, paramName(i))
			out = s.params[i].appendJSON(d, out, 0)
		}
	}
	e.Parameters = append(out, '}')
}

// addAttrContent adds the content of a message: a text, blocks, or blocks that
// were written into a text.
func addAttrContent(d *Decoder, m *Message, a attr) {
	if !a.exists() {
		return
	}
	t := a.text()
	if t != nil && !looksComposite(t) {
		m.Add(Part{Type: PartText, Text: t})
		return
	}
	v := a.parsed(d, d.innerDoc())
	if t != nil && !isBlock(v.Index(0)) {
		m.Add(Part{Type: PartText, Text: t})
		return
	}
	if v.Exists() {
		addContent(d, m, v)
		return
	}
	m.Add(Part{Type: PartOther, JSON: a.json(d)})
}

// isBlock reports whether an object is a content block of a provider.
func isBlock(v jsontape.Value) bool {
	return v.Get("type").Kind() == jsontape.String || hasMember(v, "text", "toolUse", "toolResult", "image", "document")
}

// Messages were events for a while (semantic conventions 1.28 to 1.36): events
// of a span, or log records that carry its ids.

// The names of the events of the conventions.
const (
	eventDetails    = "gen_ai.client.inference.operation.details"
	eventException  = "exception"
	eventPrompt     = "gen_ai.content.prompt" // 1.26 and 1.27
	eventCompletion = "gen_ai.content.completion"
)

// The names of the events that OpenLLMetry makes of what a vector store found.
const (
	eventQueryResult  = "db.query.result"
	eventSearchResult = "db.search.result"
)

// addResult adds a document that a vector store found.
func (s *otelAttributes) addResult(attributes attr) {
	f := flatAttr{list: flatDocuments, index: int32(len(s.d.otel.flat))}
	for key, v := range attributes.members() {
		name := key[bytes.LastIndexByte(key, '.')+1:]
		if string(name) == "document" {
			name = []byte("content")
		}
		if f.field, f.value = documentField(name), v; f.field != fieldNone {
			s.d.otel.flat = append(s.d.otel.flat, f)
		}
	}
}

// messageRoleOf returns the role of a message event by its name, and whether it
// is part of the output; "" for other events.
func messageRoleOf(name []byte) (role string, output bool) {
	switch string(name) {
	case "gen_ai.system.message":
		return "system", false
	case "gen_ai.user.message":
		return "user", false
	case "gen_ai.assistant.message":
		return "assistant", false
	case "gen_ai.tool.message":
		return "tool", false
	case "gen_ai.choice":
		return "assistant", true
	}
	return "", false
}

// said is what a message event says.
type said struct {
	role, name, id, finish  Text
	content, message, calls attr
	body                    attr // the whole message in one attribute
	prompt, completion      attr
}

// read takes the members of the body of an event, or its attributes.
func (f *said) read(a attr) {
	for key, v := range a.members() {
		f.set(key, v)
	}
}

func (f *said) set(key []byte, a attr) {
	switch string(key) {
	case "role":
		f.role = a.text()
	case "name":
		f.name = a.text()
	case "id", "tool_call_id":
		f.id = a.text()
	case "finish_reason":
		f.finish = a.text()
	case "content":
		f.content = a
	case "message":
		f.message = a
	case "tool_calls":
		f.calls = a
	case "gen_ai.event.content", "event.body":
		f.body = a
	case "gen_ai.prompt":
		f.prompt = a
	case "gen_ai.completion":
		f.completion = a
	}
}

// open takes a body apart that was written into one attribute, and the message
// of a choice.
func (f *said) open(d *Decoder) {
	if body := f.body.opened(d); body.composite() {
		f.read(body)
	} else if !f.content.exists() {
		f.content = f.body
	}
	switch message := f.message.opened(d); {
	case isObject(message):
		f.read(message)
	case !f.content.exists(): // a text, or blocks
		f.content = f.message
	}
}

// isObject reports whether a value is an object, however it is written.
func isObject(a attr) bool {
	return a.wrap == wrapPairs || a.wrap == wrapNone && a.v.Kind() == jsontape.Object
}

// add adds the message to a list, unless the event says nothing: its content is
// opt-in.
func (f *said) add(d *Decoder, list *[]Message, role string) {
	if !f.content.exists() && !f.calls.exists() {
		return
	}
	if f.role == nil {
		f.role = word(d, role)
	}
	m := addMessage(list, f.role)
	m.FinishReason = f.finish
	if role == "tool" {
		m.Add(toolResponse(d, f.id, f.name, f.content))
		return
	}
	addAttrContent(d, m, f.content)
	if f.calls.exists() {
		addToolCalls(d, m, f.calls.parsed(d, d.innerDoc()))
	}
}

// addEvent adds the message of an event of a span.
func (s *otelAttributes) addEvent(name []byte, attributes attr, in, out bool) {
	d, e := s.d, s.e
	role, output := messageRoleOf(name)
	legacy := string(name) == eventPrompt || string(name) == eventCompletion
	if role == "" && !legacy {
		return
	}
	s.genAI = true
	var f said
	f.read(attributes)
	switch {
	case legacy && in && f.prompt.exists():
		addLegacy(d, &e.Input, "user", f.prompt)
	case legacy && out && f.completion.exists():
		addLegacy(d, &e.Output, "assistant", f.completion)
	case role == "":
	case output && out:
		f.open(d)
		f.add(d, &e.Output, role)
		setText(&e.FinishReason, f.finish)
	case !output && in:
		f.open(d)
		f.add(d, &e.Input, role)
	}
}

// hasRedaction reports whether a text is the mark that the instrumentations of
// OpenInference leave where they hid a value (spec/configuration.md).
func hasRedaction(msgs []Message) bool {
	for i := range msgs {
		for j := range msgs[i].Parts {
			p := &msgs[i].Parts[j]
			if bytes.Equal(p.Text, []byte("__REDACTED__")) || bytes.Equal(p.JSON, []byte(`"__REDACTED__"`)) {
				return true
			}
		}
	}
	return false
}
