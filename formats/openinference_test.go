package formats

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeOpenInference(f *testing.F) { fuzzDecode(f, openInference{}) }

// TestOpenInferenceShapes writes one span in every shape that attributes come
// in: they must say the same.
func TestOpenInferenceShapes(t *testing.T) {
	const head = `{"name":"llm","context":{"trace_id":"f3d1c0a2b4e5968778695a4b3c2d1e0f","span_id":"a000000000000001"},"parent_id":null,"status_code":"OK",`
	shapes := map[string]string{
		"flat": head + `"attributes":{"openinference.span.kind":"LLM","llm.model_name":"m","llm.token_count.prompt":3,
			"llm.input_messages.0.message.role":"user","llm.input_messages.0.message.content":"hello",
			"llm.output_messages.0.message.role":"assistant","llm.output_messages.0.message.tool_calls.0.tool_call.id":"c1",
			"llm.output_messages.0.message.tool_calls.0.tool_call.function.name":"f"}}`,
		"lists": head + `"attributes":{"openinference.span.kind":"LLM","llm.model_name":"m","llm.token_count.prompt":3,
			"llm.input_messages":[{"message.role":"user","message.content":"hello"}],
			"llm.output_messages":[{"message.role":"assistant","message.tool_calls":[{"tool_call.id":"c1","tool_call.function.name":"f"}]}]}}`,
		"nested": head + `"attributes":{"openinference":{"span":{"kind":"LLM"}},"llm":{"model_name":"m","token_count":{"prompt":3},
			"input_messages":[{"message":{"role":"user","content":"hello"}}],
			"output_messages":[{"message":{"role":"assistant","tool_calls":[{"tool_call":{"id":"c1","function":{"name":"f"}}}]}}]}}}`,
		"columns": `{"name":"llm","context.trace_id":"f3d1c0a2b4e5968778695a4b3c2d1e0f","context.span_id":"a000000000000001","parent_id":"","status_code":"OK",
			"attributes.openinference.span.kind":"LLM","attributes.llm.model_name":"m","attributes.llm.token_count.prompt":"3",
			"attributes.llm.input_messages":"[{\"message.role\":\"user\",\"message.content\":\"hello\"}]",
			"attributes.llm.output_messages":"[{\"message.role\":\"assistant\",\"message.tool_calls\":[{\"tool_call.id\":\"c1\",\"tool_call.function.name\":\"f\"}]}]"}`,
		"cells": `{"name":"llm","context":"{\"trace_id\":\"f3d1c0a2b4e5968778695a4b3c2d1e0f\",\"span_id\":\"a000000000000001\"}","status_code":"OK","span_kind":"LLM",
			"attributes":"{\"llm\":{\"model_name\":\"m\",\"token_count\":{\"prompt\":3},\"input_messages\":[{\"message\":{\"role\":\"user\",\"content\":\"hello\"}}],\"output_messages\":[{\"message\":{\"role\":\"assistant\",\"tool_calls\":[{\"tool_call\":{\"id\":\"c1\",\"function\":{\"name\":\"f\"}}}]}}]}}"}`,
	}
	events := make(map[string]string)
	for name, text := range shapes {
		d := NewDecoder()
		if err := (openInference{}).Decode(d, []byte(text)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		events[name] = string(appendEvent(nil, d.Events()[0]))
	}
	if want := `"input_messages":[{"role":"user","parts":[{"type":"text","content":"hello"}]}]`; !strings.Contains(events["flat"], want) {
		t.Errorf("%s lacks %s", events["flat"], want)
	}
	for name, got := range events {
		if d := cmp.Diff(events["flat"], got); d != "" {
			t.Errorf("%s (-flat +%s):\n%s", name, name, d)
		}
	}
}

func TestOpenInferenceDetect(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       bool
	}{
		{"trace with spans", `{"traceId":"t","spans":[{"name":"a","context":{"trace_id":"t","span_id":"s"},"parent_id":null,"attributes":{}}]}`, true},
		{"spans of MLflow", `[{"name":"a","context":{"trace_id":"t","span_id":"s"},"parent_id":null,"attributes":{"mlflow.spanType":"LLM"}}]`, false},
		{"cut after the kind", `{"attributes.openinference.span.kind":"LLM","attributes.input.value":"x`, true},
		{"a log line with ids", `{"trace_id":"t","span_id":"s","attributes":{"gen_ai.operation.name":"chat"}}`, false},
		{"context of another kind", `{"context":{"user":"u"},"attributes":{},"parent_id":"p"}`, false},
	} {
		var doc jsontape.Doc
		if err := (openInference{}).Detect(sampleOf([]byte(tt.text), &doc)); (err == nil) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestSpansBounded writes more spans, or what else becomes an event, into a
// record than memory should be spent on.
func TestSpansBounded(t *testing.T) {
	many := strings.Repeat("{},", maxSpans) + "{}"
	var plugins strings.Builder
	for i := range maxSpans + 1 {
		fmt.Fprintf(&plugins, `"%d":{"meta":0},`, i)
	}
	for f, text := range map[Format]string{
		otlp{}:           `{"resourceSpans":[{"scopeSpans":[{"spans":[` + many + `]}]}]}`,
		openInference{}:  `{"spans":[` + many + `]}`,
		langfuse{}:       `{"trace":{"id":"t"},"observations":[` + many + `]}`,
		langsmith{}:      `{"id":"r","run_type":"chain","start_time":"2026-04-08T12:00:00Z","child_runs":[` + many + `]}`,
		mlflow{}:         `{"info":{"trace_id":"t"},"data":{"spans":[` + many + `]}}`,
		openAIUsage{}:    `{"start_time":1775649600,"results":[` + many + `]}`,
		anthropicUsage{}: `{"starting_at":"2026-04-08T00:00:00Z","results":[` + many + `]}`,
		kong{}:           `{"started_at":1775649600000,"request":{"uri":"/"},"ai":{` + plugins.String() + `"end":0}}`,
	} {
		if err := f.Decode(NewDecoder(), []byte(text)); err == nil {
			t.Errorf("%s decodes %d spans in one record", f.Name(), maxSpans+1)
		}
	}
}
