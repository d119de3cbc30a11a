package reconcile

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// swap replaces a text that must be there once.
func swap(t *testing.T, text, old, with string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("%q is there %d times", old, n)
	}
	return strings.Replace(text, old, with, 1)
}

func TestDisagree(t *testing.T) {
	all := calls(60)
	// line is what tells record n of a log from the others, up to a field.
	inTrail := func(n int) string { return `"requestID":"` + all[n].id() }
	tests := []struct {
		name  string
		files func(t *testing.T) map[string]string
		want  []string // severity, subject, fields, format of the first event
	}{
		{"agreeing", func(*testing.T) map[string]string {
			return map[string]string{"a.json": trail(all), "b.jsonl": invocations(all), "c.jsonl": gateway(all)}
		}, nil},
		{"a model, of two sources", func(t *testing.T) map[string]string {
			b := invocations(all)
			return map[string]string{"a.json": trail(all), "b.jsonl": strings.Replace(b,
				all[30].id()+`","operation":"Converse","modelId":"amazon.nova-lite-v1:0"`, all[30].id()+`","operation":"Converse","modelId":"amazon.nova-pro-v1:0"`, 1)}
		}, []string{"high: cloudtrail and bedrock: model: cloudtrail"}},
		{"a model, of three sources", func(t *testing.T) map[string]string {
			return map[string]string{"a.json": trail(all), "c.jsonl": gateway(all), "b.jsonl": swap(t, invocations(all),
				all[30].id()+`","operation":"Converse","modelId":"amazon.nova-lite-v1:0"`, all[30].id()+`","operation":"Converse","modelId":"amazon.nova-pro-v1:0"`)}
		}, []string{"high: bedrock: model: bedrock"}},
		{"a principal", func(t *testing.T) map[string]string {
			b := strings.SplitAfter(invocations(all), "\n")
			b[30] = swap(t, b[30], "user/user-2", "user/user-3")
			return map[string]string{"a.json": trail(all), "b.jsonl": strings.Join(b, ""), "c.jsonl": gateway(all)}
		}, []string{"high: bedrock: principal: bedrock"}},
		{"a principal that the others name their own way", func(t *testing.T) map[string]string {
			c := strings.SplitAfter(gateway(all), "\n")
			c[30] = swap(t, c[30], `"user-2"`, `"user-3"`)
			return map[string]string{"a.json": trail(all), "b.jsonl": invocations(all), "c.jsonl": strings.Join(c, "")}
		}, []string{"high: litellm: principal: litellm"}},
		{"an outcome", func(t *testing.T) map[string]string {
			a := trail(all)
			return map[string]string{"a.json": swap(t, a, `"requestParameters":{"modelId":"amazon.nova-lite-v1:0"},`+inTrail(30),
				`"errorCode":"AccessDeniedException","requestParameters":{"modelId":"amazon.nova-lite-v1:0"},`+inTrail(30)), "b.jsonl": invocations(all), "c.jsonl": gateway(all)}
		}, []string{"high: cloudtrail: outcome: cloudtrail"}},
		{"a response", func(t *testing.T) map[string]string {
			return map[string]string{"a.json": trail(all), "b.jsonl": invocations(all), "c.jsonl": swap(t, gateway(all), `"answer 30"`, `"no answer"`)}
		}, []string{"high: bedrock and litellm: response: bedrock"}},
		{"tokens of the output", func(t *testing.T) map[string]string {
			b := strings.SplitAfter(invocations(all), "\n")
			b[30] = swap(t, swap(t, b[30], `"outputTokens":7`, `"outputTokens":9000`), `"outputTokenCount":7`, `"outputTokenCount":9000`)
			return map[string]string{"b.jsonl": strings.Join(b, ""), "c.jsonl": gateway(all)}
		}, []string{"medium: bedrock and litellm: output tokens: bedrock"}},
		{"tokens of a cache among those of the input", func(t *testing.T) map[string]string {
			b := strings.SplitAfter(invocations(all), "\n")
			b[30] = swap(t, b[30], `"inputTokenCount":40`, `"inputTokenCount":15,"cacheReadInputTokenCount":20,"cacheWriteInputTokenCount":5`)
			b[30] = swap(t, b[30], `"inputTokens":40`, `"inputTokens":15`)
			return map[string]string{"b.jsonl": strings.Join(b, ""), "c.jsonl": gateway(all)}
		}, nil},
		{"what they always say differently", func(*testing.T) map[string]string {
			return map[string]string{"b.jsonl": invocations(all), "c.jsonl": strings.ReplaceAll(gateway(all), `"content":"question`, `"content":"question no.`)}
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings, report, c := findingsOf(t, "disagree", tt.files(t))
			var got []string
			for i := range findings {
				f := &findings[i]
				eids, err := c.ResolveEvent(t.Context(), f.Events[0])
				if err != nil {
					t.Fatal(err)
				}
				rows, err := c.Events(t.Context(), eids[:1], []string{"format"})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("%s: %s: %v: %v", f.Severity, f.Subject, value(f, "fields"), rows[0].Values[0]))
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s\nnotes: %q", d, report.Notes)
			}
		})
	}
}

