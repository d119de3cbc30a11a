package formats

import (
	"bytes"
)

// finish sets what follows from several attributes: kind, content, outcome. The
// events are those of the span, if any.
func (s *otelAttributes) finish(events attr) {
	e := s.e
	s.readEvents(events)
	s.classify()
	s.addMessages()
	if e.Kind == KindTool {
		s.addTool()
	} else {
		s.addSaid(events)
		s.addValues()
	}
	if len(e.Output) == 1 && e.Output[0].FinishReason == nil {
		e.Output[0].FinishReason = e.FinishReason
	}
	s.who()
	s.where()
	s.outcome()
	e.Summarise()
	s.state()
}

// readEvents takes what the events of a span add to its attributes.
func (s *otelAttributes) readEvents(events attr) {
	for ev := range events.elements() {
		name, attributes := spanEvent(ev)
		switch string(name) {
		case eventDetails, eventException:
			for key, v := range attributes.members() {
				s.take(key, v)
			}
		case eventQueryResult, eventSearchResult:
			s.addResult(attributes)
		}
	}
}

// addSaid adds the messages that are events of the span, where its attributes
// have none.
func (s *otelAttributes) addSaid(events attr) {
	in, out := !s.hasTurn(), len(s.e.Output) == 0
	for ev := range events.elements() {
		name, attributes := spanEvent(ev)
		s.addEvent(name, attributes, in, out)
	}
}

// spanEvent returns the name and the attributes of an event of a span.
func spanEvent(ev attr) (name []byte, attributes attr) {
	for key, m := range ev.v.Members() {
		switch string(key) {
		case "name":
			name = m.Text()
		case "attributes":
			attributes = attributesOf(m)
		}
	}
	return name, attributes
}

// classify sets kind, plane and operation. Only an operation that is known to
// be a call of a model makes one: spans of agents and chains carry the model and
// the tokens of the calls inside them.
func (s *otelAttributes) classify() {
	e := s.e
	e.Kind, e.Plane = KindOther, PlaneAgent
	switch {
	case s.inferenceKind != nil:
		e.Operation, e.Kind = s.inferenceKind, inferenceSpanKind(s.inferenceKind)
	case s.operation != nil:
		e.Operation, e.Kind = s.operation, operationKind(s.operation)
	case s.requestType != nil:
		e.Operation, e.Kind = s.requestType, operationKind(s.requestType)
	case string(s.traceloopKind) == "tool", bytes.HasPrefix(s.name, []byte("ai.toolCall")):
		e.Kind = KindTool
	case s.traceloopKind != nil:
	case s.rpcMethod != nil:
		e.Operation = s.rpcMethod
		if string(s.rpcMethod) == "tools/call" {
			e.Kind = KindTool
		}
	case s.isModelCall():
		e.Kind = KindInference
		if bytes.HasPrefix(s.name, []byte("embedding")) {
			e.Kind = KindEmbedding
		}
	default:
		s.classifyOther()
	}
	if e.Operation == nil {
		e.Operation = safeName(s.d, s.name)
	}
	switch {
	case e.Kind == KindInference || e.Kind == KindEmbedding:
		e.Plane = PlaneContent
	case string(e.Operation) == "create_agent":
		e.Kind, e.Plane = KindAdmin, PlaneControl
	}
}

// isModelCall reports whether a span without an operation is a call of a model
// as conventions before 1.27 have it: it names the model that was asked, and
// has what only a reply has.
func (s *otelAttributes) isModelCall() bool {
	e := s.e
	if len(e.Model) == 0 || !s.genAI {
		return s.isServing()
	}
	return e.InputTokens.OK || e.OutputTokens.OK || e.ResponseID != nil || e.FinishReason != nil ||
		s.completion.exists() || s.output.exists() || len(s.d.otel.flat) > 0
}

// isServing reports whether the span is that of a request in a vLLM server,
// which always has this name.
func (s *otelAttributes) isServing() bool {
	return string(s.name) == "llm_request" && s.e.RequestID != nil && s.e.OutputTokens.OK
}

// classifyOther sets what a span is that is about no model. A request that came
// in from somewhere shows who called.
func (s *otelAttributes) classifyOther() {
	e := s.e
	switch {
	case s.dbSystem != nil:
		e.Kind, e.Plane = KindData, ""
	case s.server && (e.SrcIP != nil || e.UserAgent != nil):
		e.Plane = PlaneAccess
	case !s.genAI:
		e.Plane = ""
	}
}

// operationKind returns the kind of a gen_ai.operation.name, or of an
// llm.request.type of OpenLLMetry. The names with a dot are those of Semantic
// Kernel, which came before the conventions (not verified).
func operationKind(name []byte) Kind {
	switch string(name) {
	case "chat", "generate_content", "text_completion", "completion", "chat.completions", "text.completions":
		return KindInference
	case "embeddings", "embedding":
		return KindEmbedding
	case "retrieval", "rerank":
		return KindRetrieval
	case "execute_tool":
		return KindTool
	}
	return KindOther
}

// inferenceSpanKind returns the kind of an openinference.span.kind.
func inferenceSpanKind(name []byte) Kind {
	switch string(name) {
	case "LLM":
		return KindInference
	case "EMBEDDING":
		return KindEmbedding
	case "RETRIEVER", "RERANKER":
		return KindRetrieval
	case "TOOL":
		return KindTool
	case "GUARDRAIL":
		return KindGuardrail
	}
	return KindOther // CHAIN, AGENT, EVALUATOR, PROMPT, DECISION, UNKNOWN
}

