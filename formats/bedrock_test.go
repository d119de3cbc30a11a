package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

// decodeOne decodes one record and returns its only event.
func decodeOne(t testing.TB, d *Decoder, record string) *Event {
	t.Helper()
	if err := (bedrock{}).Decode(d, []byte(record)); err != nil {
		t.Fatalf("decoding %.200s: %v", record, err)
	}
	if len(d.Events()) != 1 {
		t.Fatalf("got %d events, want 1", len(d.Events()))
	}
	return d.Events()[0]
}

func TestBedrockUserID(t *testing.T) {
	const uuid = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
	tests := []struct {
		name, id, session, user, account string
	}{
		{"with account", "user_ab12_account_" + uuid + "_session_" + uuid, uuid, "user_ab12", uuid},
		{"without account", "user_ab12_account__session_" + uuid, uuid, "user_ab12", ""},
		{"json", `{"device_id":"ab12","account_uuid":"` + uuid + `","session_id":"` + uuid + `"}`, uuid, "ab12", uuid},
		{"other json", `{"a":1}`, "", `{"a":1}`, ""},
		{"own name", "customer-7", "", "customer-7", ""},
		{"no uuid", "user_ab12_account__session_7", "", "user_ab12_account__session_7", ""},
		{"hash is no hash", "user_xyz_account__session_" + uuid, "", "user_xyz_account__session_" + uuid, ""},
		{"tail", "user_ab12_account__session_" + uuid + "x", "", "user_ab12_account__session_" + uuid + "x", ""},
		{"empty", "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, _ := json.Marshal(tt.id)
			e := decodeOne(t, NewDecoder(), `{"modelId":"m","input":{"inputBodyJson":{"messages":[],"metadata":{"user_id":`+string(id)+`}}}}`)
			account := ""
			for _, o := range e.OtherIDs {
				if o.Kind == "account_uuid" {
					account = string(o.Value)
				}
			}
			if string(e.SessionID) != tt.session || string(e.EndUser) != tt.user || account != tt.account {
				t.Errorf("session %q user %q account %q, want %q %q %q", e.SessionID, e.EndUser, account, tt.session, tt.user, tt.account)
			}
		})
	}
}

func TestBedrockPrincipal(t *testing.T) {
	tests := []struct{ name, arn, kind, role, tenant string }{
		{"user", "arn:aws:iam::111122223333:user/dev/ann", "IAMUser", "", "111122223333"},
		{"assumed role", "arn:aws:sts::111122223333:assumed-role/app/i-0", "AssumedRole", "app", "111122223333"},
		{"root", "arn:aws:iam::111122223333:root", "Root", "", "111122223333"},
		{"federated", "arn:aws-us-gov:sts::111122223333:federated-user/x", "FederatedUser", "", "111122223333"},
		{"other resource", "arn:aws:s3:::bucket", "", "", ""},
		{"no arn", "ann", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeOne(t, NewDecoder(), `{"modelId":"m","identity":{"arn":"`+tt.arn+`"}}`)
			if string(e.Principal) != tt.arn || string(e.PrincipalType) != tt.kind || string(e.Role) != tt.role || string(e.Tenant) != tt.tenant {
				t.Errorf("%q type %q role %q tenant %q, want type %q role %q tenant %q",
					e.Principal, e.PrincipalType, e.Role, e.Tenant, tt.kind, tt.role, tt.tenant)
			}
		})
	}
}

