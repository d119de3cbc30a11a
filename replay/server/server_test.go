package server

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

func newSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// pages is a server that says fixed things, by path. The value may begin with
// header lines, each ending in \n, before an empty line.
type pages map[string]string

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, ok := p[r.URL.Path]
	if r.Method != http.MethodGet || !ok {
		text = p["404"]
	}
	head, body, found := strings.Cut(text, "\n\n")
	if !found {
		head, body = "", text
	}
	for line := range strings.Lines(head) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		w.Header().Set(name, value)
	}
	if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = io.WriteString(w, body)
}

func serverURL(t *testing.T, h http.Handler) *url.URL {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestLook are servers as their documentation shows them, and what they are
// taken for.
func TestLook(t *testing.T) {
	three := []replay.Protocol{replay.OpenAIChat, replay.OpenAIResponses, replay.Anthropic}
	tests := []struct {
		name  string
		pages pages
		want  Server
	}{
		{
			"ollama, with a model in the cloud",
			pages{
				"/":             "Ollama is running",
				"/api/version":  `{"version":"0.15.2"}`,
				"/api/tags":     `{"models":[{"name":"llama3.2:latest","model":"llama3.2:latest","size":2019393189,"details":{"family":"llama"}},{"name":"gpt-oss:120b-cloud","remote_model":"gpt-oss:120b","remote_host":"https://ollama.com:443"},{"name":"kimi-k2:1t-cloud"}]}`,
				"/v1/models":    `{"object":"list","data":[{"id":"llama3.2:latest","object":"model","owned_by":"library"}]}`,
				"/not-asked-of": "",
			},
			Server{
				Name: Ollama, Version: "0.15.2", Protocols: append(three[:3:3], replay.Ollama),
				Models: []Model{
					{Name: "llama3.2:latest"},
					{Name: "gpt-oss:120b-cloud", Says: []Evidence{{"ollama cloud", `/api/tags says remote_host "https://ollama.com:443", remote_model "gpt-oss:120b"`}}},
					{Name: "kimi-k2:1t-cloud", Says: []Evidence{{"ollama cloud", "the name kimi-k2:1t-cloud is that of a cloud model"}}},
				},
			},
		},
		{
			"ollama without models",
			pages{"/": "Ollama is running", "/api/version": `{"version":"0.15.2"}`, "/api/tags": `{"models":[]}`, "/v1/models": `{"object":"list","data":null}`},
			Server{Name: Ollama, Version: "0.15.2", Protocols: append(three[:3:3], replay.Ollama)},
		},
		{
			"llama.cpp",
			pages{
				"/v1/models": "Server: llama.cpp\n\n" + `{"models":[{"name":"m"}],"object":"list","data":[{"id":"m","owned_by":"llamacpp"}]}`,
				"/props":     `{"build_info":"b6907-abcdef","total_slots":1}`,
			},
			Server{Name: LlamaCPP, Version: "b6907-abcdef", Protocols: three, Models: []Model{{Name: "m", OwnedBy: "llamacpp"}}},
		},
		{
			"vllm, with names as hubs have them",
			pages{"/v1/models": `{"object":"list","data":[{"id":"openai/gpt-oss-20b","object":"model","owned_by":"vllm","max_model_len":4096}]}`, "/version": `{"version":"0.12.0"}`},
			Server{Name: VLLM, Version: "0.12.0", Protocols: three, Models: []Model{{Name: "openai/gpt-oss-20b", OwnedBy: "vllm"}}},
		},
		{
			"lm studio",
			pages{
				"/v1/models":     `{"object":"list","data":[{"id":"qwen2-vl-7b-instruct","object":"model","owned_by":"organization_owner"}]}`,
				"/api/v0/models": `{"object":"list","data":[{"id":"qwen2-vl-7b-instruct","type":"vlm","publisher":"mlx-community","compatibility_type":"mlx","state":"not-loaded"}]}`,
			},
			Server{Name: LMStudio, Protocols: three, Models: []Model{{Name: "qwen2-vl-7b-instruct", OwnedBy: "organization_owner"}}},
		},
		{
			"localai, on the port of llama.cpp",
			pages{"/v1/models": `{"object":"list","data":[{"id":"phi-4","object":"model"}]}`, "/system": `{"backends":["llama-cpp"],"loaded_models":[]}`, "/version": `{"version":"v4.9.0"}`},
			Server{Name: LocalAI, Version: "v4.9.0", Protocols: three, Models: []Model{{Name: "phi-4"}}},
		},
		{
			"text generation inference",
			pages{"/v1/models": `{"object":"list","data":[{"id":"a/b","owned_by":"a/b"}]}`, "/info": `{"model_id":"a/b","max_total_tokens":2048,"version":"3.3.2","router":"text-generation-router"}`},
			Server{Name: TGI, Version: "3.3.2", Protocols: []replay.Protocol{replay.OpenAIChat}, Models: []Model{{Name: "a/b", OwnedBy: "a/b"}}},
		},
		{
			"sglang",
			pages{"/v1/models": `{"object":"list","data":[{"id":"m","owned_by":"sglang"}]}`},
			Server{Name: SGLang, Protocols: []replay.Protocol{replay.OpenAIChat}, Models: []Model{{Name: "m", OwnedBy: "sglang"}}},
		},
		{
			"koboldcpp, which imitates ollama and llama.cpp",
			pages{
				"/v1/models": `{"object":"list","data":[{"id":"koboldcpp/m","object":"model","owned_by":"koboldcpp"}]}`, "/props": `{"chat_template":"","total_slots":1}`,
				"/api/version": `{"version":"0.7.0"}`, "/api/tags": `{"models":[{"name":"koboldcpp/m"}]}`, koboldPath: `{"result":"KoboldCpp","version":"1.119"}`,
			},
			Server{Name: KoboldCpp, Version: "1.119", Protocols: []replay.Protocol{replay.OpenAIChat}, Models: []Model{{Name: "koboldcpp/m"}}},
		},
		{
			"litellm",
			pages{"/v1/models": `{"data":[{"id":"fast","object":"model","owned_by":"openai"}],"object":"list"}`, "/health/readiness": `{"status":"healthy","litellm_version":"1.50.0"}`},
			Server{
				Name: LiteLLM, Version: "1.50.0", Protocols: three, Models: []Model{{Name: "fast", OwnedBy: "openai"}},
				Forwards: []Evidence{{"litellm", "it says that it is LiteLLM, a gateway to providers"}},
			},
		},
		{
			"litellm that hides its readiness, with a server of vllm behind it",
			pages{"/v1/models": "X-Litellm-Version: 1.99.0\n\n" + `{"data":[{"id":"m","owned_by":"vllm"}]}`, "/version": `{"version":"0.12.0"}`},
			Server{
				Name: LiteLLM, Version: "1.99.0", Protocols: three, Models: []Model{{Name: "m", OwnedBy: "vllm"}},
				Forwards: []Evidence{{"litellm", "it says that it is LiteLLM, a gateway to providers"}},
			},
		},
		{
			"litellm of later versions, which says less",
			pages{"/v1/models": `{"data":[{"id":"fast","object":"model","owned_by":"openai"}],"object":"list"}`, "/health/readiness": `{"status":"healthy","db":"Not connected"}`, "/health/liveliness": `"I'm alive!"`},
			Server{
				Name: LiteLLM, Protocols: three, Models: []Model{{Name: "fast", OwnedBy: "openai"}},
				Forwards: []Evidence{{"litellm", "it says that it is LiteLLM, a gateway to providers"}},
			},
		},
		{
			"portkey",
			pages{"/": "AI Gateway says hey!"},
			Server{Name: Portkey, Protocols: three, Forwards: []Evidence{{"portkey", "it says that it is Portkey, a gateway to providers"}}},
		},
		{
			"vllm behind kong",
			pages{"/v1/models": "Via: 1.1 kong/3.9.0\nX-Kong-Upstream-Latency: 3\n\n" + `{"data":[{"id":"m","owned_by":"vllm"}]}`},
			Server{
				Name: VLLM, Protocols: three, Models: []Model{{Name: "m", OwnedBy: "vllm"}},
				Forwards: []Evidence{{"kong", "header X-Kong-Upstream-Latency: 3"}, {"a gateway", "header Via: 1.1 kong/3.9.0"}},
			},
		},
		{
			"nginx, said only where it knows nothing",
			pages{"/v1/models": `{"data":[{"id":"m"}]}`, "404": "Server: nginx/1.27.3\n\nnot found"},
			Server{
				Protocols: []replay.Protocol{replay.OpenAIChat}, Models: []Model{{Name: "m"}},
				Forwards: []Evidence{{"nginx", "header Server: nginx/1.27.3"}},
			},
		},
		{
			"openrouter under another name",
			pages{"/v1/models": `{"data":[{"id":"vendor/m","pricing":{"prompt":"0.1"},"top_provider":{"is_moderated":true}}]}`},
			Server{
				Protocols: []replay.Protocol{replay.OpenAIChat}, Models: []Model{{Name: "vendor/m"}},
				Forwards: []Evidence{{"openrouter", "/v1/models lists prices and providers of vendor/m"}},
			},
		},
		{
			"a server that only lists models, one of them under a name of a maker",
			pages{"/v1/models": `{"data":[{"id":"anthropic/claude-sonnet-4"},{"id":"m"},{"id":"m"},{"id":""}]}`},
			Server{
				Protocols: []replay.Protocol{replay.OpenAIChat},
				Models: []Model{
					{Name: "anthropic/claude-sonnet-4", Says: []Evidence{{"anthropic", "the name anthropic/claude-sonnet-4 is that of a model that only its maker serves"}}},
					{Name: "m"},
				},
			},
		},
		{"a web server", pages{"/": "<html>It works!</html>", "/v1/models": "<html>", "/version": "1"}, Server{}},
		{"JSON of something else", pages{"/v1/models": `[1,2]`, "/api/version": `{"version":"9"}`, "/info": `{"model_id":7}`, "/system": `null`}, Server{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.want.URL = serverURL(t, test.pages)
			got, err := Look(t.Context(), newSandbox(t), test.want.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("server (-want +got):\n%s", diff)
			}
		})
	}
}

// TestCheck says to what may be sent without more ado.
func TestCheck(t *testing.T) {
	remote := []Evidence{{"ollama cloud", "/api/tags says so"}}
	ollama := &Server{URL: &url.URL{Host: "127.0.0.1:11434"}, Name: Ollama, Models: []Model{{Name: "llama3.2:latest"}, {Name: "borrowed:latest", Says: remote}}}
	gateway := &Server{URL: &url.URL{Host: "127.0.0.1:4000"}, Name: LiteLLM, Forwards: []Evidence{{"litellm", "it says so"}}}
	tests := []struct {
		server *Server
		model  string
		says   string // "" for nothing
	}{
		{ollama, "llama3.2", ""},
		{ollama, "llama3.2:latest", ""},
		{ollama, "borrowed", "model borrowed may not be on this machine (ollama cloud: /api/tags says so)"},
		{ollama, "borrowed:latest", "model borrowed:latest may not be on this machine (ollama cloud: /api/tags says so)"},
		{ollama, "never-listed:480b-cloud", "the name never-listed:480b-cloud is that of a cloud model"},
		{ollama, "never-listed", ""},
		{gateway, "anything", "the server may pass on what it is sent (litellm: it says so)"},
	}
	for _, test := range tests {
		err := test.server.Check(test.model)
		var forward *ForwardError
		if got := errors.As(err, &forward); got != (test.says != "") || got && !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %q", test.model, err, test.says)
		}
	}
	if got := Sentence(nil); got != "nothing says that it forwards" {
		t.Errorf("without evidence: %q", got)
	}
}

