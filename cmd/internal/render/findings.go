package render

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// The output formats of findings for other programs.
const (
	FormatSARIF = "sarif" // SARIF 2.1.0, for code scanners
	FormatJUnit = "junit" // JUnit XML, for CI servers
	FormatOCSF  = "ocsf"  // OCSF detection findings, a line each, for security data lakes
)

// FindingReport is what SARIF, JUnit and OCSF are made of.
type FindingReport struct {
	Version    string // of this tool
	Case, Head string
	// Newest is the time that stands for findings without one: that of the
	// newest event, so that the same case gives the same bytes.
	Newest    time.Time
	Detectors []ReportedDetector // those that were asked, in order
	Findings  []ReportedFinding  // in the order in which to look at them
	// FailOn is the least severity of what fails a test of JUnit.
	FailOn analyze.Severity
}

// ReportedDetector is a detector of a run.
type ReportedDetector struct {
	*analyze.About
	NotApplicable string // why it could not run; "" when it did
}

// ReportedFinding is a finding with what was said of it, and where its first
// events stand.
type ReportedFinding struct {
	analyze.Finding
	State   string // open, investigating, contained or closed
	Verdict string // of a closed finding
	Places  []EventPlace
}

// EventPlace is where an event stands in the evidence.
type EventPlace struct {
	Event          string // id
	Path           string // of the evidence, as loaded
	SHA256         string // of the evidence
	Offset, Length int64  // bytes, in the decompressed evidence
}

// Encode writes the report in one of the formats above.
func (r *FindingReport) Encode(w io.Writer, format string) error {
	switch format {
	case FormatSARIF:
		return SARIF(w, r)
	case FormatJUnit:
		return JUnit(w, r)
	case FormatOCSF:
		return OCSF(w, r)
	}
	return fmt.Errorf("rendering findings: no output format %q", format)
}

// FindingFormats lists the output formats of findings, the default first.
func FindingFormats() []string { return append(Formats(), FormatSARIF, FormatJUnit, FormatOCSF) }

// settled says why nobody has to act on a finding, "" when somebody has to.
func (f *ReportedFinding) settled() string {
	if s := f.Suppressed; s != nil {
		return "suppressed by " + s.By + " until " + s.Until.Format(time.DateOnly) + ": " + s.Reason
	}
	if f.State == "closed" {
		return "closed: " + f.Verdict
	}
	return ""
}

// factValues are facts by name.
func factValues(facts []analyze.Fact) map[string]any {
	if len(facts) == 0 {
		return nil
	}
	out := map[string]any{}
	for _, f := range facts {
		out[f.Name] = f.Value
	}
	return out
}

// techniques returns the ATT&CK techniques among tags, such as T1078.004.
func techniques(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if id, ok := strings.CutPrefix(tag, "attack.t"); ok {
			out = append(out, "T"+strings.ToUpper(id))
		}
	}
	return out
}
