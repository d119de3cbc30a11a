package formats

import (
	"encoding/binary"
	"slices"
)

// target is what a value of a record can fill: a column, by its place in
// columns, or one of the two below.
type target int

// The bodies of a request and of a reply, as a provider takes and returns
// them, fill many columns at once. A map names them like columns.
const (
	targetRequest target = 1000 + iota
	targetResponse
	targetOtherID // an identifier of a kind without a column
)

// The names that bodies have in a map.
const (
	nameRequestBody  = "request_body"
	nameResponseBody = "response_body"
	namePrefixOther  = "other_ids."
)

// knownName says which column a member with a well-known name fills. Names are
// compared without letter case, underscores, hyphens and @; dots stand between
// the names of nested objects, or are part of a name. Of the names of one
// column the first that is there wins.
type knownName struct {
	column string
	unit   unit
	asks   bool // the name does not tell the unit: only suggested in a map, never taken
	names  []string
}

// knownNames come from the OpenTelemetry GenAI conventions, ECS, OCSF, and what
// gateways and applications write. A name that can mean two things (id, kind,
// role, request_time) is not here.
var knownNames = []knownName{
	{column: "ts", names: []string{
		"timestamp", "ts", "event_time", "time", "datetime", "start_time", "started_at",
		"start_timestamp", "created_at", "created", "event.start", "event.created", "time_dt", "log_time", "logged_at",
		"received_at", "date",
	}},
	{column: "ts", unit: unitMilli, names: []string{"timestamp_ms", "ts_ms", "time_ms", "start_time_ms"}},
	{column: "ts", unit: unitMicro, names: []string{"timestamp_us", "ts_us"}},
	{column: "ts", unit: unitNano, names: []string{"time_unix_nano", "start_time_unix_nano", "timestamp_ns"}},
	{column: "ts_end", names: []string{"end_time", "ended_at", "finished_at", "completed_at", "end_timestamp", "event.end"}},
	{column: "ts_end", unit: unitNano, names: []string{"end_time_unix_nano"}},
	{column: "latency_us", unit: unitMilli, names: []string{
		"latency_ms", "duration_ms", "response_time_ms", "elapsed_ms", "total_time_ms", "processing_time_ms",
	}},
	{column: "latency_us", unit: unitMicro, names: []string{"latency_us", "duration_us"}},
	{column: "latency_us", unit: unitNano, names: []string{"latency_ns", "duration_ns", "event.duration"}},
	{column: "latency_us", unit: unitSecond, names: []string{
		"latency_seconds", "duration_seconds", "elapsed_seconds", "latency_s", "duration_s", "latency_sec", "duration_sec",
	}},
	{column: "latency_us", asks: true, names: []string{"latency", "duration", "response_time", "elapsed", "processing_time"}},
	{column: "ttft_us", unit: unitMilli, names: []string{"ttft_ms", "time_to_first_token_ms"}},
	{column: "ttft_us", unit: unitMicro, names: []string{"ttft_us"}},
	{column: "ttft_us", unit: unitSecond, names: []string{"ttft_s", "ttft_seconds", "gen_ai.response.time_to_first_chunk"}},
	{column: "ttft_us", asks: true, names: []string{"ttft", "time_to_first_token"}},

	{column: "plane", names: []string{"plane"}},
	{column: "operation", names: []string{
		"operation", "gen_ai.operation.name", "operation_name", "event_name", "event.action", "api.operation", "action",
		"request_type", "call_type", "event_type",
	}},
	{column: "outcome", names: []string{"outcome", "event.outcome", "status", "result", "success"}},
	{column: "http_status", names: []string{
		"http_status", "http_status_code", "status_code", "http.response.status_code", "http.status_code",
		"response.status_code", "http_response.code", "response_code", "status",
	}},
	{column: "error_code", names: []string{"error_code", "error.code", "error.type", "error_type", "exception.type"}},
	{column: "error_message", names: []string{"error_message", "error.message", "exception.message", "error", "failure_reason"}},

	{column: "principal", names: []string{
		"principal", "principal_id", "principal_arn", "user_arn", "actor.user.uid", "actor.user.name", "actor.email", "actor.id", "actor",
		"caller", "caller_id", "user_id", "user.id", "user.email", "user.name", "user_email", "user_name", "user", "email", "client_id",
	}},
	{column: "principal_type", names: []string{"principal_type", "actor_type", "actor.type", "user_type", "user.type"}},
	{column: "credential_id", names: []string{
		"credential_id", "api_key_id", "access_key_id", "key_id", "token_id", "api_key_hash", "key_hash", "api_key_name", "api_key_alias", "key_alias",
	}},
	{column: "credential_kind", names: []string{"credential_kind", "credential_type", "auth_type", "auth_method"}},
	{column: "end_user", names: []string{"end_user", "end_user_id", "enduser.id", "request.user", "metadata.end_user"}},
	{column: "tenant", names: []string{
		"tenant", "tenant_id", "organization_id", "org_id", "organization.id", "organization", "account_id", "cloud.account.id",
		"cloud.account.uid", "project_id", "workspace_id", "team_id",
	}},
	{column: "mfa", names: []string{"mfa", "mfa_used", "mfa_authenticated"}},
	{column: "src_ip", names: []string{
		"src_ip", "source_ip", "client_ip", "remote_addr", "remote_ip", "source.ip", "client.ip", "client.address", "src_endpoint.ip",
		"ip_address", "source_ip_address", "caller_ip_address", "caller_ip", "ip", "source.address",
	}},
	{column: "user_agent", names: []string{
		"user_agent", "user_agent.original", "http.user_agent", "http_request.user_agent", "http_user_agent",
		"headers.user_agent", "request.headers.user_agent", "request_headers.user_agent",
	}},

	{column: "provider", names: []string{
		"provider", "gen_ai.provider.name", "gen_ai.system", "llm_provider", "llm.provider", "custom_llm_provider",
		"model_provider", "ai_model.ai_provider", "vendor",
	}},
	{column: "service", names: []string{"service"}},
	{column: "endpoint", names: []string{"endpoint", "url", "request_url", "url.full", "http.url", "api_base", "base_url", "server.address", "path"}},
	{column: "model", names: []string{
		"model", "model_id", "model_name", "gen_ai.request.model", "request.model", "request_model", "llm.model_name", "llm.model",
		"ai_model.name", "request.body.model", "request_body.model",
	}},
	{column: "model_response", names: []string{"response_model", "gen_ai.response.model", "response.model", "response.body.model", "response_body.model"}},
	{column: "deployment", names: []string{"deployment", "deployment_name", "deployment_id"}},
	{column: "region", names: []string{"region", "aws_region", "cloud.region", "location"}},
	{column: "inference_region", names: []string{"inference_region"}},
	{column: "environment", names: []string{"environment", "env", "deployment.environment.name", "deployment.environment", "service.environment"}},
	{column: "app", names: []string{"app", "app_name", "application", "application_name", "service.name", "service_name", "app_id"}},

	{column: "native_id", names: []string{"event_id", "event.id", "log_id", "insert_id", "record_id", "metadata.uid", "uuid"}},
	{column: "request_id", names: []string{
		"request_id", "req_id", "x_request_id", "request.id", "http.request.id", "api.request.uid", "correlation_id",
	}},
	{column: "trace_id", names: []string{"trace_id", "trace.id"}},
	{column: "span_id", names: []string{"span_id", "span.id"}},
	{column: "parent_span_id", names: []string{"parent_span_id", "parent.id", "parent_id"}},
	{column: "session_id", names: []string{
		"session_id", "session.id", "conversation_id", "gen_ai.conversation.id", "conversation.id", "thread_id", "chat_id",
	}},
	{column: "response_id", names: []string{"response_id", "gen_ai.response.id", "response.id", "completion_id", "response.body.id"}},
	{column: "message_id", names: []string{"message_id", "message.id"}},
	{column: "parent_message_id", names: []string{"parent_message_id", "parent_uuid"}},
	{column: "tool_call_ids", names: []string{"tool_call_ids", "tool_call_id", "gen_ai.tool.call.id"}},

	{column: "input_tokens", names: []string{
		"input_tokens", "prompt_tokens", "gen_ai.usage.input_tokens", "usage.input_tokens", "usage.prompt_tokens",
		"gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens", "message_context.prompt_tokens",
		"input_token_count", "prompt_token_count", "tokens_in", "tokens.input", "tokens.prompt", "num_input_tokens",
		"context_tokens", // Azure's public traces of its LLM inference service
	}},
	{column: "output_tokens", names: []string{
		"output_tokens", "completion_tokens", "gen_ai.usage.output_tokens", "usage.output_tokens", "usage.completion_tokens",
		"gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens", "message_context.completion_tokens",
		"output_token_count", "completion_token_count", "tokens_out", "tokens.output", "tokens.completion", "num_output_tokens",
		"generated_tokens", "answer_tokens", "answer_token",
	}},
	{column: "cache_read_tokens", names: []string{
		"cache_read_tokens", "cache_read_input_tokens", "cached_tokens", "usage.cache_read_input_tokens",
		"usage.prompt_tokens_details.cached_tokens", "gen_ai.usage.cache_read.input_tokens",
	}},
	{column: "cache_write_tokens", names: []string{
		"cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens", "usage.cache_creation_input_tokens",
		"gen_ai.usage.cache_creation.input_tokens",
	}},
	{column: "reasoning_tokens", names: []string{
		"reasoning_tokens", "usage.reasoning_tokens", "usage.completion_tokens_details.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens",
	}},
	{column: "cost_usd", unit: unitUSD, names: []string{"cost_usd", "total_cost_usd", "usage.cost_usd", "response_cost_usd"}},
	{column: "cost_usd", asks: true, names: []string{"cost", "total_cost", "response_cost", "usage.cost", "spend"}},

	{column: "system_prompt", names: []string{
		"system_prompt", "gen_ai.system_instructions", "system_instructions", "system_instruction", "system_message", "instructions",
	}},
	{column: "input_messages", names: []string{
		"input_messages", "gen_ai.input.messages", "messages", "request.messages", "chat_history", "input.messages", "prompt_messages",
	}},
	{column: "prompt", names: []string{
		"prompt", "user_prompt", "prompt_text", "message_context.prompt_text", "query", "question", "input_text", "input", "gen_ai.prompt",
	}},
	{column: "output_messages", names: []string{"output_messages", "gen_ai.output.messages", "response_messages", "output.messages"}},
	{column: "response", names: []string{
		"response", "completion", "output", "response_text", "message_context.response_text", "completion_text", "output_text",
		"generated_text", "answer", "reply", "gen_ai.completion", "choices", "response.choices",
	}},
	{column: "reasoning", names: []string{"reasoning", "reasoning_content", "thinking"}},
	{column: "tool_definitions", names: []string{"tool_definitions", "gen_ai.tool.definitions", "tools", "request.tools"}},
	{column: "retrieved", names: []string{"retrieved", "retrieved_documents", "documents", "retrieval_documents", "context_documents"}},
	{column: "parameters", names: []string{"parameters", "model_parameters", "invocation_parameters", "llm.invocation_parameters", "generation_config"}},
	{column: "finish_reason", names: []string{
		"finish_reason", "stop_reason", "gen_ai.response.finish_reasons", "response.finish_reason", "response.stop_reason",
	}},
	{column: "stream", names: []string{"stream", "streaming", "is_streaming", "streamed", "request.stream", "gen_ai.request.stream"}},
	{column: "guardrail_action", names: []string{"guardrail_action", "guardrail.action", "moderation_action"}},
	{column: "guardrail_policies", names: []string{"guardrail_policies", "guardrail.policies"}},
	{column: "approval", names: []string{"approval", "approval_status"}},

	{column: "bytes_in", names: []string{"bytes_in", "request_bytes", "http.request.body.bytes", "http.request.bytes"}},
	{column: "bytes_out", names: []string{"bytes_out", "response_bytes", "http.response.body.bytes", "http.response.bytes"}},

	{column: nameRequestBody, names: []string{"request_body", "request", "request.body", "body", "input", "kwargs"}},
	{column: nameResponseBody, names: []string{"response_body", "response", "response.body", "output", "completion"}},
}

