package formats

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// addMessageList adds the messages of a list, of a single message, or of a
// string that holds either as JSON.
func addMessageList(d *Decoder, list *[]Message, v jsontape.Value) {
	if v.Kind() == jsontape.String {
		text := v.Text()
		v = parseInner(d, text)
		if k := v.Kind(); k != jsontape.Array && k != jsontape.Object {
			addMessage(list, nil).Add(Part{Type: PartOther, Text: text})
			return
		}
	}
	switch v.Kind() {
	case jsontape.Missing, jsontape.Null:
	case jsontape.Array:
		for m := range v.Elements() {
			addMessageValue(d, list, m)
		}
	default:
		addMessageValue(d, list, v)
	}
}

// message holds the members of a message of a list.
type message struct {
	role, typ, name, callID      Text
	content, reasoning, refusal  jsontape.Value
	toolCalls, call, toolResults jsontape.Value
	images                       jsontape.Value // Ollama
}

// addMessageValue adds one message of a list. Items that are no messages but
// content on their own (OpenAI responses) become a message without a role.
func addMessageValue(d *Decoder, list *[]Message, v jsontape.Value) {
	if v.Kind() != jsontape.Object {
		addContent(d, addMessage(list, nil), v)
		return
	}
	var f message
	for key, v := range v.Members() {
		switch string(key) {
		case "role":
			f.role = v.Text()
		case "content", "message": // message: Cohere's chat history
			f.content = v
		case "type":
			f.typ = v.Text()
		case "name":
			f.name = v.Text()
		case "tool_call_id":
			f.callID = v.Text()
		case "tool_calls":
			f.toolCalls = v
		case "function_call":
			f.call = v
		case "tool_results":
			f.toolResults = v
		case "reasoning_content", "reasoning", "thinking", "tool_plan": // thinking: Ollama, tool_plan: Cohere
			f.reasoning = v
		case "refusal":
			f.refusal = v
		case "images":
			f.images = v
		}
	}
	m := addMessage(list, f.role)
	if f.role == nil && len(f.typ) > 0 && string(f.typ) != "message" {
		addBlock(d, m, v)
		return
	}
	f.addParts(d, m)
	if len(m.Parts) == 0 && !f.content.Exists() {
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, v)})
	}
}

// addParts adds the parts of a message in the order in which they were said:
// the thought, the text, the calls.
func (f *message) addParts(d *Decoder, m *Message) {
	if t := f.reasoning.Text(); len(t) > 0 {
		m.Add(Part{Type: PartReasoning, Text: t})
	}
	switch {
	case f.callID != nil, string(f.role) == "function":
		p := Part{Type: PartToolResponse, ID: f.callID, Name: f.name}
		p.Text, p.JSON = toolResult(d, f.content)
		m.Add(p)
	default:
		addContent(d, m, f.content)
	}
	for image := range f.images.Elements() {
		m.Add(inlineBlob(d, nil, image))
	}
	if t := f.refusal.Text(); t != nil {
		m.Add(Part{Type: PartText, Text: t})
	}
	addToolCalls(d, m, f.toolCalls)
	if f.call.Kind() == jsontape.Object {
		addFunction(d, m, nil, f.call)
	}
	if f.toolResults.Exists() {
		m.Add(Part{Type: PartToolResponse, JSON: rawJSON(d, f.toolResults)})
	}
}

// addContent adds content: a string, a block, or a list of both.
func addContent(d *Decoder, m *Message, v jsontape.Value) {
	switch v.Kind() {
	case jsontape.Missing, jsontape.Null:
	case jsontape.Array:
		for b := range v.Elements() {
			addBlock(d, m, b)
		}
	default:
		addBlock(d, m, v)
	}
}

// block holds the members of a content block that carries its type
// (Anthropic, OpenAI). Blocks of Converse and Nova have no type: the name of
// their only member is the type.
type block struct {
	typ, id, name, callID        Text
	text, input, content, source jsontape.Value
	thinking, data, url, audio   jsontape.Value
	summary, refusal, file       jsontape.Value
	known                        bool // a block that carries nothing, such as a cache point
}

// addBlock adds the part that one content block stands for. A block that no
// provider is known to write is kept with its JSON.
func addBlock(d *Decoder, m *Message, b jsontape.Value) {
	switch b.Kind() {
	case jsontape.String:
		m.Add(Part{Type: PartText, Text: b.Text()})
		return
	case jsontape.Object:
	default:
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, b)})
		return
	}
	n := len(m.Parts)
	var f block
	for key, v := range b.Members() {
		switch string(key) {
		case "text":
			f.text = v
		case "type":
			f.typ = v.Text()
		case "id":
			f.id = v.Text()
		case "name":
			f.name = v.Text()
		case "tool_use_id", "call_id":
			f.callID = v.Text()
		case "input", "arguments":
			f.input = v
		case "content", "output":
			f.content = v
		case "source":
			f.source = v
		case "thinking":
			f.thinking = v
		case "data":
			f.data = v
		case "image_url":
			f.url = v
		case "input_audio":
			f.audio = v
		case "summary":
			f.summary = v
		case "refusal":
			f.refusal = v
		case "file":
			f.file = v
		default:
			f.known = addConverseMember(d, m, key, v) || f.known
		}
	}
	switch {
	case len(m.Parts) > n:
	case len(f.typ) == 0:
		if t := f.text.Text(); t != nil {
			m.Add(Part{Type: PartText, Text: t})
			return
		}
	default:
		f.addTyped(d, m)
	}
	if len(m.Parts) == n && !f.known {
		m.Add(Part{Type: PartOther, JSON: rawJSON(d, b)})
	}
}

