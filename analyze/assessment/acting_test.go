package assessment

import (
	"fmt"
	"strings"
	"testing"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
)

// trail writes events of CloudTrail, one a minute: each an operation with the name of
// a user, "" where the log names nobody.
func trail(acts ...[2]string) string {
	var out []string
	for i, a := range acts {
		who := `{}`
		if a[1] != "" {
			who = `{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/` + a[1] + `"}`
		}
		out = append(out, fmt.Sprintf(`{"eventVersion":"1.10","eventTime":"2026-03-02T08:%02d:00Z","eventName":%q,"eventSource":"bedrock.amazonaws.com",`+
			`"awsRegion":"us-east-1","sourceIPAddress":"203.0.113.9","requestID":"c-%d","eventID":"c-%d","eventType":"AwsApiCall","readOnly":false,`+
			`"recipientAccountId":"111122223333","userIdentity":%s}`, i, a[0], i, i, who))
	}
	return `{"Records":[` + strings.Join(out, ",\n") + `]}`
}

// TestActing checks that what nobody is named for is told of the one who acted from
// the same address then, and of nobody where several did.
func TestActing(t *testing.T) {
	const off, on = "DeleteModelInvocationLoggingConfiguration", "PutModelInvocationLoggingConfiguration"
	begin := [][2]string{{off, "eve"}, {off, ""}, {on, ""}}
	tests := []struct {
		name  string
		other string // who did every second of the rest
		want  []string
	}{
		{"one", "eve", []string{"arn:aws:iam::111122223333:user/eve"}},
		{"two", "bob", []string{"203.0.113.9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			acts := begin
			for range 6 {
				acts = append(acts, [2]string{"ListGuardrails", "eve"}, [2]string{"ListGuardrails", tt.other})
			}
			r, err := Run(t.Context(), casetest.Files(t, map[string]string{"trail.json": trail(acts...)}), Options{Only: []string{"anti-forensics", "story"}, Progress: &analyze.Progress{}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Findings {
				if f.Parts != nil {
					got = append(got, f.Actor)
				}
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("stories of %q, want %q; findings %v", got, tt.want, found(r))
			}
		})
	}
}