// isEnvelope reports whether an object with this name is only a wrapping of
// the record, so that its members count like those of the record itself.
func isEnvelope(name []byte) bool {
	switch string(name) {
	case "data", "event", "record", "log", "payload", "jsonpayload", "fields", "attributes", "properties", "metadata", "detail", "usage", "context":
		return true
	}
	return false
}

// candidate is one meaning of a name. Lower ranks win.
type candidate struct {
	to    target
	place int // of to in fillOrder
	unit  unit
	rank  int
	asks  bool
	timed bool   // where it stands is kept with the time that it is
	kinds uint16 // a bit for each kind of value that it can hold; 0 when the value decides
}

// nameTable is knownNames made ready to be looked up.
type nameTable struct {
	names [nameSlots]nameSlot // each where its hash says, or behind
}

// nameSlots is a power of two, and some times as many as there are names.
const nameSlots = 2048

// nameSlot is a name as it is compared, and what it means. An empty one is free.
type nameSlot struct {
	name     string
	meanings []candidate
}

func newNameTable() *nameTable {
	t := new(nameTable)
	rank := 0
	for _, k := range knownNames {
		to, _ := targetByName(k.column)
		for _, name := range k.names {
			rank++
			slot := t.slot(appendNormal(nil, []byte(name)))
			slot.name = string(appendNormal(nil, []byte(name)))
			slot.meanings = append(slot.meanings, candidate{to, slices.Index(fillOrder, to), k.unit, rank, k.asks, isTime(to), kindsOf(to)})
		}
	}
	return t
}

