package protocol

import (
	"encoding/base64"
	"encoding/json"

	"github.com/exhibit-forensics/exhibit/replay"
)

// anthropic is Anthropic's messages.
type anthropic struct{}

func (anthropic) path(string, bool) string { return "/v1/messages" }

func (c anthropic) write(w *writer) object {
	o := object{{"model", w.options.Model}}
	o.raw("max_tokens", w.maxTokens(true))
	switch texts := w.systemTexts(); len(texts) {
	case 0:
	case 1:
		o.set("system", texts[0])
	default:
		blocks := make([]any, len(texts))
		for i, t := range texts {
			blocks[i] = object{{"type", "text"}, {"text", t}}
		}
		o.set("system", blocks)
	}
	o.set("messages", c.messages(w))
	if tools := w.tools(); len(tools) > 0 {
		list := make([]any, len(tools))
		for i := range tools {
			t := tools[i].define()
			t.set("input_schema", orEmptySchema(tools[i].schema))
			list[i] = t
		}
		o.set("tools", list)
	}
	switch choice := w.toolChoice(); choice.mode {
	case "auto", "none", "any":
		o.set("tool_choice", object{{"type", choice.mode}})
	case "tool":
		o.set("tool_choice", object{{"type", "tool"}, {"name", choice.name}})
	}
	w.copyParams(&o, [2]string{"temperature", "temperature"}, [2]string{"top_p", "top_p"}, [2]string{"top_k", "top_k"}, [2]string{"thinking", "thinking"}, [2]string{"service_tier", "service_tier"})
	o.raw("stop_sequences", w.stops())
	if s := w.request.Stream; s != nil {
		o.set("stream", *s)
	}
	w.leftOver()
	return o
}

// orEmptySchema returns the schema of a tool without arguments where none was
// logged: the protocols demand one.
func orEmptySchema(schema json.RawMessage) json.RawMessage {
	if schema == nil {
		return json.RawMessage(`{"type":"object"}`)
	}
	return schema
}

func (c anthropic) messages(w *writer) []any {
	out := []any{}
	for i := range w.request.Messages {
		m := &w.request.Messages[i]
		if isSystem(m.Role) {
			continue
		}
		role := "user" // results of tools are the user's here
		if isAssistant(m.Role) {
			role = "assistant"
		}
		w.checkRole(i, role)
		if len(m.Parts) == 1 && m.Parts[0].Type == replay.PartText {
			out = append(out, object{{"role", role}, {"content", m.Parts[0].Text}})
			continue
		}
		blocks := []any{}
		for j := range m.Parts {
			if b := c.block(w, i, j); b != nil {
				blocks = append(blocks, b)
			}
		}
		out = append(out, object{{"role", role}, {"content", blocks}})
	}
	return out
}

// block writes one part; nil when the protocol has no place for it.
func (c anthropic) block(w *writer, i, j int) object {
	switch p := &w.request.Messages[i].Parts[j]; {
	case p.Type == replay.PartText:
		return object{{"type", "text"}, {"text", p.Text}}
	case p.Type == replay.PartToolCall:
		return object{{"type", "tool_use"}, {"id", p.ID}, {"name", p.Name}, {"input", w.argumentsObject(i, j, p)}}
	case p.Type == replay.PartToolResult:
		o := object{{"type", "tool_result"}, {"tool_use_id", p.ID}}
		if raw := resultJSON(p); raw != nil && raw[0] == '[' { // blocks, as this protocol has them
			o.set("content", raw)
		} else {
			o.set("content", resultText(p))
		}
		return o
	case p.Type == replay.PartBlob && p.Data != nil && isImage(p):
		source := object{{"type", "base64"}, {"media_type", p.Name}, {"data", base64.StdEncoding.EncodeToString(p.Data)}}
		return object{{"type", "image"}, {"source", source}}
	case p.Type == replay.PartURI && isImage(p):
		return object{{"type", "image"}, {"source", object{{"type", "url"}, {"url", p.Text}}}}
	default:
		w.losePart(i, j, p) // reasoning too: the log keeps no signature, without which it is refused
		return nil
	}
}
