package reconcile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// shownCall is a call as the test's logs show it.
type shownCall struct {
	n         int // tells calls apart; they are five minutes apart
	account   string
	region    string
	operation string
	model     string
	user      string
	errorCode string
	source    string // of the event
}

// calls makes n calls, of which others differ by change.
func calls(n int, change ...func(*shownCall)) []shownCall {
	var out []shownCall
	for i := range n {
		c := shownCall{
			n: i, account: "111122223333", region: "us-east-1", operation: "Converse", model: "amazon.nova-lite-v1:0",
			user: fmt.Sprint("user-", i%4), source: "bedrock.amazonaws.com",
		}
		for _, f := range change {
			f(&c)
		}
		out = append(out, c)
	}
	return out
}

func (c *shownCall) id() string {
	return fmt.Sprintf("%s-%s-0000-%012d", c.account[4:], c.region[:4], c.n)
}

// when call n is made.
func when(n int) time.Time {
	return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * 5 * time.Minute)
}

func at(n int) string { return when(n).Format(time.RFC3339) }

// trail writes calls as CloudTrail does, and other events after them.
func trail(list []shownCall, others ...string) string {
	var records []string
	for _, c := range list {
		failed := ""
		if c.errorCode != "" {
			failed = fmt.Sprintf(`"errorCode":%q,`, c.errorCode)
		}
		records = append(records, fmt.Sprintf(`{"eventVersion":"1.10","eventTime":%q,"eventName":%q,"eventSource":%q,"awsRegion":%q,`+
			`"sourceIPAddress":"198.51.100.7",%s"requestParameters":{"modelId":%q},"requestID":%q,"eventID":"e-%s","eventType":"AwsApiCall",`+
			`"recipientAccountId":%q,"userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::%s:user/%s"}}`,
			at(c.n), c.operation, c.source, c.region, failed, c.model, c.id(), c.id(), c.account, c.account, c.user))
	}
	return `{"Records":[` + strings.Join(append(records, others...), ",\n") + "]}\n"
}

// change is an event of the control plane that comes right after call n.
func change(n int, source, operation, request string, more ...string) string {
	return fmt.Sprintf(`{"eventVersion":"1.10","eventTime":%q,"eventName":%q,"eventSource":%q,"awsRegion":"us-east-1",`+
		`"sourceIPAddress":"203.0.113.9","requestParameters":%s,"requestID":"c-%d","eventID":"c-%s-%d","eventType":"AwsApiCall","readOnly":false,`+
		`"recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}%s}`,
		when(n).Add(time.Minute).Format(time.RFC3339), operation, source, request, n, operation, n, strings.Join(more, ""))
}

// invocations writes calls as Bedrock's invocation log does.
func invocations(list []shownCall) string {
	var b strings.Builder
	for _, c := range list {
		failed := ""
		if c.errorCode != "" {
			failed = fmt.Sprintf(`"errorCode":%q,`, c.errorCode)
		}
		fmt.Fprintf(&b, `{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":%q,"accountId":%q,"identity":{"arn":"arn:aws:iam::%s:user/%s"},`+
			`"region":%q,"requestId":%q,"operation":%q,"modelId":%q,%s"input":{"inputContentType":"application/json",`+
			`"inputBodyJson":{"messages":[{"role":"user","content":[{"text":"question %d"}]}]},"inputTokenCount":%d},`+
			`"output":{"outputContentType":"application/json","outputBodyJson":{"output":{"message":{"role":"assistant","content":[{"text":"answer %d"}]}},`+
			`"stopReason":"end_turn","usage":{"inputTokens":%d,"outputTokens":7}},"outputTokenCount":7}}`+"\n",
			at(c.n), c.account, c.account, c.user, c.region, c.id(), c.operation, c.model, failed, c.n, 10+c.n, c.n, 10+c.n)
	}
	return b.String()
}

// gateway writes calls as a LiteLLM gateway does.
func gateway(list []shownCall) string {
	var b strings.Builder
	for _, c := range list {
		t := when(c.n)
		fmt.Fprintf(&b, `{"id":"chatcmpl-%s","trace_id":"t-%d","call_type":"acompletion","stream":false,"response_cost":0.001,"status":"success",`+
			`"custom_llm_provider":"bedrock","total_tokens":%d,"prompt_tokens":%d,"completion_tokens":7,"startTime":%d.25,"endTime":%d.75,`+
			`"model":%q,"model_id":"m","model_group":%q,"api_base":"https://bedrock-runtime.us-east-1.amazonaws.com","metadata":{"user_api_key_hash":"%064d","user_api_key_user_id":%q},`+
			`"hidden_params":{"additional_headers":{"llm_provider-x-amzn-requestid":%q}},"messages":[{"role":"user","content":"question %d"}],`+
			`"response":{"id":"chatcmpl-%s","choices":[{"finish_reason":"stop","message":{"role":"assistant","content":"answer %d"}}]},"model_parameters":{}}`+"\n",
			c.id(), c.n, 17+c.n, 10+c.n, t.Unix(), t.Unix(), c.model, c.model, 7, c.user, c.id(), c.n, c.id(), c.n)
	}
	return b.String()
}

