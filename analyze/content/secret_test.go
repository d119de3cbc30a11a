package content

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// some is a scanner of some parts only.
type some struct {
	parts []part
	words *wordList
	hits  [][]hit
	text  Text
}

func only(parts ...part) *some {
	s := &some{parts: parts, words: wordsOf(parts), hits: make([][]hit, len(parts))}
	for _, p := range parts {
		if o, ok := p.(*obfuscation); ok {
			o.words = s.words
		}
	}
	return s
}

func (s *some) scan(text []byte, report func(Sign)) {
	s.text = Text{Role: RoleUser, Raw: text, Folded: appendFolded(s.text.Folded[:0], text), Begins: true, Ends: true}
	for i := range s.hits {
		s.hits[i] = s.hits[i][:0]
	}
	s.words.find.find(s.text.Folded, func(word, start, end int32) {
		owner := s.words.owner[word]
		s.hits[owner] = append(s.hits[owner], hit{s.words.index[word], start, end})
	})
	for i, p := range s.parts {
		if s.text.hits = s.hits[i]; len(s.text.hits) > 0 || len(p.keywords()) == 0 {
			p.scan(&s.text, report)
		}
	}
}

// found returns the signs of a text as "label:text", those with a Via as
// "label<via:text".
func (s *some) found(t testing.TB, text string) []string {
	t.Helper()
	var got []string
	s.scan([]byte(text), func(s Sign) {
		if s.Start < 0 || s.Start >= s.End || s.End > len(text) || s.Score <= 0 || s.Score > 1 || s.Kind == "" || s.Label == "" {
			t.Errorf("%+v of %d bytes", s, len(text))
			return
		}
		label := s.Label
		if s.Via != "" {
			label += "<" + s.Via
		}
		got = append(got, label+":"+text[s.Start:s.End])
	})
	return got
}

