package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// decodeObservation fills the event of an observation.
func (r *langfuseRow) decodeObservation(d *Decoder, e *Event) {
	e.Kind, e.Outcome = langfuseEventKind(r.typ.Text()), ""
	if e.Kind == KindInference || e.Kind == KindEmbedding {
		e.Plane = PlaneContent
	}
	e.Operation = scalar(r.typ)
	e.SpanID = e.NativeID
	setName(&e.ParentSpanID, scalar(r.parent)) // empty for a root, in the enriched export
	setName(&e.Model, scalar(r.model))
	e.addID("span_name", r.name)
	e.addID("trace_name", r.traceName)
	e.addID("prompt_name", r.prompt)
	e.addID("model_id", r.modelID)
	r.times(d, e)
	r.readMetadata(d, e)
	r.content(d, e)
	r.readCost(d, e)
	switch {
	case string(r.level.Text()) == "ERROR":
		setName(&e.ErrorMessage, scalar(r.status))
		setText(&e.ErrorCode, errorClass(e.ErrorMessage))
		e.Outcome = classOutcome(e.ErrorCode)
	case e.ErrorCode != nil || e.ErrorMessage != nil:
		e.Outcome = classOutcome(e.ErrorCode)
	case e.TSEnd.OK:
		e.succeeded()
	case e.Outcome == "":
		e.Outcome = OutcomeUnknown
	}
}

// times sets the times. The columns latency and time_to_first_token are not
// read: they are in seconds or, in the enriched exports of integrations set up
// before 2026-04-01, in milliseconds, and the times say the same.
func (r *langfuseRow) times(d *Decoder, e *Event) {
	d.setUTC(e, r.startName, r.start)
	e.TSEnd = d.utc(r.end)
	e.Latency = since(e.TS, e.TSEnd)
	e.TTFT = since(e.TS, d.utc(r.first))
	if e.TTFT.OK {
		e.Stream = BoolOf(true) // it is only written for streams
	}
}

// content fills messages, tools, parameters and usage.
func (r *langfuseRow) content(d *Decoder, e *Event) {
	kind := e.Kind
	s := step{name: scalar(r.name), dialog: kind == KindInference || string(r.typ.Text()) == "AGENT"}
	s.addInput(d, e, r.input)
	s.addOutput(d, e, r.output)
	e.Kind = kind // a body does not know better
	r.addToolCalls(d, e)
	if tools := unquoted(d, r.tools); tools.Len() > 0 {
		setText(&e.ToolDefinitions, rawJSON(d, tools))
	}
	if p := langfuseParams(d, unquoted(d, r.params)); p != nil {
		e.Parameters = p
	}
	var u usage
	for key, m := range unquoted(d, r.usage).Members() {
		u.setLangfuse(key, m)
	}
	u.replaceTokens(e)
	e.ContentState = stepState(e)
	summariseStep(e)
}

// addToolCalls adds the calls of tools that Langfuse found in the output, where
// the output itself does not show them.
func (r *langfuseRow) addToolCalls(d *Decoder, e *Event) {
	calls := unquoted(d, r.toolCalls)
	if calls.Len() == 0 || hasPart(e.Output, PartToolCall) {
		return
	}
	m := e.AddOutput(word(d, "assistant"))
	for c := range calls.Elements() {
		if c.Kind() == jsontape.String { // exports hold each as a JSON string
			c = parseInner(d, c.Text())
		}
		if f := c.Get("function"); f.Exists() {
			addFunction(d, m, c.Get("id").Text(), f)
		} else {
			addFunction(d, m, c.Get("id").Text(), c)
		}
	}
}

// hasPart reports whether one of the messages has a part of a type.
func hasPart(list []Message, t PartType) bool {
	for i := range list {
		for j := range list[i].Parts {
			if list[i].Parts[j].Type == t {
				return true
			}
		}
	}
	return false
}

