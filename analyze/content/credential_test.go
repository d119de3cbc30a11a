package content

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// random is text as keys have it, made up.
const random = "q7Rk2mZt9VbX4cLw8NhJ3yPfG6sDaE1uKo5TiBxQrMzWvCpYgHnSdFjLk9e2R4t6Y8u1I3o5P7aZsXdCfVgBhNjMkQwErTyUi"

func TestCredentials(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no text", "", nil},
		{"words", "A task-force of sk-illed people asked for a Basic understanding and Bearer bonds.", nil},
		{"anthropic", "key: sk-ant-api03-" + random[:93], []string{"Anthropic key"}},
		{"openai project", `{"k":"sk-proj-` + random[:60] + `"}`, []string{"OpenAI key"}},
		{"openai legacy", "export OPENAI_API_KEY=sk-" + random[:48], []string{"API key (sk-)"}},
		{"part of a word", "task-" + random[:48], nil},
		{"masked", "sk-...q7Rk and sk-****************************", nil},
		{"placeholder", "sk-your-key-goes-here-1234 sk-xxxxxxxxxxxxxxxxxxxxxxx1", nil},
		{"not random", "sk-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", nil},
		{"google", "AIza" + random[:35], []string{"Google API key"}},
		{"bedrock", "ABSK" + strings.Repeat(random[:60], 2), []string{"Bedrock API key"}},
		{"hugging face", "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", []string{"Hugging Face token"}},
		{"header", `"Authorization":"Bearer ` + random[:40] + `"`, []string{"bearer token"}},
		{"key in a header", `Authorization: Bearer sk-` + random[:48], []string{"API key (sk-)"}},
		{"private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE", []string{"private key"}},
		{"two", "sk-" + random[:30] + " ghp_" + random[10:46], []string{"API key (sk-)", "GitHub token"}},
		{"after an escaped line end", `{"text":"use\nsk-` + random[:48] + `"}`, []string{"API key (sk-)"}},
		{"longer than a key", "AIza" + random[:40], nil},
		{"access key id", "AKIAEXAMPLE000000001", nil},
	}
	c, err := NewCredentials()
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(c.Pattern())
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, f := range c.Find([]byte(tt.text)) {
				got = append(got, f.Kind)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			if len(got) > 0 && !pattern.MatchString(tt.text) {
				t.Error("the pattern does not match")
			}
		})
	}
}

// FuzzCredentials finds the same whatever stands around, inside the text, and
// nothing that the pattern does not match.
func FuzzCredentials(f *testing.F) {
	c, err := NewCredentials()
	if err != nil {
		f.Fatal(err)
	}
	pattern := regexp.MustCompile(c.Pattern())
	f.Add([]byte("Authorization: Bearer sk-" + random[:48]))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := c.Find(text)
		for _, x := range found {
			if x.From < 0 || x.From >= x.To || x.To > len(text) {
				t.Fatalf("%+v of %d bytes", x, len(text))
			}
		}
		if len(found) > 0 && !pattern.Match(text) {
			t.Fatal("the pattern does not match")
		}
	})
}
