package casefile

import (
	"context"
	"database/sql"
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

// accessFirst are the columns of words of which the log of accesses has the say, as
// in the view calls.
func accessFirst() []string {
	return []string{
		"principal", "principal_type", "role", "credential_id", "tenant", "src_ip", "user_agent", "client", "provider", "service", "endpoint", "region",
	}
}

// callWords are the columns of words of an event that table call is made of.
func callWords() []string {
	return append(accessFirst(), "end_user", "app", "session_id", "model", "model_response", "operation", "kind", "outcome", "error_code", "destination",
		"data_format", "guardrail_action", "finish_reason")
}

// callMeasures are the columns of numbers.
func callMeasures() []string {
	return []string{
		"at_us", "latency_us", "ttft_us", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_usd", "bytes_in", "bytes_out",
	}
}

// measureType is the type of a column of numbers.
func measureType(column string) string {
	if column == "cost_usd" {
		return "decimal(18,9)"
	}
	return "bigint"
}

// MakeCallTable makes the temporary table call: the calls of the view calls that
// have a time, as features/call.sql selects them. Events are read in words of few
// types, see [wordTypes], and joined to calls a role at a time: what does not fit in
// memory then is on disk.
//
// The table is made once for as long as the case is open.
func (c *Case) MakeCallTable(ctx context.Context) error {
	if c.callTable {
		return nil
	}
	words, err := c.wordTypes(ctx)
	if err != nil {
		return err
	}
	m := &callMaker{wordTypes: words, inLine: map[string]bool{}}
	for _, step := range []func(context.Context) error{m.look, m.findWords, m.joinRoles, m.gather} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	c.callTable = true
	return nil
}

// callMaker makes the table call.
type callMaker struct {
	*wordTypes
	parts           map[string]string // of statements that read events
	roles           []callRole        // that joined calls have
	tellers         []callTeller
	alone           bool            // there are calls that one event shows
	priced          bool            // there are prices
	words, measures []string        // columns of events that calls have
	line            string          // table of the joined calls
	inLine          map[string]bool // columns that it has
	made            []string        // tables to drop
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

// look finds out who tells of the calls of the case, and in which roles.
func (m *callMaker) look(ctx context.Context) error {
	pieces, err := m.presentRoles(ctx)
	if err != nil {
		return err
	}
	if err := m.fillParts(pieces); err != nil {
		return err
	}
	if err := runWith(ctx, m.c.db, "call_part", m.parts, nil); err != nil {
		return err
	}
	err = m.c.query(ctx, "call_tellers", nil, nil, func(r *sql.Rows) error {
		var t callTeller
		var columns string
		err := r.Scan(&t.toldBy, &t.plane, &t.format, &columns)
		t.columns = strings.Split(columns, ",")
		m.tellers = append(m.tellers, t)
		return err
	})
	if err != nil {
		return err
	}
	err = m.c.query(ctx, "call_alone", nil, nil, func(r *sql.Rows) error { return r.Scan(&m.alone, &m.priced) })
	m.words, m.measures = m.tell(callWords()), m.tell(callMeasures())
	if m.alone && len(m.roles) > 0 { // in any role
		m.roles = callRoles()
	}
	return err
}

// presentRoles finds the roles that the calls of the case have, and whether events
// of other kinds than calls have are parts of some.
func (m *callMaker) presentRoles(ctx context.Context) (pieces bool, err error) {
	all := callRoles()
	has := make([]bool, len(all))
	err = m.c.query(ctx, "call_roles", nil, nil, func(r *sql.Rows) error {
		return r.Scan(&has[0], &has[1], &has[2], &has[3], &has[4], &has[5], &pieces)
	})
	for i, r := range all {
		if has[i] {
			m.roles = append(m.roles, r)
		}
	}
	return pieces, err
}

// fillParts fills in what reads the events that are parts of calls.
func (m *callMaker) fillParts(pieces bool) error {
	m.parts = map[string]string{"events": m.events(), "pieces": ""}
	var err error
	if m.parts["role"], err = roleSQL(); err != nil {
		return err
	}
	if m.parts["corrected"], m.parts["correcting"], err = m.c.clockSQL(ClockCorrected, "e", "evidence"); err != nil {
		return err
	}
	if m.parts["merged"], m.parts["merging"], err = m.c.clockSQL(ClockCorrected, "m", "ts_evidence"); err != nil {
		return err
	}
	if pieces {
		m.parts["pieces"], err = fragment("call_pieces")
	}
	return err
}

// findWords makes the types of what the events of calls say in words.
func (m *callMaker) findWords(ctx context.Context) error {
	if err := m.find(ctx, m.words...); err != nil {
		return err
	}
	return m.findOthers(ctx)
}

// told returns the tellers of a role.
func (m *callMaker) told(r callRole) []callTeller {
	return slices.DeleteFunc(slices.Clone(m.tellers), func(t callTeller) bool { return t.toldBy != r.toldBy })
}

// says returns whether some tellers say a column. All have a time.
func says(tellers []callTeller, column string) bool {
	return column == "at_us" || slices.ContainsFunc(tellers, func(t callTeller) bool { return slices.Contains(t.columns, column) })
}

// tell returns those of some columns that the calls of the case have. Of merged calls it
// is not known.
func (m *callMaker) tell(columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(column string) bool { return !m.merged && !says(m.tellers, column) })
}

// forEach joins what f makes of each of the list.
func forEach[T any](list []T, between string, f func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, f(v))
	}
	return strings.Join(out, between)
}
