package content

import (
	"strings"
	"testing"
)

func TestGuardrail(t *testing.T) {
	testShown(t, KindGuardrail, []shown{
		{"bedrock", RoleAssistant, "Sorry, the model cannot answer this question.", []string{"bedrock"}},
		{"bedrock status", RoleAssistant, "GUARDRAIL_INTERVENED", []string{"bedrock"}},
		{"copilot moves on", RoleAssistant, "It might be time to move onto a new topic.", []string{"copilot"}},
		{"azure", RoleAssistant, "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry.", []string{"azure"}},
		{"azure error", RoleAssistant, `{"code": "ResponsibleAIPolicyViolation"}`, []string{"azure"}},
		{"copilot", RoleAssistant, "Sorry, the response was filtered by the Responsible AI Service. Please rephrase your prompt and try again.", []string{"copilot"}},
		{"openai", RoleAssistant, "Your request was rejected as a result of our safety system.", []string{"openai"}},
		{"openai policy", RoleAssistant, "This content may violate our usage policies.", []string{"openai"}},
		{"anthropic", RoleAssistant, "Output blocked by content filtering policy", []string{"anthropic"}},
		{"google", RoleAssistant, `{"finishReason": "SAFETY"}`, []string{"google"}},
		{"nemo", RoleAssistant, "I'm sorry, I can't respond to that.", []string{"nemo"}},
		{"llama guard", RoleAssistant, "unsafe\nS1,S10", []string{"llama-guard"}},
		{"litellm", RoleAssistant, "Violated guardrail policy", []string{"litellm"}},
		{"deepseek", RoleAssistant, "Sorry, that's beyond my current scope. Let's talk about something else.", []string{"deepseek"}},

		{"safe", RoleAssistant, "safe", nil},
		{"unsafe in a sentence", RoleAssistant, "This cast is unsafe\nbecause of S1.", nil},
		{"about policies", RoleAssistant, "A usage policy says who may use the printer.", nil},
		{"asked about", RoleUser, "Why does it say: Sorry, the model cannot answer this question.", nil},
		{"answer", RoleAssistant, "The safety system of the lift has two brakes.", nil},
	})
}

// TestCanned checks that a text that is too long to be canned counts for less.
func TestCanned(t *testing.T) {
	s := newTestScanner(t)
	canned := "Sorry, the model cannot answer this question."
	if !flagged(s, canned, KindGuardrail) {
		t.Error("the canned text is not flagged")
	}
	if flagged(s, canned+strings.Repeat(" This is what a guardrail says by default.", 50), KindGuardrail) {
		t.Error("a text about it is flagged")
	}
}
