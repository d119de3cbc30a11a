package request

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

func TestParseMessages(t *testing.T) {
	got, err := ParseMessages(`[{"role":"system","parts":[{"type":"text","content":"Be brief."}]},
		{"role":"user","parts":[{"type":"text","content":"Look."},{"type":"blob","mime_type":"image/png","size":70}]},
		{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"find","arguments":{"q":"x"}}]},
		{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"none"},{"type":"tool_call_response","id":"c2","response":{"n":1}}]}]`)
	if err != nil {
		t.Fatal(err)
	}
	want := []replay.Message{
		{Role: "system", Parts: []replay.Part{{Type: replay.PartText, Text: "Be brief."}}},
		{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "Look."}, {Type: replay.PartBlob, Name: "image/png"}}},
		{Role: "assistant", Parts: []replay.Part{{Type: replay.PartToolCall, ID: "c1", Name: "find", JSON: []byte(`{"q":"x"}`)}}},
		{Role: "tool", Parts: []replay.Part{
			{Type: replay.PartToolResult, ID: "c1", Text: "none"},
			{Type: replay.PartToolResult, ID: "c2", JSON: []byte(`{"n":1}`)},
		}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	for _, bad := range []string{"", "{}", `[{"parts":1}]`, "[", `[1]`} {
		if m, err := ParseMessages(bad); err == nil {
			t.Errorf("%q: %v, want an error", bad, m)
		}
	}
}

func FuzzParseMessages(f *testing.F) {
	f.Add(`[{"role":"user","parts":[{"type":"text","content":"x"}]}]`)
	f.Add(`[{"parts":[{"type":"tool_call","arguments":"{"}]}]`)
	f.Fuzz(func(_ *testing.T, text string) {
		if _, err := ParseMessages(text); err != nil {
			return
		}
	})
}

func TestParameters(t *testing.T) {
	got, err := parseParameters(`{"temperature":0.50,"stop":["a"],"seed":7}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []replay.Parameter{{Name: "temperature", Value: []byte("0.50")}, {Name: "stop", Value: []byte(`["a"]`)}, {Name: "seed", Value: []byte("7")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
	if p, err := parseParameters("[]"); err == nil {
		t.Errorf("a list: %v, want an error", p)
	}
}

func TestProtocolOf(t *testing.T) {
	tests := []struct {
		operation, body string
		want            replay.Protocol
	}{
		{"/v1/chat/completions", `{"model":"m","messages":[]}`, replay.OpenAIChat},
		{"/openai/deployments/d/chat/completions?api-version=1", `{"messages":[]}`, replay.OpenAIChat},
		{"/v1/responses", `{"model":"m","input":"x"}`, replay.OpenAIResponses},
		{"/v1/messages", `{"model":"m","messages":[]}`, replay.Anthropic},
		{"InvokeModel", `{"anthropic_version":"bedrock-2023-05-31","messages":[]}`, ""},
		{"Converse", `{"messages":[]}`, replay.Converse},
		{"/api/chat", `{"model":"m","messages":[]}`, replay.Ollama},
		{"/api/generate", `{"model":"m","prompt":"x"}`, ""},
		{"/v1/chat/completions", `[]`, ""},
		{"/v1/threads/t/messages", `{"role":"user","content":"x"}`, ""},
	}
	for _, test := range tests {
		if got := ProtocolOf(test.operation, []byte(test.body)); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.operation, test.body, got, test.want)
		}
	}
}
