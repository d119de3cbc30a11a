package protocol

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// converse is Bedrock's Converse.
type converse struct{}

func (converse) path(model string, stream bool) string {
	operation := "/converse"
	if stream {
		operation = "/converse-stream"
	}
	// With colons as AWS's own clients write them: the path is signed as it is sent.
	return "/model/" + strings.ReplaceAll(url.PathEscape(model), ":", "%3A") + operation
}

func (c converse) write(w *writer) object {
	var o object
	if texts := w.systemTexts(); len(texts) > 0 {
		blocks := make([]any, len(texts))
		for i, t := range texts {
			blocks[i] = object{{"text", t}}
		}
		o.set("system", blocks)
	}
	o.set("messages", c.messages(w))
	var config object
	w.copyParams(&config, [2]string{"max_tokens", "maxTokens"}, [2]string{"temperature", "temperature"}, [2]string{"top_p", "topP"})
	config.raw("stopSequences", w.stops())
	if len(config) > 0 {
		o.set("inferenceConfig", config)
	}
	if tools := c.tools(w); tools != nil {
		o.set("toolConfig", tools)
	}
	var more object
	w.copyParams(&more, [2]string{"top_k", "top_k"}, [2]string{"thinking", "thinking"})
	if len(more) > 0 {
		o.set("additionalModelRequestFields", more)
	}
	w.leftOver()
	return o
}

func (c converse) tools(w *writer) object {
	choice := w.toolChoice()
	tools := w.tools()
	if len(tools) == 0 {
		return nil
	}
	list := make([]any, len(tools))
	for i := range tools {
		t := tools[i].define()
		t.set("inputSchema", object{{"json", orEmptySchema(tools[i].schema)}})
		list[i] = object{{"toolSpec", t}}
	}
	o := object{{"tools", list}}
	switch choice.mode {
	case "auto", "any":
		o.set("toolChoice", object{{choice.mode, object{}}})
	case "tool":
		o.set("toolChoice", object{{"tool", object{{"name", choice.name}}}})
	case "none":
		w.lose("parameters.tool_choice", replay.GradeIncomplete, "this protocol cannot forbid tools that it names")
	}
	return o
}

func (c converse) messages(w *writer) []any {
	out := []any{}
	for i := range w.request.Messages {
		m := &w.request.Messages[i]
		if isSystem(m.Role) {
			continue
		}
		role := "user"
		if isAssistant(m.Role) {
			role = "assistant"
		}
		w.checkRole(i, role)
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
func (c converse) block(w *writer, i, j int) object {
	switch p := &w.request.Messages[i].Parts[j]; {
	case p.Type == replay.PartText:
		return object{{"text", p.Text}}
	case p.Type == replay.PartToolCall:
		return object{{"toolUse", object{{"toolUseId", p.ID}, {"name", p.Name}, {"input", w.argumentsObject(i, j, p)}}}}
	case p.Type == replay.PartToolResult:
		return object{{"toolResult", object{{"toolUseId", p.ID}, {"content", converseResult(p)}}}}
	case p.Type == replay.PartBlob && p.Data != nil && isImage(p):
		format := strings.TrimPrefix(p.Name, "image/")
		return object{{"image", object{{"format", format}, {"source", object{{"bytes", base64.StdEncoding.EncodeToString(p.Data)}}}}}}
	default:
		w.losePart(i, j, p)
		return nil
	}
}

// converseResult writes what a tool answered: blocks as they were logged, an
// object as JSON, all else as text.
func converseResult(p *replay.Part) any {
	var blocks []map[string]json.RawMessage
	switch raw := resultJSON(p); {
	case raw == nil || raw[0] != '[' && raw[0] != '{':
		return []any{object{{"text", resultText(p)}}}
	case raw[0] == '{':
		return []any{object{{"json", raw}}}
	case json.Unmarshal(raw, &blocks) == nil:
		return raw
	}
	return []any{object{{"text", resultText(p)}}}
}
