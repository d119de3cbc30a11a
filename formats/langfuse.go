package formats

import (
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// langfuse is what Langfuse gives out of its traces: a trace with its
// observations and scores as the user interface and the API return it, and the
// rows of its exports to blob storage. The fields are those of
// langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields;
// the interface and the API write the same in camel case.
type langfuse struct{}

var _ Witness = langfuse{}

func (langfuse) Name() string { return "langfuse" }

func (langfuse) Doc() string {
	return "Langfuse traces, observations and scores: trace JSON of the interface or API, blob storage exports"
}

// Vantage says that the instrumentation of the caller writes it.
func (langfuse) Vantage() Vantage { return VantageTrace }

// Detect accepts what begins with a trace, an observation or a score.
func (langfuse) Detect(s *Sample) error {
	v, err := s.record("data")
	if err != nil {
		return err
	}
	if !isLangfuse(v) {
		return errors.New("the first record has not the members of a Langfuse trace, observation or score")
	}
	return nil
}

// langfuseList reports whether an object is a page of a list of the API.
func langfuseList(v jsontape.Value) bool {
	return v.Get("data").Kind() == jsontape.Array && isLangfuse(v.Get("data").Index(0))
}

// isLangfuse reports whether an object is one that Langfuse writes. Exports can
// leave groups of columns out, so that only those of the core are asked for.
func isLangfuse(v jsontape.Value) bool {
	if trace := v.Get("trace"); trace.Kind() == jsontape.Object {
		var r langfuseRow
		r.read(trace)
		return r.kind() == langfuseTrace
	}
	var r langfuseRow
	r.read(v)
	return r.kind() != langfuseUnknown
}

// Framing cuts the rows of a page of the API; a trace with its observations is
// one record.
func (langfuse) Framing(s *Sample) Framing {
	if s.First.Kind() == jsontape.Object && langfuseList(s.First) {
		return Framing{Kind: FrameArray, Path: "data"}
	}
	return JSONFraming(s)
}

// Decode makes an event of each trace, observation and score of a record.
func (langfuse) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding langfuse record: want an object, not %s", v.Kind())
	}
	if trace := v.Get("trace"); trace.Kind() == jsontape.Object {
		return decodeLangfuseTrace(d, trace, v.Get("observations"), true)
	}
	var r langfuseRow
	r.read(v)
	if r.kind() == langfuseTrace {
		return decodeLangfuseTrace(d, v, r.observations, false)
	}
	r.decode(d, d.Add(), false)
	return nil
}

// decodeLangfuseTrace decodes a trace with what is nested in it. The file that
// the interface writes repeats the observations inside the trace, there without
// their content; the API has them there alone.
func decodeLangfuseTrace(d *Decoder, v, observations jsontape.Value, quoted bool) error {
	var trace langfuseRow
	trace.read(v)
	trace.decode(d, d.Add(), quoted)
	if observations.Kind() != jsontape.Array {
		observations = trace.observations
	}
	for _, list := range [...]jsontape.Value{observations, trace.scores, trace.corrections} {
		for o := range list.Elements() {
			if o.Kind() != jsontape.Object {
				continue // a list of the API names the ids only
			}
			if err := d.full("langfuse"); err != nil {
				return err
			}
			var r langfuseRow
			r.user, r.session, r.traceName, r.environment = trace.user, trace.session, trace.name, trace.environment
			r.project, r.traceID = trace.project, trace.id
			r.read(o)
			r.decode(d, d.Add(), false)
		}
	}
	return nil
}

// langfuseKind says what a row is.
type langfuseKind uint8

const (
	langfuseUnknown langfuseKind = iota
	langfuseTrace
	langfuseObservation
	langfuseScore
)

// langfuseRow holds the members of a trace, an observation or a score.
type langfuseRow struct {
	id, traceID, parent, project, typ, name, environment jsontape.Value
	start, end, first, timestamp, latency                jsontape.Value
	startName                                            string // of start: the API writes it otherwise than exports
	level, status, input, output, metadata               jsontape.Value
	model, modelID, params, usage, cost, totalCost       jsontape.Value
	tools, toolCalls                                     jsontape.Value
	user, session, traceName, prompt, promptVersion      jsontape.Value
	observations, scores, corrections, public, path      jsontape.Value
	source, dataType, observation, author                jsontape.Value
}

// read takes the members, in either spelling.
func (r *langfuseRow) read(v jsontape.Value) {
	for key, m := range v.Members() {
		if isUnset(m) || r.readObservation(key, m) {
			continue
		}
		switch string(key) {
		case "id":
			r.id = m
		case "traceId", "trace_id":
			r.traceID = m
		case "projectId", "project_id":
			r.project = m
		case "name":
			r.name = m
		case "environment":
			r.environment = m
		case "timestamp":
			r.timestamp = m
		case "latency":
			r.latency = m
		case "userId", "user_id":
			r.user = m
		case "sessionId", "session_id":
			r.session = m
		case "traceName", "trace_name":
			r.traceName = m
		case "observations":
			r.observations = m
		case "scores":
			r.scores = m
		case "corrections":
			r.corrections = m
		case "public", "bookmarked":
			r.public = m
		case "htmlPath":
			r.path = m
		case "source":
			r.source = m
		case "dataType", "data_type":
			r.dataType = m
		case "observationId", "observation_id":
			r.observation = m
		case "authorUserId", "author_user_id":
			r.author = m
		}
	}
}

