package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/protocol"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

const streamed = `data: {"id":"c1","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}

data: {"id":"c1","model":"m-1","choices":[{"index":0,"delta":{"content":"lo."},"finish_reason":"stop"}]}

data: [DONE]

`

// TestFaults are servers that fail in the ways in which servers fail, and what
// is read of the reply all the same.
func TestFaults(t *testing.T) {
	tests := []struct {
		name     string
		serve    http.HandlerFunc
		end      replay.End
		text     string
		complete bool
	}{
		{
			name: "stream", end: replay.Complete, text: "Hello.", complete: true,
			serve: func(w http.ResponseWriter, _ *http.Request) { say(w, streamed) },
		},
		{
			name: "stream dripped byte by byte", end: replay.Complete, text: "Hello.", complete: true,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				for i := range streamed {
					say(w, streamed[i:i+1])
					w.(http.Flusher).Flush()
				}
			},
		},
		{
			name: "stream cut in the middle of an event", end: replay.Cut, text: "Hel",
			serve: func(w http.ResponseWriter, _ *http.Request) {
				say(w, streamed[:150])
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler) // as a process that dies
			},
		},
		{
			name: "stream that ends early as if it were whole", end: replay.Complete, text: "Hel",
			serve: func(w http.ResponseWriter, _ *http.Request) { say(w, streamed[:150]) },
		},
		{
			name: "events that are no JSON among others", end: replay.Complete, text: "Hello.", complete: true,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				head, tail, _ := strings.Cut(streamed, "\n\n")
				say(w, head+"\n\ndata: {\"choices\":[{\n\ndata: \x00\xff\n\n: a comment\n\nevent:\n\n"+tail)
			},
		},
		{
			name: "JSON as text/html", end: replay.Complete, text: "Hi", complete: true,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				say(w, `{"id":"c1","model":"m-1","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}`)
			},
		},
		{
			name: "HTML as JSON", end: replay.Complete,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				say(w, "<!doctype html><title>Sign in</title>")
			},
		},
		{
			name: "nothing", end: replay.Complete,
			serve: func(http.ResponseWriter, *http.Request) {},
		},
		{
			name: "error in the middle of a stream", end: replay.Complete, text: "Hel", complete: true,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				head, _, _ := strings.Cut(streamed, "\n\n")
				say(w, head+"\n\ndata: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\",\"code\":\"overloaded\"}}\n\n")
			},
		},
		{
			name: "headers without end", end: replay.Unreached,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				for i := range 4000 {
					w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 1000))
				}
			},
		},
		{
			name: "arrays as deep as they are long", end: replay.Complete,
			serve: func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("[", 1<<20)) },
		},
		{
			name: "compressed though nobody asked", end: replay.Complete,
			serve: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				say(w, "\x1f\x8b\x08\x00not really")
			},
		},
	}
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.serve)
			defer server.Close()
			x := send(t, s, server.URL, "{}")
			if x.End != test.end || (x.End != replay.Complete) != (x.Problem != "") {
				t.Errorf("end %q (%s), want %q", x.End, x.Problem, test.end)
			}
			got := protocol.NewReader().Read(x)
			if got.Text != test.text || got.Complete != test.complete {
				t.Errorf("text %q, complete %v; want %q, %v", got.Text, got.Complete, test.text, test.complete)
			}
		})
	}
}

// TestStorm is a server that throttles nearly everybody: each exchange ends
// with what the server said, and none is tried again unseen.
func TestStorm(t *testing.T) {
	const calls = 500
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%100 == 0 {
			say(w, streamed)
			return
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ends := map[replay.End]int{}
	for range calls {
		x := send(t, s, server.URL, "{}")
		ends[x.End]++
		if x.End == replay.Throttled && x.Status != http.StatusTooManyRequests {
			t.Errorf("throttled with status %d (%s)", x.Status, x.Problem)
		}
	}
	if asked.Load() != calls || ends[replay.Complete] != calls/100 || ends[replay.Throttled] != calls-calls/100 {
		t.Errorf("%d requests arrived of %d, which ended %v", asked.Load(), calls, ends)
	}
}

// TestHuge sends a gigabyte at a client that keeps nothing, and at one that has
// a limit: memory does not grow with either.
func TestHuge(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	const size = 1 << 30
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := strings.Repeat("data: {\"choices\":[]}\n\n", 3000)
		for n := 0; n < size; n += len(piece) {
			m, err := io.WriteString(w, piece[:min(len(piece), size-n)])
			sent.Add(int64(m))
			if err != nil {
				return
			}
		}
	}))
	defer server.Close()
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		limit int64
		end   replay.End
	}{
		{"whole", size, replay.Complete},
		{"limited", sandbox.DefaultMaxReply, replay.TooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent.Store(0)
			s, err := sandbox.New(t.Context(), &sandbox.Options{Now: time.Now, MaxReply: test.limit})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var highest, before uint64
			var stats runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&stats)
			before = stats.HeapAlloc
			pieces, got := 0, int64(0)
			result, err := s.Send(t.Context(), &sandbox.Request{Method: http.MethodPost, URL: u}, func(c replay.Chunk) error {
				got += int64(len(c.Data))
				if pieces++; pieces%1000 == 0 {
					runtime.ReadMemStats(&stats)
					highest = max(highest, stats.HeapAlloc)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if result.End != test.end || got != test.limit || result.Bytes != got {
				t.Errorf("end %q (%s) after %d bytes, want %q after %d", result.End, result.Problem, got, test.end, test.limit)
			}
			if grown := int64(highest) - int64(before); grown > 16<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
			t.Logf("%d MiB of %d sent taken in %d pieces, heap %d to at most %d KiB", got>>20, sent.Load()>>20, pieces, before>>10, highest>>10)
		})
	}
}
