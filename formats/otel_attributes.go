package formats

import (
	"bytes"
	"strconv"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// otelAttributes is what the attributes of one span or log record say. What has
// a column of its own goes to the event as it comes; a newer name of the same
// thing wins over a deprecated one, in whichever order they are written. What
// needs others to be understood is kept until finish.
//
// The names are those of the OpenTelemetry semantic conventions up to 1.41 and
// of semantic-conventions-genai (docs/gen-ai, and the registry for deprecated
// ones), of OpenLLMetry before it took them over (semconv_ai), of OpenInference
// (spec/semantic_conventions.md), of vLLM (gen_ai.latency.*, gen_ai.request.id)
// and of the AI SDK of Vercel (ai.*).
type otelAttributes struct {
	d *Decoder
	e *Event

	genAI bool // has an attribute of a model call

	// What tells the kind.
	name          Text // of the span or event
	server        bool // span kind SERVER: the request came in
	operation     Text // gen_ai.operation.name
	requestType   Text // llm.request.type of OpenLLMetry
	traceloopKind Text // traceloop.span.kind
	inferenceKind Text // openinference.span.kind
	rpcMethod     Text // mcp.method.name
	httpMethod    Text
	dbSystem      Text

	// Who and where.
	conversation, session Text
	address, url, dbName  Text
	dataSource            Text

	// What was said, by dialect. Texts of indexed attributes are in the flat list
	// of the decoder.
	system, input, output       attr // structured messages
	prompt, completion          attr // JSON in one attribute, or a text
	inputValue, outputValue     attr
	inputMime, outputMime       Text
	query, documents            attr
	toolName, toolID            Text
	toolArguments, toolResult   attr
	toolDefinitions, parameters attr
	params                      [paramCount]attr

	// How it ended.
	status           Text // of the span: "0", "1", "2", or a word
	statusMessage    Text
	exceptionType    Text
	exceptionMessage Text
	dropped          bool // the SDK left attributes or events out
	external         bool // the messages lie elsewhere
}

// otelScratch is memory that decoders of attributes reuse.
type otelScratch struct {
	flat []flatAttr
	path []byte
}

// newOtelAttributes begins an event.
func newOtelAttributes(d *Decoder, e *Event) otelAttributes {
	if cap(d.otel.flat) > keepFlat {
		d.otel.flat = nil
	}
	d.otel.flat = d.otel.flat[:0]
	return otelAttributes{d: d, e: e}
}

// readList takes the attributes of OTLP: a list of key and value.
func (s *otelAttributes) readList(list jsontape.Value) {
	for x := range list.Elements() {
		key, value := keyValue(x)
		s.take(key, value)
	}
}

// take takes one attribute.
func (s *otelAttributes) take(key []byte, a attr) {
	if !a.exists() || s.set(key, a) || !hasNamespace(key) {
		return
	}
	if a = listInText(s.d, key, a); !a.composite() {
		return
	}
	s.d.otel.path = append(s.d.otel.path[:0], key...)
	s.walk(a, 1)
}

// listInText returns the list that stands as JSON in a text, for attributes
// that are lists: tables and some exporters have no other way to write them.
func listInText(d *Decoder, key []byte, a attr) attr {
	switch string(key) {
	case "llm.input_messages", "llm.output_messages", "llm.tools", "llm.prompts", "llm.choices",
		"retrieval.documents", "reranker.output_documents", "embedding.embeddings":
		return a.opened(d)
	}
	return a
}

// maxAttributeDepth is how deep nested attributes are followed. The longest
// name has ten segments: llm.input_messages.0.message.contents.0.message_content.image.image.url.
const maxAttributeDepth = 12

// walk follows an attribute that is a list or an object, as if it had been
// written flat: Phoenix stores llm.input_messages as a list of objects, whose
// names may be flat or nested in turn.
func (s *otelAttributes) walk(a attr, depth int) {
	if depth == maxAttributeDepth {
		return
	}
	length := len(s.d.otel.path)
	step := func(key []byte, x attr) {
		s.d.otel.path = append(append(s.d.otel.path[:length], '.'), key...)
		if x.exists() && !s.set(s.d.otel.path, x) && x.composite() {
			s.walk(x, depth+1)
		}
	}
	n := 0
	var digits [20]byte
	for x := range a.elements() {
		step(strconv.AppendInt(digits[:0], int64(n), 10), x)
		n++
	}
	for key, x := range a.members() {
		step(key, x)
	}
}

// hasNamespace reports whether the first segment of a name is one under which
// known names lie, so that other nested attributes are not searched.
func hasNamespace(key []byte) bool {
	first, _, _ := bytes.Cut(key, []byte{'.'})
	switch string(first) {
	case "llm", "gen_ai", "openinference", "input", "output", "retrieval", "reranker", "embedding", "tool",
		"session", "user", "traceloop", "ai", "error", "exception", "mcp":
		return true
	}
	return false
}

// set takes an attribute by its full name and reports whether the name is
// known. The sets are asked in the order in which their names are frequent.
func (s *otelAttributes) set(key []byte, a attr) bool {
	switch {
	case bytes.HasPrefix(key, []byte("gen_ai.")):
		s.genAI = true
		return s.setGenAI(key[len("gen_ai."):], a) || s.setFlat(key, a)
	case bytes.HasPrefix(key, []byte("llm.")):
		s.genAI = true
		return s.setLLM(key[len("llm."):], a) || s.setFlat(key, a)
	}
	return s.setGeneral(key, a) || s.setInference(key, a) || s.setFlat(key, a)
}

// setGenAI takes gen_ai.*.
func (s *otelAttributes) setGenAI(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "operation.name":
		s.operation = a.text()
	case "provider.name":
		e.Provider = a.text()
	case "system":
		setName(&e.Provider, a.text())
	case "request.model":
		e.Model = a.text()
	case "response.model":
		e.ModelResponse = a.text()
	case "response.id":
		setName(&e.ResponseID, a.text())
	case "request.id": // vLLM
		setName(&e.RequestID, a.text())
	case "conversation.id":
		s.conversation = a.text()
	case "data_source.id":
		s.dataSource = a.text()
	case "response.finish_reasons":
		e.FinishReason = a.first()
	case "response.finish_reason":
		setText(&e.FinishReason, a.first())
	case "response.time_to_first_chunk":
		e.TTFT = seconds(a)
	case "latency.time_to_first_token":
		fillInt(&e.TTFT, seconds(a))
	case "input.messages":
		s.input = a
	case "output.messages":
		s.output = a
	case "system_instructions":
		s.system = a
	case "input.messages_ref", "output.messages_ref", "system_instructions_ref":
		// Not in the conventions: opentelemetry-util-genai writes where its hook
		// uploaded the messages to.
		s.external = true
		e.addID(refKind(key), a.v)
	case "prompt":
		s.prompt = a
	case "completion":
		s.completion = a
	case "tool.name":
		s.toolName = a.text()
	case "tool.call.id":
		s.toolID = a.text()
	case "tool.call.arguments":
		s.toolArguments = a
	case "tool.call.result":
		s.toolResult = a
	case "tool.definitions":
		s.toolDefinitions = a
	case "retrieval.query.text":
		s.query = a
	case "retrieval.documents":
		s.documents = a
	case "request.stream":
		e.Stream = a.truth()
	default:
		return s.setUsage(key, a) || s.setParameter(key, a)
	}
	return true
}

