package mask

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
	"github.com/exhibit-forensics/exhibit/replay"
)

// numbersOfBody is the level from which on numbers of a request body are no
// parameters: those stand in the outermost object and in objects of it.
const numbersOfBody = 3

// Apply returns a request without the values that the masker finds, and how many
// were replaced: in its own body where it has one, for that is what is sent, and
// in its parts otherwise. A request without any is returned as it is. What was
// replaced is said in its losses, so that it no longer counts as exact; its body
// stays, and is its own but for the values. The logged reply is left alone: it is
// not sent.
func Apply(r *replay.Request, m *Masker) (masked *replay.Request, spans int) {
	m.known = m.known[:0]
	out, parts := m.request(r)
	if len(parts) == 0 {
		return r, 0
	}
	if len(m.known) > 0 { // what one part shows to be a value is one in all
		again, more := m.request(out)
		out, parts = again, add(parts, more)
	}
	total, body := 0, 0
	for _, p := range parts {
		if p.name == "body" {
			body += p.spans
		} else {
			total += p.spans
		}
		out.Losses = append(out.Losses, replay.Loss{Part: p.name, Grade: replay.GradeDefaulted, Why: fmt.Sprintf("secrets or personal data replaced by placeholders before sending: %d", p.spans)})
	}
	if out.Body != nil {
		return out, body
	}
	return out, total
}

// part is a part of a request, and how many values of it were replaced.
type part struct {
	name  string
	spans int
}

// add puts the parts of a second pass to those of the first.
func add(parts, more []part) []part {
	for _, p := range more {
		if i := slices.IndexFunc(parts, func(q part) bool { return q.name == p.name }); i >= 0 {
			parts[i].spans += p.spans
		} else {
			parts = append(parts, p)
		}
	}
	return parts
}

// request masks all parts of a request once.
func (m *Masker) request(r *replay.Request) (*replay.Request, []part) {
	out := *r
	out.Losses = slices.Clone(r.Losses)
	var parts []part
	note := func(name string, n int) {
		if n > 0 {
			parts = append(parts, part{name, n})
		}
	}
	raw := func(name string, value json.RawMessage, numbersFrom int) json.RawMessage {
		if value == nil {
			return nil
		}
		masked, n := m.JSON(value, numbersFrom)
		note(name, n)
		return masked
	}
	out.Messages = slices.Clone(r.Messages)
	for i := range out.Messages {
		out.Messages[i].Parts = slices.Clone(r.Messages[i].Parts)
		for j := range out.Messages[i].Parts {
			p := &out.Messages[i].Parts[j]
			name := "messages[" + strconv.Itoa(i) + "].parts[" + strconv.Itoa(j) + "]"
			n := m.part(p, roleOf(r.Messages[i].Role, p.Type))
			note(name, n)
		}
	}
	out.Tools = raw("tools", r.Tools, 0)
	out.Documents = raw("context", r.Documents, 0)
	out.Parameters = slices.Clone(r.Parameters)
	for i := range out.Parameters {
		p := &out.Parameters[i]
		p.Value = raw("parameters."+p.Name, p.Value, never)
	}
	if r.Body != nil {
		body, n := m.Body(r.Body)
		out.Body = body
		note("body", n)
	}
	return &out, parts
}

// never is a level that no JSON reaches: its numbers stay.
const never = 1 << 30

// part masks one part of a message.
func (m *Masker) part(p *replay.Part, role content.Role) (spans int) {
	var n int
	p.Text, spans = m.Text(p.Text, role)
	if p.JSON != nil {
		p.JSON, n = m.JSON(p.JSON, 0)
		spans += n
	}
	if isText(p.Data) {
		var text string
		if text, n = m.Text(string(p.Data), role); n > 0 {
			p.Data = []byte(text)
			spans += n
		}
	}
	p.ID, n = m.Text(p.ID, role)
	spans += n
	return spans
}

// roleOf returns the role under which the scanner reads a part. What a secret
// is does not depend on it.
func roleOf(role string, t replay.PartType) content.Role {
	switch {
	case t == replay.PartToolResult:
		return content.RoleTool
	case t == replay.PartToolCall:
		return content.RoleToolCall
	case strings.EqualFold(role, "system"), strings.EqualFold(role, "developer"):
		return content.RoleSystem
	case strings.EqualFold(role, "assistant"):
		return content.RoleAssistant
	}
	return content.RoleUser
}

// Body masks the bytes of a request body just before it is sent, and returns how
// many values were replaced. It is the last gate: what parts of a request show
// only where they stand together is found here, whatever wrote the body. Values
// that the last request given to [Apply] showed are replaced wherever they stand,
// so that a body is masked right after its request.
func (m *Masker) Body(body []byte) (masked []byte, spans int) {
	masked, spans = m.JSON(body, numbersOfBody)
	if spans == 0 {
		return body, 0
	}
	return masked, spans
}

// Placeholders returns how many placeholders of this masker stand in a body: what
// of the bytes that go out was masked.
func (m *Masker) Placeholders(body []byte) (n int) {
	text := string(body)
	for {
		from := strings.IndexByte(text, '<')
		if from < 0 {
			return n
		}
		p := m.placeholderAt(text[from:])
		if p != "" {
			n++
		}
		text = text[from+max(1, len(p)):]
	}
}