// TestKeys are servers that want a key: it is sent where it was given, and
// never to what was found by itself.
func TestKeys(t *testing.T) {
	var keys atomic.Int64
	u := serverURL(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Authorization") {
		case "":
			w.WriteHeader(http.StatusUnauthorized)
		case "Bearer key-of-the-test":
			keys.Add(1)
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
		}
	}))
	s, err := Look(t.Context(), newSandbox(t), u, nil)
	if err != nil || s.Problem != "it asks for a key" || keys.Load() != 0 {
		t.Errorf("without a key: %+v, %v, %d keys sent", s, err, keys.Load())
	}
	s, err = Look(t.Context(), newSandbox(t), u, []replay.Header{{Name: "Authorization", Value: "Bearer key-of-the-test"}})
	if err != nil || len(s.Models) != 1 {
		t.Errorf("with a key: %+v, %v", s, err)
	}
}

// TestBounds are servers that answer too much, too late or not at all.
func TestBounds(t *testing.T) {
	endless := serverURL(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
				return
			}
		}
	}))
	silent := serverURL(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	half := serverURL(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/models" {
			_, _ = io.WriteString(w, `{"data":[{"id":"m"}]}`)
			return
		}
		w.Header().Set("Content-Length", "100")
	}))
	for _, test := range []struct {
		base *url.URL
		want string
	}{
		{endless, "/v1/models is longer than 1048576 bytes"},
		{silent, "/v1/models took longer than 1s"},
		{&url.URL{Scheme: "http", Host: "127.0.0.1:1"}, "refused"},
		{&url.URL{Scheme: "http", Host: "192.0.2.1"}, "outside the sandbox"},
	} {
		start := time.Now()
		_, err := Look(t.Context(), newSandbox(t), test.base, nil)
		var unreached *UnreachedError
		if !errors.As(err, &unreached) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", test.base, err, test.want)
		}
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s: took %s", test.base, took)
		}
	}
	s, err := Look(t.Context(), newSandbox(t), half, nil)
	if err != nil || len(s.Models) != 1 || s.Problem == "" {
		t.Errorf("a server that fails after its models: %+v, %v", s, err)
	}
}

