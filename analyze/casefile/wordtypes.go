package casefile

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// A column of table call or act holds numbers of words while its words are few;
// columns of more hold the words. DuckDB keeps the words of a type in memory outside
// its budget, and copies them with every plan that reads such a column: 120,000
// credentials made statements over a million calls 15 to 100 ms longer, half a second
// in all, and were no faster to compare.
const (
	maxEnumWords = 1 << 13
	maxEnumBytes = 1 << 20
)

// textType is the type of a column whose words are too many, or none.
const textType = "varchar"

// wordTypes are the types of columns of words of the tables call and act. Such columns
// have many words, and few different ones: these are found first, a column at a time,
// and make its ENUM type, which reads, sorts and compares as text does and costs as much
// as small numbers. They are words of all events and merged calls, so that both tables
// have the same types, whichever is made first.
//
// A type, and what is said of its words, is made once for as long as the case is open.
type wordTypes struct {
	c         *Case
	said      []string // columns that some event has
	merged    bool     // there are calls that were merged
	asn       bool     // of some address the autonomous system is known
	types     map[string]wordType
	explained []string // columns of whose words a table words_of_COLUMN tells
}

// wordType is the type of a column of words.
type wordType struct {
	name  string // an ENUM of its own, or textType
	words bool   // there are any
	blank bool   // the empty text is among them
}

// wordTypes returns the types of the case.
func (c *Case) wordTypes(ctx context.Context) (*wordTypes, error) {
	if c.words != nil {
		return c.words, nil
	}
	w := &wordTypes{c: c, types: map[string]wordType{}}
	var said string
	err := c.query(ctx, "words_said", nil, nil, func(r *sql.Rows) error { return r.Scan(&said, &w.merged, &w.asn) })
	if err != nil {
		return nil, err
	}
	w.said, c.words = strings.Split(said, ","), w
	return w, nil
}

// sameWords are the columns that share one type, by its name: they are compared with
// each other, or one stands for the other.
func sameWords() map[string][]string {
	return map[string][]string{
		"model":         {"model", "model_response"}, // a call without a model has that of the response
		"credential_id": {"credential_id", "issued_credential_id"},
	}
}

// typeName is the name of the type of a column.
func typeName(column string) string {
	for name, columns := range sameWords() {
		if slices.Contains(columns, column) {
			return name
		}
	}
	return column
}

// typeOf returns the type of a column of words.
func (w *wordTypes) typeOf(column string) wordType {
	if t, ok := w.types[typeName(column)]; ok {
		return t
	}
	return wordType{name: textType}
}

// cast casts an expression to the type of a column of words.
func (w *wordTypes) cast(expression, column string) string {
	return expression + "::" + w.typeOf(column).name
}

// shown is what a table has of a column of words: an empty text says nothing.
func (w *wordTypes) shown(column, expression string) string {
	if !w.typeOf(column).blank {
		return expression
	}
	return fmt.Sprintf("case when %[1]s::varchar <> '' then %[1]s end", expression)
}

// unknownOutcome is the outcome of a call or an act that says none.
const unknownOutcome = "unknown"

// find makes the types of columns of events, where some event has them.
func (w *wordTypes) find(ctx context.Context, columns ...string) error {
	for _, column := range columns {
		name := typeName(column)
		if _, ok := w.types[name]; ok {
			continue
		}
		all := []string{name}
		if same, ok := sameWords()[name]; ok {
			all = same
		}
		var from []string
		for _, column := range all {
			from = append(from, w.wordsOf(column)...)
		}
		if name == "outcome" {
			from = append(from, "select "+quoteText(unknownOutcome)+" as value")
		}
		if len(from) == 0 {
			continue
		}
		if err := w.make(ctx, name, from...); err != nil {
			return err
		}
	}
	return nil
}

// has returns whether there can be words of a column. Of merged calls it is not known.
func (w *wordTypes) has(column string) bool { return w.merged || slices.Contains(w.said, column) }

// wordsOf selects the words of a column of events, in statements of which there are none
// where no event has it.
func (w *wordTypes) wordsOf(column string) []string {
	if !w.has(column) {
		return nil
	}
	list := []string{"select distinct " + column + " as value from " + w.events()}
	if w.merged && slices.Contains(callWords(), column) {
		list = append(list, "select "+column+" as value from merged_call")
	}
	return list
}

// events is the relation of all events.
func (w *wordTypes) events() string {
	return "read_parquet(" + quoteList(only(w.c.events, "events")) + ")"
}

// make makes a type of the words that some statements select.
func (w *wordTypes) make(ctx context.Context, name string, from ...string) error {
	fill := map[string]string{"values": strings.Join(from, "\nunion all\n"), "type": "word_" + name}
	if err := runWith(ctx, w.c.db, "words", fill, nil); err != nil {
		return err
	}
	t := wordType{name: textType}
	var n, bytes int64
	err := w.c.query(ctx, "words_sizes", nil, nil, func(r *sql.Rows) error { return r.Scan(&n, &bytes, &t.blank) })
	if err != nil {
		return err
	}
	t.words = n > 0
	// Without words there is no type: DuckDB makes one, but cannot sort by it.
	if bytes > 0 && n <= maxEnumWords && bytes <= maxEnumBytes {
		t.name = fill["type"]
		err = runWith(ctx, w.c.db, "words_type", fill, nil)
	}
	w.types[name] = t
	return err
}

