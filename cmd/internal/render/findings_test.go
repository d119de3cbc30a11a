package render

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// attackText is a text that an attacker could have had logged.
const attackText = "eve\x1b[2J\u202e ]]><b>&\"' [click](https://example.com) {0} \\ \xff"

// reportFixture has a finding of every kind.
func reportFixture() *FindingReport {
	at := time.Date(2026, 3, 4, 5, 6, 7, 89000, time.UTC)
	detector := func(id string, s analyze.Severity, why string) ReportedDetector {
		return ReportedDetector{&analyze.About{
			ID: id, Version: 1, Title: "Title of " + id, Severity: s, Why: "Why " + id + " matters.", Tags: []string{"attack.t1078.004", "owasp.llm10"},
			Triage: []string{"look"}, Collect: []string{"keep"}, Contain: []string{"stop"}, FalsePositives: []string{"a test"},
		}, why}
	}
	place := EventPlace{Event: "abcdef01-3", Path: "logs/a b%.json.gz", SHA256: strings.Repeat("ab", 32), Offset: 0, Length: 12}
	return &FindingReport{
		Version: "1.0.0", Case: "a.case", Head: "3:00", Newest: at.Add(24 * time.Hour), FailOn: analyze.SeverityMedium,
		Detectors: []ReportedDetector{
			detector("volume.calls", analyze.SeverityHigh, ""), detector("volume.cost", analyze.SeverityLow, ""),
			detector("identity.travel", analyze.SeverityMedium, "no call in this case says: src ip\x1b"), detector("story", analyze.SeverityMedium, ""),
		},
		Findings: []ReportedFinding{
			{Finding: analyze.Finding{
				ID: "f-0000000000000001", Detector: "story", Severity: analyze.SeverityCritical, Subject: "eve", Actor: "eve", Title: "eve: one, then two", Explanation: "2 findings",
				First: at, Last: at.Add(time.Hour), Parts: []string{"f-0000000000000002", "f-0000000000000003"}, EventCount: 2, Score: 9.5, Tags: []string{"attack.t1078"},
			}, State: "open", Places: []EventPlace{place, {Event: "abcdef01-4", Path: "/var/log/é.json", SHA256: strings.Repeat("cd", 32), Offset: 7}}},
			{Finding: analyze.Finding{
				ID: "f-0000000000000002", Detector: "volume.calls", Severity: analyze.SeverityHigh, Subject: attackText, Actor: attackText, Bucket: attackText, Title: attackText, Explanation: attackText + "\nsecond line",
				First: at, Last: at, Facts: []analyze.Fact{{Name: "calls", Value: int64(7)}, {Name: "text", Value: attackText}}, EventCount: 1, Score: 9,
				Test: &analyze.Test{P: 1e-9, Q: 2e-7, Tests: 200}, Tags: []string{"attack.t1078.004", "owasp.llm10"},
			}, State: "investigating", Places: []EventPlace{place}},
			{Finding: analyze.Finding{
				ID: "f-0000000000000003", Detector: "volume.calls", Severity: analyze.SeverityMedium, Subject: "bob", Title: "known", EventCount: 1, Score: 2,
				Suppressed: &analyze.Suppression{By: "ana@example.com", Reason: attackText, Until: at},
			}, State: "open"},
			{Finding: analyze.Finding{ID: "f-0000000000000004", Detector: "volume.calls", Severity: analyze.SeverityMedium, Subject: "cy", Title: "over"}, State: "closed", Verdict: "benign"},
			{Finding: analyze.Finding{ID: "f-0000000000000005", Detector: "volume.cost", Severity: analyze.SeverityLow, Subject: "dee", Title: "a little", First: at}, State: "open"},
			{Finding: analyze.Finding{ID: "f-0000000000000006", Detector: "gone.detector", Severity: analyze.SeverityInfo, Subject: "dee", Title: "good to know"}, State: "open"},
		},
	}
}

func encodeReport(t *testing.T, r *FindingReport, format string) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := r.Encode(&buf, format); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// TestFindingReports compares each format with its golden file; SARIF and OCSF
// are indented for it.
func TestFindingReports(t *testing.T) {
	for _, format := range []string{FormatSARIF, FormatJUnit, FormatOCSF} {
		t.Run(format, func(t *testing.T) {
			got := encodeReport(t, reportFixture(), format)
			if strings.ContainsAny(string(got), "\x1b\u202e") {
				t.Errorf("hidden characters came through: %q", got)
			}
			if format != FormatJUnit {
				var pretty bytes.Buffer
				for line := range bytes.Lines(got) {
					if err := json.Indent(&pretty, line, "", "  "); err != nil {
						t.Fatal(err)
					}
				}
				got = pretty.Bytes()
			}
			path := filepath.Join("testdata", "findings."+format)
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindingReportUnknown(t *testing.T) {
	if err := reportFixture().Encode(io.Discard, "moon"); err == nil {
		t.Error("accepted")
	}
}

// TestSARIFEscapes checks that no logged text becomes a link or placeholder of a
// message.
func TestSARIFEscapes(t *testing.T) {
	if got, want := sarifMessage("[a](b) {0} \\").Text, `\[a\](b) {{0}} \\`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEvidenceURI(t *testing.T) {
	for path, want := range map[string]string{
		"logs/a.json": "logs/a.json", "a b%.json": "a%20b%25.json", "/x/y.json": "file:///x/y.json", `c\d.json`: "c/d.json",
		"a.zip::b.json": "./a.zip::b.json", "b:c.json": "./b:c.json", "-": "-",
	} {
		if got := evidenceURI(path); got != want {
			t.Errorf("evidenceURI(%q) = %q, want %q", path, got, want)
		}
	}
}

// FuzzFindingReports checks that any text gives documents that parse, and that
// what they say of it is what was said.
func FuzzFindingReports(f *testing.F) {
	f.Add(attackText)
	f.Add("plain")
	f.Fuzz(func(t *testing.T, text string) {
		r := reportFixture()
		r.Findings[0].Title, r.Findings[0].Explanation, r.Findings[0].Places[0].Path, r.Findings[2].Suppressed.Reason = text, text, text, text
		if data := encodeReport(t, r, FormatSARIF); !json.Valid(data) {
			t.Errorf("SARIF is no JSON: %q", data)
		}
		for line := range bytes.Lines(encodeReport(t, r, FormatOCSF)) {
			var e ocsfEvent
			if err := json.Unmarshal(line, &e); err != nil {
				t.Errorf("OCSF: %v: %q", err, line)
			}
		}
		var s junitSuites
		if err := xml.Unmarshal(encodeReport(t, r, FormatJUnit), &s); err != nil {
			t.Fatalf("JUnit: %v", err)
		}
		if s.Tests != len(r.Detectors) {
			t.Errorf("%d tests, want %d", s.Tests, len(r.Detectors))
		}
	})
}
