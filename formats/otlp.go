package formats

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// otlp is the JSON of the OpenTelemetry protocol: traces, logs and metrics as
// the file exporter of the collector writes them, one export request a line.
// A span is an event, and so is a log record; a metric is no call of anything.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
type otlp struct{}

var _ Witness = otlp{}

func (otlp) Name() string { return "otlp" }

func (otlp) Doc() string {
	return "OpenTelemetry traces and logs in OTLP/JSON: files of the collector, replies of Tempo, single documents"
}

func (otlp) Vantage() Vantage { return VantageTrace }

// Detect accepts what begins with an export request, or a part of one.
func (otlp) Detect(s *Sample) error {
	v := s.First
	if v.Kind() == jsontape.Missing {
		return errors.New("it does not begin with JSON")
	}
	if data := v.Get("data"); data.Kind() == jsontape.Array {
		v = data
	}
	if v.Kind() == jsontape.Array {
		v = v.Index(0)
	}
	if v.Kind() != jsontape.Object {
		return errors.New("the first value is not an object")
	}
	if otlpPart(v) == partNone && otlpPart(v.Get("trace")) == partNone {
		return errors.New("the first object has none of resourceSpans, resourceLogs and resourceMetrics")
	}
	return nil
}

// Framing cuts the list that some servers wrap spans in; else it is JSON of
// whatever shape.
func (otlp) Framing(s *Sample) Framing {
	if s.First.Get("data").Kind() == jsontape.Array {
		return Framing{Kind: FrameArray, Path: "data"}
	}
	return JSONFraming(s)
}

// otlpPartKind says which part of an export request an object is.
type otlpPartKind uint8

const (
	partNone     otlpPartKind = iota
	partRequest               // {"resourceSpans": [...]}
	partResource              // {"resource": ..., "scopeSpans": [...]}
	partSpan
)

// otlpPart tells the parts by their members.
func otlpPart(v jsontape.Value) otlpPartKind {
	id, start, list := false, false, false
	for key, m := range v.Members() {
		array := m.Kind() == jsontape.Array
		switch string(key) {
		case "resourceSpans", "resource_spans", "resourceLogs", "resource_logs", "resourceMetrics", "resource_metrics", "resourceProfiles":
			if array {
				return partRequest
			}
		case "batches": // what Tempo calls resourceSpans
			if first := m.Index(0); otlpPart(first) == partResource {
				return partRequest
			}
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "scopeLogs", "scope_logs", "instrumentationLibraryLogs":
			if array {
				return partResource
			}
		case "spanId", "span_id":
			id = true
		case "startTimeUnixNano", "start_time_unix_nano":
			start = true
		case "attributes":
			list = array
		}
	}
	if id && start && list {
		return partSpan
	}
	return partNone
}

// Decode makes an event of each span and log record, in written order. An
// object that holds nothing of OTLP becomes one event of kind other.
func (otlp) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding otlp record: want an object, not %s", v.Kind())
	}
	if inner := v.Get("trace"); otlpPart(inner) == partRequest {
		v = inner
	}
	switch otlpPart(v) {
	case partRequest:
		readRequest(d, v)
	case partResource:
		readResource(d, v)
	case partSpan:
		readSpan(d, &otelResource{}, v)
	default:
		d.Add().Kind = KindOther
	}
	if len(d.Events()) > maxSpans {
		return fmt.Errorf("decoding otlp record: more than %d spans and log records", maxSpans)
	}
	return nil
}

// maxSpans is how many spans and log records a record may hold. The collector
// sends 8,192 in a batch unless told otherwise.
const maxSpans = maxEvents

// readRequest takes the resources of an export request.
func readRequest(d *Decoder, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "resourceSpans", "resource_spans", "batches", "resourceLogs", "resource_logs", "resourceMetrics", "resource_metrics":
			for r := range m.Elements() {
				readResource(d, r)
			}
		case "resourceProfiles":
			if len(d.Events()) > maxSpans {
				return
			}
			d.Add().Kind = KindOther
		}
	}
}

// readResource takes what one resource sent. The resource is read first,
// wherever it is written.
func readResource(d *Decoder, v jsontape.Value) {
	var r otelResource
	for key, a := range attributesOf(v.Path("resource", "attributes")).members() {
		r.set(key, a)
	}
	for key, scopes := range v.Members() {
		switch string(key) {
		case "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "scopeLogs", "scope_logs", "instrumentationLibraryLogs",
			"scopeMetrics", "scope_metrics":
			for scope := range scopes.Elements() {
				readScope(d, &r, scope)
			}
		}
	}
}

// readScope takes the spans, log records or metrics of one instrumentation.
func readScope(d *Decoder, r *otelResource, scope jsontape.Value) {
	for key, list := range scope.Members() {
		read := readSpan
		switch string(key) {
		case "spans":
		case "logRecords", "log_records", "logs":
			read = readLogRecord
		case "metrics":
			read = readMetric
		default:
			continue
		}
		for x := range list.Elements() {
			if len(d.Events()) > maxSpans {
				return
			}
			read(d, r, x)
		}
	}
}

