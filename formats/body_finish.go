package formats

// finishOutcome returns how a call ended by the reason for which its reply did;
// "" for a reason that only says how the text ended, so that all else decides.
// It is the one place for the words of all providers, which do not collide.
// Blocked is what a filter or classifier of the provider stopped or withheld;
// an error what is no usable reply, though it may have the HTTP status 200.
// Letter case does not count: SDKs write the words of Gemini in lower case.
//
// The words are documented at
//   - https://platform.openai.com/docs/api-reference/chat/object and
//     .../responses/object (status and incomplete_details; .../runs/object for
//     the Assistants API)
//   - https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
//   - https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
//     and .../test-and-evaluate/strengthen-guardrails/handle-streaming-refusals:
//     classifiers stop a reply with refusal
//   - https://googleapis.github.io/js-genai/release_docs/enums/types.FinishReason.html
//   - https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html
//   - https://docs.mistral.ai/api (FinishReason)
//   - https://docs.cohere.com/reference/chat and .../reference/generate, and
//     https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html:
//     with ERROR_LIMIT and USER_CANCEL the reply could not be completed, for the
//     model's context was full or the user stopped it
//   - https://api-docs.deepseek.com/api/create-chat-completion
//
// That a guardrail of Bedrock intervened is not in it: it may only have masked
// something, which [guardrail.settle] looks at.
func finishOutcome(reason []byte) Outcome {
	var low [32]byte
	if len(reason) > len(low) {
		return ""
	}
	switch string(appendLower(low[:0], reason)) {
	case "content_filter", // OpenAI, Azure, DeepSeek
		"content_filtered",                                                 // Bedrock
		"refusal",                                                          // Anthropic
		"error_toxic",                                                      // Cohere
		"safety", "blocklist", "prohibited_content", "spii", "model_armor", // Gemini
		"image_safety", "image_prohibited_content", // Gemini
		"recitation", "image_recitation": // Gemini: the text of others
		return OutcomeBlocked
	case "error", // Mistral, Cohere
		"error_limit", "user_cancel", "timeout", // Cohere
		"failed", "cancelled", "expired", // OpenAI, of responses and runs
		"malformed_model_output", "malformed_tool_use", // Bedrock
		"malformed_function_call", "malformed_response", "unexpected_tool_call", // Gemini
		"too_many_tool_calls", "missing_thought_signature", // Gemini
		"insufficient_system_resource": // DeepSeek
		return OutcomeError
	}
	return ""
}

// settleFinish sets the outcome by the reason for which the reply ended, where
// that says more than success. An error's own code says more yet.
func (e *Event) settleFinish() {
	switch finishOutcome(e.FinishReason) {
	case OutcomeBlocked:
		e.Outcome = OutcomeBlocked
	case OutcomeError:
		if (e.Outcome == "" || e.Outcome == OutcomeSuccess) && len(e.ErrorCode) == 0 {
			e.Outcome = OutcomeError
		}
	}
}

// succeeded sets the outcome of a call that its log takes for done, unless what
// was said in it tells that it failed, was blocked, or goes on.
func (e *Event) succeeded() {
	if e.Outcome == "" {
		e.Outcome = OutcomeSuccess
	}
}
