package reconcile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/formats"
)

// only runs one check on a case.
func only(t *testing.T, c *casefile.Case, check string) *Report {
	t.Helper()
	r, err := Run(t.Context(), c, Options{Only: []string{check}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mapped makes a case of a file whose members have the names of columns.
func mapped(t *testing.T, lines []string, columns ...string) *casefile.Case {
	t.Helper()
	return mappedWith(t, lines, "", columns...)
}

// mappedWith is mapped with a second load, of a file of another format.
func mappedWith(t *testing.T, lines []string, other string, columns ...string) *casefile.Case {
	t.Helper()
	dir := casetest.Write(t, map[string]string{"log.jsonl": strings.Join(lines, "\n") + "\n"})
	var text strings.Builder
	for _, name := range columns {
		fmt.Fprintf(&text, "%s: %s\n", name, name)
	}
	m, err := formats.ParseMap("map", []byte(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	o := &casefile.LoadOptions{
		Dir: filepath.Join(t.TempDir(), "test.case"), Paths: []string{dir}, Key: casetest.Key(t), Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
		Threads: 2, Memory: 1 << 30, Progress: new(casefile.Progress), Map: m, MapFile: []byte(text.String()),
	}
	if _, err := casefile.Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if other != "" {
		o.Paths, o.Map, o.MapFile = []string{casetest.Write(t, map[string]string{"other.json": other})}, nil, nil
		if _, err := casefile.Load(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return casetest.Open(t, o.Dir)
}

// toldHole is what a test compares of a finding: its neighbours by the number of
// their records.
type toldHole struct {
	Severity string
	Missing  any
	Records  []string
}

func tell(found []analyze.Finding, fact string) []toldHole {
	var out []toldHole
	for _, f := range found {
		x := toldHole{Severity: f.Severity.String()}
		if i := slices.IndexFunc(f.Facts, func(a analyze.Fact) bool { return a.Name == fact }); i >= 0 {
			x.Missing = f.Facts[i].Value
		}
		for _, id := range f.Events {
			_, record, _ := strings.Cut(id, "-")
			x.Records = append(x.Records, record)
		}
		out = append(out, x)
	}
	return out
}

// without returns lines less those of the given numbers, from 1.
func without(lines []string, numbers ...int) []string {
	var out []string
	for i, line := range lines {
		if !slices.Contains(numbers, i+1) {
			out = append(out, line)
		}
	}
	return out
}

func checkTold(t *testing.T, r *Report, fact string, want []toldHole) {
	t.Helper()
	if d := cmp.Diff(want, tell(r.Findings, fact)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for _, f := range r.Findings {
		if f.First.IsZero() || f.Last.Before(f.First) || f.Title == "" || f.Explanation == "" || f.EventCount != int64(len(f.Events)) {
			t.Errorf("incomplete: %+v", f)
		}
	}
}

// TestHolesOfPieces checks calls of which Azure API Management wrote several
// numbered records.
func TestHolesOfPieces(t *testing.T) {
	chunk := func(call string, n int, messages string) string {
		return fmt.Sprintf(`{"TimeGenerated":"2026-04-08T12:00:0%d.5Z","CorrelationId":"%s","SequenceNumber":%d,"OperationName":"Microsoft.ApiManagement/GatewayLlmLogs","DeploymentName":"chat","ModelName":"gpt-4o","PromptTokens":0,"CompletionTokens":0,"TotalTokens":0,"IsStreamCompletion":false,"RequestMessages":%s,"ResponseMessages":null,"Type":"ApiManagementGatewayLlmLog"}`, n, call, n, messages)
	}
	var lines []string
	for _, call := range []string{"c-1", "c-2", "c-3"} {
		lines = append(lines, chunk(call, 0, "null"), chunk(call, 1, `"[{\"role\":\"user\",\"content\":\"rope"`), chunk(call, 2, `"and rope"`), chunk(call, 3, `"\"}]"`))
	}
	for _, tt := range []struct {
		name string
		cut  []int
		want []toldHole
	}{
		{"whole", nil, nil},
		{"one inside", []int{3}, []toldHole{{"medium", "3", []string{"2", "3"}}}},
		{"two inside", []int{6, 7}, []toldHole{{"medium", "2 to 3", []string{"5", "6"}}}},
		{"the first", []int{9}, []toldHole{{"low", "1", []string{"9"}}}},
		{"first and inside", []int{9, 11}, []toldHole{{"medium", "1, 3", []string{"9", "10"}}}},
		{"the last, which nobody can see", []int{12}, nil},
		{"all of a call", []int{1, 2, 3, 4}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := only(t, casetest.Files(t, map[string]string{"llm.jsonl": strings.Join(without(lines, tt.cut...), "\n") + "\n"}), "holes")
			checkTold(t, r, "missing", tt.want)
			if r.Checks[0].NotApplicable != "" || r.Checks[0].Compared == 0 {
				t.Errorf("%+v", r.Checks[0])
			}
		})
	}
}

// TestHolesOfPiecesAreLearned checks a log of which nobody knows how it numbers
// pieces.
func TestHolesOfPiecesAreLearned(t *testing.T) {
	var lines []string
	for call := range 30 {
		for n := 1; n <= 3; n++ {
			lines = append(lines, fmt.Sprintf(`{"ts":"2026-04-08T12:%02d:0%dZ","kind":"inference","plane":"content","request_id":"c-%d","sequence":%d}`, call, n, call, n))
		}
	}
	columns := []string{"ts", "kind", "plane", "request_id", "sequence"}
	checkTold(t, only(t, mapped(t, without(lines, 5), columns...), "holes"), "missing", []toldHole{{"medium", "2", []string{"4", "5"}}})
	r := only(t, mapped(t, without(lines, 5, 8, 11, 14), columns...), "holes")
	checkTold(t, r, "missing", nil)
	if len(r.Checks[0].Notes) != 1 || !strings.Contains(r.Checks[0].Notes[0], "that is its habit") {
		t.Errorf("%q", r.Checks[0].Notes)
	}
}

// transcript is a session of Claude Code: each line follows the one before.
func transcript(session string, n int) []string {
	lines := []string{`{"type":"summary","summary":"About rope","leafUuid":"00000000-0000-4000-8000-000000000000"}`}
	parent := "null"
	for i := 1; i <= n; i++ {
		id := fmt.Sprintf(`"%s-%d"`, session, i)
		line := fmt.Sprintf(`"parentUuid":%s,"sessionId":"%s","uuid":%s,"timestamp":"2026-04-08T12:00:%02d.120Z"`, parent, session, id, i)
		if i%2 == 1 {
			line = `{"type":"user","message":{"role":"user","content":"more rope"},` + line + "}"
		} else {
			line = fmt.Sprintf(`{"type":"assistant","message":{"model":"claude-sonnet-4-5-20250929","id":"msg_%s_%d","role":"assistant","content":[{"type":"text","text":"rope"}],"usage":{"input_tokens":4,"output_tokens":3}},"requestId":"req_%s_%d",%s}`, session, i, session, i, line)
		}
		lines = append(lines, line)
		parent = id
	}
	return lines
}

func TestHolesOfMessages(t *testing.T) {
	lines := transcript("s-1", 20)
	for _, tt := range []struct {
		name string
		cut  []int
		want []toldHole
	}{
		{"whole", nil, nil},
		{"one inside", []int{8}, []toldHole{{"medium", "s-1-7", []string{"7", "8"}}}},
		{"a run", []int{8, 9, 10, 11, 12}, []toldHole{{"medium", "s-1-11", []string{"7", "8"}}}},
		{"the first", []int{2}, nil},
		{"the last", []int{21}, nil},
		{"too many to say", []int{4, 7, 10, 13, 16}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := only(t, casetest.Files(t, map[string]string{"s.jsonl": strings.Join(without(lines, tt.cut...), "\n") + "\n"}), "holes")
			checkTold(t, r, "missing_message", tt.want)
		})
	}
	// What a session continues may be in another file.
	r := only(t, casetest.Files(t, map[string]string{
		"a.jsonl": strings.Join(lines[:10], "\n") + "\n", "b.jsonl": strings.Join(lines[10:], "\n") + "\n",
	}), "holes")
	checkTold(t, r, "missing_message", nil)
}

// trace is a trace of spans in OTLP/JSON, a line each: a root and what it calls.
func trace(n, parts int) []string {
	span := func(id, parent string, from, to int) string {
		return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"harbour"}}]},"scopeSpans":[{"scope":{},"spans":[{"traceId":"%032x","spanId":"%s","parentSpanId":"%s","name":"chat m","startTimeUnixNano":"%d000000000","endTimeUnixNano":"%d000000000","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}}]}]}]}]}`,
			n+1, id, parent, 1_775_649_600+100*n+from, 1_775_649_600+100*n+to)
	}
	root := fmt.Sprintf("%016x", n*100+1)
	lines := []string{span(root, "", 0, 10)}
	for i := range parts {
		lines = append(lines, span(fmt.Sprintf("%016x", n*100+2+i), root, 1, 9))
	}
	return lines
}

func TestHolesOfSpans(t *testing.T) {
	var lines []string
	for n := range 40 {
		lines = append(lines, trace(n, 2)...)
	}
	deep := strings.Replace(lines[31], `"parentSpanId":"`+fmt.Sprintf("%016x", 1001), `"parentSpanId":"00000000000000ff`, 1)
	inner := append(slices.Clone(lines[:31]), append([]string{deep}, lines[32:]...)...)
	for _, tt := range []struct {
		name  string
		lines []string
		want  []toldHole
		note  string
	}{
		{"whole", lines, nil, ""},
		{"a root", without(lines, 31), []toldHole{{"low", fmt.Sprintf("%016x", 1001), []string{"31", "32"}}}, ""},
		{"inside a trace", inner, []toldHole{{"low", "00000000000000ff", []string{"32"}}}, ""},
		{"at the end", without(lines, 118), nil, "beyond the beginning or end"},
		{"a caller that is not instrumented", without(lines, 1, 4, 7, 31, 61), nil, "where the caller is not instrumented"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := only(t, casetest.Files(t, map[string]string{"spans.jsonl": strings.Join(tt.lines, "\n") + "\n"}), "holes")
			checkTold(t, r, "missing_span", tt.want)
			if notes := strings.Join(r.Checks[0].Notes, "; "); tt.note == "" && notes != "" || !strings.Contains(notes, tt.note) {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

func TestHolesOfNumbers(t *testing.T) {
	line := func(prefix string, n int) string {
		return fmt.Sprintf(`{"native_id":"%s%d","ts":"2026-04-08T%02d:%02d:00Z","kind":"inference","plane":"content"}`, prefix, n, n/60%24, n%60)
	}
	var counting, random, habit []string
	for n := 1; n <= 300; n++ {
		counting = append(counting, line("log-", n))
		random = append(random, line("log-", n*7919%100_003))
		if n%9 != 0 {
			habit = append(habit, line("", n))
		}
	}
	for _, tt := range []struct {
		name  string
		lines []string
		want  []toldHole
		note  string
	}{
		{"whole", counting, nil, ""},
		{"one", without(counting, 17), []toldHole{{"low", "17", []string{"16", "17"}}}, ""},
		{"many", append(slices.Clone(counting[:99]), counting[220:]...), []toldHole{{"medium", "100 to 220", []string{"99", "100"}}}, ""},
		{"random", random, nil, ""},
		{"habit", habit, nil, "that is their habit"},
		{"too few", without(counting[:40], 17), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := only(t, mapped(t, tt.lines, "native_id", "ts", "kind", "plane"), "holes")
			checkTold(t, r, "missing", tt.want)
			if notes := strings.Join(r.Checks[0].Notes, "; "); tt.note == "" && notes != "" || !strings.Contains(notes, tt.note) {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

// checks of this file's kind say nothing of logs that nobody touched.
func TestNothingInUntouchedLogs(t *testing.T) {
	names := []string{"holes", "usage", "claims"}
	run := func(t *testing.T, paths ...string) {
		t.Helper()
		r, err := Run(t.Context(), casetest.Open(t, casetest.Load(t, paths...)), Options{Only: names})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			t.Errorf("%s: %s\n%s", f.Detector, f.Title, f.Explanation)
		}
	}
	for _, sources := range [][]string{{"cloudtrail", "bedrock"}, {"cloudtrail", "bedrock", "openai", "litellm", "otlp", "langfuse"}} {
		t.Run(strings.Join(sources, "+"), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "logs")
			c := drill.Config{Seed: 11, Days: 3, Calls: 2_000, Sources: sources, Dir: dir, Words: [2]int{3, 9}}
			if _, err := drill.Generate(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			run(t, dir)
		})
	}
	t.Run("real", func(t *testing.T) {
		data := filepath.Join("..", "..", "..", "shared", "data")
		if _, err := os.Stat(data); err != nil {
			t.Skipf("NOT TESTED on real logs: %v", err)
		}
		var paths []string
		for _, name := range []string{"cloudtrail", "claude_code", "langfuse", "openllmetry", "azure_llm_traces", "panther"} {
			paths = append(paths, filepath.Join(data, name))
		}
		run(t, paths...)
	})
}
