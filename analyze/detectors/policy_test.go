package detectors

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze/casefile/casetest"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// TestPolicyFindings says what is found in the cases that hit: a finding for each
// subject, rule and day, and how severe it is.
func TestPolicyFindings(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"policy.forbidden-call/hit-model-region-operation": {
			"high ana 2026-03-02 calls/analysts-ask 3", "high bo 2026-03-02 calls/no-b-for-bo 1", "low bo 2026-03-03 calls/no-b-for-bo 1",
		},
		"policy.sensitivity/hit-too-sensitive": {"high ana 2026-03-02 calls/no-restricted 1"},
		"policy.unapproved-model/hit-refused-unknown-and-without-owner": {
			"high ana 2026-03-02 models/b 1", "info model-c models/c 1", "low model-d models/d 1", "medium model-e models/none 2",
		},
		"policy.off-hours/hit-evening-weekend-and-holiday": {
			"low ana 2026-03-02 office 2", "low ana 2026-03-07 office 1", "low bo 2026-03-02 night 1", "medium ana 2026-03-04 office 1",
		},
		"policy.network/hit-elsewhere": {"high ana 2026-03-02 networks/office 2", "low ana 2026-03-02 networks/not-that-corner 1"},
		"policy.destination/hit-tool-host-bucket-and-format": {
			"high ana 2026-03-02 destinations/no-paste 1", "high ana 2026-03-02 destinations/ours 3", "medium bo 2026-03-02 formats/only-json 1",
		},
		"policy.tool/hit-tool-and-place": {
			"high ana 2026-03-02 tools/readers 2", "high ana 2026-03-02 writes/no-hooks 1", "high ana 2026-03-02 writes/project 1",
		},
		"policy.unapproved-change/hit-without-and-too-late": {"medium ana 2026-03-02 approvals/T-3 2", "medium eve 2026-03-02 approvals/none 2"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			dir, p := loadCase(t, filepath.Join(casesFolder, path))
			var got []string
			r := runAlone(t, filepath.Dir(path), dir, p, 2)
			for i := range r.Findings {
				f := &r.Findings[i]
				got = append(got, fmt.Sprintf("%s %s %s %d", f.Severity, f.Subject, f.Bucket, f.EventCount))
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNoSecretsOfDestinations keeps what may be secret in a URL out of findings.
func TestNoSecretsOfDestinations(t *testing.T) {
	t.Parallel()
	dir, p := loadCase(t, filepath.Join(casesFolder, "policy.destination/hit-tool-host-bucket-and-format"))
	r := runAlone(t, "policy.destination", dir, p, 2)
	if text := fmt.Sprintf("%+v", r.Findings); strings.Contains(text, "secret") || strings.Contains(text, "abc") {
		t.Errorf("a finding shows a secret: %s", text)
	}
}

// TestThreshold runs a detector with a number of the policy instead of its own.
func TestThreshold(t *testing.T) {
	t.Parallel()
	dir, _ := loadCase(t, filepath.Join(casesFolder, "policy.off-hours/hit-evening-weekend-and-holiday"))
	p, err := policy.Parse([]byte(`{version: 1, calendars: [{name: office, zone: UTC, hours: [{days: [sun], open: "00:00", close: "24:00"}]}],
		detectors: {policy.off-hours: {thresholds: {calls: 3}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	r := runAlone(t, "policy.off-hours", dir, p, 2)
	if len(r.Findings) != 1 || r.Findings[0].EventCount != 3 {
		t.Errorf("found %s", tell(r.Findings))
	}
}

// TestThresholdsAreDeclared wants every threshold described, and refuses others.
func TestThresholdsAreDeclared(t *testing.T) {
	t.Parallel()
	for _, a := range mustAll(t) {
		for _, x := range a.Thresholds {
			if x.Name == "" || x.Unit == "" || x.What == "" || x.Default <= 0 {
				t.Errorf("%s: the threshold %+v is not described", a.ID, x)
			}
		}
	}
	if _, err := (&run{}).threshold(policyHours{}.about(), "moon"); err == nil {
		t.Error("a threshold that is not declared has a number")
	}
}

// TestPolicyLacks says why a detector of a policy does not apply.
func TestPolicyLacks(t *testing.T) {
	t.Parallel()
	dir, _ := loadCase(t, filepath.Join(casesFolder, "policy.network/hit-elsewhere"))
	empty, err := policy.Parse([]byte("version: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for want, p := range map[string]*policy.Policy{"no policy": nil, "the policy says nothing of networks": empty} {
		if got := runAlone(t, "policy.network", dir, p, 1).Detectors[0].NotApplicable; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestClosedOn compares when a calendar is closed with its answers, minute by
// minute, over days on which clocks change.
func TestClosedOn(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse([]byte(`{version: 1, calendars: [{zone: Europe/Zurich, hours: [{days: [sat, sun, mon], open: "22:10", close: "03:40"}], holidays: [2026-03-28]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	h, ok := p.BusinessHours(policy.Subject{})
	if !ok {
		t.Fatal("there is no calendar")
	}
	first := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC).Unix() / 86400
	var spans []closedSpan
	for day := first; day < first+5; day++ {
		spans = closedOn(spans, h, day)
	}
	for at := first * 86400; at < (first+5)*86400; at += 60 {
		closed := slices.ContainsFunc(spans, func(s closedSpan) bool { return s.F <= at*1e6 && at*1e6 < s.T })
		if closed == h.Open(time.Unix(at, 0)) {
			t.Fatalf("%s: closed is %v", time.Unix(at, 0).UTC(), closed)
		}
	}
	for _, s := range spans {
		from, to := time.UnixMicro(s.F).In(h.Zone()), time.UnixMicro(s.T-1).In(h.Zone())
		if from.Format(time.DateOnly) != s.Day || to.Format(time.DateOnly) != s.Day {
			t.Errorf("%s to %s is not of the day %s", from, to, s.Day)
		}
	}
}

// TestAgainstEverybody keeps the findings of a rule that is against everybody
// within bounds, and says how many are left out.
func TestAgainstEverybody(t *testing.T) {
	t.Parallel()
	var l journal
	for i := range maxAgainst + 5 {
		l.add(start, fmt.Sprintf("user-%d", i))
	}
	p, err := policy.Parse([]byte("{version: 1, calls: [{effect: deny}]}"))
	if err != nil {
		t.Fatal(err)
	}
	c := casetest.Open(t, l.load(t))
	r, err := Run(t.Context(), c, Options{Only: []string{"policy.forbidden-call"}, Policy: p})
	if err != nil {
		t.Fatal(err)
	}
	if n, notes := len(r.Findings), r.Detectors[0].Notes; n != maxAgainst || !slices.Contains(notes, "5 more findings, none severer, left out") {
		t.Errorf("%d findings, %v", n, notes)
	}
}
