package run

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/sandbox"
)

// childRun names the environment variable that makes this test binary carry out
// the plan of a cassette instead.
const childRun = "EXHIBIT_TEST_REPLAY"

// maxResident is what a run may have in memory, in KiB: 200 MiB.
const maxResident = 200 << 10

// TestChild is what a helper process runs.
func TestChild(t *testing.T) {
	path := os.Getenv(childRun)
	if path == "" {
		return // not a helper process
	}
	s := newSettingAt(t, path)
	s.options.Concurrency, s.options.Wait = 16, nil
	r := s.mustRun()
	fmt.Printf("child: left %d, stopped %q, resident %d KiB\n", r.Left, r.Stopped, resident())
}

// resident returns the most memory that this process had, in KiB; 0 where the
// system does not say.
func resident() int {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(data)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return n
}

// childCommand returns a process that runs a test of this binary on a cassette.
func childCommand(t *testing.T, path, name string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+name)
	cmd.Env = append(os.Environ(), childRun+"="+path)
	return cmd
}

// child starts a process that carries out, or goes on with, a cassette.
func child(t *testing.T, path string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := childCommand(t, path, "^TestChild$")
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// finish waits for a process that must come to the end of its plan, within its
// memory.
func finish(t *testing.T, cmd *exec.Cmd, out *bytes.Buffer, left int) {
	t.Helper()
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), fmt.Sprintf("left %d, stopped \"\"", left)) {
		t.Fatalf("%v: %s", err, out)
	}
	m := regexp.MustCompile(`resident (\d+) KiB`).FindStringSubmatch(out.String())
	n, err := strconv.Atoi(m[1])
	switch {
	case err != nil || n == 0:
		t.Log("NOT MEASURED: this system does not say how much memory the run had")
	case n > maxResident:
		t.Errorf("the run had %d MiB in memory", n>>10)
	default:
		t.Logf("the run had %d MiB in memory", n>>10)
	}
}

// TestKilled kills a run of 2,000 requests, 16 at once, five times. Nothing that
// came to its end may be lost or be asked for again.
func TestKilled(t *testing.T) {
	const requests, kills = 2000, 5
	server := newStub(t, func(w http.ResponseWriter, _ *http.Request, body string, _ int) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 4 {
			say(w, fmt.Sprintf("data: {\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", fmt.Sprint(body, i)))
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
		say(w, "data: [DONE]\n\n")
	})
	p := testPlan(server.URL, requests)
	for _, o := range p.Requests {
		o.Body = append(o.Body, bytes.Repeat([]byte(" "), 2_000)...)
	}
	s := newSetting(t, p)
	random := rand.New(rand.NewPCG(6, 5))
	finished := map[string]bool{} // by id, before the last kill
	killed := 0
	for range kills {
		before := len(finished)
		cmd, out := child(t, s.path)
		target := before + 200 + random.IntN(100)
		for deadline := time.Now().Add(time.Minute); server.count() < target && time.Now().Before(deadline); {
			time.Sleep(time.Duration(1+random.IntN(5)) * time.Millisecond)
		}
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		if cmd.Wait() != nil {
			killed++
		} else {
			t.Logf("not killed: %s", out)
		}
		r := s.read()
		asks := server.asks(p)
		for i, o := range p.Requests {
			if finished[o.ID] && !r.Finished(o.ID) {
				t.Fatalf("%s was finished before the kill and is not any more", o.ID)
			}
			if r.Finished(o.ID) {
				finished[o.ID] = true
				if asks[i] == 0 {
					t.Fatalf("%s is finished and was never asked", o.ID)
				}
			}
		}
		server.freeze(p, finished)
	}
	if killed != kills {
		t.Errorf("%d of %d runs were killed", killed, kills)
	}
	cmd, out := child(t, s.path)
	finish(t, cmd, out, 0)
	checkAll(t, s, p)
	again := 0
	for i, n := range server.asks(p) {
		if before, frozen := server.frozen[p.Requests[i].ID]; frozen && n != before {
			t.Errorf("%s was finished, and asked %d times again", p.Requests[i].ID, n-before)
		}
		if n > 1 {
			again++
		}
	}
	t.Logf("%d kills; %d requests were under way at one of them and were asked again", killed, again)
	if again > kills*16 {
		t.Errorf("%d requests were asked again; at most %d were under way", again, kills*16)
	}
}

// checkAll wants every exchange complete, each with its own reply.
func checkAll(t *testing.T, s *setting, p *cassette.Plan) {
	t.Helper()
	r := s.read()
	if sum := r.Summary(); sum.Ends[replay.Complete] != int64(len(p.Requests)) || sum.Unfinished != 0 {
		t.Fatalf("%+v", sum)
	}
	for _, o := range p.Requests {
		x, err := r.Exchange(o.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := new(bytes.Buffer)
		for i := range 4 {
			fmt.Fprintf(want, "data: {\"model\":\"tiny\",\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", fmt.Sprint(string(o.Body), i))
		}
		want.WriteString("data: [DONE]\n\n")
		if !bytes.Equal(x.Received(), want.Bytes()) || !bytes.Equal(x.Body, o.Body) {
			t.Fatalf("exchange %s is not what was said", o.ID)
		}
	}
}

// TestLargeReplies receives bodies of a gigabyte, many at once: up to the limit
// of the sandbox, within the memory.
func TestLargeReplies(t *testing.T) {
	requests := 4
	if os.Getenv("EXHIBIT_LONG") != "" {
		requests = 16
	}
	server := newStub(t, func(w http.ResponseWriter, _ *http.Request, _ string, _ int) { zeros(w, 1<<30) })
	s := newSetting(t, testPlan(server.URL, requests))
	cmd, out := child(t, s.path)
	finish(t, cmd, out, requests)
	sum := s.read().Summary()
	if sum.Ends[replay.TooLarge] != int64(requests) || sum.Bytes != int64(requests)*sandbox.DefaultMaxReply {
		t.Errorf("%+v", sum)
	}
}
