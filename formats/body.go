package formats

import (
	"bytes"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The bodies that providers take and return have few shapes, and gateways put
// any of them under any model name. So bodies are told apart by the members
// they have, never by the model id: one pass over the members collects what is
// known, in whatever order it was written, and the shape is decided afterwards.
// What no shape explains is kept as a part of type other with its JSON.

// requestBody holds the members of a request body that carry content.
type requestBody struct {
	system   jsontape.Value // Anthropic, Converse, Nova
	messages jsontape.Value // Anthropic, Converse, Nova, OpenAI, Mistral, Cohere v2
	prompt   jsontape.Value // Llama, Mistral, Cohere, Claude text completion, AI21
	text     jsontape.Value // inputText: Titan
	image    jsontape.Value // inputImage: Titan multimodal embedding
	message  jsontape.Value // Cohere chat
	preamble jsontape.Value
	history  jsontape.Value
	texts    jsontape.Value // Cohere embed
	images   jsontape.Value
	input    jsontape.Value // OpenAI responses and embeddings
	picture  jsontape.Value // textToImageParams: Titan and Nova image models
	metadata jsontape.Value
	embeds   bool // has a member that only embedding requests have
	params   params
}

// decodeRequestBody adds to e what a request body says: messages, parameters,
// tools, documents, the session and end user in its metadata. The body may be
// of any supported provider; a string that holds JSON is decoded as that JSON,
// and an array is taken for a list of messages. Columns that are already set
// are kept.
func decodeRequestBody(d *Decoder, e *Event, body jsontape.Value) {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return
	case jsontape.String:
		text := body.Text()
		body = parseInner(d, text)
		if k := body.Kind(); k != jsontape.Object && k != jsontape.Array {
			e.AddInput(nil).Add(Part{Type: PartOther, Text: text})
			return
		}
	}
	switch body.Kind() {
	case jsontape.Array:
		addMessageList(d, &e.Input, body)
	case jsontape.Object:
		var r requestBody
		r.read(d, e, body)
		r.addInput(d, e, body)
		if p := r.params.json(d); p != nil {
			e.Parameters = p
		}
	default:
		e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	}
}

// read collects the members of the body in one pass.
func (r *requestBody) read(d *Decoder, e *Event, body jsontape.Value) {
	for key, v := range body.Members() {
		switch string(key) {
		case "messages":
			r.messages = v
		case "system", "instructions":
			r.system = v
		case "prompt":
			r.prompt = v
		case "inputText":
			r.text = v
		case "inputImage":
			r.image = v
		case "message":
			r.message = v
		case "preamble":
			r.preamble = v
		case "chat_history":
			r.history = v
		case "texts":
			r.texts = v
		case "images":
			r.images = v
		case "input":
			r.input = v
		case "textToImageParams":
			r.picture = v
		case "embeddingTypes", "embedding_types", "input_type", "embeddingConfig":
			r.embeds = true
		case "metadata":
			r.metadata = v
		case "inferenceConfig", "textGenerationConfig", "additionalModelRequestFields":
			r.params.readAll(v)
		case "tools", "functions":
			setText(&e.ToolDefinitions, rawJSON(d, v))
		case "toolConfig":
			if t := v.Get("tools"); t.Exists() {
				setText(&e.ToolDefinitions, rawJSON(d, t))
			}
		case "documents":
			setText(&e.Retrieved, rawJSON(d, v))
		case "requestMetadata":
			readRequestMetadata(e, v)
		case "model":
			setText(&e.Model, v.Text())
		case "user":
			setText(&e.EndUser, v.Text())
		case "stream":
			if b, ok := v.Bool(); ok {
				e.Stream = BoolOf(b)
			}
		default:
			r.params.set(key, v)
		}
	}
}

// addInput decides the shape of the body and adds its messages, the system
// prompt first wherever it was written.
func (r *requestBody) addInput(d *Decoder, e *Event, body jsontape.Value) {
	if r.metadata.Exists() {
		readUserID(d, e, r.metadata.Get("user_id"))
	}
	addSystem(d, e, r.system)
	addSystem(d, e, r.preamble)
	switch {
	case r.messages.Exists():
		addMessageList(d, &e.Input, r.messages)
	case r.message.Exists():
		addMessageList(d, &e.Input, r.history)
		addUser(d, e, r.message)
	case r.text.Exists() || r.image.Exists():
		r.addTitan(d, e)
	case r.texts.Exists() || r.images.Exists():
		r.addCohereEmbed(d, e)
	case r.prompt.Exists():
		addUser(d, e, r.prompt)
	case r.input.Kind() == jsontape.String:
		addUser(d, e, r.input)
	case r.input.Exists():
		addMessageList(d, &e.Input, r.input)
	case r.picture.Exists():
		addUser(d, e, r.picture.Get("text"))
	default:
		e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	}
}

