package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// The bodies of models that take a prompt and give a text, without messages:
// Titan, Mistral, Cohere, AI21; and of models that return vectors or images.

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
