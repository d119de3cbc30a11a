package detectors

import (
	"cmp"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/baseline"
)

// countedBefore is what a baseline tells of counts, as if it were the beginning of the
// logs: what was new on which of its days, and is new no more. The nil one tells
// nothing.
type countedBefore struct {
	known  []knownKind
	models map[string][]string // of these the models, by actor
	days   map[string][]tally  // by actor, in the order of time
}

// knownKind is something that an actor did in a baseline, as a statement names it.
type knownKind struct {
	Actor string `json:"actor"`
	Kind  string `json:"kind"`
}

// of returns the counts of an actor.
func (b *countedBefore) of(actor string) []tally {
	if b == nil {
		return nil
	}
	return b.days[actor]
}

// tells reports whether the counts of an actor reach a time.
func (b *countedBefore) tells(actor string, at int64) bool {
	days := b.of(actor)
	return len(days) > 0 && at <= days[len(days)-1].atUS
}

// join puts those of the actors of a case before and between what the case counts.
func (b *countedBefore) join(list []tally) []tally {
	if b == nil || len(b.days) == 0 {
		return list
	}
	out := slices.Clone(list)
	done := map[string]bool{}
	for i := range list {
		if actor := list[i].actor; !done[actor] {
			done[actor] = true
			out = append(out, b.days[actor]...)
		}
	}
	slices.SortStableFunc(out, func(x, y tally) int { return cmp.Or(cmp.Compare(x.atUS, y.atUS), cmp.Compare(x.actor, y.actor)) })
	return out
}

// compare says of how many actors of a case a baseline told something.
func (res *result) compare(r *run, days map[string][]tally, list []tally) {
	actors := map[string]bool{}
	for i := range list {
		if actor := list[i].actor; len(days[actor]) > 0 {
			actors[actor] = true
		}
	}
	if len(actors) == 0 {
		res.notes = append(res.notes, "not held against the baseline, which does not say when any actor of this case was there and what it looked at"+r.olderNote())
		return
	}
	res.compared = true
	res.notes = append(res.notes, r.comparedNote("actors with a past in it", len(actors)))
}

// modelsBefore is what a baseline tells of looking around among models. Of an actor of
// whom the baseline left something out, for it had too many models, nothing is known:
// what is not in the file need not be new.
func modelsBefore(b *baseline.Baseline) *countedBefore {
	out := &countedBefore{known: []knownKind{}, models: map[string][]string{}, days: map[string][]tally{}}
	if b == nil {
		return out
	}
	for i := range b.Dimensions {
		if b.Dimensions[i].Name != "actor" {
			continue
		}
		for k := range b.Dimensions[i].Subjects {
			out.remember(&b.Dimensions[i].Subjects[k])
		}
	}
	return out
}

// remember adds what one actor did.
func (b *countedBefore) remember(s *baseline.Subject) {
	models, looks := s.Attribute("model"), s.Attribute(baseline.LookedAt)
	if s.Seen == nil || models != nil && models.Rest.Count > 0 || looks != nil && looks.Rest.Count > 0 {
		return
	}
	begun := map[string]baseline.Day{}
	add := func(kind string, v *baseline.Value) {
		if at, there := begun[kind]; !there || v.First < at {
			begun[kind] = v.First
		}
	}
	if models != nil {
		for i := range models.Known {
			add("model "+models.Known[i].Value, &models.Known[i])
		}
	}
	if looks != nil {
		for i := range looks.Known {
			add(looks.Known[i].Value, &looks.Known[i])
		}
	}
	counts := map[baseline.Day]int64{}
	s.Seen.Each(func(d baseline.Day) { counts[d] = 0 })
	b.models[s.Name] = []string{}
	for _, kind := range sortedKeys(begun) {
		counts[begun[kind]] += mostWeight(kind)
		b.known = append(b.known, knownKind{s.Name, kind})
		if model, is := strings.CutPrefix(kind, "model "); is {
			b.models[s.Name] = append(b.models[s.Name], model)
		}
	}
	for _, d := range sortedKeys(counts) {
		b.days[s.Name] = append(b.days[s.Name], tally{used: used{actor: s.Name, atUS: int64(d) * day}, n: counts[d], past: true})
	}
}

// mostWeight is how much recon_model_days counts something as at most: a baseline does
// not say with what it was asked, and more in the past is what surprises less.
func mostWeight(kind string) int64 {
	switch kind {
	case "operation GetFoundationModelAvailability", "operation ListFoundationModelAgreementOffers", "operation GetUseCaseForModelAccess":
		return 2
	}
	return 1
}
