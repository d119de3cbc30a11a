// Package observe reads from a case what a policy is about: who called which
// models, how, from where and when. It is apart from package policy so that
// policies can be read and asked without a case.
package observe

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/exhibit-forensics/exhibit/analyze/casefile"
	"github.com/exhibit-forensics/exhibit/analyze/features"
	"github.com/exhibit-forensics/exhibit/analyze/policy"
)

//go:embed sql/*.sql
var sqlFiles embed.FS

// Bounds of what is read. A policy holds far less, and a log can name any number
// of subjects.
const (
	maxGroups = 1_000
	maxValues = 100_000 // of each kind
	maxList   = 5_000   // of each kind and group
)

// Read returns what a case shows. Calls without a time are left out, as
// detectors leave them out; their values are among those that patterns are
// compared with.
func Read(ctx context.Context, c *casefile.Case) (seen *policy.Observed, err error) {
	r := reader{db: c.DB(), seen: &policy.Observed{Values: map[string][]string{}, Cut: map[string]bool{}}, groups: map[groupKey]*policy.ObservedGroup{}}
	if err := features.NewSet(c).Need(ctx, "call"); err != nil {
		return nil, err
	}
	if err := r.exec(ctx, "calls"); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.exec(context.WithoutCancel(ctx), "drop")) }()
	for _, step := range []func(context.Context) error{r.span, r.models, r.groupList, r.tallies, r.quarters, r.values} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return r.seen, nil
}

// groupKey is a role, or the type of principals that have none.
type groupKey struct{ role, typ string }

type reader struct {
	db     *sql.DB
	seen   *policy.Observed
	groups map[groupKey]*policy.ObservedGroup
}

func statement(name string) (string, error) {
	text, err := sqlFiles.ReadFile("sql/" + name + ".sql")
	if err != nil {
		return "", fmt.Errorf("reading embedded SQL: %w", err)
	}
	return string(text), nil
}

func (r *reader) exec(ctx context.Context, name string) error {
	text, err := statement(name)
	if err != nil {
		return err
	}
	if _, err := r.db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("running %s.sql: %w", name, err)
	}
	return nil
}

// each runs a statement; limit is its bound, 0 where it has none.
func (r *reader) each(ctx context.Context, name string, limit int, row func(*sql.Rows) error) error {
	text, err := statement(name)
	if err != nil {
		return err
	}
	var args []any
	if limit > 0 {
		args = []any{sql.Named("limit", limit)}
	}
	return casefile.EachRow(ctx, r.db, name, text, args, row)
}

func (r *reader) span(ctx context.Context) error {
	return r.each(ctx, "span", 0, func(rows *sql.Rows) error {
		var first, last sql.NullInt64
		if err := rows.Scan(&r.seen.Calls, &first, &last); err != nil {
			return err
		}
		if first.Valid && last.Valid {
			r.seen.First, r.seen.Last = time.UnixMicro(first.Int64).UTC(), time.UnixMicro(last.Int64).UTC()
		}
		return nil
	})
}

func (r *reader) models(ctx context.Context) error {
	return r.each(ctx, "models", maxList, func(rows *sql.Rows) error {
		var t policy.Tally
		err := rows.Scan(&t.Value, &t.Calls)
		r.seen.Models = append(r.seen.Models, t)
		return err
	})
}

func (r *reader) groupList(ctx context.Context) error {
	err := r.each(ctx, "groups", maxGroups, func(rows *sql.Rows) error {
		var g policy.ObservedGroup
		err := rows.Scan(&g.Role, &g.Type, &g.Calls)
		r.seen.Groups = append(r.seen.Groups, g)
		return err
	})
	for i := range r.seen.Groups {
		g := &r.seen.Groups[i]
		r.groups[groupKey{g.Role, g.Type}] = g
	}
	return err
}

// tallies reads the values of each group. Addresses become networks.
func (r *reader) tallies(ctx context.Context) error {
	err := r.each(ctx, "tallies", maxList, func(rows *sql.Rows) error {
		var k groupKey
		var what string
		var t policy.Tally
		if err := rows.Scan(&k.role, &k.typ, &what, &t.Value, &t.Calls); err != nil {
			return err
		}
		g := r.groups[k]
		if g == nil {
			return nil // over the bound of groups
		}
		list := map[string]*[]policy.Tally{
			"principals": &g.Principals, "models": &g.Models, "operations": &g.Operations, "regions": &g.Regions,
			"formats": &g.Formats, "destinations": &g.Destinations, "tools": &g.Tools, "addresses": &g.Networks,
		}[what]
		*list = append(*list, t)
		return nil
	})
	for i := range r.seen.Groups {
		r.seen.Groups[i].Networks = networks(r.seen.Groups[i].Networks)
	}
	return err
}

// networks sums addresses up by their networks, the most calls first. What is no
// address, such as the name of a service, is left out.
func networks(addresses []policy.Tally) []policy.Tally {
	calls := map[string]int64{}
	for _, a := range addresses {
		if p, ok := policy.NetworkOf(a.Value); ok {
			calls[p.String()] += a.Calls
		}
	}
	var out []policy.Tally
	for n, c := range calls {
		out = append(out, policy.Tally{Value: n, Calls: c})
	}
	slices.SortFunc(out, func(a, b policy.Tally) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Value, b.Value))
	})
	return out
}

func (r *reader) quarters(ctx context.Context) error {
	return r.each(ctx, "quarters", 0, func(rows *sql.Rows) error {
		var k groupKey
		var q policy.Quarter
		if err := rows.Scan(&k.role, &k.typ, &q.Number, &q.Calls); err != nil {
			return err
		}
		if g := r.groups[k]; g != nil {
			g.Quarters = append(g.Quarters, q)
		}
		return nil
	})
}

func (r *reader) values(ctx context.Context) error {
	return r.each(ctx, "values", maxValues, func(rows *sql.Rows) error {
		var kind, value string
		if err := rows.Scan(&kind, &value); err != nil {
			return err
		}
		if len(r.seen.Values[kind]) == maxValues {
			r.seen.Cut[kind] = true
			return nil
		}
		r.seen.Values[kind] = append(r.seen.Values[kind], value)
		return nil
	})
}
