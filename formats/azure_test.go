package formats

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/formats/jsontape"
)

const (
	testOpenAIResource = "/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.COGNITIVESERVICES/ACCOUNTS/A"
	testAPIMResource   = "/SUBSCRIPTIONS/0A1B/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/A"
)

// decodeWith decodes one record with a format and returns its only event.
func decodeWith(t *testing.T, f Format, record string) *Event {
	t.Helper()
	d := NewDecoder()
	if err := f.Decode(d, []byte(record)); err != nil {
		t.Fatalf("decoding %.200s: %v", record, err)
	}
	if len(d.Events()) != 1 {
		t.Fatalf("got %d events, want 1", len(d.Events()))
	}
	return d.Events()[0]
}

// TestAzureDetect looks at samples that show little of a record: rows of which
// only some columns were exported, and those that were cut.
func TestAzureDetect(t *testing.T) {
	tests := []struct{ name, sample, want string }{
		{"llm columns", `{"CorrelationId":"c","SequenceNumber":1,"RequestMessages":"x"}`, "apim-llm"},
		{"llm category", `{"category":"GatewayLlmLogs","resourceId":"` + testAPIMResource + `"}`, "apim-llm"},
		{"gateway columns", `[{"CorrelationId":"c","ApiId":"a","BackendUrl":"https://example.com"}]`, "apim-gateway"},
		{"gateway cut", `{"records":[{"resourceId":"` + testAPIMResource + `","category":"GatewayLogs","properties":{"requestBody":"{\"a`, "apim-gateway"},
		{"openai cut", `{"records": [{ "category": "RequestResponse", "resourceId": "` + testOpenAIResource + `", "properties": "{\"api`, "azure-openai"},
		{"openai by event", `{"correlationId":"c","event":"ShoeboxCallResult","category":"RequestResponse"}`, "azure-openai"},
		{"other resource", `{"resourceId":"` + strings.Replace(testAPIMResource, "APIMANAGEMENT", "KEYVAULT", 1) + `","category":"GatewayLogs"}`, "jsonl"},
		{"other correlation id", `{"correlationId":"c","url":"https://example.com","method":"GET"}`, "jsonl"},
		{"empty records", `{"records":[]}`, "jsonl"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			f, err := Detect(NewSample("x", []byte(tt.sample), false, &doc), All())
			if err != nil || f.Name() != tt.want {
				t.Errorf("detected as %v (%v), want %s", f, err, tt.want)
			}
		})
	}
}

func TestAzureTicks(t *testing.T) {
	tests := []struct {
		name, value string
		want        int64
		ok          bool
	}{
		{"epoch", "621355968000000000", 0, true},
		{"one tick is cut", "621355968000000009", 0, true},
		{"public sample", "638481757794854611", 1712578979485461, true},
		{"text", `"638481757794854611"`, 1712578979485461, true},
		{"last", "999999999999999999", 37864403199999999, true},
		{"beyond", "4000000000000000000", 0, false},
		{"zero", "0", 0, false},
		{"negative", "-5", 0, false},
		{"no number", `"soon"`, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc jsontape.Doc
			if err := doc.Parse([]byte(tt.value)); err != nil {
				t.Fatal(err)
			}
			if got := ticksOf(doc.Root()); got.OK != tt.ok || got.Micros != tt.want {
				t.Errorf("got %v, want %d %v", got, tt.want, tt.ok)
			}
		})
	}
}

func TestAzureOpenAIOutcome(t *testing.T) {
	tests := []struct {
		name, members string
		want          Outcome
	}{
		{"success", `"resultSignature":"200"`, OutcomeSuccess},
		{"number", `"resultSignature":200`, OutcomeSuccess},
		{"key refused", `"resultSignature":"401"`, OutcomeDenied},
		{"throttled", `"resultSignature":"429"`, OutcomeThrottled},
		{"filtered or wrong", `"resultSignature":"400"`, OutcomeError},
		{"word", `"resultType":"Failed"`, OutcomeError},
		{"nothing", `"level":"4"`, OutcomeUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decodeWith(t, azureOpenAI{}, `{"category":"RequestResponse","resourceId":"`+testOpenAIResource+`",`+tt.members+`}`)
			if e.Outcome != tt.want {
				t.Errorf("got %s, want %s", e.Outcome, tt.want)
			}
		})
	}
}

