package formats

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestExchangeShapes says by hand what the bodies of each shape hold, line by
// line of the cases of http-exchange; their golden events hold the rest.
func TestExchangeShapes(t *testing.T) {
	type want struct {
		text, reasoning, tools string // tools: NAME ARGUMENTS, joined by a bar
		stop, id               string
		in, out                int64 // -1: NULL
	}
	tests := []struct {
		file string
		line int
		want want
	}{
		{"openai", 1, want{text: "Under the mat.", stop: "stop", id: "chatcmpl-1", in: 21, out: 5}},
		{"openai", 2, want{text: "Let me look.", tools: `get_weather {"city":"Rome"}|get_weather {"city":"Oslo"}`, stop: "tool_calls", id: "chatcmpl-2", in: 40, out: 31}},
		{"openai", 3, want{text: "Hi there.\n\nHey you.", stop: "stop", id: "chatcmpl-2", in: -1, out: -1}},
		{"openai", 4, want{text: "I cannot help with that.", stop: "stop", id: "chatcmpl-3", in: 90, out: 7}},
		{"openai", 5, want{text: " there was\n\n of peace", stop: "length", id: "cmpl-1", in: 4, out: 4}},
		{"openai", 6, want{text: " upon a time", stop: "stop", id: "cmpl-2", in: -1, out: -1}},
		{"openai", 7, want{in: 4, out: -1}},
		{"openai_responses", 1, want{text: "Once there was a unicorn.", reasoning: "The user wants a story.", stop: "completed", id: "resp_1", in: 18, out: 79}},
		{"openai_responses", 2, want{text: "Once there was a unicorn.", stop: "max_output_tokens", id: "resp_1", in: 18, out: 79}},
		{"openai_responses", 3, want{reasoning: "The user wants a story.", tools: `get_weather {"city":"Rome"}`, stop: "completed", id: "resp_1", in: 18, out: 79}},
		{"openai_responses", 4, want{text: "Once there was", id: "resp_1", in: -1, out: -1}},
		{"openai_responses", 5, want{stop: "failed", id: "resp_1", in: -1, out: -1}},
		{"openai_assistants", 7, want{text: "x is 1.", stop: "completed", id: "run_1", in: 30, out: 6}},
		{"openai_assistants", 8, want{tools: `plot {"f":"x"}`, stop: "requires_action", id: "run_1", in: -1, out: -1}},
		{"anthropic", 1, want{text: "Opening.", reasoning: "Should I?", tools: `open_gate {"angle": 90}`, stop: "tool_use", id: "msg_01", in: 12 + 1200 + 300, out: 44}},
		{"anthropic", 2, want{text: "Walk in.", reasoning: "It is open.", tools: `close_gate {"after": 5}`, stop: "tool_use", id: "msg_02", in: 25 + 1500, out: 58}},
		{"anthropic", 5, want{text: " Hello!", stop: "stop_sequence", id: "compl_1", in: -1, out: -1}},
		{"gemini", 1, want{text: "A cat.", reasoning: "I looked.", stop: "STOP", id: "resp-g1", in: 5, out: 9 + 60}},
		{"gemini", 2, want{text: "Go to Rome.", tools: `book {"city":"Rome"}`, stop: "STOP", id: "resp-g2", in: 5, out: 9 + 60}},
		{"gemini", 3, want{text: "One, two.", stop: "MAX_TOKENS", in: 5, out: 9 + 60}},
		{"gemini", 4, want{tools: `greet {}`, stop: "STOP", id: "resp-g4", in: 3, out: 2 + 7}},
		{"gemini", 9, want{text: "Hello.", stop: "end_turn", id: "msg_vrtx_1", in: 8, out: 3}},
		{"bedrock", 1, want{text: "Hello.", stop: "end_turn", id: "msg_bdrk_1", in: 17, out: 9}},
		{"bedrock", 2, want{text: "Looking.", tools: `get_weather {"city": "Rome"}`, stop: "tool_use", in: 20, out: 12}},
		{"mistral", 1, want{tools: `get_weather {"city":"Rome"}`, stop: "tool_calls", id: "m1", in: 9, out: 11}},
		{"mistral", 2, want{text: "4", reasoning: "Add them.", stop: "stop", id: "m2", in: 6, out: 20}},
		{"mistral", 3, want{text: "4", reasoning: "Add them.", stop: "stop", id: "m3", in: 6, out: 20}},
		{"cohere", 1, want{text: "Yes, fish too.", stop: "COMPLETE", id: "r-1", in: 70, out: 5}},
		{"cohere", 2, want{text: "Arrr.", stop: "COMPLETE", id: "r-2", in: 61, out: 3}},
		{"cohere", 3, want{reasoning: "I will look it up.", tools: `get_weather {"city":"Rome"}`, stop: "TOOL_CALL", id: "c-3", in: 900, out: 30}},
		{"cohere", 4, want{reasoning: "I will look.", tools: `get_weather {"city":"Rome"}`, stop: "TOOL_CALL", id: "c-4", in: 900, out: 30}},
		{"cohere", 5, want{text: "Arrr.", stop: "COMPLETE", id: "c-5", in: 69, out: 3}},
		{"cohere", 6, want{text: " Arrr.", stop: "COMPLETE", id: "c-6", in: 1, out: 4}},
		{"ollama", 1, want{text: "Hello.", stop: "stop", in: 12, out: 3}},
		{"ollama", 2, want{text: "One moment.", reasoning: "Need the tool.", tools: `get_weather {"city":"Rome"}`, stop: "stop", in: 140, out: 24}},
		{"ollama", 3, want{text: "No.", reasoning: "Hm.", stop: "stop", in: 5, out: 2}},
		{"ollama", 4, want{text: "No.", stop: "stop", in: 5, out: 2}},
		{"azure", 1, want{text: "Hello.", stop: "stop", id: "chatcmpl-z1", in: 8, out: 2}},
		{"azure", 2, want{stop: "content_filter", id: "chatcmpl-z2", in: 9, out: 0}},
		{"azure", 4, want{text: "Hello.", stop: "content_filter", id: "chatcmpl-z4", in: -1, out: -1}},
		{"openai_like", 1, want{text: "Hello.", reasoning: "Greet.", stop: "stop", id: "chatcmpl-q1", in: 18, out: 3}},
		{"openai_like", 2, want{text: "Hello.", stop: "stop", id: "w1", in: 3, out: 2}},
		{"openai_like", 3, want{text: "Hello.", in: -1, out: -1}},
		{"openai_like", 5, want{text: "9.8", reasoning: "9.80 is more.", stop: "stop", id: "d1", in: 15, out: 40}},
		{"openai_like", 6, want{text: "A joke.", stop: "eos_token", in: -1, out: 4}},
		{"openai_like", 7, want{text: "A joke.", stop: "eos_token", in: -1, out: 3}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%d", tt.file, tt.line), func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "testdata", "formats", "http-exchange", tt.file+".in.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			d := NewDecoder()
			if err := (httpExchange{}).Decode(d, bytes.Split(text, []byte("\n"))[tt.line-1]); err != nil {
				t.Fatal(err)
			}
			e := d.Events()[0]
			var tools []string
			for _, m := range e.Output {
				for _, p := range m.Parts {
					if p.Type == PartToolCall {
						tools = append(tools, string(p.Name)+" "+string(p.JSON))
					}
				}
			}
			count := func(n Int) int64 {
				if !n.OK {
					return -1
				}
				return n.V
			}
			got := want{
				string(e.Response), string(e.Reasoning), strings.Join(tools, "|"), string(e.FinishReason), string(e.ResponseID),
				count(e.InputTokens), count(e.OutputTokens),
			}
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestExchangeURL(t *testing.T) {
	tests := []struct {
		method, url      string
		kind             Kind
		provider         string
		model, operation string
		region           string
	}{
		{"POST", "https://api.openai.com/v1/chat/completions?x=1#y", KindInference, "openai", "", "/v1/chat/completions", ""},
		{"POST", "/v1/chat/completions", KindInference, "", "", "/v1/chat/completions", ""},
		{"", "chat/completions", KindInference, "", "", "chat/completions", ""},
		{"GET", "https://api.openai.com/v1/chat/completions/chatcmpl-1", KindData, "openai", "", "GET /v1/chat/completions/chatcmpl-1", ""},
		{"DELETE", "https://api.openai.com/v1/organization/projects/proj_1", KindAdmin, "openai", "", "DELETE /v1/organization/projects/proj_1", ""},
		{"POST", "https://user:secret@api.openai.com/v1/embeddings", KindEmbedding, "openai", "", "/v1/embeddings", ""},
		{"POST", "https://API.Anthropic.com:443/v1/messages", KindInference, "anthropic", "", "/v1/messages", ""},
		{"POST", "https://api.anthropic.com/v1/messages/batches", KindOther, "anthropic", "", "/v1/messages/batches", ""},
		{"POST", "https://bedrock-runtime.eu-west-1.amazonaws.com/model/amazon.nova-lite-v1%3A0/invoke", KindInference, "aws", "amazon.nova-lite-v1:0", "InvokeModel", "eu-west-1"},
		{"POST", "https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com/model/m/converse", KindInference, "aws", "m", "Converse", "eu-west-1"},
		{"POST", "https://bucket.s3.amazonaws.com/model/m/converse.json", KindOther, "", "", "/model/m/converse.json", ""},
		{"POST", "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/g:countTokens", KindOther, "google", "g", "countTokens", "us-central1"},
		{"POST", "https://evil-api.openai.com.example.com/v1/messages", KindOther, "", "", "/v1/messages", ""},
		{"POST", "https://www.example.com/", KindOther, "", "", "/", ""},
		{"POST", "https://api.openai.com", KindOther, "openai", "", "", ""},
		{"POST", "https://api.openai.com/%zz", KindOther, "openai", "", "/%zz", ""},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.url, func(t *testing.T) {
			d := NewDecoder()
			e := d.Add()
			decodeExchange(d, e, exchange{method: Text(tt.method), url: Text(tt.url)})
			if e.Kind != tt.kind || string(e.Provider) != tt.provider || string(e.Model) != tt.model ||
				string(e.Operation) != tt.operation || string(e.Region) != tt.region {
				t.Errorf("got %s %q %q %q %q", e.Kind, e.Provider, e.Model, e.Operation, e.Region)
			}
			if bytes.Contains(e.Endpoint, []byte("secret")) {
				t.Errorf("the endpoint %q holds a password", e.Endpoint)
			}
		})
	}
}

// TestExchangeSecrets checks that no secret of the cases reaches an event, nor
// what was said to those that are no model API.
func TestExchangeSecrets(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "testdata", "formats", "h*", "*.want.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("finding golden events: %d, %v", len(files), err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"not-a-real-key", "NotARealKey", "0123456789abcdef", "session=secret", "Signature", "hunter2", "return my order"} {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s holds %s", path, secret)
			}
		}
	}
}

