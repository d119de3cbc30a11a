package protocol

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

var update = flag.Bool("update", false, "write the wanted requests anew")

// full is a request with everything that a protocol can be asked to carry.
func full() *replay.Request {
	yes := true
	text := func(s string) replay.Part { return replay.Part{Type: replay.PartText, Text: s} }
	return &replay.Request{
		Event: "5f3a9c01-1", Model: "old-model", Stream: &yes,
		Messages: []replay.Message{
			{Role: "system", Parts: []replay.Part{text("Answer for <ACME> only & briefly.")}},
			{Role: "user", Parts: []replay.Part{text("What is on it?"), {Type: replay.PartBlob, Name: "image/png", Data: []byte("\x89PNG")}}},
			{Role: "assistant", Parts: []replay.Part{
				{Type: replay.PartReasoning, Text: "Look it up."},
				text("One moment."),
				{Type: replay.PartToolCall, ID: "call_1", Name: "find", JSON: json.RawMessage(`{"q":"acme"}`)},
			}},
			{Role: "tool", Parts: []replay.Part{{Type: replay.PartToolResult, ID: "call_1", Text: "3 hits"}}},
			{Role: "user", Parts: []replay.Part{text("And then?"), text("Quickly."), {Type: replay.PartBlob, Name: "application/pdf"}}},
		},
		Tools: json.RawMessage(`[{"type":"function","function":{"name":"find","description":"Find it.","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}},{"type":"web_search"}]`),
		Parameters: []replay.Parameter{
			{Name: "temperature", Value: json.RawMessage("0.20")},
			{Name: "top_p", Value: json.RawMessage("1")},
			{Name: "top_k", Value: json.RawMessage("40")},
			{Name: "stop", Value: json.RawMessage(`"END"`)},
			{Name: "seed", Value: json.RawMessage("7")},
			{Name: "tool_choice", Value: json.RawMessage(`"required"`)},
			{Name: "response_format", Value: json.RawMessage(`{"type":"json_schema","json_schema":{"name":"hit","schema":{"type":"object"},"strict":true}}`)},
		},
	}
}