func TestAzureOpenAIKind(t *testing.T) {
	tests := []struct {
		operation, properties string
		want                  Kind
	}{
		{"ChatCompletions_Create", ``, KindInference},
		{"Embeddings_Create", ``, KindEmbedding},
		{"ImageGenerations_Create", ``, KindInference},
		{"Create_Run", `"modelName":"gpt-4o"`, KindInference},
		{"Create_Run", ``, KindOther},
		{"List_Runs", `"modelName":"gpt-4o"`, KindOther},
		{"Upload_File", ``, KindOther},
		{"", ``, KindOther},
	}
	for _, tt := range tests {
		t.Run(tt.operation, func(t *testing.T) {
			e := decodeWith(t, azureOpenAI{}, `{"category":"RequestResponse","resourceId":"`+testOpenAIResource+
				`","operationName":"`+tt.operation+`","properties":{`+tt.properties+`}}`)
			if e.Kind != tt.want {
				t.Errorf("got %s, want %s", e.Kind, tt.want)
			}
		})
	}
}

// TestAPIMSecrets checks that what headers and addresses hold of keys stays in
// the record.
func TestAPIMSecrets(t *testing.T) {
	const secret = "hush-4711"
	var shown []byte
	for _, f := range []string{
		`"requestHeaders":{"Authorization":"Bearer ` + secret + `","api-key":"` + secret + `","Ocp-Apim-Subscription-Key":"` + secret + `","User-Agent":"curl/8"}`,
		`"requestHeaders":"{\"X-Api-Key\":\"` + secret + `\"}"`,
		`"url":"https://a.example.com/chat/completions?subscription-key=` + secret + `"`,
		`"url":"https://me:` + secret + `@a.example.com/chat/completions"`,
		`"backendUrl":"https://a.example.com/v1/chat/completions?key=` + secret + `"`,
		`"backendUrl":"https://me:` + secret + `@a.example.com/v1/chat/completions"`,
	} {
		e := decodeWith(t, apimGateway{}, `{"category":"GatewayLogs","resourceId":"`+testAPIMResource+`","properties":{`+f+`}}`)
		if shown = appendEvent(shown[:0], e); bytes.Contains(shown, []byte(secret)) {
			t.Errorf("%s is shown in %s", f, shown)
		}
	}
}

// TestAPIMChunks cuts messages at every byte: the texts of the chunks, joined,
// are the messages again, and none is taken for a whole.
func TestAPIMChunks(t *testing.T) {
	const whole = `[{"role":"user","content":"say \"[{\\\"a\\\":1}]\" or {} caf\u00e9"}]`
	for cut := 1; cut < len(whole); cut++ {
		joined := ""
		for i, chunk := range []string{whole[:cut], whole[cut:]} {
			text, err := json.Marshal(map[string]any{
				"Type": "ApiManagementGatewayLlmLog", "CorrelationId": "c", "SequenceNumber": i + 1, "RequestMessages": chunk,
			})
			if err != nil {
				t.Fatal(err)
			}
			e := decodeWith(t, apimLLM{}, string(text))
			if len(e.Input) != 1 || e.Input[0].Role != nil || e.ContentState != ContentTruncated || e.Sequence != IntOf(int64(i)+2) {
				t.Fatalf("cut at %d: chunk %d has %d messages, state %s, sequence %v", cut, i, len(e.Input), e.ContentState, e.Sequence)
			}
			joined += string(e.Prompt)
		}
		if joined != whole {
			t.Fatalf("cut at %d: joined they are %q", cut, joined)
		}
	}
	text, err := json.Marshal(map[string]any{"Type": "ApiManagementGatewayLlmLog", "SequenceNumber": 1, "RequestMessages": whole})
	if err != nil {
		t.Fatal(err)
	}
	if e := decodeWith(t, apimLLM{}, string(text)); len(e.Input) != 1 {
		t.Errorf("whole messages give %d", len(e.Input))
	}
}

func FuzzDecodeAzureOpenAI(f *testing.F) { fuzzDecode(f, azureOpenAI{}) }

func FuzzDecodeAPIMGateway(f *testing.F) { fuzzDecode(f, apimGateway{}) }

func FuzzDecodeAPIMLLM(f *testing.F) { fuzzDecode(f, apimLLM{}) }
