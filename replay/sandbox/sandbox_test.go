package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// network is a network that only takes notes.
type network struct {
	mu     sync.Mutex
	names  map[string][]string
	asked  []string
	dialed []string
}

var errNoNetwork = errors.New("this network dials nothing")

func (n *network) resolve(_ context.Context, name string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, name)
	var out []netip.Addr
	for _, a := range n.names[name] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func (n *network) dial(_ context.Context, a netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dialed = append(n.dialed, a.String())
	return nil, errNoNetwork
}

func (n *network) options(allow ...string) *Options {
	return &Options{Allow: allow, Acknowledged: true, Resolve: n.resolve, Dial: n.dial, Now: time.Now}
}

func drop(replay.Chunk) error { return nil }

// say writes what a server of a test says; that nobody listens is no failure.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestDials is the list of what is dialled, and what never is.
func TestDials(t *testing.T) {
	names := map[string][]string{
		"localhost":       {"127.0.0.1", "::1"},
		"models.test":     {"192.0.2.10"},
		"rebound.test":    {"127.0.0.1", "192.0.2.66"},
		"here.test":       {"127.0.0.1"},
		"two.test":        {"192.0.2.20", "192.0.2.21"},
		"2130706433":      {"127.0.0.1"},
		"0x7f.0.0.0x1":    {"127.0.0.1"},
		"169.254.43518":   {"169.254.169.254"},
		"localhost.test":  {"127.0.0.1"},
		"127.0.0.1.test.": {"127.0.0.1"},
	}
	tests := []struct {
		url    string
		allow  []string
		dialed []string // nil: nothing
	}{
		{url: "http://127.0.0.1:11434/api/chat", dialed: []string{"127.0.0.1:11434"}},
		{url: "http://127.8.9.10:80/", dialed: []string{"127.8.9.10:80"}},
		{url: "http://[::1]:8080/", dialed: []string{"[::1]:8080"}},
		{url: "http://[::ffff:127.0.0.1]:8080/", dialed: []string{"127.0.0.1:8080"}},
		{url: "http://localhost/", dialed: []string{"127.0.0.1:80", "[::1]:80"}},
		{url: "http://LOCALHOST./", dialed: []string{"127.0.0.1:80", "[::1]:80"}},
		{url: "https://models.test/v1", allow: []string{"models.test"}, dialed: []string{"192.0.2.10:443"}},
		{url: "https://two.test/v1", allow: []string{"two.test:443"}, dialed: []string{"192.0.2.20:443", "192.0.2.21:443"}},
		{url: "http://192.0.2.7:80/", allow: []string{"192.0.2.7"}, dialed: []string{"192.0.2.7:80"}},
		{url: "http://[::ffff:192.0.2.7]:80/", allow: []string{"192.0.2.7"}, dialed: []string{"192.0.2.7:80"}},
		{url: "http://here.test/", allow: []string{"here.test"}, dialed: []string{"127.0.0.1:80"}},

		{url: "https://models.test/v1"},
		{url: "https://two.test:8443/v1", allow: []string{"two.test:443"}},
		{url: "http://models.test.evil.test/", allow: []string{"models.test"}},
		{url: "http://192.0.2.10/", allow: []string{"models.test"}},
		{url: "http://here.test/"},
		{url: "http://localhost.test/"},
		{url: "http://127.0.0.1.test./"},
		{url: "http://0.0.0.0/"},
		{url: "http://[::]/"},
		{url: "http://10.0.0.1/"},
		{url: "http://169.254.169.254/latest/meta-data/"},
		{url: "http://[fe80::1%25eth0]/"},
		{url: "http://[::ffff:10.0.0.1]/"},
		{url: "http://[64:ff9b::7f00:1]/"},
		{url: "http://[::7f00:1]/"},
		{url: "http://2130706433/"},
		{url: "http://0x7f.0.0.0x1/"},
		{url: "http://0177.0.0.1/"},
		{url: "http://127.1/"},
		{url: "http://user:secret@127.0.0.1/"},
		{url: "ftp://127.0.0.1/"},
		{url: "unix:///var/run/docker.sock"},
		{url: "http:///v1"},
	}
	t.Setenv("HTTP_PROXY", "http://192.0.2.99:3128")
	t.Setenv("HTTPS_PROXY", "http://192.0.2.99:3128")
	t.Setenv("ALL_PROXY", "socks5://192.0.2.99:1080")
	t.Setenv("OPENAI_BASE_URL", "http://192.0.2.99/v1")
	t.Setenv("OLLAMA_HOST", "192.0.2.99")
	for _, test := range tests {
		t.Run(test.url, func(t *testing.T) {
			n := &network{names: names}
			s, err := New(t.Context(), n.options(test.allow...))
			if err != nil {
				t.Fatal(err)
			}
			result, err := s.Send(t.Context(), &Request{Method: "POST", URL: mustURL(t, test.url)}, drop)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.dialed, n.dialed); diff != "" {
				t.Errorf("dialled (-want +got):\n%s", diff)
			}
			want := replay.Unreached
			if test.dialed == nil {
				want = replay.Refused
			}
			if result.End != want || result.Problem == "" {
				t.Errorf("end %q (%s), want %q", result.End, result.Problem, want)
			}
		})
	}
}

