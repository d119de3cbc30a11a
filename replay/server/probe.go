package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// Bounds of one question. A server on this machine answers these from memory.
const (
	probeTime = time.Second
	probeSize = 1 << 20 // bytes: LiteLLM lists a few thousand models in less
)

// Sender sends requests; it is [sandbox.Sandbox].
type Sender interface {
	Send(ctx context.Context, r *sandbox.Request, sink func(replay.Chunk) error) (*sandbox.Result, error)
}

// answer is what came back to a question.
type answer struct {
	status int
	header []replay.Header
	body   []byte
}

// read decodes the answer as JSON into v and reports whether it is some.
func (a *answer) read(v any) bool {
	return a != nil && a.status == http.StatusOK && json.Unmarshal(a.body, v) == nil
}

// holds reports whether the answer holds a text.
func (a *answer) holds(text string) bool { return a != nil && bytes.Contains(a.body, []byte(text)) }

// get returns the first value of a header.
func (a *answer) get(name string) string {
	if a == nil {
		return ""
	}
	for _, h := range a.header {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// UnreachedError is returned where nothing answered as HTTP servers do.
type UnreachedError struct {
	URL *url.URL
	Why string
}

func (e *UnreachedError) Error() string {
	return fmt.Sprintf("asking %s what it is: %s", e.URL.Redacted(), e.Why)
}

var errLong = errors.New("it says more than is read")

// ask sends one GET request. What is beyond the bounds is an error.
func ask(ctx context.Context, send Sender, base *url.URL, path string, secret []replay.Header) (*answer, error) {
	limited, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var body bytes.Buffer
	r := &sandbox.Request{
		Method: http.MethodGet, URL: base.JoinPath(path), Secret: secret,
		Header: []replay.Header{{Name: "Accept", Value: "application/json, */*"}, {Name: "Accept-Encoding", Value: "identity"}},
	}
	result, err := send.Send(limited, r, func(c replay.Chunk) error {
		if body.Len()+len(c.Data) > probeSize {
			return errLong
		}
		body.Write(c.Data)
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, errLong):
		return nil, &UnreachedError{base, fmt.Sprintf("%s is longer than %d bytes", path, probeSize)}
	case err != nil && limited.Err() != nil:
		return nil, &UnreachedError{base, fmt.Sprintf("%s took longer than %s", path, probeTime)}
	case err != nil:
		return nil, err
	case result.Status == 0 || result.End == replay.Cut || result.End == replay.TimedOut || result.End == replay.TooLarge:
		return nil, &UnreachedError{base, result.Problem}
	}
	return &answer{result.Status, result.ResponseHeader, body.Bytes()}, nil
}

// answers holds what a server said, by path. What it did not answer is nil.
type answers map[string]*answer

// paths are what a server is asked for, after the list of models.
func paths() []string {
	return []string{"/", "/api/version", "/api/tags", "/props", "/version", koboldPath, "/api/v0/models", "/info", "/system", "/get_model_info", "/health/readiness", "/health/liveliness"}
}

const (
	modelsPath = "/v1/models"
	koboldPath = "/api/extra/version"
)

// Look asks the server at an address what it is. The key, where one is needed,
// is that of the requests to come.
func Look(ctx context.Context, send Sender, base *url.URL, secret []replay.Header) (*Server, error) {
	first, err := ask(ctx, send, base, modelsPath, secret)
	if err != nil {
		return nil, err
	}
	said := answers{modelsPath: first}
	problem := ""
	for _, path := range paths() {
		a, err := ask(ctx, send, base, path, secret)
		var unreached *UnreachedError
		switch {
		case errors.As(err, &unreached):
			problem = unreached.Why
			continue
		case err != nil:
			return nil, err
		}
		said[path] = a
	}
	s := said.server(base)
	s.Problem = problem
	if first.status == http.StatusUnauthorized || first.status == http.StatusForbidden {
		s.Problem = "it asks for a key"
	}
	return s, nil
}
