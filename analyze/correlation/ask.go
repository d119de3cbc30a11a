package correlation

import (
	"cmp"
	"context"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Reason says why an identifier is not followed.
type Reason string

// The reasons.
const (
	ReasonPlaceholder Reason = "placeholder" // the value stands for the lack of one
	ReasonEvents      Reason = "events"      // more events share it than one call or session has
	ReasonPrincipals  Reason = "principals"  // more principals share it than one call or session has
	ReasonAttribute   Reason = "attribute"   // it names a person, an account or a label, not an activity
	ReasonCredential  Reason = "credential"  // a used credential leads to who issued it, not to its other uses
)

// Weak is an identifier that entries have and that was not followed.
type Weak struct {
	casefile.Identifier
	Events     int64 // that have it in the case, without duplicates
	Principals int   // distinct, in the format that has most; -1 when they were not counted
	Reason     Reason
}

// ask answers questions: it counts, judges, and reads the events of what can
// be followed, the rarest first. With all, weak identifiers are answered as
// well: a person who names one wants to see its events.
func (w *walk) ask(ctx context.Context, questions []question, all bool) error {
	questions = slices.DeleteFunc(slices.Clone(questions), func(q question) bool { return w.asked[q] != nil })
	if err := w.count(ctx, questions, all); err != nil {
		return err
	}
	slices.SortStableFunc(questions, func(a, b question) int { return cmp.Compare(w.asked[a].events, w.asked[b].events) })
	var batch []question
	room := w.room()
	for _, q := range questions {
		a := w.asked[q]
		if a.weak != "" && !all || a.events <= w.own[q] {
			continue
		}
		if a.events > room {
			if err := w.readHolders(ctx, batch); err != nil {
				return err
			}
			batch, room = nil, w.room()
		}
		if a.events > room {
			if err := w.readFirst(ctx, q, room); err != nil {
				return err
			}
			room = w.room()
			continue
		}
		batch = append(batch, q)
		room -= a.events
	}
	if err := w.readHolders(ctx, batch); err != nil {
		return err
	}
	for _, q := range questions {
		w.judgePrincipals(q, all)
	}
	return nil
}

// count counts the events of each question and judges by number and value.
func (w *walk) count(ctx context.Context, questions []question, all bool) error {
	values := make([]string, len(questions))
	for i, q := range questions {
		values[i] = q.value
	}
	counts, err := w.c.CountIdentifiers(ctx, values)
	if err != nil {
		return err
	}
	for _, q := range questions {
		a := &answer{people: -1}
		for _, kind := range IndexKinds(q.kind) {
			a.events += counts[casefile.Identifier{Kind: kind, Value: q.value}]
		}
		a.weak = w.judge(q, a.events, all)
		w.asked[q] = a
	}
	return nil
}

// judge says why an identifier is weak, or "". The number of its uses says
// nothing about a credential, and a person who starts from an attribute or a
// credential means all its events.
func (w *walk) judge(q question, events int64, start bool) Reason {
	limit := w.o.Weak.Events
	if isSession(q.kind) {
		limit = w.o.Weak.SessionEvents
	}
	switch {
	case IsPlaceholder(q.value):
		return ReasonPlaceholder
	case q.kind == kindCredential, start && isAttribute(q.kind):
		return ""
	case isAttribute(q.kind):
		return ReasonAttribute
	case events > limit:
		return ReasonEvents
	}
	return ""
}

// judgePrincipals finds identifiers that too many principals share.
func (w *walk) judgePrincipals(q question, all bool) {
	a := w.asked[q]
	if a.weak != "" && !all || q.kind == kindCredential || isAttribute(q.kind) {
		return
	}
	people := map[string]map[string]bool{}
	a.people = 0
	for _, eid := range a.eids {
		k := w.keys[eid]
		if k.Principal == "" {
			continue
		}
		if people[k.Format] == nil {
			people[k.Format] = map[string]bool{}
		}
		people[k.Format][k.Principal] = true
		a.people = max(a.people, len(people[k.Format]))
	}
	limit := w.o.Weak.Principals
	if isSession(q.kind) {
		limit = w.o.Weak.SessionPrincipals
	}
	if a.weak == "" && a.people > limit {
		a.weak = ReasonPrincipals
	}
}

// readHolders reads the events of the questions.
func (w *walk) readHolders(ctx context.Context, questions []question) error {
	if len(questions) == 0 {
		return nil
	}
	var ids []casefile.Identifier
	for _, q := range questions {
		for _, kind := range IndexKinds(q.kind) {
			ids = append(ids, casefile.Identifier{Kind: kind, Value: q.value})
		}
	}
	holders, err := w.c.Holders(ctx, ids)
	if err != nil {
		return err
	}
	eids := map[question][]int64{}
	var all []int64
	for _, h := range holders {
		q := question{KindOf(h.Kind), h.Value}
		eids[q] = append(eids[q], h.EID)
		all = append(all, h.EID)
	}
	if err := w.read(ctx, all); err != nil {
		return err
	}
	for _, q := range questions {
		w.asked[q].eids = w.verified(q, eids[q])
	}
	return nil
}

// readFirst reads the first events of a question whose events are too many.
func (w *walk) readFirst(ctx context.Context, q question, room int64) error {
	a := w.asked[q]
	a.cut = true
	if room <= 0 {
		return nil
	}
	eids, err := w.c.FirstHolders(ctx, q.value, IndexKinds(q.kind), w.o.Clock, int(room))
	if err == nil {
		err = w.read(ctx, eids)
	}
	if err != nil {
		return err
	}
	a.eids = w.verified(q, eids)
	return nil
}

// verified returns those of the events that have the identifier indeed, each
// once, in the order of time: the index knows only hashes.
func (w *walk) verified(q question, eids []int64) []int64 {
	out := slices.DeleteFunc(eids, func(eid int64) bool {
		return !slices.ContainsFunc(w.keys[eid].Identifiers(), func(id casefile.Identifier) bool {
			return KindOf(id.Kind) == q.kind && id.Value == q.value
		})
	})
	slices.SortFunc(out, func(a, b int64) int { return cmp.Or(w.keys[a].CompareBy(w.o.Clock, w.keys[b]), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

// weakOf lists the identifiers of the entries that were not followed, when
// events that are not shown have them.
func (w *walk) weakOf(entries []Entry) []Weak {
	shown := map[question]int64{}
	for i := range entries {
		for _, id := range entries[i].Weak {
			shown[question{id.Kind, id.Value}]++
		}
	}
	var out []Weak
	for q, n := range shown {
		a := w.asked[q]
		if a.weak == ReasonPlaceholder || a.events > n {
			out = append(out, Weak{
				Identifier: casefile.Identifier{Kind: q.kind, Value: q.value}, Events: a.events, Principals: a.people, Reason: a.weak,
			})
		}
	}
	slices.SortFunc(out, func(a, b Weak) int { return a.Compare(b.Identifier) })
	return out
}