// refKind is the kind of identifier of the place of messages.
func refKind(key []byte) string {
	switch string(key) {
	case "input.messages_ref":
		return "input_messages_ref"
	case "output.messages_ref":
		return "output_messages_ref"
	}
	return "system_instructions_ref"
}

// setUsage takes gen_ai.usage.*.
func (s *otelAttributes) setUsage(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "usage.input_tokens":
		e.InputTokens = a.integer()
	case "usage.prompt_tokens":
		fillInt(&e.InputTokens, a.integer())
	case "usage.output_tokens":
		e.OutputTokens = a.integer()
	case "usage.completion_tokens":
		fillInt(&e.OutputTokens, a.integer())
	case "usage.cache_read.input_tokens":
		e.CacheReadTokens = a.integer()
	case "usage.cache_read_input_tokens":
		fillInt(&e.CacheReadTokens, a.integer())
	case "usage.cache_creation.input_tokens":
		e.CacheWriteTokens = a.integer()
	case "usage.cache_creation_input_tokens":
		fillInt(&e.CacheWriteTokens, a.integer())
	case "usage.reasoning.output_tokens":
		e.ReasoningTokens = a.integer()
	case "usage.reasoning_tokens":
		fillInt(&e.ReasoningTokens, a.integer())
	default:
		return false
	}
	return true
}

