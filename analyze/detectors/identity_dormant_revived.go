package detectors

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// dormantRevived is the statement of its name, which can also be told of a silence that
// began before the case: by the days on which a baseline saw an actor. Only days of
// which logs tell are silence: those up to the end of the baseline's logs, and those
// from where the case's begin, of a provider that the actor came back to. Where more than
// [baseline.CoverHole] days lie between, only the case's count, for it may have
// been used then.
type dormantRevived struct {
	*sqlDetector
}

const dormantName = "identity_dormant_revived"

// factLastSeen is of findings whose silence began in the baseline.
const factLastSeen = "last_seen"

// What the statement reads of a baseline.
type (
	pastActor struct {
		Actor string `json:"actor"`
		Day   int64  `json:"day"` // the last
		Days  int    `json:"days"`
		Pause int64  `json:"pause"` // the longest
	}
	knownValue struct {
		Actor     string  `json:"actor"`
		Attribute string  `json:"attribute"`
		Value     *string `json:"value"` // nil where the baseline left some out
	}
	coveredDays struct {
		Provider string `json:"provider"`
		First    int64  `json:"first"`
		Last     int64  `json:"last"`
	}
)

func (d *dormantRevived) detect(ctx context.Context, r *run) (*result, error) {
	b := r.options.Baseline
	past, known := pastActors(b)
	covers := []coveredDays{}
	if b != nil {
		for _, c := range b.Covers {
			covers = append(covers, coveredDays{c.Provider, int64(c.First), int64(c.Last)})
		}
	}
	args := []any{sql.Named("hole", int64(baseline.CoverHole))}
	for name, list := range map[string]any{"past": past, "known": known, "covers": covers} {
		text, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("writing the %s of the baseline: %w", name, err)
		}
		args = append(args, sql.Named(name, string(text)))
	}
	res, err := d.detectWith(ctx, r, args)
	switch {
	case err != nil || b == nil:
	case len(past) == 0:
		res.notes = append(res.notes, "not held against the baseline, which does not say when an actor was there"+r.olderNote())
	default:
		res.compared = true
		began := 0
		for i := range res.found {
			if slices.ContainsFunc(res.found[i].Facts, func(f analyze.Fact) bool { return f.Name == factLastSeen }) {
				began++
			}
		}
		res.notes = append(res.notes, r.comparedNote("silences that began in it", began))
	}
	return res, err
}

// pastActors returns when actors were there by a baseline, which may be nil, and what they
// used.
func pastActors(b *baseline.Baseline) ([]pastActor, []knownValue) {
	past, known := []pastActor{}, []knownValue{}
	if b == nil {
		return past, known
	}
	for i := range b.Dimensions {
		if b.Dimensions[i].Name != "actor" {
			continue
		}
		for k := range b.Dimensions[i].Subjects {
			s := &b.Dimensions[i].Subjects[k]
			if s.Seen == nil {
				continue
			}
			past = append(past, pastActor{s.Name, int64(s.Seen.Last()), strings.Count(s.Seen.Days, "1"), s.Seen.Pause()})
			for _, attribute := range []string{"network", "client", "model"} {
				known = append(known, valuesOf(s, attribute)...)
			}
		}
	}
	return past, known
}

// valuesOf returns what an actor used of something.
func valuesOf(s *baseline.Subject, attribute string) []knownValue {
	a := s.Attribute(attribute)
	if a == nil {
		return nil
	}
	var out []knownValue
	if a.Rest.Count > 0 {
		out = append(out, knownValue{Actor: s.Name, Attribute: attribute})
	}
	for i := range a.Known {
		out = append(out, knownValue{s.Name, attribute, &a.Known[i].Value})
	}
	return out
}