// isTime reports whether a target is a column of times.
func isTime(to target) bool { return to < targetRequest && columns[to].Type == ColumnTime }

// slot is where a name stands in the table, or would stand. The first and the last
// bytes of a name and its length tell most names apart: a hash of those is cheap,
// and a record has many names.
func (t *nameTable) slot(name []byte) *nameSlot {
	var first, last uint64
	if n := len(name); n >= 8 {
		first, last = binary.LittleEndian.Uint64(name), binary.LittleEndian.Uint64(name[n-8:])
	} else {
		for _, c := range name {
			first = first<<8 | uint64(c)
		}
	}
	// An odd number near 2^64 divided by the golden ratio spreads what it
	// multiplies (Knuth, The Art of Computer Programming, volume 3, section 6.4).
	const golden = 0x9e3779b97f4a7c15
	hash := ((first^uint64(len(name)))*golden ^ last) * golden
	for at := hash >> 32 % nameSlots; ; at = (at + 1) % nameSlots {
		if s := &t.names[at]; s.name == string(name) || s.name == "" {
			return s
		}
	}
}

// meanings returns what a name can mean.
func (t *nameTable) meanings(name []byte) []candidate { return t.slot(name).meanings }

// targetByName returns the target that a map calls name.
func targetByName(name string) (target, bool) {
	switch name {
	case nameRequestBody:
		return targetRequest, true
	case nameResponseBody:
		return targetResponse, true
	}
	for i := range columns {
		if columns[i].Name == name {
			return target(i), true
		}
	}
	return 0, false
}

// appendNormal appends a name without what writers disagree about: letter
// case, underscores, hyphens, spaces and @.
func appendNormal(dst, name []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(name))[:n+len(name)]
	for _, c := range name {
		dst[n] = c + toLower[c]
		n += 1 - ignored[c] // what is ignored is written over by what follows
	}
	return dst[:n]
}

// toLower is what makes a letter of ASCII a small one, and ignored is 1 for what
// does not count in a name: tables, for names are compared a great deal.
var (
	toLower = [256]byte{
		'A': 32, 'B': 32, 'C': 32, 'D': 32, 'E': 32, 'F': 32, 'G': 32, 'H': 32, 'I': 32, 'J': 32, 'K': 32, 'L': 32, 'M': 32,
		'N': 32, 'O': 32, 'P': 32, 'Q': 32, 'R': 32, 'S': 32, 'T': 32, 'U': 32, 'V': 32, 'W': 32, 'X': 32, 'Y': 32, 'Z': 32,
	}
	ignored = [256]int{'_': 1, '-': 1, ' ': 1, '@': 1}
)
