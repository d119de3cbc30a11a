package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// callRole is a role in which events show calls, by the name that it has in
// joined_call and as events tell it.
type callRole struct{ name, toldBy string }

// callRoles are the roles in the order in which they say what was said.
func callRoles() []callRole {
	return []callRole{{"said", "content"}, {"gateway", "gateway"}, {"trace", "trace"}, {"client", "client"}, {"who", "access"}, {"other", "other"}}
}

// callWords are the columns of words of an event that table call has. Of those
// in whoFirst the log of accesses has the say, as in the view calls.
func callWords() (all, whoFirst []string) {
	whoFirst = []string{
		"principal", "principal_type", "role", "credential_id", "tenant", "src_ip", "user_agent", "client", "provider", "service", "endpoint", "region",
	}
	return append(whoFirst[:len(whoFirst):len(whoFirst)],
		"end_user", "app", "session_id", "model", "model_response", "operation", "kind", "outcome", "error_code", "destination", "data_format",
		"guardrail_action", "finish_reason"), whoFirst
}

// callMeasures are the columns of numbers.
func callMeasures() []string {
	return []string{
		"at_us", "latency_us", "ttft_us", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "bytes_in", "bytes_out",
	}
}

// typedColumns are the columns of table call that get a small type.
func typedColumns() []string {
	return []string{
		"actor", "person", "principal", "principal_type", "role", "credential", "end_user", "tenant", "app", "session", "model", "model_response",
		"provider", "service", "endpoint", "operation", "kind", "outcome", "error_code", "region", "address", "network", "country", "client",
		"user_agent", "destination", "data_format", "guardrail_action", "finish_reason",
	}
}

// A column of table call holds numbers of words while its words fit; DuckDB
// keeps them in memory outside its budget. Columns of more hold the words.
const (
	maxEnumWords = 1 << 18
	maxEnumBytes = 8 << 20
)

// MakeCallTable makes the temporary table call: the calls of the view calls that
// have a time, as features/call.sql selects them. Calls have many words and few
// wordings, so the words of an event are carried as one hash through the joins
// of its call, and come back once for each combination that a call has. Words
// are of ENUM types then, which read, sort and compare as text does and cost as
// much as small numbers.
//
// It reports false, and makes no table, where two wordings have the same hash.
// The table is made once for as long as the case is open.
func (c *Case) MakeCallTable(ctx context.Context) (made bool, err error) {
	if c.callTable {
		return true, nil
	}
	roles, pieces, err := c.presentRoles(ctx)
	if err != nil {
		return false, err
	}
	fill, err := c.callFill(pieces)
	if err != nil {
		return false, err
	}
	if err := runWith(ctx, c.db, "call_part", fill, nil); err != nil {
		return false, err
	}
	tellers, err := c.callTellers(ctx)
	if err != nil {
		return false, err
	}
	var alone, merged bool
	err = c.query(ctx, "call_alone", nil, nil, func(r *sql.Rows) error { return r.Scan(&alone, &merged) })
	if err != nil {
		return false, err
	}
	fillRoles(fill, roles, alone || merged || len(roles) == 0)
	if err := c.makeCallWordings(ctx, fill, tellers); err != nil {
		return false, err
	}
	if collides, err := queryOne[bool](ctx, c, "call_collision"); err != nil || collides {
		return false, err
	}
	if err := c.makeCallLines(ctx, fill, roles, tellers); err != nil {
		return false, err
	}
	for _, more := range []struct {
		there     bool
		statement string
	}{{merged, "call_line_merged"}, {alone, "call_line_alone"}} {
		if !more.there {
			continue
		}
		if err := runWith(ctx, c.db, more.statement, fill, nil); err != nil {
			return false, err
		}
	}
	if err := runWith(ctx, c.db, "call_words", fill, nil); err != nil {
		return false, err
	}
	if fill["casts"], err = c.makeCallTypes(ctx); err != nil {
		return false, err
	}
	if err := runWith(ctx, c.db, "call_table", fill, nil); err != nil {
		return false, err
	}
	c.callTable = true
	return true, nil
}

// callTeller is a format in whose events of a plane calls are shown.
type callTeller struct {
	toldBy, plane, format string
	columns               []string // that its events have
}

// condition holds for the events of the teller.
func (t *callTeller) condition() string {
	return "e.format = " + quoteText(t.format) + " and coalesce(e.plane, '') = " + quoteText(t.plane)
}

// callTellers returns who tells of calls.
func (c *Case) callTellers(ctx context.Context) ([]callTeller, error) {
	var out []callTeller
	err := c.query(ctx, "call_tellers", nil, nil, func(r *sql.Rows) error {
		var t callTeller
		var columns string
		err := r.Scan(&t.toldBy, &t.plane, &t.format, &columns)
		t.columns = strings.Split(columns, ",")
		out = append(out, t)
		return err
	})
	return out, err
}

