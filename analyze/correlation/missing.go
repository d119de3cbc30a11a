package correlation

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// The planes on which a call of a model can be seen.
const (
	planeAccess  = "access"
	planeContent = "content"
)

// Why says what it means that calls are not seen on a plane.
type Why string

// The reasons for an absence.
const (
	WhyMissing    Why = "missing"     // a source of that plane covers the time, account and region: the event should be there
	WhyNotCovered Why = "not_covered" // the case has a source of that plane, but not for that time, account or region
	WhyNoSource   Why = "no_source"   // the case has no source of that plane
)

// Absence counts the calls of a timeline that are not seen on a plane.
type Absence struct {
	Plane  string // on which they are not seen: access or content
	Why    Why
	Events int
}

// isLogged reports whether an event shows a call that Bedrock writes both to
// CloudTrail and, where that is switched on, to its invocation log. Agents,
// flows, batch jobs and SageMaker endpoints do not write the latter under the
// request id of the former.
func isLogged(k *casefile.Keys) bool {
	switch k.Operation {
	case "InvokeModel", "InvokeModelWithResponseStream", "Converse", "ConverseStream":
	default:
		return false
	}
	if k.Kind != "inference" && k.Kind != "embedding" {
		return false
	}
	return k.Plane == planeAccess && k.Outcome == "success" ||
		k.Plane == planeContent && (k.Outcome == "success" || k.Outcome == "blocked")
}

// otherPlane returns the plane on which a call should be seen as well.
func otherPlane(plane string) string {
	if plane == planeAccess {
		return planeContent
	}
	return planeAccess
}

// findMissing says of each call whether its other side should be in the case
// and is not. A call without a request id, or whose request id is weak, cannot
// be judged.
func (w *walk) findMissing(ctx context.Context, r *Result) error {
	var calls []int
	var ask []question
	for i := range r.Entries {
		if k := r.Entries[i].keys; isLogged(k) && k.RequestID != "" {
			calls = append(calls, i)
			ask = append(ask, question{kindRequest, k.RequestID})
		}
	}
	if err := w.ask(ctx, ask, false); err != nil {
		return err
	}
	spans := map[string][]casefile.SourceSpan{}
	counts := map[Absence]int{}
	for _, i := range calls {
		e := &r.Entries[i]
		other := otherPlane(e.keys.Plane)
		if seen, known := w.seen(e.keys, other); seen || !known {
			continue
		}
		why := WhyNoSource
		if hasPlane(r.Sources, other) {
			if spans[other] == nil {
				var err error
				if spans[other], err = w.c.PlaneSpans(ctx, other, w.o.Clock); err != nil {
					return err
				}
			}
			why = w.judgeAbsence(e.keys, spans[other])
		}
		if why == WhyMissing {
			e.Missing = other
		}
		counts[Absence{Plane: other, Why: why}]++
	}
	for a, n := range counts {
		a.Events = n
		r.Absences = append(r.Absences, a)
	}
	slices.SortFunc(r.Absences, func(a, b Absence) int {
		return cmp.Or(cmp.Compare(a.Plane, b.Plane), cmp.Compare(a.Why, b.Why))
	})
	return nil
}

// seen reports whether a call is seen on a plane, by its request id, and
// whether that can be known.
func (w *walk) seen(k *casefile.Keys, plane string) (seen, known bool) {
	a := w.asked[question{kindRequest, k.RequestID}]
	if a == nil || a.weak != "" || a.cut {
		return false, false
	}
	return slices.ContainsFunc(a.eids, func(eid int64) bool { return w.keys[eid].Plane == plane }), true
}

func hasPlane(sources []casefile.SourceSpan, plane string) bool {
	return slices.ContainsFunc(sources, func(s casefile.SourceSpan) bool { return s.Plane == plane })
}

// judgeAbsence says whether a source covers the time, account and region of a
// call. What the source or the call does not say is no reason against it.
func (w *walk) judgeAbsence(k *casefile.Keys, spans []casefile.SourceSpan) Why {
	agrees := func(s *string, have string) bool {
		return s == nil || *s == "" || have == "" || strings.EqualFold(*s, have)
	}
	at := k.At(w.o.Clock)
	for _, s := range spans {
		if at == nil || s.First == nil || s.Last == nil || *at < *s.First || *at > *s.Last {
			continue
		}
		if agrees(s.Tenant, k.Tenant) && agrees(s.Region, k.Region) {
			return WhyMissing
		}
	}
	return WhyNotCovered
}
