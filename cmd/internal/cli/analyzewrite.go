package cli

import (
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/story"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// writeAnalysis writes what was found, the severest first, then what could not
// be known. CSV holds the findings only.
func writeAnalysis(r *render.Renderer, report *assessment.Report, o findingsOptions) error {
	if o.csv {
		return writeFindings(r, report.Findings, o)
	}
	if err := r.Write(summaryFields(report.Findings, report)); err != nil {
		return err
	}
	if !o.text {
		o.all = true
		if err := r.Write(detectorTable(report)); err != nil {
			return err
		}
	}
	if err := writeFindings(r, report.Findings, o); err != nil {
		return err
	}
	if t := responseTable(o.policy, o.unsettledSeverities(report.Findings)...); len(t.Rows) > 0 {
		if err := r.Write(t); err != nil {
			return err
		}
	}
	for _, m := range analysisNotes(report, o) {
		if err := r.Write(m); err != nil {
			return err
		}
	}
	return nil
}

// summaryFields count findings by severity.
func summaryFields(findings []analyze.Finding, report *assessment.Report) render.Fields {
	var bySeverity [analyze.SeverityCritical + 1]int64
	var stories, suppressed int64
	for i := range findings {
		switch f := &findings[i]; {
		case f.Suppressed != nil:
			suppressed++
		case f.Detector == story.About().ID:
			stories++
		default:
			bySeverity[f.Severity]++
		}
	}
	out := render.Fields{Name: "summary", Title: "Summary", Items: []render.Field{
		intField("stories", stories), intField("findings", int64(len(findings))-stories-suppressed),
	}}
	words := analyze.Severities()
	for i, word := range slices.Backward(words) {
		out.Items = append(out.Items, intField(word, bySeverity[i+1]))
	}
	out.Items = append(out.Items, intField("suppressed", suppressed))
	if report != nil {
		idle := int64(0)
		for _, d := range report.Detectors {
			if d.NotApplicable != "" {
				idle++
			}
		}
		out.Items = append(out.Items, intField("detectors", int64(len(report.Detectors))), intField("not_applicable", idle))
	}
	return out
}

// detectorTable says what each detector did.
func detectorTable(report *assessment.Report) render.Table {
	t := render.Table{Name: "detectors", Title: "Detectors", Columns: []render.Column{
		{Name: "detector"},
		{Name: "version", Kind: render.KindInt},
		{Name: "tests", Kind: render.KindInt},
		{Name: "findings", Kind: render.KindInt},
		{Name: "not_applicable", Kind: render.KindLong},
	}}
	for _, d := range report.Detectors {
		t.Rows = append(t.Rows, []any{d.About.ID, d.About.Version, d.Tests, d.Findings, known(d.NotApplicable)})
	}
	return t
}

// analysisNotes say what to do next, what did not run and why, and what is
// wrong with the list of suppressions.
func analysisNotes(report *assessment.Report, o findingsOptions) []render.Message {
	var out []render.Message
	if o.text {
		if len(report.Findings) == 0 {
			out = append(out, note("the detectors that could run found nothing"))
		}
		out = append(out, idleNotes(report, o)...)
	}
	if o.based {
		out = append(out, baselineNote(report))
	}
	hidden := int64(0)
	for _, d := range report.Detectors {
		for _, n := range d.Notes {
			if o.text && !o.all {
				hidden++
				continue
			}
			out = append(out, note("%s: %s", d.About.ID, n))
		}
	}
	if hidden > 0 {
		out = append(out, note("%s of detectors on what they could not know or took for a habit; --all shows them", plural(hidden, "note")))
	}
	for _, p := range report.Misnamed {
		out = append(out, render.Note{Level: render.LevelWarning, Text: "the policy changes nothing here: " + p.String()})
	}
	for _, e := range report.Suppressed.Expired {
		out = append(out, render.Note{Level: render.LevelWarning, Text: "a suppression has expired and suppresses nothing: " + e})
	}
	for _, e := range report.Suppressed.Unused {
		out = append(out, note("a suppression fits no finding: %s", e))
	}
	return out
}

// idleNotes name the detectors that do not apply to the case: in one line that
// counts them, or, where there is but one reason or detail is wanted, in a line for
// each reason.
func idleNotes(report *assessment.Report, o findingsOptions) []render.Message {
	var ids, reasons []string
	of := map[string][]string{}
	rules := int64(0)
	for _, d := range report.Detectors {
		why := d.NotApplicable
		if why == "" {
			continue
		}
		if analyze.Family(d.About.ID) == analyze.FamilyRule { // there are many, of many logs
			rules++
			continue
		}
		if of[why] == nil {
			reasons = append(reasons, why)
		}
		of[why] = append(of[why], d.About.ID)
		ids = append(ids, d.About.ID)
	}
	if len(reasons) > 1 && !o.detail {
		text := plural(int64(len(ids)), "detector") + " (" + strings.Join(byFamily(ids), "; ") + ")"
		if rules > 0 {
			text += " and " + plural(rules, "rule")
		}
		return []render.Message{note("not applicable: %s; --verbose says why", text)}
	}
	var out []render.Message
	for _, why := range reasons {
		out = append(out, note("not applicable: %s: %s", strings.Join(of[why], ", "), why))
	}
	if rules > 0 {
		out = append(out, note("not applicable: %s, for logs that are not in this case (exhibit rules run --all says which)", plural(rules, "rule")))
	}
	return out
}

// baselineNote names the detectors that were held against the baseline.
func baselineNote(report *assessment.Report) render.Note {
	var ids []string
	for _, d := range report.Detectors {
		if d.Baseline {
			ids = append(ids, d.About.ID)
		}
	}
	if len(ids) == 0 {
		return note("no detector that ran compares with a baseline: all looked at this case alone")
	}
	return note("compared with the baseline: %s (%s); the other detectors looked at this case alone", plural(int64(len(ids)), "detector"), strings.Join(byFamily(ids), "; "))
}

// byFamily writes ids shorter, each family once: "volume: cost, ttft".
func byFamily(ids []string) []string {
	var out []string
	last := ""
	for _, id := range ids {
		family, name, _ := strings.Cut(id, ".")
		if family == last {
			out[len(out)-1] += ", " + name
		} else {
			out = append(out, family+": "+name)
		}
		last = family
	}
	return out
}
