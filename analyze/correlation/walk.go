package correlation

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// node is an event of the timeline and how it was reached.
type node struct {
	*casefile.Keys
	link Link
	step int
	down bool // reached as a use of an issued credential: the chain goes on from here
	stop bool // selected by a weak identifier only: nothing is followed from here
}

// question asks for the events that have an identifier of a kind.
type question struct{ kind, value string }

// answer is who has an identifier.
type answer struct {
	events int64   // as the index counts
	eids   []int64 // those that have it indeed; none when it is weak
	weak   Reason  // why it is not followed, or ""
	people int     // distinct principals in the format that has most of them; -1 when they were not counted
	cut    bool    // eids are the first only
}

// walk follows identifiers from the start, one step at a time. All that it
// does depends on times and on places in the evidence, never on the numbers
// that events have in a case, because these depend on the order of loads.
type walk struct {
	c        *casefile.Case
	o        Options
	from, to *int64 // the window

	keys    map[int64]*casefile.Keys // every event that was looked at
	nodes   map[int64]*node
	asked   map[question]*answer
	own     map[question]int64 // events known to have an identifier before it is asked for: 1 or none
	outside map[int64]bool
	unread  int64
	starts  []StartMatch
}

func newWalk(c *casefile.Case, o Options) *walk {
	w := &walk{
		c: c, o: o,
		keys: map[int64]*casefile.Keys{}, nodes: map[int64]*node{}, asked: map[question]*answer{}, own: map[question]int64{}, outside: map[int64]bool{},
	}
	if !o.Around.IsZero() {
		from, to := o.Around.Add(-o.Window).UnixMicro(), o.Around.Add(o.Window).UnixMicro()
		w.from, w.to = &from, &to
	}
	return w
}

// room is how many events may still be read. Events are read to learn whether
// an identifier is weak, so that there are more of them than are shown.
func (w *walk) room() int64 { return int64(4*w.o.Limit - len(w.keys)) }

// start selects the events to start from.
func (w *walk) start(ctx context.Context) error {
	var found []*node
	for _, value := range w.o.Start {
		nodes, match, err := w.startAt(ctx, value)
		if err != nil {
			return err
		}
		found = append(found, nodes...)
		w.starts = append(w.starts, match)
	}
	selected, err := w.startFilter(ctx)
	if err != nil {
		return err
	}
	w.accept(append(found, selected...))
	return nil
}

// startAt finds the events of an identifier or event id.
func (w *walk) startAt(ctx context.Context, value string) ([]*node, StartMatch, error) {
	match := StartMatch{Value: value}
	nodes, ambiguous, err := w.startEvent(ctx, value, &match)
	if err != nil {
		return nil, match, err
	}
	counts, err := w.c.CountIdentifiers(ctx, []string{value})
	if err != nil {
		return nil, match, err
	}
	kinds := map[string]bool{}
	for id := range counts {
		kinds[KindOf(id.Kind)] = true
	}
	var ask []question
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		ask = append(ask, question{kind, value})
	}
	if err := w.ask(ctx, ask, true); err != nil {
		return nil, match, err
	}
	for _, q := range ask {
		a := w.asked[q]
		if len(a.eids) == 0 {
			continue // another value of the same hash
		}
		if a.cut {
			w.unread += a.events - int64(len(a.eids))
		}
		match.Kinds = append(match.Kinds, q.kind)
		match.Events += a.events
		match.Weak = match.Weak || a.weak != ""
		for _, eid := range a.eids {
			nodes = append(nodes, &node{Keys: w.keys[eid], link: Link{Kind: q.kind, Value: value}, stop: a.weak != ""})
		}
	}
	if len(nodes) > 0 {
		return nodes, match, nil
	}
	return nil, match, ambiguous
}

// startEvent finds the events of an event id. A text that has the form of one
// but names none, or several, can still be an identifier: that it is ambiguous
// is an error only when it is none.
func (w *walk) startEvent(ctx context.Context, value string, match *StartMatch) (nodes []*node, ambiguous, err error) {
	eids, err := w.c.ResolveEvent(ctx, value)
	switch {
	case errors.Is(err, casefile.ErrNotEventID), errors.Is(err, casefile.ErrNoEvent):
		return nil, nil, nil
	case errors.Is(err, casefile.ErrAmbiguous):
		return nil, err, nil
	case err != nil:
		return nil, nil, err
	}
	survivors, err := w.c.Survivors(ctx, eids)
	if err != nil {
		return nil, nil, err
	}
	for i, eid := range eids {
		if of, ok := survivors[eid]; ok {
			eids[i] = of
		}
	}
	if err := w.read(ctx, eids); err != nil {
		return nil, nil, err
	}
	for _, eid := range eids {
		nodes = append(nodes, &node{Keys: w.keys[eid], link: Link{Kind: kindEventID, Value: value}})
	}
	if len(survivors) > 0 {
		match.Same = nodes[0].EventID
	}
	match.Kinds, match.Events = append(match.Kinds, kindEventID), match.Events+int64(len(nodes))
	return nodes, nil, nil
}

