package formats

import (
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// langsmith is what LangSmith gives out of its runs: lines and lists that the
// SDK and the command line write, pages of the API, bulk exports; and feedback
// on runs. The fields are those of docs.langchain.com/langsmith/run-data-format
// and of langsmith.schemas of the Python SDK.
type langsmith struct{}

var _ Witness = langsmith{}

func (langsmith) Name() string { return "langsmith" }

func (langsmith) Doc() string {
	return "LangSmith runs and feedback: JSON lines, arrays, pages of the API, bulk exports"
}

// Vantage says that the instrumentation of the caller writes it.
func (langsmith) Vantage() Vantage { return VantageTrace }

// Detect accepts what begins with a run or feedback on one.
func (langsmith) Detect(s *Sample) error {
	v, err := s.record("runs")
	if err != nil {
		return err
	}
	var r smithRun
	r.read(v)
	if !r.isRun() && !r.isFeedback() {
		return errors.New("the first record has neither run_type with id and start_time nor the members of feedback")
	}
	return nil
}

// Framing cuts the runs of a page of the API.
func (langsmith) Framing(s *Sample) Framing {
	if s.First.Get("runs").Kind() == jsontape.Array {
		return Framing{Kind: FrameArray, Path: "runs"}
	}
	return JSONFraming(s)
}

// Decode makes an event of a run and, where they are nested in it, of each run
// below it.
func (langsmith) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding langsmith record: want an object, not %s", v.Kind())
	}
	for pending := []jsontape.Value{v}; len(pending) > 0; {
		v, pending = pending[0], pending[1:]
		if err := d.full("langsmith"); err != nil {
			return err
		}
		var r smithRun
		r.read(v)
		r.decode(d, d.Add())
		for child := range r.children.Elements() {
			if child.Kind() == jsontape.Object && len(pending) <= maxEvents { // more would be refused
				pending = append(pending, child)
			}
		}
	}
	return nil
}

// smithRun holds the members of a run, or of feedback on one.
type smithRun struct {
	id, traceID, parent, project, projectName, tenant, thread jsontape.Value
	name, typ, start, end, first, failure, status             jsontape.Value
	inputs, outputs, extra, metadata, children                jsontape.Value
	promptTokens, completionTokens, totalCost                 jsontape.Value
	promptDetails, completionDetails                          jsontape.Value
	runID, key, score, source, created                        jsontape.Value // of feedback
}

func (r *smithRun) read(v jsontape.Value) {
	for key, m := range v.Members() {
		if isUnset(m) || r.readUsage(key, m) {
			continue
		}
		switch string(key) {
		case "id":
			r.id = m
		case "trace_id":
			r.traceID = m
		case "parent_run_id":
			r.parent = m
		case "session_id":
			r.project = m
		case "session_name", "project_name":
			r.projectName = m
		case "tenant_id":
			r.tenant = m
		case "thread_id":
			r.thread = m
		case "name":
			r.name = m
		case "run_type":
			r.typ = m
		case "start_time":
			r.start = m
		case "end_time":
			r.end = m
		case "first_token_time":
			r.first = m
		case "error":
			r.failure = m
		case "status":
			r.status = m
		case "inputs":
			r.inputs = m
		case "outputs":
			r.outputs = m
		case "extra":
			r.extra = m
		case "metadata":
			r.metadata = m
		case "child_runs":
			r.children = m
		case "run_id":
			r.runID = m
		case "key":
			r.key = m
		case "score":
			r.score = m
		case "feedback_source":
			r.source = m
		case "created_at":
			r.created = m
		}
	}
}

// readUsage takes a member that counts tokens or money.
func (r *smithRun) readUsage(key []byte, m jsontape.Value) bool {
	switch string(key) {
	case "prompt_tokens":
		r.promptTokens = m
	case "completion_tokens":
		r.completionTokens = m
	case "prompt_token_details":
		r.promptDetails = m
	case "completion_token_details":
		r.completionDetails = m
	case "total_cost":
		r.totalCost = m
	default:
		return false
	}
	return true
}

