package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// joinRoles makes the tables of calls with what events say in each role, one after the
// other, as each takes as much memory as the events of its role have. What roles before
// say counts, but of some words the log of accesses has the say.
func (m *callMaker) joinRoles(ctx context.Context) error {
	from, err := fragment("call_joined")
	if err != nil || len(m.roles) == 0 {
		return err
	}
	if m.alone {
		if err := runWith(ctx, m.c.db, "call_single", m.parts, nil); err != nil {
			return err
		}
		m.made = append(m.made, "call_single")
	}
	for i, r := range m.roles {
		if len(m.told(r)) == 0 {
			continue
		}
		if err := m.joinRole(ctx, r, from, m.roles[i+1:]); err != nil {
			return err
		}
		if m.line != "" {
			if err := drop(ctx, m.c.db, m.line); err != nil {
				return err
			}
		}
		m.line = "call_line_" + r.name
		from = m.line
	}
	return nil
}

// joinRole makes the table of what calls say in a role and in those before, which
// stands in from. Later roles are still to come.
func (m *callMaker) joinRole(ctx context.Context, r callRole, from string, later []callRole) error {
	its, name, eid := m.told(r), "call_line", "l.eid"
	if m.alone {
		name, eid = "call_line_full", "coalesce(l.eid, r.eid) as eid"
	}
	columns := []string{eid}
	for _, x := range later {
		columns = append(columns, "l.in_"+x.name) // some columns of events have the names of roles
	}
	var read []string
	for _, column := range slices.Concat(m.words, m.measures) {
		has := says(its, column)
		if has {
			read = append(read, m.typed(column))
		}
		switch {
		case has && m.inLine[column]:
			columns = append(columns, m.both(r, column)+" as "+column)
		case has:
			columns = append(columns, "r."+column)
		case m.inLine[column]:
			columns = append(columns, "l."+column)
		}
		m.inLine[column] = m.inLine[column] || has
	}
	return runWith(ctx, m.c.db, name, map[string]string{
		"name": r.name, "from": from, "columns": strings.Join(columns, ", "), "said": strings.Join(read, ", "),
		"condition": forEach(its, " or ", func(t callTeller) string { return t.condition() }),
	}, nil)
}

// both is the value of a column that both roles before and this one have.
func (m *callMaker) both(r callRole, column string) string {
	switch {
	case column == "outcome":
		worst := forEach([]string{"blocked", "denied", "throttled", "error"}, " ", func(o string) string {
			return fmt.Sprintf("when '%[1]s' in (l.outcome, r.outcome) then try_cast('%[1]s' as %[2]s)", o, m.typeOf(column).name)
		})
		return "case " + worst + " else coalesce(l.outcome, r.outcome) end"
	case r.name == "who" && slices.Contains(accessFirst(), column):
		return fmt.Sprintf("coalesce(r.%[1]s, l.%[1]s)", column)
	}
	return fmt.Sprintf("coalesce(l.%[1]s, r.%[1]s)", column)
}

// typed reads a column of events in the type that it has in table call.
func (m *callMaker) typed(column string) string {
	if slices.Contains(m.measures, column) {
		return "e." + column
	}
	return m.cast("e."+column, column) + " as " + column
}

// null is NULL in the type of a column.
func (m *callMaker) null(column string) string {
	if column == "asn" || slices.Contains(callMeasures(), column) {
		return "null::" + measureType(column)
	}
	return m.cast("null", column)
}

// lines selects all calls: those that joined events show, or all events where none are
// joined, and those that were merged.
func (m *callMaker) lines() (string, error) {
	var out []string
	all := append(callWords(), callMeasures()...)
	for _, of := range []struct {
		there     bool
		statement string
		has       func(column string) bool
	}{
		{m.line != "", "call_line_joined", func(column string) bool { return m.inLine[column] }},
		{m.line == "", "call_line_alone", func(column string) bool { return says(m.tellers, column) }},
		{m.merged, "call_line_merged", func(string) bool { return true }},
	} {
		if !of.there {
			continue
		}
		columns := forEach(all, ", ", func(column string) string {
			if of.has(column) {
				return m.typed(column)
			}
			return m.null(column) + " as " + column
		})
		text, err := statement(of.statement, map[string]string{
			"columns": columns, "line": m.line, "merged": m.parts["merged"], "merging": m.parts["merging"],
		})
		if err != nil {
			return "", err
		}
		out = append(out, uncommented(text))
	}
	if m.line == "" { // of a table DuckDB knows how many there are
		text, err := takenForMany(len(all) + 2) // eid and cost_basis
		if err != nil {
			return "", err
		}
		out = append(out, text)
	}
	return strings.Join(out, "\nunion all\n"), nil
}

