package run

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/server"
)

// TestAddressOfProviders says where requests in the first protocol of a provider
// go, as its documentation has it.
func TestAddressOfProviders(t *testing.T) {
	request := &replay.Request{Messages: []replay.Message{{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "x"}}}}}
	got := map[server.Name]string{}
	for _, p := range server.Providers() {
		if !p.Hosted() {
			continue
		}
		u, err := p.URL(map[string]string{"region": "us-east-1", "resource": "example"}[p.Needs()])
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := protocol.Encode(request, p.Protocols[0], protocol.Options{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		got[p.Name] = addressOf(t, u.String(), encoded.Path)
	}
	want := map[server.Name]string{
		"openai":       "https://api.openai.com/v1/chat/completions",
		"anthropic":    "https://api.anthropic.com/v1/messages",
		"bedrock":      "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse",
		"azure":        "https://example.openai.azure.com/openai/v1/chat/completions",
		"mistral":      "https://api.mistral.ai/v1/chat/completions",
		"gemini":       "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
		"openrouter":   "https://openrouter.ai/api/v1/chat/completions",
		"groq":         "https://api.groq.com/openai/v1/chat/completions",
		"together":     "https://api.together.ai/v1/chat/completions",
		"fireworks":    "https://api.fireworks.ai/inference/v1/chat/completions",
		"deepseek":     "https://api.deepseek.com/v1/chat/completions",
		"xai":          "https://api.x.ai/v1/chat/completions",
		"ollama-cloud": "https://ollama.com/api/chat",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func addressOf(t *testing.T, base, path string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	to, err := address(u, path)
	if err != nil {
		t.Fatal(err)
	}
	return to.String()
}
