package protocol

import (
	"encoding/json"

	"github.com/exhibit-forensics/exhibit/replay"
)

// tool is one tool definition, whatever protocol it was written in.
type tool struct {
	name        string
	description *string
	schema      json.RawMessage
	strict      json.RawMessage
}

// loggedTool has the members that tool definitions have in the protocols and
// the logs: the function of OpenAI's chat, flat as in responses, with
// Anthropic's input_schema, inside Converse's toolSpec.
type loggedTool struct {
	Type        string          `json:"type"`
	Function    *loggedTool     `json:"function"`
	ToolSpec    *loggedTool     `json:"toolSpec"`
	Name        string          `json:"name"`
	Description *string         `json:"description"`
	Parameters  json.RawMessage `json:"parameters"`
	InputSchema json.RawMessage `json:"input_schema"`
	ConverseIn  *struct {
		JSON json.RawMessage `json:"json"`
	} `json:"inputSchema"`
	Strict    json.RawMessage `json:"strict"`
	Functions []loggedTool    `json:"functionDeclarations"`
}

// tools reads the logged definitions. What has no name, as a tool that the
// provider itself runs, can be sent to no other and is said to be lost.
func (w *writer) tools() []tool {
	if w.request.Tools == nil {
		return nil
	}
	var logged []json.RawMessage
	if err := json.Unmarshal(w.request.Tools, &logged); err != nil {
		w.lose("tools", replay.GradeIncomplete, "the logged definitions are no JSON list")
		return nil
	}
	var out []tool
	for i, raw := range logged {
		var t loggedTool
		if err := json.Unmarshal(raw, &t); err != nil {
			w.lose(at("tools", i), replay.GradeIncomplete, "the logged definition has another shape")
			continue
		}
		list := t.Functions
		if list == nil {
			list = []loggedTool{t}
		}
		for j := range list {
			if d, ok := list[j].neutral(); ok {
				out = append(out, d)
			} else {
				w.lose(at("tools", i), replay.GradeIncomplete, "it is run by the provider that it was sent to")
			}
		}
	}
	return out
}

// neutral takes the definition out of what is around it.
func (t *loggedTool) neutral() (tool, bool) {
	inner := t
	if t.Function != nil {
		inner = t.Function
	} else if t.ToolSpec != nil {
		inner = t.ToolSpec
	}
	builtIn := t.Type != "" && t.Type != "function" && t.Type != "custom"
	if inner.Name == "" || builtIn {
		return tool{}, false
	}
	out := tool{name: inner.Name, description: inner.Description, schema: inner.Parameters, strict: inner.Strict}
	if out.schema == nil {
		out.schema = inner.InputSchema
	}
	if out.schema == nil && inner.ConverseIn != nil {
		out.schema = inner.ConverseIn.JSON
	}
	return out, true
}

// define writes name and description, as all protocols do.
func (t *tool) define() object {
	o := object{{"name", t.name}}
	if t.description != nil {
		o.set("description", *t.description)
	}
	return o
}

// choice is which tool the model must or may call.
type choice struct {
	mode string // auto, none, any, tool; "" when nothing was logged
	name string // of the tool
}

// toolChoice reads the logged choice of any protocol.
func (w *writer) toolChoice() choice {
	raw := w.take("tool_choice")
	if raw == nil {
		return choice{}
	}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		switch word {
		case "auto", "none":
			return choice{mode: word}
		case "required", "any":
			return choice{mode: "any"}
		}
	}
	var o struct {
		Type     string                 `json:"type"`
		Name     string                 `json:"name"`
		Function *struct{ Name string } `json:"function"`
		Auto     *struct{}              `json:"auto"`
		Any      *struct{}              `json:"any"`
		Tool     *struct{ Name string } `json:"tool"`
	}
	if json.Unmarshal(raw, &o) == nil {
		switch {
		case o.Function != nil:
			return choice{"tool", o.Function.Name}
		case o.Tool != nil:
			return choice{"tool", o.Tool.Name}
		case o.Auto != nil || o.Type == "auto":
			return choice{mode: "auto"}
		case o.Any != nil || o.Type == "any":
			return choice{mode: "any"}
		case o.Type == "none":
			return choice{mode: "none"}
		case o.Name != "":
			return choice{"tool", o.Name}
		}
	}
	w.lose("parameters.tool_choice", replay.GradeIncomplete, "the logged value has no counterpart")
	return choice{}
}