// readSpan makes the event of a span.
func readSpan(d *Decoder, r *otelResource, v jsontape.Value) {
	e := d.Add()
	s := newOtelAttributes(d, e)
	var start, end, links jsontape.Value
	var events attr
	for key, m := range v.Members() {
		switch string(key) {
		case "traceId", "trace_id":
			e.TraceID = otelID(d, m, 16)
		case "spanId", "span_id":
			e.SpanID = otelID(d, m, 8)
		case "parentSpanId", "parent_span_id":
			e.ParentSpanID = otelID(d, m, 8)
		case "name":
			s.name = m.Text()
		case "kind":
			s.server = isServerKind(m)
		case "startTimeUnixNano", "start_time_unix_nano":
			start = m
		case "endTimeUnixNano", "end_time_unix_nano":
			end = m
		case "attributes":
			s.readList(m)
		case "events":
			events = attr{v: m}
		case "links":
			links = m
		case "status":
			s.status, s.statusMessage = scalar(m.Get("code")), m.Get("message").Text()
		case "droppedAttributesCount", "dropped_attributes_count", "droppedEventsCount", "dropped_events_count":
			n, _ := scaled(scalar(m), 0, false)
			s.dropped = s.dropped || n > 0
		}
	}
	setNano(e, "startTimeUnixNano", start)
	setEnd(e, end)
	setSpanID(d, e)
	addLinks(d, e, links)
	s.finish(events)
	r.fill(e)
}

// isServerKind reports whether a span kind is SERVER: its number, or its name.
func isServerKind(v jsontape.Value) bool {
	switch string(scalar(v)) {
	case "2", "SPAN_KIND_SERVER", "SpanKind.SERVER":
		return true
	}
	return false
}

// setSpanID makes the id of the record: spans are unique within their trace.
func setSpanID(d *Decoder, e *Event) {
	if e.NativeID != nil || len(e.SpanID) == 0 || len(e.TraceID) == 0 {
		return
	}
	id := append(d.Arena.Bytes(len(e.TraceID) + 1 + len(e.SpanID))[:0], e.TraceID...)
	e.NativeID = append(append(id, '-'), e.SpanID...)
}

// maxLinks is how many links of a span are kept, which is what SDKs allow.
const maxLinks = 128

// addLinks keeps the spans that a span is linked to: those that caused it
// without being its parent.
func addLinks(d *Decoder, e *Event, links jsontape.Value) {
	n := 0
	for l := range links.Elements() {
		if n++; n > maxLinks {
			return
		}
		if context := l.Get("context"); context.Exists() { // the Python SDK
			l = context
		}
		for key, m := range l.Members() {
			kind, size := "linked_trace_id", 16
			switch string(key) {
			case "traceId", "trace_id":
			case "spanId", "span_id":
				kind, size = "linked_span_id", 8
			default:
				continue
			}
			if id := otelID(d, m, size); id != nil {
				e.OtherIDs = append(e.OtherIDs, ID{kind, id})
			}
		}
	}
}

// setNano sets the time from nanoseconds since 1970. Zero means unknown.
func setNano(e *Event, field string, v jsontape.Value) {
	n, ok := nanos(v)
	switch {
	case !ok && v.Exists() && v.Kind() != jsontape.Null:
		e.TSSource = field + " (not a time)"
	case n > 0:
		e.TS, e.TSPrecision, e.TSSource = Time{int64(n / 1000), true}, PrecisionNS, field
	}
}

// setEnd sets the end of a span, and how long it took.
func setEnd(e *Event, v jsontape.Value) {
	n, ok := nanos(v)
	if !ok || n == 0 {
		return
	}
	e.TSEnd = Time{int64(n / 1000), true}
	setLatency(e)
}

// setLatency sets how long it took from start and end. An end before the start
// tells of clocks, not of time.
func setLatency(e *Event) {
	if took := e.TSEnd.Micros - e.TS.Micros; e.TS.OK && e.TSEnd.OK && took >= 0 {
		fillInt(&e.Latency, IntOf(took))
	}
}

// nanos reads a fixed64, which the JSON mapping writes as a string.
func nanos(v jsontape.Value) (uint64, bool) {
	b := scalar(v)
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		c -= '0'
		if c > 9 || n > (1<<64-1)/10 || n*10 > 1<<64-1-uint64(c) {
			return floatNanos(v)
		}
		n = n*10 + uint64(c)
	}
	return n, true
}

// floatNanos reads a number that was written with an exponent.
func floatNanos(v jsontape.Value) (uint64, bool) {
	n, ok := v.Int()
	if !ok || n < 0 {
		return 0, false
	}
	return uint64(n), true
}

// otelID returns the id of a trace or span in lower case hexadecimal. OTLP
// writes it so; protobuf's own JSON mapping, which Tempo uses, writes base64.
// Ids of all zeros are none. What is neither stays as it is.
func otelID(d *Decoder, v jsontape.Value, size int) Text {
	id := v.Text()
	id = bytes.TrimPrefix(id, []byte("0x")) // as the Python SDK prints it
	switch {
	case len(id) == 0:
		return nil
	case len(id) == 2*size && isHex(id):
		id = lowerHex(d, id)
	case len(bytes.TrimRight(id, "=")) == base64.RawStdEncoding.EncodedLen(size):
		id = decodeID(d, id, size)
	}
	if len(bytes.Trim(id, "0")) == 0 {
		return nil
	}
	return id
}

// lowerHex returns an id in lower case.
func lowerHex(d *Decoder, id []byte) []byte {
	if bytes.IndexFunc(id, func(r rune) bool { return 'A' <= r && r <= 'F' }) < 0 {
		return id
	}
	return appendLower(d.Arena.Bytes(len(id))[:0], id)
}

// decodeID returns an id that was written in base64 as hexadecimal, or as it is
// when it is not base64.
func decodeID(d *Decoder, id []byte, size int) []byte {
	var raw [24]byte
	n, err := base64.RawStdEncoding.Decode(raw[:], bytes.TrimRight(id, "="))
	if err != nil || n != size {
		return id
	}
	return hex.AppendEncode(d.Arena.Bytes(2 * size)[:0], raw[:n])
}
