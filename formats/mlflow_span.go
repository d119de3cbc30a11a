package formats

import (
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// mlflowSpan holds the members of a span, of version 2, 3 or 4.
type mlflowSpan struct {
	id, parent, trace, otelTrace, name jsontape.Value
	start, end, attributes, events     jsontape.Value
	status, message                    jsontape.Value
	startField                         string
}

func (r *mlflowSpan) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "span_id":
			r.id = m
		case "parent_span_id", "parent_id":
			r.parent = m
		case "trace_id":
			r.trace = m
		case "otel_trace_id":
			r.otelTrace = m
		case "context": // version 2
			r.id, r.otelTrace = m.Get("span_id"), m.Get("trace_id")
		case "name":
			r.name = m
		case "start_time_unix_nano", "start_time", "start_time_ns":
			r.start, r.startField = m, string(key)
		case "end_time_unix_nano", "end_time", "end_time_ns":
			r.end = m
		case "attributes":
			r.attributes = m
		case "events":
			r.events = m
		case "status":
			r.status, r.message = m.Get("code"), m.Get("message")
		case "status_code":
			r.status = m
		case "status_message":
			r.message = m
		}
	}
}

// mlflowAttributes holds the attributes of a span that are used. Their values
// are JSON in strings.
type mlflowAttributes struct {
	typ, inputs, outputs, usage, cost, model, provider, tools, params, traceID jsontape.Value
}

func (r *mlflowAttributes) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "mlflow.spanType":
			r.typ = m
		case "mlflow.traceRequestId":
			r.traceID = m
		case "mlflow.spanInputs":
			r.inputs = m
		case "mlflow.spanOutputs":
			r.outputs = m
		case "mlflow.chat.tokenUsage":
			r.usage = m
		case "mlflow.llm.cost":
			r.cost = m
		case "mlflow.llm.model":
			r.model = m
		case "mlflow.llm.provider":
			r.provider = m
		case "mlflow.chat.tools":
			r.tools = m
		case "invocation_params": // of LangChain
			r.params = m
		}
	}
}

// mlflowKind returns the kind of an event for a type of span (SpanType in
// mlflow/entities/span.py). Applications may write types of their own.
func mlflowKind(typ []byte) Kind {
	switch string(typ) {
	case "LLM", "CHAT_MODEL":
		return KindInference
	case "EMBEDDING":
		return KindEmbedding
	case "TOOL":
		return KindTool
	case "RETRIEVER", "RERANKER":
		return KindRetrieval
	case "GUARDRAIL":
		return KindGuardrail
	}
	return KindOther
}

// decodeSpan fills the event of a span.
func (r *mlflowTrace) decodeSpan(d *Decoder, e *Event, v jsontape.Value) {
	var s mlflowSpan
	s.read(v)
	var a mlflowAttributes
	a.read(inCell(d, s.attributes))
	r.who(e)
	if e.TraceID == nil { // spans without an info
		_, id := step{quoted: true}.open(d, a.traceID)
		e.TraceID = otelTraceID(id)
	}
	s.ids(d, e)
	_, e.Operation = step{quoted: true}.open(d, a.typ)
	e.Kind = mlflowKind(e.Operation)
	if e.Kind == KindInference || e.Kind == KindEmbedding {
		e.Plane = PlaneContent
	}
	d.setUTC(e, s.startField, s.start)
	e.TSEnd = d.utc(s.end)
	e.Latency = since(e.TS, e.TSEnd)
	e.addID("span_name", s.name)
	e.Outcome = "" // what was said may tell
	a.content(d, e, scalar(s.name), len(e.ParentSpanID) == 0)
	if s.outcome(e); e.Outcome == "" {
		e.Outcome = OutcomeUnknown
	}
}

// ids sets the ids of a span, which are unique within its trace only.
func (r *mlflowSpan) ids(d *Decoder, e *Event) {
	if id := otelID(d, r.otelTrace, 16); len(id) > 0 {
		e.TraceID = id
	} else if id := otelTraceID(otelID(d, r.trace, 16)); len(id) > 0 {
		e.TraceID = id
	}
	e.SpanID = otelID(d, r.id, 8)
	setName(&e.ParentSpanID, otelID(d, r.parent, 8))
	if len(e.SpanID) > 0 {
		e.NativeID = joinText(d, "", e.TraceID, "/", e.SpanID)
	}
}

// content fills messages, model, usage and cost from the attributes.
func (r *mlflowAttributes) content(d *Decoder, e *Event, name Text, root bool) {
	kind := e.Kind
	s := step{name: name, dialog: root || kind == KindInference, quoted: true}
	_, model := s.open(d, r.model)
	setName(&e.Model, model)
	_, provider := s.open(d, r.provider)
	setName(&e.Provider, provider)
	s.addInput(d, e, r.inputs)
	s.addOutput(d, e, r.outputs)
	e.Kind = kind
	if tools := unquoted(d, r.tools); tools.Len() > 0 {
		setText(&e.ToolDefinitions, rawJSON(d, tools))
	}
	readInvocation(d, e, unquoted(d, r.params))
	var u usage
	u.readMLflow(unquoted(d, r.usage))
	u.replaceTokens(e)
	if e.CostUSD = looseUSD(unquoted(d, r.cost).Get("total_cost")); e.CostUSD.OK {
		e.CostBasis = word(d, "mlflow")
	}
	e.ContentState = stepState(e)
	summariseStep(e)
}

// readMLflow takes the token usage of a span or trace. MLflow has the names of
// Anthropic for what all providers count, and passes on their input as it is: with
// the cache for OpenAI, without it for Anthropic (mlflow.tracing.constant,
// TokenUsageKey, and its autologging). The names tell nothing, and the total is
// only the sum of input and output.
func (u *usage) readMLflow(v jsontape.Value) {
	u.read(v)
	u.cacheNames = false
}

// outcome reads the status: a name of OpenTelemetry, with or without prefix, or
// its number.
func (r *mlflowSpan) outcome(e *Event) {
	switch string(scalar(r.status)) {
	case "OK", "STATUS_CODE_OK", "1":
		e.succeeded()
		return
	case "ERROR", "STATUS_CODE_ERROR", "2":
	default:
		return
	}
	for ev := range r.events.Elements() {
		if a := ev.Get("attributes"); string(ev.Get("name").Text()) == "exception" {
			setName(&e.ErrorCode, a.Get("exception.type").Text())
			setName(&e.ErrorMessage, a.Get("exception.message").Text())
		}
	}
	setName(&e.ErrorMessage, r.message.Text())
	setText(&e.ErrorCode, errorClass(e.ErrorMessage))
	e.Outcome = classOutcome(e.ErrorCode)
}
