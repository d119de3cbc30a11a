package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadChange(t *testing.T) {
	put := func(config string) string { return `{"requestParameters":{"loggingConfig":{` + config + `}}}` }
	const bucket = `"s3Config":{"bucketName":"example-logs"}`
	tests := []struct {
		name, format, operation, raw string
		about                        bool
		effect                       effect
		logs                         []string
	}{
		{"delete", "cloudtrail", "DeleteModelInvocationLoggingConfiguration", `{}`, true, switchedOff, []string{"bedrock"}},
		{"put", "cloudtrail", "PutModelInvocationLoggingConfiguration", put(bucket), true, switchedOn, []string{"bedrock"}},
		{"put, no text", "cloudtrail", "PutModelInvocationLoggingConfiguration", put(bucket + `,"textDataDeliveryEnabled":false`), true, switchedOff, []string{"bedrock"}},
		{"put, nowhere", "cloudtrail", "PutModelInvocationLoggingConfiguration", put(``), true, switchedOff, []string{"bedrock"}},
		{"put, not readable", "cloudtrail", "PutModelInvocationLoggingConfiguration", `{"requestParameters":7}`, true, changed, []string{"bedrock"}},
		{
			"in lookup-events", "cloudtrail", "PutModelInvocationLoggingConfiguration",
			`{"CloudTrailEvent":"{\"requestParameters\":{\"loggingConfig\":{\"s3Config\":{\"bucketName\":\"b\"},\"textDataDeliveryEnabled\":false}}}"}`,
			true, switchedOff,
			[]string{"bedrock"},
		},
		{
			"from EventBridge", "cloudtrail", "PutModelInvocationLoggingConfiguration",
			`{"detail":` + put(bucket+`,"textDataDeliveryEnabled":false`) + `}`, true, switchedOff,
			[]string{"bedrock"},
		},
		{"a trail", "cloudtrail", "StopLogging", `{}`, true, switchedOff, []string{"cloudtrail"}},
		{"selectors", "cloudtrail", "PutEventSelectors", `{}`, true, changed, []string{"cloudtrail"}},
		{"a bucket that holds no log", "cloudtrail", "DeleteBucket", `{"requestParameters":{"bucketName":"cats"}}`, false, switchedOff, nil},
		{
			"Azure", "jsonl", "Microsoft.Insights/diagnosticSettings/delete", `{}`, true, switchedOff,
			[]string{"azure-openai", "apim-gateway", "apim-llm"},
		},
		{
			"Azure, written", "jsonl", "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/WRITE", `{}`, true, changed,
			[]string{"azure-openai", "apim-gateway", "apim-llm"},
		},
		{
			"Google, audit logs off", "google-audit", "SetIamPolicy",
			`{"protoPayload":{"serviceData":{"policyDelta":{"auditConfigDeltas":[{"action":"REMOVE","service":"aiplatform.googleapis.com"}]}}}}`,
			true, switchedOff,
			[]string{"google-audit"},
		},
		{"Google, another policy", "google-audit", "SetIamPolicy", `{"protoPayload":{}}`, false, switchedOn, []string{"google-audit"}},
		{"Google, a sink", "google-audit", "google.logging.v2.ConfigServiceV2.DeleteSink", `{}`, true, changed, []string{"google-audit"}},
		{
			"OpenAI", "openai-audit", "organization.updated",
			`{"organization.updated":{"changes_requested":{"settings":{"api_call_logging":"disabled"}}}}`, true, switchedOff,
			[]string{"openai-stored"},
		},
		{"OpenAI, another setting", "openai-audit", "organization.updated", `{"organization.updated":{}}`, false, switchedOn, []string{"openai-stored"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &loggingChange{format: tt.format, operation: tt.operation}
			if about := newLoggingState().read(c, []byte(tt.raw)); about != tt.about || c.effect != tt.effect {
				t.Errorf("about a log %v, effect %d, want %v, %d", about, c.effect, tt.about, tt.effect)
			}
			if d := cmp.Diff(tt.logs, c.logs); d != "" {
				t.Errorf("logs (-want +got)\n%s", d)
			}
		})
	}
}

// No record makes reading what it changes fail.
func FuzzReadChange(f *testing.F) {
	f.Add("cloudtrail", "PutModelInvocationLoggingConfiguration", []byte(`{"CloudTrailEvent":"{\"detail\":[]}"}`))
	f.Add("google-audit", "SetIamPolicy", []byte(`{"protoPayload":{"metadata":{"policyDelta":null}}}`))
	f.Add("openai-audit", "organization.updated", []byte(`[]`))
	f.Fuzz(func(t *testing.T, format, operation string, raw []byte) {
		state := newLoggingState()
		for range 2 {
			c := &loggingChange{format: format, operation: operation}
			if state.read(c, raw) && len(c.logs) == 0 {
				t.Errorf("a change of no log")
			}
		}
	})
}
