package cli

import (
	"context"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/assessment"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
	"github.com/exhibit-forensics/exhibit/cmd/internal/render"
)

// forPrograms reports whether a format is made of findings alone.
func forPrograms(format string) bool { return !slices.Contains(render.Formats(), format) }

// placedEvents is how many events of a finding are given with their places.
const placedEvents = 10

// exportFindings writes findings for other programs.
func (f *factory) exportFindings(o outputOptions, report *render.FindingReport) error {
	out, err := f.openOutput(o)
	if err != nil {
		return err
	}
	defer out.discard()
	if err := report.Encode(out, o.Format); err != nil {
		return err
	}
	return out.commit()
}

// newFindingReport collects what other programs are told of findings.
func (f *factory) newFindingReport(ctx context.Context, c *casefile.Case, list []analyze.Finding, ran []detectors.DetectorReport, failOn string) (*render.FindingReport, error) {
	r := &render.FindingReport{Version: f.build().Version, Case: c.Dir, Head: c.Head().String(), FailOn: analyze.SeverityLow}
	var err error
	if failOn != "" {
		if r.FailOn, err = analyze.ParseSeverity(failOn); err != nil {
			return nil, err
		}
	}
	if r.Newest, err = c.Newest(ctx); err != nil {
		return nil, err
	}
	for _, d := range ran {
		r.Detectors = append(r.Detectors, render.ReportedDetector{About: d.About, NotApplicable: d.NotApplicable})
	}
	var ids []string
	for i := range list {
		ids = append(ids, firstEvents(&list[i])...)
	}
	slices.Sort(ids)
	places, err := c.EventPlaces(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	options := findingsOptions{judged: c.Judged()}
	for i := range list {
		state := options.state(list[i].ID)
		reported := render.ReportedFinding{Finding: list[i], State: state.State, Verdict: state.Verdict}
		for _, id := range firstEvents(&list[i]) {
			if p, ok := places[id]; ok {
				reported.Places = append(reported.Places, render.EventPlace(p))
			}
		}
		r.Findings = append(r.Findings, reported)
	}
	return r, nil
}

func firstEvents(f *analyze.Finding) []string { return f.Events[:min(len(f.Events), placedEvents)] }

// storedDetectors are the detectors of the last run, as far as this program has
// them.
func storedDetectors(c *casefile.Case) ([]detectors.DetectorReport, error) {
	all, err := assessment.All()
	if err != nil {
		return nil, err
	}
	var out []detectors.DetectorReport
	for _, d := range c.Analysis().Detectors {
		if i := slices.IndexFunc(all, func(a *analyze.About) bool { return a.ID == d.ID }); i >= 0 {
			out = append(out, detectors.DetectorReport{About: all[i], Tests: d.Tests, Findings: int(d.Findings), NotApplicable: d.NotApplicable})
		}
	}
	return out, nil
}
