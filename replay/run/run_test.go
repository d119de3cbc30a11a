package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// TestRun wants every request once, in the order of the plan, and the same
// report with any concurrency.
func TestRun(t *testing.T) {
	var want *Report
	for _, concurrency := range []int{1, 7, 64} {
		server := newStub(t, chat)
		p := testPlan(server.URL, 100)
		s := newSetting(t, p)
		s.options.Concurrency = concurrency
		var seen []int
		s.options.Progress = func(done, _ int) { seen = append(seen, done) }
		r := s.mustRun()
		if diff := cmp.Diff(each(100, 1), server.asks(p)); diff != "" {
			t.Errorf("asked (-want +got):\n%s", diff)
		}
		if concurrency == 1 && server.order[42] != string(p.Requests[42].Body) {
			t.Error("not in the order of the plan")
		}
		if server.most > concurrency || !slices.IsSorted(seen) || seen[len(seen)-1] != 100 {
			t.Errorf("at most %d at once, %d were; progress %v", concurrency, server.most, seen)
		}
		r.Took, r.Plan = 0, ""
		if want == nil {
			want = r
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("concurrency %d: another report (-1 +%d):\n%s", concurrency, concurrency, diff)
		}
		r = s.mustRun() // nothing is left
		if r.Before != 100 || r.Calls != 0 || r.Left != 0 || server.asks(p)[0] != 1 {
			t.Errorf("again: %+v", r)
		}
	}
	if want.Calls != 100 || want.Used != (Use{1000, 500, 0}) || want.Estimated != 0 || want.Left != 0 || want.Stopped != "" {
		t.Errorf("calls %d, used %+v, estimated %d, left %d, stopped %q", want.Calls, want.Used, want.Estimated, want.Left, want.Stopped)
	}
}