// setParameter takes gen_ai.request.* and what replaced or preceded it.
func (s *otelAttributes) setParameter(key []byte, a attr) bool {
	i := 0
	switch string(key) {
	case "request.temperature":
		i = paramTemperature
	case "request.top_p":
		i = paramTopP
	case "request.top_k":
		i = paramTopK
	case "request.max_tokens":
		i = paramMaxTokens
	case "request.stop_sequences":
		i = paramStop
	case "request.seed", "openai.request.seed":
		i = paramSeed
	case "request.frequency_penalty":
		i = paramFrequencyPenalty
	case "request.presence_penalty":
		i = paramPresencePenalty
	case "request.choice.count":
		i = paramChoices
	case "request.reasoning_effort":
		i = paramEffort
	case "output.type", "openai.request.response_format":
		i = paramFormat
	default:
		return false
	}
	s.params[i] = a
	return true
}

// setLLM takes llm.*: of OpenLLMetry, and of OpenInference.
func (s *otelAttributes) setLLM(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "request.type":
		s.requestType = a.text()
	case "is_streaming":
		e.Stream = a.truth()
	case "user":
		setName(&e.EndUser, a.text())
	case "top_k":
		s.params[paramTopK] = a
	case "frequency_penalty":
		s.params[paramFrequencyPenalty] = a
	case "presence_penalty":
		s.params[paramPresencePenalty] = a
	case "chat.stop_sequences":
		s.params[paramStop] = a
	case "response.finish_reason", "response.stop_reason", "finish_reason":
		setText(&e.FinishReason, a.first())
	case "model_name", "request.model": // the model that answered, where that is known
		setName(&e.Model, a.text())
	case "request.model_name":
		e.Model = a.text()
	case "response.model_name":
		e.ModelResponse = a.text()
	case "provider": // who hosts the model; llm.system is whose product it is
		e.Provider = a.text()
	case "system":
		setName(&e.Provider, a.text())
	case "invocation_parameters":
		s.parameters = a
	case "token_count.prompt", "usage.prompt_tokens":
		fillInt(&e.InputTokens, a.integer())
	case "token_count.completion", "usage.completion_tokens":
		fillInt(&e.OutputTokens, a.integer())
	case "token_count.prompt_details.cache_read":
		fillInt(&e.CacheReadTokens, a.integer())
	case "token_count.prompt_details.cache_write":
		fillInt(&e.CacheWriteTokens, a.integer())
	case "token_count.completion_details.reasoning":
		fillInt(&e.ReasoningTokens, a.integer())
	case "cost.total":
		n, ok := scaled(a.text(), 9, true)
		e.CostUSD = Int{n, ok}
	default:
		return false
	}
	return true
}

// mimeJSON marks values that are JSON.
const mimeJSON = "application/json"

// setInference takes what OpenInference, OpenLLMetry and the AI SDK name
// outside gen_ai.* and llm.*.
func (s *otelAttributes) setInference(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "openinference.span.kind":
		s.inferenceKind = a.text()
	case "input.value":
		s.inputValue = a
	case "input.mime_type":
		s.inputMime = a.text()
	case "output.value":
		s.outputValue = a
	case "output.mime_type":
		s.outputMime = a.text()
	case "embedding.model_name", "reranker.model_name":
		setName(&e.Model, a.text())
	case "reranker.query":
		s.query = a
	case "tool.name", "ai.toolCall.name":
		s.toolName = a.text()
	case "tool.id", "ai.toolCall.id":
		s.toolID = a.text()
	case "ai.toolCall.args":
		s.toolArguments = a
	case "ai.toolCall.result":
		s.toolResult = a
	case "ai.prompt.messages":
		s.prompt = a
	case "ai.response.text":
		s.completion = a
	case "traceloop.span.kind":
		s.traceloopKind = a.text()
	case "traceloop.entity.name":
		if s.toolName == nil {
			s.toolName = a.text()
		}
	case "traceloop.entity.input":
		s.inputValue, s.inputMime = a, word(s.d, mimeJSON)
	case "traceloop.entity.output":
		s.outputValue, s.outputMime = a, word(s.d, mimeJSON)
	case "traceloop.association.properties.session_id":
		if s.session == nil {
			s.session = a.text()
		}
	case "traceloop.association.properties.user_id":
		setName(&e.EndUser, a.text())
	default:
		return false
	}
	return true
}

