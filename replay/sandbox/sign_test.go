package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sigv4"
)

const (
	signID     = "AKIAINVENTEDEXAMPLE"
	signSecret = "invented/secret+of-the-test"
	signToken  = "invented/session+token=="
)

func newSigner(t *testing.T) *sigv4.Signer {
	t.Helper()
	c, err := sigv4.New(signID, signSecret, signToken)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sigv4.NewSigner(c, "us-east-1", "bedrock")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// received makes the signature of a request from what came over the wire, as a
// server does: from the host of its header, its path, and the headers that it
// says are signed.
func received(r *http.Request, body []byte) string {
	field := func(name string) string {
		_, rest, _ := strings.Cut(r.Header.Get("Authorization"), name+"=")
		value, _, _ := strings.Cut(rest, ",")
		return value
	}
	hash := func(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }
	sum := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		_, _ = io.WriteString(h, text)
		return h.Sum(nil)
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	canonical := r.Method + "\n" + strings.ReplaceAll(path, "%", "%25") + "\n\n" // paths of the test have nothing else to encode
	for _, name := range strings.Split(field("SignedHeaders"), ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + field("SignedHeaders") + "\n" + hash(body)
	_, scope, _ := strings.Cut(field("Credential"), "/")
	key := []byte("AWS4" + signSecret)
	for _, step := range strings.Split(scope, "/") {
		key = sum(key, step)
	}
	return hex.EncodeToString(sum(key, "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+scope+"\n"+hash([]byte(canonical))))
}

// TestSigned sends a signed request to a server that makes the signature itself
// and repeats all that it was sent, in pieces and in several spellings, as those
// of AWS do when they refuse one. Nothing of it is kept.
func TestSigned(t *testing.T) {
	var wrong, host string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			wrong = err.Error()
		}
		host = r.Host
		if want := "Signature=" + received(r, body); !strings.HasSuffix(r.Header.Get("Authorization"), want) {
			wrong = fmt.Sprintf("header %q, want %s", r.Header.Get("Authorization"), want)
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("X-Token", r.Header.Get("X-Amz-Security-Token"))
		w.WriteHeader(http.StatusForbidden)
		text := "should have been x-amz-security-token:" + signToken + " of " + r.Header.Get("Authorization") +
			" " + strings.ReplaceAll(signToken, "/", `\/`) + " invented%2Fsession%2Btoken%3D%3D " + strings.ReplaceAll(signToken, "+", `\u002B`)
		for len(text) > 0 {
			n := min(7, len(text))
			say(w, text[:n])
			w.(http.Flusher).Flush()
			text = text[n:]
		}
	}))
	defer server.Close()
	s, err := New(t.Context(), &Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var body strings.Builder
	r := &Request{
		Method: "POST", URL: mustURL(t, server.URL+"/model/example.model-v1%3A0/converse"), Body: []byte(`{"messages":[]}`), Sign: newSigner(t),
		Header: []replay.Header{{Name: "Content-Type", Value: "application/json"}, {Name: "Host", Value: "bedrock-runtime.us-east-1.amazonaws.com"}},
	}
	result, err := s.Send(t.Context(), r, func(c replay.Chunk) error { body.Write(c.Data); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if result.End != replay.Failed || result.Status != http.StatusForbidden {
		t.Errorf("end %q (%s), status %d", result.End, result.Problem, result.Status)
	}
	if wrong != "" {
		t.Errorf("the server finds another signature: %s", wrong)
	}
	if want := strings.TrimPrefix(server.URL, "http://"); host != want || result.Address != want {
		t.Errorf("signed for host %q, dialled %s; want %s", host, result.Address, want)
	}
	all := fmt.Sprintf("%s %+v", body.String(), result)
	for _, part := range []string{signID, signSecret, signToken, `invented\/session`, "invented%2F", `session\u002B`} {
		if strings.Contains(all, part) {
			t.Errorf("%q was kept: %s", part, all)
		}
	}
	kept := map[string]string{}
	for _, h := range result.RequestHeader {
		kept[h.Name] = h.Value
	}
	if kept["Authorization"] != LeftOut || kept["X-Amz-Security-Token"] != LeftOut || !strings.HasSuffix(kept["X-Amz-Date"], "Z") {
		t.Errorf("kept header %v", kept)
	}
	// The token in four spellings, the id of the key, the signature.
	if result.Scrubbed != 6 || !strings.Contains(body.String(), "Signature="+strings.Repeat("*", 64)) {
		t.Errorf("%d places scrubbed in %q, want 6", result.Scrubbed, body.String())
	}
	if len(r.Secret) > 0 {
		t.Errorf("the request was changed: %v", r.Secret)
	}
}

// TestSignedInTheClear: a signature is a key where the network can be listened
// to, as it can be sent again.
func TestSignedInTheClear(t *testing.T) {
	n := &network{}
	s, err := New(t.Context(), n.options("198.51.100.7"))
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.Send(t.Context(), &Request{Method: "POST", URL: mustURL(t, "http://198.51.100.7/"), Sign: newSigner(t)}, drop)
	if err != nil || result.End != replay.Refused || !strings.Contains(result.Problem, "in the clear") || len(n.dialed) > 0 {
		t.Errorf("end %q (%s), error %v, dialled %v", result.End, result.Problem, err, n.dialed)
	}
}

// TestStarKey is a key that looks like what is put in its place.
func TestStarKey(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("*", 40)) }))
	defer server.Close()
	s, err := New(t.Context(), &Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: "GET", URL: mustURL(t, server.URL), Secret: []replay.Header{{Name: "Authorization", Value: "Bearer " + strings.Repeat("*", 8)}}}
	result, err := s.Send(t.Context(), r, drop)
	if err != nil || result.Scrubbed != 5 {
		t.Errorf("scrubbed %d, error %v; want 5", result.Scrubbed, err)
	}
}
