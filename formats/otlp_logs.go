package formats

import (
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The parts of a call that log records tell apart, in the order in which they
// were said. Records of one part keep the order in which they were written.
const (
	sequenceSystem = 1
	sequenceTurn   = 2
	sequenceChoice = 3
)

// readLogRecord makes the event of a log record. A message of a model call is
// an event of kind message: it belongs to the call of its span, which is the
// event that counts.
func readLogRecord(d *Decoder, r *otelResource, v jsontape.Value) {
	e := d.Add()
	s := newOtelAttributes(d, e)
	var at, observed jsontape.Value
	var attributes, body attr
	for key, m := range v.Members() {
		switch string(key) {
		case "timeUnixNano", "time_unix_nano":
			at = m
		case "observedTimeUnixNano", "observed_time_unix_nano":
			observed = m
		case "traceId", "trace_id":
			e.TraceID = otelID(d, m, 16)
		case "spanId", "span_id":
			e.SpanID = otelID(d, m, 8)
		case "eventName", "event_name":
			s.name = m.Text()
		case "attributes":
			attributes = attributesOf(m)
		case "body":
			body = anyValue(m)
		case "droppedAttributesCount", "dropped_attributes_count":
			n, _ := scaled(scalar(m), 0, false)
			s.dropped = n > 0
		}
	}
	setNano(e, "timeUnixNano", at)
	if !e.TS.OK {
		setNano(e, "observedTimeUnixNano", observed)
	}
	var f said
	for key, a := range attributes.members() {
		if string(key) == "event.name" { // before there was eventName
			setName(&s.name, a.text())
			continue
		}
		s.take(key, a)
		f.set(key, a)
	}
	s.finishLog(&f, body)
	r.fill(e)
}

// finishLog sets what follows from the name of the event.
func (s *otelAttributes) finishLog(f *said, body attr) {
	d, e := s.d, s.e
	e.Kind, e.Operation = KindOther, s.name
	role, output := messageRoleOf(s.name)
	switch {
	case role != "":
		f.body = body
		f.open(d)
		e.Kind, e.Plane = KindMessage, PlaneContent
		if output {
			f.add(d, &e.Output, role)
			setText(&e.FinishReason, f.finish)
		} else {
			f.add(d, &e.Input, role)
		}
		s.setSequence(role, output, body)
	case string(s.name) == eventDetails:
		for key, a := range body.members() {
			s.take(key, a)
		}
		s.classify()
		s.addMessages()
		if e.SpanID != nil {
			e.Sequence = IntOf(sequenceSystem)
		}
	case s.genAI:
		e.Plane = PlaneAgent
	}
	s.who()
	s.where()
	if e.Kind == KindInference || e.Kind == KindEmbedding || e.ErrorCode != nil || s.exceptionType != nil {
		s.outcome()
	}
	e.Summarise()
	s.state()
	if e.Kind == KindMessage && e.ContentState == "" {
		e.ContentState = ContentNotLogged
	}
}

// setSequence orders the messages of a call. Without a span there is nothing
// that says which call it was.
func (s *otelAttributes) setSequence(role string, output bool, body attr) {
	if s.e.SpanID == nil {
		return
	}
	n := int64(sequenceTurn)
	switch {
	case output:
		n = sequenceChoice + choiceIndex(body)
	case role == "system":
		n = sequenceSystem
	}
	s.e.Sequence = IntOf(n)
}

// choiceIndex returns which of several replies a choice is.
func choiceIndex(body attr) int64 {
	for key, a := range body.members() {
		if n := a.integer(); string(key) == "index" && n.OK && n.V >= 0 && n.V < 1<<16 {
			return n.V
		}
	}
	return 0
}
