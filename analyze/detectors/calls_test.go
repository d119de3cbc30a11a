package detectors

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestActorCallsLearn checks what is counted of the times of an actor's calls, in
// whatever order they come.
func TestActorCallsLearn(t *testing.T) {
	t.Parallel()
	const minute = 60_000_000
	one, other := &callTraits{model: "model-a", client: "boto3"}, &callTraits{model: "model-b", client: "curl"}
	times := []int64{
		2*hourUS + minute, 2 * hourUS, hourUS - 1, 2*hourUS + 4*minute, // of one
		2*hourUS + 2*minute, 5 * hourUS, // of the other
	}
	a := &actorCalls{}
	a.learn(times, []timesWith{{one, 0, 4}, {other, 4, 6}})
	if a.calls != 6 {
		t.Errorf("calls are %d, want 6", a.calls)
	}
	wantHours := []actorHour{{hour: 0, calls: 1, begun: 1}, {hour: 2, calls: 4, begun: 1}, {hour: 5, calls: 1, begun: 1}}
	if diff := cmp.Diff(wantHours, a.hours, cmp.AllowUnexported(actorHour{})); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	wantUsed := []callsWith{{one, 0, 1}, {one, 2, 3}, {other, 2, 1}, {other, 5, 1}}
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
