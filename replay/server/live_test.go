package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// llama starts the server of llama.cpp, which nobody here wrote, with a tiny
// random model. EXHIBIT_PYTHON names a Python that has the package xllamacpp,
// otherwise python3 is asked.
func llama(t *testing.T) *url.URL {
	t.Helper()
	python := os.Getenv("EXHIBIT_PYTHON")
	if python == "" {
		python = "python3"
	}
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import xllamacpp").CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Skipf("LOUD: nothing was sent to a real server: %s cannot import xllamacpp (%v: %s); pip install xllamacpp, or name a Python that has it with EXHIBIT_PYTHON", python, err, lines[len(lines)-1])
	}
	script := filepath.Join("..", "..", "testdata", "replay", "server", "llama.py")
	cmd := exec.CommandContext(t.Context(), python, script, t.TempDir())
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := new(strings.Builder)
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // which ends it
		stop := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer stop.Stop()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if address, ok := strings.CutPrefix(lines.Text(), "listening "); ok {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
	}
	_ = cmd.Wait()
	t.Fatalf("the server did not start: %s", said)
	return nil
}

// post sends a body and keeps what comes.
func post(t *testing.T, s *sandbox.Sandbox, base *url.URL, path string, body []byte) *replay.Exchange {
	t.Helper()
	x := new(replay.Exchange)
	header := []replay.Header{{Name: "Content-Type", Value: "application/json"}}
	result, err := s.Send(t.Context(), &sandbox.Request{Method: http.MethodPost, URL: base.JoinPath(path), Header: header, Body: body}, func(c replay.Chunk) error {
		x.Chunks = append(x.Chunks, replay.Chunk{After: c.After, Data: slices.Clone(c.Data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	x.Status, x.End, x.Problem = result.Status, result.End, result.Problem
	return x
}

// TestLive asks a real server what it is, and sends it a request in every
// protocol that it is said to speak, whole and as a stream.
func TestLive(t *testing.T) {
	base := llama(t)
	s := newSandbox(t)
	found, err := Look(t.Context(), s, base, nil)
	if err != nil {
		t.Fatal(err)
	}
	if found.Name != LlamaCPP || found.Version == "" || len(found.Models) != 1 || found.Models[0].Name != "tiny-random" {
		t.Fatalf("found %+v, want llama.cpp with the model tiny-random", found)
	}
	if err := found.Check("tiny-random"); err != nil {
		t.Error(err)
	}
	for _, p := range found.Protocols {
		for _, stream := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, stream %v", p, stream), func(t *testing.T) {
				first, most := liveReply(t, s, base, p, stream)
				for range 20 { // one after the other, as a run does
					reply, pieces := liveReply(t, s, base, p, stream)
					if diff := cmp.Diff(first.Text, reply.Text); diff != "" {
						t.Fatalf("asked again with temperature 0 (-first +then):\n%s", diff)
					}
					most = max(most, pieces)
				}
				if stream && most < 2 {
					t.Error("no stream came in pieces")
				}
			})
		}
	}
	for _, p := range found.Protocols {
		t.Run(fmt.Sprintf("%s, a conversation with a tool", p), func(t *testing.T) { liveConversation(t, s, base, p) })
	}
	t.Run("errors", func(t *testing.T) {
		for _, body := range []string{`{"messages":3}`, `{`, `{"messages":[{"content":"x"}]}`, `{"messages":[{"role":"user","content":"` + strings.Repeat("oak ", 5000) + `"}]}`} {
			x := post(t, s, base, "/v1/chat/completions", []byte(body))
			got := protocol.NewReader().Read(x)
			if x.End != replay.Failed && x.End != replay.Throttled || got.Outcome != "error" || got.ErrorMessage == "" || got.Text != "" {
				t.Errorf("%.80s: end %q, status %d, outcome %q, error %q: %.300s", body, x.End, x.Status, got.Outcome, got.ErrorMessage, x.Received())
			}
		}
		if x := post(t, s, base, "/api/chat", []byte(`{}`)); x.Status != http.StatusNotFound || x.End != replay.Rejected {
			t.Errorf("a protocol that it does not speak: status %d, end %q", x.Status, x.End)
		}
	})
}

// liveConversation sends a request with all that a turn of an agent has: a reply
// of the model, a call of a tool and its result, and the tool itself.
func liveConversation(t *testing.T, s *sandbox.Sandbox, base *url.URL, p replay.Protocol) {
	t.Helper()
	text := func(role, said string) replay.Message {
		return replay.Message{Role: role, Parts: []replay.Part{{Type: replay.PartText, Text: said}}}
	}
	asks := text("assistant", "I look it up.")
	asks.Parts = append(asks.Parts, replay.Part{Type: replay.PartToolCall, ID: "call_1", Name: "look_up", JSON: json.RawMessage(`{"tree":"oak"}`)})
	r := &replay.Request{
		Event: "e-1", Model: "logged-model",
		Messages: []replay.Message{
			text("system", "Name trees."), text("user", "oak"), text("assistant", "elm"), text("user", "How high is it?"), asks,
			{Role: "tool", Parts: []replay.Part{{Type: replay.PartToolResult, ID: "call_1", Text: "twenty metres"}}},
		},
		Tools:      json.RawMessage(`[{"type":"function","function":{"name":"look_up","description":"Look a tree up.","parameters":{"type":"object","properties":{"tree":{"type":"string"}},"required":["tree"]}}}]`),
		Parameters: []replay.Parameter{{Name: "max_tokens", Value: json.RawMessage("5")}},
	}
	e, err := protocol.Encode(r, p, protocol.Options{Model: "tiny-random"})
	if err != nil {
		t.Fatal(err)
	}
	x := post(t, s, base, e.Path, e.Body)
	if got := protocol.NewReader().Read(x); x.End != replay.Complete || !got.Complete || got.Outcome != "success" {
		t.Errorf("sent %s\nend %q (%s), reply %+v\n%s", e.Body, x.End, x.Problem, got, x.Received())
	}
}

// liveReply sends one request that asks for five tokens, and returns in how many
// pieces the reply came as well.
func liveReply(t *testing.T, s *sandbox.Sandbox, base *url.URL, p replay.Protocol, stream bool) (reply replay.Reply, pieces int) {
	t.Helper()
	const tokens = 5
	r := &replay.Request{
		Event: "e-1", Model: "logged-model", Stream: &stream,
		Messages: []replay.Message{
			{Role: "system", Parts: []replay.Part{{Type: replay.PartText, Text: "Name trees."}}},
			{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "oak"}}},
		},
		Parameters: []replay.Parameter{
			{Name: "temperature", Value: json.RawMessage("0")},
			{Name: "max_tokens", Value: json.RawMessage("5")},
		},
	}
	e, err := protocol.Encode(r, p, protocol.Options{Model: "tiny-random"})
	if err != nil {
		t.Fatal(err)
	}
	x := post(t, s, base, e.Path, e.Body)
	got := protocol.NewReader().Read(x)
	if x.End != replay.Complete || !got.Complete || got.Outcome != "success" || strings.TrimSpace(got.Text) == "" || got.Model != "tiny-random" || got.FinishReason == "" {
		t.Fatalf("sent %s\nend %q (%s), reply %+v\n%s", e.Body, x.End, x.Problem, got, x.Received())
	}
	if got.Latency == nil || (len(x.Chunks) > 1) != (got.TTFT != nil) {
		t.Errorf("%d pieces, latency %v, first %v", len(x.Chunks), got.Latency, got.TTFT)
	}
	switch {
	case got.OutputTokens == nil && (p != replay.OpenAIChat || !stream): // which says none unless asked to
		t.Errorf("no tokens counted: %s", x.Received())
	case got.OutputTokens != nil && *got.OutputTokens != tokens:
		t.Errorf("%d tokens, want %d", *got.OutputTokens, tokens)
	}
	for _, word := range strings.Fields(got.Text) {
		if !slices.Contains(strings.Fields("alder birch cedar dogwood elm fir ginkgo hazel ivy juniper larch maple oak pine rowan spruce willow yew"), word) {
			t.Errorf("text %q has a word that is none of the model's", got.Text)
		}
	}
	return got, len(x.Chunks)
}
