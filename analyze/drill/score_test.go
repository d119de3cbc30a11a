package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScore holds claims against a truth of three incidents, read from its file.
func TestScore(t *testing.T) {
	truth, err := ReadTruth(strings.NewReader(`{"scenario":"call-spike","time":"2026-03-20T10:00:00Z","operation":"Converse","request_id":"r1","incident":"call-spike-easy-1","strength":"easy","instance":1}
{"scenario":"call-spike","time":"2026-03-20T11:00:00Z","operation":"Converse","request_id":"r2","incident":"call-spike-easy-1","strength":"easy","instance":1}
{"scenario":"call-spike","time":"2026-03-22T10:00:00Z","operation":"Converse","request_id":"r3","incident":"call-spike-normal-1","strength":"normal","instance":1}
{"scenario":"logging-off","time":"2026-03-23T10:00:00Z","operation":"DeleteModelInvocationLoggingConfiguration","request_id":"r4"}
{"incident":"call-spike-easy-1","scenario":"call-spike","strength":"easy","instance":1,"subject":{},"first":"2026-03-20T10:00:00Z","last":"2026-03-20T11:00:00Z","steps":2,"techniques":null}
{"incident":"call-spike-normal-1","scenario":"call-spike","strength":"normal","instance":1,"subject":{},"first":"2026-03-22T10:00:00Z","last":"2026-03-22T10:00:00Z","steps":1,"techniques":null}
{"action":"removed","source":"bedrock"}
`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
	claims := []Claim{
		{ID: "story", Detector: "story", Last: at(20, 15), Requests: []string{"r2", "x"}, Parts: []Claim{
			{Detector: "volume.calls", Last: at(20, 12), Requests: []string{"r2"}, Tested: true},
			{Detector: "identity.new-client", Last: at(20, 11), Requests: []string{"x"}, Tested: true},
		}},
		{ID: "false", Detector: "volume.calls", Last: at(21, 9), Requests: []string{"y"}, Tested: true},
		{ID: "right", Detector: "anti-forensics.logging-off", Last: at(23, 10), Requests: []string{"r4"}},
		{ID: "one too many", Detector: "volume.calls", Last: at(21, 9), Requests: []string{"z"}},
		{ID: "too late", Detector: "volume.calls", Last: at(22, 11), Requests: []string{"r3"}},
	}
	want := &Scorecard{
		Days: 30, Budget: 1.0 / 30, Claims: 3, False: 1, Beyond: 2,
		Rows: []ScoreRow{
			{Scenario: "call-spike", Strength: Easy, Of: 1, Found: 1, Delay: 2 * time.Hour, Detectors: []string{"volume.calls"}},
			{Scenario: "call-spike", Strength: Normal, Of: 1, Late: 1},
			{Scenario: "logging-off", Strength: Easy, Of: 1, Found: 1, Detectors: []string{"anti-forensics.logging-off"}},
		},
		Strengths: []ScoreRow{
			{Strength: Easy, Of: 2, Found: 2, Delay: 2 * time.Hour, Detectors: []string{"anti-forensics.logging-off", "volume.calls"}},
			{Strength: Normal, Of: 1, Late: 1},
		},
		Detectors: []DetectorScore{
			{"anti-forensics.logging-off", 1, 1, 0}, {"identity.new-client", 0, 1, 0}, {"volume.calls", 1, 2, 1},
		},
		Statistical: DetectorScore{"", 1, 3, 0},
		Incidents: []Outcome{
			{IncidentTruth: &truth.Incidents[0], Found: true, Delay: 2 * time.Hour, Detectors: []string{"volume.calls"}},
			{IncidentTruth: &truth.Incidents[1], Late: true, Delay: time.Hour, Detectors: []string{"volume.calls"}},
			{IncidentTruth: &truth.Incidents[2], Found: true, Detectors: []string{"anti-forensics.logging-off"}},
		},
	}
	if diff := cmp.Diff(want, Score(truth, claims, 30, 1.0/30)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	pooled := Pool(want, want)
	if got := pooled.Rows[0]; got.Of != 2 || got.Found != 2 || pooled.Days != 60 || pooled.False != 2 || pooled.Detectors[2].Made != 4 {
		t.Errorf("twice the same: %+v", pooled)
	}
	if truth.Tampered != 1 {
		t.Errorf("%d records tampered with, want 1", truth.Tampered)
	}
}

func TestReadTruthRefuses(t *testing.T) {
	for _, text := range []string{"no JSON", `{"scenario":"a"}`, `{"scenario":"a","first":7}`} {
		if _, err := ReadTruth(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestScoreLate tells what the budget leaves out from what nothing shows: a claim
// beyond it adds nothing to an incident that was found, and a claim within it that
// has no step of any incident is false, though it is about the same subject.
func TestScoreLate(t *testing.T) {
	truth := &TruthLog{
		Incidents: []IncidentTruth{{Incident: "found"}, {Incident: "late"}, {Incident: "missed"}},
		Steps:     []Truth{{RequestID: "f", Incident: "found"}, {RequestID: "l", Incident: "late"}, {RequestID: "m", Incident: "missed"}},
	}
	card := Score(truth, []Claim{
		{Detector: "a", Requests: []string{"f"}},
		{Detector: "b", Requests: []string{"aftermath"}},
		{Detector: "c", Requests: []string{"f", "l"}},
	}, 30, 0)
	want := []Outcome{
		{IncidentTruth: &truth.Incidents[0], Found: true, Detectors: []string{"a"}},
		{IncidentTruth: &truth.Incidents[1], Late: true, Detectors: []string{"c"}},
		{IncidentTruth: &truth.Incidents[2]},
	}
	if diff := cmp.Diff(want, card.Incidents); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if card.Claims != 1 || card.False != 0 || card.Beyond != 2 {
		t.Errorf("%d claims, %d false, %d beyond; want 1, 0, 2", card.Claims, card.False, card.Beyond)
	}
}

// TestScoreChance takes what a claim has by chance for nothing that it shows: the
// calls of everybody while nothing was logged have steps of other incidents among
// them.
func TestScoreChance(t *testing.T) {
	truth := &TruthLog{
		Incidents: []IncidentTruth{{Incident: "logging-off"}, {Incident: "drift"}, {Incident: "spike"}},
		Steps: []Truth{
			{RequestID: "off", Incident: "logging-off"},
			{RequestID: "d1", Incident: "drift"},
			{RequestID: "d2", Incident: "drift"},
			{RequestID: "s1", Incident: "spike"},
			{RequestID: "s2", Incident: "spike"},
		},
	}
	with := func(of int, ids ...string) []string {
		for len(ids) < of {
			ids = append(ids, "of somebody else")
		}
		return ids
	}
	for _, tt := range []struct {
		name  string
		claim Claim
		want  []string
		wrong int
	}{
		{"begins with a step", Claim{Requests: with(41, "off", "d1", "d2")}, []string{"logging-off"}, 0},
		{"a twentieth", Claim{Requests: with(40, "x", "d1", "d2", "s1")}, []string{"drift"}, 0},
		{"less", Claim{Requests: with(41, "x", "d1", "d2", "s1", "s2")}, nil, 1},
		{"a part of its own", Claim{Requests: with(99, "x", "s1"), Parts: []Claim{{Requests: with(97, "x")}, {Requests: []string{"x", "s1"}}}}, []string{"spike"}, 0},
		{"nothing", Claim{}, nil, 1},
	} {
		card := Score(truth, []Claim{tt.claim}, 30, 1)
		var got []string
		for i := range card.Incidents {
			if card.Incidents[i].Found {
				got = append(got, card.Incidents[i].Incident)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || card.False != tt.wrong {
			t.Errorf("%s: %d false, want %d; (-want +got):\n%s", tt.name, card.False, tt.wrong, diff)
		}
	}
}