// makeCallWordings makes the table of wordings.
func (c *Case) makeCallWordings(ctx context.Context, fill map[string]string, tellers []callTeller) error {
	words, _ := callWords()
	var parts []string
	for _, t := range tellers {
		said := func(word string) bool { return slices.Contains(t.columns, word) }
		part, err := statement("call_wording_of", map[string]string{
			"condition": t.condition(),
			"said":      strings.Join(slices.DeleteFunc(slices.Clone(words), func(w string) bool { return !said(w) }), ", "),
			"selected": forEach(words, ", ", func(w string) string {
				if said(w) {
					return w
				}
				return "null::varchar as " + w
			}),
		})
		if err != nil {
			return err
		}
		parts = append(parts, part)
	}
	fill["wordings"] = strings.Join(parts, "")
	return runWith(ctx, c.db, "call_wording", fill, nil)
}

// makeCallLines makes the calls with hashes for their words. Only the numbers that
// a role has go through the joins, and no segment is read for a role that it has
// not.
func (c *Case) makeCallLines(ctx context.Context, fill map[string]string, roles []callRole, tellers []callTeller) error {
	said := slices.DeleteFunc(callMeasures(), func(m string) bool { return m != "at_us" && !slices.ContainsFunc(tellers, tells(m)) })
	fill["merged_measures"] = forEach(said, ", ", func(m string) string { return "m." + m })
	fill["alone_measures"] = forEach(said, ", ", func(m string) string { return "e." + m })
	fill["unsaid"] = forEach(callMeasures(), "", func(m string) string {
		if slices.Contains(said, m) {
			return ""
		}
		return "null::" + measureType(m) + " as " + m + ", "
	})
	var joins []string
	telling := map[string][]callRole{} // by measure, who says it
	for _, r := range roles {
		its := slices.DeleteFunc(slices.Clone(tellers), func(t callTeller) bool { return t.toldBy != r.toldBy })
		var numbers []string
		for _, m := range said {
			if slices.ContainsFunc(its, tells(m)) {
				numbers = append(numbers, m)
				telling[m] = append(telling[m], r)
			}
		}
		join, err := statement("call_told", map[string]string{
			"name": r.name, "words": fill["words"], "numbers": strings.Join(numbers, ", "),
			"condition": forEach(its, " or ", func(t callTeller) string { return t.condition() }),
		})
		if err != nil {
			return err
		}
		joins = append(joins, join)
	}
	fill["told"] = strings.Join(joins, "")
	fill["measures"] = forEach(said, ", ", func(m string) string {
		if len(telling[m]) == 0 {
			return "null::" + measureType(m) + " as " + m
		}
		return firstSaid(telling[m], m) + " as " + m
	})
	return runWith(ctx, c.db, "call_line", fill, nil)
}

// tells returns whether a teller says a measure.
func tells(measure string) func(callTeller) bool {
	return func(t callTeller) bool { return measure == "at_us" || slices.Contains(t.columns, measure) }
}

// measureType is the type of a column of numbers.
func measureType(column string) string {
	if column == "cost_usd" {
		return "decimal(18,9)"
	}
	return "bigint"
}

// makeCallTypes makes a type of the words of each column that has few enough,
// and returns what casts the columns to them.
func (c *Case) makeCallTypes(ctx context.Context) (string, error) {
	var casts []string
	for _, column := range typedColumns() {
		fill := map[string]string{"column": column, "type": "call_" + column}
		var n, bytes int64
		err := c.query(ctx, "call_sizes", fill, nil, func(r *sql.Rows) error { return r.Scan(&n, &bytes) })
		if err != nil {
			return "", err
		}
		// Without words there is no type: DuckDB makes one, but cannot sort by it.
		if bytes == 0 || n > maxEnumWords || bytes > maxEnumBytes {
			casts = append(casts, column)
			continue
		}
		if err := runWith(ctx, c.db, "call_type", fill, nil); err != nil {
			return "", err
		}
		casts = append(casts, fmt.Sprintf("%s::%s as %s", column, fill["type"], column))
	}
	return strings.Join(casts, ", "), nil
}