// TestRefusedHosts are hosts that cannot even be allowed.
func TestRefusedHosts(t *testing.T) {
	names := map[string][]string{"metadata.test": {"169.254.169.254"}, "group.test": {"224.0.0.1"}, "none.test": {"0.0.0.0"}, "empty.test": nil}
	for _, host := range []string{
		"metadata.test", "group.test", "none.test", "empty.test", "2130706433", "0x7f000001", "127.1",
		"0.0.0.0", "fe80::1%eth0", "http://models.test", "models.test/v1", "user@models.test", "",
	} {
		n := &network{names: names}
		if s, err := New(t.Context(), n.options(host)); err == nil {
			t.Errorf("%q: allowed as %v, want an error", host, s.Hosts())
		}
		if len(n.dialed) > 0 {
			t.Errorf("%q: dialled %v", host, n.dialed)
		}
	}
}

// TestPinned shows that a name is looked up once: what it resolves to later is
// not dialled.
func TestPinned(t *testing.T) {
	n := &network{names: map[string][]string{"models.test": {"192.0.2.10"}}}
	s, err := New(t.Context(), n.options("models.test"))
	if err != nil {
		t.Fatal(err)
	}
	n.names["models.test"] = []string{"198.51.100.66"}
	for range 2 {
		if _, err := s.Send(t.Context(), &Request{Method: "POST", URL: mustURL(t, "https://models.test/")}, drop); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"192.0.2.10:443", "192.0.2.10:443"}, n.dialed); diff != "" {
		t.Errorf("dialled (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"models.test"}, n.asked); diff != "" {
		t.Errorf("looked up (-want +got):\n%s", diff)
	}
}

// TestLocalhostElsewhere is a machine on which localhost is another.
func TestLocalhostElsewhere(t *testing.T) {
	n := &network{names: map[string][]string{"localhost": {"127.0.0.1", "192.0.2.5"}}}
	s, err := New(t.Context(), n.options())
	if err != nil {
		t.Fatal(err)
	}
	result, err := s.Send(t.Context(), &Request{Method: "GET", URL: mustURL(t, "http://localhost/")}, drop)
	if err != nil || result.End != replay.Refused || len(n.dialed) > 0 {
		t.Errorf("end %q, dialled %v, error %v; want refused and nothing dialled", result.End, n.dialed, err)
	}
}

func TestAcknowledge(t *testing.T) {
	n := &network{names: map[string][]string{"models.test": {"192.0.2.10"}, "here.test": {"127.0.0.1"}}}
	o := n.options("models.test")
	o.Acknowledged = false
	_, err := New(t.Context(), o)
	if !errors.Is(err, ErrNotAcknowledged) || !strings.Contains(err.Error(), "models.test (192.0.2.10)") {
		t.Errorf("error %v, want one that names the host and its address", err)
	}
	o.Allow = []string{"here.test", "127.0.0.1:80"}
	if _, err := New(t.Context(), o); err != nil {
		t.Errorf("hosts that are this machine: %v", err)
	}
}

func TestKeyInTheClear(t *testing.T) {
	n := &network{}
	s, err := New(t.Context(), n.options("192.0.2.7"))
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: "POST", URL: mustURL(t, "http://192.0.2.7/"), Secret: []replay.Header{{Name: "Authorization", Value: "Bearer key-of-the-test"}}}
	result, err := s.Send(t.Context(), r, drop)
	if err != nil || result.End != replay.Refused || len(n.dialed) > 0 {
		t.Errorf("end %q, dialled %v, error %v; want refused and nothing dialled", result.End, n.dialed, err)
	}
	if strings.Contains(fmt.Sprintf("%+v", result), "key-of-the-test") {
		t.Error("the result holds the key")
	}
}

