package indicator

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	const key = "sk-test-0123456789abcdefWXYZ"
	tests := []struct {
		name string
		list string
		hit  []string
		miss []string
	}{
		{
			"address", "198.51.100.7",
			[]string{"198.51.100.7", "from 198.51.100.7.", "198.51.100.7:443", "[::ffff:198.51.100.7]", "http://198.51.100.7/x", "ip-198.51.100.7-198.51.100.9", "host:198.51.100.7:1"},
			[]string{"198.51.100.77", "1198.51.100.7", "198.51.100.7.1", "1.198.51.100.7", "v198.51.100.7", "198.51.100.7.example.com", "198.51.100.07", "198.51.100"},
		},
		{
			"address of IPv6", "2001:DB8::1",
			[]string{"2001:db8::1", "[2001:db8:0:0:0:0:0:1]:443", "2001:0db8::0001%eth0", "to 2001:db8::1: no", "2001:db8::1."},
			[]string{"2001:db8::11", "x2001:db8::1", "2001:db8::1:1", "12:34:56", "a::b::c"},
		},
		{"mapped address", "::ffff:192.0.2.1", []string{"192.0.2.1", "::ffff:c000:201 and 192.0.2.1"}, []string{"192.0.2.10"}},
		{
			"network", "198.51.100.9/24",
			[]string{"198.51.100.0", "198.51.100.255"},
			[]string{"198.51.101.1", "198.51.100.0.1"},
		},
		{"network of IPv6", "2001:db8::/32", []string{"2001:db8:ffff::1"}, []string{"2001:db9::1"}},
		{
			"domain", "example[.]com",
			[]string{"example.com", "EXAMPLE.COM.", "a.b.example.com", "https://example.com:8443/", "eve@example.com", "(example.com)", "see example.com. Next"},
			[]string{"notexample.com", "my-example.com", "example.com.evil.net", "example.community", "example-com"},
		},
		{"domain with an asterisk", "*.example.com", []string{"a.example.com"}, []string{"aexample.com"}},
		{
			"URL", "hxxps://Example.com/a/",
			[]string{"https://example.com/a", "https://example.com/a/b", "<https://example.com/a?x=1>", "https://example.com/a."},
			[]string{"https://example.com/ab", "https://example.com/", "http://example.com/a", "https://example.com/a.html", "https://example.com/a-b"},
		},
		{
			"e-mail", "eve(at)example[.]com",
			[]string{"eve@example.com", "<EVE@example.com>", "mailto:eve@example.com?x"},
			[]string{"steve@example.com", "b.eve@example.com", "eve+a@example.com", "eve@example.com.au", "a+eve@example.com"},
		},
		{
			"principal", "arn:aws:iam::111122223333:user/eve",
			[]string{"arn:aws:iam::111122223333:user/eve", "User: arn:aws:iam::111122223333:user/eve is not authorized"},
			[]string{"arn:aws:iam::111122223333:user/eve2", "arn:aws:iam::111122223333:user/eve-admin"},
		},
		{
			"key", key,
			[]string{"key=" + key, KeySum(key), strings.ToUpper(key)},
			[]string{key + "0", "x" + key, "wxyz"},
		},
		{"hash", strings.Repeat("ab", 32), []string{strings.Repeat("AB", 32)}, []string{strings.Repeat("ab", 33)}},
		{"model", "model: gpt-4", []string{"gpt-4", "openai/gpt-4:latest"}, []string{"gpt-4o", "gpt-4.1", "gpt-4-turbo", "my-gpt-4"}},
		{"user agent", "user-agent: python-requests/2.31", []string{"python-requests/2.31", "x python-requests/2.31 y"}, []string{"python-requests/2.31.0"}},
		{"text", "text: Größe (X)", []string{"die GRÖSSE ist größe (x)", "größe (X)"}, []string{"größe x"}},
		{"text within words", "text: nore all", []string{"ignore ALL that"}, []string{"nore  all"}},
		{"value in brackets", "principal: (eve)", []string{"x(eve)y"}, []string{"eve"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := scannerOf(t, tt.list)
			for _, text := range tt.hit {
				if len(s.Find([]byte(text), Kind{})) != 1 {
					t.Errorf("not found in %q", text)
				}
			}
			for _, text := range tt.miss {
				if len(s.Find([]byte(text), Kind{})) != 0 {
					t.Errorf("found in %q", text)
				}
			}
		})
	}
}

func scannerOf(t testing.TB, list string) *Scanner {
	t.Helper()
	l, err := Parse([]byte(list), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Problems) > 0 {
		t.Fatal(l.Problems)
	}
	set, err := NewSet(l.Indicators)
	if err != nil {
		t.Fatal(err)
	}
	return set.Scanner()
}

