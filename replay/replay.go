package replay

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Protocol names the shape of a request and its reply on the wire.
type Protocol string

// The protocols that a request can be sent in.
const (
	OpenAIChat      Protocol = "openai-chat"      // POST /v1/chat/completions
	OpenAIResponses Protocol = "openai-responses" // POST /v1/responses
	Anthropic       Protocol = "anthropic"        // POST /v1/messages
	Ollama          Protocol = "ollama"           // POST /api/chat
	Converse        Protocol = "bedrock-converse" // POST /model/{id}/converse
)

// Protocols lists them in the order in which people are told of them.
func Protocols() []Protocol {
	return []Protocol{OpenAIChat, OpenAIResponses, Anthropic, Ollama, Converse}
}

// PartType is the type of a part of a message, in the words of the
// OpenTelemetry GenAI message schemas, as in the event columns.
type PartType string

// The part types.
const (
	PartText       PartType = "text"
	PartReasoning  PartType = "reasoning"
	PartToolCall   PartType = "tool_call"
	PartToolResult PartType = "tool_call_response"
	PartBlob       PartType = "blob"
	PartURI        PartType = "uri"
	PartOther      PartType = "other"
)

// Part is one part of a message.
type Part struct {
	Type PartType
	Text string          // text, reasoning, the result of a tool, the address of a uri
	ID   string          // of the tool call
	Name string          // of the tool, or the mime type of a blob or uri
	JSON json.RawMessage // arguments of a tool call, or a part of no known type
	Data []byte          // bytes of a blob; nil where the log kept only their size
}

// Message is one turn. The roles are those of the log: system, developer, user,
// assistant, tool ...
type Message struct {
	Role  string
	Parts []Part
}

// Parameter is one sampling parameter under the name that it has in the event
// column parameters, with its value as the log wrote it.
type Parameter struct {
	Name  string
	Value json.RawMessage
}

// Request is one logged request to a model: what a case can tell of it.
type Request struct {
	Event      string // id of the event that it was rebuilt from
	Session    string // session_id, where the log has one
	Model      string // as logged
	Time       time.Time
	Messages   []Message       // with the system prompt, where its protocol has it
	Tools      json.RawMessage // tool definitions as the log wrote them; nil where it has none
	Parameters []Parameter     // in the order of the log
	Documents  json.RawMessage // retrieved context: JSON list, nil where the log has none
	Stream     *bool           // nil where the log does not say

	// Body is the request body that the log kept, byte for byte, and Protocol
	// its protocol. Both are zero where the log kept no body or one of a
	// protocol that is not known.
	Body     []byte
	Protocol Protocol

	Losses  []Loss   // what of it the log did not keep
	Changes []string // what-if changes made to it, in words, in their order
	Logged  Reply    // what came back then

	// Unchanged is the request before its Changes; nil where it has none.
	Unchanged *Request
}

// Grade says how near what is sent is to what the log says was sent. Higher is
// nearer.
type Grade uint8

// The grades. A request has the lowest of its parts.
const (
	GradeIncomplete Grade = iota // something that was sent then cannot be sent now
	GradeDefaulted               // something that the log does not say was set by us
	GradeConverted               // the same content in another protocol's words
	GradeExact                   // the bytes that the log kept
)

// String returns the word for the grade that flags and reports use.
func (g Grade) String() string {
	return [...]string{"incomplete", "defaulted", "converted", "exact"}[min(g, GradeExact)]
}

// Loss is one part of a request that is not sent as the log has it, and why.
type Loss struct {
	Part  string // system, messages[3], messages[3].parts[1], tools, context, parameters.seed, body ...
	Grade Grade
	Why   string // lower case, one clause: "cut by the logger after 10000 characters"
}

// ToolCall is a tool that a reply asks for. It is recorded and never executed.
type ToolCall struct {
	ID, Name  string
	Arguments json.RawMessage // as the model wrote them: may be no JSON
}

// Reply is what came back, logged or replayed. What is not known is nil, never
// zero.
type Reply struct {
	Text         string
	Reasoning    string
	ToolCalls    []ToolCall
	FinishReason string
	Model        string
	Outcome      string // success, denied, error, throttled, blocked, unknown; "" where none is known
	ErrorCode    string
	ErrorMessage string
	HTTPStatus   *int64
	InputTokens  *int64
	OutputTokens *int64
	Latency      *time.Duration
	TTFT         *time.Duration // time to the first token
	CostNanoUSD  *int64
	Complete     bool // the reply ended as its protocol says a reply ends
}

// Words is the reply as people read it: its text, the tools that it asks for,
// or else the error that came in its place; "" where there is nothing of that.
func (r *Reply) Words() string {
	var parts []string
	if r.Text != "" {
		parts = append(parts, r.Text)
	}
	for _, c := range r.ToolCalls {
		parts = append(parts, fmt.Sprintf("[asks for tool %s %s]", c.Name, c.Arguments))
	}
	if len(parts) == 0 && r.ErrorCode+r.ErrorMessage != "" {
		parts = append(parts, "["+strings.TrimSpace("error "+r.ErrorCode)+": "+r.ErrorMessage+"]")
	}
	return strings.Join(parts, "\n")
}

// Outgoing is one request ready to be sent.
type Outgoing struct {
	// ID is unique within a plan and the same each time the plan is made: it
	// says which exchanges a resumed run need not repeat.
	ID       string
	Event    string
	Variant  string // "logged", or what was changed: "without context 2"
	Sample   int    // from 1
	Protocol Protocol
	Model    string
	Path     string // below the base URL of the server
	Body     []byte
	Masked   int // spans that were masked
	Losses   []Loss
	Changes  []string
}

// Grade returns the lowest grade of its losses; exact when it has none.
func (o *Outgoing) Grade() Grade {
	g := GradeExact
	for _, l := range o.Losses {
		g = min(g, l.Grade)
	}
	return g
}

// End says how an exchange ended.
type End string

// The ends. Only Complete and Failed are final: the others are tried again when
// a run is resumed.
const (
	Complete  End = "complete"  // a whole reply, of whatever status
	Failed    End = "failed"    // the server refused it, and would again: any other 4xx
	Rejected  End = "rejected"  // it was not let in, for its address, key or model: a 3xx, 401, 404, 405 or 407
	Cut       End = "cut"       // the connection ended before the reply did
	TimedOut  End = "timed_out" // longer than the time limit
	TooLarge  End = "too_large" // beyond the size limit; what came before is kept
	Refused   End = "refused"   // the sandbox did not dial: address not allowed
	Unreached End = "unreached" // nothing answered there
	Throttled End = "throttled" // 408, 429 or 5xx after the last attempt
)

// Chunk is bytes of a reply body as they came, and when.
type Chunk struct {
	After time.Duration // since the request was sent
	Data  []byte
}

// Exchange is a request as sent and its reply as received. Headers hold no
// secret: the values of those that carry one are left out.
type Exchange struct {
	Outgoing
	Server         string // base URL, without user information
	Address        string // address and port that was dialled
	Started        time.Time
	Attempts       int
	RequestHeader  []Header
	Status         int // 0 when none came
	ResponseHeader []Header
	Chunks         []Chunk
	End            End
	Problem        string // why it did not end complete
}

// Header is one line of a header.
type Header struct{ Name, Value string }

// Received returns the reply body, its chunks joined.
func (e *Exchange) Received() []byte {
	n := 0
	for _, c := range e.Chunks {
		n += len(c.Data)
	}
	out := make([]byte, 0, n)
	for _, c := range e.Chunks {
		out = append(out, c.Data...)
	}
	return out
}
