package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The chunks of streams whose providers have shapes of their own.

// whole adds the parts of a message that came in one piece, in place of what
// came of it before.
func (m *foldMessage) whole(parts []Part) {
	m.blocks = m.blocks[:0]
	for i, p := range parts {
		m.push(p, int64(i))
	}
}

// openAIResponse takes an event of OpenAI's responses, and reports whether it
// is one (platform.openai.com/docs/api-reference/responses-streaming). Items
// come piece by piece and once more whole, with the response at the end: what
// is whole stands in place of the pieces.
func (f *fold) openAIResponse(k *chunkMembers, c jsontape.Value) bool {
	if string(k.typ) == "error" && !k.failure.Exists() { // others wrap it in a member error
		readFailure(f.d, f.e, c)
		return true
	}
	name, ok := bytes.CutPrefix(k.typ, []byte("response."))
	if !ok {
		return false
	}
	index, _ := c.Get("output_index").Int()
	switch string(name) {
	case "created", "in_progress", "queued":
		f.began = true
		setName(&f.e.ResponseID, k.response.Get("id").Text())
		setName(&f.e.ModelResponse, k.response.Get("model").Text())
	case "completed", "incomplete", "failed":
		f.openAIFinal(k.response)
	case "output_item.added", "output_item.done":
		f.openAIItem(index, c.Get("item"), string(name) == "output_item.done")
	case "output_text.delta", "refusal.delta":
		part, _ := c.Get("content_index").Int()
		f.message(index).add(PartText, part, k.delta)
	case "reasoning_summary_text.delta", "reasoning_text.delta":
		part, _ := firstValue(c.Get("summary_index"), c.Get("content_index")).Int()
		f.message(index).add(PartReasoning, part, k.delta)
	case "function_call_arguments.delta", "custom_tool_call_input.delta", "mcp_call_arguments.delta":
		f.message(index).add(PartToolCall, 0, k.delta)
	}
	return true
}

// openAIItem takes an item of a response as it begins or when it is done.
func (f *fold) openAIItem(index int64, item jsontape.Value, done bool) {
	m := f.message(index)
	if role := item.Get("role").Text(); len(role) > 0 {
		m.role = role
	}
	if done {
		var list []Message
		addMessageValue(f.d, &list, item)
		m.whole(list[0].Parts)
		return
	}
	switch string(item.Get("type").Text()) {
	case "function_call", "custom_tool_call":
		b := m.block(PartToolCall, 0)
		b.part.ID, b.part.Name = item.Get("call_id").Text(), item.Get("name").Text()
	}
}

// openAIFinal takes the response that ends a stream.
func (f *fold) openAIFinal(v jsontape.Value) {
	var r responseBody
	r.read(f.d, f.e, v)
	setName(&f.e.ResponseID, r.id)
	f.usage = r.usage
	f.stop, f.ended = r.reason(), true
	readFailure(f.d, f.e, r.failure)
	if r.output.Len() == 0 {
		return // what came in pieces is all there is
	}
	f.msgs = f.msgs[:0]
	index := int64(0)
	for item := range r.output.Elements() {
		f.openAIItem(index, item, true)
		index++
	}
}

// thread takes an event of a run of OpenAI's assistants, and reports whether it
// is one. Only a run has the id and the usage of a reply; the messages that it
// writes come in pieces and once more whole.
func (f *fold) thread(k *chunkMembers, c jsontape.Value) bool {
	switch string(k.object) {
	case "thread.run":
		setName(&f.e.ResponseID, k.id)
		setSession(f.e, c.Get("thread_id").Text())
		f.began = true
		if t := c.Get("status").Text(); hasEnded(t) {
			f.stop, f.ended = t, true
		}
		readFailure(f.d, f.e, c.Get("last_error"))
		if calls := c.Path("required_action", "submit_tool_outputs", "tool_calls"); calls.Len() > 0 {
			var all Message
			addToolCalls(f.d, &all, calls)
			f.message(-1).whole(all.Parts)
		}
	case "thread.message":
		m := f.threadMessage(k.id)
		if role := c.Get("role").Text(); len(role) > 0 {
			m.role = role
		}
		if c.Get("content").Len() > 0 {
			var all Message
			addThreadContent(f.d, &all, c.Get("content"))
			m.whole(all.Parts)
		}
	case "thread.message.delta":
		m := f.threadMessage(k.id)
		for b := range k.delta.Get("content").Elements() {
			index, _ := b.Get("index").Int()
			m.add(PartText, index, b.Path("text", "value"))
		}
	case "thread", "thread.run.step", "thread.run.step.delta":
	default:
		return false
	}
	return true
}