// replies are servers, and what is made of them.
func TestReplies(t *testing.T) {
	const key = "key-of-the-test"
	tests := []struct {
		name    string
		serve   http.HandlerFunc
		options func(*Options)
		end     replay.End
		status  int
		body    string
		scrub   int
	}{
		{
			name: "whole", end: replay.Complete, status: 200, body: "pong",
			serve: func(w http.ResponseWriter, _ *http.Request) { say(w, "pong") },
		},
		{
			name: "redirect is not followed", end: replay.Rejected, status: 307,
			serve: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://192.0.2.1/", http.StatusTemporaryRedirect)
			}, body: "",
		},
		{
			name: "throttled", end: replay.Throttled, status: 429, body: "slow down",
			serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429); say(w, "slow down") },
		},
		{
			name: "server error", end: replay.Throttled, status: 503,
			serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		},
		{
			name: "refused by the server", end: replay.Failed, status: 400, body: "no such model",
			serve: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400); say(w, "no such model") },
		},
		{
			name: "cut", end: replay.Cut, status: 200, body: "half",
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "100")
				say(w, "half")
			},
		},
		{
			name: "too large", end: replay.TooLarge, status: 200, body: strings.Repeat("x", 1000),
			options: func(o *Options) { o.MaxReply = 1000 },
			serve: func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					if _, err := io.WriteString(w, strings.Repeat("x", 997)); err != nil {
						return
					}
				}
			},
		},
		{
			name: "just as large as allowed", end: replay.Complete, status: 200, body: strings.Repeat("x", 1000),
			options: func(o *Options) { o.MaxReply = 1000 },
			serve:   func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("x", 1000)) },
		},
		{
			name: "silent", end: replay.TimedOut, options: func(o *Options) { o.Idle = 50 * time.Millisecond },
			serve: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		},
		{
			name: "slow drip", end: replay.TimedOut, status: 200, options: func(o *Options) { o.Timeout = 300 * time.Millisecond },
			serve: func(w http.ResponseWriter, r *http.Request) {
				for r.Context().Err() == nil {
					say(w, ".")
					w.(http.Flusher).Flush()
					time.Sleep(20 * time.Millisecond)
				}
			}, body: ".",
		},
		{
			name: "repeats the key", end: replay.Rejected, status: 401, body: "no such key: " + strings.Repeat("*", len(key)) + "!", scrub: 1,
			serve: func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("X-Key", r.Header.Get("Authorization"))
				w.WriteHeader(401)
				got := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				for _, piece := range []string{"no such key: ", got[:5], got[5:11], got[11:] + "!"} {
					say(w, piece)
					w.(http.Flusher).Flush()
					time.Sleep(5 * time.Millisecond)
				}
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.serve)
			defer server.Close()
			o := &Options{Now: time.Now}
			if test.options != nil {
				test.options(o)
			}
			s, err := New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var body strings.Builder
			r := &Request{Method: "POST", URL: mustURL(t, server.URL), Secret: []replay.Header{{Name: "Authorization", Value: "Bearer " + key}}}
			result, err := s.Send(t.Context(), r, func(c replay.Chunk) error { body.Write(c.Data); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if result.End != test.end || result.Status != test.status || result.Scrubbed != test.scrub {
				t.Errorf("end %q (%s), status %d, scrubbed %d; want %q, %d, %d", result.End, result.Problem, result.Status, result.Scrubbed, test.end, test.status, test.scrub)
			}
			if got := body.String(); got != test.body && (test.name != "slow drip" || !strings.HasPrefix(got, test.body)) {
				t.Errorf("body %.60q, want %.60q", got, test.body)
			}
			if strings.Contains(fmt.Sprintf("%+v", result), key) {
				t.Errorf("the result holds the key: %+v", result)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	s, err := New(t.Context(), &Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	result, err := s.Send(ctx, &Request{Method: "GET", URL: mustURL(t, server.URL)}, drop)
	if !errors.Is(err, context.Canceled) || result.End != replay.Cut {
		t.Errorf("end %q, error %v; want cut and canceled", result.End, err)
	}
}

func TestSinkFails(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, "pong") }))
	defer server.Close()
	s, err := New(t.Context(), &Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("the disk is full")
	_, err = s.Send(t.Context(), &Request{Method: "GET", URL: mustURL(t, server.URL)}, func(replay.Chunk) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("error %v, want that of the sink", err)
	}
}

// FuzzTarget asserts that whatever is asked for, nothing but loopback is
// dialled.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"http://127.0.0.1/", "http://[::ffff:7f00:1]/", "http://localhost:80@evil.test/", "http://127.0.0.1\t.evil/", "https://①②⑦.0.0.1/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil {
			return
		}
		n := &network{names: map[string][]string{"localhost": {"127.0.0.1"}}}
		s, err := New(t.Context(), n.options())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), &Request{Method: "GET", URL: u}, drop); err != nil {
			t.Fatal(err)
		}
		for _, a := range n.dialed {
			if !netip.MustParseAddrPort(a).Addr().IsLoopback() {
				t.Errorf("%q: dialled %s", text, a)
			}
		}
		for _, name := range n.asked {
			if name != "localhost" {
				t.Errorf("%q: looked up %q", text, name)
			}
		}
	})
}
