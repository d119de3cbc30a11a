package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// JUnit writes findings as JUnit XML: a suite for each family of detectors, a
// test for each detector, and a failure for each of its findings of at least the
// severity FailOn. The others, and those on which nobody has to act, are output
// of the test. A detector that does not apply to the case is skipped.
func JUnit(w io.Writer, r *FindingReport) error {
	of := map[string][]*ReportedFinding{}
	for i := range r.Findings {
		of[r.Findings[i].Detector] = append(of[r.Findings[i].Detector], &r.Findings[i])
	}
	all := junitSuites{Name: "exhibit"}
	for i := range r.Detectors {
		d := &r.Detectors[i]
		family := analyze.Family(d.ID)
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != family {
			all.Suites = append(all.Suites, junitSuite{Name: family})
		}
		all.Suites[len(all.Suites)-1].add(newJUnitCase(d, of[d.ID], r.FailOn))
	}
	for _, s := range all.Suites {
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Skipped += s.Skipped
	}
	return writeJUnit(w, all)
}

func writeJUnit(w io.Writer, all junitSuites) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("rendering JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr,omitempty"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

// add counts a test by its outcome, however many findings it has.
func (s *junitSuite) add(c junitCase) {
	s.Tests++
	if len(c.Failures) > 0 {
		s.Failures++
	}
	if len(c.Errors) > 0 {
		s.Errors++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

type junitCase struct {
	Class    string         `xml:"classname,attr"`
	Name     string         `xml:"name,attr"`
	Skipped  *junitMessage  `xml:"skipped"`
	Failures []junitMessage `xml:"failure"`
	Errors   []junitMessage `xml:"error"`
	Output   string         `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

func newJUnitCase(d *ReportedDetector, findings []*ReportedFinding, failOn analyze.Severity) junitCase {
	c := junitCase{Class: "exhibit." + analyze.Family(d.ID), Name: d.ID}
	if d.NotApplicable != "" {
		c.Skipped = &junitMessage{Message: Terminal("not applicable: " + d.NotApplicable)}
	}
	var output []string
	for _, f := range findings {
		text := junitText(f)
		switch why := f.settled(); {
		case why != "":
			output = append(output, Terminal(why)+"\n"+text)
		case f.Severity < failOn:
			output = append(output, text)
		default:
			c.Failures = append(c.Failures, junitMessage{Message: Terminal(f.Title), Type: f.Severity.String(), Text: text})
		}
	}
	c.Output = strings.Join(output, "\n\n")
	return c
}

// junitText says what a finding is. XML has no place for control characters,
// which are shown as escapes.
func junitText(f *ReportedFinding) string {
	lines := []string{f.ID + " " + f.Severity.String() + ": " + f.Title, f.Explanation}
	for _, p := range f.Places {
		lines = append(lines, fmt.Sprintf("event %s: %s, %d bytes at %d", p.Event, p.Path, p.Length, p.Offset))
	}
	return TerminalBlock(strings.Join(lines, "\n"))
}
