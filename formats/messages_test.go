package formats

import (
	"bytes"
	"encoding/json"
	"strconv"
	"testing"
	"unicode/utf8"
)

func textPart(s string) Part { return Part{Type: PartText, Text: Text(s)} }

func msg(role string, parts ...Part) Message { return Message{Role: Text(role), Parts: parts} }

func TestSummarise(t *testing.T) {
	tests := []struct {
		name                                string
		in, out                             []Message
		system, prompt, response, reasoning string // "-" is NULL
		plain                               bool
	}{
		{"nothing", nil, nil, "-", "-", "-", "-", true},
		{
			"plain",
			[]Message{msg("system", textPart("be brief")), msg("user", textPart("hi"))},
			[]Message{msg("assistant", textPart("hello"))},
			"be brief", "hi", "hello", "-", true,
		},
		{
			"reasoning before the text",
			[]Message{msg("user", textPart("hi"))},
			[]Message{msg("assistant", Part{Type: PartReasoning, Text: Text("hm")}, textPart("hello"))},
			"-", "hi", "hello", "hm", true,
		},
		{
			"reasoning after the text",
			nil,
			[]Message{msg("assistant", textPart("hello"), Part{Type: PartReasoning, Text: Text("hm")})},
			"-", "-", "hello", "hm", false,
		},
		{
			"empty is not NULL",
			[]Message{msg("user", textPart(""))},
			[]Message{msg("assistant", textPart(""))},
			"-", "", "", "-", true,
		},
		{
			"system after the user",
			[]Message{msg("user", textPart("hi")), msg("system", textPart("be brief"))},
			nil, "be brief", "hi", "-", "-", false,
		},
		{
			"last user message with a text",
			[]Message{
				msg("system", textPart("a"), textPart("b")), msg("user", textPart("one")), msg("assistant", textPart("two")),
				msg("user", textPart("three"), textPart("four")),
				msg("user", Part{Type: PartToolResponse, ID: Text("t1"), Text: Text("result")}),
			},
			[]Message{msg("assistant", textPart("x")), msg("assistant", textPart("y"))},
			"a\n\nb", "three\n\nfour", "x\n\ny", "-", false,
		},
		{
			"other case of a role",
			[]Message{msg("USER", textPart("hi"))},
			nil,
			"-", "hi", "-", "-", false,
		},
		{
			"image beside the text",
			[]Message{msg("user", textPart("hi"), Part{Type: PartBlob})},
			nil,
			"-", "hi", "-", "-", false,
		},
		{
			"assistant without parts", nil,
			[]Message{msg("assistant")},
			"-", "-", "-", "-", false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := &Event{Input: tt.in, Output: tt.out}
			e.Summarise()
			for _, c := range []struct {
				column string
				got    Text
				want   string
			}{
				{"system_prompt", e.SystemPrompt, tt.system},
				{"prompt", e.Prompt, tt.prompt},
				{"response", e.Response, tt.response},
				{"reasoning", e.Reasoning, tt.reasoning},
			} {
				got := "-"
				if c.got != nil {
					got = string(c.got)
				}
				if got != c.want {
					t.Errorf("%s = %q, want %q", c.column, got, c.want)
				}
			}
			if got := PlainMessages(e); got != tt.plain {
				t.Errorf("PlainMessages = %v, want %v", got, tt.plain)
			}
			checkPlain(t, e)
		})
	}
}

// checkPlain rebuilds the messages of a plain event by the rule that
// PlainMessages states.
func checkPlain(t *testing.T, e *Event) {
	t.Helper()
	if !PlainMessages(e) {
		return
	}
	var in, out []Message
	if e.SystemPrompt != nil {
		in = append(in, msg("system", Part{Type: PartText, Text: e.SystemPrompt}))
	}
	if e.Prompt != nil {
		in = append(in, msg("user", Part{Type: PartText, Text: e.Prompt}))
	}
	if e.Response != nil || e.Reasoning != nil {
		m := msg("assistant")
		m.FinishReason = e.FinishReason
		if e.Reasoning != nil {
			m.Add(Part{Type: PartReasoning, Text: e.Reasoning})
		}
		if e.Response != nil {
			m.Add(Part{Type: PartText, Text: e.Response})
		}
		out = append(out, m)
	}
	for _, side := range []struct{ rebuilt, had []Message }{{in, e.Input}, {out, e.Output}} {
		got, want := AppendMessages(nil, side.rebuilt), AppendMessages(nil, side.had)
		if !bytes.Equal(got, want) {
			t.Errorf("rebuilt messages differ\n got %s\nwant %s", got, want)
		}
	}
}

