package request

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Edit is one what-if change to a request.
type Edit func(r *replay.Request) (change string, err error)

// Apply returns a request with changes made to it, which it names. The request
// itself stays as it is. It is an error when an edit finds nothing to change.
func Apply(r *replay.Request, edits ...Edit) (*replay.Request, error) {
	if len(edits) == 0 {
		return r, nil
	}
	out := clone(r)
	for _, edit := range edits {
		change, err := edit(out)
		if err != nil {
			return nil, err
		}
		out.Changes = append(out.Changes, change)
	}
	return out, nil
}

// clone copies what edits change.
func clone(r *replay.Request) *replay.Request {
	out := *r
	out.Messages = make([]replay.Message, len(r.Messages))
	for i, m := range r.Messages {
		out.Messages[i] = replay.Message{Role: m.Role, Parts: slices.Clone(m.Parts)}
	}
	out.Parameters = slices.Clone(r.Parameters)
	out.Losses = slices.Clone(r.Losses)
	out.Changes = slices.Clone(r.Changes)
	if out.Unchanged == nil {
		out.Unchanged = r
	}
	return &out
}

// SetSystem replaces all system prompts of a request by one; "" removes them.
func SetSystem(text string) Edit {
	return func(r *replay.Request) (string, error) {
		n := len(r.Messages)
		r.Messages = slices.DeleteFunc(r.Messages, func(m replay.Message) bool { return isSystem(m.Role) })
		n -= len(r.Messages)
		if text == "" {
			if n == 0 {
				return "", fmt.Errorf("removing the system prompt: the request of %s has none", r.Event)
			}
			return "system prompt removed", nil
		}
		r.Messages = slices.Insert(r.Messages, 0, textMessage("system", text))
		if n == 0 {
			return fmt.Sprintf("system prompt of %d bytes added", len(text)), nil
		}
		return fmt.Sprintf("system prompt replaced by one of %d bytes", len(text)), nil
	}
}

// isSystem reports whether a role speaks for whoever runs the model.
func isSystem(role string) bool {
	return strings.EqualFold(role, "system") || strings.EqualFold(role, "developer")
}

func textMessage(role, text string) replay.Message {
	return replay.Message{Role: role, Parts: []replay.Part{{Type: replay.PartText, Text: text}}}
}

// DropContext removes a piece of context, counted from 1.
func DropContext(n int) Edit {
	return func(r *replay.Request) (string, error) {
		c, err := contextAt(r, n)
		if err != nil {
			return "", fmt.Errorf("dropping context %d: %w", n, err)
		}
		c.replace(r, "")
		return fmt.Sprintf("context %d (%s, %d bytes) removed", n, c.What, len(c.Text)), nil
	}
}

// SwapContext puts another text in place of a piece of context.
func SwapContext(n int, text string) Edit {
	return func(r *replay.Request) (string, error) {
		c, err := contextAt(r, n)
		if err != nil {
			return "", fmt.Errorf("swapping context %d: %w", n, err)
		}
		c.replace(r, text)
		return fmt.Sprintf("context %d (%s, %d bytes) replaced by %d bytes", n, c.What, len(c.Text), len(text)), nil
	}
}

// Target is the text that a mitigation is put before or behind.
type Target string

// The targets.
const (
	ToUser   Target = "user"   // the last text of the user
	ToSystem Target = "system" // the system prompt, the last where there are several
)

// Prefix puts a text before another, with a blank line between them.
func Prefix(to Target, text string) Edit {
	return mitigate(to, text, "before", func(old string) string { return text + "\n\n" + old })
}

// Suffix puts a text behind another, with a blank line between them.
func Suffix(to Target, text string) Edit {
	return mitigate(to, text, "behind", func(old string) string { return old + "\n\n" + text })
}

func mitigate(to Target, text, side string, join func(string) string) Edit {
	return func(r *replay.Request) (string, error) {
		p := lastText(r, to)
		if p == nil {
			return "", fmt.Errorf("putting a text %s that of the %s: the request of %s has none", side, to, r.Event)
		}
		p.Text = join(p.Text)
		return fmt.Sprintf("%d bytes put %s the text of the %s", len(text), side, to), nil
	}
}

// lastText returns the last text of the user, or of the system.
func lastText(r *replay.Request, of Target) *replay.Part {
	for i := len(r.Messages) - 1; i >= 0; i-- {
		m := &r.Messages[i]
		if of == ToSystem && !isSystem(m.Role) || of == ToUser && !strings.EqualFold(m.Role, "user") {
			continue
		}
		for j := len(m.Parts) - 1; j >= 0; j-- {
			if m.Parts[j].Type == replay.PartText {
				return &m.Parts[j]
			}
		}
	}
	return nil
}

// SetParameter sets a sampling parameter, by the name that it has in the events
// column parameters. The value is JSON, or a text; null removes the parameter.
func SetParameter(name, value string) Edit {
	return func(r *replay.Request) (string, error) {
		i := slices.IndexFunc(r.Parameters, func(p replay.Parameter) bool { return p.Name == name })
		raw := json.RawMessage(strings.TrimSpace(value))
		if !json.Valid(raw) {
			text, err := json.Marshal(value)
			if err != nil {
				return "", fmt.Errorf("setting parameter %s: %w", name, err)
			}
			raw = text
		}
		if string(raw) == "null" {
			if i < 0 {
				return "", fmt.Errorf("removing parameter %s: the request of %s has %s", name, r.Event, listParameters(r))
			}
			r.Parameters = slices.Delete(r.Parameters, i, i+1)
			return "parameter " + name + " removed", nil
		}
		if i < 0 {
			r.Parameters = append(r.Parameters, replay.Parameter{Name: name, Value: raw})
			return fmt.Sprintf("parameter %s set to %s", name, raw), nil
		}
		old := r.Parameters[i].Value
		r.Parameters[i].Value = raw
		return fmt.Sprintf("parameter %s changed from %s to %s", name, old, raw), nil
	}
}

func listParameters(r *replay.Request) string {
	if len(r.Parameters) == 0 {
		return "no parameters"
	}
	var names []string
	for _, p := range r.Parameters {
		names = append(names, p.Name)
	}
	return "only " + strings.Join(names, ", ")
}