// TestBudgets wants a run to stop before a budget is exceeded, to say so, and
// the next run to go on.
func TestBudgets(t *testing.T) {
	price := func(_ string, in, out int64) (int64, bool) { return 1000*in + 2000*out, true }
	body := len(testPlan("http://[::1]", 1).Requests[0].Body)
	estimate := int64((body+2)/3 + 20) // tokens; 15 are used by each
	tests := []struct {
		name   string
		budget Budget
		sent   int
		why    string
	}{
		{"calls", Budget{Calls: 7}, 7, "the budget of 7 calls is used up"},
		{"tokens", Budget{Tokens: 4*15 + estimate}, 5, "would exceed the budget of"},
		{"one token fewer", Budget{Tokens: 4*15 + estimate - 1}, 4, "would exceed the budget of"},
		{"tokens for none", Budget{Tokens: 3}, 0, "0 are used"},
		{"cost", Budget{CostNanoUSD: 3*20_000 + 1000*(estimate-20) + 2000*20}, 4, "would exceed the budget of $0.000"},
	}
	for _, tt := range tests {
		for _, concurrency := range []int{1, 16} {
			t.Run(fmt.Sprint(tt.name, concurrency), func(t *testing.T) {
				server := newStub(t, chat)
				p := testPlan(server.URL, 20)
				s := newSetting(t, p)
				s.options.Account, s.options.Price, s.options.Concurrency = NewAccount(tt.budget), price, concurrency
				r := s.mustRun()
				want := append(each(tt.sent, 1), each(20-tt.sent, 0)...)
				if diff := cmp.Diff(want, server.asks(p)); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
				if r.Left != 20-tt.sent || !r.Spent || !strings.Contains(r.Stopped, tt.why) || r.Used.tokens() != int64(15*tt.sent) || r.Used.CostNanoUSD != int64(20_000*tt.sent) {
					t.Errorf("left %d, used %+v, stopped %q", r.Left, r.Used, r.Stopped)
				}
				s.options.Account = nil
				if r := s.mustRun(); r.Left != 0 || r.Before != tt.sent || r.Stopped != "" {
					t.Errorf("going on: %+v", r)
				}
				if diff := cmp.Diff(each(20, 1), server.asks(p)); diff != "" {
					t.Errorf("going on, asked (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestSharedAccount wants runs that share an account to use one budget, with the
// numbers that were given in what is said of it, and each to report its own use.
func TestSharedAccount(t *testing.T) {
	free := func(string, int64, int64) (int64, bool) { return 10, true }
	for _, tt := range []struct {
		name   string
		budget Budget
		first  string // why the first run of four requests stops
		spent  string // what the account says then
		calls  []int  // of the two runs
	}{
		{"no bound", Budget{}, "", "", []int{4, 4}},
		{"enough for one", Budget{Calls: 4}, "", "the budget of 4 calls is used up", []int{4, 0}},
		{"enough for one and a half", Budget{Calls: 6}, "", "", []int{4, 2}},
		{"cost", Budget{CostNanoUSD: 50}, "", "", []int{4, 1}},
		{"cost of one", Budget{CostNanoUSD: 40}, "", "the budget of $0.000000040 is used up", []int{4, 0}},
		{"time", Budget{Wall: time.Nanosecond}, "the budget of 1ns is used up", "the budget of 1ns is used up", []int{0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := newStub(t, chat)
			account := NewAccount(tt.budget)
			for i, want := range tt.calls {
				s := newSetting(t, testPlan(server.URL, 4))
				s.options.Account, s.options.Price = account, free
				r := s.mustRun()
				if r.Calls != want || r.Left != 4-want || r.Used.tokens() != int64(15*want) || r.Spent != (want < 4) {
					t.Errorf("run %d: %+v", i, r)
				}
				if i == 0 && (r.Stopped != tt.first || account.Spent() != tt.spent) {
					t.Errorf("stopped %q, account %q", r.Stopped, account.Spent())
				}
			}
			if got := account.Total(); got.Calls != tt.calls[0]+tt.calls[1] || got.Took <= 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestWall wants a run to end when its time is up, also in the middle of a
// reply, and what came to be kept.
func TestWall(t *testing.T) {
	server := newStub(t, func(w http.ResponseWriter, r *http.Request, body string, before int) {
		if before > 0 || !strings.Contains(body, "question 0") {
			completion(w, 1, 1)
			return
		}
		say(w, "data: a piece\n\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	p := testPlan(server.URL, 3)
	s := newSetting(t, p)
	s.options.Account = NewAccount(Budget{Wall: 300 * time.Millisecond})
	r := s.mustRun()
	if r.Stopped != "the budget of 300ms is used up" || !r.Spent || r.Left != 3 || r.Ends[replay.Cut] != 1 {
		t.Errorf("%+v", r)
	}
	if x := s.exchange("r0000"); string(x.Received()) != "data: a piece\n\n" || x.Status != 200 || x.End != replay.Cut {
		t.Errorf("kept %+v", x)
	}
	s.options.Account = NewAccount(Budget{Wall: time.Hour})
	if r := s.mustRun(); r.Left != 0 || r.Stopped != "" {
		t.Errorf("going on: %+v", r)
	}
}

// TestInterrupted interrupts a run, and wants a valid cassette that the next run
// finishes without repeating anything that was finished.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var count atomic.Int64
	server := newStub(t, func(w http.ResponseWriter, r *http.Request, _ string, _ int) {
		if count.Add(1) == 30 {
			cancel()
		}
		completion(w, 1, 1)
	})
	p := testPlan(server.URL, 100)
	s := newSetting(t, p)
	s.options.Concurrency = 8
	s.ctx = ctx
	r, err := s.run()
	if !errors.Is(err, context.Canceled) || r.Left == 0 || r.Stopped != "it was interrupted" {
		t.Fatalf("%v: %+v", err, r)
	}
	finished := map[string]bool{}
	first := s.read()
	for _, id := range first.IDs() {
		finished[id] = first.Finished(id)
	}
	s.ctx = t.Context()
	if r := s.mustRun(); r.Left != 0 {
		t.Errorf("%+v", r)
	}
	for i, n := range server.asks(p) {
		if n == 0 || n > 1 && finished[p.Requests[i].ID] {
			t.Errorf("request %d was asked %d times, finished before: %v", i, n, finished[p.Requests[i].ID])
		}
	}
}

// TestStorm answers most requests with a plea for patience at first.
func TestStorm(t *testing.T) {
	statuses := []int{429, 503, 500, 408}
	server := newStub(t, func(w http.ResponseWriter, _ *http.Request, body string, before int) {
		if before < len(statuses) && !strings.Contains(body, "question 3") {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(statuses[before])
			say(w, `{"error":{"message":"slow down"}}`)
			return
		}
		completion(w, 1, 1)
	})
	p := testPlan(server.URL, 10)
	s := newSetting(t, p)
	s.options.Concurrency, s.options.Attempts = 4, 5
	now := time.Now()
	var clock atomic.Int64
	s.options.Now = func() time.Time { return now.Add(time.Duration(clock.Load())) }
	var longest atomic.Int64
	s.options.Wait = func(_ context.Context, d time.Duration) error {
		longest.Store(max(longest.Load(), int64(d)))
		clock.Add(int64(d))
		return nil
	}
	r := s.mustRun()
	want := each(10, 5)
	want[3] = 1
	if diff := cmp.Diff(want, server.asks(p)); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	if r.Left != 0 || r.Calls != 46 || r.Exchanges[0].Attempts != 5 || r.Ends[replay.Complete] != 10 {
		t.Errorf("%+v", r)
	}
	if d := time.Duration(longest.Load()); d < 2*time.Second || d > 9*time.Second {
		t.Errorf("the longest wait was %v", d)
	}
	if sum := s.read().Summary(); sum.Attempts != 46 {
		t.Errorf("%d attempts are recorded", sum.Attempts)
	}
}

// TestNoPatience wants what is turned away to the last to be left for the next
// run, and a long wait to end the run.
func TestNoPatience(t *testing.T) {
	after := "0"
	server := newStub(t, func(w http.ResponseWriter, _ *http.Request, _ string, _ int) {
		w.Header().Set("Retry-After", after)
		w.WriteHeader(429)
	})
	p := testPlan(server.URL, 3)
	s := newSetting(t, p)
	r := s.mustRun()
	if r.Left != 3 || r.Ends[replay.Throttled] != 3 || r.Calls != 3*DefaultAttempts || r.Stopped != "" {
		t.Errorf("%+v", r)
	}
	after = "3600"
	r = s.mustRun()
	if r.Calls != 1 || !strings.Contains(r.Stopped, "asks to wait 1h0m0s") {
		t.Errorf("%+v", r)
	}
	if x := s.exchange("r0000"); x.Attempts != DefaultAttempts+1 || x.Status != 429 {
		t.Errorf("%+v", x)
	}
	after = "0"
	s.options.Account = NewAccount(Budget{Calls: 2})
	if r := s.mustRun(); r.Calls != 2 || r.Stopped != "the budget of 2 calls is used up" {
		t.Errorf("attempts are calls: %+v", r)
	}
}

// TestBadServers wants what a server does wrong to be recorded and the run to go
// on.
func TestBadServers(t *testing.T) {
	tests := []struct {
		name   string
		answer func(w http.ResponseWriter, r *http.Request)
		end    replay.End
		bytes  int64
		left   int
	}{
		{"cut in the middle", func(w http.ResponseWriter, _ *http.Request) {
			say(w, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"cho")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, replay.Cut, 58, 1},
		{"slow drip", func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < 1000 && r.Context().Err() == nil; i++ {
				say(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}, replay.TimedOut, -1, 1},
		{"malformed events", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			say(w, "data: {\"choices\":[{\"delta\":\ndata: \xff\xfe\n\nevent\n\ndata: [DONE\n\n")
		}, replay.Complete, 58, 0},
		{"deep JSON", func(w http.ResponseWriter, _ *http.Request) { say(w, strings.Repeat("[", 200_000)) }, replay.Complete, 200_000, 0},
		{"a gigabyte", func(w http.ResponseWriter, _ *http.Request) { zeros(w, 1<<30) }, replay.TooLarge, 1 << 20, 1},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, replay.Complete, 0, 0},
		{"no such model", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, replay.Rejected, 0, 1},
		{"no such parameter", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) }, replay.Failed, 0, 0},
		{"a guard", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, replay.Failed, 0, 0},
		{"elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}, replay.Rejected, 0, 1},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				say(conn, "\x16\x03\x01 what?\r\n\r\n")
				_ = conn.Close()
			}
		}, replay.Unreached, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := newStub(t, func(w http.ResponseWriter, r *http.Request, body string, _ int) {
				if strings.Contains(body, "question 1") {
					tt.answer(w, r)
					return
				}
				completion(w, 1, 1)
			})
			p := testPlan(server.URL, 3)
			s := newSetting(t, p)
			s.sandbox.MaxReply, s.sandbox.Timeout = 1<<20, 400*time.Millisecond
			if tt.end != replay.TimedOut {
				s.sandbox.Timeout = time.Minute
			}
			r := s.mustRun()
			x := s.exchange("r0001")
			if x.End != tt.end || tt.bytes >= 0 && int64(len(x.Received())) != tt.bytes || r.Left != tt.left || r.Exchanges[1].End != tt.end {
				t.Errorf("end %s (%s), %d bytes, left %d", x.End, x.Problem, len(x.Received()), r.Left)
			}
			if (x.Problem == "") != (tt.end == replay.Complete) {
				t.Errorf("%s for the problem %q", x.End, x.Problem)
			}
			if diff := cmp.Diff(each(3, 1), server.asks(p)); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// TestGivenUp wants a run to end where going on brings the same again.
func TestGivenUp(t *testing.T) {
	server := newStub(t, chat)
	server.Close()
	s := newSetting(t, testPlan(server.URL, 50))
	if r := s.mustRun(); r.Calls != maxInVain || !strings.Contains(r.Stopped, "nothing answered 5 times in a row") || r.Left != 50 {
		t.Errorf("nobody there: %+v", r)
	}
	key := "wrong"
	server = newStub(t, func(w http.ResponseWriter, _ *http.Request, _ string, _ int) {
		if key != "right" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		completion(w, 1, 1)
	})
	p := testPlan(server.URL, 50)
	s = newSetting(t, p)
	if r := s.mustRun(); r.Calls != maxInVain || r.Stopped != "5 requests in a row were not let in: the server answered 401 Unauthorized" || r.Left != 50 || r.Spent {
		t.Errorf("not let in: %+v", r)
	}
	key = "right"
	if r := s.mustRun(); r.Left != 0 || r.Ends[replay.Complete] != 50 {
		t.Errorf("let in then: %+v", r)
	}
	if diff := cmp.Diff(append(each(5, 2), each(45, 1)...), server.asks(p)); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	s = newSetting(t, testPlan("http://192.0.2.1", 50))
	if r := s.mustRun(); r.Calls != 1 || !strings.Contains(r.Stopped, "outside the sandbox") || r.Ends[replay.Refused] != 1 {
		t.Errorf("not allowed: %+v", r)
	}
}

// TestSecret wants a key to be sent, and never to reach the file, whatever a
// server repeats.
func TestSecret(t *testing.T) {
	const key = "sk-verysecret-0123456789"
	server := newStub(t, func(w http.ResponseWriter, r *http.Request, body string, _ int) {
		sent := r.Header.Get("Authorization")
		switch {
		case sent != "Bearer "+key:
			w.WriteHeader(401)
		case strings.Contains(body, "question 0"):
			w.Header().Set("X-Echo", sent)
			w.Header().Set("Set-Cookie", "session=sk-other-secret")
			say(w, key[:9])
			w.(http.Flusher).Flush()
			say(w, key[9:])
		case strings.Contains(body, "question 1"):
			http.Redirect(w, r, "/?key="+key, http.StatusFound)
		default:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				say(conn, "HTTP/1.1 400 "+key+" is no key\r\nContent-Length: 0\r\n\r\n")
				_ = conn.Close()
			}
		}
	})
	s := newSetting(t, testPlan(server.URL, 3))
	s.options.Secret = []replay.Header{{Name: "Authorization", Value: "Bearer " + key}}
	r := s.mustRun()
	data, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{key, "verysecret", "sk-other-secret"} {
		if bytes.Contains(data, []byte(secret)) || strings.Contains(fmt.Sprintf("%+v", r), secret) {
			t.Errorf("%q is in the file or the report", secret)
		}
	}
	x := s.exchange("r0000")
	if got := string(x.Received()); got != strings.Repeat("*", len(key)) || x.Status != 200 {
		t.Errorf("status %d, received %q", x.Status, got)
	}
	if !slices.Contains(x.RequestHeader, replay.Header{Name: "Authorization", Value: "(left out)"}) {
		t.Errorf("that a key was sent is not kept: %v", x.RequestHeader)
	}
	if x := s.exchange("r0002"); x.Status != 400 {
		t.Errorf("%+v", x)
	}
}

// TestPerSecond wants no more requests in a second than asked for.
func TestPerSecond(t *testing.T) {
	server := newStub(t, chat)
	s := newSetting(t, testPlan(server.URL, 20))
	s.options.Concurrency, s.options.PerSecond, s.options.Wait = 16, 50, nil
	r := s.mustRun()
	if r.Left != 0 {
		t.Errorf("%+v", r)
	}
	slices.SortFunc(server.times, time.Time.Compare)
	if took := server.times[19].Sub(server.times[0]); took < 350*time.Millisecond { // 19 intervals of 20 ms
		t.Errorf("20 requests in %v", took)
	}
}

// TestAddress wants the version in the address of a server not to be doubled.
func TestAddress(t *testing.T) {
	paths := make(chan string, 4)
	server := newStub(t, func(w http.ResponseWriter, r *http.Request, _ string, _ int) {
		paths <- r.URL.EscapedPath()
		completion(w, 1, 1)
	})
	for base, want := range map[string]string{
		"": "/v1/chat/completions", "/": "/v1/chat/completions", "/v1": "/v1/chat/completions", "/gw/v1/": "/gw/v1/chat/completions",
	} {
		newSetting(t, testPlan(server.URL+base, 1)).mustRun()
		if got := <-paths; got != want {
			t.Errorf("%s: %s, want %s", base, got, want)
		}
	}
	p := testPlan(server.URL, 1)
	p.Requests[0].Path = "/model/a%2Fb:0/converse"
	newSetting(t, p).mustRun()
	if got := <-paths; got != p.Requests[0].Path {
		t.Errorf("an escaped path: %s", got)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"0": 0, "7": 7 * time.Second, " 7 ": 7 * time.Second, "Wed, 04 Mar 2026 05:07:07 GMT": time.Minute, "Wed, 04 Mar 2020 05:07:07 GMT": 0,
		"": -1, "-3": -1, "soon": -1, "1.5": -1, "99999999999999999999": -1,
	} {
		got, ok := retryAfter([]replay.Header{{Name: "retry-after", Value: value}}, now)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// TestBackoff wants waits that grow, differ between requests, and are the same in
// every run.
func TestBackoff(t *testing.T) {
	for attempt, whole := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		got := backoff(1, 5, attempt+1)
		if got < whole/2 || got > whole || got != backoff(1, 5, attempt+1) || got == backoff(1, 6, attempt+1) || got == backoff(2, 5, attempt+1) {
			t.Errorf("attempt %d: %v", attempt+1, got)
		}
	}
	if got := backoff(1, 1, 1<<30); got > maxWait {
		t.Errorf("%v", got)
	}
}

func TestOptionsRefused(t *testing.T) {
	s := newSetting(t, testPlan("http://127.0.0.1:1", 1))
	unknown := func(string, int64, int64) (int64, bool) { return 0, false }
	for name, o := range map[string]Options{
		"too many at once":           {Concurrency: 65},
		"fewer than none":            {Attempts: -1},
		"a cost without prices":      {Account: NewAccount(Budget{CostNanoUSD: 1})},
		"a cost of an unknown model": {Account: NewAccount(Budget{CostNanoUSD: 1}), Price: unknown},
	} {
		o.Now, s.options = time.Now, o
		s.options.Now = time.Now
		if r, err := s.run(); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestOutputLimit(t *testing.T) {
	for body, want := range map[string]int64{
		`{"max_tokens":5}`: 5, `{"max_completion_tokens":6}`: 6, `{"max_output_tokens":7}`: 7, `{"options":{"num_predict":8}}`: 8,
		`{"inferenceConfig":{"maxTokens":9}}`: 9, `{}`: assumedOutput, `{"options":{"num_predict":-1}}`: assumedOutput, `[`: assumedOutput,
		`{"max_tokens":"many"}`: assumedOutput, `{"max_tokens":9e99}`: assumedOutput,
	} {
		if got := outputLimit([]byte(body)); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
}
