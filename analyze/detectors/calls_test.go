package detectors

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
	"github.com/exhibit-forensics/exhibit/analyze/features"
)

// TestActorCallsLearn checks what is counted of the moments of an actor's calls, in
// whatever order they come.
func TestActorCallsLearn(t *testing.T) {
	t.Parallel()
	const minute, unknown = 60_000_000, -1
	one, other := &callTraits{model: "model-a", client: "boto3"}, &callTraits{model: "model-b", client: "curl"}
	m := func(at, input int64) int64 { return at<<tokenBits + input + 1 }
	moments := []int64{
		// of one, on a day, on the next, and of the other on that
		m(2*hourUS+minute, 70), m(2*hourUS, 50), m(hourUS-1, unknown), m(2*hourUS+4*minute, 20),
		m(2*hourUS, 10),
		m(2*hourUS+2*minute, unknown), m(5*hourUS, 90), m(2*hourUS+3*minute, 9),
	}
	a := &actorCalls{}
	a.learn(moments, []momentsWith{{one, 0, 0, 4}, {one, 1, 4, 5}, {other, 1, 5, 8}})
	if a.calls != 8 {
		t.Errorf("calls are %d, want 8", a.calls)
	}
	wantHours := []actorHour{
		{hour: 0, calls: 1, begun: 1},
		{hour: 2, calls: 3, begun: 2}, // the last says less than the one before it
		{hour: 26, calls: 3, begun: 2},
		{hour: 29, calls: 1, begun: 1},
	}
	if diff := cmp.Diff(wantHours, a.hours, cmp.AllowUnexported(actorHour{})); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	wantUsed := []callsWith{{one, 0, 1}, {one, 2, 3}, {one, 26, 1}, {other, 26, 2}, {other, 29, 1}}
	if diff := cmp.Diff(wantUsed, a.used, cmp.AllowUnexported(callsWith{}, callTraits{})); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
}

// TestNoveltyRead checks that uses of one thing in one hour are one, with the least of
// what they say of the actor.
func TestNoveltyRead(t *testing.T) {
	t.Parallel()
	a := &actorCalls{name: "ana", used: []callsWith{
		{&callTraits{model: "model-b", client: "boto3", role: "writer"}, 7, 2},
		{&callTraits{model: "model-a", client: "curl", app: "chat"}, 7, 1},
		{&callTraits{model: "model-a", client: "boto3", role: "reader", app: "bot"}, 7, 4},
		{&callTraits{client: "curl"}, 6, 1},
	}}
	want := [][]used{{
		{actor: "ana", value: "model-a", family: "model-a", atUS: 7 * hourUS, role: "reader", app: "bot", calls: 5},
		{actor: "ana", value: "model-b", family: "model-b", atUS: 7 * hourUS, role: "writer", calls: 2},
	}}
	got := identityNewModel().read([]*actorCalls{a, {name: "bob"}})
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(used{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestReadCallsInParts checks that calls that are read in parts are those that are read
// at once, in the same order.
func TestReadCallsInParts(t *testing.T) {
	t.Parallel()
	c := casetest.Open(t, drilled(t, drill.Config{Seed: 5, Days: 3, Calls: 3000}))
	r := &run{c: c, features: features.NewSet(c), options: Options{Threads: 2}}
	if err := r.need(t.Context(), "call"); err != nil {
		t.Fatal(err)
	}
	whole, err := r.readCalls(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(whole) < 20 {
		t.Fatalf("%d actors, want more than 20", len(whole))
	}
	parts, err := r.readCalls(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, parts, cmp.AllowUnexported(actorCalls{}, actorHour{}, callsWith{}, callTraits{}), cmpopts.IgnoreFields(actorCalls{}, "bursts")); diff != "" {
		t.Errorf("in parts (-at once +in parts):\n%s", diff)
	}
}
