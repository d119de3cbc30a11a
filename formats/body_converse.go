package formats

import "github.com/exhibit-forensics/exhibit/formats/jsontape"

// addConverseMember adds the part that a member of a Converse or Nova content
// block stands for, and reports whether it is a known member. Bodies that a
// caller sends to Nova with InvokeModel have the same blocks.
func addConverseMember(d *Decoder, m *Message, key []byte, v jsontape.Value) bool {
	switch string(key) {
	case "toolUse":
		m.Add(Part{
			Type: PartToolCall, ID: v.Get("toolUseId").Text(), Name: v.Get("name").Text(),
			JSON: arguments(d, v.Get("input")),
		})
	case "toolResult":
		p := Part{Type: PartToolResponse, ID: v.Get("toolUseId").Text()}
		p.Text, p.JSON = toolResult(d, v.Get("content"))
		m.Add(p)
	case "guardContent":
		addGuardContent(d, m, v)
	case "reasoningContent":
		addReasoningContent(d, m, v)
	case "image", "video", "audio", "document":
		addConverseMedia(d, m, v)
	case "citationsContent":
		addContent(d, m, v.Get("content"))
	case "cachePoint":
	default:
		return false
	}
	return true
}

// addGuardContent adds content that stands apart for a guardrail to look at.
// It is as much part of the prompt as a text block is.
func addGuardContent(d *Decoder, m *Message, v jsontape.Value) {
	text := v.Get("text")
	switch {
	case text.Kind() == jsontape.String:
		m.Add(Part{Type: PartText, Text: text.Text()})
	case text.Get("text").Kind() == jsontape.String:
		m.Add(Part{Type: PartText, Text: text.Get("text").Text()})
	case v.Get("image").Exists():
		addConverseMedia(d, m, v.Get("image"))
	default:
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
	}
}

// addReasoningContent adds a thought, or the size of one that the provider
// has made unreadable.
func addReasoningContent(d *Decoder, m *Message, v jsontape.Value) {
	if redacted := v.Get("redactedContent"); redacted.Exists() {
		m.Add(inlineBlob(d, nil, redacted))
		return
	}
	m.Add(Part{Type: PartReasoning, Text: v.Path("reasoningText", "text").Text()})
}

// addConverseMedia adds an image, document, audio or video: bytes in place, a
// place in S3, or text.
func addConverseMedia(d *Decoder, m *Message, v jsontape.Value) {
	mime, source := mimeOf(d, v.Get("format").Text()), v.Get("source")
	switch {
	case source.Path("s3Location", "uri").Exists():
		m.Add(Part{Type: PartURI, Name: mime, Text: source.Path("s3Location", "uri").Text()})
	case source.Get("text").Kind() == jsontape.String:
		m.Add(Part{Type: PartOther, Name: mime, Text: source.Get("text").Text()})
	case source.Get("content").Exists():
		m.Add(Part{Type: PartOther, Name: mime, JSON: rawJSON(d, source.Get("content"))})
	default:
		m.Add(inlineBlob(d, mime, source.Get("bytes")))
	}
}
