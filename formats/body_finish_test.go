package formats

import (
	"strings"
	"testing"
)

// TestFinishReasons checks for every documented reason for which a reply ends
// how the call ended, in the body of its provider and with the HTTP status 200
// that all of these have. %s in the body is the reason.
func TestFinishReasons(t *testing.T) {
	const (
		chat      = `{"id":"c-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"x"},"finish_reason":"%s"}]}`
		chatDelta = `data: {"id":"c-1","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"%s"}]}` + "\n\ndata: [DONE]\n\n"
		response  = `{"id":"resp_1","object":"response","status":"%s","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x"}]}]}`
		cut       = `{"id":"resp_1","object":"response","status":"incomplete","incomplete_details":{"reason":"%s"},"output":[]}`
		run       = `{"id":"run_1","object":"thread.run","thread_id":"thread_1","status":"%s"}`
		claude    = `{"id":"msg_1","type":"message","role":"assistant","content":[{"type":"text","text":"x"}],"stop_reason":"%s"}`
		gemini    = `{"candidates":[{"content":{"role":"model","parts":[{"text":"x"}]},"finishReason":"%s"}]}`
		feedback  = `{"promptFeedback":{"blockReason":"%s"}}`
		converse  = `{"output":{"message":{"role":"assistant","content":[{"text":"x"}]}},"stopReason":"%s"}`
		cohere    = `{"id":"c","message":{"role":"assistant","content":[{"type":"text","text":"x"}]},"finish_reason":"%s"}`
	)
	tests := []struct {
		body    string
		outcome Outcome
		reasons string
	}{
		// https://platform.openai.com/docs/api-reference/chat/object
		{chat, OutcomeSuccess, "stop length tool_calls function_call"},
		{chat, OutcomeBlocked, "content_filter"},
		{chatDelta, OutcomeBlocked, "content_filter"},
		{chatDelta, OutcomeSuccess, "stop length"},
		// https://platform.openai.com/docs/api-reference/responses/object
		{response, OutcomeSuccess, "completed incomplete"},
		{response, OutcomeError, "failed cancelled"},
		{response, OutcomeUnknown, "queued in_progress"},
		{cut, OutcomeSuccess, "max_output_tokens"},
		{cut, OutcomeBlocked, "content_filter"},
		// https://platform.openai.com/docs/api-reference/runs/object
		{run, OutcomeUnknown, "queued in_progress cancelling"},
		{run, OutcomeError, "failed cancelled expired"},
		// https://api-docs.deepseek.com/api/create-chat-completion
		{chat, OutcomeError, "insufficient_system_resource"},
		// https://docs.mistral.ai/api
		{chat, OutcomeSuccess, "model_length"},
		{chat, OutcomeError, "error"},
		// https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
		{claude, OutcomeSuccess, "end_turn max_tokens stop_sequence tool_use pause_turn model_context_window_exceeded"},
		{claude, OutcomeBlocked, "refusal"},
		// https://googleapis.github.io/js-genai/release_docs/enums/types.FinishReason.html
		{gemini, OutcomeSuccess, "STOP MAX_TOKENS LANGUAGE OTHER FINISH_REASON_UNSPECIFIED IMAGE_OTHER NO_IMAGE"},
		{gemini, OutcomeBlocked, "SAFETY BLOCKLIST PROHIBITED_CONTENT SPII RECITATION MODEL_ARMOR IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT IMAGE_RECITATION"},
		{gemini, OutcomeError, "MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL TOO_MANY_TOOL_CALLS MISSING_THOUGHT_SIGNATURE MALFORMED_RESPONSE"},
		// https://ai.google.dev/api/generate-content (BlockReason): whatever the reason, the prompt was refused
		{feedback, OutcomeBlocked, "SAFETY OTHER BLOCKLIST PROHIBITED_CONTENT IMAGE_SAFETY MODEL_ARMOR JAILBREAK"},
		// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html
		{converse, OutcomeSuccess, "end_turn tool_use max_tokens stop_sequence model_context_window_exceeded"},
		{converse, OutcomeBlocked, "guardrail_intervened content_filtered"},
		{converse, OutcomeError, "malformed_model_output malformed_tool_use"},
		// https://docs.cohere.com/reference/chat, https://docs.cohere.com/reference/generate
		{cohere, OutcomeSuccess, "COMPLETE STOP_SEQUENCE MAX_TOKENS TOOL_CALL"},
		{cohere, OutcomeBlocked, "ERROR_TOXIC"},
		{cohere, OutcomeError, "ERROR ERROR_LIMIT TIMEOUT USER_CANCEL"},
	}
	for _, tt := range tests {
		for _, reason := range strings.Fields(tt.reasons) {
			body := strings.Replace(tt.body, "%s", reason, 1)
			d := NewDecoder()
			e := Event{HTTPStatus: IntOf(200)}
			d.DecodeReply(&e, []byte(body))
			if e.Outcome != tt.outcome {
				t.Errorf("%s: outcome %s, want %s\n%s", reason, e.Outcome, tt.outcome, body)
			}
			switch {
			case tt.body == feedback:
				if string(e.GuardrailAction) != reason {
					t.Errorf("%s: guardrail action %q", reason, e.GuardrailAction)
				}
			case tt.outcome == OutcomeUnknown:
				if e.FinishReason != nil {
					t.Errorf("%s: finish reason %q of a reply that goes on", reason, e.FinishReason)
				}
			case string(e.FinishReason) != reason:
				t.Errorf("%s: finish reason %q", reason, e.FinishReason)
			}
		}
	}
}

