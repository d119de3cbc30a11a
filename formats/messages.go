package formats

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// partSeparator stands between parts that are joined to one text. A part is at
// least a paragraph of its own.
const partSeparator = "\n\n"

// Summarise sets SystemPrompt, Prompt, Response, Reasoning and ToolCallIDs from
// Input and Output. The prompt is the text of the last user message that has
// any; the system prompt, the response and the reasoning are all their texts.
// Several texts are joined by a blank line in fresh memory; a single one is
// aliased. What Input and Output do not say is NULL.
func (e *Event) Summarise() {
	e.SystemPrompt, e.Prompt, e.Response, e.Reasoning = nil, nil, nil, nil
	var system, response, reasoning joined
	last := -1
	for i := range e.Input {
		m := &e.Input[i]
		switch roleOf(m.Role) {
		case roleSystem:
			system.addAll(m, PartText)
		case roleUser:
			if hasText(m) {
				last = i
			}
		}
	}
	if last >= 0 {
		var prompt joined
		prompt.addAll(&e.Input[last], PartText)
		e.Prompt = prompt.text
	}
	for i := range e.Output {
		response.addAll(&e.Output[i], PartText)
		reasoning.addAll(&e.Output[i], PartReasoning)
	}
	e.SystemPrompt, e.Response, e.Reasoning = system.text, response.text, reasoning.text
	e.collectToolCalls()
}

// joined is a text made of the texts added to it.
type joined struct {
	text Text
	own  bool // text is memory of its own, no alias
}

func (j *joined) addAll(m *Message, t PartType) {
	for i := range m.Parts {
		if p := &m.Parts[i]; p.Type == t && p.Text != nil {
			j.add(p.Text)
		}
	}
}

func (j *joined) add(t Text) {
	if j.text == nil {
		j.text = t
		return
	}
	if !j.own {
		head := j.text
		j.text = append(make(Text, 0, 2*(len(head)+len(partSeparator)+len(t))), head...)
		j.own = true
	}
	j.text = append(j.text, partSeparator...)
	j.text = append(j.text, t...)
}

func hasText(m *Message) bool {
	for i := range m.Parts {
		if m.Parts[i].Type == PartText && m.Parts[i].Text != nil {
			return true
		}
	}
	return false
}

// messageRole is what a role means, however it is spelled.
type messageRole uint8

const (
	roleOther messageRole = iota
	roleSystem
	roleUser
)

// roleOf reads a role. Providers agree on the words but not on their case;
// OpenAI calls the system "developer".
func roleOf(role Text) messageRole {
	switch string(role) {
	case "user", "human", "USER", "User", "Human":
		return roleUser
	case "system", "developer", "SYSTEM", "System":
		return roleSystem
	}
	return roleOther
}

// linearIDs is up to how many tool call ids are looked through one by one.
const linearIDs = 32

// collectToolCalls adds the ids of tool calls and their results to ToolCallIDs,
// each once, in the order in which they appear.
func (e *Event) collectToolCalls() {
	var seen map[string]bool
	for _, list := range [...][]Message{e.Input, e.Output} {
		for i := range list {
			for j := range list[i].Parts {
				p := &list[i].Parts[j]
				if len(p.ID) == 0 || p.Type != PartToolCall && p.Type != PartToolResponse {
					continue
				}
				seen = e.addToolCall(p.ID, seen)
			}
		}
	}
}

// addToolCall adds an id that is not there yet. Long conversations hold
// thousands of calls, so that beyond a few they are looked up in a map.
func (e *Event) addToolCall(id Text, seen map[string]bool) map[string]bool {
	if len(e.ToolCallIDs) < linearIDs {
		for _, t := range e.ToolCallIDs {
			if bytes.Equal(t, id) {
				return seen
			}
		}
		e.ToolCallIDs = append(e.ToolCallIDs, id)
		return seen
	}
	if seen == nil {
		seen = make(map[string]bool)
		for _, t := range e.ToolCallIDs {
			seen[string(t)] = true
		}
	}
	if !seen[string(id)] {
		seen[string(id)] = true
		e.ToolCallIDs = append(e.ToolCallIDs, id)
	}
	return seen
}

// PlainMessages reports whether Input and Output say no more than the columns
// do, so that a case need not store them a second time. They are then rebuilt
// exactly by this rule: a SystemPrompt that is not NULL is a message of role
// system with one text part, a Prompt one of role user, in this order; a
// Response or Reasoning that is not NULL is one output message of role
// assistant with the event's FinishReason, the reasoning part before the text
// part. Call it after [Event.Summarise].
func PlainMessages(e *Event) bool {
	in := e.Input
	if e.SystemPrompt != nil {
		if len(in) == 0 || !plainInput(&in[0], "system", e.SystemPrompt) {
			return false
		}
		in = in[1:]
	}
	if e.Prompt != nil {
		if len(in) == 0 || !plainInput(&in[0], "user", e.Prompt) {
			return false
		}
		in = in[1:]
	}
	return len(in) == 0 && plainOutput(e)
}

