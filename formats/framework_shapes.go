package formats

import (
	"bytes"
	"iter"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// chain says how LangChain wrote a message.
type chain uint8

const (
	chainNone  chain = iota
	chainLC          // {"lc": 1, "type": "constructor", "id": [..., "HumanMessage"], "kwargs": {...}}
	chainData        // {"type": "human", "data": {...}}
	chainPlain       // {"type": "human", "content": ...}
)

// chainKind tells LangChain's messages from others.
func chainKind(v jsontape.Value) chain {
	var typ []byte
	var constructed, lc, role, data, content bool
	for key, m := range v.Members() {
		switch string(key) {
		case "lc":
			lc = true
		case "type":
			typ = m.Text()
		case "kwargs":
			constructed = m.Kind() == jsontape.Object
		case "role":
			role = true
		case "data":
			data = m.Kind() == jsontape.Object
		case "content":
			content = true
		}
	}
	switch {
	case lc && constructed:
		return chainLC
	case role && string(typ) != "chat" || chainRole(typ) == "":
		return chainNone
	case data && !content:
		return chainData
	case content:
		return chainPlain
	}
	return chainNone
}

// chainRole returns the role of a class or type of LangChain's messages, in the
// words of everybody else, as its own conversion to OpenAI's messages has them
// (langchain_core.messages.convert_to_openai_messages).
func chainRole(class []byte) string {
	switch string(bytes.TrimSuffix(class, []byte("Chunk"))) {
	case "HumanMessage", "human":
		return "user"
	case "AIMessage", "ai":
		return "assistant"
	case "SystemMessage", "system":
		return "system"
	case "ToolMessage", "tool":
		return "tool"
	case "FunctionMessage", "function":
		return "function"
	case "ChatMessage", "chat":
		return "user"
	}
	return ""
}

// isMessage reports whether a value is a message, or a batch of them: the
// batches of LangChain are lists of lists.
func isMessage(v jsontape.Value) bool {
	if v.Kind() == jsontape.Array && !chainTuple(v) {
		v = v.Index(0)
	}
	if v.Kind() != jsontape.Object {
		return chainTuple(v)
	}
	if m := v.Get("message"); m.Kind() == jsontape.Object { // a choice without its list
		v = m
	}
	return v.Get("role").Kind() == jsontape.String || chainKind(v) != chainNone
}

// chainTuple reports whether a list is LangChain's short form of a message,
// ["human", "text"].
func chainTuple(v jsontape.Value) bool {
	if v.Len() != 2 || v.Index(1).Kind() != jsontape.String {
		return false
	}
	switch string(v.Index(0).Text()) {
	case "human", "user", "ai", "assistant", "system":
		return true
	}
	return false
}

// addFrameworkList adds a list of messages; LangChain nests those of a batch
// into one list more.
func addFrameworkList(d *Decoder, list *[]Message, v jsontape.Value) {
	for m := range v.Elements() {
		if m.Kind() == jsontape.Array && !chainTuple(m) && isMessage(m.Index(0)) {
			for m := range m.Elements() {
				addFrameworkMessage(d, list, m)
			}
			continue
		}
		addFrameworkMessage(d, list, m)
	}
}

// addFrameworkMessage adds one message in the shape of any framework.
func addFrameworkMessage(d *Decoder, list *[]Message, v jsontape.Value) {
	if v.Kind() == jsontape.Array && chainTuple(v) {
		role := v.Index(0).Text()
		if r := chainRole(role); r != "" {
			role = word(d, r)
		}
		addMessage(list, role).Add(Part{Type: PartText, Text: v.Index(1).Text()})
		return
	}
	if v.Kind() != jsontape.Object {
		addMessageValue(d, list, v)
		return
	}
	if kind := chainKind(v); kind != chainNone {
		addChainMessage(d, list, v, kind)
		return
	}
	var parts, content, text, inner, finish jsontape.Value
	for key, m := range v.Members() {
		switch string(key) {
		case "parts":
			parts = m
		case "content":
			content = m
		case "text":
			text = m
		case "message":
			inner = m
		case "finish_reason", "finishReason":
			finish = m
		}
	}
	role := Text(v.Get("role").Text())
	switch {
	case role == nil && inner.Kind() == jsontape.Object && chainKind(inner) != chainNone:
		addChainMessage(d, list, inner, chainKind(inner))
	case role == nil && inner.Kind() == jsontape.Object:
		addMessageValue(d, list, inner)
	case parts.Kind() == jsontape.Array:
		addAnyMessage(d, list, v)
	case role != nil && !content.Exists() && text.Kind() == jsontape.String: // BeeAI
		addMessage(list, role).Add(Part{Type: PartText, Text: text.Text()})
	case isVercel(content):
		addVercelContent(d, addMessage(list, role), content)
	default:
		addMessageValue(d, list, v)
	}
	if t := finish.Text(); t != nil {
		(*list)[len(*list)-1].FinishReason = t
	}
}

// addChainMessage adds a message of LangChain.
func addChainMessage(d *Decoder, list *[]Message, v jsontape.Value, kind chain) {
	fields := chainFields(v, kind)
	class := v.Get("type").Text()
	if kind == chainLC {
		class = v.Get("id").Index(-1).Text()
	}
	role := Text(class)
	if r := chainRole(class); r != "" {
		role = word(d, r)
	}
	var content, calls, more, result jsontape.Value
	var callID, name, finish Text
	for key, m := range fields.Members() {
		switch string(key) {
		case "role":
			if t := m.Text(); t != nil {
				role = t // of a ChatMessage
			}
		case "content":
			content = m
		case "tool_calls":
			calls = m
		case "additional_kwargs":
			more = m.Get("tool_calls")
		case "tool_call_id":
			callID, result = m.Text(), m
		case "name":
			name = m.Text()
		case "response_metadata":
			finish = firstText(m.Get("finish_reason"), m.Get("stop_reason"), m.Get("stopReason"))
		}
	}
	m := addMessage(list, role)
	m.FinishReason = finish
	if result.Kind() == jsontape.String || string(role) == "function" {
		p := Part{Type: PartToolResponse, ID: callID, Name: name}
		p.Text, p.JSON = toolResult(d, content)
		m.Add(p)
		return
	}
	addContent(d, m, content)
	addChainCalls(d, m, calls, more)
}

// chainFields returns the object that holds the members of a message.
func chainFields(v jsontape.Value, kind chain) jsontape.Value {
	switch kind {
	case chainLC:
		return v.Get("kwargs")
	case chainData:
		return v.Get("data")
	}
	return v
}

// addChainCalls adds the calls of tools that a message makes. LangChain repeats
// them: in blocks of the content, in its own form, and as the provider wrote
// them.
func addChainCalls(d *Decoder, m *Message, calls, asWritten jsontape.Value) {
	for i := range m.Parts {
		if m.Parts[i].Type == PartToolCall {
			return
		}
	}
	if calls.Len() == 0 {
		addToolCalls(d, m, asWritten)
		return
	}
	for c := range calls.Elements() {
		args := c.Get("args")
		if !args.Exists() {
			addToolCalls(d, m, calls)
			return
		}
		m.Add(Part{Type: PartToolCall, ID: c.Get("id").Text(), Name: c.Get("name").Text(), JSON: arguments(d, args)})
	}
}

// replies yields LangChain's messages in a reply, wherever they are.
func replies(v jsontape.Value) iter.Seq[jsontape.Value] {
	return func(yield func(jsontape.Value) bool) {
		if chainKind(v) != chainNone {
			yield(v)
			return
		}
		for _, key := range [...]string{"output", "messages"} {
			if m := v.Get(key); chainKind(m) != chainNone && !yield(m) {
				return
			}
		}
		for g := range v.Get("generations").Elements() {
			if g.Kind() == jsontape.Array {
				g = g.Index(0)
			}
			if m := g.Get("message"); chainKind(m) != chainNone && !yield(m) {
				return
			}
		}
	}
}

// readChainReply takes what LangChain knows of a reply besides its text.
func readChainReply(e *Event, v jsontape.Value) {
	for key, m := range chainFields(v, chainKind(v)).Members() {
		switch string(key) {
		case "id":
			setReplyID(e, m.Text())
		case "response_metadata":
			setName(&e.ModelResponse, firstText(m.Get("model_name"), m.Get("model")))
			setName(&e.Provider, m.Get("model_provider").Text())
			setName(&e.ResponseID, m.Get("id").Text())
			for _, key := range [...]string{"token_usage", "usage"} {
				var u usage
				u.read(m.Get(key))
				u.fill(e)
			}
		case "usage_metadata":
			fillChainUsage(e, m)
		}
	}
}

// setReplyID takes the id of a message when the provider gave it. LangChain
// makes ids of its own where there is none, run-UUID or lc_run--UUID.
func setReplyID(e *Event, id []byte) {
	for _, prefix := range [...]string{"chatcmpl-", "resp_", "msg_", "gen-"} {
		if bytes.HasPrefix(id, []byte(prefix)) {
			setName(&e.ResponseID, id)
		}
	}
}

// fillChainUsage takes LangChain's count of tokens, whose totals include the
// cached ones and those of reasoning (langchain_core UsageMetadata).
func fillChainUsage(e *Event, v jsontape.Value) {
	fillInt(&e.InputTokens, looseInt(v.Get("input_tokens")))
	fillInt(&e.OutputTokens, looseInt(v.Get("output_tokens")))
	fillInt(&e.CacheReadTokens, looseInt(v.Path("input_token_details", "cache_read")))
	fillInt(&e.CacheWriteTokens, looseInt(v.Path("input_token_details", "cache_creation")))
	fillInt(&e.ReasoningTokens, looseInt(v.Path("output_token_details", "reasoning")))
}

// addGenerations adds a result of LangChain's models: a list of generations for
// each prompt, in older versions one list for all.
func addGenerations(d *Decoder, e *Event, v jsontape.Value) {
	for g := range v.Get("generations").Elements() {
		if g.Kind() != jsontape.Array {
			addGeneration(d, e, g)
			continue
		}
		for g := range g.Elements() {
			addGeneration(d, e, g)
		}
	}
	output := v.Get("llm_output")
	setName(&e.ModelResponse, firstText(output.Get("model_name"), output.Get("model")))
	setName(&e.ResponseID, output.Get("id").Text())
	for _, key := range [...]string{"token_usage", "usage"} {
		var u usage
		u.read(output.Get(key))
		u.fill(e)
	}
}

// addGeneration adds one generation: a message, or the text of a model that
// completes texts.
func addGeneration(d *Decoder, e *Event, g jsontape.Value) {
	if m := g.Get("message"); chainKind(m) != chainNone {
		addFrameworkMessage(d, &e.Output, m)
	} else {
		addContent(d, e.AddOutput(word(d, "assistant")), g.Get("text"))
	}
	m := &e.Output[len(e.Output)-1]
	setText(&m.FinishReason, g.Path("generation_info", "finish_reason").Text())
}

// isVercel reports whether the content of a message has blocks that only the
// Vercel AI SDK writes (ModelMessage in its reference).
func isVercel(content jsontape.Value) bool {
	for b := range content.Elements() {
		switch string(b.Get("type").Text()) {
		case "tool-call", "tool-result":
			return true
		case "reasoning":
			if b.Get("text").Kind() == jsontape.String {
				return true
			}
		}
	}
	return false
}

// addVercelContent adds the blocks of a message of the Vercel AI SDK.
func addVercelContent(d *Decoder, m *Message, content jsontape.Value) {
	for b := range content.Elements() {
		switch string(b.Get("type").Text()) {
		case "tool-call":
			m.Add(vercelCall(d, b))
		case "tool-result":
			p := Part{Type: PartToolResponse, ID: b.Get("toolCallId").Text(), Name: b.Get("toolName").Text()}
			result := b.Get("result") // up to version 4
			if o := b.Get("output"); o.Exists() {
				if result = o; o.Get("value").Exists() {
					result = o.Get("value")
				}
			}
			p.Text, p.JSON = toolResult(d, result)
			m.Add(p)
		case "reasoning":
			m.Add(Part{Type: PartReasoning, Text: b.Get("text").Text()})
		default:
			addBlock(d, m, b)
		}
	}
}

// vercelCall returns a call of a tool; versions up to 4 call the input args.
func vercelCall(d *Decoder, v jsontape.Value) Part {
	input := v.Get("input")
	if !input.Exists() {
		input = v.Get("args")
	}
	return Part{Type: PartToolCall, ID: v.Get("toolCallId").Text(), Name: v.Get("toolName").Text(), JSON: arguments(d, input)}
}

// addVercelReply adds the result of a call of the Vercel AI SDK.
func addVercelReply(d *Decoder, e *Event, v jsontape.Value) {
	m := e.AddOutput(word(d, "assistant"))
	m.FinishReason = v.Get("finishReason").Text()
	if t := v.Get("reasoning").Text(); len(t) > 0 {
		m.Add(Part{Type: PartReasoning, Text: t})
	}
	if t := v.Get("text").Text(); t != nil {
		m.Add(Part{Type: PartText, Text: t})
	}
	for c := range v.Get("toolCalls").Elements() {
		m.Add(vercelCall(d, c))
	}
}
