package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// addAnyMessage adds a message of a provider's body, or one in the form of the
// OpenTelemetry GenAI conventions, which is told by its parts.
func addAnyMessage(d *Decoder, list *[]Message, v jsontape.Value) {
	parts := v.Get("parts")
	if parts.Kind() != jsontape.Array {
		addMessageValue(d, list, v)
		return
	}
	m := addMessage(list, v.Get("role").Text())
	m.FinishReason = v.Get("finish_reason").Text()
	for p := range parts.Elements() {
		m.Add(otelPart(d, p))
	}
}

// otelPart reads a part as [AppendMessages] writes it. Gemini's parts, which
// have no type, hold a text.
func otelPart(d *Decoder, v jsontape.Value) Part {
	p := Part{Type: PartType(v.Get("type").Text())}
	value := func(key string) {
		if x := v.Get(key); x.Kind() == jsontape.String {
			p.Text = x.Text()
		} else if x.Exists() {
			p.JSON = rawJSON(d, x)
		}
	}
	switch p.Type {
	case PartText, PartReasoning:
		p.Text = scalar(v.Get("content"))
	case PartToolCall:
		p.ID, p.Name = scalar(v.Get("id")), v.Get("name").Text()
		if args := v.Get("arguments"); args.Exists() {
			p.JSON = arguments(d, args)
		}
	case PartToolResponse:
		p.ID, p.Name = scalar(v.Get("id")), v.Get("name").Text()
		if value("response"); !v.Get("response").Exists() {
			value("result")
		}
	case PartBlob:
		p.Name = v.Get("mime_type").Text()
		if size := v.Get("size"); size.Exists() {
			p.JSON = rawJSON(d, size)
		} else {
			p = inlineBlob(d, p.Name, v.Get("content"))
		}
	case PartURI:
		p.Name, p.Text = v.Get("mime_type").Text(), v.Get("uri").Text()
	case PartOther:
		p.Name = v.Get("mime_type").Text()
		value("content")
	case "file": // uploaded to the provider before
		p = Part{Type: PartURI, Name: v.Get("mime_type").Text(), Text: v.Get("file_id").Text()}
	case "server_tool_call": // the provider runs the tool
		p = Part{Type: PartToolCall, ID: scalar(v.Get("id")), Name: v.Get("name").Text()}
		if call := v.Get("server_tool_call"); call.Exists() {
			p.JSON = arguments(d, call)
		}
	case "server_tool_call_response":
		p = Part{Type: PartToolResponse, ID: scalar(v.Get("id"))}
		value("server_tool_call_response")
	default:
		if text := v.Get("text"); text.Kind() == jsontape.String {
			return Part{Type: PartText, Text: text.Text()}
		}
		return Part{Type: PartOther, JSON: rawJSON(d, v)}
	}
	return p
}