// who sets the session and the client.
func (s *otelAttributes) who() {
	e := s.e
	setSession(e, s.session)
	setSession(e, s.conversation)
	if e.UserAgent != nil {
		e.Client = s.d.clientOf(e.UserAgent)
	}
}

// where sets the place that was called, and for what is no call of a model the
// place that data went to or came from.
func (s *otelAttributes) where() {
	e := s.e
	setName(&e.Endpoint, s.address)
	switch {
	case e.Kind == KindRetrieval:
		setName(&e.Destination, s.dataSource)
	case e.Kind == KindData:
		setName(&e.Destination, s.address)
		setName(&e.Destination, s.dbName)
	case e.Kind == KindOther && s.httpMethod != nil && !s.server:
		setName(&e.Destination, safeURL(s.d, s.url))
		setName(&e.Destination, s.address)
	}
}

// safeURL returns a URL without its query and user, either of which may hold a
// key: Gemini takes its API key as ?key=.
func safeURL(d *Decoder, url Text) Text {
	if at := bytes.IndexAny(url, "?#"); at >= 0 {
		url = url[:at]
	}
	scheme, rest, ok := bytes.Cut(url, []byte("://"))
	if !ok {
		return url
	}
	host, _, _ := bytes.Cut(rest, []byte{'/'})
	at := bytes.LastIndexByte(host, '@')
	if at < 0 {
		return url
	}
	out := append(d.Arena.Bytes(len(url))[:0], scheme...)
	return append(append(out, "://"...), rest[at+1:]...)
}

// safeName returns the name of a span, which older instrumentations of HTTP make
// of the method and the whole URL, with the URL as safeURL has it.
func safeName(d *Decoder, name Text) Text {
	at := bytes.Index(name, []byte("://"))
	if at < 0 {
		return name
	}
	begin := bytes.LastIndexByte(name[:at], ' ') + 1
	if begin == 0 {
		return safeURL(d, name)
	}
	return joinText(d, "", name[:begin], "", safeURL(d, name[begin:]))
}

// outcome sets how the span ended. Instrumentations leave the status unset when
// nothing failed, so that success needs another sign: a reply, or an HTTP
// status.
func (s *otelAttributes) outcome() {
	e := s.e
	setName(&e.ErrorCode, s.exceptionType)
	setName(&e.ErrorMessage, s.statusMessage)
	setName(&e.ErrorMessage, s.exceptionMessage)
	code := outcomeOfStatus(e.HTTPStatus.V)
	switch {
	case isStatus(s.status, "2", "ERROR"), e.ErrorCode != nil && !isStatus(s.status, "1", "OK"):
		e.Outcome = errorOutcome(e.ErrorCode)
		if e.Outcome == OutcomeError && code != "" && code != OutcomeSuccess {
			e.Outcome = code
		}
	case e.Outcome == OutcomeBlocked: // by a guardrail that a body tells of
	case string(e.FinishReason) == "guardrail_intervened":
		e.Outcome = OutcomeBlocked
	case finishOutcome(e.FinishReason) != "":
		e.Outcome = finishOutcome(e.FinishReason)
	case e.Outcome != "": // a body tells that the call failed, or goes on
	case isStatus(s.status, "1", "OK"), len(e.Output) > 0, e.Retrieved != nil, e.FinishReason != nil, e.ResponseID != nil:
		e.Outcome = OutcomeSuccess
	case code != "":
		e.Outcome = code
	default:
		e.Outcome = OutcomeUnknown
	}
}

// isStatus reports whether a status is the given one: its number, its word, or
// that of the proto file, STATUS_CODE_OK.
func isStatus(status Text, number, name string) bool {
	status = bytes.TrimPrefix(bytes.TrimPrefix(status, []byte("STATUS_CODE_")), []byte("StatusCode."))
	return string(status) == number || bytes.EqualFold(status, []byte(name))
}

// errorOutcome sorts an error.type: an HTTP status, the code of a provider, or
// the name of an exception, with its package before it.
func errorOutcome(code Text) Outcome {
	name := code[bytes.LastIndexByte(code, '.')+1:]
	switch string(name) {
	case "RateLimitError", "OverloadedError", "ResourceExhausted", "RESOURCE_EXHAUSTED":
		return OutcomeThrottled
	case "PermissionDeniedError", "AuthenticationError", "PermissionDenied", "PERMISSION_DENIED", "UNAUTHENTICATED":
		return OutcomeDenied
	case "ContentFilterFinishReasonError":
		return OutcomeBlocked
	}
	return providerOutcome(name)
}

// state says what the event can tell about its content.
func (s *otelAttributes) state() {
	e := s.e
	in, out := len(e.Input) > 0, len(e.Output) > 0
	call := e.Kind == KindInference || e.Kind == KindEmbedding
	switch {
	case hasRedaction(e.Input) || hasRedaction(e.Output):
		e.ContentState = ContentRedacted
	case s.external && (!in || !out):
		e.ContentState = ContentExternal
	case s.dropped && (in || out || call):
		e.ContentState = ContentTruncated
	case in && out:
		e.ContentState = ContentPresent
	case e.Kind == KindRetrieval && in && e.Retrieved != nil:
		e.ContentState = ContentPresent
	case in || out || e.Retrieved != nil:
		e.ContentState = ContentPartial
	case call || e.Kind == KindTool || e.Kind == KindRetrieval:
		e.ContentState = ContentNotLogged
	}
}
