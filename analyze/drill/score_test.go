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
			{Detector: "volume.calls", Last: at(20, 12), Requests: []string{"r2"}, Q: 0.01},
			{Detector: "identity.new-client", Last: at(20, 11), Requests: []string{"x"}, Q: 0.02},
		}},
		{ID: "false", Detector: "volume.calls", Last: at(21, 9), Requests: []string{"y"}, Q: 0.03},
		{ID: "right", Detector: "anti-forensics.logging-off", Last: at(23, 10), Requests: []string{"r4"}},
		{ID: "one too many", Detector: "volume.calls", Last: at(21, 9), Requests: []string{"z"}},
		{ID: "too late", Detector: "volume.calls", Last: at(22, 11), Requests: []string{"r3"}},
	}
	want := &Scorecard{
		Days: 30, Budget: 1.0 / 30, Claims: 3, False: 1, Beyond: 2,
		Rows: []ScoreRow{
			{Scenario: "call-spike", Strength: Easy, Of: 1, Found: 1, Delay: 2 * time.Hour, Detectors: []string{"volume.calls"}},
			{Scenario: "call-spike", Strength: Normal, Of: 1},
			{Scenario: "logging-off", Strength: Easy, Of: 1, Found: 1, Detectors: []string{"anti-forensics.logging-off"}},
		},
		Strengths: []ScoreRow{
			{Strength: Easy, Of: 2, Found: 2, Delay: 2 * time.Hour, Detectors: []string{"anti-forensics.logging-off", "volume.calls"}},
			{Strength: Normal, Of: 1},
		},
		Detectors: []DetectorScore{
			{"anti-forensics.logging-off", 1, 1}, {"identity.new-client", 0, 1}, {"volume.calls", 1, 2},
		},
		Statistical: DetectorScore{"", 1, 3},
	}
	if diff := cmp.Diff(want, Score(truth, claims, 30, 1.0/30)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
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
