package formats

import (
	"bytes"
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// helicone is a request as Helicone's API returns it and its export tool writes
// it, with the bodies or with the address where they lie. The members are those
// of https://docs.helicone.ai/rest/request and of HeliconeRequest in
// https://github.com/Helicone/helicone; the CSV of the export tool has a few of
// them, and none of its ids but response_id.
type helicone struct{}

var _ Witness = helicone{}

func (helicone) Name() string { return "helicone" }

func (helicone) Vantage() Vantage { return VantageGateway }

func (helicone) Doc() string {
	return "Helicone requests: answers of the API, and JSON, JSON lines or CSV of the export tool"
}

// Detect accepts a request by the names of its two times.
func (helicone) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "data")
	if err != nil {
		return err
	}
	if !v.Get("request_created_at").Exists() || !hasAny(v, "response_created_at", "response_status") ||
		!hasAny(v, "request_path", "request_body", "request_properties", "helicone_user") {
		return errors.New("the first record has no request_created_at with a response_status and a request_path or request_body")
	}
	return nil
}

func (helicone) Framing(s *Sample) Framing { return gatewayFraming(s, "data") }

// Decode makes one event of a request.
func (helicone) Decode(d *Decoder, record []byte) error {
	v, err := gatewayObject(d, "helicone", record)
	if err != nil {
		return err
	}
	e := d.Add()
	var r heliconeRequest
	r.read(v)
	if !r.created.Exists() || !r.ended.Exists() && !r.status.Exists() {
		e.Kind = KindOther
		return nil
	}
	r.decode(d, e)
	return nil
}

// heliconeRequest holds the members of a request that are used.
type heliconeRequest struct {
	id, created, ended, path, target                       jsontape.Value
	user, owner, properties                                jsontape.Value
	model, modelAsked, modelForced, modelAnswered          jsontape.Value
	provider, status, delay, firstToken                    jsontape.Value
	promptTokens, completionTokens, cacheRead, cacheWrite  jsontape.Value
	totalTokens                                            jsontape.Value
	cost, request, response, replyID, bodyURL, latencyText jsontape.Value
}

func (r *heliconeRequest) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "request_id":
			r.id = m
		case "request_created_at":
			r.created = m
		case "response_created_at":
			r.ended = m
		case "request_path":
			r.path = m
		case "target_url":
			r.target = m
		case "request_user_id":
			r.user = m
		case "helicone_user":
			r.owner = m
		case "request_properties":
			r.properties = m
		case "model":
			r.model = m
		case "request_model":
			r.modelAsked = m
		case "model_override":
			r.modelForced = m
		case "response_model":
			r.modelAnswered = m
		case "provider":
			r.provider = m
		case "response_status":
			r.status = m
		case "delay_ms":
			r.delay = m
		case "latency":
			r.latencyText = m
		case "time_to_first_token":
			r.firstToken = m
		case "prompt_tokens":
			r.promptTokens = m
		case "completion_tokens":
			r.completionTokens = m
		case "total_tokens":
			r.totalTokens = m
		case "prompt_cache_read_tokens":
			r.cacheRead = m
		case "prompt_cache_write_tokens":
			r.cacheWrite = m
		case "cost", "costUSD":
			r.cost = m
		case "request_body":
			r.request = m
		case "response_body":
			r.response = m
		case "response_id":
			r.replyID = m
		case "signed_body_url":
			r.bodyURL = m
		}
	}
}

// decode fills the event. The API writes times from its database; where they
// come without a zone none is assumed, since nothing public says which it is.
// The user is what the caller put into a header, and no login. The country that
// Helicone looked up is left to the enrichment, which does it for all sources.
func (r *heliconeRequest) decode(d *Decoder, e *Event) {
	d.SetTime(e, "request_created_at", r.created)
	e.TSEnd, _, _ = d.time(r.ended)
	if e.Latency = millisOf(r.delay); !e.Latency.OK {
		e.Latency = millisOf(r.latencyText)
	}
	e.TTFT = millisOf(r.firstToken)
	e.EndUser = nameOf(r.user)
	e.Tenant = nameOf(r.owner) // whose account of Helicone it is
	e.Provider = nameOf(r.provider)
	e.Model = nameOf(r.modelForced, r.modelAsked, r.model)
	e.ModelResponse = nameOf(r.modelAnswered)
	u := usage{ // whether the prompt counts the cache, its total tells
		input: countOf(r.promptTokens), output: countOf(r.completionTokens),
		cacheRead: countOf(r.cacheRead), cacheWrite: countOf(r.cacheWrite), total: countOf(r.totalTokens),
	}
	u.fill(e)
	if e.CostUSD = dollarsOf(r.cost); e.CostUSD.OK {
		e.CostBasis = word(d, "helicone estimate")
	}
	setStatus(e, r.status)
	readRequestMetadata(e, d.nested(r.properties))
	r.content(d, e)
	r.ids(e)
}

// content decodes the bodies, or says that they lie elsewhere. The address of
// them is signed, and the signature is the right to read them: it is not kept.
func (r *heliconeRequest) content(d *Decoder, e *Event) {
	address := nameOf(r.path)
	if target := nameOf(r.target); target != nil && !hasHost(address) {
		address = target
	}
	x := exchange{url: address, request: heliconeBody(r.request), reply: heliconeBody(r.response)}
	if place := withoutQuery(nameOf(r.bodyURL)); len(place) > 0 && x.request.empty() && x.reply.empty() {
		e.ContentState = ContentExternal
		e.OtherIDs = append(e.OtherIDs, ID{"body_url", place})
	}
	e.Kind = gatewayKind(d, e, address)
	decodeExchange(d, e, x)
}

// heliconeBody returns a body. Where it was not fetched a message of Helicone's
// stands in its place.
func heliconeBody(v jsontape.Value) body {
	b := bodyOf(v)
	if bytes.HasPrefix(b.text, []byte(`{"helicone_message":`)) {
		return body{}
	}
	if v.Kind() == jsontape.Object && (v.Len() == 0 || v.Len() == 1 && v.Get("helicone_message").Exists()) {
		return body{}
	}
	return b
}

// ids reads the ids. Both are Helicone's: response_id is that of its row, never
// the id that the provider gave the reply.
func (r *heliconeRequest) ids(e *Event) {
	id := nameOf(r.id)
	if e.NativeID = id; id == nil {
		e.NativeID = nameOf(r.replyID)
	}
	setGatewayID(e, id)
	e.addID("helicone_response_id", r.replyID)
}
