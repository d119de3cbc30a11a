package detectors

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// volumeCost finds hours in which an actor cost far more than ever.
func volumeCost() detector {
	return rateDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.cost", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "This actor costs far more than it did",
			Why: "Who steals access to models uses the dear ones. Every hour is held against the same hours of the week and of the day of the actor's " +
				"other days. Costs are those of the logs, else of the list of prices that the case is enriched by.",
			Needs:          []string{"actor", "cost_usd"},
			Tags:           []string{"atlas.aml.t0034", "atlas.aml.t0048.000", "owasp.llm10"},
			FalsePositives: []string{"a move to a dearer model", "a change of prices"},
			Triage:         []string{"see which model the money went to, and whether the actor used it before", "compare address and client with those of the days before"},
			Collect:        []string{"the calls of these hours", "the bill of the day"},
			Contain:        []string{"set a budget for the actor", "take the dear models from it", "rotate its credential"},
		},
		what: "cost_nano_usd", measure: "cost", least: 1e8,
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.2f USD %s, where %.3g USD are expected by the same hours of other days", x.observed/1e9, x.hours(), x.expected/1e9)
		},
	}, &rateMeasure{value: func(v *actorHour) int64 { return v.cost }, usual: usualTokens, wild: tokensWild, lump: tokensLump, apart: tokensApart, unsure: tokensUnsure})
}
