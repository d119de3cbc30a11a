package casefile

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Turn is one part of a message of a conversation.
type Turn struct {
	Side     string // input or output
	Message  int    // number of the message on its side, from 1
	Role     string
	Type     string // of the part: text, reasoning, tool_call, tool_call_response, blob, uri ...
	Name, ID string // of a tool and its call, or the media type
	Text     string // what was said; JSON for the arguments of a tool call
	Finish   string // why the message ended
}

// message is a message as events are stored with it.
type message struct {
	Role         string        `json:"role,omitempty"`
	Parts        []messagePart `json:"parts"`
	FinishReason string        `json:"finish_reason,omitempty"`
}

// messagePart is a part of any type.
type messagePart struct {
	Type      string          `json:"type"`
	Content   json.RawMessage `json:"content,omitempty"`
	ID        string          `json:"id,omitempty"`
	Name      string          `json:"name,omitempty"`
	Arguments json.RawMessage `json:"arguments,omitempty"`
	Response  json.RawMessage `json:"response,omitempty"`
	MimeType  string          `json:"mime_type,omitempty"`
	URI       string          `json:"uri,omitempty"`
	Size      json.RawMessage `json:"size,omitempty"`
}

// rebuildMessages makes the messages that are not stored because the single
// texts say all of them. It is what the events view does.
func (d *Detail) rebuildMessages() {
	if d.Value("input_messages") != nil || d.Value("output_messages") != nil {
		return
	}
	var input, output []message
	for _, m := range []struct{ column, role string }{{"system_prompt", "system"}, {"prompt", "user"}} {
		if v, ok := d.Value(m.column).(string); ok {
			input = append(input, message{Role: m.role, Parts: []messagePart{textPart("text", v)}})
		}
	}
	var parts []messagePart
	for _, p := range []struct{ column, typ string }{{"reasoning", "reasoning"}, {"response", "text"}} {
		if v, ok := d.Value(p.column).(string); ok {
			parts = append(parts, textPart(p.typ, v))
		}
	}
	if parts != nil {
		output = []message{{Role: "assistant", Parts: parts, FinishReason: d.Text("finish_reason")}}
	}
	d.setMessages("input_messages", input)
	d.setMessages("output_messages", output)
}

func textPart(typ, text string) messagePart {
	data, _ := json.Marshal(text) // a text cannot fail
	return messagePart{Type: typ, Content: data}
}

func (d *Detail) setMessages(column string, list []message) {
	if list == nil {
		return
	}
	data, err := json.Marshal(list)
	if i := slices.Index(d.Columns, column); err == nil && i >= 0 { // texts only: it cannot fail
		d.Values[i] = string(data)
	}
}

// Conversation returns what was said to the model and what came back, part by
// part, as far as it can be read: an error comes with the parts before it.
func (d *Detail) Conversation() ([]Turn, error) {
	var turns []Turn
	for _, side := range []string{"input", "output"} {
		text := d.Text(side + "_messages")
		if text == "" {
			continue
		}
		var list []message
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return turns, fmt.Errorf("reading %s_messages of event %s: %w", side, d.EventID, err)
		}
		for i, m := range list {
			turn := Turn{Side: side, Message: i + 1, Role: m.Role, Finish: m.FinishReason}
			if len(m.Parts) == 0 {
				turns = append(turns, turn)
			}
			for _, p := range m.Parts {
				turn.Type, turn.Name, turn.ID, turn.Text = p.Type, cmp.Or(p.Name, p.MimeType), p.ID, p.text()
				turns = append(turns, turn)
			}
		}
	}
	return turns, nil
}

// text is what a part says.
func (p *messagePart) text() string {
	for _, raw := range []json.RawMessage{p.Content, p.Arguments, p.Response} {
		if raw == nil {
			continue
		}
		var s string
		if json.Unmarshal(raw, &s) == nil {
			return s
		}
		return string(raw)
	}
	switch {
	case p.URI != "":
		return p.URI
	case p.Size != nil:
		return string(p.Size) + " bytes"
	}
	return ""
}
