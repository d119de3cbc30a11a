package drill

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	w := newWriter()
	seen := map[string]bool{}
	for n := 1; n <= 400; n++ {
		r := newRNG(1, streamTalk, uint64(n), 0)
		var text string
		if err := json.Unmarshal(append(w.append([]byte{'"'}, &r, n), '"'), &text); err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(text)
		if len(fields) != n {
			t.Errorf("want %d words, got %d: %s", n, len(fields), text)
		}
		for _, f := range fields {
			seen[strings.Trim(f, `.?!"`)] = true
		}
	}
	if len(seen) < 2000 {
		t.Errorf("only %d different words", len(seen))
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"plural", plural("branch"), "branches"},
		{"plural of y", plural("policy"), "policies"},
		{"plural of ey", plural("key"), "keys"},
		{"past", past("carry"), "carried"},
		{"past of e", past("close"), "closed"},
		{"past doubled", past("plan"), "planned"},
		{"past not doubled", past("edit"), "edited"},
		{"gerund", gerund("serve"), "serving"},
		{"gerund of ee", gerund("agree"), "agreeing"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, c.got, c.want)
		}
	}
}

type claudeInput struct {
	Messages []struct {
		Role    string
		Content []struct {
			Type, Text, ID, Content string
			ToolUseID               string `json:"tool_use_id"`
		}
	}
	Metadata struct {
		UserID string `json:"user_id"`
	}
}

// Each turn of a conversation repeats all earlier ones, and tool calls have
// their results.
func TestTurns(t *testing.T) {
	_, dir := generate(t, Config{Seed: 12, Calls: 3000, Days: 2, Words: [2]int{5, 40}, Sources: []string{"bedrock"}})
	sessions, repeats := map[string][]string{}, 0
	for _, r := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		if r.Operation != opInvokeStream || !strings.Contains(r.Identity.ARN, "dev-") {
			continue
		}
		var in claudeInput
		if err := json.Unmarshal(r.Input.InputBodyJSON, &in); err != nil {
			t.Fatal(err)
		}
		_, session, ok := strings.Cut(in.Metadata.UserID, "_session_")
		if !ok {
			t.Fatalf("call %s names no session", r.RequestID)
		}
		var texts []string
		call := ""
		for _, m := range in.Messages {
			for _, p := range m.Content {
				texts = append(texts, p.Text+p.Content)
				if p.Type == "tool_result" && p.ToolUseID != call {
					t.Errorf("call %s: result of %s after call of %s", r.RequestID, p.ToolUseID, call)
				}
				call = p.ID
			}
		}
		before := sessions[session]
		if len(texts) < len(before) || !slices.Equal(before, texts[:len(before)]) {
			t.Errorf("call %s does not repeat its session", r.RequestID)
		}
		if len(before) > 0 {
			repeats++
		}
		sessions[session] = texts
	}
	if repeats < 20 {
		t.Errorf("only %d later turns", repeats)
	}
}

func TestWords(t *testing.T) {
	_, dir := generate(t, Config{Seed: 13, Calls: 2000, Words: [2]int{30, 300}, MaxTurns: 1, Sources: []string{"bedrock"}})
	for _, r := range readBedrock(t, filepath.Join(dir, "bedrock.jsonl")) {
		if r.Operation != opConverse || r.Output == nil {
			continue
		}
		var in struct {
			Messages []struct{ Content []struct{ Text string } }
		}
		var out struct {
			StopReason string
			Output     struct {
				Message struct{ Content []struct{ Text string } }
			}
		}
		if err := json.Unmarshal(r.Input.InputBodyJSON, &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(r.Output.OutputBodyJSON, &out); err != nil {
			t.Fatal(err)
		}
		if out.StopReason == "guardrail_intervened" {
			continue
		}
		for _, text := range []string{in.Messages[0].Content[0].Text, out.Output.Message.Content[0].Text} {
			if n := len(strings.Fields(text)); n < 30 || n > 300 {
				t.Errorf("call %s has a text of %d words", r.RequestID, n)
			}
		}
	}
}

func TestPieces(t *testing.T) {
	for _, s := range []string{"", "a", strings.Repeat("word ", 50), `line\n\nend ` + strings.Repeat("x", 90), "東川 " + strings.Repeat("é", 70)} {
		var got []byte
		pieces([]byte(s), 40, func(p []byte) {
			if !json.Valid(slices.Concat([]byte{'"'}, p, []byte{'"'})) {
				t.Errorf("piece %q is no JSON text", p)
			}
			got = append(got, p...)
		})
		if string(got) != s {
			t.Errorf("got %q, want %q", got, s)
		}
	}
}

// TestShapes compares the tables in shapes.go with the traces that they were
// read from.
func TestShapes(t *testing.T) {
	azure := column(t, "azure_llm_traces/AzureLLMInferenceTrace_code.csv.gz")
	drift := column(t, "llmdrift/PRIME_FULL_EVAL.csv.gz")
	talkative := func(row map[string]string) bool { return row["model"] != "openaichat/gpt-4-0613" }
	everyone := func(map[string]string) bool { return true }
	for _, c := range []struct {
		name  string
		shape *shape
		data  []int
		last  int // points that are compared
	}{
		{"contextTokens", &contextTokens, azure("ContextTokens", 1, everyone), 16},
		{"shortTokens", &shortTokens, azure("GeneratedTokens", 1, everyone), 16},
		{"chatTokens", &chatTokens, drift("answer_token", 1, talkative), 16},
		{"tokenMicros", &tokenMicros, drift("latency_per_token", 1e6, talkative), 14},
	} {
		if len(c.data) == 0 {
			continue
		}
		slices.Sort(c.data)
		for i, p := range shapePoints[:c.last] {
			want := c.data[p*(len(c.data)-1)/1000]
			if d := c.shape[i] - want; d < -1-want/50 || d > 1+want/50 {
				t.Errorf("%s at %d of 1000: table %d, data %d", c.name, p, c.shape[i], want)
			}
		}
	}
}

// column returns a function that reads a column of a gzip CSV file of the
// development data. Without the file it says so and gives nothing.
func column(t *testing.T, name string) func(column string, factor float64, keep func(map[string]string) bool) []int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", name))
	if err != nil {
		t.Logf("MISSING DEVELOPMENT DATA: the shapes are NOT compared with %s: %v", name, err)
		return func(string, float64, func(map[string]string) bool) []int { return nil }
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewReader(z)
	head, err := rows.Read()
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]string
	for {
		fields, err := rows.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		row := map[string]string{}
		for i, f := range fields {
			row[head[i]] = f
		}
		all = append(all, row)
	}
	return func(column string, factor float64, keep func(map[string]string) bool) []int {
		var values []int
		for _, row := range all {
			if keep(row) {
				v, err := strconv.ParseFloat(row[column], 64)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, int(v*factor))
			}
		}
		return values
	}
}

// What is drawn follows the shape.
func TestDraw(t *testing.T) {
	r := newRNG(1, streamTalk, 0, 0)
	var drawn []int
	for range 100_000 {
		drawn = append(drawn, r.draw(&contextTokens))
	}
	slices.Sort(drawn)
	for i, p := range shapePoints[1:15] {
		got, want := drawn[p*len(drawn)/1000], contextTokens[i+1]
		if got < want*95/100-1 || got > want*105/100+1 {
			t.Errorf("at %d of 1000: drawn %d, shape %d", p, got, want)
		}
	}
}
