package mask

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/content"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
)

func newMasker(t testing.TB) *Masker {
	t.Helper()
	m, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func newScanner(t testing.TB) *content.Scanner {
	t.Helper()
	s, err := content.NewScanner()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// left returns the secrets and personal data that a scanner of its own finds in
// a masked text. A placeholder is none.
func left(s *content.Scanner, m *Masker, text string) []string {
	var out []string
	for _, sign := range s.Scan([]byte(text), content.RoleUser) {
		if (sign.Kind == content.KindSecret || sign.Kind == content.KindPersonal) && sign.Score >= content.Flagged && !m.within(text, find{from: sign.Start, to: sign.End}) {
			out = append(out, sign.Label+" "+text[sign.Start:sign.End])
		}
	}
	return out
}

func TestText(t *testing.T) {
	m := newMasker(t)
	tests := []struct {
		in, want string
		spans    int
	}{
		{"Nothing to see.", "Nothing to see.", 0},
		{"Write to ann.lee@corp.example or bob@corp.example.", "Write to <EMAIL_1> or <EMAIL_2>.", 2},
		{"bob@corp.example again", "<EMAIL_2> again", 1},
		{"postgres://app:Zk3vR8pLq1@db.corp.example/x", "postgres://app:<SECRET_1>@db.corp.example/x", 1},
		{"<EMAIL_1> stays", "<EMAIL_1> stays", 0},
	}
	for _, test := range tests {
		got, spans := m.Text(test.in, content.RoleUser)
		if got != test.want || spans != test.spans {
			t.Errorf("%q: %q with %d, want %q with %d", test.in, got, spans, test.want, test.spans)
		}
		if back := m.Unmask(got); spans > 0 && back != test.in {
			t.Errorf("%q: unmasked %q", test.in, back)
		}
	}
	want := []Count{{"personal", "email", 2, 3}, {"secret", "connection-string", 1, 1}}
	if diff := cmp.Diff(want, m.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	tests := []struct {
		name, in, want string
		spans          int
	}{
		{"blanks and order stay", `{ "b" : "x" , "a":[1.0, "ann.lee@corp.example" ] }`, `{ "b" : "x" , "a":[1.0, "<EMAIL_1>" ] }`, 1},
		{"escapes", `{"a":"ann.lee\u0040corp.example \u00e9"}`, `{"a":"<EMAIL_1> é"}`, 1},
		{"a name", `{"ann.lee@corp.example":1}`, `{"<EMAIL_1>":1}`, 1},
		{"JSON in a text", `{"arguments":"{\"to\":\"ann.lee@corp.example\"}"}`, `{"arguments":"{\"to\":\"<EMAIL_1>\"}"}`, 1},
		{"escapes in JSON in a text", `{"arguments":"{\"to\":\"ann.lee\\u0040corp.example, \\\"bo\\\"\"}"}`, `{"arguments":"{\"to\":\"<EMAIL_1>, \\\"bo\\\"\"}"}`, 1},
		{"what a name shows", `{"aws_secret_access_key":"wJ4kR9mT2vX7bN1cQ5zL8pS3dF6gH0yA4eUiKx2B"}`, `{"aws_secret_access_key":"<SECRET_1>"}`, 1},
		{"a number", `{"phone":[{"x":{"card number":4539148803436467}}]}`, `{"phone":[{"x":{"card number":"<CARD_1>"}}]}`, 1},
		{"a parameter", `{"seed":4539148803436467}`, `{"seed":4539148803436467}`, 0},
		{"no JSON", `{"to": ann.lee@corp.example`, `{"to": <EMAIL_1>`, 1},
		{"nothing", `{"a":"b"}`, `{"a":"b"}`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := newMasker(t)
			got, spans := m.Body([]byte(test.in))
			if string(got) != test.want || spans != test.spans {
				t.Errorf("%s with %d, want %s with %d", got, spans, test.want, test.spans)
			}
			if n := m.Placeholders(got); n != test.spans {
				t.Errorf("%d placeholders, want %d", n, test.spans)
			}
		})
	}
}

// TestLong: what stands in the middle of a text that is scanned in pieces is
// masked too.
func TestLong(t *testing.T) {
	m := newMasker(t)
	filler := strings.Repeat("word and word. ", content.MaxText/20)
	got, spans := m.Text(filler+"ann.lee@corp.example"+filler+" bob@corp.example "+filler, content.RoleUser)
	if spans != 2 || strings.Contains(got, "corp.example") {
		t.Errorf("%d replaced in a text of %d bytes", spans, len(got))
	}
}

// full is a request with a text in each of its parts.
func full(text func() string) *replay.Request {
	r := &replay.Request{
		Event: "5f3a9c01-1", Model: "m",
		Messages: []replay.Message{
			{Role: "system", Parts: []replay.Part{{Type: replay.PartText, Text: text()}}},
			{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: text()}, {Type: replay.PartBlob, Name: "text/plain", Data: []byte(text())}}},
			{Role: "assistant", Parts: []replay.Part{{Type: replay.PartToolCall, ID: "call_1", Name: "find", JSON: json.RawMessage(quote(`{"q":` + quote(text()) + `}`))}}},
			{Role: "tool", Parts: []replay.Part{{Type: replay.PartToolResult, ID: "call_1", JSON: json.RawMessage(`{"rows":[` + quote(text()) + `,` + quote(text()) + `]}`)}}},
		},
		Tools:      json.RawMessage(`[{"type":"function","function":{"name":"find","description":` + quote(text()) + `,"parameters":{"type":"object"}}}]`),
		Parameters: []replay.Parameter{{Name: "max_tokens", Value: json.RawMessage("5")}, {Name: "stop", Value: json.RawMessage(`[` + quote(text()) + `]`)}},
		Documents:  json.RawMessage(`[{"id":"1","content":` + quote(text()) + `}]`),
	}
	return r
}