// startFilter selects events by their columns.
func (w *walk) startFilter(ctx context.Context) ([]*node, error) {
	o := &w.o
	link := Link{Kind: "time"}
	switch {
	case o.Principal != "":
		link = Link{Kind: "principal", Value: o.Principal}
	case o.IP != "":
		link = Link{Kind: "src_ip", Value: o.IP}
	case o.Credential != "":
		link = Link{Kind: kindCredential, Value: o.Credential}
	case len(o.Start) > 0:
		return nil, nil // the window limits, and selects nothing of its own
	}
	filter := casefile.EventFilter{Principal: o.Principal, SrcIP: o.IP, Credential: o.Credential, From: w.from, To: w.to, Clock: o.Clock}
	eids, total, err := w.c.FindEvents(ctx, filter, o.Limit)
	if err != nil {
		return nil, err
	}
	w.unread += total - int64(len(eids))
	if err := w.read(ctx, eids); err != nil {
		return nil, err
	}
	var nodes []*node
	for _, eid := range eids {
		nodes = append(nodes, &node{Keys: w.keys[eid], link: link})
	}
	return nodes, nil
}

// follow goes from the start to what shares an identifier with it, step by
// step, until there is nothing new.
func (w *walk) follow(ctx context.Context) error {
	front := w.sorted()
	for len(front) > 0 && (w.o.Depth == 0 || front[0].step < w.o.Depth) {
		leads := w.leads(front)
		ask := make([]question, len(leads))
		for i := range leads {
			ask[i] = leads[i].question
		}
		if err := w.ask(ctx, ask, false); err != nil {
			return err
		}
		front = w.accept(w.reached(leads))
	}
	return nil
}

// lead is an identifier of an event of the front, to be asked for.
type lead struct {
	question
	from     *node
	relation Relation
}

// leads lists the identifiers of the front that were not asked for yet, the
// closest joins first.
func (w *walk) leads(front []*node) []lead {
	var out []lead
	have := map[question]bool{}
	add := func(n *node, kind, value string, r Relation) {
		q := question{kind, value}
		if w.asked[q] == nil && !have[q] {
			have[q] = true
			out = append(out, lead{q, n, r})
			if r == RelationShares {
				w.own[q] = 1
			}
		}
	}
	for _, n := range front {
		if n.stop {
			continue
		}
		for _, id := range n.Identifiers() {
			switch kind := KindOf(id.Kind); kind {
			case kindCredential:
				add(n, kindIssued, id.Value, RelationIssued)
			case kindIssued:
				add(n, kindIssued, id.Value, RelationShares)
				if n.step == 0 || n.down || w.o.Depth > 0 {
					add(n, kindCredential, id.Value, RelationUsed)
				}
			default:
				add(n, kind, id.Value, RelationShares)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b lead) int {
		return cmp.Or(cmp.Compare(rank(a.kind), rank(b.kind)), cmp.Compare(a.kind, b.kind))
	})
	return out
}

// reached makes nodes of the events that the leads lead to.
func (w *walk) reached(leads []lead) []*node {
	var out []*node
	for _, l := range leads {
		a := w.asked[l.question]
		if a.weak != "" {
			continue
		}
		if a.cut {
			w.unread += a.events - max(w.own[l.question], int64(len(a.eids)))
		}
		for _, eid := range a.eids {
			out = append(out, &node{
				Keys: w.keys[eid], step: l.from.step + 1, down: l.relation == RelationUsed,
				link: Link{Kind: l.kind, Value: l.value, Relation: l.relation, From: l.from.EventID},
			})
		}
	}
	return out
}

// accept adds nodes that are new and inside the window, the earliest first as
// far as the limit goes, and returns them sorted. Of several nodes of an event
// the first counts, unless nothing is followed from it.
func (w *walk) accept(nodes []*node) []*node {
	fresh := map[int64]*node{}
	for _, n := range nodes {
		switch have := fresh[n.EID]; {
		case w.nodes[n.EID] != nil:
		case !w.inside(n.Keys):
			w.outside[n.EID] = true
		case have == nil:
			fresh[n.EID] = n
		case have.stop && !n.stop:
			n.down = n.down || have.down
			fresh[n.EID] = n
		default:
			have.down = have.down || n.down
		}
	}
	out := slices.SortedFunc(maps.Values(fresh), w.compareNodes)
	if room := w.o.Limit - len(w.nodes); len(out) > room {
		w.unread += int64(len(out) - room)
		out = out[:room]
	}
	for _, n := range out {
		w.nodes[n.EID] = n
	}
	return out
}

// inside reports whether an event is in the window. One without a time is in
// none.
func (w *walk) inside(k *casefile.Keys) bool {
	at := k.At(w.o.Clock)
	return w.from == nil || at != nil && *at >= *w.from && *at <= *w.to
}

func (w *walk) compareNodes(a, b *node) int { return a.CompareBy(w.o.Clock, b.Keys) }

// sorted returns all nodes in the order of time.
func (w *walk) sorted() []*node {
	return slices.SortedFunc(maps.Values(w.nodes), w.compareNodes)
}

// read reads what ties the events to others, of those that were not read yet.
func (w *walk) read(ctx context.Context, eids []int64) error {
	var fresh []int64
	for _, eid := range eids {
		if w.keys[eid] == nil {
			fresh = append(fresh, eid)
		}
	}
	slices.Sort(fresh)
	keys, err := w.c.Keys(ctx, slices.Compact(fresh))
	for _, k := range keys {
		w.keys[k.EID] = k
	}
	return err
}