// addTyped adds the part of a block whose type is written in it.
func (f *block) addTyped(d *Decoder, m *Message) {
	switch string(f.typ) {
	case "text", "input_text", "output_text":
		if t := f.text.Text(); t != nil {
			m.Add(Part{Type: PartText, Text: t})
		}
	case "refusal":
		if t := f.refusal.Text(); t != nil {
			m.Add(Part{Type: PartText, Text: t})
		}
	case "thinking":
		t := Text(f.thinking.Text())
		if t == nil {
			t = textBlocks(f.thinking) // Mistral
		}
		m.Add(Part{Type: PartReasoning, Text: t})
	case "redacted_thinking":
		m.Add(inlineBlob(d, nil, f.data))
	case "reasoning":
		for s := range f.summary.Elements() {
			m.Add(Part{Type: PartReasoning, Text: s.Get("text").Text()})
		}
	case "tool_use", "server_tool_use", "mcp_tool_use":
		m.Add(Part{Type: PartToolCall, ID: f.id, Name: f.name, JSON: arguments(d, f.input)})
	case "function_call", "custom_tool_call":
		m.Add(Part{Type: PartToolCall, ID: f.callID, Name: f.name, JSON: arguments(d, f.input)})
	case "tool_result", "function_call_output", "web_search_tool_result", "mcp_tool_result":
		p := Part{Type: PartToolResponse, ID: f.callID}
		p.Text, p.JSON = toolResult(d, f.content)
		m.Add(p)
	case "image", "document":
		addAnthropicSource(d, m, f.source)
	case "image_url", "input_image":
		addURL(d, m, f.url)
	case "input_audio":
		m.Add(inlineBlob(d, mimeOf(d, f.audio.Get("format").Text()), f.audio.Get("data")))
	case "file":
		if id := f.file.Get("file_id").Text(); id != nil {
			m.Add(Part{Type: PartURI, Text: id})
		} else if data := f.file.Get("file_data"); data.Exists() {
			addURL(d, m, data)
		}
	}
}

// arguments returns the arguments of a tool call: OpenAI writes the JSON into
// a string, the others write it as it is.
func arguments(d *Decoder, v jsontape.Value) Text {
	switch v.Kind() {
	case jsontape.Missing:
		return nil
	case jsontape.String:
		return v.Text()
	}
	return rawJSON(d, v)
}

// toolResult returns what a tool gave back: the text, when it is a text or a
// list of nothing but texts, or else the JSON as written.
func toolResult(d *Decoder, v jsontape.Value) (text, raw Text) {
	switch v.Kind() {
	case jsontape.Missing, jsontape.Null:
		return nil, nil
	case jsontape.String:
		return v.Text(), nil
	case jsontape.Array:
		if v.Len() == 1 && v.Index(0).Get("json").Exists() {
			return nil, rawJSON(d, v.Index(0).Get("json"))
		}
		if t := textBlocks(v); t != nil {
			return t, nil
		}
	}
	return nil, rawJSON(d, v)
}

// textBlocks joins the texts of a list of text blocks with blank lines; nil
// when the list is empty or holds anything else.
func textBlocks(v jsontape.Value) Text {
	if v.Len() == 1 {
		return v.Index(0).Get("text").Text()
	}
	var out Text
	for b := range v.Elements() {
		t := b.Get("text").Text()
		if t == nil {
			return nil
		}
		if out != nil {
			out = append(out, partSeparator...)
		}
		out = append(out, t...)
	}
	return out
}

// inlineBlob returns the part of bytes that were logged in place as base64:
// their size is kept, not the bytes, which raw has.
func inlineBlob(d *Decoder, mime Text, data jsontape.Value) Part {
	b := data.Text()
	if b == nil || !looksBase64(b) {
		return Part{Type: PartBlob, Name: mime}
	}
	n := len(bytes.TrimRight(b, "="))
	return blobOf(d, mime, base64.RawStdEncoding.DecodedLen(n))
}

// blobOf returns a blob part; the JSON of a blob is its size in bytes.
func blobOf(d *Decoder, mime Text, size int) Part {
	var digits [20]byte
	return Part{Type: PartBlob, Name: mime, JSON: d.Arena.Copy(strconv.AppendInt(digits[:0], int64(size), 10))}
}

// looksBase64 reports whether the text begins like base64. Loggers replace
// bytes by marks such as <bytes>, whose length says nothing about a size.
func looksBase64(b []byte) bool {
	for _, c := range b[:min(len(b), 64)] {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '+', c == '/', c == '-', c == '_', c == '=':
		default:
			return false
		}
	}
	return true
}

// mimeOf returns the media type for a format name of Bedrock or OpenAI; a
// name that is not known is returned as written.
func mimeOf(d *Decoder, format Text) Text {
	var mime string
	switch string(format) {
	case "png":
		mime = "image/png"
	case "jpeg", "jpg":
		mime = "image/jpeg"
	case "gif":
		mime = "image/gif"
	case "webp":
		mime = "image/webp"
	case "pdf":
		mime = "application/pdf"
	case "csv":
		mime = "text/csv"
	case "html":
		mime = "text/html"
	case "txt":
		mime = "text/plain"
	case "md":
		mime = "text/markdown"
	case "docx":
		mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case "xlsx":
		mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case "mp4":
		mime = "video/mp4"
	case "mp3":
		mime = "audio/mpeg"
	case "wav":
		mime = "audio/wav"
	default:
		return format
	}
	return word(d, mime)
}