func TestConflict(t *testing.T) {
	all := calls(3)
	one := trail(all)
	tests := []struct {
		name, other string
		want        []string
	}{
		{"the same again", one, nil},
		{"another address", swap(t, trail(all[:1]), "198.51.100.7", "203.0.113.7"), []string{"high: src_ip"}},
		{"one says less", swap(t, trail(all[:1]), `"sourceIPAddress":"198.51.100.7",`, ""), []string{"low: "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings, _, _ := findingsOf(t, "conflict", map[string]string{"a.json": one, "b.json": tt.other})
			var got []string
			for i := range findings {
				got = append(got, fmt.Sprintf("%s: %v", findings[i].Severity, value(&findings[i], "differ_in")))
				if findings[i].EventCount != 2 {
					t.Errorf("%d events", findings[i].EventCount)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestRepeated(t *testing.T) {
	all := calls(3)
	line := invocations(all[:1])
	tests := []struct {
		name  string
		files map[string]string
		want  int64 // events
	}{
		{"once", map[string]string{"b.jsonl": invocations(all)}, 0},
		{"twice in a file, without an id of its own", map[string]string{"b.jsonl": invocations(all) + line}, 2},
		{"twice in a file, with an id of its own", map[string]string{"a.json": strings.TrimSuffix(trail(all), "]}\n") + "," +
			strings.TrimPrefix(trail(all[:1]), `{"Records":[`)}, 2},
		{"in two files", map[string]string{"b.jsonl": invocations(all), "c.jsonl": line}, 0},
		{"lines that name nothing", map[string]string{"b.jsonl": strings.Repeat(`{"timestamp":"2026-03-02T08:00:00Z","prompt":"hi","model":"m"}`+"\n", 40)}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings, _, c := findingsOf(t, "repeated", tt.files)
			var got int64
			for i := range findings {
				got += findings[i].EventCount
			}
			if got != tt.want {
				t.Errorf("%d events, want %d: %+v", got, tt.want, findings)
			}
			if report, err := Run(t.Context(), c, Options{Only: []string{"missing", "disagree"}}); err != nil || len(report.Findings) > 0 {
				t.Errorf("a copy is taken for a call: %v, %+v", err, report.Findings)
			}
		})
	}
}

// The findings are the same on every run, for every number of threads and
// whatever order files are loaded in.
func TestRepeatable(t *testing.T) {
	all := calls(60)
	dir := casetest.Write(t, map[string]string{
		"a.json":  trail(but(all, among(3, 3)), change(19, "bedrock.amazonaws.com", "DeleteModelInvocationLoggingConfiguration", "null")),
		"b.jsonl": invocations(but(all, among(20, 50))) + invocations(all[:1]),
		"c.jsonl": swap(t, gateway(but(all, among(7, 7))), `"answer 9"`, `"no answer"`),
	})
	var want *Report
	for _, order := range []string{"abc", "cba", "abc"} {
		var paths []string
		for _, name := range order {
			paths = append(paths, dir+"/"+map[rune]string{'a': "a.json", 'b': "b.jsonl", 'c': "c.jsonl"}[name])
		}
		got, err := Run(t.Context(), casetest.Open(t, casetest.Load(t, paths...)), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want == nil {
			want = got
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("order %s (-first +this)\n%s", order, d)
		}
		if len(got.Findings) < 4 {
			t.Errorf("%d findings", len(got.Findings))
		}
	}
}

// A call that one log writes in several records, of calls and of their usage, is
// one of one source.
func TestMissingAzure(t *testing.T) {
	var b strings.Builder
	for i := range 30 {
		for _, category := range []string{"Audit", "RequestResponse", "AzureOpenAIRequestUsage"} {
			fmt.Fprintf(&b, `{"time":%q,"resourceId":"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/EXAMPLE","category":%q,`+
				`"operationName":"ChatCompletions_Create","resultSignature":"200","durationMs":102,"callerIpAddress":"198.51.100.0","correlationId":"c-%d",`+
				`"location":"eastus","properties":"{\"objectId\":\"o-1\",\"modelDeploymentName\":\"d\",\"modelName\":\"gpt-4o\"}"}`+"\n", at(i), category, i)
		}
	}
	c := casetest.Files(t, map[string]string{"a.jsonl": b.String()})
	report, err := Run(t.Context(), c, Options{})
	if err != nil || len(report.Findings) > 0 {
		t.Errorf("%v %+v", err, report)
	}
}
