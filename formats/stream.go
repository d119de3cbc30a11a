package formats

import (
	"bytes"
	"encoding/base64"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openBlocks is how far back a chunk is looked up among the blocks and
// messages of a stream. Providers keep one or two open; the bound keeps
// hostile streams from costing quadratic time, and a chunk for a block further
// back begins a new one, so that nothing is lost.
const openBlocks = 16

// fold puts the chunks of a stream together to the messages they were cut
// from.
type fold struct {
	d     *Decoder
	e     *Event
	inner *jsontape.Doc // for chunks that are wrapped in base64, made on first use
	msgs  []foldMessage
	stop  Text
	usage usage
	guard guardrail
	turn  Text // id of the message of a thread that is being written
	turns int64
	known bool // a chunk had a known shape
	began bool // a response or run of OpenAI
	ended bool // as it says when it does

	generation Text // Cohere's second id, where the stream names no other

	made int // messages and parts so far
}

// foldMessage is one message of a stream: most have one, chat completions with
// n > 1 have several.
type foldMessage struct {
	index  int64
	role   Text
	stop   Text
	blocks []foldBlock
	made   *int // of the stream
}

// foldBlock is one part of a message. Its text, or for a tool call its JSON,
// comes in pieces.
type foldBlock struct {
	part  Part
	index int64
	input Text // arguments given as a whole, used when no piece follows
}

// foldStream adds the messages that the chunks of a stream make up, with
// finish reason, usage and metrics. Chunks may be of Anthropic, Converse or
// Nova, OpenAI (chat, completions, responses, assistants) or those who speak its
// language, Gemini, Cohere, Ollama, Hugging Face, Llama or Titan, and wrapped as
// {"chunk": {"bytes": base64}}. A mark such as "[DONE]" adds nothing; a chunk
// of no known shape is kept as a part of type other. It reports whether any had
// a known shape.
func foldStream(d *Decoder, e *Event, chunks jsontape.Value) bool {
	f := fold{d: d, e: e}
	for c := range chunks.Elements() {
		f.chunk(c)
	}
	return f.finish()
}

// finish writes the messages to the event, and reports whether the shape of any
// chunk was known.
func (f *fold) finish() bool {
	if !f.e.Stream.OK {
		f.e.Stream = BoolOf(true)
	}
	for i := range f.msgs {
		fm := &f.msgs[i]
		if fm.role == nil {
			fm.role = word(f.d, "assistant")
		}
		m := f.e.AddOutput(fm.role)
		m.FinishReason = fm.stop
		if fm.stop == nil {
			m.FinishReason = f.stop
		}
		setText(&f.e.FinishReason, m.FinishReason)
		for _, b := range fm.blocks {
			if b.part.Type == PartToolCall && len(b.part.JSON) == 0 {
				b.part.JSON = b.input
			}
			m.Add(b.part)
		}
	}
	setText(&f.e.FinishReason, f.stop)
	setName(&f.e.ResponseID, f.generation)
	f.usage.fill(f.e)
	f.guard.settle(f.d, f.e)
	if f.began && !f.ended && f.e.ContentState != ContentTruncated {
		f.e.unfinished() // it broke off, or was left to itself in the background
	}
	f.e.overfull = f.e.overfull || f.made >= maxParts
	return f.known
}

// message returns the message with the index, new if need be.
func (f *fold) message(index int64) *foldMessage {
	for i := len(f.msgs) - 1; i >= max(0, len(f.msgs)-openBlocks); i-- {
		if f.msgs[i].index == index {
			return &f.msgs[i]
		}
	}
	if f.made++; f.made < maxParts || len(f.msgs) == 0 {
		f.msgs = append(f.msgs, foldMessage{index: index, made: &f.made})
	}
	return &f.msgs[len(f.msgs)-1]
}

// block returns the part of a type with the index, new if need be.
func (m *foldMessage) block(t PartType, index int64) *foldBlock {
	for i := len(m.blocks) - 1; i >= max(0, len(m.blocks)-openBlocks); i-- {
		if b := &m.blocks[i]; b.index == index && b.part.Type == t {
			return b
		}
	}
	return m.push(Part{Type: t}, index)
}

// push adds a block and returns it. What is beyond the parts that an event may
// have is left out.
func (m *foldMessage) push(p Part, index int64) *foldBlock {
	if *m.made++; *m.made < maxParts || len(m.blocks) == 0 {
		m.blocks = append(m.blocks, foldBlock{part: p, index: index})
	}
	return &m.blocks[len(m.blocks)-1]
}

// add appends a piece of text to a block; a value that is no text is no piece.
func (m *foldMessage) add(t PartType, index int64, piece jsontape.Value) {
	text := piece.Text()
	if text == nil {
		return
	}
	b := m.block(t, index)
	if t == PartToolCall {
		b.part.JSON = grow(b.part.JSON, text)
	} else {
		b.part.Text = grow(b.part.Text, text)
	}
}

// grow appends a piece to memory of the stream's own; the first piece is
// copied, for it lies in the record.
func grow(to, piece Text) Text {
	if to == nil {
		to = make(Text, 0, max(256, len(piece)))
	}
	return append(to, piece...)
}

// other keeps a chunk that no shape explains.
func (f *fold) other(c jsontape.Value) {
	m := f.message(0)
	m.push(Part{Type: PartOther, JSON: rawJSON(f.d, c)}, -1)
}

// chunk takes one chunk, unwrapped if need be.
func (f *fold) chunk(c jsontape.Value) {
	switch c.Kind() {
	case jsontape.Object:
		if f.object(c) || f.wrapped(c) {
			f.known = true
		} else {
			f.other(c)
		}
	case jsontape.String:
		if t := c.Text(); len(t) > 0 && string(t) != "[DONE]" {
			f.other(c)
		}
	case jsontape.Null:
	default:
		f.other(c)
	}
}

// wrapped takes a chunk that lies in base64 in the event of a stream, and
// reports whether it is one. Its texts are copied into the arena with the
// decoded bytes, which are no longer than what the record holds.
func (f *fold) wrapped(c jsontape.Value) bool {
	b := c.Path("chunk", "bytes")
	if !b.Exists() {
		b = c.Get("bytes")
	}
	text := b.Text()
	if len(text) == 0 {
		return false
	}
	plain := f.d.Arena.Bytes(base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(plain, text)
	if err != nil {
		return false
	}
	if f.inner == nil {
		f.inner = &jsontape.Doc{Arena: f.d.Arena}
	}
	if f.inner.Parse(plain[:n]) != nil {
		return false
	}
	return f.inner.Root().Kind() == jsontape.Object && f.object(f.inner.Root())
}

// chunkMembers holds the members of a chunk that need each other.
type chunkMembers struct {
	typ, event, object, id    Text
	index                     int64
	message, block, delta     jsontape.Value
	text, response, toolCalls jsontape.Value
	generated, token          jsontape.Value
	failure                   jsontape.Value
	known                     bool // a member of a known shape was there
}

// object takes a chunk by its members and reports whether its shape is known.
func (f *fold) object(c jsontape.Value) bool {
	var k chunkMembers
	for key, v := range c.Members() {
		k.known = f.member(&k, key, v) || k.known
	}
	known := f.thread(&k, c) || f.openAIResponse(&k, c) || f.cohereChat(&k) || f.anthropic(&k) || f.cohere(&k) ||
		f.ollama(&k) || f.huggingFace(&k) || k.known
	if known && !bytes.HasPrefix(k.object, []byte("thread")) {
		setName(&f.e.ResponseID, k.id)
	}
	return known
}

// member takes one member of a chunk and reports whether it belongs to a
// known shape.
func (f *fold) member(k *chunkMembers, key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "type":
		k.typ = v.Text()
	case "event_type":
		k.event = v.Text()
	case "object":
		k.object = v.Text()
	case "index":
		k.index, _ = v.Int()
	case "message":
		k.message = v
	case "content_block":
		k.block = v
	case "delta":
		k.delta = v
	case "text":
		k.text = v
	case "response":
		k.response = v
	case "tool_calls":
		k.toolCalls = v
	case "generated_text":
		k.generated = v
	case "token":
		k.token = v
	case "error":
		k.failure = v
	case "is_finished":
		return true
	case "usage":
		f.usage.read(v)
	case "usageMetadata", "usage_metadata":
		f.usage.read(v)
		return true
	case "details": // Hugging Face
		f.usage.read(v)
		f.stopped(v.Get("finish_reason"))
	case "x_groq": // Groq gives the usage of a stream here
		f.usage.read(v.Get("usage"))
		setName(&f.e.RequestID, v.Get("id").Text())
	case "id", "responseId", "response_id":
		k.id = v.Text()
	case "generation_id":
		f.generation = v.Text()
	case "model", "modelVersion", "model_version":
		setName(&f.e.ModelResponse, v.Text())
	case "stop_reason", "finish_reason", "completionReason", "done_reason":
		f.stopped(v)
		return true
	case "prompt_filter_results", "promptFeedback", "prompt_feedback":
		f.guard.readPromptFilter(f.d, f.e, v)
		return true
	default:
		return f.content(key, v) || f.converse(key, v) || f.usage.set(key, v) || f.guard.readMember(f.d, f.e, key, v, &f.usage)
	}
	return false
}

// content takes a member that holds a piece of the answer by itself, and
// reports whether it is one.
func (f *fold) content(key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "generation", "outputText", "completion", "value": // Llama, Titan, Claude text completion, Writer's completions
		f.message(0).add(PartText, 0, v)
		return v.Kind() == jsontape.String || v.Kind() == jsontape.Null
	case "outputs": // Mistral
		for o := range v.Elements() {
			f.message(0).add(PartText, 0, o.Get("text"))
			f.stopped(o.Get("stop_reason"))
		}
		return true
	case "choices":
		return f.choices(v)
	case "candidates":
		return f.candidates(v)
	}
	return false
}

