package detectors

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// shareDetector is a detector of how many calls of a subject are of some kind.
func shareDetector(d *volumeDetector, statement string, perDay int64) *volumeDetector {
	d.piece = hoursOfDay * hourUS / perDay
	d.tests = func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
		list, err := r.shares(ctx, statement)
		if err != nil {
			return nil, nil, nil, err
		}
		var subjects []volumeSubject
		for _, s := range list {
			subjects = append(subjects, volumeSubject{subject: s.subject, actor: s.actor, usual: s.usual})
		}
		t, short := shareTests(list, perDay)
		if perDay > hoursOfDay {
			hours, _ := shareTests(hourly(list), hoursOfDay)
			t.list, t.n = append(t.list, hours.list...), t.n+hours.n
		}
		var notes []string
		if short > 0 {
			notes = append(notes, fmt.Sprintf("not enough history of %d subjects, with fewer than %d calls on other days", short, warmUpCalls))
		}
		return t, subjects, notes, nil
	}
	return d
}

// volumeLatency finds five minutes, and hours, in which calls took three times as long or
// more as they do.
//
// How long calls take has a heavy tail, so nothing is said of averages: the calls
// that take so long are counted.
func volumeLatency() detector {
	return shareDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.latency", Version: 1, Severity: analyze.SeverityLow,
			Title: "Calls take several times as long as they did",
			Why: "An attack on availability, a longer hidden prompt and a model that was changed show as time. In every five minutes, and every hour, the calls of an " +
				"actor to a model in a region are counted that took three times as long or more as usual, for what they wrote, against other days.",
			Needs:          []string{"actor", "model", "latency_us"},
			Tags:           []string{"atlas.aml.t0029", "owasp.llm10"},
			FalsePositives: []string{"trouble at the provider, which others have at the same time", "a network that is slow"},
			Triage:         []string{"see whether other actors of the model and region have it too", "look for longer prompts or more calls at that time", "read the provider's status page of that time"},
			Collect:        []string{"the slow calls, with traces where there are"},
			Contain:        []string{"move to another region", "limit who can send long prompts"},
		},
		events: "volume_events_latency", slow: true, ratio: 3, least: 4, what: "slow_calls", explain: slowCalls,
	}, "volume_latency", hoursOfDay*12)
}

func slowCalls(x *volumeRun) string {
	return fmt.Sprintf("%.0f of %d calls %s took three times as long or more as usual, where %.2g are expected by other days", x.observed, x.calls, x.hours(), x.expected)
}