// isRun reports whether the members are those of a run. What else there is may
// lie behind the end of a sample.
func (r *smithRun) isRun() bool {
	switch string(r.typ.Text()) {
	case "llm", "chain", "tool", "retriever", "embedding", "prompt", "parser":
		return r.id.Kind() == jsontape.String && r.start.Exists()
	}
	return false
}

// isFeedback reports whether the members are those of feedback.
func (r *smithRun) isFeedback() bool {
	return r.id.Kind() == jsontape.String && r.runID.Exists() && r.key.Exists() && r.source.Exists()
}

// smithKind returns the kind of an event for a type of run.
func smithKind(typ []byte) Kind {
	switch string(typ) {
	case "llm":
		return KindInference
	case "embedding":
		return KindEmbedding
	case "tool":
		return KindTool
	case "retriever":
		return KindRetrieval
	}
	return KindOther // chain, prompt, parser
}

// decode fills the event. The name session_id means a project here; the session
// of a conversation is a thread, and named in the metadata. Times are in UTC,
// with or without a Z: dotted_order repeats them with one.
func (r *smithRun) decode(d *Decoder, e *Event) {
	e.Plane, e.Kind, e.Outcome = PlaneAgent, smithKind(r.typ.Text()), OutcomeUnknown
	e.NativeID = scalar(r.id)
	setName(&e.TraceID, scalar(r.traceID))
	setName(&e.Tenant, scalar(r.tenant))
	setName(&e.App, scalar(r.projectName))
	setName(&e.SessionID, scalar(r.thread))
	e.addID("project_id", r.project)
	if r.isFeedback() {
		r.decodeFeedback(d, e)
		return
	}
	if e.Kind == KindInference || e.Kind == KindEmbedding {
		e.Plane = PlaneContent
	}
	e.Operation = scalar(r.typ)
	e.SpanID = e.NativeID
	if e.TraceID == nil && !r.parent.Exists() {
		e.TraceID = e.NativeID // the SDK's rule for a root
	}
	setName(&e.ParentSpanID, scalar(r.parent))
	e.addID("span_name", r.name)
	d.setUTC(e, "start_time", r.start)
	e.TSEnd = d.utc(r.end)
	e.Latency = since(e.TS, e.TSEnd)
	if e.TTFT = since(e.TS, d.utc(r.first)); e.TTFT.OK {
		e.Stream = BoolOf(true)
	}
	e.Outcome = "" // what was said may tell
	r.content(d, e)
	r.outcome(e)
}

// decodeFeedback fills the event of feedback.
func (r *smithRun) decodeFeedback(d *Decoder, e *Event) {
	e.Kind, e.Outcome = KindOther, OutcomeSuccess
	e.Operation = word(d, "feedback")
	d.setUTC(e, "created_at", r.created)
	setName(&e.ParentSpanID, scalar(r.runID))
	e.addID("feedback_key", r.key)
	source := unquoted(d, r.source)
	e.addID("feedback_source", source.Get("type"))
	setName(&e.Principal, scalar(source.Get("user_id")))
}

// content fills who, model, messages and usage. LangSmith rolls tokens and costs
// up (docs.smith.langchain.com/how_to_guides/tracing/calculate_token_based_costs):
// those of a run that calls no model are not taken a second time.
func (r *smithRun) content(d *Decoder, e *Event) {
	kind := e.Kind
	extra := unquoted(d, r.extra)
	readSmithMetadata(d, e, extra.Get("metadata")) // its model name goes before that of the parameters
	readInvocation(d, e, extra.Get("invocation_params"))
	readSmithMetadata(d, e, unquoted(d, r.metadata))

	s := step{name: scalar(r.name), dialog: kind == KindInference || !r.parent.Exists()}
	s.addInput(d, e, soleMember(d, r.inputs, "input"))
	s.addOutput(d, e, soleMember(d, r.outputs, "output"))
	e.Kind = kind
	if kind == KindInference || kind == KindEmbedding {
		r.usage(d, e)
	}
	e.ContentState = stepState(e)
	summariseStep(e)
}

