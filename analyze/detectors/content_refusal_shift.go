package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// refusalShift tests whether more is refused than before.
// Conversations are counted, not calls: who is refused asks again. See [rateShift].
type refusalShift struct{}

// refusalLeast is how many refusals are looked at.
const refusalLeast = 3

func (refusalShift) about() *analyze.About {
	return &analyze.About{
		ID: "content.refusal-shift", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
		Title: "More was refused than before",
		Why: "A model or a guardrail that begins to refuse says that what is asked has changed, as when somebody tries how far it goes, or that the model, its instructions or " +
			"its guardrail have. Tested are six hours, days and pairs of days of each application, of each actor without one and of each model, against their days before.",
		Tags:  []string{"atlas.aml.t0054", "atlas.aml.t0029", "atlas.aml.t0063", "owasp.llm01"},
		Needs: []string{"text"},
		FalsePositives: []string{
			"a new version of the model or of the guardrail that is stricter",
			"a test of the guardrail",
		},
		Triage:  []string{"read some of the refused requests: are they like those before?", "see whether model, system prompt or guardrail changed before", "see whether one user is behind them"},
		Collect: []string{"the refused requests with the answers", "the settings of the guardrail with their history"},
		Contain: []string{"go back to the model or guardrail before, where that is the cause", "slow down who tries how far it goes"},
	}
}

func (refusalShift) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "refused_call"); err != nil {
		return nil, err
	}
	d := &rateShift{statement: "refusals", least: refusalLeast, tell: tellRefusals}
	b, past := r.options.Baseline, 0
	if b != nil {
		d.known = func(subject string) *baseline.Refusals {
			known := refusalsBefore(b, subject)
			if known != nil {
				past++
			}
			return known
		}
	}
	res, err := d.test(ctx, r)
	switch {
	case err != nil || b == nil:
	case past == 0:
		res.notes = append(res.notes, "not held against the baseline, which does not say how often any subject of this case was refused"+r.olderNote())
	default:
		res.compared = true
		res.notes = append(res.notes, r.comparedNote("subjects with conversations in it", past))
	}
	return res, err
}

// refusalsBefore is what a baseline knows of a subject, by the name that the statement
// gives it; nil where nothing.
func refusalsBefore(b *baseline.Baseline, subject string) *baseline.Refusals {
	dimension, name, _ := strings.Cut(subject, " ")
	if dimension == "application" {
		dimension = "app"
	}
	s := b.Subject(dimension, name)
	if s == nil {
		return nil
	}
	return s.Refusals
}

func tellRefusals(x rated, span int64, p, before float64) tested {
	f := found{}
	kind, name, _ := strings.Cut(x.subject, " ")
	f.Subject = name
	f.First, f.Last = time.UnixMicro(x.at).UTC(), time.UnixMicro(x.at+span-1).UTC()
	f.Bucket = kind + " " + f.First.Format(time.DateOnly)
	share := 100 * float64(x.with) / float64(x.n)
	f.Title = fmt.Sprintf("%.0f %% of what was asked of %s was refused, after %.1f %% before", share, name, 100*before)
	if kind == "actor" {
		f.Title = fmt.Sprintf("%.0f %% of what %s asked was refused, after %.1f %% before", share, name, 100*before)
	}
	f.Explanation = fmt.Sprintf("In these %d hours %d of %d conversations were refused by the model or a guardrail; on the days before it was %.1f %%.",
		span/(day/24), x.with, x.n, 100*before)
	if x.known > 0 {
		f.Explanation += fmt.Sprintf(" What was before counts %s of the baseline.", counted(int(x.known), "conversation"))
	}
	f.Facts = []analyze.Fact{{Name: "refused", Value: x.with}, {Name: "conversations", Value: x.n}, {Name: "rate_before", Value: math.Round(before*1e4) / 1e4}}
	return tested{p: min(p, 1), found: f, complete: func(ctx context.Context, r *run, f *found) error {
		return completeSpan(ctx, r, f, "refusal_events", sql.Named("subject", x.subject), sql.Named("from", x.at), sql.Named("to", x.at+span))
	}}
}

// completeSpan gives a finding the events, the times and, where there is only one, the
// actor that a statement finds: rows of eid, actor and time.
func completeSpan(ctx context.Context, r *run, f *found, name string, args ...any) error {
	first, last := int64(math.MaxInt64), int64(0)
	actors := map[string]int{}
	err := r.query(ctx, name, args, func(rows *sql.Rows) error {
		var eid, at int64
		var actor string
		err := rows.Scan(&eid, &actor, &at)
		f.eids = append(f.eids, eid)
		first, last = min(first, at), max(last, at)
		actors[actor]++
		return err
	})
	if err != nil || len(f.eids) == 0 {
		return err
	}
	f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
	slices.Sort(f.eids)
	if len(actors) == 1 {
		f.Actor = sortedKeys(actors)[0]
	}
	return nil
}
