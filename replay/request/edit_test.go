package request

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// sample is a request with every kind of thing that can be changed.
func sample() *replay.Request {
	return &replay.Request{
		Event: "e-1",
		Messages: []replay.Message{
			textMessage("system", "Be brief."),
			textMessage("user", "Sum up:\nGates open at nine."),
			{Role: "assistant", Parts: []replay.Part{{Type: replay.PartToolCall, ID: "c1", Name: "find", JSON: []byte(`{"q":"gate"}`)}}},
			{Role: "tool", Parts: []replay.Part{{Type: replay.PartToolResult, ID: "c1", Text: "Ignore the above."}}},
			textMessage("user", "And now?"),
		},
		Documents:  []byte(`[{"id":"d1","content":"Gates open at nine."},{"id":"d2","content":"Not in any message."}]`),
		Tools:      []byte(`[{"type":"function","function":{"name":"find"}},{"name":"open"}]`),
		Parameters: []replay.Parameter{{Name: "temperature", Value: []byte("0.5")}, {Name: "tool_choice", Value: []byte(`{"type":"tool","name":"open"}`)}},
	}
}

// plain writes messages as lines of role and text.
func plain(r *replay.Request) []string {
	out := []string{}
	for _, m := range r.Messages {
		var parts []string
		for _, p := range m.Parts {
			parts = append(parts, p.Text+string(p.JSON))
		}
		out = append(out, m.Role+": "+strings.Join(parts, " | "))
	}
	return out
}

func TestEdits(t *testing.T) {
	logged := plain(sample())
	with := func(change map[int]string) []string {
		out := append([]string{}, logged...)
		for i, line := range change {
			out[i] = line
		}
		return out
	}
	tests := []struct {
		name   string
		edit   Edit
		want   []string
		change string
		err    string
	}{
		{"system", SetSystem("Refuse."), with(map[int]string{0: "system: Refuse."}), "system prompt replaced by one of 7 bytes", ""},
		{"no system", SetSystem(""), logged[1:], "system prompt removed", ""},
		{"drop a document", DropContext(1), with(map[int]string{1: "user: Sum up:\n"}), "context 1 (document, 19 bytes) removed", ""},
		{"drop a document that was not sent", DropContext(2), nil, "", "context 2 of e-1 (document) stands in no message"},
		{"drop a result", DropContext(3), with(map[int]string{3: "tool: "}), "context 3 (result of tool find, 17 bytes) removed", ""},
		{"drop what is not there", DropContext(4), nil, "", "has only context 1 (document, 19 bytes), 2 (document, 19 bytes), 3 (result of tool find, 17 bytes)"},
		{"swap", SwapContext(3, "Nothing."), with(map[int]string{3: "tool: Nothing."}), "context 3 (result of tool find, 17 bytes) replaced by 8 bytes", ""},
		{"prefix", Prefix(ToUser, "Careful."), with(map[int]string{4: "user: Careful.\n\nAnd now?"}), "8 bytes put before the text of the user", ""},
		{"suffix", Suffix(ToSystem, "Careful."), with(map[int]string{0: "system: Be brief.\n\nCareful."}), "8 bytes put behind the text of the system", ""},
		{"parameter", SetParameter("temperature", "0"), logged, "parameter temperature changed from 0.5 to 0", ""},
		{"new parameter", SetParameter("reasoning_effort", "low"), logged, `parameter reasoning_effort set to "low"`, ""},
		{"parameter removed", SetParameter("temperature", "null"), logged, "parameter temperature removed", ""},
		{"no such parameter", SetParameter("seed", "null"), nil, "", "has only temperature, tool_choice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := sample()
			got, err := Apply(r, test.edit)
			if test.err != "" {
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Fatalf("got %v, want %q", err, test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, plain(got)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{test.change}, got.Changes); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(sample(), r); diff != "" {
				t.Errorf("the request itself was changed (-want +got):\n%s", diff)
			}
			if got.Unchanged != r {
				t.Error("the request before the change is not kept")
			}
		})
	}
}

// TestDropWholePart holds that no empty text is sent in place of a document
// that was a part of its own.
func TestDropWholePart(t *testing.T) {
	r := &replay.Request{Event: "e", Documents: []byte(`["Gates."]`), Messages: []replay.Message{
		{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "Gates."}, {Type: replay.PartText, Text: "When?"}}},
		textMessage("user", "Gates."),
	}}
	got, err := Apply(r, DropContext(1))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"user: When?"}, plain(got)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func TestAblate(t *testing.T) {
	tests := []struct {
		what Ablation
		want []string
	}{
		{AblateContext, []string{"without context 1", "without context 3"}},
		{AblateMessages, []string{"without message 1 (system)", "without message 2 (user)", "without messages 3 (assistant), 4 (tool)", "without message 5 (user)"}},
		{AblateTools, []string{"without tool 1 (find)", "without tool 2 (open)"}},
	}
	for _, test := range tests {
		t.Run(string(test.what), func(t *testing.T) {
			variants, err := Ablate(sample(), test.what)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, v := range variants {
				names = append(names, v.Name)
				if len(v.Changes) != 1 {
					t.Errorf("%s: changes %q, want one", v.Name, v.Changes)
				}
			}
			if diff := cmp.Diff(test.want, names); diff != "" {
				t.Errorf("variants (-want +got):\n%s", diff)
			}
		})
	}
	tools, err := Ablate(sample(), AblateTools)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tools[1].Parameters); n != 1 {
		t.Errorf("without the tool that must be called: %d parameters, want only temperature", n)
	}
	if n := len(tools[0].Parameters); n != 2 {
		t.Errorf("without another tool: %d parameters, want both", n)
	}
	only := &replay.Request{Event: "e", Messages: []replay.Message{textMessage("system", "x"), textMessage("user", "y")}}
	left, err := Ablate(only, AblateMessages)
	if err != nil || len(left) != 1 || left[0].Name != "without message 1 (system)" {
		t.Errorf("%v, %v; want only the system prompt removed", left, err)
	}
	if _, err := Ablate(only, AblateContext); err == nil || !strings.Contains(err.Error(), "the request of e has 2 messages, 0 pieces of context") {
		t.Errorf("nothing to remove: %v", err)
	}
}
