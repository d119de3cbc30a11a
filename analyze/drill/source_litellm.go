package drill

import "time"

// litellm writes the payload that a LiteLLM gateway hands to its logging
// callbacks, one for each call of a model, whichever provider has it
// (https://docs.litellm.ai/docs/proxy/logging_spec). Its callers send the id of
// their trace as x-litellm-trace-id, which becomes the trace_id.
type litellm struct{}

var _ source = litellm{}

func (litellm) name() string      { return "litellm" }
func (litellm) framing() framing  { return framing{"", "\n", "\n"} }
func (litellm) extension() string { return ".jsonl" }
func (litellm) period() int64     { return hourMS }

func (litellm) key(_ string, ms int64, unique string) string {
	return time.UnixMilli(ms).UTC().Format("litellm/2006-01-02/time-15-04-05_") + unique + ".jsonl"
}

func (litellm) sees(e *event) bool { return e.model != nil && !e.outside }

func (l litellm) append(dst []byte, w *scribe, e *event) []byte {
	d, p := w.say(e), w.follow(e)
	dst = l.appendID(append(dst, `{"id":"`...), d, e, p)
	dst = appendHexes(append(dst, `","trace_id":"`...), p.trace[:])
	dst = appendStrings(dst, `","call_type":"`, l.callType(e), `","cache_hit":null,"stream":`)
	dst = appendBool(dst, d.streamed)
	dst = l.status(dst, e)
	dst = appendStrings(dst, `,"custom_llm_provider":"`, l.provider(e), `","saved_cache_cost":0.0,"startTime":`)
	dst = appendSeconds(dst, p.proxy.from)
	dst = appendSeconds(append(dst, `,"endTime":`...), p.proxy.to)
	dst = appendSeconds(append(dst, `,"completionStartTime":`...), p.proxy.first)
	dst = appendSeconds(append(dst, `,"response_time":`...), p.proxy.took())
	dst = appendStrings(dst, `,"model":"`, e.model.id, `","metadata":`)
	dst = l.metadata(dst, d, e)
	dst = appendDollars(append(dst, `,"cache_key":null,"response_cost":`...), p.cost)
	dst = l.tokens(append(dst, ','), d, e)
	dst = l.baseURL(append(dst, `,"request_tags":[],"end_user":"","api_base":"`...), e)
	dst = appendStrings(dst, `","model_group":"`, e.model.alias, `","model_id":"`, e.model.alias, `-`, e.Region,
		`","requester_ip_address":"`, e.Addr, `","messages":`)
	dst = l.messages(dst, d)
	dst = append(dst, `,"response":`...)
	dst = l.response(dst, d, e, p)
	dst = l.parameters(append(dst, `,"model_parameters":`...), d)
	dst = l.hidden(append(dst, `,"hidden_params":`...), e, p)
	dst = appendStrings(dst, `,"model_map_information":{"model_map_key":"`, e.model.id, `","model_map_value":null}`)
	return append(l.failure(dst, e), `,"guardrail_information":null}`...)
}

// appendID appends the id of the payload: that of the reply, which LiteLLM
// makes up unless the provider speaks the same language; where there is no
// reply or it has no id, that of the call.
func (litellm) appendID(dst []byte, d *dialog, e *event, p *passage) []byte {
	if e.ErrorCode != "" || e.model.embeds {
		return p.gateway.append(dst)
	}
	return litellm{}.appendReplyID(dst, d, p)
}

func (litellm) appendReplyID(dst []byte, d *dialog, p *passage) []byte {
	if d.model.openAI() {
		return d.appendReplyID(dst, d.model.body)
	}
	return p.gateway.append(append(dst, `chatcmpl-`...))
}

func (litellm) callType(e *event) string {
	if e.model.embeds {
		return "aembedding"
	}
	return "acompletion"
}

func (litellm) provider(e *event) string {
	if e.model.openAI() {
		return "openai"
	}
	return "bedrock"
}

func (litellm) status(dst []byte, e *event) []byte {
	if e.ErrorCode != "" {
		return append(dst, `,"status":"failure","status_fields":{"llm_api_status":"failure","guardrail_status":"not_run"}`...)
	}
	return append(dst, `,"status":"success","status_fields":{"llm_api_status":"success","guardrail_status":"not_run"}`...)
}

// metadata appends who called: the virtual key is the caller's own, its team
// the role that the caller has.
func (l litellm) metadata(dst []byte, d *dialog, e *event) []byte {
	dst = appendNameHash(append(dst, `{"user_api_key_hash":"`...), e.Who.Name)
	dst = appendStrings(dst, `","user_api_key_alias":"`, e.Who.Name, `","user_api_key_user_id":"`, e.Who.Name, `","user_api_key_team_id":`)
	if e.Who.Role != "" {
		dst = appendQuoted(dst, e.Who.Role)
	} else {
		dst = append(dst, `null`...)
	}
	dst = appendStrings(dst, `,"user_api_key_org_id":null,"spend_logs_metadata":null,"requester_metadata":{},"requester_ip_address":"`, e.Addr, `","user_agent":"`)
	dst = appendText(dst, e.UserAgent)
	dst = append(dst, `","applied_guardrails":[],"cold_storage_object_key":null,"usage_object":`...)
	return append(l.usage(dst, d, e), '}')
}

