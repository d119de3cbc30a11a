package sigv4

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// The invented key and the time of AWS's examples.
const (
	exampleID     = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

var exampleTime = time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)

func exampleSigner(t *testing.T, token, service string) *Signer {
	t.Helper()
	c, err := New(exampleID, exampleSecret, token)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(c, "us-east-1", service)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestPublished are the vectors that AWS publishes for implementations: the
// signature test suite (tests/aws-signing-test-suite/v4 of
// https://github.com/awslabs/aws-c-auth, and as its predecessor had the form that
// is posted), and the example of the documentation that lists users
// (https://docs.aws.amazon.com/general/latest/gr/sigv4-calculate-signature.html of
// 2015).
func TestPublished(t *testing.T) {
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	tests := []struct {
		name, method, path, query string
		header                    http.Header
		body, service, want       string
	}{
		{name: "get-vanilla", want: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-unreserved", path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", want: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
		{name: "get-utf8", path: "/ሴ", want: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
		{name: "get-space-normalized", path: "/example space/", want: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
		{name: "get-slashes-normalized", path: "//example//", want: "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
		{name: "get-slash-pointless-dot-normalized", path: "/./example", want: "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
		{name: "get-relative-relative-normalized", path: "/example1/example2/../..", want: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-vanilla-empty-query-key", query: "Param1=value1", want: "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
		{name: "get-vanilla-query-order-key-case", query: "Param2=value2&Param1=value1", want: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{name: "get-vanilla-query-order-encoded", query: "Param-3=Value3&Param=Value2&%E1%88%B4=Value1", want: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"},
		{name: "get-vanilla-utf8-query", query: "ሴ=bar", want: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
		{name: "get-header-key-duplicate", header: http.Header{"My-Header1": {"value2", "value2", "value1"}}, want: "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
		{name: "get-header-value-order", header: http.Header{"My-Header1": {"value4", "value1", "value3", "value2"}}, want: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
		{name: "get-header-value-trim", header: http.Header{"My-Header1": {" value1"}, "My-Header2": {` "a   b   c"`}}, want: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
		{name: "post-vanilla", method: "POST", want: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{name: "post-x-www-form-urlencoded", method: "POST", header: form, body: "Param1=value1", want: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := &message{method: "GET", host: "example.amazonaws.com", path: "/", query: test.query, header: http.Header{}, body: []byte(test.body), at: exampleTime}
			if test.method != "" {
				m.method = test.method
			}
			if test.path != "" {
				m.path = test.path
			}
			for name, values := range test.header {
				m.header[name] = values
			}
			m.header.Set(dateHeader, "20150830T123600Z")
			got := exampleSigner(t, "", "service").authorization(m)
			if !strings.HasPrefix(got, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=") || !strings.HasSuffix(got, ", Signature="+test.want) {
				canonical, _ := m.canonical()
				t.Errorf("%s\nwant signature %s; canonical request:\n%s", got, test.want, canonical)
			}
		})
	}
	t.Run("signing key", func(t *testing.T) {
		// https://docs.aws.amazon.com/general/latest/gr/signature-v4-examples.html
		got := hex.EncodeToString(exampleSigner(t, "", "iam").key("20150830"))
		if want := "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"; got != want {
			t.Errorf("key %s, want %s", got, want)
		}
	})
}

// TestSign signs requests as they are sent. The first two are of the
// documentation and the suite, the others were signed by botocore 1.44.5, which
// nobody here wrote.
func TestSign(t *testing.T) {
	tests := []struct {
		name, method, url, token, service, contentType, body string
		signed, want                                         string
	}{
		{
			name: "list users", method: "GET", url: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", service: "iam",
			contentType: "application/x-www-form-urlencoded; charset=utf-8",
			signed:      "content-type;host;x-amz-date", want: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
		},
		{
			name: "with a session token", method: "GET", url: "https://example.amazonaws.com", service: "service",
			token:  "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
			signed: "host;x-amz-date;x-amz-security-token", want: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
		},
		{
			name: "converse", method: "POST", service: "bedrock", contentType: "application/json", body: `{"messages":[]}`,
			url:    "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse",
			signed: "content-type;host;x-amz-date", want: "dba7f2f77cc33808be655f27b8ebf1d1b1d77751fc96dad0bd71e020cb07c442",
		},
		{
			name: "converse with an ARN and a session token", method: "POST", service: "bedrock", contentType: "application/json", body: `{"messages":[]}`,
			token:  "EXAMPLE/session+token==",
			url:    "https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A111122223333%3Ainference-profile%2Fus.example.model-v1%3A0/converse-stream",
			signed: "content-type;host;x-amz-date;x-amz-security-token", want: "b32d2e94370c4ee8ebcd2da2ba895afe7d8cc2867674045166b3f6b973436d7e",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), test.method, test.url, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.contentType != "" {
				r.Header.Set("Content-Type", test.contentType)
			}
			// What the transport writes by itself is no part of it.
			r.Header.Set("User-Agent", "exhibit")
			r.Header.Set("Content-Length", "1")
			r.Header.Set("Host", "elsewhere.example.com")
			plain, secret, err := exampleSigner(t, test.token, test.service).Sign(r, []byte(test.body), exampleTime)
			if err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/%s/aws4_request, SignedHeaders=%s, Signature=%s", test.service, test.signed, test.want)
			if diff := cmp.Diff(want, r.Header.Get("Authorization")); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]replay.Header{{Name: "X-Amz-Date", Value: "20150830T123600Z"}}, plain); diff != "" {
				t.Errorf("no secret (-want +got):\n%s", diff)
			}
			wantSecret := []replay.Header{{Name: "Authorization", Value: want}}
			if test.token != "" {
				wantSecret = append([]replay.Header{{Name: "X-Amz-Security-Token", Value: test.token}}, wantSecret...)
			}
			if diff := cmp.Diff(wantSecret, secret); diff != "" {
				t.Errorf("secret (-want +got):\n%s", diff)
			}
		})
	}
}

// TestHost signs nothing for a host that is not the one that is dialled.
func TestHost(t *testing.T) {
	for _, test := range []struct{ url, host, want string }{
		{"https://bedrock-runtime.us-east-1.amazonaws.com/", "", ""},
		{"https://bedrock-runtime.us-east-1.amazonaws.com:8443/", "", ""},
		{"http://[::1]:8080/", "", ""},
		{"https://evil.example.com/", "bedrock-runtime.us-east-1.amazonaws.com", "it names the host"},
		{"https://bücher.example.com/", "", "it is no host in letters of ASCII"},
		{"http://[fe80::1%25eth0]/", "", "it is no host in letters of ASCII"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", test.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.host != "" {
			r.Host = test.host
		}
		_, _, err = exampleSigner(t, "", "bedrock").Sign(r, nil, exampleTime)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with host %q: error %v, want %q", test.url, test.host, err, test.want)
		}
		if got := r.Header.Get("Authorization"); (got == "") != (test.want != "") {
			t.Errorf("%s with host %q: %q", test.url, test.host, got)
		}
	}
}

func TestNewSigner(t *testing.T) {
	c, err := New(exampleID, exampleSecret, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range [][2]string{{"", "bedrock"}, {"us-east-1", ""}, {"us-east-1/x", "bedrock"}, {"US EAST", "bedrock"}} {
		if _, err := NewSigner(c, test[0], test[1]); err == nil {
			t.Errorf("%q was taken", test)
		}
	}
}

// FuzzCanonical signs whatever a path and a query hold: they take one line each,
// in letters that need no encoding, and mean the same when they are signed again.
func FuzzCanonical(f *testing.F) {
	f.Add("/model/a%3A0/converse", "a=b&c")
	f.Add("//./../x/..", "%zz=+&&=")
	f.Add("\n\xff", "\n=\r&ሴ")
	f.Fuzz(func(t *testing.T, path, query string) {
		p, q := canonicalPath(path), canonicalQuery(query)
		for _, text := range []string{p, q} {
			if strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%/&=") != "" || strings.ContainsAny(text, "\n\r ") {
				t.Errorf("%q and %q: %q", path, query, text)
			}
		}
		if !strings.HasPrefix(p, "/") || strings.Contains(p, "//") || strings.Contains(p+"/", "/../") || strings.Contains(p+"/", "/./") {
			t.Errorf("path %q: %q", path, p)
		}
		if again := canonicalQuery(q); again != q {
			t.Errorf("query %q: %q, and again %q", query, q, again)
		}
	})
}
