package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

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
