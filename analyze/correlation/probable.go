package correlation

import (
	"context"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// maxProbable bounds the events that are compared for probable joins.
const maxProbable = 2_000

// findProbable looks for events that could be the other side of calls whose
// other side no identifier gives: the same principal and model within
// [Options.Near], on the other plane, and not joined to a call by identifiers.
func (w *walk) findProbable(ctx context.Context, r *Result) ([]Entry, error) {
	var out []*node
	for _, plane := range []string{planeAccess, planeContent} {
		other := otherPlane(plane)
		if !hasPlane(r.Sources, other) {
			continue
		}
		var lonely []*casefile.Keys
		for i := range r.Entries {
			if k := r.Entries[i].keys; k.Plane == plane && k.TS != nil && k.Principal != "" && w.isLonely(k, other) {
				lonely = append(lonely, k)
			}
		}
		near, cut, err := w.near(ctx, lonely, other)
		if err != nil {
			return nil, err
		}
		r.ProbableCut = r.ProbableCut || cut
		out = append(out, near...)
	}
	slices.SortFunc(out, w.compareNodes)
	return w.entries(ctx, out)
}

// isLonely reports whether a call is known not to be seen on a plane by its
// request id, or has none.
func (w *walk) isLonely(k *casefile.Keys, plane string) bool {
	if !k.IsCall() {
		return false
	}
	if k.RequestID == "" {
		return true
	}
	seen, known := w.seen(k, plane)
	return known && !seen
}

// near returns the lonely events of a plane that are close to one of the calls,
// each linked to the closest.
func (w *walk) near(ctx context.Context, calls []*casefile.Keys, plane string) (out []*node, cut bool, err error) {
	if len(calls) == 0 {
		return nil, false, nil
	}
	var principals []string
	from, to := *calls[0].At(w.o.Clock), *calls[0].At(w.o.Clock)
	for _, k := range calls {
		principals = append(principals, k.Principal)
		from, to = min(from, *k.At(w.o.Clock)), max(to, *k.At(w.o.Clock))
	}
	slices.Sort(principals)
	margin := w.o.Near.Microseconds()
	eids, total, err := w.c.FindCalls(ctx, plane, slices.Compact(principals), from-margin, to+margin, w.o.Clock, maxProbable)
	if err != nil {
		return nil, false, err
	}
	if err := w.read(ctx, eids); err != nil {
		return nil, false, err
	}
	var ask []question
	eids = slices.DeleteFunc(eids, func(eid int64) bool { return w.nodes[eid] != nil })
	for _, eid := range eids {
		if id := w.keys[eid].RequestID; id != "" {
			ask = append(ask, question{kindRequest, id})
		}
	}
	if err := w.ask(ctx, ask, false); err != nil {
		return nil, false, err
	}
	for _, eid := range eids {
		k := w.keys[eid]
		if !w.isLonely(k, otherPlane(plane)) {
			continue
		}
		if call := w.closest(k, calls, margin); call != nil {
			out = append(out, &node{Keys: k, link: Link{Kind: "time", Relation: RelationNear, From: call.EventID}})
		}
	}
	return out, total > maxProbable, nil
}

// closest returns the call of the same principal and model that is closest in
// time, the earlier of two, or nil when none is close enough.
func (w *walk) closest(k *casefile.Keys, calls []*casefile.Keys, margin int64) *casefile.Keys {
	var best *casefile.Keys
	distance := margin + 1
	for _, c := range calls {
		if c.Principal != k.Principal || modelName(c.Model) != modelName(k.Model) {
			continue
		}
		d := *c.At(w.o.Clock) - *k.At(w.o.Clock)
		if d = max(d, -d); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// modelName is what an ARN of a model and its plain id share: one log writes
// the one, another the other.
func modelName(model string) string {
	return strings.ToLower(model[strings.LastIndexByte(model, '/')+1:])
}
