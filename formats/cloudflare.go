package formats

import (
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// cloudflareGateway is the log of Cloudflare's AI Gateway: the objects of its
// API, https://developers.cloudflare.com/api/resources/ai_gateway/subresources/logs/,
// and the records of the Logpush dataset ai_gateway_events, whose bodies and
// metadata are encrypted with the customer's key,
// https://developers.cloudflare.com/ai-gateway/observability/logging/logpush/.
type cloudflareGateway struct{}

var _ Witness = cloudflareGateway{}

func (cloudflareGateway) Name() string { return "cloudflare-gateway" }

func (cloudflareGateway) Vantage() Vantage { return VantageGateway }

func (cloudflareGateway) Doc() string {
	return "Cloudflare AI Gateway logs: objects of the API, and records of Logpush with encrypted bodies"
}

// Detect accepts a log object, in the envelope of the API or bare, or a Logpush
// record.
func (cloudflareGateway) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "result")
	if err != nil {
		return err
	}
	v = cloudflareLog(v)
	log := hasAll(v, "provider", "cached") && hasAny(v, "tokens_in", "tokens_out") && hasAny(v, "path", "duration", "created_at")
	push := hasAll(v, "Gateway", "Provider", "StatusCode") && hasAny(v, "Cached", "Endpoint", "RateLimited", "RequestBody")
	if !log && !push {
		return errors.New("the first record has neither provider, cached and tokens_in nor Gateway, Provider and StatusCode")
	}
	return nil
}

func (cloudflareGateway) Framing(s *Sample) Framing { return gatewayFraming(s, "result") }

// cloudflareLog returns the log object of an answer about a single one.
func cloudflareLog(v jsontape.Value) jsontape.Value {
	if r := v.Get("result"); r.Kind() == jsontape.Object {
		return r
	}
	return v
}

// Decode makes one event of a log object.
func (cloudflareGateway) Decode(d *Decoder, record []byte) error {
	v, err := gatewayObject(d, "cloudflare-gateway", record)
	if err != nil {
		return err
	}
	e := d.Add()
	var r cloudflareCall
	r.read(cloudflareLog(v))
	if !r.provider.Exists() || !r.status.Exists() && !r.tokensIn.Exists() {
		e.Kind = KindOther
		return nil
	}
	r.decode(d, e)
	return nil
}

// cloudflareCall holds the members of a log object that are used, or those of
// a Logpush record, which have names of their own.
type cloudflareCall struct {
	id, created, pushed, edge, gateway               jsontape.Value
	provider, model, path, status, success, duration jsontape.Value
	tokensIn, tokensOut, cost, customCost            jsontape.Value
	metadata, agent, sizeIn, sizeOut                 jsontape.Value
	request, response, requestWhole, responseWhole   jsontape.Value
	dlpAction, dlpProfiles, rateLimited              jsontape.Value
}

func (r *cloudflareCall) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "created_at":
			r.created = m
		// The reference of the dataset's fields was not found; these are the
		// names that other datasets of Logpush have for the time.
		case "Datetime":
			r.pushed = m
		case "EdgeStartTimestamp":
			r.edge = m
		case "Gateway":
			r.gateway = m
		case "provider", "Provider":
			r.provider = m
		case "model", "Model":
			r.model = m
		case "path", "Endpoint":
			r.path = m
		case "status_code", "StatusCode":
			r.status = m
		case "success":
			r.success = m
		case "duration":
			r.duration = m
		case "tokens_in":
			r.tokensIn = m
		case "tokens_out":
			r.tokensOut = m
		case "cost":
			r.cost = m
		case "custom_cost":
			r.customCost = m
		case "metadata", "Metadata":
			r.metadata = m
		case "user_agent":
			r.agent = m
		case "request_size":
			r.sizeIn = m
		case "response_size":
			r.sizeOut = m
		case "request_head", "RequestBody":
			r.request = m
		case "response_head", "ResponseBody":
			r.response = m
		case "request_head_complete":
			r.requestWhole = m
		case "response_head_complete":
			r.responseWhole = m
		case "dlp_action":
			r.dlpAction = m
		case "dlp_profiles":
			r.dlpProfiles = m
		case "RateLimited":
			r.rateLimited = m
		}
	}
}

