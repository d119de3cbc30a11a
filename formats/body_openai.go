package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// addChoices adds the choices of a chat completion, of OpenAI and of those who
// speak its language: a message each, or a text for older completions.
func addChoices(d *Decoder, e *Event, choices jsontape.Value) {
	r := responseBody{choices: choices}
	r.addChoices(d, e)
}

func (r *responseBody) addChoices(d *Decoder, e *Event) {
	for c := range r.choices.Elements() {
		var message, text jsontape.Value
		var stop Text
		for key, v := range c.Members() {
			switch string(key) {
			case "message":
				message = v
			case "text":
				text = v
			case "finish_reason", "stop_reason":
				if t := v.Text(); t != nil {
					stop = t
				}
			case "content_filter_results":
				r.guard.readContentFilter(d, e, v)
			}
		}
		switch {
		case message.Exists():
			addMessageValue(d, &e.Output, message)
		case text.Exists():
			addContent(d, e.AddOutput(word(d, "assistant")), text)
		case finishOutcome(stop) == OutcomeBlocked: // Azure OpenAI leaves out the message that it filtered
			e.AddOutput(word(d, "assistant"))
		default:
			e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, c)})
		}
		e.Output[len(e.Output)-1].FinishReason = stop
		setText(&e.FinishReason, stop)
	}
}

// addInputItems adds the input of a request to OpenAI: a text, a list of texts
// or of tokens, or a list of messages and what else a response can refer to.
func addInputItems(d *Decoder, e *Event, v jsontape.Value) {
	if v.Kind() == jsontape.Array && v.Index(0).Kind() == jsontape.Object {
		addMessageList(d, &e.Input, v)
		return
	}
	addPrompt(d, e, v)
}

// addItems adds the output of a response. Its items are messages, and calls and
// thoughts, which are the model's as well.
func (r *responseBody) addItems(d *Decoder, e *Event) {
	n := len(e.Output)
	addMessageList(d, &e.Output, r.output)
	for i := n; i < len(e.Output); i++ {
		m := &e.Output[i]
		if m.Role == nil {
			m.Role = word(d, "assistant")
		}
		m.FinishReason = r.reason()
	}
	readFailure(d, e, r.failure)
}

// addData adds the data of a list: vectors, images or the messages of a
// thread. It reports whether it is one of them.
func (r *responseBody) addData(d *Decoder, e *Event) bool {
	first := r.data.Index(0)
	switch {
	case first.Get("embedding").Exists(), first.Get("embeddings").Exists():
		e.Kind = KindEmbedding
		r.assistant(d, e).Add(vectorsOf(d, r.data))
	case first.Get("url").Kind() == jsontape.String, first.Get("b64_json").Exists():
		m := r.assistant(d, e)
		for image := range r.data.Elements() {
			if u := image.Get("url"); u.Exists() {
				addURL(d, m, u)
			} else {
				m.Add(inlineBlob(d, nil, image.Get("b64_json")))
			}
			if t := image.Get("revised_prompt").Text(); len(t) > 0 {
				m.Add(Part{Type: PartText, Text: t})
			}
		}
	case string(first.Get("object").Text()) == "thread.message":
		for v := range r.data.Elements() {
			addThreadMessage(d, e, v)
		}
	default:
		return false
	}
	return true
}

// vectorsOf returns what is kept of vectors: the size of their JSON.
func vectorsOf(d *Decoder, v jsontape.Value) Part {
	return blobOf(d, word(d, "application/json"), len(v.Raw()))
}

// isAssistants reports whether the body is an object of OpenAI's Assistants
// API, of which only runs and messages say anything.
func (r *responseBody) isAssistants() bool {
	switch string(r.object) {
	case "thread.run", "thread.message", "thread", "assistant", "thread.run.step":
		return true
	}
	return false
}

// addAssistants adds an object of the Assistants API, and reports whether it
// says anything of a call. Only the id of a run is that of a reply.
func (r *responseBody) addAssistants(d *Decoder, e *Event) bool {
	id := r.id
	r.id = nil
	switch string(r.object) {
	case "thread.run":
		setName(&e.ResponseID, id)
		if r.failure.Exists() {
			readFailure(d, e, r.failure)
		}
		if r.stop == nil && hasEnded(r.status) {
			r.stop = r.status
		}
		if calls := r.action.Path("submit_tool_outputs", "tool_calls"); calls.Len() > 0 {
			addToolCalls(d, r.assistant(d, e), calls)
		}
		return true
	case "thread.message":
		setName(&e.MessageID, id)
		list := &e.Output
		if roleOf(r.role) == roleUser {
			if len(e.Input) > 0 {
				return true // the reply only repeats what was sent
			}
			list = &e.Input
		}
		addThreadContent(d, addMessage(list, r.role), r.content)
		return true
	}
	return false
}

// addThreadMessage adds one message of a thread: what users said is input, what
// the model said is output, though both came back together.
func addThreadMessage(d *Decoder, e *Event, v jsontape.Value) {
	role := Text(v.Get("role").Text())
	list := &e.Output
	if roleOf(role) == roleUser {
		list = &e.Input
	}
	addThreadContent(d, addMessage(list, role), v.Get("content"))
}

// addThreadContent adds the content of a message of a thread, in which the text
// is an object with its annotations.
func addThreadContent(d *Decoder, m *Message, v jsontape.Value) {
	for b := range v.Elements() {
		if t := b.Path("text", "value").Text(); t != nil {
			m.Add(Part{Type: PartText, Text: t})
			continue
		}
		if id := b.Path("image_file", "file_id").Text(); id != nil {
			m.Add(Part{Type: PartURI, Text: id})
			continue
		}
		addBlock(d, m, b)
	}
}

// addToolCalls adds a list of tool calls: OpenAI's, with a function in each,
// or Cohere's, with name and parameters.
func addToolCalls(d *Decoder, m *Message, calls jsontape.Value) {
	for c := range calls.Elements() {
		id := Text(c.Get("id").Text())
		if f := c.Get("function"); f.Exists() {
			addFunction(d, m, id, f)
			continue
		}
		addFunction(d, m, id, c)
	}
}

// addFunction adds a call of a named function.
func addFunction(d *Decoder, m *Message, id Text, f jsontape.Value) {
	p := Part{Type: PartToolCall, ID: id}
	for key, v := range f.Members() {
		switch string(key) {
		case "name":
			p.Name = v.Text()
		case "arguments", "parameters":
			p.JSON = arguments(d, v)
		}
	}
	m.Add(p)
}

// addURL adds an image given by its address, {"url": ...} or a string. A data
// URL is bytes in place.
func addURL(d *Decoder, m *Message, v jsontape.Value) {
	if v.Kind() == jsontape.Object {
		v = v.Get("url")
	}
	if url := v.Text(); !addDataURL(d, m, url) {
		m.Add(Part{Type: PartURI, Text: url})
	}
}

// addDataURL adds bytes that a data URL holds in place, and reports whether the
// URL is one.
func addDataURL(d *Decoder, m *Message, url Text) bool {
	rest, found := bytes.CutPrefix(url, []byte("data:"))
	if !found {
		return false
	}
	head, data, _ := bytes.Cut(rest, []byte(","))
	mime, encoding, _ := bytes.Cut(head, []byte(";"))
	size := len(data)
	if string(encoding) == "base64" {
		size = len(bytes.TrimRight(data, "=")) * 3 / 4
	}
	m.Add(blobOf(d, mime, size))
	return true
}
