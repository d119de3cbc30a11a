package formats

import (
	"bytes"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// fromMetadata takes what a payload has beside its metadata and a row within.
func (r *liteLLMCall) fromMetadata(d *Decoder, e *Event) {
	r.state, r.cold = nameOf(r.status, r.metaStatus), nameOf(r.coldKey) != nil
	e.addID("cold_storage_object_key", r.coldKey)
	readRequestMetadata(e, r.callerData)
	readRequestMetadata(e, r.spendData)
	var u usage
	u.read(r.usage)
	e.CacheReadTokens, e.CacheWriteTokens, e.ReasoningTokens = u.cacheRead, u.cacheWrite, u.reasoning
	if r.searches.Len() > 0 {
		e.Retrieved = rawJSON(d, r.searches)
	}
	r.readTool(d, e)
	r.readGuardrails(e, r.metaGuardrails)
	r.readFailure(e, r.metaFailure)
}

// readTool takes the call of a tool of an MCP server.
func (r *liteLLMCall) readTool(d *Decoder, e *Event) {
	if r.tool.Kind() != jsontape.Object {
		return
	}
	name := nameOf(r.tool.Get("namespaced_tool_name"), r.tool.Get("name"))
	e.AddInput(nil).Add(Part{Type: PartToolCall, Name: name, JSON: arguments(d, r.tool.Get("arguments"))})
	if result := r.tool.Get("result"); result.Len() > 0 || len(result.Text()) > 0 {
		p := Part{Type: PartToolResponse, Name: name}
		p.Text, p.JSON = toolResult(d, result)
		e.AddOutput(word(d, "tool")).Add(p)
	}
}

// readFailure takes the error of a failed call. Its code is the HTTP status
// that the caller got.
func (r *liteLLMCall) readFailure(e *Event, v jsontape.Value) {
	for key, m := range v.Members() {
		switch string(key) {
		case "error_code":
			setStatus(e, m)
		case "error_class":
			setName(&e.ErrorCode, m.Text())
		case "error_message":
			setName(&e.ErrorMessage, m.Text())
		case "llm_provider":
			setName(&e.Provider, m.Text())
		}
	}
}

// readGuardrails takes what the guardrails did, a list of them or a single one.
func (r *liteLLMCall) readGuardrails(e *Event, v jsontape.Value) {
	if v.Kind() == jsontape.Object {
		r.readGuardrail(e, v)
	}
	for g := range v.Elements() {
		r.readGuardrail(e, g)
	}
}

// readGuardrail takes one guardrail that found something: "blocked" is what
// older versions say for guardrail_intervened.
func (r *liteLLMCall) readGuardrail(e *Event, g jsontape.Value) {
	status := g.Get("guardrail_status").Text()
	if s := string(status); s != "guardrail_intervened" && s != "blocked" || len(e.GuardrailPolicies) >= maxPolicies {
		return
	}
	if e.GuardrailAction = nameOf(g.Get("guardrail_action")); e.GuardrailAction == nil {
		e.GuardrailAction = status
	}
	if name := nameOf(g.Get("guardrail_name")); name != nil {
		e.GuardrailPolicies = append(e.GuardrailPolicies, name)
	}
	for c := range g.Get("violation_categories").Elements() {
		if t := scalar(c); len(t) > 0 && len(e.GuardrailPolicies) < maxPolicies {
			e.GuardrailPolicies = append(e.GuardrailPolicies, t)
		}
	}
}

// readTags takes the user agent from the tags, where LiteLLM puts it whole and
// its first part before that.
func (r *liteLLMCall) readTags(d *Decoder, e *Event) {
	if e.UserAgent == nil {
		for tag := range d.nested(r.tags).Elements() {
			if agent, ok := bytes.CutPrefix(tag.Text(), []byte("User-Agent: ")); ok && len(agent) > len(e.UserAgent) {
				e.UserAgent = agent
			}
		}
	}
	e.Client = d.clientOf(e.UserAgent)
}

// readParameters takes the parameters that the model was called with.
func (r *liteLLMCall) readParameters(d *Decoder, e *Event) {
	v := d.nested(r.params)
	var p params
	p.readAll(v)
	e.Parameters = p.json(d)
	if tools := v.Get("tools"); tools.Len() > 0 {
		e.ToolDefinitions = rawJSON(d, tools)
	}
	if !e.Stream.OK {
		e.Stream = truth(v.Get("stream"))
	}
}

// content decodes the bodies. A row has the body of the request, when its
// proxy stores prompts, and never messages; a payload has messages.
func (r *liteLLMCall) content(d *Decoder, e *Event) {
	if v := d.nested(r.request); v.Kind() == jsontape.Object && v.Len() > 0 {
		decodeRequestBody(d, e, v)
	} else {
		r.addMessages(d, e)
	}
	r.addResponse(d, e)
	e.Summarise()
	if !isContent(e.Kind) {
		return
	}
	const redacted = "redacted-by-litellm"
	in, out := len(e.Input) > 0, len(e.Output) > 0
	switch {
	case string(e.Prompt) == redacted || string(e.Response) == redacted:
		e.ContentState = ContentRedacted
	case r.truncated():
		e.ContentState = ContentTruncated
	case !in && !out && r.cold:
		e.ContentState = ContentExternal
	default:
		e.ContentState = stateOf(in, out)
	}
}

// addMessages adds the messages of a payload: a list, of an older completion
// the prompt, of an embedding the texts.
func (r *liteLLMCall) addMessages(d *Decoder, e *Event) {
	switch v := d.nested(r.messages); v.Kind() {
	case jsontape.String:
		if len(v.Text()) > 0 {
			addUser(d, e, v)
		}
	case jsontape.Array, jsontape.Object:
		if v.Len() > 0 {
			addMessageList(d, &e.Input, v)
		}
	}
}

// addResponse adds the reply: the object that LiteLLM gave the caller, which
// has the shape of the API that was called.
func (r *liteLLMCall) addResponse(d *Decoder, e *Event) {
	switch v := d.nested(r.response); v.Kind() {
	case jsontape.String:
		if len(v.Text()) > 0 {
			addContent(d, e.AddOutput(word(d, "assistant")), v)
		}
	case jsontape.Object:
		if v.Len() > 0 {
			decodeResponseBody(d, e, v)
		}
	case jsontape.Array: // of a batch of completions, a reply each
		for reply := range v.Elements() {
			decodeResponseBody(d, e, reply)
		}
	}
}

// truncated reports whether a text of the bodies was cut in the middle, where
// LiteLLM says how much it left out (LITELLM_TRUNCATED_PAYLOAD_FIELD).
func (r *liteLLMCall) truncated() bool {
	for _, v := range [...]jsontape.Value{r.request, r.messages, r.response} {
		if bytes.Contains(v.Raw(), []byte("... (litellm_truncated skipped ")) {
			return true
		}
	}
	return false
}

// kind sets the plane and the kind by the type of the call. A call that is
// passed through to an address of the provider is one of a model when it has
// tokens.
func (r *liteLLMCall) kind(e *Event) {
	e.Kind = KindOther
	name := string(bytes.TrimPrefix(e.Operation, []byte("_")))
	kind := liteLLMKind(name)
	if kind == "" && len(name) > 0 && name[0] == 'a' {
		kind = liteLLMKind(name[1:]) // the asynchronous twin
	}
	switch {
	case kind != "":
		e.Kind = kind
	case name == "pass_through_endpoint" && (e.InputTokens.V > 0 || e.OutputTokens.V > 0):
		e.Kind = KindInference
	}
	e.Plane = planeOf(e.Kind)
}

// liteLLMKind returns the kind of a type of call, "" for one that is no use of
// a model or of what stands around one. The types are those of CallTypes in
// litellm/types/utils.py.
func liteLLMKind(name string) Kind {
	switch name {
	case "completion", "text_completion", "responses", "responses_websocket", "anthropic_messages",
		"generate_content", "generate_content_stream", "realtime", "llm_passthrough_route",
		"image_generation", "image_edit", "image_variation", "transcription", "speech", "create_video", "ocr":
		return KindInference
	case "embedding":
		return KindEmbedding
	case "rerank", "search", "vector_store_search":
		return KindRetrieval
	case "moderation", "apply_guardrail":
		return KindGuardrail
	case "call_mcp_tool":
		return KindTool
	case "create_file", "file_retrieve", "file_content", "file_list", "file_delete":
		return KindData
	}
	return ""
}

// outcome reads the status and the error.
func (r *liteLLMCall) outcome(e *Event) {
	r.readFailure(e, r.failure)
	setName(&e.ErrorMessage, r.failureText.Text())
	failed := string(r.state) == "failure"
	switch {
	case e.Outcome == OutcomeBlocked: // by a guardrail of the provider, in the reply
	case string(r.state) == "success":
		e.succeeded()
	case failed && e.GuardrailAction != nil:
		e.Outcome = OutcomeBlocked
	case failed || len(e.ErrorCode) > 0:
		e.Outcome = liteLLMOutcome(e)
	default:
		exchangeOutcome(e)
	}
}

// liteLLMOutcome sorts the exceptions of litellm/exceptions.py and of the
// proxy. A budget that is used up is a limit like any other.
func liteLLMOutcome(e *Event) Outcome {
	switch string(e.ErrorCode) {
	case "AuthenticationError", "PermissionDeniedError":
		return OutcomeDenied
	case "RateLimitError", "BudgetExceededError":
		return OutcomeThrottled
	case "ContentPolicyViolationError", "GuardrailRaisedException", "BlockedPiiEntityError", "RejectedRequestError":
		return OutcomeBlocked
	}
	if o := outcomeOfStatus(e.HTTPStatus.V); o != "" && o != OutcomeSuccess {
		return o
	}
	return OutcomeError
}