// TestFind asks several ports: one with a server, one with two, one with a web
// server and one with nothing.
func TestFind(t *testing.T) {
	list := pages{"/v1/models": `{"data":[{"id":"m"}]}`}
	one, web, both := serverURL(t, list), serverURL(t, pages{}), serverURL(t, list)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:"+both.Port())
	if err != nil {
		t.Logf("LOUD: no IPv6 here, a server on both addresses was not tested: %v", err)
	} else {
		second := &http.Server{Handler: list, ReadHeaderTimeout: time.Second}
		go func() { _ = second.Serve(l) }()
		defer second.Close()
	}
	var numbers []int
	for _, u := range []*url.URL{one, web, {Host: "127.0.0.1:1"}, both} {
		n, err := strconv.Atoi(u.Port())
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	found, err := findAt(t.Context(), newSandbox(t), numbers)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range found {
		got = append(got, s.URL.String())
	}
	if diff := cmp.Diff([]string{one.String(), both.String()}, got); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := findAt(ctx, newSandbox(t), numbers); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: error %v", err)
	}
}

// FuzzAnswers asserts that whatever a server says, reading it does not fail.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"data":[{"id":"m","owned_by":"vllm"}]}`, `{"models":[{"name":"x","remote_host":"y"}]}`, "Via", "1.1 x")
	f.Add(`{"data":[null]}`, `{"models":null}`, "Server", "nginx")
	f.Fuzz(func(t *testing.T, list, other, name, value string) {
		header := []replay.Header{{Name: name, Value: value}}
		said := answers{modelsPath: {http.StatusOK, header, []byte(list)}}
		for _, path := range paths() {
			said[path] = &answer{http.StatusOK, header, []byte(other)}
		}
		s := said.server(&url.URL{Host: "127.0.0.1"})
		for _, m := range s.Models {
			if err := s.Check(m.Name); (err != nil) != (len(m.Says)+len(s.Forwards) > 0) {
				t.Errorf("%q: %v", m.Name, err)
			}
		}
	})
}