func TestBedrockOutcome(t *testing.T) {
	masked := `"amazon-bedrock-trace":{"guardrail":{"outputs":[{"g":{"sensitiveInformationPolicy":{"piiEntities":[{"type":"EMAIL","action":"ANONYMIZED"}]}}}]}}`
	tests := []struct {
		name, record string
		want         Outcome
	}{
		{"success", `{"modelId":"m","output":{"outputBodyJson":{"completion":"a"}}}`, OutcomeSuccess},
		{"success elsewhere", `{"modelId":"m","output":{"outputBodyS3Path":"s3://b/k"}}`, OutcomeSuccess},
		{"unknown", `{"modelId":"m","input":{}}`, OutcomeUnknown},
		{"denied", `{"modelId":"m","errorCode":"AccessDeniedException"}`, OutcomeDenied},
		{"throttled", `{"modelId":"m","errorCode":"ThrottlingException"}`, OutcomeThrottled},
		{"error", `{"modelId":"m","errorCode":"ValidationException"}`, OutcomeError},
		{"status as text", `{"modelId":"m","status":"403"}`, OutcomeDenied},
		{"status as number", `{"modelId":"m","status":500}`, OutcomeError},
		{"error chunk", `{"modelId":"m","output":{"outputBodyJson":[{"throttlingException":{"message":"slow down"}}]}}`, OutcomeThrottled},
		{"blocked", `{"modelId":"m","output":{"outputBodyJson":{"completion":"no","amazon-bedrock-guardrailAction":"INTERVENED"}}}`, OutcomeBlocked},
		{"masked", `{"modelId":"m","output":{"outputBodyJson":{"completion":"{EMAIL}","amazon-bedrock-guardrailAction":"INTERVENED",` + masked + `}}}`, OutcomeSuccess},
		{"converse blocked", `{"modelId":"m","output":{"outputBodyJson":{"output":{"message":{"role":"assistant","content":[]}},"stopReason":"guardrail_intervened"}}}`, OutcomeBlocked},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e := decodeOne(t, NewDecoder(), tt.record); e.Outcome != tt.want {
				t.Errorf("outcome = %s, want %s", e.Outcome, tt.want)
			}
		})
	}
}

// TestBedrockStreams checks that the chunks of every provider come out as the
// same answer.
func TestBedrockStreams(t *testing.T) {
	tests := []struct{ name, chunks, response, finish string }{
		{"anthropic", `[{"type":"message_start","message":{"id":"msg_1","role":"assistant","usage":{"input_tokens":3,"output_tokens":1}}},{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one "}},{"type":"ping"},{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"two"}},{"type":"content_block_stop","index":0},{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}},{"type":"message_stop"},"[DONE]"]`, "one two", "end_turn"},
		{"converse", `[{"messageStart":{"role":"assistant"}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"one "}}},{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":"two"}}},{"contentBlockStop":{"contentBlockIndex":0}},{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":3,"outputTokens":2}}}]`, "one two", "end_turn"},
		{"llama", `[{"generation":"one ","prompt_token_count":3,"generation_token_count":1,"stop_reason":null},{"generation":"two","generation_token_count":2,"stop_reason":"stop"}]`, "one two", "stop"},
		{"titan", `[{"outputText":"one ","index":0,"completionReason":null,"inputTextTokenCount":3},{"outputText":"two","index":0,"totalOutputTextTokenCount":2,"completionReason":"FINISH"}]`, "one two", "FINISH"},
		{"mistral", `[{"outputs":[{"text":"one ","stop_reason":null}]},{"outputs":[{"text":"two","stop_reason":"stop"}]}]`, "one two", "stop"},
		{"mistral chat", `[{"choices":[{"index":0,"message":{"role":"assistant","content":"one "},"stop_reason":null}]},{"choices":[{"index":0,"message":{"content":"two"},"stop_reason":"stop"}]}]`, "one two", "stop"},
		{"openai", `[{"id":"chatcmpl-1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]},{"choices":[{"index":0,"delta":{"content":"one "}}]},{"choices":[{"index":0,"delta":{"content":"two"},"finish_reason":null}]},{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]},"[DONE]"]`, "one two", "stop"},
		{"cohere", `[{"text":"one ","is_finished":false},{"text":"two","is_finished":true,"finish_reason":"COMPLETE"}]`, "one two", "COMPLETE"},
		{"cohere chat", `[{"event_type":"text-generation","text":"one ","is_finished":false},{"event_type":"text-generation","text":"two"},{"event_type":"stream-end","response":{"text":"one two"},"finish_reason":"COMPLETE","is_finished":true}]`, "one two", "COMPLETE"},
		{"cohere chat, end only", `[{"event_type":"stream-end","response":{"text":"one two"},"finish_reason":"COMPLETE"}]`, "one two", "COMPLETE"},
		{"claude text", `[{"type":"completion","completion":"one ","stop_reason":null},{"type":"completion","completion":"two","stop_reason":"stop_sequence"}]`, "one two", "stop_sequence"},
		{"wrapped", `[{"chunk":{"bytes":"eyJnZW5lcmF0aW9uIjoib25lICJ9"}},{"chunk":{"bytes":"eyJnZW5lcmF0aW9uIjoidHdvIiwic3RvcF9yZWFzb24iOiJzdG9wIn0="}}]`, "one two", "stop"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeOne(t, NewDecoder(), `{"modelId":"m","output":{"outputBodyJson":`+tt.chunks+`}}`)
			if string(e.Response) != tt.response || string(e.FinishReason) != tt.finish {
				t.Errorf("response %q finish %q, want %q %q", e.Response, e.FinishReason, tt.response, tt.finish)
			}
			if len(e.Output) != 1 || string(e.Output[0].Role) != "assistant" || !e.Stream.V {
				t.Errorf("output %s, stream %v: want one message of the assistant", AppendMessages(nil, e.Output), e.Stream)
			}
			if !PlainMessages(e) {
				t.Error("not plain")
			}
		})
	}
}

