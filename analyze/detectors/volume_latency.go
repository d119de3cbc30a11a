package detectors

import "github.com/exhibit-forensics/exhibit/analyze"

// volumeLatency finds minutes and hours in which calls took three times as long or
// more as they do, of an actor or of all actors of a model.
//
// How long calls take has a heavy tail, so nothing is said of averages: the calls
// that take so long are counted.
func volumeLatency() detector {
	return streakDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.latency", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Calls take several times as long as they did",
			Why: "An attack on availability, a longer hidden prompt and a model that was changed show as time. On every day, the calls to a model in a region, " +
				"of an actor and of all, are gone through for the stretch of minutes or hours in which most took three times as long or more as usual, for what they wrote.",
			Needs:          []string{"actor", "model", "latency_us"},
			Tags:           []string{"atlas.aml.t0029", "owasp.llm10"},
			FalsePositives: []string{"trouble at the provider, which others have at the same time", "a network that is slow"},
			Triage:         []string{"see whether other actors of the model and region have it too", "look for longer prompts or more calls at that time", "read the provider's status page of that time"},
			Collect:        []string{"the slow calls, with traces where there are"},
			Contain:        []string{"move to another region", "limit who can send long prompts"},
		},
	}, "volume_latency")
}