// plainInput reports whether a message is a role and a text and nothing else.
func plainInput(m *Message, role string, text Text) bool {
	return string(m.Role) == role && m.FinishReason == nil && len(m.Parts) == 1 && plainPart(&m.Parts[0], PartText, text)
}

// plainOutput reports whether the output is what the columns say.
func plainOutput(e *Event) bool {
	if e.Response == nil && e.Reasoning == nil {
		return len(e.Output) == 0
	}
	if len(e.Output) != 1 {
		return false
	}
	m := &e.Output[0]
	if string(m.Role) != "assistant" || !sameText(m.FinishReason, e.FinishReason) {
		return false
	}
	parts := m.Parts
	if e.Reasoning != nil {
		if len(parts) == 0 || !plainPart(&parts[0], PartReasoning, e.Reasoning) {
			return false
		}
		parts = parts[1:]
	}
	if e.Response != nil {
		if len(parts) == 0 || !plainPart(&parts[0], PartText, e.Response) {
			return false
		}
		parts = parts[1:]
	}
	return len(parts) == 0
}

func plainPart(p *Part, t PartType, text Text) bool {
	return p.Type == t && sameText(p.Text, text) && p.ID == nil && p.Name == nil && p.JSON == nil
}

// sameText reports whether two texts are equal; NULL equals NULL only.
func sameText(a, b Text) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// AppendMessages appends messages to dst as a JSON array in the form of the
// OpenTelemetry GenAI message schemas. What is NULL is left out. The size of a
// blob is written as "size"; a part of type other has its JSON or text as
// "content". The result is valid JSON and UTF-8 for any bytes in the messages.
func AppendMessages(dst []byte, msgs []Message) []byte {
	dst = append(dst, '[')
	for i := range msgs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '{')
		dst = appendMember(dst, "role", msgs[i].Role)
		dst = appendKey(dst, "parts")
		dst = append(dst, '[')
		for j := range msgs[i].Parts {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = appendPart(dst, &msgs[i].Parts[j])
		}
		dst = append(dst, ']')
		dst = appendMember(dst, "finish_reason", msgs[i].FinishReason)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

// appendPart appends one part.
func appendPart(dst []byte, p *Part) []byte {
	dst = append(dst, '{')
	dst = appendMember(dst, "type", Text(p.Type))
	switch p.Type {
	case PartText, PartReasoning:
		dst = appendMember(dst, "content", p.Text)
	case PartToolCall:
		dst = appendMember(dst, "id", p.ID)
		dst = appendMember(dst, "name", p.Name)
		dst = appendJSONMember(dst, "arguments", p.JSON)
	case PartToolResponse:
		dst = appendMember(dst, "id", p.ID)
		dst = appendMember(dst, "name", p.Name)
		dst = appendJSONMember(dst, "response", p.JSON)
		if p.JSON == nil {
			dst = appendMember(dst, "response", p.Text)
		}
	case PartBlob:
		dst = appendMedia(dst, p)
		dst = appendJSONMember(dst, "size", p.JSON)
	case PartURI:
		dst = appendMedia(dst, p)
		dst = appendMember(dst, "uri", p.Text)
	default:
		dst = appendMember(dst, "mime_type", p.Name)
		dst = appendJSONMember(dst, "content", p.JSON)
		if p.JSON == nil {
			dst = appendMember(dst, "content", p.Text)
		}
	}
	return append(dst, '}')
}

// appendMedia appends the media type of a part, and the modality it implies.
func appendMedia(dst []byte, p *Part) []byte {
	major, _, _ := bytes.Cut(p.Name, []byte("/"))
	switch string(major) {
	case "image", "audio", "video":
		dst = appendMember(dst, "modality", major)
	}
	return appendMember(dst, "mime_type", p.Name)
}

// appendKey appends a comma where one is due, and a member name.
func appendKey(dst []byte, key string) []byte {
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, key...)
	return append(dst, '"', ':')
}

// appendMember appends a member with a text, unless it is NULL.
func appendMember(dst []byte, key string, value Text) []byte {
	if value == nil {
		return dst
	}
	return appendString(appendKey(dst, key), value)
}

// appendJSONMember appends a member with a JSON value as the log wrote it,
// unless it is NULL. Tool arguments come out of a model and may be broken: what
// is not valid JSON becomes a string.
func appendJSONMember(dst []byte, key string, value Text) []byte {
	if value == nil {
		return dst
	}
	dst = appendKey(dst, key)
	if json.Valid(value) && utf8.Valid(value) {
		return append(dst, value...)
	}
	return appendString(dst, value)
}

// appendString appends a text as a JSON string. Bytes that are not UTF-8
// become U+FFFD.
func appendString(dst []byte, s Text) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := jsontape.PlainLen(s); i < len(s); i += jsontape.PlainLen(s[i:]) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				dst = append(dst, "\uFFFD"...)
			}
		}
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}
