package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

func nearDuplicateSweep() *rareCount {
	return &rareCount{
		counts: "sweep_days", events: "sweep_day_events", span: day, unit: "day", least: 12, reads: []string{"sketch"},
		what: "different texts were nearly equal, by a template that is new",
		head: analyze.About{
			ID: "exfiltration.near-duplicate-sweep", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Someone asked the same of one thing after another",
			Why: "To take data out of a model or an index, or to copy a model, the same is asked of one item after another, fast or slowly. Counted are different prompts, also those for embeddings, that share " +
				"most of their words, by actor and day; templates that the actor or its application uses for more than a week do not count. Tested is each day of each actor against its own days before and " +
				"those of its peers; fewer than 12 are not looked at.",
			Tags:  []string{"atlas.aml.t0024", "atlas.aml.t0024.002", "atlas.aml.t0005.001"},
			Needs: []string{"text", "actor"},
			FalsePositives: []string{
				"a batch that somebody runs for the first time",
				"a release that changes the prompt of a program",
			},
			Triage:  []string{"read some of the prompts: what changes from one to the next?", "see whether the answers hold data that the actor need not have", "compare address and client with those of its days"},
			Collect: []string{"all prompts of the group with their answers"},
			Contain: []string{"bound how much the credential may ask in a day", "rotate the credential where nobody can say why"},
		},
	}
}
