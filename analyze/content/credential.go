package content

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
)

// Credential is a secret that stands in a text in clear.
type Credential struct {
	Kind     string // whose it is, in words
	From, To int    // its bytes in the text
}

// Credentials finds secrets by their shape. It is safe for concurrent use.
type Credentials struct{ shapes []shape }

// shape is what one kind of secret looks like: it begins with what few other
// texts have, so that searching is fast, and goes on with the rest. The secret
// itself is the first group, or all of it.
type shape struct {
	kind        string
	begin, rest string
	find        *regexp.Regexp
}

// shapes lists the kinds that grant access to models and to what stands beside
// them, the more special before the more general. The lengths are those of
// gitleaks 8.30.1 (github.com/gitleaks/gitleaks, config/gitleaks.toml) as lower
// bounds, for they grow with time; those it lacks are from the documentation of
// the providers. An access key id of AWS is no secret.
func shapes() []shape {
	return []shape{
		{"Anthropic key", `sk-`, `ant-[A-Za-z0-9_-]{80,}`, nil},
		{"OpenAI key", `sk-`, `(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}`, nil},
		{"OpenRouter key", `sk-`, `or-v1-[0-9a-f]{64}`, nil},
		{"Langfuse secret key", `sk-`, `lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`, nil},
		{"API key (sk-)", `sk-`, `[A-Za-z0-9_-]{20,}`, nil},
		{"Bedrock API key", `ABSK`, `[A-Za-z0-9+/]{109,}={0,2}`, nil},
		{"Bedrock API key", `bedrock-api-key-`, `YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=]*`, nil},
		{"Google API key", `AIza`, `[A-Za-z0-9_-]{35}`, nil},
		{"Hugging Face token", `hf_`, `[A-Za-z]{34}`, nil},
		{"Groq key", `gsk_`, `[A-Za-z0-9]{40,}`, nil},
		{"xAI key", `xai-`, `[A-Za-z0-9]{60,}`, nil},
		{"Perplexity key", `pplx-`, `[A-Za-z0-9]{48}`, nil},
		{"Replicate token", `r8_`, `[A-Za-z0-9]{37}`, nil},
		{"LangSmith key", `lsv2_`, `(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}`, nil},
		{"GitHub token", `gh[pousr]_`, `[A-Za-z0-9]{36}`, nil},
		{"GitHub token", `github_pat_`, `[A-Za-z0-9_]{82}`, nil},
		{"Slack token", `xox[abeprs]-`, `[A-Za-z0-9-]{20,}`, nil},
		{"private key", `-----BEGIN `, `[A-Z ]{0,20}PRIVATE KEY-----`, nil},
		{"bearer token", `Bearer `, `([A-Za-z0-9._~+/-]{20,}=*)`, nil},
		{"basic authorization", `Basic `, `([A-Za-z0-9+/]{16,}={0,2})`, nil},
	}
}

// NewCredentials makes a finder of secrets.
func NewCredentials() (*Credentials, error) {
	c := &Credentials{shapes: shapes()}
	for i := range c.shapes {
		s := &c.shapes[i]
		var err error
		if s.find, err = regexp.Compile(s.begin + s.rest); err != nil {
			return nil, fmt.Errorf("reading the shape of a credential (%s): %w", s.kind, err)
		}
	}
	return c, nil
}

// Pattern is a regular expression of RE2 that matches every text in which Find
// finds something, and some more, so that a database can leave out most others.
func (c *Credentials) Pattern() string {
	var begins []string
	for i := range c.shapes {
		if b := c.shapes[i].begin; !slices.Contains(begins, b) {
			begins = append(begins, b)
		}
	}
	return strings.Join(begins, "|")
}

// Find returns the secrets in a text by their kinds, each place once.
func (c *Credentials) Find(text []byte) []Credential {
	var found []Credential
	for i := range c.shapes {
		s := &c.shapes[i]
		for at := 0; at < len(text); {
			m := s.find.FindSubmatchIndex(text[at:])
			if m == nil {
				break
			}
			secret := m[len(m)-2:]
			from, to := at+secret[0], at+secret[1]
			if startsWord(text, at+m[0]) && endsWord(text, to) && isSecret(text[from:to], s.kind) && !overlaps(found, from, to) {
				found = append(found, Credential{s.kind, from, to})
			}
			at += m[1]
		}
	}
	return found
}

// startsWord reports whether a secret can begin at a place: "task-1" holds no
// key that begins with sk-. In JSON, the letter before may be that of an escaped
// line end.
func startsWord(text []byte, at int) bool {
	if at == 0 || !isWordByte(text[at-1]) {
		return true
	}
	return at > 1 && text[at-2] == '\\' && bytes.IndexByte([]byte("nrt"), text[at-1]) >= 0
}

func endsWord(text []byte, at int) bool { return at == len(text) || !isWordByte(text[at]) }

func isWordByte(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b == '-'
}

func overlaps(found []Credential, from, to int) bool {
	for _, f := range found {
		if from < f.To && f.From < to {
			return true
		}
	}
	return false
}

// minEntropy is how many bits a byte of a secret has at least: gitleaks asks
// for 3 of keys such as these, which a word of a language rarely reaches in 20
// bytes.
const minEntropy = 3

// isSecret reports whether what has the shape of a secret can be one: not a
// placeholder, and as random as a secret is. What begins a private key says so
// by itself.
func isSecret(b []byte, kind string) bool {
	if kind == "private key" {
		return true
	}
	lower := bytes.ToLower(b)
	for _, word := range []string{"example", "placeholder", "redacted", "your", "dummy", "xxxx", "0000", "abcdefgh", "12345678"} {
		if bytes.Contains(lower, []byte(word)) {
			return false
		}
	}
	return (kind == "Hugging Face token" || bytes.ContainsAny(b, "0123456789")) && entropy(b) >= minEntropy
}

// entropy is Shannon's, in bits per byte.
func entropy(b []byte) float64 {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(b))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
