package casefile

import (
	"context"
	"database/sql"
	"fmt"
)

// FindingEvents returns the events that each finding of the last run lists, by
// the id of the finding; in the order in which the finding has them.
func (c *Case) FindingEvents(ctx context.Context) (map[string][]int64, error) {
	out := map[string][]int64{}
	err := c.query(ctx, "finding_eids", map[string]string{"events": c.allEvents()}, nil, func(r *sql.Rows) error {
		var finding string
		var eid int64
		err := r.Scan(&finding, &eid)
		out[finding] = append(out[finding], eid)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("finding the events of findings: %w", err)
	}
	return out, nil
}