// stopped notes why the stream ended; chunks before the end write null.
func (f *fold) stopped(v jsontape.Value) {
	if t := v.Text(); t != nil {
		f.stop = t
	}
}

// anthropic takes a chunk of the Messages API.
func (f *fold) anthropic(k *chunkMembers) bool {
	switch string(k.typ) {
	case "message_start":
		setName(&f.e.ResponseID, k.message.Get("id").Text())
		setName(&f.e.ModelResponse, k.message.Get("model").Text())
		f.message(0).role = k.message.Get("role").Text()
		f.usage.read(k.message.Get("usage"))
	case "content_block_start":
		f.anthropicBlock(k.index, k.block)
	case "content_block_delta":
		m := f.message(0)
		m.add(PartText, k.index, k.delta.Get("text"))
		m.add(PartReasoning, k.index, k.delta.Get("thinking"))
		m.add(PartToolCall, k.index, k.delta.Get("partial_json"))
	case "message_delta":
		f.stopped(k.delta.Get("stop_reason"))
		f.guard.readRefusal(f.d, f.e, k.delta.Get("stop_details"))
	case "error":
		readFailure(f.d, f.e, k.failure)
	case "content_block_stop", "message_stop", "ping", "completion":
	default:
		if k.failure.Exists() {
			readFailure(f.d, f.e, k.failure)
			return true
		}
		return false
	}
	return true
}