// readObservation takes a member that observations have, and traces in part.
func (r *langfuseRow) readObservation(key []byte, m jsontape.Value) bool {
	switch string(key) {
	case "type":
		r.typ = m
	case "parentObservationId", "parent_observation_id":
		r.parent = m
	case "startTime":
		r.start, r.startName = m, "startTime"
	case "start_time":
		r.start, r.startName = m, "start_time"
	case "endTime", "end_time":
		r.end = m
	case "completionStartTime", "completion_start_time":
		r.first = m
	case "level":
		r.level = m
	case "statusMessage", "status_message":
		r.status = m
	case "input":
		r.input = m
	case "output":
		r.output = m
	case "metadata":
		r.metadata = m
	case "model", "providedModelName", "provided_model_name":
		r.model = m
	case "modelId", "internalModelId", "model_id":
		r.modelID = m
	case "modelParameters", "model_parameters":
		r.params = m
	case "usageDetails", "usage_details":
		r.usage = m
	case "usage": // of the API before usageDetails
		if !r.usage.Exists() {
			r.usage = m
		}
	case "costDetails", "cost_details":
		r.cost = m
	case "totalCost", "total_cost":
		r.totalCost = m
	case "toolDefinitions", "tool_definitions":
		r.tools = m
	case "toolCalls", "tool_calls":
		r.toolCalls = m
	case "promptName", "prompt_name":
		r.prompt = m
	case "promptVersion", "prompt_version":
		r.promptVersion = m
	default:
		return false
	}
	return true
}

// kind tells the rows apart by what only they have.
func (r *langfuseRow) kind() langfuseKind {
	id := r.id.Kind() == jsontape.String
	switch {
	case !id:
	case langfuseEventKind(r.typ.Text()) != "" && r.traceID.Exists() && r.start.Exists():
		return langfuseObservation
	case r.dataType.Exists() && (r.traceID.Exists() || r.session.Exists() || r.observation.Exists()):
		switch string(r.source.Text()) {
		case "API", "ANNOTATION", "EVAL":
			return langfuseScore
		}
	case r.timestamp.Exists() && r.public.Exists() && (r.project.Exists() || r.path.Exists()) && !r.traceID.Exists():
		return langfuseTrace
	}
	return langfuseUnknown
}

// langfuseEventKind returns the kind of an event for a type of observation
// (langfuse.com/docs/observability/features/observation-types); "" for a word
// that is none.
func langfuseEventKind(typ []byte) Kind {
	switch string(typ) {
	case "GENERATION":
		return KindInference
	case "EMBEDDING":
		return KindEmbedding
	case "TOOL":
		return KindTool
	case "RETRIEVER":
		return KindRetrieval
	case "GUARDRAIL":
		return KindGuardrail
	case "SPAN", "EVENT", "AGENT", "CHAIN", "EVALUATOR":
		return KindOther
	}
	return ""
}

// decode fills the event of a row.
func (r *langfuseRow) decode(d *Decoder, e *Event, quoted bool) {
	e.Plane, e.Kind, e.Outcome = PlaneAgent, KindOther, OutcomeUnknown
	e.NativeID = scalar(r.id)
	setName(&e.TraceID, scalar(r.traceID))
	setName(&e.Tenant, scalar(r.project))
	setName(&e.Environment, scalar(r.environment))
	setName(&e.EndUser, scalar(r.user))
	setName(&e.SessionID, scalar(r.session))
	switch r.kind() {
	case langfuseObservation:
		r.decodeObservation(d, e)
	case langfuseScore:
		r.decodeScore(d, e)
	case langfuseTrace:
		r.decodeTrace(d, e, quoted)
	default:
		d.setUTC(e, "timestamp", r.timestamp)
		e.Operation = scalar(r.typ)
	}
}

// decodeTrace fills the event of a trace: one request to the application, with
// what its user said and was answered, around the observations of it.
func (r *langfuseRow) decodeTrace(d *Decoder, e *Event, quoted bool) {
	d.setUTC(e, "timestamp", r.timestamp)
	e.Operation = word(d, "trace")
	e.TraceID = e.NativeID
	e.addID("trace_name", r.name)
	if us, ok := scaled(scalar(r.latency), 6, true); ok { // the API: in seconds
		e.Latency = IntOf(us)
	}
	s := step{dialog: true, quoted: quoted}
	s.addInput(d, e, r.input)
	s.addOutput(d, e, r.output)
	if e.ContentState = stepState(e); e.ContentState != ContentNotLogged {
		e.Kind = KindMessage
	}
	summariseStep(e)
}

// decodeScore fills the event of a score: what an evaluator, a program or a
// person thought of a trace, an observation or a session.
func (r *langfuseRow) decodeScore(d *Decoder, e *Event) {
	d.setUTC(e, "timestamp", r.timestamp)
	e.Operation = word(d, "score")
	e.Outcome = OutcomeSuccess
	setName(&e.ParentSpanID, scalar(r.observation))
	setName(&e.Principal, scalar(r.author))
	e.addID("score_name", r.name)
	e.addID("score_source", r.source)
}
