package formats

// Text is a text value of a log. A nil Text is NULL: the log does not say. An
// empty, non-nil Text is an empty string: the log says that it is empty. Text
// usually aliases the record or the decoder's arena and is valid until the
// [Decoder] that made it is reset.
type Text []byte

// Int is an integer that may be absent. The zero Int is NULL; a zero is never
// invented.
type Int struct {
	V  int64
	OK bool
}

// IntOf returns a present Int.
func IntOf(v int64) Int { return Int{v, true} }

// Bool is a truth value that may be absent. The zero Bool is NULL.
type Bool struct{ V, OK bool }

// BoolOf returns a present Bool.
func BoolOf(v bool) Bool { return Bool{v, true} }

// Time is an instant in microseconds since 1970-01-01T00:00:00Z, or NULL.
type Time struct {
	Micros int64
	OK     bool
}

// Plane says which side of a model access an event shows.
type Plane string

// The planes. The zero Plane is NULL.
const (
	PlaneAccess  Plane = "access"  // who called, from where, with which credential
	PlaneContent Plane = "content" // what was said and what came back
	PlaneControl Plane = "control" // changes to keys, logging, guardrails, models
	PlaneAgent   Plane = "agent"   // what an agent or assistant did around the calls
)

// Kind says what an event is.
type Kind string

// The kinds. Unknown objects of a known format are [KindOther]: never guessed
// into an inference.
const (
	KindInference Kind = "inference"
	KindEmbedding Kind = "embedding"
	KindRetrieval Kind = "retrieval"
	KindTool      Kind = "tool"
	KindMessage   Kind = "message"
	KindGuardrail Kind = "guardrail"
	KindAdmin     Kind = "admin"
	KindAuth      Kind = "auth"
	KindData      Kind = "data"
	KindUsage     Kind = "usage" // a total over a period, as a bill has it: never a call
	KindUnparsed  Kind = "unparsed"
	KindOther     Kind = "other"
)

// Outcome says how the thing that an event shows ended.
type Outcome string

// The outcomes.
const (
	OutcomeSuccess   Outcome = "success"
	OutcomeDenied    Outcome = "denied"
	OutcomeError     Outcome = "error"
	OutcomeThrottled Outcome = "throttled"
	OutcomeBlocked   Outcome = "blocked"
	OutcomeUnknown   Outcome = "unknown"
)

// ContentState says what an event can tell about its content, so that "empty
// prompt" and "prompt not recorded" do not look the same.
type ContentState string

// The content states.
const (
	ContentPresent   ContentState = "present"
	ContentPartial   ContentState = "partial"   // one side only
	ContentExternal  ContentState = "external"  // moved elsewhere, for instance to S3
	ContentTruncated ContentState = "truncated" // cut by the logger
	ContentNotLogged ContentState = "not_logged"
	ContentEncrypted ContentState = "encrypted"
	ContentRedacted  ContentState = "redacted"
)

// Precision is the unit in which a log wrote its time.
type Precision string

// The precisions.
const (
	PrecisionS  Precision = "s"
	PrecisionMS Precision = "ms"
	PrecisionUS Precision = "us"
	PrecisionNS Precision = "ns"
)

// PartType is the type of a message part, in the words of the OpenTelemetry
// GenAI message schemas.
type PartType string

// The part types.
const (
	PartText         PartType = "text"
	PartReasoning    PartType = "reasoning"
	PartToolCall     PartType = "tool_call"
	PartToolResponse PartType = "tool_call_response"
	PartBlob         PartType = "blob" // inline bytes: only the mime type and size are kept, raw has the bytes
	PartURI          PartType = "uri"  // content that lies elsewhere
	PartOther        PartType = "other"
)

// Part is one part of a message.
type Part struct {
	Type PartType
	Text Text // text, reasoning, the result of a tool, or the address of a uri part
	ID   Text // tool call id
	Name Text // tool name, or the mime type of a blob or uri part
	JSON Text // arguments of a tool call, as the log wrote them
}

