package protocol

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/exhibit-forensics/exhibit/replay"
)

// take returns the value of a logged parameter; nil when there is none. What is
// asked for the second time is there still: the list of those taken only says
// which were left over.
func (w *writer) take(name string) json.RawMessage {
	w.taken = append(w.taken, name)
	for _, p := range w.request.Parameters {
		if p.Name == name {
			if !json.Valid(p.Value) {
				w.lose("parameters."+name, replay.GradeIncomplete, "the logged value is no JSON")
				return nil
			}
			return p.Value
		}
	}
	return nil
}

// leftOver says which parameters the protocol has no place for.
func (w *writer) leftOver() {
	for _, p := range w.request.Parameters {
		if !slices.Contains(w.taken, p.Name) {
			w.lose("parameters."+p.Name, replay.GradeIncomplete, string(w.target)+" has no such parameter")
		}
	}
}

// copyParams adds parameters under the names of the protocol: pairs of our name
// and theirs.
func (w *writer) copyParams(o *object, names ...[2]string) {
	for _, n := range names {
		o.raw(n[1], w.take(n[0]))
	}
}

// seed adds the seed asked for, or the logged one.
func (w *writer) seed(o *object) {
	logged := w.take("seed")
	if w.options.Seed != nil {
		o.set("seed", *w.options.Seed)
		return
	}
	o.raw("seed", logged)
}

// stops returns the stop sequences as a list; nil when there are none. A single
// one may have been logged as a text.
func (w *writer) stops() json.RawMessage {
	raw := w.take("stop")
	if raw != nil && bytes.HasPrefix(bytes.TrimSpace(raw), []byte{'"'}) {
		return slices.Concat([]byte{'['}, raw, []byte{']'})
	}
	return raw
}

// maxTokens returns the logged limit, or, for a protocol that demands one, a
// stated default.
func (w *writer) maxTokens(demanded bool) json.RawMessage {
	raw := w.take("max_tokens")
	if raw == nil && demanded {
		w.lose("parameters.max_tokens", replay.GradeDefaulted, "the log does not say and the protocol demands it: "+strconv.Itoa(defaultMaxTokens))
		return json.RawMessage(strconv.Itoa(defaultMaxTokens))
	}
	return raw
}

// defaultMaxTokens is enough for nearly every logged answer, and bounds what a
// replay can cost.
const defaultMaxTokens = 4096

// output is the form that the answer must have.
type output struct {
	json   bool            // any JSON
	schema json.RawMessage // JSON of this schema
	name   string
	strict json.RawMessage
}

// outputFormat reads the logged response format of any protocol.
func (w *writer) outputFormat() output {
	raw := w.take("response_format")
	f, ok := outputOf(raw)
	if !ok {
		w.lose("parameters.response_format", replay.GradeIncomplete, "the logged value has no counterpart")
	}
	return f
}

// outputOf reads a response format, and whether it has a known shape.
func outputOf(raw json.RawMessage) (output, bool) {
	if raw == nil {
		return output{}, true
	}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		switch word {
		case "json", "application/json", "json_object":
			return output{json: true}, true
		case "text", "text/plain", "":
			return output{}, true
		}
	}
	type named struct {
		Name   string          `json:"name"`
		Schema json.RawMessage `json:"schema"`
		Strict json.RawMessage `json:"strict"`
	}
	var o struct {
		Type       json.RawMessage `json:"type"`
		JSONSchema *named          `json:"json_schema"`
		named
	}
	if json.Unmarshal(raw, &o) == nil {
		switch string(o.Type) {
		case `"text"`:
			return output{}, true
		case `"json_object"`:
			return output{json: true}, true
		case `"json_schema"`:
			if o.JSONSchema != nil {
				o.named = *o.JSONSchema
			}
			return output{schema: o.Schema, name: o.Name, strict: o.Strict}, true
		}
		if o.Type != nil { // Ollama: the schema itself
			return output{schema: raw, name: "answer"}, true
		}
	}
	return output{}, false
}

// schemaObject writes name, strict and schema, as OpenAI's protocols have them.
func (f *output) schemaObject() object {
	name := f.name
	if name == "" {
		name = "answer"
	}
	o := object{{"name", name}}
	o.raw("schema", f.schema)
	o.raw("strict", f.strict)
	return o
}
