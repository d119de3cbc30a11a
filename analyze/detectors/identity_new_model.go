package detectors

import (
	"regexp"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

// modelVersion is what tells versions of one model apart at the end of an id:
// a date, in four digits too (mistral-large-2407, gpt-4-0613), v1, :0, latest.
var modelVersion = regexp.MustCompile(`([-@:]?(\d{8}|\d{4}-\d{2}-\d{2}|v\d+|\d{1,2}k|latest|preview)|[-@:]\d{4})*(:\d+)*$`)

// modelFamily returns a model without where it runs and which version it is: to
// move to a newer version is no novelty.
func modelFamily(model string) string {
	names := policy.Names(model)
	if len(names) == 0 {
		return ""
	}
	name := names[len(names)-1]
	if family := modelVersion.ReplaceAllString(name, ""); family != "" {
		return family
	}
	return name
}

// identityNewModel finds who uses a model for the first time, where that is rare.
func identityNewModel() *novelty {
	return &novelty{
		attribute: "model", thing: "A new model", family: modelFamily,
		head: analyze.About{
			ID: "identity.new-model", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Someone used a model that is new to them",
			Why: "Programs and most people use the same few models for weeks; who holds their credential uses what is worth something to him. " +
				"Tested is each day of each actor after 20 hours with calls on 3 days, against how often it and its peers began something new before. " +
				"Versions of a model are not told apart.",
			Tags:           []string{"atlas.aml.t0040", "atlas.aml.t0012", "attack.t1078.004"},
			Needs:          []string{"model", "actor"},
			FalsePositives: []string{"a team that tries a new model, or an application that moves to one"},
			Triage: []string{
				"ask whether the team moves to that model",
				"compare address, client and hour of the calls with those of the actor before",
				"read what was said, where texts are logged",
			},
			Collect: []string{"the changes of the application at that time", "who gave the actor the right to call that model, and when"},
			Contain: []string{"take the right to call that model from the actor", "rotate its credential"},
		},
	}
}
