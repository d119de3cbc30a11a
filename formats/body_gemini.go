package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// The bodies of generateContent and streamGenerateContent, of the Gemini API
// and of Vertex AI (ai.google.dev/api/generate-content). REST writes its names
// in camel case and takes both; what SDKs and BigQuery log is in snake case.

// addGeminiContents adds a list of contents, or a single one: each has a role,
// which may be left out, and parts.
func addGeminiContents(d *Decoder, list *[]Message, v jsontape.Value, role string) {
	if v.Kind() != jsontape.Array {
		addGeminiContent(d, list, v, role)
		return
	}
	for c := range v.Elements() {
		addGeminiContent(d, list, c, role)
	}
}

// addGeminiContent adds one content. SDKs take a bare text for one.
func addGeminiContent(d *Decoder, list *[]Message, v jsontape.Value, role string) {
	said := Text(v.Get("role").Text())
	if said == nil {
		said = word(d, role)
	}
	m := addMessage(list, said)
	if parts := v.Get("parts"); parts.Exists() {
		addGeminiParts(d, m, parts)
		return
	}
	if v.Kind() == jsontape.Object && v.Get("role").Exists() && v.Len() == 1 {
		return // a reply that ended before its first part
	}
	addContent(d, m, v)
}

// addGeminiParts adds parts, or a single one.
func addGeminiParts(d *Decoder, m *Message, v jsontape.Value) {
	if v.Kind() != jsontape.Array {
		addGeminiPart(d, m, v)
		return
	}
	for p := range v.Elements() {
		addGeminiPart(d, m, p)
	}
}

// addGeminiPart adds one part: its kind is the name of the member that it has.
func addGeminiPart(d *Decoder, m *Message, v jsontape.Value) {
	var text jsontape.Value
	var thought bool
	n := len(m.Parts)
	for key, p := range v.Members() {
		switch string(key) {
		case "text":
			text = p
		case "thought":
			thought, _ = p.Bool()
		case "functionCall", "function_call":
			m.Add(Part{
				Type: PartToolCall, ID: p.Get("id").Text(), Name: p.Get("name").Text(),
				JSON: arguments(d, p.Get("args")),
			})
		case "functionResponse", "function_response":
			r := Part{Type: PartToolResponse, ID: p.Get("id").Text(), Name: p.Get("name").Text()}
			r.Text, r.JSON = toolResult(d, p.Get("response"))
			m.Add(r)
		case "inlineData", "inline_data":
			m.Add(inlineBlob(d, firstText(p.Get("mimeType"), p.Get("mime_type")), p.Get("data")))
		case "fileData", "file_data":
			m.Add(Part{
				Type: PartURI, Name: firstText(p.Get("mimeType"), p.Get("mime_type")),
				Text: firstText(p.Get("fileUri"), p.Get("file_uri")),
			})
		case "executableCode", "executable_code", "codeExecutionResult", "code_execution_result":
			m.Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
		}
	}
	switch t := text.Text(); {
	case t != nil && thought:
		m.Add(Part{Type: PartReasoning, Text: t})
	case t != nil:
		m.Add(Part{Type: PartText, Text: t})
	case len(m.Parts) == n:
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
	}
}

// addCandidates adds the candidates of a reply.
func (r *responseBody) addCandidates(d *Decoder, e *Event) {
	for c := range r.candidates.Elements() {
		content := c.Get("content")
		if !content.Exists() && c.Get("output").Exists() {
			content = c.Get("output") // PaLM
		}
		addGeminiContent(d, &e.Output, content, "model")
		m := &e.Output[len(e.Output)-1]
		m.FinishReason = firstText(c.Get("finishReason"), c.Get("finish_reason"))
		setText(&e.FinishReason, m.FinishReason)
		r.guard.readSafety(d, e, firstValue(c.Get("safetyRatings"), c.Get("safety_ratings")))
	}
}

// firstValue returns the first value that is there.
func firstValue(a, b jsontape.Value) jsontape.Value {
	if a.Exists() {
		return a
	}
	return b
}

// addRequests adds the inputs of a request that holds several: Gemini's
// embeddings, or the instances of a prediction on Vertex AI. It reports whether
// their shape is known.
func (r *requestBody) addRequests(d *Decoder, e *Event) bool {
	known := false
	for one := range r.requests.Elements() {
		content := firstValue(one.Get("content"), one.Get("prompt"))
		if !content.Exists() {
			continue
		}
		known = true
		addGeminiContent(d, &e.Input, content, "user")
	}
	return known
}

// addOneContent adds the input of an embedding by Gemini, or the message that
// is added to a thread of OpenAI's assistants.
func (r *requestBody) addOneContent(d *Decoder, e *Event) {
	if r.content.Get("parts").Exists() {
		e.Kind = KindEmbedding
		addGeminiContent(d, &e.Input, r.content, "user")
		return
	}
	role := Text(r.role.Text())
	if role == nil {
		role = word(d, "user")
	}
	addContent(d, e.AddInput(role), r.content)
}
