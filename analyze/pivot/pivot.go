// Package pivot ranks the values of a case by how much following them promises:
// what is rare, new, shared by people who share nothing else, part of findings,
// or mostly denied.
package pivot

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Kinds are the columns whose values are ranked, in the order in which equals
// come.
func Kinds() []string {
	return []string{
		"credential_id", "src_ip", "principal", "source_identity", "end_user", "user_agent", "client", "app", "model", "endpoint", "region", "destination",
	}
}

// Options say what to rank.
type Options struct {
	Findings []analyze.Finding
	// Events, or else Value, are what to start from: only values of calls that
	// these events show, or that have the value, are ranked.
	Events []int64
	Value  string
	Newest time.Time // the newest plausible time of the case; zero when there is none
	Limit  int       // 0 is all
}

// Report is the ranking.
type Report struct {
	Values  []Value
	More    int   // how many values with a score are beyond the limit
	Units   int64 // calls of the case, and events that are no calls
	Started int64 // of them, those to start from
}

// Value is a value and why it may be worth following.
type Value struct {
	Kind, Value string
	Score       int64
	Why         []string // in words, what counts most first
	// Units are the calls with the value, and the other events, once each;
	// Events are all events. People are the persons or principals of them.
	Units, Events, People, Failed int64
	First, Last                   time.Time // zero when no event has a time
}

// ErrNoStart means that no event of the case is what a ranking should start
// from.
var ErrNoStart = errors.New("no event of the case is or has what to start from")

// Run ranks the values of a case: the highest score first, then those with the
// fewest calls, then by [Kinds] and value.
//
// A score is the sum of whole numbers, log2 rounded down and never below 0:
//
//	rare      log2(usual / calls), at most 10, where usual is the median of the
//	          calls of the values of the column
//	few       log2(usual / people), at most 5, with the median of their people
//	new       8 when it is first seen in the last tenth of the time of the case,
//	          or not before the start, and at most a twentieth of the column's
//	          values are: half of what a steady change of values gives
//	shared    10 for an address, credential or source identity of 2 to 8 people of
//	          whom some share no other; 6 for a credential of several addresses,
//	          where at most a twentieth of the credentials have several
//	findings  20 * calls in findings / calls, at least 2 where there are any
//	failed    10 * failed / calls, at most the number of failed, where that is at
//	          least twice the share of the case
//	start     10 * calls of the start / calls
//
// The weights are judgement, not measurement: they put one sure sign (shared,
// new) above a few halvings of frequency, and findings above both.
func Run(ctx context.Context, c *casefile.Case, o Options) (*Report, error) {
	r := &ranking{c: c, o: &o}
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("ranking values: %w", err)
	}
	values, err := r.score(ctx)
	if err != nil {
		return nil, fmt.Errorf("ranking values: %w", err)
	}
	slices.SortFunc(values, func(a, b *scored) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Units, b.Units), cmp.Compare(a.kind, b.kind), cmp.Compare(a.Value.Value, b.Value.Value))
	})
	out := &Report{Units: r.units, Started: r.started}
	for _, v := range values {
		if o.Limit > 0 && len(out.Values) == o.Limit {
			out.More++
			continue
		}
		v.explain()
		out.Values = append(out.Values, v.Value)
	}
	return out, nil
}

// ranking is what values are compared with.
type ranking struct {
	c *casefile.Case
	o *Options

	units, failed, started int64
	late                   time.Time // from here on, a value is new
	byStart                bool      // late is the time of the start
	kinds                  map[int]usual
	shared                 map[string]map[string]bool // by column
	addresses              map[string]int64           // of credentials
}

// usual is what most values of a column have.
type usual struct{ different, units, perValue, people, late int64 }

// prepare makes the temporary tables and reads what is usual.
func (r *ranking) prepare(ctx context.Context) error {
	if err := r.exec(ctx, "events", nil); err != nil {
		return err
	}
	if err := r.relate(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "join", nil); err != nil {
		return err
	}
	if err := r.c.StoredViews(ctx); err != nil {
		return err
	}
	for kind, column := range Kinds() {
		if err := r.exec(ctx, "values", map[string]string{"kind": fmt.Sprint(kind), "column": column}); err != nil {
			return err
		}
	}
	if err := r.span(ctx); err != nil {
		return err
	}
	r.kinds = map[int]usual{}
	err := r.query(ctx, "kinds", nil, []any{sql.Named("late", sql.NullTime{Time: r.late, Valid: !r.late.IsZero()})}, func(rows *sql.Rows) error {
		var kind int
		var u usual
		err := rows.Scan(&kind, &u.different, &u.units, &u.perValue, &u.people, &u.late)
		r.kinds[kind] = u
		return err
	})
	if err != nil {
		return err
	}
	return r.sharing(ctx)
}

// relate notes the events of the findings, and those to start from.
func (r *ranking) relate(ctx context.Context) error {
	var findings []int64
	var events []string
	for i := range r.o.Findings {
		for _, e := range r.o.Findings[i].Events {
			findings, events = append(findings, int64(i)), append(events, e)
		}
	}
	if len(events) > 0 {
		if err := r.exec(ctx, "found", nil, sql.Named("finding", findings), sql.Named("event", events)); err != nil {
			return err
		}
	}
	switch {
	case len(r.o.Events) > 0:
		return r.exec(ctx, "start_events", nil, sql.Named("eids", r.o.Events))
	case r.o.Value != "":
		return r.exec(ctx, "start_value", nil, sql.Named("value", r.o.Value))
	}
	return nil
}

func (r *ranking) starts() bool { return len(r.o.Events) > 0 || r.o.Value != "" }

// span reads the size of the case and decides what is new.
func (r *ranking) span(ctx context.Context) error {
	var oldest, start sql.NullTime
	err := r.query(ctx, "span", nil, nil, func(rows *sql.Rows) error {
		return rows.Scan(&r.units, &r.failed, &oldest, &start, &r.started)
	})
	switch {
	case err != nil:
		return err
	case r.starts() && r.started == 0:
		return ErrNoStart
	case start.Valid:
		r.late, r.byStart = start.Time.UTC(), true
	case oldest.Valid && r.o.Newest.After(oldest.Time):
		r.late = r.o.Newest.Add(-r.o.Newest.Sub(oldest.Time) / 10)
	}
	return nil
}

// fewPeople is how many people make a value that all of them may share by
// habit, such as the address of an office.
const fewPeople = 8

// sharing finds the values that tie together people who have nothing else in
// common.
func (r *ranking) sharing(ctx context.Context) error {
	r.shared, r.addresses = map[string]map[string]bool{}, map[string]int64{}
	for _, column := range []string{"credential_id", "src_ip", "source_identity"} {
		list := map[string]bool{}
		err := r.query(ctx, "shared", map[string]string{"column": column, "few": fmt.Sprint(fewPeople)}, nil, func(rows *sql.Rows) error {
			var v string
			err := rows.Scan(&v)
			list[v] = true
			return err
		})
		if err != nil {
			return err
		}
		r.shared[column] = list
	}
	var different int64
	err := r.query(ctx, "addresses", nil, nil, func(rows *sql.Rows) error {
		var v string
		var n int64
		err := rows.Scan(&v, &n, &different)
		r.addresses[v] = n
		return err
	})
	if int64(len(r.addresses))*20 > different {
		clear(r.addresses) // many have several: it is how things are here
	}
	return err
}

func calls(n int64) string {
	if n == 1 {
		return "1 call"
	}
	return fmt.Sprintf("%d calls", n)
}

// stamp writes a time to the second.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
