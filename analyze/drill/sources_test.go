package drill

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/formats"
	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// The bytes of these runs were written down before there were other sources
// than these two: people compare with what they generated earlier.
func TestSameBytesAsEver(t *testing.T) {
	for _, c := range []struct {
		want   string
		config Config
	}{
		{"258e9bc4b79b4deeb97afcd370b3f36c2b2243496691571056918e4bddab5fe7", Config{Seed: 7, Calls: 2000, Days: 2, Words: [2]int{3, 40}}},
		{"2e9e2a8c1fd87fec7deae8e6ecdb38d31bee6ff2a3dde102ed0b0fc4f0100f26", Config{Seed: 8, Calls: 300, Days: 1}},
	} {
		for _, c.config.Sources = range [][]string{nil, {"cloudtrail", "bedrock"}} {
			if _, dir := generate(t, c.config); treeHash(t, dir) != c.want {
				t.Errorf("seed %d: other bytes than before, from sources %v", c.config.Seed, c.config.Sources)
			}
		}
	}
}

// seen is what one source says of a call.
type seen struct {
	request, response, trace, span, session string
	principal, model, outcome, status       string
	system, prompt, reply                   string
	micros, took, ttft, in, cached, out     int64
	cost                                    formats.Int
	embeds                                  bool
}

// decodeLines decodes a generated file of JSON lines by the format that
// recognises it, and returns the calls by the provider's id of the request.
func decodeLines(t *testing.T, path, format string) map[string]seen {
	t.Helper()
	text := read(t, path)
	f, err := formats.Detect(formats.NewSample(path, text[:min(len(text), 64<<10)], false, new(jsontape.Doc)), formats.All())
	if err != nil || f.Name() != format {
		t.Fatalf("%s is detected as %v, want %s: %v", filepath.Base(path), f, format, err)
	}
	all := map[string]seen{}
	d := formats.NewDecoder()
	for line := range bytes.Lines(text) {
		d.Reset()
		if err := f.Decode(d, bytes.TrimSuffix(line, []byte("\n"))); err != nil || len(d.Events()) != 1 {
			t.Fatalf("%d events, %v: %s", len(d.Events()), err, line)
		}
		s := seenOf(t, d.Events()[0])
		if _, twice := all[s.request]; twice || s.request == "" {
			t.Errorf("%s: request %q is missing or there twice", format, s.request)
		}
		all[s.request] = s
	}
	return all
}

func seenOf(t *testing.T, e *formats.Event) seen {
	t.Helper()
	if e.Kind != formats.KindInference && e.Kind != formats.KindEmbedding || !e.TS.OK {
		t.Errorf("a call is of kind %s at %v", e.Kind, e.TS)
	}
	return seen{
		request: string(e.RequestID), response: string(e.ResponseID), trace: string(e.TraceID), span: string(e.SpanID), session: string(e.SessionID),
		principal: string(e.Principal), model: string(e.Model), outcome: string(e.Outcome), status: string(e.ContentState),
		system: string(e.SystemPrompt), prompt: string(e.Prompt), reply: string(e.Response),
		micros: e.TS.Micros, took: e.Latency.V, ttft: e.TTFT.V,
		in: e.InputTokens.V, cached: e.CacheReadTokens.V + e.CacheWriteTokens.V, out: e.OutputTokens.V, cost: e.CostUSD, embeds: e.Kind == formats.KindEmbedding,
	}
}

// Every source has every call, and what it says of it is what the provider's
// own log says.
func TestSourcesAgree(t *testing.T) {
	report, dir := generate(t, Config{Seed: 21, Calls: 3000, Days: 3, Words: [2]int{3, 40}, Sources: Sources()})
	at := func(name string) string { return filepath.Join(dir, name+".jsonl") }
	calls, exchanges := decodeLines(t, at("bedrock"), "bedrock"), decodeLines(t, at("openai"), "http-exchange")
	if len(calls) < 2000 || len(exchanges) < 300 || int64(len(calls)+len(exchanges)) != report.Calls {
		t.Fatalf("%d calls of Bedrock and %d of OpenAI, reported %d", len(calls), len(exchanges), report.Calls)
	}
	for id, c := range exchanges {
		calls[id] = c
	}
	gateway, spans, observations := decodeLines(t, at("litellm"), "litellm"), decodeLines(t, at("otlp"), "otlp"), decodeLines(t, at("langfuse"), "langfuse")
	for id, want := range calls {
		compareSeen(t, "litellm", id, want, gateway[id])
		compareSeen(t, "otlp", id, want, spans[id])
		compareSeen(t, "langfuse", id, want, observations[id])
		if a, b := spans[id], observations[id]; a.trace != b.trace || a.span != b.span || a.session != b.session || a.micros != b.micros || a.took != b.took || a.ttft != b.ttft {
			t.Errorf("call %s: a span and its observation differ:\n%+v\n%+v", id, a, b)
		}
		if a, b := gateway[id], observations[id]; a.trace != b.trace || b.cost.OK && a.cost != b.cost || b.took < a.took {
			t.Errorf("call %s: gateway and observation differ:\n%+v\n%+v", id, a, b)
		}
	}
	if len(gateway) != len(calls) || len(spans) != len(calls) || len(observations) != len(calls) {
		t.Errorf("%d, %d and %d of %d calls", len(gateway), len(spans), len(observations), len(calls))
	}
}

