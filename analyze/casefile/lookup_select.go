package casefile

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// EventFilter selects events by their columns. What is empty or nil does not
// select; what is given must all hold.
type EventFilter struct {
	Principal  string
	SrcIP      string
	Credential string // used or issued
	From, To   *int64 // microseconds since the epoch, both ends included
	Clock      Clock  // by which From, To and the order are meant
}

// FindEvents returns the first events in the order of time that the filter
// selects, at most limit, and how many it selects in all. Duplicates are left
// out.
func (c *Case) FindEvents(ctx context.Context, f EventFilter, limit int) (eids []int64, total int64, err error) {
	fill := map[string]string{
		"events": c.allEvents(), "limit": strconv.Itoa(limit), "from": nullableInt(f.From), "to": nullableInt(f.To),
	}
	if err := c.fillClocks(f.Clock, fill); err != nil {
		return nil, 0, err
	}
	args := []any{
		sql.Named("principal", nullableText(f.Principal)), sql.Named("src_ip", nullableText(f.SrcIP)),
		sql.Named("credential", nullableText(f.Credential)),
	}
	return c.findEvents(ctx, "lookup_select", fill, args)
}

// FindCalls returns the first events of a plane in the order of time that show
// a call of one of the principals between two times by a clock, at most limit,
// and how many there are in all. Duplicates are left out.
func (c *Case) FindCalls(ctx context.Context, plane string, principals []string, from, to int64, clock Clock, limit int) (eids []int64, total int64, err error) {
	fill := map[string]string{
		"events": c.allEvents(), "limit": strconv.Itoa(limit), "from": nullableInt(&from), "to": nullableInt(&to),
	}
	if err := c.fillClocks(clock, fill); err != nil {
		return nil, 0, err
	}
	return c.findEvents(ctx, "lookup_near", fill, []any{sql.Named("plane", plane), sql.Named("principals", principals)})
}

func (c *Case) findEvents(ctx context.Context, name string, fill map[string]string, args []any) (eids []int64, total int64, err error) {
	err = c.query(ctx, name, fill, args, func(r *sql.Rows) error {
		var eid int64
		err := r.Scan(&eid, &total)
		eids = append(eids, eid)
		return err
	})
	return eids, total, err
}

func nullableText(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func nullableInt(n *int64) string {
	if n == nil {
		return "null"
	}
	return strconv.FormatInt(*n, 10)
}

// SourceSpan says what time the events of a source span. A tenant or region
// that the log does not have is nil, and so are times when no event has one.
type SourceSpan struct {
	Format, Plane  string
	Tenant, Region *string
	First, Last    *int64 // microseconds since the epoch
	Events         int64
}

// SourceSpans returns the sources of the case by format and plane, to the
// logged minute, without tenants and regions. It is fast in a case of any size.
func (c *Case) SourceSpans(ctx context.Context) ([]SourceSpan, error) {
	var out []SourceSpan
	err := c.query(ctx, "lookup_span", nil, nil, func(r *sql.Rows) error {
		var s SourceSpan
		var plane sql.NullString
		var first, last sql.NullTime
		err := r.Scan(&s.Format, &plane, &first, &last, &s.Events)
		s.Plane, s.First, s.Last = plane.String, microsOf(first), microsOf(last)
		out = append(out, s)
		return err
	})
	return out, err
}

// PlaneSpans returns the sources of a plane by format, tenant and region, with
// times by a clock. It reads three columns of all events.
func (c *Case) PlaneSpans(ctx context.Context, plane string, clock Clock) ([]SourceSpan, error) {
	var out []SourceSpan
	fill := map[string]string{"events": c.allEvents()}
	if err := c.fillClocks(clock, fill); err != nil {
		return nil, err
	}
	err := c.query(ctx, "lookup_scope", fill, []any{sql.Named("plane", plane)}, func(r *sql.Rows) error {
		s := SourceSpan{Plane: plane}
		var tenant, region sql.NullString
		var first, last sql.NullTime
		err := r.Scan(&s.Format, &tenant, &region, &first, &last, &s.Events)
		s.Tenant, s.Region, s.First, s.Last = textOf(tenant), textOf(region), microsOf(first), microsOf(last)
		out = append(out, s)
		return err
	})
	return out, err
}

func microsOf(t sql.NullTime) *int64 {
	if !t.Valid {
		return nil
	}
	micros := t.Time.In(time.UTC).UnixMicro()
	return &micros
}

func textOf(s sql.NullString) *string {
	if !s.Valid {
		return nil
	}
	return &s.String
}