func TestFindKinds(t *testing.T) {
	tests := []struct {
		name, list, value string
		kind              Kind
		want              int
	}{
		{"escaped newline is no letter", "evil.example", `{"a":"x\nevil.example"}`, Kind{JSON: true}, 1},
		{"not escaped", "evil.example", `x\nevil.example`, Kind{}, 0},
		{"escapes in escapes", "evil.example", `{"a":"{\"b\":\"x\\nevil.example\"}"}`, Kind{JSON: true}, 1},
		{"escaped slashes", "http://evil.example/a", `"http:\/\/evil.example\/a"`, Kind{JSON: true}, 1},
		{"escaped letters", "text: größe", `"gr\u00f6\u00dfe"`, Kind{JSON: true}, 1},
		{"escaped pair", "text: a😀b", `"a\ud83d\ude00b"`, Kind{JSON: true}, 1},
		{"MD5 of a text", "5d41402abc4b2a76b9719d911017c592", "hello", Kind{Said: true}, 1},
		{"SHA-1 of a text", "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d", "hello", Kind{Said: true}, 1},
		{"MD5 of a word of a column", "5d41402abc4b2a76b9719d911017c592", "hello", Kind{}, 0},
		{"shortened key in the log", "sk-test-0123456789abcdefWXYZ", "sk-test-...WXYZ", Kind{Credential: true}, 1},
		{"shortened key in the log, other end", "sk-test-0123456789abcdefWXYZ", "sk-test-...WXYA", Kind{Credential: true}, 0},
		{"shortened key in the log, other beginning", "sk-test-0123456789abcdefWXYZ", "sk-live-...WXYZ", Kind{Credential: true}, 0},
		{"shortened key in the list", "sk-...WXYZ", "sk-test-0123456789abcdefWXYZ", Kind{Credential: true}, 1},
		{"both shortened", "sk-...WXYZ", "sk-test****WXYZ", Kind{Credential: true}, 1},
		{"stars only", "****WXYZ", "sk-test-0123456789abcdefWXYZ", Kind{Credential: true}, 1},
		{"a shortened key in a text", "sk-...WXYZ", "revoked sk-...WXYZ", Kind{}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := scannerOf(t, tt.list).Find([]byte(tt.value), tt.kind); len(got) != tt.want {
				t.Errorf("%d terms instead of %d", len(got), tt.want)
			}
		})
	}
}

func TestManyTexts(t *testing.T) {
	var list strings.Builder
	for i := range 20_000 {
		list.WriteString("text: " + strings.Repeat(string(rune(0x100+i)), 500) + "\n")
	}
	l, err := Parse([]byte(list.String()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewSet(l.Indicators); err == nil {
		t.Error("more texts than fit into memory were taken")
	}
}

// FuzzTexts compares the automaton with a search for one text after the other.
func FuzzTexts(f *testing.F) {
	f.Add("he", "she", "hers", "ushers and he")
	f.Add("aaa", "aa", "a", "aaaa")
	f.Add("größe", "GR", "ß", "Größe")
	f.Fuzz(func(t *testing.T, a, b, c, text string) {
		p := &patterns{}
		for i, s := range []string{a, b, c} {
			if s != "" {
				p.texts, p.terms = append(p.texts, appendFold(nil, []byte(s))), append(p.terms, int32(i))
			}
		}
		automaton, err := newAutomaton(p)
		if err != nil || automaton == nil {
			return
		}
		folded := appendFold(nil, []byte(text))
		got, want := map[int32]bool{}, map[int32]bool{}
		automaton.find(folded, func(term int32) { got[term] = true })
		for i, s := range p.texts {
			if bytes.Contains(folded, s) {
				want[p.terms[i]] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// FuzzFind looks for any value in any text: what is found stands there, and a
// value is found in itself.
func FuzzFind(f *testing.F) {
	for _, v := range []string{"198.51.100.7", "2001:db8::1", "example.com", "http://example.com/a", "sk-...abcd", "model: m-1", "text: a b c"} {
		f.Add(v, "before "+v+", after")
	}
	f.Add("\xff\\.", "bytes that are no text")
	f.Fuzz(func(t *testing.T, value, text string) {
		in, err := one("", value)
		if typ, rest, ok := typed(value); ok {
			in, err = one(typ, rest)
		}
		if err != nil {
			return
		}
		set, err := NewSet([]Indicator{in})
		if err != nil {
			return
		}
		s := set.Scanner()
		for _, kind := range []Kind{{}, {JSON: true, Said: true, Credential: true}} {
			for _, found := range s.Find([]byte(text), kind) {
				if int(found) >= len(set.Terms) {
					t.Fatalf("term %d of %d", found, len(set.Terms))
				}
			}
		}
		if len(s.Find([]byte(in.Value), Kind{Credential: true})) == 0 && in.Type != Network {
			t.Errorf("%s %q is not found in itself", in.Type, in.Value)
		}
	})
}
