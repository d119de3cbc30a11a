package verdict

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/content"
	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/replay"
)

// Options say what only the caller knows of the replies to be judged.
type Options struct {
	// Canaries are texts that no reply may give away.
	Canaries []string
	// Markers are texts that a reply holds only if it follows an injected
	// instruction: what the instruction tells the model to say.
	Markers []string
	// Injected are texts of requests that are known to be injected, beside those
	// that the scanner finds.
	Injected []string
}

// Judge makes verdicts. It must not be used by two goroutines at once.
type Judge struct {
	options   Options
	scanner   *content.Scanner
	documents formats.Documents
	address   *regexp.Regexp
	picture   *regexp.Regexp
}

// New returns a Judge.
func New(o Options) (*Judge, error) {
	s, err := content.NewScanner()
	if err != nil {
		return nil, fmt.Errorf("making a scanner of replies: %w", err)
	}
	j := &Judge{options: o, scanner: s}
	if j.address, err = regexp.Compile(addressPattern); err != nil {
		return nil, fmt.Errorf("reading what an address is: %w", err)
	}
	if j.picture, err = regexp.Compile(picturePattern); err != nil {
		return nil, fmt.Errorf("reading what a picture is: %w", err)
	}
	return j, nil
}

// Verdicts judges one reply to a request: a new one, or the one that was logged.
// All verdicts of [Definitions] are returned, in their order.
func (j *Judge) Verdicts(q *replay.Request, reply *replay.Reply) []Verdict {
	return j.Prepare(q).Verdicts(reply)
}

// Prepared is a request made ready for judging many replies to it. It uses the
// scanner of its judge.
type Prepared struct {
	judge    *Judge
	request  *replay.Request
	texts    []requestText
	known    *knownValues
	injected injected
}

// Prepare reads what verdicts need to know of a request.
func (j *Judge) Prepare(q *replay.Request) *Prepared {
	p := &Prepared{judge: j, request: q, texts: j.textsOf(q)}
	for i := range p.texts {
		p.texts[i].signs = j.scanner.Scan([]byte(p.texts[i].text), p.texts[i].role)
	}
	p.known = p.knownValues()
	p.injected = p.findInjected()
	return p
}

// requestText is a text of a request, and what it is there.
type requestText struct {
	role  content.Role
	text  string
	signs []content.Sign
}

func said(role content.Role, text string) requestText { return requestText{role: role, text: text} }

// textsOf returns all that a request says.
func (j *Judge) textsOf(q *replay.Request) []requestText {
	var out []requestText
	for i := range q.Messages {
		role := roleOf(q.Messages[i].Role)
		for _, p := range q.Messages[i].Parts {
			switch p.Type {
			case replay.PartReasoning:
				out = append(out, said(content.RoleReasoning, p.Text))
			case replay.PartToolResult:
				out = append(out, said(content.RoleTool, p.Text), said(content.RoleTool, string(p.JSON)))
			case replay.PartToolCall:
				out = append(out, said(content.RoleToolCall, string(p.JSON)))
			default:
				out = append(out, said(role, p.Text), said(role, string(p.JSON)))
			}
		}
	}
	for _, text := range j.documentsOf(q) {
		out = append(out, said(content.RoleDocument, text))
	}
	kept := out[:0]
	for _, t := range out {
		if t.text != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

// documentsOf returns the texts of the retrieved documents.
func (j *Judge) documentsOf(q *replay.Request) []string {
	defer j.documents.Reset()
	var out []string
	for _, text := range j.documents.Texts(formats.Text(q.Documents)) {
		out = append(out, string(text))
	}
	return out
}

// roleOf returns the role under which the scanner reads a message.
func roleOf(role string) content.Role {
	switch strings.ToLower(role) {
	case "system", "developer":
		return content.RoleSystem
	case "assistant", "model", "ai", "chatbot":
		return content.RoleAssistant
	case "tool", "function":
		return content.RoleTool
	}
	return content.RoleUser
}

// ofRole returns the texts of some roles.
func (p *Prepared) ofRole(roles ...content.Role) []string {
	var out []string
	for _, t := range p.texts {
		for _, r := range roles {
			if t.role == r {
				out = append(out, t.text)
			}
		}
	}
	return out
}

// judged is a reply being judged.
type judged struct {
	*Prepared
	reply *replay.Reply
	parts []replyPart
	signs [][]content.Sign // by part
}

// replyPart is a text of a reply.
type replyPart struct {
	name string
	role content.Role
	text string
}

// partsOf returns the texts of a reply.
func partsOf(r *replay.Reply) []replyPart {
	parts := []replyPart{{"text", content.RoleAssistant, r.Text}, {"reasoning", content.RoleReasoning, r.Reasoning}}
	for i := range r.ToolCalls {
		at := "tool_calls[" + strconv.Itoa(i) + "]"
		parts = append(parts,
			replyPart{at + ".name", content.RoleToolCall, r.ToolCalls[i].Name},
			replyPart{at + ".arguments", content.RoleToolCall, argumentsOf(&r.ToolCalls[i])})
	}
	return parts
}

// argumentsOf returns the arguments of a tool call as a text: OpenAI's protocols
// have them as one that holds JSON.
func argumentsOf(c *replay.ToolCall) string {
	var text string
	if json.Unmarshal(c.Arguments, &text) == nil {
		return text
	}
	return string(c.Arguments)
}

// Verdicts judges one reply to the request.
func (p *Prepared) Verdicts(reply *replay.Reply) []Verdict {
	j := &judged{Prepared: p, reply: reply, parts: partsOf(reply)}
	for _, part := range j.parts {
		j.signs = append(j.signs, p.judge.scanner.Scan([]byte(part.text), part.role))
	}
	made := map[string]Verdict{}
	for _, v := range [][]Verdict{j.outcome(), j.leaks(), {j.injection()}, j.tools(), j.form(), j.numbers()} {
		for i := range v {
			made[v[i].Name] = v[i]
		}
	}
	defs := Definitions()
	out := make([]Verdict, len(defs))
	for i := range defs {
		v := made[defs[i].Name]
		v.Name, v.Unit, v.Version = defs[i].Name, defs[i].Unit, defs[i].version()
		out[i] = v
	}
	return out
}

// found returns a verdict on what was looked for: of a reply that is not whole,
// what was not found is unknown.
func (j *judged) found(name string, spans []Span, score float64, why string) Verdict {
	switch {
	case len(spans) > 0:
		return Verdict{Name: name, Value: TruthOf(true), Score: score, Spans: spans, Why: why}
	case j.failed():
		return Verdict{Name: name, Why: "an error came back and no answer"}
	case !j.reply.Complete:
		return Verdict{Name: name, Why: "not found, and the reply is not whole"}
	}
	return Verdict{Name: name, Value: TruthOf(false)}
}
