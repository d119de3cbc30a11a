package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// outputRatio tests whether answers grow while what they answer does not.
type outputRatio struct{}

func (outputRatio) about() *analyze.About {
	return &analyze.About{
		ID: "exfiltration.output-ratio", Version: 1, Statistical: true, Severity: analyze.SeverityMedium,
		Title: "Answers grew while what they answer did not",
		Why: "Short questions with long answers are how data is drawn out of a model, its documents and its tools, and how a program looks that somebody has got hold of. Tested are six hours, " +
			"days and pairs of days of each actor against its days before, by the ranks of its calls; from a shift of the median by a third on.",
		Tags:  []string{"atlas.aml.t0024", "atlas.aml.t0057", "owasp.llm02"},
		Needs: []string{"actor", "input_tokens", "output_tokens"},
		FalsePositives: []string{
			"a new version of the program or of its model that writes more",
			"another task, such as reports at the end of a month",
		},
		Triage:  []string{"read the longest answers: exhibit show EVENT", "see whether model, system prompt or parameters changed", "see whether new clients or addresses came with it"},
		Collect: []string{"the calls of the span with their answers", "releases of the program at that time"},
		Contain: []string{"bound the tokens of an answer", "rotate the credential where nobody can say why"},
	}
}

func (outputRatio) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	list, err := r.shiftedDays(ctx, "output_ratio", []measure{{name: "ratio", least: 0.3}})
	if err != nil {
		return nil, err
	}
	res := &result{tests: int64(len(list))}
	scale := scaleOf(list)
	for i := range list {
		s := &list[i]
		p := math.Exp(math.Max(s.logP(scale), -700))
		if p > DefaultQ {
			continue
		}
		f := found{}
		f.Subject, f.Actor = s.subject, s.subject
		f.First, f.Last = time.UnixMicro(s.at).UTC(), time.UnixMicro(s.at+s.span-1).UTC()
		f.Bucket = f.Last.Format(time.DateOnly)
		f.Title = fmt.Sprintf("The answers that %s got became %.1f times as long for what it asked", s.subject, math.Exp(s.by))
		f.Explanation = fmt.Sprintf("Of %d calls in these %d hours the median answer is %.1f times as long as that of the days before, for questions of the same length.",
			s.n, s.span/(day/24), math.Exp(s.by))
		f.Facts = []analyze.Fact{{Name: "calls", Value: s.n}, {Name: "times_as_long", Value: math.Round(100*math.Exp(s.by)) / 100}, {Name: "z", Value: math.Round(100*s.z) / 100}}
		subject, from, to := s.subject, s.at, s.at+s.span
		res.tested = append(res.tested, tested{p: p, found: f, complete: func(ctx context.Context, r *run, f *found) error {
			return completeSpan(ctx, r, f, "span_events", sql.Named("actor", subject), sql.Named("from", from), sql.Named("to", to))
		}})
	}
	return res, nil
}
