package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// mlflow is what MLflow and Databricks write of traces: Trace.to_json of the
// Python SDK, the rows of search_traces, and lists of the API, which know a
// trace but not its spans. The members are those of mlflow/entities/trace.py,
// trace_info.py, trace_info_v2.py and span.py, the keys of attributes those of
// mlflow/tracing/constant.py.
type mlflow struct{}

var _ Witness = mlflow{}

func (mlflow) Name() string { return "mlflow" }

func (mlflow) Doc() string {
	return "MLflow and Databricks traces: JSON of a trace with its spans (versions 2 and 3), rows of search_traces"
}

// Vantage says that the instrumentation of the caller writes it.
func (mlflow) Vantage() Vantage { return VantageTrace }

// Detect accepts what begins with a trace.
func (mlflow) Detect(s *Sample) error {
	v, err := s.record("traces")
	if err != nil {
		return err
	}
	if !isMLflow(v) {
		return errors.New("the first record is no trace of MLflow: neither info and data.spans nor the members of a trace info")
	}
	return nil
}

// isMLflow reports whether an object is a trace, the info of one, or its spans
// alone as the artifact traces.json has them: by what only MLflow calls so.
func isMLflow(v jsontape.Value) bool {
	var r mlflowTrace
	for _, key := range [...]string{"info", "trace_info"} {
		r.read(v.Get(key))
	}
	r.read(v)
	if r.location.Get("mlflow_experiment").Exists() || r.location.Get("inference_table").Exists() {
		return r.id.Kind() == jsontape.String
	}
	if r.id.Kind() == jsontape.String && r.experiment.Exists() && r.time.Exists() && r.metadata.Exists() {
		return true
	}
	if r.id.Exists() && (hasMLflowKey(r.metadata) || hasMLflowKey(r.tags)) {
		return true
	}
	return hasMLflowKey(r.spans.Index(0).Get("attributes"))
}

// hasMLflowKey reports whether there is an attribute, a tag or metadata of
// MLflow's own in an object, or in the cell of a table that holds one.
func hasMLflowKey(v jsontape.Value) bool {
	if v.Kind() == jsontape.String {
		return bytes.Contains(v.Text(), []byte(`"mlflow.`))
	}
	for key := range mlflowPairs(v) {
		if bytes.HasPrefix(key, []byte("mlflow.")) {
			return true
		}
	}
	return false
}

// Framing makes a trace with its spans one record.
func (mlflow) Framing(s *Sample) Framing {
	if s.First.Get("traces").Kind() == jsontape.Array {
		return Framing{Kind: FrameArray, Path: "traces"}
	}
	return JSONFraming(s)
}

// Decode makes an event of a trace, of each of its spans and of each assessment
// of it.
func (mlflow) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding mlflow record: want an object, not %s", v.Kind())
	}
	if trace := inCell(d, v.Get("trace")); trace.Kind() == jsontape.Object {
		v = trace // a row of search_traces holds all of it in one cell, too
	}
	var r mlflowTrace
	for _, key := range [...]string{"info", "trace_info"} {
		r.read(v.Get(key))
	}
	r.read(v)
	r.spans = inCell(d, r.spans)
	r.readMetadata(d)
	if r.id.Exists() || r.spans.Len() == 0 {
		r.decode(d, d.Add())
	}
	for s := range r.spans.Elements() {
		if err := d.full("mlflow"); err != nil {
			return err
		}
		if s.Kind() == jsontape.Object {
			r.decodeSpan(d, d.Add(), s)
		}
	}
	for a := range inCell(d, r.assessments).Elements() {
		if err := d.full("mlflow"); err != nil {
			return err
		}
		if a.Kind() == jsontape.Object {
			r.decodeAssessment(d, d.Add(), a)
		}
	}
	return nil
}

// inCell returns the object or list that a cell of a table holds as a string.
// Unlike what unquoted returns it stays valid.
func inCell(d *Decoder, v jsontape.Value) jsontape.Value {
	if v.Kind() == jsontape.String {
		return parseInner(d, v.Text())
	}
	return v
}

// mlflowTrace holds the members of a trace info, of version 2 or 3.
type mlflowTrace struct {
	id, clientID, state, time, duration jsontape.Value
	request, response, metadata, tags   jsontape.Value
	experiment, location                jsontape.Value
	spans, assessments                  jsontape.Value
	traceID                             Text // of OpenTelemetry
	principal, user, session, name, app Text
	environment                         Text
	usage                               usage
	inputs, outputs                     Text // cut, in the metadata
	requestField                        string
}

func (r *mlflowTrace) read(v jsontape.Value) {
	for key, m := range v.Members() {
		if isUnset(m) {
			continue
		}
		switch string(key) {
		case "trace_id", "request_id":
			r.id = m
		case "client_request_id":
			r.clientID = m
		case "state", "status":
			r.state = m
		case "request_time", "timestamp_ms":
			r.time, r.requestField = m, string(key)
		case "execution_duration", "execution_duration_ms", "execution_time_ms":
			r.duration = m
		case "request_preview", "request":
			r.request = m
		case "response_preview", "response":
			r.response = m
		case "trace_metadata", "request_metadata":
			r.metadata = m
		case "tags":
			r.tags = m
		case "experiment_id":
			r.experiment = m
		case "trace_location":
			r.location = m
		case "assessments":
			r.assessments = m
		case "spans":
			r.spans = m
		case "data":
			r.spans = m.Get("spans")
		}
	}
}