// TestBedrockKeepsUnknown checks that what no decoder knows is kept.
func TestBedrockKeepsUnknown(t *testing.T) {
	tests := []struct{ name, record, in, out string }{
		{
			"bodies", `{"modelId":"m","input":{"inputBodyJson":{"q":1}},"output":{"outputBodyJson":{"a":[2]}}}`,
			`[{"parts":[{"type":"other","content":{"q":1}}]}]`, `[{"parts":[{"type":"other","content":{"a":[2]}}]}]`,
		},
		{
			"texts that are no JSON", `{"modelId":"m","input":{"inputBodyJson":"<xml/>"},"output":{"outputBodyJson":"broken {"}}`,
			`[{"parts":[{"type":"other","content":"<xml/>"}]}]`, `[{"parts":[{"type":"other","content":"broken {"}]}]`,
		},
		{
			"block and message", `{"modelId":"m","input":{"inputBodyJson":{"messages":[{"role":"user","content":[{"hologram":7},9]},{"x":1},2]}}}`,
			`[{"role":"user","parts":[{"type":"other","content":{"hologram":7}},{"type":"other","content":9}]},{"parts":[{"type":"other","content":{"x":1}}]},{"parts":[{"type":"other","content":2}]}]`, `[]`,
		},
		{
			"chunk", `{"modelId":"m","output":{"outputBodyJson":[{"generation":"a"},{"telepathy":1},{"chunk":{"bytes":"!"}}]}}`,
			`[]`, `[{"role":"assistant","parts":[{"type":"text","content":"a"},{"type":"other","content":{"telepathy":1}},{"type":"other","content":{"chunk":{"bytes":"!"}}}]}]`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeOne(t, NewDecoder(), tt.record)
			if got := string(AppendMessages(nil, e.Input)); got != tt.in {
				t.Errorf("input\n got %s\nwant %s", got, tt.in)
			}
			if got := string(AppendMessages(nil, e.Output)); got != tt.out {
				t.Errorf("output\n got %s\nwant %s", got, tt.out)
			}
		})
	}
}

func TestBedrockRefuses(t *testing.T) {
	for _, record := range []string{`1`, `[]`, `{`, `{"message":"{"}`, `{"message":"1"}`} {
		d := NewDecoder()
		if err := (bedrock{}).Decode(d, []byte(record)); err == nil {
			t.Errorf("decoding %s: no error", record)
		}
	}
}

