package casefile

import (
	"context"
	"fmt"
	"slices"
)

// The views that [Case.EachPart] makes.
const (
	PartEvents  = "part_events"
	PartRecords = "part_records"
)

// partSegments is how many segments are a part. Each holds 32 MiB of records at most,
// see segmentSize, and a join of these with their events has a few times that in
// memory.
const partSegments = 3

// EachPart goes through the case a few segments at a time, in their order. For each it
// makes the temporary views [PartEvents] and [PartRecords], which are events and
// records with only what those segments hold, and calls do. All events of a record are
// in one part. In one statement over a whole case the bytes of records, behind a join,
// would have to fit into memory.
func (c *Case) EachPart(ctx context.Context, do func() error) error {
	events := only(c.events, "events")
	if len(events) != len(c.records) {
		return fmt.Errorf("going through the records: the case has %d segments of events and %d of records; exhibit verify says what is missing", len(events), len(c.records))
	}
	for from := 0; from < len(events); from += partSegments {
		to := min(from+partSegments, len(events))
		if err := c.makePart(ctx, events[from:to], c.records[from:to]); err != nil {
			return fmt.Errorf("going through the records: %w", err)
		}
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// makePart makes the views of a part.
func (c *Case) makePart(ctx context.Context, events, records []string) error {
	views, err := c.callViewSQL("or replace ", "part_", "read_parquet("+quoteList(events)+")", "joined_call")
	if err != nil {
		return err
	}
	view, err := recordViewSQL("or replace ", "part_", records)
	if err != nil {
		return err
	}
	// The view of calls, which is the last, is not wanted.
	for _, q := range slices.Concat(views[:2], []string{view}) {
		if _, err := c.db.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("making the views of a part: %w", err)
		}
	}
	return nil
}