// readMetadata takes what the trace's metadata and tags say about who asked.
func (r *mlflowTrace) readMetadata(d *Decoder) {
	r.traceID = otelTraceID(scalar(r.id))
	var developer Text
	for _, list := range [...]jsontape.Value{r.metadata, r.tags} {
		for key, m := range mlflowPairs(unquoted(d, list)) {
			switch string(key) {
			case "mlflow.trace.user":
				setName(&r.user, m.Text())
			case "mlflow.trace.session":
				setName(&r.session, m.Text())
			case "mlflow.auth.username", "mlflow.auth.userId":
				setName(&r.principal, m.Text())
			case "mlflow.user": // who ran the application
				setName(&developer, m.Text())
			case "mlflow.traceName":
				setName(&r.name, m.Text())
			case "mlflow.source.name", "mlflow.databricks.modelServingEndpointName":
				setName(&r.app, m.Text())
			case "mlflow.traceInputs":
				setName(&r.inputs, m.Text())
			case "mlflow.traceOutputs":
				setName(&r.outputs, m.Text())
			case "mlflow.trace.tokenUsage":
				r.usage.readMLflow(parseInner(d, m.Text()))
			case "environment":
				setName(&r.environment, m.Text())
			}
		}
	}
	setText(&r.principal, developer)
}

// mlflowPairs yields the members of an object, or the pairs of a list as the
// API of version 2 writes them, [{"key": ..., "value": ...}].
func mlflowPairs(v jsontape.Value) func(func([]byte, jsontape.Value) bool) {
	if v.Kind() != jsontape.Array {
		return v.Members()
	}
	return func(yield func([]byte, jsontape.Value) bool) {
		for pair := range v.Elements() {
			if !yield(pair.Get("key").Text(), pair.Get("value")) {
				return
			}
		}
	}
}

// otelTraceID returns the id of a trace in OpenTelemetry, which MLflow prefixes:
// tr-HEX, or trace:/LOCATION/HEX in version 4. Other ids are its own.
func otelTraceID(id Text) Text {
	short := bytes.TrimPrefix(id, []byte("tr-"))
	if bytes.HasPrefix(id, []byte("trace:/")) {
		short = id[bytes.LastIndexByte(id, '/')+1:]
	}
	if len(short) == 32 && isHex(short) {
		return short
	}
	return id
}

// who fills the columns that all events of a trace share.
func (r *mlflowTrace) who(e *Event) {
	e.Plane, e.Kind, e.Outcome = PlaneAgent, KindOther, OutcomeUnknown
	e.Principal, e.EndUser, e.SessionID = r.principal, r.user, r.session
	e.App, e.Environment = r.app, r.environment
	e.TraceID = r.traceID
	if id := scalar(r.id); len(id) > 0 && !bytes.Equal(id, r.traceID) {
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "mlflow_trace_id", Value: id})
	}
}

// decode fills the event of the trace. Its previews are cut (1,000 characters,
// 10,000 on Databricks) and its usage is the sum over the spans, so that both
// are taken only where the spans are missing.
func (r *mlflowTrace) decode(d *Decoder, e *Event) {
	r.who(e)
	if e.NativeID = scalar(r.id); e.NativeID != nil {
		e.Operation = word(d, "trace")
	}
	d.setUTC(e, r.requestField, r.time)
	e.Latency = mlflowDuration(r.duration)
	if e.TS.OK && e.Latency.OK {
		e.TSEnd = Time{e.TS.Micros + e.Latency.V, true}
	}
	e.addID("client_request_id", r.clientID)
	e.addID("experiment_id", r.experiment)
	e.addID("experiment_id", r.location.Path("mlflow_experiment", "experiment_id"))
	e.addID("inference_table", r.location.Path("inference_table", "full_table_name"))
	if r.name != nil {
		e.OtherIDs = append(e.OtherIDs, ID{Kind: "trace_name", Value: r.name})
	}
	switch string(r.state.Text()) {
	case "OK":
		e.Outcome = OutcomeSuccess
	case "ERROR":
		e.Outcome = OutcomeError
	}
	if r.spans.Len() > 0 {
		return
	}
	s := step{dialog: true, quoted: true}
	if s.addInput(d, e, r.request); len(e.Input) == 0 {
		v, text := s.openText(d, r.inputs)
		s.addOpenInput(d, e, v, text)
	}
	if s.addOutput(d, e, r.response); len(e.Output) == 0 {
		v, text := s.openText(d, r.outputs)
		s.addOpenOutput(d, e, v, text)
	}
	if e.ContentState = stepState(e); e.ContentState != ContentNotLogged {
		e.Kind, e.ContentState = KindMessage, ContentTruncated
	}
	r.usage.fill(e)
	summariseStep(e)
}

// mlflowDuration reads a duration: "1.5s" of a protobuf message, else a number
// of milliseconds.
func mlflowDuration(v jsontape.Value) Int {
	text, seconds := bytes.CutSuffix(scalar(v), []byte("s"))
	exp := 3
	if seconds {
		exp = 6
	}
	us, ok := scaled(text, exp, true)
	return Int{us, ok && us >= 0}
}

// decodeAssessment fills the event of an assessment: what a person, a program or
// a model thought of the trace or one of its spans.
func (r *mlflowTrace) decodeAssessment(d *Decoder, e *Event, v jsontape.Value) {
	r.who(e)
	e.EndUser, e.Principal, e.Outcome = nil, nil, OutcomeSuccess
	e.Operation = word(d, "assessment")
	e.NativeID = v.Get("assessment_id").Text()
	e.ParentSpanID = otelID(d, v.Get("span_id"), 8)
	d.setUTC(e, "create_time", v.Get("create_time"))
	e.addID("assessment_name", v.Get("assessment_name"))
	source := v.Get("source")
	e.addID("assessment_source", source.Get("source_type"))
	if string(source.Get("source_type").Text()) == "HUMAN" {
		e.Principal = source.Get("source_id").Text()
	}
}
