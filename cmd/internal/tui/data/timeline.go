package data

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/exhibit-forensics/exhibit/analyze"
	"github.com/exhibit-forensics/exhibit/analyze/casefile"
)

// Timeline answers what happened when.
type Timeline interface {
	// First returns the first events, at most n, before the order is there.
	First(ctx context.Context, n int) ([]int64, error)
	// Hours returns how many events there are in each hour that has any, in their
	// order, duplicates included.
	Hours(ctx context.Context) ([]HourCount, error)
	// Minutes counts events in equal buckets of whole minutes from a time on, by the
	// values of a facet (plane, kind, outcome or source), duplicates included. The
	// counts of a value are a row. Times are in microseconds since 1970.
	Minutes(ctx context.Context, from, width int64, buckets int, facet string) (values []string, counts [][]uint32, err error)
	// Order puts all events in order of time. It tells how many of them it has read.
	Order(ctx context.Context, progress func(done, total int64)) (*Order, error)
	// RowsOf is Rows of events of an order, which waits for no other question.
	RowsOf(ctx context.Context, o *Order, eids []int64, columns []string, chars int) ([]casefile.EventRow, error)
	// Filter returns the events that a query selects.
	Filter(ctx context.Context, o *Order, q casefile.EventQuery) (*casefile.EventSubset, error)
	// Leads returns one event for each call, and the events that are no part of one.
	Leads(ctx context.Context, o *Order) (*casefile.EventSubset, error)
	// Search looks through what was said, and tells of what it finds on the way.
	Search(ctx context.Context, q casefile.TextQuery, progress func(casefile.SearchProgress)) error
	// Suspects returns which events findings list.
	Suspects(ctx context.Context) (*Suspects, error)
	// Columns returns the names of the columns of events.
	Columns(ctx context.Context) ([]string, error)
}

// Order is the order of the events of a case.
type Order struct {
	*casefile.EventOrder
	Corrected bool   // by corrected times
	Derived   string // of [Info], when it was made
}

// HourCount is how many events an hour has.
type HourCount struct {
	Start  int64 // microseconds since 1970 began in UTC
	Events int64
}

// Suspects are findings, in the order in which to look at them, and the events
// that they list.
type Suspects struct {
	Findings []Suspicion
	of       []suspect // by event and finding
}

// Suspicion is what is seen of a finding beside an event.
type Suspicion struct {
	ID, Title string
	Severity  analyze.Severity
	Events    []int64 // as the finding has them
}

type suspect struct {
	eid     int64
	finding int
}

// NewSuspects indexes findings by their events.
func NewSuspects(findings []Suspicion) *Suspects {
	s := &Suspects{Findings: findings}
	for i := range findings {
		for _, eid := range findings[i].Events {
			s.of = append(s.of, suspect{eid, i})
		}
	}
	slices.SortFunc(s.of, func(a, b suspect) int {
		if a.eid != b.eid {
			return int(max(-1, min(1, a.eid-b.eid)))
		}
		return a.finding - b.finding
	})
	return s
}

// Of returns the findings that list an event, by their place among all.
func (s *Suspects) Of(eid int64) []int {
	if s == nil {
		return nil
	}
	var out []int
	at, _ := slices.BinarySearchFunc(s.of, eid, func(x suspect, eid int64) int { return int(max(-1, min(1, x.eid-eid))) })
	for ; at < len(s.of) && s.of[at].eid == eid; at++ {
		out = append(out, s.of[at].finding)
	}
	return out
}

//go:embed sql/*.sql
var statements embed.FS

// ask runs an embedded statement.
func ask(ctx context.Context, c *casefile.Case, name string, args []any, row func(*sql.Rows) error) (err error) {
	return askFilled(ctx, c, name, nil, args, row)
}

