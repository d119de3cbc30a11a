package formats

import (
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeNginx(f *testing.F) { fuzzDecode(f, nginx{}) }

func FuzzDecodeUvicorn(f *testing.F) { fuzzDecode(f, uvicorn{}) }

func FuzzDecodeOllama(f *testing.F) { fuzzDecode(f, ollama{}) }

// TestKindAlone checks which requests are calls of models by their address
// alone.
func TestKindAlone(t *testing.T) {
	tests := []struct {
		method, target string
		want           Kind
	}{
		{"POST", "/v1/chat/completions", KindInference},
		{"POST", "/llm/api/v1/chat/completions?x=1", KindInference},
		{"POST", "/v1/messages", KindInference},
		{"POST", "/v1/responses", KindInference},
		{"POST", "/v1/completions", KindInference},
		{"POST", "/api/generate", KindInference},
		{"POST", "/api/chat", KindInference},
		{"POST", "/api/embed", KindEmbedding},
		{"POST", "/v1/embeddings", KindEmbedding},
		{"POST", "/v2/rerank", KindRetrieval},
		{"POST", "/v1/moderations", KindGuardrail},
		{"POST", "/v1/images/generations", KindInference},
		{"POST", "/v1/audio/transcriptions", KindInference},
		{"POST", "/invocations", KindInference},
		{"POST", "/endpoints/llama/invocations", KindInference},
		{"POST", "/model/anthropic.claude-3/converse-stream", KindInference},
		{"POST", "/v1beta/models/gemini-2.0-flash:generateContent", KindInference},
		{"POST", "/openai/deployments/gpt4o/embeddings", KindEmbedding},
		{"GET", "/v1/chat/completions", KindData},
		{"GET", "/v1/messages", KindData},

		{"POST", "/messages", ""},
		{"POST", "/api/messages", ""},
		{"POST", "/chat", ""},
		{"POST", "/jobs/invocations", ""},
		{"POST", "/v1/speech", ""},
		{"POST", "/v1/messages/count_tokens", ""},
		{"POST", "/v1/files", ""},
		{"DELETE", "/v1/organization", ""},
		{"GET", "/health", ""},
		{"POST", "/", ""},
	}
	d := NewDecoder()
	for _, tt := range tests {
		call := readURL(d, Text(tt.target))
		if got := call.kindAlone(Text(tt.method)); got != tt.want {
			t.Errorf("%s %s is %q, want %q", tt.method, tt.target, got, tt.want)
		}
	}
}

// TestServerLines decodes lines that are told apart by little.
func TestServerLines(t *testing.T) {
	const common = `198.51.100.7 - - [08/Apr/2026:12:00:00 +0000] `
	tests := []struct {
		name   string
		format Format
		line   string
		want   string // in the event
	}{
		{"user with a space", nginx{}, `198.51.100.7 - ann smith [08/Apr/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1`, `"principal":"smith"`},
		{"bracket before the time", nginx{}, `198.51.100.7 - [x [08/Apr/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1`, `"http_status":200`},
		{"leap second", nginx{}, `198.51.100.7 - - [31/Dec/2016:23:59:60 +0000] "GET / HTTP/1.1" 200 1`, `"ts":"2017-01-01T00:00:00Z"`},
		{"no such day", nginx{}, `198.51.100.7 - - [31/Feb/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1`, `"kind":"unparsed"`},
		{"not UTF-8", nginx{}, common + "\"GET /\xff HTTP/1.1\" 200 1", `"operation":"GET /` + "\uFFFD" + `"`},
		{"hex escapes", nginx{}, common + `"GET / HTTP/1.1" 200 1 "-" "caf\xC3\xA9 \x22\xff"`, `"user_agent":"café \"` + "\uFFFD" + `"`},
		{"status of two digits", nginx{}, common + `"GET / HTTP/1.1" 20 1`, `"kind":"unparsed"`},
		{"control characters", nginx{}, "\x00\x01\x02", `"kind":"unparsed"`},
		{"in the journal", nginx{}, `Apr 08 12:00:00 web-1 nginx[12]: ` + common + `"GET / HTTP/1.1" 200 1`, `"src_ip":"198.51.100.7"`},
		{"no port", uvicorn{}, `INFO:     10.0.0.5 - "GET / HTTP/1.1" 200 OK`, `"src_ip":"10.0.0.5"`},
		{"cut in the client", uvicorn{}, `INFO:     10.0.0.5:53`, `"kind":"unparsed"`},
		{"a socket", uvicorn{}, `INFO:      - "POST /v1/completions HTTP/1.1" 200 OK`, `"kind":"inference"`},
		{"text of an application", uvicorn{}, `INFO:     10 requests were served`, `"kind":"other"`},
		{"no lora", uvicorn{}, `INFO 04-08 12:00:00 [logger.py:43] Received request a: prompt: None, params: None, lora_request: None.`, `"content_state":"not_logged"`},
		{"broken escape", uvicorn{}, `INFO 04-08 12:00:00 [logger.py:43] Received request a: prompt: 'a\x', params: None`, `"prompt":"a\\x"`},
		{"surrogate", uvicorn{}, `INFO 04-08 12:00:00 [logger.py:43] Received request a: prompt: '\ud800', params: None`, `"prompt":"` + "\uFFFD" + `"`},
		{"odd duration", ollama{}, `[GIN] 2026/04/08 - 12:00:00 | 200 | soon | 127.0.0.1 | GET "/api/tags"`, `"http_status":200`},
		{"quoted key", ollama{}, `time=2026-04-08T12:00:00Z level=INFO source=a.go:1 msg=x "total vram"="0 B"`, `"ts":"2026-04-08T12:00:00Z"`},
		{"cut in a value", ollama{}, `time=2026-04-08T12:00:00Z level=INFO source=a.go:1 msg="x`, `"kind":"unparsed"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := eventLines(t, tt.format, Framing{Kind: FrameLines}, []byte(tt.line))
			if len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("%s is not in %s", tt.want, got)
			}
		})
	}
}

// TestServerZone checks that times without a zone are read in the one that is
// assumed, and those without a year in none.
func TestServerZone(t *testing.T) {
	berlin := time.FixedZone("", 2*3600)
	tests := []struct {
		name   string
		format Format
		line   string
		want   string
	}{
		{"error log", nginx{}, `2026/04/08 12:00:00 [error] 1#1: *1 failed, client: 198.51.100.7`, "2026-04-08T10:00:00Z"},
		{"Gin", ollama{}, `[GIN] 2026/04/08 - 12:00:00 | 200 | 1ms | 127.0.0.1 | GET "/api/tags"`, "2026-04-08T10:00:00Z"},
		{"uvicorn", uvicorn{}, `[2026-04-08 12:00:00] INFO:     10.0.0.5:1 - "GET / HTTP/1.1" 200 OK`, "2026-04-08T10:00:00Z"},
		{"vLLM", uvicorn{}, `INFO 04-08 12:00:00 [logger.py:43] Added request a.`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := NewDecoder()
			d.AssumeTZ = berlin
			if err := tt.format.Decode(d, []byte(tt.line)); err != nil {
				t.Fatal(err)
			}
			got := ""
			if ts := d.Events()[0].TS; ts.OK {
				got = time.UnixMicro(ts.Micros).UTC().Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestServerDetect checks that the three take nothing from each other, and no
// text that only looks like theirs.
func TestServerDetect(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nginx error log", "2026/04/08 12:00:00 [warn] 1#1: conflicting server name\n", "nginx"},
		{"controller before requests", "W0408 12:00:00.1 7 a.go:1] x\n198.51.100.7 - - [08/Apr/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n", "nginx"},
		{"text before JSON", "started\n{\"remote_addr\":\"198.51.100.7\",\"status\":200,\"uri\":\"/\"}\n", "nginx"},
		{"uvicorn begins", "INFO:     Started server process [1]\n", "uvicorn"},
		{"vLLM begins", "INFO 04-08 12:00:00 [__init__.py:239] Automatically detected platform cuda.\n", "uvicorn"},
		{"Gin of others", "[GIN] 2026/04/08 - 12:00:00 | 200 | 1ms | 127.0.0.1 | GET \"/users\"\n", ""},
		{"key=value of others", "time=2026-04-08T12:00:00Z level=info msg=hello\n", ""},
		{"prose", "INFO about the 10.0.0.5 host - \"a quote\"\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			got := ""
			if f, err := Detect(sampleOf([]byte(tt.text), &doc), []Format{nginx{}, uvicorn{}, ollama{}}); err == nil {
				got = f.Name()
			}
			if got != tt.want {
				t.Errorf("detected as %q, want %q", got, tt.want)
			}
		})
	}
}