// Message is one turn of a conversation.
type Message struct {
	Role         Text // system, user, assistant, tool ... as the log wrote it
	Parts        []Part
	FinishReason Text

	before int // parts and messages before it, on its side of the event
}

// ID is an identifier of a kind that has no column of its own.
type ID struct {
	Kind  string // lower case, words joined by underscores: "shared_event_id"
	Value Text
}

// Event is one normalised row decoded from a record, and the only vocabulary
// between log formats and everything else. Names follow the OpenTelemetry
// GenAI conventions where they have a word. Provenance (evidence, record,
// part, place, hash, format) is added by the case.
type Event struct {
	// Time.
	TS          Time
	TSEnd       Time
	TSPrecision Precision
	TSSource    string // the field the time came from
	Latency     Int    // microseconds
	TTFT        Int    // microseconds to the first token

	// What.
	Plane        Plane
	Kind         Kind
	Operation    Text // the provider's own name
	Outcome      Outcome
	ErrorCode    Text
	ErrorMessage Text
	HTTPStatus   Int

	// Who.
	Principal          Text
	PrincipalType      Text
	PrincipalIssuer    Text
	Role               Text
	CredentialID       Text
	CredentialKind     Text // sigv4, bearer, api_key, oauth, sa_key ...
	IssuedCredentialID Text // what an AssumeRole or CreateAccessKey handed out
	SourceIdentity     Text
	EndUser            Text
	Tenant             Text
	MFA                Bool
	SrcIP              Text
	UserAgent          Text
	Client             string // SDK or tool family, from [ClientOf]

	// Where.
	Provider        Text
	Service         Text
	Endpoint        Text
	Model           Text
	ModelResponse   Text
	Deployment      Text
	Region          Text
	InferenceRegion Text
	Environment     Text
	App             Text

	// Identifiers.
	NativeID        Text // the log's own unique id of this record: decides duplicates
	RequestID       Text
	TraceID         Text
	SpanID          Text
	ParentSpanID    Text
	SessionID       Text
	ResponseID      Text
	MessageID       Text
	ParentMessageID Text
	ToolCallIDs     []Text
	OtherIDs        []ID

	// Parts. Some logs write one call as several records that share an
	// identifier: chunks of a body, a request and its reply apart, a line for
	// each block of a reply. Sequence orders the records of such a call; events
	// without it are calls of their own even when they share an identifier.
	Sequence Int

	// Usage.
	RequestCount     Int // calls that an event of kind usage sums up
	InputTokens      Int // all of the prompt, with those of caches: see usage
	OutputTokens     Int // all that the model made, with its thoughts
	CacheReadTokens  Int // of the input tokens, those that a cache served
	CacheWriteTokens Int // of the input tokens, those that a cache took
	ReasoningTokens  Int // of the output tokens, those of thoughts
	CostUSD          Int // in units of 1e-9 USD
	CostBasis        Text

	// Content. SystemPrompt, Prompt, Response and Reasoning are set from Input
	// and Output by [Event.Summarise].
	ContentState      ContentState
	SystemPrompt      Text
	Prompt            Text // the last user text
	Response          Text
	Reasoning         Text
	Input             []Message
	Output            []Message
	ToolDefinitions   Text // JSON, as the log wrote it
	Retrieved         Text // JSON list of documents given to the model, with id and score
	Parameters        Text // JSON object: temperature, top_p, max_tokens, seed ...
	FinishReason      Text
	Stream            Bool
	GuardrailAction   Text
	GuardrailPolicies []Text
	Approval          Text

	// Movement.
	Destination Text
	BytesIn     Int
	BytesOut    Int
	DataFormat  Text

	// Problem is set on events of kind unparsed: what is wrong with the record,
	// and at which byte of it.
	Problem string

	requestBody Text // see RequestBody
	overfull    bool // parts were left out: there were too many
}
