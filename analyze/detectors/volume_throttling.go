package detectors

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// volumeThrottling finds hours in which far more of an actor's calls were
// throttled than on other days.
func volumeThrottling() detector {
	return &volumeDetector{
		head: analyze.About{
			ID: "volume.throttling", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "A storm of throttled calls",
			Why: "A caller that is throttled and tries again at once takes the quota of all others: a loop, or somebody who takes what there is. In " +
				"every hour the throttled calls of an actor are counted against its share on other days.",
			Needs:          []string{"actor"},
			Tags:           []string{"atlas.aml.t0029", "atlas.aml.t0034.000", "owasp.llm10"},
			FalsePositives: []string{"a quota that was lowered", "a client that retries without pause"},
			Triage:         []string{"see whether the actor's calls grew, or others used the quota", "compare address and client with those of the days before"},
			Collect:        []string{"the calls of the hour", "the quotas of the account at that time"},
			Contain:        []string{"make the client wait between tries", "set a rate limit for the actor", "rotate its credential"},
		},
		piece: hourUS, events: "volume_events_throttled", ratio: 3, least: 5, what: "throttled_calls",
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.0f of %d calls %s were throttled, where %.2g are expected by other days", x.observed, x.calls, x.hours(), x.expected)
		},
		tests: func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
			all, err := r.actorCalls(ctx)
			if err != nil {
				return nil, nil, nil, err
			}
			var list []*shareSeries
			var subjects []volumeSubject
			for _, a := range all {
				s := &shareSeries{subject: a.name, cells: make([]shareCell, len(a.hours))}
				for i, h := range a.hours {
					s.cells[i] = shareCell{at: h.hour, n: h.calls, k: h.throttled}
				}
				list, subjects = append(list, s), append(subjects, volumeSubject{subject: a.name, actor: a.name})
			}
			t, short := shareTests(list)
			return t, subjects, shortNotes(short, "subjects", "calls on other days"), nil
		},
	}
}
