package analyze

import (
	"slices"
	"testing"
	"time"
)

func TestFindingID(t *testing.T) {
	base := FindingID("reconcile.skew", 1, "bedrock", "litellm")
	if base != FindingID("reconcile.skew", 1, "bedrock", "litellm") {
		t.Error("the same finding has two ids")
	}
	for _, other := range []string{
		FindingID("reconcile.skew", 2, "bedrock", "litellm"),
		FindingID("reconcile.skew", 1, "bedrockl", "itellm"),
		FindingID("reconcile.ske", 1, "wbedrock", "litellm"),
		FindingID("reconcile.skew", 1, "bedrock", ""),
	} {
		if other == base {
			t.Errorf("another finding has the id %s too", base)
		}
	}
}

func TestSortFindings(t *testing.T) {
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	want := []Finding{
		{ID: "a", Severity: SeverityHigh, First: late},
		{ID: "b", Severity: SeverityLow, First: early, Detector: "x"},
		{ID: "c", Severity: SeverityLow, First: late, Detector: "a", Subject: "1"},
		{ID: "d", Severity: SeverityLow, First: late, Detector: "a", Subject: "2"},
		{ID: "e", Severity: SeverityLow},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	SortFindings(got)
	for i := range want {
		if got[i].ID != want[i].ID {
			t.Errorf("place %d: %s, want %s", i, got[i].ID, want[i].ID)
		}
	}
}

func TestParseSeverity(t *testing.T) {
	for _, word := range Severities() {
		if s, err := ParseSeverity(word); err != nil || s.String() != word {
			t.Errorf("%s: %v, %v", word, s, err)
		}
	}
	if _, err := ParseSeverity("urgent"); err == nil {
		t.Error("a word that is no severity was read as one")
	}
}
