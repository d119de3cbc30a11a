package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// The bodies of models that take a prompt and give a text, without messages:
// Titan, Mistral, Cohere, AI21, Ollama; and of models that return vectors,
// images or scores.

// addTitan adds the input of a Titan body: a text, for embeddings an image.
func (r *requestBody) addTitan(d *Decoder, e *Event) {
	m := e.AddInput(word(d, "user"))
	addContent(d, m, r.text)
	if r.image.Exists() {
		m.Add(inlineBlob(d, nil, r.image))
	}
	if r.embeds || r.image.Exists() {
		e.Kind = KindEmbedding
	}
}

// addCohereEmbed adds the texts or images of a Cohere embedding request, a
// part each.
func (r *requestBody) addCohereEmbed(d *Decoder, e *Event) {
	m := e.AddInput(word(d, "user"))
	addContent(d, m, r.texts)
	for image := range r.images.Elements() {
		addURL(d, m, image)
	}
	if r.embeds {
		e.Kind = KindEmbedding
	}
}

// addCohereResults adds the results of tools that a request to Cohere's first
// chat API brings beside the message.
func (r *requestBody) addCohereResults(d *Decoder, e *Event) {
	for one := range r.results.Elements() {
		p := Part{Type: PartToolResponse, Name: one.Path("call", "name").Text()}
		p.Text, p.JSON = toolResult(d, one.Get("outputs"))
		e.AddInput(word(d, "tool")).Add(p)
	}
}

// addOllama adds the answer of Ollama's /api/generate.
func (r *responseBody) addOllama(d *Decoder, e *Event) {
	m := r.assistant(d, e)
	if t := r.thinking.Text(); len(t) > 0 {
		m.Add(Part{Type: PartReasoning, Text: t})
	}
	addContent(d, m, r.response)
}

// addResults adds the results of a rerank, or those of a moderation, whose
// categories are policies that matched. It reports whether it is one of them.
func (r *responseBody) addResults(d *Decoder, e *Event) bool {
	first := r.results.Index(0)
	switch {
	case first.Get("relevance_score").Exists():
		e.Kind = KindRetrieval
	case first.Get("categories").Exists() && first.Get("flagged").Exists():
		e.Kind = KindGuardrail
		for one := range r.results.Elements() {
			for name, v := range one.Get("categories").Members() {
				if hit, _ := v.Bool(); hit {
					e.addPolicy(d, []byte("moderation"), name)
				}
			}
		}
	default:
		return false
	}
	e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, r.results)})
	return true
}

// addTexts adds the answers of a body that holds a list of texts, and reports
// whether it is one. Each list has its own word for the text and the reason.
func (r *responseBody) addTexts(d *Decoder, e *Event) bool {
	switch {
	case r.results.Index(0).Get("outputText").Exists(): // Titan
		r.addTextList(d, e, r.results, "outputText", "completionReason")
		if !r.usage.output.OK {
			r.usage.output = sumInts(r.results, "tokenCount")
		}
	case r.outputs.Kind() == jsontape.Array: // Mistral
		r.addTextList(d, e, r.outputs, "text", "stop_reason")
	case r.generations.Kind() == jsontape.Array: // Cohere
		r.addTextList(d, e, r.generations, "text", "finish_reason")
	case r.completions.Kind() == jsontape.Array: // AI21
		for c := range r.completions.Elements() {
			m := r.assistant(d, e)
			addContent(d, m, c.Path("data", "text"))
			r.finish(e, m, c.Path("finishReason", "reason").Text())
		}
	default:
		return false
	}
	return true
}

// addTextList adds a message for each element of a list of answers.
func (r *responseBody) addTextList(d *Decoder, e *Event, list jsontape.Value, text, reason string) {
	for c := range list.Elements() {
		m := r.assistant(d, e)
		if t := c.Get(text); t.Exists() {
			addContent(d, m, t)
		} else {
			m.Add(Part{Type: PartOther, JSON: rawJSON(d, c)})
		}
		r.finish(e, m, c.Get(reason).Text())
	}
}

// finish sets why an answer ended.
func (r *responseBody) finish(e *Event, m *Message, reason Text) {
	if reason != nil {
		m.FinishReason = reason
		setText(&e.FinishReason, reason)
	}
}

// addImages adds the images that a model made: base64 strings, or Stability's
// objects that hold one.
func (r *responseBody) addImages(d *Decoder, e *Event) {
	m := r.assistant(d, e)
	for image := range r.images.Elements() {
		if b := image.Get("base64"); b.Exists() {
			image = b
		}
		m.Add(inlineBlob(d, nil, image))
	}
}

// sumInts adds up a number of each element; NULL when one lacks it.
func sumInts(list jsontape.Value, key string) Int {
	sum := Int{}
	for c := range list.Elements() {
		n, ok := c.Get(key).Int()
		if !ok || n < 0 || n > 1<<40 {
			return Int{}
		}
		sum = IntOf(sum.V + n)
	}
	return sum
}
