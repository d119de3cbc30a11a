// Package replaytest serves recorded replies to the tests of what replays
// requests: on loopback only, and as long as a test runs.
package replaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// Reply is one recorded reply. A request gets the first one whose texts stand
// all in its body.
type Reply struct {
	When   []string        `json:"when"` // in the body of the request; none is any
	Path   string          `json:"path"` // "" is any that is posted to
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// ParseReplies reads replies, a JSON object a line.
func ParseReplies(lines []byte) ([]Reply, error) {
	var out []Reply
	d := json.NewDecoder(bytes.NewReader(lines))
	for d.More() {
		var r Reply
		if err := d.Decode(&r); err != nil {
			return nil, fmt.Errorf("reading recorded replies: %w", err)
		}
		out = append(out, r)
	}
	return out, nil
}

// Server serves recorded replies until it is closed.
type Server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []string
}

// maxRequest bounds the body of a request of a test.
const maxRequest = 16 << 20

// Serve starts a server. A request that no reply is for is answered with 404.
func Serve(replies []Reply) *Server {
	s := new(Server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen = append(s.seen, r.Method+" "+r.URL.Path+" "+string(body))
		s.mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		i := slices.IndexFunc(replies, func(reply Reply) bool { return reply.fits(r, string(body)) })
		if i < 0 {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if replies[i].Status != 0 {
			w.WriteHeader(replies[i].Status)
		}
		_, _ = w.Write(replies[i].Body)
	}))
	return s
}

func (r *Reply) fits(asked *http.Request, body string) bool {
	if r.Path != "" && r.Path != asked.URL.Path || r.Path == "" && asked.Method != http.MethodPost {
		return false
	}
	return !slices.ContainsFunc(r.When, func(text string) bool { return !strings.Contains(body, text) })
}

// Seen returns the requests that came: method, path and body, in the order in
// which they came.
func (s *Server) Seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}