// threadMessage returns the message with the id; a run writes one after the
// other.
func (f *fold) threadMessage(id Text) *foldMessage {
	if !bytes.Equal(f.turn, id) {
		f.turn = id
		f.turns++
	}
	return f.message(f.turns)
}

// cohereChat takes an event of Cohere's second chat API, and reports whether it
// is one (docs.cohere.com/v2/docs/streaming).
func (f *fold) cohereChat(k *chunkMembers) bool {
	message := k.delta.Get("message")
	switch string(k.typ) {
	case "message-start":
		f.message(0).role = message.Get("role").Text()
	case "content-start", "content-delta":
		m, content := f.message(0), message.Get("content")
		m.add(PartText, k.index, content.Get("text"))
		m.add(PartReasoning, k.index, content.Get("thinking"))
	case "tool-plan-delta":
		f.message(0).add(PartReasoning, -1, message.Get("tool_plan"))
	case "tool-call-start", "tool-call-delta":
		m, call := f.message(0), message.Get("tool_calls")
		if id := call.Get("id").Text(); len(id) > 0 {
			m.block(PartToolCall, k.index).part.ID = id
		}
		m.function(call.Get("function"), k.index)
	case "message-end":
		f.stopped(k.delta.Get("finish_reason"))
		f.usage.read(k.delta.Get("usage"))
		readFailure(f.d, f.e, k.delta.Get("error"))
	case "content-end", "tool-call-end", "citation-start", "citation-end", "debug":
	default:
		return false
	}
	return true
}

// ollama takes a line of a stream of Ollama: a message of /api/chat, or the text
// of /api/generate. It reports whether it is one.
func (f *fold) ollama(k *chunkMembers) bool {
	m := k.message
	switch {
	case k.response.Kind() == jsontape.String:
		f.message(0).add(PartText, 0, k.response)
		return true
	case m.Kind() != jsontape.Object || !m.Get("content").Exists() || len(k.typ) > 0:
		return false
	}
	to := f.message(0)
	if role := m.Get("role").Text(); len(role) > 0 {
		to.role = role
	}
	to.add(PartReasoning, 0, m.Get("thinking"))
	if t := m.Get("content").Text(); len(t) > 0 {
		to.add(PartText, 0, m.Get("content"))
	}
	for call := range m.Get("tool_calls").Elements() {
		to.function(call.Get("function"), int64(len(to.blocks)))
	}
	return true
}

// huggingFace takes an event of a text generation server: a token each, and the
// whole text with the last one or, without a stream, alone.
func (f *fold) huggingFace(k *chunkMembers) bool {
	if special, _ := k.token.Get("special").Bool(); !special {
		if t := k.token.Get("text"); t.Exists() {
			f.message(0).add(PartText, 0, t)
		}
	}
	if k.generated.Kind() == jsontape.String && len(f.msgs) == 0 {
		f.message(0).add(PartText, 0, k.generated)
	}
	return k.token.Exists() || k.generated.Exists()
}

// candidates takes a chunk of Gemini, which is a reply with a piece of each
// candidate in it.
func (f *fold) candidates(v jsontape.Value) bool {
	for c := range v.Elements() {
		index, _ := c.Get("index").Int()
		m := f.message(index)
		var list []Message
		addGeminiContent(f.d, &list, c.Get("content"), "model")
		m.role = list[0].Role
		for _, p := range list[0].Parts {
			m.part(p)
		}
		if t := firstText(c.Get("finishReason"), c.Get("finish_reason")); len(t) > 0 {
			m.stop = t
		}
		f.guard.readSafety(f.d, f.e, firstValue(c.Get("safetyRatings"), c.Get("safety_ratings")))
	}
	return v.Kind() == jsontape.Array
}

// part adds a part to a message: a text goes on where the part before it is of
// the same type.
func (m *foldMessage) part(p Part) {
	if n := len(m.blocks); n > 0 && (p.Type == PartText || p.Type == PartReasoning) && m.blocks[n-1].part.Type == p.Type {
		m.blocks[n-1].part.Text = grow(m.blocks[n-1].part.Text, p.Text)
		return
	}
	index := int64(len(m.blocks))
	if p.Type == PartText || p.Type == PartReasoning {
		p.Text = grow(nil, p.Text)
	}
	m.push(p, index)
}
