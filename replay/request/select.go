package request

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/correlation"
	"github.com/exhibit-forensics/exhibit/formats"
)

// Named returns the events that an id names: an event id of the case, or else
// any identifier that a timeline can start from, with all that belongs to it.
// The error for none is that of [correlation.Timeline].
func Named(ctx context.Context, c *casefile.Case, id string) ([]int64, error) {
	eids, err := c.ResolveEvent(ctx, id)
	if err == nil || !errors.Is(err, casefile.ErrNotEventID) && !errors.Is(err, casefile.ErrNoEvent) {
		return eids, err
	}
	result, err := correlation.Timeline(ctx, c, correlation.Options{Start: []string{id}})
	if err != nil {
		return nil, err
	}
	var ids []string
	for i := range result.Entries {
		ids = append(ids, result.Entries[i].EventID)
	}
	return Events(ctx, c, ids)
}

// Events returns the events of event ids, in their order.
func Events(ctx context.Context, c *casefile.Case, ids []string) ([]int64, error) {
	var out []int64
	for _, id := range ids {
		eids, err := c.ResolveEvent(ctx, id)
		if err != nil {
			return nil, err
		}
		out = append(out, eids...)
	}
	return out, nil
}

// Filter selects events by their columns: those that have to hold a value, a
// condition in SQL that was checked by [casefile.Case.CheckCondition], or both.
type Filter struct {
	Session string
	Where   string
}

// Filtered returns the events that ask a model and that a filter selects, in
// the order of time, at most limit; 0 is all.
func Filtered(ctx context.Context, c *casefile.Case, f Filter, limit int) ([]int64, error) {
	q := casefile.EventQuery{
		Matches: []casefile.Match{{Columns: []string{"kind"}, Values: []string{string(formats.KindInference)}}},
		Where:   f.Where, Columns: []string{"eid"}, Limit: limit,
	}
	if f.Session != "" {
		q.Matches = append(q.Matches, casefile.Match{Columns: []string{"session_id"}, Values: []string{f.Session}})
	}
	rows, err := c.SelectEvents(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []int64
	for rows.Next() {
		eid, ok := rows.Values()[0].(int64)
		if !ok {
			return nil, errors.Join(fmt.Errorf("selecting events to replay: an event has no number"), rows.Close())
		}
		out = append(out, eid)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("selecting events to replay: %w", err)
	}
	return out, nil
}

// asking leaves in those of the events that ask a model, in the order of time,
// and each once: of those that repeat another one, the other.
func asking(ctx context.Context, c *casefile.Case, eids []int64) (keys []*casefile.Keys, left int, err error) {
	first, err := c.Survivors(ctx, eids)
	if err != nil {
		return nil, 0, err
	}
	own := slices.Clone(eids)
	for i, eid := range own {
		if of, ok := first[eid]; ok {
			own[i] = of
		}
	}
	slices.Sort(own)
	if keys, err = c.Keys(ctx, slices.Compact(own)); err != nil {
		return nil, 0, err
	}
	all := len(keys)
	keys = slices.DeleteFunc(keys, func(k *casefile.Keys) bool { return k.Kind != string(formats.KindInference) })
	slices.SortFunc(keys, (*casefile.Keys).Compare)
	return keys, all - len(keys), nil
}
