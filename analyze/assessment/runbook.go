package assessment

import (
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// Step is one line of what to do about a finding.
type Step struct {
	Name     string // triage, collect, contain, or harmless if
	What     string
	Detector string // that says so
}

// Runbook says what to do about a finding; of a story, also what to do about its
// parts, which are in the list. Of detectors that all does not have, such as
// rules from a file, it says nothing.
func Runbook(all []*analyze.About, found *analyze.Finding, list []analyze.Finding) []Step {
	of := []string{found.Detector}
	for i := range list {
		if slices.Contains(found.Parts, list[i].ID) && !slices.Contains(of, list[i].Detector) {
			of = append(of, list[i].Detector)
		}
	}
	var steps []Step
	for _, step := range []struct {
		name  string
		lines func(a *analyze.About) []string
	}{
		{"triage", func(a *analyze.About) []string { return a.Triage }},
		{"collect", func(a *analyze.About) []string { return a.Collect }},
		{"contain", func(a *analyze.About) []string { return a.Contain }},
		{"harmless if", func(a *analyze.About) []string { return a.FalsePositives }},
	} {
		for _, detector := range of {
			i := slices.IndexFunc(all, func(a *analyze.About) bool { return a.ID == detector })
			if i < 0 {
				continue
			}
			for _, line := range step.lines(all[i]) {
				steps = append(steps, Step{step.name, line, detector})
			}
		}
	}
	return steps
}
