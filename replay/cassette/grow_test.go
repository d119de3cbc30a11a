package cassette

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/replay"
)

// growing is a cassette of a plan that grows, whose first request was answered.
func growing(t testing.TB) *Writer {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.jsonl")
	must(t, Create(path, &Plan{
		Server: "http://127.0.0.1:11434", Grows: true, Params: map[string]any{"turns": 3},
		Requests: []*replay.Outgoing{{ID: "a", Path: "/", Body: []byte(`{"n":1}`)}},
	}))
	w := mustAppend(t, path)
	answer(t, w, "a", replay.Complete)
	return w
}

func answer(t testing.TB, w *Writer, id string, end replay.End) {
	t.Helper()
	r := mustBegin(t, w, id)
	must(t, r.Chunk(chunk(1, "reply to "+id)))
	must(t, r.End(&replay.Exchange{Started: began, Status: 200, End: end}))
}

// TestGrow adds requests as replies come, and reads everything back.
func TestGrow(t *testing.T) {
	w := growing(t)
	path, hash := w.file.Name(), w.PlanHash()
	long := &replay.Outgoing{ID: "b", Event: "e-2", Variant: "carried", Path: "/", Body: bytes.Repeat([]byte("0123456789"), 3*maxPiece/10)}
	must(t, w.Add(long))
	if w.Finished("b") || !w.Summary().Growing || w.Summary().Unfinished != 1 {
		t.Errorf("when it was added: %+v", w.Summary())
	}
	answer(t, w, "b", replay.Cut)
	must(t, w.Close())
	w = mustAppend(t, path)
	answer(t, w, "b", replay.Complete)
	must(t, w.Add(&replay.Outgoing{ID: "c", Path: "/", Body: []byte{}}))
	answer(t, w, "c", replay.Failed)
	must(t, w.Done("the reply is empty"))
	must(t, w.Close())

	r := mustOpen(t, path)
	if diff := cmp.Diff([]string{"a", "b", "c"}, r.IDs()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if r.PlanHash() != hash || r.SHA256() != w.SHA256() {
		t.Errorf("plan %s, want %s; file %s, want %s", r.PlanHash(), hash, r.SHA256(), w.SHA256())
	}
	x, err := r.Exchange("b")
	must(t, err)
	if !bytes.Equal(x.Body, long.Body) || x.Event != "e-2" || string(x.Received()) != "reply to b" || x.Attempts != 2 {
		t.Errorf("request of %d bytes of %s, reply %q, %d attempts", len(x.Body), x.Event, x.Received(), x.Attempts)
	}
	s := r.Summary()
	if s.Growing || s.Requests != 3 || s.Unfinished != 0 || s.Ends[replay.Complete] != 2 || s.Ends[replay.Failed] != 1 {
		t.Errorf("summary %+v", s)
	}
}

// TestGrowWrong are lines that no run writes.
func TestGrowWrong(t *testing.T) {
	add := func(w *Writer) error { return w.Add(&replay.Outgoing{ID: "b", Path: "/", Body: []byte("{}")}) }
	tests := []struct {
		name, problem string
		write         func(*Writer) error
	}{
		{"a request before the reply", "a request was added where none can be", func(w *Writer) error {
			must(t, add(w))
			return w.Add(&replay.Outgoing{ID: "c", Path: "/", Body: []byte("{}")})
		}},
		{"a request behind one that was cut", "a request was added where none can be", func(w *Writer) error {
			must(t, add(w))
			answer(t, w, "b", replay.Cut)
			return w.Add(&replay.Outgoing{ID: "c", Path: "/", Body: []byte("{}")})
		}},
		{"a request after the last", "a request was added where none can be", func(w *Writer) error {
			must(t, w.Done(""))
			return add(w)
		}},
		{"the same id", "there twice", func(w *Writer) error { return w.Add(&replay.Outgoing{ID: "a", Path: "/"}) }},
		{"two ends", "a plan ends", func(w *Writer) error {
			must(t, w.Done(""))
			return w.Done("")
		}},
		{"an end before the reply", "a plan ends", func(w *Writer) error {
			must(t, add(w))
			return w.Done("")
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := growing(t)
			if err := test.write(w); err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Errorf("error %v, want %q", err, test.problem)
			}
			_ = w.Close()              // which says the same again
			mustOpen(t, w.file.Name()) // what was refused is not in the file
		})
	}
	t.Run("a plan that does not grow", func(t *testing.T) {
		path := mustCreate(t, testPlan(1))
		w := mustAppend(t, path)
		answer(t, w, "r0/logged/1", replay.Complete)
		if err := add(w); err == nil || !strings.Contains(err.Error(), "one more request than the plan has") {
			t.Errorf("error %v", err)
		}
		_ = w.Close()
		mustOpen(t, path)
	})
}

// TestGrowKilled cuts the file of a plan that grew after each of its bytes, as a
// kill may, and goes on: what was answered is there still, and the plan is the
// same.
func TestGrowKilled(t *testing.T) {
	w := growing(t)
	planned := int64(0)
	body := bytes.Repeat([]byte("x"), maxPiece+3)
	must(t, w.Add(&replay.Outgoing{ID: "b", Path: "/", Body: body}))
	answer(t, w, "b", replay.Complete)
	must(t, w.Close())
	data, err := os.ReadFile(w.file.Name())
	must(t, err)
	planned = w.index.requests[0].next
	cuts := []int64{int64(len(data))}
	for n := planned; n < int64(len(data)); n++ {
		// Not each byte of long lines: around each newline, and some between.
		if near := bytes.IndexByte(data[max(0, n-2):min(int64(len(data)), n+3)], '\n') >= 0; near || n%9001 == 0 {
			cuts = append(cuts, n)
		}
	}
	for _, n := range cuts {
		path := filepath.Join(t.TempDir(), fmt.Sprint(n))
		must(t, os.WriteFile(path, data[:n], 0o600))
		again := mustAppend(t, path)
		if again.PlanHash() != w.PlanHash() {
			t.Fatalf("cut at %d: another plan", n)
		}
		if !again.Finished("a") {
			answer(t, again, "a", replay.Complete)
		}
		if len(again.IDs()) == 1 {
			must(t, again.Add(&replay.Outgoing{ID: "b", Path: "/", Body: body}))
		}
		if !again.Finished("b") {
			answer(t, again, "b", replay.Complete)
		}
		must(t, again.Done(""))
		must(t, again.Close())
		r := mustOpen(t, path)
		x, err := r.Exchange("b")
		if err != nil || !bytes.Equal(x.Body, body) || string(x.Received()) != "reply to b" || r.Summary().Growing {
			t.Errorf("cut at %d: %v, %+v", n, err, r.Summary())
		}
	}
}
