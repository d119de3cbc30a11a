package run

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// stub is a model server that counts what it is asked, by body.
type stub struct {
	*httptest.Server
	mu     sync.Mutex
	asked  map[string]int // began
	order  []string
	times  []time.Time
	most   int // at the same time
	now    int
	frozen map[string]int // by id; see freeze
}

// newStub starts a server; answer is given how often the same body came before.
func newStub(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, body string, before int)) *stub {
	t.Helper()
	s := &stub{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			return
		}
		body := string(data)
		s.mu.Lock()
		before := s.asked[body]
		s.asked[body]++
		s.order = append(s.order, body)
		s.times = append(s.times, time.Now())
		s.now++
		s.most = max(s.most, s.now)
		s.mu.Unlock()
		answer(w, r, body, before)
		s.mu.Lock()
		s.now--
		s.mu.Unlock()
	}))
	t.Cleanup(s.Close)
	return s
}

// asks returns how often each of the bodies of a plan came.
func (s *stub) asks(p *cassette.Plan) []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []int
	for _, o := range p.Requests {
		out = append(out, s.asked[string(o.Body)])
	}
	return out
}

// say writes what a server of a test says; that nobody listens is no failure.
func say(w io.Writer, text string) { _, _ = io.WriteString(w, text) }

// chat answers as a server of OpenAI's chat protocol does, not streamed.
func chat(w http.ResponseWriter, _ *http.Request, _ string, _ int) { completion(w, 10, 5) }

func completion(w io.Writer, in, out int) {
	say(w, fmt.Sprintf(`{"id":"c1","object":"chat.completion","model":"tiny","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],`+
		`"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}}`, in, out, in+out))
}

func testPlan(server string, n int) *cassette.Plan {
	p := &cassette.Plan{Server: server}
	for i := range n {
		p.Requests = append(p.Requests, &replay.Outgoing{
			ID: fmt.Sprintf("r%04d", i), Sample: 1, Protocol: replay.OpenAIChat, Model: "tiny", Path: "/v1/chat/completions",
			Body: []byte(fmt.Sprintf(`{"model":"tiny","max_tokens":20,"messages":[{"role":"user","content":"question %d"}]}`, i)),
		})
	}
	return p
}

// setting is a run in a test.
type setting struct {
	t       testing.TB
	path    string
	sandbox sandbox.Options
	options Options
	ctx     context.Context
}

func newSetting(t testing.TB, p *cassette.Plan) *setting {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.jsonl")
	if err := cassette.Create(path, p); err != nil {
		t.Fatal(err)
	}
	return newSettingAt(t, path)
}

// newSettingAt is newSetting with a cassette that is there.
func newSettingAt(t testing.TB, path string) *setting {
	t.Helper()
	s := &setting{t: t, path: path, sandbox: sandbox.Options{Now: time.Now}, ctx: t.Context()}
	s.options = Options{Now: time.Now, Wait: func(ctx context.Context, _ time.Duration) error { return wait(ctx, time.Millisecond) }}
	return s
}

// run carries the plan out, or goes on with it.
func (s *setting) run() (*Report, error) {
	s.t.Helper()
	box, err := sandbox.New(s.ctx, &s.sandbox)
	if err != nil {
		s.t.Fatal(err)
	}
	defer box.Close()
	w, err := cassette.Append(s.path, "exhibit test", time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	o := s.options
	o.Cassette, o.Sandbox = w, box
	r, err := Run(s.ctx, &o)
	if closed := w.Close(); closed != nil && err == nil {
		s.t.Error(closed)
	}
	return r, err
}

func (s *setting) mustRun() *Report {
	s.t.Helper()
	r, err := s.run()
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// read opens what was recorded.
func (s *setting) read() *cassette.Reader {
	s.t.Helper()
	r, err := cassette.Open(s.path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = r.Close() })
	return r
}

func (s *setting) exchange(id string) *replay.Exchange {
	s.t.Helper()
	x, err := s.read().Exchange(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// each returns n times the same.
func each(n, times int) []int { return slices.Repeat([]int{times}, n) }

// zeros is a body of any length.
func zeros(w io.Writer, n int64) {
	block := bytes.Repeat([]byte{'0'}, 64<<10)
	for n > 0 {
		k := min(n, int64(len(block)))
		if _, err := w.Write(block[:k]); err != nil {
			return
		}
		n -= k
	}
}

// count returns how many requests came.
func (s *stub) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.order)
}

// freeze notes how often the finished requests were asked until now.
func (s *stub) freeze(p *cassette.Plan, finished map[string]bool) {
	asks := s.asks(p)
	if s.frozen == nil {
		s.frozen = map[string]int{}
	}
	for i, o := range p.Requests {
		if _, known := s.frozen[o.ID]; !known && finished[o.ID] {
			s.frozen[o.ID] = asks[i]
		}
	}
}