// TestEventText folds event streams in the forms in which loggers keep them.
func TestEventText(t *testing.T) {
	const a, b = `{"choices":[{"index":0,"delta":{"content":"a"}}]}`, `{"choices":[{"index":0,"delta":{"content":"b"}}]}`
	tests := []struct{ name, text, want string }{
		{"as sent", "data: " + a + "\n\ndata: " + b + "\n\ndata: [DONE]\n\n", "ab"},
		{"crlf", "data: " + a + "\r\n\r\ndata: " + b + "\r\n\r\n", "ab"},
		{"no space", "data:" + a + "\n\ndata:" + b + "\n\n", "ab"},
		{"names and comments", ": hello\n\nevent: x\nid: 1\ndata: " + a + "\n\nretry: 5\n\n: ping\n\ndata: " + b + "\n\n", "ab"},
		{"no blank lines", "data: " + a + "\ndata: " + b + "\ndata: [DONE]\n", "ab"},
		{"no end", "data: " + a + "\n\ndata: " + b, "ab"},
		{"value over two lines", "data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"a\"}}]}\n\ndata: " + b + "\n\n", "ab"},
		{"cut", "data: " + a + "\n\ndata: " + b[:20], "a"},
		{"json lines", a + "\n" + b + "\n", "ab"},
		{"array", "[" + a + "," + b + "]", "ab"},
		{"concatenated", a + b, "ab"},
		{"bom", "\ufeffdata: " + a + "\n\n", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder()
			e := d.Add()
			if !decodeReplyText(d, e, Text(tt.text)) {
				t.Error("no known shape")
			}
			e.Summarise()
			if string(e.Response) != tt.want || !e.Stream.V {
				t.Errorf("got %q, want %q", e.Response, tt.want)
			}
		})
	}
}

