package sandbox_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// recorded is an exchange with a provider as it was recorded.
type recorded struct {
	line     []byte
	Method   string
	URI      string
	Request  string            `json:"request_body"`
	Status   int               `json:"status"`
	Response *string           `json:"response_body"`
	Headers  map[string]string `json:"response_headers"`
	url      *url.URL
}

// recordings reads the recorded exchanges with providers.
func recordings(t *testing.T) []recorded {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "data", "openllmetry", "http_interactions.jsonl.gz")
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("LOUD: %s is missing, recorded exchanges with providers were not replayed", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []recorded
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		r := recorded{line: slices.Clone(lines.Bytes())}
		if err := json.Unmarshal(r.line, &r); err != nil {
			t.Fatal(err)
		}
		if r.url, err = url.Parse(r.URI); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// protocolOf names the protocol of a recorded exchange by its path; "" where it
// is none that replay speaks, or where the reply was not recorded.
func (r *recorded) protocolOf() replay.Protocol {
	path := r.url.Path
	switch {
	case r.Method != http.MethodPost || r.Response == nil:
		return ""
	case strings.HasSuffix(path, "/chat/completions"):
		return replay.OpenAIChat
	case strings.HasSuffix(path, "/v1/responses"):
		return replay.OpenAIResponses
	case strings.HasSuffix(path, "/v1/messages") && r.url.Hostname() == "api.anthropic.com":
		return replay.Anthropic
	case strings.HasSuffix(path, "/api/chat"):
		return replay.Ollama
	case strings.HasSuffix(path, "/converse"):
		return replay.Converse
	}
	return ""
}

// serve answers each exchange as it was recorded, in pieces of odd length that
// cut events, lines and letters.
func serve(t *testing.T, list []recorded) *httptest.Server {
	t.Helper()
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		n, rest, _ := strings.Cut(strings.TrimPrefix(q.URL.EscapedPath(), "/"), "/")
		i, err := strconv.Atoi(n)
		if err != nil || i >= len(list) {
			http.NotFound(w, q)
			return
		}
		r := &list[i]
		sent, err := io.ReadAll(io.LimitReader(q.Body, 16<<20))
		if err != nil || q.Method != r.Method || "/"+rest != r.url.EscapedPath() || string(sent) != r.Request {
			http.Error(w, fmt.Sprintf("what arrived is not what was sent then: %s /%s, %d bytes", q.Method, rest, len(sent)), http.StatusTeapot)
			return
		}
		for name, value := range r.Headers {
			switch strings.ToLower(name) {
			case "content-length", "transfer-encoding", "connection", "content-encoding":
			default:
				w.Header().Set(name, value)
			}
		}
		w.WriteHeader(r.Status)
		body := *r.Response
		for piece := 1 + len(body)/13; len(body) > 0; {
			n := min(piece, len(body))
			say(w, body[:n])
			w.(http.Flusher).Flush()
			body = body[n:]
		}
	}))
}

// logged is what the formats of logs read in the log line of an exchange.
func logged(t *testing.T, line []byte) replay.Reply {
	t.Helper()
	sample := formats.NewSample("http_interactions.jsonl", line, true, new(jsontape.Doc))
	format, err := formats.Detect(sample, formats.All())
	if err != nil {
		t.Fatal(err)
	}
	d := formats.NewDecoder()
	framing := sample.Framing(format)
	text, err := d.Open(framing, line)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(format, framing, text); err != nil {
		t.Fatal(err)
	}
	if len(d.Events()) != 1 {
		t.Fatalf("%d events of one exchange", len(d.Events()))
	}
	return protocol.ReplyOf(d.Events()[0])
}

// TestRecorded serves recorded exchanges with providers over loopback, sends
// their requests through the sandbox, and holds what is read of the replies
// against what is read of the log of the same exchanges.
func TestRecorded(t *testing.T) {
	list := recordings(t)
	server := serve(t, list)
	defer server.Close()
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	type count struct{ all, streams, errors, tools int }
	counts := map[replay.Protocol]*count{}
	reader := protocol.NewReader()
	for i := range list {
		r := &list[i]
		p := r.protocolOf()
		if p == "" {
			continue
		}
		x := send(t, s, server.URL+"/"+strconv.Itoa(i)+r.url.EscapedPath(), r.Request)
		if x.Status != r.Status {
			t.Fatalf("%s %s: status %d (%s), want %d: %s", r.Method, r.URI, x.Status, x.Problem, r.Status, x.Received())
		}
		if diff := cmp.Diff(*r.Response, string(x.Received())); diff != "" {
			t.Errorf("%s: body as received (-want +got):\n%s", r.URI, diff)
		}
		got, want := reader.Read(x), logged(t, r.line)
		if !got.Complete && r.Status == http.StatusOK {
			t.Errorf("%s: the reply is not complete: %s", r.URI, x.Received())
		}
		// These are measured, not read.
		got.Latency, got.TTFT, got.Complete = want.Latency, want.TTFT, want.Complete
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s: reply (-log +replay):\n%s", p, r.line[:120], diff)
		}
		n := counts[p]
		if n == nil {
			n = new(count)
			counts[p] = n
		}
		n.all++
		n.streams += number(strings.Contains(r.Request, `"stream": true`) || strings.Contains(r.Request, `"stream":true`))
		n.errors += number(r.Status != http.StatusOK)
		n.tools += number(len(want.ToolCalls) > 0)
	}
	for _, p := range replay.Protocols() {
		if n := counts[p]; n != nil {
			t.Logf("%-18s %3d exchanges, %3d streams, %d errors, %3d with tool calls", p, n.all, n.streams, n.errors, n.tools)
		}
	}
	if missing := len(replay.Protocols()) - len(counts); missing > 0 {
		t.Errorf("%d protocols without a recorded exchange: %v", missing, slices.Sorted(maps.Keys(counts)))
	}
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// send sends one request and keeps what comes.
func send(t *testing.T, s *sandbox.Sandbox, address, body string) *replay.Exchange {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	x := new(replay.Exchange)
	header := []replay.Header{{Name: "Content-Type", Value: "application/json"}}
	result, err := s.Send(t.Context(), &sandbox.Request{Method: http.MethodPost, URL: u, Header: header, Body: []byte(body)}, func(c replay.Chunk) error {
		x.Chunks = append(x.Chunks, replay.Chunk{After: c.After, Data: slices.Clone(c.Data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	x.Status, x.End, x.Problem, x.ResponseHeader, x.Address = result.Status, result.End, result.Problem, result.ResponseHeader, result.Address
	return x
}

// say writes what a server of a test says; that nobody listens is no failure.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }
