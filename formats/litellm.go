package formats

import (
	"bytes"
	"errors"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// liteLLM is the payload that LiteLLM hands to its logging callbacks: what lies
// in S3 and GCS buckets, and what custom callbacks and generic APIs receive.
// The fields are those of https://docs.litellm.ai/docs/proxy/logging_spec.
type liteLLM struct{}

var _ Witness = liteLLM{}

func (liteLLM) Name() string { return "litellm" }

func (liteLLM) Vantage() Vantage { return VantageGateway }

func (liteLLM) Doc() string {
	return "LiteLLM StandardLoggingPayload: objects in S3 and GCS buckets, and what callbacks received"
}

// Detect accepts a payload by the members that LiteLLM writes first, since the
// messages behind them may be longer than the sample.
func (liteLLM) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "data")
	if err != nil {
		return err
	}
	if !hasAll(v, "call_type", "startTime") || v.Get("request_id").Exists() ||
		!hasAny(v, "response_cost", "saved_cache_cost", "hidden_params", "model_map_information", "status_fields") {
		return errors.New("the first record has no call_type and startTime with a response_cost or hidden_params")
	}
	return nil
}

func (liteLLM) Framing(s *Sample) Framing { return gatewayFraming(s, "data") }

// Decode makes one event of a record. An object without call_type becomes an
// event of kind other.
func (liteLLM) Decode(d *Decoder, record []byte) error { return decodeLiteLLM(d, "litellm", record) }

// liteLLMSpend is the table LiteLLM_SpendLogs, as the proxy's /spend/logs
// returns it, or exported from Postgres as JSON or CSV. The columns are those
// of https://github.com/BerriAI/litellm/blob/main/schema.prisma.
type liteLLMSpend struct{}

var _ Witness = liteLLMSpend{}

func (liteLLMSpend) Name() string { return "litellm-spend" }

func (liteLLMSpend) Vantage() Vantage { return VantageGateway }

func (liteLLMSpend) Doc() string {
	return "LiteLLM spend logs: rows of LiteLLM_SpendLogs from the API or the database"
}

// Detect accepts a row of the table.
func (liteLLMSpend) Detect(s *Sample) error {
	v, _, err := gatewayRecord(s, "data")
	if err != nil {
		return err
	}
	if !hasAll(v, "request_id", "call_type", "startTime") || !hasAny(v, "spend", "api_key") {
		return errors.New("the first record has no request_id, call_type and startTime with a spend or api_key")
	}
	return nil
}

func (liteLLMSpend) Framing(s *Sample) Framing { return gatewayFraming(s, "data") }

// Decode makes one event of a row.
func (liteLLMSpend) Decode(d *Decoder, record []byte) error {
	return decodeLiteLLM(d, "litellm-spend", record)
}

func decodeLiteLLM(d *Decoder, format string, record []byte) error {
	v, err := gatewayObject(d, format, record)
	if err != nil {
		return err
	}
	var r liteLLMCall
	r.read(v)
	r.decode(d, d.Add())
	return nil
}

// liteLLMCall holds the members of a payload or a row that are used, found in
// one pass. Both have most of them.
type liteLLMCall struct {
	row bool // of the table, which has a request_id

	id, trace, session, callType, status                jsontape.Value
	start, end, first                                   jsontape.Value
	model, group, provider, base                        jsontape.Value
	key, user, team, org, endUser, ip, agent            jsontape.Value
	promptTokens, completionTokens, cost                jsontape.Value
	metadata, hidden, params, tags, guardrails          jsontape.Value
	messages, response, request                         jsontape.Value
	cacheHit, stream, failure, failureText              jsontape.Value
	keyAlias, keyHash, userID, userMail, teamID, orgID  jsontape.Value // of the metadata from here
	metaIP, metaAgent, metaEndUser, metaStatus, coldKey jsontape.Value
	metaFailure, metaGuardrails, tool, searches, usage  jsontape.Value
	callerData, spendData                               jsontape.Value

	state Text // success or failure
	cold  bool // the bodies lie in cold storage
}

