package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// EnrichOverview says what a case is enriched from, and what came of it.
type EnrichOverview struct {
	Sources []EnrichSource

	Addresses, Located, Labelled int64 // distinct source addresses, if any are known; of these with a country or AS, and with a network's label
	Listed, Taught, Conflicted   int64 // identities that the list has, that calls taught, and that calls of several persons hold
	Events, Attributed, Priced   int64 // events without duplicates, with a person, and with a cost by the list of prices
	Conflicts                    []IdentityConflict
	Clocks                       []ClockCorrection
}

// IdentityConflict is a value that stands in calls of several persons, and one
// of them.
type IdentityConflict struct {
	Value, Person string
	Calls         int64
}

// maxConflicts is how many lines of conflicts an overview names.
const maxConflicts = 20

// Enrichment sums up the enrichment of the case, nil when it has none.
func (c *Case) Enrichment(ctx context.Context) (*EnrichOverview, error) {
	if len(c.state.enrichment) == 0 {
		return nil, nil
	}
	o := &EnrichOverview{Sources: c.state.enrichment}
	err := c.query(ctx, "enrich_overview", nil, nil, func(r *sql.Rows) error {
		return r.Scan(&o.Addresses, &o.Located, &o.Labelled, &o.Listed, &o.Taught, &o.Conflicted, &o.Events, &o.Attributed, &o.Priced)
	})
	if err == nil {
		err = c.query(ctx, "enrich_conflicts", map[string]string{"limit": strconv.Itoa(maxConflicts)}, nil, func(r *sql.Rows) error {
			var x IdentityConflict
			err := r.Scan(&x.Value, &x.Person, &x.Calls)
			o.Conflicts = append(o.Conflicts, x)
			return err
		})
	}
	if err == nil {
		o.Clocks, err = c.clockCorrections(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("summing up the enrichment: %w", err)
	}
	return o, nil
}
