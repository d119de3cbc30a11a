package suite

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/exhibit-forensics/exhibit/analyze/yamldoc"

	"go.yaml.in/yaml/v3"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

// requestDocument is a request as the file has it. JSON that the log kept stands
// there as a text, so that it stays what it was to the byte.
type requestDocument struct {
	protocol   replay.Protocol
	body       string
	messages   []replay.Message
	tools      string
	parameters []replay.Parameter
	documents  string
	stream     *bool
	losses     []replay.Loss
}

func (d *decoder) request(n *yaml.Node, r *requestDocument) {
	seen := d.keys(n, "request", []field{
		{"protocol", word(d, &r.protocol, "protocol", replay.Protocols())},
		{"body", d.json(&r.body, "body")},
		{"messages", func(n *yaml.Node) {
			d.list(n, "messages", maxParts, func(item *yaml.Node) { r.messages = append(r.messages, d.message(item)) })
		}},
		{"tools", d.json(&r.tools, "tools")},
		{"parameters", d.parameters(&r.parameters)},
		{"documents", d.json(&r.documents, "documents")},
		{"stream", d.truth(&r.stream, "stream")},
		{"losses", func(n *yaml.Node) {
			d.list(n, "losses", maxParts, func(item *yaml.Node) { r.losses = append(r.losses, d.loss(item)) })
		}},
	})
	switch {
	case n.Kind != yaml.MappingNode:
	case seen["body"] == seen["messages"]:
		d.wrong(n, "request has either messages, or the body of a protocol")
	case seen["body"] != seen["protocol"]:
		d.wrong(n, "request has a body and its protocol together")
	case seen["body"] && (seen["tools"] || seen["parameters"] || seen["stream"]):
		d.wrong(n, "request has a body, which holds tools, parameters and stream: they do not stand beside it")
	}
}

// json reads a text that is JSON.
func (d *decoder) json(into *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.text(into, what, maxText)(n)
		if *into != "" && !json.Valid([]byte(*into)) {
			d.wrong(n, "%s is a text that holds JSON, and this one does not", what)
		}
	}
}

func (d *decoder) truth(into **bool, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
			d.wrong(n, "%s must be true or false, not %s", what, yamldoc.Words(n))
			return
		}
		yes := n.Value == "true" || n.Value == "True" || n.Value == "TRUE"
		*into = &yes
	}
}

// parameters reads a JSON object, whose order and spelling it keeps.
func (d *decoder) parameters(into *[]replay.Parameter) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var text string
		d.text(&text, "parameters", maxText)(n)
		list, err := parametersOf(text)
		if err != nil {
			d.wrong(n, "parameters is a text that holds a JSON object, such as '{\"temperature\": 0}': %v", err)
			return
		}
		*into = list
	}
}

// parametersOf reads the members of a JSON object in their order.
func parametersOf(text string) ([]replay.Parameter, error) {
	if text == "" {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("it is no object")
	}
	var out []replay.Parameter
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var p replay.Parameter
		p.Name, _ = name.(string) // the key of an object is one
		if err := dec.Decode(&p.Value); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more follows the object")
	}
	return out, nil
}

func (d *decoder) message(n *yaml.Node) replay.Message {
	var m replay.Message
	text := &replay.Part{Type: replay.PartText}
	seen := d.keys(n, "a message", []field{
		{"role", d.text(&m.Role, "role", maxName)},
		{"text", d.text(&text.Text, "text", maxText)},
		{"parts", func(n *yaml.Node) {
			d.list(n, "parts", maxParts, func(item *yaml.Node) { m.Parts = append(m.Parts, d.part(item)) })
		}},
	})
	d.need(n, "a message", seen, "role")
	if seen["text"] && seen["parts"] {
		d.wrong(n, "a message has a text or parts, and this one has both")
	}
	if seen["text"] {
		m.Parts = []replay.Part{*text}
	}
	return m
}

// partTypes lists the types of parts that a file can have.
func partTypes() []replay.PartType {
	return []replay.PartType{
		replay.PartText, replay.PartReasoning, replay.PartToolCall, replay.PartToolResult, replay.PartBlob, replay.PartURI, replay.PartOther,
	}
}

func (d *decoder) part(n *yaml.Node) replay.Part {
	var p replay.Part
	var raw, data string
	seen := d.keys(n, "a part", []field{
		{"type", word(d, &p.Type, "type", partTypes())},
		{"text", d.text(&p.Text, "text", maxText)},
		{"id", d.text(&p.ID, "id", 10*maxName)},
		{"name", d.text(&p.Name, "name", 10*maxName)},
		{"json", d.text(&raw, "json", maxText)}, // as a model wrote it: it may be no JSON
		{"base64", d.text(&data, "base64", maxText)},
	})
	d.need(n, "a part", seen, "type")
	if seen["json"] {
		p.JSON = json.RawMessage(raw)
	}
	if seen["base64"] {
		var err error
		if p.Data, err = base64.StdEncoding.DecodeString(data); err != nil {
			d.wrong(n, "base64 is not base64: %v", err)
		}
	}
	return p
}

func (d *decoder) loss(n *yaml.Node) replay.Loss {
	var l replay.Loss
	var grade string
	seen := d.keys(n, "a loss", []field{
		{"part", d.text(&l.Part, "part", maxName)},
		{"grade", word(d, &grade, "grade", grades())},
		{"why", d.text(&l.Why, "why", 10*maxName)},
	})
	d.need(n, "a loss", seen, "part", "grade", "why")
	l.Grade = gradeOf(grade)
	return l
}

// replayRequest makes a request of what the file says. Of a body it reads what
// the verdicts need to know, and what another protocol would be sent.
func (d *decoder) replayRequest(n *yaml.Node, r *requestDocument) *replay.Request {
	q := &replay.Request{
		Messages: r.messages, Parameters: r.parameters, Stream: r.stream, Losses: r.losses,
		Tools: orNil(r.tools), Documents: orNil(r.documents),
	}
	if r.body == "" {
		return q
	}
	q.Body, q.Protocol = []byte(r.body), r.protocol
	decoder := formats.NewDecoder()
	e := decoder.Add()
	if !decoder.DecodeRequest(e, q.Body) {
		d.wrong(n, "the body is none of a protocol that is known")
		return q
	}
	q.Messages = protocol.MessagesOf(e.Input)
	q.Tools = orNil(string(e.ToolDefinitions))
	if e.Stream.OK {
		q.Stream = &e.Stream.V
	}
	var err error
	if q.Parameters, err = parametersOf(string(e.Parameters)); err != nil {
		d.wrong(n, "reading the parameters of the body: %v", err)
	}
	return q
}

func orNil(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return json.RawMessage(text)
}

// parametersJSON writes parameters as the file has them.
func parametersJSON(list []replay.Parameter) (string, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, p := range list {
		name, err := json.Marshal(p.Name)
		if err != nil {
			return "", fmt.Errorf("writing parameter %q: %w", p.Name, err)
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.Write(name)
		b.WriteString(": ")
		b.Write(p.Value)
	}
	b.WriteByte('}')
	return b.String(), nil
}
