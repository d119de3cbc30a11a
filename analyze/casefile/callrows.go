package casefile

import (
	"context"
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
		if err := runWith(ctx, m.c.db, "call_single", m.fill, nil); err != nil {
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
			if err := m.drop(ctx, m.line); err != nil {
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

// without is NULL in place of a column.
func (m *callMaker) without(column string) string {
	if slices.Contains(callMeasures(), column) {
		return "null::" + measureType(column) + " as " + column
	}
	return m.cast("null", column) + " as " + column
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
			return m.without(column)
		})
		text, err := statement(of.statement, map[string]string{
			"columns": columns, "line": m.line, "merged": m.fill["merged"], "merging": m.fill["merging"],
		})
		if err != nil {
			return "", err
		}
		out = append(out, uncommented(text))
	}
	return strings.Join(out, "\nunion all\n"), nil
}

// gather makes the table of all calls.
func (m *callMaker) gather(ctx context.Context) error {
	fill := map[string]string{}
	for _, column := range callWords() {
		fill[column] = m.shown(column, "e."+column)
	}
	fill["model"] = m.shown("model", "coalesce(e.model, e.model_response)")
	fill["outcome"] = "coalesce(e.outcome, " + m.cast(quoteText(unknownOutcome), "outcome") + ")"
	var err error
	if fill["lines"], err = m.lines(); err != nil {
		return err
	}
	if err := m.enrich(ctx, fill); err != nil {
		return err
	}
	if err := runWith(ctx, m.c.db, "call_table", fill, nil); err != nil {
		return err
	}
	made := append(m.made, "call_word", "call_teller")
	if m.line != "" {
		made = append(made, m.line)
	}
	return m.drop(ctx, made...)
}

// shown is what table call has of a column of words: an empty text says nothing.
func (m *callMaker) shown(column, expression string) string {
	if !m.typeOf(column).blank {
		return expression
	}
	return fmt.Sprintf("case when %[1]s::varchar <> '' then %[1]s end", expression)
}

// enrich fills in who does calls and what the case is enriched by, which tables of the
// words of columns say.
func (m *callMaker) enrich(ctx context.Context, fill map[string]string) error {
	costs, _, enriching, err := m.c.enrichSQL()
	if err != nil {
		return err
	}
	fill["costs"] = ""
	for _, column := range []string{"person", "network", "country"} {
		fill[column] = m.cast("null", column)
	}
	fill["asn"] = "null::bigint"
	tables := []string{"principal"}
	if enriching != "" {
		tables = append(tables, "end_user", "credential_id", "src_ip")
		fill["person"] = `coalesce(of_principal.listed, of_end_user.listed, of_credential_id.listed,
            of_principal.person, of_end_user.person, of_credential_id.person)`
		for _, column := range []string{"network", "country", "asn"} {
			fill[column] = "of_src_ip." + column
		}
	}
	for _, column := range tables {
		if err := m.explain(ctx, column); err != nil {
			return err
		}
		fill["joins"] += fmt.Sprintf("left join call_of_%[1]s of_%[1]s on of_%[1]s.value = e.%[1]s\n    ", column)
	}
	if enriching != "" && m.priced {
		if err := m.explain(ctx, "price"); err != nil {
			return err
		}
		fill["costs"] = " replace (" + costs + ")"
		fill["joins"] += `left join call_of_price price on price.provider is not distinct from e.provider
        and price.model is not distinct from e.model and price.model_response is not distinct from e.model_response`
	}
	fill["actor"] = m.actor()
	return nil
}

// actor is who does a call, as in features/call.sql.
func (m *callMaker) actor() string {
	list := []string{"e.person", "e.principal_actor"}
	for _, column := range nameless() {
		list = append(list, m.shown(column, "e."+column))
	}
	return "coalesce(" + forEach(list, ", ", func(x string) string { return m.cast(x, "actor") }) + ")"
}

// explain makes the table call_of_COLUMN, which says something of words that calls have.
func (m *callMaker) explain(ctx context.Context, column string) error {
	name := "call_of_" + column
	fill := map[string]string{"column": column, "type": m.typeOf(column).name}
	for _, column := range []string{"person", "network", "country", "provider", "model", "actor"} {
		fill["type_"+column] = m.typeOf(column).name
	}
	switch column {
	case "end_user", "credential_id":
		name = "call_of_identity"
	case "principal":
		fill["values"] = strings.Join(m.wordsOf(column), "\nunion all\n")
		var err error
		if fill["bare"], err = bareSQL("nullif(w.value, '')"); err != nil {
			return err
		}
	}
	m.made = append(m.made, "call_of_"+column)
	return runWith(ctx, m.c.db, name, fill, nil)
}

// drop drops tables that table call was made of.
func (m *callMaker) drop(ctx context.Context, names ...string) error {
	for _, name := range names {
		if err := runWith(ctx, m.c.db, "call_drop", map[string]string{"table": name}, nil); err != nil {
			return err
		}
	}
	return nil
}
