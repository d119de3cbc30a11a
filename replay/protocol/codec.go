package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Options say what a request is sent with beside what was logged.
type Options struct {
	Model string // name of the model to ask
	Seed  *int64 // for repeated samples; nil leaves what was logged
}

// Encoded is a request as its protocol writes it.
type Encoded struct {
	Path   string // below the base URL of the server
	Body   []byte
	Losses []replay.Loss // of the request, and those of writing it
}

// codec writes requests of one protocol.
type codec interface {
	path(model string, stream bool) string
	write(w *writer) object
}

// codecs has one line for each protocol.
func codecOf(p replay.Protocol) (codec, error) {
	switch p {
	case replay.OpenAIChat:
		return openAIChat{}, nil
	case replay.OpenAIResponses:
		return openAIResponses{}, nil
	case replay.Anthropic:
		return anthropic{}, nil
	case replay.Ollama:
		return ollama{}, nil
	case replay.Converse:
		return converse{}, nil
	}
	return nil, fmt.Errorf("%q is no protocol: one of %v", p, replay.Protocols())
}

// Encode writes a request in a protocol. Where the log kept the body in this
// protocol and nothing of it was changed, its own bytes are used: only the name
// of the model, and a seed if one is asked for, are put in their places.
func Encode(r *replay.Request, p replay.Protocol, o Options) (*Encoded, error) {
	c, err := codecOf(p)
	if err != nil {
		return nil, err
	}
	stream := r.Stream != nil && *r.Stream
	out := &Encoded{Path: c.path(o.Model, stream), Losses: r.Losses}
	if r.Body != nil && r.Protocol == p && len(r.Changes) == 0 {
		body, err := ownBody(r.Body, p, o)
		if err != nil {
			return nil, fmt.Errorf("taking the logged body of %s: %w", r.Event, err)
		}
		out.Body = body
		return out, nil
	}
	w := &writer{request: r, options: o, target: p}
	switch {
	case r.Body == nil:
		w.lose("body", replay.GradeConverted, "written anew from what the log says of it")
	case r.Protocol != p:
		w.lose("body", replay.GradeConverted, fmt.Sprintf("logged as %s, sent as %s", nameOf(r.Protocol), p))
		w.losses = append(w.losses, notRead(r)...)
	default:
		w.lose("body", replay.GradeConverted, "written anew, because it was changed")
		w.losses = append(w.losses, notRead(r)...)
	}
	body, err := marshal(c.write(w))
	if err != nil {
		return nil, fmt.Errorf("writing %s as %s: %w", r.Event, p, err)
	}
	out.Body = body
	out.Losses = append(out.Losses[:len(out.Losses):len(out.Losses)], w.losses...)
	return out, nil
}

func nameOf(p replay.Protocol) string {
	if p == "" {
		return "a protocol that has no name here"
	}
	return string(p)
}

// writer is one request being written, and what is lost of it.
type writer struct {
	request *replay.Request
	options Options
	target  replay.Protocol
	losses  []replay.Loss
	taken   []string // parameters asked for
}

// lose notes what is not sent as the log has it.
func (w *writer) lose(part string, g replay.Grade, why string) {
	w.losses = append(w.losses, replay.Loss{Part: part, Grade: g, Why: why})
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any // string, number, bool, object, []any, json.RawMessage
}

// set adds a member.
func (o *object) set(name string, value any) { *o = append(*o, member{name, value}) }

// raw adds a member with its value as written, if there is one.
func (o *object) raw(name string, value json.RawMessage) {
	if value != nil {
		o.set(name, value)
	}
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.name, err)
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// marshal is json.Marshal without escapes that no protocol asks for.
func marshal(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok && json.Valid(raw) {
		return raw, nil // its own bytes, blanks and all
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
