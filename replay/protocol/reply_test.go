package protocol

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

func ptr[T any](v T) *T { return &v }

// chunks cuts a body into the pieces that a separator stands behind, one every
// ten milliseconds.
func exchange(status int, end replay.End, pieces ...string) *replay.Exchange {
	x := &replay.Exchange{Status: status, End: end}
	for i, p := range pieces {
		x.Chunks = append(x.Chunks, replay.Chunk{After: time.Duration(i+1) * 10 * time.Millisecond, Data: []byte(p)})
	}
	return x
}

func TestRead(t *testing.T) {
	tests := []struct {
		name string
		x    *replay.Exchange
		want replay.Reply
	}{
		{
			"chat", exchange(200, replay.Complete, `{"id":"c1","model":"m-1","choices":[{"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}}`),
			replay.Reply{Text: "Hello.", FinishReason: "stop", Model: "m-1", Outcome: "success", HTTPStatus: ptr(int64(200)), InputTokens: ptr(int64(3)), OutputTokens: ptr(int64(2)), Latency: ptr(10 * time.Millisecond), Complete: true},
		},
		{
			"stream", exchange(200, replay.Complete,
				"data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"}}]}\n\n",
				"data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo.\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"),
			replay.Reply{Text: "Hello.", FinishReason: "stop", Model: "m-1", Outcome: "success", HTTPStatus: ptr(int64(200)), Latency: ptr(20 * time.Millisecond), TTFT: ptr(10 * time.Millisecond), Complete: true},
		},
		{
			"stream that was cut", exchange(200, replay.Cut,
				"data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hel\"}}]}\n\n", "data: {\"id\":"),
			replay.Reply{Text: "Hel", Model: "m-1", Outcome: "success", HTTPStatus: ptr(int64(200)), Latency: ptr(20 * time.Millisecond), TTFT: ptr(10 * time.Millisecond)},
		},
		{
			"tool call", exchange(200, replay.Complete, `{"type":"message","role":"assistant","model":"m-2","content":[{"type":"tool_use","id":"t1","name":"fetch","input":{"url":"http://192.0.2.1/"}}],"stop_reason":"tool_use","usage":{"input_tokens":9,"output_tokens":4}}`),
			replay.Reply{ToolCalls: []replay.ToolCall{{ID: "t1", Name: "fetch", Arguments: []byte(`{"url":"http://192.0.2.1/"}`)}}, FinishReason: "tool_use", Model: "m-2", Outcome: "success", HTTPStatus: ptr(int64(200)), InputTokens: ptr(int64(9)), OutputTokens: ptr(int64(4)), Latency: ptr(10 * time.Millisecond), Complete: true},
		},
		{
			"refused by the server", exchange(404, replay.Failed, `{"error":{"message":"model not found","type":"invalid_request_error","code":"model_not_found"}}`),
			replay.Reply{Outcome: "error", ErrorCode: "model_not_found", ErrorMessage: "model not found", HTTPStatus: ptr(int64(404)), Latency: ptr(10 * time.Millisecond)},
		},
		{"nothing", &replay.Exchange{End: replay.Unreached}, replay.Reply{Outcome: "unknown"}},
		{
			"no protocol", exchange(200, replay.Complete, "<html>It works!</html>"),
			replay.Reply{Outcome: "success", HTTPStatus: ptr(int64(200)), Latency: ptr(10 * time.Millisecond)},
		},
	}
	r := NewReader()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, r.Read(test.x)); diff != "" {
				t.Errorf("reply (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzRead asserts that no reply, in whatever pieces, makes reading fail.
func FuzzRead(f *testing.F) {
	f.Add(200, []byte(`{"choices":[{"message":{"content":"x"}}]}`), []byte(""))
	f.Add(200, []byte("data: {\"type\":\"content_block_delta\","), []byte("\"delta\":{\"text\":\"x\"}}\n\n"))
	f.Add(500, []byte("\x00\x00\x00\x10"), []byte("\xff"))
	f.Fuzz(func(_ *testing.T, status int, a, b []byte) {
		x := exchange(status, replay.Complete, string(a), string(b))
		NewReader().Read(x)
	})
}