// Incidents look the same in all sources, but that stolen credentials pass by the
// gateway and the instrumentation.
func TestSourcesAgreeOnIncidents(t *testing.T) {
	c := incidentsConfig(22, 1)
	c.Sources, c.LookAlikes, c.Calls = Sources(), true, 1500
	report, dir := generate(t, c)
	at := func(name string) string { return filepath.Join(dir, name+".jsonl") }
	calls := decodeLines(t, at("bedrock"), "bedrock")
	gateway, spans, observations := decodeLines(t, at("litellm"), "litellm"), decodeLines(t, at("otlp"), "otlp"), decodeLines(t, at("langfuse"), "langfuse")
	compared, past := 0, 0
	for _, s := range report.Truth {
		want, logged := calls[s.RequestID]
		if _, passed := gateway[s.RequestID]; !logged || !passed {
			past++
			continue
		}
		compared++
		compareSeen(t, "litellm", s.RequestID, want, gateway[s.RequestID])
		compareSeen(t, "otlp", s.RequestID, want, spans[s.RequestID])
		compareSeen(t, "langfuse", s.RequestID, want, observations[s.RequestID])
	}
	if compared < 1000 || past < 200 || len(gateway) != len(spans) || len(spans) != len(observations) {
		t.Errorf("%d calls compared, %d passed by; %d, %d and %d records", compared, past, len(gateway), len(spans), len(observations))
	}
}

// compareSeen compares what a source says of a call with what the provider
// says. The provider's logs write seconds, and Bedrock's tokens are without
// those of a cache; models that take one text get the whole chat as the prompt.
// Not every source has the text that a vector was made of.
func compareSeen(t *testing.T, source, id string, want, got seen) {
	t.Helper()
	later := got.micros - want.micros
	ok := got.model == want.model && got.out == want.out && later < 1_000_000 && later > -60_000_000 &&
		(got.in == want.in || got.in == want.in+want.cached) &&
		(got.outcome == want.outcome || want.outcome == "blocked" && got.outcome == "success") &&
		(want.session == "" || got.session == "" || got.session == want.session)
	if want.status == "present" && (!want.embeds || got.prompt != "") {
		ok = ok && got.reply == want.reply &&
			(got.prompt == want.prompt && got.system == want.system || want.system == "" && strings.Contains(want.prompt, got.system) && strings.Contains(want.prompt, got.prompt))
	}
	if !ok {
		t.Errorf("call %s: %s differs from the provider:\n%+v\n%+v", id, source, got, want)
	}
}

// A call through the gateway is the same whichever sources are written, unless
// OpenAI is among them.
func TestManySourcesAlone(t *testing.T) {
	for _, sources := range [][]string{{"cloudtrail", "bedrock", "litellm", "otlp", "langfuse"}, {"openai", "langfuse", "litellm"}} {
		c := Config{Seed: 3, Calls: 600, Words: [2]int{5, 20}, Sources: sources}
		_, together := generate(t, c)
		for _, source := range sources {
			if c.Sources = []string{source}; sources[0] == "openai" && source != "openai" {
				c.Sources = []string{source, "openai"}
			}
			_, alone := generate(t, c)
			name := source + sourceOf(source).extension()
			if !bytes.Equal(read(t, filepath.Join(together, name)), read(t, filepath.Join(alone, name))) {
				t.Errorf("%s differs without %v", source, sources)
			}
		}
	}
}

// A refused call has no reply and no cost anywhere, and a scenario's words reach
// every source as they are.
func TestScenarioInAllSources(t *testing.T) {
	sc := played(func(w *World) ([]Step, error) {
		said := Step{At: w.Start.Add(13 * time.Hour), Who: w.Caller("dev-01"), Addr: "203.0.113.9", Region: regions[0], Service: "bedrock.amazonaws.com", Operation: opConverse}
		said.Talk = &Talk{
			Model: models[0].id, System: "Be \"brief\".",
			Messages: []Message{{Role: "user", Text: "line\none"}, {Role: "assistant", Tool: "read_object", ToolID: "t-1", Args: `{"key":"a\"b"}`}, {Role: "user", ToolID: "t-1", Text: "{\"found\": true}"}},
			Reply:    []Message{{Role: "assistant", Text: "One."}, {Role: "assistant", Tool: "search_documents", ToolID: "t-2", Args: `{"query":"x"}`}},
		}
		refused := said
		refused.At, refused.ErrorCode, refused.ErrorMessage = said.At.Add(time.Second), "AccessDeniedException", "No \"access\"."
		return []Step{said, refused}, nil
	})
	report, dir := generate(t, Config{Seed: 1, Days: 1, Calls: 50, Words: [2]int{3, 6}, Scenarios: []Scenario{sc}, Sources: Sources()})
	said, refused := report.Truth[0].RequestID, report.Truth[1].RequestID
	want := decodeLines(t, filepath.Join(dir, "bedrock.jsonl"), "bedrock")
	for _, source := range []string{"litellm", "otlp", "langfuse"} {
		path := filepath.Join(dir, source+".jsonl")
		for line := range bytes.Lines(read(t, path)) {
			if !json.Valid(line) {
				t.Errorf("%s: invalid JSON: %s", source, line)
			}
		}
		got := decodeLines(t, path, source)
		compareSeen(t, source, said, want[said], got[said])
		if c := got[refused]; c.outcome != "denied" || c.reply != "" || c.out != 0 || c.cost.V != 0 {
			t.Errorf("%s: a refused call: %+v", source, c)
		}
	}
}
