package data_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/casefile/ledger"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/data"
	"github.com/exhibit-forensics/exhibit/cmd/internal/tui/tuitest"
	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/cassette"
	"github.com/exhibit-forensics/exhibit/replay/run"
)

// purchase is the event of the demo in which a document gives orders to an
// agent, and accessed the event of another log that shows the same call.
const (
	purchase = "a07ebcdb-43"
	accessed = "14e9d042-34"
)

func resolve(t *testing.T, source data.Source, id string) int64 {
	t.Helper()
	eids, err := source.Resolve(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return eids[0]
}

func TestConversation(t *testing.T) {
	source := tuitest.Source(t, demo(t), nil)
	for id, asked := range map[string]string{purchase: "", accessed: accessed} {
		c, err := source.Conversation(t.Context(), resolve(t, source, id))
		if err != nil || c.Detail.EventID != purchase || c.For != asked || len(c.Turns) == 0 || c.Replays != 0 {
			t.Errorf("%s: %+v, %v", id, c, err)
		}
	}
}

func demo(t *testing.T) string {
	t.Helper()
	dir, _ := tuitest.Demo(t)
	return dir
}

func TestNextTurn(t *testing.T) {
	source := tuitest.Source(t, demo(t), nil)
	at := resolve(t, source, "a07ebcdb-42")
	for _, want := range []string{"a07ebcdb-43", "a07ebcdb-44", "a07ebcdb-45"} {
		next, err := source.NextTurn(t.Context(), at, false)
		if err != nil || next != resolve(t, source, want) {
			t.Fatalf("the turn behind %d is %d (%v), want %s", at, next, err, want)
		}
		back, err := source.NextTurn(t.Context(), next, true)
		if err != nil || back != at {
			t.Errorf("the turn before %s is %d (%v), want %d", want, back, err, at)
		}
		at = next
	}
	if _, err := source.NextTurn(t.Context(), at, false); !errors.Is(err, data.ErrNoTurn) {
		t.Errorf("behind the last turn: %v", err)
	}
	if _, err := source.NextTurn(t.Context(), resolve(t, source, "a07ebcdb-1"), false); err == nil || !strings.Contains(err.Error(), "names no session") {
		t.Errorf("without a session: %v", err)
	}
}

// record puts a cassette into a case, in which a server answers the replay of an
// event, and another event's, with a text.
func record(t *testing.T, dir string, key *ledger.Key, event, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cassette.jsonl")
	plan := &cassette.Plan{Server: "http://198.51.100.7:8080"}
	for i, id := range []string{event, "a07ebcdb-1"} {
		plan.Requests = append(plan.Requests, &replay.Outgoing{
			ID: strings.Repeat("ab"[i:i+1], 32), Event: id, Variant: "logged", Sample: 1, Protocol: replay.OpenAIChat, Model: "tiny",
			Path: "/v1/chat/completions", Body: []byte(`{"model":"tiny","messages":[{"role":"user","content":"question"}]}`),
		})
	}
	if err := cassette.Create(path, plan); err != nil {
		t.Fatal(err)
	}
	w, err := cassette.Append(path, "exhibit test", casetest.Clock())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range plan.Requests {
		r, err := w.Begin(o.ID, casetest.Clock())
		if err != nil {
			t.Fatal(err)
		}
		reply := `{"object":"chat.completion","model":"tiny-2","choices":[{"index":0,"message":{"role":"assistant","content":"` + text + `"},"finish_reason":"stop"}]}`
		err = errors.Join(r.Chunk(replay.Chunk{After: time.Millisecond, Data: []byte(reply)}),
			r.End(&replay.Exchange{Outgoing: *o, Server: plan.Server, Started: casetest.Clock(), Attempts: 1, Status: 200, End: replay.Complete}))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	tape, err := cassette.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	summary := run.Kept(tape.Summary())
	if err := tape.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := casefile.RecordReplay(t.Context(), &casefile.ReplayOptions{
		Dir: dir, Cassette: path, ReplaySummary: summary, Key: key, Actor: "ana", Tool: "exhibit test", Now: casetest.Clock,
	}); err != nil {
		t.Fatal(err)
	}
}

func TestReplays(t *testing.T) {
	dir, key := tuitest.Demo(t)
	source := tuitest.Source(t, dir, key)
	event := resolve(t, source, purchase)
	if list, err := source.Replays(t.Context(), event); err != nil || list != nil {
		t.Errorf("before any replay: %v, %v", list, err)
	}
	record(t, dir, key, purchase, "I'm sorry, but I can't help with that.")
	record(t, dir, key, "a07ebcdb-2", "another call")
	if err := source.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{purchase, accessed} {
		list, err := source.Replays(t.Context(), resolve(t, source, id))
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %v, %v", id, list, err)
		}
		r := list[0]
		if !strings.HasPrefix(r.Logged, "The audit needs one more file.\n[asks for tool read_object ") {
			t.Errorf("logged is %q", r.Logged)
		}
		if len(r.Cassette) != 64 {
			t.Errorf("the cassette is %q", r.Cassette)
		}
		r.Logged, r.Cassette = "", ""
		want := data.Replay{
			Server: "http://198.51.100.7:8080", Model: "tiny-2", Variant: "logged", Sample: 1, End: "complete",
			Reply: "I'm sorry, but I can't help with that.", Changed: r.Changed, Shows: r.Shows,
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
		if !strings.Contains(strings.Join(r.Changed, "; "), "refused: yes, was no") {
			t.Errorf("the verdicts that changed are %q", r.Changed)
		}
	}
}

func TestCorrelation(t *testing.T) {
	source := tuitest.Source(t, demo(t), nil)
	event := resolve(t, source, purchase)
	r, err := source.Correlation(t.Context(), event, false, 1000)
	if err != nil {
		t.Fatal(err)
	}
	start := 0
	for i := range r.Entries {
		if r.Entries[i].EID() == event {
			start++
		}
	}
	if len(r.Entries) != 10 || start != 1 || r.Cut != nil {
		t.Errorf("%d events, %d of them what was asked for, cut %v", len(r.Entries), start, r.Cut)
	}
	if r, err = source.Correlation(t.Context(), event, false, 4); err != nil || len(r.Entries) != 4 || r.Cut == nil {
		t.Errorf("with a limit of 4: %+v, %v", r, err)
	}
}