// soleMember returns the only member of an object when it has the given name:
// LangSmith takes objects only, so that its SDKs wrap every other value.
func soleMember(d *Decoder, payload jsontape.Value, name string) jsontape.Value {
	v := unquoted(d, payload)
	if m := v.Get(name); m.Exists() && v.Len() == 1 {
		return m
	}
	return payload
}

// usage fills tokens and cost.
func (r *smithRun) usage(d *Decoder, e *Event) {
	u := usage{input: looseInt(r.promptTokens), output: looseInt(r.completionTokens)}
	details := unquoted(d, r.promptDetails)
	u.cacheRead, u.cacheWrite = looseInt(details.Get("cache_read")), looseInt(details.Get("cache_creation"))
	u.reasoning = looseInt(unquoted(d, r.completionDetails).Get("reasoning"))
	fillInt(&u.cacheRead, e.CacheReadTokens)
	fillInt(&u.cacheWrite, e.CacheWriteTokens)
	fillInt(&u.reasoning, e.ReasoningTokens)
	u.replaceTokens(e)
	if e.CostUSD = looseUSD(r.totalCost); e.CostUSD.OK {
		e.CostBasis = word(d, "langsmith")
	}
}

// outcome reads the status and the error, which begins with the name of the
// exception.
func (r *smithRun) outcome(e *Event) {
	if t := scalar(r.failure); len(t) > 0 {
		e.ErrorMessage = t
		e.ErrorCode = errorClass(t)
		e.Outcome = classOutcome(e.ErrorCode)
		return
	}
	switch status := string(r.status.Text()); {
	case status == "error":
		e.Outcome = OutcomeError
	case status == "success", status == "" && e.TSEnd.OK:
		e.succeeded()
	case e.Outcome == "":
		e.Outcome = OutcomeUnknown
	}
}

// readSmithMetadata takes the metadata of a run: the parameters that LangSmith
// itself names (docs.langchain.com/langsmith/ls-metadata-parameters) and the
// thread (docs.langchain.com/langsmith/threads). Under which key the user and the
// environment are is up to the application; the usual ones are taken.
func readSmithMetadata(d *Decoder, e *Event, v jsontape.Value) {
	var p params
	for key, m := range v.Members() {
		switch string(key) {
		case "ls_provider":
			setName(&e.Provider, m.Text())
		case "ls_model_name":
			setName(&e.Model, m.Text())
		case "ls_temperature":
			p.set([]byte("temperature"), m)
		case "ls_max_tokens":
			p.set([]byte("max_tokens"), m)
		case "ls_stop":
			p.set([]byte("stop"), m)
		case "session_id", "thread_id", "conversation_id":
			setSession(e, scalar(m))
		case "user_id", "user":
			setName(&e.EndUser, scalar(m))
		case "environment", "env":
			setName(&e.Environment, m.Text())
		}
	}
	setText(&e.Parameters, p.json(d))
}

// readInvocation takes the parameters with which LangChain calls a model.
func readInvocation(d *Decoder, e *Event, v jsontape.Value) {
	var p params
	for key, m := range v.Members() {
		switch string(key) {
		case "model", "model_name", "model_id":
			setName(&e.Model, m.Text())
		case "tools", "functions":
			if m.Len() > 0 {
				setText(&e.ToolDefinitions, rawJSON(d, m))
			}
		case "stream":
			if b, ok := m.Bool(); ok && !e.Stream.OK {
				e.Stream = BoolOf(b)
			}
		default:
			if m.Kind() != jsontape.Null {
				p.set(key, m)
			}
		}
	}
	if all := p.json(d); all != nil {
		e.Parameters = all
	}
}