// but leaves some calls out.
func but(list []shownCall, out func(shownCall) bool) []shownCall {
	var kept []shownCall
	for _, c := range list {
		if !out(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// among reports whether a call is from n to m.
func among(n, m int) func(shownCall) bool {
	return func(c shownCall) bool { return c.n >= n && c.n <= m }
}

// findingsOf runs one check on logs.
func findingsOf(t *testing.T, check string, files map[string]string) ([]analyze.Finding, CheckReport, *casefile.Case) {
	t.Helper()
	c := casetest.Files(t, files)
	report, err := Run(t.Context(), c, Options{Only: []string{check}})
	if err != nil {
		t.Fatal(err)
	}
	return report.Findings, report.Checks[0], c
}

// value returns a fact of a finding, or nil.
func value(f *analyze.Finding, name string) any {
	for _, x := range f.Facts {
		if x.Name == name {
			return x.Value
		}
	}
	return nil
}

func TestMissing(t *testing.T) {
	const (
		bedrock = "bedrock.amazonaws.com"
		off     = "DeleteModelInvocationLoggingConfiguration"
		put     = "PutModelInvocationLoggingConfiguration"
		on      = `{"loggingConfig":{"s3Config":{"bucketName":"example-logs","keyPrefix":""},"textDataDeliveryEnabled":true,"embeddingDataDeliveryEnabled":true}}`
		other   = `{"loggingConfig":{"s3Config":{"bucketName":"example-elsewhere","keyPrefix":""},"textDataDeliveryEnabled":true,"embeddingDataDeliveryEnabled":true}}`
		noText  = `{"loggingConfig":{"s3Config":{"bucketName":"example-logs","keyPrefix":""},"textDataDeliveryEnabled":false,"embeddingDataDeliveryEnabled":true}}`
	)
	all := calls(60)
	west := calls(60, func(c *shownCall) { c.region = "eu-west-1" })
	elsewhere := calls(60, func(c *shownCall) { c.account = "444455556666" })
	vectors := calls(60, func(c *shownCall) {
		c.operation, c.model, c.account = "InvokeModel", "amazon.titan-embed-text-v2:0", "111122223333"
	})
	for i := range vectors {
		vectors[i].n += 1000
	}
	mixed := func(n int, f func(*shownCall)) []shownCall {
		return calls(60, func(c *shownCall) {
			if c.n%n == 0 {
				f(c)
			}
		})
	}
	denied := mixed(6, func(c *shownCall) { c.errorCode = "AccessDeniedException" })
	agents := mixed(6, func(c *shownCall) { c.operation = "InvokeAgent" })
	mantle := mixed(6, func(c *shownCall) { c.source, c.operation = "bedrock-mantle.amazonaws.com", "CreateInference" })
	many := calls(120, func(c *shownCall) { c.user = fmt.Sprint("user-", c.n%12) })

	tests := []struct {
		name  string
		files map[string]string
		want  []string // severity, cause, source that lacks, calls
	}{
		{"complete", map[string]string{"a.json": trail(all), "b.jsonl": invocations(all)}, nil},
		{"access without content", map[string]string{"a.json": trail(all), "b.jsonl": invocations(but(all, among(20, 20)))}, []string{
			"medium: record missing: bedrock lacks 1: access without content",
		}},
		{"content without access", map[string]string{"a.json": trail(but(all, among(20, 21))), "b.jsonl": invocations(all)}, []string{
			"medium: record missing: cloudtrail lacks 1: content without access",
			"medium: record missing: cloudtrail lacks 1: content without access",
		}},
		{"removed at both ends", map[string]string{"a.json": trail(all), "b.jsonl": invocations(but(but(all, among(0, 0)), among(59, 59)))}, []string{
			"medium: record missing: bedrock lacks 1: access without content",
			"medium: record missing: bedrock lacks 1: access without content",
		}},
		{"denied calls are never logged", map[string]string{
			"a.json": trail(denied), "b.jsonl": invocations(but(denied, func(c shownCall) bool { return c.errorCode != "" })),
		}, nil},
		{"denied calls are logged but for one", map[string]string{"a.json": trail(denied), "b.jsonl": invocations(but(denied, among(30, 30)))}, []string{
			"medium: record missing: bedrock lacks 1: access without content",
		}},
		{"an operation that is not covered", map[string]string{
			"a.json": trail(agents), "b.jsonl": invocations(but(agents, func(c shownCall) bool { return c.operation == "InvokeAgent" })),
		}, []string{"info: not covered: bedrock lacks 10: bedrock does not cover InvokeAgent"}},
		{"an endpoint that is not covered", map[string]string{
			"a.json": trail(mantle), "b.jsonl": invocations(but(mantle, func(c shownCall) bool { return c.source != bedrock })),
		}, []string{"info: not covered: bedrock lacks 10: bedrock does not cover CreateInference of bedrock-mantle.amazonaws.com"}},
		{"a region that is not covered", map[string]string{"a.json": trail(append(west, all...)), "b.jsonl": invocations(all)}, []string{
			"info: not covered: bedrock lacks 60: bedrock does not cover Converse of bedrock.amazonaws.com in eu-west-1",
		}},
		{"logging off", map[string]string{
			"a.json":  trail(all, change(19, bedrock, off, "null"), change(39, bedrock, put, on)),
			"b.jsonl": invocations(but(all, among(20, 39))),
		}, []string{"critical: logging was off: bedrock lacks 20: bedrock kept no record"}},
		{"logging off to the end", map[string]string{
			"a.json":  trail(all, change(19, bedrock, off, "null")),
			"b.jsonl": invocations(but(all, among(20, 59))),
		}, []string{"critical: logging was off: bedrock lacks 40: bedrock kept no record"}},
		{"logging off for three calls", map[string]string{
			"a.json":  trail(all, change(19, bedrock, off, "null"), change(22, bedrock, put, on)),
			"b.jsonl": invocations(but(all, among(20, 22))),
		}, []string{"critical: logging was off: bedrock lacks 3: bedrock kept no record"}},
		{"logging off, and a record missing later", map[string]string{
			"a.json":  trail(all, change(9, bedrock, off, "null"), change(12, bedrock, put, on)),
			"b.jsonl": invocations(but(but(all, among(10, 12)), among(40, 40))),
		}, []string{
			"critical: logging was off: bedrock lacks 3: bedrock kept no record",
			"medium: record missing: bedrock lacks 1: access without content",
		}},
		{"an attempt that was refused", map[string]string{
			"a.json":  trail(all, change(19, bedrock, off, "null", `,"errorCode":"AccessDeniedException"`)),
			"b.jsonl": invocations(but(all, among(20, 39))),
		}, []string{"high: silent: bedrock lacks 20: bedrock shows nothing of texts in us-east-1"}},
		{"turned off but still written", map[string]string{
			"a.json": trail(all, change(5, bedrock, off, "null")), "b.jsonl": invocations(but(all, among(40, 40))),
		}, []string{"medium: record missing: bedrock lacks 1: access without content"}},
		{"off in another region", map[string]string{
			"a.json":  trail(append(west, all...), change(19, bedrock, off, "null")),
			"b.jsonl": invocations(append(but(west, among(20, 39)), all...)),
		}, []string{"high: silent: bedrock lacks 20: bedrock shows nothing of texts in eu-west-1"}},
		{"off in one of two regions", map[string]string{
			"a.json":  trail(append(west, all...), change(19, bedrock, off, "null"), change(39, bedrock, put, on)),
			"b.jsonl": invocations(append(but(all, among(20, 39)), west...)),
		}, []string{"critical: logging was off: bedrock lacks 20: bedrock kept no record"}},
		{"off in another account", map[string]string{
			"a.json":  trail(append(elsewhere, all...), change(19, bedrock, off, "null")),
			"b.jsonl": invocations(append(but(elsewhere, among(20, 39)), all...)),
		}, []string{"high: silent: bedrock lacks 20: bedrock shows nothing of texts in us-east-1 of account 444455556666"}},
		{"text switched off", map[string]string{
			"a.json":  trail(append(vectors, all...), change(19, bedrock, put, noText), change(39, bedrock, put, on)),
			"b.jsonl": invocations(append(but(all, among(20, 39)), vectors...)),
		}, []string{"critical: logging was off: bedrock lacks 20: bedrock kept no record"}},
		{"text switched off, vectors missing", map[string]string{
			"a.json":  trail(append(vectors, all...), change(1019, bedrock, put, noText)),
			"b.jsonl": invocations(append(but(vectors, among(1020, 1039)), all...)),
		}, []string{"high: silent: bedrock lacks 20: bedrock shows nothing of vectors in us-east-1"}},
		{"the log goes to another bucket", map[string]string{
			"a.json":  trail(all, change(2, bedrock, put, on), change(19, bedrock, put, other)),
			"b.jsonl": invocations(but(all, among(20, 59))),
		}, []string{"high: logging was changed: bedrock lacks 40: bedrock kept no record"}},
		{"the bucket of the log is deleted", map[string]string{
			"a.json":  trail(all, change(2, bedrock, put, on), change(19, "s3.amazonaws.com", "DeleteBucket", `{"bucketName":"example-logs"}`)),
			"b.jsonl": invocations(but(all, among(20, 59))),
		}, []string{"critical: logging was off: bedrock lacks 40: bedrock kept no record"}},
		{"another bucket is deleted", map[string]string{
			"a.json":  trail(all, change(2, bedrock, put, on), change(19, "s3.amazonaws.com", "DeleteBucket", `{"bucketName":"example-cats"}`)),
			"b.jsonl": invocations(but(all, among(20, 49))),
		}, []string{"high: silent: bedrock lacks 30: bedrock shows nothing of texts in us-east-1"}},
		{"the trail is stopped", map[string]string{
			"a.json":  trail(but(all, among(20, 39)), change(19, "cloudtrail.amazonaws.com", "StopLogging", `{"name":"example"}`), change(39, "cloudtrail.amazonaws.com", "StartLogging", `{"name":"example"}`)),
			"b.jsonl": invocations(all),
		}, []string{"critical: logging was off: cloudtrail lacks 20: cloudtrail kept no record"}},
		{"a region that was never logged after logging was off", map[string]string{
			"a.json":  trail(append(calls(20), append(west, elsewhere...)...), change(-5, bedrock, off, "null")),
			"b.jsonl": invocations(append(west, elsewhere...)),
		}, []string{"critical: logging was off: bedrock lacks 20: bedrock kept no record"}},
		{"silent", map[string]string{"a.json": trail(all), "b.jsonl": invocations(but(all, among(20, 34)))}, []string{
			"high: silent: bedrock lacks 15: bedrock shows nothing of texts in us-east-1",
		}},
		{"exported later", map[string]string{"a.json": trail(all), "b.jsonl": invocations(but(all, among(0, 19)))}, []string{
			"info: not exported: bedrock lacks 20: bedrock of texts in us-east-1 of account 111122223333 begins after 20 calls",
		}},
		{"exported for less", map[string]string{"a.json": trail(all), "b.jsonl": invocations(but(all, among(45, 59)))}, []string{
			"info: not exported: bedrock lacks 15: bedrock of texts in us-east-1 of account 111122223333 ends before 15 calls",
		}},
		{"told once, by the source nearest to the provider", map[string]string{
			"a.json": trail(all), "b.jsonl": invocations(but(all, among(20, 20))), "c.jsonl": gateway(all),
		}, []string{"medium: record missing: bedrock lacks 1: access without content"}},
		{"one who passes by the gateway", map[string]string{
			"a.json": trail(many), "c.jsonl": gateway(but(many, func(c shownCall) bool { return c.user == "user-7" })),
		}, []string{"low: not covered: litellm lacks 10: litellm shows none of 10 calls"}},
		{"half of all pass by the gateway", map[string]string{
			"a.json": trail(many), "c.jsonl": gateway(but(many, func(c shownCall) bool { return c.n%12 < 6 })),
		}, nil},
		{"a gateway that loses a record", map[string]string{"a.json": trail(many), "c.jsonl": gateway(but(many, among(50, 50)))}, []string{
			"medium: record missing: litellm lacks 1: not in litellm",
		}},
		{"a sample", map[string]string{"a.json": trail(many), "c.jsonl": gateway(but(many, func(c shownCall) bool { return c.n*7%10 >= 3 }))}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			findings, report, _ := findingsOf(t, "missing", tt.files)
			var got []string
			for i := range findings {
				f := &findings[i]
				n, _ := value(f, "calls_missing").(int64)
				title := f.Title
				for _, w := range tt.want {
					if _, want, ok := strings.Cut(w, fmt.Sprintf(" %d: ", n)); ok && strings.HasPrefix(title, want) {
						title = want
					}
				}
				got = append(got, fmt.Sprintf("%s: %v: %v lacks %d: %s", f.Severity, value(f, "cause"), value(f, "missing_from"), n, title))
				events := n
				if strings.HasPrefix(fmt.Sprint(value(f, "cause")), "logging was") {
					events++
				}
				if f.EventCount != events || int64(len(f.Events)) != events {
					t.Errorf("%d events, count %d, of %d calls", len(f.Events), f.EventCount, n)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s\nnotes: %q", d, report.Notes)
			}
		})
	}
}