func TestSummariseToolCalls(t *testing.T) {
	e := &Event{}
	for i := range 100 {
		id := Text("call_" + strconv.Itoa(i))
		e.AddInput(Text("assistant")).Add(Part{Type: PartToolCall, ID: id})
		e.AddInput(Text("tool")).Add(Part{Type: PartToolResponse, ID: id})
	}
	e.AddOutput(Text("assistant")).Add(Part{Type: PartToolCall, ID: Text("call_7")})
	e.Summarise()
	if len(e.ToolCallIDs) != 100 {
		t.Fatalf("got %d tool call ids, want 100", len(e.ToolCallIDs))
	}
	for i, id := range e.ToolCallIDs {
		if want := "call_" + strconv.Itoa(i); string(id) != want {
			t.Errorf("tool call %d = %s, want %s", i, id, want)
		}
	}
}

func TestAppendMessages(t *testing.T) {
	tests := []struct {
		name string
		in   []Message
		want string
	}{
		{"none", nil, `[]`},
		{"no role", []Message{{}}, `[{"parts":[]}]`},
		{"finish reason", []Message{{Role: Text("assistant"), FinishReason: Text("stop")}}, `[{"role":"assistant","parts":[],"finish_reason":"stop"}]`},
		{
			"text",
			[]Message{msg("user", textPart("a \"b\"\n\\ \x01 é \xff\xc3"))},
			`[{"role":"user","parts":[{"type":"text","content":"a \"b\"\n\\ \u0001 é ` + "\uFFFD\uFFFD" + `"}]}]`,
		},
		{
			"tools",
			[]Message{msg("assistant",
				Part{Type: PartToolCall, ID: Text("c1"), Name: Text("f"), JSON: Text(`{"a": 1}`)},
				Part{Type: PartToolCall, Name: Text("g"), JSON: Text(`{"a":`)},
				Part{Type: PartToolCall, Name: Text("h"), JSON: Text("\"\xff\"")},
				Part{Type: PartToolResponse, ID: Text("c1"), Text: Text("ok")},
				Part{Type: PartToolResponse, ID: Text("c2"), JSON: Text(`[1]`)})},
			`[{"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"f","arguments":{"a": 1}},` +
				`{"type":"tool_call","name":"g","arguments":"{\"a\":"},` +
				`{"type":"tool_call","name":"h","arguments":"\"` + "\uFFFD" + `\""},` +
				`{"type":"tool_call_response","id":"c1","response":"ok"},{"type":"tool_call_response","id":"c2","response":[1]}]}]`,
		},
		{
			"media",
			[]Message{msg("user",
				Part{Type: PartBlob, Name: Text("image/png"), JSON: Text("12")},
				Part{Type: PartURI, Name: Text("application/pdf"), Text: Text("s3://b/k")},
				Part{Type: PartOther, JSON: Text(`{"x":null}`)}, Part{Type: PartOther, Text: Text("y")})},
			`[{"role":"user","parts":[{"type":"blob","modality":"image","mime_type":"image/png","size":12},` +
				`{"type":"uri","mime_type":"application/pdf","uri":"s3://b/k"},{"type":"other","content":{"x":null}},{"type":"other","content":"y"}]}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(AppendMessages(nil, tt.in)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func FuzzAppendMessages(f *testing.F) {
	f.Add("user", "text", "hi", "id", "name", `{"a":1}`)
	f.Add("", "tool_call", "\xff\x00", "\"", "\\", "{")
	f.Fuzz(func(t *testing.T, role, typ, text, id, name, js string) {
		m := []Message{{Role: Text(role), FinishReason: Text(id), Parts: []Part{
			{Type: PartType(typ), Text: Text(text), ID: Text(id), Name: Text(name), JSON: Text(js)},
			{Type: PartType(typ), Text: Text(text)},
		}}}
		got := AppendMessages([]byte("x"), m)
		if !json.Valid(got[1:]) || !utf8.Valid(got) {
			t.Errorf("not valid JSON: %q", got)
		}
	})
}
