package indicator

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// refang undoes what people do to an indicator so that nobody clicks on it:
// hxxp://example[.]com, user(at)example.com.
func refang(s string) string {
	if strings.ContainsAny(s, `[({\`) {
		s = unbracket(s)
	}
	if i := strings.Index(s, "://"); i > 0 {
		switch scheme := strings.ToLower(s[:i]); scheme {
		case "hxxp", "hxxps":
			s = "http" + scheme[4:] + s[i:]
		case "fxp":
			s = "ftp" + s[i:]
		}
	}
	return s
}

func unbracket(s string) string {
	for _, r := range [][2]string{
		{"[://]", "://"},
		{"[:]//", "://"},
		{"[:]", ":"},
		{"[/]", "/"},
		{"[.]", "."},
		{"(.)", "."},
		{"{.}", "."},
		{"[dot]", "."},
		{"(dot)", "."},
		{`\.`, "."},
		{"[@]", "@"},
		{"[at]", "@"},
		{"(at)", "@"},
		{" (at) ", "@"},
	} {
		s = replaceFold(s, r[0], r[1])
	}
	return s
}

// replaceFold replaces old, whatever the case of its letters.
func replaceFold(s, old, to string) string {
	lower := asciiLower(s)
	var b strings.Builder
	for {
		i := strings.Index(lower, old)
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		b.WriteString(to)
		s, lower = s[i+len(old):], lower[i+len(old):]
	}
}

// asciiLower is strings.ToLower for ASCII letters: it keeps the length, that of
// bytes that are not UTF-8 too.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// keyForm are the beginnings of keys that vendors document: AWS access keys
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html),
// Amazon Bedrock, OpenAI and Anthropic (sk-), Google (AIza), Hugging Face (hf_),
// Replicate (r8_), Groq (gsk_), xAI and Perplexity.
var keyForm = regexp.MustCompile(`^(?:(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z0-9]{8,}|ABSK[A-Za-z0-9+/=]{16,}|bedrock-api-key-\S{8,}|(?:sk-|sk_|AIza|hf_|r8_|gsk_|xai-|pplx-)[A-Za-z0-9_-]{8,})$`)

var (
	emailForm  = regexp.MustCompile(`^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$`)
	domainForm = regexp.MustCompile(`^(?:[a-zA-Z0-9_\x{80}-\x{10FFFF}](?:[a-zA-Z0-9_\x{80}-\x{10FFFF}-]{0,61}[a-zA-Z0-9_\x{80}-\x{10FFFF}])?\.)+(?:[a-zA-Z\x{80}-\x{10FFFF}]{2,63}|xn--[a-zA-Z0-9-]{1,59})$`)
	hexForm    = regexp.MustCompile(`^[0-9a-fA-F]+$`)
)

// guess says what a value is by its looks. Its form is that of [Term.Value]
// where it looks like anything but a text.
func guess(written string) (Type, string) {
	if hint := parseHint(written); hint.ok() {
		return Key, written
	}
	s := refang(written)
	for _, t := range []Type{Network, Address} {
		if v, err := normalise(t, s); err == nil {
			return t, v
		}
	}
	switch n := len(s); {
	case strings.Contains(s, "://") && !strings.ContainsAny(s, " \t"):
		return URL, s
	case strings.HasPrefix(s, "arn:"):
		return Principal, s
	case hexForm.MatchString(s) && (n == 32 || n == 40 || n == 64):
		return map[int]Type{32: MD5, 40: SHA1, 64: SHA256}[n], s
	case keyForm.MatchString(s):
		return Key, s
	case emailForm.MatchString(s):
		return Email, s
	}
	if v, err := normalise(Domain, s); err == nil {
		return Domain, v
	}
	if host, _, ok := strings.Cut(s, "/"); ok && !strings.ContainsAny(s, " \t") && domainForm.MatchString(host) {
		return URL, s
	}
	return Text, written
}

// normalise brings a value into the form in which it is compared, or says why
// it cannot be matched.
func normalise(t Type, s string) (string, error) {
	if len(s) > maxValue {
		return "", fmt.Errorf("longer than %d bytes", maxValue)
	}
	switch t {
	case Address:
		return normalAddress(s)
	case Network:
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return "", errors.New("no network in CIDR notation")
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p.Masked().String(), nil
	case Domain:
		s = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(strings.ToLower(s), "."), "*"), ".")
		if !domainForm.MatchString(s) {
			return "", errors.New("no domain name")
		}
		return s, nil
	case MD5, SHA1, SHA256:
		raw, err := hex.DecodeString(s)
		if want := map[Type]int{MD5: 16, SHA1: 20, SHA256: 32}[t]; err != nil || len(raw) != want {
			return "", fmt.Errorf("a hash of this type has %d hexadecimal digits", 2*want)
		}
		return strings.ToLower(s), nil
	case URL:
		s = strings.TrimRight(s, "/?#")
	case Key:
		if parseHint(s).ok() {
			return s, nil
		}
		if strings.Contains(s, "...") || strings.Contains(s, "**") {
			return "", fmt.Errorf("a shortened key must end in at least %d characters of the key", hintDigits)
		}
	}
	if utf8.RuneCountInString(s) < minText {
		return "", fmt.Errorf("shorter than %d characters: it would be found nearly everywhere", minText)
	}
	if t != Text && !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf || isWord(byte(r)) }) {
		return "", errors.New("neither letters nor digits")
	}
	return s, nil
}

// normalAddress reads an address, also one with a port or a zone behind it.
func normalAddress(s string) (string, error) {
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		p, portErr := netip.ParseAddrPort(s)
		if portErr != nil {
			return "", errors.New("no IP address")
		}
		a = p.Addr()
	}
	return a.Unmap().WithZone("").String(), nil
}

// typed reads "type: value", which says what a value is where its looks do not.
func typed(s string) (Type, string, bool) {
	word, value, ok := strings.Cut(s, ":")
	if !ok || strings.HasPrefix(value, "//") {
		return "", "", false
	}
	t := Type(strings.ToLower(strings.TrimSpace(word)))
	if !slices.Contains(Types(), t) {
		return "", "", false
	}
	return t, strings.TrimSpace(value), true
}

// one makes an indicator of one value. An empty type is guessed.
func one(t Type, written string) (Indicator, error) {
	value := written
	if t == "" {
		t, value = guess(written)
	} else if t != Text {
		value = refang(written)
	}
	normal, err := normalise(t, value)
	if err != nil {
		return Indicator{}, err
	}
	in := Indicator{Type: t, Value: normal, Any: [][]Literal{{{Term: Term{t, normal}}}}}
	if normal != written {
		in.Written = written
	}
	return in, nil
}
