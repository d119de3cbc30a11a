package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

func reconRestrictedTests() *rareCount {
	return &rareCount{
		counts: "recon_denied_days", events: "recon_denied_day_events", span: day, unit: "day", least: 2,
		what: "calls of models that are not the actor's were refused",
		head: analyze.About{
			ID: "recon.restricted-tests", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Someone tried models that are closed to them, again and again",
			Why: "A refused call costs nothing, and one day it may be answered. Counted are refused calls of models that answered the actor on fewer than 2 days before, and not yet on that day. " +
				"Tested is each day of each actor against its own days before and those of its peers, so that programs that are always refused are no finding; " +
				"a single refusal is not looked at.",
			Tags:  []string{"atlas.aml.t0040", "atlas.aml.t0012", "attack.t1526"},
			Needs: []string{"actor", "model"},
			FalsePositives: []string{
				"an application that was deployed before its rights",
				"a person who waits for access that was asked for",
			},
			Triage: []string{
				"ask whether access to these models was asked for",
				"compare address and client of the refused calls with those of the actor before",
				"look whether one was answered later: identity.denied-then-allowed",
			},
			Collect: []string{"the policies of the actor as they are now, and changes of them since"},
			Contain: []string{"ask the holder of the credential; rotate it where it was not them"},
		},
	}
}