// langfuseParams returns the model parameters. SDKs pass on what was not set as
// null, or as the string of it.
func langfuseParams(d *Decoder, v jsontape.Value) Text {
	var p params
	for key, m := range v.Members() {
		if t := m.Text(); m.Kind() != jsontape.Null && string(t) != "null" && (t == nil || len(t) > 0) {
			p.set(key, m)
		}
	}
	return p.json(d)
}

// setLangfuse takes one count of usage_details. The vendor names input, output
// and total; the finer ones are what the integrations send, of which those seen
// are taken. Of what Langfuse itself makes of OpenAI's counts, and so names
// input_ and output_, input and output are what is left (UsageDetails in
// packages/shared/src/server/ingestion/types.ts); of others the total tells.
func (u *usage) setLangfuse(key []byte, v jsontape.Value) {
	n := looseInt(v)
	if !n.OK {
		return // a null under another name of the same count must not erase it
	}
	switch string(key) {
	case "input", "promptTokens", "prompt_tokens", "input_tokens":
		u.input = n
	case "output", "completionTokens", "completion_tokens", "output_tokens":
		u.output = n
	case "total":
		u.total = n
	case "input_cached_tokens", "input_cache_read", "cache_read_input_tokens", "input_cache_read_input_tokens":
		u.cacheRead, u.apart = n, true
	case "cache_creation_input_tokens", "input_cache_creation", "input_cache_write":
		u.cacheWrite, u.apart = n, true
	case "prompt_details.cache_read":
		u.cacheRead = n
	case "prompt_details.cache_write":
		u.cacheWrite = n
	case "output_reasoning_tokens", "output_reasoning":
		u.reasoning, u.thoughts = n, true
	case "reasoning_tokens", "completion_details.reasoning":
		u.reasoning = n
	}
}

// readCost takes the cost in USD. Where cost_details is written and has no
// total the cost is not known: the interface writes a total_cost of 0 for it.
func (r *langfuseRow) readCost(d *Decoder, e *Event) {
	cost := unquoted(d, r.cost)
	if cost.Kind() == jsontape.Object {
		e.CostUSD = looseUSD(cost.Get("total"))
		if !e.CostUSD.OK && cost.Len() > 0 {
			e.CostUSD = looseUSD(r.totalCost)
		}
	} else {
		e.CostUSD = looseUSD(r.totalCost)
	}
	if e.CostUSD.OK {
		e.CostBasis = word(d, "langfuse")
	}
}

// readMetadata takes what the integrations keep in the metadata: the attributes
// of an OpenTelemetry span and of its resource, or LangChain's names.
func (r *langfuseRow) readMetadata(d *Decoder, e *Event) {
	for key, m := range unquoted(d, r.metadata).Members() {
		switch string(key) {
		case "attributes":
			readSpanAttributes(e, m)
		case "resourceAttributes":
			if app := m.Get("service.name").Text(); !bytes.HasPrefix(app, []byte("unknown_service")) {
				setName(&e.App, app)
			}
		case "ls_provider":
			setName(&e.Provider, m.Text())
		case "ls_model_name":
			setName(&e.Model, m.Text())
		}
	}
}

// readSpanAttributes takes attributes of the OpenTelemetry GenAI and
// OpenInference conventions that Langfuse has no column for.
func readSpanAttributes(e *Event, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system":
			setName(&e.Provider, m.Text())
		case "gen_ai.request.model", "llm.model_name":
			setName(&e.Model, m.Text())
		case "gen_ai.response.model":
			setName(&e.ModelResponse, m.Text())
		case "gen_ai.response.id":
			setName(&e.ResponseID, m.Text())
		case "aws.request_id", "http.response.header.x-request-id", "http.response.header.x-amzn-requestid":
			setName(&e.RequestID, scalar(firstValue(m.Index(0), m))) // headers are lists
		case "server.address":
			setName(&e.Endpoint, m.Text())
		case "error.type":
			setName(&e.ErrorCode, m.Text())
		}
	}
}
