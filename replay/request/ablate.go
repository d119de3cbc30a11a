package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Ablation is what is removed from a request, one piece at a time.
type Ablation string

// The ablations.
const (
	AblateContext  Ablation = "context"  // each retrieved document and result of a tool
	AblateMessages Ablation = "messages" // each message; a tool call goes with its results
	AblateTools    Ablation = "tools"    // each tool definition
)

// Without begins the name of a variant that something was removed from.
const Without = "without "

// Ablations lists them.
func Ablations() []Ablation { return []Ablation{AblateContext, AblateMessages, AblateTools} }

// Variant is a request and the word for what was changed in it.
type Variant struct {
	Name string // "logged", "changed", "without context 2"
	*replay.Request
}

// Ablate returns a variant of a request for each piece that can be removed. It
// is an error when there is nothing of the kind.
func Ablate(r *replay.Request, what Ablation) ([]Variant, error) {
	var out []Variant
	var err error
	switch what {
	case AblateContext:
		out, err = withoutContexts(r)
	case AblateMessages:
		out, err = withoutMessages(r)
	case AblateTools:
		out, err = withoutTools(r)
	default:
		return nil, fmt.Errorf("%q is nothing that can be removed: one of %v", what, Ablations())
	}
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("removing %s: the request of %s has %s", what, r.Event, has(r))
	}
	return out, err
}

// has says what could be removed from a request.
func has(r *replay.Request) string {
	tools, _ := toolList(r)
	return fmt.Sprintf("%d messages, %d pieces of context in them, %d tool definitions; of messages the only one stays", len(r.Messages), len(standing(r)), len(tools))
}

// standing returns the numbers, from 1, of the context that stands in messages.
func standing(r *replay.Request) []int {
	var out []int
	for i, c := range Contexts(r) {
		if len(c.Places) > 0 {
			out = append(out, i+1)
		}
	}
	return out
}

func withoutContexts(r *replay.Request) ([]Variant, error) {
	var out []Variant
	for _, n := range standing(r) {
		changed, err := Apply(r, DropContext(n))
		if err != nil {
			return nil, err
		}
		out = append(out, Variant{fmt.Sprintf("%scontext %d", Without, n), changed})
	}
	return out, nil
}

// withoutMessages removes one message at a time. The messages left must be ones
// that a protocol takes: a tool call goes with its results, and one message
// that is no system prompt stays.
func withoutMessages(r *replay.Request) ([]Variant, error) {
	var out []Variant
	for i := range r.Messages {
		gone := goesWith(r, i)
		if gone == nil {
			continue
		}
		changed, err := Apply(r, func(q *replay.Request) (string, error) {
			var left []replay.Message
			for j, m := range q.Messages {
				if !slices.Contains(gone, j) {
					left = append(left, m)
				}
			}
			q.Messages = left
			return fmt.Sprintf("%s removed", nameMessages(r, gone)), nil
		})
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(changed.Messages, func(m replay.Message) bool { return !isSystem(m.Role) }) {
			out = append(out, Variant{Without + nameMessages(r, gone), changed})
		}
	}
	return out, nil
}

// goesWith returns the messages that are removed with a message: itself, and
// the results of the tools that it calls. It is nil for a message that holds
// results, which goes with their calls.
func goesWith(r *replay.Request, i int) []int {
	calls := map[string]bool{}
	for _, p := range r.Messages[i].Parts {
		switch p.Type {
		case replay.PartToolCall:
			calls[p.ID] = true
		case replay.PartToolResult:
			return nil
		}
	}
	gone := []int{i}
	if len(calls) == 0 {
		return gone
	}
	for j := i + 1; j < len(r.Messages); j++ {
		if slices.ContainsFunc(r.Messages[j].Parts, func(p replay.Part) bool { return p.Type == replay.PartToolResult && calls[p.ID] }) {
			gone = append(gone, j)
		}
	}
	return gone
}

func nameMessages(r *replay.Request, list []int) string {
	var words []string
	for _, i := range list {
		words = append(words, fmt.Sprintf("%d (%s)", i+1, r.Messages[i].Role))
	}
	if len(words) == 1 {
		return "message " + words[0]
	}
	return "messages " + strings.Join(words, ", ")
}

// toolList returns the tool definitions of a request.
func toolList(r *replay.Request) ([]json.RawMessage, error) {
	if r.Tools == nil {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(r.Tools, &list); err != nil {
		return nil, fmt.Errorf("reading the tool definitions of %s: %w", r.Event, err)
	}
	return list, nil
}

func withoutTools(r *replay.Request) ([]Variant, error) {
	list, err := toolList(r)
	if err != nil {
		return nil, err
	}
	var out []Variant
	for i := range list {
		left, err := json.Marshal(slices.Delete(slices.Clone(list), i, i+1))
		if err != nil {
			return nil, fmt.Errorf("writing the tool definitions of %s: %w", r.Event, err)
		}
		name := fmt.Sprintf("tool %d", i+1)
		if n := toolName(list[i]); n != "" {
			name += " (" + n + ")"
		}
		changed, err := Apply(r, func(q *replay.Request) (string, error) {
			q.Tools = left
			if len(list) == 1 {
				q.Tools = nil
			}
			if chosen(q, toolName(list[i])) || len(list) == 1 {
				q.Parameters = slices.DeleteFunc(q.Parameters, isToolChoice)
			}
			return name + " removed", nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, Variant{Without + name, changed})
	}
	return out, nil
}

func isToolChoice(p replay.Parameter) bool { return p.Name == "tool_choice" }

// chosen reports whether a request demands that the model calls a tool: without
// the tool, that would be refused.
func chosen(r *replay.Request, tool string) bool {
	i := slices.IndexFunc(r.Parameters, isToolChoice)
	return i >= 0 && tool != "" && strings.Contains(string(r.Parameters[i].Value), `"`+tool+`"`)
}

// toolName returns the name in a tool definition, flat or inside the member
// that some protocols put it in.
func toolName(definition json.RawMessage) string {
	type named struct {
		Name string `json:"name"`
	}
	var t struct {
		named
		Function *named `json:"function"`
		ToolSpec *named `json:"toolSpec"`
	}
	if json.Unmarshal(definition, &t) != nil {
		return ""
	}
	switch {
	case t.Function != nil:
		return t.Function.Name
	case t.ToolSpec != nil:
		return t.ToolSpec.Name
	}
	return t.Name
}
