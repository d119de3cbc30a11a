package assessment

import (
	"context"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/drill"
)

// Days returns how many days the events of a case span.
func Days(ctx context.Context, c *casefile.Case) (float64, error) {
	o, err := c.Overview(ctx)
	if err != nil {
		return 0, err
	}
	var first, last time.Time
	for _, s := range o.Sources {
		if s.FirstTS == nil || s.LastTS == nil {
			continue
		}
		if first.IsZero() || s.FirstTS.Before(first) {
			first = *s.FirstTS
		}
		if s.LastTS.After(last) {
			last = *s.LastTS
		}
	}
	return max(1, last.Sub(first).Hours()/24), nil
}

// Claims makes claims of findings, to be held against the truth of generated
// traffic, in their order. Those that are part of a story are within it, and those
// of severity info are left out: nobody is asked to look at them.
func Claims(ctx context.Context, c *casefile.Case, list []analyze.Finding) ([]drill.Claim, error) {
	var events []string
	for i := range list {
		events = append(events, list[i].Events...)
	}
	slices.Sort(events)
	requests, err := c.RequestIDs(ctx, slices.Compact(events))
	if err != nil {
		return nil, err
	}
	byID, isPart := map[string]drill.Claim{}, map[string]bool{}
	for i := range list {
		f := &list[i]
		claim := drill.Claim{ID: f.ID, Detector: f.Detector, Severity: f.Severity, Last: f.Last, Tested: f.Test != nil}
		for _, id := range f.Events {
			if request, ok := requests[id]; ok {
				claim.Requests = append(claim.Requests, request)
			}
		}
		byID[f.ID] = claim
		for _, part := range f.Parts {
			isPart[part] = true
		}
	}
	var claims []drill.Claim
	for i := range list {
		f := &list[i]
		if isPart[f.ID] || f.Severity == analyze.SeverityInfo {
			continue
		}
		claim := byID[f.ID]
		for _, part := range f.Parts {
			claim.Parts = append(claim.Parts, byID[part])
		}
		claims = append(claims, claim)
	}
	return claims, nil
}
