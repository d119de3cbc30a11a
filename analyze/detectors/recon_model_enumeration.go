package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// day is a span, in microseconds.
const day = 24 * 3600 * 1_000_000

func reconModelEnumeration() *rareCount {
	return &rareCount{
		counts: "recon_model_days", events: "recon_model_day_events", operations: LooksAtModels, span: day, unit: "day", least: 6, paced: 3, before: modelsBefore,
		what: "models and operations about models were new to the actor",
		head: analyze.About{
			ID: "recon.model-enumeration", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Someone looked around among models",
			Why: "Who holds a stolen credential must find out which models it opens; who works with models knows. Counted are models that an actor calls or asks about, " +
				"and operations that list or describe models, each on the day when the actor first does it; what only the console asks counts twice where a program asks it. " +
				"Tested is each day of each actor, alone and with the two days before it, against its own days before and those of its peers; fewer than 6 are not looked at.",
			Tags:  []string{"atlas.aml.t0075", "atlas.aml.t0014", "attack.t1526"},
			Needs: []string{"actor", "model"},
			FalsePositives: []string{
				"a tool for inventories that runs for the first time",
				"a developer who chooses a model for a new application",
			},
			Triage: []string{
				"compare address and client with those of the actor before",
				"look what it called afterwards: recon.llmjacking, identity.new-model",
			},
			Collect: []string{"the requests with their answers, where they are logged", "who else came from that address"},
			Contain: []string{"take the rights to list and open models from credentials that only call one", "rotate the credential"},
		},
	}
}
