package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

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
		case "stop_details":
			r.guard.readRefusal(d, e, v)
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

// finishEvent sets what the whole body says. The id of what is not known to be
// a reply is none of a reply.
func (r *responseBody) finishEvent(d *Decoder, e *Event, known bool) {
	if known {
		setName(&e.ResponseID, r.id)
	}
	setText(&e.FinishReason, r.reason())
	r.usage.fill(e)
	r.guard.settle(d, e)
	if goesOn := r.status != nil && !hasEnded(r.status); goesOn && (string(r.object) == "response" || string(r.object) == "thread.run") {
		e.unfinished()
	}
}

// unfinished notes that the reply was still being made when it was logged: how
// the call ended is not known. OpenAI's responses and runs in the background
// answer so at once, with the HTTP status 200.
func (e *Event) unfinished() {
	if (e.Outcome == "" || e.Outcome == OutcomeSuccess) && len(e.ErrorCode) == 0 {
		e.Outcome = OutcomeUnknown
	}
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