// anthropicBlock begins a block. What is not text, thought or tool call comes
// whole with its start.
func (f *fold) anthropicBlock(index int64, b jsontape.Value) {
	m := f.message(0)
	switch string(b.Get("type").Text()) {
	case "text":
		m.add(PartText, index, b.Get("text"))
	case "thinking":
		m.add(PartReasoning, index, b.Get("thinking"))
	case "tool_use", "server_tool_use", "mcp_tool_use":
		t := m.block(PartToolCall, index)
		t.part.ID, t.part.Name = b.Get("id").Text(), b.Get("name").Text()
		t.input = arguments(f.d, b.Get("input"))
	default:
		var whole Message
		addBlock(f.d, &whole, b)
		for _, p := range whole.Parts {
			m.push(p, index)
		}
	}
}

// converse takes a chunk of Converse or Nova: an object with one member named
// after the event. Exceptions come the same way.
func (f *fold) converse(key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "messageStart":
		f.message(0).role = v.Get("role").Text()
	case "contentBlockStart":
		if tool := v.Path("start", "toolUse"); tool.Exists() {
			index, _ := v.Get("contentBlockIndex").Int()
			b := f.message(0).block(PartToolCall, index)
			b.part.ID, b.part.Name = tool.Get("toolUseId").Text(), tool.Get("name").Text()
		}
	case "contentBlockDelta":
		index, _ := v.Get("contentBlockIndex").Int()
		m, delta := f.message(0), v.Get("delta")
		m.add(PartText, index, delta.Get("text"))
		m.add(PartReasoning, index, delta.Path("reasoningContent", "text"))
		m.add(PartToolCall, index, delta.Path("toolUse", "input"))
	case "contentBlockStop":
	case "messageStop":
		f.stopped(v.Get("stopReason"))
	case "metadata":
		f.usage.read(v.Get("usage"))
		readMetrics(f.e, v.Get("metrics"))
		f.guard.readTrace(f.d, f.e, v.Path("trace", "guardrail"))
	case "internalServerException", "modelStreamErrorException", "validationException",
		"throttlingException", "modelTimeoutException", "serviceUnavailableException":
		code := f.d.Arena.Copy(key) // the API's own code, but for the capital
		code[0] -= 'a' - 'A'
		setName(&f.e.ErrorCode, code)
		readFailure(f.d, f.e, v)
	default:
		return false
	}
	return true
}

