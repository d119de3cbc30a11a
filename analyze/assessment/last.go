package assessment

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/detectors"
)

// Counts are what the detectors did, as the case keeps it.
func (r *Report) Counts() []casefile.DetectorCount {
	var out []casefile.DetectorCount
	for _, d := range r.Detectors {
		out = append(out, casefile.DetectorCount{
			ID: d.About.ID, Version: int64(d.About.Version), Tests: d.Tests, Findings: int64(d.Findings),
			NotApplicable: d.NotApplicable, Notes: d.Notes, Baseline: d.Baseline,
		})
	}
	return out
}

// Last returns the last run that the case recorded as if it had just been made.
// [casefile.Case.Analyzed] has said that it was of the same options, which have no
// list of what needs no action.
func Last(ctx context.Context, c *casefile.Case, o *Options) (*Report, error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	r := &Report{Misnamed: o.Policy.Misnamed(thresholdsOf(all)), Kept: true}
	if r.Findings, err = c.Findings(ctx); err != nil {
		return nil, fmt.Errorf("reading the last analysis: %w", err)
	}
	if o.Rules != nil {
		for _, x := range o.Rules.Reporting() {
			all = append(all, x.About())
		}
	}
	abouts := map[string]*analyze.About{}
	for _, a := range all {
		abouts[a.ID] = a
	}
	for _, d := range c.Analysis().Detectors {
		about := abouts[d.ID]
		if about == nil {
			return nil, fmt.Errorf("reading the last analysis: entry %d of the ledger names the detector %q, which this program does not have; --again looks anew", c.Analysis().Run, d.ID)
		}
		r.Detectors = append(r.Detectors, detectors.DetectorReport{
			About: about, Tests: d.Tests, Findings: int(d.Findings), NotApplicable: d.NotApplicable, Notes: d.Notes, Baseline: d.Baseline,
		})
	}
	return r, nil
}
