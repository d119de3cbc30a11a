package formats

// setLLM takes llm.*: of OpenLLMetry, and of OpenInference.
func (s *otelAttributes) setLLM(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "request.type":
		s.requestType = a.text()
	case "is_streaming":
		e.Stream = a.truth()
	case "user":
		setName(&e.EndUser, a.text())
	case "top_k":
		s.params[paramTopK] = a
	case "frequency_penalty":
		s.params[paramFrequencyPenalty] = a
	case "presence_penalty":
		s.params[paramPresencePenalty] = a
	case "chat.stop_sequences":
		s.params[paramStop] = a
	case "response.finish_reason", "response.stop_reason", "finish_reason":
		setText(&e.FinishReason, a.first())
	case "model_name", "request.model": // the model that answered, where that is known
		setName(&e.Model, a.text())
	case "request.model_name":
		e.Model = a.text()
	case "response.model_name":
		e.ModelResponse = a.text()
	case "provider": // who hosts the model; llm.system is whose product it is
		e.Provider = a.text()
	case "system":
		setName(&e.Provider, a.text())
	case "invocation_parameters":
		s.parameters = a
	case "token_count.prompt", "usage.prompt_tokens":
		fillInt(&e.InputTokens, a.integer())
	case "token_count.completion", "usage.completion_tokens":
		fillInt(&e.OutputTokens, a.integer())
	case "token_count.prompt_details.cache_read":
		fillInt(&e.CacheReadTokens, a.integer())
	case "token_count.prompt_details.cache_write":
		fillInt(&e.CacheWriteTokens, a.integer())
	case "token_count.completion_details.reasoning":
		fillInt(&e.ReasoningTokens, a.integer())
	case "cost.total":
		n, ok := scaled(a.text(), 9, true)
		e.CostUSD = Int{n, ok}
	default:
		return false
	}
	return true
}

// mimeJSON marks values that are JSON.
const mimeJSON = "application/json"

// setInference takes what OpenInference, OpenLLMetry and the AI SDK name
// outside gen_ai.* and llm.*.
func (s *otelAttributes) setInference(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "openinference.span.kind":
		s.inferenceKind = a.text()
	case "input.value":
		s.inputValue = a
	case "input.mime_type":
		s.inputMime = a.text()
	case "output.value":
		s.outputValue = a
	case "output.mime_type":
		s.outputMime = a.text()
	case "embedding.model_name", "reranker.model_name":
		setName(&e.Model, a.text())
	case "reranker.query":
		s.query = a
	case "tool.name", "ai.toolCall.name":
		s.toolName = a.text()
	case "tool.id", "ai.toolCall.id":
		s.toolID = a.text()
	case "ai.toolCall.args":
		s.toolArguments = a
	case "ai.toolCall.result":
		s.toolResult = a
	case "ai.prompt.messages":
		s.prompt = a
	case "ai.response.text":
		s.completion = a
	case "traceloop.span.kind":
		s.traceloopKind = a.text()
	case "traceloop.entity.name":
		if s.toolName == nil {
			s.toolName = a.text()
		}
	case "traceloop.entity.input":
		s.inputValue, s.inputMime = a, word(s.d, mimeJSON)
	case "traceloop.entity.output":
		s.outputValue, s.outputMime = a, word(s.d, mimeJSON)
	case "traceloop.association.properties.session_id":
		if s.session == nil {
			s.session = a.text()
		}
	case "traceloop.association.properties.user_id":
		setName(&e.EndUser, a.text())
	default:
		return false
	}
	return true
}
