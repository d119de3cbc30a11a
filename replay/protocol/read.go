package protocol

import (
	"encoding/json"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Tool is a tool that a request defines, whatever protocol it was written in.
type Tool struct {
	Name   string
	Schema json.RawMessage // of its arguments; nil where the log has none
}

// Tools reads logged tool definitions. Those that have no name are left out, as
// is a list that is none: what is lost of them [Encode] says.
func Tools(logged json.RawMessage) []Tool {
	w := &writer{request: &replay.Request{Tools: logged}}
	var out []Tool
	for _, t := range w.tools() {
		out = append(out, Tool{t.name, t.schema})
	}
	return out
}

// Format is the form that a request asks the answer to have.
type Format struct {
	JSON   bool
	Schema json.RawMessage // of that JSON; nil where any will do
}

// FormatOf reads the form that logged parameters ask for. One of unknown shape
// asks for nothing.
func FormatOf(parameters []replay.Parameter) Format {
	for _, p := range parameters {
		if p.Name == "response_format" && json.Valid(p.Value) {
			f, _ := outputOf(p.Value)
			return Format{JSON: f.json || f.schema != nil, Schema: f.schema}
		}
	}
	return Format{}
}