// gather makes the table of all calls, without what none of them says: so many NULLs
// cost more than some calls do. The view that is called call has them.
func (m *callMaker) gather(ctx context.Context) error {
	fill := map[string]string{}
	var err error
	if fill["lines"], err = m.lines(); err != nil {
		return err
	}
	if err := m.enrich(ctx, fill); err != nil {
		return err
	}
	if err := m.price(ctx, fill); err != nil {
		return err
	}
	var kept, seen []string
	for _, column := range tableColumns() {
		if !m.shows(column.of) {
			seen = append(seen, m.null(column.of)+" as "+column.name)
			continue
		}
		kept, seen = append(kept, m.value(column.of)+" as "+column.name), append(seen, column.name)
	}
	fill["kept"], fill["seen"] = strings.Join(kept, ", "), strings.Join(seen, ", ")
	fill["actor"] = m.actor()
	if err := runWith(ctx, m.c.db, "call_table", fill, nil); err != nil {
		return err
	}
	made := append(m.made, "call_teller", "words")
	if m.line != "" {
		made = append(made, m.line)
	}
	return drop(ctx, m.c.db, made...)
}

// tableColumn is a column of table call beside eid, at_us and actor, and the column of
// events, or of what the case is enriched by, that it shows.
type tableColumn struct{ name, of string }

// tableColumns lists the columns in their order, that of features/call.sql.
func tableColumns() []tableColumn {
	return []tableColumn{
		{"person", "person"},
		{"principal", "principal"},
		{"principal_type", "principal_type"},
		{"role", "role"},
		{"credential", "credential_id"},
		{"end_user", "end_user"},
		{"tenant", "tenant"},
		{"app", "app"},
		{"session", "session_id"},
		{"model", "model"},
		{"model_response", "model_response"},
		{"provider", "provider"},
		{"service", "service"},
		{"endpoint", "endpoint"},
		{"operation", "operation"},
		{"kind", "kind"},
		{"outcome", "outcome"},
		{"error_code", "error_code"},
		{"region", "region"},
		{"address", "src_ip"},
		{"network", "network"},
		{"country", "country"},
		{"asn", "asn"},
		{"client", "client"},
		{"user_agent", "user_agent"},
		{"destination", "destination"},
		{"data_format", "data_format"},
		{"guardrail_action", "guardrail_action"},
		{"finish_reason", "finish_reason"},
		{"input_tokens", "input_tokens"},
		{"output_tokens", "output_tokens"},
		{"cost_usd", "cost_usd"},
		{"bytes_in", "bytes_in"},
		{"bytes_out", "bytes_out"},
		{"latency_us", "latency_us"},
		{"ttft_us", "ttft_us"},
	}
}

// shows returns whether some call can have a column of events, or one that the case is
// enriched by.
func (m *callMaker) shows(column string) bool {
	switch column {
	case "person", "network", "country":
		return m.typeOf(column).words
	case "asn":
		return m.asn
	case "cost_usd":
		return m.priced || m.some(column)
	case "model":
		return m.some("model") || m.some("model_response")
	case "outcome":
		return true
	}
	return m.some(column)
}

// some returns whether some call can have a column of events.
func (m *callMaker) some(column string) bool {
	switch {
	case m.merged:
		return true
	case m.line != "":
		return m.inLine[column]
	}
	return says(m.tellers, column)
}

// value is what table call has of a column.
func (m *callMaker) value(column string) string {
	switch {
	case column == "model":
		return m.shown(column, "coalesce(e.model, e.model_response)")
	case column == "outcome":
		return "coalesce(e.outcome, " + m.cast(quoteText(unknownOutcome), column) + ")"
	case column == "kind" || column == "guardrail_action" || column == "finish_reason":
		return "e." + column
	case slices.Contains(callWords(), column):
		return m.shown(column, "e."+column)
	}
	return "e." + column
}

// price fills in what calls cost where they do not say it.
func (m *callMaker) price(ctx context.Context, fill map[string]string) error {
	fill["costs"] = ""
	if !m.priced || !m.c.enrichedByAny(EnrichFileKinds()...) {
		return nil
	}
	costs, _, _, err := m.c.enrichSQL()
	if err != nil {
		return err
	}
	fill["costs"] = " replace (" + costs + ")"
	fill["joins"] += `left join call_of_price price on price.provider is not distinct from e.provider
        and price.model is not distinct from e.model and price.model_response is not distinct from e.model_response`
	m.made = append(m.made, "call_of_price")
	return runWith(ctx, m.c.db, "call_of_price", m.fill("price"), nil)
}

// drop drops tables that others were made of.
func drop(ctx context.Context, db *sql.DB, names ...string) error {
	for _, name := range names {
		if err := runWith(ctx, db, "table_drop", map[string]string{"table": name}, nil); err != nil {
			return err
		}
	}
	return nil
}
