package formats

// setGenAI takes gen_ai.*.
func (s *otelAttributes) setGenAI(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "operation.name":
		s.operation = a.text()
	case "provider.name":
		e.Provider = a.text()
	case "system":
		setName(&e.Provider, a.text())
	case "request.model":
		e.Model = a.text()
	case "response.model":
		e.ModelResponse = a.text()
	case "response.id":
		setName(&e.ResponseID, a.text())
	case "request.id": // vLLM
		setName(&e.RequestID, a.text())
	case "conversation.id":
		s.conversation = a.text()
	case "data_source.id":
		s.dataSource = a.text()
	case "response.finish_reasons":
		e.FinishReason = a.opened(s.d).first() // exporters without lists write JSON
	case "response.finish_reason":
		setText(&e.FinishReason, a.first())
	case "response.time_to_first_chunk":
		e.TTFT = seconds(a)
	case "latency.time_to_first_token":
		fillInt(&e.TTFT, seconds(a))
	case "input.messages":
		s.input = a
	case "output.messages":
		s.output = a
	case "system_instructions":
		s.system = a
	case "input.messages_ref", "output.messages_ref", "system_instructions_ref":
		// Not in the conventions: opentelemetry-util-genai writes where its hook
		// uploaded the messages to.
		s.external = true
		e.addID(refKind(key), a.v)
	case "prompt":
		s.prompt = a
	case "completion":
		s.completion = a
	case "tool.name":
		s.toolName = a.text()
	case "tool.call.id":
		s.toolID = a.text()
	case "tool.call.arguments":
		s.toolArguments = a
	case "tool.call.result":
		s.toolResult = a
	case "tool.definitions":
		s.toolDefinitions = a
	case "retrieval.query.text":
		s.query = a
	case "retrieval.documents":
		s.documents = a
	case "request.stream":
		e.Stream = a.truth()
	default:
		return s.setUsage(key, a) || s.setParameter(key, a)
	}
	return true
}

// refKind is the kind of identifier of the place of messages.
func refKind(key []byte) string {
	switch string(key) {
	case "input.messages_ref":
		return "input_messages_ref"
	case "output.messages_ref":
		return "output_messages_ref"
	}
	return "system_instructions_ref"
}

// setUsage takes gen_ai.usage.*.
func (s *otelAttributes) setUsage(key []byte, a attr) bool {
	e := s.e
	switch string(key) {
	case "usage.input_tokens":
		e.InputTokens = a.integer()
	case "usage.prompt_tokens":
		fillInt(&e.InputTokens, a.integer())
	case "usage.output_tokens":
		e.OutputTokens = a.integer()
	case "usage.completion_tokens":
		fillInt(&e.OutputTokens, a.integer())
	case "usage.cache_read.input_tokens":
		e.CacheReadTokens = a.integer()
	case "usage.cache_read_input_tokens":
		fillInt(&e.CacheReadTokens, a.integer())
	case "usage.cache_creation.input_tokens":
		e.CacheWriteTokens = a.integer()
	case "usage.cache_creation_input_tokens":
		fillInt(&e.CacheWriteTokens, a.integer())
	case "usage.reasoning.output_tokens":
		e.ReasoningTokens = a.integer()
	case "usage.reasoning_tokens":
		fillInt(&e.ReasoningTokens, a.integer())
	default:
		return false
	}
	return true
}

// setParameter takes gen_ai.request.* and what replaced or preceded it.
func (s *otelAttributes) setParameter(key []byte, a attr) bool {
	i := 0
	switch string(key) {
	case "request.temperature":
		i = paramTemperature
	case "request.top_p":
		i = paramTopP
	case "request.top_k":
		i = paramTopK
	case "request.max_tokens":
		i = paramMaxTokens
	case "request.stop_sequences":
		i = paramStop
	case "request.seed", "openai.request.seed":
		i = paramSeed
	case "request.frequency_penalty":
		i = paramFrequencyPenalty
	case "request.presence_penalty":
		i = paramPresencePenalty
	case "request.choice.count":
		i = paramChoices
	case "request.reasoning_effort":
		i = paramEffort
	case "output.type", "openai.request.response_format":
		i = paramFormat
	default:
		return false
	}
	s.params[i] = a
	return true
}