func (r *liteLLMCall) read(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "id":
			r.id = m
		case "request_id":
			r.id, r.row = m, true
		case "trace_id":
			r.trace = m
		case "session_id":
			r.session = m
		case "call_type":
			r.callType = m
		case "status":
			r.status = m
		case "startTime":
			r.start = m
		case "endTime":
			r.end = m
		case "completionStartTime":
			r.first = m
		case "model":
			r.model = m
		case "model_group":
			r.group = m
		case "custom_llm_provider":
			r.provider = m
		case "api_base":
			r.base = m
		case "api_key":
			r.key = m
		case "user":
			r.user = m
		case "team_id":
			r.team = m
		case "organization_id":
			r.org = m
		case "end_user":
			r.endUser = m
		case "requester_ip_address":
			r.ip = m
		case "user_agent":
			r.agent = m
		case "prompt_tokens":
			r.promptTokens = m
		case "completion_tokens":
			r.completionTokens = m
		case "response_cost", "spend":
			r.cost = m
		case "metadata":
			r.metadata = m
		case "hidden_params":
			r.hidden = m
		case "model_parameters":
			r.params = m
		case "request_tags":
			r.tags = m
		case "guardrail_information":
			r.guardrails = m
		case "messages":
			r.messages = m
		case "response":
			r.response = m
		case "proxy_server_request":
			r.request = m
		case "cache_hit":
			r.cacheHit = m
		case "stream":
			r.stream = m
		case "error_information":
			r.failure = m
		case "error_str":
			r.failureText = m
		}
	}
}

// readMetadata takes the metadata of a payload, or the text of it that a row
// has. Its values are valid until other nested JSON is parsed.
func (r *liteLLMCall) readMetadata(v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "user_api_key_hash", "user_api_key":
			if r.keyHash.Kind() != jsontape.String {
				r.keyHash = m
			}
		case "user_api_key_alias":
			r.keyAlias = m
		case "user_api_key_user_id":
			r.userID = m
		case "user_api_key_user_email":
			r.userMail = m
		case "user_api_key_team_id":
			r.teamID = m
		case "user_api_key_org_id":
			r.orgID = m
		case "user_api_key_end_user_id":
			r.metaEndUser = m
		case "requester_ip_address":
			r.metaIP = m
		case "user_agent":
			r.metaAgent = m
		case "status":
			r.metaStatus = m
		case "cold_storage_object_key":
			r.coldKey = m
		case "error_information":
			r.metaFailure = m
		case "guardrail_information":
			r.metaGuardrails = m
		case "mcp_tool_call_metadata":
			r.tool = m
		case "vector_store_request_metadata":
			r.searches = m
		case "usage_object", "additional_usage_values":
			r.usage = m
		case "requester_metadata":
			r.callerData = m
		case "spend_logs_metadata":
			r.spendData = m
		}
	}
}

// decode fills the event. All that the metadata says is taken before any other
// nested JSON is parsed.
func (r *liteLLMCall) decode(d *Decoder, e *Event) {
	if !r.callType.Exists() {
		e.Kind = KindOther
		return
	}
	r.times(d, e)
	e.Operation = scalar(r.callType)
	e.Deployment = nameOf(r.group) // the name that the caller asked for, behind which deployments stand
	e.Provider = nameOf(r.provider)
	e.Model = liteLLMModel(nameOf(r.model), e.Provider)
	base := readURL(d, nameOf(r.base))
	e.Endpoint, e.Region = base.host, base.place
	e.InputTokens = countOf(r.promptTokens)
	e.OutputTokens = countOf(r.completionTokens)
	if e.CostUSD = dollarsOf(r.cost); e.CostUSD.OK {
		e.CostBasis = word(d, "litellm estimate")
	}
	e.Stream = truth(r.stream)
	r.readMetadata(d.nested(r.metadata))
	r.who(d, e)
	r.fromMetadata(d, e)
	readReplyHeaders(d, e, d.nested(r.hidden).Get("additional_headers"))
	r.readGuardrails(e, d.nested(r.guardrails))
	r.readTags(d, e)
	r.readParameters(d, e)
	r.kind(e)
	kind := e.Kind
	r.content(d, e)
	e.Kind = kind
	r.outcome(e)
	r.ids(e)
}

// liteLLMModel returns the name that the provider has for a model: LiteLLM
// writes its own word for the provider before it.
func liteLLMModel(model, provider Text) Text {
	if name, ok := bytes.CutPrefix(model, provider); ok && len(provider) > 0 && len(name) > 1 && name[0] == '/' {
		return name[1:]
	}
	return model
}

