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
	system   jsontape.Value // Anthropic, Converse, Nova, Ollama; OpenAI's instructions; Gemini
	messages jsontape.Value // Anthropic, Converse, Nova, OpenAI, Mistral, Cohere v2, Ollama
	contents jsontape.Value // Gemini
	prompt   jsontape.Value // Llama, Mistral, Cohere, Claude text completion, AI21, OpenAI completions, Ollama
	text     jsontape.Value // inputText: Titan
	image    jsontape.Value // inputImage: Titan multimodal embedding
	message  jsontape.Value // Cohere chat
	preamble jsontape.Value
	history  jsontape.Value
	results  jsontape.Value // tool_results: Cohere chat
	texts    jsontape.Value // Cohere embed
	images   jsontape.Value
	input    jsontape.Value // OpenAI responses and embeddings
	inputs   jsontape.Value // Hugging Face; Cohere embed
	query    jsontape.Value // of a rerank
	content  jsontape.Value // Gemini embedding; a message of OpenAI's assistants
	role     jsontape.Value
	requests jsontape.Value // Gemini embeddings in one request
	picture  jsontape.Value // textToImageParams: Titan and Nova image models
	metadata jsontape.Value
	run      bool // starts a run of OpenAI's assistants, whose input lies in its thread
	embeds   bool // has a member that only embedding requests have
	params   params
}

// decodeRequestBody adds to e what a request body says: messages, parameters,
// tools, documents, the session and end user in its metadata. The body may be
// of any supported provider; a string that holds JSON is decoded as that JSON,
// and an array is taken for a list of messages. Columns that are already set
// are kept. It reports whether the shape of the body is known.
func decodeRequestBody(d *Decoder, e *Event, body jsontape.Value) bool {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return false
	case jsontape.String:
		return decodeRequestText(d, e, body.Text())
	case jsontape.Array:
		addMessageList(d, &e.Input, body)
		return body.Index(0).Get("role").Exists()
	case jsontape.Object:
		var r requestBody
		r.read(d, e, body)
		known := r.addInput(d, e)
		if !known {
			e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
		}
		if p := r.params.json(d); p != nil && e.Parameters == nil {
			e.Parameters = p
		}
		return known
	}
	e.AddInput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	return false
}

// read collects the members of the body in one pass.
func (r *requestBody) read(d *Decoder, e *Event, body jsontape.Value) {
	for key, v := range body.Members() {
		if v.Kind() == jsontape.Null || r.readContent(key, v) {
			continue
		}
		switch string(key) {
		case "embeddingTypes", "embedding_types", "input_type", "embeddingConfig", "encoding_format", "taskType":
			r.embeds = true
		case "metadata":
			r.metadata = v
		case "assistant_id":
			r.run = true
			e.addIDOnce("assistant_id", v)
		case "inferenceConfig", "textGenerationConfig", "additionalModelRequestFields", "generationConfig",
			"generation_config", "options", "parameters":
			r.params.readAll(v)
		case "text": // OpenAI responses
			r.params.set([]byte("response_format"), v.Get("format"))
		case "tools", "functions":
			setJSON(d, &e.ToolDefinitions, v)
		case "toolConfig", "tool_config":
			if t := v.Get("tools"); t.Exists() {
				setJSON(d, &e.ToolDefinitions, t)
			} else {
				r.params.set([]byte("tool_choice"), v)
			}
		case "documents":
			setJSON(d, &e.Retrieved, v)
		case "requestMetadata":
			readRequestMetadata(e, v)
		case "model":
			setText(&e.Model, v.Text())
		case "user":
			setText(&e.EndUser, v.Text())
		case "safety_identifier": // OpenAI, in place of user
			setName(&e.EndUser, v.Text())
		case "conversation": // OpenAI responses: an id, or an object with one
			if v.Kind() == jsontape.Object {
				v = v.Get("id")
			}
			setSession(e, v.Text())
		case "conversation_id": // Cohere, Mistral agents
			setSession(e, v.Text())
		case "previous_response_id":
			e.addID("previous_response_id", v)
		case "custom_id":
			e.addID("custom_id", v)
		case "stream":
			if b, ok := v.Bool(); ok {
				e.Stream = BoolOf(b)
			}
		default:
			r.params.set(key, v)
		}
	}
}

// readContent keeps a member that carries content, and reports whether it is
// one.
func (r *requestBody) readContent(key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "messages":
		r.messages = v
	case "system", "instructions", "systemInstruction", "system_instruction":
		r.system = v
	case "contents":
		r.contents = v
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
	case "tool_results":
		r.results = v
	case "texts":
		r.texts = v
	case "images":
		r.images = v
	case "input":
		r.input = v
	case "inputs":
		r.inputs = v
	case "query":
		r.query = v
	case "content":
		r.content = v
	case "role":
		r.role = v
	case "requests", "instances":
		r.requests = v
	case "textToImageParams":
		r.picture = v
	default:
		return false
	}
	return true
}