// usage appends the tokens of a reply. As OpenAI counts, those of the prompt
// include what a cache served or took.
func (l litellm) usage(dst []byte, d *dialog, e *event) []byte {
	dst = l.tokens(append(dst, '{'), d, e)
	if e.ErrorCode == "" && d.cacheRead > 0 {
		dst = appendNumber(dst, `,"prompt_tokens_details":{"cached_tokens":`, d.cacheRead)
		dst = appendNumber(dst, `},"cache_creation_input_tokens":`, d.cacheWrite)
		dst = appendNumber(dst, `,"cache_read_input_tokens":`, d.cacheRead)
	}
	return append(dst, '}')
}

// tokens appends the sums, which are zero for a call that failed.
func (litellm) tokens(dst []byte, d *dialog, e *event) []byte {
	in, out := d.promptTokens(), d.tokensOut
	if e.ErrorCode != "" {
		in, out = 0, 0
	}
	dst = appendNumber(dst, `"total_tokens":`, in+out)
	dst = appendNumber(dst, `,"prompt_tokens":`, in)
	return appendNumber(dst, `,"completion_tokens":`, out)
}

func (litellm) baseURL(dst []byte, e *event) []byte {
	if e.model.openAI() {
		return append(dst, `https://api.openai.com/v1/`...)
	}
	return appendStrings(dst, `https://`, e.host(), `/model/`, e.model.id, bedrockPath(e.Operation))
}

// bedrockPath ends the address of an operation of Bedrock.
func bedrockPath(operation string) string {
	switch operation {
	case opInvoke:
		return "/invoke"
	case opInvokeStream:
		return "/invoke-with-response-stream"
	case opConverse:
		return "/converse"
	default:
		return "/converse-stream"
	}
}

func (litellm) messages(dst []byte, d *dialog) []byte {
	if d.model.embeds {
		return append(d.appendField(dst, `"`, d.input[len(d.input)-1].text), '"')
	}
	return d.appendChat(dst)
}

// response appends the reply as the caller got it.
func (l litellm) response(dst []byte, d *dialog, e *event, p *passage) []byte {
	switch {
	case e.ErrorCode != "":
		return append(dst, `{}`...)
	case e.model.embeds:
		dst = appendStrings(dst, `{"model":"`, e.model.id, `","data":[{"embedding":`)
		dst = append(d.appendVector(dst), `,"index":0,"object":"embedding"}],"object":"list","usage":`...)
		return append(l.usage(dst, d, e), '}')
	}
	dst = l.appendReplyID(append(dst, `{"id":"`...), d, p)
	dst = appendNumber(dst, `","created":`, int(p.proxy.to/1_000_000))
	name := e.model.id
	if e.model.openAI() {
		name = e.model.answers
	}
	dst = appendStrings(dst, `,"model":"`, name, `","object":"chat.completion","choices":[{"finish_reason":"`, chatStops[d.stop], `","index":0,"message":`)
	dst = d.appendAnswer(dst, d.reply)
	return append(l.usage(append(dst, `}],"usage":`...), d, e), '}')
}

// parameters appends those of the call, as OpenAI calls them.
func (litellm) parameters(dst []byte, d *dialog) []byte {
	if d.model.embeds {
		return append(appendNumber(dst, `{"dimensions":`, dimensions), '}')
	}
	dst = appendNumber(dst, `{"max_tokens":`, d.maxTokens)
	dst = d.appendTemperature(dst)
	if d.streamed {
		dst = append(dst, `,"stream":true`...)
	}
	if d.tools {
		dst = d.appendFunctions(append(dst, `,"tools":`...))
	}
	return append(dst, '}')
}

// hidden appends what LiteLLM keeps of the provider's reply beside its body:
// above all the id of the request, which the log of the provider has as well.
// That it is kept of errors too is what the code of LiteLLM says; how it is
// spelt there was not verified.
func (l litellm) hidden(dst []byte, e *event, p *passage) []byte {
	dst = appendStrings(dst, `{"model_id":"`, e.model.alias, `-`, e.Region, `","cache_key":null,"api_base":"`)
	dst = l.baseURL(dst, e)
	dst = appendDollars(append(dst, `","response_cost":`...), p.cost)
	dst = appendHTTPDate(append(dst, `,"additional_headers":{"llm_provider-date":"`...), p.proxy.first)
	dst = appendStrings(dst, `","llm_provider-`, e.requestHeader(), `":"`)
	dst = e.appendRequestID(dst)
	return appendStrings(dst, `"},"batch_models":null,"litellm_model_name":"`, l.provider(e), `/`, e.model.id, `","usage_object":null}`)
}

// failure appends the error, which LiteLLM names after the exceptions of
// OpenAI's library.
func (l litellm) failure(dst []byte, e *event) []byte {
	if e.ErrorCode == "" {
		return append(dst, `,"error_str":null,"error_information":{"error_code":"","error_class":"","llm_provider":"","traceback":"","error_message":""}`...)
	}
	f := &failures[e.outcome]
	dst = appendStrings(dst, `,"error_str":"litellm.`, f.class, `: `)
	dst = appendText(dst, e.message())
	dst = appendNumber(dst, `","error_information":{"error_code":"`, f.status)
	dst = appendStrings(dst, `","error_class":"`, f.class, `","llm_provider":"`, l.provider(e), `","traceback":"","error_message":"litellm.`, f.class, `: `)
	return append(appendText(dst, e.message()), `"}`...)
}

// appendNameHash appends what stands for the hash of a key: 64 digits that hang
// on the name of its owner.
func appendNameHash(dst []byte, name string) []byte {
	h := nameHash(name)
	for range 4 {
		h = mix(h + 0x9e3779b97f4a7c15)
		for shift := 0; shift < 64; shift += 8 {
			dst = appendHex(dst, byte(h>>shift))
		}
	}
	return dst
}
