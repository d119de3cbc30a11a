package detectors

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// modelDrift tests whether a model answers otherwise than before.
type modelDrift struct{}

func (modelDrift) about() *analyze.About {
	return &analyze.About{
		ID: "quality.model-drift", Version: 1, Statistical: true, Severity: analyze.SeverityLow,
		Title: "A model answers otherwise than before",
		Why: "Behind the same name a model can be replaced, by its provider or by somebody who wants another to answer. Its answers are then of another length, take another time for each token, or " +
			"stand in another form, as lists, code or JSON. Tested are six hours, days and pairs of days of each application, or actor without one, against its days before, by the ranks of its calls. Where " +
			"the name of the model changed at the same time it is said.",
		Tags:  []string{"atlas.aml.t0048", "owasp.llm03"},
		Needs: []string{"output_tokens"},
		FalsePositives: []string{
			"a release that changes the prompt or the task",
			"a new version of the model that was planned",
		},
		Triage:  []string{"compare answers before and after to the same kind of question", "see whether model, endpoint or region changed, and who changed it"},
		Collect: []string{"calls before and after with their answers", "what the provider says of the version"},
		Contain: []string{"name the version of the model in calls", "check the application with the new version before it is used"},
	}
}

func driftMeasures() []measure {
	return []measure{
		{name: "length", up: "answers are longer", down: "answers are shorter", below: true, least: 0.3},
		{name: "time", up: "tokens take longer", down: "tokens come faster", below: true, least: 0.5},
		{name: "form", up: "answers have more form: lists, code or JSON", down: "answers have less form: more prose", below: true, least: 0.9},
	}
}

func (modelDrift) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "call"); err != nil {
		return nil, err
	}
	list, err := r.shiftedDays(ctx, "drift", driftMeasures())
	if err != nil {
		return nil, err
	}
	if lacks, err := r.lacks(ctx, []string{"text"}); err != nil {
		return nil, err
	} else if lacks == "" {
		if err := r.need(ctx, "answer_form"); err != nil {
			return nil, err
		}
		forms, err := r.shiftedDays(ctx, "drift_text", driftMeasures())
		if err != nil {
			return nil, err
		}
		list = append(list, forms...)
	}
	res := &result{tests: int64(len(list))}
	for _, m := range driftMeasures() {
		some := slices.DeleteFunc(slices.Clone(list), func(s shifted) bool { return s.m.name != m.name })
		res.tested = append(res.tested, modelDriftTests(some)...)
	}
	return res, nil
}

// modelDriftTests makes a test of the first day of each run of days on which a measure has shifted: the
// days after it say the same.
func modelDriftTests(list []shifted) []tested {
	scale := scaleOf(list)
	slices.SortStableFunc(list, func(a, b shifted) int { return cmp.Compare(a.subject, b.subject) })
	var out []tested
	var last shifted
	for i := range list {
		s := &list[i]
		p := math.Exp(math.Max(s.logP(scale), -700))
		if p > DefaultQ {
			continue
		}
		if p <= 1e-3 && last.subject == s.subject && s.at-last.at <= 3*day && (s.by > 0) == (last.by > 0) {
			last = *s
			continue
		}
		if p <= 1e-3 {
			last = *s
		}
		out = append(out, tellDrift(s, p))
	}
	return out
}

func tellDrift(s *shifted, p float64) tested {
	f := found{}
	_, name, _ := strings.Cut(s.subject, " ")
	f.Subject = name
	f.First, f.Last = time.UnixMicro(s.at).UTC(), time.UnixMicro(s.at+s.span-1).UTC()
	f.Bucket = s.m.name + " " + f.Last.Format(time.DateOnly)
	what := s.m.up
	if s.by < 0 {
		what = s.m.down
	}
	f.Facts = []analyze.Fact{{Name: "calls", Value: s.n}, {Name: "z", Value: math.Round(100*s.z) / 100}}
	shift := "."
	if s.m.name != "form" {
		f.Facts = append(f.Facts, analyze.Fact{Name: "times_the_median", Value: math.Round(100*math.Exp(s.by)) / 100})
		shift = fmt.Sprintf(": the median is %.2f times that of the days before.", math.Exp(s.by))
	}
	subject, from, to, n := s.subject, s.at, s.at+s.span, s.n
	return tested{p: p, found: f, complete: func(ctx context.Context, r *run, f *found) error {
		var before, during string
		err := r.query(ctx, "drift_models", []any{sql.Named("subject", subject), sql.Named("from", from), sql.Named("to", to)}, func(rows *sql.Rows) error {
			return rows.Scan(&before, &during)
		})
		if err != nil {
			return err
		}
		f.Title = fmt.Sprintf("Since %s %s of %s", time.UnixMicro(from).UTC().Format(time.DateOnly), what, name)
		since := "the name of the model is the same"
		if before != during {
			since = fmt.Sprintf("most calls go to %s now, before to %s", during, before)
			f.Facts = append(f.Facts, analyze.Fact{Name: "model_before", Value: before}, analyze.Fact{Name: "model", Value: during})
		}
		f.Explanation = fmt.Sprintf("In %d calls in these %d hours %s%s As for the cause: %s.", n, (to-from)/hour, what, shift, since)
		return completeSpan(ctx, r, f, "drift_events", sql.Named("subject", subject), sql.Named("from", from), sql.Named("to", to))
	}}
}