// addSystem adds a system prompt: a string or a list of content blocks.
func addSystem(d *Decoder, e *Event, v jsontape.Value) {
	if k := v.Kind(); k == jsontape.Missing || k == jsontape.Null {
		return
	}
	addContent(d, e.AddInput(word(d, "system")), v)
}

// addUser adds the input of a body that has no list of messages.
func addUser(d *Decoder, e *Event, v jsontape.Value) {
	addContent(d, e.AddInput(word(d, "user")), v)
}

// responseBody holds the members of a response body that carry content.
type responseBody struct {
	output      jsontape.Value // Converse, Nova; OpenAI responses
	content     jsontape.Value // Anthropic
	choices     jsontape.Value // OpenAI, Mistral chat
	message     jsontape.Value // Cohere v2; the text of an error
	generation  jsontape.Value // Llama
	results     jsontape.Value // Titan
	outputs     jsontape.Value // Mistral
	generations jsontape.Value // Cohere
	text        jsontape.Value // Cohere chat
	toolCalls   jsontape.Value
	completion  jsontape.Value // Claude text completion
	completions jsontape.Value // AI21
	vectors     jsontape.Value // embedding, embeddings
	images      jsontape.Value // image models
	failure     jsontape.Value // error
	role        Text
	stop        Text
	usage       usage
	guard       guardrail
}

// decodeResponseBody adds to e what a response body says: messages, finish
// reason, usage, latency, guardrails, errors. An array is taken for the chunks
// of a stream and folded; a string that holds JSON is decoded as that JSON.
// Columns that are already set are kept.
func decodeResponseBody(d *Decoder, e *Event, body jsontape.Value) {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return
	case jsontape.String:
		text := body.Text()
		body = parseInner(d, text)
		if k := body.Kind(); k != jsontape.Object && k != jsontape.Array {
			e.AddOutput(nil).Add(Part{Type: PartOther, Text: text})
			return
		}
	}
	switch body.Kind() {
	case jsontape.Array:
		foldStream(d, e, body)
	case jsontape.Object:
		var r responseBody
		r.read(d, e, body)
		setText(&e.FinishReason, r.stop)
		r.addOutput(d, e, body)
		r.usage.fill(e)
		r.guard.settle(d, e)
	default:
		e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	}
}

// read collects the members of the body in one pass.
func (r *responseBody) read(d *Decoder, e *Event, body jsontape.Value) {
	for key, v := range body.Members() {
		switch string(key) {
		case "output":
			r.output = v
		case "content":
			r.content = v
		case "choices":
			r.choices = v
		case "message":
			r.message = v
		case "generation":
			r.generation = v
		case "results":
			r.results = v
		case "outputs":
			r.outputs = v
		case "generations":
			r.generations = v
		case "text":
			r.text = v
		case "tool_calls":
			r.toolCalls = v
		case "completion":
			r.completion = v
		case "completions":
			r.completions = v
		case "embedding", "embeddings", "embeddingsByType":
			r.vectors = v
		case "images", "artifacts":
			r.images = v
		case "error":
			r.failure = v
		case "role":
			r.role = v.Text()
		case "stop_reason", "stopReason", "finish_reason", "finishReason", "done_reason":
			r.stop = v.Text()
		case "id", "response_id":
			setName(&e.ResponseID, v.Text())
		case "model":
			setName(&e.ModelResponse, v.Text())
		case "usage", "meta":
			r.usage.read(v)
		case "metrics":
			readMetrics(e, v)
		default:
			if !r.usage.set(key, v) {
				r.guard.readMember(d, e, key, v, &r.usage)
			}
		}
	}
}

