package detectors

import (
	"context"
	"fmt"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// rateDetector is a detector of how much of something actors do in an hour.
func rateDetector(d *volumeDetector, m *rateMeasure) *volumeDetector {
	d.piece, d.events, d.ratio = hourUS, "volume_events", 2
	d.tests = func(ctx context.Context, r *run) (*hourTests, []volumeSubject, []string, error) {
		h, err := r.history(ctx)
		if err != nil {
			return nil, nil, nil, err
		}
		return rateTests(h, m), h.subjects(), h.notes(), nil
	}
	return d
}

// volumeCalls finds hours in which an actor made far more calls than ever.
func volumeCalls() detector {
	return rateDetector(&volumeDetector{
		head: analyze.About{
			ID: "volume.calls", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
			Title: "Far more calls than this actor makes",
			Why: "A stolen credential, a loop and a sweep through a list all show as calls. Every hour is held against the same hours of the week " +
				"and of the day of the actor's other days, with the spread that its conversations have; so are the conversations that it begins. One begins after " +
				"three minutes without a call, and with a call whose input is shorter than that of the call before: who goes on sends again what was said.",
			Needs:          []string{"actor"},
			Tags:           []string{"atlas.aml.t0034.000", "atlas.aml.t0029", "owasp.llm10"},
			FalsePositives: []string{"a backlog that a job works off", "a month's end", "a new feature of an application"},
			Triage:         []string{"compare address, client and model with those of the days before", "read some of the prompts: is it the actor's work?", "ask the owner of the actor about a release or a batch"},
			Collect:        []string{"the calls of these hours and of the day before", "what issued the credential"},
			Contain:        []string{"set a rate limit for the actor", "rotate its credential", "block it"},
		},
		what: "calls", measure: "calls", least: 10,
		explain: func(x *volumeRun) string {
			return fmt.Sprintf("%.0f calls %s, where %.3g are expected by the same hours of other days%s", x.observed, x.hours(), x.expected, x.began())
		},
	}, callsMeasure())
}

// callsName is the name of the measure of calls.
const callsName = "calls"

// callsMeasure is how many calls actors make.
func callsMeasure() *rateMeasure {
	return &rateMeasure{name: callsName, value: func(v *actorHour) int64 { return v.calls }, usual: usualSpread, wild: callsWild, lump: rateLump, apart: callsApart, begun: true}
}
