package rules

import (
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// About says of a rule what detectors say of themselves. Rules know no runbook;
// what to do is the same for all.
func (r *Rule) About() *analyze.About {
	return &analyze.About{
		ID: r.Detector(), Version: version, Title: r.Title, Severity: r.Severity(), Why: strings.TrimSpace(r.Description),
		Tags: r.Tags, FalsePositives: r.FalsePositives,
		Triage:  []string{"read what the rule looks for: exhibit rules show " + r.Key(), "show the first event in full, and what happened around it: exhibit show, exhibit timeline"},
		Collect: []string{"all records of the principal, from a day before the first event on"},
	}
}

// Reporting lists the rules and correlations that report findings, in the order
// of the set.
func (s *Set) Reporting() []*Rule {
	var list []*Rule
	for _, r := range s.Rules {
		if r.Kind != KindFilter && !r.silent {
			list = append(list, r)
		}
	}
	return list
}

// Files are the files of the set as they were read, the cases left out.
func (s *Set) Files() []File {
	var list []File
	for _, f := range s.files {
		list = append(list, File{f.name, f.text})
	}
	return list
}

// File is a file of rules.
type File struct {
	Name string
	Text []byte
}
