package formats

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func FuzzDecodeLangfuse(f *testing.F) { fuzzDecode(f, langfuse{}) }

// langfuseTotals are the figures that shared/data/README.md states for the
// traces published with Langfuse's source: observations, and the tokens of
// usageDetails over all of them: input, output, and total. Of LangGraph's output
// Langfuse has taken out the 64 tokens of output_reasoning, which are part of it:
// LangChain's own usage_metadata in the same trace says 24 + 99, and the total
// counts them.
func langfuseTotals() map[string][4]int64 {
	return map[string][4]int64{
		"agno-2025-06-11":                    {6, 2936, 903, 3839},
		"autogen-2025-06-06":                 {2, 41, 3, 44},
		"beeai-2025-08-01":                   {29, 5542, 0, 5542},
		"crewai-2025-07-11":                  {6, 190, 164, 354},
		"google-gemini-2025-08-01":           {1, 6, 2055, 2061},
		"koog-2025-08-26":                    {11, 215, 125, 340},
		"langgraph-js-2025-10-30":            {20, 321, 59 + 64, 444},
		"llamaindex-2025-06-05":              {2, 13, 81, 94},
		"pydantic-ai-2025-06-06":             {3, 31, 96, 127},
		"pydantic-ai-with-gemini-2025-12-24": {1, 40, 159, 199},
	}
}

// TestLangfuseRealTraces loads the traces of ten frameworks and compares them
// with the figures and the messages that their publisher expects of them.
func TestLangfuseRealTraces(t *testing.T) {
	root := filepath.Join("..", "..", "shared", "data", "langfuse")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("SKIPPED: the real Langfuse traces are not in %s", root)
	}
	var observations int64
	var tally langfuseTally
	for stem, want := range langfuseTotals() {
		t.Run(stem, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(root, stem+".trace.json"))
			if err != nil {
				t.Fatal(err)
			}
			events := decodeWhole(t, text)
			var sum [4]int64
			roots := 0
			for _, e := range events {
				if e.SpanID == nil {
					continue // the trace itself, or a score
				}
				sum[0]++
				sum[1] += e.InputTokens.V
				sum[2] += e.OutputTokens.V
				sum[3] += e.InputTokens.V + e.OutputTokens.V
				if e.ParentSpanID == nil {
					roots++
				}
				if !e.TS.OK || e.TraceID == nil {
					t.Errorf("%s has no time or trace", e.SpanID)
				}
			}
			if sum != want || roots != 1 {
				t.Errorf("observations, input, output and total tokens are %v with %d roots, want %v with 1", sum, roots, want)
			}
			observations += sum[0]
			data, err := os.ReadFile(filepath.Join(root, stem+".chatml.json"))
			if err != nil {
				t.Fatal(err)
			}
			tally.compare(t, events, data)
		})
	}
	if observations != 81 {
		t.Errorf("%d observations, want 81", observations)
	}
	// Decoded further are the outputs of LangGraph's two prompt steps, a list of
	// LangChain's messages under the name output, and that of Pydantic AI's chat,
	// a choice without its list: the publisher keeps each as one piece of JSON.
	want := langfuseTally{all: 45, equal: 42, further: 3}
	if tally != want {
		t.Errorf("expected message lists, equal ones and those decoded further are %+v, want %+v", tally, want)
	}
}

// decodeWhole detects and decodes a text that is one record.
func decodeWhole(t *testing.T, text []byte) []*Event {
	t.Helper()
	d := NewDecoder()
	s := sampleOf(text, &d.JSON)
	f, err := Detect(s, All())
	if err != nil || f.Name() != "langfuse" {
		t.Fatalf("detected as %v (%v)", f, err)
	}
	n := 0
	eachRecord(t, text, f.Framing(s), func(record []byte, problem string) {
		n++
		if problem != "" {
			t.Fatal(problem)
		}
		if err := f.Decode(d, record); err != nil {
			t.Fatal(err)
		}
	})
	if n != 1 {
		t.Errorf("%d records, want 1", n)
	}
	return d.Events()
}

// langfuseTally counts expected message lists, those that the messages are
// equal to, and those whose JSON holds all that the messages say.
type langfuseTally struct{ all, equal, further int }

