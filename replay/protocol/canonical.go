package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Canonical puts a request body into one form where a provider documents
// several for the same thing, so that two bodies can be held against each
// other:
//
//   - a list of one text block is that text, and OpenAI's input of one text is
//     one message of the user
//   - a member that is null, an empty object, an empty list or the stated
//     default (stream, is_error, type of an item) is absent
//   - max_completion_tokens is max_tokens, whose name it replaced; functions and
//     function_call are tools and tool_choice, theirs
//   - cache_control, which says what to keep for the next time and nothing of
//     what is asked, is left out
func Canonical(body []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("reading a request body: %w", err)
	}
	return canonical(v), nil
}

// maxCanonicalDepth bounds recursion; encoding/json refuses deeper nesting than
// 10000, and no request comes near this.
const maxCanonicalDepth = 256

func canonical(v any) any { return canonicalAt(v, 0) }

func canonicalAt(v any, depth int) any {
	if depth > maxCanonicalDepth {
		return v
	}
	switch v := v.(type) {
	case json.Number:
		return numberText(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = canonicalAt(v[i], depth+1)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, m := range v {
			m = canonicalAt(m, depth+1)
			if !isAbsent(k, m) {
				out[newName(k)] = newValue(k, m)
			}
		}
		foldTexts(out)
		return out
	}
	return v
}

// numberText makes 1, 1.0 and 1e0 the same number.
func numberText(n json.Number) any {
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}

// isAbsent reports whether a member says no more than its absence.
func isAbsent(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		return len(v) == 0 && name != "auto" && name != "any" // Converse's choices are empty objects
	case []any:
		return len(v) == 0
	case bool:
		return !v && (name == "stream" || name == "is_error")
	case string:
		return v == "" && (name == "format" || name == "content") || name == "type" && v == "message"
	}
	return false
}

func newName(name string) string {
	switch name {
	case "max_completion_tokens":
		return "max_tokens"
	case "functions":
		return "tools"
	case "function_call":
		return "tool_choice"
	}
	return name
}

// newValue brings the value of a renamed member into its new form.
func newValue(name string, v any) any {
	switch v := v.(type) {
	case []any:
		if name == "functions" {
			out := make([]any, len(v))
			for i := range v {
				out[i] = map[string]any{"type": "function", "function": v[i]}
			}
			return out
		}
	case map[string]any:
		if name == "function_call" && v["arguments"] == nil {
			return map[string]any{"type": "function", "function": v}
		}
	}
	return v
}

// foldTexts makes lists of one text block, and OpenAI's single input, what they
// stand for.
func foldTexts(o map[string]any) {
	delete(o, "cache_control")
	for _, name := range []string{"content", "system"} {
		list, _ := o[name].([]any)
		if len(list) != 1 {
			continue
		}
		block, _ := list[0].(map[string]any)
		if text, ok := block["text"].(string); ok && (len(block) == 1 || len(block) == 2 && block["type"] != nil) {
			o[name] = text
		}
	}
	if text, ok := o["input"].(string); ok && o["model"] != nil {
		o["input"] = []any{map[string]any{"role": "user", "content": text}}
	}
}

// Differences lists the places where two canonical bodies differ, in order:
// members and elements that only one has, and values that are not the same.
// Below a place that differs in kind nothing more is listed.
func Differences(want, got any) []string {
	var out []string
	differ(want, got, "", &out, 0)
	return out
}

func differ(want, got any, at string, out *[]string, depth int) {
	if depth <= maxCanonicalDepth {
		if a, ok := want.(map[string]any); ok {
			if b, ok := got.(map[string]any); ok {
				differObjects(a, b, at, out, depth)
				return
			}
		}
		if a, ok := want.([]any); ok {
			if b, ok := got.([]any); ok && len(a) == len(b) {
				for i := range a {
					differ(a[i], b[i], at+"["+strconv.Itoa(i)+"]", out, depth+1)
				}
				return
			}
		}
	}
	if !reflect.DeepEqual(want, got) {
		*out = append(*out, at)
	}
}

func differObjects(a, b map[string]any, at string, out *[]string, depth int) {
	var names []string
	for k := range a {
		names = append(names, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	if at != "" {
		at += "."
	}
	for _, k := range names {
		x, inA := a[k]
		y, inB := b[k]
		if inA && inB {
			differ(x, y, at+k, out, depth+1)
		} else {
			*out = append(*out, at+k)
		}
	}
}

// notRead lists what the log kept of a body and nothing reads into columns: it
// is lost where the body is written anew. The request as it was logged is
// written in the body's own protocol once more, and held against it.
func notRead(r *replay.Request) []replay.Loss {
	if r.Unchanged != nil {
		r = r.Unchanged
	}
	c, err := codecOf(r.Protocol)
	if err != nil {
		return nil
	}
	body, err := marshal(c.write(&writer{request: r, options: Options{Model: r.Model}, target: r.Protocol}))
	if err != nil {
		return []replay.Loss{{Part: "body", Grade: replay.GradeIncomplete, Why: err.Error()}}
	}
	want, err := Canonical(r.Body)
	if err != nil {
		return []replay.Loss{{Part: "body", Grade: replay.GradeIncomplete, Why: err.Error()}}
	}
	got, err := Canonical(body)
	if err != nil {
		return []replay.Loss{{Part: "body", Grade: replay.GradeIncomplete, Why: err.Error()}}
	}
	var out []replay.Loss
	for _, place := range Differences(want, got) {
		out = append(out, replay.Loss{Part: "body." + place, Grade: replay.GradeIncomplete, Why: "the log has it in the body, and nothing reads it from there"})
	}
	return out
}