// TestEncode holds the request in every protocol, and what is lost of it,
// against golden files.
func TestEncode(t *testing.T) {
	for _, p := range replay.Protocols() {
		t.Run(string(p), func(t *testing.T) {
			got, err := Encode(full(), p, Options{Model: "new-model"})
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(got.Body) {
				t.Fatalf("no JSON: %s", got.Body)
			}
			var b strings.Builder
			b.WriteString("POST " + got.Path + "\n")
			var indented bytes.Buffer
			if err := json.Indent(&indented, got.Body, "", "  "); err != nil {
				t.Fatal(err)
			}
			b.Write(indented.Bytes())
			b.WriteString("\n\n")
			for _, l := range got.Losses {
				b.WriteString(l.Grade.String() + " " + l.Part + ": " + l.Why + "\n")
			}
			golden := filepath.Join("..", "..", "testdata", "replay", "protocol", string(p)+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOwnBody: bytes that the log kept are sent as they are, but for the model
// and a seed that was asked for.
func TestOwnBody(t *testing.T) {
	seed := int64(11)
	tests := []struct {
		protocol         replay.Protocol
		body, want, seed string
	}{
		{
			replay.OpenAIChat, `{ "model" : "a" , "messages":[ {"role":"user","content":"\u0041\/"} ],"x":1e0}`,
			`{ "model" : "new" , "messages":[ {"role":"user","content":"\u0041\/"} ],"x":1e0}`,
			`{ "model" : "new" , "messages":[ {"role":"user","content":"\u0041\/"} ],"x":1e0,"seed":11}`,
		},
		{replay.OpenAIChat, `{"messages":[],"seed":3,"model":"a","model":"b"}`, `{"messages":[],"seed":3,"model":"a","model":"new"}`, `{"messages":[],"seed":11,"model":"a","model":"new"}`},
		{replay.OpenAIChat, `{}`, `{"model":"new"}`, `{"model":"new","seed":11}`},
		{replay.Ollama, `{"model":"a","options":{"top_k":1}}`, `{"model":"new","options":{"top_k":1}}`, `{"model":"new","options":{"top_k":1,"seed":11}}`},
		{replay.Ollama, `{"model":"a"}`, `{"model":"new"}`, `{"model":"new","options":{"seed":11}}`},
		{replay.Anthropic, `{"model":"a","max_tokens":1}`, `{"model":"new","max_tokens":1}`, `{"model":"new","max_tokens":1}`},
		{replay.Converse, `{"messages":[]}`, `{"messages":[]}`, `{"messages":[]}`},
	}
	for _, test := range tests {
		r := &replay.Request{Body: []byte(test.body), Protocol: test.protocol}
		for _, o := range []struct {
			options Options
			want    string
		}{{Options{Model: "new"}, test.want}, {Options{Model: "new", Seed: &seed}, test.seed}} {
			got, err := Encode(r, test.protocol, o.options)
			if err != nil {
				t.Fatal(err)
			}
			if string(got.Body) != o.want || len(got.Losses) > 0 {
				t.Errorf("%s: %s with losses %v, want %s and none", test.body, got.Body, got.Losses, o.want)
			}
		}
	}
	for _, bad := range []string{"", "[]", "{", `{"a":1}{}`, `{"a"}`, "null"} {
		if got, err := Encode(&replay.Request{Body: []byte(bad), Protocol: replay.OpenAIChat}, replay.OpenAIChat, Options{Model: "new"}); err == nil {
			t.Errorf("%q: %s, want an error", bad, got.Body)
		}
	}
}

// TestNotRead: what a body holds and no column has is named when it goes out in
// another protocol.
func TestNotRead(t *testing.T) {
	r := &replay.Request{
		Event: "e", Model: "a", Protocol: replay.OpenAIChat,
		Body:     []byte(`{"model":"a","messages":[{"role":"user","content":"hello"}],"logit_bias":{"1":2},"max_completion_tokens":5}`),
		Messages: []replay.Message{{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "hello"}}}},
		Parameters: []replay.Parameter{
			{Name: "max_tokens", Value: json.RawMessage("5")},
		},
	}
	got, err := Encode(r, replay.Anthropic, Options{Model: "new"})
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, l := range got.Losses {
		parts = append(parts, l.Part+" "+l.Grade.String())
	}
	if diff := cmp.Diff([]string{"body converted", "body.logit_bias incomplete"}, parts); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
}

// FuzzOwnBody asserts that putting a model into a body leaves a body that says
// the same but for the model, or is refused.
func FuzzOwnBody(f *testing.F) {
	f.Add(`{"model":"a","messages":[]}`, "new")
	f.Add(`{"options":{"seed":1},"a":{"model":2}}`, `"}\`)
	f.Add(" {} ", "x")
	f.Fuzz(func(t *testing.T, body, model string) {
		got, err := setMember([]byte(body), "model", model)
		if err != nil {
			return
		}
		var before, after map[string]any
		if err := json.Unmarshal([]byte(body), &before); err != nil {
			return // the decoder of tokens lets a few things pass
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q became %q: %v", body, got, err)
		}
		wanted, err := marshal(model)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(wanted, &want); err != nil {
			t.Fatal(err)
		}
		if after["model"] != want {
			t.Errorf("%q: model %q, want %q", got, after["model"], want)
		}
		delete(before, "model")
		delete(after, "model")
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q became %q", body, got)
		}
	})
}

// FuzzEncode asserts that whatever a log says of tools and parameters, what is
// sent is JSON.
func FuzzEncode(f *testing.F) {
	f.Add(`[{"name":"x","input_schema":{}}]`, `{"type":"function","function":{"name":"x"}}`, `"json"`, `{"a":1}`)
	f.Add(`[1]`, `"x"`, `{"type":"json_schema"}`, `"{"`)
	f.Fuzz(func(t *testing.T, tools, choice, format, arguments string) {
		r := full()
		r.Tools = json.RawMessage(tools)
		r.Parameters = []replay.Parameter{{Name: "tool_choice", Value: json.RawMessage(choice)}, {Name: "response_format", Value: json.RawMessage(format)}}
		r.Messages[2].Parts[2].JSON = json.RawMessage(arguments)
		r.Messages[3].Parts[0].JSON = json.RawMessage(arguments)
		for _, p := range replay.Protocols() {
			got, err := Encode(r, p, Options{Model: "m"})
			if err == nil && !json.Valid(got.Body) {
				t.Errorf("%s: no JSON: %s", p, got.Body)
			}
			if err != nil {
				t.Errorf("%s: %v", p, err)
			}
		}
	})
}