// addInput decides the shape of the body and adds its messages, the system
// prompt first wherever it was written. It reports whether the shape is known.
func (r *requestBody) addInput(d *Decoder, e *Event) bool {
	if r.metadata.Exists() {
		readUserID(d, e, r.metadata.Get("user_id"))
	}
	addSystem(d, e, r.system)
	addSystem(d, e, r.preamble)
	switch {
	case r.messages.Exists():
		addMessageList(d, &e.Input, r.messages)
	case r.contents.Exists():
		addGeminiContents(d, &e.Input, r.contents, "user")
	case r.message.Exists():
		addMessageList(d, &e.Input, r.history)
		addUser(d, e, r.message)
		r.addCohereResults(d, e)
	case r.text.Exists() || r.image.Exists():
		r.addTitan(d, e)
	case r.texts.Exists(), r.images.Exists() && !r.prompt.Exists():
		r.addCohereEmbed(d, e)
	case r.input.Exists():
		addInputItems(d, e, r.input)
		if r.embeds {
			e.Kind = KindEmbedding
		}
	case r.prompt.Exists():
		addPrompt(d, e, r.prompt)
		for image := range r.images.Elements() { // Ollama
			e.Input[len(e.Input)-1].Add(inlineBlob(d, nil, image))
		}
	case r.inputs.Exists():
		addPrompt(d, e, r.inputs)
		if r.embeds {
			e.Kind = KindEmbedding
		}
	case r.query.Exists():
		addUser(d, e, r.query)
	case r.picture.Exists():
		addUser(d, e, r.picture.Get("text"))
	case r.content.Exists():
		r.addOneContent(d, e)
	case r.requests.Kind() == jsontape.Array:
		return r.addRequests(d, e)
	default:
		return r.run
	}
	return true
}

// addPrompt adds a prompt: a text, or several, or, as OpenAI's completions and
// embeddings take them as well, lists of tokens.
func addPrompt(d *Decoder, e *Event, v jsontape.Value) {
	m := e.AddInput(word(d, "user"))
	if k := v.Index(0).Kind(); k == jsontape.Number || k == jsontape.Array {
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
		return
	}
	addContent(d, m, v)
}

// addSystem adds a system prompt: a string or a list of content blocks.
func addSystem(d *Decoder, e *Event, v jsontape.Value) {
	if k := v.Kind(); k == jsontape.Missing || k == jsontape.Null {
		return
	}
	m := e.AddInput(word(d, "system"))
	if parts := v.Get("parts"); parts.Exists() { // Gemini
		addGeminiParts(d, m, parts)
		return
	}
	addContent(d, m, v)
}

// addUser adds the input of a body that has no list of messages.
func addUser(d *Decoder, e *Event, v jsontape.Value) {
	addContent(d, e.AddInput(word(d, "user")), v)
}

// responseBody holds the members of a response body that carry content.
type responseBody struct {
	output      jsontape.Value // Converse, Nova; OpenAI responses
	content     jsontape.Value // Anthropic; a message of OpenAI's assistants
	choices     jsontape.Value // OpenAI, Mistral chat
	candidates  jsontape.Value // Gemini
	message     jsontape.Value // Cohere v2, Ollama; the text of an error
	response    jsontape.Value // Ollama; Vertex AI's log of a reply
	generation  jsontape.Value // Llama
	generated   jsontape.Value // Hugging Face
	results     jsontape.Value // Titan; a rerank; moderations
	outputs     jsontape.Value // Mistral
	generations jsontape.Value // Cohere
	text        jsontape.Value // Cohere chat; a transcription
	toolCalls   jsontape.Value
	thinking    jsontape.Value // Ollama
	completion  jsontape.Value // Claude text completion
	completions jsontape.Value // AI21
	vectors     jsontape.Value // embedding, embeddings
	data        jsontape.Value // OpenAI's lists: vectors, images, messages
	images      jsontape.Value // image models
	failure     jsontape.Value // error
	detail      jsontape.Value // the error of servers made with FastAPI
	action      jsontape.Value // required_action: OpenAI's assistants wait for tools
	incomplete  Text           // why OpenAI's response is not complete
	object      Text           // what OpenAI says that the body is
	id          Text
	status      Text
	role        Text
	stop        Text
	usage       usage
	guard       guardrail
}

