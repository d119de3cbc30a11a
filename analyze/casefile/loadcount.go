package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
)

// LoadCount says what the events of one format in one load show. It counts
// what needs the other events of the case to be known.
type LoadCount struct {
	Format     string // "" for all formats together, where a call of two formats counts once
	Calls      int64  // calls that the events show
	Joined     int64  // of these, the calls that more than one event of the case shows
	Duplicates int64  // events that other evidence shows too
	Conflicts  int64  // events whose native id another event has with other content
}

// CountLoad counts what the load with the given segments brought, per format
// in the order of their names, then in all. It returns nothing for a load
// without events.
func (c *Case) CountLoad(ctx context.Context, segments [2]int64) ([]LoadCount, error) {
	var refs []FileRef
	for _, ref := range c.state.events {
		var n int64
		if _, err := fmt.Sscanf(filepath.Base(ref.Path), "%d-events.parquet", &n); err == nil && n >= segments[0] && n <= segments[1] {
			refs = append(refs, ref)
		}
	}
	files, err := absolute(c.Dir, c.state, refs)
	if err != nil || len(only(files, "events")) == 0 {
		return nil, err
	}
	q, err := statement("load_count", map[string]string{"events": quoteList(only(files, "events"))})
	if err != nil {
		return nil, err
	}
	rows, err := c.db.QueryContext(ctx, q, sql.Named("first", segments[0]<<eidShift), sql.Named("last", (segments[1]+1)<<eidShift-1))
	if err != nil {
		return nil, fmt.Errorf("counting the events of a load: %w", err)
	}
	defer rows.Close()
	var counts []LoadCount
	for rows.Next() {
		var n LoadCount
		var format sql.NullString
		if err := rows.Scan(&format, &n.Calls, &n.Joined, &n.Duplicates, &n.Conflicts); err != nil {
			return nil, fmt.Errorf("counting the events of a load: %w", err)
		}
		n.Format = format.String
		counts = append(counts, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("counting the events of a load: %w", err)
	}
	return counts, nil
}
