package analyze

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScoreOf(t *testing.T) {
	for _, tt := range []struct{ p, want float64 }{
		{1, 0}, {2, 0}, {0.1, 1}, {0.05, 1.3}, {1e-15, 15}, {1e-300, 15}, {0, 15}, {math.NaN(), 15},
	} {
		if got := ScoreOf(tt.p); got != tt.want {
			t.Errorf("ScoreOf(%v) = %v, want %v", tt.p, got, tt.want)
		}
	}
}

func TestOdds(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    Finding
		want float64
	}{
		{"stated", Finding{Severity: SeverityHigh}, 1e-3},
		{"good to know", Finding{Severity: SeverityInfo}, 1},
		{"one of many tests", Finding{Severity: SeverityHigh, Test: &Test{P: 1e-6, Q: 1e-3, Tests: 10_000}}, 1e-2},
		{"what chance shows", Finding{Severity: SeverityHigh, Test: &Test{P: 1e-3, Q: 0.04, Tests: 10_000}}, 0.5},
		{"rarer than any model knows", Finding{Test: &Test{Tests: 10}}, 1e-15},
	} {
		if got := tt.f.Odds(); math.Abs(got-tt.want) > 1e-9*tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRankFindings(t *testing.T) {
	list := []Finding{
		{ID: "a", Severity: SeverityLow, Score: 9},
		{ID: "b", Severity: SeverityHigh, Score: 2},
		{ID: "d", Severity: SeverityHigh, Score: 3, Subject: "y"},
		{ID: "e", Severity: SeverityHigh, Score: 3, Subject: "z", Parts: []string{"c", "d"}},
		{ID: "c", Severity: SeverityHigh, Score: 3, Subject: "x"},
		{ID: "f", Detector: "x.common", Severity: SeverityLow, Score: 1, Subject: "a"},
		{ID: "g", Detector: "x.common", Severity: SeverityLow, Score: 1, Subject: "b"},
		{ID: "h", Detector: "x.rare", Severity: SeverityLow, Score: 1, Subject: "z"},
		{ID: "i", Detector: "x.rare", Severity: SeverityLow, Score: 1, Subject: "z"},
	}
	RankFindings(list)
	var got []string
	for _, f := range list {
		got = append(got, f.ID)
	}
	if diff := cmp.Diff([]string{"e", "c", "d", "b", "a", "h", "i", "f", "g"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