// decodeResponseBody adds to e what a response body says: messages, finish
// reason, usage, latency, guardrails, errors. An array is taken for the chunks
// of a stream and folded; a string is decoded as the text that it is: JSON, or
// a stream. Columns that are already set are kept. It reports whether the shape
// of the body is known.
func decodeResponseBody(d *Decoder, e *Event, body jsontape.Value) bool {
	switch body.Kind() {
	case jsontape.Missing, jsontape.Null:
		return false
	case jsontape.String:
		return decodeReplyText(d, e, body.Text())
	case jsontape.Array:
		return foldStream(d, e, body)
	case jsontape.Object:
		var r responseBody
		r.read(d, e, body)
		known := r.addOutput(d, e, body)
		if !known {
			e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
		}
		r.finishEvent(d, e, known)
		return known
	}
	e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, body)})
	return false
}

// finishEvent sets what the whole body says. The id of what is not known to be
// a reply is none of a reply.
func (r *responseBody) finishEvent(d *Decoder, e *Event, known bool) {
	if known {
		setName(&e.ResponseID, r.id)
	}
	setText(&e.FinishReason, r.reason())
	r.usage.fill(e)
	r.guard.settle(d, e)
}

// reason returns why the reply ended. OpenAI's responses have a status, and a
// reason only when they ended before their time.
func (r *responseBody) reason() Text {
	switch {
	case r.stop != nil:
		return r.stop
	case r.incomplete != nil:
		return r.incomplete
	case string(r.object) == "response" && hasEnded(r.status):
		return r.status
	}
	return nil
}

// hasEnded reports whether a response or run of OpenAI with the status goes no
// further.
func hasEnded(status Text) bool {
	switch string(status) {
	case "", "queued", "in_progress", "cancelling":
		return false
	}
	return true
}

// read collects the members of the body in one pass.
func (r *responseBody) read(d *Decoder, e *Event, body jsontape.Value) {
	for key, v := range body.Members() {
		if v.Kind() == jsontape.Null || r.readContent(key, v) {
			continue
		}
		switch string(key) {
		case "role":
			r.role = v.Text()
		case "object":
			r.object = v.Text()
		case "status":
			r.status = v.Text()
		case "incomplete_details":
			r.incomplete = v.Get("reason").Text()
		case "stop_reason", "stopReason", "finish_reason", "finishReason", "done_reason":
			r.stop = v.Text()
		case "id", "response_id", "responseId":
			r.id = v.Text()
		case "request_id":
			setName(&e.RequestID, v.Text())
		case "model", "modelVersion", "model_version":
			setName(&e.ModelResponse, v.Text())
		case "usage", "meta", "usageMetadata", "usage_metadata":
			r.usage.read(v)
		case "details": // Hugging Face
			r.stop = v.Get("finish_reason").Text()
			r.usage.read(v)
		case "metrics":
			readMetrics(e, v)
		case "thread_id": // OpenAI's assistants: the conversation
			setSession(e, v.Text())
		case "assistant_id":
			e.addIDOnce("assistant_id", v)
		case "generation_id":
			e.addID("generation_id", v)
		case "prompt_filter_results", "promptFeedback", "prompt_feedback":
			r.guard.readPromptFilter(d, e, v)
		default:
			if !r.usage.set(key, v) {
				r.guard.readMember(d, e, key, v, &r.usage)
			}
		}
	}
}

// readContent keeps a member that carries content, and reports whether it is
// one.
func (r *responseBody) readContent(key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "output":
		r.output = v
	case "content":
		r.content = v
	case "choices":
		r.choices = v
	case "candidates":
		r.candidates = v
	case "message":
		r.message = v
	case "response":
		r.response = v
	case "generation":
		r.generation = v
	case "generated_text":
		r.generated = v
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
	case "thinking":
		r.thinking = v
	case "completion":
		r.completion = v
	case "completions":
		r.completions = v
	case "embedding", "embeddings", "embeddingsByType":
		r.vectors = v
	case "data", "predictions":
		r.data = v
	case "images", "artifacts":
		r.images = v
	case "error", "last_error":
		r.failure = v
	case "detail":
		r.detail = v
	case "required_action":
		r.action = v
	default:
		return false
	}
	return true
}