// addOutput decides the shape of the body and adds its messages.
func (r *responseBody) addOutput(d *Decoder, e *Event, body jsontape.Value) {
	switch {
	case r.output.Kind() == jsontape.Object && r.output.Get("message").Exists():
		addMessageValue(d, &e.Output, r.output.Get("message"))
		e.Output[len(e.Output)-1].FinishReason = r.stop
	case r.output.Kind() == jsontape.Array:
		addMessageList(d, &e.Output, r.output)
	case r.choices.Kind() == jsontape.Array:
		addChoices(d, e, r.choices)
	case r.content.Exists():
		m := r.assistant(d, e)
		addContent(d, m, r.content)
	case r.generation.Exists():
		addContent(d, r.assistant(d, e), r.generation)
	case r.completion.Exists():
		addContent(d, r.assistant(d, e), r.completion)
	case r.text.Exists():
		m := r.assistant(d, e)
		addContent(d, m, r.text)
		addToolCalls(d, m, r.toolCalls)
	case r.addTexts(d, e):
	case r.vectors.Exists():
		e.Kind = KindEmbedding
		r.assistant(d, e).Add(blobOf(d, word(d, "application/json"), len(r.vectors.Raw())))
	case r.images.Kind() == jsontape.Array:
		r.addImages(d, e)
	case r.failure.Exists():
		readFailure(d, e, r.failure)
	case r.message.Kind() == jsontape.Object:
		addMessageValue(d, &e.Output, r.message)
		e.Output[len(e.Output)-1].FinishReason = r.stop
	case r.message.Kind() == jsontape.String:
		setText(&e.ErrorMessage, r.message.Text())
	default:
		e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	}
}

// assistant adds the message of a body that is itself the answer.
func (r *responseBody) assistant(d *Decoder, e *Event) *Message {
	role := r.role
	if role == nil {
		role = word(d, "assistant")
	}
	m := e.AddOutput(role)
	m.FinishReason = r.stop
	return m
}

// readFailure sets the error columns from an error object (OpenAI, Anthropic,
// Bedrock exceptions) or text.
func readFailure(d *Decoder, e *Event, v jsontape.Value) {
	switch v.Kind() {
	case jsontape.String:
		setText(&e.ErrorMessage, v.Text())
	case jsontape.Object:
		var typ, code Text
		for key, m := range v.Members() {
			switch string(key) {
			case "type", "__type":
				typ = m.Text()
			case "code":
				code = scalar(m)
			case "message", "Message":
				setText(&e.ErrorMessage, m.Text())
			}
		}
		if len(code) == 0 {
			code = typ
		}
		setName(&e.ErrorCode, code)
		if e.ErrorCode == nil && e.ErrorMessage == nil {
			e.ErrorMessage = rawJSON(d, v)
		}
	}
}

// providerOutcome sorts an error code of a model provider, or of AWS.
func providerOutcome(code []byte) Outcome {
	switch string(code) {
	case "rate_limit_error", "overloaded_error", "rate_limit_exceeded", "insufficient_quota":
		return OutcomeThrottled
	case "permission_error", "authentication_error", "invalid_api_key":
		return OutcomeDenied
	}
	return awsOutcome(code)
}

// parseInner parses a JSON text found in a string of a body. The parser is its
// own, because the values of the outer ones are still in use; such strings are
// rare enough to pay for it. The result does not exist when the text is not
// JSON.
func parseInner(d *Decoder, text []byte) jsontape.Value {
	inner := &jsontape.Doc{Arena: d.Arena}
	if inner.Parse(text) != nil {
		return jsontape.Value{}
	}
	return inner.Root()
}

// rawJSON returns the value as written. Bytes that are not UTF-8, which can
// only stand inside its strings, become U+FFFD: columns hold valid text.
func rawJSON(d *Decoder, v jsontape.Value) Text {
	b := v.Raw()
	if utf8.Valid(b) {
		return b
	}
	return d.Arena.Copy(bytes.ToValidUTF8(b, []byte("\uFFFD")))
}

// scalar returns the text of a string, or a number as written; nil for others.
func scalar(v jsontape.Value) Text {
	if v.Kind() == jsontape.Number {
		return v.Raw()
	}
	return v.Text()
}

// word returns a text of ours in the arena, so that it lives and dies like the
// texts of the log.
func word(d *Decoder, s string) Text {
	b := d.Arena.Bytes(len(s))
	copy(b, s)
	return b
}

// setText sets a column that is still NULL.
func setText(column *Text, v Text) {
	if *column == nil {
		*column = v
	}
}

// setName sets a column that is still NULL, unless the value is empty: an
// empty identifier names nothing.
func setName(column *Text, v Text) {
	if *column == nil && len(v) > 0 {
		*column = v
	}
}
