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
	"github.com/exhibit-forensics/exhibit/analyze/statistic"
)

// refusalShift tests whether more is refused than before.
//
// How many of the conversations of a span are refused is taken as beta-binomial:
// the probability of a refusal is a beta variable around the rate of the days
// before, as certain as there were conversations, with that of all subjects as a
// start. At most [refusalCertain] conversations count, for a rate is never as
// steady as a coin. Conversations are counted, not calls: who is refused asks
// again.
type refusalShift struct{}

const (
	// refusalStart is how many conversations the rate of all subjects is worth.
	refusalStart = 20
	// refusalCertain is how many conversations a rate is known by, at most.
	refusalCertain = 300
	// refusalLeast is how many refusals are looked at.
	refusalLeast = 3
	// sixHours is a span, in microseconds.
	sixHours = day / 4
)

func (refusalShift) about() *analyze.About {
	return &analyze.About{
		ID: "content.refusal-shift", Version: 1, Severity: analyze.SeverityMedium,
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

// refusals is what a subject had refused in six hours.
type refusals struct {
	subject string
	at      int64
	n       int64 // conversations
	refused int64
	most    int64 // of refused, of one application or actor
}

func (refusalShift) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "refused_call"); err != nil {
		return nil, err
	}
	var list []refusals
	n, refused := int64(0), int64(0)
	err := r.query(ctx, "refusals", nil, func(rows *sql.Rows) error {
		var x refusals
		err := rows.Scan(&x.subject, &x.at, &x.n, &x.refused, &x.most)
		list = append(list, x)
		n, refused = n+x.n, refused+x.refused
		return err
	})
	if err != nil {
		return nil, err
	}
	res := &result{}
	rate := (float64(refused) + 0.5) / (float64(n) + 1)
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].subject == list[0].subject {
			end++
		}
		testRefusals(res, list[:end], rate)
		list = list[end:]
	}
	return res, nil
}

// testRefusals tests the days of a subject after its first three: the worst of a day,
// its quarters, and it with the day before.
func testRefusals(res *result, list []refusals, rate float64) {
	n, refused := 0.0, 0.0 // before the day
	var last refusals      // the day before
	days := 0
	for len(list) > 0 {
		end := 1
		for end < len(list) && list[end].at/day == list[0].at/day {
			end++
		}
		today := list[:end]
		list = list[end:]
		whole := refusals{subject: today[0].subject, at: today[0].at / day * day}
		for _, x := range today {
			whole.n, whole.refused, whole.most = whole.n+x.n, whole.refused+x.refused, whole.most+x.most
		}
		if days >= warmSpans {
			worst, span, logP := whole, int64(day), logRefusals(whole, n, refused, rate)
			for _, x := range today {
				if l := logRefusals(x, n, refused, rate); l < logP {
					worst, span, logP = x, sixHours, l
				}
			}
			both := refusals{whole.subject, last.at, whole.n + last.n, whole.refused + last.refused, whole.most + last.most}
			if last.at == whole.at-day && days > warmSpans {
				if l := logRefusals(both, n-float64(last.n), refused-float64(last.refused), rate); l < logP {
					worst, span, logP = both, 2*day, l
				}
			}
			res.tests++
			p := math.Exp(math.Max(logP, -700)) * float64(len(today)+2) // Bonferroni
			if p <= DefaultQ && worst.refused >= refusalLeast {
				res.tested = append(res.tested, tellRefusals(worst, span, p, refused/max(n, 1)))
			}
		}
		days++
		last = whole
		n, refused = n+float64(whole.n), refused+float64(whole.refused)
	}
}

// logRefusals is the logarithm of how probable so many refusals are. Those of a
// model that are of one application are that application's.
func logRefusals(x refusals, n, refused, rate float64) float64 {
	if strings.HasPrefix(x.subject, "model ") && 2*x.most > x.refused {
		return 0
	}
	a, b := refused+refusalStart*rate, n-refused+refusalStart*(1-rate)
	if all := a + b; all > refusalCertain {
		a, b = a*refusalCertain/all, b*refusalCertain/all
	}
	return statistic.LogUpperBetaBinomial(x.refused, x.n, a/(a+b), a+b, 0.5)
}

func tellRefusals(x refusals, span int64, p, before float64) tested {
	f := found{}
	kind, name, _ := strings.Cut(x.subject, " ")
	f.Subject = name
	f.First, f.Last = time.UnixMicro(x.at).UTC(), time.UnixMicro(x.at+span-1).UTC()
	f.Bucket = kind + " " + f.First.Format(time.DateOnly)
	share := 100 * float64(x.refused) / float64(x.n)
	f.Title = fmt.Sprintf("%.0f %% of what was asked of %s was refused, after %.1f %% before", share, name, 100*before)
	if kind == "actor" {
		f.Title = fmt.Sprintf("%.0f %% of what %s asked was refused, after %.1f %% before", share, name, 100*before)
	}
	f.Explanation = fmt.Sprintf("In these %d hours %d of %d conversations were refused by the model or a guardrail; on the days before it was %.1f %%.",
		span/(day/24), x.refused, x.n, 100*before)
	f.Facts = []analyze.Fact{{Name: "refused", Value: x.refused}, {Name: "conversations", Value: x.n}, {Name: "rate_before", Value: math.Round(before*1e4) / 1e4}}
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