// expectedMessage is a message as the publisher's own tests expect it. What it
// does not understand it leaves in JSON.
type expectedMessage struct {
	Role      string          `json:"role"`
	Content   json.RawMessage `json:"content"`
	ToolCalls []struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"tool_calls"`
	Tools []struct {
		Name string `json:"name"`
	} `json:"tools"`
	JSON json.RawMessage `json:"json"`
}

// compare compares the events of a trace with the expected messages, by id of
// the observation and side.
func (c *langfuseTally) compare(t *testing.T, events []*Event, data []byte) {
	t.Helper()
	var expected map[string]map[string]struct {
		Success bool              `json:"success"`
		Data    []expectedMessage `json:"data"`
	}
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	for id, sides := range expected {
		at := slices.IndexFunc(events, func(e *Event) bool { return string(e.SpanID) == id })
		if at < 0 {
			t.Errorf("there is no observation %s", id)
			continue
		}
		for side, want := range sides {
			if !want.Success {
				continue // the publisher finds no messages in it
			}
			got := events[at].Input
			if side == "output" {
				got = events[at].Output
			}
			c.all++
			reason := ""
			for i, m := range want.Data {
				if i < len(got) && reason == "" {
					reason = m.differs(&got[i], events[at])
				}
			}
			switch {
			case reason == "" && len(got) == len(want.Data):
				c.equal++
			case len(want.Data) == 1 && want.Data[0].holds(got):
				c.further++
				t.Logf("%s of %s: %d messages where the expectation keeps one JSON", side, id, len(got))
			default:
				t.Errorf("%s of %s: %d messages, want %d; %s", side, id, len(got), len(want.Data), reason)
			}
		}
	}
}

// differs says in what a message is not the expected one, "" when it is.
func (m *expectedMessage) differs(got *Message, e *Event) string {
	for _, tool := range m.Tools {
		if !bytes.Contains(e.ToolDefinitions, []byte(`"`+tool.Name+`"`)) {
			return "no definition of the tool " + tool.Name
		}
	}
	if m.Role == "" && m.Content == nil && m.ToolCalls == nil {
		if m.JSON == nil {
			return "" // only the tools are expected
		}
		if len(got.Parts) != 1 || !equalJSON(got.Parts[0].JSON, m.JSON) {
			return "not the expected JSON"
		}
		return ""
	}
	if m.Role != string(got.Role) {
		return "the role is " + string(got.Role) + ", want " + m.Role
	}
	if want, have := m.text(), textOf(got); want != have {
		return "the text is " + have + "\nwant " + want
	}
	n := 0
	for _, p := range got.Parts {
		if p.Type != PartToolCall {
			continue
		}
		if n >= len(m.ToolCalls) || m.ToolCalls[n].ID != string(p.ID) || m.ToolCalls[n].Name != string(p.Name) || m.ToolCalls[n].Arguments != string(p.JSON) {
			return "not the expected tool calls"
		}
		n++
	}
	if n != len(m.ToolCalls) {
		return "not all of the expected tool calls"
	}
	return ""
}

// text returns the text that is expected: the content, the texts of its blocks,
// or what the publisher leaves in JSON under the name text.
func (m *expectedMessage) text() string {
	if m.Content == nil {
		var left struct {
			Text string `json:"text"`
		}
		_ = json.Unmarshal(m.JSON, &left)
		return left.Text
	}
	var s string
	if json.Unmarshal(m.Content, &s) == nil {
		return s
	}
	var blocks []struct {
		Text string `json:"text"`
	}
	_ = json.Unmarshal(m.Content, &blocks)
	texts := make([]string, len(blocks))
	for i, b := range blocks {
		texts[i] = b.Text
	}
	return strings.Join(texts, partSeparator)
}

// textOf returns the text of a message, or of the result of a tool.
func textOf(m *Message) string {
	var texts []string
	for _, p := range m.Parts {
		if p.Type == PartText || p.Type == PartToolResponse {
			texts = append(texts, string(p.Text))
		}
	}
	return strings.Join(texts, partSeparator)
}

// holds reports whether everything in the messages is in the JSON that is
// expected in their place.
func (m *expectedMessage) holds(got []Message) bool {
	var value any
	if m.JSON == nil || json.Unmarshal(m.JSON, &value) != nil || len(got) == 0 {
		return false
	}
	for i := range got {
		for _, p := range got[i].Parts {
			if p.Text != nil && !holdsString(value, string(p.Text)) || p.ID != nil && !holdsString(value, string(p.ID)) || p.Type == PartOther {
				return false
			}
		}
	}
	return true
}

// holdsString reports whether a JSON value has a string.
func holdsString(value any, s string) bool {
	switch v := value.(type) {
	case string:
		return v == s
	case []any:
		return slices.ContainsFunc(v, func(v any) bool { return holdsString(v, s) })
	case map[string]any:
		for _, v := range v {
			if holdsString(v, s) {
				return true
			}
		}
	}
	return false
}

func equalJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
