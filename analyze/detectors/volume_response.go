package detectors

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// volumeResponse finds hours in which an actor's responses were far longer on
// average than on its other days.
func volumeResponse() detector {
	return &volumeDetector{
		head: analyze.About{
			ID: "volume.response-tokens", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Responses far longer than this actor gets",
			Why: "A model that suddenly writes far more repeats its training data, hands out documents, or works for somebody else. The average of an " +
				"hour, on the scale of logarithms, is held against the actor's hours on other days, for so many calls as it has.",
			Needs:          []string{"actor", "output_tokens"},
			Tags:           []string{"atlas.aml.t0034.001", "atlas.aml.t0024", "owasp.llm10"},
			FalsePositives: []string{"another kind of task", "a new version of a model that writes more"},
			Triage:         []string{"read the longest responses", "see whether the prompts changed too"},
			Collect:        []string{"the responses of these hours"},
			Contain:        []string{"limit the tokens of a response", "rotate the actor's credential"},
		},
		piece: hourUS, events: "volume_events", ratio: 2, least: 50, what: "response_tokens",
		tests: func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
			list, err := r.series(ctx, "volume_response")
			if err != nil {
				return nil, nil, nil, err
			}
			var subjects []volumeSubject
			short := 0
			for _, s := range list {
				subjects = append(subjects, volumeSubject{subject: s.subject, actor: s.actor})
				if len(s.cells) < minCells {
					short++
				}
			}
			var notes []string
			if short > 0 {
				notes = append(notes, fmt.Sprintf("not enough history of %d actors, with responses in fewer than %d hours each", short, minCells))
			}
			return meanTests(list, hoursOfDay), subjects, notes, nil
		},
		explain: func(x *volumeRun) string {
			n := float64(x.pieces)
			return fmt.Sprintf("%.0f tokens a response on average of %d calls %s, where %.0f are expected by other days", x.observed/n, x.calls, x.hours(), x.expected/n)
		},
	}
}