// choices takes a chunk of a chat completion.
func (f *fold) choices(v jsontape.Value) bool {
	for c := range v.Elements() {
		index, _ := c.Get("index").Int()
		m, delta := f.message(index), c.Get("delta")
		if !delta.Exists() {
			delta = c.Get("message") // Mistral writes whole messages
		}
		if role := delta.Get("role").Text(); len(role) > 0 {
			m.role = role
		}
		m.add(PartReasoning, 0, firstValue(delta.Get("reasoning_content"), delta.Get("reasoning")))
		f.choiceContent(m, delta.Get("content"))
		m.add(PartText, 0, delta.Get("refusal"))
		m.add(PartText, 0, c.Get("text"))
		i := int64(0)
		for call := range delta.Get("tool_calls").Elements() {
			m.toolCall(call, i)
			i++
		}
		if call := delta.Get("function_call"); call.Kind() == jsontape.Object { // before tools
			m.function(call, 0)
		}
		f.guard.readContentFilter(f.d, f.e, c.Get("content_filter_results"))
		for _, name := range [...]string{"finish_reason", "stop_reason"} {
			if t := c.Get(name).Text(); t != nil {
				m.stop = t
			}
		}
	}
	return v.Kind() == jsontape.Array
}

// choiceContent takes the content of a piece of a chat completion: a text, or,
// as Mistral's reasoning models write, a list of blocks, thoughts among them.
func (f *fold) choiceContent(m *foldMessage, v jsontape.Value) {
	m.add(PartText, 0, v)
	for b := range v.Elements() {
		m.add(PartText, 0, b.Get("text"))
		for t := range b.Get("thinking").Elements() {
			m.add(PartReasoning, 0, t.Get("text"))
		}
	}
}

// toolCall takes a piece of a tool call of a chat completion: the first names
// the call, the others go on with its arguments. A piece without an index is
// the one at its place in the list.
func (m *foldMessage) toolCall(call jsontape.Value, place int64) {
	index, ok := call.Get("index").Int()
	if !ok {
		index = place
	}
	if id := call.Get("id").Text(); len(id) > 0 {
		m.block(PartToolCall, index).part.ID = id
	}
	m.function(call.Get("function"), index)
}

// function takes a piece of the call of a function. Ollama writes the arguments
// as an object, whole.
func (m *foldMessage) function(function jsontape.Value, index int64) {
	b := m.block(PartToolCall, index)
	if name := function.Get("name").Text(); len(name) > 0 {
		b.part.Name = name
	}
	if args := function.Get("arguments"); args.Kind() == jsontape.Object {
		b.input = args.Raw()
	} else {
		m.add(PartToolCall, index, args)
	}
}

// cohere takes a chunk of Cohere: a text on its own, for chat models under an
// event type. The last chunk repeats the whole answer, which counts only when
// no piece of it was logged.
func (f *fold) cohere(k *chunkMembers) bool {
	switch {
	case string(k.event) == "stream-end":
		if len(f.msgs) == 0 {
			f.message(0).add(PartText, 0, k.response.Get("text"))
		}
		setName(&f.e.ResponseID, k.response.Get("response_id").Text())
		setName(&f.e.ResponseID, k.response.Get("generation_id").Text())
		f.usage.read(k.response.Get("meta"))
	case string(k.event) == "tool-calls-generation":
		var whole Message
		addToolCalls(f.d, &whole, k.toolCalls)
		m := f.message(0)
		for i, p := range whole.Parts {
			m.push(p, int64(i))
		}
	case string(k.event) == "stream-start", len(k.event) > 0 && !k.text.Exists():
	case k.text.Kind() == jsontape.String:
		f.message(0).add(PartText, 0, k.text)
	default:
		return false
	}
	return true
}