// addOutput decides the shape of the body and adds its messages. It reports
// whether the shape is known.
func (r *responseBody) addOutput(d *Decoder, e *Event, body jsontape.Value) bool {
	stop := r.reason()
	switch {
	case r.output.Kind() == jsontape.Object && r.output.Get("message").Exists():
		addMessageValue(d, &e.Output, r.output.Get("message"))
		e.Output[len(e.Output)-1].FinishReason = stop
	case r.output.Kind() == jsontape.Array:
		r.addItems(d, e)
	case r.choices.Kind() == jsontape.Array:
		r.addChoices(d, e)
	case r.candidates.Kind() == jsontape.Array:
		r.addCandidates(d, e)
	case r.isAssistants():
		return r.addAssistants(d, e)
	case r.content.Exists():
		addContent(d, r.assistant(d, e), r.content)
	case r.generation.Exists():
		addContent(d, r.assistant(d, e), r.generation)
	case r.generated.Exists():
		addContent(d, r.assistant(d, e), r.generated)
	case r.completion.Exists():
		addContent(d, r.assistant(d, e), r.completion)
	case r.response.Kind() == jsontape.String:
		r.addOllama(d, e)
	case r.text.Kind() == jsontape.String:
		m := r.assistant(d, e)
		addContent(d, m, r.text)
		addToolCalls(d, m, r.toolCalls)
	case r.addTexts(d, e), r.addResults(d, e):
	case r.vectors.Exists():
		e.Kind = KindEmbedding
		r.assistant(d, e).Add(vectorsOf(d, r.vectors))
	case r.images.Kind() == jsontape.Array:
		r.addImages(d, e)
	case r.data.Kind() == jsontape.Array:
		return r.addData(d, e)
	case r.message.Kind() == jsontape.Object:
		addMessageValue(d, &e.Output, r.message)
		e.Output[len(e.Output)-1].FinishReason = stop
	default:
		return r.addFailure(d, e, body)
	}
	return true
}

// addFailure sets the error columns of a body that is nothing but an error, and
// reports whether it is one.
func (r *responseBody) addFailure(d *Decoder, e *Event, body jsontape.Value) bool {
	switch {
	case r.failure.Exists():
		readFailure(d, e, r.failure)
		r.guard.readFilteredError(d, e, r.failure)
	case r.message.Kind() == jsontape.String: // AWS, Mistral, Cohere: the body is the error
		readFailure(d, e, body)
	case r.detail.Kind() == jsontape.String:
		setText(&e.ErrorMessage, r.detail.Text())
	case r.detail.Exists():
		setText(&e.ErrorMessage, rawJSON(d, r.detail))
	case r.guard.prompt:
		return true // Gemini refuses a prompt without a word of reply
	default:
		return false
	}
	return true
}

// assistant adds the message of a body that is itself the answer.
func (r *responseBody) assistant(d *Decoder, e *Event) *Message {
	role := r.role
	if role == nil {
		role = word(d, "assistant")
	}
	m := e.AddOutput(role)
	m.FinishReason = r.reason()
	return m
}

// readFailure sets the error columns from an error object (OpenAI, Anthropic,
// Google, Bedrock exceptions) or text.
func readFailure(d *Decoder, e *Event, v jsontape.Value) {
	switch v.Kind() {
	case jsontape.String:
		setText(&e.ErrorMessage, v.Text())
	case jsontape.Object:
		var typ, code, status Text
		for key, m := range v.Members() {
			switch string(key) {
			case "type", "__type":
				typ = m.Text()
			case "code":
				code = scalar(m)
			case "status":
				status = m.Text() // Google: the code in words; its number is that of HTTP
			case "message", "Message":
				setText(&e.ErrorMessage, m.Text())
			}
		}
		switch {
		case len(status) > 0:
			code = status
		case len(code) == 0:
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
	case "rate_limit_error", "overloaded_error", "rate_limit_exceeded", "insufficient_quota", "RESOURCE_EXHAUSTED":
		return OutcomeThrottled
	case "permission_error", "authentication_error", "invalid_api_key", "PERMISSION_DENIED", "UNAUTHENTICATED":
		return OutcomeDenied
	case "content_filter", "content_policy_violation":
		return OutcomeBlocked
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

// setJSON sets a column that is still NULL to a value as written; a missing one
// and a null say nothing.
func setJSON(d *Decoder, column *Text, v jsontape.Value) {
	if k := v.Kind(); *column == nil && k != jsontape.Missing && k != jsontape.Null {
		*column = rawJSON(d, v)
	}
}

// setName sets a column that is still NULL, unless the value is empty: an
// empty identifier names nothing.
func setName(column *Text, v Text) {
	if *column == nil && len(v) > 0 {
		*column = v
	}
}

// addIDOnce keeps an identifier that the request and the reply both name.
func (e *Event) addIDOnce(kind string, v jsontape.Value) {
	for _, id := range e.OtherIDs {
		if id.Kind == kind && bytes.Equal(id.Value, v.Text()) {
			return
		}
	}
	e.addID(kind, v)
}
