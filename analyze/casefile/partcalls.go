package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/formats"
)

// SomeCalls is the view that [Case.MakeSomeCalls] makes.
const SomeCalls = "some_calls"

// joinedBy are the columns of segments by which events are joined to calls.
func joinedBy() []string {
	return []string{"segment", "row", "evidence", "record", "part", "format", "plane", "kind", "ts"}
}

// MakeSomeCalls makes the temporary view [SomeCalls], which is the view calls with
// only those that events of a temporary table with the column eid are parts of, and
// calls that were merged of pieces. To find few calls, the events are read once,
// and not once for each role that an event can have in a call.
//
// Only event_id, ts_corrected and the given columns, for which [ShownByEvent] must
// hold, have values. The view is there until this is called again.
func (c *Case) MakeSomeCalls(ctx context.Context, from string, columns []string) error {
	read := joinedBy()
	for _, name := range columns {
		if !slices.Contains(read, name) && ShownByEvent(name) {
			read = append(read, name)
		}
	}
	list := quoteList(only(c.events, "events"))
	fill := map[string]string{"from": QuoteIdent(from), "events": list, "columns": "e." + strings.Join(read, ", e.")}
	if err := runWith(ctx, c.db, "some_calls", fill, nil); err != nil {
		return err
	}
	rows, err := statement("some_rows", map[string]string{"events": list, "columns": strings.Join(read, ", ")})
	if err != nil {
		return err
	}
	views, err := c.callViewSQL("or replace ", "some_", rows, "some_joined")
	if err != nil {
		return err
	}
	for _, q := range views {
		if _, err := c.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("making the view of some calls: %w", err)
		}
	}
	return nil
}

// ShownByEvent reports whether what a call has in a column is what one of its
// events has there, unless it was merged of pieces. Costs are not: they are worked
// out from what several events say.
func ShownByEvent(column string) bool {
	_, ok := formats.ColumnByName(column)
	return ok && !slices.Contains([]string{"event_id", "cost_usd", "cost_basis", "ts", "ts_end", "content_state"}, column)
}
