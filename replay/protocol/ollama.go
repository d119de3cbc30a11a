package protocol

import (
	"encoding/base64"

	"github.com/exhibit-forensics/exhibit/replay"
)

// ollama is Ollama's own /api/chat.
type ollama struct{}

func (ollama) path(string, bool) string { return "/api/chat" }

func (c ollama) write(w *writer) object {
	o := object{{"model", w.options.Model}, {"messages", c.messages(w)}}
	if tools := w.tools(); len(tools) > 0 {
		list := make([]any, len(tools))
		for i := range tools {
			f := tools[i].define()
			f.raw("parameters", tools[i].schema)
			list[i] = object{{"type", "function"}, {"function", f}}
		}
		o.set("tools", list)
	}
	switch f := w.outputFormat(); {
	case f.schema != nil:
		o.set("format", f.schema)
	case f.json:
		o.set("format", "json")
	}
	w.copyParams(&o, [2]string{"thinking", "think"})
	var options object
	w.copyParams(&options, [][2]string{
		{"temperature", "temperature"},
		{"top_p", "top_p"},
		{"top_k", "top_k"},
		{"max_tokens", "num_predict"},
		{"frequency_penalty", "frequency_penalty"},
		{"presence_penalty", "presence_penalty"},
	}...)
	options.raw("stop", w.stops())
	w.seed(&options)
	if len(options) > 0 {
		o.set("options", options)
	}
	if s := w.request.Stream; s != nil {
		o.set("stream", *s)
	}
	w.leftOver()
	return o
}

func (c ollama) messages(w *writer) []any {
	out := []any{}
	for i := range w.request.Messages {
		out = append(out, c.message(w, i)...)
	}
	return out
}

// message writes one message, and each tool result in it as one of its own.
// The texts of a message are one text here.
func (c ollama) message(w *writer, i int) []any {
	m := &w.request.Messages[i]
	role := m.Role
	if isSystem(role) {
		role = "system"
	} else {
		role = plainRole(role)
	}
	var results, images, calls []any
	var text, reasoning string
	texts := 0
	for j := range m.Parts {
		switch p := &m.Parts[j]; {
		case p.Type == replay.PartText && texts > 0:
			texts, text = texts+1, text+"\n\n"+p.Text
		case p.Type == replay.PartText:
			texts, text = 1, p.Text
		case p.Type == replay.PartReasoning:
			reasoning += p.Text
		case p.Type == replay.PartToolResult:
			result := object{{"role", "tool"}, {"content", resultText(p)}}
			if p.Name != "" {
				result.set("tool_name", p.Name)
			}
			results = append(results, result)
		case p.Type == replay.PartToolCall:
			calls = append(calls, object{{"function", object{{"name", p.Name}, {"arguments", w.argumentsObject(i, j, p)}}}})
		case p.Type == replay.PartBlob && p.Data != nil && isImage(p):
			images = append(images, base64.StdEncoding.EncodeToString(p.Data))
		default:
			w.losePart(i, j, p)
		}
	}
	if texts == 0 && len(images) == 0 && len(calls) == 0 && len(m.Parts) > 0 {
		return results
	}
	if texts > 1 {
		w.lose(at("messages", i), replay.GradeConverted, "its texts are joined by a blank line")
	}
	w.checkRole(i, role)
	o := object{{"role", role}, {"content", text}}
	if reasoning != "" {
		o.set("thinking", reasoning)
	}
	if len(images) > 0 {
		o.set("images", images)
	}
	if len(calls) > 0 {
		o.set("tool_calls", calls)
	}
	return append(results, o)
}
