package formats

import "testing"

// TestUsageMeansTheSame checks that the counts of an event mean the same
// whichever provider or log they come from: the tokens of input and output are
// all of them, those of caches and thoughts are parts of them.
func TestUsageMeansTheSame(t *testing.T) {
	type counts struct{ in, out, read, write, thoughts int64 }
	tests := []struct {
		name, body string
		want       counts
	}{
		{
			"OpenAI's chat: prompt_tokens count the cache, completion_tokens the thoughts",
			`{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":80},"completion_tokens_details":{"reasoning_tokens":20}}}`,
			counts{100, 30, 80, 0, 20},
		},
		{
			"OpenAI's responses",
			`{"object":"response","output":[],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":80,"cache_write_tokens":15},"output_tokens":30,"output_tokens_details":{"reasoning_tokens":20},"total_tokens":130}}`,
			counts{100, 30, 80, 15, 20},
		},
		{
			"Anthropic: input_tokens are what no cache served or took",
			`{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":5,"cache_creation_input_tokens":15,"cache_read_input_tokens":80,"output_tokens":30}}`,
			counts{100, 30, 80, 15, 0},
		},
		{
			"Anthropic's stream",
			sse(`{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":5,"cache_creation_input_tokens":15,"cache_read_input_tokens":80,"output_tokens":1}}}`, `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":30}}`),
			counts{100, 30, 80, 15, 0},
		},
		{
			"Bedrock's Converse",
			`{"output":{"message":{"role":"assistant","content":[]}},"usage":{"inputTokens":5,"outputTokens":30,"totalTokens":130,"cacheReadInputTokens":80,"cacheWriteInputTokens":15}}`,
			counts{100, 30, 80, 15, 0},
		},
		{
			"Gemini: thoughts and the results of tools stand beside candidates and prompt",
			`{"candidates":[],"usageMetadata":{"promptTokenCount":90,"toolUsePromptTokenCount":10,"cachedContentTokenCount":80,"candidatesTokenCount":10,"thoughtsTokenCount":20,"totalTokenCount":130}}`,
			counts{100, 30, 80, 0, 20},
		},
		{
			"a server that speaks as Gemini and counts the thoughts among the candidates",
			`{"candidates":[],"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":30,"thoughtsTokenCount":20,"totalTokenCount":130}}`,
			counts{100, 30, 0, 0, 20},
		},
		{
			"xAI: the total tells that the thoughts stand apart",
			`{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":10,"total_tokens":130,"prompt_tokens_details":{"cached_tokens":80},"completion_tokens_details":{"reasoning_tokens":20}}}`,
			counts{100, 30, 80, 0, 20},
		},
		{
			"LiteLLM: prompt_tokens count the cache of Claude too",
			`{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"cache_creation_input_tokens":15,"cache_read_input_tokens":80,"prompt_tokens_details":{"cached_tokens":80}}}`,
			counts{100, 30, 80, 15, 0},
		},
		{
			"counts that no call has are left as they are",
			`{"type":"message","role":"assistant","content":[],"usage":{"input_tokens":9223372036854775807,"cache_read_input_tokens":9223372036854775807,"output_tokens":1}}`,
			counts{9223372036854775807, 1, 9223372036854775807, 0, 0},
		},
	}
	for _, tt := range tests {
		d := NewDecoder()
		var e Event
		d.DecodeReply(&e, []byte(tt.body))
		got := counts{e.InputTokens.V, e.OutputTokens.V, e.CacheReadTokens.V, e.CacheWriteTokens.V, e.ReasoningTokens.V}
		if got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestUsageBesideBody checks the input tokens where a log counts them itself,
// beside a body that does.
func TestUsageBesideBody(t *testing.T) {
	const body = `"usage":{"input_tokens":5,"cache_creation_input_tokens":15,"cache_read_input_tokens":80,"output_tokens":30}`
	tests := []struct {
		name   string
		format Format
		record string
		want   Int
	}{
		{"Bedrock, with its cache", bedrock{}, `{"schemaType":"ModelInvocationLog","operation":"InvokeModel","modelId":"m","input":{"inputTokenCount":5,"cacheReadInputTokenCount":80,"cacheWriteInputTokenCount":15},"output":{"outputTokenCount":30}}`, IntOf(100)},
		{"Bedrock, which leaves the cache to the body", bedrock{}, `{"schemaType":"ModelInvocationLog","operation":"InvokeModel","modelId":"m","input":{"inputTokenCount":5},"output":{"outputTokenCount":30,"outputBodyJson":{"type":"message","role":"assistant","content":[],` + body + `}}}`, IntOf(100)},
		{"Bedrock, with both", bedrock{}, `{"schemaType":"ModelInvocationLog","operation":"InvokeModel","modelId":"m","input":{"inputTokenCount":5,"cacheReadInputTokenCount":80,"cacheWriteInputTokenCount":15},"output":{"outputTokenCount":30,"outputBodyJson":{"type":"message","role":"assistant","content":[],` + body + `}}}`, IntOf(100)},
		{"a gateway that repeats the provider's number", cloudflareGateway{}, `{"id":"1","provider":"anthropic","path":"v1/messages","cached":false,"tokens_in":5,"tokens_out":30,"status_code":200,"response_head_complete":true,"response_head":"{\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"usage\":{\"input_tokens\":5,\"cache_creation_input_tokens\":15,\"cache_read_input_tokens\":80,\"output_tokens\":30}}"}`, IntOf(100)},
		{"Helicone, whose total counts the cache", helicone{}, `{"request_id":"1","request_created_at":"2026-04-08T12:00:00Z","response_status":200,"request_path":"/v1/messages","prompt_tokens":5,"completion_tokens":30,"total_tokens":130,"prompt_cache_read_tokens":80,"prompt_cache_write_tokens":15}`, IntOf(100)},
		{"Helicone, whose total does not", helicone{}, `{"request_id":"1","request_created_at":"2026-04-08T12:00:00Z","response_status":200,"request_path":"/v1/messages","prompt_tokens":100,"completion_tokens":30,"total_tokens":130,"prompt_cache_read_tokens":80}`, IntOf(100)},
		{"a log that does not say how it counts, and has less than the cache", jsonLines{}, `{"timestamp":"2026-04-08T12:00:00Z","model":"m","input_tokens":20,"cache_read_input_tokens":80}`, IntOf(100)},
		{"the same, with more", jsonLines{}, `{"timestamp":"2026-04-08T12:00:00Z","model":"m","input_tokens":100,"cache_read_input_tokens":80}`, IntOf(100)},
		{"an export of ours", exports{}, `{"event_id":"x","kind":"inference","input_tokens":20,"cache_read_tokens":80}`, IntOf(20)},
	}
	for _, tt := range tests {
		d := NewDecoder()
		if err := d.Decode(tt.format, Framing{}, []byte(tt.record)); err != nil || len(d.Events()) != 1 {
			t.Errorf("%s: %d events, %v", tt.name, len(d.Events()), err)
			continue
		}
		if got := d.Events()[0].InputTokens; got != tt.want {
			t.Errorf("%s: input tokens %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
