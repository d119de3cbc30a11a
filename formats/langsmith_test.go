package formats

import "testing"

func FuzzDecodeLangSmith(f *testing.F) { fuzzDecode(f, langsmith{}) }

func TestErrorClass(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		outcome    Outcome
	}{
		{"RateLimitError(\"Error code: 429\")Traceback (most recent call last):", "RateLimitError", OutcomeThrottled},
		{"openai.PermissionDeniedError: Error code: 403", "openai.PermissionDeniedError", OutcomeDenied},
		{"ValueError", "ValueError", OutcomeError},
		{"Cannot reach the host", "", OutcomeError},
		{"", "", OutcomeError},
	} {
		got := errorClass([]byte(tt.text))
		if string(got) != tt.want || classOutcome(got) != tt.outcome {
			t.Errorf("errorClass(%q) = %s, %s, want %s, %s", tt.text, got, classOutcome(got), tt.want, tt.outcome)
		}
	}
}