// nameless are the columns of events that name the actor where neither a person nor
// a principal is known, as in features/call.sql.
func nameless() []string { return []string{"credential_id", "end_user", "app", "src_ip"} }

// findOthers makes the types of what the case is enriched by, and of who does something.
func (w *wordTypes) findOthers(ctx context.Context) error {
	for _, of := range []struct{ column, table string }{{"person", "identity"}, {"network", "address"}, {"country", "address"}} {
		if _, ok := w.types[of.column]; ok {
			continue
		}
		if err := w.make(ctx, of.column, "select "+of.column+" as value from "+of.table); err != nil {
			return err
		}
	}
	return w.findActors(ctx)
}

// findActors makes the type of who does something, of no fewer words than there are.
func (w *wordTypes) findActors(ctx context.Context) error {
	if _, ok := w.types["actor"]; ok {
		return nil
	}
	columns := append([]string{"principal"}, nameless()...)
	if err := w.find(ctx, columns...); err != nil {
		return err
	}
	bare, err := bareSQL("value")
	if err != nil {
		return err
	}
	from := []string{"select person as value from identity"}
	for _, words := range w.wordsOf("principal") {
		from = append(from, "select "+bare+" from ("+words+")")
	}
	blank := slices.ContainsFunc(columns, func(column string) bool { return w.typeOf(column).blank })
	if blank { // an empty text of one event hides what another event of the call says
		for _, column := range nameless() {
			from = append(from, w.wordsOf(column)...)
		}
		return w.make(ctx, "actor", from...)
	}
	first := "select distinct coalesce(" + strings.Join(nameless(), ", ") + ") as value from "
	from = append(from, first+w.events()+" where principal is null")
	if w.merged {
		from = append(from, first+"merged_call where principal is null")
	}
	return w.make(ctx, "actor", from...)
}

// bareSQL is the actor that a principal is.
func bareSQL(principal string) (string, error) {
	text, err := statement("words_bare", map[string]string{"principal": principal})
	return strings.TrimSpace(uncommented(text)), err
}

// actor is who does something, as in features/call.sql, of a relation that has
// principal_actor, which [wordTypes.enrich] joins.
func (w *wordTypes) actor() string {
	list := []string{"e.person", "e.principal_actor"}
	for _, column := range nameless() {
		list = append(list, w.shown(column, "e."+column))
	}
	return "coalesce(" + forEach(list, ", ", func(x string) string { return w.cast(x, "actor") }) + ")"
}

// enrich fills in who does something and what the case is enriched by, which tables of
// the words of columns say, and the joins of these.
func (w *wordTypes) enrich(ctx context.Context, fill map[string]string) error {
	for _, column := range []string{"person", "network", "country"} {
		fill[column] = w.cast("null", column)
	}
	fill["asn"], fill["joins"] = "null::bigint", ""
	tables := []string{"principal"}
	if w.c.enrichedByAny(EnrichFileKinds()...) {
		persons := slices.DeleteFunc([]string{"principal", "end_user", "credential_id"}, func(column string) bool { return !w.has(column) })
		listed := forEach(persons, ", ", func(column string) string { return "of_" + column + ".listed" })
		if len(persons) > 0 {
			fill["person"] = "coalesce(" + listed + ", " + strings.ReplaceAll(listed, ".listed", ".person") + ")"
			tables = append(tables, slices.DeleteFunc(persons, func(column string) bool { return column == "principal" })...)
		}
		if w.has("src_ip") {
			tables = append(tables, "src_ip")
			for _, column := range []string{"network", "country", "asn"} {
				fill[column] = "of_src_ip." + column
			}
		}
	}
	for _, column := range tables {
		if err := w.explain(ctx, column); err != nil {
			return err
		}
		fill["joins"] += fmt.Sprintf("left join words_of_%[1]s of_%[1]s on of_%[1]s.value = e.%[1]s\n    ", column)
	}
	return nil
}

// takenForMany is no rows of so many columns, which follow others with union all before
// they are joined with words.
func takenForMany(columns int) (string, error) {
	text, err := statement("taken_for_many", map[string]string{"nulls": strings.TrimSuffix(strings.Repeat("null, ", columns), ", ")})
	return uncommented(text), err
}

// explain makes the table words_of_COLUMN, which says something of its words.
func (w *wordTypes) explain(ctx context.Context, column string) error {
	if slices.Contains(w.explained, column) {
		return nil
	}
	name, fill := "words_of_"+column, w.fill(column)
	switch column {
	case "end_user", "credential_id":
		name = "words_of_identity"
	case "principal":
		fill["values"] = strings.Join(append(w.wordsOf(column), "select null::varchar as value"), "\nunion all\n")
		var err error
		if fill["bare"], err = bareSQL("nullif(w.value, '')"); err != nil {
			return err
		}
	}
	w.explained = append(w.explained, column)
	return runWith(ctx, w.c.db, name, fill, nil)
}

// fill are the types that a statement about the words of a column is filled with.
func (w *wordTypes) fill(column string) map[string]string {
	fill := map[string]string{"column": column, "type": w.typeOf(column).name}
	for _, column := range []string{"person", "network", "country", "provider", "model", "actor"} {
		fill["type_"+column] = w.typeOf(column).name
	}
	return fill
}