func TestBedrockDetect(t *testing.T) {
	long := `{"modelId":"m","input":{"inputContentType":"application/json","inputBodyJson":{"messages":[{"role":"user","content":"` + strings.Repeat("word ", 1000)
	tests := []struct {
		name, prefix string
		whole, want  bool
	}{
		{"schema type", `{"schemaType":"ModelInvocationLog"}`, true, true},
		{"no schema type", `{"modelId":"m","output":{"outputTokenCount":1}}`, true, true},
		{"array", `[{"modelId":"m","input":{"inputTokenCount":1}}]`, true, true},
		{"cut", long, false, true},
		{"cut before the model", strings.Replace(long, `"modelId":"m",`, "", 1), false, true},
		{"filter-log-events", `{"events":[{"timestamp":1,"message":"{\"schemaType\":\"ModelInvocationLog\"}"}]}`, true, true},
		{"other schema", `{"schemaType":"Other","modelId":"m","input":{"inputBodyJson":{}}}`, true, false},
		{"no model", `{"input":{"inputBodyJson":{}}}`, true, false},
		{"no sides", `{"modelId":"m","messages":[]}`, true, false},
		{"log event of something else", `{"events":[{"message":"START RequestId"}]}`, true, false},
		{"no JSON", `hello`, true, false},
		{"empty array", `[]`, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			s := &Sample{Prefix: []byte(tt.prefix), Whole: tt.whole}
			if doc.ParsePrefix(s.Prefix) == nil {
				s.First = doc.Root()
			}
			if err := (bedrock{}).Detect(s); (err == nil) != tt.want {
				t.Errorf("Detect = %v, want accepted %v", err, tt.want)
			}
		})
	}
}

// TestBedrockPanther decodes the vendor-shaped rows of a public rule set.
func TestBedrockPanther(t *testing.T) {
	path := filepath.Join("..", "..", "shared", "data", "panther", "tests.jsonl")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("LOUD: %s is missing, the vendor-shaped Bedrock rows were not tested", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, blocked := 0, 0
	for line := range bytes.Lines(data) {
		var row struct {
			LogTypes []string `json:"log_types"`
			Log      json.RawMessage
		}
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatal(err)
		}
		if len(row.LogTypes) != 1 || row.LogTypes[0] != "AWS.BedrockModelInvocation" {
			continue
		}
		n++
		e := decodeOne(t, NewDecoder(), string(row.Log))
		if e.Outcome == OutcomeBlocked {
			blocked++
		}
		if e.ContentState != ContentPresent || e.Prompt == nil || e.Response == nil || e.RequestID == nil || string(e.Role) != "role_details" {
			t.Errorf("%s: state %s prompt %q response %q request %q role %q", e.Operation, e.ContentState, e.Prompt, e.Response, e.RequestID, e.Role)
		}
	}
	if n != 8 || blocked != 2 {
		t.Errorf("got %d rows, %d blocked, want 8 and 2", n, blocked)
	}
}

// TestBedrockRecorded decodes the recorded bodies of calls to Bedrock, put into
// invocation records: none may end in a part of type other.
func TestBedrockRecorded(t *testing.T) {
	rows := recordedCalls(t)
	n := 0
	for _, row := range rows {
		if !strings.Contains(row.URI, "bedrock-runtime") || row.Response == nil {
			continue
		}
		n++
		e := decodeOne(t, NewDecoder(), fmt.Sprintf(`{"modelId":"m","input":{"inputBodyJson":%s},"output":{"outputBodyJson":%s}}`, row.Request, *row.Response))
		in, out := AppendMessages(nil, e.Input), AppendMessages(nil, e.Output)
		if bytes.Contains(in, []byte(`"type":"other"`)) || bytes.Contains(out, []byte(`"type":"other"`)) || e.Prompt == nil || e.Response == nil {
			t.Errorf("%s\n in %.300s\nout %.300s", row.URI, in, out)
		}
	}
	if n == 0 {
		t.Error("no recorded calls to Bedrock")
	}
}

