package formats

// ColumnType is the type of the values of a column.
type ColumnType uint8

// The column types, with what [Column.Ref] points to.
const (
	ColumnText     ColumnType = iota // Text, as the log wrote it
	ColumnJSON                       // Text that is JSON, as the log wrote it
	ColumnWord                       // one of a fixed set of words: Plane, Kind, Outcome, ContentState, Precision
	ColumnName                       // string: a word of ours without a fixed set
	ColumnInt                        // Int
	ColumnDuration                   // Int, in microseconds
	ColumnCost                       // Int, in 1e-9 USD
	ColumnBool                       // Bool
	ColumnTime                       // Time
	ColumnTexts                      // []Text
	ColumnIDs                        // []ID
	ColumnMessages                   // []Message
)

// Column describes one column of an [Event].
type Column struct {
	Name string // as in every table, flag and file
	Type ColumnType
	Doc  string // one line, without full stop
	// Ref returns a pointer to the column of an event; its type follows from
	// Type. It is nil for tool_calls, which is made from output_messages.
	Ref func(*Event) any
}

// Columns returns every column that a format can fill, in the order in which
// tables show them. Provenance and enrichment are not among them. The caller
// owns the slice.
func Columns() []Column { return append([]Column(nil), columns...) }

// ColumnByName returns the column with the given name.
func ColumnByName(name string) (Column, bool) {
	for _, c := range columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

var columns = []Column{
	{"ts", ColumnTime, "when it happened, in UTC", func(e *Event) any { return &e.TS }},
	{"ts_end", ColumnTime, "when it ended, in UTC", func(e *Event) any { return &e.TSEnd }},
	{"ts_precision", ColumnWord, "unit in which the log wrote the time", func(e *Event) any { return &e.TSPrecision }},
	{"ts_source", ColumnName, "field that the time came from", func(e *Event) any { return &e.TSSource }},
	{"latency_us", ColumnDuration, "from request to the end of the reply", func(e *Event) any { return &e.Latency }},
	{"ttft_us", ColumnDuration, "from request to the first token", func(e *Event) any { return &e.TTFT }},

	{"plane", ColumnWord, "side of the access that the event shows", func(e *Event) any { return &e.Plane }},
	{"kind", ColumnWord, "what the event is", func(e *Event) any { return &e.Kind }},
	{"operation", ColumnText, "the provider's own name for it", func(e *Event) any { return &e.Operation }},
	{"outcome", ColumnWord, "how it ended", func(e *Event) any { return &e.Outcome }},
	{"error_code", ColumnText, "error code, as the log wrote it", func(e *Event) any { return &e.ErrorCode }},
	{"error_message", ColumnText, "error message, as the log wrote it", func(e *Event) any { return &e.ErrorMessage }},
	{"http_status", ColumnInt, "HTTP status code", func(e *Event) any { return &e.HTTPStatus }},

	{"principal", ColumnText, "who called", func(e *Event) any { return &e.Principal }},
	{"principal_type", ColumnText, "what kind of principal, in the provider's words", func(e *Event) any { return &e.PrincipalType }},
	{"principal_issuer", ColumnText, "who vouched for the principal", func(e *Event) any { return &e.PrincipalIssuer }},
	{"role", ColumnText, "role that the caller had taken on", func(e *Event) any { return &e.Role }},
	{"credential_id", ColumnText, "id of the key or token that was used", func(e *Event) any { return &e.CredentialID }},
	{"credential_kind", ColumnText, "sigv4, bearer, api_key, console ...", func(e *Event) any { return &e.CredentialKind }},
	{"issued_credential_id", ColumnText, "id of the key or token that was handed out", func(e *Event) any { return &e.IssuedCredentialID }},
	{"source_identity", ColumnText, "identity that a chain of roles began with", func(e *Event) any { return &e.SourceIdentity }},
	{"end_user", ColumnText, "user behind the caller, as the caller says", func(e *Event) any { return &e.EndUser }},
	{"tenant", ColumnText, "account, organisation or project", func(e *Event) any { return &e.Tenant }},
	{"mfa", ColumnBool, "whether a second factor was used", func(e *Event) any { return &e.MFA }},
	{"src_ip", ColumnText, "address that the call came from, as written", func(e *Event) any { return &e.SrcIP }},
	{"user_agent", ColumnText, "user agent, as the caller says", func(e *Event) any { return &e.UserAgent }},
	{"client", ColumnName, "SDK or tool family read from the user agent", func(e *Event) any { return &e.Client }},

	{"provider", ColumnText, "who runs the model or service", func(e *Event) any { return &e.Provider }},
	{"service", ColumnText, "API that was called", func(e *Event) any { return &e.Service }},
	{"endpoint", ColumnText, "host or address that was called", func(e *Event) any { return &e.Endpoint }},
	{"model", ColumnText, "model that was asked for, as written", func(e *Event) any { return &e.Model }},
	{"model_response", ColumnText, "model that answered", func(e *Event) any { return &e.ModelResponse }},
	{"deployment", ColumnText, "deployment or endpoint name", func(e *Event) any { return &e.Deployment }},
	{"region", ColumnText, "region of the call", func(e *Event) any { return &e.Region }},
	{"inference_region", ColumnText, "region in which the model ran", func(e *Event) any { return &e.InferenceRegion }},
	{"environment", ColumnText, "production, staging ...", func(e *Event) any { return &e.Environment }},
	{"app", ColumnText, "application that called", func(e *Event) any { return &e.App }},

	{"native_id", ColumnText, "the log's own unique id of the record; decides duplicates", func(e *Event) any { return &e.NativeID }},
	{"request_id", ColumnText, "id of the request", func(e *Event) any { return &e.RequestID }},
	{"trace_id", ColumnText, "id of the trace", func(e *Event) any { return &e.TraceID }},
	{"span_id", ColumnText, "id of the span", func(e *Event) any { return &e.SpanID }},
	{"parent_span_id", ColumnText, "id of the parent span", func(e *Event) any { return &e.ParentSpanID }},
	{"session_id", ColumnText, "id of the session or conversation", func(e *Event) any { return &e.SessionID }},
	{"response_id", ColumnText, "id of the reply", func(e *Event) any { return &e.ResponseID }},
	{"message_id", ColumnText, "id of the message", func(e *Event) any { return &e.MessageID }},
	{"parent_message_id", ColumnText, "id of the message before", func(e *Event) any { return &e.ParentMessageID }},
	{"tool_call_ids", ColumnTexts, "ids of tool calls made or answered", func(e *Event) any { return &e.ToolCallIDs }},
	{"other_ids", ColumnIDs, "ids of kinds that have no column", func(e *Event) any { return &e.OtherIDs }},

	{"sequence", ColumnInt, "place of the record among those that make up one call", func(e *Event) any { return &e.Sequence }},

	{"request_count", ColumnInt, "calls that a total sums up", func(e *Event) any { return &e.RequestCount }},
	{"input_tokens", ColumnInt, "tokens of the request, with those of caches", func(e *Event) any { return &e.InputTokens }},
	{"output_tokens", ColumnInt, "tokens of the reply, with those of reasoning", func(e *Event) any { return &e.OutputTokens }},
	{"cache_read_tokens", ColumnInt, "input tokens that a cache served", func(e *Event) any { return &e.CacheReadTokens }},
	{"cache_write_tokens", ColumnInt, "input tokens that a cache took", func(e *Event) any { return &e.CacheWriteTokens }},
	{"reasoning_tokens", ColumnInt, "output tokens of reasoning", func(e *Event) any { return &e.ReasoningTokens }},
	{"cost_usd", ColumnCost, "cost in USD, as the log says", func(e *Event) any { return &e.CostUSD }},
	{"cost_basis", ColumnText, "where the cost comes from", func(e *Event) any { return &e.CostBasis }},

	{"content_state", ColumnWord, "what the event can tell about its content", func(e *Event) any { return &e.ContentState }},
	{"system_prompt", ColumnText, "instructions of the caller to the model", func(e *Event) any { return &e.SystemPrompt }},
	{"prompt", ColumnText, "last text of the user", func(e *Event) any { return &e.Prompt }},
	{"response", ColumnText, "text of the reply", func(e *Event) any { return &e.Response }},
	{"reasoning", ColumnText, "text of the reasoning", func(e *Event) any { return &e.Reasoning }},
	{"input_messages", ColumnMessages, "messages given to the model", func(e *Event) any { return &e.Input }},
	{"output_messages", ColumnMessages, "messages that came back", func(e *Event) any { return &e.Output }},
	{"tool_calls", ColumnJSON, "calls of tools among output_messages", nil},
	{"tool_definitions", ColumnJSON, "tools offered to the model", func(e *Event) any { return &e.ToolDefinitions }},
	{"retrieved", ColumnJSON, "documents given to the model, with id and score", func(e *Event) any { return &e.Retrieved }},
	{"parameters", ColumnJSON, "temperature, top_p, max_tokens, seed ...", func(e *Event) any { return &e.Parameters }},
	{"finish_reason", ColumnText, "why the reply ended", func(e *Event) any { return &e.FinishReason }},
	{"stream", ColumnBool, "whether the reply was streamed", func(e *Event) any { return &e.Stream }},
	{"guardrail_action", ColumnText, "what a guardrail did", func(e *Event) any { return &e.GuardrailAction }},
	{"guardrail_policies", ColumnTexts, "policies of a guardrail that matched", func(e *Event) any { return &e.GuardrailPolicies }},
	{"approval", ColumnText, "who or what approved a tool call", func(e *Event) any { return &e.Approval }},

	{"destination", ColumnText, "where data was read from or sent to", func(e *Event) any { return &e.Destination }},
	{"bytes_in", ColumnInt, "bytes sent to the service", func(e *Event) any { return &e.BytesIn }},
	{"bytes_out", ColumnInt, "bytes sent by the service", func(e *Event) any { return &e.BytesOut }},
	{"data_format", ColumnText, "format of the data, as the log says", func(e *Event) any { return &e.DataFormat }},

	{"problem", ColumnName, "what is wrong with an unparsed record, and at which byte", func(e *Event) any { return &e.Problem }},
}

// words returns the fixed set of words of a column of type [ColumnWord].
func words(column string) []string { return columnWords[column] }

var columnWords = map[string][]string{
	"plane": {string(PlaneAccess), string(PlaneContent), string(PlaneControl), string(PlaneAgent)},
	"kind": {
		string(KindInference), string(KindEmbedding), string(KindRetrieval), string(KindTool), string(KindMessage),
		string(KindGuardrail), string(KindAdmin), string(KindAuth), string(KindData), string(KindUsage), string(KindUnparsed),
		string(KindOther),
	},
	"outcome": {
		string(OutcomeSuccess), string(OutcomeDenied), string(OutcomeError), string(OutcomeThrottled),
		string(OutcomeBlocked), string(OutcomeUnknown),
	},
	"content_state": {
		string(ContentPresent), string(ContentPartial), string(ContentExternal), string(ContentTruncated),
		string(ContentNotLogged), string(ContentEncrypted), string(ContentRedacted),
	},
	"ts_precision": {string(PrecisionS), string(PrecisionMS), string(PrecisionUS), string(PrecisionNS)},
}