// callFill returns what the statements are filled with, whatever the roles are.
func (c *Case) callFill(pieces bool) (map[string]string, error) {
	fill, err := c.callEnrichment()
	if err != nil {
		return nil, err
	}
	if fill["role"], err = roleSQL(); err != nil {
		return nil, err
	}
	if fill["corrected"], fill["correcting"], err = c.clockSQL(ClockCorrected, "e", "evidence"); err != nil {
		return nil, err
	}
	if fill["merged"], fill["merging"], err = c.clockSQL(ClockCorrected, "m", "ts_evidence"); err != nil {
		return nil, err
	}
	fill["pieces"] = ""
	if pieces {
		if fill["pieces"], err = fragment("call_pieces"); err != nil {
			return nil, err
		}
	}
	words, _ := callWords()
	fill["events"] = quoteList(only(c.events, "events"))
	fill["words"] = strings.Join(words, ", ")
	fill["merged_words"] = "m." + strings.Join(words, ", m.")
	return fill, nil
}

// fillRoles fills in what there is for each role. Calls that were merged or that
// one event shows stand in a role of their own, alone, where there are some.
func fillRoles(fill map[string]string, roles []callRole, alone bool) {
	fill["hashes"] = forEach(roles, "", func(r callRole) string { return r.name + ".h as " + r.name + "_h, " })
	fill["no_hashes"] = strings.Repeat("null, ", len(roles))
	if alone {
		fill["hashes"] += "null::ubigint as alone_h, "
		roles = append(slices.Clone(roles), callRole{name: "alone"})
	}
	fill["coalesced"] = coalesceWords(roles)
	fill["keys"] = forEach(roles, ", ", func(r callRole) string { return r.name + "_h" })
	fill["same"] = forEach(roles, " and ", func(r callRole) string {
		return fmt.Sprintf("s.%[1]s_h is not distinct from l.%[1]s_h", r.name)
	})
	fill["word_joins"] = forEach(roles, "\n", func(r callRole) string {
		return fmt.Sprintf("left join call_wording %[1]s on %[1]s.h = m.%[1]s_h", r.name)
	})
}

// forEach joins what f makes of each of the list.
func forEach[T any](list []T, between string, f func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, f(v))
	}
	return strings.Join(out, between)
}

// firstSaid is the value of a column that the first of the roles has.
func firstSaid(roles []callRole, column string) string {
	return "coalesce(" + forEach(roles, ", ", func(r callRole) string { return r.name + "." + column }) + ")"
}

// coalesceWords selects the words of a call out of those of its roles.
func coalesceWords(roles []callRole) string {
	words, whoFirst := callWords()
	accessFirst := slices.Clone(roles)
	if i := slices.IndexFunc(roles, func(r callRole) bool { return r.name == "who" }); i >= 0 {
		accessFirst = append([]callRole{roles[i]}, slices.Delete(accessFirst, i, i+1)...)
	}
	return forEach(words, ", ", func(w string) string {
		switch {
		case w == "outcome":
			return worstOutcome(roles) + " as outcome"
		case slices.Contains(whoFirst, w):
			return firstSaid(accessFirst, w) + " as " + w
		}
		return firstSaid(roles, w) + " as " + w
	})
}

// worstOutcome is the outcome of a call of which each role says its own.
func worstOutcome(roles []callRole) string {
	said := forEach(roles, ", ", func(r callRole) string { return r.name + ".outcome" })
	return "case " + forEach([]string{"blocked", "denied", "throttled", "error"}, " ", func(o string) string {
		return fmt.Sprintf("when '%[1]s' in (%[2]s) then '%[1]s'", o, said)
	}) + " else " + firstSaid(roles, "outcome") + " end"
}

// presentRoles returns the roles that the calls of the case have, and whether
// events of other kinds than calls have are parts of some.
func (c *Case) presentRoles(ctx context.Context) (roles []callRole, pieces bool, err error) {
	all := callRoles()
	has := make([]bool, len(all))
	err = c.query(ctx, "call_roles", nil, nil, func(r *sql.Rows) error {
		return r.Scan(&has[0], &has[1], &has[2], &has[3], &has[4], &has[5], &pieces)
	})
	for i, r := range all {
		if has[i] {
			roles = append(roles, r)
		}
	}
	return roles, pieces, err
}

// callEnrichment fills in what the enrichment of the case adds to words, and to
// costs.
func (c *Case) callEnrichment() (map[string]string, error) {
	costs, added, joins, err := c.enrichSQL()
	if err != nil {
		return nil, err
	}
	fill := map[string]string{"costs": costs, "added": added, "enriching": joins, "pricing": ""}
	prices := []string{"entry", "input", "output", "cache_read", "cache_write"}
	if joins == "" {
		fill["prices"] = forEach(prices, ", ", func(p string) string { return "null::bigint as price_" + p })
		return fill, nil
	}
	fill["prices"] = forEach(prices, ", ", func(p string) string { return "price." + p + " as price_" + p })
	fill["pricing"] = "left join call_price price on price.number = e.number"
	return fill, nil
}
