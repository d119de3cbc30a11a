package casefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
)

// enrichTables are the tables that an enrichment fills anew.
func enrichTables() []string {
	return []string{"address", "identity", "identity_conflict", "price", "clock"}
}

// enrichSQL returns what the views select and join for the enrichment of the
// case: cost columns, added columns, joins. Every event pays for a join, whatever is
// asked of it: there are those only that what the case is enriched by fills.
func (c *Case) enrichSQL() (costs, added, joins string, err error) {
	costs = "e.cost_usd as cost_usd, e.cost_basis as cost_basis"
	address := "null::varchar as src_country, null::varchar as src_city, null::bigint as src_asn, null::varchar as src_network"
	person := "null::varchar as person"
	text := func(name string) string {
		if err != nil {
			return ""
		}
		var s string
		s, err = fragment(name)
		return s
	}
	if c.enrichedByAny(EnrichGeoIP, EnrichASN, EnrichNetworks) {
		address, joins = text("enrich_columns_address"), text("enrich_joins_address")
	}
	if c.enrichedByAny(EnrichFileKinds()...) { // joined calls teach who is who as well as a list does
		person, joins = text("enrich_columns_person"), joins+"\n"+text("enrich_joins_person")
	}
	if c.enrichedByAny(EnrichPrices) {
		cost := text("enrich_cost")
		costs = "coalesce(e.cost_usd, ((" + cost + ")::bigint::decimal(18,0) * 0.000000001::decimal(10,9))::decimal(18,9)) as cost_usd, " +
			"case when " + cost + " is not null then 'prices: ' || price.entry else e.cost_basis end as cost_basis"
		joins += "\n" + text("enrich_joins_price")
	}
	return costs, address + ",\n" + person, joins, err
}

// enrichedByAny reports whether the case is enriched by one of some kinds of files.
func (c *Case) enrichedByAny(kinds ...string) bool {
	return slices.ContainsFunc(kinds, func(kind string) bool { return c.state.enrichedBy(kind) != nil })
}

func fragment(name string) (string, error) {
	text, err := statement(name, nil)
	return uncommented(text), err
}

// fill fills the tables from the values that the events of the case have.
func (e *enrichment) fill(ctx context.Context, seen *seenValues) error {
	if err := runFile(ctx, seen.db, "enrich_clear", nil, 1); err != nil {
		return err
	}
	steps := []func(context.Context, *seenValues) error{e.fillAddresses, e.fillPrices, e.fillIdentities, e.fillClock}
	for _, step := range steps {
		if err := step(ctx, seen); err != nil {
			return err
		}
	}
	return nil
}

func (e *enrichment) fillAddresses(ctx context.Context, seen *seenValues) error {
	if len(e.places) == 0 && e.networks == nil {
		return nil
	}
	addrs, err := seen.addresses(ctx)
	if err != nil {
		return err
	}
	return appendRows(ctx, seen.db, "address", len(addrs), func(i int) []driver.Value {
		p, network := e.place(addrs[i])
		var asn driver.Value
		if p.ASN != 0 {
			asn = int64(p.ASN)
		}
		return []driver.Value{addrs[i], nullable(p.Country), nullable(p.City), asn, nullable(p.Organization), nullable(network)}
	})
}

func (e *enrichment) fillPrices(ctx context.Context, seen *seenValues) error {
	if e.prices == nil {
		return nil
	}
	var rows [][]driver.Value
	err := seen.each(ctx, "enrich_models", func(r *sql.Rows) error {
		var provider, model, response sql.NullString
		if err := r.Scan(&provider, &model, &response); err != nil {
			return err
		}
		price, entry, ok := e.prices.Find(provider.String, response.String)
		if !ok {
			price, entry, ok = e.prices.Find(provider.String, model.String)
		}
		if !ok {
			return nil
		}
		rows = append(rows, []driver.Value{
			textOrNull(provider), textOrNull(model), textOrNull(response), entry,
			price.Input, price.Output, intOrNull(price.CacheRead), intOrNull(price.CacheWrite),
		})
		return nil
	})
	if err != nil {
		return err
	}
	return appendRows(ctx, seen.db, "price", len(rows), func(i int) []driver.Value { return rows[i] })
}

func textOrNull(s sql.NullString) driver.Value {
	if !s.Valid {
		return nil
	}
	return s.String
}

func intOrNull(n *int64) driver.Value {
	if n == nil {
		return nil
	}
	return *n
}

// fillIdentities fills in the values that the list of users has, and what
// calls teach about others: a value that only ever stands in calls of one
// person is that person's.
func (e *enrichment) fillIdentities(ctx context.Context, seen *seenValues) error {
	if e.people == nil {
		return nil
	}
	var rows [][]driver.Value
	err := seen.each(ctx, "enrich_identities", func(r *sql.Rows) error {
		var value string
		if err := r.Scan(&value); err != nil {
			return err
		}
		if id, ok := e.people.Identify(value); ok {
			rows = append(rows, []driver.Value{value, nullable(id.Person), nullable(id.Role), "list", nil})
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := appendRows(ctx, seen.db, "identity", len(rows), func(i int) []driver.Value { return rows[i] }); err != nil {
		return err
	}
	if err := runFile(ctx, seen.db, "enrich_taught", map[string]string{"events": seen.events}, 1); err != nil {
		return fmt.Errorf("learning from calls who is who: %w", err)
	}
	return nil
}
