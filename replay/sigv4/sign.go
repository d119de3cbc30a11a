package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
)

// Algorithm names the signature, at the beginning of its header.
const Algorithm = "AWS4-HMAC-SHA256"

// The headers of a signature. The date is no secret.
const (
	dateHeader  = "X-Amz-Date"
	tokenHeader = "X-Amz-Security-Token"
	authHeader  = "Authorization"
)

// Signer signs requests to a service of AWS in a region.
type Signer struct {
	credentials     *Credentials
	region, service string
}

// part is what a region or service looks like: they stand between slashes in
// what is signed.
var part = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// NewSigner returns a signer. For Bedrock the service is "bedrock"
// (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html).
func NewSigner(c *Credentials, region, service string) (*Signer, error) {
	if !part.MatchString(region) || !part.MatchString(service) {
		return nil, fmt.Errorf("preparing to sign: %.80q is no region, or %.80q no service of AWS", region, service)
	}
	return &Signer{c, region, service}, nil
}

// Sign puts the headers of a signature on a request that is about to be sent
// with a body, and returns those that it put there: what is no secret, and what
// is.
func (s *Signer) Sign(r *http.Request, body []byte, at time.Time) (plain, secret []replay.Header, err error) {
	host, err := sentHost(r)
	if err != nil {
		return nil, nil, err
	}
	plain = []replay.Header{{Name: dateHeader, Value: at.UTC().Format(timeLayout)}}
	if s.credentials.token != "" {
		secret = append(secret, replay.Header{Name: tokenHeader, Value: s.credentials.token})
	}
	for _, h := range slices.Concat(plain, secret) {
		r.Header.Set(h.Name, h.Value)
	}
	m := &message{method: r.Method, host: host, path: r.URL.EscapedPath(), query: r.URL.RawQuery, header: r.Header, body: body, at: at}
	auth := replay.Header{Name: authHeader, Value: s.authorization(m)}
	r.Header.Set(auth.Name, auth.Value)
	return plain, append(secret, auth), nil
}

// sentHost returns the host as the header of a request will have it: that which
// is dialled. A request to one host that names another is not signed.
func sentHost(r *http.Request) (string, error) {
	host := strings.TrimSuffix(r.URL.Host, ":")
	if r.Host != "" && r.Host != host {
		return "", fmt.Errorf("signing a request to %.80q: it names the host %.80q", host, r.Host)
	}
	if host == "" || strings.ContainsFunc(host, func(c rune) bool { return c <= ' ' || c > '~' || c == '%' }) {
		return "", fmt.Errorf("signing a request to %.80q: it is no host in letters of ASCII", host)
	}
	return host, nil
}

// timeLayout is that of ISO 8601 in its basic form, in UTC.
const timeLayout = "20060102T150405Z"

// message is what is signed. Path and query are as they are sent.
type message struct {
	method, host, path, query string
	header                    http.Header
	body                      []byte
	at                        time.Time
}

// authorization returns the header of the signature.
func (s *Signer) authorization(m *message) string {
	date := m.at.UTC().Format(timeLayout)
	scope := strings.Join([]string{date[:8], s.region, s.service, "aws4_request"}, "/")
	canonical, signed := m.canonical()
	toSign := strings.Join([]string{Algorithm, date, scope, hashOf([]byte(canonical))}, "\n")
	signature := hex.EncodeToString(mac(s.key(date[:8]), toSign))
	return fmt.Sprintf("%s Credential=%s/%s, SignedHeaders=%s, Signature=%s", Algorithm, s.credentials.id, scope, signed, signature)
}

// key derives the key of a day, region and service.
func (s *Signer) key(day string) []byte {
	key := []byte("AWS4" + s.credentials.secret)
	for _, step := range []string{day, s.region, s.service, "aws4_request"} {
		key = mac(key, step)
	}
	return key
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash takes everything
	return h.Sum(nil)
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// canonical returns the canonical request, and the names of the headers that it
// holds.
func (m *message) canonical() (text, signed string) {
	headers, signed := m.headers()
	return strings.Join([]string{m.method, canonicalPath(m.path), canonicalQuery(m.query), headers, signed, hashOf(m.body)}, "\n"), signed
}

// notSigned are headers that are no part of the signature: those that the
// transport writes itself, whatever is asked for, and that of the signature.
var notSigned = []string{"authorization", "connection", "content-length", "expect", "host", "trailer", "transfer-encoding", "user-agent"}

// headers returns the canonical headers, and their names.
func (m *message) headers() (lines, names string) {
	values := map[string]string{"host": m.host}
	for name, list := range m.header {
		lower := strings.ToLower(name)
		if slices.Contains(notSigned, lower) {
			continue
		}
		trimmed := make([]string, len(list))
		for i, v := range list {
			trimmed[i] = strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' }), " ")
		}
		values[lower] = strings.Join(trimmed, ",")
	}
	var sorted []string
	for name := range values {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	var b strings.Builder
	for _, name := range sorted {
		b.WriteString(name + ":" + values[name] + "\n")
	}
	return b.String(), strings.Join(sorted, ";")
}

// canonicalPath encodes a path, which is encoded as it is sent, once more; dots
// and repeated slashes are resolved. Of the services of AWS only S3 has it
// otherwise.
func canonicalPath(sent string) string {
	var out []string
	segments := strings.Split(sent, "/")
	for _, segment := range segments {
		switch segment {
		case "", ".":
		case "..":
			out = out[:max(0, len(out)-1)]
		default:
			out = append(out, encode(segment))
		}
	}
	path := "/" + strings.Join(out, "/")
	if last := segments[len(segments)-1]; len(out) > 0 && (last == "" || last == "." || last == "..") {
		path += "/"
	}
	return path
}

// canonicalQuery sorts the parameters of a query by their encoded names, then
// values.
func canonicalQuery(sent string) string {
	var pairs [][2]string
	for _, pair := range strings.Split(sent, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		pairs = append(pairs, [2]string{encode(decode(name)), encode(decode(value))})
	}
	slices.SortFunc(pairs, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	var out []string
	for _, p := range pairs {
		out = append(out, p[0]+"="+p[1])
	}
	return strings.Join(out, "&")
}

// decode takes a part of a query for what it stands for; what is no encoding
// stands for itself.
func decode(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

// encode writes every byte but the unreserved ones of RFC 3986 as %XX.
func encode(s string) string {
	const hexDigits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
	}
	return b.String()
}
