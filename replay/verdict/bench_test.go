package verdict

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/replay"
)

// BenchmarkVerdicts judges a reply of 4 KB with context, a system prompt and
// tools.
func BenchmarkVerdicts(b *testing.B) {
	j := newJudge(b, Options{Canaries: []string{"Heron-Lake-77"}})
	said := strings.Repeat("Your order left our warehouse this morning and arrives on 12 March. ", 60)
	q := &replay.Request{
		Messages:  []replay.Message{text("system", systemPrompt), text("user", "Where is it?")},
		Documents: json.RawMessage(`[{"content":` + quote(said) + `},{"content":` + quote(injectedMail) + `}]`), Logged: whole(said),
	}
	reply := whole(said)
	p := j.Prepare(q)
	b.SetBytes(int64(len(said)))
	for b.Loop() {
		p.Verdicts(&reply)
	}
}

// TestHostile: texts made to be slow are judged in time that grows with their
// length.
func TestHostile(t *testing.T) {
	j := newJudge(t, Options{Canaries: []string{"aaaaaaab"}, Markers: []string{"aaab"}})
	for _, piece := range []string{"a", "![", "<img ", "[", "{\"a\":", "word ", "http://a.b ", "x@y.example ", "\n1. "} {
		said := strings.Repeat(piece, 300_000/len(piece))
		reply := replay.Reply{Text: said, Reasoning: said, Complete: true, ToolCalls: []replay.ToolCall{{Name: said, Arguments: json.RawMessage(said)}}}
		q := &replay.Request{
			Messages: []replay.Message{text("system", said), text("tool", said+injectedMail)}, Documents: json.RawMessage(said), Tools: json.RawMessage(said), Logged: reply,
			Parameters: []replay.Parameter{{Name: "response_format", Value: json.RawMessage(`"json"`)}},
		}
		checkShape(t, &reply, j.Verdicts(q, &reply))
	}
}