func FuzzDecodeBedrock(f *testing.F) {
	f.Add([]byte(`{"schemaType":"ModelInvocationLog","modelId":"m","input":{"inputBodyJson":{"messages":"[{}]","system":["a",1]}},"output":{"outputBodyJson":[{"chunk":{"bytes":"e30="}}]}}`))
	f.Add([]byte(`{"modelId":"m","input":{"inputBodyJson":"{\"prompt\":\"a\"}"},"output":{"outputBodyJson":{"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{"}}]}}]}}}`))
	cases, _ := filepath.Glob(filepath.Join("..", "testdata", "formats", "bedrock", "*.in.*"))
	for _, c := range cases {
		data, err := os.ReadFile(c)
		if err != nil {
			f.Fatal(err)
		}
		for line := range bytes.Lines(data) {
			f.Add(line)
		}
	}
	d := NewDecoder()
	f.Fuzz(func(t *testing.T, record []byte) {
		d.Reset()
		if (bedrock{}).Decode(d, record) != nil {
			return
		}
		for _, e := range d.Events() {
			checkPlain(t, e)
			for _, list := range [][]Message{e.Input, e.Output} {
				if b := AppendMessages(nil, list); !json.Valid(b) {
					t.Errorf("messages are not valid JSON: %q", b)
				}
			}
			if e.Parameters != nil && !json.Valid(e.Parameters) {
				t.Errorf("parameters are not valid JSON: %q", e.Parameters)
			}
		}
	})
}

// benchmarkRecords returns invented invocation records with prompts and
// replies of 30 to 300 words, half Converse and half Anthropic bodies.
func benchmarkRecords(n int) (records [][]byte, size int64) {
	words := strings.Fields("the evening harbour lamp counts every quiet boat while nine \\\"old\\\" ropes dry beside salted nets and someone sings about rain, winter bread or distant hills\\n")
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		var b strings.Builder
		for range 30 + rng.IntN(271) {
			b.WriteString(words[rng.IntN(len(words))])
			b.WriteByte(' ')
		}
		return b.String()
	}
	for i := range n {
		in := fmt.Sprintf(`{"messages":[{"role":"user","content":[{"text":"%s"}]}],"system":[{"text":"answer briefly"}],"inferenceConfig":{"maxTokens":512,"temperature":0.7}}`, text())
		out := fmt.Sprintf(`{"output":{"message":{"role":"assistant","content":[{"text":"%s"}]}},"stopReason":"end_turn","metrics":{"latencyMs":302},"usage":{"inputTokens":4,"outputTokens":38,"totalTokens":42}}`, text())
		if i%2 == 1 {
			in = fmt.Sprintf(`{"anthropic_version":"bedrock-2023-05-31","max_tokens":512,"temperature":0.2,"system":"answer briefly","messages":[{"role":"user","content":"%s"}]}`, text())
			out = fmt.Sprintf(`{"id":"msg_bdrk_%04d","type":"message","role":"assistant","model":"claude-3","content":[{"type":"text","text":"%s"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":4,"output_tokens":38}}`, i, text())
		}
		r := fmt.Sprintf(`{"schemaType":"ModelInvocationLog","schemaVersion":"1.0","timestamp":"2026-04-08T12:00:00Z","accountId":"111122223333","identity":{"arn":"arn:aws:sts::111122223333:assumed-role/app/worker-%d"},"region":"us-east-1","requestId":"5f0c3b1a-0000-4000-8000-%012d","operation":"Converse","modelId":"amazon.nova-lite-v1:0","input":{"inputContentType":"application/json","inputBodyJson":%s,"inputTokenCount":4},"output":{"outputContentType":"application/json","outputBodyJson":%s,"outputTokenCount":38}}`, i%7, i, in, out)
		records = append(records, []byte(r))
		size += int64(len(r)) + 1
	}
	return records, size
}

func BenchmarkDecodeBedrock(b *testing.B) {
	records, size := benchmarkRecords(1000)
	d := NewDecoder()
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		d.Reset()
		for _, r := range records {
			d.Clear()
			if err := (bedrock{}).Decode(d, r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
