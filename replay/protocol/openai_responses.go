package protocol

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// openAIResponses is OpenAI's responses.
type openAIResponses struct{}

func (openAIResponses) path(string, bool) string { return "/v1/responses" }

func (c openAIResponses) write(w *writer) object {
	o := object{{"model", w.options.Model}}
	first := 0
	if text, ok := c.instructions(w); ok {
		o.set("instructions", text)
		first = 1
	}
	o.set("input", c.input(w, first))
	if tools := w.tools(); len(tools) > 0 {
		list := make([]any, len(tools))
		for i := range tools {
			t := object{{"type", "function"}}
			t = append(t, tools[i].define()...)
			t.raw("parameters", tools[i].schema)
			t.raw("strict", tools[i].strict)
			list[i] = t
		}
		o.set("tools", list)
	}
	switch choice := w.toolChoice(); choice.mode {
	case "auto", "none":
		o.set("tool_choice", choice.mode)
	case "any":
		o.set("tool_choice", "required")
	case "tool":
		o.set("tool_choice", object{{"type", "function"}, {"name", choice.name}})
	}
	w.copyParams(&o, [][2]string{
		{"temperature", "temperature"},
		{"top_p", "top_p"},
		{"max_tokens", "max_output_tokens"},
		{"thinking", "reasoning"},
		{"top_logprobs", "top_logprobs"},
		{"parallel_tool_calls", "parallel_tool_calls"},
		{"service_tier", "service_tier"},
	}...)
	if effort := w.take("reasoning_effort"); effort != nil {
		o.set("reasoning", object{{"effort", effort}})
	}
	switch f := w.outputFormat(); {
	case f.schema != nil:
		o.set("text", object{{"format", append(object{{"type", "json_schema"}}, f.schemaObject()...)}})
	case f.json:
		o.set("text", object{{"format", object{{"type", "json_object"}}}})
	}
	if s := w.request.Stream; s != nil {
		o.set("stream", *s)
	}
	w.leftOver()
	return o
}

// instructions returns the system prompt that comes first, if it is one text:
// logs and other protocols have there what this one calls instructions. A
// developer's message is a message here too.
func (openAIResponses) instructions(w *writer) (string, bool) {
	if len(w.request.Messages) == 0 {
		return "", false
	}
	m := &w.request.Messages[0]
	if !strings.EqualFold(m.Role, "system") || len(m.Parts) != 1 || m.Parts[0].Type != replay.PartText {
		return "", false
	}
	return m.Parts[0].Text, true
}

func (c openAIResponses) input(w *writer, first int) []any {
	out := []any{}
	for i := first; i < len(w.request.Messages); i++ {
		out = append(out, c.items(w, i)...)
	}
	return out
}

// items writes one message: its text and pictures as one item, and each call of
// a tool and each result as one of its own, in their order.
func (c openAIResponses) items(w *writer, i int) []any {
	m := &w.request.Messages[i]
	role := m.Role
	if !isSystem(role) {
		role = plainRole(role)
	}
	textType := "input_text"
	if role == "assistant" {
		textType = "output_text"
	}
	var out, content []any
	flush := func() {
		if len(content) > 0 {
			if role == "tool" {
				role = "user"
			}
			w.checkRole(i, role)
			item := object{{"role", role}, {"content", content}}
			if role == "assistant" {
				// Of an output message alone the type is no option
				// (https://platform.openai.com/docs/api-reference/responses/create);
				// the server of llama.cpp refuses one without it.
				item = append(object{{"type", "message"}}, item...)
			}
			out = append(out, item)
			content = nil
		}
	}
	for j := range m.Parts {
		switch p := &m.Parts[j]; {
		case p.Type == replay.PartText:
			content = append(content, object{{"type", textType}, {"text", p.Text}})
		case p.Type == replay.PartToolCall:
			flush()
			out = append(out, object{{"type", "function_call"}, {"call_id", p.ID}, {"name", p.Name}, {"arguments", argumentsText(p)}})
		case p.Type == replay.PartToolResult:
			flush()
			out = append(out, object{{"type", "function_call_output"}, {"call_id", p.ID}, {"output", resultText(p)}})
		case p.Type == replay.PartBlob && p.Data != nil && isImage(p):
			content = append(content, object{{"type", "input_image"}, {"image_url", dataURL(p)}})
		case p.Type == replay.PartURI && isImage(p):
			content = append(content, object{{"type", "input_image"}, {"image_url", p.Text}})
		default:
			w.losePart(i, j, p)
		}
	}
	flush()
	return out
}
