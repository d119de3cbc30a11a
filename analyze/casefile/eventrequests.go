package casefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// RequestIDs returns the request ids of events by the ids of these. Events
// without one are missing.
func (c *Case) RequestIDs(ctx context.Context, events []string) (map[string]string, error) {
	if _, err := c.db.ExecContext(ctx, "create or replace temp table asked_event (event_id varchar)"); err != nil {
		return nil, fmt.Errorf("reading request ids: %w", err)
	}
	if err := appendRows(ctx, c.db, "asked_event", len(events), func(i int) []driver.Value { return []driver.Value{events[i]} }); err != nil {
		return nil, fmt.Errorf("reading request ids: %w", err)
	}
	ids := map[string]string{}
	err := c.query(ctx, "event_requests", nil, nil, func(r *sql.Rows) error {
		var event, request string
		err := r.Scan(&event, &request)
		ids[event] = request
		return err
	})
	return ids, err
}
