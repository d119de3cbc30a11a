package render

import (
	"fmt"
	"io"
	"math"
	"net/url"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// SARIF writes findings as SARIF 2.1.0 (OASIS Standard, 27 March 2020): a rule
// for each detector, a result for each finding with its id as fingerprint, its
// first events as locations, and a suppression where nobody has to act on it.
// Places are bytes of the decompressed evidence.
func SARIF(w io.Writer, r *FindingReport) error {
	run := sarifRun{Properties: map[string]any{"case": r.Case, "head": r.Head, "schemaVersion": SchemaVersion}, Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "exhibit", Version: r.Version, InformationURI: "https://github.com/exhibit-forensics/exhibit", Rules: []sarifRule{}}
	index := map[string]int{}
	for i := range r.Detectors {
		index[r.Detectors[i].ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSARIFRule(&r.Detectors[i]))
	}
	for i := range r.Findings {
		result := newSARIFResult(&r.Findings[i])
		if at, ok := index[r.Findings[i].Detector]; ok {
			result.RuleIndex = &at
		}
		run.Results = append(run.Results, result)
	}
	data, err := JSON(struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
	if err != nil {
		return fmt.Errorf("rendering SARIF: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Results    []sarifResult  `json:"results"`
	Properties map[string]any `json:"properties"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	FullDescription  sarifText      `json:"fullDescription"`
	Help             sarifText      `json:"help"`
	Configuration    map[string]any `json:"defaultConfiguration"`
	Properties       map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID       string             `json:"ruleId"`
	RuleIndex    *int               `json:"ruleIndex,omitempty"`
	Kind         string             `json:"kind"`
	Level        string             `json:"level"`
	Message      sarifText          `json:"message"`
	Rank         float64            `json:"rank"`
	Occurrences  int64              `json:"occurrenceCount,omitempty"`
	Locations    []sarifLocation    `json:"locations,omitempty"`
	Fingerprints map[string]string  `json:"fingerprints"`
	Partial      map[string]string  `json:"partialFingerprints"`
	Suppressions []sarifSuppression `json:"suppressions"`
	Properties   map[string]any     `json:"properties"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Status        string `json:"status"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	Physical sarifPhysical `json:"physicalLocation"`
	Message  sarifText     `json:"message"`
}

type sarifPhysical struct {
	Artifact struct {
		URI string `json:"uri"`
	} `json:"artifactLocation"`
	Region *sarifRegion `json:"region,omitempty"`
}

type sarifRegion struct {
	Offset int64 `json:"byteOffset"`
	Length int64 `json:"byteLength"`
}

// sarifMessage makes a text safe inside a message: hidden characters are shown,
// and what SARIF takes for links (3.11.6) and placeholders (3.11.5) is escaped.
func sarifMessage(s string) sarifText {
	return sarifText{strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`, "{", "{{", "}", "}}").Replace(TerminalBlock(s))}
}

// sarifLevel is the level of a severity.
func sarifLevel(s analyze.Severity) string {
	switch s {
	case analyze.SeverityCritical, analyze.SeverityHigh:
		return "error"
	case analyze.SeverityMedium:
		return "warning"
	case analyze.SeverityLow:
		return "note"
	}
	return "none"
}

// securitySeverity is what GitHub ranks by: above 9.0 is critical, from 7.0
// high, from 4.0 medium, from 0.1 low ("SARIF support for code scanning").
func securitySeverity(s analyze.Severity) string {
	switch s {
	case analyze.SeverityCritical:
		return "9.5"
	case analyze.SeverityHigh:
		return "8.0"
	case analyze.SeverityMedium:
		return "5.5"
	case analyze.SeverityLow:
		return "2.5"
	}
	return "0.0"
}

func newSARIFRule(d *ReportedDetector) sarifRule {
	var help strings.Builder
	help.WriteString(d.Why)
	for _, x := range []struct {
		title string
		lines []string
	}{{"What to look at", d.Triage}, {"What to secure", d.Collect}, {"What to do", d.Contain}, {"What else looks like this", d.FalsePositives}} {
		if len(x.lines) > 0 {
			help.WriteString("\n\n" + x.title + ":\n- " + strings.Join(x.lines, "\n- "))
		}
	}
	tags := append([]string{"security"}, d.Tags...)
	properties := map[string]any{"tags": tags, "majorVersion": d.Version, "security-severity": securitySeverity(d.Severity)}
	if d.NotApplicable != "" {
		properties["notApplicable"] = TerminalBlock(d.NotApplicable)
	}
	return sarifRule{
		ID: d.ID, ShortDescription: sarifMessage(d.Title), FullDescription: sarifMessage(d.Why), Help: sarifMessage(help.String()),
		Configuration: map[string]any{"level": sarifLevel(d.Severity)}, Properties: properties,
	}
}

func newSARIFResult(f *ReportedFinding) sarifResult {
	r := sarifResult{
		RuleID: f.Detector, Kind: "fail", Level: sarifLevel(f.Severity), Message: sarifMessage(f.Title + "\n\n" + f.Explanation),
		Rank: math.Round(1000*f.Score/analyze.MaxScore) / 10, Occurrences: f.EventCount,
		Fingerprints: map[string]string{"exhibitFinding/v1": f.ID}, Partial: map[string]string{"exhibitFinding/v1": f.ID},
		Suppressions: []sarifSuppression{}, Properties: sarifProperties(f),
	}
	if f.Severity == analyze.SeverityInfo {
		r.Kind = "informational" // 3.27.9: a level other than none is for kind fail
	}
	if why := f.settled(); why != "" {
		r.Suppressions = append(r.Suppressions, sarifSuppression{Kind: "external", Status: "accepted", Justification: TerminalBlock(why)})
	}
	for _, p := range f.Places {
		var l sarifLocation
		l.Physical.Artifact.URI = evidenceURI(p.Path)
		l.Message = sarifMessage("event " + p.Event)
		if p.Length > 0 {
			l.Physical.Region = &sarifRegion{p.Offset, p.Length}
		}
		r.Locations = append(r.Locations, l)
	}
	return r
}

func sarifProperties(f *ReportedFinding) map[string]any {
	out := map[string]any{"severity": f.Severity.String(), "score": f.Score, "subject": f.Subject, "security-severity": securitySeverity(f.Severity)}
	for name, s := range map[string]string{"actor": f.Actor, "bucket": f.Bucket, "state": f.State, "verdict": f.Verdict} {
		if s != "" {
			out[name] = s
		}
	}
	if t := f.Test; t != nil {
		out["p"], out["q"], out["tests"] = t.P, t.Q, t.Tests
	}
	if facts := factValues(f.Facts); facts != nil {
		out["facts"] = facts
	}
	if len(f.Tags) > 0 {
		out["tags"] = f.Tags
	}
	if len(f.Parts) > 0 {
		out["parts"] = f.Parts
	}
	if !f.First.IsZero() {
		out["first"] = f.First.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	return out
}

// evidenceURI makes a URI of the path of evidence: a relative one of a relative
// path.
func evidenceURI(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	u := url.URL{Path: path}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
