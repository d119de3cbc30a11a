package quality

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// key has the shape of a key and opens nothing.
const key = "sk-q7Rk2mZt9VbX4cLw8NhJ3yPfG6sDaE1uKo5TiBxQrMzWvCpY"

// rows makes an export of events, which can have any column, as a file.
func rows(members ...string) map[string]string {
	var b strings.Builder
	for i, m := range members {
		fmt.Fprintf(&b, "{\"event_id\":\"aaaaaaaa-%d\",%s}\n", i+1, m)
	}
	return map[string]string{"events.jsonl": b.String()}
}

// call is a call that has all that the score asks for; members are added.
func call(members string) string {
	return `"ts":"2026-03-02T10:00:00.123456Z","kind":"inference","plane":"content","outcome":"success","principal":"ana",` +
		`"request_id":"r1","model":"m-1","prompt":"hello","response":"hi","content_state":"present"` + members
}

func report(t *testing.T, files map[string]string) *Report {
	t.Helper()
	r, err := Run(t.Context(), casetest.Files(t, files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found are the faults of all sources, with how often.
func found(r *Report) []string {
	var out []string
	for i := range r.Sources {
		for _, f := range r.Sources[i].Faults {
			if f.N > 0 {
				out = append(out, fmt.Sprintf("%s %d/%d", f.Name, f.N, f.Of))
			}
		}
	}
	return out
}

// TestFaults loads an event for each fault, all into one case, and one file that
// cannot be read in part.
func TestFaults(t *testing.T) {
	without := func(old ...string) string {
		pairs := []string{}
		for _, o := range old {
			pairs = append(pairs, o, "")
		}
		return strings.NewReplacer(pairs...).Replace(call(""))
	}
	state := func(row, state string) string { return strings.Replace(row, "present", state, 1) }
	tests := []struct {
		row    string
		faults []string
	}{
		{call(""), nil},
		{`"ts":"2026-03-02T10:00:00.1Z","app":"x"`, []string{"unknown"}},
		{call(`,"native_id":"n1","request_id":"n1"`), nil},
		{call(`,"native_id":"n1","request_id":"n1"`), []string{"duplicates"}},
		{call(`,"native_id":"n2"`), nil},
		{call(`,"native_id":"n2","app":"x"`), []string{"conflicts"}}, // its request id differs
		{`"kind":"admin","plane":"control","outcome":"success","principal":"ana"`, []string{"no time"}},
		{`"ts":"2026-03-02 10:00:00","kind":"admin","plane":"control"`, []string{"no time"}}, // an export has no zone to leave out
		{strings.Replace(call(""), "2026", "2099", 1), []string{"implausible time"}},
		{call(`,"ts_end":"2026-03-02T09:00:00.1Z"`), []string{"backwards time"}},
		{strings.Replace(call(""), ".123456", "", 1), []string{"whole seconds"}},
		{without(`"request_id":"r1",`), []string{"no correlation id"}},
		{state(without(`"prompt":"hello",`), "partial"), []string{"response only"}},
		{state(without(`"response":"hi",`), "partial"), []string{"request only"}},
		{state(strings.Replace(without(`"response":"hi",`), "success", "denied", 1), "partial"), nil},
		{state(without(`"prompt":"hello","response":"hi",`), "not_logged"), []string{"not logged"}},
		{state(call(""), "truncated"), []string{"truncated"}},
		{state(without(`"prompt":"hello","response":"hi",`), "external"), []string{"external"}},
		{state(call(""), "redacted"), []string{"redacted"}},
		{state(call(""), "encrypted"), []string{"encrypted"}},
		{`"ts":"2026-03-02T10:00:00.1Z","kind":"message","plane":"content","prompt":"hello"`, []string{"loose texts"}},
		{strings.Replace(call(""), "hello", "use "+key, 1), []string{"secrets in texts", "secrets in records"}},
	}
	want := map[string]int64{"unparsed": 1, "no zone": 1, "bad time": 1}
	var all []string
	for i, tt := range tests {
		// Calls that share an identifier would be one call.
		all = append(all, strings.Replace(tt.row, `"r1"`, fmt.Sprintf(`"r%d"`, i), 1))
		for _, f := range tt.faults {
			want[f]++
		}
	}
	files := rows(all...)
	files["a.jsonl"] = `{"timestamp":"2026-03-02 10:00:00","request_id":"a1","model":"m-1","prompt":"x","response":"y"}
{"timestamp":"yesterday","request_id":"a2","model":"m-1","prompt":"x","response":"y","headers":{"authorization":"Bearer ` + key + `"}}
{broken
`
	want["secrets in records"]++
	got := map[string]int64{}
	r := report(t, files)
	for i := range r.Sources {
		for _, f := range r.Sources[i].Faults {
			if f.N > 0 {
				got[f.Name] += f.N
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// TestNeeds looks at what counts as there, and of how many.
func TestNeeds(t *testing.T) {
	const at = `"ts":"2026-03-02T10:00:00Z","outcome":"success",`
	tests := []struct {
		name  string
		files map[string]string
		want  map[string]Count
	}{
		{"a call", rows(call("")), map[string]Count{
			"input": {1, 1}, "output": {1, 1}, "microsecond": {1, 1}, "cost": {0, 1}, "first token": {0, 0}, "documents": {0, 1},
		}},
		{"an embedding has no reply", rows(at + `"kind":"embedding","plane":"content","prompt":"x"`), map[string]Count{
			"input": {1, 1}, "output": {0, 0}, "parameters": {0, 0}, "tokens": {0, 1},
		}},
		{"what is no call has no prompt", rows(at + `"kind":"admin","plane":"control","principal":"ana"`), map[string]Count{
			"time": {1, 1}, "principal": {1, 1}, "input": {0, 0}, "cost": {0, 0}, "correlation id": {0, 0},
		}},
		{"a call that was denied has no reply", rows(strings.Replace(call(""), "success", "denied", 1)), map[string]Count{
			"input": {1, 1}, "output": {0, 0}, "tokens": {0, 0}, "ending": {1, 1},
		}},
		{"two pieces are one call", rows(
			at+`"kind":"inference","plane":"content","request_id":"r1","sequence":1,"prompt":"x","content_state":"partial"`,
			at+`"kind":"inference","plane":"content","request_id":"r1","sequence":2,"response":"y","content_state":"partial"`,
		), map[string]Count{"input": {1, 1}, "output": {1, 1}, "correlation id": {1, 1}}},
		{"a transcript has the input in its messages", rows(
			at+`"kind":"message","plane":"agent","session_id":"s1","prompt":"x"`,
			at+`"kind":"inference","plane":"agent","session_id":"s1","response":"y","content_state":"partial"`,
			at+`"kind":"inference","plane":"agent","session_id":"s2","response":"z","content_state":"partial"`,
		), map[string]Count{"input": {1, 2}, "output": {2, 2}, "time": {3, 3}}},
		{"a stream has a first token", rows(call(`,"stream":true,"ttft_us":5`)), map[string]Count{"first token": {1, 1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := report(t, tt.files)
			got := map[string]Count{}
			for _, n := range r.Sources[0].Needs {
				if _, asked := tt.want[n.Name]; asked {
					got[n.Name] = n.Count
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTogether has a call that two logs show: what one lacks the other has.
func TestTogether(t *testing.T) {
	r := report(t, map[string]string{
		"access.jsonl": rows(`"ts":"2026-03-02T10:00:00Z","kind":"inference","plane":"access","outcome":"success","principal":"ana","request_id":"r1","src_ip":"203.0.113.7","model":"m-1"`)["events.jsonl"],
		"app.jsonl":    `{"timestamp":"2026-03-02T10:00:00.250Z","request_id":"r1","model":"m-1","prompt":"hello","response":"hi","system_prompt":"be brief"}` + "\n",
	})
	if diff := cmp.Diff(Count{1, 1}, r.Score); diff != "" {
		t.Errorf("score (-want +got):\n%s", diff)
	}
	want := []string{
		"which account, role or key was it: 1/1 1/1 0/1",
		"what was said to the model: 1/1 0/1 1/1",
		"what was the model told to be: 1/1 0/1 1/1",
		"in which order within a second: 1/1 0/1 1/1",
		"what did it cost: 0/1 0/1 0/1",
	}
	got := answers(r)
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("no answer %q in\n%s", w, strings.Join(got, "\n"))
		}
	}
}

// answers are the answers of the case and of each source.
func answers(r *Report) []string {
	var out []string
	for i, a := range r.Case.Answers {
		line := fmt.Sprintf("%s: %d/%d", a.Question, a.N, a.Of)
		for j := range r.Sources {
			line += fmt.Sprintf(" %d/%d", r.Sources[j].Answers[i].N, r.Sources[j].Answers[i].Of)
		}
		out = append(out, line)
	}
	return out
}

// TestSampled has a log of all calls and one that shows some of them.
func TestSampled(t *testing.T) {
	const calls = 3000
	tests := []struct {
		name string
		keep func(i int) bool
		want bool
	}{
		{"one in five, by id", func(i int) bool { return uint32(i)*2654435761>>16%5 == 0 }, true}, //nolint:gosec // small
		{"all", func(int) bool { return true }, false},
		{"one application of three", func(i int) bool { return i%3 == 0 }, false},
		{"not in the night", func(i int) bool { return i%1000 < 400 }, false},
		{"single records", func(i int) bool { return i%100 != 7 }, false},
		{"too few", func(i int) bool { return i%400 == 0 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var all []string
			var some strings.Builder
			for i := range calls {
				at := fmt.Sprintf("2026-03-02T%02d:%02d:%02d.5Z", i/3600, i/60%60, i%60)
				all = append(all, fmt.Sprintf(`"ts":%q,"kind":"inference","plane":"access","outcome":"success","principal":"app-%d","request_id":"r%d","model":"m-1"`, at, i%3, i))
				if tt.keep(i) {
					fmt.Fprintf(&some, `{"timestamp":%q,"request_id":"r%d","model":"m-1","prompt":"p","response":"q"}`+"\n", at, i)
				}
			}
			files := rows(all...)
			files["app.jsonl"] = some.String()
			r := report(t, files)
			got := slices.ContainsFunc(found(r), func(s string) bool { return strings.HasPrefix(s, "sampled") })
			if got != tt.want {
				t.Errorf("sampled is %v, want %v: %q", got, tt.want, found(r))
			}
		})
	}
}

// TestTables holds the tables of needs.go and the signals against each other
// and against the SQL.
func TestTables(t *testing.T) {
	units, err := statement("units")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(signals()); loose != 1<<(got-1) || got > 62 {
		t.Errorf("%d names for the signals up to bit value %d", got, loose)
	}
	for _, name := range signals() {
		if !strings.Contains(units, " as "+name+",") && !strings.Contains(units, " as "+name+"\n") && !strings.Contains(units, "e."+name+",") {
			t.Errorf("units.sql has no column %s", name)
		}
	}
	names := map[string]bool{}
	for _, n := range needs() {
		if names[n.name] || n.signal == 0 || n.what == "" {
			t.Errorf("need %q is there twice or has no signal or words", n.name)
		}
		names[n.name] = true
	}
	for _, q := range questions() {
		for _, name := range q.needs {
			if !names[name] {
				t.Errorf("%q needs %q, which is no need", q.what, name)
			}
		}
	}
	for _, f := range faults() {
		if (f.hit == nil) == (f.count == nil) {
			t.Errorf("fault %q must either hit or count", f.name)
		}
	}
}

// TestRealLogs says of public logs what is known of them.
func TestRealLogs(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(data); err != nil {
		t.Skipf("SKIPPED, NOT PASSED: the public logs are missing: %v", err)
	}
	tests := []struct {
		path   string
		score  Count
		faults []string
		needs  map[string]Count
	}{
		{"claude_code", Count{0, 8}, []string{"no time 1/15", "whole seconds 14/15"}, map[string]Count{
			"principal": {0, 8}, "address": {0, 8}, "input": {6, 6}, "output": {6, 6}, "tokens": {6, 6}, "tool calls": {2, 6}, "system prompt": {0, 6},
		}},
		{"azure_llm_traces", Count{0, 0}, []string{"unknown 8819/8819", "no zone 8819/8819"}, map[string]Count{
			"time": {0, 8819}, "input": {0, 0}, "tokens": {0, 0},
		}},
		{"cloudtrail/stratus/aws.impact.bedrock-invoke-model.json", Count{0, 1}, []string{"whole seconds 15/15"}, map[string]Count{
			"principal": {15, 15}, "address": {15, 15}, "input": {0, 1}, "model": {1, 1}, "correlation id": {1, 1},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			r, err := Run(t.Context(), casetest.Open(t, casetest.Load(t, filepath.Join(data, tt.path))), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.score, r.Score); diff != "" {
				t.Errorf("score (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.faults, found(r)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			got := map[string]Count{}
			for _, n := range r.Case.Needs {
				if _, asked := tt.needs[n.Name]; asked {
					got[n.Name] = n.Count
				}
			}
			if diff := cmp.Diff(tt.needs, got); diff != "" {
				t.Errorf("needs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChiSquared999(t *testing.T) {
	// From tables: 10.828, 27.877 and 59.703 (NIST/SEMATECH e-Handbook, 1.3.6.7.4).
	for freedom, want := range map[float64]float64{1: 10.828, 9: 27.877, 30: 59.703} {
		if got := chiSquared999(freedom); got < want*0.96 || got > want*1.04 {
			t.Errorf("%v degrees of freedom: %v, want %v", freedom, got, want)
		}
	}
}
