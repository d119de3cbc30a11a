package formats

import (
	"errors"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// kong is a record of Kong's log plug-ins (file-log, http-log and their kin),
// to which the AI plug-ins add what they did, each under its name in the member
// ai. The members are those of https://developer.konghq.com/plugins/file-log/
// and https://developer.konghq.com/ai-gateway/ai-audit-log-reference/.
type kong struct{}

var _ Witness = kong{}

func (kong) Name() string { return "kong" }

func (kong) Vantage() Vantage { return VantageGateway }

func (kong) Doc() string {
	return "Kong Gateway: records of its log plug-ins, with what the AI plug-ins add"
}

// Detect accepts a record by the members that Kong's serializer writes, also of
// a request that no AI plug-in saw.
func (kong) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s)
	if err != nil {
		return err
	}
	if !hasAll(v, "started_at", "request") || !hasAny(v, "client_ip", "latencies") || !hasAny(v, "response", "ai", "latencies") {
		return errors.New("the first record has no started_at and request with the client_ip and latencies of Kong")
	}
	return nil
}

func (kong) Framing(s *Sample) Framing { return JSONFraming(s) }

// Decode makes an event of each AI plug-in that called a model, or one of the
// request when none did.
func (kong) Decode(d *Decoder, record []byte) error {
	v, err := gatewayObject(d, "kong", record)
	if err != nil {
		return err
	}
	var r kongRequest
	r.read(unfolded(d, v, "ai", "request", "response", "consumer", "authenticated_entity", "service", "route", "latencies"))
	if !r.started.Exists() || !r.uri.Exists() && !r.ai.Exists() {
		d.Add().Kind = KindOther
		return nil
	}
	main := r.mainPlugin()
	for name, plugin := range r.ai.Members() {
		if string(name) == string(main) || !isKongCall(plugin) {
			continue
		}
		if err := d.full("kong"); err != nil {
			return err
		}
		r.decodePlugin(d, d.Add(), name, plugin, false)
	}
	if main != nil {
		if err := d.full("kong"); err != nil {
			return err
		}
		r.decodePlugin(d, d.Add(), main, r.ai.Get(string(main)), true)
		return nil
	}
	e := d.Add()
	r.who(d, e)
	e.Plane, e.Kind = PlaneAccess, KindOther
	e.Operation = r.operation(d)
	e.NativeID = nameOf(r.id)
	e.Latency = millisOf(r.latency)
	setStatus(e, r.status)
	exchangeOutcome(e)
	readReplyHeaders(d, e, r.replyHeaders)
	setGatewayID(e, e.NativeID)
	return nil
}

// kongRequest holds the members of a record that are used.
type kongRequest struct {
	started, ip, consumer, entity, service, route jsontape.Value
	id, method, uri, url, size, headers           jsontape.Value // of the request
	status, replySize, replyHeaders               jsontape.Value // of the response
	latency, workspace, ai, payload               jsontape.Value
}

func (r *kongRequest) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "started_at":
			r.started = m
		case "client_ip":
			r.ip = m
		case "consumer":
			r.consumer = m
		case "authenticated_entity":
			r.entity = m
		case "service":
			r.service = m
		case "route":
			r.route = m
		case "request":
			r.readRequest(m)
		case "response":
			r.status, r.replySize, r.replyHeaders = m.Get("status"), m.Get("size"), m.Get("headers")
		case "latencies":
			r.latency = m.Get("request")
		case "workspace_name":
			r.workspace = m
		case "workspace":
			if !r.workspace.Exists() {
				r.workspace = m
			}
		case "ai":
			r.ai, r.payload = m, m.Path("payload", "request")
		}
	}
}

func (r *kongRequest) readRequest(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "method":
			r.method = m
		case "uri":
			r.uri = m
		case "url":
			r.url = m
		case "size":
			r.size = m
		case "headers":
			r.headers = m
		}
	}
}

// isKongCall reports whether a member of ai is a plug-in that called a model.
func isKongCall(v jsontape.Value) bool {
	return v.Kind() == jsontape.Object && hasAny(v, "usage", "meta")
}

// mainPlugin returns the name of the plug-in that passed the request on to the
// model: the proxy, or else the first one that called a model; nil when none
// did. Others, as those that let a model rewrite a request, call models for
// themselves.
func (r *kongRequest) mainPlugin() []byte {
	var first []byte
	for name, plugin := range r.ai.Members() {
		switch {
		case !isKongCall(plugin):
		case string(name) == "proxy" || string(name) == "ai-proxy" || string(name) == "ai-proxy-advanced":
			return name
		case first == nil:
			first = name
		}
	}
	return first
}

