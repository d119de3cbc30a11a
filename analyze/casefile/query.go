package casefile

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2"
)

// Query runs one statement of a user, which must be a SELECT or an EXPLAIN of
// one, over the views of the case. It reaches no file but the case's own
// segments, and changes nothing. The caller closes the rows.
func (c *Case) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := c.checkQuery(ctx, query); err != nil {
		return nil, err
	}
	return c.db.QueryContext(ctx, query, args...)
}

// Keep runs one statement as [Case.Query] does, and keeps its rows as a temporary
// table of this connection, instead of one of that name.
func (c *Case) Keep(ctx context.Context, table, query string) error {
	return c.take(ctx, "create or replace temp table "+QuoteIdent(table)+" as\n", query)
}

// Add is [Case.Keep] into a temporary table that is there.
func (c *Case) Add(ctx context.Context, table, query string) error {
	return c.take(ctx, "insert into temp."+QuoteIdent(table)+"\n", query)
}

// take runs a statement behind what says where its rows go.
func (c *Case) take(ctx context.Context, into, query string) error {
	if err := c.checkQuery(ctx, query); err != nil {
		return err
	}
	_, err := c.db.ExecContext(ctx, into+query)
	return err
}

// Where returns the rows of a query on which an expression of a user is true,
// as one query. The expression must have passed [Case.CheckWhere].
func Where(query, expr string) string {
	return "select * from (\n" + query + "\n) where (\n" + expr + "\n)"
}

// CheckWhere says why expr is not one SQL expression, or returns nil. Whether
// its columns exist is found when it is used.
func (c *Case) CheckWhere(ctx context.Context, expr string) error {
	if err := c.checkWhere(ctx, expr); err != nil {
		return fmt.Errorf("reading the condition: %w", err)
	}
	return nil
}

func (c *Case) checkWhere(ctx context.Context, expr string) error {
	text, err := statement("query_where", nil)
	if err != nil {
		return err
	}
	want, err := c.parse(ctx, text, "true")
	if err != nil {
		return err
	}
	tree, err := c.parse(ctx, text, expr)
	if err != nil {
		return err
	}
	if err := checkFunctions(tree); err != nil {
		return err
	}
	// But for the condition, the tree must be that of the statement around it,
	// and a cast behind the parenthesis must take in all of it: then nothing has
	// closed the parenthesis and opened another.
	cast, err := c.parse(ctx, strings.Replace(text, "\n)", "\n)::boolean", 1), expr)
	if err != nil {
		return err
	}
	condition := cutCondition(tree)
	whole := cutCondition(cast)
	cutCondition(want)
	if condition == nil || whole == nil || !reflect.DeepEqual(whole["child"], any(condition)) || !reflect.DeepEqual(want, tree) {
		return errNotOneExpression
	}
	return nil
}

// cutCondition takes the condition out of the tree of a SELECT.
func cutCondition(tree map[string]any) map[string]any {
	node, _ := tree["node"].(map[string]any)
	condition, _ := node["where_clause"].(map[string]any)
	delete(node, "where_clause")
	delete(tree, "named_param_map")
	return condition
}

var errNotOneExpression = errors.New("it must be one SQL expression, such as principal = 'ana' and http_status >= 400")

// checkQuery says why a statement of a user must not run.
func (c *Case) checkQuery(ctx context.Context, query string) error {
	typ, err := c.statementType(ctx, query)
	if err != nil {
		return err
	}
	switch typ {
	case duckdb.STATEMENT_TYPE_SELECT:
		tree, err := c.parse(ctx, query, "")
		if err != nil {
			return err
		}
		return checkFunctions(tree)
	case duckdb.STATEMENT_TYPE_EXPLAIN:
		return c.checkExplained(ctx, query)
	}
	return errNotSelect
}

var errNotSelect = errors.New("only one SELECT statement, or EXPLAIN of one, can be run")

// explained matches what can stand before the statement that an EXPLAIN
// explains. It leaves no room for comments and strings, in which this and
// DuckDB's reading of the text could differ.
var explained = regexp.MustCompile(`(?i)^\s*explain\s+(?:analyze\s+)?(?:\([a-z_,\s]*\)\s*)?`)

// checkExplained checks what an EXPLAIN explains: with ANALYZE it runs.
func (c *Case) checkExplained(ctx context.Context, query string) error {
	before := explained.FindString(query)
	if before == "" {
		return errNotSelect
	}
	typ, err := c.statementType(ctx, query[len(before):])
	if err != nil || typ != duckdb.STATEMENT_TYPE_SELECT {
		return errNotSelect
	}
	return c.checkQuery(ctx, query[len(before):])
}