// setGeneral takes the attributes of the general conventions.
func (s *otelAttributes) setGeneral(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "session.id":
		s.session = a.text()
	case "user.id":
		setName(&e.Principal, a.text())
	case "enduser.id":
		e.EndUser = a.text()
	case "enduser.role", "user.roles":
		setName(&e.Role, a.first())
	case "aws.request_id", "aws.request.id", "aws.requestId", "http.response.header.x-request-id", "http.response.header.request-id",
		"http.response.header.x-amzn-requestid", "http.response.header.apim-request-id":
		setName(&e.RequestID, a.first())
	case "mcp.session.id":
		e.addID("mcp_session_id", a.v)
	case "mcp.method.name":
		s.rpcMethod = a.text()
	case "error.type":
		setName(&e.ErrorCode, a.text())
	case "exception.type":
		s.exceptionType = a.text()
	case "exception.message":
		s.exceptionMessage = a.text()
	case "log.record.uid":
		setName(&e.NativeID, a.text())
	default:
		return s.setNetwork(key, a)
	}
	return true
}

// setNetwork takes the attributes of HTTP and database spans, stable and
// deprecated.
func (s *otelAttributes) setNetwork(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "server.address":
		s.address = a.text()
	case "net.peer.name", "http.host":
		setName(&s.address, a.text())
	case "http.request.method", "http.method":
		setName(&s.httpMethod, a.text())
	case "url.full", "http.url":
		setName(&s.url, a.text())
	case "http.response.status_code", "http.status_code":
		if n := a.integer(); n.OK && n.V >= 100 && n.V <= 599 {
			e.HTTPStatus = n
		}
	case "http.request.body.size", "http.request_content_length":
		e.BytesIn = a.integer()
	case "http.response.body.size", "http.response_content_length":
		e.BytesOut = a.integer()
	case "client.address":
		e.SrcIP = a.text()
	case "http.client_ip":
		setName(&e.SrcIP, a.text())
	case "user_agent.original":
		e.UserAgent = a.text()
	case "http.user_agent":
		setText(&e.UserAgent, a.text())
	case "db.system.name", "db.system":
		setName(&s.dbSystem, a.text())
	case "db.namespace", "db.name", "db.collection.name":
		setName(&s.dbName, a.text())
	case "cloud.region":
		setName(&e.Region, a.text())
	default:
		return false
	}
	return true
}

// seconds returns a number of seconds in microseconds.
func seconds(a attr) Int {
	n, ok := scaled(a.text(), 6, true)
	return Int{n, ok}
}

// otelResource is what the resource says that emitted spans and log records.
type otelResource struct {
	app, project, environment, tenant, region, host Text
}

// set takes one attribute of a resource.
func (r *otelResource) set(key []byte, a attr) {
	switch string(key) {
	case "service.name":
		r.app = a.text()
	case "openinference.project.name":
		r.project = a.text()
	case "deployment.environment.name":
		r.environment = a.text()
	case "deployment.environment":
		setName(&r.environment, a.text())
	case "cloud.account.id":
		r.tenant = a.text()
	case "cloud.region":
		r.region = a.text()
	case "host.name":
		r.host = a.text()
	case "host.id":
		setName(&r.host, a.text())
	}
}

// fill sets the columns of an event that its own attributes left NULL. SDKs
// name a service that nobody named "unknown_service".
func (r *otelResource) fill(e *Event) {
	app := r.app
	if r.project != nil && (len(app) == 0 || bytes.HasPrefix(app, []byte("unknown_service"))) {
		app = r.project
	}
	setName(&e.App, app)
	setName(&e.Environment, r.environment)
	setName(&e.Tenant, r.tenant)
	setName(&e.Region, r.region)
	if len(r.host) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "host", Value: r.host})
	}
}
