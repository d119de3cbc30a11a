package formats

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeCodex(f *testing.F) { fuzzDecode(f, codex{}) }

// TestCodexTokens checks that the tokens of the calls of a rollout are its last
// total: nothing that was written again counts again.
func TestCodexTokens(t *testing.T) {
	tests := []struct {
		name          string
		calls         int
		input, output int64
	}{
		{"session", 2, 8500, 85},
		{"records", 1, 950, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls, input, output := 0, int64(0), int64(0)
			for _, e := range rolloutEvents(t, string(formatCases(t)["codex/"+tt.name].text)) {
				if strings.Contains(e, `"kind":"inference"`) {
					calls++
				}
				var doc jsontape.Doc
				if err := doc.Parse([]byte(e)); err != nil {
					t.Fatal(err)
				}
				input += intOf(doc.Root().Get("input_tokens")).V
				output += intOf(doc.Root().Get("output_tokens")).V
			}
			if calls != tt.calls || input != tt.input || output != tt.output {
				t.Errorf("%d calls, %d in and %d out, want %d, %d and %d", calls, input, output, tt.calls, tt.input, tt.output)
			}
		})
	}
}

// TestCodexFork checks that a fork does not count again what the session that it
// was forked from used.
func TestCodexFork(t *testing.T) {
	const (
		meta = `{"timestamp":"2026-01-08T12:00:00.000Z","type":"session_meta","payload":{"id":"s-2","forked_from_id":"s-1","model_provider":"openai"}}`
		old  = `{"timestamp":"2026-01-08T12:00:00.000Z","type":"session_meta","payload":{"id":"s-1","model_provider":"openai"}}`
		turn = `{"timestamp":"2026-01-08T12:00:00.004Z","type":"turn_context","payload":{"cwd":"/w","model":"gpt-5"}}`
		use1 = `{"timestamp":"2026-01-08T12:00:00.120Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":500},"last_token_usage":{"input_tokens":500}}}}`
		use2 = `{"timestamp":"2026-01-08T12:00:07.300Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":1100},"last_token_usage":{"input_tokens":600}}}}`
	)
	tests := []struct {
		name  string
		lines []string
		want  []string // input tokens of the calls
	}{
		{"a fork", []string{meta, old, turn, use1, use2}, []string{"600"}},
		{"no fork", []string{old, turn, use1, use2}, []string{"500", "600"}},
		{"a fork without its beginning", []string{turn, use1, use2}, []string{"500", "600"}},
	}
	for _, tt := range tests {
		var got []string
		for _, e := range rolloutEvents(t, strings.Join(tt.lines, "\n")) {
			var doc jsontape.Doc
			if err := doc.Parse([]byte(e)); err != nil {
				t.Fatal(err)
			}
			if string(doc.Root().Get("kind").Text()) == "inference" {
				got = append(got, string(doc.Root().Get("input_tokens").Raw()))
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: input tokens of calls (-want +got):\n%s", tt.name, diff)
		}
	}
}

// rolloutEvents returns the events of the lines of a rollout as JSON.
func rolloutEvents(t *testing.T, text string) []string {
	t.Helper()
	var doc jsontape.Doc
	return eventLines(t, codex{}, codex{}.Framing(sampleOf([]byte(text), &doc)), []byte(text))
}

// TestCodexContext checks what later lines take from earlier ones, whatever the
// order of members.
func TestCodexContext(t *testing.T) {
	const (
		meta  = `{"timestamp":"2026-04-08T12:00:00Z","type":"session_meta","payload":{"id":"s-1","model_provider":"openai"}}`
		other = `{"timestamp":"2026-04-08T12:00:00Z","type":"session_meta","payload":{"id":"s-0","model_provider":"azure"}}`
		fork  = `{"timestamp":"2026-04-08T12:00:00Z","type":"session_meta","payload":{"id":"s-2","forked_from_id":"s-0","model_provider":"openai"}}`
		turn  = `{"timestamp":"2026-04-08T12:00:00Z","type":"turn_context","payload":{"cwd":"/w","approval_policy":"never","model":"gpt-5"}}`
		turn2 = `{"payload":{"approval_policy":"on-request","cwd":"/w","model":"gpt-5-mini"},"timestamp":"2026-04-08T12:00:00Z","type":"turn_context"}`
		use   = `{"timestamp":"2026-04-08T12:00:00Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":5},"last_token_usage":{"input_tokens":5}}}}`
	)
	tests := []struct {
		name, text string
		want       []string
	}{
		{"all", meta + "\n" + turn + "\n" + use, []string{`"session_id":"s-1"`, `"provider":"openai"`, `"model":"gpt-5"`}},
		{"next turn", meta + "\n" + turn + "\n" + turn2 + "\n" + use, []string{`"model":"gpt-5-mini"`}},
		{"fork", fork + "\n" + other + "\n" + turn + "\n" + use, []string{`"session_id":"s-2"`, `"provider":"openai"`}},
		{"beginning is missing", use, []string{`"kind":"inference"`, `"input_tokens":5`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := rolloutEvents(t, tt.text)
			last := events[len(events)-1]
			for _, want := range tt.want {
				if !strings.Contains(last, want) {
					t.Errorf("%s is not in %s", want, last)
				}
			}
		})
	}
}

// TestCodexCarry has the type of a line and that of its payload in any order,
// and words in texts that are no types.
func TestCodexCarry(t *testing.T) {
	long := strings.Repeat("x", 600)
	tests := []struct {
		name, line string
		want       int
	}{
		{"meta", `{"timestamp":"t","type":"session_meta","payload":{"id":"1"}}`, codexMeta},
		{"forked", `{"timestamp":"t","type":"session_meta","payload":{"id":"1","forked_from_id":"0"}}`, codexFork},
		{"turn, with spaces", `{"timestamp": "t", "type": "turn_context", "payload": {}}`, codexTurn},
		{"turn, type last", `{"payload":{"cwd":"` + long + `"},"timestamp":"t","type":"turn_context"}`, codexTurn},
		{"usage", `{"timestamp":"t","type":"token_usage_record","payload":{}}`, codexUsage},
		{"count", `{"timestamp":"t","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{}}}}`, codexUsage},
		{"count without totals", `{"timestamp":"t","type":"event_msg","payload":{"type":"token_count","info":null}}`, -1},
		{"count, types last", `{"payload":{"info":{"total_token_usage":{},"x":"` + long + `"},"type":"token_count"},"type":"event_msg"}`, codexUsage},
		{"another event", `{"timestamp":"t","type":"event_msg","payload":{"type":"agent_message","message":"x"}}`, -1},
		{"item", `{"timestamp":"t","type":"response_item","payload":{"type":"message","content":"\"type\":\"turn_context\""}}`, -1},
		{"no text", `{"type":7,"payload":{"type":null}}`, -1},
		{"cut", `{"type":"turn_con`, -1},
		{"empty", ``, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (codex{}).Carry([]byte(tt.line)); got != tt.want {
				t.Errorf("slot %d, want %d", got, tt.want)
			}
		})
	}
}