// decode fills the event. The gateway knows no caller but what is in the
// metadata, which the application sets.
func (r *cloudflareCall) decode(d *Decoder, e *Event) {
	d.SetTime(e, "created_at", r.created)
	if !r.created.Exists() {
		d.SetTime(e, "EdgeStartTimestamp", r.edge)
		d.SetTime(e, "Datetime", r.pushed)
	}
	e.NativeID = nameOf(r.id)
	e.Deployment = nameOf(r.gateway)
	e.Provider = nameOf(r.provider)
	e.Model = nameOf(r.model)
	e.Latency = millisOf(r.duration)
	e.InputTokens = countOf(r.tokensIn)
	e.OutputTokens = countOf(r.tokensOut)
	e.BytesIn, e.BytesOut = countOf(r.sizeIn), countOf(r.sizeOut)
	e.UserAgent = nameOf(r.agent)
	e.Client = d.clientOf(e.UserAgent)
	r.readCost(d, e)
	setStatus(e, r.status)
	r.readDLP(e)
	r.outcome(e)
	if !isEncrypted(r.metadata) {
		readRequestMetadata(e, d.nested(r.metadata))
	}
	r.content(d, e)
	setGatewayID(e, e.NativeID)
}

// readCost takes the cost, which Cloudflare estimates unless the caller gave
// the prices.
func (r *cloudflareCall) readCost(d *Decoder, e *Event) {
	if e.CostUSD = dollarsOf(r.cost); !e.CostUSD.OK {
		return
	}
	basis := "cloudflare estimate"
	if custom := truth(r.customCost); custom.V {
		basis = "cloudflare custom cost"
	}
	e.CostBasis = word(d, basis)
}

// readDLP takes what data loss prevention did: FLAG or BLOCK, and the profiles
// that matched. The fields are documented by their titles only
// (https://developers.cloudflare.com/ai-gateway/observability/logging/); their
// names are those that clients of the API read.
func (r *cloudflareCall) readDLP(e *Event) {
	e.GuardrailAction = nameOf(r.dlpAction)
	for p := range r.dlpProfiles.Elements() {
		if t := nameOf(p, p.Get("id"), p.Get("name")); t != nil && len(e.GuardrailPolicies) < maxPolicies {
			e.GuardrailPolicies = append(e.GuardrailPolicies, t)
		}
	}
}

// cloudflareBlocked is the status of a call that DLP or a guardrail stopped.
const cloudflareBlocked = 424

// outcome reads what the gateway did before it looks at the reply: it blocks,
// and it limits rates itself.
func (r *cloudflareCall) outcome(e *Event) {
	limited, success := truth(r.rateLimited), truth(r.success)
	switch {
	case e.HTTPStatus.V == cloudflareBlocked || string(e.GuardrailAction) == "BLOCK":
		e.Outcome = OutcomeBlocked
	case limited.V || countOf(r.rateLimited).V == 1:
		e.Outcome = OutcomeThrottled
	case e.HTTPStatus.OK:
	case success.OK && success.V:
		e.Outcome = OutcomeSuccess
	case success.OK:
		e.Outcome = OutcomeError
	}
}

// content decodes the bodies. The API gives the head of each, and says whether
// that is all of it; in Logpush they are encrypted.
func (r *cloudflareCall) content(d *Decoder, e *Event) {
	x := exchange{url: r.address(d), request: plainBody(r.request), reply: plainBody(r.response)}
	if isEncrypted(r.request) || isEncrypted(r.response) {
		e.ContentState = ContentEncrypted
	}
	if in, out := truth(r.requestWhole), truth(r.responseWhole); in.OK && !in.V || out.OK && !out.V {
		e.ContentState = ContentTruncated
	}
	e.Kind = gatewayKind(d, e, x.url)
	decodeExchange(d, e, x)
}

// plainBody returns a body that can be read.
func plainBody(v jsontape.Value) body {
	if isEncrypted(v) {
		return body{}
	}
	return bodyOf(v)
}

// address returns the path as that of an address: the API writes it without
// the slash before it.
func (r *cloudflareCall) address(d *Decoder) Text {
	path := nameOf(r.path)
	if len(path) == 0 || path[0] == '/' || hasHost(path) {
		return path
	}
	return joinText(d, "/", path, "", nil)
}

// isEncrypted reports whether a member of a Logpush record is encrypted: an
// object with the data and the key to them, itself encrypted with the
// customer's. What has no key is plain.
func isEncrypted(v jsontape.Value) bool {
	return v.Kind() == jsontape.Object && hasAll(v, "key", "data")
}
