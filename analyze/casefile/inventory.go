package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// InventoryFilter selects what an inventory counts. What is empty or zero does
// not select.
type InventoryFilter struct {
	From, To time.Time // From <= ts < To
	Where    string    // condition in SQL on columns that calls and events share; checked by [Case.CheckWhere]
}

// InventoryRow sums up the calls of one model by one principal over one access
// path with one client. Texts that no event says are nil; sums of tokens are
// nil when no call has any.
type InventoryRow struct {
	Model, Principal, Provider       *string
	AccessPath                       *string // endpoint, else service
	Client                           *string
	First, Last                      *time.Time
	Calls                            int64
	Success, Denied, Errors, Unknown int64 // outcomes; errors are what failed but was not denied
	InputTokens, OutputTokens        *int64
}

// Inventory counts the calls by model, principal, access path and client, the
// most frequent first. A call counts once, however many events show it.
func (c *Case) Inventory(ctx context.Context, f InventoryFilter) ([]InventoryRow, error) {
	fill, args, err := c.inventoryFilter(ctx, f)
	if err != nil {
		return nil, err
	}
	var out []InventoryRow
	err = c.query(ctx, "inventory", fill, args, func(r *sql.Rows) error {
		var row InventoryRow
		err := r.Scan(&row.Model, &row.Principal, &row.Provider, &row.AccessPath, &row.Client, &row.First, &row.Last,
			&row.Calls, &row.Success, &row.Denied, &row.Errors, &row.Unknown, &row.InputTokens, &row.OutputTokens)
		out = append(out, row)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("making the inventory: %w", err)
	}
	return out, nil
}

func (c *Case) inventoryFilter(ctx context.Context, f InventoryFilter) (fill map[string]string, args []any, err error) {
	if f.Where == "" {
		f.Where = "true"
	} else if err := c.CheckWhere(ctx, f.Where); err != nil {
		return nil, nil, err
	}
	args = []any{sql.Named("from", nullableTime(f.From)), sql.Named("to", nullableTime(f.To))}
	return map[string]string{"where": f.Where}, args, nil
}

// KindCount counts events of a kind; "" is NULL.
type KindCount struct {
	Kind   string
	Events int64
}

// NoCalls counts the events that the filter selects and that are no calls, by
// kind, and the calls and events without a time, which no range selects.
func (c *Case) NoCalls(ctx context.Context, f InventoryFilter) (kinds []KindCount, withoutTime int64, err error) {
	fill, args, err := c.inventoryFilter(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	err = c.query(ctx, "inventory_rest", fill, args, func(r *sql.Rows) error {
		var k KindCount
		var kind sql.NullString
		var timeless bool
		if err := r.Scan(&timeless, &kind, &k.Events); err != nil {
			return err
		}
		if timeless {
			withoutTime = k.Events
			return nil
		}
		k.Kind = kind.String
		kinds = append(kinds, k)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("counting what is no call: %w", err)
	}
	return kinds, withoutTime, nil
}

// Subjects are the columns by which [Case.Summaries] can group.
func Subjects() []string { return []string{"principal", "model", "credential_id", "src_ip"} }

// Summary says what one principal, model, credential or address did: calls,
// once each however many events show them, and events that are no calls.
type Summary struct {
	Subject     *string // nil when the log does not say
	Events      int64   // calls and other events
	First, Last *time.Time
	Lists       []SummaryList // those that are not empty
}

// SummaryList is a list of values with their counts, the most frequent first.
type SummaryList struct {
	// Name is model_success, model_failed, model_unknown (operations of a model
	// or model service, by outcome), other_success, other_failed, other_unknown
	// (all other operations), or regions, src_ips, credentials, user_agents,
	// principals, principal_types, models.
	Name   string
	Values []ValueCount
}

// Sum is how many calls and events the list counts.
func (l *SummaryList) Sum() int64 {
	n := int64(0)
	for _, v := range l.Values {
		n += v.Events
	}
	return n
}

// ValueCount counts a value; nil is NULL.
type ValueCount struct {
	Value     *string
	Events    int64
	Rest      bool  // this stands for all values that are not listed
	Different int64 // how many they are
}

// Summaries sums up what each value of a subject column did, the busiest
// first: at most limit subjects (0 is all), and in each list at most top
// values. More is how many subjects there are beyond the limit.
func (c *Case) Summaries(ctx context.Context, subject string, f InventoryFilter, limit, top int) (out []Summary, more int64, err error) {
	if !slices.Contains(Subjects(), subject) {
		return nil, 0, fmt.Errorf("summing up by %q: want one of %v", subject, Subjects())
	}
	fill, args, err := c.inventoryFilter(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	fill["subject"] = QuoteIdent(subject)
	args = append(args, sql.Named("limit", int64(limit)), sql.Named("top", int64(top)))
	err = c.query(ctx, "inventory_summary", fill, args, func(r *sql.Rows) error {
		var s Summary
		var v ValueCount
		var name *string
		var subjects, place, rank int64
		if err := r.Scan(&subjects, &place, &s.Subject, &name, &rank, &v.Value, &v.Different, &v.Events, &s.First, &s.Last); err != nil {
			return err
		}
		if name == nil {
			s.Events = v.Events
			out = append(out, s)
			more = subjects - int64(len(out))
			return nil
		}
		v.Rest = rank > int64(top)
		out[len(out)-1].add(*name, v)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("summing up by %s: %w", subject, err)
	}
	return out, more, nil
}

// add appends a value to the list of that name. Lists come one after the
// other.
func (s *Summary) add(list string, v ValueCount) {
	if n := len(s.Lists); n == 0 || s.Lists[n-1].Name != list {
		s.Lists = append(s.Lists, SummaryList{Name: list})
	}
	last := &s.Lists[len(s.Lists)-1]
	last.Values = append(last.Values, v)
}

// List returns the list of that name, an empty one when there is none.
func (s *Summary) List(name string) *SummaryList {
	for i := range s.Lists {
		if s.Lists[i].Name == name {
			return &s.Lists[i]
		}
	}
	return &SummaryList{Name: name}
}
