package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// volumeFirstToken finds minutes and hours in which calls waited three times as long
// or more for their first token as they do. It counts as [volumeLatency] does.
func volumeFirstToken() detector {
	return streakDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.ttft", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "The first token comes several times as late as it did",
			Why: "Until the first token a model reads: a prompt that grew, a queue that is full, or another model behind the same name. On " +
				"every day, the calls to a model in a region, of an actor and of all, are gone through for the stretch of minutes or hours in which most waited three times as long or more as usual.",
			Needs:          []string{"actor", "model", "ttft_us"},
			Tags:           []string{"atlas.aml.t0029", "owasp.llm10"},
			FalsePositives: []string{"trouble at the provider, which others have at the same time", "a cold start"},
			Triage:         []string{"see whether other actors of the model and region have it too", "compare the input tokens with those of other days"},
			Collect:        []string{"the slow calls, with traces where there are"},
			Contain:        []string{"move to another region", "limit who can send long prompts"},
		},
	}, "volume_ttft")
}