// TestReplyOutcomes checks how calls ended that do not end with a reason alone:
// by an error or a status, and in streams.
func TestReplyOutcomes(t *testing.T) {
	tests := []struct {
		name   string
		status int64 // of HTTP; 0: not known
		body   string
		want   Outcome
	}{
		{"Azure refuses a prompt", 400, `{"error":{"code":"content_filter","innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"violence":{"filtered":true,"severity":"high"}}},"message":"The response was filtered"}}`, OutcomeBlocked},
		{"Azure refuses an image", 400, `{"error":{"code":"contentFilter","message":"Your task failed"}}`, OutcomeBlocked},
		{"Azure filters the reply", 200, `{"choices":[{"content_filter_results":{"hate":{"filtered":true,"severity":"high"}},"finish_reason":"content_filter","index":0}],"object":"chat.completion"}`, OutcomeBlocked},
		{"Azure only annotates", 200, `{"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"low"}},"message":{"role":"assistant","content":"x"},"finish_reason":"stop","index":0}],"object":"chat.completion","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{"jailbreak":{"detected":true,"filtered":false}}}]}`, OutcomeSuccess},
		{"Azure has the status as code", 0, `{"error":{"code":"429","message":"Slow down."}}`, OutcomeThrottled},
		{"a status as code, denied", 0, `{"error":{"code":401,"message":"No."}}`, OutcomeDenied},
		{"failed, with the code of a limit", 200, `{"id":"resp_1","object":"response","status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow down."},"output":[]}`, OutcomeThrottled},
		{"a stream of a response that ended", 200, sse(`{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}`, `{"type":"response.completed","response":{"id":"resp_1","object":"response","status":"completed","output":[]}}`), OutcomeSuccess},
		{"a stream of a response that broke off", 200, sse(`{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}`, `{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"On"}`), OutcomeUnknown},
		{"a stream that the log cut off", 200, sse(`{"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}`) + `data: {"type":"response.output_te`, OutcomeSuccess},
		{"a stream of a run that goes on", 200, sse(`{"id":"run_1","object":"thread.run","status":"queued"}`, `{"id":"run_1","object":"thread.run","status":"in_progress"}`), OutcomeUnknown},
		{"a stream of Claude that was stopped", 200, sse(`{"type":"message_start","message":{"id":"msg_1","role":"assistant"}}`, `{"type":"message_delta","delta":{"stop_reason":"refusal"}}`), OutcomeBlocked},
		{"no answer", 0, ``, OutcomeUnknown},
		{"an answer without a status", 0, `{"choices":[{"message":{"role":"assistant","content":"x"},"finish_reason":"stop"}]}`, OutcomeSuccess},
		{"not known who", 401, ``, OutcomeDenied},
		{"forbidden", 403, ``, OutcomeDenied},
		{"too many", 429, ``, OutcomeThrottled},
		{"the client went away", 499, ``, OutcomeError},
		{"broken", 500, ``, OutcomeError},
		{"overloaded (Anthropic)", 529, ``, OutcomeThrottled},
	}
	for _, tt := range tests {
		d := NewDecoder()
		var e Event
		if tt.status > 0 {
			e.HTTPStatus = IntOf(tt.status)
		}
		d.DecodeReply(&e, []byte(tt.body))
		if e.Outcome != tt.want {
			t.Errorf("%s: outcome %s, want %s", tt.name, e.Outcome, tt.want)
		}
	}
}

// sse returns events as they go over the wire.
func sse(events ...string) string {
	var b strings.Builder
	for _, e := range events {
		b.WriteString("data: " + e + "\n\n")
	}
	return b.String()
}
