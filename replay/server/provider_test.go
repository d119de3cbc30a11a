package server

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sigv4"
)

// placeOf is a place for the providers that need one.
func placeOf(p *Provider) string {
	return map[string]string{"region": "us-gov-west-1", "resource": "example-openai"}[p.Needs()]
}

// TestProviders holds the table against what it must be: names once, an address
// or ports, protocols, a header for the key, and an address that leads back to
// its row.
func TestProviders(t *testing.T) {
	seen := map[Name]bool{}
	for _, p := range Providers() {
		if seen[p.Name] || p.Name == "" || len(p.Protocols) == 0 || p.Key.Name == "" || p.Hosted() == (len(p.Ports) > 0) || p.Hosted() && p.is != nil {
			t.Errorf("%s: a row that is there twice, or not whole: %+v", p.Name, p)
		}
		seen[p.Name] = true
		if byName, err := ByName(string(p.Name)); err != nil || byName.Base != p.Base {
			t.Errorf("%s: by its name %+v, %v", p.Name, byName, err)
		}
		if !p.Hosted() {
			if u, err := p.URL(""); err == nil {
				t.Errorf("%s is on this machine, and has the address %s", p.Name, u)
			}
			continue
		}
		u, err := p.URL(placeOf(&p))
		if err != nil || u.Scheme != "https" || strings.Contains(u.String(), "{") || u.RawQuery != "" || strings.HasSuffix(u.Path, "/") {
			t.Errorf("%s: %v, %v", p.Name, u, err)
			continue
		}
		if got, at := Of(u); got == nil || got.Name != p.Name || at != placeOf(&p) {
			t.Errorf("%s: its address leads to %+v at %q", p.Name, got, at)
		}
	}
	for _, name := range []Name{Ollama, VLLM, LlamaCPP, LMStudio, LocalAI, "openai", "anthropic", "bedrock", "azure", "mistral", "gemini", "openrouter", "groq", "together"} {
		if !seen[name] {
			t.Errorf("no provider %s", name)
		}
	}
	if _, err := ByName("nobody"); err == nil || !strings.Contains(err.Error(), "openai, anthropic, bedrock") {
		t.Errorf("an unknown provider: %v", err)
	}
}

// TestPlaces are places in addresses that must not lead elsewhere.
func TestPlaces(t *testing.T) {
	for _, test := range []struct{ provider, at string }{
		{"bedrock", ""},
		{"bedrock", "us-east-1.evil.test/"},
		{"bedrock", "evil.test#"},
		{"bedrock", "US-EAST-1"},
		{"azure", ""},
		{"azure", "evil.test/"},
		{"azure", "-x"},
		{"azure", "a@evil.test"},
		{"azure", "x\n"},
		{"openai", "us-east-1"},
	} {
		p, err := ByName(test.provider)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := p.URL(test.at); err == nil {
			t.Errorf("%s at %q: %s", test.provider, test.at, u)
		}
	}
	for _, address := range []string{
		"https://api.openai.com.evil.test", "https://evil.test/api.openai.com", "https://bedrock-runtime.us-east-1.amazonaws.com.evil.test",
		"https://bedrock-runtime..amazonaws.com", "https://bedrock-runtime.x.y.amazonaws.com", "https://openai.azure.com", "http://127.0.0.1:8080",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if p, at := Of(u); p != nil {
			t.Errorf("%s is taken for %s at %q", address, p.Name, at)
		}
	}
}

// TestLogin says in which header a key goes, and what is signed.
func TestLogin(t *testing.T) {
	aws, err := sigv4.New("AKIAINVENTEDEXAMPLE", "invented", "")
	if err != nil {
		t.Fatal(err)
	}
	bedrock := "https://bedrock-runtime.eu-west-1.amazonaws.com"
	tests := []struct {
		name, url string
		protocol  replay.Protocol
		key       Key
		region    string
		want      string // headers, and the region that is signed for
		problem   string
	}{
		{name: "a server on this machine", url: "http://127.0.0.1:8000/v1", protocol: replay.OpenAIChat, key: Key{Text: "k"}, want: "Authorization: Bearer k"},
		{name: "that speaks as anthropic", url: "http://127.0.0.1:8000", protocol: replay.Anthropic, key: Key{Text: "k"}, want: "anthropic-version: 2023-06-01; x-api-key: k"},
		{name: "without a key", url: "http://127.0.0.1:8000", protocol: replay.Anthropic, want: "anthropic-version: 2023-06-01"},
		{name: "azure", url: "https://example.openai.azure.com/openai/v1", protocol: replay.OpenAIChat, key: Key{Text: "k"}, want: "api-key: k"},
		{name: "groq, in capitals", url: "https://API.groq.com./openai/v1", protocol: replay.OpenAIResponses, key: Key{Text: "k"}, want: "Authorization: Bearer k"},
		{name: "bedrock with a key of its own", url: bedrock, protocol: replay.Converse, key: Key{Text: "bedrock-api-key-x"}, want: "Authorization: Bearer bedrock-api-key-x"},
		{name: "bedrock with the id of an access key", url: bedrock, protocol: replay.Converse, key: Key{Text: "AKIAIOSFODNN7EXAMPLE"}, problem: "signed with its secret too"},
		{name: "bedrock, signed", url: bedrock, protocol: replay.Converse, key: Key{AWS: aws}, want: "signed for eu-west-1"},
		{name: "bedrock, signed, the region said", url: bedrock, protocol: replay.Converse, key: Key{AWS: aws}, region: "eu-west-1", want: "signed for eu-west-1"},
		{name: "bedrock, signed for elsewhere", url: bedrock, protocol: replay.Converse, key: Key{AWS: aws}, region: "us-east-1", problem: "is in region eu-west-1"},
		{name: "an endpoint of one's own", url: "https://vpce-0a.example.com", protocol: replay.Converse, key: Key{AWS: aws}, region: "us-east-1", want: "signed for us-east-1"},
		{name: "an endpoint without a region", url: "https://vpce-0a.example.com", protocol: replay.Converse, key: Key{AWS: aws}, problem: "such as us-east-1"},
		{name: "an access key of AWS for openai", url: "https://api.openai.com", protocol: replay.OpenAIChat, key: Key{AWS: aws}, problem: "signs requests to Bedrock"},
		{name: "two lines", url: "https://api.openai.com", protocol: replay.OpenAIChat, key: Key{Text: "a\nb"}, problem: "more than one line"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			u, err := url.Parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			login, err := test.key.Login(u, test.protocol, test.region)
			if test.problem != "" {
				if err == nil || !strings.Contains(err.Error(), test.problem) || test.key.Text != "" && strings.Contains(err.Error(), test.key.Text) {
					t.Errorf("error %v, want %q and nothing of the key", err, test.problem)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, h := range append(login.Header, login.Secret...) {
				got = append(got, h.Name+": "+h.Value)
			}
			if login.Sign != nil {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, test.url, nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, _, err := login.Sign.Sign(r, nil, time.Unix(0, 0)); err != nil {
					t.Fatal(err)
				}
				got = append(got, fmt.Sprintf("signed for %s", strings.Split(r.Header.Get("Authorization"), "/")[2]))
			}
			if diff := cmp.Diff(test.want, strings.Join(got, "; ")); diff != "" {
				t.Errorf("login (-want +got):\n%s", diff)
			}
		})
	}
}
