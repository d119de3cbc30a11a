package formats

import (
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// portkey is a line of Portkey's log export. The fields that can be asked for
// are those of https://portkey.ai/docs/product/observability/logs-export and of
// requested_data in its API reference. What they hold was not seen in a real
// export: whether request and response are the bodies or objects around them,
// how created_at is written, and how metadata lies in the newer form are taken
// in each way that the documentation allows.
type portkey struct{}

var _ Witness = portkey{}

func (portkey) Name() string { return "portkey" }

func (portkey) Vantage() Vantage { return VantageGateway }

func (portkey) Doc() string { return "Portkey log exports" }

// Detect accepts a line by Portkey's own names; which fields it has was chosen
// when the export was asked for.
func (portkey) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "data")
	if err != nil {
		return err
	}
	if !hasAny(v, "ai_org", "ai_model") ||
		!hasAny(v, "req_units", "res_units", "total_units", "is_success", "response_status_code", "cost_currency", "prompt_slug") {
		return errors.New("the first record has no ai_org or ai_model with fields of a Portkey export")
	}
	return nil
}

func (portkey) Framing(s *Sample) Framing { return gatewayFraming(s, "data") }

// Decode makes one event of a line.
func (portkey) Decode(d *Decoder, record []byte) error {
	v, err := gatewayObject(d, "portkey", record)
	if err != nil {
		return err
	}
	e := d.Add()
	var r portkeyCall
	r.read(unfolded(d, v, "request", "response", "metadata.key", "metadata.value"))
	if !r.org.Exists() && !r.model.Exists() {
		e.Kind = KindOther
		return nil
	}
	r.decode(d, e)
	return nil
}

// portkeyCall holds the fields of a line that are used.
type portkeyCall struct {
	id, trace, created, url, method               jsontape.Value
	request, response, requestBody, responseBody  jsontape.Value
	org, model, tokensIn, tokensOut, success      jsontape.Value
	cost, currency, took, status, stream, virtual jsontape.Value
	prompt, metadata, metaKeys, metaValues        jsontape.Value
}

func (r *portkeyCall) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "trace_id":
			r.trace = m
		case "created_at":
			r.created = m
		case "request":
			r.request = m
		case "response":
			r.response = m
		case "request.body":
			r.requestBody = m
		case "response.body":
			r.responseBody = m
		case "request_url":
			r.url = m
		case "request_method":
			r.method = m
		case "ai_org":
			r.org = m
		case "ai_model":
			r.model = m
		case "req_units":
			r.tokensIn = m
		case "res_units":
			r.tokensOut = m
		case "is_success":
			r.success = m
		case "cost":
			r.cost = m
		case "cost_currency":
			r.currency = m
		case "response_time":
			r.took = m
		case "response_status_code":
			r.status = m
		case "stream_mode":
			r.stream = m
		case "virtual_key":
			r.virtual = m
		case "prompt_slug":
			r.prompt = m
		case "metadata":
			r.metadata = m
		case "metadata.key":
			r.metaKeys = m
		case "metadata.value":
			r.metaValues = m
		}
	}
}

// decode fills the event. A virtual key is the name of a provider's key in
// Portkey's vault.
func (r *portkeyCall) decode(d *Decoder, e *Event) {
	d.SetTime(e, "created_at", r.created)
	e.NativeID = nameOf(r.id)
	e.TraceID = nameOf(r.trace)
	e.Provider = nameOf(r.org)
	e.Model = nameOf(r.model)
	e.InputTokens = countOf(r.tokensIn)
	e.OutputTokens = countOf(r.tokensOut)
	e.Latency = millisOf(r.took)
	e.Stream = truth(r.stream)
	if e.CredentialID = nameOf(r.virtual); e.CredentialID != nil {
		e.CredentialKind = word(d, "virtual_key")
	}
	r.readCost(d, e)
	r.readMetadata(d, e)
	e.addID("prompt_slug", r.prompt)
	setStatus(e, r.status)
	r.content(d, e)
	setGatewayID(e, e.NativeID)
}

// readCost takes the cost, which is written in cents.
func (r *portkeyCall) readCost(d *Decoder, e *Event) {
	if c := nameOf(r.currency); c != nil && string(c) != "USD" {
		return
	}
	if e.CostUSD = decimalOf(r.cost, 7, true); e.CostUSD.OK {
		e.CostBasis = word(d, "portkey estimate")
	}
}

// readMetadata takes what the caller attached: an object, or names and values
// apart.
func (r *portkeyCall) readMetadata(d *Decoder, e *Event) {
	readRequestMetadata(e, d.nested(r.metadata))
	i := 0
	for key := range r.metaKeys.Elements() {
		if i == maxMetadata {
			return
		}
		if name, value := key.Text(), nameOf(r.metaValues.Index(i)); string(name) == "_user" && value != nil {
			setName(&e.EndUser, value)
		} else if len(name) > 0 && len(name) <= maxMetadataKey && value != nil {
			e.OtherIDs = append(e.OtherIDs, ID{"request_metadata." + string(name), value})
		}
		i++
	}
}

// content decodes the bodies, and takes from the headers of the reply, where
// the export has them, the id that the provider gave the request.
func (r *portkeyCall) content(d *Decoder, e *Event) {
	if bodyOf(r.requestBody).empty() { // in a table, an empty cell
		r.requestBody = portkeyBody(r.request)
	}
	if bodyOf(r.responseBody).empty() {
		r.responseBody = portkeyBody(r.response)
	}
	readReplyHeaders(d, e, r.response.Get("headers"))
	success := truth(r.success)
	if n := countOf(r.success); n.OK {
		success = BoolOf(n.V == 1)
	}
	if !e.HTTPStatus.OK && success.OK {
		e.Outcome = OutcomeError
		if success.V {
			e.Outcome = OutcomeSuccess
		}
	}
	e.Kind = gatewayKind(d, e, nameOf(r.url))
	decodeExchange(d, e, exchange{
		method: nameOf(r.method), url: nameOf(r.url), request: bodyOf(r.requestBody), reply: bodyOf(r.responseBody),
	})
}

// portkeyBody returns the body of one side: the value itself, or what stands in
// it beside headers and status.
func portkeyBody(v jsontape.Value) jsontape.Value {
	if b := v.Get("body"); b.Exists() {
		return b
	}
	return v
}
