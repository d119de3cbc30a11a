package reconcile

import "testing"

func TestModelFamily(t *testing.T) {
	for model, want := range map[string]string{
		"gpt-4o": "gpt-4o", "gpt-4o-2024-08-06": "gpt-4o", "gpt-4o-mini": "gpt-4o-mini", "azure/gpt-4.1": "gpt-4.1", "gpt-4.1-2025-04-14": "gpt-4.1",
		"claude-sonnet-4-5-20250929": "claude-sonnet-4-5", "anthropic.claude-3-haiku-20240307-v1:0": "claude-3-haiku",
		"us.anthropic.claude-sonnet-4-5-20250929-v1:0": "claude-sonnet-4-5", "anthropic.claude-v2": "claude", "claude-3.5-sonnet": "claude-3.5-sonnet",
		"arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0": "titan-embed-text",
		"meta.llama3-3-70b-instruct-v1:0":                                          "llama3-3-70b-instruct", "text-embedding-3-small": "text-embedding-3-small", "": "", "a.": "a.",
	} {
		if got := modelFamily(model); got != want {
			t.Errorf("%s is %s, want %s", model, got, want)
		}
	}
}
