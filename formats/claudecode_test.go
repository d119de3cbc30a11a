package formats

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

func FuzzDecodeClaudeCode(f *testing.F) { fuzzDecode(f, claudeCode{}) }

// TestClaudeCodeReal reads recorded transcripts. The wanted numbers are those
// that were counted without this program.
func TestClaudeCodeReal(t *testing.T) {
	tests := []struct {
		name, session, first, last string
		kinds                      map[Kind]int
		input, output              int64
	}{
		{
			"representative_messages.jsonl", "test_session", "2025-06-14T10:00:00Z", "2025-06-14T10:04:00Z",
			map[Kind]int{KindMessage: 4, KindTool: 2, KindInference: 5, KindOther: 1},
			218, 445,
		},
		{
			"session_b.jsonl", "session_b", "2025-06-14T12:00:00Z", "2025-06-14T12:01:00Z",
			map[Kind]int{KindMessage: 2, KindInference: 1},
			20, 35,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join("..", "..", "shared", "data", "claude_code", tt.name)
			text, err := os.ReadFile(path)
			if err != nil {
				t.Skipf("RECORDED TRANSCRIPTS ARE MISSING: %v", err)
			}
			var doc jsontape.Doc
			s := sampleOf(text, &doc)
			if f, err := Detect(s, All()); err != nil || f.Name() != "claude-code" {
				t.Fatalf("detected as %v (%v)", f, err)
			}
			got := transcriptOf(t, claudeCode{}, text)
			want := transcriptSums{
				kinds: tt.kinds, sessions: map[string]bool{tt.session: true}, problems: []string{},
				first: tt.first, last: tt.last, input: tt.input, output: tt.output,
			}
			if d := cmp.Diff(want, got, cmp.AllowUnexported(transcriptSums{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// transcriptSums is what a transcript adds up to, a reply that was written as
// several lines counted once.
type transcriptSums struct {
	kinds         map[Kind]int
	sessions      map[string]bool
	problems      []string
	first, last   string
	input, output int64
}

func transcriptOf(t *testing.T, f Format, text []byte) transcriptSums {
	t.Helper()
	sums := transcriptSums{kinds: map[Kind]int{}, sessions: map[string]bool{}, problems: []string{}}
	replies := map[string][2]int64{}
	d := NewDecoder()
	var doc jsontape.Doc
	eachRecord(t, text, f.Framing(sampleOf(text, &doc)), func(record []byte, problem string) {
		d.Reset()
		if err := f.Decode(d, record); err != nil || problem != "" {
			sums.problems = append(sums.problems, fmt.Sprint(err, problem))
			return
		}
		for _, e := range d.Events() {
			sums.kinds[e.Kind]++
			if e.SessionID != nil {
				sums.sessions[string(e.SessionID)] = true
			}
			if e.TS.OK {
				ts := time.UnixMicro(e.TS.Micros).UTC().Format(time.RFC3339)
				if sums.first == "" || ts < sums.first {
					sums.first = ts
				}
				sums.last = max(sums.last, ts)
			}
			if e.Kind == KindInference {
				replies[string(e.ResponseID)] = [2]int64{e.InputTokens.V, e.OutputTokens.V}
			}
		}
	})
	for _, tokens := range replies {
		sums.input += tokens[0]
		sums.output += tokens[1]
	}
	return sums
}

// TestClaudeCodeUsageOnce checks that the lines of one reply share what joins
// them, so that its tokens count once, the last line's.
func TestClaudeCodeUsageOnce(t *testing.T) {
	text := formatCases(t)["claude-code/session"].text
	got := transcriptOf(t, claudeCode{}, text)
	input := int64(4+9000+1200) + (7 + 10200) + (2 + 10200 + 80) // with what the cache served and took
	if got.input != input || got.output != 96+41+52 {
		t.Errorf("%d in and %d out, want %d and 189", got.input, got.output, input)
	}
}

func TestClaudeCodeDetect(t *testing.T) {
	tests := []struct {
		name, text string
		ok         bool
	}{
		{"user", `{"sessionId":"s","uuid":"u","type":"user","message":{}}`, true},
		{"cut in the message", `{"parentUuid":null,"uuid":"u","type":"user","message":{"role":"us`, true},
		{"summary", `{"type":"summary","summary":"s","leafUuid":"u"}`, true},
		{"title", `{"type":"custom-title","customTitle":"t","sessionId":"s"}`, true},
		{"snapshot", `{"type":"file-history-snapshot","messageId":"m","snapshot":{}}`, true},
		{"a chat message", `{"type":"user","message":{"role":"user","content":"hi"}}`, false},
		{"another log with a session", `{"type":"click","sessionId":"s","uuid":"u"}`, false},
		{"an array", `[{"sessionId":"s","messageId":0,"type":"user","message":"hi"}]`, false},
		{"text", `user hello`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			if err := (claudeCode{}).Detect(sampleOf([]byte(tt.text), &doc)); (err == nil) != tt.ok {
				t.Errorf("Detect: %v, want ok %v", err, tt.ok)
			}
		})
	}
}
