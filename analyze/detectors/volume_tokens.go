package detectors

import (
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// volumeTokens finds hours in which an actor's calls had far more tokens than
// ever.
func volumeTokens() detector {
	return rateDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.tokens", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Far more tokens than this actor uses",
			Why: "Long prompts and replies cost, and carry data in and out, where the number of calls stays the same. Every hour is held against the " +
				"same hours of the week and of the day of the actor's other days, in tokens of its average call.",
			Needs:          []string{"actor", "input_tokens"},
			Tags:           []string{"atlas.aml.t0034.001", "atlas.aml.t0029", "owasp.llm10"},
			FalsePositives: []string{"longer documents than usual", "a model or an application that writes more"},
			Triage:         []string{"look at the longest prompts and replies of these hours", "see whether input or output grew", "compare address and client with those of the days before"},
			Collect:        []string{"the calls of these hours with their texts"},
			Contain:        []string{"limit the tokens of a call", "set a budget for the actor", "rotate its credential"},
		},
		what: "tokens", measure: "tokens", least: 5000,
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.0f tokens %s, where %.3g are expected by the same hours of other days", x.observed, x.hours(), x.expected)
		},
	}, &rateMeasure{value: func(v *actorHour) int64 { return v.tokens }, usual: usualTokens, wild: tokensWild, lump: tokensLump, apart: tokensApart, unsure: tokensUnsure})
}
