package request

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/exhibit-forensics/exhibit/replay"
)

// loggedMessage is a message as the columns input_messages and output_messages
// have it: the OpenTelemetry GenAI message schemas.
type loggedMessage struct {
	Role         string       `json:"role"`
	Parts        []loggedPart `json:"parts"`
	FinishReason string       `json:"finish_reason"`
}

type loggedPart struct {
	Type      string          `json:"type"`
	Content   json.RawMessage `json:"content"`
	ID        string          `json:"id"`
	Name      string          `json:"name"`
	Arguments json.RawMessage `json:"arguments"`
	Response  json.RawMessage `json:"response"`
	MimeType  string          `json:"mime_type"`
	URI       string          `json:"uri"`
	Size      json.RawMessage `json:"size"`
}

// ParseMessages reads a column of messages.
func ParseMessages(column string) ([]replay.Message, error) {
	var logged []loggedMessage
	if err := json.Unmarshal([]byte(column), &logged); err != nil {
		return nil, fmt.Errorf("reading messages: %w", err)
	}
	out := make([]replay.Message, len(logged))
	for i := range logged {
		out[i].Role = logged[i].Role
		for j := range logged[i].Parts {
			out[i].Parts = append(out[i].Parts, logged[i].Parts[j].part())
		}
	}
	return out, nil
}

func (l *loggedPart) part() replay.Part {
	p := replay.Part{Type: replay.PartType(l.Type), ID: l.ID, Name: l.Name}
	switch p.Type {
	case replay.PartText, replay.PartReasoning:
		p.Text, _ = textOf(l.Content)
	case replay.PartToolCall:
		p.JSON = l.Arguments
	case replay.PartToolResult:
		var ok bool
		if p.Text, ok = textOf(l.Response); !ok {
			p.JSON = l.Response
		}
	case replay.PartBlob, replay.PartURI:
		p.Name, p.Text = l.MimeType, l.URI
	default:
		p.Type, p.Name = replay.PartOther, l.MimeType
		var ok bool
		if p.Text, ok = textOf(l.Content); !ok {
			p.JSON = l.Content
		}
	}
	return p
}

// textOf returns the text of a JSON string, and whether it is one.
func textOf(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil || bytes.Equal(raw, []byte("null")) {
		return "", false
	}
	return s, true
}

// parseParameters reads the column of parameters in its order.
func parseParameters(column string) ([]replay.Parameter, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(column)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return nil, fmt.Errorf("reading parameters: they are no JSON object")
	}
	var out []replay.Parameter
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("reading parameters: %w", err)
		}
		name, _ := key.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("reading parameter %s: %w", name, err)
		}
		out = append(out, replay.Parameter{Name: name, Value: value})
	}
	return out, nil
}
