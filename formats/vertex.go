package formats

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// vertex is the request-response log of Vertex AI: rows of a BigQuery table with
// what was said to a model and what came back. It does not say who called; the
// audit log does, but shares no id with it. Only a share of the calls is logged
// when the sampling rate is below 1, which no row tells.
//
// https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/request-response-logging
//
// That page does not list the columns; they were taken from public samples.
// request_payload and response_payload, which tables of other endpoints have,
// and what otel_log holds, are not verified: otel_log repeats the call in
// another form and is not read.
type vertex struct{}

var _ Format = vertex{}

func (vertex) Name() string { return "vertex" }

func (vertex) Doc() string {
	return "Vertex AI request-response logging: rows of its BigQuery table as JSON lines, an array or a table"
}

// Detect accepts what begins with a row of the table. Of a row that was cut one
// of the columns before the bodies is enough.
func (vertex) Detect(s *Sample) error {
	v, err := s.record()
	if err != nil {
		return err
	}
	body := v.Get("full_request").Exists() || v.Get("full_response").Exists() || v.Get("request_payload").Exists() ||
		v.Get("response_payload").Exists()
	if v.Get("logging_time").Exists() && (body || v.Get("api_method").Exists() || v.Get("deployed_model_id").Exists()) ||
		body && v.Get("api_method").Exists() {
		return nil
	}
	return errors.New("the first record has no logging_time and full_request, full_response or api_method")
}

func (vertex) Framing(s *Sample) Framing { return JSONFraming(s) }

// Decode makes one event of a row. An object without the columns of one becomes
// an event of kind other.
func (vertex) Decode(d *Decoder, record []byte) error {
	if err := d.JSON.Parse(record); err != nil {
		return err
	}
	v := d.JSON.Root()
	if v.Kind() != jsontape.Object {
		return fmt.Errorf("decoding vertex record: want an object, not %s", v.Kind())
	}
	var r vertexRow
	r.read(v)
	r.decode(d, d.Add())
	return nil
}

// vertexRow holds the columns of a row that are used.
type vertexRow struct {
	time, requestID, endpoint, deployed, model, method jsontape.Value
	metadata, request, response                        jsontape.Value
	requestPayload, responsePayload                    jsontape.Value
}

func (r *vertexRow) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "logging_time":
			r.time = m
		case "request_id":
			r.requestID = m
		case "endpoint":
			r.endpoint = m
		case "deployed_model_id":
			r.deployed = m
		case "model":
			r.model = m
		case "api_method":
			r.method = m
		case "metadata":
			r.metadata = m
		case "full_request":
			r.request = m
		case "full_response":
			r.response = m
		case "request_payload":
			r.requestPayload = m
		case "response_payload":
			r.responsePayload = m
		}
	}
}

// decode fills the event. A time without a zone is UTC: TIMESTAMP has none, and
// tools of BigQuery print it so. The request id is a NUMERIC of up to 38 digits
// and stays text.
func (r *vertexRow) decode(d *Decoder, e *Event) {
	e.Plane = PlaneContent
	d.setTimeUTC(e, "logging_time", r.time)
	e.Provider = word(d, "google")
	e.RequestID = scalar(r.requestID)
	e.Operation = scalar(r.method)
	e.Endpoint = nameOf(r.endpoint)
	e.Deployment = nameOf(r.deployed)
	e.Model = lastSegment(r.model.Text())
	e.Latency = positive(millisOf(inlineJSON(d, r.metadata).Get("request_latency")))
	for _, name := range [...]jsontape.Value{r.endpoint, r.request.Get("model"), r.model} {
		setName(&e.Tenant, segmentAfter(name.Text(), "projects"))
		setName(&e.Region, segmentAfter(name.Text(), "locations"))
	}

	request, response := firstBody(r.request, r.requestPayload), firstBody(r.response, r.responsePayload)
	if !r.method.Exists() && !request.Exists() && !response.Exists() {
		e.Kind = KindOther
		return
	}
	if e.Kind = vertexKind(e.Operation); e.Kind == KindInference {
		e.Stream = googleStream(e.Operation)
	}
	decodeExchange(d, e, exchange{request: vertexBody(request), reply: vertexBody(response)})
}

// vertexKind returns what a method calls, "" where its name does not tell and
// the bodies must. Rows write its name with a capital and without.
func vertexKind(method []byte) Kind {
	var buf [64]byte
	name := appendLower(buf[:0], method[:min(len(method), len(buf))])
	has := func(part string) bool { return bytes.Contains(name, []byte(part)) }
	switch {
	case has("embed"):
		return KindEmbedding
	case has("generatecontent"), has("predict"), has("chatcompletions"):
		return KindInference
	case has("counttokens"), has("computetokens"):
		return KindOther
	}
	return ""
}

// vertexBody returns a body; payloads are lists of texts, of which a call has
// one.
func vertexBody(v jsontape.Value) body {
	if v.Kind() == jsontape.Array && v.Index(0).Kind() == jsontape.String && v.Len() == 1 {
		v = v.Index(0)
	}
	return bodyOf(v)
}