// FuzzReplyText decodes anything as a reply.
// TestExchangeLinear writes an identifier that is kept once again and again: in
// quadratic time that runs into the time limit of go test.
func TestExchangeLinear(t *testing.T) {
	const n = 1 << 19
	var ids strings.Builder
	for i := range n {
		fmt.Fprintf(&ids, `"assistant_id":"asst_%d",`, i)
	}
	d := NewDecoder()
	text := `{"method":"POST","uri":"https://api.openai.com/v1/threads/runs","request_body":{` + ids.String() + `"model":"m"}}`
	if err := (httpExchange{}).Decode(d, []byte(text)); err != nil {
		t.Fatal(err)
	}
	if got := len(d.Events()[0].OtherIDs); got != n {
		t.Errorf("%d identifiers, want %d", got, n)
	}
}

// TestExchangeLongPath gives a path whose segments alone would take many times
// its memory: it is not taken apart.
func TestExchangeLongPath(t *testing.T) {
	path := strings.Repeat("/a", maxPath) + "/v1/chat/completions"
	if c := readURL(NewDecoder(), Text(path)); c.kind != "" {
		t.Errorf("a path of %d bytes is of kind %s", len(path), c.kind)
	}
}

func FuzzReplyText(f *testing.F) {
	for name, c := range formatCases(f) {
		if !strings.HasPrefix(name, "http-exchange/") {
			continue
		}
		d := NewDecoder()
		for line := range bytes.Lines(c.text) {
			if d.JSON.Parse(line) == nil {
				f.Add(bytes.Clone(d.JSON.Root().Get("response_body").Text()))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := NewDecoder()
		e := d.Add()
		decodeExchange(d, e, exchange{reply: bodyText(text), request: bodyText(text)})
		line := make([]byte, 0, 2*len(text))
		testRoundTrip(t, []string{string(appendEvent(line, e))})
	})
}

func FuzzDecodeHTTPExchange(f *testing.F) { fuzzDecode(f, httpExchange{}) }

func FuzzDecodeHAR(f *testing.F) { fuzzDecode(f, har{}) }

func TestParseHTTPDate(t *testing.T) {
	tests := []struct {
		text string
		ok   bool
	}{
		{"Mon, 02 Mar 2026 10:00:05 GMT", true},
		{"Sun, 29 Feb 2032 23:59:59 GMT", true},
		{"Sun, 29 Feb 2031 23:59:59 GMT", false},
		{"Day, 02 Mar 2026 10:00:05 GMT", false},
		{"Mon, 02 Mai 2026 10:00:05 GMT", false},
		{"Mon, 02 Mar 2026 10:00:60 GMT", false},
		{"Mon, 02 Mar 2026 24:00:00 GMT", false},
		{"Mon, 02 Mar 2026 10:00:05 CET", false},
		{"Mon, 2 Mar 2026 10:00:05 GMT", false},
		{"2026-03-02T10:00:05Z", false},
		{"", false},
	}
	for _, tt := range tests {
		got, ok := parseHTTPDate([]byte(tt.text))
		if ok != tt.ok {
			t.Errorf("%q: read is %v, want %v", tt.text, ok, tt.ok)
		}
		if want, err := time.Parse(time.RFC1123, tt.text); ok && (err != nil || got.Micros != want.UnixMicro()) {
			t.Errorf("%q: got %d, want %v (%v)", tt.text, got.Micros, want, err)
		}
	}
}