func TestSecrets(t *testing.T) {
	const pem = "-----BEGIN RSA PRIVATE KEY-----\n" + random + "\n" + random + "\n-----END RSA PRIVATE KEY-----"
	jwt := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI5OTg4NzYxIn0." + random[:43]
	tests := []struct {
		name, text string
		want       []string
	}{
		{"no text", "", nil},
		{"words", "The key to this task: an access token, a secret, a password. Bearer bonds are a Basic asset, see key=value.", nil},
		{"anthropic", "key: sk-ant-api03-" + random[:93] + "AA", []string{"anthropic-api-key:sk-ant-api03-" + random[:93] + "AA"}},
		{"anthropic of another length", "key: sk-ant-api07-" + random[:96] + " ", []string{"anthropic-key:sk-ant-api07-" + random[:96]}},
		{"openai project", "sk-proj-" + random[:60], []string{"openai-key:sk-proj-" + random[:60]}},
		{"openai legacy", "OPENAI_API_KEY=sk-" + random[:48], []string{"api-key-sk:sk-" + random[:48]}},
		{"aws key pair", "aws_access_key_id = AKIAQ3EGRIWDB5T2XKLM\naws_secret_access_key = " + random[:40], []string{"aws-access-token:AKIAQ3EGRIWDB5T2XKLM", "aws-secret-access-key:" + random[:40]}},
		{"aws json", `{"SecretAccessKey": "` + random[:40] + `"}`, []string{"aws-secret-access-key:" + random[:40]}},
		{"aws documentation", "AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", nil},
		{"aws documentation named", "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", nil},
		{"bedrock", "ABSK" + random[:60] + random[:60], []string{"aws-amazon-bedrock-api-key-long-lived:ABSK" + random[:60] + random[:60]}},
		{"github", "token ghp_" + random[:36], []string{"github-pat:ghp_" + random[:36]}},
		{"groq", "gsk_" + random[:52], []string{"groq-key:gsk_" + random[:52]}},
		{"xai", "xai-" + random[:80], []string{"xai-key:xai-" + random[:80]}},
		{"openrouter", "sk-or-v1-" + strings.Repeat("a1b2c3d4e5f60789", 4), []string{"openrouter-key:sk-or-v1-" + strings.Repeat("a1b2c3d4e5f60789", 4)}},
		{"replicate", "r8_" + random[:37], []string{"replicate-token:r8_" + random[:37]}},
		{"langsmith", "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", []string{"langsmith-key: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"}},
		{"jwt", "cookie " + jwt + " end", []string{"jwt:" + jwt}},
		{"private key", "here:\n" + pem + "\nbye", []string{"private-key:" + pem}},
		{"connection", "use postgres://app:Gh7kQx9z@db.example.com:5432/main please", []string{"connection-string:Gh7kQx9z"}},
		{"connection with placeholder", "postgres://user:password@localhost/db, mysql://root:<password>@host, redis://:${PW}@h and http://a:b/@x", nil},
		{"ado", "Server=tcp:db.example.com,1433;User ID=app;Password=Zr4!kdQ29x;Encrypt=True", []string{"connection-string:Zr4!kdQ29x"}},
		{"azure storage", "AccountName=x;AccountKey=" + (random + random)[:86] + "==", []string{"azure-account-key:" + (random + random)[:86] + "=="}},
		{"mistral by its name", "MISTRAL_API_KEY=" + random[20:52], []string{"generic-api-key:" + random[20:52]}},
		{"slack", "xoxb-123456789012-123456789012-" + random[:24], nil},
		{"session token", "IQoJb3JpZ2lu" + strings.Repeat(random[:50], 3), []string{"aws-session-token:IQoJb3JpZ2lu" + strings.Repeat(random[:50], 3)}},
		{"hashes and ids", "commit 3f786850e387550fdab836ed7e6dc881de23001b, id 123e4567-e89b-12d3-a456-426614174000, sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", nil},
		{"test values", `api_key = "test-key-0123456789ab"; token="${TOKEN_FROM_ENV_42}"`, nil},
	}
	p, err := newSecretScan()
	if err != nil {
		t.Fatal(err)
	}
	scanner := only(p)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, scanner.found(t, tt.text)); diff != "" {
				t.Errorf("signs (-want +got):\n%s", diff)
			}
			// The same where the text stands among others, far from the ends.
			around := strings.Repeat("some words ", 1000)
			if diff := cmp.Diff(tt.want, scanner.found(t, around+"\n"+tt.text+"\n"+around)); diff != "" {
				t.Errorf("signs among words (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSecretRules holds what the engine assumes of gitleaks' rules: a new
// version that breaks it is noticed here.
func TestSecretRules(t *testing.T) {
	set, err := newSecretSet()
	if err != nil {
		t.Fatal(err)
	}
	if len(set.rules) < 200 {
		t.Errorf("%d rules", len(set.rules))
	}
	var short []string
	quick := 0
	for _, r := range set.rules {
		r.regexp()
		for i := range r.Allowlists {
			r.Allowlists[i].once.Do(r.Allowlists[i].compile)
		}
		for _, w := range r.Keywords {
			if len(w) < 3 {
				short = append(short, w)
			}
		}
		if r.assigned || r.minRun >= 10 {
			quick++
		}
	}
	if diff := cmp.Diff([]string{"q~", "ey", "sk", "s."}, short); diff != "" {
		t.Errorf("short keywords (-want +got):\n%s", diff)
	}
	if slow := len(set.rules) - quick; slow > 25 {
		t.Errorf("%d of %d rules are tried wherever a keyword stands", slow, len(set.rules))
	}
}

// FuzzSecrets finds secrets inside the text, in order and apart from each other.
func FuzzSecrets(f *testing.F) {
	p, err := newSecretScan()
	if err != nil {
		f.Fatal(err)
	}
	scanner := only(p)
	f.Add([]byte("sk-ant-api03-" + random[:93] + "AA postgres://app:Gh7kQx9z@db.example.com"))
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\n" + random + "-----END PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		end := 0
		scanner.scan(text, func(s Sign) {
			if s.Start < end || s.Start >= s.End || s.End > len(text) {
				t.Fatalf("%+v of %d bytes after one that ends at %d", s, len(text), end)
			}
			end = s.End
		})
	})
}
