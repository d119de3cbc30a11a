package protocol

import (
	"github.com/exhibit-forensics/exhibit/replay"
)

// openAIChat is OpenAI's chat completions, and what vLLM, llama.cpp, LM Studio
// and most gateways speak.
type openAIChat struct{}

func (openAIChat) path(string, bool) string { return "/v1/chat/completions" }

func (c openAIChat) write(w *writer) object {
	o := object{{"model", w.options.Model}, {"messages", c.messages(w)}}
	if tools := w.tools(); len(tools) > 0 {
		list := make([]any, len(tools))
		for i := range tools {
			f := tools[i].define()
			f.raw("parameters", tools[i].schema)
			f.raw("strict", tools[i].strict)
			list[i] = object{{"type", "function"}, {"function", f}}
		}
		o.set("tools", list)
	}
	switch choice := w.toolChoice(); choice.mode {
	case "auto", "none":
		o.set("tool_choice", choice.mode)
	case "any":
		o.set("tool_choice", "required")
	case "tool":
		o.set("tool_choice", object{{"type", "function"}, {"function", object{{"name", choice.name}}}})
	}
	w.copyParams(&o, [][2]string{
		{"temperature", "temperature"},
		{"top_p", "top_p"},
		{"max_tokens", "max_tokens"},
		{"stop", "stop"},
		{"frequency_penalty", "frequency_penalty"},
		{"presence_penalty", "presence_penalty"},
		{"choice_count", "n"},
		{"reasoning_effort", "reasoning_effort"},
		{"logprobs", "logprobs"},
		{"top_logprobs", "top_logprobs"},
		{"parallel_tool_calls", "parallel_tool_calls"},
		{"service_tier", "service_tier"},
	}...)
	w.seed(&o)
	switch f := w.outputFormat(); {
	case f.schema != nil:
		o.set("response_format", object{{"type", "json_schema"}, {"json_schema", f.schemaObject()}})
	case f.json:
		o.set("response_format", object{{"type", "json_object"}})
	}
	if s := w.request.Stream; s != nil {
		o.set("stream", *s)
	}
	w.leftOver()
	return o
}

func (c openAIChat) messages(w *writer) []any {
	out := []any{}
	for i := range w.request.Messages {
		out = append(out, c.message(w, i)...)
	}
	return out
}

// message writes one message, and each tool result in it as one of its own.
func (c openAIChat) message(w *writer, i int) []any {
	m := &w.request.Messages[i]
	role := m.Role
	if !isSystem(role) {
		role = plainRole(role)
	}
	var results, content, calls []any
	texts, text := 0, ""
	for j := range m.Parts {
		switch p := &m.Parts[j]; {
		case p.Type == replay.PartText:
			texts, text = texts+1, p.Text
			content = append(content, object{{"type", "text"}, {"text", p.Text}})
		case p.Type == replay.PartToolResult:
			results = append(results, object{{"role", "tool"}, {"tool_call_id", p.ID}, {"content", resultText(p)}})
		case p.Type == replay.PartToolCall:
			call := object{{"name", p.Name}, {"arguments", argumentsText(p)}}
			calls = append(calls, object{{"id", p.ID}, {"type", "function"}, {"function", call}})
		case p.Type == replay.PartBlob && p.Data != nil && isImage(p):
			content = append(content, object{{"type", "image_url"}, {"image_url", object{{"url", dataURL(p)}}}})
		case p.Type == replay.PartURI && isImage(p):
			content = append(content, object{{"type", "image_url"}, {"image_url", object{{"url", p.Text}}}})
		default:
			w.losePart(i, j, p)
		}
	}
	if len(content) == 0 && len(calls) == 0 && (len(results) > 0 || len(m.Parts) > 0) {
		return results
	}
	if role == "tool" { // a text in place of a result: it has no call to belong to
		role = "user"
	}
	w.checkRole(i, role)
	o := object{{"role", role}}
	switch {
	case texts == 1 && len(content) == 1:
		o.set("content", text)
	case len(content) > 0:
		o.set("content", content)
	case len(calls) > 0:
		o.set("content", nil)
	default:
		o.set("content", "")
	}
	if len(calls) > 0 {
		o.set("tool_calls", calls)
	}
	return append(results, o)
}