// who fills what the request tells of its caller. Of its headers, which may
// hold keys, only the user agent is taken.
func (r *kongRequest) who(d *Decoder, e *Event) {
	d.SetTime(e, "started_at", r.started)
	e.SrcIP = nameOf(r.ip)
	e.Principal = nameOf(r.consumer.Get("username"), r.consumer.Get("custom_id"), r.consumer.Get("id"), r.entity.Get("consumer_id"))
	if e.Principal != nil {
		e.PrincipalType = word(d, "consumer")
	}
	// The id of the credential's row in Kong, not the credential.
	e.CredentialID = nameOf(r.entity.Get("id"))
	e.Tenant = nameOf(r.workspace)
	e.App = nameOf(r.service.Get("name"))
	e.Endpoint = readURL(d, nameOf(r.url)).host
	for key, m := range r.headers.Members() {
		var low [16]byte
		if len(key) <= len(low) && string(appendLower(low[:0], key)) == "user-agent" {
			e.UserAgent = nameOf(m, m.Index(0))
		}
	}
	e.Client = d.clientOf(e.UserAgent)
	e.BytesIn, e.BytesOut = countOf(r.size), countOf(r.replySize)
}

// operation returns method and path of the request, without its query.
func (r *kongRequest) operation(d *Decoder) Text {
	path := withoutQuery(nameOf(r.uri))
	if len(path) == 0 {
		return nameOf(r.method)
	}
	return joinText(d, "", nameOf(r.method), " ", path)
}

// decodePlugin fills the event of one plug-in's call of a model. The cost is
// not taken: it is in whatever currency the prices were entered in.
func (r *kongRequest) decodePlugin(d *Decoder, e *Event, name []byte, plugin jsontape.Value, main bool) {
	r.who(d, e)
	var request, reply jsontape.Value
	for key, m := range plugin.Members() {
		switch string(key) {
		case "usage":
			r.readUsage(e, m)
		case "meta":
			r.readMeta(e, m)
		case "payload":
			request, reply = m.Get("request"), m.Get("response")
		case "rag-inject":
			if ids := m.Get("chunk_ids"); ids.Len() > 0 {
				e.Retrieved = rawJSON(d, ids)
			}
		case "lakera-guard":
			r.readLakera(d, e, m)
		}
	}
	e.Service = d.Arena.Copy(name)
	if main {
		if !request.Exists() {
			request = r.payload // until 3.8 the request stood beside the plug-ins
		}
		setStatus(e, r.status)
		e.NativeID = nameOf(r.id)
		if !e.Latency.OK {
			e.Latency = millisOf(r.latency)
		}
		readReplyHeaders(d, e, r.replyHeaders)
	}
	e.Operation = r.operation(d)
	e.Kind = gatewayKind(d, e, nil)
	decodeExchange(d, e, exchange{request: bodyOf(request), reply: bodyOf(reply)})
	r.ids(e, main)
}

// ids keeps Kong's id of the request, which the caller got as X-Kong-Request-Id.
func (r *kongRequest) ids(e *Event, main bool) {
	if main {
		setGatewayID(e, nameOf(r.id))
		return
	}
	e.addID("kong_request_id", r.id)
}

// readUsage takes the tokens. Older versions write prompt_token and
// completion_token; input and output are those of images and speech.
func (r *kongRequest) readUsage(e *Event, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "prompt_token", "prompt_tokens", "input_tokens":
			setCount(&e.InputTokens, m)
		case "completion_token", "completion_tokens", "output_tokens":
			setCount(&e.OutputTokens, m)
		case "prompt_tokens_details":
			setCount(&e.CacheReadTokens, m.Get("cached_tokens"))
		case "completion_tokens_details":
			setCount(&e.ReasoningTokens, m.Get("reasoning_tokens"))
		case "time_to_first_token":
			e.TTFT = millisOf(m)
		}
	}
}

// setCount sets a count that is still NULL or zero: Kong writes a zero for the
// modality that a call does not use.
func setCount(column *Int, v jsontape.Value) {
	if n := countOf(v); n.OK && column.V == 0 {
		*column = n
	}
}

// readMeta takes the models and the latency of the provider.
func (r *kongRequest) readMeta(e *Event, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "request_model":
			e.Model = nameOf(m)
		case "response_model":
			e.ModelResponse = nameOf(m)
		case "provider_name":
			e.Provider = nameOf(m)
		case "llm_latency":
			e.Latency = millisOf(m)
		case "request_mode":
			if mode := m.Text(); len(mode) > 0 {
				e.Stream = BoolOf(string(mode) == "stream")
			}
		}
	}
}

// readLakera takes why Lakera Guard blocked a request or a reply.
func (r *kongRequest) readLakera(d *Decoder, e *Event, v jsontape.Value) {
	for _, side := range [...]string{"input_block_reason", "output_block_reason"} {
		if reason := nameOf(v.Get(side)); reason != nil {
			e.Outcome, e.GuardrailAction = OutcomeBlocked, word(d, "block")
			e.GuardrailPolicies = append(e.GuardrailPolicies, reason)
		}
	}
}
