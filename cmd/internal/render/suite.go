package render

import (
	_ "embed" // for the template
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/exhibit-forensics/exhibit/replay"
	"github.com/exhibit-forensics/exhibit/replay/suite"
)

// SuiteReport is how a suite stands, with what says what was run.
type SuiteReport struct {
	*suite.Report
	Version string // of this program
	Digest  string // SHA-256 of the suite file
	// Server, Protocol, Model and Cassette (its SHA-256) say what was asked and
	// where it is kept; empty for logged replies.
	Server, Protocol, Model, Cassette string
	Answered                          []string // models, as the server says
	Judge                             SuiteJudge
}

// SuiteJudge says which model judged replies, and where what it was asked and
// said is kept (its SHA-256); empty where none did.
type SuiteJudge struct{ Server, Protocol, Model, Cassette string }

// Agreed says how often the judge said the same each time that it was asked.
func (r *SuiteReport) Agreed() string {
	same, of, none := 0, 0, 0
	for i := range r.Judged {
		same, of, none = same+r.Judged[i].Agreement.Hits, of+r.Judged[i].Agreement.Of, none+r.Judged[i].Open
	}
	text := fmt.Sprintf("it agreed with itself on %d of %d verdicts that it gave more than once", same, of)
	if none > 0 {
		text += fmt.Sprintf("; it gave none %d times", none)
	}
	return text
}

// SuiteJUnit writes how a suite stands as JUnit XML: a test for each case, with a
// failure where it is not met and an error where it is not judged.
func SuiteJUnit(w io.Writer, r *SuiteReport) error {
	s := junitSuite{Name: Terminal(r.Suite.Name)}
	for i := range r.Results {
		result := &r.Results[i]
		c := junitCase{Class: "exhibit.suite", Name: Terminal(strings.TrimSpace(result.Case.ID + " " + result.Case.Title))}
		m := junitMessage{Message: Terminal(result.Why), Type: result.Case.Detector, Text: suiteText(result)}
		switch result.Standing {
		case suite.Unmet:
			c.Failures = append(c.Failures, m)
		case suite.Unknown:
			c.Errors = append(c.Errors, m)
		}
		s.add(c)
	}
	all := junitSuites{Name: "exhibit", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []junitSuite{s}}
	return writeJUnit(w, all)
}

// suiteText says what the samples of a case show.
func suiteText(r *suite.Result) string {
	lines := []string{fmt.Sprintf("finding %s, event %s", orDash(r.Case.Finding), orDash(r.Case.Request.Event)), rateWords(r)}
	for i := range r.Samples {
		s := &r.Samples[i]
		if s.Standing == suite.Met {
			continue
		}
		lines = append(lines, fmt.Sprintf("sample %d: %s", s.Sample, s.Why))
		if s.Reply != nil {
			lines = append(lines, shown(replyWords(s.Reply)))
		}
	}
	return TerminalBlock(strings.Join(lines, "\n"))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// rateWords says how many samples met a case, and how far the share of all
// replies may be from theirs.
func rateWords(r *suite.Result) string {
	text := fmt.Sprintf("%d of %d samples met it, %s wanted", r.Met, len(r.Samples), percent(r.Case.Least()))
	if r.Open > 0 {
		text += fmt.Sprintf("; %d not judged", r.Open)
	}
	if r.Rate.Of > 0 {
		text += fmt.Sprintf("; of all replies %s to %s (95 %% Wilson interval)", percent(r.Rate.Low), percent(r.Rate.High))
	}
	return text
}

func percent(share float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(100*share, 'f', 1, 64), ".0") + " %"
}

// replyWords is what a model said, and the tools that it asked for.
func replyWords(q *replay.Reply) string {
	var parts []string
	if q.Text != "" {
		parts = append(parts, q.Text)
	}
	for i := range q.ToolCalls {
		parts = append(parts, "[tool "+q.ToolCalls[i].Name+" "+string(q.ToolCalls[i].Arguments)+"]")
	}
	if len(parts) == 0 && (q.ErrorCode != "" || q.ErrorMessage != "") {
		parts = append(parts, strings.TrimSpace("[error "+q.ErrorCode+" "+q.ErrorMessage)+"]")
	}
	return strings.Join(parts, "\n")
}

// shownText bounds how much of one text a report repeats, in bytes.
const shownText = 20_000

func shown(text string) string {
	if len(text) <= shownText {
		return text
	}
	return strings.ToValidUTF8(text[:shownText], "") + fmt.Sprintf("\n[%d more bytes]", len(text)-shownText)
}

// shownSamples bounds the samples of a case that a page repeats; the counts are of
// all.
const shownSamples = 50

//go:embed suite.html.tmpl
var suitePage string

// SuiteHTML writes how a suite stands as one page that loads nothing from
// elsewhere and runs nothing.
func SuiteHTML(w io.Writer, r *SuiteReport) error {
	t, err := template.New("suite").Funcs(template.FuncMap{
		"line":    Terminal,
		"text":    func(s string) string { return TerminalBlock(shown(s)) },
		"reply":   func(q *replay.Reply) string { return TerminalBlock(shown(replyWords(q))) },
		"rate":    func(r suite.Result) string { return rateWords(&r) },
		"part":    partWords,
		"samples": func(r suite.Result) []suite.Sample { return samplesShown(&r) },
		"more":    func(r suite.Result) int { return len(r.Samples) - len(samplesShown(&r)) },
	}).Parse(suitePage)
	if err != nil {
		return fmt.Errorf("reading the template of a page: %w", err)
	}
	if err := t.Execute(w, r); err != nil {
		return fmt.Errorf("rendering HTML: %w", err)
	}
	return nil
}

// samplesShown puts what is not met first.
func samplesShown(r *suite.Result) []suite.Sample {
	var out []suite.Sample
	for _, s := range []suite.Standing{suite.Unmet, suite.Unknown, suite.Met} {
		for i := range r.Samples {
			if r.Samples[i].Standing == s && len(out) < shownSamples {
				out = append(out, r.Samples[i])
			}
		}
	}
	return out
}

// partWords is a part of a message for people.
func partWords(p replay.Part) string {
	switch p.Type {
	case replay.PartText, replay.PartReasoning, replay.PartToolResult:
		return p.Text
	case replay.PartToolCall:
		return "[tool " + p.Name + " " + string(p.JSON) + "]"
	case replay.PartBlob:
		return fmt.Sprintf("[%s, %d bytes]", p.Name, len(p.Data))
	}
	return strings.TrimSpace("[" + string(p.Type) + " " + p.Text + string(p.JSON) + "]")
}
