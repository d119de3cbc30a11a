package casefile

import (
	"context"
	"database/sql"
	"strings"
)

// A column of table call holds numbers of words while its words fit; DuckDB
// keeps them in memory outside its budget. Columns of more hold the words.
const (
	maxEnumWords = 1 << 18
	maxEnumBytes = 8 << 20
)

// textType is the type of a column whose words are too many, or none.
const textType = "varchar"

// callType is the type of a column of words of table call.
type callType struct {
	name  string // an ENUM of its own, or textType
	blank bool   // the empty text is among the words
}

// typeOf returns the type of a column of words.
func (m *callMaker) typeOf(column string) callType {
	if t, ok := m.types[column]; ok {
		return t
	}
	return callType{name: textType}
}

// cast casts an expression to the type of a column of words.
func (m *callMaker) cast(expression, column string) string {
	return expression + "::" + m.typeOf(column).name
}

// unknownOutcome is the outcome of a call that says none.
const unknownOutcome = "unknown"

// findWords makes the types of what the events of calls say in words.
func (m *callMaker) findWords(ctx context.Context) error {
	for _, column := range m.words {
		var from []string
		switch column {
		case "model", "model_response": // of one type: a call without a model has that of the response
			if _, ok := m.types["model"]; ok {
				m.types[column] = m.types["model"]
				continue
			}
			from = append(m.wordsOf("model"), m.wordsOf("model_response")...)
			column = "model"
		case "outcome":
			from = append(m.wordsOf(column), "select "+quoteText(unknownOutcome)+" as value")
		default:
			from = m.wordsOf(column)
		}
		if err := m.makeType(ctx, column, from...); err != nil {
			return err
		}
	}
	return nil
}

// wordsOf selects the words of a column of events.
func (m *callMaker) wordsOf(column string) []string {
	list := []string{"select distinct " + column + " as value from read_parquet(" + m.fill["events"] + ")"}
	if m.merged {
		list = append(list, "select "+column+" as value from merged_call")
	}
	return list
}

// makeType makes the type of a column of the words that some statements select.
func (m *callMaker) makeType(ctx context.Context, column string, from ...string) error {
	fill := map[string]string{"values": strings.Join(from, "\nunion all\n"), "type": "call_" + column}
	if err := runWith(ctx, m.c.db, "call_word", fill, nil); err != nil {
		return err
	}
	t := callType{name: textType}
	var n, bytes int64
	err := m.c.query(ctx, "call_sizes", nil, nil, func(r *sql.Rows) error { return r.Scan(&n, &bytes, &t.blank) })
	if err != nil {
		return err
	}
	// Without words there is no type: DuckDB makes one, but cannot sort by it.
	if bytes > 0 && n <= maxEnumWords && bytes <= maxEnumBytes {
		t.name = fill["type"]
		err = runWith(ctx, m.c.db, "call_type", fill, nil)
	}
	m.types[column] = t
	return err
}

// nameless are the columns of events that name the actor where neither a person nor
// a principal is known, as in features/call.sql.
func nameless() []string { return []string{"credential_id", "end_user", "app", "src_ip"} }

// findActors makes the type of who does calls, of no fewer words than there are.
func (m *callMaker) findActors(ctx context.Context) error {
	bare, err := bareSQL("value")
	if err != nil {
		return err
	}
	from := []string{"select person as value from identity"}
	for _, words := range m.wordsOf("principal") {
		from = append(from, "select "+bare+" from ("+words+")")
	}
	columns := append([]string{"principal"}, nameless()...)
	blank := false
	for _, column := range columns {
		blank = blank || m.typeOf(column).blank
	}
	if blank { // an empty text of one event hides what another event of the call says
		for _, column := range nameless() {
			from = append(from, m.wordsOf(column)...)
		}
		return m.makeType(ctx, "actor", from...)
	}
	first := "select distinct coalesce(" + strings.Join(nameless(), ", ") + ") as value from "
	from = append(from, first+"call_part where principal is null")
	if m.merged {
		from = append(from, first+"merged_call where principal is null")
	}
	return m.makeType(ctx, "actor", from...)
}

// bareSQL is the actor that a principal is.
func bareSQL(principal string) (string, error) {
	text, err := statement("call_bare", map[string]string{"principal": principal})
	return strings.TrimSpace(uncommented(text)), err
}

// findOthers makes the types of what the case is enriched by, and of who does calls.
func (m *callMaker) findOthers(ctx context.Context) error {
	for _, of := range []struct{ column, table string }{{"person", "identity"}, {"network", "address"}, {"country", "address"}} {
		if err := m.makeType(ctx, of.column, "select "+of.column+" as value from "+of.table); err != nil {
			return err
		}
	}
	return m.findActors(ctx)
}
