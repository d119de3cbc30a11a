package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// addChoices adds the choices of a chat completion, of OpenAI and of those who
// speak its language: a message each, or a text for older completions.
func addChoices(d *Decoder, e *Event, choices jsontape.Value) {
	for c := range choices.Elements() {
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
			}
		}
		switch {
		case message.Exists():
			addMessageValue(d, &e.Output, message)
		case text.Exists():
			addContent(d, e.AddOutput(word(d, "assistant")), text)
		default:
			e.AddOutput(nil).Add(Part{Type: PartOther, JSON: rawJSON(d, c)})
		}
		e.Output[len(e.Output)-1].FinishReason = stop
		setText(&e.FinishReason, stop)
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
	url := v.Text()
	rest, isData := bytes.CutPrefix(url, []byte("data:"))
	if !isData {
		m.Add(Part{Type: PartURI, Text: url})
		return
	}
	head, data, _ := bytes.Cut(rest, []byte(","))
	mime, encoding, _ := bytes.Cut(head, []byte(";"))
	size := len(data)
	if string(encoding) == "base64" {
		size = len(bytes.TrimRight(data, "=")) * 3 / 4
	}
	m.Add(blobOf(d, mime, size))
}
