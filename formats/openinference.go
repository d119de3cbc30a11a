package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// openInference is a span as Arize Phoenix exports it and as the OpenTelemetry
// SDK for Python prints it, from which Phoenix took the shape: a name, a
// context with the ids, a parent_id, times, and attributes. The attributes may
// be members of an object, flat or nested, or columns of a table with the
// prefix "attributes.". OpenInference attributes inside OTLP are read by otlp,
// with the same code.
// https://github.com/Arize-ai/openinference/tree/main/spec (traces.md)
type openInference struct{}

var _ Witness = openInference{}

func (openInference) Name() string { return "openinference" }

func (openInference) Doc() string {
	return "OpenInference spans: exports of Arize Phoenix, and spans printed by the OpenTelemetry SDK for Python"
}

func (openInference) Vantage() Vantage { return VantageTrace }

// Detect accepts what begins with a span: by its context, or by attributes that
// only OpenInference has.
func (openInference) Detect(s *Sample) error {
	v := s.First
	if v.Kind() == jsontape.Missing {
		return errors.New("it does not begin with JSON")
	}
	if list := spanList(v); list != "" {
		v = v.Get(list)
	}
	if v.Kind() == jsontape.Array {
		v = v.Index(0)
	}
	if list := spanList(v); list == "spans" { // traces as the command of Phoenix prints them
		v = v.Get(list).Index(0)
	}
	if v.Kind() != jsontape.Object {
		return errors.New("the first value is not an object")
	}
	if !isPhoenixSpan(v) {
		return errors.New("the first object has neither a context with trace_id and span_id beside attributes, nor an attribute of OpenInference")
	}
	return nil
}

// spanList returns the name of the member that lists the spans of a reply of
// Phoenix (data) or of a trace (spans).
func spanList(v jsontape.Value) string {
	for _, name := range [...]string{"data", "spans"} {
		if v.Get(name).Kind() == jsontape.Array {
			return name
		}
	}
	return ""
}

// isPhoenixSpan reports whether an object is a span. Those of MLflow have the
// shape too, and attributes of their own.
func isPhoenixSpan(v jsontape.Value) bool {
	ids, shape := 0, 0
	for key, m := range v.Members() {
		switch string(key) {
		case "context":
			if m.Get("trace_id").Exists() && m.Get("span_id").Exists() {
				ids += 2
			}
		case "context.trace_id", "context.span_id":
			ids++
		case "parent_id", "span_kind", "status_code":
			shape++
		case "attributes":
			shape++
			for name := range m.Members() {
				if bytes.HasPrefix(name, []byte("mlflow.")) {
					return false
				}
			}
			if m.Get("openinference.span.kind").Exists() || m.Path("openinference", "span", "kind").Exists() {
				return true
			}
		default:
			if name, ok := bytes.CutPrefix(key, []byte("attributes.")); ok {
				shape++
				if string(name) == "openinference.span.kind" {
					return true
				}
			}
		}
	}
	return ids == 2 && shape >= 2
}

// Framing cuts the list of a reply of Phoenix; else it is JSON of whatever
// shape.
func (openInference) Framing(s *Sample) Framing {
	if s.First.Get("data").Kind() == jsontape.Array {
		return Framing{Kind: FrameArray, Path: "data"}
	}
	return JSONFraming(s)
}

// Decode makes an event of a span, or of each span of a trace. An object that
// is no span becomes an event of kind other with the columns that it has.
func (openInference) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding openinference record: want an object, not %s", v.Kind())
	}
	if spans := v.Get("spans"); spans.Kind() == jsontape.Array && !v.Get("context").Exists() {
		for span := range spans.Elements() {
			if len(d.Events()) >= maxSpans {
				return fmt.Errorf("decoding openinference record: more than %d spans", maxSpans)
			}
			readPhoenixSpan(d, span)
		}
		return nil
	}
	readPhoenixSpan(d, v)
	return nil
}

// phoenixSpan holds the members of a span that are used.
type phoenixSpan struct {
	start, end jsontape.Value
	events     attr
	links      jsontape.Value
	resource   attr
}

// readPhoenixSpan makes the event of a span.
func readPhoenixSpan(d *Decoder, v jsontape.Value) {
	e := d.Add()
	s := newOtelAttributes(d, e)
	var f phoenixSpan
	for key, m := range v.Members() {
		if name, ok := bytes.CutPrefix(key, []byte("attributes.")); ok {
			s.take(name, attr{v: m})
			continue
		}
		f.set(&s, key, m)
	}
	d.SetTime(e, "start_time", f.start)
	if t, _, problem := d.time(f.end); problem == "" {
		e.TSEnd = t
		setLatency(e)
	}
	setSpanID(d, e)
	addLinks(d, e, f.links)
	s.finish(f.events)
	var r otelResource
	for key, a := range f.resource.members() {
		r.set(key, a)
	}
	r.fill(e)
}

// set takes one member of a span.
func (f *phoenixSpan) set(s *otelAttributes, key []byte, m jsontape.Value) {
	d, e := s.d, s.e
	switch string(key) {
	case "name":
		s.name = m.Text()
	case "context":
		context := attr{v: m}.opened(d).v
		e.TraceID, e.SpanID = otelID(d, context.Get("trace_id"), 16), otelID(d, context.Get("span_id"), 8)
	case "context.trace_id", "trace_id":
		e.TraceID = otelID(d, m, 16)
	case "context.span_id", "span_id":
		e.SpanID = otelID(d, m, 8)
	case "parent_id":
		e.ParentSpanID = otelID(d, m, 8)
	case "span_kind": // beside an attribute it says the same
		setName(&s.inferenceKind, knownSpanKind(m.Text()))
	case "kind":
		s.server = isServerKind(m)
	case "start_time":
		f.start = m
	case "end_time":
		f.end = m
	case "status_code":
		s.status = scalar(m)
	case "status_message":
		setName(&s.statusMessage, m.Text())
	case "status":
		s.status = scalar(m.Get("status_code"))
		setName(&s.statusMessage, m.Get("description").Text())
	case "attributes":
		for key, a := range (attr{v: m}).opened(d).members() {
			s.take(key, a)
		}
	case "events":
		f.events = attr{v: m}.opened(d)
	case "links":
		f.links = m
	case "resource":
		f.resource = attributesOf(m.Get("attributes"))
	case "project_name", "project.name":
		setName(&e.App, m.Text())
	}
}

// knownSpanKind returns a span kind, unless it says that it is unknown.
func knownSpanKind(kind Text) Text {
	if string(kind) == "UNKNOWN" {
		return nil
	}
	return kind
}
