package drill

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// Look-alikes happen, in the same way with any number of workers, and a traveller
// is in one place at a time.
func TestLookAlikes(t *testing.T) {
	c := Config{Seed: 41, Days: 31, Calls: 8000, Words: [2]int{3, 9}, LookAlikes: true}
	report, dir := generate(t, c)
	c.Workers = 5
	if _, again := generate(t, c); treeHash(t, dir) != treeHash(t, again) {
		t.Error("other workers give other bytes")
	}
	if len(report.Truth) > 0 || len(report.Incidents) > 0 {
		t.Errorf("%d steps of %d incidents", len(report.Truth), len(report.Incidents))
	}
	var names []string
	for _, l := range report.LookAlikes {
		names = append(names, l.LookAlike)
		if l.Subject.Principal == "" || l.Last.Before(l.First) {
			t.Errorf("%+v", l)
		}
	}
	for _, name := range LookAlikeNames() {
		if !slices.Contains(names, name) {
			t.Errorf("there is no %s", name)
		}
	}
	trail := readTrail(t, filepath.Join(dir, "cloudtrail.json"))
	for _, l := range report.LookAlikes {
		if l.LookAlike != "travel" {
			continue
		}
		there := 0
		for _, r := range trail {
			if r.UserIdentity.ARN != l.Subject.Principal || r.EventTime.Before(l.First) || !r.EventTime.Before(l.Last) {
				continue
			}
			there++
			if hotels := "203.0.113."; r.SourceIPAddress[:min(len(hotels), len(r.SourceIPAddress))] != hotels {
				t.Errorf("%s is at %s while travelling", l.Subject.Principal, r.SourceIPAddress)
			}
		}
		if there == 0 && l.Last.Sub(l.First) > 48*time.Hour {
			t.Logf("%s made no call on the way", l.Subject.Principal)
		}
	}
}

// Incidents are the same ones with and without look-alikes around them, as far as
// scenarios and strengths go, and no look-alike counts as a step.
func TestLookAlikesBesideIncidents(t *testing.T) {
	c := incidentsConfig(42, 1)
	without, _ := generate(t, c)
	c.LookAlikes = true
	with, _ := generate(t, c)
	if len(with.Incidents) != len(without.Incidents) || len(with.LookAlikes) < len(LookAlikeNames()) {
		t.Errorf("%d and %d incidents, %d look-alikes", len(with.Incidents), len(without.Incidents), len(with.LookAlikes))
	}
	for _, s := range with.Truth {
		if s.Incident == "" || s.Note == "" {
			t.Errorf("step %+v is of no incident", s)
		}
	}
	for _, in := range with.Incidents {
		for _, l := range with.LookAlikes {
			if l.LookAlike == "travel" && l.Subject.Principal == in.Subject.Principal && !in.First.After(l.Last) && !l.First.After(in.Last) {
				t.Errorf("%s of somebody who travels", in.Incident)
			}
		}
	}
}

// What is written as the truth is read again.
func TestTruthIsRead(t *testing.T) {
	c := incidentsConfig(43, 1)
	c.LookAlikes, c.Tampering = true, Tampering{Removed: 4}
	c.Sources = []string{"cloudtrail", "bedrock"}
	report, _ := generate(t, c)
	var text strings.Builder
	if err := report.WriteTruth(&text); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTruth(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	want := &TruthLog{Steps: report.Truth, Incidents: report.Incidents, LookAlikes: report.LookAlikes, Tampered: 4}
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("the truth read again (-want +got):\n%s", d)
	}
}