// partsOf returns all texts of a request that could be sent.
func partsOf(r *replay.Request) map[string]string {
	out := map[string]string{"tools": string(r.Tools), "context": string(r.Documents), "body": string(r.Body)}
	for i := range r.Messages {
		for j, p := range r.Messages[i].Parts {
			at := fmt.Sprintf("messages[%d].parts[%d]", i, j)
			out[at+" text"], out[at+" json"], out[at+" data"], out[at+" id"] = p.Text, string(p.JSON), string(p.Data), p.ID
		}
	}
	for _, p := range r.Parameters {
		out["parameters."+p.Name] = string(p.Value)
	}
	return out
}

// TestApplyProperty plants values in every part of requests in many ways, and
// looks for them in all that is sent: none is left, the JSON is valid, and one
// value has one placeholder.
func TestApplyProperty(t *testing.T) {
	s := newScanner(t)
	random := rand.New(rand.NewPCG(6, 6))
	for round := range 25 {
		m := newMasker(t)
		var values []string
		for len(values) < 6 {
			v := value(random)
			if signs := s.Scan([]byte(v), content.RoleUser); content.Score(signs, content.KindSecret) >= content.Flagged || content.Score(signs, content.KindPersonal) >= content.Flagged {
				values = append(values, v)
			}
		}
		r := full(func() string { return sentence(random, values) })
		encoded, err := protocol.Encode(r, replay.OpenAIChat, protocol.Options{Model: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if round%2 == 0 {
			r.Body, r.Protocol = encoded.Body, replay.OpenAIChat
		}
		before, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		masked, spans := Apply(r, m)
		if after, _ := json.Marshal(r); string(after) != string(before) { //nolint:errchkjson // as before
			t.Fatal("the request that was given was changed")
		}
		if spans == 0 {
			t.Fatalf("round %d: nothing masked of %q", round, values)
		}
		whole := map[string]string{}
		for name, text := range partsOf(masked) {
			whole[name] = text
		}
		for _, p := range replay.Protocols() {
			sent, err := protocol.Encode(masked, p, protocol.Options{Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			if masked.Body != nil && p == masked.Protocol && m.Placeholders(sent.Body) != spans {
				t.Errorf("%d placeholders are sent, and %d were said", m.Placeholders(sent.Body), spans)
			}
			gated, _ := m.Body(sent.Body)
			if !json.Valid(gated) {
				t.Errorf("%s: no JSON: %s", p, gated)
			}
			if len(sent.Losses) == 0 {
				t.Errorf("%s: a masked request loses nothing", p)
			}
			whole[string(p)] = string(gated)
		}
		for name, text := range whole {
			if l := left(s, m, text); len(l) > 0 {
				t.Errorf("round %d, %s: %q is left in %s", round, name, l, text)
			}
			for _, v := range values {
				if strings.Contains(text, secretPart(v)) {
					t.Errorf("round %d, %s: %q is left", round, name, v)
				}
			}
		}
		for _, name := range []string{"tools", "context"} {
			if !json.Valid([]byte(whole[name])) {
				t.Errorf("%s is no JSON: %s", name, whole[name])
			}
		}
	}
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// value makes up a value of some family. The beginnings are cut so that no
// scanner of this repository finds one.
func value(r *rand.Rand) string {
	word := func(n int, of string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = of[r.IntN(len(of))]
		}
		return string(b)
	}
	switch r.IntN(8) {
	case 0:
		return "AK" + "IA" + word(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
	case 1:
		return "gh" + "p_" + word(36, letters)
	case 2:
		return "sk-" + "ant-api03-" + word(93, letters) + "AA"
	case 3:
		return "postgres://app:" + word(14, letters) + "@db.corp.example:5432/x"
	case 4:
		return "glpa" + "t-" + word(20, letters)
	case 5:
		return word(8, letters[:26]) + "." + word(5, letters[:26]) + "@corp.example"
	case 6:
		return "xox" + "b-" + word(12, "0123456789") + "-" + word(12, "0123456789") + "-" + word(24, letters)
	}
	return "-----BEGIN RSA " + "PRIVATE KEY-----\n" + word(64, letters) + "\n" + word(64, letters) + "\n-----END RSA " + "PRIVATE KEY-----"
}

// secretPart returns what of a value may not be left: of a connection string its
// password.
func secretPart(v string) string {
	if _, rest, ok := strings.Cut(v, "://app:"); ok {
		password, _, _ := strings.Cut(rest, "@")
		return password
	}
	return v
}

// sentence puts some values into words, quotation marks and escapes.
func sentence(r *rand.Rand, values []string) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString([]string{"Use ", "key = \"", "é\t\"", "\nFrom: ", "<b>", "{\"password\":\"", "no value, "}[r.IntN(7)])
		b.WriteString(values[r.IntN(len(values))])
		b.WriteString([]string{" now. ", "\"; ", "\\n ", ", ", "</b> ", "\"}"}[r.IntN(6)])
	}
	return b.String()
}

// TestApplyKnown: a value that only its context shows is masked where it has
// none, and the ids of a call and of its result stay the same.
func TestApplyKnown(t *testing.T) {
	m := newMasker(t)
	r := &replay.Request{Messages: []replay.Message{
		{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "Is Zk3vR8pLq1 a good password?"}}},
		{Role: "user", Parts: []replay.Part{{Type: replay.PartText, Text: "It is that of postgres://app:Zk3vR8pLq1@db.corp.example/x"}}},
	}}
	got, spans := Apply(r, m)
	if got.Messages[0].Parts[0].Text != "Is <SECRET_1> a good password?" || spans != 2 {
		t.Errorf("%+v with %d", got.Messages, spans)
	}
	want := []replay.Loss{
		{Part: "messages[1].parts[0]", Grade: replay.GradeDefaulted, Why: "secrets or personal data replaced by placeholders before sending: 1"},
		{Part: "messages[0].parts[0]", Grade: replay.GradeDefaulted, Why: "secrets or personal data replaced by placeholders before sending: 1"},
	}
	if diff := cmp.Diff(want, got.Losses); diff != "" {
		t.Errorf("losses (-want +got):\n%s", diff)
	}
	plain := &replay.Request{Body: []byte(`{"messages":[]}`), Protocol: replay.OpenAIChat}
	if same, n := Apply(plain, m); same != plain || n != 0 {
		t.Error("a request without values is changed")
	}
}

func FuzzText(f *testing.F) {
	f.Add("Write to ann.lee@corp.example, key gh" + "p_wJ4kR9mT2vX7bN1cQ5zL8pS3dF6gH0yA4eUi")
	f.Add("password=abc;server=x;password=Zk3vR8pLq1Zk3vR8pLq1\xff")
	f.Fuzz(func(t *testing.T, in string) {
		m, s := newMasker(t), newScanner(t)
		got, spans := m.Text(in, content.RoleUser)
		if l := left(s, m, got); len(l) > 0 {
			t.Errorf("%q is left in %q", l, got)
		}
		if back := m.Unmask(got); !strings.Contains(in, "<") && back != in {
			t.Errorf("%q unmasked is %q", in, back)
		}
		if spans == 0 && got != in {
			t.Errorf("%q became %q and nothing is said", in, got)
		}
	})
}

func FuzzBody(f *testing.F) {
	f.Add(`{"messages":[{"role":"user","content":"ann.lee\u0040corp.example"}],"seed":4539148803436467}`)
	f.Add(`{"a":"{\"password\":\"Zk3vR8pLq1Zk3vR8pLq1\"}","aws_secret_access_key":"wJ4kR9mT2vX7bN1cQ5zL8pS3dF6gH0yA4eUiKx2B"}`)
	f.Add(`["\ud83d\ude00\\",-1e5,"\u0000"]`)
	f.Fuzz(func(t *testing.T, in string) {
		m, s := newMasker(t), newScanner(t)
		got, spans := m.Body([]byte(in))
		if json.Valid([]byte(in)) && !json.Valid(got) {
			t.Errorf("%q became %q", in, got)
		}
		if spans == 0 && string(got) != in {
			t.Errorf("%q became %q and nothing is said", in, got)
		}
		for _, l := range left(s, m, string(got)) {
			if label, _, _ := strings.Cut(l, " "); !isNumberLabel(label) { // numbers that may be parameters stay
				t.Errorf("%q is left in %q", l, got)
			}
		}
	})
}

// isNumberLabel reports whether a value of a label can be a number of JSON.
func isNumberLabel(label string) bool {
	return label != "email" && !strings.Contains(label, "key") && !strings.Contains(label, "token")
}