// statementType prepares a text that must be one statement, without running
// it, and returns its type.
func (c *Case) statementType(ctx context.Context, query string) (duckdb.StmtType, error) {
	conn, err := c.db.Conn(ctx)
	if err != nil {
		return duckdb.STATEMENT_TYPE_INVALID, err
	}
	defer conn.Close()
	typ := duckdb.STATEMENT_TYPE_INVALID
	err = conn.Raw(func(raw any) error {
		// The call without a context is the one that refuses several statements
		// instead of running all but the last.
		prepared, err := raw.(driver.Conn).Prepare(query)
		if err != nil && strings.Contains(err.Error(), "multi-statement") {
			return errNotSelect
		}
		if err != nil {
			return err
		}
		typ, err = prepared.(*duckdb.Stmt).StatementType()
		return errors.Join(err, prepared.Close())
	})
	return typ, err
}

// parse returns DuckDB's syntax tree of one SELECT, in which {{where}} stands
// for a condition.
func (c *Case) parse(ctx context.Context, query, where string) (map[string]any, error) {
	q, err := statement("query_tree", nil)
	if err != nil {
		return nil, err
	}
	if where != "" {
		query = strings.Replace(query, "{{where}}", where, 1)
	}
	var text string
	if err := c.db.QueryRowContext(ctx, q, sql.Named("query", query)).Scan(&text); err != nil {
		return nil, fmt.Errorf("parsing SQL: %w", err)
	}
	var tree struct {
		Error      bool             `json:"error"`
		Message    string           `json:"error_message"`
		Statements []map[string]any `json:"statements"`
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("parsing SQL: %w", err)
	}
	if tree.Error {
		return nil, fmt.Errorf("parsing SQL: %s", tree.Message)
	}
	if len(tree.Statements) != 1 {
		return nil, errNotSelect
	}
	dropPlaces(tree.Statements[0])
	return tree.Statements[0], nil
}

// dropPlaces removes from a syntax tree where each part stands in the text.
func dropPlaces(tree any) {
	switch t := tree.(type) {
	case map[string]any:
		delete(t, "query_location")
		for _, v := range t {
			dropPlaces(v)
		}
	case []any:
		for _, v := range t {
			dropPlaces(v)
		}
	}
}

// Named lists what a statement of a user reads by name: tables, views and its own
// common table expressions, in order, each once. Of what [Case.Query] refuses it
// lists nothing.
func (c *Case) Named(ctx context.Context, query string) []string {
	tree, err := c.parse(ctx, query[len(explained.FindString(query)):], "")
	if err != nil {
		return nil // running it says why
	}
	var names []string
	addNamed(&names, tree)
	slices.Sort(names)
	return slices.Compact(names)
}

// addNamed collects the tables in a syntax tree.
func addNamed(names *[]string, tree any) {
	switch t := tree.(type) {
	case map[string]any:
		if name, ok := t["table_name"].(string); ok && t["type"] == "BASE_TABLE" {
			*names = append(*names, strings.ToLower(name))
		}
		for _, v := range t {
			addNamed(names, v)
		}
	case []any:
		for _, v := range t {
			addNamed(names, v)
		}
	}
}

// tableFunctions are the functions that a user's statement may read from. Only
// these: some of DuckDB's change the connection or the process, for instance
// enable_logging, which ends the process when its folder cannot be written,
// and new ones come with each version.
func tableFunctions() []string {
	return []string{
		"range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary", "query_table",
		"read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_full_metadata",
		"duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_functions", "duckdb_indexes", "duckdb_keywords",
		"duckdb_memory", "duckdb_schemas", "duckdb_settings", "duckdb_tables", "duckdb_types", "duckdb_views",
		"pragma_table_info", "pragma_show", "pragma_version", "pragma_database_size", "pg_timezone_names", "icu_calendar_names",
	}
}

// actingFunctions are those scalar functions that do something.
func actingFunctions() []string { return []string{"write_log", "sleep_ms", "nextval"} }

// checkFunctions refuses a syntax tree that calls a function which acts.
func checkFunctions(tree any) error {
	switch t := tree.(type) {
	case map[string]any:
		if t["type"] == "TABLE_FUNCTION" {
			call, _ := t["function"].(map[string]any)
			name, _ := call["function_name"].(string)
			if !slices.Contains(tableFunctions(), strings.ToLower(name)) {
				return fmt.Errorf("the function %q cannot be used here", name)
			}
		}
		if name, _ := t["function_name"].(string); slices.Contains(actingFunctions(), strings.ToLower(name)) {
			return fmt.Errorf("the function %q cannot be used here", name)
		}
		for _, k := range slices.Sorted(maps.Keys(t)) {
			if err := checkFunctions(t[k]); err != nil {
				return err
			}
		}
	case []any:
		for _, v := range t {
			if err := checkFunctions(v); err != nil {
				return err
			}
		}
	}
	return nil
}