// askFilled runs an embedded statement with SQL in place of {{names}}. A nil row
// is for one that gives nothing.
func askFilled(ctx context.Context, c *casefile.Case, name string, fill map[string]string, args []any, row func(*sql.Rows) error) (err error) {
	text, err := statements.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return fmt.Errorf("reading statement %s: %w", name, err)
	}
	var pairs []string
	for name, with := range fill {
		pairs = append(pairs, "{{"+name+"}}", with)
	}
	statement := strings.NewReplacer(pairs...).Replace(string(text))
	if row == nil {
		if _, err := c.DB().ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("running %s: %w", name, err)
		}
		return nil
	}
	rows, err := c.DB().QueryContext(ctx, statement, args...)
	if err != nil {
		return fmt.Errorf("running %s: %w", name, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := row(rows); err != nil {
			return fmt.Errorf("running %s: %w", name, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("running %s: %w", name, err)
	}
	return nil
}

// First implements [Timeline].
func (c *Case) First(ctx context.Context, n int) (eids []int64, err error) {
	err = c.inFront(ctx, func(k *casefile.Case) error {
		eids, err = k.FirstEvents(ctx, n)
		return err
	})
	return eids, err
}

// Hours implements [Timeline].
func (c *Case) Hours(ctx context.Context) (out []HourCount, err error) {
	err = c.inFront(ctx, func(k *casefile.Case) error {
		return ask(ctx, k, "timeline_hours", nil, func(r *sql.Rows) error {
			var h HourCount
			err := r.Scan(&h.Start, &h.Events)
			out = append(out, h)
			return err
		})
	})
	return out, err
}

// Minutes implements [Timeline].
func (c *Case) Minutes(ctx context.Context, from, width int64, buckets int, facet string) (values []string, counts [][]uint32, err error) {
	args := []any{
		sql.Named("start", from), sql.Named("width", width), sql.Named("finish", from+int64(buckets)*width), sql.Named("facet", facet),
	}
	byValue := map[string][]uint32{}
	err = c.inFront(ctx, func(k *casefile.Case) error {
		return ask(ctx, k, "timeline_minutes", args, func(r *sql.Rows) error {
			var bucket, events int64
			var value string
			if err := r.Scan(&bucket, &value, &events); err != nil {
				return err
			}
			if byValue[value] == nil {
				byValue[value] = make([]uint32, buckets)
				values = append(values, value)
			}
			if bucket >= 0 && bucket < int64(buckets) {
				byValue[value][bucket] = uint32(min(events, 1<<32-1)) //nolint:gosec // bounded
			}
			return nil
		})
	})
	slices.Sort(values)
	for _, v := range values {
		counts = append(counts, byValue[v])
	}
	return values, counts, err
}

// Order implements [Timeline].
func (c *Case) Order(ctx context.Context, progress func(done, total int64)) (out *Order, err error) {
	derived := c.Info().Derived
	err = c.inScan(ctx, func(k *casefile.Case) error {
		clock := casefile.ClockLogged
		if k.Corrected() {
			clock = casefile.ClockCorrected
		}
		o, err := k.OrderEvents(ctx, casefile.OrderOptions{Clock: clock, Threads: c.threads(), Progress: progress})
		if err == nil {
			out = &Order{EventOrder: o, Corrected: k.Corrected(), Derived: derived}
		}
		return err
	})
	return out, err
}

// threads is in how many threads long work is done: one less than there are
// processors, so that the next frame does not wait for it.
func (c *Case) threads() int {
	n := c.o.Threads
	if n == 0 {
		n = runtime.GOMAXPROCS(0)
	}
	return max(1, n-1)
}

// RowsOf implements [Timeline].
func (c *Case) RowsOf(ctx context.Context, o *Order, eids []int64, columns []string, chars int) ([]casefile.EventRow, error) {
	return o.Rows(ctx, eids, columns, chars)
}

// Filter implements [Timeline].
func (c *Case) Filter(ctx context.Context, o *Order, q casefile.EventQuery) (s *casefile.EventSubset, err error) {
	err = c.inBack(ctx, func(k *casefile.Case) error {
		s, err = k.FilterEvents(ctx, o.EventOrder, q)
		return err
	})
	return s, err
}

// Leads implements [Timeline].
func (c *Case) Leads(ctx context.Context, o *Order) (s *casefile.EventSubset, err error) {
	err = c.inBack(ctx, func(k *casefile.Case) error {
		s, err = k.LeadEvents(ctx, o.EventOrder)
		return err
	})
	return s, err
}

// Search implements [Timeline].
func (c *Case) Search(ctx context.Context, q casefile.TextQuery, progress func(casefile.SearchProgress)) error {
	q.Threads = c.threads()
	return c.inScan(ctx, func(k *casefile.Case) error { return k.StreamSearch(ctx, q, progress) })
}

// Suspects implements [Timeline].
func (c *Case) Suspects(ctx context.Context) (*Suspects, error) {
	var list []Suspicion
	err := c.inScan(ctx, func(k *casefile.Case) error {
		if k.Analysis() == nil {
			return nil
		}
		err := ask(ctx, k, "timeline_findings", nil, func(r *sql.Rows) error {
			var s Suspicion
			var severity string
			err := r.Scan(&s.ID, &severity, &s.Title)
			if err == nil {
				s.Severity, err = analyze.ParseSeverity(severity)
			}
			list = append(list, s)
			return err
		})
		if err != nil {
			return err
		}
		events, err := k.FindingEvents(ctx)
		for i := range list {
			list[i].Events = events[list[i].ID]
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return NewSuspects(list), nil
}

// Columns implements [Timeline].
func (c *Case) Columns(ctx context.Context) (names []string, err error) {
	err = c.inBack(ctx, func(k *casefile.Case) error {
		list, err := k.EventColumns(ctx)
		for _, column := range list {
			names = append(names, column.Name)
		}
		return err
	})
	return names, err
}