// times reads the times of the call. A payload has seconds since 1970. The
// table's columns are TIMESTAMP(3) without a zone, which LiteLLM fills in UTC
// (_ensure_datetime_utc in spend_tracking_utils.py), and which exports from
// Postgres show bare: they are read as UTC, whatever zone is assumed for times
// without one. Rows of versions before https://github.com/BerriAI/litellm/pull/8190
// (February 2025) hold the local time of a server that was not set to UTC, and
// the API adds a Z to them all the same; nothing in a row tells. A bare time
// that is finer than the column's milliseconds never was in the table: it is
// Python's own local time, whose zone is not known.
func (r *liteLLMCall) times(d *Decoder, e *Event) {
	zone := d.AssumeTZ
	defer func() { d.AssumeTZ = zone }()
	if t, _, zoned, ok := ParseTime(r.start.Text()); r.row && ok && !zoned && t.Micros%1000 == 0 {
		d.AssumeTZ = time.UTC
	}
	d.SetTime(e, "startTime", r.start)
	e.TSEnd, _, _ = d.time(r.end)
	e.Latency = span(e.TS, e.TSEnd)
	// Of a call that was not streamed the first token came with the last.
	if first, _, _ := d.time(r.first); first.OK && e.TSEnd.OK && first.Micros < e.TSEnd.Micros {
		e.TTFT = span(e.TS, first)
	}
}

// who fills the columns about the caller: the owner of the virtual key, or
// else the name of the key. The key is its SHA-256.
func (r *liteLLMCall) who(d *Decoder, e *Event) {
	e.Principal = nameOf(r.user, r.userID, r.userMail, r.keyAlias)
	e.Tenant = nameOf(r.org, r.orgID, r.team, r.teamID)
	e.EndUser = nameOf(r.endUser, r.metaEndUser)
	e.SrcIP = nameOf(r.ip, r.metaIP)
	e.UserAgent = nameOf(r.agent, r.metaAgent)
	if e.CredentialID = safeKey(d, nameOf(r.keyHash, r.key)); e.CredentialID != nil {
		e.CredentialKind = word(d, "api_key")
	}
}

// ids reads the ids. What LiteLLM calls the id of the payload, and the
// request_id of a row, is the id of the reply; only where there is none, as for
// a failed call, it is LiteLLM's own id of the call, a UUID that the caller got
// as x-litellm-call-id (get_standard_logging_object_payload in
// litellm_logging.py, get_spend_logs_id in spend_tracking_utils.py). For
// providers whose replies have no id, such as Bedrock Converse, LiteLLM makes
// one up, which only its own logs have.
func (r *liteLLMCall) ids(e *Event) {
	id := nameOf(r.id)
	// The id is unique in the table. In payloads it is in those of calls that
	// succeeded: retries of a failed one repeat it, and reads of a file that of
	// the file.
	if r.row || string(r.state) == "success" && isContent(e.Kind) {
		e.NativeID = id
	}
	setName(&e.TraceID, nameOf(r.trace))
	if session := nameOf(r.session); r.row && session != nil {
		// The table's session_id is the payload's trace_id (_get_session_id_for_spend_log).
		setName(&e.TraceID, session)
		if e.SessionID != nil && !bytes.Equal(e.SessionID, session) {
			e.OtherIDs = append(e.OtherIDs, ID{"session_id", e.SessionID})
		}
		e.SessionID = session
	}
	reply, _, marked := bytes.Cut(id, []byte(cacheHitMark))
	switch cached := truth(r.cacheHit); {
	case cached.V || marked:
		r.cachedIDs(e, reply)
	case isUUID(id):
		if setGatewayID(e, id); !bytes.Equal(e.RequestID, id) && !bytes.Equal(e.ResponseID, id) {
			e.OtherIDs = append(e.OtherIDs, ID{"litellm_call_id", id})
		}
	case isContent(e.Kind):
		setName(&e.ResponseID, id)
	case !r.row:
		e.addID("object_id", r.id)
	}
}

// cacheHitMark stands in the id of a call that was answered from LiteLLM's
// cache, between the id of the reply in it and a time.
const cacheHitMark = "_cache_hit"

// cachedIDs keeps apart the id of a reply that came out of the cache. The call
// never reached the provider, and the reply was one to another call.
func (r *liteLLMCall) cachedIDs(e *Event, reply Text) {
	e.ResponseID, e.RequestID = nil, nil
	if len(reply) > 0 {
		e.OtherIDs = append(e.OtherIDs, ID{"cached_response_id", reply})
	}
}
