package detectors

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze"
)

// concurrent finds credentials that are used from two places at once. To be in one
// place after another is travel, a tunnel or a phone; to be back and forth within
// an hour, twice in a day, is two holders, or one with two ways out. Who has two
// ways out has them every day, so that days after [concurrentHabit] of such days
// say nothing.
type concurrent struct {
	head  analyze.About
	by    string // network, country or client
	words string // what a place is, in the plural
	// swift says that places are so far apart that a change within minutes says more
	// than one within the hour.
	swift bool
	// warm is on how many days before an actor must have been seen, and never in
	// one of the places, for its findings to be told; 0 tells all.
	warm int64
}

// concurrentHabit is after how many days in two places at once an actor is known
// to have two ways out.
const concurrentHabit = 2

// concurrentReturns is how often on a day a credential must be back within an hour,
// and concurrentWarm on how many days before an actor must have been seen where it
// was slower.
const concurrentReturns, concurrentWarm = 2, 5

func (d *concurrent) about() *analyze.About { return &d.head }

func (d *concurrent) detect(ctx context.Context, r *run) (*result, error) {
	if err := r.need(ctx, "call", "act", "used_on", "network_of"); err != nil {
		return nil, err
	}
	res := &result{}
	args := []any{sql.Named("by", d.by), sql.Named("habit", concurrentHabit), sql.Named("swift", d.swift)}
	err := r.query(ctx, "concurrent", args, func(rows *sql.Rows) error {
		var actor, holder, addresses, clients string
		var day, returns, slow, before, active, first, last, events int64
		var isNew bool
		var places, eids any
		err := rows.Scan(&actor, &holder, &day, &returns, &slow, &before, &active, &isNew, &first, &last, &events, &places, &addresses, &clients, &eids)
		if err != nil {
			return err
		}
		if d.warm > 0 && (active < d.warm || !isNew) {
			return nil
		}
		f := found{}
		if f.eids, err = eidList(eids); err != nil {
			return err
		}
		f.Subject, f.Actor, f.EventCount = actor, actor, events
		f.Bucket = holder + " " + time.UnixMicro(day*24*3600_000_000).UTC().Format(time.DateOnly)
		f.First, f.Last = time.UnixMicro(first).UTC(), time.UnixMicro(last).UTC()
		history := fmt.Sprintf("On %d earlier days with use it was never so", active)
		switch {
		case active == 0:
			f.Severity = analyze.SeverityLow
			history = "There is no earlier day to compare with"
		case before > 0:
			history = fmt.Sprintf("It was so on %d earlier day, and not on the others of %d", before, active)
		}
		within := "an hour"
		if returns < concurrentReturns {
			// It is slower than two who work at once, and only more odd than a tunnel that is
			// switched on and off where that was never so.
			if active < concurrentWarm || before > 0 {
				return nil
			}
			f.Severity, within, returns = analyze.SeverityMedium, "three hours, with changes within minutes", slow
		}
		f.Explanation = fmt.Sprintf("%s was used from %s %s: back and forth within %s, %s on this day. %s.",
			holder, d.words, joinList(places), within, times(returns), history)
		f.Facts = []analyze.Fact{
			{Name: "credential", Value: holder},
			{Name: "returns", Value: returns},
			{Name: "addresses", Value: addresses},
			{Name: "clients", Value: clients},
			{Name: "days_before", Value: active},
		}
		res.found = append(res.found, f)
		return nil
	})
	return res, err
}

// joinList writes a list of texts.
func joinList(value any) string {
	list, _ := value.([]any)
	var texts []string
	for _, v := range list {
		texts = append(texts, fmt.Sprint(v))
	}
	return strings.Join(texts, ", ")
}
